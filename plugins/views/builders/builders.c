/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The builders' tree: all builders, one builder, its builds, a build, its steps and their logs. */
#include "builders-page.h"

#define BUILDERS_ERROR_CONTEXT 100

typedef struct {
  BuildersOptions options;
} Builders;

static const BelfryOption builders_options[] = {
  BELFRY_INTEGER (Builders,
                  options.builder_numbuilds,
                  "builder-numbuilds",
                  .default_text = "5",
                  .minimum = 1,
                  .maximum = 1000,
                  .unit = "builds",
                  .help =
                      N_ ("recent builds on a builder's page unless its address says otherwise")),
  BELFRY_INTEGER (Builders,
                  options.numbuilds_max,
                  "numbuilds-max",
                  .default_text = "1000",
                  .minimum = 1,
                  .maximum = 10000,
                  .unit = "builds",
                  .help = N_ ("how many recent builds an address may ask for")),
  BELFRY_INTEGER (Builders,
                  options.maxsearch_max,
                  "maxsearch-max",
                  .default_text = "5000",
                  .minimum = 1,
                  .maximum = 10000,
                  .unit = "builds",
                  .help = N_ ("how many builds an address may have searched")),
  BELFRY_INTEGER (Builders,
                  options.per_page,
                  "per-page",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 1000,
                  .unit = "rows",
                  .help = N_ ("builders or builds on a page of their list")),
  { NULL },
};

typedef JsonObject *(*BuildersDraw) (const BuildersOptions *options,
                                     BuildersPlace *place,
                                     GError **error);

static BelfryResponse *
builders_refuse (BuildersPlace *place)
{
  return g_steal_pointer (&place->refusal);
}

static BelfryResponse *
builders_answer (const Builders *self,
                 BuildersPlace *place,
                 BuildersDraw draw,
                 const char *template_name,
                 GError **error)
{
  JsonObject *data = draw (&self->options, place, error);

  if (data == NULL && place->refusal != NULL)
    return builders_refuse (place);
  return data != NULL ? views_page (template_name, data) : NULL;
}

static BelfryResponse *
builders_draw_list (gconstpointer self,
                    BelfryRequest *request,
                    BelfryReader *reader,
                    GError **error)
{
  BelfryResponse *refusal = NULL;
  BelfryForm *form = views_read_arguments (request, &refusal);
  JsonObject *data = NULL;

  if (form == NULL)
    return refusal;
  data = builders_list_to_json (&((const Builders *)self)->options, form, reader, error);
  return data != NULL ? views_page ("builders.html", data) : NULL;
}

#define BUILDERS_DEFINE_DRAW(name, function, template_name)                                        \
  static BelfryResponse *name (gconstpointer self, BelfryRequest *request, BelfryReader *reader,   \
                               GError **error)                                                     \
  {                                                                                                \
    g_auto (BuildersPlace) place = { NULL };                                                       \
                                                                                                   \
    if (!builders_place_find (&place, request, reader, error))                                     \
      return builders_refuse (&place);                                                             \
    return builders_answer (self, &place, function, template_name, error);                         \
  }

BUILDERS_DEFINE_DRAW (builders_draw_builder, builders_builder_to_json, "builder.html")
BUILDERS_DEFINE_DRAW (builders_draw_history, builders_history_to_json, "builds.html")
BUILDERS_DEFINE_DRAW (builders_draw_build, builders_build_to_json, "build.html")
BUILDERS_DEFINE_DRAW (builders_draw_steps, builders_logs_to_json, "buildsteps.html")
BUILDERS_DEFINE_DRAW (builders_draw_step, builders_step_to_json, "buildstep.html")
BUILDERS_DEFINE_DRAW (builders_draw_logs, builders_logs_to_json, "buildlogs.html")
BUILDERS_DEFINE_DRAW (builders_draw_tests, builders_tests_to_json, "buildtests.html")

/* removed by retention, or nothing in it */
static BelfryResponse *
builders_refuse_log (BuildersPlace *place)
{
  gboolean removed = g_strcmp0 (place->log->type, "d") == 0;
  g_autofree char *path = builders_place_dup_path (place);
  char *logs = g_strrstr (path, "/logs/");

  if (!removed && (place->log->num_lines > 0 || !place->log->complete))
    return NULL;
  if (logs != NULL)
    *logs = '\0';
  return views_refuse (place->request, removed ? 410 : 404,
                       removed ? N_ ("log was removed") : N_ ("Empty Log"), path);
}

