/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's instance, and one poll of it. */
#pragma once

#include "vcs.h"

typedef struct {
  char **branches;
  char *branch;
  char **bookmarks;
  char *program;
  VcsKeys keys;
  BelfryInstance *instance;
  VcsVersion version;
  GHashTable *split; /* set of branches with several heads, told once a spell */
} Hg;

void hg_poll (gpointer self, JsonNode *state, GTask *task);
