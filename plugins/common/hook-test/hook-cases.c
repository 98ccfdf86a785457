/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variations on one good request: single edits, every wrong type at every place, hostile bytes. */
#include "hook-test.h"

#include <string.h>

#define CUT_BYTES 61

/* what stands in a value's place; NULL: the value is taken out */
static const char *const replacements[] = {
  NULL,    "null", "true",   "5",      "-9223372036854775808", "1e308",          "\"\"",
  "\"x\"", "[]",   "[null]", "[[{}]]", "{\"a\": {}}",          "\"refs/tags/\"", "{}",
};

static BelfryTranslation *
play_body (BelfryTest *test, const BelfryHookTestBase *base, const char *body)
{
  g_autofree char *escaped = base->is_form ? g_uri_escape_string (body, NULL, FALSE) : NULL;
  g_autofree char *form = base->is_form ? g_strconcat ("payload=", escaped, NULL) : NULL;
  g_autoptr (BelfryRequest) request =
      belfry_hook_test_post (base->path_query, base->headers, form != NULL ? form : body);

  return belfry_test_translate (test, request);
}

BelfryTranslation *
belfry_hook_test_play (const BelfryHookTestBase *base, const char *path, const char *json)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new (base->hook, base->keys);
  g_autofree char *body = belfry_hook_test_edit (base->payload, path, json);

  return play_body (test, base, body);
}

void
belfry_hook_test_expect (const BelfryHookTestBase *base,
                         const BelfryHookTestEdit *edits,
                         guint n_edits,
                         BelfryTranslationKind kind)
{
  for (guint i = 0; i < n_edits; i++) {
    g_autoptr (BelfryTranslation) translation =
        belfry_hook_test_play (base, edits[i].path, edits[i].json);

    if (translation->kind != kind)
      g_test_fail_printf ("'%s' as %s gives kind %d (%s), wanted %d", edits[i].path, edits[i].json,
                          translation->kind, translation->reason, kind);
  }
}

void
belfry_hook_test_expect_property (const BelfryHookTestBase *base,
                                  const char *property,
                                  const BelfryHookTestMark *marks,
                                  guint n_marks)
{
  for (guint i = 0; i < n_marks; i++) {
    g_autoptr (BelfryTranslation) translation =
        belfry_hook_test_play (base, marks[i].path, marks[i].json);
    const BelfryProperties *properties = belfry_test_only_change (translation)->properties;

    g_test_message ("row %u: %s", i, marks[i].path != NULL ? marks[i].path : "as it is");
    g_assert_cmpint (belfry_properties_get_value (properties, property) != NULL, ==,
                     marks[i].marked);
  }
}

static void
check_changes (GPtrArray *changes)
{
  g_assert_cmpuint (changes->len, >, 0);
  for (guint i = 0; i < changes->len; i++) {
    JsonObject *record =
        belfry_record_to_json (g_ptr_array_index (changes, i), BELFRY_RECORD_JSON_PROPERTIES);

    g_assert_nonnull (record);
    json_object_unref (record);
  }
}

void
belfry_hook_test_check_sane (BelfryTest *self, BelfryTranslation *translation)
{
  g_autoptr (BelfryTranslation) later = NULL;

  switch (translation->kind) {
  case BELFRY_TRANSLATION_CHANGES:
    check_changes (translation->changes);
    return;
  case BELFRY_TRANSLATION_PENDING:
    later = belfry_test_give_up (self, translation);
    belfry_hook_test_check_sane (self, later);
    return;
  case BELFRY_TRANSLATION_NOTHING:
  case BELFRY_TRANSLATION_MALFORMED:
  case BELFRY_TRANSLATION_UNSUPPORTED_TYPE:
    g_assert_nonnull (translation->reason);
    g_assert_true (g_utf8_validate (translation->reason, -1, NULL));
    return;
  case BELFRY_TRANSLATION_POLL:
    return;
  }
  g_assert_not_reached ();
}

typedef struct {
  guint wanted; /* counted down at every value */
  const char *json;
  gboolean done;
} Mutation;

static void mutate_below (JsonNode *node, Mutation *mutation);

