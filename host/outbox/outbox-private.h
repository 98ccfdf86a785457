/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outbox inside. All of it but the filters and what they found lives on the main loop.
 *
 * In memory is only what is due now: rows on their way to be planned or delivered (`active`), and
 * for each lane in flight one mark. Everything else is read from the store when its time comes.
 */
#pragma once

#include "outbox/buckets.h"
#include "outbox/outbox.h"
#include "outbox/prepare.h"
#include "outbox/rows.h"

typedef struct _BelfryOutlet BelfryOutlet;
typedef struct _BelfryTrial BelfryTrial;
typedef struct _BelfryStream BelfryStream;

/* What instances prove themselves by, shared by all that use the same. It pauses, they stand still.
 */
typedef struct {
  char *name;
  gint64 paused_until_us; /* 0: not paused */
  BelfryOutlet *prober;   /* (nullable) (not owned) whose row asks whether it goes on */
  gint64 probe_id;        /* the one row that may be tried while it pauses */
  gboolean denied_once;
  guint64 denied_before; /* attempts that were under way then say nothing new */
  GHashTable *forbidden; /* instances and targets that said 403 since the last success */
} BelfryCredential;

/* One running reporter. Counted: what is under way keeps it over a change of configuration. */
struct _BelfryOutlet {
  guint refs;
  BelfryOutbox *outbox; /* not owned; cleared when the outbox goes */
  BelfryHosted *hosted;
  BelfryReporting *reporting;
  GQueue waiting;             /* (element-type BelfryReportRow) to be planned */
  GQueue ready;               /* (element-type BelfryReportRow) to be delivered */
  GHashTable *planned_builds; /* builds whose rows are being planned, where programs run */
  guint planning;
  guint delivering;
  gboolean more;                /* the store holds more that is due */
  gboolean is_gone;             /* a newer one has taken its place */
  gboolean looked;              /* the store was asked for its rows since it runs */
  BelfryCredential *credential; /* (nullable) (not owned) known once it runs */
  BelfryTrial *trial;           /* (nullable) (not owned) others wait while it is tested */
};

struct _BelfryOutbox {
  guint refs;
  BelfryStore *store;
  BelfryConfig *config; /* (nullable) */
  GMutex lock;          /* guards filters and arrivals */
  GPtrArray *filters;   /* (element-type BelfryReporting), replaced as a whole */
  GPtrArray *arrivals;  /* (element-type BelfryReportRow) */
  GSource *poke;        /* made ready by any thread: rows became due */
  GSource *timer;
  gint64 next_us;         /* when the timer has to look */
  GHashTable *outlets;    /* name → BelfryOutlet */
  GHashTable *active;     /* numbers of rows in memory */
  GHashTable *lanes;      /* lanes in flight → whether others of theirs wait */
  GHashTable *deliveries; /* BelfryDelivery in flight */
  GHashTable *causes;     /* alerts raised */
  BelfryBuckets *buckets;
  GHashTable *credentials; /* name → BelfryCredential */
  GHashTable *resting;     /* "instance\ntarget" → gint64 until when it is left alone */
  GHashTable *streams;     /* name → BelfryStream */
  GHashTable *trials;      /* number → BelfryTrial */
  gint64 last_trial;
  BelfryOutboxDeniedFunc denied;
  gpointer denied_data;
  BelfryMasks *masks;     /* (nullable) (not owned) */
  BelfryMetrics *metrics; /* (nullable) (not owned) */
  guint64 attempts;
  JsonObject *counts;
  JsonObject *max_ages; /* (nullable) of every reporter that is configured: name → µs */
  gint64 bury_at_us;    /* when rows of reporters that are gone are looked at */
  gint64 delivered;
  gboolean started;
  gboolean knows_pauses;
  gboolean loading;
  gboolean load_again;
  gboolean stopping;
  guint under_way; /* operations whose callbacks are to come */
  GTask *stop_task;
  GSource *grace;
};

BelfryOutbox *belfry_outbox_ref (BelfryOutbox *self);
void belfry_outbox_unref (BelfryOutbox *self);
void belfry_outbox_begin (BelfryOutbox *self); /* an operation; holds a reference */
void belfry_outbox_end (BelfryOutbox *self);
/* The timer looks no later than this. */
void belfry_outbox_expect (BelfryOutbox *self, gint64 at_us);
/* look.c: finds what is due, and takes it in */
void belfry_outbox_load (BelfryOutbox *self);
/* Starts what can be started, of every reporter. */
void belfry_outbox_run_all (BelfryOutbox *self);
/* Takes a row into memory where it is due and its reporter runs; borrowed. */
void belfry_outbox_adopt (BelfryOutbox *self, BelfryReportRow *row);
/* The same, and starts it: of another reporter than the one that is running. */
void belfry_outbox_take (BelfryOutbox *self, BelfryReportRow *row);
void belfry_outbox_forget (BelfryOutbox *self, BelfryReportRow *row);
/* Those that filter now: (element-type BelfryReporting) (transfer full); any thread */
GPtrArray *belfry_outbox_ref_filters (BelfryOutbox *self);
char *belfry_outbox_dup_lane (BelfryReportRow *row) G_GNUC_WARN_UNUSED_RESULT;

