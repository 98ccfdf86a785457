/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives a fuzz target without libFuzzer, by the same words: PROGRAM -runs=N -seed=N FOLDER… Every
 * seed is played as it is; then, until there were N runs, with a few bytes changed, cut out,
 * doubled, put in or taken from another seed. The same seed number gives the same inputs.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#define MAX_BYTES 65536

static GPtrArray *seeds = NULL; /* (element-type GBytes) */

/* what nobody sends by chance, but somebody might on purpose */
static const char *const words[] = {
  "null",    "true",     "{}",
  "[]",      "\"\"",     "0",
  "-1",      "1e999",    "9223372036854775808",
  "\"",      "\\",       "{",
  "}",       "[",        "]",
  ",",       ":",        "\\u0000",
  "%00",     "%ff",      "\xff",
  "\\ud800", "payload=", "refs/heads/",
  "\n",      "None",     "{{ 7*7 }}",
};

static void
insert_word (GByteArray *input, guint at, const char *word)
{
  guint length = (guint)strlen (word);
  guint rest = input->len - at;

  g_byte_array_set_size (input, input->len + length);
  memmove (input->data + at + length, input->data + at, rest);
  memcpy (input->data + at, word, length);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
add_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    char *data = NULL;
    gsize bytes = 0;

    if (g_file_get_contents (g_ptr_array_index (names, i), &data, &bytes, NULL))
      g_ptr_array_add (seeds, g_bytes_new_take (data, bytes));
  }
}

static GBytes *
pick (GRand *random)
{
  return g_ptr_array_index (seeds, g_rand_int_range (random, 0, (int)seeds->len));
}

static guint
pick_place (GRand *random, const GByteArray *input)
{
  return input->len > 0 ? (guint)g_rand_int_range (random, 0, (int)input->len) : 0;
}

static void
change (GRand *random, GByteArray *input)
{
  static const guint8 odd[] = {
    0, '\n', '\r', '&', '=', '%', ';', '"', ',', ':', 0x7f, 0x80, 0xff
  };
  guint at = pick_place (random, input);
  guint wanted = (guint)g_rand_int_range (random, 1, 33);
  guint length = MIN (input->len - at, wanted);
  GBytes *other = pick (random);
  g_autofree guint8 *copy = NULL;

  switch (g_rand_int_range (random, 0, 7)) {
  case 0:
    if (input->len > 0)
      input->data[at] ^= (guint8)(1 << g_rand_int_range (random, 0, 8));
    break;
  case 1:
    if (input->len > 0)
      input->data[at] = odd[g_rand_int_range (random, 0, G_N_ELEMENTS (odd))];
    break;
  case 2:
    if (length > 0)
      g_byte_array_remove_range (input, at, length);
    break;
  case 3:
    copy = g_memdup2 (input->data + at, length);
    if (length > 0)
      g_byte_array_append (input, copy, length);
    break;
  case 4:
    insert_word (input, at, words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))]);
    break;
  case 5:
    g_byte_array_set_size (input, at);
    break;
  default:
    g_byte_array_append (input, g_bytes_get_data (other, NULL),
                         (guint)MIN (g_bytes_get_size (other), 256));
    break;
  }
}

static void
play_changed (GRand *random)
{
  GBytes *seed = pick (random);
  g_autoptr (GByteArray) input = g_byte_array_new ();

  g_byte_array_append (input, g_bytes_get_data (seed, NULL),
                       (guint)MIN (g_bytes_get_size (seed), MAX_BYTES));
  for (int i = g_rand_int_range (random, 1, 6); i > 0; i--)
    change (random, input);
  LLVMFuzzerTestOneInput (input->data, input->len);
}

static gint64
read_number (const char *word, const char *option, gint64 before)
{
  gint64 number = before;

  if (g_str_has_prefix (word, option))
    g_ascii_string_to_signed (word + strlen (option), 10, 0, G_MAXINT, &number, NULL);
  return number;
}

int
main (int argc, char **argv)
{
  gint64 runs = 0;
  gint64 seed = 1;
  g_autoptr (GRand) random = NULL;

  LLVMFuzzerInitialize (&argc, &argv);
  seeds = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  for (int i = 1; i < argc; i++) {
    runs = read_number (argv[i], "-runs=", runs);
    seed = read_number (argv[i], "-seed=", seed);
    if (argv[i][0] != '-')
      add_folder (argv[i]);
  }
  for (guint i = 0; i < seeds->len; i++) {
    gsize bytes = 0;
    const uint8_t *data = g_bytes_get_data (g_ptr_array_index (seeds, i), &bytes);

    LLVMFuzzerTestOneInput (data, bytes);
  }
  random = g_rand_new_with_seed ((guint32)seed);
  for (gint64 i = seeds->len; seeds->len > 0 && i < runs; i++)
    play_changed (random);
  printf ("%u seeds, %" G_GINT64_FORMAT " runs\n", seeds->len, MAX (runs, (gint64)seeds->len));
  if (seeds->len == 0)
    fprintf (stderr, "there are no seeds\n");
  runs = seeds->len;
  g_ptr_array_unref (seeds);
  return runs > 0 ? 0 : 1;
}
