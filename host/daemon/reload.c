/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A new configuration takes the place of the old one, all of it or nothing. The file is read, the
 * secrets of all instances are looked up again, and only then, in one turn of the main loop, what
 * stays the same is kept, the rest is stopped, and the new is started in its place.
 *
 * An instance whose section says the same, but whose secret is another by now, is started anew with
 * it; where its secret cannot be read any more, the instance keeps the one it has. One reload is
 * under way at a time, the others wait for it.
 */
#include "host.h"

#include "daemon/notify.h"
#include "daemon/secrets.h"

struct _BelfryReloads {
  BelfryHost *host;
  GQueue waiting;       /* of GTask; the first is under way */
  BelfryConfig *config; /* (nullable) the new one */
  GString *report;
  guint next;         /* blueprint whose secrets come next */
  GPtrArray *secrets; /* (nullable) (element-type BelfrySecret) of the one before, to look up */
  GHashTable *unread; /* set of BelfryBlueprint: the running instance keeps its secret */
  gboolean refused;
};

static void begin (BelfryReloads *self);
static void look_up_next (BelfryReloads *self);

static const char *
kind_name (const BelfryBlueprint *blueprint)
{
  return belfry_kind_get_name (blueprint->kind);
}

static void
tell (BelfryReloads *self, const BelfryBlueprint *blueprint, const char *what)
{
  g_string_append_printf (self->report, "%s '%s': %s\n", kind_name (blueprint), blueprint->name,
                          what);
}

void
belfry_reloads_free (BelfryReloads *self)
{
  while (!g_queue_is_empty (&self->waiting)) {
    g_autoptr (GTask) task = g_queue_pop_head (&self->waiting);

    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "the host stops");
  }
  g_clear_pointer (&self->config, belfry_config_unref);
  g_clear_pointer (&self->secrets, g_ptr_array_unref);
  g_clear_pointer (&self->unread, g_hash_table_unref);
  g_string_free (self->report, TRUE);
  g_free (self);
}

/* Answers who asked, and turns to who asked next. */
static void
end (BelfryReloads *self, gboolean taken)
{
  g_autoptr (GTask) task = g_queue_pop_head (&self->waiting);

  g_clear_pointer (&self->config, belfry_config_unref);
  g_clear_pointer (&self->secrets, g_ptr_array_unref);
  g_clear_pointer (&self->unread, g_hash_table_unref);
  if (taken)
    g_task_return_pointer (task, g_strdup (self->report->str), g_free);
  else
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%s", self->report->str);
  if (!g_queue_is_empty (&self->waiting))
    begin (self);
}

static void
refuse (BelfryReloads *self)
{
  g_warning ("the new configuration is not taken, keeping the old one");
  belfry_notify_ready ("reload refused, the old configuration goes on");
  end (self, FALSE);
}

/* the running instance that goes on under the new section */
static BelfryHosted *
find_same (GPtrArray *instances, const BelfryBlueprint *blueprint)
{
  for (guint i = 0; i < instances->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (instances, i);

    if (hosted->state == BELFRY_HOSTED_RUNNING &&
        belfry_blueprint_is_same (hosted->configured, blueprint))
      return hosted;
  }
  return NULL;
}

static gboolean
has_same_values (BelfrySecret *a, BelfrySecret *b)
{
  for (guint i = 0; i < belfry_secret_get_count (a); i++)
    if (g_strcmp0 (belfry_secret_get_generation (a, i), belfry_secret_get_generation (b, i)) != 0)
      return FALSE;
  return TRUE;
}

/* of two blueprints with the same section */
static gboolean
has_same_secrets (const BelfryBlueprint *a, const BelfryBlueprint *b)
{
  g_autoptr (GPtrArray) left = belfry_blueprint_list_secrets (a);
  g_autoptr (GPtrArray) right = belfry_blueprint_list_secrets (b);

  for (guint i = 0; i < left->len && i < right->len; i++)
    if (!has_same_values (g_ptr_array_index (left, i), g_ptr_array_index (right, i)))
      return FALSE;
  return left->len == right->len;
}

static BelfryHosted *
take_same (BelfryReloads *self, GPtrArray *old, const BelfryBlueprint *blueprint)
{
  BelfryHosted *hosted = find_same (old, blueprint);
  guint index = 0;

  if (hosted == NULL || (!g_hash_table_contains (self->unread, blueprint) &&
                         !has_same_secrets (hosted->blueprint, blueprint)))
    return NULL;
  g_ptr_array_find (old, hosted, &index);
  return g_ptr_array_steal_index_fast (old, index);
}

