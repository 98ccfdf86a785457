/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start: configuration, store, rooms, instances; the listeners open as soon as the store is there,
 * so that nobody is refused while a slow instance starts. Stop: listeners, instances, outbox,
 * store, in this order, so that what was accepted is stored and what is due stays due.
 */
#include "host.h"

#include "control/server.h"
#include "daemon/held.h"
#include "daemon/host-metrics.h"
#include "daemon/host-wiring.h"
#include "daemon/logging.h"
#include "daemon/notify.h"
#include "daemon/shutdown.h"

#include <glib-unix.h>
#include <signal.h>

#define SWEEP_FIRST_S 60
#define SWEEP_EVERY_S 3600

#define QUIET_LOOK_MS 10
#define QUIET_WAIT_US (2 * G_USEC_PER_SEC)

static const GLogLevelFlags log_levels[] = { G_LOG_LEVEL_WARNING, G_LOG_LEVEL_MESSAGE,
                                             G_LOG_LEVEL_INFO, G_LOG_LEVEL_DEBUG };

GPtrArray *
belfry_host_list (BelfryHost *self, BelfryKind kind, gboolean running_only)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);

  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);

    if (hosted->blueprint->kind == kind &&
        (!running_only || hosted->state == BELFRY_HOSTED_RUNNING))
      g_ptr_array_add (found, belfry_hosted_ref (hosted));
  }
  return found;
}

BelfryHosted *
belfry_host_find (BelfryHost *self, BelfryKind kind, const char *name)
{
  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);

    if (hosted->blueprint->kind == kind && g_strcmp0 (hosted->blueprint->name, name) == 0)
      return hosted;
  }
  return NULL;
}

static void
log_problems (BelfryProblems *problems, GString *report)
{
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = belfry_problem_to_text (problem);

    if (problem->severity != BELFRY_SEVERITY_NOTE)
      g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "MESSAGE", "%s", text);
    if (report != NULL)
      g_string_append_printf (report, "%s\n", text);
  }
}

BelfryConfig *
belfry_host_load_config (BelfryHost *self, GString *report)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryConfig *config = belfry_config_load (self->config_path, self->loader, problems);

  log_problems (problems, report);
  return config;
}

static void
set_log_level (BelfryHost *self)
{
  belfry_logging_set_threshold (log_levels[CLAMP (self->config->host.log_level, 0, 3)]);
}

/* those of a kind whose plugin is there; the others have failed already */
static GPtrArray *
list_with_plugin (BelfryHost *self, BelfryKind kind)
{
  GPtrArray *found = belfry_host_list (self, kind, FALSE);

  for (guint i = found->len; i > 0; i--) {
    BelfryHosted *hosted = g_ptr_array_index (found, i - 1);

    if (hosted->blueprint->plugin == NULL || hosted->blueprint->failure != NULL)
      g_ptr_array_remove_index (found, i - 1);
  }
  return found;
}

gboolean
belfry_host_apply (BelfryHost *self, GError **error)
{
  g_autoptr (GPtrArray) hooks = belfry_host_list (self, BELFRY_KIND_HOOK, FALSE);
  g_autoptr (GPtrArray) reporters = list_with_plugin (self, BELFRY_KIND_REPORTER);
  g_autoptr (GPtrArray) views = list_with_plugin (self, BELFRY_KIND_VIEW);
  g_autoptr (GPtrArray) pollers = list_with_plugin (self, BELFRY_KIND_POLLER);

  set_log_level (self);
  if (!belfry_www_apply (self->www, self->config, views, error))
    return FALSE;
  belfry_deliveries_apply (self->deliveries, self->config, hooks);
  belfry_outbox_apply (self->outbox, self->config, reporters);
  belfry_pollers_apply (self->pollers, self->config, pollers);
  belfry_host_metrics_apply (self->metrics);
  belfry_host_note_configured (self);
  return TRUE;
}

static guint
count_running (BelfryHost *self)
{
  guint count = 0;

  for (guint i = 0; i < self->hosted->len; i++)
    count += ((BelfryHosted *)g_ptr_array_index (self->hosted, i))->state == BELFRY_HOSTED_RUNNING;
  return count;
}

void
belfry_host_instances_changed (BelfryHost *self)
{
  g_autoptr (GPtrArray) engines = belfry_host_list (self, BELFRY_KIND_ENGINE, TRUE);

  belfry_held_release (self);
  if (self->stopping)
    return;
  for (guint i = 0; i < engines->len; i++) {
    BelfryHosted *engine = g_ptr_array_index (engines, i);

    if (g_hash_table_lookup (self->feeds, engine->blueprint->name) == NULL) {
      BelfryFeed *feed = belfry_feed_new (self, engine);

      g_hash_table_insert (self->feeds, g_strdup (engine->blueprint->name), feed);
      belfry_feed_wake (feed);
    }
  }
  belfry_pollers_wake (self->pollers);
  if (self->starting > 0)
    return;
  if (!self->ready) {
    g_autofree char *status =
        g_strdup_printf ("%u of %u instances up in %" G_GINT64_FORMAT " ms", count_running (self),
                         self->hosted->len, (g_get_monotonic_time () - self->started_us) / 1000);

    self->ready = TRUE;
    belfry_notify_ready (status);
    g_message ("ready: %s", status);
    belfry_shutdown_tell (self, "host-started");
  }
  belfry_outbox_wake (self->outbox);
}

