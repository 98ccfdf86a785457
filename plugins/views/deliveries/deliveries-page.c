/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The delivery log, newest first, by hook, outcome and time; and one delivery with what it became
 * and the request as it is kept. Pages go by id (`before=`), so that new deliveries do not move
 * what an older page shows.
 */
#include "deliveries-page.h"

#define DELIVERIES_MAX_CHANGES    20 /* of a row, linked; a page of one shows more */
#define DELIVERIES_MAX_OF_ONE     200
#define DELIVERIES_MAX_BODY_BYTES ((gsize)65536)

/* filters: texts that must be equal, as the command line has them */
static const char *const deliveries_filters[] = { "hook", "outcome", NULL };

static const char *
deliveries_get_filter (BelfryForm *form, const char *name)
{
  const char *value = belfry_form_get (form, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

static gboolean
deliveries_add_since (BelfryForm *form, BelfryFilter *filter, GError **error)
{
  const char *since = deliveries_get_filter (form, "since");
  gint64 since_us = 0;

  if (since == NULL)
    return TRUE;
  if (!belfry_time_parse_since (since, &since_us, error))
    return FALSE;
  /* a row that counts refusals is as new as the last of them */
  *filter = (BelfryFilter){ .field = "last_at",
                            .compare = BELFRY_COMPARE_GREATER_EQUAL,
                            .number = since_us };
  return TRUE;
}

static GPtrArray *
deliveries_list (const DeliveriesOptions *options,
                 BelfryForm *form,
                 BelfryReader *reader,
                 gboolean *more,
                 GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gint64 before = views_argument_integer (form, "before", G_MAXINT64, G_MAXINT64);
  guint n = 0;

  query.filters[n++] =
      (BelfryFilter){ .field = "deliveryid", .compare = BELFRY_COMPARE_LESS, .number = before };
  for (guint i = 0; deliveries_filters[i] != NULL; i++) {
    const char *wanted = deliveries_get_filter (form, deliveries_filters[i]);

    if (wanted != NULL)
      query.filters[n++] = (BelfryFilter){ .field = deliveries_filters[i], .text = wanted };
  }
  if (!deliveries_add_since (form, &query.filters[n], error))
    return NULL;
  query.descending = TRUE;
  query.limit = (guint)options->per_page;
  return belfry_reader_list (reader, belfry_delivery_get_type (), &query, more, error);
}

/* what a delivery became */

static JsonArray *
deliveries_get_changes (BelfryDelivery *delivery)
{
  return delivery->change_ids != NULL && JSON_NODE_HOLDS_ARRAY (delivery->change_ids)
             ? json_node_get_array (delivery->change_ids)
             : NULL;
}

static guint
deliveries_count_changes (BelfryDelivery *delivery)
{
  JsonArray *ids = deliveries_get_changes (delivery);

  return ids != NULL ? json_array_get_length (ids) : 0;
}

/* the sets in which builds of these deliveries' changes can be */
static GPtrArray *
deliveries_list_sets (BelfryReader *reader, GPtrArray *deliveries)
{
  gint64 first = G_MAXINT64;
  g_autoptr (BelfryChange) oldest = NULL;

  for (guint i = 0; i < deliveries->len; i++) {
    JsonArray *ids = deliveries_get_changes (deliveries->pdata[i]);

    for (guint j = 0; j < deliveries_count_changes (deliveries->pdata[i]); j++)
      first = MIN (first, json_array_get_int_element (ids, j));
  }
  if (first != G_MAXINT64)
    oldest = belfry_reader_find (reader, belfry_change_get_type (), first, NULL);
  return views_list_sets (reader, oldest);
}

static JsonArray *
deliveries_changes_to_json (ViewsFleet *fleet, GPtrArray *sets, BelfryDelivery *delivery, guint max)
{
  JsonArray *array = json_array_new ();
  JsonArray *ids = deliveries_get_changes (delivery);
  guint shown = MIN (deliveries_count_changes (delivery), max);

  for (guint i = 0; i < shown; i++) {
    gint64 id = json_array_get_int_element (ids, i);
    g_autofree char *path = g_strdup_printf ("changes/%" G_GINT64_FORMAT, id);
    JsonObject *object = json_object_new ();

    json_object_set_int_member (object, "changeid", id);
    json_object_set_string_member (object, "path", path);
    views_take_array (object, "builds", views_change_builds_to_json (fleet, sets, id));
    json_array_add_object_element (array, object);
  }
  return array;
}

static void
deliveries_put_path (JsonObject *object, const char *name, gint64 id)
{
  g_autofree char *path = g_strdup_printf ("deliveries/%" G_GINT64_FORMAT, id);

  json_object_set_string_member (object, name, path);
}

static JsonObject *
deliveries_to_json (ViewsFleet *fleet, GPtrArray *sets, BelfryDelivery *delivery, guint max)
{
  JsonObject *object = json_object_new ();
  g_autofree char *took = g_strdup_printf ("%.2f", (double)delivery->duration_us / 1000);
  g_autofree char *size = belfry_format_size (delivery->bytes);
  guint n_changes = deliveries_count_changes (delivery);

  json_object_set_int_member (object, "deliveryid", delivery->deliveryid);
  deliveries_put_path (object, "path", delivery->deliveryid);
  views_put_time (object, "received_at", delivery->received_at);
  views_put_time (object, "last_at", delivery->count > 1 ? delivery->last_at : BELFRY_NONE);
  views_put_text (object, "hook", delivery->hook);
  views_put_text (object, "event", delivery->event);
  views_put_text (object, "forge_id", delivery->forge_id);
  views_put_text (object, "source", delivery->source);
  views_put_text (object, "outcome", delivery->outcome);
  views_put_text (object, "reason", delivery->reason);
  json_object_set_int_member (object, "count", delivery->count);
  json_object_set_int_member (object, "bytes", delivery->bytes);
  json_object_set_string_member (object, "size", size);
  views_put_text (object, "took", delivery->duration_us > 0 ? took : NULL);
  views_take_array (object, "changes", deliveries_changes_to_json (fleet, sets, delivery, max));
  json_object_set_int_member (object, "more_changes", n_changes > max ? n_changes - max : 0);
  json_object_set_null_member (object, "replay_of");
  if (delivery->replay_of != BELFRY_NONE) {
    json_object_set_int_member (object, "replay_of", delivery->replay_of);
    deliveries_put_path (object, "replay_path", delivery->replay_of);
  }
  return object;
}

/* the list */

static JsonObject *
deliveries_filters_to_json (BelfryForm *form)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; deliveries_filters[i] != NULL; i++)
    views_put_text (object, deliveries_filters[i],
                    deliveries_get_filter (form, deliveries_filters[i]));
  views_put_text (object, "since", deliveries_get_filter (form, "since"));
  return object;
}

