/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it makes of a request is no text: invalid UTF-8, control characters, a megabyte of a name.
 */
#include <belfry-plugin.h>

static BelfryTranslation *
garbled_translate (gconstpointer self, BelfryRequest *request)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  BelfryChange *change = belfry_change_new ();
  g_autofree char *long_name = g_strnfill (1024 * 1024, 'n');

  belfry_record_set_text (&change->author, "\xff\xfe ada \x1b[1m");
  belfry_record_set_text (&change->comments, "half a character: \xe2\x82");
  belfry_record_set_text (&change->revision, "4f3c");
  belfry_record_set_text (&change->branch, long_name);
  g_ptr_array_add (changes, change);
  return belfry_translation_new_changes (changes);
}

BELFRY_DEFINE_HOOK (
  .name          = "garbled",
  .summary       = "Speaks in tongues",
  .instance_size = 1,
  .translate     = garbled_translate,
);
