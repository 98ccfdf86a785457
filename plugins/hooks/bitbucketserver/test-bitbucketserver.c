/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define JSON "Content-Type: application/json\n"
#define REPOSITORY                                                                                 \
  "{'scmId': 'git', 'slug': 'widget', 'project': {'key': 'CI', 'name': 'Integration'},"            \
  " 'links': {'self': [{'href': 'https://bbs.example/projects/CI/repos/widget/browse'}]}}"

static const BelfryHookTestBase push = {
  .hook = "bitbucketserver",
  .path_query = "/change_hook/bitbucketserver",
  .headers = JSON "X-Event-Key: repo:push",
  .payload = "{'push': {'changes': [{'old': null, 'new': {'type': 'branch', 'name': 'main',"
             "   'target': {'hash': 'c1'}}}]},"
             " 'actor': {'username': 'ann', 'displayName': 'Ann'}, 'repository': " REPOSITORY "}",
};

static const BelfryHookTestBase own_push = {
  .hook = "bitbucketserver",
  .path_query = "/change_hook/bitbucketserver",
  .headers = JSON "X-Event-Key: repo:refs_changed",
  .payload = "{'changes': [{'ref': {'id': 'refs/heads/main'}, 'fromHash': 'c0', 'toHash': 'c1',"
             "   'type': 'UPDATE'}],"
             " 'actor': {'name': 'ann', 'displayName': 'Ann'}, 'repository': " REPOSITORY "}",
};

static const BelfryHookTestBase own_pull = {
  .hook = "bitbucketserver",
  .path_query = "/change_hook/bitbucketserver",
  .headers = JSON "X-Event-Key: pr:merged",
  .payload =
      "{'actor': {'name': 'ann', 'displayName': 'Ann'}, 'pullRequest': {'id': 21,"
      "   'links': {'self': [{'href': 'https://bbs.example/21'}]},"
      "   'fromRef': {'displayId': 'gizmo', 'latestCommit': 'c1',"
      "     'repository': {'slug': 'widget', 'project': {'key': '~FRED'}}},"
      "   'toRef': {'displayId': 'main', 'latestCommit': 'c0', 'repository': " REPOSITORY "}}}",
};

