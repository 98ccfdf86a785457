/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One field of a form: `KIND;option=value;…`, and whether what was sent fits it. */
#include "force.h"
#include "properties.h"
#include <string.h>

static const struct {
  const char *name;
  LocalFieldKind kind;
} kinds[] = {
  { "fixed", LOCAL_FIELD_FIXED },       { "string", LOCAL_FIELD_STRING },
  { "text", LOCAL_FIELD_TEXT },         { "int", LOCAL_FIELD_INT },
  { "boolean", LOCAL_FIELD_BOOLEAN },   { "choice", LOCAL_FIELD_CHOICE },
  { "username", LOCAL_FIELD_USERNAME }, { "worker", LOCAL_FIELD_WORKER },
  { "nested", LOCAL_FIELD_NESTED },     { "any", LOCAL_FIELD_ANY },
};

static const char *const later_kinds[] = { "file", "inherit", NULL };

#define ANY_MAX 20

typedef enum {
  OPTION_TEXT,
  OPTION_BOOLEAN,
  OPTION_INTEGER,
  OPTION_SIZE,
  OPTION_LIST,
} OptionType;

static const struct {
  const char *name;
  OptionType type;
  gsize offset;
} options[] = {
  { "label", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, label) },
  { "default", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, default_text) },
  { "required", OPTION_BOOLEAN, G_STRUCT_OFFSET (LocalField, required) },
  { "hide", OPTION_BOOLEAN, G_STRUCT_OFFSET (LocalField, hide) },
  { "regex", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, pattern) },
  { "max-size", OPTION_SIZE, G_STRUCT_OFFSET (LocalField, max_bytes) },
  { "tab", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, tab) },
  { "size", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, size) },
  { "cols", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, cols) },
  { "rows", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, rows) },
  { "min", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, minimum) },
  { "max", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, maximum) },
  { "choices", OPTION_LIST, G_STRUCT_OFFSET (LocalField, choices) },
  { "strict", OPTION_BOOLEAN, G_STRUCT_OFFSET (LocalField, strict) },
  { "multiple", OPTION_BOOLEAN, G_STRUCT_OFFSET (LocalField, multiple) },
  { "need-email", OPTION_BOOLEAN, G_STRUCT_OFFSET (LocalField, need_email) },
  { "any", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, any) },
  { "count", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, count) },
  { "fields", OPTION_LIST, G_STRUCT_OFFSET (LocalField, fields) },
  { "columns", OPTION_INTEGER, G_STRUCT_OFFSET (LocalField, columns) },
  { "layout", OPTION_TEXT, G_STRUCT_OFFSET (LocalField, layout) },
};

void
local_field_free (LocalField *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->label);
  g_free (self->default_text);
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self->pattern);
  g_strfreev (self->choices);
  g_free (self->tab);
  g_free (self->full_name);
  g_free (self->any);
  g_free (self->layout);
  g_strfreev (self->fields);
  g_clear_pointer (&self->members, g_ptr_array_unref);
  g_free (self);
}

static void
replace_text (char **member, const char *value)
{
  g_free (*member);
  *member = g_strdup (value);
}

static gboolean
set_option (LocalField *self, guint option, const char *value, GError **error)
{
  gpointer member = G_STRUCT_MEMBER_P (self, options[option].offset);

  switch (options[option].type) {
  case OPTION_TEXT:
    replace_text (member, value);
    return TRUE;
  case OPTION_BOOLEAN:
    return belfry_parse_boolean (value, member, error);
  case OPTION_INTEGER:
    return belfry_parse_integer (value, G_MININT32, G_MAXINT32, member, error);
  case OPTION_SIZE:
    return belfry_parse_size (value, member, error);
  case OPTION_LIST:
    g_strfreev (*(char ***)member);
    *(char ***)member = g_strsplit (value, ",", -1);
    return TRUE;
  }
  return FALSE;
}

static gboolean
read_option (LocalField *self, const char *item, GError **error)
{
  g_auto (GStrv) pair = g_strsplit (item, "=", 2);

  if (g_strv_length (pair) != 2) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not option=value", item);
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    if (g_str_equal (options[i].name, pair[0]))
      return set_option (self, i, pair[1], error);
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no option of a field", pair[0]);
  return FALSE;
}

static gboolean
read_kind (LocalField *self, const char *text, GError **error)
{
  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (kinds[i].name, text))
      continue;
    self->kind = kinds[i].kind;
    return TRUE;
  }
  if (text != NULL && g_strv_contains (later_kinds, text))
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "fields of kind '%s' are not yet offered", text);
  else
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no kind of field",
                 text != NULL ? text : "");
  return FALSE;
}

LocalField *
local_field_parse (const char *name, const char *text, GError **error)
{
  g_autoptr (LocalField) self = g_new0 (LocalField, 1);
  g_auto (GStrv) items = belfry_split_list (text);

  self->name = g_strdup (name);
  self->label = g_strdup (name);
  self->default_text = g_strdup ("");
  self->max_bytes = LOCAL_PROPERTY_BYTES;
  self->size = 10;
  self->cols = 80;
  self->rows = 20;
  self->minimum = G_MININT32;
  self->maximum = G_MAXINT32;
  self->strict = TRUE;
  self->full_name = g_strdup (name);
  self->any = g_strdup ("-any-");
  self->count = 1;
  self->columns = 1;
  if (!read_kind (self, items[0], error))
    return NULL;
  for (guint i = 1; items[i] != NULL; i++) {
    if (!read_option (self, items[i], error))
      return NULL;
  }
  if (self->kind == LOCAL_FIELD_CHOICE && self->choices == NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "a choice needs choices=");
    return NULL;
  }
  if (self->kind == LOCAL_FIELD_NESTED && self->fields == NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "a group needs fields=");
    return NULL;
  }
  if (self->count < 1 || self->count > ANY_MAX) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "count must be from 1 to %d", ANY_MAX);
    return NULL;
  }
  if (self->pattern != NULL)
    self->regex = belfry_regex_new (self->pattern, error);
  return self->pattern == NULL || self->regex != NULL ? g_steal_pointer (&self) : NULL;
}

