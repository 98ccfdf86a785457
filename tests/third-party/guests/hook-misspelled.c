/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its descriptor holds bytes that are no text. */
#include <belfry-plugin.h>

static BelfryTranslation *
misspelled_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_nothing ("nothing");
}

BELFRY_DEFINE_HOOK (.name = "misspelled", .summary = "Says \xff\xfe", .instance_size = 1,
                    .translate = misspelled_translate, );
