/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several verifications of a change on Gerrit, shown by its plugin verify-status. */
#include "gerrit-verify-status.h"

static const BelfryChoice auth_choices[] = {
  { "basic", GERRIT_VERIFY_AUTH_BASIC, N_ ("sent with each request") },
  { "digest", GERRIT_VERIFY_AUTH_DIGEST, N_ ("when the server asks for it") },
  { "bearer", GERRIT_VERIFY_AUTH_BEARER, N_ ("a token alone") },
  { NULL },
};

static const BelfryOption gerrit_verify_options[] = {
  BELFRY_URL (GerritVerify,
              base_url,
              "base-url",
              .required = TRUE,
              .sample = "https://gerrit.example.org",
              .help = N_ ("root of Gerrit")),
  BELFRY_SECRET (GerritVerify,
                 auth,
                 "auth",
                 .required = TRUE,
                 .help = N_ ("LOGIN:PASSWORD, or a token with auth-kind=bearer")),
  BELFRY_ENUM (GerritVerify,
               auth_kind,
               "auth-kind",
               .default_text = "basic",
               .choices = auth_choices,
               .help = N_ ("how to log in")),
  BELFRY_FORGE_WORDS_ROWS (GerritVerify, words, "Build started."),
  BELFRY_RENDERED (GerritVerify,
                   verification_name,
                   "verification-name",
                   .default_text = "%(prop:buildername)s",
                   .help = N_ ("tells the verifications of one change apart")),
  BELFRY_RENDERED (GerritVerify,
                   abstain,
                   "abstain",
                   .default_text = "false",
                   .help = N_ ("whether the result is shown without counting as a vote")),
  BELFRY_RENDERED (GerritVerify, category, "category", .help = N_ ("category of the verification")),
  BELFRY_RENDERED (
      GerritVerify, reporter, "reporter", .default_text = "buildbot", .help = N_ ("who reports")),
  BELFRY_REPORTS_WIRE_OPTIONS (GerritVerify, http.wire),
  BELFRY_FORGE_VERBOSE_ROW (GerritVerify, http),
  { NULL },
};

static void
gerrit_verify_check (gconstpointer self, const BelfryCheck *check)
{
  const GerritVerify *verify = self;

  belfry_forge_words_check (&verify->words, check);
  belfry_reports_check_wire (&verify->http.wire, check, "base-url", verify->base_url);
}

static void
gerrit_verify_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GerritVerify *verify = self;

  belfry_forge_start (&verify->http, instance, task);
}

static void
gerrit_verify_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  GerritVerify *verify = self;

  belfry_forge_deliver (&gerrit_verify_post, self, &verify->http, &verify->words, item, task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "gerrit-verify-status",
  .summary       = N_("Shows builds as verifications of changes on Gerrit"),
  .family        = BELFRY_FAMILY_PAINTER,
  .options       = gerrit_verify_options,
  .instance_size = sizeof (GerritVerify),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = gerrit_verify_check,
  .start         = gerrit_verify_start,
  .plan          = gerrit_verify_plan,
  .deliver       = gerrit_verify_deliver,
);