static char *
dup_sent (JsonNode *value)
{
  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    return json_node_dup_string (value);
  return belfry_json_to_text (value);
}

static JsonNode *
check_integer (const LocalField *self, const char *text, char **message)
{
  gint64 number = 0;
  g_autofree char *trimmed = g_strstrip (g_strdup (*text == '+' ? text + 1 : text));

  if (*trimmed == '\0')
    return belfry_json_new_integer (0);
  if (!belfry_parse_integer (trimmed, self->minimum, self->maximum, &number, NULL)) {
    *message =
        g_strdup_printf ("%s: needs an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                         self->label, self->minimum, self->maximum);
    return NULL;
  }
  return belfry_json_new_integer (number);
}

static JsonNode *
check_boolean (const LocalField *self, const char *text, char **message)
{
  gboolean value = FALSE;
  JsonNode *node = NULL;

  if (*text != '\0' && !g_str_equal (text, "on") && !belfry_parse_boolean (text, &value, NULL)) {
    *message = g_strdup_printf ("%s: needs true or false", self->label);
    return NULL;
  }
  node = json_node_new (JSON_NODE_VALUE);
  json_node_set_boolean (node, value || g_str_equal (text, "on"));
  return node;
}

static gboolean
is_choice (const LocalField *self, const char *text)
{
  return !self->strict ||
         (self->choices != NULL && g_strv_contains ((const char *const *)self->choices, text));
}

static JsonNode *
check_choices (const LocalField *self, JsonNode *value, const char *text, char **message)
{
  JsonArray *sent =
      value != NULL && JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
  g_auto (GStrv) words = sent == NULL && *text != '\0' ? g_strsplit (text, "+", -1) : NULL;
  JsonArray *list = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; sent != NULL && i < json_array_get_length (sent); i++) {
    g_autofree char *word = dup_sent (json_array_get_element (sent, i));

    json_array_add_string_element (list, word != NULL ? word : "");
  }
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    json_array_add_string_element (list, words[i]);
  json_node_take_array (node, list);
  for (guint i = 0; i < json_array_get_length (list); i++) {
    const char *word = json_array_get_string_element (list, i);

    if (is_choice (self, word))
      continue;
    *message = g_strdup_printf ("%s: '%s' is none of the choices", self->label, word);
    json_node_unref (node);
    return NULL;
  }
  return node;
}

static gboolean
has_address (const char *text)
{
  const char *at = strchr (text, '@');

  return at != NULL && at > text && at[1] != '\0' && strpbrk (text, "\r\n") == NULL;
}

static char *
find_fault (const LocalField *self, const char *text)
{
  if (strlen (text) > (gsize)self->max_bytes)
    return g_strdup_printf ("%s: is longer than %" G_GINT64_FORMAT " bytes", self->label,
                            self->max_bytes);
  if (self->regex != NULL && *text != '\0' && !belfry_regex_match_start (self->regex, text)) {
    g_autofree char *shown = belfry_text_make_printable (text, -1, 100);

    return g_strdup_printf ("%s:'%s' does not match pattern '%s'", self->label, shown,
                            self->pattern);
  }
  if (self->kind == LOCAL_FIELD_USERNAME && self->need_email && !has_address (text))
    return g_strdup_printf (
        "%s: please fill in email address in the form 'Name <name@example.org>'", self->name);
  if ((self->kind == LOCAL_FIELD_CHOICE || self->kind == LOCAL_FIELD_WORKER) && !self->multiple &&
      *text != '\0' && !is_choice (self, text)) {
    g_autofree char *shown = belfry_text_make_printable (text, -1, 100);

    return g_strdup_printf ("%s: '%s' is none of the choices", self->label, shown);
  }
  return NULL;
}

static gboolean
is_blank (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  return *stripped == '\0';
}

/* (nullable): it does not fit, and @message says why. @value NULL: nothing was sent */
JsonNode *
local_field_check (const LocalField *self, JsonNode *value, char **message)
{
  g_autofree char *sent = self->kind == LOCAL_FIELD_FIXED ? NULL : dup_sent (value);
  const char *text = sent != NULL ? sent : self->default_text;

  if (self->required && is_blank (text)) {
    *message = g_strdup_printf ("'%s' needs to be specified", self->label);
    return NULL;
  }
  *message = find_fault (self, text);
  if (*message != NULL)
    return NULL;
  if (self->kind == LOCAL_FIELD_INT)
    return check_integer (self, text, message);
  if (self->kind == LOCAL_FIELD_BOOLEAN)
    return check_boolean (self, text, message);
  if (self->kind == LOCAL_FIELD_CHOICE && self->multiple)
    return check_choices (self, value, text, message);
  if (self->kind == LOCAL_FIELD_TEXT) {
    g_autoptr (GString) unix_text = g_string_new (text);

    g_string_replace (unix_text, "\r\n", "\n", 0);
    return belfry_json_new_text (unix_text->str);
  }
  return belfry_json_new_text (text);
}
