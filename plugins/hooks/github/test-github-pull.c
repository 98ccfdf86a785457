/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define JSON      "Content-Type: application/json\n"
#define API       "github-api-endpoint=" BELFRY_HOOK_TEST_API "\n"
#define COMMIT    "/repos/acme/widget/commits/a94a8fe5"
#define FILES     "/repos/acme/widget/pulls/17/files"
#define MAX_PAGES 100

static const char pull_payload[] =
    "{'action': 'opened', 'number': 17,"
    " 'pull_request': {'title': 'Gizmo', 'body': null, 'commits': 1,"
    "   'created_at': '2023-05-06T07:08:09Z', 'number': 17,"
    "   'head': {'ref': 'gizmo', 'sha': 'a94a8fe5', 'repo': {'full_name': 'fred/widget'}},"
    "   'base': {'ref': 'main', 'repo': {'full_name': 'acme/widget'}},"
    "   '_links': {'html': {'href': 'https://github.example/acme/widget/pull/17'}}},"
    " 'repository': {'full_name': 'acme/widget', 'html_url': 'https://github.example/acme/widget'},"
    " 'sender': {'login': 'grace'}}";

static BelfryRequest *
make_request (const char *path, const char *json)
{
  g_autofree char *body = belfry_hook_test_edit (pull_payload, path, json);

  return belfry_hook_test_post ("/change_hook/github", JSON "X-GitHub-Event: pull_request", body);
}

static void
answer_well (BelfryTest *test)
{
  belfry_hook_test_answer (test, COMMIT, 200, "{\"commit\": {\"message\": \"Gizmo\"}}");
  belfry_hook_test_answer (test, FILES, 200, "[{\"filename\": \"a.c\"}]");
}

static BelfryTranslation *
settle (BelfryTest *test, const char *path, const char *json)
{
  g_autoptr (BelfryRequest) request = make_request (path, json);
  g_autoptr (GError) local = NULL;
  BelfryTranslation *translation = belfry_test_settle (test, request, &local);

  g_assert_no_error (local);
  return translation;
}

static BelfryTranslation *
pull (const char *keys, const char *path, const char *json)
{
  g_autofree char *all = g_strconcat (API, keys, NULL);
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", all);

  answer_well (test);
  return settle (test, path, json);
}

static char *
join_properties (BelfryChange *change)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < belfry_properties_get_count (change->properties); i++) {
    const char *name = belfry_properties_get_name (change->properties, i);

    if (g_str_has_prefix (name, "github."))
      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", name + strlen ("github."));
  }
  return g_string_free (names, FALSE);
}

static void
test_whitelist_of_pull_request (void)
{
  g_autoptr (BelfryTranslation) translation =
      pull ("github-property-whitelist=github.head.*;github.number;github.sender*", NULL, NULL);
  g_autofree char *names = join_properties (belfry_test_only_change (translation));

  g_assert_cmpstr (names, ==, "head.ref head.repo.full_name head.sha number");
}

