/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forms, as pages and bots fill them in: every kind of field, and what becomes of its value. */
#include "test-fixture.h"
#include <string.h>

static const char form[] = "[engine local]\n[worker one]\n[worker two]\n[builder "
                           "b]\nrepository=/srv/x\nsteps=command:true\n"
                           "[builder c]\nrepository=/srv/x\nworkers=one\nsteps=command:true\n"
                           "[force f]\nbuilders=b;c\nproperty.kept=[1,2]\n"
                           "field.fix=fixed;default=7\n"
                           "field.word=string;regex=^[a-z]+$\n"
                           "field.notes=text;max-size=10\n"
                           "field.level=int;min=1;max=5;default=4\n"
                           "field.dry=boolean;default=true\n"
                           "field.way=choice;choices=x,y;default=y\n"
                           "field.many=choice;choices=x,y,z;multiple=true\n"
                           "field.who=username;need-email=true\n"
                           "field.slavename=worker\n"
                           "field.group=nested;fields=inner,deeper\n"
                           "field.inner=int\n"
                           "field.deeper=nested;fields=deepest\n"
                           "field.deepest=string\n"
                           "field.extra=any;count=2\n";

static BelfryControlAnswer *
force (Fixture *self, const char *builder, const char *json)
{
  g_autoptr (JsonNode) node = belfry_json_parse (json, -1, NULL, NULL);
  BelfryControl control = { .action = "force",
                            .builder = builder,
                            .id = BELFRY_NONE,
                            .who = "Tester <t@example.org>",
                            .arguments = json_node_get_object (node) };

  return fake_host_control (self->host, &control);
}

static char *
dup_value (const BelfryBuild *build, const char *name)
{
  JsonNode *value = belfry_properties_get_value (build->properties, name);

  return value != NULL ? belfry_json_to_text (value) : g_strdup ("absent");
}

static const struct {
  const char *name;
  const char *sent;
  const char *defaults;
} values[] = {
  { "fix", "\"7\"", "\"7\"" },
  { "word", "\"abc\"", "\"\"" },
  { "notes", "\"a\\nb\"", "\"\"" },
  { "level", "2", "4" },
  { "dry", "false", "true" },
  { "way", "\"x\"", "\"y\"" },
  { "many", "[\"x\",\"z\"]", "[]" },
  { "who", "\"A <a@b>\"", "\"A <a@b>\"" },
  { "slavename", "\"two\"", "\"-any-\"" },
  { "wanted-worker", "\"two\"", "absent" },
  { "group", "{\"inner\":3,\"deeper\":{\"deepest\":\"d\"}}",
    "{\"inner\":0,\"deeper\":{\"deepest\":\"\"}}" },
  { "inner", "absent", "absent" },
  { "free", "\"1.0\"", "absent" },
  { "direct", "\"yes\"", "absent" },
  { "kept", "[1,2]", "[1,2]" },
  { "owner", "\"Tester <t@example.org>\"", "\"Tester <t@example.org>\"" },
};

static void
check_values (const BelfryBuild *build, gboolean sent)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *value = dup_value (build, values[i].name);

    g_test_message ("%s", values[i].name);
    g_assert_cmpstr (value, ==, sent ? values[i].sent : values[i].defaults);
  }
}

static void
test_values (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryControlAnswer) answer = NULL;
  const BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, form);
  answer = force (self, "b",
                  "{\"fix\":\"8\",\"word\":\"abc\",\"notes\":\"a\\r\\nb\",\"level\":\"+2\","
                  "\"dry\":\"no\",\"way\":\"x\",\"many\":\"x+z\",\"who\":\"A <a@b>\","
                  "\"slavename\":\"two\",\"group_inner\":\"3\","
                  "\"group_deeper_deepest\":\"d\",\"extra1_name\":\"free\","
                  "\"extra1_value\":\"1.0\",\"extra2_name\":\"\",\"direct\":\"yes\"}");
  g_assert_cmpstr (answer->message, ==, "build requested");
  build = fake_host_wait_build (self->host, 0);
  check_values (build, TRUE);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "workername"), ==, "two");
}

