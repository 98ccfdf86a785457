/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kinds of plugin, and the small values that their functions return. */
#include "belfry-plugin.h"

static const struct {
  const char *name;
  guint abi;
} kinds[BELFRY_N_KINDS] = {
  [BELFRY_KIND_HOOK] = { "hook", BELFRY_ABI_HOOK },
  [BELFRY_KIND_POLLER] = { "poller", BELFRY_ABI_POLLER },
  [BELFRY_KIND_ENGINE] = { "engine", BELFRY_ABI_ENGINE },
  [BELFRY_KIND_REPORTER] = { "reporter", BELFRY_ABI_REPORTER },
  [BELFRY_KIND_BOT] = { "bot", BELFRY_ABI_BOT },
  [BELFRY_KIND_VIEW] = { "view", BELFRY_ABI_VIEW },
  [BELFRY_KIND_AUTH] = { "auth", BELFRY_ABI_AUTH },
};

/**
 * belfry_kind_get_name:
 * @kind: a kind of plugin
 *
 * Returns: (transfer none): its word in section names and file names
 * Since: 0.1
 */
const char *
belfry_kind_get_name (BelfryKind kind)
{
  g_return_val_if_fail (kind < BELFRY_N_KINDS, NULL);
  return kinds[kind].name;
}

/**
 * belfry_kind_from_name:
 * @name: a word
 * @kind: (out): where the kind goes
 *
 * Returns: whether there is a kind of that name
 * Since: 0.1
 */
gboolean
belfry_kind_from_name (const char *name, BelfryKind *kind)
{
  for (guint i = 0; i < BELFRY_N_KINDS; i++)
    if (g_strcmp0 (kinds[i].name, name) == 0) {
      *kind = (BelfryKind)i;
      return TRUE;
    }
  return FALSE;
}

/**
 * belfry_kind_get_abi:
 * @kind: a kind of plugin
 *
 * Returns: the ABI number that this library speaks for it
 * Since: 0.1
 */
guint
belfry_kind_get_abi (BelfryKind kind)
{
  g_return_val_if_fail (kind < BELFRY_N_KINDS, 0);
  return kinds[kind].abi;
}

static BelfryTranslation *
translation_new (BelfryTranslationKind kind, char *reason)
{
  BelfryTranslation *self = g_new0 (BelfryTranslation, 1);

  self->kind = kind;
  self->reason = reason;
  return self;
}

/**
 * belfry_translation_new_changes:
 * @changes: (transfer full) (element-type BelfryChange): at least one, in the order of the request
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_changes (GPtrArray *changes)
{
  BelfryTranslation *self = translation_new (BELFRY_TRANSLATION_CHANGES, NULL);

  g_return_val_if_fail (changes != NULL && changes->len > 0, self);
  self->changes = changes;
  return self;
}

/**
 * belfry_translation_new_nothing:
 * @format: why there is nothing to do
 * @...: its values
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_nothing (const char *format, ...)
{
  va_list arguments;
  char *reason = NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return translation_new (BELFRY_TRANSLATION_NOTHING, reason);
}

/**
 * belfry_translation_new_malformed:
 * @format: what is wrong, without quoting the request
 * @...: its values
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_malformed (const char *format, ...)
{
  va_list arguments;
  char *reason = NULL;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return translation_new (BELFRY_TRANSLATION_MALFORMED, reason);
}

/**
 * belfry_translation_new_unsupported_type:
 * @reason: which types are taken
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_unsupported_type (const char *reason)
{
  return translation_new (BELFRY_TRANSLATION_UNSUPPORTED_TYPE, g_strdup (reason));
}

/**
 * belfry_translation_new_poll:
 * @pollers: (transfer full) (nullable): names or repositories; %NULL: all that are allowed
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_poll (char **pollers)
{
  BelfryTranslation *self = translation_new (BELFRY_TRANSLATION_POLL, NULL);

  self->pollers = pollers;
  return self;
}

/**
 * belfry_translation_set_allowed:
 * @self: a translation of pollers
 * @allowed: (nullable): names or repositories; %NULL: all
 *
 * Says which pollers may be told to poll; for others the answer is that there are none. The host
 * compares, since only it knows which name and which repository mean one poller.
 *
 * Since: 0.1
 */
void
belfry_translation_set_allowed (BelfryTranslation *self, const char *const *allowed)
{
  g_strfreev (self->allowed);
  self->allowed = g_strdupv ((char **)allowed);
}

/**
 * belfry_translation_new_pending:
 * @pending: (transfer full): what `complete` needs, and all of the change that is known
 *
 * Returns: (transfer full): a translation
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_new_pending (JsonNode *pending)
{
  BelfryTranslation *self = translation_new (BELFRY_TRANSLATION_PENDING, NULL);

  self->pending = pending;
  return self;
}

/**
 * belfry_translation_decided_by:
 * @self: (transfer full): a translation
 * @key: key of the hook's section without which it had been another
 *
 * Says which key decided, for those who ask why.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
BelfryTranslation *
belfry_translation_decided_by (BelfryTranslation *self, const char *key)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_free (self->key);
  self->key = g_strdup (key);
  return self;
}

/**
 * belfry_translation_set_event:
 * @self: a translation
 * @event: (nullable): name of the event; %NULL: what the header says
 *
 * Says what the delivery log calls the event, where the sender does not say it in a header.
 *
 * Since: 0.1
 */
void
belfry_translation_set_event (BelfryTranslation *self, const char *event)
{
  g_return_if_fail (self != NULL);
  g_free (self->event);
  self->event = g_strdup (event);
}

/**
 * belfry_translation_free:
 * @self: (nullable): a translation
 *
 * Since: 0.1
 */
void
belfry_translation_free (BelfryTranslation *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_clear_pointer (&self->pending, json_node_unref);
  g_strfreev (self->pollers);
  g_strfreev (self->allowed);
  g_free (self->reason);
  g_free (self->key);
  g_free (self->event);
  g_free (self);
}

/**
 * belfry_control_answer_new:
 * @outcome: done, refused or unsupported
 * @data: (transfer full) (nullable): ids, or `errors` per field
 * @format: a sentence for people
 * @...: its values
 *
 * Returns: (transfer full): an answer
 * Since: 0.1
 */
BelfryControlAnswer *
belfry_control_answer_new (BelfryControlOutcome outcome, JsonObject *data, const char *format, ...)
{
  BelfryControlAnswer *self = g_new0 (BelfryControlAnswer, 1);
  va_list arguments;

  self->outcome = outcome;
  self->data = data;
  va_start (arguments, format);
  self->message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return self;
}

/**
 * belfry_control_answer_free:
 * @self: (nullable): an answer
 *
 * Since: 0.1
 */
void
belfry_control_answer_free (BelfryControlAnswer *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->data, json_object_unref);
  g_free (self->message);
  g_free (self);
}
