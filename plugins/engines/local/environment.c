/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rendered values and environments. An environment is built from a list, lowest first: inherited
 * names, engine, worker, builder, step, then what the engine itself sets; nothing of the daemon
 * passes by itself. `kw:NAME` is an axis of the matrix, else the variable's value so far.
 */
#include "environment.h"
#include "collapse.h"
#include <string.h>

const BelfrySourceStamp *
local_find_stamp (GPtrArray *stamps, const char *codebase)
{
  for (guint i = 0; i < stamps->len; i++) {
    const BelfrySourceStamp *stamp = g_ptr_array_index (stamps, i);

    if (g_strcmp0 (stamp->codebase, codebase) == 0)
      return stamp;
  }
  return NULL;
}

static JsonNode *
new_text_or_null (const char *text)
{
  return text != NULL ? belfry_json_new_text (text) : json_node_new (JSON_NODE_NULL);
}

static JsonNode *
look_up_source (const LocalContext *self, const char *key)
{
  g_auto (GStrv) parts = g_strsplit (key, ":", 2);
  const BelfrySourceStamp *stamp =
      g_strv_length (parts) == 2 ? local_find_stamp (self->stamps, parts[0]) : NULL;
  g_autoptr (JsonObject) object = NULL;
  JsonNode *value = NULL;

  if (stamp == NULL)
    return NULL;
  object = belfry_record_to_json (stamp, BELFRY_RECORD_JSON_NONE);
  value = json_object_get_member (object, parts[1]);
  return belfry_json_copy (value);
}

static JsonNode *
look_up_worker (const LocalContext *self, const char *key)
{
  const LocalWorkerKeys *keys = self->worker != NULL ? self->worker->keys : NULL;

  if (self->worker == NULL)
    return NULL;
  if (g_str_equal (key, "name"))
    return belfry_json_new_text (self->worker->name);
  if (g_str_equal (key, "admin"))
    return new_text_or_null (keys != NULL ? keys->admin : NULL);
  if (g_str_equal (key, "host"))
    return belfry_json_new_text (keys != NULL && keys->host != NULL ? keys->host
                                                                    : g_get_host_name ());
  return NULL;
}

static JsonNode *
look_up_keyword (const LocalContext *self, const char *key)
{
  const BelfryMap *axes = self->builder != NULL ? self->builder->keys->matrix : NULL;
  const char *value = axes != NULL ? belfry_map_lookup (axes, key) : NULL;

  if (value == NULL && self->environment != NULL)
    value = g_hash_table_lookup (self->environment, key);
  return value != NULL ? belfry_json_new_text (value) : NULL;
}

static JsonNode *
look_up_secret (const LocalContext *self, const char *key)
{
  const char *value = self->secrets != NULL ? g_hash_table_lookup (self->secrets, key) : NULL;

  if (value == NULL && self->missing != NULL)
    g_ptr_array_add (self->missing, g_strdup (key));
  return value != NULL ? belfry_json_new_text (value) : NULL;
}

static JsonNode *
look_up (const char *selector, const char *key, gpointer user_data)
{
  const LocalContext *self = user_data;
  JsonNode *value = NULL;

  if (g_str_equal (selector, "prop")) {
    value = belfry_properties_get_value (self->properties, key);
    return belfry_json_copy (value);
  }
  if (g_str_equal (selector, "src"))
    return look_up_source (self, key);
  if (g_str_equal (selector, "worker"))
    return look_up_worker (self, key);
  if (g_str_equal (selector, "kw"))
    return look_up_keyword (self, key);
  if (g_str_equal (selector, "secret"))
    return look_up_secret (self, key);
  return NULL;
}

char *
local_context_render (const LocalContext *self, BelfryRendered *rendered, GError **error)
{
  if (self->secrets == NULL && belfry_rendered_uses (rendered, "secret")) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "'%s': a secret has no place here: use env.NAME, secret.NAME or secret-file.NAME",
                 belfry_rendered_get_source (rendered));
    return NULL;
  }
  return belfry_rendered_render (rendered, look_up, (gpointer)self, error);
}

static void
set_text (JsonObject *object, const char *key, const char *value)
{
  json_object_set_member (object, key, new_text_or_null (value));
}

