/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [authz]: who may do what. Immutable once made; any thread. */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryAuthz BelfryAuthz;

#define BELFRY_AUTHZ_SECTION "authz"

/* What an action is checked against */
typedef enum {
  BELFRY_TARGET_NOTHING,
  BELFRY_TARGET_BUILDER,
  BELFRY_TARGET_WORKER,
} BelfryTarget;

typedef struct {
  const char *name;  /* "forceBuild", as pages ask */
  const char *key;   /* "force-build" */
  const char *alias; /* (nullable) */
  const char *words; /* "start a build": for people */
  BelfryTarget target;
  gboolean has_owner; /* the target may belong to somebody */
} BelfryAction;

/* Ends in a row without name. */
extern const BelfryAction belfry_actions[];

/* By name or key; (nullable) */
const BelfryAction *belfry_action_find (const char *name);
/* @section: (nullable): everything at its default */
BelfryAuthz *belfry_authz_new (const BelfrySection *section);
BelfryAuthz *belfry_authz_ref (BelfryAuthz *self);
void belfry_authz_unref (BelfryAuthz *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryAuthz, belfry_authz_unref)
/* Whether a visitor without a name may; @target: (nullable) name of the builder or worker, where
 * one is at hand. */
gboolean belfry_authz_allows (BelfryAuthz *self, const BelfryAction *action, const char *target);
/* Whether there is any target on which a visitor without a name may. */
gboolean belfry_authz_may_allow (BelfryAuthz *self, const BelfryAction *action);
/* Whether the pages that a visitor sees depend on builders. */
gboolean belfry_authz_is_narrow (BelfryAuthz *self);
