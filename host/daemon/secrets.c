/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `secret:NAME` is looked for in $CREDENTIALS_DIRECTORY first (systemd's LoadCredential=), then
 * through libsecret with the attributes service=belfry and name=NAME, where `belfry secret set` and
 * `secret-tool store` put it. Final newlines are cut off; an empty secret is an error.
 */
#include "secrets.h"

#include "outside/processes.h"
#include "places/places.h"

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

/* what the service said, and before it why it had to be asked */
static void
fail_named (GTask *task, const char *name, const char *why)
{
  gboolean is_service = g_getenv ("NOTIFY_SOCKET") != NULL;
  g_autofree char *text =
      is_service ? g_strdup_printf ("its unit hands over no credential of that name "
                                    "(LoadCredential=%s:PATH in a drop-in, then a restart), and %s",
                                    name, why)
                 : g_strdup (why);

  fail (task, name, text);
}

char *
belfry_secrets_dup_refusal (const BelfryProcessResult *ended)
{
  gsize bytes = 0;
  const char *data = g_bytes_get_data (ended->errors, &bytes);

  while (bytes > 0 && data[bytes - 1] == '\n')
    bytes--;
  if (ended->exit_status < 0 || bytes == 0)
    return g_strdup ("the helper that asks the secret service crashed; is the keyring damaged?");
  return belfry_text_make_printable (data, (gssize)bytes, 400);
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
    fail_named (task, name, local->message);
  else if (ended->exit_status != 0) {
    g_autofree char *why = belfry_secrets_dup_refusal (ended);

    fail_named (task, name, why);
  } else
    take_value (task, g_bytes_get_data (ended->output, NULL), g_bytes_get_size (ended->output));
}

/* what leads to the service, and nothing of what else this process was given */
static GStrv
dup_helper_environment (void)
{
  static const char *const names[] = {
    "ASAN_OPTIONS",  "DBUS_SESSION_BUS_ADDRESS", "HOME",
    "LSAN_OPTIONS",  "SECRET_BACKEND",           "SECRET_FILE_TEST_PASSWORD",
    "USER",          "SECRET_FILE_TEST_PATH",    "XDG_CACHE_HOME",
    "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
  };
  g_auto (GStrv) environment =
      g_environ_setenv (NULL, "PATH", "/usr/local/bin:/usr/bin:/bin", TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      environment =
          g_environ_setenv (g_steal_pointer (&environment), names[i], g_getenv (names[i]), TRUE);
  return g_steal_pointer (&environment);
}

void
belfry_secrets_ask_service (const char *verb, const char *name, GBytes *input, GTask *task)
{
  g_autofree char *helper = g_build_filename (belfry_places_get_helpers (), "belfry-secret", NULL);
  const char *argv[] = { helper, verb, name, NULL };
  g_auto (GStrv) environment = dup_helper_environment ();
  BelfryProcess process = { .size = sizeof process,
                            .argv = argv,
                            .environment = (const char *const *)environment,
                            .input = input,
                            .timeout_us = HELPER_TIMEOUT,
                            .max_output_bytes = MAX_SECRET_BYTES };

  belfry_processes_run (&process, task);
}

static void
ask_service (GTask *task, const char *name)
{
  belfry_secrets_ask_service (
      "lookup", name, NULL,
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