/* an engine lives on over a change of its sections: its builds are not to be disturbed */
static BelfryHosted *
take_reloadable (GPtrArray *old, const BelfryBlueprint *blueprint)
{
  for (guint i = 0; i < old->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (old, i);
    const BelfryPlugin *plugin = hosted->blueprint->plugin;

    if (hosted->state == BELFRY_HOSTED_RUNNING && plugin == blueprint->plugin &&
        plugin->reload != NULL && hosted->blueprint->kind == blueprint->kind &&
        g_strcmp0 (hosted->blueprint->name, blueprint->name) == 0)
      return g_ptr_array_steal_index_fast (old, i);
  }
  return NULL;
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BelfryHosted) hosted = user_data;
  g_autoptr (GError) local = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &local))
    g_warning ("%s '%s': taking the new configuration: %s, keeping the old one",
               kind_name (hosted->blueprint), hosted->blueprint->name, local->message);
}

/* The keys of the section itself come like those of the sections that it owns, under its own kind:
 * the state that the instance began with is its own by now. */
static void
hand_over_keys (BelfryHosted *hosted, const BelfryBlueprint *blueprint)
{
  g_autoptr (GPtrArray) sections = g_ptr_array_new_with_free_func (g_free);
  BelfryOwnedSection *own = g_new0 (BelfryOwnedSection, 1);

  own->source = blueprint->section;
  own->name = blueprint->name;
  own->state = blueprint->state;
  g_ptr_array_add (sections, own);
  belfry_instance_set_sections (hosted->instance, kind_name (blueprint), sections);
}

static void
call_reload (BelfryHosted *hosted)
{
  g_auto (BelfryCallback) call = belfry_hosted_call (hosted, "reload");

  hosted->blueprint->plugin->reload (
      hosted->blueprint->state, g_task_new (NULL, NULL, on_reloaded, belfry_hosted_ref (hosted)));
}

static void
reload_one (BelfryHost *host, BelfryHosted *hosted, const BelfryBlueprint *blueprint)
{
  GHashTableIter iter;
  gpointer kind = NULL;
  gpointer sections = NULL;

  /* the instance keeps its state; the sections it owns are handed over anew */
  hosted->configured = blueprint;
  g_ptr_array_add (hosted->later_configs, belfry_config_ref (host->config));
  g_hash_table_iter_init (&iter, blueprint->owned);
  while (g_hash_table_iter_next (&iter, &kind, &sections))
    belfry_instance_set_sections (hosted->instance, kind, sections);
  hand_over_keys (hosted, blueprint);
  call_reload (hosted);
}

static gboolean
is_among (GPtrArray *instances, const BelfryBlueprint *blueprint)
{
  for (guint i = 0; i < instances->len; i++) {
    const BelfryHosted *hosted = g_ptr_array_index (instances, i);

    if (hosted->blueprint->kind == blueprint->kind &&
        g_strcmp0 (hosted->blueprint->name, blueprint->name) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
on_old_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BelfryHosted) hosted = user_data;

  g_debug ("%s '%s' has ended", kind_name (hosted->blueprint), hosted->blueprint->name);
}

static void
stop_old (BelfryReloads *self, GPtrArray *old)
{
  BelfryHost *host = self->host;

  for (guint i = 0; i < old->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (old, i);

    if (!is_among (host->hosted, hosted->blueprint))
      tell (self, hosted->blueprint, "stopped");
    if (hosted->blueprint->kind == BELFRY_KIND_ENGINE)
      g_hash_table_remove (host->feeds, hosted->blueprint->name);
    belfry_instances_stop (hosted,
                           g_task_new (NULL, NULL, on_old_stopped, belfry_hosted_ref (hosted)));
  }
}

static BelfryHosted *
keep_or_make (BelfryReloads *self, GPtrArray *old, const BelfryBlueprint *blueprint)
{
  BelfryHost *host = self->host;
  BelfryHosted *kept = take_same (self, old, blueprint);
  gboolean is_same = kept != NULL;

  if (!is_same)
    kept = take_reloadable (old, blueprint);
  if (kept == NULL) {
    tell (self, blueprint, is_among (old, blueprint) ? "restarted" : "started");
    return belfry_instances_make (host, blueprint);
  }
  /* secrets of owned sections were read once; builds to come read them again */
  if (!is_same ||
      (blueprint->plugin->reload != NULL && belfry_blueprint_has_owned_secrets (blueprint))) {
    reload_one (host, kept, blueprint);
    tell (self, blueprint, "reloaded");
  }
  return kept;
}

static void
swap_instances (BelfryReloads *self)
{
  BelfryHost *host = self->host;
  g_autoptr (GPtrArray) old = g_steal_pointer (&host->hosted);

  host->hosted = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);
  for (guint i = 0; i < host->config->blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (host->config->blueprints, i);

    if (blueprint->keys.enabled)
      g_ptr_array_add (host->hosted, keep_or_make (self, old, blueprint));
  }
  stop_old (self, old);
}

