/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries of several requests, for services that must be asked something first: the item is kept
 * as the task's data, and each step sends one request and goes on with its answer.
 */
#include "forge-status.h"

static BelfryItem *
copy_item (const BelfryItem *item)
{
  BelfryItem *copy = g_new0 (BelfryItem, 1);

  copy->size = sizeof (BelfryItem);
  copy->reportid = item->reportid;
  copy->target = g_strdup (item->target);
  copy->key = g_strdup (item->key);
  copy->phase = g_strdup (item->phase);
  copy->tries = item->tries;
  copy->remote_id = g_strdup (item->remote_id);
  copy->payload = item->payload != NULL ? json_node_ref (item->payload) : NULL;
  return copy;
}

static void
free_item (BelfryItem *item)
{
  if (item == NULL)
    return;
  g_free ((char *)item->target);
  g_free ((char *)item->key);
  g_free ((char *)item->phase);
  g_free ((char *)item->remote_id);
  g_clear_pointer (&item->payload, json_node_unref);
  g_free (item);
}

static void
free_delivery (gpointer data)
{
  BelfryForgeDelivery *delivery = data;

  free_item (delivery->item);
  g_free (delivery);
}

BelfryForgeDelivery *
belfry_forge_deliver_begin (gpointer reporter,
                            const BelfryForgeHttp *http,
                            const BelfryItem *item,
                            GTask *task)
{
  BelfryForgeDelivery *delivery = g_new0 (BelfryForgeDelivery, 1);

  delivery->reporter = reporter;
  delivery->http = http;
  delivery->item = copy_item (item);
  g_task_set_task_data (task, delivery, free_delivery);
  return delivery;
}

void
belfry_forge_deliver_send (GTask *task, BelfryHttpRequest *request, GAsyncReadyCallback callback)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);

  belfry_http_send_async (delivery->http->instance, request, g_task_get_cancellable (task),
                          callback, task);
}

BelfryHttpAnswer *
belfry_forge_deliver_receive (GTask *task, GAsyncResult *result)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  BelfryHttpAnswer *answer = belfry_http_send_finish (delivery->http->instance, result, &local);

  if (answer == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    g_object_unref (task);
  }
  return answer;
}

void
belfry_forge_deliver_end (GTask *task, BelfryOutcome *outcome)
{
  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}
