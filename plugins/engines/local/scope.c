/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the host may not divide its own control group, systemd can make one for a build: a
 * transient scope that holds the build's supervisor and all that it starts. The manager is the
 * system's for root, else the user's own. It is told to by org.freedesktop.systemd1(5):
 * StartTransientUnit answers with a job, JobRemoved tells how that ended, KillUnit ends what is in
 * a scope. An empty scope goes by itself.
 *
 * A manager takes limits for which it has no controller, and keeps quiet: so it is looked whether
 * the process is where the limit can be kept.
 */
#include "scope.h"
#include <signal.h>
#include <unistd.h>

#define NAME            "org.freedesktop.systemd1"
#define PATH            "/org/freedesktop/systemd1"
#define MANAGER         NAME ".Manager"
#define CALL_MS         5000
#define JOB_SECONDS     10
#define US_OF_HUNDREDTH 10000 /* of each second */

struct _LocalScopes {
  GDBusConnection *bus;
  char *token;
  guint subscription;
  GHashTable *waiting; /* unit name to GTask (unowned): scopes that are being made */
  GCancellable *cancellable;
};

/** Making: one scope that is being made */
typedef struct {
  LocalScopes *scopes; /* (unowned) ends it before it goes */
  LocalScopeOrder order;
  char *unit;
  guint timeout_id;
} Making;

static void
making_free (gpointer data)
{
  Making *self = data;

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_free (self->unit);
  g_free (self);
}

static void
call (LocalScopes *self,
      const char *method,
      GVariant *arguments,
      GAsyncReadyCallback callback,
      gpointer data)
{
  g_dbus_connection_call (self->bus, NAME, PATH, MANAGER, method, arguments, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MS, self->cancellable, callback,
                          data);
}

static char *
dup_unit (const LocalScopes *self, gint64 buildid)
{
  return g_strdup_printf ("belfry-%s-b%" G_GINT64_FORMAT ".scope", self->token, buildid);
}

/* the manager */

static void
end_making (LocalScopes *self, const char *unit, GError *error)
{
  GTask *task = g_hash_table_lookup (self->waiting, unit);

  if (task == NULL) {
    g_clear_error (&error);
    return;
  }
  g_hash_table_remove (self->waiting, unit);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static GError *
new_refusal (const char *unit, const char *why)
{
  return g_error_new (BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "making scope '%s': %s", unit, why);
}

static void
on_job_removed (GDBusConnection *bus, /* lint: a GDBusSignalCallback */
                const char *sender,
                const char *path,
                const char *interface,
                const char *signal,
                GVariant *arguments,
                gpointer data)
{
  LocalScopes *self = data;
  const char *unit = NULL;
  const char *result = NULL;

  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)signal;
  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (arguments, "(u&o&s&s)", NULL, NULL, &unit, &result);
  end_making (self, unit, g_str_equal (result, "done") ? NULL : new_refusal (unit, result));
}

void
local_scopes_free (LocalScopes *self)
{
  g_autoptr (GList) units = NULL;

  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  units = g_hash_table_get_keys (self->waiting);
  for (GList *unit = units; unit != NULL; unit = unit->next)
    end_making (self, unit->data, new_refusal (unit->data, "the engine ends"));
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  g_clear_object (&self->bus);
  g_clear_object (&self->cancellable);
  g_hash_table_unref (self->waiting);
  g_free (self->token);
  g_free (self);
}

static void
on_subscribed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  LocalScopes *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (answer == NULL) {
    g_dbus_error_strip_remote_error (error);
    g_prefix_error (&error, "asking systemd for scopes: ");
    local_scopes_free (self);
    g_task_return_error (task, error);
    return;
  }
  self->subscription =
      g_dbus_connection_signal_subscribe (self->bus, NAME, MANAGER, "JobRemoved", PATH, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_job_removed, self, NULL);
  g_task_return_pointer (task, self, (GDestroyNotify)local_scopes_free);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  LocalScopes *self = g_task_get_task_data (task);
  GError *error = NULL;

  (void)source;
  self->bus = g_bus_get_finish (result, &error);
  if (self->bus == NULL) {
    local_scopes_free (self);
    g_task_return_error (task, error);
    return;
  }
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  call (self, "Subscribe", NULL, on_subscribed, g_steal_pointer (&task));
}

