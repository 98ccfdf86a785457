/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The actions of a git checkout (§14.2 of the engine's page). */
#pragma once

#include "checkout.h"

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