void
belfry_host_start_instances (BelfryHost *self)
{
  self->starting++; /* so that readiness waits for the last one */
  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);

    if (hosted->state == BELFRY_HOSTED_STARTING && hosted->instance != NULL)
      belfry_instances_start (hosted);
  }
  self->starting--;
  belfry_host_instances_changed (self);
}

static void
make_instances (BelfryHost *self)
{
  for (guint i = 0; i < self->config->blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (self->config->blueprints, i);

    if (blueprint->keys.enabled)
      g_ptr_array_add (self->hosted, belfry_instances_make (self, blueprint));
  }
}

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHost *self = user_data;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_sweep_finish (self->store, result, &local))
    g_warning ("removing what is over age: %s; the next hour tries again", local->message);
}

static gboolean
on_sweep (gpointer user_data)
{
  BelfryHost *self = user_data;

  belfry_store_sweep_async (self->store, &self->config->store, NULL, on_swept, self);
  self->sweep_source = g_timeout_add_seconds (SWEEP_EVERY_S, on_sweep, self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_hangup (gpointer user_data)
{
  belfry_host_reload (user_data, g_task_new (NULL, NULL, NULL, NULL));
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  belfry_host_stop (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
prepare_folders (BelfryHost *self)
{
  const char *const folders[] = { self->config->host.state_directory,
                                  self->config->host.runtime_directory };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    if (g_mkdir_with_parents (folders[i], 0700) != 0) {
      g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "MESSAGE", "making the folder '%s': %s",
                        folders[i], g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

/* nothing that was written since can be trusted, and nothing more must be */
static void
on_corrupt (const char *reason, gpointer data)
{
  BelfryHost *self = data;

  g_warning ("the store is damaged: %s; stopping, restore a copy of the state directory", reason);
  self->exit_code = 1;
  belfry_host_stop (self);
}

/* the state directory is ours alone by now */
static gboolean
name_last_calls (BelfryHost *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->config->host.state_directory, "calls", NULL);
  g_auto (GStrv) last = belfry_callback_open (path, error);

  for (guint i = 0; last != NULL && last[i] != NULL; i++)
    g_warning ("the process before this one ended, or was ended, while it called %s; if that comes "
               "again, take its section out, or have it run with isolation=process",
               last[i]);
  return last != NULL;
}

static gboolean
open_rooms (BelfryHost *self, GError **error)
{
  BelfryStoreSettings settings = { .directory = self->config->host.state_directory,
                                   .min_free_bytes = self->config->store.min_free };

  self->store = belfry_store_open (&settings, error);
  if (self->store == NULL || !name_last_calls (self, error))
    return FALSE;
  belfry_store_set_corrupt_func (self->store, on_corrupt, self);
  self->bus = belfry_bus_new ();
  self->transport = belfry_transport_new ("belfry/" BELFRY_VERSION);
  self->outbox = belfry_outbox_new (self->store);
  self->deliveries = belfry_deliveries_new (self->store);
  belfry_host_wire (self);
  make_instances (self);
  if (!belfry_host_apply (self, error))
    return FALSE;
  self->control = belfry_control_server_new (self, error);
  return self->control != NULL;
}

BelfryHost *
belfry_host_new (const char *config_path, int *exit_code)
{
  g_autoptr (BelfryHost) self = g_new0 (BelfryHost, 1);
  g_autoptr (GError) local = NULL;

  self->started_us = g_get_monotonic_time ();
  self->config_path = g_strdup (config_path);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->hosted = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);
  self->feeds =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)belfry_feed_free);
  self->masks = belfry_masks_new ();
  belfry_logging_set_masks (self->masks);
  self->loader = belfry_loader_new (NULL);
  self->config = belfry_host_load_config (self, NULL);
  if (self->config == NULL) {
    g_message ("nothing was started; '%s' must be mended first", config_path);
    *exit_code = 78;
    return NULL;
  }
  set_log_level (self);
  if (!prepare_folders (self) || !open_rooms (self, &local)) {
    if (local != NULL)
      g_warning ("%s; nothing was started", local->message);
    *exit_code = 1;
    return NULL;
  }
  return g_steal_pointer (&self);
}

int
belfry_host_run (BelfryHost *self)
{
  /* a program that ends without having read its input is no reason to end too */
  signal (SIGPIPE, SIG_IGN);
  self->signal_sources[0] = g_unix_signal_add (SIGHUP, on_hangup, self);
  self->signal_sources[1] = g_unix_signal_add (SIGTERM, on_terminate, self);
  self->signal_sources[2] = g_unix_signal_add (SIGINT, on_terminate, self);
  self->watchdog = belfry_notify_start_watchdog ();
  self->sweep_source = g_timeout_add_seconds (SWEEP_FIRST_S, on_sweep, self);
  belfry_host_start_instances (self);
  belfry_deliveries_resume (self->deliveries);
  g_main_loop_run (self->loop); /* lint: the one loop there is */
  belfry_callback_close ();
  return self->exit_code;
}

/* stop */

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHost *self = user_data;

  g_main_loop_quit (self->loop);
}

static void
stop_instances (BelfryHost *self, gboolean reporters, GAsyncReadyCallback on_stopped)
{
  self->starting = 1;
  for (guint i = 0; i < self->hosted->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (self->hosted, i);

    if ((hosted->blueprint->kind == BELFRY_KIND_REPORTER) != reporters)
      continue;
    self->starting++;
    belfry_instances_stop (hosted, g_task_new (NULL, NULL, on_stopped, self));
  }
  on_stopped (NULL, NULL, self);
}

static void
on_reporter_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHost *self = user_data;

  if (--self->starting == 0)
    belfry_store_flush_async (self->store, on_flushed, self);
}

