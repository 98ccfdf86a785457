/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the gitea hook share: its options, and the pure translations of its events. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  char *codebase;
  BelfryTemplate *codebase_format;
  char **property_whitelist;
  GPtrArray *skips; /* (element-type GRegex) */
  gboolean only_push_commit;
  gboolean only_mergeable;
  int repository_url; /* BelfryGiteaUrl */
} BelfryGitea;

typedef enum {
  BELFRY_GITEA_URL_HTTP,
  BELFRY_GITEA_URL_SSH,
} BelfryGiteaUrl;

/* one request as its event's translation gets it */
typedef struct {
  const BelfryGitea *self;
  JsonNode *payload;
  char *codebase; /* (nullable) */
} BelfryGiteaRequest;

BelfryTranslation *belfry_gitea_translate (const BelfryGitea *self, BelfryRequest *request);
BelfryTranslation *belfry_gitea_translate_push (const BelfryGiteaRequest *request, GError **error);
BelfryTranslation *belfry_gitea_translate_pull_request (const BelfryGiteaRequest *request,
                                                        GError **error);
/* Where in a repository the address stands that becomes a change's. */
const char *belfry_gitea_get_url_key (const BelfryGitea *self);
/* `event`, `repository_name` and `owner`. */
gboolean belfry_gitea_set_properties (const BelfryGiteaRequest *request,
                                      const char *event,
                                      BelfryChange *change,
                                      GError **error);