static void
take (BelfryReloads *self)
{
  BelfryHost *host = self->host;
  g_autoptr (BelfryConfig) before = g_steal_pointer (&host->config);
  g_autoptr (GError) local = NULL;

  host->config = g_steal_pointer (&self->config);
  swap_instances (self);
  if (!belfry_host_apply (host, &local)) {
    g_warning ("%s, keeping the old listeners", local->message);
    g_string_append_printf (self->report, "%s\n", local->message);
  }
  belfry_host_start_instances (host);
  belfry_notify_ready ("reloaded");
  g_message ("the configuration was reloaded");
  g_string_append (self->report, "the configuration was reloaded\n");
  end (self, local == NULL);
}

static void
note_failure (BelfryReloads *self, const BelfryBlueprint *blueprint, const char *message)
{
  const BelfryHosted *running = belfry_host_find (self->host, blueprint->kind, blueprint->name);

  if (running != NULL && running->state == BELFRY_HOSTED_FAILED)
    return;
  tell (self, blueprint, message);
  self->refused = TRUE;
}

static void
note_unread (BelfryReloads *self, const BelfryBlueprint *blueprint, const char *message)
{
  if (find_same (self->host->hosted, blueprint) == NULL) {
    note_failure (self, blueprint, message);
    return;
  }
  g_warning ("%s '%s': %s, keeping the old secret", kind_name (blueprint), blueprint->name,
             message);
  tell (self, blueprint, message);
  g_string_insert (self->report, self->report->len - 1, ", keeping the old secret");
  g_hash_table_add (self->unread, (gpointer)blueprint);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryReloads *self = user_data;
  g_autoptr (GError) local = NULL;
  gboolean found = g_task_propagate_boolean (G_TASK (result), &local);

  if (!found) {
    note_unread (self, g_ptr_array_index (self->config->blueprints, self->next - 1),
                 local->message);
    g_ptr_array_set_size (self->secrets, 0);
  }
  look_up_next (self);
}

/* FALSE: it waits for an answer */
static gboolean
look_up_at_once (BelfryReloads *self)
{
  while (self->secrets != NULL && self->secrets->len > 0) {
    g_autoptr (BelfrySecret) secret = g_ptr_array_steal_index_fast (self->secrets, 0);

    if (belfry_secret_is_resolved (secret))
      continue;
    belfry_secrets_resolve (secret, g_task_new (NULL, NULL, on_looked_up, self));
    return FALSE;
  }
  return TRUE;
}

static void
look_up_next (BelfryReloads *self)
{
  GPtrArray *blueprints = self->config->blueprints;

  while (look_up_at_once (self)) {
    const BelfryBlueprint *blueprint = NULL;

    g_clear_pointer (&self->secrets, g_ptr_array_unref);
    if (self->next >= blueprints->len) {
      if (self->refused || self->host->stopping)
        refuse (self);
      else
        take (self);
      return;
    }
    blueprint = g_ptr_array_index (blueprints, self->next++);
    if (!blueprint->keys.enabled)
      continue;
    if (blueprint->failure != NULL)
      note_failure (self, blueprint, blueprint->failure->message);
    else
      self->secrets = belfry_blueprint_list_secrets (blueprint);
  }
}

static void
begin (BelfryReloads *self)
{
  belfry_notify_reloading ();
  g_string_truncate (self->report, 0);
  self->refused = FALSE;
  self->next = 0;
  self->config = belfry_host_load_config (self->host, self->report);
  if (self->config == NULL) {
    refuse (self);
    return;
  }
  self->unread = g_hash_table_new (NULL, NULL);
  look_up_next (self);
}

void
belfry_host_reload (BelfryHost *host, GTask *task)
{
  BelfryReloads *self = host->reloads;

  if (self == NULL) {
    self = host->reloads = g_new0 (BelfryReloads, 1);
    self->host = host;
    self->report = g_string_new (NULL);
    g_queue_init (&self->waiting);
  }
  g_queue_push_tail (&self->waiting, task);
  if (self->waiting.length == 1)
    begin (self);
}
