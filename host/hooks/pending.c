/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries whose meaning must be asked of their forge. They are rows like any other, answered 202
 * before anybody is asked; what an answer says, or that none came within ten minutes, completes
 * them. After a restart those still pending are taken up again.
 */
#include "deliveries-private.h"

#define GIVE_UP_US    (600 * G_GINT64_CONSTANT (1000000))
#define FIRST_WAIT_MS 1000
#define MAX_WAIT_MS   60000
#define RESUME_LIMIT  10000

typedef struct {
  BelfryDeliveries *deliveries;
  BelfryDelivery *delivery;
  GSource *timer;
  gboolean asking;
  gboolean dropped; /* freed by whoever asks last */
} Pending;

static void ask (Pending *pending);

static void
clear_timer (Pending *pending)
{
  if (pending->timer == NULL)
    return;
  g_source_destroy (pending->timer);
  g_clear_pointer (&pending->timer, g_source_unref);
}

void
belfry_pending_free (gpointer data)
{
  Pending *pending = data;

  clear_timer (pending);
  if (pending->asking) {
    pending->dropped = TRUE;
    return;
  }
  belfry_record_unref (pending->delivery);
  g_free (pending);
}

/* FALSE: nobody waits for the answer any more, and @pending is gone */
static gboolean
end_asking (Pending *pending)
{
  gboolean is_wanted = !pending->dropped;

  pending->asking = FALSE;
  if (!is_wanted)
    belfry_pending_free (pending);
  return is_wanted;
}

static void
forget (Pending *pending)
{
  gint64 id = pending->delivery->deliveryid;

  g_hash_table_remove (pending->deliveries->waiting, &id);
}

static BelfryHosted *
find_hook (Pending *pending)
{
  BelfryHosted *hook = g_hash_table_lookup (pending->deliveries->hooks, pending->delivery->hook);

  return hook != NULL && hook->state == BELFRY_HOSTED_RUNNING ? hook : NULL;
}

static void
on_completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  g_autoptr (GError) local = NULL;

  if (!end_asking (pending))
    return;
  if (!belfry_store_write_finish (pending->deliveries->store, result, &local))
    g_warning ("hook '%s': completing delivery %" G_GINT64_FORMAT ": %s; it stays pending",
               pending->delivery->hook, pending->delivery->deliveryid, local->message);
  forget (pending);
}

static void
complete (Pending *pending, BelfryHosted *hook, BelfryTranslation *translation)
{
  BelfryAcceptance *acceptance = g_new0 (BelfryAcceptance, 1);
  gboolean has_changes = translation->kind == BELFRY_TRANSLATION_CHANGES;

  acceptance->delivery = belfry_record_copy (pending->delivery);
  acceptance->completes = pending->delivery->deliveryid;
  g_clear_pointer (&acceptance->delivery->pending, json_node_unref);
  acceptance->delivery->next_try_at = BELFRY_NONE;
  belfry_record_set_text (&acceptance->delivery->outcome, has_changes ? "accepted" : "nothing");
  belfry_record_set_text (&acceptance->delivery->reason,
                          translation->reason != NULL ? translation->reason : "");
  if (has_changes)
    acceptance->changes = g_ptr_array_ref (translation->changes);
  for (guint i = 0; has_changes && i < acceptance->changes->len; i++)
    belfry_deliveries_complete_change (pending->deliveries, hook,
                                       g_ptr_array_index (acceptance->changes, i),
                                       pending->delivery->received_at);
  pending->asking = TRUE;
  belfry_store_write_async (pending->deliveries->store, belfry_acceptance_store, acceptance,
                            (GDestroyNotify)belfry_acceptance_free, NULL, on_completed, pending);
}

static gboolean
on_timer (gpointer user_data)
{
  Pending *pending = user_data;

  clear_timer (pending);
  ask (pending);
  return G_SOURCE_REMOVE;
}

static void
wait_and_ask (Pending *pending)
{
  guint64 wait_ms = MIN ((guint64)FIRST_WAIT_MS << MIN (pending->delivery->tries, 10), MAX_WAIT_MS);

  pending->delivery->tries++;
  pending->timer =
      g_timeout_source_new (wait_ms / 2 + g_random_int_range (0, (int)wait_ms / 2 + 1));
  g_source_set_callback (pending->timer, on_timer, pending, NULL);
  g_source_attach (pending->timer, NULL);
}

