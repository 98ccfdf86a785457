/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define PATH   "/change_hook/gitlab"
#define HEADER "X-Gitlab-Event: "

static const BelfryHookTestBase push = {
  .hook = "gitlab",
  .path_query = PATH,
  .headers = HEADER "Push Hook\nContent-Type: application/json",
  .payload =
      "{'object_kind': 'push', 'ref': 'refs/heads/main', 'user_name': 'Ada',"
      " 'total_commits_count': 1,"
      " 'repository': {'name': 'Widget', 'url': 'git@gitlab.example:acme/widget.git'},"
      " 'commits': [{'id': 'c1', 'message': 'Turn', 'timestamp': '2023-03-04T05:06:07+02:00',"
      "   'url': 'https://gitlab.example/acme/widget/-/commit/c1',"
      "   'author': {'name': 'Ada', 'email': 'ada@example.org'},"
      "   'added': ['a.c'], 'modified': ['m.c'], 'removed': []}]}",
};

#define REQUEST                                                                                    \
  "'iid': 12, 'title': 'Add', 'description': 'It spins', 'source_branch': 'gizmo',"                \
  " 'target_branch': 'main', 'source_project_id': 16, 'target_project_id': 15,"                    \
  " 'url': 'https://gitlab.example/acme/widget/-/merge_requests/12',"                              \
  " 'source': {'name': 'fred', 'git_http_url': 'https://gitlab.example/fred/widget.git',"          \
  "   'git_ssh_url': 'git@gitlab.example:fred/widget.git'},"                                       \
  " 'target': {'name': 'acme', 'git_http_url': 'https://gitlab.example/acme/widget.git',"          \
  "   'git_ssh_url': 'git@gitlab.example:acme/widget.git'},"                                       \
  " 'last_commit': {'id': 'c1', 'timestamp': '2022-11-12T13:14:15+01:00',"                         \
  "   'author': {'name': 'Ada', 'email': 'ada@example.org'}}"

static const BelfryHookTestBase merge = {
  .hook = "gitlab",
  .path_query = PATH,
  .headers = HEADER "Merge Request Hook",
  .payload = "{'object_kind': 'merge_request', 'object_attributes': {" REQUEST
             ", 'state': 'opened', 'action': 'open'}}",
};

static const BelfryHookTestBase note = {
  .hook = "gitlab",
  .path_query = PATH,
  .headers = HEADER "Note Hook",
  .payload = "{'object_kind': 'note', 'object_attributes': {'note': 'build this please'},"
             " 'merge_request': {" REQUEST "}}",
};

