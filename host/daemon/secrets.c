/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `secret:NAME` is looked for in $CREDENTIALS_DIRECTORY first (systemd's LoadCredential=), then
 * through libsecret with the attributes service=belfry and name=NAME, so that `secret-tool store`
 * can put it there. Final newlines are cut off; an empty secret is an error.
 */
#include "secrets.h"

#include "outside/processes.h"

#include <string.h>

#define MAX_SECRET_BYTES 65536
#define HELPER_TIMEOUT   (20 * G_USEC_PER_SEC)

typedef struct {
  BelfrySecret *secret;
  guint generation;
} Resolving;

static void resolve_next (GTask *task);

static void
resolving_free (gpointer data)
{
  Resolving *resolving = data;

  belfry_secret_unref (resolving->secret);
  g_free (resolving);
}

static void
fail (GTask *task, const char *what, const char *why)
{
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "reading secret '%s': %s",
                           what, why);
  g_object_unref (task);
}

static void
take_value (GTask *task, const char *data, gsize bytes)
{
  Resolving *resolving = g_task_get_task_data (task);
  g_autofree char *value = g_strndup (data, bytes);
  gsize length = strlen (value);

  while (length > 0 && (value[length - 1] == '\n' || value[length - 1] == '\r'))
    value[--length] = '\0';
  if (length == 0) {
    fail (task, belfry_secret_get_name (resolving->secret, resolving->generation), "it is empty");
    return;
  }
  belfry_secret_resolve (resolving->secret, resolving->generation, value);
  explicit_bzero (value, length);
  resolving->generation++;
  resolve_next (task);
}

static void
on_helper_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Resolving *resolving = g_task_get_task_data (task);
  const char *name = belfry_secret_get_name (resolving->secret, resolving->generation);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended = g_task_propagate_pointer (G_TASK (result), &local);

  if (ended == NULL)
    fail (task, name, local->message);
  else if (ended->exit_status != 0) {
    g_autofree char *why = belfry_text_make_printable (g_bytes_get_data (ended->errors, NULL),
                                                       g_bytes_get_size (ended->errors), 400);

    fail (task, name,
          ended->exit_status < 0 ? "the helper that asks the secret service crashed"
                                 : g_strchomp (why));
  } else
    take_value (task, g_bytes_get_data (ended->output, NULL), g_bytes_get_size (ended->output));
}

static void
ask_service (GTask *task, const char *name)
{
  const char *folder = g_getenv ("BELFRY_HELPER_DIR");
  g_autofree char *helper =
      g_build_filename (folder != NULL ? folder : BELFRY_HELPER_DIR, "belfry-secret", NULL);
  const char *argv[] = { helper, name, NULL };
  g_auto (GStrv) environment = g_get_environ ();
  BelfryProcess process = { .size = sizeof process,
                            .argv = argv,
                            .environment = (const char *const *)environment,
                            .timeout_us = HELPER_TIMEOUT,
                            .max_output_bytes = MAX_SECRET_BYTES };

  belfry_processes_run (&process,
                        g_task_new (NULL, g_task_get_cancellable (task), on_helper_ended, task));
}

static void
on_file_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Resolving *resolving = g_task_get_task_data (task);
  const char *name = belfry_secret_get_name (resolving->secret, resolving->generation);
  BelfrySecretSource from = belfry_secret_get_source (resolving->secret, resolving->generation);
  g_autoptr (GError) local = NULL;
  g_autofree char *data = NULL;
  gsize bytes = 0;

  if (g_file_load_contents_finish (G_FILE (source), result, &data, &bytes, NULL, &local)) {
    if (bytes > MAX_SECRET_BYTES)
      fail (task, name, "it is over 64 KiB");
    else
      take_value (task, data, bytes);
    explicit_bzero (data, bytes);
  } else if (from == BELFRY_SECRET_NAMED &&
             g_error_matches (local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    ask_service (task, name);
  else
    fail (task, name, local->message);
}

static void
load_file (GTask *task, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  g_file_load_contents_async (file, g_task_get_cancellable (task), on_file_loaded, task);
}

static void
resolve_named (GTask *task, const char *name)
{
  const char *credentials = g_getenv ("CREDENTIALS_DIRECTORY");

  if (credentials != NULL && strchr (name, '/') == NULL && name[0] != '.') {
    g_autofree char *path = g_build_filename (credentials, name, NULL);

    load_file (task, path);
  } else
    ask_service (task, name);
}

static void
resolve_next (GTask *task)
{
  Resolving *resolving = g_task_get_task_data (task);
  const char *name = NULL;
  const char *value = NULL;

  if (resolving->generation >= belfry_secret_get_count (resolving->secret)) {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  name = belfry_secret_get_name (resolving->secret, resolving->generation);
  switch (belfry_secret_get_source (resolving->secret, resolving->generation)) {
  case BELFRY_SECRET_LITERAL:
  case BELFRY_SECRET_PLAIN:
    resolving->generation++;
    resolve_next (task);
    break;
  case BELFRY_SECRET_ENVIRONMENT:
    value = g_getenv (name);
    if (value == NULL)
      fail (task, name, "there is no such variable in the environment");
    else
      take_value (task, value, strlen (value));
    break;
  case BELFRY_SECRET_FILE:
    load_file (task, name);
    break;
  case BELFRY_SECRET_NAMED:
    resolve_named (task, name);
    break;
  }
}

void
belfry_secrets_resolve (BelfrySecret *secret, GTask *task)
{
  Resolving *resolving = g_new0 (Resolving, 1);

  resolving->secret = belfry_secret_ref (secret);
  g_task_set_task_data (task, resolving, resolving_free);
  resolve_next (task);
}

gboolean
belfry_secrets_resolve_at_once (BelfrySecret *secret)
{
  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    BelfrySecretSource source = belfry_secret_get_source (secret, i);

    if (source != BELFRY_SECRET_LITERAL && source != BELFRY_SECRET_PLAIN)
      return FALSE;
  }
  return belfry_secret_is_resolved (secret);
}
