/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reporters to forges share: addresses, words, states, and what an answer means. */
#include "forge-status.h"

#define NOW_S G_GINT64_CONSTANT (1717400000)

static void
test_urls (void)
{
  static const struct {
    const char *url;
    const char *owner; /* NULL: not of the shape */
    const char *name;
  } rows[] = {
    { "https://github.com/a/b.git", "a", "b" },
    { "http://github.com/a/b", "a", "b" },
    { "git@github.com:a/b.git", "a", "b" },
    { "ssh://git@host:2222/a/b", "a", "b" },
    { "git://host/a/b", "a", "b" },
    { "host:a/b", "a", "b" },
    { "host/a/b", "a", "b" },
    { "https://ci:secret@host/a/b/", "a", "b" },
    { "https://host:8443/group/sub/b.git", "group/sub", "b" },
    { "git@host:22/a/b", "a", "b" },
    { "git@host:22/b", "22", "b" },
    { "HTTPS://host/a/b.c", "a", "b.c" },
    { "https://host/b", NULL, NULL },
    { "https://host", NULL, NULL },
    { "https://", NULL, NULL },
    { "/srv/git/a/b.git", NULL, NULL },
    { "https://host/a/.git", NULL, NULL },
    { "", NULL, NULL },
    { NULL, NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *owner = NULL;
    g_autofree char *name = NULL;

    g_test_message ("'%s'", rows[i].url != NULL ? rows[i].url : "NULL");
    g_assert_cmpint (belfry_forge_parse_url (rows[i].url, &owner, &name), ==,
                     rows[i].owner != NULL);
    g_assert_cmpstr (owner, ==, rows[i].owner);
    g_assert_cmpstr (name, ==, rows[i].name);
  }
}

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr (JsonNode) node = belfry_json_parse (json, -1, NULL, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

static void
test_stamps (void)
{
  static const struct {
    const char *stamp;
    const char *owner;
    const char *name;
  } rows[] = {
    { "{'project': 'acme/anvil', 'repository': 'https://x.example/o/r'}", "acme", "anvil" },
    { "{'project': 'anvil', 'repository': 'https://x.example/o/r'}", "o", "r" },
    { "{'project': '', 'repository': 'https://x.example/o/r.git'}", "o", "r" },
    { "{'project': 'acme/', 'repository': 'https://x.example/o/r'}", NULL, NULL },
    { "{'project': '', 'repository': ''}", NULL, NULL },
    { "{}", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonObject) stamp = parse (rows[i].stamp);
    g_autofree char *owner = NULL;
    g_autofree char *name = NULL;

    g_test_message ("%s", rows[i].stamp);
    g_assert_cmpint (belfry_forge_find_repository (stamp, &owner, &name), ==,
                     rows[i].owner != NULL);
    g_assert_cmpstr (owner, ==, rows[i].owner);
    g_assert_cmpstr (name, ==, rows[i].name);
  }
}

static void
test_paths (void)
{
  g_autofree char *good = belfry_forge_dup_path ("repos", "a/b", "c d?#", "~x", NULL);
  g_autofree char *climbing = belfry_forge_dup_path ("repos", "..", "c", NULL);
  g_autofree char *dot = belfry_forge_dup_path ("repos", ".", "c", NULL);
  g_autofree char *empty = belfry_forge_dup_path ("repos", "", "c", NULL);
  g_autofree char *broken = belfry_forge_dup_path ("repos", "a\r\nHost: evil", NULL);

  g_assert_cmpstr (good, ==, "/repos/a%2Fb/c%20d%3F%23/~x");
  g_assert_null (climbing);
  g_assert_null (dot);
  g_assert_null (empty);
  g_assert_null (broken);
}

static const BelfryForgeStates states = {
  .queued = "queued",
  .dropped = "dropped",
  .started = "started",
  .ended = { [BELFRY_RESULT_SUCCESS] = "good", [BELFRY_RESULT_CANCELLED] = "cancelled" },
  .other = "other",
};

static void
test_moments (void)
{
  static const struct {
    const char *phase;
    const char *build;
    const char *state;
  } rows[] = {
    { "request", "{'complete': false, 'results': null}", "queued" },
    { "request", "{'complete': true, 'results': 6}", "dropped" },
    { "request", "{'complete': true, 'results': 0}", "queued" },
    { "started", "{'complete': false, 'results': null}", "started" },
    { "finished", "{'complete': true, 'results': 0}", "good" },
    { "finished", "{'complete': true, 'results': 6}", "cancelled" },
    { "finished", "{'complete': true, 'results': 2}", "other" },
    { "finished", "{'complete': true, 'results': 99}", "other" },
    { "finished", "{'complete': true, 'results': -1}", "other" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text =
        g_strdup_printf ("{'phase': '%s', 'builds': [%s]}", rows[i].phase, rows[i].build);
    g_autoptr (JsonObject) data = parse (text);
    g_autoptr (BelfryReport) report = belfry_report_new (data);
    BelfryForgeBuild build;

    g_test_message ("%s", text);
    g_assert_true (belfry_forge_build_init (&build, report, 0));
    g_assert_cmpstr (belfry_forge_build_choose (&build, &states), ==, rows[i].state);
    g_assert_cmpuint (belfry_forge_build_count_stamps (&build), ==, 0);
    g_assert_cmpstr (build.url, ==, "");
    g_assert_false (belfry_forge_build_init (&build, report, 1));
  }
}

static void
test_words (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) data =
      parse ("{'phase': 'finished', 'builds': [{'complete': true, 'results': 2, 'builder': "
             "{'name': 'b'}, 'properties': {'p': ['v', 'x'], 'e': ['', 'x'], 'n': [7, 'x']}}],"
             " 'variables': [{'summary': 'BUILD FAILED'}]}");
  g_autoptr (BelfryReport) report = belfry_report_new (data);
  g_autoptr (BelfryRendered) end = belfry_rendered_new ("%(prop:buildername)s %(prop:p)s", NULL);
  g_autoptr (BelfryTemplate) template = belfry_template_new ("t", "{{ summary }}!", NULL, NULL);
  g_autoptr (GPtrArray) program = g_ptr_array_new ();
  BelfryForgeWords words = { .end = end };
  BelfryForgeBuild build;
  g_autofree char *rendered = NULL;
  g_autofree char *templated = NULL;
  g_autofree char *printed = NULL;
  g_autofree char *nothing = NULL;

  g_assert_true (belfry_forge_build_init (&build, report, 0));
  rendered = belfry_forge_words_render (&words, &build, &error);
  g_assert_cmpstr (rendered, ==, "b v");
  words.end_template = template;
  templated = belfry_forge_words_render (&words, &build, &error);
  g_assert_cmpstr (templated, ==, "BUILD FAILED!");
  words.end_program = program;
  printed = belfry_forge_words_render (&words, &build, &error);
  g_assert_cmpstr (printed, ==, "");
  g_assert_cmpstr (belfry_forge_words_get_program (&words, &build), ==, "end-description-program");
  g_assert_no_error (error);

  build.moment = BELFRY_FORGE_STARTED;
  nothing = belfry_forge_words_render (&words, &build, &error);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_null (belfry_forge_words_get_program (&words, &build));

  g_assert_cmpstr (belfry_forge_build_get_property (&build, "p"), ==, "v");
  g_assert_null (belfry_forge_build_get_property (&build, "e"));
  g_assert_null (belfry_forge_build_get_property (&build, "n"));
  g_assert_null (belfry_forge_build_get_property (&build, "absent"));
  g_assert_nonnull (belfry_forge_build_get_value (&build, "n"));
}

static const BelfryForgeService any = { .sent = "Sent {what}",
                                        .failure = "{code} {what}: {answer}" };
static const BelfryForgeService strict = {
  .success = { 200, 201 },
  .sent = "Sent {what}",
  .failure = "{code} {what}: {answer}",
};

static void
test_needs (void)
{
  static const BelfryForgeService service = {
    .sent = "Sent",
    .failure = "{code} {what}: {answer}",
    .needs = "leave to write",
  };
  static const struct {
    guint status;
    const char *excerpt;
  } rows[] = {
    { 401, "401 that: no rate limit; it needs leave to write" },
    { 403, "403 that: no rate limit" },
    { 404, "404 that: no rate limit; it needs leave to write" },
    { 422, "422 that: no rate limit" },
  };
  BelfryForgeHttp http = { .verbose = FALSE };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GBytes) body = g_bytes_new_static ("no rate limit", 13);
    g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (rows[i].status, body);
    g_autoptr (BelfryOutcome) outcome =
        belfry_forge_judge_about (&service, &http, "that", 0, answer);

    g_assert_cmpstr (outcome->excerpt, ==, rows[i].excerpt);
    g_assert_cmpuint (outcome->http_status, ==, rows[i].status);
  }
}

