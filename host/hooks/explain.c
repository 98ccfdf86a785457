/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What became of a delivery, told in the order in which it was decided: each door with the key that
 * keeps it, up to the one that stayed shut; then what its translation says. Nothing of this is
 * stored: it is what the configuration says now, of a row that was written then.
 */
#include "deliveries-private.h"
#include "signature.h"
#include "www/www-keys.h"

#include <string.h>

/**
 * Door: one thing that had to be so
 * @outcome: of a row that stopped here
 * @reason: (nullable) and its reason, where two doors share an outcome
 * @is_kept: whether the configuration asks for anything here
 * @open: (nullable): what is said where it does not; NULL: nothing
 */
typedef struct {
  const char *key;
  const char *outcome;
  const char *reason;
  gboolean (*is_kept) (BelfryDeliveries *self, const BelfryHookKeys *keys);
  const char *passed;
  const char *open;
} Door;

static gboolean
has_sources (BelfryDeliveries *self, const BelfryHookKeys *keys)
{
  return keys->sources != NULL;
}

static gboolean
has_password (BelfryDeliveries *self, const BelfryHookKeys *keys)
{
  const BelfryWwwKeys *www = self->config->www;

  return keys->auth != NULL ? keys->auth[0] != NULL : www != NULL && www->change_hook_auth != NULL;
}

static gboolean
has_secret (BelfryDeliveries *self, const BelfryHookKeys *keys)
{
  return keys->secret != NULL;
}

static gboolean
is_strict (BelfryDeliveries *self, const BelfryHookKeys *keys)
{
  return keys->strict;
}

static gboolean
is_always (BelfryDeliveries *self, const BelfryHookKeys *keys)
{
  return TRUE;
}

static const Door doors[] = {
  { "sources", "forbidden", NULL, has_sources, "its address is one of these",
    "any address may knock" },
  { "auth", "unauthorized", BELFRY_REASON_PASSWORD, has_password, "user and password are known",
    "no user or password is asked for" },
  { NULL, "method", NULL, is_always, "the method is one that this hook takes", NULL },
  { "strict", "unauthorized", BELFRY_REASON_WEAK, is_strict, "it proves as much as its forge can",
    NULL },
  { "secret", "unauthorized", NULL, has_secret, "who sent it knows the secret",
    "no signature is asked for" },
  { "dedupe-window", "conflict", NULL, is_always, "no delivery had its id and other content",
    NULL },
  { "dedupe-window", "duplicate", NULL, is_always, "it was not known before", NULL },
};

static gboolean
stopped_at (const BelfryDelivery *delivery, const Door *door)
{
  return strcmp (delivery->outcome, door->outcome) == 0 &&
         (door->reason == NULL || strcmp (delivery->reason, door->reason) == 0);
}

static const BelfrySection *
find_section (BelfryDeliveries *self, BelfryHosted *hook, const char *key)
{
  if (strcmp (key, "auth") == 0 && belfry_section_find (hook->blueprint->section, key) == NULL)
    return belfry_config_find_section (self->config, "www");
  return hook->blueprint->section;
}

static void
add_door (BelfryDeliveries *self,
          BelfryHosted *hook,
          JsonObject *explanation,
          const Door *door,
          const char *refusal)
{
  gboolean kept = door->is_kept (self, hook->blueprint->host_state);
  const BelfrySection *section = door->key != NULL ? find_section (self, hook, door->key) : NULL;
  const char *key = door->key;

  if (refusal == NULL && !kept && door->open == NULL)
    return;
  if (key != NULL && section != hook->blueprint->section)
    key = "change-hook-auth";
  belfry_explanation_add_rule (explanation, refusal == NULL, section, key, "%s",
                               refusal != NULL ? refusal
                               : kept          ? door->passed
                                               : door->open);
}

/* whether it came past all of them */
static gboolean
add_doors (BelfryDeliveries *self,
           BelfryHosted *hook,
           JsonObject *explanation,
           BelfryDelivery *delivery)
{
  if (delivery->replay_of != BELFRY_NONE) {
    belfry_explanation_add_rule (
        explanation, TRUE, NULL, NULL,
        "an administrator took delivery %" G_GINT64_FORMAT
        " again, so nobody was asked for a secret, nor whether it is known",
        delivery->replay_of);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (doors); i++) {
    gboolean stopped = stopped_at (delivery, &doors[i]);

    add_door (self, hook, explanation, &doors[i], stopped ? delivery->reason : NULL);
    if (stopped)
      return FALSE;
  }
  return TRUE;
}