static void
add_stamp (JsonObject *object, GPtrArray *stamps)
{
  const BelfrySourceStamp *only = stamps->len == 1 ? g_ptr_array_index (stamps, 0) : NULL;

  set_text (object, "branch", only != NULL ? only->branch : NULL);
  set_text (object, "revision", only != NULL ? only->revision : NULL);
  set_text (object, "repository", only != NULL ? only->repository : NULL);
  set_text (object, "project", only != NULL ? only->project : NULL);
  set_text (object, "codebase", only != NULL ? only->codebase : NULL);
  json_object_set_object_member (object, "sources", local_stamps_to_json (stamps));
}

static void
add_changes (JsonObject *object, GPtrArray *changes)
{
  JsonArray *list = json_array_new ();
  JsonArray *files = json_array_new ();
  gboolean unknown = FALSE;

  for (guint i = 0; i < changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (changes, i);

    json_array_add_object_element (list,
                                   belfry_record_to_json (change, BELFRY_RECORD_JSON_PROPERTIES));
    for (guint j = 0; change->files != NULL && change->files[j] != NULL; j++)
      json_array_add_string_element (files, change->files[j]);
    unknown = unknown || change->files_unknown;
  }
  json_object_set_array_member (object, "changes", list);
  json_object_set_array_member (object, "files", files);
  json_object_set_boolean_member (object, "files_unknown", unknown);
}

/* The names that every expression knows. */
JsonObject *
local_context_to_json (const LocalContext *self)
{
  JsonObject *object = json_object_new ();
  JsonObject *builder = json_object_new ();
  JsonObject *worker = json_object_new ();

  json_object_set_object_member (object, "props", local_properties_to_values (self->properties));
  add_stamp (object, self->stamps);
  add_changes (object, self->changes);
  if (self->builder != NULL)
    json_object_set_string_member (builder, "name", self->builder->name);
  if (self->worker != NULL)
    json_object_set_string_member (worker, "name", self->worker->name);
  json_object_set_object_member (object, "builder", builder);
  json_object_set_object_member (object, "worker", worker);
  return object;
}

/* NAME=VALUE of the process's own environment, for the names given. */
char **
local_inherit_environment (char **names)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    const char *value = g_getenv (names[i]);

    if (value != NULL)
      g_ptr_array_add (list, g_strdup_printf ("%s=%s", names[i], value));
  }
  g_ptr_array_add (list, NULL);
  return (char **)g_ptr_array_free (list, FALSE);
}

static gboolean
apply_map (GHashTable *environment,
           const LocalContext *context,
           const BelfryMap *map,
           GError **error)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    const char *name = belfry_map_get_name (map, i);
    char *value =
        local_context_render (context, (BelfryRendered *)belfry_map_get_value (map, i), error);

    if (value == NULL) {
      g_prefix_error (error, "env.%s: ", name);
      return FALSE;
    }
    if (*value == '\0') {
      g_hash_table_remove (environment, name);
      g_free (value);
    } else
      g_hash_table_replace (environment, g_strdup (name), value);
  }
  return TRUE;
}

/* (transfer full): name to value */
GHashTable *
local_environment_make (const LocalEnvironmentSource *source, GError **error)
{
  g_autoptr (GHashTable) environment =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  LocalContext context = source->context;
  const LocalWorkerKeys *worker = context.worker->keys;
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  context.environment = environment;
  for (guint i = 0; source->inherited[i] != NULL; i++) {
    const char *equals = strchr (source->inherited[i], '=');

    g_hash_table_replace (environment,
                          g_strndup (source->inherited[i], (gsize)(equals - source->inherited[i])),
                          g_strdup (equals + 1));
  }
  if (!apply_map (environment, &context, context.config->keys->env, error) ||
      !apply_map (environment, &context, worker != NULL ? worker->env : NULL, error) ||
      !apply_map (environment, &context, context.builder->keys->env, error) ||
      !apply_map (environment, &context, source->step->keys->env, error))
    return NULL;
  g_hash_table_iter_init (&iter, source->fixed);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_replace (environment, g_strdup (name), g_strdup (value));
  return g_steal_pointer (&environment);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

char **
local_environment_to_list (GHashTable *environment)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, environment);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_ptr_array_add (list, g_strdup_printf ("%s=%s", (char *)name, (char *)value));
  g_ptr_array_sort (list, compare_entries);
  g_ptr_array_add (list, NULL);
  return (char **)g_ptr_array_free (list, FALSE);
}
