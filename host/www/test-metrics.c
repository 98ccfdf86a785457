/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets /metrics, and what requests are counted as. */
#include "www/test-fixture.h"

#include <string.h>

#define LOCAL "listen=tcp:0:interface=127.0.0.1"
#define TOKEN "metrics=token\nmetrics-token=plain:open-the-numbers\n"
#define RIGHT "Authorization: Bearer open-the-numbers\r\n"

/* the listener that a client of the fixture talks to is the first */
#define OWN_FIRST(more)                                                                            \
  "listen=unix:pages.sock\nmetrics=listener\nmetrics-listen=tcp:0:interface=127.0.0.1\n" more

static guint
ask_status (Fixture *fixture, const char *method, const char *path, const char *headers)
{
  g_autofree char *answer =
      fixture_ask (fixture, method, path, headers, g_str_equal (method, "POST") ? "" : NULL);

  return answer_get_status (answer);
}

static gboolean
has_line (Fixture *fixture, const char *headers, const char *line)
{
  g_autofree char *answer = fixture_ask (fixture, "GET", "/metrics", headers, NULL);
  g_auto (GStrv) lines = g_strsplit (answer_get_body (answer), "\n", -1);
  gboolean has = g_strv_contains ((const char *const *)lines, line);

  if (!has)
    g_test_message ("no '%s' in %s", line, answer);
  return has;
}

static void
test_none (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL, NULL);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", NULL), ==, 404);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", RIGHT), ==, 404);
  fixture_tear_down (&fixture);
}

static void
test_token (void)
{
  static const struct {
    const char *headers;
    guint status;
  } cases[] = {
    { NULL, 401 },
    { "Authorization: Bearer open-the-number\r\n", 401 },
    { "Authorization: Bearer open-the-numbers2\r\n", 401 },
    { "Authorization: Bearer \r\n", 401 },
    { "Authorization: open-the-numbers\r\n", 401 },
    { "Authorization: Basic open-the-numbers\r\n", 401 },
    { "Authorization: bearer open-the-numbers\r\n", 200 },
    { RIGHT, 200 },
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "\n" TOKEN, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = fixture_ask (&fixture, "GET", "/metrics", cases[i].headers, NULL);
    g_autofree char *challenge = answer_dup_header (answer, "WWW-Authenticate");

    g_test_message ("%zu", i);
    g_assert_cmpuint (answer_get_status (answer), ==, cases[i].status);
    g_assert_cmpstr (challenge, ==, cases[i].status == 401 ? "Bearer realm=\"metrics\"" : NULL);
    g_assert_true ((strstr (answer, "# TYPE") != NULL) == (cases[i].status == 200));
  }
  g_assert_cmpuint (ask_status (&fixture, "POST", "/metrics", RIGHT), ==, 405);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics?token=open-the-numbers", NULL), ==, 401);
  fixture_tear_down (&fixture);
}

static void
test_headers (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;
  g_autofree char *type = NULL;
  g_autofree char *caching = NULL;
  g_autofree char *head = NULL;

  fixture_set_up (&fixture, LOCAL "\n" TOKEN, NULL);
  answer = fixture_ask (&fixture, "GET", "/metrics", RIGHT, NULL);
  type = answer_dup_header (answer, "Content-Type");
  caching = answer_dup_header (answer, "Cache-Control");
  g_assert_cmpstr (type, ==, "text/plain; version=0.0.4; charset=utf-8");
  g_assert_cmpstr (caching, ==, "no-store");
  head = fixture_ask (&fixture, "HEAD", "/metrics", RIGHT, NULL);
  g_assert_cmpuint (answer_get_status (head), ==, 200);
  g_assert_cmpstr (answer_get_body (head), ==, "");
  fixture_tear_down (&fixture);
}

/* a token that is still being looked up is nobody's */
static void
test_token_unknown (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "\nmetrics=token\nmetrics-token=env:BELFRY_NO_SUCH\n", NULL);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", RIGHT), ==, 503);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", NULL), ==, 503);
  fixture_tear_down (&fixture);
}

