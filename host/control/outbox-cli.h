/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subcommands about reports: what waits, what died, and what to do about it. */
#pragma once

#include "belfry-plugin.h"

int belfry_outbox_main (int argc, char **argv);
int belfry_redeliver_main (int argc, char **argv);
int belfry_discard_main (int argc, char **argv);
int belfry_resume_main (int argc, char **argv);
int belfry_test_main (int argc, char **argv);
/* The outbox's part of `belfry status`; @outbox: (nullable) */
void belfry_outbox_print_status (JsonObject *outbox);
