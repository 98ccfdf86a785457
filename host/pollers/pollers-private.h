/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this room share: one poller and its timing. */
#pragma once

#include "poller-keys.h"
#include "pollers.h"

/** Poller: one name; the instance behind it may change by a reload */
typedef struct {
  BelfryPollers *room;
  char *name;
  BelfryHosted *hosted; /* polled now, or next */
  BelfryHosted *next;   /* (nullable) takes its place when the poll that runs has ended */
  GCancellable *run;    /* (nullable) the poll that runs */
  GSource *deadline;    /* of the run */
  GSource *timer;       /* to the next beat */
  gint64 beat_us;       /* monotonic: the last beat, 0: none yet */
  gint64 due_us;        /* monotonic: when the timer fires */
  gboolean begun;       /* its timer runs: the instance was up once */
  gboolean asked;       /* one more poll is wanted */
  gboolean removed;
  gboolean late;  /* the run was ended at its deadline */
  guint failures; /* in a row */
  gint64 polled_at;
  gint64 succeeded_at;
  gint64 taken;    /* changes stored since the start */
  char *error;     /* (nullable) of the last poll */
  JsonNode *state; /* (nullable) what is in the store, as far as it was read */
} BelfryPollerRun;

struct _BelfryPollers {
  BelfryStore *store;
  BelfryConfig *config;
  GHashTable *pollers; /* name → BelfryPollerRun */
  BelfryPollersAlert alert;
  gpointer alert_data;
  BelfryMasks *masks; /* (nullable) */
  GTask *stopping;    /* (nullable) */
  guint running;
};

/* schedule.c */
void belfry_poller_begin (BelfryPollerRun *self);
void belfry_poller_ask (BelfryPollerRun *self);
void belfry_poller_cancel (BelfryPollerRun *self);
void belfry_poller_unschedule (BelfryPollerRun *self);
/* Monotonic time of the beat after @now_us: whole waits after @beat_us, those that are over are
 * skipped. */
gint64 belfry_poller_next_beat (gint64 beat_us, gint64 wait_us, gint64 now_us);
/* How long to wait after so many failures in a row. */
gint64 belfry_poller_wait (gint64 interval_us, guint failures);

/* pollers.c: a poll is over; TRUE: the poller is gone */
gboolean belfry_poller_ended (BelfryPollerRun *self);
const BelfryPollerKeys *belfry_poller_get_keys (const BelfryPollerRun *self);