static gboolean
is_over (Pending *pending)
{
  return belfry_clock_now_us () - pending->delivery->received_at >= GIVE_UP_US;
}

static void
on_given_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  g_autoptr (BelfryTranslation) translation = g_task_propagate_pointer (G_TASK (result), NULL);
  BelfryHosted *hook = NULL;

  if (!end_asking (pending))
    return;
  hook = find_hook (pending);
  if (translation != NULL && hook != NULL)
    complete (pending, hook, translation);
  else
    wait_and_ask (pending);
}

static void
give_up (Pending *pending, BelfryHosted *hook)
{
  const BelfryHook *plugin = belfry_hosted_get_plugin (hook);
  g_autoptr (BelfryTranslation) translation = NULL;

  if (plugin->give_up != NULL && hook->isolated != NULL) {
    pending->asking = TRUE;
    belfry_isolated_give_up (hook->isolated, pending->delivery->pending,
                             g_task_new (NULL, NULL, on_given_up, pending));
    return;
  }
  translation = plugin->give_up != NULL
                    ? plugin->give_up (belfry_hosted_get_state (hook), pending->delivery->pending)
                    : belfry_translation_new_nothing ("the forge never answered");
  complete (pending, hook, translation);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryTranslation) translation = g_task_propagate_pointer (G_TASK (result), &local);
  BelfryHosted *hook = NULL;

  if (!end_asking (pending))
    return;
  hook = find_hook (pending);
  if (translation != NULL && hook != NULL)
    complete (pending, hook, translation);
  else if (hook != NULL && is_over (pending))
    give_up (pending, hook);
  else
    wait_and_ask (pending);
}

static void
call_complete (Pending *pending, BelfryHosted *hook, const BelfryHook *plugin)
{
  g_auto (BelfryCallback) call = belfry_hosted_call (hook, "complete");

  plugin->complete (belfry_hosted_get_state (hook), pending->delivery->pending,
                    g_task_new (NULL, pending->deliveries->cancellable, on_asked, pending));
}

static void
ask (Pending *pending)
{
  BelfryHosted *hook = find_hook (pending);
  const BelfryHook *plugin = hook != NULL ? belfry_hosted_get_plugin (hook) : NULL;

  if (hook == NULL) {
    wait_and_ask (pending);
    return;
  }
  if (plugin->complete == NULL) {
    give_up (pending, hook);
    return;
  }
  pending->asking = TRUE;
  call_complete (pending, hook, plugin);
}

void
belfry_pending_add (BelfryDeliveries *self, BelfryDelivery *delivery)
{
  Pending *pending = NULL;
  gint64 id = delivery->deliveryid;

  if (self->stopping || g_hash_table_contains (self->waiting, &id))
    return;
  pending = g_new0 (Pending, 1);
  pending->deliveries = self;
  pending->delivery = belfry_record_copy (delivery);
  g_hash_table_insert (self->waiting, g_memdup2 (&id, sizeof id), pending);
  ask (pending);
}

typedef struct {
  BelfryDeliveries *deliveries;
  GPtrArray *found;
} Resume;

static gboolean
read_pending (BelfryReader *reader, gpointer data, GError **error)
{
  Resume *resume = data;
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ "outcome", BELFRY_COMPARE_EQUAL, 0, "pending" };
  query.limit = RESUME_LIMIT;
  resume->found = belfry_reader_list (reader, belfry_delivery_get_type (), &query, NULL, error);
  return resume->found != NULL;
}

static void
on_resumed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Resume *resume = user_data;
  g_autoptr (GError) local = NULL;

  if (!belfry_store_read_finish (resume->deliveries->store, result, &local)) {
    if (!g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      g_warning ("reading pending deliveries: %s; they wait for the next start", local->message);
  } else
    for (guint i = 0; i < resume->found->len; i++)
      belfry_pending_add (resume->deliveries, g_ptr_array_index (resume->found, i));
  g_clear_pointer (&resume->found, g_ptr_array_unref);
  g_free (resume);
}

void
belfry_pending_resume (BelfryDeliveries *self)
{
  Resume *resume = g_new0 (Resume, 1);
  BelfryReaderView view = { .instance = NULL };

  resume->deliveries = self;
  belfry_store_read_async (self->store, &view, read_pending, resume, self->cancellable, on_resumed,
                           resume);
}
