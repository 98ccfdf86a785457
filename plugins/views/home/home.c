/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start page. */
#include "home-page.h"

typedef struct {
  gint64 latest_builds;
} Home;

static const BelfryOption home_options[] = {
  BELFRY_INTEGER (Home,
                  latest_builds,
                  "latest-builds",
                  .default_text = "10",
                  .minimum = 1,
                  .maximum = 100,
                  .unit = "builds",
                  .help = N_ ("how many of the latest finished builds are shown")),
  { NULL },
};

/* Who may not see anything gets the heading and the login form only; the host says so by `view`. */
static BelfryResponse *
home_draw (gconstpointer self,
           BelfryRequest *request G_GNUC_UNUSED,
           BelfryReader *reader,
           GError **error)
{
  JsonObject *data = home_page_to_json (((const Home *)self)->latest_builds, reader, error);

  return data != NULL ? views_page ("root.html", data) : NULL;
}

static const BelfryRoute home_routes[] = {
  { "/", BELFRY_ROUTE_AGES, home_draw },
  { NULL },
};

BELFRY_DEFINE_VIEW (
  .name          = "home",
  .summary       = N_ ("Shows what runs, what waits and what is broken"),
  .options       = home_options,
  .instance_size = sizeof (Home),
  .routes        = home_routes,
  .title         = N_ ("Home"),
  .order         = 10,
);
