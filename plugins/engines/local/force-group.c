/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields as a form shows them: put into their groups, named after these, described to pages and
 * bots. A group holds fields, among them other groups; a free property is a group of two boxes.
 */
#include "force.h"
#include <string.h>

static void
free_field (gpointer field)
{
  local_field_free (field);
}

/* What its values are sent under: the groups' names, then its own. */
void
local_field_bear_name (LocalField *self, const char *prefix)
{
  g_free (self->full_name);
  self->full_name =
      *prefix != '\0' ? g_strdup_printf ("%s_%s", prefix, self->name) : g_strdup (self->name);
  for (guint i = 0; self->members != NULL && i < self->members->len; i++)
    local_field_bear_name (g_ptr_array_index (self->members, i), self->full_name);
}

static LocalField *
find_field (GPtrArray *all, const char *name)
{
  for (guint i = 0; i < all->len; i++) {
    LocalField *field = g_ptr_array_index (all, i);

    if (g_str_equal (field->name, name))
      return field;
  }
  return NULL;
}

static gboolean
is_within (const LocalField *field, const LocalField *group)
{
  for (; field != NULL; field = field->group) {
    if (field == group)
      return TRUE;
  }
  return FALSE;
}

static gboolean
join (GPtrArray *all, LocalField *group, const char *name, GError **error)
{
  LocalField *field = find_field (all, name);
  const char *fault = NULL;

  if (field == NULL)
    fault = "there is no such field";
  else if (is_within (group, field))
    fault = "a group cannot hold itself";
  else if (field->group != NULL)
    fault = "is in a group already";
  if (fault != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "field.%s: fields: '%s': %s",
                 group->name, name, fault);
    return FALSE;
  }
  field->group = group;
  return TRUE;
}

/* Takes the fields of @all. (transfer full) (element-type LocalField): those in no group; on an
 * error the groups that could be made */
GPtrArray *
local_fields_group (GPtrArray *all, GError **error)
{
  GPtrArray *top = g_ptr_array_new_with_free_func (free_field);
  gboolean sound = TRUE;

  for (guint i = 0; i < all->len; i++) {
    LocalField *group = g_ptr_array_index (all, i);

    for (guint j = 0; sound && group->fields != NULL && group->fields[j] != NULL; j++)
      sound = join (all, group, group->fields[j], error);
  }
  for (guint i = 0; i < all->len; i++) {
    LocalField *field = g_ptr_array_index (all, i);

    if (field->group == NULL) {
      g_ptr_array_add (top, field);
      continue;
    }
    if (field->group->members == NULL)
      field->group->members = g_ptr_array_new_with_free_func (free_field);
    g_ptr_array_add (field->group->members, field);
  }
  for (guint i = 0; i < top->len; i++)
    local_field_bear_name (g_ptr_array_index (top, i), "");
  return top;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
offer_workers (LocalField *field, const LocalForm *form)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GStrvBuilder) choices = g_strv_builder_new ();

  for (guint i = 0; i < form->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (form->builders, i);

    for (guint j = 0; j < builder->workers->len; j++) {
      LocalWorker *worker = g_ptr_array_index (builder->workers, j);

      if (g_hash_table_add (seen, worker->name))
        g_ptr_array_add (names, worker->name);
    }
  }
  g_ptr_array_sort (names, compare_names);
  g_strv_builder_add (choices, field->any);
  for (guint i = 0; i < names->len; i++)
    g_strv_builder_add (choices, g_ptr_array_index (names, i));
  g_strfreev (field->choices);
  field->choices = g_strv_builder_end (choices);
  if (*field->default_text != '\0')
    return;
  g_free (field->default_text);
  field->default_text = g_strdup (field->any);
}

static void
bind_workers (GPtrArray *fields, const LocalForm *form)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++) {
    LocalField *field = g_ptr_array_index (fields, i);

    if (field->kind == LOCAL_FIELD_WORKER)
      offer_workers (field, form);
    bind_workers (field->members, form);
  }
}

/* Worker fields offer the workers of the form's builders. */
void
local_form_bind_workers (LocalForm *self)
{
  bind_workers (self->fields, self);
}

/* descriptions */

