/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define JSON "Content-Type: application/json\n"

static const char push_payload[] =
    "{'ref': 'refs/heads/main', 'created': false, 'deleted': false,"
    " 'head_commit': {'id': 'c1', 'message': 'Turn'},"
    " 'commits': [{'id': 'c1', 'message': 'Turn', 'timestamp': '2023-03-04T05:06:07Z',"
    "   'url': 'https://github.example/acme/widget/commit/c1', 'distinct': true,"
    "   'author': {'name': 'Ada', 'email': 'ada@example.org'},"
    "   'committer': {'name': 'Bob', 'email': null},"
    "   'added': ['a.c'], 'modified': [], 'removed': ['b.c']}],"
    " 'repository': {'name': 'widget', 'full_name': 'acme/widget', 'private': false,"
    "   'html_url': 'https://github.example/acme/widget', 'size': 12, 'empty': {},"
    "   'topics': ['ci'], 'homepage': null, 'a.b': 'dotted'}}";

static BelfryRequest *
make_request (const char *path, const char *json)
{
  g_autofree char *body = belfry_hook_test_edit (push_payload, path, json);

  return belfry_hook_test_post ("/change_hook/github", JSON "X-GitHub-Event: push", body);
}

static BelfryTranslation *
push (const char *keys, const char *path, const char *json)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", keys);
  g_autoptr (BelfryRequest) request = make_request (path, json);

  return belfry_test_translate (test, request);
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
test_whitelist (void)
{
  static const struct {
    const char *patterns;
    const char *names;
  } cases[] = {
    { "github.repository.name", "repository.name" },
    { "github.repository.n?me", "repository.name" },
    { "github.repository.na", "" },
    { "repository.name", "" },
    { "github.repository", "" },
    { "github.repository.empty*", "" },
    { "github.Repository.*", "" },
    { "github.repository.[hp]*", "repository.homepage repository.html_url repository.private" },
    { "github.repository.[!a-s]*", "repository.topics" },
    { "github.repository.a.b", "repository.a.b" },
    { "github.repository.[", "" },
    { "*.size;*.topics", "repository.size repository.topics" },
    { "github.commits*", "commits" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *keys = g_strconcat ("github-property-whitelist=", cases[i].patterns, NULL);
    g_autoptr (BelfryTranslation) translation = push (keys, NULL, NULL);
    g_autofree char *names = join_properties (belfry_test_only_change (translation));

    g_assert_cmpstr (names, ==, cases[i].names);
  }
}

static void
test_whitelist_keeps_types (void)
{
  g_autoptr (BelfryTranslation) translation =
      push ("github-property-whitelist=github.repository.*", NULL, NULL);
  BelfryProperties *properties = belfry_test_only_change (translation)->properties;

  g_assert_cmpint (
      json_node_get_int (belfry_properties_get_value (properties, "github.repository.size")), ==,
      12);
  g_assert_true (JSON_NODE_HOLDS_NULL (
      belfry_properties_get_value (properties, "github.repository.homepage")));
  g_assert_true (
      JSON_NODE_HOLDS_ARRAY (belfry_properties_get_value (properties, "github.repository.topics")));
  g_assert_cmpstr (belfry_properties_get_text (properties, "event"), ==, "push");
}

static void
test_codebase (void)
{
  static const struct {
    const char *keys;
    const char *codebase;
  } cases[] = {
    { NULL, NULL },
    { "codebase=web", "web" },
    { "codebase=", "" },
    { "codebase-format={{ repository.full_name }}", "acme/widget" },
    { "codebase-format={{ repository.homepage }}", "None" },
    { "codebase-format={{ repository.private }}-{{ repository.size }}", "False-12" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = push (cases[i].keys, NULL, NULL);

    g_assert_cmpstr (belfry_test_only_change (translation)->codebase, ==, cases[i].codebase);
  }
}

static void
test_codebase_format_is_strict (void)
{
  static const char *const formats[] = {
    "codebase-format={{ nothing }}",
    "codebase-format={{ repository.nothing }}",
    "codebase-format={{ repository.nothing.here }}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (BelfryTranslation) pushed = push (formats[i], NULL, NULL);

    g_assert_cmpint (pushed->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  }
}

static void
test_configuration (void)
{
  static const struct {
    const char *keys;
    const char *found;
  } cases[] = {
    { "codebase=a\ncodebase-format=b", "error codebase-format: " },
    { "codebase-format={{ a", "error codebase-format: " },
    { "skips=[", "error skips: " },
    { "verify=perhaps", "error verify: " },
    { "verify=false", "warning verify: " },
    { "github-api-endpoint=ftp://x", "error github-api-endpoint: " },
    { "token=", "error token: " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("hook/github", cases[i].keys);

    if (strstr (problems, cases[i].found) == NULL)
      g_test_fail_printf ("%s: found only: %s", cases[i].keys, problems);
  }
}

static void
test_push_malformed (void)
{
  static const struct {
    const char *path;
    const char *json; /* NULL: taken out */
  } cases[] = {
    { "ref", NULL },
    { "ref", "null" },
    { "ref", "5" },
    { "repository", NULL },
    { "repository", "[]" },
    { "repository.name", NULL },
    { "repository.html_url", NULL },
    { "repository.html_url", "{}" },
    { "repository.full_name", "7" },
    { "head_commit", NULL },
    { "head_commit", "null" },
    { "head_commit", "'text'" },
    { "commits", NULL },
    { "commits", "null" },
    { "commits", "{}" },
    { "commits", "[null]" },
    { "commits", "['text']" },
    { "commits.0.author", NULL },
    { "commits.0.author", "null" },
    { "commits.0.author.name", NULL },
    { "commits.0.author.email", "[]" },
    { "commits.0.committer", NULL },
    { "commits.0.message", NULL },
    { "commits.0.message", "5" },
    { "commits.0.id", NULL },
    { "commits.0.id", "true" },
    { "commits.0.url", NULL },
    { "commits.0.timestamp", "null" },
    { "commits.0.timestamp", "1677906367" },
    { "commits.0.timestamp", "'2023-02-30T00:00:00Z'" },
    { "commits.0.added", "null" },
    { "commits.0.added", "'a.c'" },
    { "commits.0.modified", "[1]" },
    { "commits.0.removed", "[null]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = push (NULL, cases[i].path, cases[i].json);

    if (translation->kind != BELFRY_TRANSLATION_MALFORMED)
      g_test_fail_printf ("'%s' as %s must be malformed", cases[i].path, cases[i].json);
  }
}

static void
test_push_nulls (void)
{
  g_autoptr (BelfryTranslation) plain = push (NULL, NULL, NULL);
  g_autoptr (BelfryTranslation) nulled = push (NULL, "commits.0.id", "null");
  g_autoptr (BelfryTranslation) distinct = push (NULL, "commits.0.distinct", NULL);
  BelfryChange *change = belfry_test_only_change (plain);

  g_assert_cmpstr (change->committer, ==, "Bob <None>");
  g_assert_cmpstr (change->src, ==, "git");
  g_assert_false (change->files_unknown);
  g_assert_null (belfry_test_only_change (nulled)->revision);
  g_assert_true (json_node_get_boolean (belfry_properties_get_value (
      belfry_test_only_change (distinct)->properties, "github_distinct")));
}

static void
test_push_nothing (void)
{
  static const struct {
    const char *path;
    const char *json;
  } cases[] = {
    { "deleted", "true" },
    { "commits", "[]" },
    { "ref", "'refs/notes/commits'" },
    { "ref", "'refs/heads/'" },
    { "ref", "'main'" },
    { "head_commit.message", "'x [skip ci]'" },
    { "head_commit.message", "'x\\n\\n[ci   skip]'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = push (NULL, cases[i].path, cases[i].json);

    if (translation->kind != BELFRY_TRANSLATION_NOTHING)
      g_test_fail_printf ("'%s' as %s must be nothing to do", cases[i].path, cases[i].json);
  }
}

/* an expression that backtracks without end stops at a limit, which is no match */
static void
test_skips_are_bounded (void)
{
  g_autofree char *letters = g_strnfill (20000, 'a');
  g_autofree char *message = g_strdup_printf ("'%s!'", letters);
  g_autoptr (BelfryTranslation) translation =
      push ("skips=^(a+)+$", "head_commit.message", message);

  belfry_test_only_change (translation);
}

static void
test_content_types (void)
{
  static const struct {
    const char *type;
    BelfryTranslationKind kind;
  } cases[] = {
    { "Application/JSON; charset=utf-8", BELFRY_TRANSLATION_CHANGES },
    { "application/json-patch+json", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
    { "text/plain", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
    { "application/x-www-form-urlencoded", BELFRY_TRANSLATION_MALFORMED },
  };
  g_autofree char *body = belfry_hook_test_edit (push_payload, NULL, NULL);
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *headers =
        g_strdup_printf ("X-GitHub-Event: push\nContent-Type: %s", cases[i].type);
    g_autoptr (BelfryRequest) request =
        belfry_hook_test_post ("/change_hook/github", headers, body);
    g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

    g_assert_cmpint (translation->kind, ==, cases[i].kind);
  }
}

/* of two payloads the first is the one meant, and the body wins over the query */
static void
test_two_payloads (void)
{
  g_autofree char *first = belfry_hook_test_edit (push_payload, NULL, NULL);
  g_autofree char *second = belfry_hook_test_edit (push_payload, "commits.0.id", "'c2'");
  g_autofree char *a = g_uri_escape_string (first, NULL, FALSE);
  g_autofree char *b = g_uri_escape_string (second, NULL, FALSE);
  g_autofree char *body = g_strdup_printf ("payload=%s&payload=%s", a, b);
  g_autofree char *path = g_strdup_printf ("/change_hook/github?payload=%s", b);
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", NULL);
  g_autoptr (BelfryRequest) request = belfry_hook_test_post (
      path, "X-GitHub-Event: push\nContent-Type: application/x-www-form-urlencoded", body);
  g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

  g_assert_cmpstr (belfry_test_only_change (translation)->revision, ==, "c1");
}

/* the URL's project counts only where the payload has none */
static void
test_project_in_url (void)
{
  static const struct {
    const char *json;
    const char *project;
  } cases[] = { { "'acme/widget'", "acme/widget" }, { "null", "other" }, { "''", "other" } };
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *body =
        belfry_hook_test_edit (push_payload, "repository.full_name", cases[i].json);
    g_autoptr (BelfryRequest) request = belfry_hook_test_post ("/change_hook/github?project=other",
                                                               JSON "X-GitHub-Event: push", body);
    g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

    g_assert_cmpstr (belfry_test_only_change (translation)->project, ==, cases[i].project);
  }
}

static void
test_hostile_json (void)
{
  g_autofree char *opened = g_strnfill (100000, '[');
  const char *const bodies[] = {
    opened, "{\"ref\": \"\\u0000\"}", "{\"ref\": \"\\ud800\"}", "{} {}", "{\"a\": NaN}", "\xff", "",
  };
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (BelfryRequest) request =
        belfry_hook_test_post ("/change_hook/github", JSON "X-GitHub-Event: ping", bodies[i]);
    g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  }
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_false (plugin->no_digest);
  g_assert_cmpstr (plugin->delivery_id_headers[0], ==, "X-GitHub-Delivery");
  g_assert_cmpstr (plugin->signatures[0].header, ==, "X-Hub-Signature-256");
  g_assert_cmpuint (plugin->signatures[0].rank, <, plugin->signatures[1].rank);
  g_assert_cmpint (plugin->signatures[1].scheme, ==, BELFRY_SIGNATURE_SHA1_PREFIXED);
}

static const BelfryHookTestRow tests[] = {
  { "/github/codebase/forms", test_codebase },
  { "/github/codebase/format-is-strict", test_codebase_format_is_strict },
  { "/github/content/hostile-json", test_hostile_json },
  { "/github/content/two-payloads", test_two_payloads },
  { "/github/content/types", test_content_types },
  { "/github/plugin/configuration", test_configuration },
  { "/github/plugin/descriptor", test_descriptor },
  { "/github/push/malformed", test_push_malformed },
  { "/github/push/nothing", test_push_nothing },
  { "/github/push/nulls", test_push_nulls },
  { "/github/skips/bounded", test_skips_are_bounded },
  { "/github/url/project", test_project_in_url },
  { "/github/whitelist/keeps-types", test_whitelist_keeps_types },
  { "/github/whitelist/patterns", test_whitelist },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "github", tests);
}
