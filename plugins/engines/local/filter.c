/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The change filter. Each field may be asked four things (list, -not, -re, -not-re); all that is
 * asked must hold. What a change does not have (branch, category) is matched by the item `@none`
 * alone.
 */
#include "filter.h"

static const struct {
  const char *name;
  gsize keys_offset;
  gsize change_offset;
} fields[LOCAL_FILTER_FIELDS] = {
  { "project", G_STRUCT_OFFSET (LocalFilterKeys, project),
    G_STRUCT_OFFSET (BelfryChange, project) },
  { "repository", G_STRUCT_OFFSET (LocalFilterKeys, repository),
    G_STRUCT_OFFSET (BelfryChange, repository) },
  { "branch", G_STRUCT_OFFSET (LocalFilterKeys, branch), G_STRUCT_OFFSET (BelfryChange, branch) },
  { "category", G_STRUCT_OFFSET (LocalFilterKeys, category),
    G_STRUCT_OFFSET (BelfryChange, category) },
  { "codebase", G_STRUCT_OFFSET (LocalFilterKeys, codebase),
    G_STRUCT_OFFSET (BelfryChange, codebase) },
};

/* Longest first, so that -not-re is not taken for -re. */
static const struct {
  const char *suffix;
  gboolean regex;
  gboolean negated;
} endings[] = {
  { "-not-re", TRUE, TRUE },
  { "-re", TRUE, FALSE },
  { "-not", FALSE, TRUE },
  { "", FALSE, FALSE },
};

static const LocalFilterField *
field_of (const LocalFilterKeys *keys, guint index)
{
  return G_STRUCT_MEMBER_P (keys, fields[index].keys_offset);
}

static void
property_filter_free (gpointer data)
{
  LocalPropertyFilter *self = data;

  g_free (self->name);
  g_strfreev (self->field.any);
  g_strfreev (self->field.none);
  g_clear_pointer (&self->field.any_re, g_ptr_array_unref);
  g_clear_pointer (&self->field.none_re, g_ptr_array_unref);
  g_free (self);
}

static GPtrArray *
compile_list (const char *text, GError **error)
{
  g_autoptr (GPtrArray) patterns = g_ptr_array_new_with_free_func ((GDestroyNotify)g_regex_unref);
  g_auto (GStrv) items = belfry_split_list (text);

  for (guint i = 0; items[i] != NULL; i++) {
    GRegex *regex = belfry_regex_new (items[i], error);

    if (regex == NULL)
      return NULL;
    g_ptr_array_add (patterns, regex);
  }
  return g_steal_pointer (&patterns);
}

static LocalPropertyFilter *
find_property (LocalFilter *self, const char *name, gsize length)
{
  LocalPropertyFilter *property = NULL;

  for (guint i = 0; i < self->properties->len; i++) {
    property = g_ptr_array_index (self->properties, i);
    if (strlen (property->name) == length && strncmp (property->name, name, length) == 0)
      return property;
  }
  property = g_new0 (LocalPropertyFilter, 1);
  property->name = g_strndup (name, length);
  g_ptr_array_add (self->properties, property);
  return property;
}

static gboolean
add_property (LocalFilter *self, const char *name, const char *text, GError **error)
{
  LocalPropertyFilter *property = NULL;
  GPtrArray *patterns = NULL;
  guint i = 0;

  while (!g_str_has_suffix (name, endings[i].suffix))
    i++;
  property = find_property (self, name, strlen (name) - strlen (endings[i].suffix));
  if (endings[i].regex) {
    patterns = compile_list (text, error);
    if (patterns == NULL) {
      g_prefix_error (error, "match-property.%s: ", name);
      return FALSE;
    }
    *(endings[i].negated ? &property->field.none_re : &property->field.any_re) = patterns;
  } else
    *(endings[i].negated ? &property->field.none : &property->field.any) = belfry_split_list (text);
  return TRUE;
}

