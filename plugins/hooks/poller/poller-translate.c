/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "poller-translate.h"

BelfryTranslation *
belfry_poller_translate (const BelfryPollerHook *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  BelfryForm *form = belfry_request_get_arguments (request, &local);
  g_auto (GStrv) names = NULL;
  BelfryTranslation *translation = NULL;

  if (form == NULL)
    return belfry_translation_new_malformed ("%s", local->message);
  names = belfry_form_dup_all (form, "poller");
  translation = belfry_translation_new_poll (names[0] != NULL ? g_steal_pointer (&names) : NULL);
  belfry_translation_set_allowed (translation, (const char *const *)self->allowed);
  return translation;
}
