/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The github dialect: pushes become changes at once, pull requests after two questions to GitHub's
 * API. Webhook payloads and signatures: docs.github.com, "Webhook events and payloads" and
 * "Validating webhook deliveries"; options as Buildbot's GitHub hook has them.
 */
#include "github.h"

#include "payload.h"

static const BelfryOption github_options[] = {
  BELFRY_STRING (BelfryGithub,
                 codebase,
                 "codebase",
                 .allow_empty = TRUE,
                 .help = N_ ("codebase of every change")),
  BELFRY_TEMPLATE (BelfryGithub,
                   codebase_format,
                   "codebase-format",
                   .template_flags = BELFRY_TEMPLATE_STRICT,
                   .sample = "{{ repository.full_name }}",
                   .help = N_ ("codebase of a change, made from the payload")),
  BELFRY_LIST (BelfryGithub,
               property_whitelist,
               "github-property-whitelist",
               .default_text = "",
               .help = N_ ("patterns of payload values that become properties")),
  BELFRY_REGEX_LIST (BelfryGithub,
                     skips,
                     "skips",
                     .default_text = "\\[ *skip *ci *\\];\\[ *ci *skip *\\]",
                     .help =
                         N_ ("expressions that, found in the head commit's message, drop a push")),
  BELFRY_URL (BelfryGithub,
              api_endpoint,
              "github-api-endpoint",
              .default_text = "https://api.github.com",
              .help =
                  N_ ("where GitHub's API is, for Enterprise Server usually https://HOST/api/v3")),
  BELFRY_SECRET (BelfryGithub, token, "token", .help = N_ ("token for GitHub's API")),
  BELFRY_STRING (BelfryGithub,
                 pullrequest_ref,
                 "pullrequest-ref",
                 .default_text = "merge",
                 .help = N_ ("last part of a pull request's branch: merge or head")),
  BELFRY_BOOLEAN (BelfryGithub,
                  verify,
                  "verify",
                  .default_text = "true",
                  .help = N_ ("check the certificate of the API's server")),
  BELFRY_BOOLEAN (BelfryGithub,
                  debug,
                  "debug",
                  .default_text = "false",
                  .help = N_ ("log requests to the API and their answers")),
  { NULL },
};

static void
github_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryGithub *github = self;

  belfry_payload_check_codebase (github->codebase, github->codebase_format, check);
  if (!github->verify)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "verify",
                         "anybody between here and the API's server can answer in its place");
}

static void
github_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryGithub *github = self;

  github->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static BelfryTranslation *
github_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_github_translate (self, request);
}

static void
github_complete (gpointer self, JsonNode *pending, GTask *task)
{
  belfry_github_ask (self, pending, task);
}

static BelfryTranslation *
github_give_up (gconstpointer self, JsonNode *pending)
{
  return belfry_github_complete_change (pending, NULL);
}

static const BelfrySignature github_signatures[] = {
  { "X-Hub-Signature-256", BELFRY_SIGNATURE_SHA256_PREFIXED, 1 },
  { "X-Hub-Signature", BELFRY_SIGNATURE_SHA1_PREFIXED, 2 },
  { NULL },
};
static const char *const github_delivery_headers[] = { "X-GitHub-Delivery", NULL };

BELFRY_DEFINE_HOOK (
  .name                = "github",
  .summary             = N_("Takes pushes and pull requests from GitHub and its Enterprise Server"),
  .options             = github_options,
  .instance_size       = sizeof (BelfryGithub),
  .needs               = BELFRY_NEEDS_NETWORK,
  .check               = github_check,
  .start               = github_start,
  .signatures          = github_signatures,
  .delivery_id_headers = github_delivery_headers,
  .event_header        = "X-GitHub-Event",
  .translate           = github_translate,
  .complete            = github_complete,
  .give_up             = github_give_up,
);
