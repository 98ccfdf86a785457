/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

static const BelfryHookTestBase push = {
  .hook = "gitorious",
  .path_query = "/change_hook/gitorious",
  .headers = "Content-Type: application/x-www-form-urlencoded",
  .payload = "{'after': 'c1', 'ref': 'main', 'project': {'name': 'q'},"
             " 'repository': {'name': 'mainline', 'url': 'http://g.example/q/mainline',"
             "   'owner': {'name': 'jason'}},"
             " 'commits': [{'id': 'c1', 'message': 'Turn', 'url': 'http://g.example/c1',"
             "   'timestamp': '2012-01-10T11:02:27-07:00',"
             "   'author': {'name': 'jason', 'email': 'jason@x.example'}}]}",
  .is_form = TRUE,
};

static void
test_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "after", NULL },
    { "after", "null" },
    { "after", "7" },
    { "ref", NULL },
    { "ref", "7" },
    { "project", NULL },
    { "project.name", "[]" },
    { "repository", NULL },
    { "repository.owner", NULL },
    { "repository.owner.name", NULL },
    { "repository.name", NULL },
    { "repository.url", "{}" },
    { "commits", NULL },
    { "commits", "null" },
    { "commits", "[[]]" },
    { "commits.0.id", "7" },
    { "commits.0.author", "null" },
    { "commits.0.author.email", NULL },
    { "commits.0.message", NULL },
    { "commits.0.url", NULL },
    { "commits.0.timestamp", "'soon'" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "commits", "[]" },
    { "after", "''" },
    { "after", "'000'" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

static void
test_files_unknown (void)
{
  g_autoptr (BelfryTranslation) translation =
      belfry_hook_test_play (&push, "commits.0.added", "['a.c']");

  g_assert_true (belfry_test_only_change (translation)->files_unknown);
  g_assert_null (belfry_test_only_change (translation)->codebase);
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&push);
  belfry_hook_test_many (&push, "commits", "{}");
  belfry_hook_test_mutate (&push);
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("gitorious", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpstr (plugin->signatures[0].header, ==, "Authorization");
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_BEARER);
  g_assert_null (plugin->signatures[1].header);
  g_assert_null (plugin->delivery_id_headers);
}

static const BelfryHookTestRow tests[] = {
  { "/gitorious/content/hostile", test_hostile },
  { "/gitorious/content/malformed", test_malformed },
  { "/gitorious/content/nothing", test_nothing },
  { "/gitorious/plugin/descriptor", test_descriptor },
  { "/gitorious/files/unknown", test_files_unknown },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "gitorious", tests);
}
