/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each fuzz target is made of. With clang and -Dfuzzing=enabled the library libFuzzer drives
 * it; else replay.c does, over the seeds and a bounded number of changed ones.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The text up to the next @separator, and @data and @size moved behind it; without one: all of it.
 * (transfer full) */
static inline char *
fuzz_take_text (const uint8_t **data, size_t *size, char separator)
{
  const uint8_t *end = *size > 0 ? memchr (*data, separator, *size) : NULL;
  size_t length = end != NULL ? (size_t)(end - *data) : *size;
  char *text = g_strndup ((const char *)*data, length);

  length += end != NULL ? 1 : 0;
  *data += length;
  *size -= length;
  return text;
}