static const struct {
  const BelfryForgeService *service;
  guint status;
  guint tries;
  const char *headers; /* NAME: VALUE, one a line */
  const char *body;
  BelfryOutcomeKind kind;
  gint64 wait_s;
} answers[] = {
  { &any, 201, 0, NULL, "", BELFRY_OUTCOME_DELIVERED, 0 },
  { &strict, 201, 0, NULL, "", BELFRY_OUTCOME_DELIVERED, 0 },
  { &strict, 204, 0, NULL, "", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 302, 0, NULL, "", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 400, 0, NULL, "", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 401, 0, NULL, "Bad credentials", BELFRY_OUTCOME_DENIED, 0 },
  { &any, 403, 0, NULL, "Resource not accessible", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 403, 0, "Retry-After: 30", "", BELFRY_OUTCOME_WAIT, 30 },
  { &any, 403, 0, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1717400090", "",
    BELFRY_OUTCOME_WAIT, 90 },
  { &any, 403, 0, "x-ratelimit-remaining: 12\nx-ratelimit-reset: 1717400090", "",
    BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 403, 0, NULL, "You have exceeded a secondary rate limit.", BELFRY_OUTCOME_WAIT, 60 },
  { &any, 403, 2, NULL, "You have exceeded a secondary rate limit.", BELFRY_OUTCOME_WAIT, 240 },
  { &any, 403, 40, NULL, "You have triggered an Abuse Detection mechanism", BELFRY_OUTCOME_WAIT,
    3600 },
  { &any, 404, 0, NULL, "Not Found", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 422, 0, NULL, "No commit found for SHA", BELFRY_OUTCOME_REFUSED, 0 },
  { &any, 408, 0, NULL, "", BELFRY_OUTCOME_WAIT, 0 },
  { &any, 423, 0, NULL, "", BELFRY_OUTCOME_WAIT, 0 },
  { &any, 425, 0, NULL, "", BELFRY_OUTCOME_WAIT, 0 },
  { &any, 429, 0, "Retry-After: 7", "", BELFRY_OUTCOME_WAIT, 7 },
  { &any, 429, 0, NULL, "", BELFRY_OUTCOME_WAIT, 60 },
  { &any, 429, 1, NULL, "", BELFRY_OUTCOME_WAIT, 120 },
  { &any, 500, 0, NULL, "", BELFRY_OUTCOME_WAIT, 0 },
  { &any, 503, 0, "Retry-After: 120", "", BELFRY_OUTCOME_WAIT, 120 },
};

