/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define PATH   "/change_hook/gitea"
#define JSON   "Content-Type: application/json\n"
#define PERSON "{'name': 'Ada', 'email': 'ada@example.org', 'username': 'ada'}"
#define COMMIT(id)                                                                                 \
  "{'id': '" id "', 'message': 'Turn', 'url': 'https://x.example/" id "', 'author': " PERSON       \
  ", 'committer': " PERSON ", 'timestamp': '2023-03-04T05:06:07Z', 'added': ['a.c'],"              \
  " 'removed': null, 'modified': null}"
#define REPOSITORY(owner)                                                                          \
  "{'name': 'widget', 'full_name': '" owner "/widget', 'owner': {'login': '" owner "'},"           \
  " 'clone_url': 'https://x.example/" owner "/widget.git', 'ssh_url': 'git@x:" owner "/widget'}"

static const BelfryHookTestBase push = {
  .hook = "gitea",
  .path_query = PATH,
  .headers = JSON "X-Gitea-Event: push",
  .payload = "{'ref': 'refs/heads/main', 'after': 'c2', 'total_commits': 2,"
             " 'commits': [" COMMIT ("c2") ", " COMMIT ("c1") "], 'head_commit': " COMMIT (
                 "c2") ", 'repository': " REPOSITORY ("acme") "}",
};

static const BelfryHookTestBase pull = {
  .hook = "gitea",
  .path_query = PATH,
  .headers = JSON "X-Gitea-Event: pull_request",
  .payload = "{'action': 'opened', 'repository': " REPOSITORY (
      "acme") ", 'pull_request': {'id': 5,"
              " 'number': 12, 'title': 'Add', 'body': '', 'html_url': 'https://x.example/12',"
              " 'updated_at': '2023-03-04T05:06:07Z', 'merged': false, 'mergeable': true,"
              " 'user': {'login': 'fred', 'full_name': '', 'email': 'fred@x.example'},"
              " 'base': {'ref': 'main', 'sha': 'c0', 'repo_id': 1, 'repo': " REPOSITORY (
                  "acme") "},"
                          " 'head': {'ref': 'gizmo', 'sha': 'c1', 'repo_id': 2, "
                          "'repo': " REPOSITORY ("fred") "}}}",
};

