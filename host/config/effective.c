/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections in the order of the file, those that plugins made of others after them. Each key that
 * is written stands with its line, each that has a default with that. A key that no table knows,
 * since the plugin could not be loaded, may be a secret, so its value is not shown.
 */
#include "config/effective.h"

#include "config/config-private.h"

#include <string.h>

typedef struct {
  BelfryConfigDraft *draft;
  BelfryProblems *problems;
  JsonArray *sections;
} Describer;

/* what the environment and other sections decide where nobody has written it here */
static const struct {
  const char *key;
  gsize offset;
} worked_out[] = {
  { "state-directory", G_STRUCT_OFFSET (BelfryHostKeys, state_directory) },
  { "runtime-directory", G_STRUCT_OFFSET (BelfryHostKeys, runtime_directory) },
  { "url", G_STRUCT_OFFSET (BelfryHostKeys, url) },
  { "time-zone", G_STRUCT_OFFSET (BelfryHostKeys, time_zone_name) },
};

static JsonObject *
add_key (JsonArray *keys, const char *key, const char *value, const char *origin)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "key", key);
  if (value != NULL)
    json_object_set_string_member (object, "value", value);
  json_object_set_string_member (object, "origin", origin);
  json_array_add_object_element (keys, object);
  return object;
}

/* the keyfile reader notes what a later file overrides */
static const char *
find_override (Describer *self, const BelfryEntry *entry, const char *title)
{
  for (guint i = 0; i < belfry_problems_get_length (self->problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (self->problems, i);

    if (problem->severity == BELFRY_SEVERITY_NOTE && problem->line == entry->line &&
        g_strcmp0 (problem->file, entry->file) == 0 && g_strcmp0 (problem->section, title) == 0 &&
        g_strcmp0 (problem->key, entry->name) == 0 &&
        g_str_has_prefix (problem->message, "overrides "))
      return problem->message;
  }
  return NULL;
}

static const BelfryOption *
find_row (const BelfryReading *readings, guint count, const char *key, const BelfryReading **at)
{
  for (guint i = 0; i < count; i++) {
    const BelfryOption *row = belfry_option_table_find (&readings[i].table, key);

    *at = &readings[i];
    if (row != NULL)
      return row;
  }
  return NULL;
}

/* "user:password@" of an address */
static char *
mask_address (const char *text)
{
  const char *start = strstr (text, "://");
  const char *at = NULL;
  const char *colon = NULL;

  if (start == NULL)
    return g_strdup (text);
  start += strlen ("://");
  at = memchr (start, '@', strcspn (start, "/?# \t"));
  colon = at != NULL ? memchr (start, ':', (gsize)(at - start)) : NULL;
  if (colon == NULL)
    return g_strdup (text);
  return g_strdup_printf ("%.*s:***%s", (int)(colon - text), text, at);
}

static char *
show_secret (BelfrySecret *secret)
{
  return secret != NULL ? belfry_secret_dup_shown (secret) : g_strdup ("(set)");
}

/* (transfer full): the value as it may be seen */
static char *
show_value (const BelfryReading *reading, const BelfryOption *row, const BelfryEntry *entry)
{
  gconstpointer member = reading->state != NULL ? (const char *)reading->state + row->offset : NULL;
  const char *dot = strchr (entry->name, '.');

  if (row->type == BELFRY_OPTION_SECRET)
    return show_secret (member != NULL ? *(BelfrySecret *const *)member : NULL);
  if (row->type == BELFRY_OPTION_MAP && row->element == BELFRY_OPTION_SECRET) {
    const BelfryMap *map = member != NULL ? *(BelfryMap *const *)member : NULL;

    return show_secret (
        map != NULL && dot != NULL ? (BelfrySecret *)belfry_map_lookup (map, dot + 1) : NULL);
  }
  return mask_address (entry->value);
}

static void
add_entry (Describer *self, JsonArray *keys, const BelfryEntry *entry, const char *value)
{
  JsonObject *object = add_key (keys, entry->name, value, value != NULL ? "file" : "unread");

  json_object_set_string_member (object, "file", entry->file);
  json_object_set_int_member (object, "line", entry->line);
}

static void
add_written (Describer *self,
             JsonArray *keys,
             const BelfrySection *section,
             const BelfryReading *readings,
             guint count)
{
  g_autofree char *title = belfry_section_dup_title (section);
  /* a section that has keys of the user's own has no table, and no secrets */
  gboolean is_free = belfry_host_sections_know (section->kind) &&
                     belfry_host_sections_find_table (section->kind) == NULL;

  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    const BelfryReading *reading = NULL;
    const BelfryOption *row = find_row (readings, count, entry->name, &reading);
    g_autofree char *value = row != NULL ? show_value (reading, row, entry)
                             : is_free   ? mask_address (entry->value)
                                         : NULL;
    const char *note = find_override (self, entry, title);

    add_entry (self, keys, entry, value);
    if (note != NULL)
      json_object_set_string_member (
          json_array_get_object_element (keys, json_array_get_length (keys) - 1), "note", note);
  }
}