/* `?error=1`: to the lines around the first one that looks like an error */
static BelfryResponse *
builders_lead_to_error (BuildersPlace *place)
{
  gint64 line = 0;
  g_autofree char *target = NULL;

  if (!builders_log_find_error (place, &line))
    return belfry_response_new_redirect (302, "?error=0#end");
  target = g_strdup_printf ("?lines=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "#L%" G_GINT64_FORMAT,
                            MAX (line + 1 - BUILDERS_ERROR_CONTEXT, 1),
                            line + 1 + BUILDERS_ERROR_CONTEXT, line + 1);
  return belfry_response_new_redirect (302, target);
}

static BelfryResponse *
builders_draw_log (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  g_auto (BuildersPlace) place = { NULL };
  BelfryResponse *refusal = NULL;

  if (!builders_place_find (&place, request, reader, error))
    return builders_refuse (&place);
  refusal = builders_refuse_log (&place);
  if (refusal != NULL)
    return refusal;
  if (g_strcmp0 (place.log->type, "h") == 0)
    return builders_log_draw_html (&place, error);
  if (views_argument_boolean (place.form, "error", FALSE))
    return builders_lead_to_error (&place);
  return builders_answer (self, &place, builders_log_to_json, "logs.html", error);
}

/* letters, digits and a few marks, so that a header can carry it */
static char *
builders_dup_file_name (BuildersPlace *place)
{
  char *name = g_strdup_printf ("%s-%" G_GINT64_FORMAT "-%s-%s.txt", place->builder->name,
                                place->build->number, place->step->name, place->log->name);

  return g_strcanon (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".-_", '_');
}

static BelfryResponse *
builders_draw_text (gconstpointer self G_GNUC_UNUSED,
                    BelfryRequest *request,
                    BelfryReader *reader,
                    GError **error)
{
  g_auto (BuildersPlace) place = { NULL };
  BelfryResponse *response = NULL;
  g_autofree char *name = NULL;
  g_autofree char *disposition = NULL;
  gboolean follow = FALSE;

  if (!builders_place_find (&place, request, reader, error))
    return builders_refuse (&place);
  response = builders_refuse_log (&place);
  if (response != NULL)
    return response;
  follow = !place.log->complete && belfry_form_get (place.form, "from") == NULL;
  response = belfry_response_new_log (
      place.log->logid, views_argument_boolean (place.form, "headers", FALSE), follow);
  name = builders_dup_file_name (&place);
  disposition = g_strdup_printf (
      "%s; filename=\"%s\"",
      views_argument_boolean (place.form, "download", FALSE) ? "attachment" : "inline", name);
  belfry_response_set_header (response, "Content-Disposition", disposition);
  return response;
}

static const BelfryRoute builders_routes[] = {
  { "/builders", BELFRY_ROUTE_AGES, builders_draw_list },
  { "/builders/{builder}", BELFRY_ROUTE_AGES, builders_draw_builder },
  { "/builders/{builder}/builds", BELFRY_ROUTE_AGES, builders_draw_history },
  { "/builders/{builder}/builds/{number}", BELFRY_ROUTE_AGES, builders_draw_build },
  { "/builders/{builder}/builds/{number}/tests", BELFRY_ROUTE_AGES, builders_draw_tests },
  { "/builders/{builder}/builds/{number}/tests/{test}", BELFRY_ROUTE_AGES, builders_draw_tests },
  { "/builders/{builder}/builds/{number}/steps", BELFRY_ROUTE_AGES, builders_draw_steps },
  { "/builders/{builder}/builds/{number}/steps/{step}", BELFRY_ROUTE_UNCACHED, builders_draw_step },
  { "/builders/{builder}/builds/{number}/steps/{step}/logs", BELFRY_ROUTE_UNCACHED,
    builders_draw_logs },
  { "/builders/{builder}/builds/{number}/steps/{step}/logs/{log}", BELFRY_ROUTE_UNCACHED,
    builders_draw_log },
  { "/builders/{builder}/builds/{number}/steps/{step}/logs/{log}/text", BELFRY_ROUTE_UNCACHED,
    builders_draw_text },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "builders",
  .summary       = N_ ("Shows builders, their builds, steps and logs"),
  .options       = builders_options,
  .instance_size = sizeof (Builders),
  .routes        = builders_routes,
  .title         = N_ ("Builders"),
  .order         = 30,
);