static void
test_push_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "ref", NULL },
    { "ref", "7" },
    { "repository", "null" },
    { "repository.full_name", NULL },
    { "repository.full_name", "[]" },
    { "repository.clone_url", NULL },
    { "repository.clone_url", "7" },
    { "repository.name", NULL },
    { "repository.owner", NULL },
    { "repository.owner.login", NULL },
    { "commits", NULL },
    { "commits", "{}" },
    { "commits", "[null]" },
    { "commits.0.id", "7" },
    { "commits.0.author", NULL },
    { "commits.0.committer.name", "[]" },
    { "commits.0.message", NULL },
    { "commits.0.timestamp", "'now'" },
    { "commits.0.url", "{}" },
    { "commits.0.added", "7" },
    { "commits.0.added", "[null]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_push_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "commits", "[]" },
    { "commits", "null" },
    { "after", "'0000000000000000000000000000000000000000'" },
    { "ref", "'refs/notes/x'" },
    { "ref", "'refs/heads/'" },
    { "head_commit.message", "'[skip ci]'" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

/* oldest first; where some were not listed the oldest stands for them */
static void
test_push_order (void)
{
  g_autoptr (BelfryTranslation) whole = belfry_hook_test_play (&push, NULL, NULL);
  g_autoptr (BelfryTranslation) cut = belfry_hook_test_play (&push, "total_commits", "3");
  BelfryChange *first = g_ptr_array_index (cut->changes, 0);
  BelfryChange *last = g_ptr_array_index (cut->changes, 1);

  g_assert_cmpstr (first->revision, ==, "c1");
  g_assert_cmpstr (last->revision, ==, "c2");
  g_assert_true (first->files_unknown);
  g_assert_false (last->files_unknown);
  g_assert_false (((BelfryChange *)g_ptr_array_index (whole->changes, 0))->files_unknown);
}

static void
test_pull_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "action", NULL },
    { "action", "7" },
    { "pull_request", NULL },
    { "pull_request", "[]" },
    { "pull_request.number", NULL },
    { "pull_request.number", "'../../heads/main'" },
    { "pull_request.number", "-3" },
    { "pull_request.title", "{}" },
    { "pull_request.body", NULL },
    { "pull_request.html_url", "7" },
    { "pull_request.updated_at", "7" },
    { "pull_request.user", "null" },
    { "pull_request.user.email", NULL },
    { "pull_request.user.login", NULL },
    { "pull_request.base", NULL },
    { "pull_request.base.repo", "null" },
    { "pull_request.base.sha", NULL },
    { "pull_request.base.repo.clone_url", "7" },
    { "pull_request.head", NULL },
    { "pull_request.head.sha", "7" },
    { "pull_request.head.repo", NULL },
    { "pull_request.head.repo", "{}" },
    { "repository.full_name", "7" },
    { "repository.owner", "null" },
  };

  belfry_hook_test_expect (&pull, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_pull_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "action", "'edited'" },
    { "action", "'Opened'" },
    { "action", "''" },
    { "pull_request.merged", "true" },
  };

  belfry_hook_test_expect (&pull, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

static void
test_pull_fork (void)
{
  static const struct {
    const char *json;
    gboolean is_fork;
  } cases[] = {
    { REPOSITORY ("fred"), TRUE },
    { REPOSITORY ("acme"), FALSE },
    { "null", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation =
        belfry_hook_test_play (&pull, "pull_request.head.repo", cases[i].json);
    BelfryProperties *properties = belfry_test_only_change (translation)->properties;

    g_assert_cmpint (belfry_properties_get_value (properties, "from_fork") != NULL, ==,
                     cases[i].is_fork);
    g_assert_true (belfry_test_only_change (translation)->files_unknown);
  }
}

/* of several names of one event the forge's own counts */
static void
test_event_headers (void)
{
  static const struct {
    const char *headers;
    BelfryTranslationKind kind;
  } cases[] = {
    { JSON "X-Gogs-Event: push", BELFRY_TRANSLATION_CHANGES },
    { JSON "X-Gogs-Event: push\nX-Gitea-Event: issues", BELFRY_TRANSLATION_NOTHING },
    { JSON "X-Gitea-Event: push\nX-Forgejo-Event: issues", BELFRY_TRANSLATION_NOTHING },
    { JSON "X-Forgejo-Event: push\nX-Gitea-Event: issues", BELFRY_TRANSLATION_CHANGES },
    { JSON "X-GitHub-Event: push", BELFRY_TRANSLATION_NOTHING },
    { JSON, BELFRY_TRANSLATION_NOTHING },
    { "X-Gitea-Event: push\nContent-Type: text/plain", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
    { "X-Gitea-Event: push", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    BelfryHookTestBase base = push;
    g_autoptr (BelfryTranslation) translation = NULL;

    base.headers = cases[i].headers;
    translation = belfry_hook_test_play (&base, NULL, NULL);
    g_assert_cmpint (translation->kind, ==, cases[i].kind);
  }
}

static void
test_codebase_format_is_strict (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.keys = "codebase-format={{ repository.nothing }}";
  translation = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_deciding_key (void)
{
  static const struct {
    const BelfryHookTestBase *base;
    const char *keys;
    const char *path;
    const char *value;
    const char *key;
  } cases[] = {
    { &push, NULL, "head_commit.message", "'[skip ci]'", "skips" },
    { &push, NULL, "commits", "[]", NULL },
    { &pull, "only-mergeable-pull-request=true", "pull_request.mergeable", "false",
      "only-mergeable-pull-request" },
    { &pull, NULL, "pull_request.merged", "true", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    BelfryHookTestBase base = *cases[i].base;
    g_autoptr (BelfryTranslation) translation = NULL;

    base.keys = cases[i].keys;
    translation = belfry_hook_test_play (&base, cases[i].path, cases[i].value);
    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_NOTHING);
    g_assert_cmpstr (translation->key, ==, cases[i].key);
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
    { "skips=(", "error skips: " },
    { "repository-url=ftp", "error repository-url: " },
    { "only-include-push-commit=perhaps", "error only-include-push-commit: " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("hook/gitea", cases[i].keys);

    g_assert_nonnull (strstr (problems, cases[i].found));
  }
}

static void
test_hostile (void)
{
  BelfryHookTestBase form = push;

  form.headers = "X-Gitea-Event: push\nContent-Type: application/x-www-form-urlencoded";
  form.is_form = TRUE;
  belfry_hook_test_hostile (&push);
  belfry_hook_test_hostile (&form);
  belfry_hook_test_many (&push, "commits", "{}");
}

static void
test_mutations (void)
{
  belfry_hook_test_mutate (&push);
  belfry_hook_test_mutate (&pull);
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("gitea", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpstr (plugin->signatures[0].header, ==, "X-Forgejo-Signature");
  g_assert_cmpstr (plugin->signatures[1].header, ==, "X-Gitea-Signature");
  g_assert_cmpstr (plugin->signatures[2].header, ==, "X-Gogs-Signature");
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint (plugin->signatures[i].scheme, ==, BELFRY_SIGNATURE_SHA256_HEX);
    g_assert_cmpuint (plugin->signatures[i].rank, <, plugin->signatures[i + 1].rank);
  }
  g_assert_cmpint (plugin->signatures[3].scheme, ==, BELFRY_SIGNATURE_SHA256_PREFIXED);
}

static const BelfryHookTestRow tests[] = {
  { "/gitea/codebase/format-is-strict", test_codebase_format_is_strict },
  { "/gitea/content/hostile", test_hostile },
  { "/gitea/content/mutations", test_mutations },
  { "/gitea/events/headers", test_event_headers },
  { "/gitea/plugin/configuration", test_configuration },
  { "/gitea/plugin/descriptor", test_descriptor },
  { "/gitea/plugin/deciding-key", test_deciding_key },
  { "/gitea/pull/fork", test_pull_fork },
  { "/gitea/pull/malformed", test_pull_malformed },
  { "/gitea/pull/nothing", test_pull_nothing },
  { "/gitea/push/malformed", test_push_malformed },
  { "/gitea/push/nothing", test_push_nothing },
  { "/gitea/push/order", test_push_order },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "gitea", tests);
}
