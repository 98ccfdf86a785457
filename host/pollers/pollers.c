/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who polls: one entry a name. A reload that changes a section puts another instance behind the
 * entry, after the poll that runs has ended, so that two never work in one folder.
 */
#include "pollers-private.h"

static void
poller_free (gpointer data)
{
  BelfryPollerRun *self = data;

  belfry_poller_unschedule (self);
  belfry_hosted_unref (self->hosted);
  belfry_hosted_unref (self->next);
  g_clear_pointer (&self->state, json_node_unref);
  g_free (self->error);
  g_free (self->name);
  g_free (self);
}

const BelfryPollerKeys *
belfry_poller_get_keys (const BelfryPollerRun *self)
{
  return self->hosted->blueprint->host_state;
}

BelfryPollers *
belfry_pollers_new (BelfryStore *store, BelfryPollersAlert alert, gpointer alert_data)
{
  BelfryPollers *self = g_new0 (BelfryPollers, 1);

  self->store = store;
  self->alert = alert;
  self->alert_data = alert_data;
  self->pollers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, poller_free);
  return self;
}

void
belfry_pollers_set_masks (BelfryPollers *self, BelfryMasks *masks)
{
  self->masks = masks;
}

void
belfry_pollers_free (BelfryPollers *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->pollers);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_free (self);
}

static void
put_behind (BelfryPollerRun *self, BelfryHosted *hosted)
{
  belfry_hosted_unref (self->hosted);
  self->hosted = hosted;
  self->begun = FALSE;
  self->failures = 0;
}

static BelfryPollerRun *
add_poller (BelfryPollers *room, BelfryHosted *hosted)
{
  BelfryPollerRun *self = g_new0 (BelfryPollerRun, 1);

  self->room = room;
  self->name = g_strdup (hosted->blueprint->name);
  self->hosted = belfry_hosted_ref (hosted);
  g_hash_table_insert (room->pollers, self->name, self);
  return self;
}

static void
change_poller (BelfryPollerRun *self, BelfryHosted *hosted)
{
  self->removed = FALSE;
  if (self->next == NULL && self->hosted == hosted)
    return;
  belfry_poller_cancel (self);
  g_clear_pointer (&self->next, belfry_hosted_unref);
  if (self->run != NULL)
    self->next = belfry_hosted_ref (hosted);
  else
    put_behind (self, belfry_hosted_ref (hosted));
}

static void
remove_poller (BelfryPollerRun *self)
{
  self->removed = TRUE;
  belfry_poller_cancel (self);
  if (self->run == NULL)
    g_hash_table_remove (self->room->pollers, self->name);
}

static gboolean
is_listed (const BelfryPollerRun *self, GPtrArray *hosted)
{
  for (guint i = 0; i < hosted->len; i++)
    if (g_str_equal (((BelfryHosted *)g_ptr_array_index (hosted, i))->blueprint->name, self->name))
      return TRUE;
  return FALSE;
}

void
belfry_pollers_apply (BelfryPollers *self, BelfryConfig *config, GPtrArray *hosted)
{
  g_autoptr (GList) known = g_hash_table_get_values (self->pollers);

  g_clear_pointer (&self->config, belfry_config_unref);
  self->config = belfry_config_ref (config);
  for (GList *item = known; item != NULL; item = item->next)
    if (!is_listed (item->data, hosted))
      remove_poller (item->data);
  for (guint i = 0; i < hosted->len; i++) {
    BelfryHosted *one = g_ptr_array_index (hosted, i);
    BelfryPollerRun *poller = g_hash_table_lookup (self->pollers, one->blueprint->name);

    if (poller == NULL)
      add_poller (self, one);
    else
      change_poller (poller, one);
  }
  belfry_pollers_wake (self);
}

void
belfry_pollers_wake (BelfryPollers *self)
{
  GHashTableIter iter;
  gpointer poller = NULL;

  if (self->stopping != NULL)
    return;
  g_hash_table_iter_init (&iter, self->pollers);
  while (g_hash_table_iter_next (&iter, NULL, &poller))
    belfry_poller_begin (poller);
}

gboolean
belfry_poller_ended (BelfryPollerRun *self)
{
  BelfryPollers *room = self->room;

  room->running--;
  if (room->stopping != NULL) {
    if (room->running == 0) {
      g_task_return_boolean (room->stopping, TRUE);
      g_clear_object (&room->stopping);
    }
    return TRUE;
  }
  if (self->removed) {
    g_hash_table_remove (room->pollers, self->name);
    return TRUE;
  }
  if (self->next == NULL)
    return FALSE;
  put_behind (self, g_steal_pointer (&self->next));
  belfry_poller_begin (self);
  return TRUE;
}

/* asking */

static gboolean
can_poll (const BelfryPollerRun *self)
{
  const BelfryPoller *plugin = (const BelfryPoller *)self->hosted->blueprint->plugin;

  return !self->removed && plugin != NULL && plugin->poll != NULL &&
         (self->hosted->state == BELFRY_HOSTED_RUNNING ||
          self->hosted->state == BELFRY_HOSTED_STARTING);
}

