/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a log while it is written: first what is in memory, then what is on disk before it. In
 * this order nothing is missed, since text leaves memory only after it is stored. Who asks sees all
 * that was appended before he asked.
 */
#include "store/logs-private.h"

#define MAX_BYTES  (16 * 1024 * 1024)
#define MASKING_US (2 * G_USEC_PER_SEC)

/* With the lock held. */
static GPtrArray *
copy_tail (LogState *state)
{
  GPtrArray *tail = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_log_block_free);

  for (GList *link = state->sealed.head; link != NULL; link = link->next) {
    const BelfryLogBlock *block = link->data;

    g_ptr_array_add (
        tail, belfry_log_block_new (block->logid, block->first_line, block->lines, block->text));
  }
  if (state->partial_lines > 0) {
    g_autoptr (GBytes) text = g_bytes_new (state->partial->str, state->partial->len);

    g_ptr_array_add (tail, belfry_log_block_new (state->logid, state->partial_first,
                                                 state->partial_lines, text));
  }
  return tail;
}

static LogState *
wait_for_mask (BelfryLogs *self, gint64 logid)
{
  gint64 until_us = g_get_monotonic_time () + MASKING_US;
  LogState *state = g_hash_table_lookup (self->states, &logid);
  gsize wanted = state != NULL ? state->appended_bytes : 0;

  while (state != NULL && state->masked_bytes < wanted && !self->stopping) {
    if (!g_cond_wait_until (&self->masked, &self->lock, until_us))
      return g_hash_table_lookup (self->states, &logid);
    state = g_hash_table_lookup (self->states, &logid);
  }
  return state;
}

/* What is only in memory, or may be: (element-type BelfryLogBlock). @first: its first line */
static GPtrArray *
take_tail (BelfryLogs *self, gint64 logid, gint64 *first)
{
  GPtrArray *tail = NULL;
  LogState *state = NULL;

  *first = G_MAXINT64;
  g_mutex_lock (&self->lock);
  state = wait_for_mask (self, logid);
  tail = state != NULL ? copy_tail (state) : g_ptr_array_new ();
  g_mutex_unlock (&self->lock);
  if (tail->len > 0)
    *first = ((BelfryLogBlock *)g_ptr_array_index (tail, 0))->first_line;
  return tail;
}

typedef struct {
  GString *text;
  gint64 next; /* line */
  gint64 end;
} Collected;

static void
collect (Collected *self, GPtrArray *blocks)
{
  for (guint i = 0; i < blocks->len && self->next < self->end; i++) {
    const BelfryLogBlock *block = g_ptr_array_index (blocks, i);
    gint64 skipped = self->next - block->first_line;
    gint64 lines = self->end - self->next;
    gsize length = 0;
    const char *text = g_bytes_get_data (block->text, &length);
    gsize from = 0;

    if (skipped >= block->lines || self->text->len >= MAX_BYTES)
      continue;
    /* a hole would shift all that follows; there is none, but what is damaged is not read on */
    if (skipped < 0)
      return;
    from = belfry_log_measure_lines (text, length, &skipped);
    length = belfry_log_measure_lines (text + from, length - from, &lines);
    g_string_append_len (self->text, text + from, (gssize)length);
    self->next += lines;
  }
}

char *
belfry_logs_read (BelfryLogs *self,
                  BelfryDatabase *database,
                  gint64 logid,
                  gint64 first_line,
                  gint64 max_lines,
                  gint64 *n_lines,
                  GError **error)
{
  gint64 tail_first = 0;
  g_autoptr (GPtrArray) tail = take_tail (self, logid, &tail_first);
  g_autoptr (GPtrArray) stored = NULL;
  Collected collected = { NULL, first_line, G_MAXINT64 };

  if (max_lines > 0 && max_lines < G_MAXINT64 - first_line)
    collected.end = first_line + max_lines;
  stored = belfry_log_blocks_load (database, logid, first_line, MIN (tail_first, collected.end),
                                   MAX_BYTES + BELFRY_LOG_BLOCK_BYTES, error);
  if (stored == NULL)
    return NULL;
  collected.text = g_string_new (NULL);
  collect (&collected, stored);
  collect (&collected, tail);
  *n_lines = collected.next - first_line;
  return g_string_free (collected.text, FALSE);
}
