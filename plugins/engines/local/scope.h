/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scopes of systemd, where no control group is ours to divide; see scope.c. */
#pragma once

#include "cgroup.h"

/** LocalScopes: a service manager that makes them */
typedef struct _LocalScopes LocalScopes;

/** LocalScopeOrder: one build's scope */
typedef struct {
  gint64 buildid;
  pid_t pid; /* goes into it, and with it all that it starts */
  LocalLimits limits;
} LocalScopeOrder;

/* @token: part of the names, so that those of a run that was killed are found again */
void local_scopes_open_async (const char *token, GAsyncReadyCallback callback, gpointer user_data);
/* (transfer full): NULL: there is no manager that we may ask; @error says why */
LocalScopes *local_scopes_open_finish (GAsyncResult *result, GError **error);
void local_scopes_free (LocalScopes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalScopes, local_scopes_free)

void local_scopes_make_async (LocalScopes *self,
                              const LocalScopeOrder *order,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
/* Whether @order's process is in a scope that keeps its limits. */
gboolean local_scopes_make_finish (GAsyncResult *result, GError **error);
/* Ends whatever is left in a build's scope. */
void local_scopes_end (LocalScopes *self, gint64 buildid);
/* What an earlier run left, by its token. */
void local_scopes_end_all (LocalScopes *self, const char *token);
