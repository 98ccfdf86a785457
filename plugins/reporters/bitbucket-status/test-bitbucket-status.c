/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bitbucket-status.h"
#include "report-test.h"

#define KEYS                                                                                       \
  "base-url=$URL/2.0/repositories\noauth-url=$URL/site/oauth2/access_token\n"                      \
  "oauth-key=plain:example-key\noauth-secret=plain:example-secret"
#define SHA       "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define PAGE      "https://ci.example.org/builders/linux-x86/builds/142"
#define JSON      "\nContent-Type: application/json"
#define FORM      "\nContent-Type: application/x-www-form-urlencoded"
#define STAMPS    "builds.0.buildset.sourcestamps="
#define BODY(s)   "{'state': '" s "', 'key': 'linux-x86', 'name': 'linux-x86', 'url': '" PAGE "'}"
#define LONG_NAME "a-builder-with-a-name-of-more-than-forty-characters"

/* example-key:example-secret */
static const BelfryTestExchange token = {
  .target = "/site/oauth2/access_token",
  .headers = "Authorization: Basic ZXhhbXBsZS1rZXk6ZXhhbXBsZS1zZWNyZXQ=" FORM,
  .body = "grant_type=client_credentials",
  .status = 200,
  .answer = "{'access_token': 'first-access-token', 'expires_in': 7200, 'token_type': 'bearer'}",
};

static const BelfryTestExchange failed = {
  .target = "/2.0/repositories/acme/anvil/commit/" SHA "/statuses/build",
  .headers = "Authorization: Bearer first-access-token" JSON,
  .body = BODY ("FAILED"),
  .status = 201,
  .answer = "{'state': 'FAILED'}",
};

static BelfryOutcome *
deliver (BelfryTest *test, const char *fixture, const char *edits)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, edits);

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  return belfry_test_deliver (test, 0, NULL);
}

static void
expect_delivered (BelfryTest *test, const char *fixture, const char *edits)
{
  g_autoptr (BelfryOutcome) outcome = deliver (test, fixture, edits);

  g_test_message ("%s", outcome->excerpt);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static const struct {
  const char *fixture;
  const char *edits;
  const char *state;
} states[] = {
  { "started", NULL, "INPROGRESS" },
  { "success", NULL, "SUCCESSFUL" },
  { "warnings", NULL, "FAILED" },
  { "failure", NULL, "FAILED" },
  { "exception", NULL, "FAILED" },
  { "cancelled", NULL, "FAILED" },
  { "success", "builds.0.results=3", "FAILED" },
  { "success", "builds.0.results=5", "FAILED" },
};

/* one token for all of them */
static void
test_states (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);

  belfry_test_expect (test, &token);
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autofree char *body = g_strdup_printf (BODY ("%s"), states[i].state);
    BelfryTestExchange exchange = failed;

    exchange.body = body;
    belfry_test_expect (test, &exchange);
    expect_delivered (test, states[i].fixture, states[i].edits);
  }
}

static const struct {
  const char *repository; /* $URL: of the service */
  const char *path;       /* NULL: nothing is sent */
} places[] = {
  { "https://bitbucket.org/acme/anvil.git", "acme/anvil" },
  { "https://ci@bitbucket.org/acme/anvil/", "acme/anvil" },
  { "git@bitbucket.org:acme/anvil.git", "acme/anvil" },
  { "ssh://git@bitbucket.org/acme/anvil", "acme/anvil" },
  { "https://api.bitbucket.org/2.0/repositories/acme/anvil", "acme/anvil" },
  { "https://bitbucket.org/acme/sub/anvil", NULL },
  { "https://bitbucket.org/2.0/repositoriesque/anvil", NULL },
  { "https://bitbucket.org/anvil", NULL },
  { "", NULL },
};

static void
test_places (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);

  belfry_test_expect (test, &token);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *edits =
        g_strdup_printf (STAMPS "[{'repository': '%s', 'revision': 'ab'}]", places[i].repository);
    g_autofree char *target =
        g_strdup_printf ("/2.0/repositories/%s/commit/ab/statuses/build", places[i].path);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", edits);
    BelfryTestExchange exchange = failed;

    g_test_message ("'%s'", places[i].repository);
    exchange.target = target;
    if (places[i].path == NULL) {
      g_assert_cmpuint (belfry_test_plan (test, report), ==, 0);
      continue;
    }
    belfry_test_expect (test, &exchange);
    expect_delivered (test, "failure", edits);
  }
}

