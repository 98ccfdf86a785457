/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a program for a plugin: no shell, a session of its own, bounded time and output. Main loop.
 */
#pragma once

#include "belfry-plugin.h"

/* The task returns a BelfryProcessResult. */
void belfry_processes_run (const BelfryProcess *process, GTask *task);
