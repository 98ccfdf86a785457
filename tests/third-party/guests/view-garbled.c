/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Draws a page that is no text, one that fails, and none at all. */
#include <belfry-plugin.h>

static BelfryResponse *
draw_garbled (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  JsonObject *data = json_object_new ();

  json_object_set_string_member (data, "title", "\xff\xfe");
  return belfry_response_new_template (200, "no-such-template.html", data);
}

static BelfryResponse *
draw_failure (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "drawing: \xff\xfe");
  return NULL;
}

static BelfryResponse *
draw_nothing (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  return NULL;
}

static const BelfryRoute garbled_routes[] = {
  { "/garbled/page", 0, draw_garbled },
  { "/garbled/failure", 0, draw_failure },
  { "/garbled/nothing", 0, draw_nothing },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "garbled",
  .summary       = "Draws what cannot be read",
  .instance_size = 1,
  .routes        = garbled_routes,
  .title         = "Garbled",
);