static void
test_names (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/bitbucket-status", KEYS "\nstatus-name=on %(prop:workername)s");
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA1, LONG_NAME, -1);
  g_autofree char *body = g_strdup_printf (
      "{'state': 'FAILED', 'key': '%s', 'name': 'on box3', 'url': '" PAGE "'}", digest);
  BelfryTestExchange exchange = failed;

  exchange.body = body;
  belfry_test_expect (test, &token);
  belfry_test_expect (test, &exchange);
  expect_delivered (test, "failure",
                    "builds.0.properties.buildername=['" LONG_NAME "', 'Builder']");
  g_assert_cmpstr (belfry_targets_get_target (belfry_test_get_targets (test), 0), ==, "acme/anvil");
  g_assert_cmpstr (belfry_targets_get_key (belfry_test_get_targets (test), 0), ==,
                   SHA " " LONG_NAME);
}

static void
test_login (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/bitbucket-status", "base-url=$URL/2.0/repositories\nauth=plain:ci-bot:s:3cret");
  BelfryTestExchange exchange = failed;

  exchange.headers = "Authorization: Basic Y2ktYm90OnM6M2NyZXQ=" JSON;
  belfry_test_expect (test, &exchange);
  expect_delivered (test, "failure", NULL);
  exchange.status = 401;
  belfry_test_check_report (test, "failure", &exchange, BELFRY_OUTCOME_DENIED, 0);
}

/* a token that has run out is had anew, once */
static void
test_renewed (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);
  BelfryTestExchange expired = failed;
  BelfryTestExchange renewed = token;
  BelfryTestExchange again = failed;
  g_autoptr (BelfryOutcome) denied = NULL;

  belfry_test_expect (test, &token);
  belfry_test_expect (test, &failed);
  expect_delivered (test, "failure", NULL);

  expired.status = 401;
  renewed.answer = "{'access_token': 'second-access-token'}";
  again.headers = "Authorization: Bearer second-access-token" JSON;
  belfry_test_expect (test, &expired);
  belfry_test_expect (test, &renewed);
  belfry_test_expect (test, &again);
  expect_delivered (test, "failure", NULL);

  again.status = 401;
  again.answer = "{'type': 'error'}";
  belfry_test_expect (test, &again);
  belfry_test_expect (test, &token);
  expired.headers = "Authorization: Bearer first-access-token" JSON;
  belfry_test_expect (test, &expired);
  denied = deliver (test, "failure", NULL);
  g_assert_cmpint (denied->kind, ==, BELFRY_OUTCOME_DENIED);
}

static const struct {
  guint status;
  const char *headers;
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} tokens[] = {
  { 400, NULL, "{'error': 'invalid_client'}", BELFRY_OUTCOME_DENIED, 0 },
  { 401, NULL, "{'error': 'unauthorized_client'}", BELFRY_OUTCOME_DENIED, 0 },
  { 403, NULL, "no", BELFRY_OUTCOME_DENIED, 0 },
  { 404, NULL, "no", BELFRY_OUTCOME_REFUSED, 0 },
  { 429, "Retry-After: 8", "no", BELFRY_OUTCOME_WAIT, 8 },
  { 500, NULL, "no", BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, "<html>", BELFRY_OUTCOME_WAIT, 0 },
  { 200, NULL, "{'access_token': ''}", BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_tokens (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tokens); i++) {
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);
    BelfryTestExchange exchange = token;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = tokens[i].status;
    exchange.answer_headers = tokens[i].headers;
    exchange.answer = tokens[i].body;
    belfry_test_expect (test, &exchange);
    outcome = deliver (test, "failure", NULL);
    g_test_message ("%u: %s", tokens[i].status, outcome->excerpt);
    g_assert_cmpint (outcome->kind, ==, tokens[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, tokens[i].wait_s * G_USEC_PER_SEC);
    if (tokens[i].status == 400)
      g_assert_cmpstr (outcome->excerpt, ==,
                       "400: unable to authenticate to Bitbucket {\"error\": \"invalid_client\"}");
  }
}

