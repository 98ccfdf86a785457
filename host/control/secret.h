/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry secret`: what `secret:NAME` finds where no systemd credential has that name. */
#pragma once

#include <glib.h>

int belfry_secret_main (int argc, char **argv);

/* secret-value.c: asks at the terminal, unseen and twice, or takes all of standard input but line
 * breaks at its end. @what: "secret", before the name. (transfer full) (nullable): NULL, with
 * @error set. */
GBytes *belfry_secret_read_value (const char *what, const char *name, GError **error);