static void
test_push_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "push.changes", "{}" },
    { "push.changes", "[7]" },
    { "push.changes.0.new", NULL },
    { "push.changes.0.new.target", "null" },
    { "actor.username", NULL },
    { "actor.displayName", "[]" },
    { "repository.scmId", NULL },
    { "repository.project", NULL },
    { "repository.links", NULL },
    { "repository.links.self", "[]" },
    { "repository.links.self", "[null]" },
    { "repository.links.self", "{}" },
    { "repository.links.self.0.href", "7" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_own_push_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "changes", NULL },
    { "changes", "{}" },
    { "changes", "[null]" },
    { "changes.0.type", NULL },
    { "changes.0.type", "7" },
    { "changes.0.ref", NULL },
    { "changes.0.ref.id", "null" },
    { "changes.0.toHash", NULL },
    { "changes.0.toHash", "[]" },
    { "actor.name", NULL },
    { "repository.scmId", NULL },
    { "repository.links.self.0.href", "7" },
    { "push", "{}" },
  };

  belfry_hook_test_expect (&own_push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_own_pull_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "pullRequest", NULL },
    { "pullRequest.id", "'x'" },
    { "pullRequest.fromRef", NULL },
    { "pullRequest.fromRef.latestCommit", "7" },
    { "pullRequest.toRef", "null" },
    { "pullRequest.toRef.displayId", NULL },
    { "pullRequest.toRef.repository", NULL },
    { "pullRequest.toRef.repository.project", "null" },
    { "pullRequest.links.self.0.href", "[]" },
    { "actor", "null" },
  };

  belfry_hook_test_expect (&own_pull, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

/* older versions tell no addresses */
static void
test_own_without_links (void)
{
  g_autoptr (BelfryTranslation) pulled =
      belfry_hook_test_play (&own_pull, "pullRequest.links", NULL);
  g_autoptr (BelfryTranslation) nulled =
      belfry_hook_test_play (&own_pull, "pullRequest.links.self", "[null]");
  BelfryChange *change = belfry_test_only_change (pulled);

  g_assert_null (change->revlink);
  g_assert_true (
      JSON_NODE_HOLDS_NULL (belfry_properties_get_value (change->properties, "pullrequesturl")));
  g_assert_null (belfry_test_only_change (nulled)->revlink);
}

static void
test_self_link (void)
{
  static const struct {
    const char *href;
    const char *repository;
  } cases[] = {
    { "'https://b.example/repos/widget/browse'", "https://b.example/repos/widget/" },
    { "'https://b.example/repos/widget/'", "https://b.example/repos/widget/" },
    { "'https://b.example/repos/widget'", "https://b.example/repos/widget" },
    { "'https://b.example/repos/flow'", "https://b.example/repos/flow" },
    { "'https://b.example/repos/browse/browse'", "https://b.example/repos/browse/" },
    { "''", "" },
    { "'rowse'", "rowse" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation =
        belfry_hook_test_play (&push, "repository.links.self.0.href", cases[i].href);
    BelfryChange *change = belfry_test_only_change (translation);
    g_autofree char *revlink = g_strconcat (cases[i].repository, "commits/c1", NULL);

    g_assert_cmpstr (change->repository, ==, cases[i].repository);
    g_assert_cmpstr (change->revlink, ==, revlink);
  }
}

static void
test_fork (void)
{
  static const BelfryHookTestMark marks[] = {
    { NULL, NULL, TRUE },
    { "pullRequest.fromRef.repository.project.key", "'CI'", FALSE },
    { "pullRequest.fromRef.repository", "{'slug': 'other', 'project': {'key': 'CI'}}", TRUE },
    { "pullRequest.fromRef.repository", NULL, FALSE },
    { "pullRequest.fromRef.repository", "null", FALSE },
  };

  belfry_hook_test_expect_property (&own_pull, "from_fork", marks, G_N_ELEMENTS (marks));
}

static void
test_content_types (void)
{
  static const struct {
    const char *type;
    BelfryTranslationKind kind;
  } cases[] = {
    { "Application/JSON", BELFRY_TRANSLATION_CHANGES },
    { "application/json-patch+json", BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *headers =
        g_strdup_printf ("X-Event-Key: repo:push\nContent-Type: %s", cases[i].type);
    BelfryHookTestBase base = push;
    g_autoptr (BelfryTranslation) translation = NULL;

    base.headers = headers;
    translation = belfry_hook_test_play (&base, NULL, NULL);
    g_assert_cmpint (translation->kind, ==, cases[i].kind);
  }
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&push);
  belfry_hook_test_hostile (&own_pull);
  belfry_hook_test_many (&own_push, "changes", "{}");
}

static void
test_mutations (void)
{
  belfry_hook_test_mutate (&push);
  belfry_hook_test_mutate (&own_push);
  belfry_hook_test_mutate (&own_pull);
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("bitbucketserver", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_SHA256_PREFIXED);
  g_assert_cmpstr (plugin->delivery_id_headers[0], ==, "X-Request-Id");
}

static const BelfryHookTestRow tests[] = {
  { "/bitbucketserver/content/hostile", test_hostile },
  { "/bitbucketserver/content/mutations", test_mutations },
  { "/bitbucketserver/content/types", test_content_types },
  { "/bitbucketserver/own/pull-malformed", test_own_pull_malformed },
  { "/bitbucketserver/own/push-malformed", test_own_push_malformed },
  { "/bitbucketserver/own/without-links", test_own_without_links },
  { "/bitbucketserver/plugin/descriptor", test_descriptor },
  { "/bitbucketserver/pull/fork", test_fork },
  { "/bitbucketserver/push/malformed", test_push_malformed },
  { "/bitbucketserver/push/self-link", test_self_link },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "bitbucketserver", tests);
}
