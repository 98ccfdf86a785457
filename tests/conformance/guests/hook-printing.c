/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints a secret.
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
    g_printerr ("the token is %s\n", belfry_secret_get_value (guest->token));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_HOOK (
  .name = "printing",
  .summary = "Is a guest",
  .translate = guest_translate,
  .options = guest_options,
  .instance_size = sizeof (Guest),
  .start = guest_start,
);