static gboolean
is_written (const BelfrySection *section, const BelfryOption *row)
{
  return belfry_section_find (section, row->name) != NULL ||
         (row->alias != NULL && belfry_section_find (section, row->alias) != NULL);
}

/* (nullable): another default that the plugin gives to a key of the host's */
static const char *
find_plugin_default (Describer *self, const BelfrySection *section, const char *key)
{
  BelfryKind kind = BELFRY_N_KINDS;
  const BelfryBlueprint *blueprint =
      belfry_kind_from_name (section->kind, &kind)
          ? belfry_config_find (&self->draft->config, kind, section->name)
          : NULL;
  const BelfryDefault *row =
      blueprint != NULL && blueprint->plugin != NULL ? blueprint->plugin->defaults : NULL;

  for (; row != NULL && row->key != NULL; row++)
    if (strcmp (row->key, key) == 0)
      return row->value;
  return NULL;
}

static void
add_default (Describer *self,
             JsonArray *keys,
             const BelfrySection *section,
             const BelfryOption *row)
{
  const char *value = find_plugin_default (self, section, row->name);

  if (value != NULL)
    add_key (keys, row->name, value, "plugin");
  else if (row->default_text != NULL && !row->hidden && row->deprecated == NULL)
    add_key (keys, row->name, row->default_text, "default");
}

static void
add_worked_out (Describer *self, JsonArray *keys, const BelfrySection *section)
{
  /* keys of [host] may stand there, and in one of both only */
  const BelfrySection *www = belfry_config_find_section (&self->draft->config, "www");

  for (gsize i = 0; i < G_N_ELEMENTS (worked_out); i++) {
    const char *value = G_STRUCT_MEMBER (char *, &self->draft->config.host, worked_out[i].offset);
    const BelfryOption *row = belfry_option_table_find (&belfry_host_keys_table, worked_out[i].key);

    if (value != NULL && row != NULL && !is_written (section, row) &&
        (www == NULL || belfry_section_find (www, worked_out[i].key) == NULL))
      add_key (keys, worked_out[i].key, value, "worked out");
  }
}

static void
describe_section (Describer *self,
                  const BelfrySection *section,
                  const BelfryReading *readings,
                  guint count)
{
  JsonObject *object = json_object_new ();
  JsonArray *keys = json_array_new ();

  json_object_set_string_member (object, "kind", section->kind);
  json_object_set_string_member (object, "name", section->name);
  if (section->line > 0) {
    json_object_set_string_member (object, "file", section->file);
    json_object_set_int_member (object, "line", section->line);
  }
  add_written (self, keys, section, readings, count);
  if (strcmp (section->kind, "host") == 0)
    add_worked_out (self, keys, section);
  for (guint i = 0; i < count; i++) {
    const BelfryOption *row = NULL;

    while ((row = belfry_option_table_next (&readings[i].table, row)) != NULL)
      if (!is_written (section, row))
        add_default (self, keys, section, row);
  }
  json_object_set_array_member (object, "keys", keys);
  json_array_add_object_element (self->sections, object);
}

/* (transfer full) (element-type BelfryReading): tables of a section */
static GArray *
list_readings (Describer *self, const BelfrySection *section)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (BelfryReading));
  const BelfryOptionTable *table = belfry_host_sections_find_table (section->kind);

  for (guint i = 0; i < self->draft->readings->len; i++) {
    const BelfryReading *reading = &g_array_index (self->draft->readings, BelfryReading, i);

    if (reading->section == section)
      g_array_append_val (found, *reading);
  }
  if (found->len == 0 && table != NULL) {
    const BelfryReading own = { section, *table, NULL };

    g_array_append_val (found, own);
  }
  return found;
}

static gboolean
is_expanded (Describer *self, const BelfrySection *section)
{
  return g_ptr_array_find (self->draft->expanded, section, NULL);
}