/* the URL's project counts only where the payload has none */
static void
test_project_of_pull_request (void)
{
  static const struct {
    const char *json;
    const char *project;
  } cases[] = { { "'acme/widget'", "acme/widget" }, { "null", "other" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autofree char *body =
        belfry_hook_test_edit (pull_payload, "pull_request.base.repo.full_name", cases[i].json);
    g_autoptr (BelfryRequest) request = belfry_hook_test_post (
        "/change_hook/github?project=other", JSON "X-GitHub-Event: pull_request", body);
    g_autoptr (BelfryTranslation) translation = NULL;

    answer_well (test);
    translation = belfry_test_settle (test, request, NULL);
    g_assert_cmpstr (belfry_test_only_change (translation)->project, ==, cases[i].project);
  }
}

/* the fixed codebase, the empty one and none stay apart across the questions to the API */
static void
test_codebase_of_pull_request (void)
{
  g_autoptr (BelfryTranslation) none = pull (NULL, NULL, NULL);
  g_autoptr (BelfryTranslation) empty = pull ("codebase=", NULL, NULL);
  g_autoptr (BelfryTranslation) some = pull ("codebase-format={{ sender.login }}", NULL, NULL);

  g_assert_null (belfry_test_only_change (none)->codebase);
  g_assert_cmpstr (belfry_test_only_change (empty)->codebase, ==, "");
  g_assert_cmpstr (belfry_test_only_change (some)->codebase, ==, "grace");
}

static void
test_fork (void)
{
  static const struct {
    const char *path;
    const char *json;
    gboolean is_fork;
  } cases[] = {
    { NULL, NULL, TRUE },
    { "pull_request.head.repo.full_name", "'acme/widget'", FALSE },
    { "pull_request.head.repo", "null", TRUE },
    { "pull_request.head.repo", NULL, FALSE },
    { "pull_request.head.repo.full_name", NULL, FALSE },
    { "pull_request.head.repo", "[]", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = pull (NULL, cases[i].path, cases[i].json);
    JsonNode *fork = belfry_properties_get_value (belfry_test_only_change (translation)->properties,
                                                  "from_fork");

    if (!cases[i].is_fork)
      g_assert_null (fork);
    else
      g_assert_true (fork != NULL && json_node_get_boolean (fork));
  }
}

/* refused before anything is asked, so that no payload names another path of the API */
static void
test_segments_refused (void)
{
  static const struct {
    const char *path;
    const char *json;
  } cases[] = {
    { "repository.full_name", "'../widget'" },
    { "repository.full_name", "'acme/..'" },
    { "repository.full_name", "'acme/.'" },
    { "repository.full_name", "'acme'" },
    { "repository.full_name", "'acme/'" },
    { "repository.full_name", "'/widget'" },
    { "repository.full_name", "'acme/widget/../../user'" },
    { "repository.full_name", "''" },
    { "repository.full_name", "null" },
    { "pull_request.head.sha", "'..'" },
    { "pull_request.head.sha", "'.'" },
    { "pull_request.head.sha", "''" },
    { "pull_request.head.sha", "null" },
    { "number", "'..'" },
    { "number", "'.'" },
    { "number", "''" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autoptr (BelfryTranslation) translation = settle (test, cases[i].path, cases[i].json);

    if (translation->kind != BELFRY_TRANSLATION_MALFORMED)
      g_test_fail_printf ("'%s' as %s must be malformed", cases[i].path, cases[i].json);
    g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, 0);
  }
}

static void
test_segments_encoded (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) name = NULL;
  g_autoptr (BelfryTranslation) sha = NULL;
  GPtrArray *asked = belfry_test_get_asked (test);

  name = settle (test, "repository.full_name", "'ac me/w?x#%2e'");
  g_assert_cmpstr (g_ptr_array_index (asked, 0), ==,
                   "GET /repos/ac%20me/w%3Fx%23%252e/commits/a94a8fe5 ");
  g_assert_cmpstr (g_ptr_array_index (asked, 1), ==,
                   "GET /repos/ac%20me/w%3Fx%23%252e/pulls/17/files ");
  g_ptr_array_set_size (asked, 0);
  sha = settle (test, "pull_request.head.sha", "'../../../user'");
  g_assert_cmpstr (g_ptr_array_index (asked, 0), ==,
                   "GET /repos/acme/widget/commits/..%2F..%2F..%2Fuser ");
}

static void
test_pull_malformed (void)
{
  static const struct {
    const char *path;
    const char *json;
  } cases[] = {
    { "number", NULL },
    { "number", "{}" },
    { "pull_request", NULL },
    { "pull_request", "null" },
    { "pull_request.base.ref", NULL },
    { "pull_request.commits", NULL },
    { "pull_request.title", NULL },
    { "pull_request.title", "[]" },
    { "pull_request.body", NULL },
    { "pull_request.head.sha", NULL },
    { "pull_request.head.sha", "5" },
    { "pull_request.created_at", NULL },
    { "pull_request.created_at", "'soon'" },
    { "pull_request._links.html.href", NULL },
    { "pull_request.base.repo", NULL },
    { "repository.html_url", NULL },
    { "repository.html_url", "5" },
    { "sender", NULL },
    { "sender.login", "{}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autoptr (BelfryTranslation) translation = settle (test, cases[i].path, cases[i].json);

    if (translation->kind != BELFRY_TRANSLATION_MALFORMED)
      g_test_fail_printf ("'%s' as %s must be malformed", cases[i].path, cases[i].json);
    g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, 0);
  }
}

static void
test_pull_actions (void)
{
  static const struct {
    const char *action;
    BelfryTranslationKind kind;
  } cases[] = {
    { "'opened'", BELFRY_TRANSLATION_CHANGES },
    { "'reopened'", BELFRY_TRANSLATION_CHANGES },
    { "'synchronize'", BELFRY_TRANSLATION_CHANGES },
    { "'closed'", BELFRY_TRANSLATION_NOTHING },
    { "'Opened'", BELFRY_TRANSLATION_NOTHING },
    { "null", BELFRY_TRANSLATION_NOTHING },
    { "5", BELFRY_TRANSLATION_NOTHING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autoptr (BelfryTranslation) translation = NULL;

    answer_well (test);
    translation = settle (test, "action", cases[i].action);
    g_assert_cmpint (translation->kind, ==, cases[i].kind);
    g_assert_cmpuint (belfry_test_get_asked (test)->len, ==,
                      cases[i].kind == BELFRY_TRANSLATION_CHANGES ? 2 : 0);
  }
}

static void
test_pull_fields (void)
{
  g_autoptr (BelfryTranslation) translation = pull ("pullrequest-ref=head", NULL, NULL);
  BelfryChange *change = belfry_test_only_change (translation);

  g_assert_cmpstr (change->comments, ==, "GitHub Pull Request #17 (1 commit)\nGizmo\nNone");
  g_assert_cmpstr (change->branch, ==, "refs/pull/17/head");
  g_assert_cmpstr (change->src, ==, "git");
  g_assert_cmpstr (change->category, ==, "pull");
  g_assert_cmpint (change->when_timestamp, ==, 1683356889 * (gint64)G_USEC_PER_SEC);
  g_assert_false (change->files_unknown);
}

static void
test_pull_skip_in_head_commit (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) translation = NULL;

  answer_well (test);
  belfry_hook_test_answer (test, COMMIT, 200, "{\"commit\": {\"message\": \"x [ci skip]\"}}");
  translation = settle (test, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_NOTHING);
  g_assert_nonnull (strstr (translation->reason, "skip"));
  g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, 1);
}

