/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's instance, and one poll of it. */
#pragma once

#include "svn-split.h"
#include "vcs.h"

typedef struct {
  char *split_file;
  gboolean split_tags;
  char *user;
  BelfrySecret *password;
  gint64 most_entries;
  char *revlink;
  char *program;
  char **extra;
  VcsKeys keys;
  BelfryInstance *instance;
  SvnSplitter *splitter;
  VcsVersion version;
} Svn;

void svn_poll (gpointer self, JsonNode *state, GTask *task);
