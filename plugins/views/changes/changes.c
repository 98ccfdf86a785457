/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes: where they come from, the latest ones, and one of them whole. */
#include "changes-page.h"

typedef struct {
  ChangesOptions options;
} Changes;

static const BelfryOption changes_options[] = {
  BELFRY_INTEGER (Changes,
                  options.per_page,
                  "per-page",
                  .default_text = "50",
                  .minimum = 1,
                  .maximum = 500,
                  .unit = "changes",
                  .help = N_ ("changes on a page of their list")),
  { NULL },
};

static BelfryResponse *
changes_draw_list (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  BelfryResponse *refusal = NULL;
  BelfryForm *form = views_read_arguments (request, &refusal);
  JsonObject *data = NULL;

  if (form == NULL)
    return refusal;
  data = changes_list_to_json (&((const Changes *)self)->options, form, reader, error);
  return data != NULL ? views_page ("changes.html", data) : NULL;
}

static BelfryResponse *
changes_draw_change (gconstpointer self G_GNUC_UNUSED,
                     BelfryRequest *request,
                     BelfryReader *reader,
                     GError **error)
{
  const char *text = belfry_request_get_parameter (request, "change");
  g_autoptr (GError) cause = NULL;
  g_autoptr (BelfryChange) change = NULL;
  g_autofree char *what = NULL;
  JsonObject *data = NULL;
  gint64 id = 0;

  if (text == NULL || !g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, &id, NULL))
    return views_refuse (request, 404, N_ ("Expected a change number"), "changes");
  change = belfry_reader_find (reader, belfry_change_get_type (), id, &cause);
  if (change == NULL && !g_error_matches (cause, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return NULL;
  }
  if (change == NULL) {
    what = g_strdup_printf ("No change number %" G_GINT64_FORMAT, id);
    return views_refuse (request, 404, what, "changes");
  }
  data = changes_change_to_json (change, reader, error);
  return data != NULL ? views_page ("change.html", data) : NULL;
}

static const BelfryRoute changes_routes[] = {
  { "/changes", BELFRY_ROUTE_AGES, changes_draw_list },
  { "/changes/{change}", 0, changes_draw_change },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "changes",
  .summary       = N_ ("Shows changes and the builds that have them"),
  .options       = changes_options,
  .instance_size = sizeof (Changes),
  .routes        = changes_routes,
  .title         = N_ ("Changes"),
  .order         = 70,
);
