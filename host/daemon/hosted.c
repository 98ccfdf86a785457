/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hosted.h"

BelfryHosted *
belfry_hosted_ref (BelfryHosted *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

const char *
belfry_hosted_get_state_name (const BelfryHosted *self)
{
  static const char *const states[] = {
    [BELFRY_HOSTED_STARTING] = "starting", [BELFRY_HOSTED_RUNNING] = "running",
    [BELFRY_HOSTED_FAILED] = "failed",     [BELFRY_HOSTED_STOPPING] = "stopping",
    [BELFRY_HOSTED_STOPPED] = "stopped",
  };

  return states[self->state];
}

BelfryCallback
belfry_hosted_call (BelfryHosted *self, const char *function)
{
  const BelfryBlueprint *blueprint = self->blueprint;

  return belfry_callback_begin (belfry_kind_get_name (blueprint->kind), blueprint->name, function);
}

void
belfry_hosted_unref (BelfryHosted *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->isolated, belfry_isolated_unref);
  belfry_instance_unref (self->instance);
  g_clear_pointer (&self->later_configs, g_ptr_array_unref);
  belfry_config_unref (self->config);
  g_free (self->failure);
  g_free (self->credential);
  g_clear_pointer (&self->hosts, g_hash_table_unref);
  g_clear_pointer (&self->trace, json_array_unref);
  g_free (self);
}
