/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of the reporter `gerrit-verify-status`: pure, linked by its tests. */
#pragma once

#include <forge-status.h>

typedef enum {
  GERRIT_VERIFY_AUTH_BASIC,
  GERRIT_VERIFY_AUTH_DIGEST,
  GERRIT_VERIFY_AUTH_BEARER,
} GerritVerifyAuth;

typedef struct {
  BelfryForgeHttp http;
  BelfryForgeWords words;
  char *base_url;
  BelfrySecret *auth; /* LOGIN:PASSWORD, or a token */
  int auth_kind;      /* GerritVerifyAuth */
  BelfryRendered *verification_name;
  BelfryRendered *abstain;
  BelfryRendered *category; /* (nullable) */
  BelfryRendered *reporter;
} GerritVerify;

gboolean gerrit_verify_plan (gconstpointer self,
                             const BelfryReport *report,
                             BelfryTargets *targets,
                             GError **error);
BelfryHttpRequest *
gerrit_verify_to_request (gconstpointer self, const BelfryItem *item, GError **error);
/* how it is delivered */
extern const BelfryForgePost gerrit_verify_post;
/* `4m 7s`, `1 day 0h 0m 1s`. (transfer full) */
char *gerrit_verify_dup_duration (gint64 seconds);
