/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups of builds; see cgroup.c. */
#pragma once

#include <belfry-plugin.h>
#include <sys/types.h>

/** LocalLimits: what a build may use; 0: no limit */
typedef struct {
  gint64 memory_max; /* bytes */
  gint64 cpu_quota;  /* hundredths of a processor */
  gint64 tasks_max;
} LocalLimits;

/** LocalCgroups: the folder below which builds get groups of their own */
typedef struct {
  char *base;
  char *token;
  GPtrArray *late; /* (element-type utf8) groups that could not be removed yet */
} LocalCgroups;

gboolean local_limits_need_group (const LocalLimits *limits);

/* (nullable): where control groups of the second version are mounted (transfer full) */
char *local_cgroup_find_mount (const char *mountinfo);
/* (nullable): the folder of the group that a process is in (transfer full) */
char *local_cgroup_find_own (const char *mountinfo, const char *membership);
/* Whether this machine has what the limits need at all. */
gboolean local_cgroup_check_machine (const LocalLimits *limits, GError **error);

/* NULL: this process has no group of its own that it may divide; @error says why. */
LocalCgroups *local_cgroups_new (const char *token, GError **error);
LocalCgroups *local_cgroups_new_at (const char *base, const char *token, GError **error);
void local_cgroups_free (LocalCgroups *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalCgroups, local_cgroups_free)

/* A new group's folder (transfer full); with limits that cannot be kept there is none. */
char *local_cgroups_make (LocalCgroups *self,
                          gint64 buildid,
                          const LocalLimits *limits,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Whether it has the controllers of all limits that are set. */
gboolean local_cgroups_can_keep (const LocalCgroups *self, const LocalLimits *limits);
gboolean local_cgroups_can_count_tasks (const LocalCgroups *self);
/* Ends what is in it; what cannot be removed yet is tried again with the next one. */
void local_cgroups_remove (LocalCgroups *self, const char *path);
/* What an earlier run left, by its token. */
void local_cgroups_end_all (const LocalCgroups *self, const char *token);

gint64 local_cgroup_count_out_of_memory (const char *path);
/* (nullable): where the memory of a process is counted, in whichever version (transfer full) */
char *local_cgroup_find_memory_of (pid_t pid);
/* Whether a process is in a group of that name in which its limits can be kept. */
gboolean
local_limits_are_kept (const LocalLimits *limits, pid_t pid, const char *group, GError **error);