static void
on_outbox_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  stop_instances (user_data, TRUE, on_reporter_stopped);
}

static void
on_pollers_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHost *self = user_data;

  belfry_outbox_stop_async (self->outbox, on_outbox_stopped, self);
}

static void
on_instance_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BelfryHost *self = user_data;

  if (--self->starting > 0)
    return;
  belfry_shutdown_tell (self, "host-stopped");
  belfry_pollers_stop_async (self->pollers, on_pollers_stopped, self);
}

static void
stop_rooms (BelfryHost *self)
{
  belfry_www_stop (self->www);
  belfry_deliveries_stop (self->deliveries);
  g_hash_table_remove_all (self->feeds);
  /* reporters last: they tell of what the others leave behind, and of the end */
  stop_instances (self, FALSE, on_instance_stopped);
}

static gboolean
on_look_for_quiet (gpointer user_data)
{
  BelfryHost *self = user_data;

  if (!belfry_www_is_quiet (self->www) && g_get_monotonic_time () < self->quiet_until_us)
    return G_SOURCE_CONTINUE;
  self->quiet_source = 0;
  stop_rooms (self);
  return G_SOURCE_REMOVE;
}

void
belfry_host_stop (BelfryHost *self)
{
  if (self->stopping) {
    belfry_host_hurry (self);
    return;
  }
  self->stopping = TRUE;
  belfry_notify_stopping ();
  g_message ("stopping");
  belfry_control_server_stop (self->control);
  /* who was let in has a right to an answer: a forge does not send a push twice */
  belfry_www_hush (self->www);
  belfry_held_release (self);
  self->quiet_until_us = g_get_monotonic_time () + QUIET_WAIT_US;
  self->quiet_source = g_timeout_add (QUIET_LOOK_MS, on_look_for_quiet, self);
}

void
belfry_host_free (BelfryHost *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (self->signal_sources); i++)
    if (self->signal_sources[i] != 0)
      g_source_remove (self->signal_sources[i]);
  g_clear_handle_id (&self->draining_source, g_source_remove);
  g_clear_handle_id (&self->quiet_source, g_source_remove);
  if (self->sweep_source != 0)
    g_source_remove (self->sweep_source);
  if (self->watchdog != NULL) {
    g_source_destroy (self->watchdog);
    g_source_unref (self->watchdog);
  }
  g_clear_pointer (&self->reloads, belfry_reloads_free);
  g_clear_pointer (&self->control, belfry_control_server_free);
  g_clear_pointer (&self->feeds, g_hash_table_unref);
  g_clear_pointer (&self->www, belfry_www_free);
  g_clear_pointer (&self->deliveries, belfry_deliveries_free);
  g_clear_pointer (&self->pollers, belfry_pollers_free);
  g_clear_pointer (&self->outbox, belfry_outbox_free);
  g_clear_pointer (&self->transport, belfry_transport_free);
  g_clear_pointer (&self->store, belfry_store_close);
  g_clear_pointer (&self->hosted, g_ptr_array_unref);
  g_clear_pointer (&self->caches, g_hash_table_unref);
  g_clear_pointer (&self->metrics, belfry_host_metrics_free);
  g_clear_pointer (&self->bus, belfry_bus_free);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_clear_pointer (&self->loader, belfry_loader_free);
  belfry_logging_set_masks (NULL);
  g_clear_pointer (&self->masks, belfry_masks_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_free (self->config_path);
  g_free (self);
}
