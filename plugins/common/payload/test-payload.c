/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

static const char example[] =
    "{\"a\": {\"text\": \"x\", \"null\": null, \"yes\": true, \"no\": false, \"n\": 17, \"list\": "
    "[1],"
    " \"person\": {\"name\": \"Ada\", \"email\": null}, \"day\": \"2023-03-04T05:06:07Z\","
    " \"files\": [\"b\", \"a\", \"b\"], \"mixed\": [\"b\", 1]}}";

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return node;
}

static void
test_compose (void)
{
  static const struct {
    const char *path;
    const char *text; /* NULL: a wrong type */
  } cases[] = {
    { "a.text", "x" }, { "a.null", "None" }, { "a.yes", "True" },  { "a.no", "False" },
    { "a.n", "17" },   { "a.list", NULL },   { "a.person", NULL },
  };
  g_autoptr (JsonNode) root = parse (example);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = belfry_payload_compose (root, cases[i].path, &error);

    g_assert_cmpstr (text, ==, cases[i].text);
    if (cases[i].text == NULL)
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

static void
test_person (void)
{
  g_autoptr (JsonNode) root = parse (example);
  g_autofree char *person = belfry_payload_compose_person (root, "a.person", NULL);

  g_assert_cmpstr (person, ==, "Ada <None>");
}

/* an error names the key, never what a stranger put there */
static void
test_need (void)
{
  static const struct {
    const char *path;
    const char *message;
  } cases[] = {
    { "a.none", "'a.none' is missing" },
    { "b.c", "what should hold 'b.c' is missing" },
    { "a.text.x", "what should hold 'a.text.x' is no object" },
  };
  g_autoptr (JsonNode) root = parse (example);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (belfry_payload_need (root, cases[i].path, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
    g_assert_cmpstr (error->message, ==, cases[i].message);
  }
}

static void
test_text (void)
{
  g_autoptr (JsonNode) root = parse (example);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup ("before");

  g_assert_true (belfry_payload_get_text (root, "a.text", &text, NULL));
  g_assert_cmpstr (text, ==, "x");
  g_assert_true (belfry_payload_get_text (root, "a.null", &text, NULL));
  g_assert_null (text);
  g_assert_false (belfry_payload_get_text (root, "a.n", &text, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static void
test_time (void)
{
  g_autoptr (JsonNode) root = parse (example);
  gint64 time_us = 0;

  g_assert_true (belfry_payload_get_time (root, "a.day", &time_us, NULL));
  g_assert_cmpint (time_us, ==, G_GINT64_CONSTANT (1677906367) * G_USEC_PER_SEC);
  g_assert_false (belfry_payload_get_time (root, "a.text", &time_us, NULL));
  g_assert_false (belfry_payload_get_time (root, "a.n", &time_us, NULL));
}

static void
test_files (void)
{
  g_autoptr (JsonNode) root = parse (example);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  g_assert_true (belfry_payload_add_files (root, "a.files", files, NULL));
  g_assert_true (belfry_payload_add_files (root, "a.none", files, NULL));
  g_assert_cmpuint (files->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (files, 0), ==, "b");
  g_assert_cmpstr (g_ptr_array_index (files, 2), ==, "b");
  g_assert_false (belfry_payload_add_files (root, "a.mixed", files, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static void
test_whitelist (void)
{
  static const char *const patterns[] = { "p.a.n", "p.a.per*", NULL };
  g_autoptr (JsonNode) root = parse (example);
  g_autoptr (BelfryProperties) properties = belfry_properties_new ();

  belfry_payload_add_whitelisted (properties, "p", root, patterns);
  g_assert_cmpuint (belfry_properties_get_count (properties), ==, 3);
  g_assert_cmpint (json_node_get_int (belfry_properties_get_value (properties, "p.a.n")), ==, 17);
  g_assert_cmpstr (belfry_properties_get_text (properties, "p.a.person.name"), ==, "Ada");
  g_assert_cmpstr (belfry_properties_get_source (properties, "p.a.n"), ==, "Change");
  g_assert_null (belfry_properties_get_value (properties, "p.a.text"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/payload/compose/types", test_compose);
  g_test_add_func ("/payload/compose/person", test_person);
  g_test_add_func ("/payload/need/names-the-key", test_need);
  g_test_add_func ("/payload/text/null-is-not-set", test_text);
  g_test_add_func ("/payload/time/dates-only", test_time);
  g_test_add_func ("/payload/files/in-order", test_files);
  g_test_add_func ("/payload/whitelist/patterns", test_whitelist);
  return g_test_run ();
}
