/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders of artifacts, from the moment when they are published to their removal. */
#pragma once

#include "local.h"

#define LOCAL_INCOMING ".incoming"

void local_artifacts_note (LocalBuild *build, gint64 stepid, const char *destination);
void local_artifacts_discard (Local *self, const char *path);
void local_artifacts_start (Local *self);
void local_artifacts_stop (Local *self);
