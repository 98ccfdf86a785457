/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `git log` printed, as commits, and which of them are new on which branch. */
#pragma once

#include <belfry-plugin.h>

/* Fields of a commit, each ended by NUL; a line end and the files follow, and an empty one. */
#define GIT_LOG_FORMAT "--format=format:%H%x00%P%x00%ct%x00%aN <%aE>%x00%cN <%cE>%x00%s%n%b%x00"

/** GitLog: commits, oldest first */
typedef struct _GitLog GitLog;

GitLog *git_log_read (GBytes *output, const char *encoding, GError **error);
void git_log_free (GitLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GitLog, git_log_free)
guint git_log_get_length (const GitLog *self);
/* Drops the oldest so that @most are left. */
void git_log_keep_newest (GitLog *self, guint most);
/* A change for each commit that can be reached from @head, oldest first, added to @changes. @files:
 * whether the log has them. Returns how many. */
typedef struct {
  const char *branch;
  const char *head;
  gboolean first_parent;
  gboolean files;        /* were asked for */
  gboolean merges_known; /* so were those of merges */
} GitWalk;
guint git_log_add_changes (GitLog *self, const GitWalk *walk, GPtrArray *changes);
/* Drops what is oldest in the log until @most changes are left; how many were dropped. */
guint git_log_cap (GitLog *self, GPtrArray *changes, guint most);
