/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the log threads and readers of logs share: all under one lock. */
#pragma once

#include "store/log-block.h"
#include "store/store-private.h"

/**
 * LogState: a log that is open, or closed and not yet wholly stored
 *
 * Appended ≥ masked (readable) ≥ stored, in lines; the text between stored and masked is in @sealed
 * and
 * @partial. @partial may have been stored already, shorter: it is written anew as it grows.
 */
typedef struct {
  gint64 logid;
  gint64 appended_lines;
  gint64 masked_lines;
  gsize appended_bytes; /* as they came, since the state was made */
  gsize masked_bytes;   /* of them, through the mask */
  gsize stored_bytes;   /* of them, on disk */
  gint64 text_bytes;    /* masked text of the whole log */
  GQueue sealed;        /* BelfryLogBlock (owned) */
  GString *partial;
  gint64 partial_first;
  gint64 partial_lines;
  gboolean dirty;    /* partial holds what is not stored */
  gboolean finished; /* nothing more will come */
  gboolean above;    /* somebody waits to hear that it drained */
} LogState;

typedef struct {
  gint64 logid;
  GBytes *lines;
  guint n_lines;
} LogChunk;

struct _BelfryLogs {
  BelfryStore *store;
  BelfryDatabase *database; /* the storing thread's */
  GThread *masker;
  GThread *storer;

  GMutex lock; /* of what follows */
  GCond came;  /* a chunk, for the masker */
  GCond due;   /* something to store */
  GCond masked;
  GHashTable *states; /* id to LogState */
  GHashTable *dirty;  /* set of LogState with something to store */
  gint64 dirty_since_us;
  guint n_sealed;
  GQueue chunks;   /* LogChunk */
  GQueue removals; /* GTask with GArray of ids */
  gboolean masker_stopped;
  gboolean stopping;
  BelfryLogMask mask;
  gpointer mask_data;
  BelfryLogFunc drained;
  gpointer drained_data;
  GPtrArray *drained_sources; /* (element-type GSource) not yet told */
};

LogState *belfry_log_state_new (gint64 logid, gint64 first_line, gint64 text_bytes);
void belfry_log_state_free (gpointer data);
/* With the lock held: whole lines, masked. */
void belfry_logs_take_text (BelfryLogs *self, LogState *state, const char *text, gsize length);
void belfry_logs_mark_dirty (BelfryLogs *self, LogState *state);
gpointer belfry_logs_mask_run (gpointer data);
gpointer belfry_logs_store_run (gpointer data);
