/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

static const BelfryHookTestBase push = {
  .hook = "googlecode",
  .path_query = "/change_hook/googlecode",
  .headers = "Google-Code-Project-Hosting-Hook-Hmac: 0",
  .payload = "{'project_name': 'widget', 'repository_path': 'https://g.example/p/widget/',"
             " 'revision_count': 1, 'revisions': [{'revision': 'c1', 'author': 'Ada <a@x>',"
             "   'url': 'https://g.example/c1', 'timestamp': 1324082130, 'message': 'Turn',"
             "   'added': ['/b', '/a'], 'modified': ['/a'], 'removed': []}]}",
};

static void
test_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "project_name", NULL },
    { "project_name", "7" },
    { "repository_path", NULL },
    { "revision_count", NULL },
    { "revisions", NULL },
    { "revisions", "{}" },
    { "revisions", "[null]" },
    { "revisions.0.revision", NULL },
    { "revisions.0.revision", "2.5" },
    { "revisions.0.revision", "[]" },
    { "revisions.0.author", "7" },
    { "revisions.0.message", NULL },
    { "revisions.0.url", NULL },
    { "revisions.0.timestamp", NULL },
    { "revisions.0.timestamp", "'1324082130'" },
    { "revisions.0.timestamp", "null" },
    { "revisions.0.timestamp", "1e300" },
    { "revisions.0.branch", "7" },
    { "revisions.0.added", NULL },
    { "revisions.0.modified", "null" },
    { "revisions.0.removed", "[7]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "revisions", "[]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

static void
test_values (void)
{
  g_autoptr (BelfryTranslation) number =
      belfry_hook_test_play (&push, "revisions.0.revision", "17");
  g_autoptr (BelfryTranslation) time =
      belfry_hook_test_play (&push, "revisions.0.timestamp", "-1.5");
  g_autoptr (BelfryTranslation) branch =
      belfry_hook_test_play (&push, "revisions.0.branch", "null");
  BelfryChange *change = belfry_test_only_change (number);

  g_assert_cmpstr (change->revision, ==, "17");
  g_assert_cmpstr (change->branch, ==, "default");
  g_assert_cmpuint (g_strv_length (change->files), ==, 2);
  g_assert_cmpstr (change->files[0], ==, "/b");
  g_assert_cmpint (belfry_test_only_change (time)->when_timestamp, ==, -2 * G_USEC_PER_SEC);
  g_assert_null (belfry_test_only_change (branch)->branch);
}

static void
test_header_missing (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.headers = "";
  translation = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_warning (void)
{
  g_autofree char *problems = belfry_test_dup_problems ("hook/googlecode", "secret-key=plain:x");
  g_autofree char *none = belfry_test_dup_problems ("hook/googlecode", "branch=master");

  g_assert_nonnull (strstr (problems, "warning secret-key: "));
  g_assert_cmpstr (none, ==, "");
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&push);
  belfry_hook_test_many (&push, "revisions", "{}");
  belfry_hook_test_mutate (&push);
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("googlecode", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpstr (plugin->signatures[0].header, ==, "Google-Code-Project-Hosting-Hook-Hmac");
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_MD5_HEX);
  g_assert_null (plugin->signatures[1].header);
  g_assert_null (plugin->delivery_id_headers);
}

static const BelfryHookTestRow tests[] = {
  { "/googlecode/content/hostile", test_hostile },
  { "/googlecode/content/malformed", test_malformed },
  { "/googlecode/content/nothing", test_nothing },
  { "/googlecode/plugin/descriptor", test_descriptor },
  { "/googlecode/header/missing", test_header_missing },
  { "/googlecode/plugin/warning", test_warning },
  { "/googlecode/values", test_values },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "googlecode", tests);
}