LocalFilter *
local_filter_new (const LocalFilterKeys *keys, GError **error)
{
  g_autoptr (LocalFilter) self = g_new0 (LocalFilter, 1);

  self->keys = keys;
  self->properties = g_ptr_array_new_with_free_func (property_filter_free);
  for (guint i = 0; keys->properties != NULL && i < belfry_map_get_count (keys->properties); i++) {
    if (!add_property (self, belfry_map_get_name (keys->properties, i),
                       belfry_map_get_value (keys->properties, i), error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
local_filter_free (LocalFilter *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->properties);
  g_free (self);
}

static gboolean
field_is_absent (const LocalFilterField *field)
{
  return field->any == NULL && field->none == NULL && field->any_re == NULL &&
         field->none_re == NULL;
}

gboolean
local_filter_is_empty (const LocalFilter *self)
{
  for (guint i = 0; i < LOCAL_FILTER_FIELDS; i++) {
    if (!field_is_absent (field_of (self->keys, i)))
      return FALSE;
  }
  return self->properties->len == 0;
}

static gboolean
item_matches (const char *item, const char *value)
{
  if (value == NULL)
    return g_str_equal (item, "@none");
  if (belfry_glob_is_pattern (item))
    return belfry_glob_match (item, value, BELFRY_GLOB_TEXT);
  return g_str_equal (item, value);
}

static gboolean
any_item_matches (char **items, const char *value)
{
  for (guint i = 0; items[i] != NULL; i++) {
    if (item_matches (items[i], value))
      return TRUE;
  }
  return FALSE;
}

static gboolean
any_regex_matches (GPtrArray *patterns, const char *value)
{
  for (guint i = 0; value != NULL && i < patterns->len; i++) {
    if (belfry_regex_match_start (g_ptr_array_index (patterns, i), value))
      return TRUE;
  }
  return FALSE;
}

typedef struct {
  LocalFilterFunc func; /* (nullable) */
  gpointer data;
} Walk;

static gboolean
tell (const Walk *walk, const char *name, guint ending, const char *value, gboolean held)
{
  if (walk->func != NULL) {
    g_autofree char *key = g_strconcat (name, endings[ending].suffix, NULL);

    walk->func (key, value, held, walk->data);
  }
  return held;
}

static gboolean
field_matches (const LocalFilterField *field, const char *name, const char *value, const Walk *walk)
{
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    gboolean negated = endings[i].negated;
    char **items = negated ? field->none : field->any;
    GPtrArray *patterns = negated ? field->none_re : field->any_re;
    gboolean found = FALSE;

    if (endings[i].regex ? patterns == NULL : items == NULL)
      continue;
    found =
        endings[i].regex ? any_regex_matches (patterns, value) : any_item_matches (items, value);
    if (!tell (walk, name, i, value, found != negated))
      return FALSE;
  }
  return TRUE;
}

static char *
dup_property_text (const BelfryChange *change, const char *name)
{
  JsonNode *value =
      change->properties != NULL ? belfry_properties_get_value (change->properties, name) : NULL;

  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    return json_node_dup_string (value);
  return belfry_json_to_text (value);
}

gboolean
local_filter_walk (const LocalFilter *self,
                   const BelfryChange *change,
                   LocalFilterFunc func,
                   gpointer data)
{
  const Walk walk = { func, data };

  for (guint i = 0; i < LOCAL_FILTER_FIELDS; i++)
    if (!field_matches (field_of (self->keys, i), fields[i].name,
                        G_STRUCT_MEMBER (char *, change, fields[i].change_offset), &walk))
      return FALSE;
  for (guint i = 0; i < self->properties->len; i++) {
    const LocalPropertyFilter *property = g_ptr_array_index (self->properties, i);
    g_autofree char *name = g_strconcat ("match-property.", property->name, NULL);
    g_autofree char *value = dup_property_text (change, property->name);

    if (!field_matches (&property->field, name, value, &walk))
      return FALSE;
  }
  return TRUE;
}

static void
keep_last_key (const char *key, const char *value, gboolean held, gpointer data)
{
  char **why_not = data;

  (void)value;
  if (!held)
    *why_not = g_strdup (key);
}

/* @why_not: (out) (nullable): name of the key that did not hold */
gboolean
local_filter_matches (const LocalFilter *self, const BelfryChange *change, char **why_not)
{
  return local_filter_walk (self, change, why_not != NULL ? keep_last_key : NULL, why_not);
}

static gboolean
file_matches (char **globs, const char *file)
{
  for (guint i = 0; globs[i] != NULL; i++) {
    if (belfry_glob_match (globs[i], file, BELFRY_GLOB_PATH))
      return TRUE;
  }
  return FALSE;
}

static gboolean
file_is_important (const LocalSchedulerKeys *keys, const char *path)
{
  const char *file = *path == '/' ? path + 1 : path;

  return (keys->unimportant_files == NULL || !file_matches (keys->unimportant_files, file)) &&
         (keys->important_files == NULL || file_matches (keys->important_files, file));
}

gboolean
local_change_is_important (const LocalSchedulerKeys *keys, const BelfryChange *change)
{
  if (keys->important_files == NULL && keys->unimportant_files == NULL)
    return TRUE;
  if (change->files_unknown)
    return TRUE;
  for (guint i = 0; change->files != NULL && change->files[i] != NULL; i++) {
    if (file_is_important (keys, change->files[i]))
      return TRUE;
  }
  return FALSE;
}