BelfryOutlet *
belfry_outlet_new (BelfryOutbox *outbox, BelfryHosted *hosted, BelfryReporting *reporting);
BelfryOutlet *belfry_outlet_ref (BelfryOutlet *self);
void belfry_outlet_unref (BelfryOutlet *self);
gboolean belfry_outlet_can_run (const BelfryOutlet *self);
/* Until when nothing of it may go out: its service asked to wait. 0: it may. */
gint64 belfry_outlet_get_hold (const BelfryOutlet *self);
/* Whether the hour is quiet for what happened in this phase; @until_us: (out) its end. */
gboolean belfry_outlet_is_quiet (const BelfryOutlet *self, const char *phase, gint64 *until_us);
/* Starts what can be started. */
void belfry_outlet_run (BelfryOutlet *self);
/* Forgets what waits in memory; the store has it. */
void belfry_outlet_drop (BelfryOutlet *self);

/* orphans.c: rows of reporters that are gone */
/* Those that are configured (element-type BelfryHosted), and how long their rows would wait. */
void belfry_orphans_name (BelfryOutbox *self, GPtrArray *reporters);
/* Writer thread: keeps @max_ages for when they are gone, and ends what has waited long enough.
 * @buried: name → how many; @next_us: when the next may end; G_MAXINT64: there is none */
gboolean belfry_orphans_bury (BelfryWriter *writer,
                              JsonObject *max_ages,
                              gint64 now_us,
                              GHashTable *buried,
                              gint64 *next_us,
                              GError **error);
void belfry_orphans_tell (BelfryOutbox *self, GHashTable *buried);
/* It is there again. */
void belfry_orphans_settle (BelfryOutbox *self, const BelfryHosted *hosted);

/* plan.c */
void belfry_outlet_plan (BelfryOutlet *self);
/* deliver.c */
void belfry_outlet_deliver (BelfryOutlet *self);
void belfry_outbox_abandon (BelfryOutbox *self);
void belfry_outcome_write (BelfryOutlet *outlet, BelfryReportRow *row, BelfryOutcome *outcome);
/* settle.c: what an outcome means for a row; borrowed */
/* A service may say again what it was told: hides secrets in an excerpt. */
void belfry_outbox_mask (const BelfryOutbox *self, BelfryOutcome *outcome);
typedef struct {
  BelfryReportRow *row;
  const char *state;         /* (nullable) where it ends; NULL: it is tried again */
  BelfryReportRow *fallback; /* (nullable) told to another reporter */
  BelfryReportRow *next;     /* (nullable) (out) what comes after it in its lane */
} BelfrySettlement;

BelfrySettlement *
belfry_settlement_new (BelfryOutlet *outlet, BelfryReportRow *row, const BelfryOutcome *outcome);
void belfry_settlement_free (BelfrySettlement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfrySettlement, belfry_settlement_free)
gboolean belfry_settlement_write (BelfrySettlement *self, BelfryWriter *writer, GError **error);

/* count.c */
void belfry_outlet_count_attempt (BelfryOutlet *self,
                                  const BelfryReportRow *row,
                                  const BelfryOutcome *outcome);
void belfry_outlet_count_death (BelfryOutlet *self);
void belfry_outlet_count_pause (BelfryOutlet *self);

/* pause.c */
/* (nullable) before it runs */
BelfryCredential *belfry_outlet_get_credential (BelfryOutlet *self);
gboolean belfry_outlet_is_paused (BelfryOutlet *self);
/* @attempt: its number, see BelfryOutbox */
void belfry_outlet_saw (BelfryOutlet *self,
                        BelfryReportRow *row,
                        guint64 attempt,
                        BelfryOutcome *outcome);
gboolean belfry_outlet_is_resting (BelfryOutlet *self, const char *target, gint64 *until_us);
/* of @rows those that may ask for paused credentials */
void belfry_outbox_begin_probes (BelfryOutbox *self, GPtrArray *outlets, GPtrArray *rows);
void belfry_outlet_end_probe (BelfryOutlet *self);
gboolean belfry_credential_resume (BelfryOutbox *self, BelfryCredential *credential);
/* Its instance was made anew or is gone. */
void belfry_outlet_leave_credential (BelfryOutlet *self);
void belfry_credential_free (gpointer data);
void belfry_outbox_read_pauses (BelfryOutbox *self);

/* notices.c: text of the host's own */
BelfryReportRow *belfry_outbox_new_notice (const char *instance,
                                           const char *phase,
                                           const char *subject,
                                           const char *body);

/* trial.c: what a test report came to */
/* (nullable) */
BelfryTrial *belfry_trial_of_row (BelfryOutbox *self, const BelfryReportRow *row);
/* It has become so many rows; 0: none, and the row's answer says why. */
void belfry_trial_planned (BelfryTrial *self, guint rows, const BelfryReportRow *row);
void belfry_trial_begin (BelfryTrial *self, BelfryOutlet *outlet);
void belfry_trial_saw (BelfryTrial *self,
                       BelfryOutlet *outlet,
                       const BelfryReportRow *row,
                       const BelfryOutcome *outcome);
void belfry_trial_fail_all (BelfryOutbox *self, const char *reason);

/* stream.c */
BelfryStream *belfry_stream_new (BelfryOutbox *outbox, BelfryHosted *hosted, BelfryConfig *config);
/* Of a stream that goes or is made anew; what is under way ends by itself. */
void belfry_stream_retire (gpointer data);
gboolean belfry_stream_is_of (const BelfryStream *self, const BelfryHosted *hosted);
void belfry_stream_wake (BelfryStream *self);
/* An event that is not stored. */
void belfry_stream_pass (BelfryStream *self, BelfryEvent *event);
/* Nobody waits any more for what is being pushed. */
void belfry_streams_abandon (BelfryOutbox *outbox);
/* The host ends: whoever took what was pushed last is pushed to once more. */
void belfry_streams_end (BelfryOutbox *outbox);
/* What each of them has yet to push: (transfer full) */
JsonObject *belfry_streams_describe (BelfryOutbox *outbox);
