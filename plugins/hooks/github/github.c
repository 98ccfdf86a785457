/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The github dialect: pushes become changes at once, pull requests after two questions to GitHub's
 * API. Webhook payloads and signatures: docs.github.com, "Webhook events and payloads" and
 * "Validating webhook deliveries"; options as Buildbot's GitHub hook has them.
 */
#include "github.h"

#include "payload.h"

static const BelfryChoice github_catch_up_modes[] = {
  { "off", BELFRY_GITHUB_CATCH_UP_OFF, N_ ("nothing is asked") },
  { "tell", BELFRY_GITHUB_CATCH_UP_TELL, N_ ("the log says what failed") },
  { "on", BELFRY_GITHUB_CATCH_UP_ON, N_ ("GitHub is asked to send it again") },
  { NULL },
};

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
  BELFRY_ENUM (BelfryGithub,
               catch_up,
               "catch-up",
               .default_text = "off",
               .choices = github_catch_up_modes,
               .help = N_ ("whether to look at start for deliveries that failed while this host "
                           "was down")),
  BELFRY_LIST (BelfryGithub,
               catch_up_webhooks,
               "catch-up-webhooks",
               .default_text = "",
               .sample = "acme/widget/7",
               .help =
                   N_ ("webhooks to ask about: OWNER/REPOSITORY/NUMBER, or ORGANIZATION/NUMBER")),
  BELFRY_INTEGER (BelfryGithub,
                  catch_up_limit,
                  "catch-up-limit",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 1000,
                  .unit = "deliveries",
                  .help = N_ ("most deliveries that are asked for again at one start")),
  BELFRY_DURATION (BelfryGithub,
                   catch_up_age,
                   "catch-up-age",
                   .default_text = "1d",
                   .minimum = G_USEC_PER_SEC,
                   .maximum = G_GINT64_CONSTANT (3) * 24 * 3600 * G_USEC_PER_SEC,
                   .help = N_ ("how old a delivery may be; GitHub sends none again after three "
                               "days")),
  { NULL },
};

static void
github_check_catch_up (const BelfryGithub *github, const BelfryCheck *check)
{
  gboolean has_any = github->catch_up_webhooks != NULL && github->catch_up_webhooks[0] != NULL;

  for (guint i = 0; has_any && github->catch_up_webhooks[i] != NULL; i++) {
    g_autofree char *url =
        belfry_github_dup_webhook_url (github->api_endpoint, github->catch_up_webhooks[i]);

    if (url == NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                           "catch-up-webhooks",
                           "'%s' is neither OWNER/REPOSITORY/NUMBER nor ORGANIZATION/NUMBER; the "
                           "number ends the address of the webhook's settings",
                           github->catch_up_webhooks[i]);
  }
  if (github->catch_up == BELFRY_GITHUB_CATCH_UP_OFF)
    return;
  if (!has_any)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "catch-up",
                         "catch-up-webhooks must say which webhooks to ask about");
  if (github->token == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "catch-up",
                         "GitHub tells of deliveries only with a token that may see webhooks");
}

static void
github_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryGithub *github = self;

  belfry_payload_check_codebase (github->codebase, github->codebase_format, check);
  if (!github->verify)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "verify",
                         "anybody between here and the API's server can answer in its place");
  github_check_catch_up (github, check);
}

static void
github_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryGithub *github = self;

  github->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
  if (github->catch_up != BELFRY_GITHUB_CATCH_UP_OFF)
    belfry_github_catch_up (github);
}

static void
github_stop (gpointer self, GTask *task)
{
  belfry_github_stop_catching_up (self, task);
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
  .stop                = github_stop,
  .signatures          = github_signatures,
  .delivery_id_headers = github_delivery_headers,
  .event_header        = "X-GitHub-Event",
  .translate           = github_translate,
  .complete            = github_complete,
  .give_up             = github_give_up,
);
