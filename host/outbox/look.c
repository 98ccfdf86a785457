/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the store: which rows are due now, of whom, and when the next ones are. One at a time,
 * on the writer thread, so that it sees what every transaction before it left.
 */
#include "outbox-private.h"

#define ROWS_OF_A_LOOK 200

/* what a look at the store asks, and finds */
typedef struct {
  char *name;
  gboolean paused;
  gboolean probe;
  gboolean more;
} Question;

typedef struct {
  BelfryOutbox *outbox;
  GArray *questions; /* (element-type Question) */
  GPtrArray *rows;
  gint64 now_us;
  gint64 next_us;
  JsonObject *max_ages; /* (nullable) of those configured, where rows of others are looked at */
  gint64 death_us;      /* when the next of those may die */
  GHashTable *buried;   /* instances that are gone → how many of their rows died */
  JsonObject *counts;
} Look;

static void
look_free (Look *look)
{
  for (guint i = 0; i < look->questions->len; i++)
    g_free (g_array_index (look->questions, Question, i).name);
  g_array_unref (look->questions);
  g_ptr_array_unref (look->rows);
  g_hash_table_unref (look->buried);
  g_clear_pointer (&look->max_ages, json_object_unref);
  g_clear_pointer (&look->counts, json_object_unref);
  g_free (look);
}

/* writer thread */
static gboolean
answer_question (Look *look, Question *question, BelfryWriter *writer, GError **error)
{
  guint before = look->rows->len;
  gint64 next_us = G_MAXINT64;

  if (question->probe)
    return belfry_rows_list_oldest (writer, question->name, look->rows, error);
  if (question->paused)
    return TRUE;
  if (!belfry_rows_list_due (writer, question->name, look->now_us, ROWS_OF_A_LOOK, look->rows,
                             error) ||
      !belfry_rows_find_next_time (writer, question->name, look->now_us, &next_us, error))
    return FALSE;
  question->more = look->rows->len - before >= ROWS_OF_A_LOOK;
  look->next_us = MIN (look->next_us, next_us);
  return TRUE;
}

/* the remote id that a planned row may edit or answer to is its lane's last one */
static gboolean
complete_rows (Look *look, BelfryWriter *writer, GError **error)
{
  for (guint i = 0; i < look->rows->len; i++) {
    BelfryReportRow *row = g_ptr_array_index (look->rows, i);

    if (g_str_equal (row->state, "planned") && row->remote_id == NULL &&
        !belfry_rows_find_remote_id (writer, row, &row->remote_id, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
look_into_store (BelfryWriter *writer, gpointer data, GError **error)
{
  Look *look = data;

  g_ptr_array_set_size (look->rows, 0);
  g_hash_table_remove_all (look->buried);
  look->next_us = G_MAXINT64;
  g_clear_pointer (&look->counts, json_object_unref);
  if (look->max_ages != NULL && !belfry_orphans_bury (writer, look->max_ages, look->now_us,
                                                      look->buried, &look->death_us, error))
    return FALSE;
  for (guint i = 0; i < look->questions->len; i++)
    if (!answer_question (look, &g_array_index (look->questions, Question, i), writer, error))
      return FALSE;
  look->counts = belfry_rows_count (writer, error);
  return look->counts != NULL && complete_rows (look, writer, error);
}

static void
take_look (BelfryOutbox *self, Look *look)
{
  g_autoptr (GPtrArray) probing = g_ptr_array_new ();
  gint64 quiet_us = 0;

  for (guint i = 0; i < look->questions->len; i++) {
    const Question *question = &g_array_index (look->questions, Question, i);
    BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, question->name);

    if (outlet == NULL)
      continue;
    /* in quiet hours all of them stay where they are */
    outlet->more |= question->more && !belfry_outlet_is_quiet (outlet, "", &quiet_us);
    if (question->probe)
      g_ptr_array_add (probing, outlet);
  }
  belfry_orphans_tell (self, look->buried);
  /* not where the configuration has changed meanwhile */
  if (look->max_ages != NULL && look->max_ages == self->max_ages)
    self->bury_at_us = look->death_us;
  if (self->bury_at_us != G_MAXINT64)
    belfry_outbox_expect (self, self->bury_at_us);
  belfry_outbox_begin_probes (self, probing, look->rows);
  for (guint i = 0; i < look->rows->len; i++)
    belfry_outbox_adopt (self, g_ptr_array_index (look->rows, i));
  g_clear_pointer (&self->counts, json_object_unref);
  self->counts = g_steal_pointer (&look->counts);
  if (look->next_us != G_MAXINT64)
    belfry_outbox_expect (self, look->next_us);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Look *look = user_data;
  BelfryOutbox *self = look->outbox;
  g_autoptr (GError) local = NULL;

  self->loading = FALSE;
  if (!belfry_store_write_finish (self->store, result, &local)) {
    g_warning ("looking for reports that are due: %s; trying again", local->message);
    belfry_outbox_expect (self, belfry_clock_now_us () + 10 * G_USEC_PER_SEC);
  } else if (!self->stopping)
    take_look (self, look);
  look_free (look);
  if (self->load_again)
    belfry_outbox_load (self);
  belfry_outbox_run_all (self);
  belfry_outbox_end (self);
}

static void
ask_about (Look *look, BelfryOutlet *outlet)
{
  Question question = { .name = g_strdup (outlet->reporting->name) };
  gboolean runs =
      outlet->hosted->instance != NULL && outlet->hosted->state == BELFRY_HOSTED_RUNNING;
  const BelfryCredential *credential = belfry_outlet_get_credential (outlet);
  gint64 paused_until_us = credential != NULL ? credential->paused_until_us : 0;
  gint64 hold_us = belfry_outlet_get_hold (outlet);

  outlet->looked = runs;
  question.paused = paused_until_us != 0 || hold_us != 0 || !runs;
  question.probe =
      runs && paused_until_us != 0 && paused_until_us <= look->now_us && credential->prober == NULL;
  if (paused_until_us > look->now_us)
    belfry_outbox_expect (outlet->outbox, paused_until_us);
  if (hold_us > look->now_us)
    belfry_outbox_expect (outlet->outbox, hold_us);
  g_array_append_val (look->questions, question);
}

static Look *
look_new (BelfryOutbox *self)
{
  Look *look = g_new0 (Look, 1);
  GHashTableIter iter;
  gpointer outlet = NULL;

  look->outbox = self;
  look->questions = g_array_new (FALSE, FALSE, sizeof (Question));
  look->rows = g_ptr_array_new_with_free_func (belfry_record_unref);
  look->now_us = belfry_clock_now_us ();
  look->buried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (self->max_ages != NULL && look->now_us >= self->bury_at_us)
    look->max_ages = json_object_ref (self->max_ages);
  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &outlet))
    ask_about (look, outlet);
  return look;
}

void
belfry_outbox_load (BelfryOutbox *self)
{
  Look *look = NULL;

  if (self->stopping || !self->knows_pauses)
    return;
  self->load_again = self->loading;
  if (self->loading)
    return;
  self->loading = TRUE;
  self->next_us = G_MAXINT64;
  g_source_set_ready_time (self->timer, -1);
  look = look_new (self);
  belfry_outbox_begin (self);
  belfry_store_write_async (self->store, look_into_store, look, NULL, NULL, on_looked, look);
}