static gboolean
deliveries_is_filtered (BelfryForm *form)
{
  for (guint i = 0; deliveries_filters[i] != NULL; i++)
    if (deliveries_get_filter (form, deliveries_filters[i]) != NULL)
      return TRUE;
  return deliveries_get_filter (form, "since") != NULL;
}

static JsonArray *
deliveries_outcomes_to_json (void)
{
  JsonArray *array = json_array_new ();

  for (const char *const *outcome = belfry_delivery_list_outcomes (); *outcome != NULL; outcome++)
    json_array_add_string_element (array, *outcome);
  return array;
}

static void
deliveries_put_pages (JsonObject *data, BelfryForm *form, BelfryDelivery *last)
{
  g_autofree char *newest = views_query_with (form, "before", NULL);
  g_autofree char *id =
      last != NULL ? g_strdup_printf ("%" G_GINT64_FORMAT, last->deliveryid) : NULL;
  g_autofree char *older = id != NULL ? views_query_with (form, "before", id) : NULL;

  views_put_link (data, "newest", belfry_form_get (form, "before") != NULL ? newest : NULL);
  views_put_link (data, "older", older);
}

JsonObject *
deliveries_list_to_json (const DeliveriesOptions *options,
                         BelfryForm *form,
                         BelfryReader *reader,
                         GError **error)
{
  gboolean more = FALSE;
  g_autoptr (GPtrArray) deliveries = deliveries_list (options, form, reader, &more, error);
  g_autoptr (ViewsFleet) fleet = deliveries != NULL ? views_fleet_new (reader, error) : NULL;
  g_autoptr (GPtrArray) sets = NULL;
  JsonArray *array = NULL;
  JsonObject *data = NULL;

  if (fleet == NULL)
    return NULL;
  sets = deliveries_list_sets (reader, deliveries);
  array = json_array_new ();
  for (guint i = 0; i < deliveries->len; i++)
    json_array_add_object_element (
        array, deliveries_to_json (fleet, sets, deliveries->pdata[i], DELIVERIES_MAX_CHANGES));
  data = json_object_new ();
  views_take_array (data, "deliveries", array);
  views_take_array (data, "outcomes", deliveries_outcomes_to_json ());
  json_object_set_object_member (data, "filters", deliveries_filters_to_json (form));
  json_object_set_boolean_member (data, "filtered", deliveries_is_filtered (form));
  deliveries_put_pages (data, form, more ? deliveries->pdata[deliveries->len - 1] : NULL);
  return data;
}