void
local_scopes_open_async (const char *token, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  LocalScopes *self = g_new0 (LocalScopes, 1);

  self->token = g_strdup (token);
  self->waiting = g_hash_table_new (g_str_hash, g_str_equal);
  self->cancellable = g_cancellable_new ();
  g_task_set_source_tag (task, local_scopes_open_async);
  g_task_set_task_data (task, self, NULL);
  g_bus_get (geteuid () == 0 ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, NULL, on_connected, task);
}

LocalScopes *
local_scopes_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* one scope */

static void
add (GVariantBuilder *properties, const char *name, GVariant *value)
{
  g_variant_builder_add (properties, "(sv)", name, value);
}

/* Delegate: so that one process that runs out of memory does not end all others. */
static GVariant *
make_arguments (const Making *self)
{
  const LocalLimits *limits = &self->order.limits;
  guint32 pid = (guint32)self->order.pid;
  g_autofree char *description =
      g_strdup_printf ("Belfry build %" G_GINT64_FORMAT, self->order.buildid);
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  add (&properties, "Description", g_variant_new_string (description));
  add (&properties, "PIDs", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, &pid, 1, sizeof pid));
  add (&properties, "Delegate", g_variant_new_boolean (TRUE));
  add (&properties, "CollectMode", g_variant_new_string ("inactive-or-failed"));
  if (limits->memory_max > 0)
    add (&properties, "MemoryMax", g_variant_new_uint64 ((guint64)limits->memory_max));
  if (limits->tasks_max > 0)
    add (&properties, "TasksMax", g_variant_new_uint64 ((guint64)limits->tasks_max));
  if (limits->cpu_quota > 0)
    add (&properties, "CPUQuotaPerSecUSec",
         g_variant_new_uint64 ((guint64)limits->cpu_quota * US_OF_HUNDREDTH));
  return g_variant_new ("(ssa(sv)a(sa(sv)))", self->unit, "fail", &properties, NULL);
}

static gboolean
on_late (gpointer data)
{
  Making *self = g_task_get_task_data (data);

  self->timeout_id = 0;
  end_making (self->scopes, self->unit, new_refusal (self->unit, "systemd does not answer"));
  return G_SOURCE_REMOVE;
}

/* What is waited for is the job; this is heard only if there will be none. */
static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Making *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (answer != NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_dbus_error_strip_remote_error (error);
  end_making (self->scopes, self->unit, new_refusal (self->unit, error->message));
}

void
local_scopes_make_async (LocalScopes *self,
                         const LocalScopeOrder *order,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Making *making = g_new0 (Making, 1);

  making->scopes = self;
  making->order = *order;
  making->unit = dup_unit (self, order->buildid);
  making->timeout_id = g_timeout_add_seconds (JOB_SECONDS, on_late, task);
  g_task_set_source_tag (task, local_scopes_make_async);
  g_task_set_task_data (task, making, making_free);
  g_hash_table_insert (self->waiting, making->unit, task);
  call (self, "StartTransientUnit", make_arguments (making), on_called, g_object_ref (task));
}

gboolean
local_scopes_make_finish (GAsyncResult *result, GError **error)
{
  const Making *making = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error) &&
         local_limits_are_kept (&making->order.limits, making->order.pid, making->unit, error);
}

/* the end */

static void
kill_unit (LocalScopes *self, const char *unit)
{
  call (self, "KillUnit", g_variant_new ("(ssi)", unit, "all", SIGKILL), NULL, NULL);
}

void
local_scopes_end (LocalScopes *self, gint64 buildid)
{
  g_autofree char *unit = dup_unit (self, buildid);

  kill_unit (self, unit);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariantIter) units = NULL;
  const char *unit = NULL;

  if (answer == NULL || !g_variant_is_of_type (answer, G_VARIANT_TYPE ("(a(ssssssouso))")))
    return;
  g_variant_get (answer, "(a(ssssssouso))", &units);
  while (g_variant_iter_next (units, "(&ssssssouso)", &unit, NULL, NULL, NULL, NULL, NULL, NULL,
                              NULL, NULL, NULL))
    kill_unit (data, unit);
}

void
local_scopes_end_all (LocalScopes *self, const char *token)
{
  g_autofree char *pattern = g_strdup_printf ("belfry-%s-b*.scope", token);
  const char *const patterns[] = { pattern, NULL };

  call (self, "ListUnitsByPatterns",
        g_variant_new ("(@as^as)", g_variant_new_strv (NULL, 0), patterns), on_listed, self);
}
