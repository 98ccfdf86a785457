/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the github hook share: its options, and the pure translations of its events. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  char *codebase;
  BelfryTemplate *codebase_format;
  char **property_whitelist;
  GPtrArray *skips; /* (element-type GRegex) */
  char *api_endpoint;
  BelfrySecret *token;
  char *pullrequest_ref;
  gboolean verify;
  gboolean debug;
  BelfryInstance *instance;
} BelfryGithub;

BelfryTranslation *belfry_github_translate (const BelfryGithub *self, BelfryRequest *request);
BelfryTranslation *
belfry_github_translate_push (const BelfryGithub *self, JsonNode *payload, GError **error);
/* All of a pull request's change that the payload tells, and where to ask for the rest. */
BelfryTranslation *
belfry_github_translate_pull_request (const BelfryGithub *self, JsonNode *payload, GError **error);
/* Whether an expression of `skips` is found in @message. */
gboolean belfry_github_skips (const BelfryGithub *self, const char *message);

/* what is pending, and what becomes of it */
BelfryHttpRequest *belfry_github_make_request (const BelfryGithub *self, const char *url);
char *belfry_github_get_commit_url (const BelfryGithub *self, JsonNode *pending);
char *belfry_github_get_files_url (const BelfryGithub *self, JsonNode *pending);
/* The commit's message, or NULL where the answer does not tell it. */
char *belfry_github_read_message (BelfryHttpAnswer *answer);
/* Appends file names; FALSE: not understood. */
gboolean belfry_github_read_files (BelfryHttpAnswer *answer, GPtrArray *files);
/* Address of the next page where it is on the same server as @url. (transfer full) (nullable) */
char *belfry_github_read_next (BelfryHttpAnswer *answer, const char *url);
/* @files: NULL: unknown. */
BelfryTranslation *belfry_github_complete_change (JsonNode *pending, GPtrArray *files);

/* asks the API; github-api.c */
void belfry_github_ask (BelfryGithub *self, JsonNode *pending, GTask *task);
