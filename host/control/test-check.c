/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry check` and `belfry inspect`, called as the command line calls them. */
#include "control/check.h"
#include "control/inspect.h"

#include "belfry-plugin.h"
#include "loader/test-plugins.h"

#include <string.h>

typedef struct {
  char *plugins;
  char *folder;
  char *path;
} Fixture;

static GString *printed = NULL;

static void
on_print (const char *text)
{
  g_string_append (printed, text);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->plugins = test_plugins_copy ();
  fixture->folder = g_dir_make_tmp ("belfry-check-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "belfry.conf", NULL);
  g_setenv ("BELFRY_PLUGIN_PATH", fixture->plugins, TRUE);
  g_string_truncate (printed, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_unsetenv ("BELFRY_PLUGIN_PATH");
  test_plugins_remove (fixture->plugins);
  test_plugins_remove (fixture->folder);
  g_free (fixture->plugins);
  g_free (fixture->folder);
  g_free (fixture->path);
}

/* @words: arguments; what they print is in `printed` */
static int
run (int (*command) (int argc, char **argv), const char *const *words)
{
  g_auto (GStrv) owned = g_strdupv ((char **)words);
  g_autofree char **argv = g_memdup2 (owned, sizeof (char *) * (g_strv_length (owned) + 1));
  GPrintFunc before = g_set_print_handler (on_print);
  GPrintFunc before_errors = g_set_printerr_handler (on_print);
  int code = command ((int)g_strv_length (owned), argv);

  g_set_print_handler (before);
  g_set_printerr_handler (before_errors);
  return code;
}

static int
check (Fixture *fixture, const char *text, const char *option)
{
  const char *words[] = { "check", "--config", fixture->path, option, NULL };

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  g_assert_cmpint (g_chmod (fixture->path, 0600), ==, 0);
  return run (belfry_check_main, words);
}

static void
assert_printed (Fixture *fixture, const char *wanted)
{
  g_autofree char *prefix = g_strconcat (fixture->folder, "/", NULL);

  g_string_replace (printed, prefix, "", 0);
  g_assert_cmpstr (printed->str, ==, wanted);
}

static void
test_check_good (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmpint (check (fixture, "[engine good]\n", NULL), ==, 0);
  assert_printed (fixture, "belfry.conf: everything starts\n");
}

static void
test_check_errors (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmpint (check (fixture, "[engine good]\ntokne=x\n[thing a]\nslots=9\n", NULL), ==, 78);
  assert_printed (fixture,
                  "belfry.conf:2: [engine good] tokne: there is no such key, did you mean token?\n"
                  "warning: belfry.conf:4: [thing a] slots: nine is many\n"
                  "belfry.conf: 1 error, 1 warning, nothing starts with it\n");
}

static void
test_check_failures (Fixture *fixture, gconstpointer unused)
{
  g_assert_cmpint (check (fixture, "[bot nameless]\n", NULL), ==, 1);
  g_assert_nonnull (strstr (printed->str, "failure: "));
  g_assert_nonnull (strstr (printed->str, "has no name, give its descriptor a .name\n"));
  g_assert_cmpint (check (fixture, "[bot nameless]\n", "--strict=config"), ==, 0);
}

static void
test_check_json (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object = NULL;
  JsonObject *problem = NULL;

  g_assert_cmpint (check (fixture, "[engine good]\ntoken=verysecret\nthings=x\n", "--json"), ==,
                   78);
  g_assert_null (strstr (printed->str, "verysecret"));
  node = belfry_json_parse (printed->str, -1, NULL, NULL);
  object = json_node_get_object (node);
  g_assert_cmpint (belfry_json_get_integer (object, "errors", -1), ==, 1);
  g_assert_cmpint (belfry_json_get_integer (object, "warnings", -1), ==, 1);
  problem = json_array_get_object_element (belfry_json_get_array (object, "problems"), 1);
  g_assert_cmpint (belfry_json_get_integer (problem, "line", 0), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (problem, "key"), ==, "things");
  g_assert_cmpstr (belfry_json_get_text (problem, "section"), ==, "engine good");
}

static void
test_check_usage (Fixture *fixture, gconstpointer unused)
{
  const char *unknown[] = { "check", "--nonsense", NULL };
  const char *strict[] = { "check", "--strict=much", NULL };
  const char *missing[] = { "check", "--config", "/nowhere/belfry.conf", NULL };

  g_assert_cmpint (run (belfry_check_main, unknown), ==, 2);
  g_assert_cmpint (run (belfry_check_main, strict), ==, 2);
  g_assert_cmpint (run (belfry_check_main, missing), ==, 78);
}

static void
test_inspect_list (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", NULL };

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  g_assert_nonnull (strstr (printed->str, "hook/good                    Takes what comes\n"));
  g_assert_nonnull (strstr (printed->str, "bot/crashing                 broken: "));
  g_assert_nonnull (strstr (printed->str, "bot/foreign                  broken: "));
}

static void
test_inspect_one (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "engine/good", NULL };

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  g_assert_true (g_str_has_prefix (printed->str, "engine/good: Runs things\n"));
  g_assert_nonnull (strstr (printed->str,
                            "\noptions\n  things\n      what it runs\n      (list of names; of "
                            "thing; changed by a reload)\n"));
  g_assert_nonnull (strstr (printed->str, "(secret; default: (not set); changed by a reload)\n"));
  g_assert_nonnull (
      strstr (printed->str, "\noptions of [thing NAME]\n  after\n      what comes before\n"));
  g_assert_nonnull (strstr (printed->str,
                            "  slots\n      how many at a time\n      (integer; range: 1 to 9; "
                            "default: 1; changed by a reload)\n"));
  g_assert_nonnull (strstr (printed->str, "\noptions that the host has for it\n  plugin\n"));
}

static void
test_inspect_all_kinds (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "good", NULL };

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  g_assert_nonnull (strstr (printed->str, "engine/good: "));
  g_assert_nonnull (strstr (printed->str, "\nhook/good: "));
  g_assert_nonnull (strstr (printed->str, "\nreporter/good: "));
}

static void
test_inspect_json (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "--json", "hook/good", NULL };
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object = NULL;
  JsonArray *options = NULL;
  gboolean has_tolerance = FALSE;

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  node = belfry_json_parse (printed->str, -1, NULL, NULL);
  object = json_node_get_object (node);
  g_assert_cmpstr (belfry_json_get_text (object, "kind"), ==, "hook");
  options = belfry_json_get_array (object, "options");
  g_assert_cmpuint (json_array_get_length (options), ==, 3);
  g_assert_cmpstr (belfry_json_get_text (json_array_get_object_element (options, 2), "when"), ==,
                   "kind=git");
  options = belfry_json_get_array (object, "host-options");
  for (guint i = 0; i < json_array_get_length (options); i++) {
    JsonObject *option = json_array_get_object_element (options, i);

    if (strcmp (belfry_json_get_text (option, "name"), "tolerance") != 0)
      continue;
    has_tolerance = TRUE;
    g_assert_cmpstr (belfry_json_get_text (option, "default"), ==, "2min");
    g_assert_cmpstr (belfry_json_get_text (option, "unit"), ==, "s");
  }
  g_assert_true (has_tolerance);
}

static void
test_inspect_markdown (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "hook/good", "--markdown", NULL };

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  g_assert_cmpstr (
      printed->str, ==,
      "Keys of `[hook NAME]`, beside those of every hook:\n\n"
      "| key | value | effect |\n"
      "| --- | --- | --- |\n"
      "| `exact` | boolean; default: true; changed by a reload | be exact |\n"
      "| `kind` | string; default: git; changed by a reload | what it is |\n"
      "| `depth` | string; only with kind=git; changed by a reload | how deep \\| it goes |\n");
}

/* what it prints can be pasted: it is a configuration without errors once required keys have values
 */
static void
test_inspect_conf (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "engine/good", "--conf", NULL };
  g_autofree char *text = NULL;

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 0);
  g_assert_nonnull (strstr (printed->str, "\n[engine good]\n"));
  g_assert_nonnull (strstr (printed->str, "\n#token=secret:NAME\n"));
  g_assert_nonnull (strstr (printed->str, "\n#[thing NAME]\n"));
  text = g_strdup (printed->str);
  g_assert_cmpint (check (fixture, text, NULL), ==, 0);
}

static void
test_inspect_missing (Fixture *fixture, gconstpointer unused)
{
  const char *words[] = { "inspect", "hook/goood", NULL };
  const char *broken[] = { "inspect", "bot/crashing", NULL };
  const char *usage[] = { "inspect", "--json", "--conf", NULL };

  g_assert_cmpint (run (belfry_inspect_main, words), ==, 1);
  g_assert_nonnull (strstr (printed->str, "did you mean 'hook/good'?"));
  g_assert_cmpint (run (belfry_inspect_main, broken), ==, 1);
  g_assert_cmpint (run (belfry_inspect_main, usage), ==, 2);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  int code = 0;

  g_test_init (&argc, &argv, NULL);
  printed = g_string_new (NULL);
  ADD ("/check/good", test_check_good);
  ADD ("/check/errors", test_check_errors);
  ADD ("/check/failures", test_check_failures);
  ADD ("/check/json", test_check_json);
  ADD ("/check/usage", test_check_usage);
  ADD ("/inspect/list", test_inspect_list);
  ADD ("/inspect/one", test_inspect_one);
  ADD ("/inspect/all-kinds", test_inspect_all_kinds);
  ADD ("/inspect/json", test_inspect_json);
  ADD ("/inspect/markdown", test_inspect_markdown);
  ADD ("/inspect/conf", test_inspect_conf);
  ADD ("/inspect/missing", test_inspect_missing);
  code = g_test_run ();
  g_string_free (printed, TRUE);
  return code;
}
