/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at processes through /proc: who descends from whom, who carries a token in its
 * environment. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/** LocalProcess: one process as /proc shows it */
typedef struct {
  pid_t pid;
  pid_t parent;
  pid_t group;
  char state; /* Z: ended, not yet waited for */
  guint64 start_ticks;
} LocalProcess;

GArray *local_proc_descendants (pid_t root) G_GNUC_WARN_UNUSED_RESULT;
GArray *local_proc_find_token (const char *token) G_GNUC_WARN_UNUSED_RESULT;
gboolean local_proc_read (pid_t pid, LocalProcess *process);
gboolean local_proc_is_same (const LocalProcess *process);
void local_cgroup_kill (const char *folder);
