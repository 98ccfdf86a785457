/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waterfall: what happened when, on every builder, as a table; and its help page. */
#include "waterfall-page.h"

typedef struct {
  WaterfallOptions options;
} Waterfall;

static const BelfryOption waterfall_options[] = {
  BELFRY_INTEGER (Waterfall,
                  options.num_events,
                  "num-events",
                  .default_text = "200",
                  .minimum = 1,
                  .maximum = 2000,
                  .unit = "rows",
                  .help = N_ ("how many rows a page has unless its address says otherwise")),
  BELFRY_INTEGER (Waterfall,
                  options.num_events_max,
                  "num-events-max",
                  .minimum = 1,
                  .maximum = 2000,
                  .unit = "rows",
                  .help = N_ ("how many rows an address may ask for")),
  BELFRY_BOOLEAN (
      Waterfall,
      options.show_events,
      "show-events",
      .default_text = "true",
      .help = N_ ("whether events that are no builds are shown unless the address says otherwise")),
  { NULL },
};

static void
waterfall_check (gconstpointer self, const BelfryCheck *check)
{
  const WaterfallOptions *options = &((const Waterfall *)self)->options;

  if (options->num_events_max > 0 && options->num_events_max < options->num_events)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "num-events-max",
                         "must not be less than num-events (%" G_GINT64_FORMAT ")",
                         options->num_events);
}

typedef BelfryResponse *(*WaterfallDraw) (const WaterfallOptions *options,
                                          BelfryForm *form,
                                          BelfryReader *reader,
                                          GError **error);

static BelfryResponse *
waterfall_answer (const Waterfall *self,
                  BelfryRequest *request,
                  BelfryReader *reader,
                  WaterfallDraw draw,
                  GError **error)
{
  BelfryResponse *refusal = NULL;
  BelfryForm *form = views_read_arguments (request, &refusal);

  return form != NULL ? draw (&self->options, form, reader, error) : refusal;
}

static BelfryResponse *
waterfall_get_page (gconstpointer self,
                    BelfryRequest *request,
                    BelfryReader *reader,
                    GError **error)
{
  return waterfall_answer (self, request, reader, waterfall_draw_page, error);
}

static BelfryResponse *
waterfall_get_help (gconstpointer self,
                    BelfryRequest *request,
                    BelfryReader *reader,
                    GError **error)
{
  return waterfall_answer (self, request, reader, waterfall_draw_help, error);
}

static const BelfryRoute waterfall_routes[] = {
  { "/waterfall", BELFRY_ROUTE_AGES, waterfall_get_page },
  { "/waterfall/help", 0, waterfall_get_help },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "waterfall",
  .summary       = N_ ("Shows what happened when on every builder"),
  .options       = waterfall_options,
  .instance_size = sizeof (Waterfall),
  .check         = waterfall_check,
  .routes        = waterfall_routes,
  .title         = N_ ("Waterfall"),
  .order         = 20,
);