/* one of them */

static JsonArray *
deliveries_headers_to_json (BelfryRequest *request)
{
  GPtrArray *headers = belfry_request_list_headers (request);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i + 1 < headers->len; i += 2) {
    JsonObject *object = json_object_new ();

    views_put_text (object, "name", headers->pdata[i]);
    views_put_text (object, "value", headers->pdata[i + 1]);
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonObject *
deliveries_request_to_json (BelfryRequest *request)
{
  JsonObject *object = json_object_new ();
  gsize bytes = 0;
  const char *body = g_bytes_get_data (belfry_request_get_body (request), &bytes);
  g_autofree char *text =
      g_utf8_make_valid (body != NULL ? body : "", (gssize)MIN (bytes, DELIVERIES_MAX_BODY_BYTES));

  views_put_text (object, "method", belfry_request_get_method (request));
  views_put_text (object, "path", belfry_request_get_path (request));
  views_put_text (object, "query", belfry_request_get_query (request));
  views_take_array (object, "headers", deliveries_headers_to_json (request));
  json_object_set_string_member (object, "body", text);
  json_object_set_boolean_member (object, "cut", bytes > DELIVERIES_MAX_BODY_BYTES);
  return object;
}

JsonObject *
deliveries_delivery_to_json (BelfryDelivery *delivery, BelfryReader *reader, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (ViewsFleet) fleet = views_fleet_new (reader, error);
  g_autoptr (GPtrArray) alone = g_ptr_array_new ();
  g_autoptr (GPtrArray) sets = NULL;
  g_autoptr (BelfryRequest) request = NULL;
  JsonObject *data = NULL;

  if (fleet == NULL)
    return NULL;
  request = belfry_reader_read_request (reader, delivery, &reason);
  if (request == NULL && !g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  g_ptr_array_add (alone, delivery);
  sets = deliveries_list_sets (reader, alone);
  data = json_object_new ();
  json_object_set_object_member (data, "delivery",
                                 deliveries_to_json (fleet, sets, delivery, DELIVERIES_MAX_OF_ONE));
  json_object_set_null_member (data, "kept");
  if (request != NULL)
    json_object_set_object_member (data, "kept", deliveries_request_to_json (request));
  json_object_set_boolean_member (
      data, "may_replay", request != NULL && belfry_reader_may (reader, VIEWS_MAY_REPLAY, NULL));
  return data;
}
