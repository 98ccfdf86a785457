/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests as lines of text: method and target, headers in order of their names, then one line for
 * each leaf of a JSON body (`.attachments[0].color = "good"`) or field of a form. What differs is
 * then one line, whatever the order and spacing in which it was written.
 */
#include "test-private.h"

#include <string.h>

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
add_sorted (GPtrArray *lines, GString *out)
{
  g_ptr_array_sort (lines, compare_texts);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (out, "%s\n", (char *)g_ptr_array_index (lines, i));
}

static void add_node (GPtrArray *lines, const char *path, JsonNode *node);

static void
add_object (GPtrArray *lines, const char *path, JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);

  if (members == NULL)
    g_ptr_array_add (lines, g_strdup_printf ("%s = {}", path));
  for (GList *link = members; link != NULL; link = link->next) {
    g_autofree char *inner = g_strdup_printf ("%s.%s", path, (char *)link->data);

    add_node (lines, inner, json_object_get_member (object, link->data));
  }
}

static void
add_node (GPtrArray *lines, const char *path, JsonNode *node)
{
  g_autofree char *text = NULL;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    add_object (lines, path, json_node_get_object (node));
    return;
  }
  if (JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) > 0) {
    for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++) {
      g_autofree char *inner = g_strdup_printf ("%s[%u]", path, i);

      add_node (lines, inner, json_array_get_element (json_node_get_array (node), i));
    }
    return;
  }
  text = belfry_json_to_text (node);
  g_ptr_array_add (lines, g_strdup_printf ("%s = %s", path, text));
}

static void
add_json (GString *out, const char *body)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (body, -1, NULL, &local);

  if (node == NULL) {
    g_string_append_printf (out, "no JSON (%s): %s\n", local->message, body);
    return;
  }
  add_node (lines, "", node);
  add_sorted (lines, out);
}

static void
add_form (GString *out, const char *body)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_autoptr (GError) local = NULL;

  if (!belfry_form_add_urlencoded (form, body, -1, 1000, &local)) {
    g_string_append_printf (out, "no form (%s): %s\n", local->message, body);
    return;
  }
  for (guint i = 0; i < belfry_form_get_count (form); i++)
    g_ptr_array_add (lines, g_strdup_printf ("%s = %s", belfry_form_get_name (form, i),
                                             belfry_form_get_value (form, i)));
  add_sorted (lines, out);
}

static const char *
find_type (GPtrArray *headers)
{
  for (guint i = 0; i < headers->len; i++)
    if (g_ascii_strncasecmp (g_ptr_array_index (headers, i), "Content-Type: ", 14) == 0)
      return (const char *)g_ptr_array_index (headers, i) + 14;
  return "";
}

char *
belfry_test_lines_make (const char *method,
                        const char *target,
                        GPtrArray *headers,
                        const char *body)
{
  const char *type = find_type (headers);
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "%s %s\n", method, target);
  add_sorted (headers, out);
  if (body == NULL || *body == '\0')
    g_string_append (out, "no body\n");
  else if (g_str_has_prefix (type, "application/json"))
    add_json (out, body);
  else if (g_str_has_prefix (type, "application/x-www-form-urlencoded"))
    add_form (out, body);
  else
    g_string_append (out, body);
  return g_string_free (out, FALSE);
}

/* a header of which some is made of chance: * stands for any text */
static gboolean
is_pattern_of (const char *wanted, const char *got)
{
  return wanted != NULL && got != NULL && *wanted != '.' && strstr (wanted, ": ") != NULL &&
         strchr (wanted, '*') != NULL && belfry_glob_match (wanted, got, BELFRY_GLOB_TEXT);
}

void
belfry_test_lines_compare (const char *wanted, const char *got)
{
  g_auto (GStrv) left = g_strsplit (wanted, "\n", -1);
  g_auto (GStrv) right = g_strsplit (got, "\n", -1);

  for (guint i = 0; left[i] != NULL || right[i] != NULL; i++) {
    if (is_pattern_of (left[i], right[i]))
      continue;
    if (g_strcmp0 (left[i], right[i]) != 0)
      g_test_message ("the request was:\n%s", got);
    g_assert_cmpstr (right[i], ==, left[i]);
  }
}

char *
belfry_test_dup_json (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}
