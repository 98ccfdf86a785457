/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "try-request.h"

#include <stdio.h>
#include <string.h>

void
belfry_try_options_clear (BelfryTryOptions *self)
{
  g_free (self->config_path);
  g_strfreev (self->sets);
  g_strfreev (self->headers);
  g_free (self->body_path);
  g_free (self->method);
  g_free (self->query);
}

gboolean
belfry_try_options_parse (BelfryTryOptions *self, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path,
      "where the section of the hook stands; absent: none but --set", "FILE" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->sets, "a key of the section", "KEY=VALUE" },
    { "header", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->headers, "a header of the request",
      "NAME: VALUE" },
    { "body", 0, 0, G_OPTION_ARG_FILENAME, &self->body_path,
      "the body of the request; -: standard input", "FILE" },
    { "method", 0, 0, G_OPTION_ARG_STRING, &self->method, "absent: POST", "WORD" },
    { "query", 0, 0, G_OPTION_ARG_STRING, &self->query, "what stands behind the ?", "TEXT" },
    { "trusted", 0, 0, G_OPTION_ARG_NONE, &self->trusted, "as if its sender had proven who it is",
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json, "print JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("hook NAME");
  g_autoptr (GError) local = NULL;

  g_option_context_set_summary (context, "Gives a request to one hook, without host or database.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &local))
    return TRUE;
  fprintf (stderr, "belfry try: %s\n", local->message);
  return FALSE;
}

static GBytes *
read_body (const char *path, GError **error)
{
  char *text = NULL;
  gsize bytes = 0;

  if (path == NULL)
    return g_bytes_new_static ("", 0);
  if (!g_file_get_contents (strcmp (path, "-") == 0 ? "/dev/stdin" : path, &text, &bytes, error)) {
    g_prefix_error (error, "reading the body: ");
    return NULL;
  }
  return g_bytes_new_take (text, bytes);
}

static gboolean
add_headers (BelfryRequest *request, char **headers, GError **error)
{
  for (guint i = 0; headers != NULL && headers[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (headers[i], ":", 2);

    if (pair[0] == NULL || pair[1] == NULL || *g_strstrip (pair[0]) == '\0') {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no NAME: VALUE", headers[i]);
      return FALSE;
    }
    belfry_request_add_header (request, pair[0], g_strstrip (pair[1]));
  }
  return TRUE;
}

BelfryRequest *
belfry_try_request_new (const BelfryTryOptions *options, const char *hook, GError **error)
{
  g_autoptr (GBytes) body = read_body (options->body_path, error);
  g_autofree char *path = g_strconcat ("/change_hook/", hook, NULL);
  BelfryRequestFields fields = { .size = sizeof fields,
                                 .method = options->method != NULL ? options->method : "POST",
                                 .path = path,
                                 .query = options->query,
                                 .body = body };
  g_autoptr (BelfryRequest) request = NULL;

  if (body == NULL)
    return NULL;
  request = belfry_request_new (&fields);
  return add_headers (request, options->headers, error) ? g_steal_pointer (&request) : NULL;
}
