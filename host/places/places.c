/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places/places.h"

#include <glib.h>

static const char *
find (const char *variable, const char *installed)
{
  const char *named = g_getenv (variable);

  return named != NULL && *named != '\0' ? named : installed;
}

const char *
belfry_places_get_data (void)
{
  return find ("BELFRY_DATA_DIR", BELFRY_DATA_DIR);
}

const char *
belfry_places_get_helpers (void)
{
  return find ("BELFRY_HELPER_DIR", BELFRY_HELPER_DIR);
}

const char *
belfry_places_get_locale (void)
{
  return find ("BELFRY_LOCALE_DIR", BELFRY_LOCALE_DIR);
}
