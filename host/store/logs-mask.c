/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The masker: takes what was appended, in order, through the host's mask, makes it valid UTF-8, and
 * cuts it into blocks at line ends. Only then can it be read.
 */
#include "store/logs-private.h"

#include <string.h>

static void
log_chunk_free (LogChunk *chunk)
{
  g_bytes_unref (chunk->lines);
  g_free (chunk);
}

/* With the lock held. */
void
belfry_logs_mark_dirty (BelfryLogs *self, LogState *state)
{
  state->dirty = TRUE;
  if (g_hash_table_size (self->dirty) == 0)
    self->dirty_since_us = g_get_monotonic_time ();
  if (g_hash_table_add (self->dirty, state))
    g_cond_signal (&self->due);
}

static void
seal (BelfryLogs *self, LogState *state)
{
  g_autoptr (GBytes) text = g_string_free_to_bytes (state->partial);
  BelfryLogBlock *block =
      belfry_log_block_new (state->logid, state->partial_first, state->partial_lines, text);

  block->taken_bytes = state->masked_bytes;
  g_queue_push_tail (&state->sealed, block);
  self->n_sealed++;
  state->partial = g_string_new (NULL);
  state->partial_first += state->partial_lines;
  state->partial_lines = 0;
  g_cond_signal (&self->due);
}

/* Bytes of whole lines that the open block still takes; 0: it must be sealed first. */
static gsize
measure_piece (LogState *state, const char *text, gsize length)
{
  gsize room = BELFRY_LOG_BLOCK_BYTES - MIN (state->partial->len, BELFRY_LOG_BLOCK_BYTES);
  const char *newline = NULL;

  if (length <= room)
    return length;
  newline = memrchr (text, '\n', room);
  if (newline != NULL)
    return (gsize)(newline + 1 - text);
  if (state->partial->len > 0)
    return 0;
  newline = memchr (text, '\n', length);
  return newline != NULL ? (gsize)(newline + 1 - text) : length;
}

void
belfry_logs_take_text (BelfryLogs *self, LogState *state, const char *text, gsize length)
{
  while (length > 0) {
    gsize piece = measure_piece (state, text, length);
    gint64 lines = belfry_log_count_lines (text, piece);

    g_string_append_len (state->partial, text, (gssize)piece);
    state->partial_lines += lines;
    state->masked_lines += lines;
    state->text_bytes += (gint64)piece;
    text += piece;
    length -= piece;
    if (length > 0 || state->partial->len >= BELFRY_LOG_BLOCK_BYTES)
      seal (self, state);
  }
  belfry_logs_mark_dirty (self, state);
}

/* Whole lines of valid UTF-8, whatever mask and engine left. */
static GBytes *
clean (GBytes *lines)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (lines, &length);
  g_autofree char *valid = NULL;
  g_autofree char *whole = NULL;

  if (length == 0 || (text[length - 1] == '\n' && g_utf8_validate_len (text, length, NULL)))
    return g_bytes_ref (lines);
  valid = g_utf8_make_valid (text, (gssize)length);
  if (g_str_has_suffix (valid, "\n"))
    return g_bytes_new (valid, strlen (valid));
  whole = g_strconcat (valid, "\n", NULL);
  return g_bytes_new (whole, strlen (whole));
}

static GBytes *
mask_chunk (BelfryLogs *self, const LogChunk *chunk)
{
  BelfryLogMask mask = NULL;
  gpointer data = NULL;
  g_autoptr (GBytes) masked = NULL;

  g_mutex_lock (&self->lock);
  mask = self->mask;
  data = self->mask_data;
  g_mutex_unlock (&self->lock);
  if (mask != NULL)
    masked = mask (chunk->logid, chunk->lines, data);
  return clean (masked != NULL ? masked : chunk->lines);
}

static void
take_chunk (BelfryLogs *self, const LogChunk *chunk)
{
  g_autoptr (GBytes) text = mask_chunk (self, chunk);
  LogState *state = NULL;
  gint64 lines = 0;
  gsize length = 0;
  const char *data = g_bytes_get_data (text, &length);

  g_mutex_lock (&self->lock);
  state = g_hash_table_lookup (self->states, &chunk->logid);
  lines = state->masked_lines;
  state->masked_bytes += g_bytes_get_size (chunk->lines);
  belfry_logs_take_text (self, state, data, length);
  /* what was said to be appended gives way to what there is */
  state->appended_lines += state->masked_lines - lines - chunk->n_lines;
  g_cond_broadcast (&self->masked);
  g_mutex_unlock (&self->lock);
}

static LogChunk *
wait_for_chunk (BelfryLogs *self)
{
  LogChunk *chunk = NULL;

  g_mutex_lock (&self->lock);
  while (self->chunks.length == 0 && !self->stopping)
    g_cond_wait (&self->came, &self->lock);
  chunk = g_queue_pop_head (&self->chunks);
  g_mutex_unlock (&self->lock);
  return chunk;
}

gpointer
belfry_logs_mask_run (gpointer data)
{
  BelfryLogs *self = data;
  LogChunk *chunk = NULL;

  while ((chunk = wait_for_chunk (self)) != NULL) {
    take_chunk (self, chunk);
    log_chunk_free (chunk);
  }
  return NULL;
}