static void
test_pull_skip_elsewhere_does_not_count (void)
{
  g_autoptr (BelfryTranslation) title = pull (NULL, "pull_request.title", "'[skip ci]'");
  g_autoptr (BelfryTranslation) body = pull (NULL, "pull_request.body", "'[skip ci]'");

  belfry_test_only_change (title);
  belfry_test_only_change (body);
}

/* whatever the commit's answer is, it skips nothing unless it holds a skip word */
static void
test_pull_commit_answers (void)
{
  static const struct {
    guint status;
    const char *body;
  } cases[] = {
    { 404, "{\"commit\": {\"message\": \"[skip ci]\"}}" },
    { 500, "oops" },
    { 200, "no JSON" },
    { 200, "[]" },
    { 200, "{\"commit\": null}" },
    { 200, "{\"commit\": {\"message\": 5}}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autoptr (BelfryTranslation) translation = NULL;

    answer_well (test);
    belfry_hook_test_answer (test, COMMIT, cases[i].status, cases[i].body);
    translation = settle (test, NULL, NULL);
    g_assert_false (belfry_test_only_change (translation)->files_unknown);
  }
}

static void
test_pull_files_answers (void)
{
  static const struct {
    guint status;
    const char *body;
  } cases[] = {
    { 403, "[{\"filename\": \"a.c\"}]" },
    { 302, "[]" },
    { 200, "no JSON" },
    { 200, "{}" },
    { 200, "[null]" },
    { 200, "[{\"filename\": null}]" },
    { 200, "[{\"filename\": \"a.c\"}, {}]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
    g_autoptr (BelfryTranslation) translation = NULL;
    BelfryChange *change = NULL;

    answer_well (test);
    belfry_hook_test_answer (test, FILES, cases[i].status, cases[i].body);
    translation = settle (test, NULL, NULL);
    change = belfry_test_only_change (translation);
    g_assert_true (change->files_unknown);
    g_assert_cmpuint (change->files != NULL ? g_strv_length (change->files) : 0, ==, 0);
  }
}

static void
test_pull_renamed_files (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) translation = NULL;
  g_autofree char *files = NULL;

  answer_well (test);
  belfry_hook_test_answer (
      test, FILES, 200,
      "[{\"filename\": \"new.c\", \"previous_filename\": \"old.c\"}, {\"filename\": \"z\"}]");
  translation = settle (test, NULL, NULL);
  files = g_strjoinv (" ", belfry_test_only_change (translation)->files);
  g_assert_cmpstr (files, ==, "new.c old.c z");
}

/* answers nobody gave: asked again by the host, and given up in the end */
static void
test_pull_nobody_answers (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryRequest) request = make_request (NULL, NULL);
  g_autoptr (BelfryTranslation) pending = belfry_test_translate (test, request);
  g_autoptr (BelfryTranslation) settled = NULL;
  g_autoptr (BelfryTranslation) given_up = NULL;
  g_autoptr (GError) error = NULL;
  BelfryChange *change = NULL;

  belfry_hook_test_break (test, BELFRY_TEST_FAULT_CLOSED);
  settled = belfry_test_settle (test, request, &error);
  g_assert_null (settled);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, 1);
  given_up = belfry_test_give_up (test, pending);
  change = belfry_test_only_change (given_up);
  g_assert_true (change->files_unknown);
  g_assert_cmpstr (change->author, ==, "grace");
  g_assert_cmpstr (change->revision, ==, "a94a8fe5");
  g_assert_cmpstr (change->branch, ==, "refs/pull/17/merge");
  g_assert_cmpstr (belfry_properties_get_text (change->properties, "basename"), ==, "main");
}