static gboolean
is_hit (Mutation *mutation)
{
  mutation->done |= mutation->wanted == 0;
  return mutation->wanted-- == 0;
}

static void
mutate_object (JsonObject *object, Mutation *mutation)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *at = names; at != NULL && !mutation->done; at = at->next) {
    if (!is_hit (mutation)) {
      mutate_below (json_object_get_member (object, at->data), mutation);
      continue;
    }
    if (mutation->json == NULL)
      json_object_remove_member (object, at->data);
    else
      json_object_set_member (object, at->data, belfry_json_parse (mutation->json, -1, NULL, NULL));
    return;
  }
}

static void
mutate_array (JsonArray *array, Mutation *mutation)
{
  for (guint i = 0; i < json_array_get_length (array) && !mutation->done; i++) {
    if (!is_hit (mutation)) {
      mutate_below (json_array_get_element (array, i), mutation);
      continue;
    }
    json_array_remove_element (array, i);
    if (mutation->json != NULL)
      json_array_add_element (array, belfry_json_parse (mutation->json, -1, NULL, NULL));
    return;
  }
}

static void
mutate_below (JsonNode *node, Mutation *mutation)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    mutate_object (json_node_get_object (node), mutation);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    mutate_array (json_node_get_array (node), mutation);
}

void
belfry_hook_test_mutate (const BelfryHookTestBase *base)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new (base->hook, base->keys);
  g_autofree char *good = belfry_hook_test_edit (base->payload, NULL, NULL);
  gboolean done = FALSE;

  for (guint place = 0; !done; place++)
    for (guint i = 0; i < G_N_ELEMENTS (replacements); i++) {
      g_autoptr (JsonNode) root = belfry_json_parse (good, -1, NULL, NULL);
      Mutation mutation = { place, replacements[i] };
      g_autofree char *body = NULL;
      g_autoptr (BelfryTranslation) translation = NULL;

      mutate_below (root, &mutation);
      done = !mutation.done;
      body = belfry_json_to_text (root);
      translation = play_body (test, base, body);
      belfry_hook_test_check_sane (test, translation);
      g_assert_cmpint (translation->kind, !=, BELFRY_TRANSLATION_UNSUPPORTED_TYPE);
    }
}

/* no beginning of a request is one */
static void
play_beginnings (BelfryTest *test, const BelfryHookTestBase *base)
{
  g_autofree char *good = belfry_hook_test_edit (base->payload, NULL, NULL);

  for (gsize length = 0; length < strlen (good); length += CUT_BYTES) {
    g_autofree char *cut = g_strndup (good, length);
    g_autoptr (BelfryTranslation) translation = play_body (test, base, cut);

    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  }
}

void
belfry_hook_test_hostile (const BelfryHookTestBase *base)
{
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autofree char *digits = g_strnfill (1000000, '7');
  g_autofree char *long_number = g_strdup_printf ("{\"ref\": %s", digits);
  const char *const bodies[] = {
    deep,
    long_number,
    "{\"ref\": \"\\u0000\"}",
    "{\"ref\": \"\\ud800\"}",
    "{} {}",
    "{\"a\": NaN}",
    "\xef\xbb\xbf{}",
    "{\"a\": \"\xff\"}",
    "\xff",
    "[]",
    "null",
    "\"text\"",
    "7",
    "{}",
    "",
  };
  g_autoptr (BelfryTest) test = belfry_hook_test_new (base->hook, base->keys);

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (BelfryTranslation) translation = play_body (test, base, bodies[i]);

    if (translation->kind != BELFRY_TRANSLATION_MALFORMED)
      g_test_fail_printf ("body %u gives kind %d (%s)", i, translation->kind, translation->reason);
  }
  play_beginnings (test, base);
}

void
belfry_hook_test_many (const BelfryHookTestBase *base, const char *path, const char *element)
{
  g_autoptr (GString) list = g_string_new ("[");
  g_autoptr (BelfryTranslation) translation = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? "," : "", element);
  g_string_append_c (list, ']');
  translation = belfry_hook_test_play (base, path, list->str);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}
