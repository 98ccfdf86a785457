/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a report becomes: one row of the outbox for each target and key. Rows of one target and key
 * go out in the order of their events; rows of different ones do not wait for each other.
 */
#include "belfry-report.h"

typedef struct {
  char *target;
  char *key;
  JsonNode *payload; /* (nullable) */
} Target;

struct _BelfryTargets {
  GArray *rows; /* (element-type Target) */
};

static void
clear_target (gpointer data)
{
  Target *self = data;

  g_free (self->target);
  g_free (self->key);
  g_clear_pointer (&self->payload, json_node_unref);
}

/**
 * belfry_targets_new:
 *
 * Makes an empty list of targets.
 *
 * Returns: (transfer full): the list
 * Since: 0.1
 */
BelfryTargets *
belfry_targets_new (void)
{
  BelfryTargets *self = g_new0 (BelfryTargets, 1);

  self->rows = g_array_new (FALSE, TRUE, sizeof (Target));
  g_array_set_clear_func (self->rows, clear_target);
  return self;
}

/**
 * belfry_targets_free:
 * @self: (nullable) (transfer full): a list of targets
 *
 * Frees a list with all in it.
 *
 * Since: 0.1
 */
void
belfry_targets_free (BelfryTargets *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->rows);
  g_free (self);
}

/**
 * belfry_targets_add:
 * @self: a list of targets
 * @target: (nullable): who gets it, as people and logs read it: a room, an address, a commit;
 * %NULL: empty
 * @key: (nullable): what it is about; reports of one target and key keep their order; %NULL: empty
 * @payload: (transfer none) (nullable): what delivery needs, frozen into the row; at most 1 MiB as
 * text
 *
 * Adds a target. A list without any means that there is nothing to send.
 *
 * Since: 0.1
 */
void
belfry_targets_add (BelfryTargets *self, const char *target, const char *key, JsonNode *payload)
{
  Target row = { NULL };

  g_return_if_fail (self != NULL);

  row.target = g_strdup (target != NULL ? target : "");
  row.key = g_strdup (key != NULL ? key : "");
  row.payload = payload != NULL ? json_node_ref (payload) : NULL;
  g_array_append_val (self->rows, row);
}

/**
 * belfry_targets_get_length:
 * @self: a list of targets
 *
 * Counts the targets.
 *
 * Returns: their number
 * Since: 0.1
 */
guint
belfry_targets_get_length (BelfryTargets *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->rows->len;
}

static const Target *
get_row (BelfryTargets *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->rows->len, NULL);
  return &g_array_index (self->rows, Target, index);
}

/**
 * belfry_targets_get_target:
 * @self: a list of targets
 * @index: below the length
 *
 * Gets who gets it.
 *
 * Returns: (transfer none): the target
 * Since: 0.1
 */
const char *
belfry_targets_get_target (BelfryTargets *self, guint index)
{
  const Target *row = get_row (self, index);

  return row != NULL ? row->target : NULL;
}

/**
 * belfry_targets_get_key:
 * @self: a list of targets
 * @index: below the length
 *
 * Gets what it is about.
 *
 * Returns: (transfer none): the key
 * Since: 0.1
 */
const char *
belfry_targets_get_key (BelfryTargets *self, guint index)
{
  const Target *row = get_row (self, index);

  return row != NULL ? row->key : NULL;
}

/**
 * belfry_targets_get_payload:
 * @self: a list of targets
 * @index: below the length
 *
 * Gets what delivery needs.
 *
 * Returns: (transfer none) (nullable): the payload
 * Since: 0.1
 */
JsonNode *
belfry_targets_get_payload (BelfryTargets *self, guint index)
{
  const Target *row = get_row (self, index);

  return row != NULL ? row->payload : NULL;
}
