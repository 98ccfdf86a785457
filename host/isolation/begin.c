/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process is told first: the plugin's file, the keys of its section that are the plugin's
 * own, the values of its own secrets and nobody else's, and what it may read beyond the system.
 */
#include "isolated-private.h"

#include "places/places.h"

#include <dlfcn.h>

static const char *const told_values[] = {
  "config-directory", "locale", "runtime-directory", "state-directory", "time-zone", "title",
  "title-url",        "url",    "version",
};

static gboolean
is_the_hosts (BelfryIsolated *self, const char *key)
{
  gsize size = 0;
  const BelfryOptionTable *table = belfry_kind_get_host_table (self->blueprint->kind, &size);

  return belfry_option_table_find (&belfry_instance_keys_table, key) != NULL ||
         (table != NULL && belfry_option_table_find (table, key) != NULL);
}

static JsonObject *
write_section (BelfryIsolated *self)
{
  g_autoptr (BelfrySection) own = belfry_section_copy (self->blueprint->section);

  for (guint i = self->blueprint->section->entries->len; i > 0; i--) {
    const BelfryEntry *entry = g_ptr_array_index (self->blueprint->section->entries, i - 1);

    if (is_the_hosts (self, entry->name))
      belfry_section_remove (own, entry->name);
  }
  return belfry_wire_write_section (own);
}

static void
write_secret (gpointer secret, gpointer data)
{
  JsonArray *values = json_array_new ();

  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    const char *value = belfry_secret_get_generation (secret, i);

    json_array_add_string_element (values, value != NULL ? value : "");
  }
  json_array_add_array_element (data, values);
}

static JsonArray *
write_secrets (BelfryIsolated *self)
{
  const BelfryPlugin *plugin = self->blueprint->plugin;
  const BelfryOptionTable table = { plugin->options, plugin->option_size };
  JsonArray *all = json_array_new ();

  if (table.rows != NULL)
    belfry_option_table_visit_secrets (&table, self->blueprint->state, write_secret, all);
  return all;
}

static JsonObject *
write_values (BelfryIsolated *self)
{
  JsonObject *values = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (told_values); i++) {
    const char *value = belfry_instance_get_host_value (self->instance, told_values[i]);

    if (value != NULL)
      json_object_set_string_member (values, told_values[i], value);
  }
  return values;
}

static void
add_folder_of (JsonArray *paths, const char *file)
{
  g_autofree char *folder = g_path_get_dirname (file);

  json_array_add_string_element (paths, folder);
}

static JsonArray *
write_readable (BelfryIsolated *self)
{
  JsonArray *paths = json_array_new ();
  Dl_info library = { NULL };

  add_folder_of (paths, self->path);
  /* programs of plugins are linked to it, wherever it is */
  if (dladdr ((gconstpointer)belfry_clock_now_us, &library) != 0)
    add_folder_of (paths, library.dli_fname);
  json_array_add_string_element (paths, belfry_places_get_data ());
  json_array_add_string_element (paths, belfry_places_get_helpers ());
  json_array_add_string_element (paths, belfry_places_get_locale ());
  return paths;
}

JsonObject *
belfry_isolated_make_beginning (BelfryIsolated *self)
{
  JsonObject *head = json_object_new ();

  json_object_set_string_member (head, "path", self->path);
  json_object_set_int_member (head, "needs", self->blueprint->plugin->needs);
  json_object_set_int_member (head, "memory_max", self->blueprint->keys.memory_max);
  json_object_set_object_member (head, "section", write_section (self));
  json_object_set_array_member (head, "secrets", write_secrets (self));
  json_object_set_object_member (head, "values", write_values (self));
  json_object_set_array_member (head, "readable", write_readable (self));
  return head;
}
