/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries in steps: the item is kept as the task's data; a program's words are put into its
 * body, before each try, since a program may look at more than the build; then each step sends one
 * request and goes on with its answer.
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

/* the request of reporters that need no other */

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = belfry_forge_deliver_receive (task, result);
  BelfryOutcome *outcome = NULL;

  if (answer == NULL)
    return;
  outcome = delivery->post->from_answer (delivery->reporter, delivery->item, answer);
  belfry_forge_deliver_end (task, outcome);
}

static void
go_on (GTask *task)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpRequest) request = NULL;

  if (delivery->post->next != NULL) {
    delivery->post->next (task);
    return;
  }
  request = delivery->post->to_request (delivery->reporter, delivery->item, &local);
  if (request != NULL)
    belfry_forge_deliver_send (task, request, on_answered);
  else
    belfry_forge_deliver_end (task, belfry_outcome_new (BELFRY_OUTCOME_REFUSED, local->message));
}

/* a program's words */

static JsonObject *
get_payload (const BelfryItem *item)
{
  return item->payload != NULL && JSON_NODE_HOLDS_OBJECT (item->payload)
             ? json_node_get_object (item->payload)
             : NULL;
}

/* the payload is the outbox's: the words go into a copy of it */
static void
set_words (const BelfryForgeDelivery *delivery, const char *text)
{
  JsonObject *payload = get_payload (delivery->item);
  JsonObject *copy = json_object_new ();
  JsonObject *body = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (belfry_json_get_object (payload, "body"));

  for (GList *link = names; link != NULL; link = link->next)
    json_object_set_member (
        body, link->data,
        json_object_dup_member (belfry_json_get_object (payload, "body"), link->data));
  json_object_set_string_member (body, delivery->post->member, text);
  json_object_set_string_member (copy, "path", belfry_json_get_text (payload, "path"));
  json_object_set_string_member (copy, "what", belfry_json_get_text (payload, "what"));
  json_object_set_object_member (copy, "body", body);
  json_node_unref (delivery->item->payload);
  delivery->item->payload = json_node_init_object (json_node_alloc (), copy);
  json_object_unref (copy);
}

static void
take_words (GTask *task, const char *text)
{
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autofree char *fitting =
      delivery->post->fit != NULL ? delivery->post->fit (text) : g_strdup (text);

  if (fitting == NULL) {
    belfry_forge_deliver_end (
        task, belfry_outcome_new (BELFRY_OUTCOME_SUPERSEDED, "there was nothing to say"));
    return;
  }
  set_words (delivery, fitting);
  go_on (task);
}

static void
on_printed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  BelfryForgeDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) value = belfry_reports_run_program_finish (result, &local);

  if (value != NULL && JSON_NODE_HOLDS_VALUE (value) &&
      json_node_get_value_type (value) == G_TYPE_STRING) {
    take_words (task, json_node_get_string (value));
    return;
  }
  if (local == NULL)
    g_set_error (&local, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "it printed something else than a string");
  g_prefix_error (&local, "%s: ", belfry_json_get_text (get_payload (delivery->item), "program"));
  belfry_forge_deliver_end (task, belfry_outcome_new_wait (0, TRUE, local->message));
}

static GPtrArray *
get_argv (const BelfryForgeWords *words, const char *program)
{
  if (words == NULL || program == NULL)
    return NULL;
  return g_str_equal (program, BELFRY_FORGE_START_PROGRAM) ? words->start_program
                                                           : words->end_program;
}

void
belfry_forge_deliver (const BelfryForgePost *post,
                      gpointer reporter,
                      const BelfryForgeHttp *http,
                      const BelfryForgeWords *words,
                      const BelfryItem *item,
                      GTask *task)
{
  BelfryForgeDelivery *delivery = g_new0 (BelfryForgeDelivery, 1);
  JsonObject *payload = get_payload (item);
  GPtrArray *argv = get_argv (words, belfry_forge_get_text (payload, "program"));

  delivery->reporter = reporter;
  delivery->post = post;
  delivery->http = http;
  delivery->item = copy_item (item);
  g_task_set_task_data (task, delivery, free_delivery);
  if (argv != NULL)
    belfry_reports_run_program_async (http->instance, argv,
                                      json_object_get_member (payload, "build"),
                                      g_task_get_cancellable (task), on_printed, task);
  else
    go_on (task);
}
