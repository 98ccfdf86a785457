/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What earlier processes left: see recover.c. */
#pragma once

#include "local.h"

void local_kill_leftovers (Local *self, const char *token);
void local_kill_by_token (const char *token);
