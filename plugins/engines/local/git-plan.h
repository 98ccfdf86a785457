/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A git checkout as a pure state machine (§14.2 of the engine's page): what has happened in, what
 * is to be done next out. Who runs it executes one action after the other.
 */
#pragma once

#include "options.h"

typedef enum {
  LOCAL_GIT_GET_URL, /* process, output wanted */
  LOCAL_GIT_REMOVE,  /* removes the tree */
  LOCAL_GIT_CLONE,
  LOCAL_GIT_CLEAN,
  LOCAL_GIT_HAS_REVISION,
  LOCAL_GIT_FETCH,
  LOCAL_GIT_WAIT, /* 5 s, or the retry's delay */
  LOCAL_GIT_FETCH_ID,
  LOCAL_GIT_CHECKOUT,
  LOCAL_GIT_BRANCH,
  LOCAL_GIT_SUBMODULE_SYNC,
  LOCAL_GIT_SUBMODULE_UPDATE,
  LOCAL_GIT_SUBMODULE_CLEAN,
  LOCAL_GIT_REMOVE_COPY, /* removes the work tree of method copy */
  LOCAL_GIT_COPY,
  LOCAL_GIT_PATCH,
  LOCAL_GIT_REV_PARSE, /* process, output wanted */
  LOCAL_GIT_DESCRIBE,  /* process, output wanted */
  LOCAL_GIT_DONE,
  LOCAL_GIT_FAILED,
} LocalGitAction;

/** LocalGit: one checkout */
typedef struct {
  const LocalStepKeys *keys;
  char *repository;
  const char *branch;       /* (nullable) */
  const char *revision;     /* (nullable) */
  const BelfryPatch *patch; /* (nullable) */
  char *tree;               /* where git works */
  char *work;               /* where steps work; tree, but with method copy */
  gboolean has_tree;        /* a .git is there */
  gboolean was_patched;
  /* of the run */
  LocalGitAction action;
  gboolean cloned;
  gboolean fetched;
  gboolean fetch_retried;
  gboolean clobbered;
  gboolean fetched_id;
  char *got_revision;  /* (nullable) */
  char *description;   /* (nullable) */
  const char *failure; /* (nullable) what is said where git's own words do not suffice */
} LocalGit;

LocalGitAction local_git_begin (LocalGit *self);
LocalGitAction local_git_next (LocalGit *self, gboolean success, const char *output);
char **local_git_argv (const LocalGit *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean local_git_is_process (LocalGitAction action);
gboolean local_git_wants_output (LocalGitAction action);
const char *local_git_folder (const LocalGit *self);
void local_git_clear (LocalGit *self);
void local_git_set_environment (GHashTable *environment,
                                const LocalStepKeys *keys,
                                const char *ssh_options);
gboolean local_git_check (const LocalGit *self, GError **error);
