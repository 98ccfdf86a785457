/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Applying a transaction: one function for each verb, in the order in which things were said. Ids
 * were given before; what cannot be (a request that is taken) fails the whole.
 */
#include "builds/builds-private.h"

static gboolean
add_plain (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  return belfry_writer_insert (self->writer, operation->record, error);
}

static gboolean
apply_took_change (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  g_autoptr (JsonNode) value = belfry_json_new_integer (operation->id);

  return belfry_writer_state_put (self->writer, self->key_space, BELFRY_BUILDS_TAKEN, value, error);
}

static gboolean
apply_put (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  return belfry_writer_state_put (self->writer, self->key_space, operation->text, operation->json,
                                  error);
}

static gboolean
apply_delete (BelfryApplying *self, const BelfryOperation *operation, GError **error)
{
  return belfry_writer_state_put (self->writer, self->key_space, operation->text, NULL, error);
}

typedef struct {
  const char *name;
  BelfryVerbFunc func;
} Verb;

static const Verb verbs[] = {
  [BELFRY_VERB_ADD_BUILDSET] = { "adding a buildset", belfry_apply_add_buildset },
  [BELFRY_VERB_ADD_REQUEST] = { "adding a request", belfry_apply_add_request },
  [BELFRY_VERB_CLAIM] = { "claiming a request", belfry_apply_claim },
  [BELFRY_VERB_UNCLAIM] = { "giving a request back", belfry_apply_unclaim },
  [BELFRY_VERB_COMPLETE_REQUEST] = { "completing a request", belfry_apply_complete_request },
  [BELFRY_VERB_ADD_BUILD] = { "adding a build", belfry_apply_add_build },
  [BELFRY_VERB_UPDATE_BUILD] = { "changing a build", belfry_apply_update_build },
  [BELFRY_VERB_FINISH_BUILD] = { "finishing a build", belfry_apply_finish_build },
  [BELFRY_VERB_ADD_STEP] = { "adding a step", belfry_apply_add_step },
  [BELFRY_VERB_UPDATE_STEP] = { "changing a step", belfry_apply_update_step },
  [BELFRY_VERB_FINISH_STEP] = { "finishing a step", belfry_apply_finish_step },
  [BELFRY_VERB_ADD_LOG] = { "adding a log", belfry_apply_add_log },
  [BELFRY_VERB_FINISH_LOG] = { "finishing a log", belfry_apply_finish_log },
  [BELFRY_VERB_CONFIGURE_BUILDER] = { "configuring a builder", belfry_apply_configure_builder },
  [BELFRY_VERB_CONFIGURE_WORKER] = { "configuring a worker", belfry_apply_configure_worker },
  [BELFRY_VERB_CONFIGURE_SCHEDULER] = { "configuring a scheduler",
                                        belfry_apply_configure_scheduler },
  [BELFRY_VERB_ADD_TEST] = { "adding a test result", add_plain },
  [BELFRY_VERB_ADD_ARTIFACT] = { "adding an artifact", add_plain },
  [BELFRY_VERB_EVENT] = { "telling an event", belfry_apply_event },
  [BELFRY_VERB_TOOK_CHANGE] = { "taking a change", apply_took_change },
  [BELFRY_VERB_PUT] = { "putting a value", apply_put },
  [BELFRY_VERB_DELETE] = { "deleting a value", apply_delete },
};

gboolean
belfry_builds_apply (BelfryWriter *writer,
                     const char *engine,
                     BelfryTransaction *transaction,
                     GError **error)
{
  g_autofree char *key_space = g_strconcat ("engine/", engine, NULL);
  BelfryApplying self = { writer, engine, key_space, transaction, belfry_clock_now_us () };

  for (guint i = 0; i < belfry_transaction_get_length (transaction); i++) {
    const BelfryOperation *operation = belfry_transaction_get (transaction, i);

    g_return_val_if_fail (operation->verb < G_N_ELEMENTS (verbs), FALSE);
    if (!verbs[operation->verb].func (&self, operation, error)) {
      g_prefix_error (error, "engine '%s': %s: ", engine, verbs[operation->verb].name);
      return FALSE;
    }
  }
  return TRUE;
}

/* shared */

void
belfry_builds_bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  if (text == NULL)
    sqlite3_bind_null (statement, index);
  else
    sqlite3_bind_text (statement, index, g_utf8_make_valid (text, -1), -1, g_free);
}

gboolean
belfry_applying_run (BelfryApplying *self,
                     const char *sql,
                     const gint64 *values,
                     guint n_values,
                     gint64 *changed,
                     GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (self->writer, sql, error);

  if (statement == NULL)
    return FALSE;
  for (guint i = 0; i < n_values; i++)
    if (values[i] != BELFRY_NONE)
      sqlite3_bind_int64 (statement, (int)i + 1, values[i]);
  if (!belfry_writer_step (self->writer, statement, NULL, error))
    return FALSE;
  if (changed != NULL)
    *changed = sqlite3_changes64 (sqlite3_db_handle (statement));
  return TRUE;
}

gboolean
belfry_applying_ask (
    BelfryApplying *self, const char *sql, gint64 value, gint64 *answer, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (self->writer, sql, error);
  gboolean row = FALSE;

  *answer = BELFRY_NONE;
  if (statement == NULL)
    return FALSE;
  sqlite3_bind_int64 (statement, 1, value);
  if (!belfry_writer_step (self->writer, statement, &row, error))
    return FALSE;
  if (row && sqlite3_column_type (statement, 0) != SQLITE_NULL)
    *answer = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

gboolean
belfry_applying_tells (BelfryApplying *self, const char *event)
{
  for (guint i = 0; i < belfry_transaction_get_length (self->transaction); i++) {
    const BelfryOperation *operation = belfry_transaction_get (self->transaction, i);

    if (operation->verb == BELFRY_VERB_EVENT && g_str_equal (operation->text, event))
      return TRUE;
  }
  return FALSE;
}
