/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gitea dialect: pushes and pull requests from Gitea, Forgejo and Gogs, whose webhooks are one
 * format under three names. docs.gitea.com and forgejo.org, "Webhooks"; gogs.io, "Webhooks"; names
 * of options and properties as Buildbot's plug-in for Gitea has them.
 */
#include "gitea.h"

#include "payload.h"

static const BelfryChoice url_choices[] = {
  { "http", BELFRY_GITEA_URL_HTTP, N_ ("the address to clone from by HTTP") },
  { "ssh", BELFRY_GITEA_URL_SSH, N_ ("the address to clone from by ssh") },
  { NULL },
};

static const BelfryOption gitea_options[] = {
  BELFRY_STRING (BelfryGitea,
                 codebase,
                 "codebase",
                 .allow_empty = TRUE,
                 .help = N_ ("codebase of every change")),
  BELFRY_TEMPLATE (BelfryGitea,
                   codebase_format,
                   "codebase-format",
                   .template_flags = BELFRY_TEMPLATE_STRICT,
                   .sample = "{{ repository.full_name }}",
                   .help = N_ ("codebase of a change, made from the payload")),
  BELFRY_LIST (BelfryGitea,
               property_whitelist,
               "property-whitelist",
               .default_text = "",
               .help = N_ ("patterns of payload values that become properties")),
  BELFRY_REGEX_LIST (
      BelfryGitea,
      skips,
      "skips",
      .default_text = "\\[ *skip *ci *\\];\\[ *ci *skip *\\]",
      .help = N_ ("expressions that, found in the newest commit's message, drop a push")),
  BELFRY_BOOLEAN (BelfryGitea,
                  only_push_commit,
                  "only-include-push-commit",
                  .default_text = "false",
                  .help = N_ ("make a change of a push's newest commit only")),
  BELFRY_BOOLEAN (BelfryGitea,
                  only_mergeable,
                  "only-mergeable-pull-request",
                  .default_text = "false",
                  .help = N_ ("leave out pull requests that the forge cannot merge")),
  BELFRY_ENUM (BelfryGitea,
               repository_url,
               "repository-url",
               .default_text = "http",
               .choices = url_choices,
               .help = N_ ("which of its addresses is a change's repository")),
  { NULL },
};

static void
gitea_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryGitea *gitea = self;

  belfry_payload_check_codebase (gitea->codebase, gitea->codebase_format, check);
}

static BelfryTranslation *
gitea_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_gitea_translate (self, request);
}

/* the same digest under each name; who sends several sends them all rightly */
static const BelfrySignature gitea_signatures[] = {
  { "X-Forgejo-Signature", BELFRY_SIGNATURE_SHA256_HEX, 1 },
  { "X-Gitea-Signature", BELFRY_SIGNATURE_SHA256_HEX, 2 },
  { "X-Gogs-Signature", BELFRY_SIGNATURE_SHA256_HEX, 3 },
  { "X-Hub-Signature-256", BELFRY_SIGNATURE_SHA256_PREFIXED, 4 },
  { NULL },
};
static const char *const gitea_delivery_headers[] = {
  "X-Forgejo-Delivery",
  "X-Gitea-Delivery",
  "X-Gogs-Delivery",
  NULL,
};

BELFRY_DEFINE_HOOK (
  .name                = "gitea",
  .summary             = N_("Takes pushes and pull requests from Gitea, Forgejo and Gogs"),
  .options             = gitea_options,
  .instance_size       = sizeof (BelfryGitea),
  .check               = gitea_check,
  .signatures          = gitea_signatures,
  .delivery_id_headers = gitea_delivery_headers,
  .event_header        = "X-Gogs-Event", /* all three send it */
  .translate           = gitea_translate,
);
