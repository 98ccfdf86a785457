/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting one process below the supervisor. */
#pragma once

#include "protocol.h"
#include <sys/types.h>

/** LocalSpawned: a process and our ends of its pipes */
typedef struct {
  pid_t pid;
  int in; /* -1: it has /dev/null */
  int out;
  int err;
} LocalSpawned;

/* 0, or the number of the error that the child met before it became the program. */
int local_spawn (const LocalJob *job, LocalSpawned *spawned);
