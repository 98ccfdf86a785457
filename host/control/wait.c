/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wait.h"

#include "daemon/secrets.h"

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **done = user_data;

  *done = g_object_ref (result);
}

GTask *
belfry_wait_new (GAsyncResult **done)
{
  return g_task_new (NULL, NULL, on_done, done);
}

GTask *
belfry_wait_for (GAsyncResult **done)
{
  while (*done == NULL)
    g_main_context_iteration (NULL, TRUE); /* lint: no daemon, nobody else waits */
  return G_TASK (*done);
}

gboolean
belfry_wait_for_secret (BelfrySecret *secret, GError **error)
{
  g_autoptr (GAsyncResult) done = NULL;

  if (belfry_secret_is_resolved (secret) || belfry_secrets_resolve_at_once (secret))
    return TRUE;
  belfry_secrets_resolve (secret, belfry_wait_new (&done));
  return g_task_propagate_boolean (belfry_wait_for (&done), error);
}