static void
test_defaults (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryControlAnswer) answer = NULL;

  (void)data;
  fixture_begin (self, form);
  answer = force (self, "b", "{\"who\":\"\"}");
  /* an address is needed, so that nothing is made of the form */
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_REFUSED);
  g_clear_pointer (&answer, belfry_control_answer_free);
  answer = force (self, "b", "{\"who\":\"A <a@b>\"}");
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  check_values (fake_host_wait_build (self->host, 0), FALSE);
}

static const struct {
  const char *arguments;
  const char *key;
  const char *words;
} wrong[] = {
  { "{\"word\":\"A1\"}", "word", "does not match pattern" },
  { "{\"notes\":\"12345678901\"}", "notes", "longer than 10" },
  { "{\"level\":\"6\"}", "level", "from 1 to 5" },
  { "{\"dry\":\"perhaps\"}", "dry", "true or false" },
  { "{\"way\":\"q\"}", "way", "none of the choices" },
  { "{\"many\":\"x+q\"}", "many", "none of the choices" },
  { "{\"who\":\"nobody\"}", "who", "email address" },
  { "{\"slavename\":\"three\"}", "slavename", "none of the choices" },
  { "{\"group_inner\":\"x\"}", "group_inner", "integer" },
  { "{\"extra1_name\":\"buildnumber\"}", "extra1_name", "may not set" },
  { "{\"extra1_name\":\"LD_PRELOAD\",\"extra1_value\":\"x\"}", "extra1_name", "may not set" },
  { "{\"extra2_name\":\"a b\"}", "extra2_name", "may not set" },
  { "{\"extra1_name\":\"a\",\"extra1_value\":\"$(id)\"}", "extra1_name", "does not match" },
  { "{\"GIT_SSH\":\"x\"}", "GIT_SSH", "may not set" },
  { "{\"wanted-worker\":\"x\"}", "wanted-worker", "may not set" },
};

static void
test_wrong (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) sets = NULL;

  (void)data;
  fixture_begin (self, form);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (BelfryControlAnswer) answer = force (self, "b", wrong[i].arguments);
    JsonObject *errors = NULL;

    g_test_message ("%s", wrong[i].arguments);
    g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_REFUSED);
    errors = json_object_get_object_member (answer->data, "errors");
    g_assert_true (json_object_has_member (errors, wrong[i].key));
    fixture_assert_has (json_object_get_string_member (errors, wrong[i].key), wrong[i].words);
  }
  sets = fake_store_list (self->store, belfry_buildset_get_type ());
  g_assert_cmpuint (sets->len, ==, 0);
}

static void
test_worker_of_another (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryControlAnswer) answer = NULL;

  (void)data;
  fixture_begin (self, form);
  answer = force (self, "c", "{\"slavename\":\"two\",\"who\":\"A <a@b>\"}");
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_REFUSED);
  fixture_assert_has (json_object_get_string_member (
                          json_object_get_object_member (answer->data, "errors"), "wanted-worker"),
                      "does not run on worker 'two'");
}

static void
test_described (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonArray) forms = NULL;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autofree char *text = NULL;

  (void)data;
  fixture_begin (self, form);
  forms = self->host->plugin->list_forms (self->host->state, "b");
  json_node_set_array (node, forms);
  text = belfry_json_to_text (node);
  fixture_assert_has (text, "\"fullName\":\"group_deeper_deepest\"");
  fixture_assert_has (text, "\"fullName\":\"extra1_name\"");
  fixture_assert_has (text, "\"fullName\":\"extra2_value\"");
  fixture_assert_has (text, "\"choices\":[\"-any-\",\"one\",\"two\"]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("force/every-kind", NULL, test_values);
  FIXTURE_ADD ("force/defaults", NULL, test_defaults);
  FIXTURE_ADD ("force/wrong-values", NULL, test_wrong);
  FIXTURE_ADD ("force/worker-of-another-builder", NULL, test_worker_of_another);
  FIXTURE_ADD ("force/described", NULL, test_described);
  return g_test_run ();
}
