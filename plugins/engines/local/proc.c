/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/stat and /proc/PID/environ, as proc(5) has them. A number alone never identifies a
 * process: its start time is compared before it is signalled later.
 */
#include "proc.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Fields after the name, from the state on; see proc(5). */
enum {
  STAT_STATE = 0,
  STAT_PARENT = 1,
  STAT_GROUP = 2,
  STAT_START = 19,
  STAT_FIELDS = 20,
};

gboolean
local_proc_read (pid_t pid, LocalProcess *process)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int)pid);
  g_autofree char *text = NULL;
  const char *after_name = NULL;
  g_auto (GStrv) fields = NULL;
  guint64 parent = 0;
  guint64 start = 0;
  gint64 group = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  after_name = strrchr (text, ')'); /* the name itself may hold anything */
  if (after_name == NULL || after_name[1] != ' ')
    return FALSE;
  fields = g_strsplit (after_name + 2, " ", STAT_FIELDS + 1);
  if (g_strv_length (fields) < STAT_FIELDS ||
      !g_ascii_string_to_unsigned (fields[STAT_PARENT], 10, 0, G_MAXINT, &parent, NULL) ||
      !g_ascii_string_to_signed (fields[STAT_GROUP], 10, -1, G_MAXINT, &group, NULL) ||
      !g_ascii_string_to_unsigned (fields[STAT_START], 10, 0, G_MAXUINT64, &start, NULL))
    return FALSE;
  process->pid = pid;
  process->parent = (pid_t)parent;
  process->group = (pid_t)group;
  process->state = fields[STAT_STATE][0];
  process->start_ticks = start;
  return TRUE;
}

gboolean
local_proc_is_same (const LocalProcess *process)
{
  LocalProcess now = { 0 };

  return local_proc_read (process->pid, &now) && now.start_ticks == process->start_ticks;
}

static GArray *
list_all (void)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (LocalProcess));
  g_autoptr (GDir) directory = g_dir_open ("/proc", 0, NULL);
  const char *name = NULL;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    guint64 pid = 0;
    LocalProcess process = { 0 };

    if (g_ascii_string_to_unsigned (name, 10, 1, G_MAXINT, &pid, NULL) &&
        local_proc_read ((pid_t)pid, &process))
      g_array_append_val (all, process);
  }
  return all;
}

/* All that descend from @root and have not ended, @root left out. (element-type LocalProcess) */
GArray *
local_proc_descendants (pid_t root)
{
  g_autoptr (GArray) all = list_all ();
  g_autoptr (GHashTable) found = g_hash_table_new (NULL, NULL);
  GArray *result = g_array_new (FALSE, FALSE, sizeof (LocalProcess));
  gboolean more = TRUE;

  g_hash_table_add (found, GINT_TO_POINTER (root));
  while (more) {
    more = FALSE;
    for (guint i = 0; i < all->len; i++) {
      const LocalProcess *process = &g_array_index (all, LocalProcess, i);

      if (!g_hash_table_contains (found, GINT_TO_POINTER (process->parent)) ||
          g_hash_table_contains (found, GINT_TO_POINTER (process->pid)))
        continue;
      g_hash_table_add (found, GINT_TO_POINTER (process->pid));
      if (process->state != 'Z')
        g_array_append_val (result, *process);
      more = TRUE;
    }
  }
  return result;
}

static gboolean
carries (pid_t pid, const char *entry)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/environ", (int)pid);
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return FALSE;
  for (gsize at = 0; at < length; at += strlen (text + at) + 1) {
    if (g_str_has_prefix (text + at, entry))
      return TRUE;
  }
  return FALSE;
}

/* Processes whose environment has a token that begins with @token. (element-type LocalProcess) */
GArray *
local_proc_find_token (const char *token)
{
  g_autoptr (GArray) all = list_all ();
  g_autofree char *entry = g_strdup_printf ("BELFRY_SUPERVISOR=%s", token);
  GArray *result = g_array_new (FALSE, FALSE, sizeof (LocalProcess));

  for (guint i = 0; i < all->len; i++) {
    const LocalProcess *process = &g_array_index (all, LocalProcess, i);

    if (process->state != 'Z' && process->pid != getpid () && carries (process->pid, entry))
      g_array_append_val (result, *process);
  }
  return result;
}

/* All that is in a control group, at once, so that no fork slips through. */
void
local_cgroup_kill (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "cgroup.kill", NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, "1", 1) < 0)
    errno = 0; /* what is left is found by other means */
  close (fd);
}
