/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reporter of the first release of its ABI, for a service of one request. */
#include <belfry-plugin.h>

typedef struct {
  char *url;
  BelfrySecret *token;
} First;

/* clang-format off */
static const BelfryOption options[] = {
  BELFRY_URL (First, url, "url", .required = TRUE, .sample = "http://127.0.0.1:1/", .help = "where"),
  BELFRY_SECRET (First, token, "token", .required = TRUE, .help = "what lets it in"),
  { NULL },
};
/* clang-format on */

static BelfryHttpRequest *
first_to_request (gconstpointer state, const BelfryItem *item, GError **error)
{
  const First *self = state;
  BelfryHttpRequest *request = belfry_http_request_new ("POST", self->url);

  belfry_http_request_set_json (request, item->payload);
  belfry_http_request_set_bearer (request, "Bearer", belfry_secret_get_value (self->token));
  return request;
}

static BelfryOutcome *
first_from_answer (gconstpointer state, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  return belfry_outcome_new_from_answer (answer);
}

static gboolean
first_plan (gconstpointer state, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  const First *self = state;
  g_autoptr (JsonNode) payload = belfry_json_new_text (belfry_report_get_subject (report));

  belfry_targets_add (targets, self->url, belfry_report_get_phase (report), payload);
  return TRUE;
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "first",
  .summary       = "Posts the subject",
  .family        = BELFRY_FAMILY_MESSAGE,
  .options       = options,
  .instance_size = sizeof (First),
  .plan          = first_plan,
  .to_request    = first_to_request,
  .from_answer   = first_from_answer,
);