static void
test_push_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "ref", NULL },
    { "ref", "null" },
    { "ref", "5" },
    { "user_name", NULL },
    { "repository", NULL },
    { "repository", "[]" },
    { "repository.name", NULL },
    { "repository.name", "7" },
    { "repository.url", "{}" },
    { "commits", NULL },
    { "commits", "null" },
    { "commits", "{}" },
    { "commits", "[null]" },
    { "commits", "['text']" },
    { "commits.0.author", "null" },
    { "commits.0.author.name", NULL },
    { "commits.0.author.email", "[]" },
    { "commits.0.message", "5" },
    { "commits.0.id", "true" },
    { "commits.0.url", NULL },
    { "commits.0.timestamp", "1677906367" },
    { "commits.0.timestamp", "'2023-02-30T00:00:00Z'" },
    { "commits.0.added", "null" },
    { "commits.0.modified", "[1]" },
    { "commits.0.removed", "'a.c'" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_push_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "deleted", "true" },
    { "commits", "[]" },
    { "commits.0.distinct", "false" },
    { "ref", "'refs/notes/commits'" },
    { "ref", "'refs/heads/'" },
    { "ref", "'main'" },
    { "object_kind", "'build'" },
    { "object_kind", "7" },
    { "object_kind", "'Push'" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

static void
test_push_cut (void)
{
  g_autoptr (BelfryTranslation) whole = belfry_hook_test_play (&push, NULL, NULL);
  g_autoptr (BelfryTranslation) cut = belfry_hook_test_play (&push, "total_commits_count", "40");

  g_assert_false (belfry_test_only_change (whole)->files_unknown);
  g_assert_true (belfry_test_only_change (cut)->files_unknown);
  g_assert_cmpstr (belfry_test_only_change (cut)->files[0], ==, "a.c");
}

/* names that only the header tells: all mean what the payload would have said */
static void
test_header_events (void)
{
  static const struct {
    const BelfryHookTestBase *base;
    const char *header;
    const char *category; /* NULL: nothing to do */
  } cases[] = {
    { &push, "Push Hook", "Push Hook" }, { &push, "Tag Push Hook", "tag_push" },
    { &push, "System Hook", NULL },      { &merge, "Merge Request Hook", "merge_request" },
    { &note, "Note Hook", "note" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *headers = g_strconcat (HEADER, cases[i].header, NULL);
    BelfryHookTestBase base = *cases[i].base;
    g_autoptr (BelfryTranslation) translation = NULL;

    base.headers = headers;
    translation = belfry_hook_test_play (&base, "object_kind", NULL);
    if (cases[i].category == NULL) {
      g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_NOTHING);
      continue;
    }
    g_assert_cmpstr (belfry_test_only_change (translation)->category, ==, cases[i].category);
    g_assert_cmpstr (
        belfry_properties_get_text (belfry_test_only_change (translation)->properties, "event"), ==,
        cases[i].category);
  }
}

static void
test_merge_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "object_attributes", NULL },
    { "object_attributes", "[]" },
    { "object_attributes.action", NULL },
    { "object_attributes.state", NULL },
    { "object_attributes.last_commit", "null" },
    { "object_attributes.last_commit.id", "7" },
    { "object_attributes.last_commit.author", NULL },
    { "object_attributes.last_commit.timestamp", "'soon'" },
    { "object_attributes.source", NULL },
    { "object_attributes.source.git_ssh_url", NULL },
    { "object_attributes.target.git_http_url", "7" },
    { "object_attributes.source_project_id", NULL },
    { "object_attributes.title", NULL },
    { "object_attributes.title", "[]" },
    { "object_attributes.url", NULL },
    { "object_attributes.target_branch", "{}" },
  };

  belfry_hook_test_expect (&merge, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_merge_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "object_attributes.state", "'closed'" },    { "object_attributes.state", "'merged'" },
    { "object_attributes.state", "'approved'" },  { "object_attributes.action", "'update'" },
    { "object_attributes.action", "'approved'" }, { "object_attributes.action", "null" },
  };

  belfry_hook_test_expect (&merge, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

static void
test_merge_update (void)
{
  BelfryHookTestBase base = merge;
  g_autofree char *updated =
      belfry_hook_test_edit (merge.payload, "object_attributes.action", "'update'");
  g_autoptr (BelfryTranslation) translation = NULL;

  base.payload = updated;
  translation = belfry_hook_test_play (&base, "object_attributes.oldrev", "null");
  g_assert_cmpstr (belfry_test_only_change (translation)->revision, ==, "c1");
  g_assert_true (belfry_test_only_change (translation)->files_unknown);
}

static gboolean
is_from_fork (const char *path, const char *json)
{
  g_autoptr (BelfryTranslation) translation = belfry_hook_test_play (&merge, path, json);
  JsonNode *node =
      belfry_properties_get_value (belfry_test_only_change (translation)->properties, "from_fork");

  return node != NULL && json_node_get_boolean (node);
}

static void
test_merge_fork (void)
{
  g_assert_true (is_from_fork (NULL, NULL));
  g_assert_false (is_from_fork ("object_attributes.source_project_id", "15"));
}

static void
test_note (void)
{
  static const BelfryHookTestEdit malformed[] = {
    { "object_attributes", NULL }, { "object_attributes.note", NULL },
    { "merge_request", "null" },   { "merge_request.last_commit", NULL },
    { "merge_request.url", NULL },
  };
  static const BelfryHookTestEdit nothing[] = { { "merge_request", NULL } };
  g_autoptr (BelfryTranslation) translation = belfry_hook_test_play (&note, NULL, NULL);
  BelfryChange *change = belfry_test_only_change (translation);

  g_assert_cmpstr (change->comments, ==, "MR#12: Add\n\nIt spins");
  g_assert_cmpstr (belfry_properties_get_text (change->properties, "comments"), ==,
                   "build this please");
  belfry_hook_test_expect (&note, malformed, G_N_ELEMENTS (malformed),
                           BELFRY_TRANSLATION_MALFORMED);
  belfry_hook_test_expect (&note, nothing, G_N_ELEMENTS (nothing), BELFRY_TRANSLATION_NOTHING);
}

/* the URL's project counts only where the payload has none */
static void
test_project_in_url (void)
{
  static const struct {
    const char *json;
    const char *project;
  } cases[] = { { "'Widget'", "Widget" }, { "null", "other" }, { "''", "other" } };
  BelfryHookTestBase base = push;

  base.path_query = PATH "?project=other";
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation =
        belfry_hook_test_play (&base, "repository.name", cases[i].json);

    g_assert_cmpstr (belfry_test_only_change (translation)->project, ==, cases[i].project);
  }
}

static void
test_query_malformed (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.path_query = PATH "?codebase=%ff";
  translation = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&merge);
  belfry_hook_test_many (&push, "commits", "{}");
  belfry_hook_test_many (&push, "commits", "{'distinct': false}");
}

static void
test_mutations (void)
{
  belfry_hook_test_mutate (&push);
  belfry_hook_test_mutate (&merge);
  belfry_hook_test_mutate (&note);
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("gitlab", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_STANDARD_WEBHOOKS);
  g_assert_cmpstr (plugin->signatures[1].header, ==, "X-Gitlab-Token");
  g_assert_cmpuint (plugin->signatures[0].rank, <, plugin->signatures[1].rank);
  g_assert_false (g_strv_contains (plugin->delivery_id_headers, "X-Gitlab-Event-UUID"));
}

static const BelfryHookTestRow tests[] = {
  { "/gitlab/content/hostile", test_hostile },
  { "/gitlab/content/mutations", test_mutations },
  { "/gitlab/events/by-header", test_header_events },
  { "/gitlab/merge/fork", test_merge_fork },
  { "/gitlab/merge/malformed", test_merge_malformed },
  { "/gitlab/merge/nothing", test_merge_nothing },
  { "/gitlab/merge/update", test_merge_update },
  { "/gitlab/note", test_note },
  { "/gitlab/plugin/descriptor", test_descriptor },
  { "/gitlab/push/cut", test_push_cut },
  { "/gitlab/push/malformed", test_push_malformed },
  { "/gitlab/push/nothing", test_push_nothing },
  { "/gitlab/url/malformed", test_query_malformed },
  { "/gitlab/url/project", test_project_in_url },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "gitlab", tests);
}
