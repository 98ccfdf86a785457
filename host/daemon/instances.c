/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of an instance: its secrets are resolved, it starts, it runs, it stops. A failure is the
 * instance's own: it is logged, kept to be shown, and the host goes on.
 */
#include "host.h"

#include "pollers/poller-keys.h"
#include "secrets.h"

#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  30000

typedef struct {
  BelfryHosted *hosted;
  GPtrArray *waiting; /* (element-type BelfrySecret) */
} Starting;

/* a plugin's own start: it may never end, or end when nobody waits any more */
typedef struct {
  BelfryHosted *hosted;
  GSource *timeout; /* NULL: nobody waits */
} Launch;

static void resolve_next (Starting *starting);

static void
starting_free (Starting *starting)
{
  belfry_hosted_unref (starting->hosted);
  g_ptr_array_unref (starting->waiting);
  g_free (starting);
}

static const char *
kind_name (BelfryHosted *hosted)
{
  return belfry_kind_get_name (hosted->blueprint->kind);
}

static void
set_failed (BelfryHosted *hosted, const char *message)
{
  BelfryHost *host = hosted->host;

  hosted->state = BELFRY_HOSTED_FAILED;
  g_free (hosted->failure);
  hosted->failure = belfry_masks_apply_text (host->masks, message);
  g_warning ("%s '%s': %s; the others go on", kind_name (hosted), hosted->blueprint->name,
             hosted->failure);
}

static void
start_ended (BelfryHosted *hosted)
{
  BelfryHost *host = hosted->host;

  host->starting--;
  belfry_host_instances_changed (host);
}

static void
launch_stop_waiting (Launch *self)
{
  g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
}

static void
launch_free (Launch *self)
{
  belfry_hosted_unref (self->hosted);
  g_free (self);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Launch *launch = user_data;
  BelfryHosted *hosted = launch->hosted;
  g_autoptr (GError) local = NULL;
  gboolean started = g_task_propagate_boolean (G_TASK (result), &local);

  if (launch->timeout == NULL)
    g_warning ("%s '%s': its start ended when nobody waited for it any more; it stays failed",
               kind_name (hosted), hosted->blueprint->name);
  else {
    launch_stop_waiting (launch);
    if (started) {
      hosted->state = BELFRY_HOSTED_RUNNING;
      g_info ("%s '%s' runs", kind_name (hosted), hosted->blueprint->name);
    } else
      set_failed (hosted, local != NULL ? local->message : "its start said no");
    start_ended (hosted);
  }
  launch_free (launch);
}

static gboolean
on_start_timeout (gpointer user_data)
{
  Launch *launch = user_data;

  launch_stop_waiting (launch);
  set_failed (launch->hosted, "its start does not end");
  start_ended (launch->hosted);
  return G_SOURCE_REMOVE;
}

static Launch *
launch_new (BelfryHosted *hosted)
{
  Launch *self = g_new0 (Launch, 1);

  self->hosted = belfry_hosted_ref (hosted);
  self->timeout = g_timeout_source_new (START_TIMEOUT_MS);
  g_source_set_callback (self->timeout, on_start_timeout, self, NULL);
  g_source_attach (self->timeout, NULL);
  return self;
}

/* a password that stands in an address, and not where secrets belong */
static void
mask_address (BelfryHosted *hosted)
{
  BelfryHost *host = hosted->host;
  const BelfryPollerKeys *keys = hosted->blueprint->host_state;
  g_autofree char *password = NULL;
  g_autofree char *address = NULL;

  if (hosted->blueprint->kind != BELFRY_KIND_POLLER || keys->repository == NULL)
    return;
  address = belfry_repository_split (keys->repository, NULL, &password);
  if (password != NULL)
    belfry_masks_add (host->masks, 0, "secret", password, 4);
}

static void
start_plugin (BelfryHosted *hosted)
{
  const BelfryPlugin *plugin = belfry_hosted_get_plugin (hosted);
  GTask *task = g_task_new (NULL, NULL, on_started, launch_new (hosted));

  mask_address (hosted);
  if (plugin->start != NULL) {
    g_auto (BelfryCallback) call = belfry_hosted_call (hosted, "start");

    plugin->start (belfry_hosted_get_state (hosted), hosted->instance, task);
  } else {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Starting *starting = user_data;
  g_autoptr (GError) local = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &local)) {
    set_failed (starting->hosted, local->message);
    start_ended (starting->hosted);
    starting_free (starting);
    return;
  }
  resolve_next (starting);
}

static void
mask_secret (BelfryHost *host, BelfrySecret *secret)
{
  for (guint i = 0; i < belfry_secret_get_count (secret); i++)
    belfry_masks_add (host->masks, 0, "secret", belfry_secret_get_generation (secret, i), 8);
}

static void
resolve_next (Starting *starting)
{
  BelfryHost *host = starting->hosted->host;

  while (starting->waiting->len > 0) {
    BelfrySecret *secret = g_ptr_array_index (starting->waiting, 0);

    if (belfry_secret_is_resolved (secret) || belfry_secrets_resolve_at_once (secret)) {
      mask_secret (host, secret);
      g_ptr_array_remove_index (starting->waiting, 0);
      continue;
    }
    belfry_secrets_resolve (secret, g_task_new (NULL, NULL, on_resolved, starting));
    return;
  }
  start_plugin (starting->hosted);
  starting_free (starting);
}

