/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

static const BelfryHookTestBase push = {
  .hook = "bitbucket",
  .path_query = "/change_hook/bitbucket?project=Mine",
  .headers = "Content-Type: application/x-www-form-urlencoded",
  .payload =
      "{'canon_url': 'https://bb.example', 'repository': {'absolute_url': '/acme/widget/',"
      "   'scm': 'git'}, 'commits': [{'node': 'c1', 'raw_node': 'c1c1', 'raw_author': 'Ada <a@x>',"
      "   'message': 'Turn', 'utctimestamp': '2012-05-30 03:58:56+00:00', 'branch': 'main',"
      "   'files': [{'file': 'a.c', 'type': 'added'}]}]}",
  .is_form = TRUE,
};

static void
test_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "canon_url", NULL },
    { "canon_url", "[]" },
    { "repository", "null" },
    { "repository.absolute_url", NULL },
    { "repository.scm", NULL },
    { "repository.scm", "7" },
    { "commits", NULL },
    { "commits", "{}" },
    { "commits", "[7]" },
    { "commits.0.node", NULL },
    { "commits.0.raw_node", NULL },
    { "commits.0.raw_node", "7" },
    { "commits.0.raw_author", "{}" },
    { "commits.0.message", NULL },
    { "commits.0.utctimestamp", "null" },
    { "commits.0.utctimestamp", "'x'" },
    { "commits.0.branch", NULL },
    { "commits.0.branch", "7" },
    { "commits.0.files", NULL },
    { "commits.0.files", "null" },
    { "commits.0.files", "[null]" },
    { "commits.0.files", "['a.c']" },
    { "commits.0.files", "[{}]" },
    { "commits.0.files", "[{'file': 7}]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "commits", "[]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

/* the event is told whatever it says, and null where nothing says it */
static void
test_event (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) silent = belfry_hook_test_play (&push, NULL, NULL);
  g_autoptr (BelfryTranslation) told = NULL;
  BelfryProperties *properties = belfry_test_only_change (silent)->properties;

  base.headers = "Content-Type: application/x-www-form-urlencoded\nX-Event-Key: anything";
  told = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_true (JSON_NODE_HOLDS_NULL (belfry_properties_get_value (properties, "event")));
  properties = belfry_test_only_change (told)->properties;
  g_assert_cmpstr (belfry_properties_get_text (properties, "event"), ==, "anything");
  g_assert_cmpstr (belfry_test_only_change (told)->project, ==, "Mine");
}

/* JSON that is no form has no payload */
static void
test_json_body (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.headers = "Content-Type: application/json";
  base.is_form = FALSE;
  translation = belfry_hook_test_play (&base, NULL, NULL);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
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
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("bitbucket", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_cmpstr (plugin->signatures[0].header, ==, "Authorization");
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_BEARER);
  g_assert_null (plugin->signatures[1].header);
  g_assert_null (plugin->delivery_id_headers);
}

static const BelfryHookTestRow tests[] = {
  { "/bitbucket/content/hostile", test_hostile },
  { "/bitbucket/content/malformed", test_malformed },
  { "/bitbucket/content/nothing", test_nothing },
  { "/bitbucket/plugin/descriptor", test_descriptor },
  { "/bitbucket/content/json-body", test_json_body },
  { "/bitbucket/event", test_event },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "bitbucket", tests);
}
