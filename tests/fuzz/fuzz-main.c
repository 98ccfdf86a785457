/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives a fuzz target without libFuzzer, a bounded number of times and always alike: every seed as
 * it is, then seeds with a few edits. With --seeds FOLDER it writes the seeds there instead.
 *
 * usage: fuzz-hook HOOK FIXTURES RUNS
 *        fuzz-hook HOOK FIXTURES --seeds FOLDER
 */
#include "fuzz-hook.h"

#include "hook-test.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define MAX_EDITS   8
#define RANDOM_SEED 20230304
#define PART        "--b\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n"

/* what a forge never sends, but somebody else might */
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

/* (transfer full): path, headers and body as one text */
static GString *
write_seed (BelfryRequest *request)
{
  GPtrArray *headers = belfry_request_list_headers (request);
  GBytes *body = belfry_request_get_body (request);
  const char *query = belfry_request_get_query (request);
  GString *seed = g_string_new (belfry_request_get_path (request));

  if (query != NULL)
    g_string_append_printf (seed, "?%s", query);
  for (guint i = 0; i + 1 < headers->len; i += 2)
    g_string_append_printf (seed, "\n%s: %s", (char *)g_ptr_array_index (headers, i),
                            (char *)g_ptr_array_index (headers, i + 1));
  g_string_append (seed, "\n\n");
  g_string_append_len (seed, g_bytes_get_data (body, NULL), (gssize)g_bytes_get_size (body));
  return seed;
}

static void
string_free (gpointer data)
{
  g_string_free (data, TRUE);
}

/* one of each kind of body for hooks without recorded requests, and the recorded ones */
static GPtrArray *
list_seeds (const char *hook, const char *folder)
{
  static const char *const bodies[] = {
    "Content-Type: application/json\n\n{}",
    "Content-Type: application/x-www-form-urlencoded\n\npayload={}&poller=a&poller=b",
    "Content-Type: multipart/form-data; boundary=b\n\n" PART "{}\r\n--b--\r\n",
  };
  GPtrArray *seeds = g_ptr_array_new_with_free_func (string_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    GString *seed = g_string_new (NULL);

    g_string_append_printf (seed, "/change_hook/%s?codebase=c\n%s", hook, bodies[i]);
    g_ptr_array_add (seeds, seed);
  }
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (BelfryRequest) request = belfry_hook_test_read_recorded (hook, path, NULL, NULL);

    if (request != NULL)
      g_ptr_array_add (seeds, write_seed (request));
  }
  return seeds;
}

static void
edit (GString *text, GPtrArray *seeds, GRand *random)
{
  gint32 length = (gint32)text->len;
  gint32 at = g_rand_int_range (random, 0, length + 1);
  gint32 bytes = g_rand_int_range (random, 0, MIN (64, length - at) + 1);
  const GString *other =
      g_ptr_array_index (seeds, (guint)g_rand_int_range (random, 0, (gint32)seeds->len));
  gint32 from = g_rand_int_range (random, 0, (gint32)other->len + 1);

  switch (g_rand_int_range (random, 0, 5)) {
  case 0:
    g_string_erase (text, at, bytes);
    return;
  case 1:
    g_string_insert (text, at, words[g_rand_int_range (random, 0, (gint32)G_N_ELEMENTS (words))]);
    return;
  case 2:
    if (at < length)
      text->str[at] = (char)g_rand_int_range (random, 0, 256);
    return;
  case 3:
    g_string_insert_len (text, at, other->str + from, MIN (64, (gssize)other->len - from));
    return;
  default:
    g_string_truncate (text, (gsize)at);
  }
}

static void
run (const GString *text)
{
  LLVMFuzzerTestOneInput ((const uint8_t *)text->str, text->len);
}

static void
run_all (GPtrArray *seeds, gint64 runs)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (RANDOM_SEED);

  for (guint i = 0; i < seeds->len; i++)
    run (g_ptr_array_index (seeds, i));
  for (gint64 i = 0; i < runs; i++) {
    const GString *seed = g_ptr_array_index (seeds, (guint)(i % seeds->len));
    g_autoptr (GString) text = g_string_new_len (seed->str, (gssize)seed->len);
    gint32 edits = g_rand_int_range (random, 1, MAX_EDITS + 1);

    for (gint32 j = 0; j < edits; j++)
      edit (text, seeds, random);
    run (text);
  }
}

static gboolean
write_all (GPtrArray *seeds, const char *folder, GError **error)
{
  for (guint i = 0; i < seeds->len; i++) {
    const GString *seed = g_ptr_array_index (seeds, i);
    g_autofree char *name = g_strdup_printf ("seed-%03u", i);
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (!g_file_set_contents (path, seed->str, (gssize)seed->len, error))
      return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) seeds = NULL;
  g_autoptr (GError) error = NULL;
  gint64 runs = 0;

  if (argc < 4 || (argc == 4 && !belfry_parse_integer (argv[3], 0, G_MAXINT32, &runs, NULL)) ||
      (argc == 5 && strcmp (argv[3], "--seeds") != 0)) {
    fprintf (stderr, "usage: fuzz-hook HOOK FIXTURES RUNS | HOOK FIXTURES --seeds FOLDER\n");
    return 2;
  }
  g_setenv ("BELFRY_FUZZ_HOOK", argv[1], TRUE);
  seeds = list_seeds (argv[1], argv[2]);
  if (argc == 5 && !write_all (seeds, argv[4], &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (argc == 4)
    run_all (seeds, runs);
  return 0;
}
