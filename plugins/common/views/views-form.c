/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Force forms as templates draw them. An engine gives a form's fields as a tree (groups hold
 * fields); pages want rows: a group becomes a row that opens it and one that closes it.
 * `SCHEDULER.FIELD=VALUE` in the page's address fills a field.
 */
#include "views.h"

#define VIEWS_MAX_GROUPS 4

typedef struct {
  JsonArray *rows;
  BelfryForm *arguments;
  const char *scheduler;
} ViewsFormBuilder;

static void
views_copy_member (JsonObject *from, JsonObject *to, const char *name, const char *as)
{
  JsonNode *value = json_object_get_member (from, name);

  if (value != NULL)
    json_object_set_member (to, as, json_node_copy (value));
}

static const char *const views_field_members[] = {
  "type", "label", "default", "required", "multiple", "regex",
  "size", "rows",  "cols",    "choices",  "strict",
};

static void
views_add_mark (ViewsFormBuilder *self, const char *type, JsonObject *field)
{
  JsonObject *row = json_object_new ();

  json_object_set_string_member (row, "type", type);
  if (field != NULL)
    views_copy_member (field, row, "label", "label");
  json_array_add_object_element (self->rows, row);
}

static void
views_add_value (ViewsFormBuilder *self, JsonObject *field, const char *full_name)
{
  JsonObject *row = json_object_new ();
  g_autofree char *argument = g_strconcat (self->scheduler, ".", full_name, NULL);
  const char *given = belfry_form_get (self->arguments, argument);

  for (gsize i = 0; i < G_N_ELEMENTS (views_field_members); i++)
    views_copy_member (field, row, views_field_members[i], views_field_members[i]);
  json_object_set_string_member (row, "name", full_name);
  if (!json_object_has_member (row, "label"))
    json_object_set_string_member (row, "label", full_name);
  views_copy_member (row, row, "default", "value");
  if (given != NULL)
    json_object_set_string_member (row, "value", given);
  json_array_add_object_element (self->rows, row);
}

static void
views_add_fields (ViewsFormBuilder *self, JsonArray *fields, guint depth)
{
  for (guint i = 0; fields != NULL && i < json_array_get_length (fields); i++) {
    JsonNode *node = json_array_get_element (fields, i);
    JsonObject *field = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    const char *type = field != NULL ? belfry_json_get_text (field, "type") : NULL;
    const char *full_name = field != NULL ? belfry_json_get_text (field, "fullName") : NULL;
    JsonArray *inner = field != NULL ? belfry_json_get_array (field, "fields") : NULL;

    if (type == NULL || g_str_equal (type, "fixed") ||
        belfry_json_get_boolean (field, "hide", FALSE))
      continue;
    if (inner != NULL && depth < VIEWS_MAX_GROUPS) {
      views_add_mark (self, "open", field);
      views_add_fields (self, inner, depth + 1);
      views_add_mark (self, "close", NULL);
    } else if (inner == NULL) {
      views_add_value (self, field,
                       full_name != NULL ? full_name : belfry_json_get_text (field, "name"));
    }
  }
}

static JsonObject *
views_form_to_json (JsonObject *form, BelfryForm *arguments)
{
  JsonObject *object = json_object_new ();
  const char *name = belfry_json_get_text (form, "name");
  ViewsFormBuilder builder = { json_array_new (), arguments, name != NULL ? name : "" };

  json_object_set_string_member (object, "name", builder.scheduler);
  views_copy_member (form, object, "label", "label");
  views_copy_member (form, object, "button_name", "button_name");
  views_add_fields (&builder, belfry_json_get_array (form, "all_fields"), 0);
  views_take_array (object, "rows", builder.rows);
  return object;
}

static int
views_compare_forms (gconstpointer a, gconstpointer b)
{
  JsonObject *left = *(JsonObject *const *)a;
  JsonObject *right = *(JsonObject *const *)b;

  return views_compare_names (json_object_get_string_member (left, "name"),
                              json_object_get_string_member (right, "name"));
}

/* @forms: (nullable): force schedulers as records (model: all_fields); sorted by name, disabled
 * ones left out */
JsonArray *
views_forms_to_json (JsonArray *forms, BelfryForm *arguments)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  JsonArray *array = json_array_new ();

  for (guint i = 0; forms != NULL && i < json_array_get_length (forms); i++) {
    JsonNode *node = json_array_get_element (forms, i);
    JsonObject *form = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

    if (form != NULL && belfry_json_get_boolean (form, "enabled", TRUE))
      g_ptr_array_add (sorted, views_form_to_json (form, arguments));
  }
  g_ptr_array_sort (sorted, views_compare_forms);
  for (guint i = 0; i < sorted->len; i++)
    json_array_add_object_element (array, sorted->pdata[i]);
  return array;
}
