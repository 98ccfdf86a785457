/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vcs.h"

#include <string.h>

#define MAX_OUTPUT_BYTES    (64 * 1024 * 1024)
#define MAX_COMPLAINT_BYTES 2000

char *
vcs_dup_output (GBytes *output)
{
  gsize bytes = g_bytes_get_size (output);

  /* nothing printed is no pointer at all */
  return bytes > 0 ? g_strndup (g_bytes_get_data (output, NULL), bytes) : g_strdup ("");
}

/* a program says last why it gives up */
static char *
dup_complaint (GBytes *errors)
{
  g_autofree char *text = vcs_dup_output (errors);
  gsize bytes = strlen (g_strchomp (text));
  const char *end = bytes > MAX_COMPLAINT_BYTES ? text + bytes - MAX_COMPLAINT_BYTES : text;
  g_autofree char *shown = NULL;

  /* not from the middle of a character on */
  while (((guchar)*end & 0xc0) == 0x80)
    end++;
  shown = belfry_text_make_printable (end, -1, 2 * MAX_COMPLAINT_BYTES);
  return g_strconcat (end > text ? "…" : "", shown, NULL);
}

static void
on_ran (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryInstance *instance = g_task_get_task_data (task);
  const char *name = g_object_get_data (G_OBJECT (task), "name");
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended = belfry_process_run_finish (instance, result, &local);
  g_autofree char *complaint = NULL;

  if (ended == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  if (ended->exit_status == 0) {
    g_task_return_pointer (task, g_bytes_ref (ended->output), (GDestroyNotify)g_bytes_unref);
    return;
  }
  complaint = dup_complaint (ended->errors);
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "'%s' failed: %s", name,
                           complaint);
}

void
vcs_run_async (VcsAccess *access,
               const char *const *argv,
               GBytes *input,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GPtrArray) environment = g_ptr_array_new ();
  BelfryProcess process = { .size = sizeof process,
                            .argv = argv,
                            .folder = access->workdir,
                            .input = input,
                            .max_output_bytes = MAX_OUTPUT_BYTES };
  GTask *task = g_task_new (NULL, access->cancellable, callback, user_data);
  const char *word = argv[1];

  for (guint i = 0; i < access->environment->len; i++)
    g_ptr_array_add (environment, g_ptr_array_index (access->environment, i));
  g_ptr_array_add (environment, NULL);
  process.environment = (const char *const *)environment->pdata;
  for (guint i = 1; argv[i] != NULL && argv[i][0] == '-'; i++)
    word = argv[i + 1];
  g_object_set_data_full (G_OBJECT (task), "name",
                          g_strdup_printf ("%s %s", argv[0], word != NULL ? word : ""), g_free);
  g_task_set_task_data (task, belfry_instance_ref (access->instance),
                        (GDestroyNotify)belfry_instance_unref);
  belfry_process_run_async (access->instance, &process, access->cancellable, on_ran, task);
}

GBytes *
vcs_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
vcs_error_says (const GError *error, const char *const *phrases)
{
  for (guint i = 0; error != NULL && phrases[i] != NULL; i++)
    if (strstr (error->message, phrases[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* versions */

typedef struct {
  BelfryInstance *instance;
  VcsVersion *version;
} Asking;

static guint
read_number (const char **at)
{
  guint number = 0;

  for (; g_ascii_isdigit (**at) && number < 100000; (*at)++)
    number = number * 10 + (guint)(**at - '0');
  return number;
}

static gboolean
find_version (const char *text, VcsVersion *version)
{
  const char *at = text + strcspn (text, "0123456789");

  version->found_major = read_number (&at);
  if (*at != '.')
    return FALSE;
  at++;
  version->found_minor = read_number (&at);
  return TRUE;
}

static void
on_version (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Asking *asking = g_task_get_task_data (task);
  VcsVersion *version = asking->version;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryProcessResult) ended =
      belfry_process_run_finish (asking->instance, result, &local);
  g_autofree char *text = NULL;

  if (ended == NULL) {
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  text = vcs_dup_output (ended->output);
  if (ended->exit_status != 0 || !find_version (text, version))
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                             "'%s --version' does not say a version", version->program);
  else if (version->found_major < version->major ||
           (version->found_major == version->major && version->found_minor < version->minor))
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                             "'%s' is version %u.%u, %u.%u or later is needed", version->program,
                             version->found_major, version->found_minor, version->major,
                             version->minor);
  else
    g_task_return_boolean (task, TRUE);
}

void
vcs_version_async (BelfryInstance *instance, VcsVersion *version, GTask *task)
{
  const char *const argv[] = { version->program, "--version", NULL };
  BelfryProcess process = { .size = sizeof process,
                            .argv = argv,
                            .timeout_us = 30 * (gint64)G_USEC_PER_SEC,
                            .max_output_bytes = 65536 };
  Asking *asking = g_new0 (Asking, 1);

  asking->instance = instance;
  asking->version = version;
  g_task_set_task_data (task, asking, g_free);
  belfry_process_run_async (instance, &process, NULL, on_version, task);
}

/* text */

char *
vcs_text_new (const char *bytes, gssize length, const char *encoding)
{
  g_autofree char *converted = NULL;

  if (length < 0)
    length = (gssize)strlen (bytes);
  if (g_utf8_validate (bytes, length, NULL))
    return g_strndup (bytes, (gsize)length);
  converted = g_convert (bytes, length, "UTF-8", encoding, NULL, NULL, NULL);
  if (converted != NULL && g_utf8_validate (converted, -1, NULL))
    return g_steal_pointer (&converted);
  return g_utf8_make_valid (bytes, length);
}

const char *
vcs_next_field (const char **at, const char *end)
{
  const char *start = *at;
  const char *nul = start < end ? memchr (start, '\0', (gsize)(end - start)) : NULL;

  if (nul == NULL)
    return NULL;
  *at = nul + 1;
  return start;
}