/* its own process is not asked to carry the news of its end */
static void
on_isolated_alert (const char *reason, gpointer data)
{
  BelfryHosted *hosted = data;
  BelfryHost *host = hosted->host;
  const char *name = hosted->blueprint->name;
  gboolean is_reporter = hosted->blueprint->kind == BELFRY_KIND_REPORTER;
  g_autofree char *cause = g_strdup_printf ("process/%s/%s", kind_name (hosted), name);
  g_autofree char *text = NULL;

  if (reason == NULL) {
    belfry_outbox_settle (host->outbox, cause);
    return;
  }
  text = g_strdup_printf ("The process of %s %s ends again and again: %s", kind_name (hosted), name,
                          reason);
  belfry_outbox_alert (host->outbox, cause, is_reporter ? name : NULL, text);
}

BelfryHosted *
belfry_instances_make (BelfryHost *self, const BelfryBlueprint *blueprint)
{
  BelfryHosted *hosted = g_new0 (BelfryHosted, 1);
  const BelfryIsolatedSettings isolation = { .alert = on_isolated_alert, .alert_data = hosted };
  GHashTableIter iter;
  gpointer kind = NULL;
  gpointer sections = NULL;

  g_atomic_ref_count_init (&hosted->refs);
  hosted->blueprint = blueprint;
  hosted->configured = blueprint;
  hosted->later_configs = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_config_unref);
  hosted->config = belfry_config_ref (self->config);
  hosted->host = self;
  hosted->instance = belfry_instance_new (belfry_kind_get_name (blueprint->kind), blueprint->name,
                                          blueprint->state, belfry_host_get_ops (), hosted);
  if (blueprint->keys.isolation != 0 && blueprint->plugin != NULL)
    hosted->isolated = belfry_isolated_new (blueprint, hosted->instance, &isolation);
  if (blueprint->owned == NULL)
    return hosted;
  g_hash_table_iter_init (&iter, blueprint->owned);
  while (g_hash_table_iter_next (&iter, &kind, &sections))
    belfry_instance_set_sections (hosted->instance, kind, sections);
  return hosted;
}

void
belfry_instances_start (BelfryHosted *hosted)
{
  const BelfryBlueprint *blueprint = hosted->blueprint;
  BelfryHost *host = hosted->host;
  Starting *starting = NULL;

  host->starting++;
  hosted->state = BELFRY_HOSTED_STARTING;
  if (blueprint->failure != NULL || blueprint->plugin == NULL) {
    set_failed (hosted,
                blueprint->failure != NULL ? blueprint->failure->message : "it has no plugin");
    start_ended (hosted);
    return;
  }
  starting = g_new0 (Starting, 1);
  starting->hosted = belfry_hosted_ref (hosted);
  starting->waiting = belfry_blueprint_list_secrets (blueprint);
  resolve_next (starting);
}

typedef struct {
  BelfryHosted *hosted;
  GTask *outer;
  GSource *timeout;
} Stopping;

static void
stopping_end (Stopping *stopping)
{
  if (stopping->outer == NULL)
    return;
  stopping->hosted->state = BELFRY_HOSTED_STOPPED;
  g_source_destroy (stopping->timeout);
  g_clear_pointer (&stopping->timeout, g_source_unref);
  g_task_return_boolean (stopping->outer, TRUE);
  g_clear_object (&stopping->outer);
}

static void
stopping_free (Stopping *stopping)
{
  belfry_hosted_unref (stopping->hosted);
  g_free (stopping);
}

static gboolean
on_stop_timeout (gpointer user_data)
{
  Stopping *stopping = user_data;

  g_warning ("%s '%s' does not end; it is left behind", kind_name (stopping->hosted),
             stopping->hosted->blueprint->name);
  stopping_end (stopping);
  return G_SOURCE_REMOVE;
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Stopping *stopping = user_data;

  g_task_propagate_boolean (G_TASK (result), NULL);
  stopping_end (stopping);
  stopping_free (stopping);
}

static void
call_stop (Stopping *stopping)
{
  BelfryHosted *hosted = stopping->hosted;
  const BelfryPlugin *plugin = belfry_hosted_get_plugin (hosted);
  g_auto (BelfryCallback) call = belfry_hosted_call (hosted, "stop");

  plugin->stop (belfry_hosted_get_state (hosted), g_task_new (NULL, NULL, on_stopped, stopping));
}

void
belfry_instances_stop (BelfryHosted *hosted, GTask *task)
{
  const BelfryPlugin *plugin =
      hosted->blueprint->plugin != NULL ? belfry_hosted_get_plugin (hosted) : NULL;
  gboolean was_running = hosted->state == BELFRY_HOSTED_RUNNING;
  Stopping *stopping = NULL;

  if (!was_running || plugin->stop == NULL) {
    if (hosted->state != BELFRY_HOSTED_FAILED)
      hosted->state = BELFRY_HOSTED_STOPPED;
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  stopping = g_new0 (Stopping, 1);
  hosted->state = BELFRY_HOSTED_STOPPING;
  stopping->hosted = belfry_hosted_ref (hosted);
  stopping->outer = task;
  stopping->timeout = g_timeout_source_new (STOP_TIMEOUT_MS);
  g_source_set_callback (stopping->timeout, on_stop_timeout, stopping, NULL);
  g_source_attach (stopping->timeout, NULL);
  call_stop (stopping);
}
