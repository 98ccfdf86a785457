/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running (or failed) instance, as the host's rooms see it. */
#pragma once

#include "config/config.h"
#include "isolation/isolated.h"
#include "loader/callback.h"

/** BelfryHostedState: where an instance is in its life */
typedef enum {
  BELFRY_HOSTED_STARTING,
  BELFRY_HOSTED_RUNNING,
  BELFRY_HOSTED_FAILED,
  BELFRY_HOSTED_STOPPING,
  BELFRY_HOSTED_STOPPED,
} BelfryHostedState;

typedef struct {
  gatomicrefcount refs;
  const BelfryBlueprint *blueprint;  /* it was started from; its state is the instance's */
  const BelfryBlueprint *configured; /* it follows now; another than the former after a reload */
  BelfryConfig *config;              /* keeps the blueprint */
  GPtrArray *later_configs; /* (element-type BelfryConfig) keep sections that builds still use */
  BelfryInstance *instance;
  BelfryHostedState state;
  char *failure;     /* (nullable) */
  char *credential;  /* (nullable) what it goes by among waits and pauses; see outbox/buckets.h */
  GHashTable *hosts; /* (nullable) set of those that it has sent requests to */
  BelfryIsolated *isolated; /* (nullable) in a process of its own */
  JsonArray *trace;  /* (nullable) while somebody wants to see its requests; see daemon/trace.h */
  gpointer host;     /* BelfryHost */
} BelfryHosted;

BelfryHosted *belfry_hosted_ref (BelfryHosted *self);
void belfry_hosted_unref (BelfryHosted *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryHosted, belfry_hosted_unref)
/* a call into its plugin begins; see loader/callback.h */
BelfryCallback belfry_hosted_call (BelfryHosted *self, const char *function);
static inline gconstpointer
belfry_hosted_get_plugin (BelfryHosted *self)
{
  return self->isolated != NULL ? belfry_isolated_get_plugin (self->isolated)
                                : belfry_blueprint_get_plugin (self->blueprint);
}
static inline gpointer
belfry_hosted_get_state (BelfryHosted *self)
{
  return self->isolated != NULL ? (gpointer)self->isolated : self->blueprint->state;
}
