/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the working directory, the locale, the umask and the environment, and starts threads. */
#include <belfry-plugin.h>

#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

static gpointer
work (gpointer unused)
{
  g_message ("a thread of a hook's begins");
  for (gboolean ended = FALSE; !ended;)
    g_usleep (G_USEC_PER_SEC);
  return NULL;
}

static void
moves_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  if (chdir ("/") != 0 || setlocale (LC_ALL, "C") == NULL)
    g_warning ("it cannot move");
  umask (0);
  g_unsetenv ("HOME");
  for (int i = 0; i < 4; i++)
    g_thread_unref (g_thread_new ("guest", work, NULL));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static BelfryTranslation *
moves_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_nothing ("nothing");
}

BELFRY_DEFINE_HOOK (
  .name          = "moves",
  .summary       = "Rearranges the furniture",
  .instance_size = 1,
  .start         = moves_start,
  .translate     = moves_translate,
);
