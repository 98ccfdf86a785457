/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs a secret.
 * fails: manners/secrets */
#include "guest.h"

typedef struct {
  BelfrySecret *token;
} Guest;

static const BelfryOption guest_options[] = {
  BELFRY_SECRET (Guest, token, "token", .help = "what nobody may know"),
  { NULL },
};

static void
guest_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Guest *guest = self;

  if (guest->token != NULL)
    belfry_instance_log (instance, G_LOG_LEVEL_MESSAGE, "the token is %s",
                         belfry_secret_get_value (guest->token));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "telling",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
  .start = guest_start,
);
