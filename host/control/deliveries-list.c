/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The delivery log as it is asked for: newest first, a page at a time, by hook, outcome and time.
 */
#include "hooks/raw.h"
#include "listings.h"

#define AT_ONCE 500

static gboolean
add_filter (BelfryQuery *query, BelfryFilter filter)
{
  for (guint i = 0; i < BELFRY_QUERY_FILTERS; i++)
    if (query->filters[i].field == NULL) {
      query->filters[i] = filter;
      return TRUE;
    }
  return FALSE;
}

static void
add_text (BelfryQuery *query, JsonObject *arguments, const char *field)
{
  const char *text = belfry_json_get_text (arguments, field);

  if (text != NULL)
    add_filter (query, (BelfryFilter){ field, BELFRY_COMPARE_EQUAL, 0, text });
}

static void
add_number (BelfryQuery *query,
            const char *field,
            BelfryCompare compare,
            JsonObject *arguments,
            const char *name)
{
  gint64 value = belfry_json_get_integer (arguments, name, BELFRY_NONE);

  if (value != BELFRY_NONE)
    add_filter (query, (BelfryFilter){ field, compare, value, NULL });
}

/* a row that counts refusals is as new as the last of them */
gboolean
belfry_list_deliveries (BelfryReader *reader,
                        JsonObject *arguments,
                        JsonObject *answer,
                        GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) found = NULL;
  JsonArray *deliveries = json_array_new ();
  gboolean cut = FALSE;

  json_object_set_array_member (answer, "deliveries", deliveries);
  add_text (&query, arguments, "hook");
  add_text (&query, arguments, "outcome");
  add_number (&query, "last_at", BELFRY_COMPARE_GREATER_EQUAL, arguments, "since_us");
  add_number (&query, "deliveryid", BELFRY_COMPARE_LESS, arguments, "before");
  add_number (&query, "deliveryid", BELFRY_COMPARE_EQUAL, arguments, "id");
  query.descending = TRUE;
  query.limit = (guint)CLAMP (belfry_json_get_integer (arguments, "limit", AT_ONCE), 1, AT_ONCE);
  found = belfry_reader_list (reader, belfry_delivery_get_type (), &query, &cut, error);
  if (found == NULL)
    return FALSE;
  for (guint i = 0; i < found->len; i++)
    json_array_add_object_element (deliveries,
                                   belfry_record_to_json (g_ptr_array_index (found, i), 0));
  json_object_set_boolean_member (answer, "more", cut);
  return TRUE;
}

gboolean
belfry_show_request (BelfryReader *reader,
                     JsonObject *arguments,
                     JsonObject *answer,
                     GError **error)
{
  g_autoptr (BelfryDelivery) delivery = belfry_reader_find (
      reader, belfry_delivery_get_type (), belfry_json_get_integer (arguments, "id", 0), error);
  g_autoptr (BelfryRequest) request =
      delivery != NULL ? belfry_raw_read (reader, delivery, error) : NULL;

  if (request == NULL)
    return FALSE;
  json_object_set_object_member (answer, "delivery", belfry_record_to_json (delivery, 0));
  json_object_set_object_member (answer, "request", belfry_request_to_json (request));
  return TRUE;
}