static const struct {
  guint status;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { 200, BELFRY_OUTCOME_DELIVERED, 0 }, { 204, BELFRY_OUTCOME_REFUSED, 0 },
  { 400, BELFRY_OUTCOME_REFUSED, 0 },   { 403, BELFRY_OUTCOME_REFUSED, 0 },
  { 404, BELFRY_OUTCOME_REFUSED, 0 },   { 429, BELFRY_OUTCOME_WAIT, 60 },
  { 503, BELFRY_OUTCOME_WAIT, 0 },
};

static void
test_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);

  belfry_test_expect (test, &token);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryTestExchange exchange = failed;
    g_autoptr (BelfryOutcome) outcome = NULL;

    exchange.status = answers[i].status;
    exchange.answer = "gone";
    belfry_test_expect (test, &exchange);
    outcome = deliver (test, "failure", NULL);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
    g_assert_cmpint (outcome->http_status, ==, answers[i].status);
    if (answers[i].status == 404)
      g_assert_cmpstr (outcome->excerpt, ==,
                       "404: unable to upload Bitbucket status gone; it needs a consumer with "
                       "'Repositories: Write'");
  }
}

static void
test_faults (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS);
  g_autoptr (BelfryTest) login = belfry_test_new (
      "reporter/bitbucket-status", "base-url=$URL/2.0/repositories\nauth=plain:ci-bot:s:3cret");
  BelfryTestExchange exchange = failed;

  exchange.headers = "Authorization: Basic Y2ktYm90OnM6M2NyZXQ=" JSON;
  belfry_report_test_check_faults (test, "failure", &token, BELFRY_OUTCOME_WAIT);
  belfry_report_test_check_faults (login, "failure", &exchange, BELFRY_OUTCOME_DELIVERED);
}

static void
test_debug (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/bitbucket-status", KEYS "\ndebug=true");
  const char *log = NULL;

  belfry_test_expect (test, &token);
  belfry_test_expect (test, &failed);
  expect_delivered (test, "failure", NULL);
  log = belfry_test_get_log (test);
  g_assert_nonnull (strstr (log, "for an access token"));
  g_assert_nonnull (strstr (log, "request: POST "));
  g_assert_null (strstr (log, "first-access-token"));
  g_assert_null (strstr (log, "example-secret"));
}

static void
test_given_names (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/bitbucket-status",
      KEYS "\nstatus-key=ci/%(prop:workername)s\nstatus-name=%(prop:buildername)s on box3");
  BelfryTestExchange named = failed;

  named.body =
      "{'state': 'FAILED', 'key': 'ci/box3', 'name': 'linux-x86 on box3', 'url': '" PAGE "'}";
  belfry_test_expect (test, &token);
  belfry_test_expect (test, &named);
  expect_delivered (test, "failure", NULL);
}

static void
test_check (void)
{
  static const struct {
    const char *keys;
    const char *problem;
  } rows[] = {
    { "", "error oauth-key: " },
    { "oauth-key=plain:x", "error oauth-secret: " },
    { "oauth-secret=plain:x", "error oauth-key: " },
    { "oauth-key=plain:x\noauth-secret=plain:y\nauth=plain:z", "error auth: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *problems =
        belfry_test_dup_problems ("reporter/bitbucket-status", rows[i].keys);

    g_assert_true (g_str_has_prefix (problems, rows[i].problem));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bitbucket-status/plan/states", test_states);
  g_test_add_func ("/bitbucket-status/plan/places", test_places);
  g_test_add_func ("/bitbucket-status/plan/names", test_names);
  g_test_add_func ("/bitbucket-status/token/login", test_login);
  g_test_add_func ("/bitbucket-status/token/renewed", test_renewed);
  g_test_add_func ("/bitbucket-status/token/documented", test_tokens);
  g_test_add_func ("/bitbucket-status/answer/documented", test_answers);
  g_test_add_func ("/bitbucket-status/answer/faults", test_faults);
  g_test_add_func ("/bitbucket-status/log/debug", test_debug);
  g_test_add_func ("/bitbucket-status/options/check", test_check);
  g_test_add_func ("/bitbucket-status/plan/given-names", test_given_names);
  return g_test_run ();
}
