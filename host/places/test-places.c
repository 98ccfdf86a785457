/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places/places.h"

#include <glib.h>

static void
test_environment (void)
{
  static const struct {
    const char *variable;
    const char *(*get) (void);
  } rows[] = {
    { "BELFRY_DATA_DIR", belfry_places_get_data },
    { "BELFRY_HELPER_DIR", belfry_places_get_helpers },
    { "BELFRY_LOCALE_DIR", belfry_places_get_locale },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *installed = NULL;

    g_unsetenv (rows[i].variable);
    installed = g_strdup (rows[i].get ());
    g_assert_true (g_path_is_absolute (installed));
    g_setenv (rows[i].variable, "", TRUE);
    g_assert_cmpstr (rows[i].get (), ==, installed);
    g_setenv (rows[i].variable, "/else/where", TRUE);
    g_assert_cmpstr (rows[i].get (), ==, "/else/where");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/places/environment", test_environment);
  return g_test_run ();
}
