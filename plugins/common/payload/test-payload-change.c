/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

static const char commit[] =
    "{\"id\": \"c1\", \"n\": 7, \"when\": \"2023-03-04T05:06:07Z\", \"seconds\": -1.5,"
    " \"who\": {\"name\": \"Ada\", \"email\": \"a@x\"}, \"yes\": true, \"no\": 1, \"null\": null,"
    " \"added\": [\"a\"], \"removed\": [\"r\", \"a\"], \"list\": [{\"id\": \"x\"}, {\"id\": "
    "\"y\"}]}";

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return node;
}

static void
test_fill (void)
{
  static const BelfryPayloadField fields[] = {
    BELFRY_PAYLOAD_FIELD (TEXT, "id", revision),
    BELFRY_PAYLOAD_FIELD (TEXT, "null", branch),
    BELFRY_PAYLOAD_FIELD (COMPOSED, "n", comments),
    BELFRY_PAYLOAD_FIELD (PERSON, "who", author),
    BELFRY_PAYLOAD_FIELD (TIME, "when", when_timestamp),
    { NULL },
  };
  static const BelfryPayloadField wrong[] = {
    BELFRY_PAYLOAD_FIELD (TEXT, "n", revision),
    { NULL },
  };
  g_autoptr (JsonNode) root = parse (commit);
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (change->when_timestamp, ==, BELFRY_NONE);
  g_assert_null (change->codebase);
  g_assert_true (belfry_payload_fill (root, fields, change, NULL));
  g_assert_cmpstr (change->revision, ==, "c1");
  g_assert_null (change->branch);
  g_assert_cmpstr (change->comments, ==, "7");
  g_assert_cmpstr (change->author, ==, "Ada <a@x>");
  g_assert_cmpint (change->when_timestamp, ==, G_GINT64_CONSTANT (1677906367) * G_USEC_PER_SEC);
  g_assert_false (belfry_payload_fill (root, wrong, change, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_cmpstr (change->revision, ==, "c1");
}

static void
test_properties (void)
{
  static const BelfryPayloadProperty rows[] = { { "who", "who.name" }, { "n", "n" }, { NULL } };
  static const BelfryPayloadProperty missing[] = { { "x", "who.x" }, { NULL } };
  g_autoptr (JsonNode) root = parse (commit);
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  g_assert_true (belfry_payload_set_properties (root, rows, change, NULL));
  g_assert_cmpint (json_node_get_int (belfry_properties_get_value (change->properties, "n")), ==,
                   7);
  g_assert_false (belfry_payload_set_properties (root, missing, change, NULL));
}

static void
test_files (void)
{
  g_autoptr (JsonNode) root = parse (commit);
  g_autoptr (JsonNode) nulled = parse ("{\"added\": null, \"modified\": [\"m\"]}");
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();
  g_autofree char *files = NULL;

  g_assert_true (belfry_payload_set_files (root, FALSE, change, NULL));
  files = g_strjoinv (" ", change->files);
  g_assert_cmpstr (files, ==, "a r a");
  g_assert_false (belfry_payload_set_files (nulled, FALSE, change, NULL));
  g_assert_true (belfry_payload_set_files (nulled, TRUE, change, NULL));
  g_assert_cmpstr (change->files[0], ==, "m");
}

static void
test_refs (void)
{
  static const struct {
    const char *ref;
    const char *name;
    gboolean is_tag;
  } cases[] = {
    { "refs/heads/a/b", "a/b", FALSE },
    { "refs/tags/v1", "v1", TRUE },
    { "refs/heads/", NULL },
    { "refs/tags", NULL },
    { "main", NULL },
    { "", NULL },
    { NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean is_tag = FALSE;

    g_assert_cmpstr (belfry_payload_get_ref_name (cases[i].ref, &is_tag), ==, cases[i].name);
    g_assert_cmpint (is_tag, ==, cases[i].is_tag);
  }
}

static void
test_numbers (void)
{
  static const struct {
    const char *json;
    const char *number; /* NULL: none */
  } cases[] = {
    { "7", "7" },    { "\"007\"", "7" },  { "\"7/../x\"", NULL }, { "-7", NULL },
    { "2.5", NULL }, { "\"\"", NULL },    { "null", NULL },       { "\" 7\"", NULL },
    { "[]", NULL },  { "\"0x7\"", NULL }, { "1e30", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf ("{\"n\": %s}", cases[i].json);
    g_autoptr (JsonNode) root = parse (text);
    g_autofree char *number = belfry_payload_compose_number (root, "n", NULL);

    g_assert_cmpstr (number, ==, cases[i].number);
  }
}

static void
test_seconds (void)
{
  g_autoptr (JsonNode) root = parse (commit);
  g_autoptr (JsonNode) far = parse ("{\"n\": 1e300}");
  gint64 time_us = 0;

  g_assert_true (belfry_payload_get_seconds (root, "seconds", &time_us, NULL));
  g_assert_cmpint (time_us, ==, -2 * G_USEC_PER_SEC);
  g_assert_false (belfry_payload_get_seconds (root, "id", &time_us, NULL));
  g_assert_false (belfry_payload_get_seconds (far, "n", &time_us, NULL));
}

static BelfryChange *
make_change (JsonNode *item, gconstpointer data, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  return belfry_payload_get_text (item, data, &change->revision, error) ? g_steal_pointer (&change)
                                                                        : NULL;
}

static void
test_lists (void)
{
  g_autoptr (JsonNode) root = parse (commit);
  JsonArray *list = belfry_payload_need_list (root, "list", NULL);
  GPtrArray *changes = belfry_payload_make_changes (list, make_change, "id", NULL);
  g_autoptr (BelfryTranslation) some = belfry_payload_translate_changes (changes);
  g_autoptr (BelfryTranslation) none =
      belfry_payload_translate_changes (g_ptr_array_new_with_free_func (belfry_record_unref));
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (some->kind, ==, BELFRY_TRANSLATION_CHANGES);
  g_assert_cmpstr (((BelfryChange *)g_ptr_array_index (some->changes, 1))->revision, ==, "y");
  g_assert_cmpint (none->kind, ==, BELFRY_TRANSLATION_NOTHING);
  g_assert_null (belfry_payload_make_changes (list, make_change, "nope", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_null (belfry_payload_need_list (root, "who", NULL));
  g_assert_null (belfry_payload_need_list (root, "nope", NULL));
}

static void
test_predicates (void)
{
  g_autoptr (JsonNode) root = parse (commit);

  g_assert_true (belfry_payload_is_true (root, "yes"));
  g_assert_false (belfry_payload_is_true (root, "no"));
  g_assert_false (belfry_payload_is_true (root, "nope.x"));
  g_assert_true (belfry_payload_differs (root, "id", "n"));
  g_assert_false (belfry_payload_differs (root, "id", "id"));
  g_assert_false (belfry_payload_differs (root, "id", "nope"));
  g_assert_cmpstr (belfry_payload_choose (root, "id", "n"), ==, "id");
  g_assert_cmpstr (belfry_payload_choose (root, "nope", "n"), ==, "n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/payload/change/fields", test_fill);
  g_test_add_func ("/payload/change/files", test_files);
  g_test_add_func ("/payload/change/lists", test_lists);
  g_test_add_func ("/payload/change/numbers", test_numbers);
  g_test_add_func ("/payload/change/predicates", test_predicates);
  g_test_add_func ("/payload/change/properties", test_properties);
  g_test_add_func ("/payload/change/refs", test_refs);
  g_test_add_func ("/payload/change/seconds", test_seconds);
  return g_test_run ();
}
