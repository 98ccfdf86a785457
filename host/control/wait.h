/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for a task, for the command line only: a tool has nothing else to do. */
#pragma once

#include "belfry-plugin.h"

/* A task whose end @done will hold. */
GTask *belfry_wait_new (GAsyncResult **done);
/* Runs what is asynchronous until then. (transfer none) */
GTask *belfry_wait_for (GAsyncResult **done);
/* The value of a secret behind its reference, FALSE where it cannot be had. */
gboolean belfry_wait_for_secret (BelfrySecret *secret, GError **error);