/* the listener of its own has nothing else, and the pages do not have it */
static void
test_own_listener (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) addresses = NULL;

  fixture_set_up (&fixture, LOCAL "\nmetrics=listener\nmetrics-listen=unix:own.sock\n", NULL);
  addresses = belfry_www_list_addresses (fixture.www);
  g_assert_cmpuint (addresses->len, ==, 2);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", NULL), ==, 404);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/", NULL), ==, 200);
  fixture_tear_down (&fixture);

  fixture_set_up (&fixture, OWN_FIRST (""), NULL);
  g_ptr_array_add (fixture.www->listeners, g_ptr_array_steal_index (fixture.www->listeners, 0));
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", NULL), ==, 200);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/healthz", NULL), ==, 200);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/", NULL), ==, 404);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/default.css", NULL), ==, 404);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/events", NULL), ==, 404);
  g_assert_cmpuint (ask_status (&fixture, "POST", "/change_hook/github", NULL), ==, 404);
  g_assert_cmpuint (fixture.n_hooks, ==, 0);
  fixture_tear_down (&fixture);
}

static void
test_own_listener_with_token (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, OWN_FIRST ("metrics-token=plain:open-the-numbers\n"), NULL);
  g_ptr_array_add (fixture.www->listeners, g_ptr_array_steal_index (fixture.www->listeners, 0));
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", NULL), ==, 401);
  g_assert_cmpuint (ask_status (&fixture, "GET", "/metrics", RIGHT), ==, 200);
  fixture_tear_down (&fixture);
}

/* other names of this host are no way in for a stranger's script in a browser */
static void
test_host_name (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;

  fixture_set_up (&fixture, OWN_FIRST ("url=http://ci.example.org/\n"), NULL);
  g_ptr_array_add (fixture.www->listeners, g_ptr_array_steal_index (fixture.www->listeners, 0));
  answer = fixture_talk (&fixture, "GET /metrics HTTP/1.1\r\nHost: rebound.example\r\n"
                                   "Connection: close\r\n\r\n");
  g_assert_cmpuint (answer_get_status (answer), ==, 421);
  fixture_tear_down (&fixture);
}

static void
test_requests_counted (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "\n" TOKEN, NULL);
  fixture_add_builder (&fixture, 1, "b1");
  ask_status (&fixture, "GET", "/", NULL);
  ask_status (&fixture, "GET", "/", NULL);
  ask_status (&fixture, "GET", "/builders/b1", NULL);
  ask_status (&fixture, "GET", "/builders/who-knows", NULL);
  ask_status (&fixture, "GET", "/no/such/thing", NULL);
  ask_status (&fixture, "GET", "/another?x=1", NULL);
  ask_status (&fixture, "GET", "/default.css", NULL);
  ask_status (&fixture, "POST", "/change_hook/github", NULL);
  ask_status (&fixture, "POST", "/change_hook/nobody", NULL);
  ask_status (&fixture, "GET", "/metrics", NULL);
  g_assert_true (
      has_line (&fixture, RIGHT, "belfry_http_requests_total{route=\"/\",status=\"2xx\"} 2"));
  g_assert_true (
      has_line (&fixture, RIGHT,
                "belfry_http_requests_total{route=\"/builders/{builder}\",status=\"2xx\"} 1"));
  g_assert_true (
      has_line (&fixture, RIGHT,
                "belfry_http_requests_total{route=\"/builders/{builder}\",status=\"4xx\"} 1"));
  g_assert_true (
      has_line (&fixture, RIGHT, "belfry_http_requests_total{route=\"(files)\",status=\"4xx\"} 2"));
  g_assert_true (
      has_line (&fixture, RIGHT, "belfry_http_requests_total{route=\"(files)\",status=\"2xx\"} 1"));
  g_assert_true (has_line (&fixture, RIGHT,
                           "belfry_http_requests_total{route=\"/change_hook\",status=\"2xx\"} 1"));
  g_assert_true (has_line (&fixture, RIGHT,
                           "belfry_http_requests_total{route=\"/change_hook\",status=\"4xx\"} 1"));
  g_assert_true (has_line (&fixture, RIGHT,
                           "belfry_http_requests_total{route=\"/metrics\",status=\"4xx\"} 1"));
  g_assert_true (has_line (&fixture, RIGHT, "belfry_event_streams 0"));
  fixture_tear_down (&fixture);
}

