/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the hooks were sent and what became of it. Who lacks the right is told so before anything
 * is looked up, the same for numbers that exist and for those that do not.
 */
#include "deliveries-page.h"

typedef struct {
  DeliveriesOptions options;
} Deliveries;

static const BelfryOption deliveries_options[] = {
  BELFRY_INTEGER (Deliveries,
                  options.per_page,
                  "per-page",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 500,
                  .unit = "deliveries",
                  .help = N_ ("deliveries on a page of their list")),
  { NULL },
};

static BelfryResponse *
deliveries_refuse (BelfryRequest *request)
{
  return views_refuse (request, 403, N_ ("you may not see what the hooks were sent"), "");
}

static BelfryResponse *
deliveries_draw_list (gconstpointer self,
                      BelfryRequest *request,
                      BelfryReader *reader,
                      GError **error)
{
  BelfryResponse *refusal = NULL;
  g_autoptr (GError) reason = NULL;
  BelfryForm *form = NULL;
  JsonObject *data = NULL;

  if (!belfry_reader_may (reader, VIEWS_MAY_DELIVERIES, NULL))
    return deliveries_refuse (request);
  form = views_read_arguments (request, &refusal);
  if (form == NULL)
    return refusal;
  data = deliveries_list_to_json (&((const Deliveries *)self)->options, form, reader, &reason);
  if (data != NULL)
    return views_page ("deliveries.html", data);
  if (g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_MALFORMED))
    return views_refuse (request, 400, reason->message, "deliveries");
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

static BelfryResponse *
deliveries_draw_delivery (gconstpointer self G_GNUC_UNUSED,
                          BelfryRequest *request,
                          BelfryReader *reader,
                          GError **error)
{
  const char *text = belfry_request_get_parameter (request, "delivery");
  g_autoptr (GError) reason = NULL;
  g_autoptr (BelfryDelivery) delivery = NULL;
  g_autofree char *what = NULL;
  JsonObject *data = NULL;
  gint64 id = 0;

  if (!belfry_reader_may (reader, VIEWS_MAY_DELIVERIES, NULL))
    return deliveries_refuse (request);
  if (text == NULL || !belfry_parse_integer (text, 0, G_MAXINT64, &id, NULL))
    return views_refuse (request, 404, N_ ("Expected a delivery number"), "deliveries");
  delivery = belfry_reader_find (reader, belfry_delivery_get_type (), id, &reason);
  if (delivery == NULL && !g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  if (delivery == NULL) {
    what = g_strdup_printf ("No delivery number %" G_GINT64_FORMAT, id);
    return views_refuse (request, 404, what, "deliveries");
  }
  data = deliveries_delivery_to_json (delivery, reader, error);
  return data != NULL ? views_page ("delivery.html", data) : NULL;
}

/* never from a cache: a delivery that came to nothing is no event that would renew a page */
static const BelfryRoute deliveries_routes[] = {
  { "/deliveries", BELFRY_ROUTE_UNCACHED, deliveries_draw_list },
  { "/deliveries/{delivery}", BELFRY_ROUTE_UNCACHED, deliveries_draw_delivery },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "deliveries",
  .summary       = N_ ("Shows what the hooks were sent and what became of it"),
  .options       = deliveries_options,
  .instance_size = sizeof (Deliveries),
  .routes        = deliveries_routes,
  .title         = N_ ("Deliveries"),
  .order         = 75,
  .action        = VIEWS_MAY_DELIVERIES,
);
