/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the github hook share: its options, and the pure translations of its events. */
#pragma once

#include <belfry-plugin.h>

/** BelfryGithubCatchUpMode: what is done about deliveries that failed while nobody was here */
typedef enum {
  BELFRY_GITHUB_CATCH_UP_OFF,
  BELFRY_GITHUB_CATCH_UP_TELL,
  BELFRY_GITHUB_CATCH_UP_ON,
} BelfryGithubCatchUpMode;

typedef struct _BelfryGithubCatchUp BelfryGithubCatchUp;

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
  int catch_up;
  char **catch_up_webhooks;
  gint64 catch_up_limit;
  gint64 catch_up_age;
  BelfryInstance *instance;
  BelfryGithubCatchUp *catching_up; /* (nullable) */
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
BelfryHttpRequest *
belfry_github_make_request (const BelfryGithub *self, const char *method, const char *url);
char *belfry_github_get_commit_url (const BelfryGithub *self, JsonNode *pending);
char *belfry_github_get_files_url (const BelfryGithub *self, JsonNode *pending);
/* The commit's message, or NULL where the answer does not tell it. */
char *belfry_github_read_message (BelfryHttpAnswer *answer);
/* Appends file names; FALSE: not understood. */
gboolean belfry_github_read_files (BelfryHttpAnswer *answer, GPtrArray *files);
/* Address of the next page where it is on the same server as @url. (transfer full) (nullable) */
char *belfry_github_read_next (BelfryHttpAnswer *answer, const char *url);
/* Whether what was kept, maybe by another version, says whom to ask about which change. */
gboolean belfry_github_can_complete (JsonNode *pending);
/* @files: NULL: unknown. */
BelfryTranslation *belfry_github_complete_change (JsonNode *pending, GPtrArray *files);

/* catching up */

/* What a page of a webhook's deliveries says: newest first. */
typedef enum {
  BELFRY_GITHUB_PAGE_MORE,  /* older ones may follow */
  BELFRY_GITHUB_PAGE_LAST,  /* what follows is too old */
  BELFRY_GITHUB_PAGE_WRONG, /* no list of deliveries */
} BelfryGithubPage;

/* "acme/widget/7" or "acme/7" below @endpoint, or NULL where it is neither. (transfer full) */
char *belfry_github_dup_webhook_url (const char *endpoint, const char *webhook);
/* Adds the ids of those that failed and were not let in since; @seen: ids of the events that a
 * newer attempt has decided. (element-type gint64) */
BelfryGithubPage belfry_github_read_deliveries (BelfryHttpAnswer *answer,
                                                gint64 since_us,
                                                GHashTable *seen,
                                                GArray *failed);
/* Looks once, and asks for what failed; github-catch-up.c. */
void belfry_github_catch_up (BelfryGithub *self);
/* Ends it; @task returns TRUE when nothing of it is left. */
void belfry_github_stop_catching_up (BelfryGithub *self, GTask *task);

/* asks the API; github-api.c */
void belfry_github_ask (BelfryGithub *self, JsonNode *pending, GTask *task);
