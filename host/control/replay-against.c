/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A delivery under a configuration that no daemon runs: its hook and engines are made, but never
 * started, so that nothing is opened, asked or written. What a translation or a scheduler says
 * without having started is what it would say.
 */
#include "daemon/host.h"
#include "deliveries.h"
#include "hooks/raw.h"

static GPtrArray *
make_hosted (BelfryHost *host, BelfryKind kind)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);

  for (guint i = 0; i < host->config->blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (host->config->blueprints, i);
    BelfryHosted *hosted = NULL;

    if (blueprint->kind != kind || blueprint->plugin == NULL || !blueprint->keys.enabled)
      continue;
    hosted = belfry_instances_make (host, blueprint);
    hosted->state = BELFRY_HOSTED_RUNNING;
    g_clear_pointer (&hosted->isolated, belfry_isolated_unref);
    g_ptr_array_add (all, hosted);
  }
  return all;
}

static void
add_engine (JsonObject *explanation, BelfryHosted *engine, BelfryChange *change)
{
  const BelfryEngine *plugin = belfry_hosted_get_plugin (engine);

  if (plugin->foresee_change != NULL)
    belfry_explanation_add_part (
        explanation,
        plugin->foresee_change (belfry_hosted_get_state (engine), engine->instance, change));
  else
    belfry_explanation_add_rule (explanation, TRUE, engine->blueprint->section, NULL,
                                 "engine '%s' does not tell without running",
                                 engine->blueprint->name);
}

static JsonObject *
explain_change (GPtrArray *engines, BelfryChange *change)
{
  JsonObject *explanation = belfry_explanation_new (
      "change: %s of %s%s%s", change->revision != NULL ? change->revision : "no revision",
      change->repository[0] != '\0' ? change->repository : "no repository",
      change->branch != NULL ? ", branch " : "", change->branch != NULL ? change->branch : "");

  if (engines->len == 0)
    belfry_explanation_add_rule (explanation, FALSE, NULL, NULL, "no engine is configured");
  for (guint i = 0; i < engines->len; i++)
    add_engine (explanation, g_ptr_array_index (engines, i), change);
  return explanation;
}

static JsonObject *
explain (BelfryHost *host, BelfryDelivery *delivery, BelfryRequest *request)
{
  g_autoptr (GPtrArray) hooks = make_hosted (host, BELFRY_KIND_HOOK);
  g_autoptr (GPtrArray) engines = make_hosted (host, BELFRY_KIND_ENGINE);
  g_autoptr (BelfryDeliveries) deliveries = belfry_deliveries_new (NULL);
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (BelfryTranslation) made = NULL;
  JsonObject *explanation = NULL;

  belfry_deliveries_apply (deliveries, host->config, hooks);
  made = belfry_deliveries_translate (deliveries, delivery->hook, request);
  explanation = belfry_deliveries_foresee (deliveries, delivery, made, &changes);
  for (guint i = 0; changes != NULL && i < changes->len; i++)
    belfry_explanation_add_part (explanation,
                                 explain_change (engines, g_ptr_array_index (changes, i)));
  return explanation;
}

JsonObject *
belfry_replay_against (BelfryConfig *config,
                       JsonObject *delivery,
                       JsonObject *request,
                       GError **error)
{
  BelfryHost host = { .config = config };
  g_autoptr (BelfryDelivery) record =
      belfry_record_from_json (belfry_delivery_get_type (), delivery, error);
  g_autoptr (BelfryRequest) made = record != NULL ? belfry_raw_from_json (request, error) : NULL;

  return made != NULL ? explain (&host, record, made) : NULL;
}

JsonObject *
belfry_foresee_change (BelfryConfig *config, BelfryChange *change)
{
  BelfryHost host = { .config = config };
  g_autoptr (GPtrArray) engines = make_hosted (&host, BELFRY_KIND_ENGINE);

  return explain_change (engines, change);
}