static void
test_streams_counted (void)
{
  Fixture fixture;
  Client *client = NULL;

  fixture_set_up (&fixture, LOCAL "\n" TOKEN, NULL);
  client = client_new (&fixture, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n", TRUE);
  fixture_wait (client_has (client, "200"));
  g_assert_true (has_line (&fixture, RIGHT, "belfry_event_streams 1"));
  client_free (client);
  fixture_tear_down (&fixture);
}

/* what `belfry check` says of a section */
static void
test_check (void)
{
  static const struct {
    BelfryWwwKeys keys;
    const char *finding; /* NULL: none */
    BelfrySeverity severity;
  } cases[] = {
    { { .metrics = BELFRY_METRICS_NONE }, NULL, BELFRY_SEVERITY_NOTE },
    { { .metrics = BELFRY_METRICS_TOKEN }, "needs metrics-token=", BELFRY_SEVERITY_ERROR },
    { { .metrics = BELFRY_METRICS_LISTENER }, "needs metrics-listen=", BELFRY_SEVERITY_ERROR },
    { { .metrics_listen = (char *)"unix:/run/m" }, "without effect", BELFRY_SEVERITY_WARNING },
    { { .metrics = BELFRY_METRICS_LISTENER, .metrics_listen = (char *)"unix:/run/m" },
      NULL,
      BELFRY_SEVERITY_NOTE },
    { { .metrics = BELFRY_METRICS_LISTENER,
        .metrics_listen = (char *)"tcp:9101:interface=127.0.0.1" },
      NULL,
      BELFRY_SEVERITY_NOTE },
    { { .metrics = BELFRY_METRICS_LISTENER, .metrics_listen = (char *)"tcp:9101" },
      "public=true",
      BELFRY_SEVERITY_ERROR },
    { { .metrics = BELFRY_METRICS_LISTENER,
        .is_public = TRUE,
        .metrics_listen = (char *)"tcp:9101" },
      "strangers who reach 'tcp:9101' read all numbers",
      BELFRY_SEVERITY_WARNING },
    { { .metrics = BELFRY_METRICS_LISTENER, .metrics_listen = (char *)"tcp:no" },
      "listener 'tcp:no'",
      BELFRY_SEVERITY_ERROR },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryProblems) problems = belfry_problems_new ();
    g_autoptr (BelfrySection) section = belfry_section_new ("www", "", "belfry.conf", 1);
    gboolean is_found = FALSE;

    belfry_www_keys_check (&cases[i].keys, section, problems);
    for (guint j = 0; j < belfry_problems_get_length (problems); j++) {
      const BelfryProblem *problem = belfry_problems_get (problems, j);
      gboolean is_ours = strstr (problem->message, "reach this host without") == NULL;

      g_test_message ("%zu: %s", i, problem->message);
      g_assert_true (cases[i].finding != NULL || !is_ours);
      is_found |= cases[i].finding != NULL && problem->severity == cases[i].severity &&
                  strstr (problem->message, cases[i].finding) != NULL;
    }
    g_assert_true (is_found == (cases[i].finding != NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/metrics/none", test_none);
  g_test_add_func ("/www/metrics/token", test_token);
  g_test_add_func ("/www/metrics/headers", test_headers);
  g_test_add_func ("/www/metrics/token-unknown", test_token_unknown);
  g_test_add_func ("/www/metrics/own-listener", test_own_listener);
  g_test_add_func ("/www/metrics/own-listener-with-token", test_own_listener_with_token);
  g_test_add_func ("/www/metrics/host-name", test_host_name);
  g_test_add_func ("/www/metrics/requests", test_requests_counted);
  g_test_add_func ("/www/metrics/streams", test_streams_counted);
  g_test_add_func ("/www/metrics/check", test_check);
  return g_test_run ();
}
