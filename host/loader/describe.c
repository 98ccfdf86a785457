/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking at a plugin without trusting it: a child process opens it, writes what is wanted through
 * a pipe, and ends. The first byte says whether the rest is that or an error.
 */
#include "loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SECONDS = 10 };

static void
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0) {
    gssize written = write (fd, text, left);

    if (written <= 0)
      return;
    text += written;
    left -= (gsize)written;
  }
}

static void
run_child (
    BelfryLoader *self, const char *path, BelfryDescribe describe, gpointer user_data, int fd)
{
  const struct rlimit no_core = { 0, 0 };
  g_autoptr (GError) error = NULL;
  const BelfryPlugin *plugin = NULL;
  g_autofree char *text = NULL;

  signal (SIGALRM, SIG_DFL);
  alarm (CHILD_SECONDS);
  setrlimit (RLIMIT_CORE, &no_core);
  plugin = belfry_loader_load_file (self, path, &error);
  text = plugin != NULL ? describe (plugin, user_data) : g_strdup (error->message);
  write_all (fd, plugin != NULL ? "+" : "-");
  write_all (fd, text);
}

static char *
read_all (int fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char *block = g_malloc (4096);
  gssize bytes = 0;

  while ((bytes = read (fd, block, 4096)) > 0 || (bytes < 0 && errno == EINTR))
    if (bytes > 0)
      g_string_append_len (text, block, bytes);
  g_free (block);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static int
wait_for (pid_t child)
{
  int status = 0;

  while (waitpid (child, &status, 0) < 0 && errno == EINTR)
    continue;
  return status;
}

char *
belfry_loader_describe (BelfryLoader *self,
                        const char *path,
                        BelfryDescribe describe,
                        gpointer user_data,
                        GError **error)
{
  int ends[2] = { -1, -1 };
  g_autofree char *answer = NULL;
  pid_t child = -1;
  int status = 0;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return NULL;
  child = fork ();
  if (child == 0) {
    close (ends[0]);
    run_child (self, path, describe, user_data, ends[1]);
    _exit (0);
  }
  close (ends[1]);
  answer = read_all (ends[0]);
  close (ends[0]);
  status = child > 0 ? wait_for (child) : 0;
  if (WIFEXITED (status) && (answer[0] == '+' || answer[0] == '-')) {
    if (answer[0] == '+')
      return g_strdup (answer + 1);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "%s", answer + 1);
    return NULL;
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
               "'%s' ends the program that opens it (%s), remove it or tell its author", path,
               WIFSIGNALED (status) ? g_strsignal (WTERMSIG (status)) : "it exits");
  return NULL;
}

/* the plugin's title where it owns the wanted kind, else nothing */
static char *
describe_owner (const BelfryPlugin *plugin, gpointer user_data)
{
  const char *at = (const char *)plugin->sections;

  for (; at != NULL; at += plugin->section_size) {
    const BelfrySectionKind *row = (const BelfrySectionKind *)(gconstpointer)at;

    if (row->kind == NULL)
      break;
    if (strcmp (row->kind, user_data) == 0)
      return g_strdup_printf ("%s %s", belfry_kind_get_name (plugin->kind), plugin->name);
  }
  return g_strdup ("");
}

char *
belfry_loader_dup_owner (BelfryLoader *self, const char *section_kind)
{
  g_autoptr (GPtrArray) paths = belfry_loader_list (self);

  for (guint i = 0; i < paths->len; i++) {
    g_autofree char *owner = belfry_loader_describe (self, g_ptr_array_index (paths, i),
                                                     describe_owner, (gpointer)section_kind, NULL);

    if (owner != NULL && owner[0] != '\0')
      return g_steal_pointer (&owner);
  }
  return NULL;
}