static void
add_headers (BelfryHttpAnswer *answer, const char *headers)
{
  g_auto (GStrv) lines = g_strsplit (headers != NULL ? headers : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    g_auto (GStrv) pair = g_strsplit (*line, ": ", 2);

    if (g_strv_length (pair) == 2)
      belfry_http_answer_add_header (answer, pair[0], pair[1]);
  }
}

static void
test_answers (void)
{
  g_autoptr (JsonNode) payload = belfry_forge_payload_new ("/x", json_object_new (), "that");
  BelfryForgeHttp http = { .wire.verify = TRUE };

  belfry_clock_set_us (NOW_S * G_USEC_PER_SEC);
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
    BelfryItem item = { .size = sizeof item, .tries = answers[i].tries, .payload = payload };
    g_autoptr (GBytes) body = g_bytes_new_static (answers[i].body, strlen (answers[i].body));
    g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (answers[i].status, body);
    g_autofree char *failure = g_strdup_printf ("%u that: %s", answers[i].status, answers[i].body);
    g_autoptr (BelfryOutcome) outcome = NULL;

    add_headers (answer, answers[i].headers);
    outcome = belfry_forge_judge (answers[i].service, &http, &item, answer);
    g_test_message ("row %" G_GSIZE_FORMAT ": %u", i, answers[i].status);
    g_assert_cmpint (outcome->kind, ==, answers[i].kind);
    g_assert_cmpint (outcome->wait_us, ==, answers[i].wait_s * G_USEC_PER_SEC);
    g_assert_true (outcome->answered);
    g_assert_cmpstr (outcome->excerpt, ==,
                     answers[i].kind == BELFRY_OUTCOME_DELIVERED ? "Sent that" : failure);
  }
  belfry_clock_set_us (0);
}

static void
test_requests (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) payload =
      belfry_forge_payload_new ("/x/y", parse ("{'state': 'failure'}"), "that");
  BelfryForgeHttp http = { .wire.debug = TRUE };
  BelfryItem item = { .size = sizeof item, .target = "t", .payload = payload };
  g_autoptr (BelfryHttpRequest) request =
      belfry_forge_request_new (&http, "https://api.example/base", &item, &error);
  g_autoptr (GBytes) body = belfry_http_request_dup_body (request);
  g_autoptr (BelfryHttpRequest) none = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (belfry_http_request_get_method (request), ==, "POST");
  g_assert_cmpstr (belfry_http_request_get_url (request), ==, "https://api.example/base/x/y");
  g_assert_false (belfry_http_request_get_verify (request));
  g_assert_true (belfry_http_request_get_debug (request));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                   "{\"state\":\"failure\"}", 19);
  item.payload = NULL;
  none = belfry_forge_request_new (&http, "https://api.example", &item, &error);
  g_assert_null (none);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL);
  g_assert_cmpstr (belfry_forge_item_get_what (&item), ==, "t");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/forge-status/repository/urls", test_urls);
  g_test_add_func ("/forge-status/repository/stamps", test_stamps);
  g_test_add_func ("/forge-status/repository/paths", test_paths);
  g_test_add_func ("/forge-status/words/moments", test_moments);
  g_test_add_func ("/forge-status/words/forms", test_words);
  g_test_add_func ("/forge-status/answer/meaning", test_answers);
  g_test_add_func ("/forge-status/answer/needs", test_needs);
  g_test_add_func ("/forge-status/request/parts", test_requests);
  return g_test_run ();
}