/* an answer over the limit is one: nothing is asked again, the rest is asked */
static void
test_pull_answers_too_large (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) translation = NULL;

  belfry_hook_test_break (test, BELFRY_TEST_FAULT_ENDLESS);
  translation = settle (test, NULL, NULL);
  g_assert_true (belfry_test_only_change (translation)->files_unknown);
  g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, 2);
}

static BelfryTranslation *
page (BelfryTest *test, const char *link)
{
  g_autofree char *header = g_strconcat ("Link: ", link, NULL);
  const BelfryTestExchange first = {
    .target = FILES,
    .answer_headers = header,
    .answer = "[{'filename': 'a.c'}]",
  };

  answer_well (test);
  belfry_test_answer (test, &first);
  belfry_hook_test_answer (test, FILES "?page=2", 200, "[{\"filename\": \"b.c\"}]");
  return settle (test, NULL, NULL);
}

static void
test_pages_followed (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API "token=plain:t0ken");
  g_autoptr (BelfryTranslation) translation =
      page (test, "<" BELFRY_HOOK_TEST_API FILES
                  "?page=9>; rel=\"last\", <" BELFRY_HOOK_TEST_API FILES "?page=2>; rel=\"next\"");
  g_autofree char *files = g_strjoinv (" ", belfry_test_only_change (translation)->files);
  GPtrArray *asked = belfry_test_get_asked (test);

  g_assert_cmpstr (files, ==, "a.c b.c");
  g_assert_cmpuint (asked->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (asked, 2), ==, "GET " FILES "?page=2 token t0ken");
}

/* the token goes to no other server, whatever an answer says */
static void
test_pages_of_another_server (void)
{
  static const char *const links[] = {
    "<https://evil.example" FILES "?page=2>; rel=\"next\"",
    "<http://api.example" FILES "?page=2>; rel=\"next\"",
    "<https://api.example:444" FILES "?page=2>; rel=\"next\"",
    "<https://api.example.evil.example/>; rel=\"next\"",
    "<https://api.example@evil.example/>; rel=\"next\"",
    "<//evil.example/>; rel=\"next\"",
    "<javascript:1>; rel=\"next\"",
    "<" BELFRY_HOOK_TEST_API FILES "?page=2>; rel=\"prev\"",
    "<" BELFRY_HOOK_TEST_API FILES "?page=2",
    "",
  };

  for (guint i = 0; i < G_N_ELEMENTS (links); i++) {
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API "token=plain:t0ken");
    g_autoptr (BelfryTranslation) translation = page (test, links[i]);

    belfry_test_only_change (translation);
    if (belfry_test_get_asked (test)->len != 2)
      g_test_fail_printf ("'%s' must not be followed", links[i]);
  }
}

/* a server whose every page has a next one */
static void
test_pages_end (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) translation =
      page (test, "<" BELFRY_HOOK_TEST_API FILES ">; rel=\"next\"");

  g_assert_cmpuint (g_strv_length (belfry_test_only_change (translation)->files), ==, MAX_PAGES);
  g_assert_cmpuint (belfry_test_get_asked (test)->len, ==, MAX_PAGES + 1);
}

static void
test_page_that_fails (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", API);
  g_autoptr (BelfryTranslation) translation =
      page (test, "<" BELFRY_HOOK_TEST_API FILES "?page=3>; rel=\"next\"");

  g_assert_true (belfry_test_only_change (translation)->files_unknown);
}

static const struct {
  const char *path;
  GTestFunc func;
} tests[] = {
  { "/github/codebase/of-pull-request", test_codebase_of_pull_request },
  { "/github/pull-request/project", test_project_of_pull_request },
  { "/github/fork/where-true", test_fork },
  { "/github/pages/another-server", test_pages_of_another_server },
  { "/github/pages/end", test_pages_end },
  { "/github/pages/followed", test_pages_followed },
  { "/github/pages/one-fails", test_page_that_fails },
  { "/github/pull/actions", test_pull_actions },
  { "/github/pull/commit-answers", test_pull_commit_answers },
  { "/github/pull/fields", test_pull_fields },
  { "/github/pull/files-answers", test_pull_files_answers },
  { "/github/pull/malformed", test_pull_malformed },
  { "/github/pull/nobody-answers", test_pull_nobody_answers },
  { "/github/pull/renamed-files", test_pull_renamed_files },
  { "/github/pull/segments-encoded", test_segments_encoded },
  { "/github/pull/segments-refused", test_segments_refused },
  { "/github/pull/skip-elsewhere", test_pull_skip_elsewhere_does_not_count },
  { "/github/pull/skip-in-head-commit", test_pull_skip_in_head_commit },
  { "/github/pull/too-large", test_pull_answers_too_large },
  { "/github/whitelist/of-pull-request", test_whitelist_of_pull_request },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].func);
  return g_test_run ();
}
