/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the seeds of a hook's fuzzing: its recorded requests, and one of each kind of body.
 *
 * usage: hook-seeds HOOK FIXTURES FOLDER
 */
#include "hook-test.h"

#include <stdio.h>

#define PART "--b\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n"

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

  if (argc != 4) {
    fprintf (stderr, "usage: hook-seeds HOOK FIXTURES FOLDER\n");
    return 2;
  }
  seeds = list_seeds (argv[1], argv[2]);
  if (write_all (seeds, argv[3], &error))
    return 0;
  fprintf (stderr, "%s\n", error->message);
  return 1;
}