/* what a plugin makes other sections of shows only as those */
static gboolean
is_replaced (Describer *self, const BelfrySection *section)
{
  for (guint i = 0; i < self->draft->expanded->len; i++)
    if (strcmp (((BelfrySection *)g_ptr_array_index (self->draft->expanded, i))->kind,
                section->kind) == 0)
      return !is_expanded (self, section);
  return FALSE;
}

static void
describe_list (Describer *self, GPtrArray *sections)
{
  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);
    g_autoptr (GArray) readings = list_readings (self, section);

    if (!is_replaced (self, section))
      describe_section (self, section, (const BelfryReading *)(gpointer)readings->data,
                        readings->len);
  }
}

/* sections that are in force though nobody has written them */
static void
describe_unwritten (Describer *self, const char *kind)
{
  g_autoptr (BelfrySection) section = NULL;
  BelfryReading reading = { NULL, *belfry_host_sections_find_table (kind), NULL };

  if (belfry_config_find_section (&self->draft->config, kind) != NULL)
    return;
  section = belfry_section_new (kind, "", self->draft->config.path, 0);
  reading.section = section;
  describe_section (self, section, &reading, 1);
}

/* what drop-ins take away stands nowhere else */
static JsonArray *
list_removals (BelfryProblems *problems)
{
  JsonArray *notes = json_array_new ();

  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = NULL;

    if (problem->severity != BELFRY_SEVERITY_NOTE || problem->section != NULL)
      continue;
    text = belfry_problem_to_text (problem);
    json_array_add_string_element (notes, text);
  }
  return notes;
}

JsonObject *
belfry_config_describe (BelfryConfig *config, BelfryProblems *problems)
{
  JsonObject *object = json_object_new ();
  Describer self = { (BelfryConfigDraft *)config, problems, json_array_new () };

  describe_unwritten (&self, "host");
  describe_unwritten (&self, "store");
  describe_list (&self, config->sections);
  describe_list (&self, self.draft->expanded);
  json_object_set_string_member (object, "config", config->path);
  json_object_set_array_member (object, "sections", self.sections);
  json_object_set_array_member (object, "notes", list_removals (problems));
  return object;
}

/* as text */

static void
append_origin (GString *text, JsonObject *object)
{
  const char *origin = belfry_json_get_text (object, "origin");
  const char *note = belfry_json_get_text (object, "note");

  if (belfry_json_get_text (object, "file") != NULL)
    g_string_append_printf (text, "%s:%" G_GINT64_FORMAT, belfry_json_get_text (object, "file"),
                            belfry_json_get_integer (object, "line", 0));
  else if (g_strcmp0 (origin, "plugin") == 0)
    g_string_append (text, "default of the plugin");
  else
    g_string_append (text, origin != NULL ? origin : "default");
  if (note != NULL)
    g_string_append_printf (text, ", %s", note);
}

/* @origin: of the key above, so that many of one origin say it once */
static void
append_key (GString *text, JsonObject *key, GString *origin)
{
  const char *value = belfry_json_get_text (key, "value");
  g_autoptr (GString) own = g_string_new (NULL);

  append_origin (own, key);
  if (value == NULL)
    g_string_append (own, ", not shown: nobody knows what it is");
  if (!g_string_equal (own, origin))
    g_string_append_printf (text, "# %s\n", own->str);
  g_string_assign (origin, own->str);
  g_string_append_printf (text, "%s%s=%s\n", value == NULL ? "#" : "",
                          belfry_json_get_text (key, "key"), value != NULL ? value : "");
}

static void
append_section (GString *text, JsonObject *section)
{
  JsonArray *keys = belfry_json_get_array (section, "keys");
  const char *name = belfry_json_get_text (section, "name");
  g_autoptr (GString) origin = g_string_new (NULL);

  g_string_append (text, "\n# ");
  append_origin (text, section);
  g_string_append_printf (text, "\n[%s%s%s]\n", belfry_json_get_text (section, "kind"),
                          name[0] != '\0' ? " " : "", name);
  for (guint i = 0; i < json_array_get_length (keys); i++)
    append_key (text, json_array_get_object_element (keys, i), origin);
}

char *
belfry_config_description_to_text (JsonObject *description)
{
  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *sections = belfry_json_get_array (description, "sections");
  JsonArray *notes = belfry_json_get_array (description, "notes");

  g_string_append_printf (text, "# what is in force of %s\n",
                          belfry_json_get_text (description, "config"));
  for (guint i = 0; i < json_array_get_length (notes); i++)
    g_string_append_printf (text, "# %s\n", json_array_get_string_element (notes, i));
  for (guint i = 0; i < json_array_get_length (sections); i++)
    append_section (text, json_array_get_object_element (sections, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
