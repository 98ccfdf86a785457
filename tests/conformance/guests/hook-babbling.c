/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a reason that is no UTF-8.
 * fails: life/start-use-stop */
#include "guest.h"

static BelfryTranslation *
babble (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_malformed ("%s", "\xff\xfe");
}

BELFRY_DEFINE_HOOK (
  .name = "babbling",
  .summary = "Is a guest",
  .translate = babble,
);
