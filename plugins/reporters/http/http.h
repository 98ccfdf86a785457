/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole builds as JSON to one address. */
#pragma once

#include "reports.h"

typedef enum {
  BELFRY_HTTP_AUTH_BASIC,
  BELFRY_HTTP_AUTH_DIGEST,
  BELFRY_HTTP_AUTH_BEARER,
} BelfryHttpAuth;

typedef struct {
  char *server_url;
  BelfrySecret *user;     /* (nullable) */
  BelfrySecret *password; /* (nullable) */
  BelfrySecret *auth;     /* (nullable) */
  int auth_kind;
  BelfryTemplate *format_template; /* (nullable) */
  GPtrArray *format_program;       /* (nullable) */
  BelfryMap *headers;              /* (nullable) */
  BelfrySecret *signing_secret;    /* (nullable) */
  gboolean skip_encoding;
  BelfryReportsWire wire;
  BelfryInstance *instance;
} BelfryHttp;

void belfry_http_reporter_check (gconstpointer self, const BelfryCheck *check);
/* What the secrets must look like, now that they are known. */
gboolean belfry_http_reporter_check_secrets (const BelfryHttp *self, GError **error);
gboolean belfry_http_reporter_plan (gconstpointer self,
                                    const BelfryReport *report,
                                    BelfryTargets *targets,
                                    GError **error);
/* @body: object or list to send */
BelfryHttpRequest *
belfry_http_reporter_make_request (const BelfryHttp *self, gint64 reportid, JsonNode *body);
/* Non-ASCII characters as \u escapes. (transfer full) */
char *belfry_http_reporter_escape (const char *json);
