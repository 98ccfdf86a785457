/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one translation costs: of the recorded requests of a hook the largest that becomes changes,
 * translated again and again, parsing included. Prints as JSON the request's size and the processor
 * time of one.
 *
 * usage: bench-hook HOOK FIXTURES
 */
#include "hook-test.h"

#include <stdio.h>
#include <time.h>

#define ROUNDS 500

/* a request that is refused at its first line would cost nothing */
static gboolean
becomes_changes (const char *hook, const char *path)
{
  g_autofree char *keys = NULL;
  g_autoptr (BelfryRequest) request = belfry_hook_test_read_recorded (hook, path, &keys, NULL);
  g_autoptr (BelfryTest) test = belfry_hook_test_new (hook, keys);
  g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

  return translation->kind == BELFRY_TRANSLATION_CHANGES;
}

/* (transfer full) (nullable) */
static char *
find_largest (const char *hook, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;
  char *largest = NULL;
  gsize most = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (BelfryRequest) request = belfry_hook_test_read_recorded (hook, path, NULL, NULL);
    gsize size = request != NULL ? g_bytes_get_size (belfry_request_get_body (request)) : 0;

    if (size <= most || !becomes_changes (hook, path))
      continue;
    most = size;
    g_free (largest);
    largest = g_steal_pointer (&path);
  }
  return largest;
}

static double
measure_us (BelfryTest *test, const char *hook, const char *path)
{
  clock_t spent = 0;

  for (guint i = 0; i < ROUNDS; i++) {
    g_autoptr (BelfryRequest) request = belfry_hook_test_read_recorded (hook, path, NULL, NULL);
    clock_t begun = clock ();
    g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

    spent += clock () - begun;
  }
  return (double)spent * 1e6 / CLOCKS_PER_SEC / ROUNDS;
}

int
main (int argc, char **argv)
{
  g_autofree char *path = argc == 3 ? find_largest (argv[1], argv[2]) : NULL;
  g_autofree char *keys = NULL;
  g_autoptr (BelfryRequest) request = NULL;
  g_autoptr (BelfryTest) test = NULL;

  if (path == NULL) {
    fprintf (stderr, "usage: bench-hook HOOK FIXTURES\n");
    return 2;
  }
  request = belfry_hook_test_read_recorded (argv[1], path, &keys, NULL);
  test = belfry_hook_test_new (argv[1], keys);
  printf ("{\"bytes\": %" G_GSIZE_FORMAT ", \"us\": %.1f}\n",
          g_bytes_get_size (belfry_request_get_body (request)), measure_us (test, argv[1], path));
  return 0;
}
