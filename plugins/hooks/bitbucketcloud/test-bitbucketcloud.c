/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define JSON "Content-Type: application/json\n"
#define REST                                                                                       \
  "'actor': {'nickname': 'ann', 'display_name': 'Ann Author'},"                                    \
  " 'repository': {'scm': 'git', 'slug': 'widget', 'full_name': 'acme/widget',"                    \
  "   'project': {'key': 'CI', 'name': 'Continuous Integration'},"                                 \
  "   'links': {'self': {'href': 'https://api.bbc.example/acme/widget'},"                          \
  "     'html': {'href': 'https://bbc.example/acme/widget'}}}}"

static const BelfryHookTestBase push = {
  .hook = "bitbucketcloud",
  .path_query = "/change_hook/bitbucketcloud",
  .headers = JSON "X-Event-Key: repo:push",
  .payload = "{'push': {'changes': [{'old': null, 'new': {'type': 'branch', 'name': 'main',"
             "   'target': {'hash': 'c1'}}}]}, " REST,
};

static const BelfryHookTestBase pull = {
  .hook = "bitbucketcloud",
  .path_query = "/change_hook/bitbucketcloud",
  .headers = JSON "X-Event-Key: pullrequest:fulfilled",
  .payload = "{'pullrequest': {'id': 21, 'title': 'Add',"
             "   'links': {'html': {'href': 'https://bbc.example/pr/21'}},"
             "   'source': {'branch': {'name': 'gizmo'}, 'commit': {'hash': 'c1'},"
             "     'repository': {'full_name': 'fred/widget'}},"
             "   'destination': {'branch': {'name': 'main'}, 'commit': {'hash': 'c2'},"
             "     'repository': {'full_name': 'acme/widget'}}}, " REST,
};

static void
test_push_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "push", NULL },
    { "push", "[]" },
    { "push.changes", NULL },
    { "push.changes", "{}" },
    { "push.changes", "[null]" },
    { "push.changes.0.new", NULL },
    { "push.changes.0.new", "null" },
    { "push.changes.0.new", "'main'" },
    { "push.changes.0.new.type", NULL },
    { "push.changes.0.new.name", NULL },
    { "push.changes.0.new.name", "[]" },
    { "push.changes.0.new.target", NULL },
    { "push.changes.0.new.target.hash", "7" },
    { "actor", NULL },
    { "actor", "'ann'" },
    { "actor.nickname", NULL },
    { "actor.display_name", "{}" },
    { "repository", "null" },
    { "repository.scm", NULL },
    { "repository.links", NULL },
    { "repository.links.html", NULL },
    { "repository.links.html.href", "{}" },
    { "repository.links.self.href", "5" },
    { "repository.project", "null" },
    { "repository.project.name", NULL },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_pull_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "pullrequest", NULL },
    { "pullrequest", "[]" },
    { "pullrequest.id", NULL },
    { "pullrequest.id", "null" },
    { "pullrequest.id", "2.5" },
    { "pullrequest.id", "'../x'" },
    { "pullrequest.id", "-1" },
    { "pullrequest.links", NULL },
    { "pullrequest.links.html.href", "5" },
    { "pullrequest.source", "null" },
    { "pullrequest.source.commit", "null" },
    { "pullrequest.source.commit.hash", "[]" },
    { "pullrequest.destination", NULL },
    { "pullrequest.destination.branch", "null" },
    { "repository.scm", "7" },
    { "actor.nickname", "[]" },
  };

  belfry_hook_test_expect (&pull, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

/* what a pull request does not need */
static void
test_pull_spared (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "repository.links.html", NULL },     { "repository.project", NULL },
    { "pullrequest.source.branch", NULL }, { "pullrequest.destination.commit", NULL },
    { "pullrequest.title", NULL },
  };

  belfry_hook_test_expect (&pull, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_CHANGES);
}

static void
test_old_keys_first (void)
{
  g_autoptr (BelfryTranslation) linked =
      belfry_hook_test_play (&pull, "pullrequest.link", "'https://old.example/21'");
  g_autoptr (BelfryTranslation) from =
      belfry_hook_test_play (&pull, "pullrequest.fromRef", "{'commit': {'hash': 'c9'}}");

  g_assert_cmpstr (belfry_test_only_change (linked)->revlink, ==, "https://old.example/21");
  g_assert_cmpstr (belfry_test_only_change (from)->revision, ==, "c9");
}

static void
test_fork (void)
{
  static const BelfryHookTestMark marks[] = {
    { NULL, NULL, TRUE },
    { "pullrequest.source.repository", "null", TRUE },
    { "pullrequest.source.repository", "{'fullName': 'fred/widget'}", TRUE },
    { "pullrequest.source.repository", "{'fullName': 'acme/widget'}", FALSE },
    { "pullrequest.source.repository", "{}", FALSE },
    { "pullrequest.source.repository", NULL, FALSE },
    { "pullrequest.destination.repository", NULL, FALSE },
    { "pullrequest.source.repository.full_name", "'acme/widget'", FALSE },
  };

  belfry_hook_test_expect_property (&pull, "from_fork", marks, G_N_ELEMENTS (marks));
}

static void
test_unknown_files (void)
{
  g_autoptr (BelfryTranslation) pushed = belfry_hook_test_play (&push, NULL, NULL);
  g_autoptr (BelfryTranslation) pulled = belfry_hook_test_play (&pull, NULL, NULL);

  g_assert_true (belfry_test_only_change (pushed)->files_unknown);
  g_assert_true (belfry_test_only_change (pulled)->files_unknown);
}

static void
test_content_types (void)
{
  static const struct {
    const char *type;
    BelfryTranslationKind kind;
  } cases[] = {
    { "Content-Type: APPLICATION/json;charset=utf-8\n", BELFRY_TRANSLATION_CHANGES },
    { "Content-Type: application/json-patch+json\n", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
    { "", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *headers = g_strconcat (cases[i].type, "X-Event-Key: repo:push", NULL);
    BelfryHookTestBase base = push;
    g_autoptr (BelfryTranslation) translation = NULL;

    base.headers = headers;
    translation = belfry_hook_test_play (&base, NULL, NULL);
    g_assert_cmpint (translation->kind, ==, cases[i].kind);
  }
}

static void
test_event_missing (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.headers = JSON;
  translation = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&push);
  belfry_hook_test_many (&push, "push.changes", "{}");
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
  g_autofree char *both =
      belfry_test_dup_problems ("hook/bitbucketcloud", "codebase=a\ncodebase-format=b");
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("bitbucketcloud", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_true (g_str_has_prefix (both, "error codebase-format: "));
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_SHA256_PREFIXED);
  g_assert_null (plugin->signatures[1].header);
  g_assert_cmpstr (plugin->delivery_id_headers[0], ==, "X-Request-UUID");
}

static const BelfryHookTestRow tests[] = {
  { "/bitbucketcloud/content/hostile", test_hostile },
  { "/bitbucketcloud/content/mutations", test_mutations },
  { "/bitbucketcloud/content/types", test_content_types },
  { "/bitbucketcloud/event/missing", test_event_missing },
  { "/bitbucketcloud/files/unknown", test_unknown_files },
  { "/bitbucketcloud/plugin/descriptor", test_descriptor },
  { "/bitbucketcloud/pull/fork", test_fork },
  { "/bitbucketcloud/pull/malformed", test_pull_malformed },
  { "/bitbucketcloud/pull/old-keys-first", test_old_keys_first },
  { "/bitbucketcloud/pull/spared", test_pull_spared },
  { "/bitbucketcloud/push/malformed", test_push_malformed },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "bitbucketcloud", tests);
}
