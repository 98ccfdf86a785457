/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plugin's process gives up before it opens its plugin, for ever and for all that it starts:
 * new privileges, core files, the reach of debuggers, the memory over its limit, and whatever its
 * plugin did not say that it needs: other hosts (network), other programs (exec), files (files).
 * System calls are denied by seccomp, paths by Landlock where the kernel has it. Where it has not,
 * a plugin that needs neither files nor programs opens nothing any more once it is loaded.
 */
#pragma once

#include "belfry-plugin.h"

typedef struct {
  guint needs;                 /* BelfryNeeds */
  gint64 memory_max;           /* bytes; 0: no limit */
  const char *const *readable; /* (nullable) folders and files beyond those of the system */
} BelfrySandbox;

/* First of all: from now on nobody else of this user looks into the process. */
void belfry_sandbox_begin (void);
/* Once, before any thread is made. */
gboolean belfry_sandbox_enter (const BelfrySandbox *self, GError **error);
/* Once, after the plugin was opened. */
gboolean belfry_sandbox_close (const BelfrySandbox *self, GError **error);

/* seccomp.c */
gboolean belfry_seccomp_apply (guint needs, GError **error);
/* Nothing is opened any more. */
gboolean belfry_seccomp_apply_last (GError **error);
/* landlock.c; FALSE: this kernel has none */
gboolean belfry_landlock_apply (const BelfrySandbox *sandbox);
