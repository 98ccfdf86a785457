/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view of the first release of its ABI: how many changes there are. */
#include <belfry-plugin.h>

static BelfryResponse *
first_draw (gconstpointer state, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gint64 count = belfry_reader_count (reader, belfry_change_get_type (), &query, error);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT " changes\n", count);

  return count >= 0 ? belfry_response_new_text (200, "text/plain", text) : NULL;
}

static const BelfryRoute routes[] = {
  { "/first", 0, first_draw },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "first",
  .summary       = "Counts changes",
  .instance_size = 1,
  .routes        = routes,
  .title         = "First",
);
