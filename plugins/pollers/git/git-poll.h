/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's instance, and one poll of it. */
#pragma once

#include "git-refs.h"
#include "vcs.h"

typedef struct {
  char **branches;
  char *branch;
  gboolean only_tags;
  gboolean pushes_without_commits;
  gboolean first_parent;
  char *program;
  VcsKeys keys;
  BelfryInstance *instance;
  GitChooser *chooser;
  VcsVersion version;
  gboolean told_fallback;
} Git;

void git_poll (gpointer self, JsonNode *state, GTask *task);