/* Takes @fields. */
JsonObject *
local_group_describe (const char *name, const char *label, JsonArray *fields)
{
  JsonObject *group = json_object_new ();

  json_object_set_string_member (group, "name", name);
  json_object_set_string_member (group, "fullName", name);
  json_object_set_string_member (group, "label", label);
  json_object_set_string_member (group, "tablabel", label);
  json_object_set_string_member (group, "type", "nested");
  json_object_set_string_member (group, "layout", "vertical");
  json_object_set_int_member (group, "columns", 1);
  json_object_set_array_member (group, "fields", fields);
  return group;
}

static JsonObject *
describe_slot (const char *prefix)
{
  static const char *const parts[] = { "name", "value" };
  JsonArray *fields = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autoptr (LocalField) field = local_field_parse (parts[i], "string;size=20", NULL);

    local_field_bear_name (field, prefix);
    json_array_add_object_element (fields, local_field_describe (field));
  }
  return local_group_describe (prefix, prefix, fields);
}

static JsonArray *
describe_members (const LocalField *self)
{
  JsonArray *fields = json_array_new ();

  if (self->kind == LOCAL_FIELD_ANY) {
    for (gint64 i = 1; i <= self->count; i++) {
      g_autofree char *prefix = local_field_dup_slot (self, i);

      json_array_add_object_element (fields, describe_slot (prefix));
    }
    return fields;
  }
  for (guint i = 0; self->members != NULL && i < self->members->len; i++)
    json_array_add_object_element (fields,
                                   local_field_describe (g_ptr_array_index (self->members, i)));
  return fields;
}

/* Under which name the parts of a free property are sent. */
char *
local_field_dup_slot (const LocalField *self, gint64 number)
{
  if (self->count == 1)
    return g_strdup (self->full_name);
  return g_strdup_printf ("%s%" G_GINT64_FORMAT, self->full_name, number);
}

static void
describe_kind (const LocalField *self, JsonObject *object)
{
  if (self->kind == LOCAL_FIELD_TEXT) {
    json_object_set_int_member (object, "rows", self->rows);
    json_object_set_int_member (object, "cols", self->cols);
  }
  if (self->kind == LOCAL_FIELD_USERNAME)
    json_object_set_boolean_member (object, "need_email", self->need_email);
  if (self->kind == LOCAL_FIELD_NESTED || self->kind == LOCAL_FIELD_ANY) {
    json_object_set_string_member (object, "layout",
                                   self->layout != NULL ? self->layout : "vertical");
    json_object_set_int_member (object, "columns", self->columns);
    json_object_set_array_member (object, "fields", describe_members (self));
  }
  if (self->choices != NULL) {
    JsonArray *choices = json_array_new ();

    for (guint i = 0; self->choices[i] != NULL; i++)
      json_array_add_string_element (choices, self->choices[i]);
    json_object_set_array_member (object, "choices", choices);
    json_object_set_boolean_member (object, "strict", self->strict);
  }
}

JsonObject *
local_field_describe (const LocalField *self)
{
  static const char *const types[LOCAL_N_FIELDS] = {
    [LOCAL_FIELD_FIXED] = "fixed",   [LOCAL_FIELD_STRING] = "text",
    [LOCAL_FIELD_TEXT] = "textarea", [LOCAL_FIELD_INT] = "int",
    [LOCAL_FIELD_BOOLEAN] = "bool",  [LOCAL_FIELD_CHOICE] = "list",
    [LOCAL_FIELD_WORKER] = "list",   [LOCAL_FIELD_USERNAME] = "username",
    [LOCAL_FIELD_NESTED] = "nested", [LOCAL_FIELD_ANY] = "nested",
  };
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", self->name);
  json_object_set_string_member (object, "fullName", self->full_name);
  json_object_set_string_member (object, "label", self->label);
  json_object_set_string_member (object, "tablabel", self->tab != NULL ? self->tab : self->label);
  json_object_set_string_member (object, "type", types[self->kind]);
  json_object_set_string_member (object, "default", self->default_text);
  json_object_set_boolean_member (object, "required", self->required);
  json_object_set_boolean_member (object, "multiple", self->multiple);
  json_object_set_boolean_member (object, "hide", self->hide || self->kind == LOCAL_FIELD_FIXED);
  json_object_set_int_member (object, "maxsize", self->max_bytes);
  json_object_set_null_member (object, "autopopulate");
  if (self->pattern != NULL)
    json_object_set_string_member (object, "regex", self->pattern);
  else
    json_object_set_null_member (object, "regex");
  json_object_set_int_member (object, "size", self->size);
  describe_kind (self, object);
  return object;
}