/* by its section's name, or by the repository, as written or without its password */
static gboolean
is_called (const BelfryPollerRun *self, const char *name)
{
  const char *repository = belfry_poller_get_keys (self)->repository;
  g_autofree char *address =
      repository != NULL ? belfry_repository_split (repository, NULL, NULL) : NULL;

  return g_strcmp0 (self->name, name) == 0 ||
         (name[0] != '\0' && (g_strcmp0 (repository, name) == 0 || g_strcmp0 (address, name) == 0));
}

static gboolean
is_called_any (const BelfryPollerRun *self, const char *const *names)
{
  if (names == NULL)
    return TRUE;
  for (guint i = 0; names[i] != NULL; i++)
    if (is_called (self, names[i]))
      return TRUE;
  return FALSE;
}

/* (transfer container) (element-type BelfryPollerRun) */
static GPtrArray *
list_askable (BelfryPollers *self, const char *const *allowed)
{
  GPtrArray *found = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer poller = NULL;

  g_hash_table_iter_init (&iter, self->pollers);
  while (g_hash_table_iter_next (&iter, NULL, &poller))
    if (can_poll (poller) && is_called_any (poller, allowed))
      g_ptr_array_add (found, poller);
  return found;
}

static char *
find_missing (GPtrArray *pollers, const char *const *names)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  gboolean any = FALSE;

  for (guint i = 0; names != NULL && names[i] != NULL; i++) {
    gboolean found = FALSE;

    for (guint j = 0; !found && j < pollers->len; j++)
      found = is_called (g_ptr_array_index (pollers, j), names[i]);
    if (!found)
      g_string_append_printf (missing, "%s%s", any ? "," : "", names[i]);
    any = any || !found;
  }
  return any ? g_string_free (g_steal_pointer (&missing), FALSE) : NULL;
}

char *
belfry_pollers_ask (BelfryPollers *self, const char *const *names, const char *const *allowed)
{
  g_autoptr (GPtrArray) pollers = list_askable (self, allowed);
  g_autofree char *missing = find_missing (pollers, names);

  if (missing != NULL)
    return g_steal_pointer (&missing);
  for (guint i = 0; i < pollers->len; i++) {
    BelfryPollerRun *poller = g_ptr_array_index (pollers, i);

    if (is_called_any (poller, names))
      belfry_poller_ask (poller);
  }
  return NULL;
}

/* telling */

static void
set_time (JsonObject *object, const char *key, gint64 time_us)
{
  if (time_us > 0)
    json_object_set_int_member (object, key, belfry_time_to_seconds (time_us));
  else
    json_object_set_null_member (object, key);
}

static JsonObject *
describe_poller (const BelfryPollerRun *self)
{
  const BelfryPollerKeys *keys = belfry_poller_get_keys (self);
  JsonObject *object = json_object_new ();
  JsonNode *heads = self->state != NULL ? belfry_json_lookup (self->state, "heads") : NULL;
  g_autofree char *repository =
      keys->repository != NULL ? belfry_repository_split (keys->repository, NULL, NULL) : NULL;
  gint64 wait_us = self->due_us > 0 ? self->due_us - g_get_monotonic_time () : 0;

  json_object_set_string_member (object, "name", self->name);
  json_object_set_string_member (object, "repository", repository != NULL ? repository : "");
  json_object_set_boolean_member (object, "polling",
                                  self->run != NULL || (self->asked && can_poll (self)));
  set_time (object, "last_poll", self->polled_at);
  set_time (object, "last_success", self->succeeded_at);
  set_time (object, "next_poll", self->due_us > 0 ? belfry_clock_now_us () + MAX (wait_us, 0) : 0);
  json_object_set_int_member (object, "failures", self->failures);
  json_object_set_int_member (object, "changes", self->taken);
  if (self->error != NULL)
    json_object_set_string_member (object, "error", self->error);
  if (heads != NULL)
    json_object_set_member (object, "heads", json_node_copy (heads));
  return object;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

JsonArray *
belfry_pollers_describe (BelfryPollers *self)
{
  JsonArray *array = json_array_new ();
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (self->pollers), compare_names);

  for (GList *item = names; item != NULL; item = item->next)
    json_array_add_object_element (
        array, describe_poller (g_hash_table_lookup (self->pollers, item->data)));
  return array;
}

void
belfry_pollers_stop_async (BelfryPollers *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  GHashTableIter iter;
  gpointer poller = NULL;

  self->stopping = task;
  g_hash_table_iter_init (&iter, self->pollers);
  while (g_hash_table_iter_next (&iter, NULL, &poller))
    belfry_poller_cancel (poller);
  if (self->running > 0)
    return;
  g_task_return_boolean (task, TRUE);
  g_clear_object (&self->stopping);
}