BelfryTranslation *
belfry_deliveries_translate (BelfryDeliveries *self, const char *name, BelfryRequest *request)
{
  BelfryHosted *hook = g_hash_table_lookup (self->hooks, name);

  return hook != NULL ? belfry_hook_translate (belfry_hosted_get_plugin (hook),
                                               belfry_hosted_get_state (hook), request)
                      : NULL;
}

void
belfry_deliveries_translate_async (BelfryDeliveries *self,
                                   const char *name,
                                   BelfryRequest *request,
                                   GTask *task)
{
  BelfryHosted *hook = g_hash_table_lookup (self->hooks, name);

  if (hook != NULL && hook->isolated != NULL && !belfry_hook_is_encoded (request)) {
    belfry_isolated_translate (hook->isolated, request, task);
    return;
  }
  g_task_return_pointer (task, belfry_deliveries_translate (self, name, request),
                         (GDestroyNotify)belfry_translation_free);
  g_object_unref (task);
}

static void
add_translation (JsonObject *explanation, const BelfrySection *section, BelfryTranslation *made)
{
  guint n = made->changes != NULL ? made->changes->len : 0;

  if (made->kind == BELFRY_TRANSLATION_CHANGES)
    belfry_explanation_add_rule (explanation, TRUE, section, made->key, "it says %u change%s", n,
                                 n == 1 ? "" : "s");
  else if (made->kind == BELFRY_TRANSLATION_POLL)
    belfry_explanation_add_rule (explanation, TRUE, section, made->key, "it wakes pollers");
  else if (made->kind == BELFRY_TRANSLATION_PENDING)
    belfry_explanation_add_rule (explanation, TRUE, section, made->key,
                                 "its forge is asked for the rest");
  else
    belfry_explanation_add_rule (explanation, FALSE, section, made->key, "%s",
                                 made->reason != NULL ? made->reason : "");
}

static BelfryHosted *
find_hook (BelfryDeliveries *self, const char *name, JsonObject *explanation)
{
  BelfryHosted *hook = g_hash_table_lookup (self->hooks, name);

  if (hook == NULL)
    belfry_explanation_add_rule (explanation, FALSE, NULL, NULL,
                                 "hook '%s' is not configured any more", name);
  return hook;
}

JsonObject *
belfry_deliveries_explain (BelfryDeliveries *self,
                           BelfryDelivery *delivery,
                           BelfryTranslation *made)
{
  JsonObject *explanation = belfry_explanation_new (
      "delivery %" G_GINT64_FORMAT " of hook '%s': %s%s%s", delivery->deliveryid, delivery->hook,
      delivery->outcome, delivery->reason[0] != '\0' ? ", " : "", delivery->reason);
  BelfryHosted *hook = find_hook (self, delivery->hook, explanation);
  const char *outcome = NULL;

  if (hook == NULL || !add_doors (self, hook, explanation, delivery))
    return explanation;
  if (made == NULL) {
    belfry_explanation_add_rule (explanation, strcmp (delivery->outcome, "accepted") == 0, NULL,
                                 NULL, "its request is not kept; its row says: %s %s",
                                 delivery->outcome, delivery->reason);
    return explanation;
  }
  outcome = belfry_deliveries_get_outcome (made->kind);
  add_translation (explanation, hook->blueprint->section, made);
  if (strcmp (outcome, delivery->outcome) != 0 && made->kind != BELFRY_TRANSLATION_PENDING)
    belfry_explanation_add_rule (explanation, TRUE, NULL, NULL,
                                 "then it was '%s', now it would be '%s'", delivery->outcome,
                                 outcome);
  return explanation;
}

JsonObject *
belfry_deliveries_foresee (BelfryDeliveries *self,
                           BelfryDelivery *delivery,
                           BelfryTranslation *made,
                           GPtrArray **changes)
{
  JsonObject *explanation = belfry_explanation_new (
      "delivery %" G_GINT64_FORMAT " of hook '%s', again", delivery->deliveryid, delivery->hook);
  BelfryHosted *hook = find_hook (self, delivery->hook, explanation);

  *changes = NULL;
  if (hook == NULL || made == NULL)
    return explanation;
  add_translation (explanation, hook->blueprint->section, made);
  for (guint i = 0; made->changes != NULL && i < made->changes->len; i++)
    belfry_deliveries_complete_change (self, hook, g_ptr_array_index (made->changes, i),
                                       belfry_clock_now_us ());
  if (made->changes != NULL)
    *changes = g_ptr_array_ref (made->changes);
  return explanation;
}
