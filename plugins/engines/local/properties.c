/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Order, a later one wins: engine, changes, the set (scheduler, form, rebuild), builder, defaults
 * (only where nothing has set them), worker; what the build itself sets comes after all. Names that
 * a build sets are never taken from outside.
 */
#include "properties.h"
#include <string.h>

static const char *const reserved[] = {
  "buildername",        "buildnumber",    "buildid",  "workername",
  "builddir",           "scheduler",      "branch",   "revision",
  "repository",         "project",        "codebase", "got_revision",
  "commit-description", "warnings-count", NULL,
};

static const char *const dangerous[] = { "PATH", "BASH_ENV", "ENV", "IFS", "HOME", "TMPDIR", NULL };

gboolean
local_property_is_reserved (const char *name)
{
  return g_strv_contains (reserved, name) || g_str_has_prefix (name, "tests-");
}

gboolean
local_property_is_dangerous (const char *name)
{
  return g_strv_contains (dangerous, name) || g_str_has_prefix (name, "LD_") ||
         g_str_has_prefix (name, "GIT_");
}

static void
set_from_map (BelfryProperties *self, const BelfryMap *map, const char *source, gboolean only_unset)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    const char *name = belfry_map_get_name (map, i);

    if (only_unset && belfry_properties_get_value (self, name) != NULL)
      continue;
    belfry_properties_take (self, name,
                            belfry_json_copy ((JsonNode *)belfry_map_get_value (map, i)), source);
  }
}

static void
set_axes (BelfryProperties *self, const BelfryMap *axes)
{
  for (guint i = 0; axes != NULL && i < belfry_map_get_count (axes); i++)
    belfry_properties_set_text (self, belfry_map_get_name (axes, i), belfry_map_get_value (axes, i),
                                "Builder");
}

static void
set_from_outside (BelfryProperties *self, const BelfryProperties *other, GPtrArray *dropped)
{
  for (guint i = 0; i < belfry_properties_get_count (other); i++) {
    const char *name = belfry_properties_get_name (other, i);

    if (local_property_is_reserved (name) && !g_str_equal (name, "scheduler")) {
      g_ptr_array_add (dropped, g_strdup (name));
      continue;
    }
    belfry_properties_take (self, name,
                            belfry_json_copy (belfry_properties_get_value (other, name)),
                            belfry_properties_get_source (other, name));
  }
}

/* @dropped: (element-type utf8): gets the names that outside values may not set */
BelfryProperties *
local_properties_merge (const LocalPropertySources *sources, GPtrArray *dropped)
{
  BelfryProperties *self = belfry_properties_new ();

  set_from_map (self, sources->global, "Global", FALSE);
  for (guint i = 0; i < sources->changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (sources->changes, i);

    if (change->properties != NULL)
      set_from_outside (self, change->properties, dropped);
  }
  if (sources->set != NULL)
    set_from_outside (self, sources->set, dropped);
  set_from_map (self, sources->builder, "Builder", FALSE);
  set_axes (self, sources->axes);
  set_from_map (self, sources->defaults, "Builder", TRUE);
  set_from_map (self, sources->worker, "Worker", FALSE);
  return self;
}

static gboolean
is_carried_over (const char *name, const char *source)
{
  static const char *const sources[] = {
    "Change", "Scheduler", "Force Build Form", "Force Build Chat", "Trigger", "Rebuild", NULL
  };

  return !local_property_is_reserved (name) && source != NULL && g_strv_contains (sources, source);
}

BelfryProperties *
local_properties_for_rebuild (const BelfryProperties *build, gint64 buildid)
{
  BelfryProperties *self = belfry_properties_new ();

  for (guint i = 0; build != NULL && i < belfry_properties_get_count (build); i++) {
    const char *name = belfry_properties_get_name (build, i);
    const char *source = belfry_properties_get_source (build, name);

    if (is_carried_over (name, source))
      belfry_properties_take (self, name,
                              belfry_json_copy (belfry_properties_get_value (build, name)), source);
  }
  belfry_properties_set_integer (self, "rebuilt_from", buildid, "Rebuild");
  return self;
}

static void
add_person (GHashTable *people, const char *person)
{
  if (person != NULL && *person != '\0')
    g_hash_table_add (people, g_strdup (person));
}

static void
add_people (GHashTable *people, JsonNode *value)
{
  JsonArray *list = NULL;

  if (value == NULL)
    return;
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    add_person (people, json_node_get_string (value));
  if (!JSON_NODE_HOLDS_ARRAY (value))
    return;
  list = json_node_get_array (value);
  for (guint i = 0; i < json_array_get_length (list); i++)
    add_people (people, json_array_get_element (list, i));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Authors, owner, owners and the author of a patch: sorted by code point, without doubles. */
char **
local_people (GPtrArray *changes, GPtrArray *stamps, const BelfryProperties *properties)
{
  g_autoptr (GHashTable) people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name = NULL;

  for (guint i = 0; i < changes->len; i++)
    add_person (people, ((const BelfryChange *)g_ptr_array_index (changes, i))->author);
  for (guint i = 0; i < stamps->len; i++) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, i);

    if (stamp->patch != NULL)
      add_person (people, stamp->patch->author);
  }
  add_people (people, belfry_properties_get_value (properties, "owner"));
  add_people (people, belfry_properties_get_value (properties, "owners"));
  g_hash_table_iter_init (&iter, people);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}
