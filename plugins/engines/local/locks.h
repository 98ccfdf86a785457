/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks (§7 of the engine's page): who holds how much of which, and who waits before whom. */
#pragma once

#include <belfry-plugin.h>

/** LocalLockUse: `NAME`, `NAME:exclusive`, `NAME:counting`, `NAME:counting:UNITS` */
typedef struct {
  char *name;
  gboolean exclusive;
  gint64 units; /* of a counting use; 0: always granted */
} LocalLockUse;

LocalLockUse *local_lock_use_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_lock_use_free (LocalLockUse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalLockUse, local_lock_use_free)

typedef struct _LocalLocks LocalLocks;

LocalLocks *local_locks_new (void) G_GNUC_WARN_UNUSED_RESULT;
void local_locks_free (LocalLocks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalLocks, local_locks_free)
void local_locks_set_count (LocalLocks *self, const char *name, gint64 count);
gint64 local_locks_make_place (LocalLocks *self);
gboolean local_locks_take (
    LocalLocks *self, gpointer owner, GPtrArray *uses, gint64 place, const char **blocking);
void local_locks_withdraw (LocalLocks *self, gpointer owner);
void local_locks_release (LocalLocks *self, gpointer owner);
void local_locks_pass_on (LocalLocks *self, gpointer owner, gpointer heir);
gint64 local_locks_held (LocalLocks *self, const char *name);
guint local_locks_count_waiters (LocalLocks *self, const char *name);
