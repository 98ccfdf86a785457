/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the host's side share. All of it belongs to the main loop. */
#pragma once

#include "frame.h"
#include "isolated.h"
#include "wire.h"

typedef enum {
  BELFRY_ISOLATED_IDLE,
  BELFRY_ISOLATED_STARTING,
  BELFRY_ISOLATED_RUNNING,
  BELFRY_ISOLATED_ENDING,  /* it is being killed */
  BELFRY_ISOLATED_WAITING, /* until it is started again */
  BELFRY_ISOLATED_STOPPED,
} BelfryIsolatedState;

struct _BelfryIsolated {
  gatomicrefcount refs;
  union {
    BelfryPlugin plugin;
    BelfryHook hook;
    BelfryReporter reporter;
  } descriptor; /* what others call */
  const BelfryBlueprint *blueprint;
  BelfryInstance *instance;
  char *program;
  char *path;
  gint64 patience_us;
  BelfryIsolatedAlert alert; /* (nullable) */
  gpointer alert_data;

  BelfryIsolatedState state;
  GSubprocess *process;
  int socket; /* -1: none */
  guint generation;
  GSource *input;
  GSource *output;  /* (nullable) while something waits to be sent */
  GQueue outgoing;  /* (element-type BelfryPacket) */
  GTask *starting;  /* (nullable) */
  GTask *stopping;  /* (nullable) */
  GSource *restart; /* (nullable) */
  gint64 up_since_us;
  guint failures; /* in a row */
  guint restarts;
  char *reason;        /* (nullable) why it was ended */
  gboolean was_killed; /* by us */
  GSource *grace;      /* (nullable) until it is */
  char *trouble;       /* (nullable) what is wrong now, for people */

  GHashTable *calls; /* id → BelfryCall */
  GQueue waiting;    /* (element-type BelfryCall) until it runs */
  gint64 last_call;
  GSource *pulse; /* (nullable) while there are calls */
  gint64 pulse_sent;
  gint64 pulse_seen;

  GHashTable *served;   /* id → GCancellable: what it asked for */
  GHashTable *sessions; /* id → BelfrySession */
  GQueue reads;         /* of what it asked for: sessions that wait for their turn */
  gboolean is_reading;
  gint64 log_since_us;
  guint log_lines;
  gint64 pauses[2]; /* of a stream: by whether the last push took any */
};

/* isolated.c */
const char *belfry_isolated_get_kind (BelfryIsolated *self);
/* takes @head; what cannot be sent ends the process */
void belfry_isolated_send (BelfryIsolated *self, JsonObject *head, GBytes *body);
/* Ends the process for a reason; what follows follows from its exit. */
void belfry_isolated_end (BelfryIsolated *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void belfry_isolated_start (gpointer self, BelfryInstance *instance, GTask *task);
void belfry_isolated_stop (gpointer self, GTask *task);
/* begin.c: the head of the first call: what to open, with what. (transfer full) */
JsonObject *belfry_isolated_make_beginning (BelfryIsolated *self);

/* calls.c */

/* Once. @result and @body are lent; @error: (nullable) instead */
typedef void (*BelfryCallDone) (JsonObject *result,
                                GBytes *body,
                                const GError *error,
                                gpointer data);

typedef struct {
  const char *what;
  JsonObject *head; /* taken */
  GBytes *body;     /* (nullable) lent */
  gint64 timeout_us;
  gboolean is_pure;  /* may be done once more */
  gboolean is_first; /* goes before it runs */
  GCancellable *cancellable;
} BelfryCallSpec;

void belfry_isolated_call (BelfryIsolated *self,
                           const BelfryCallSpec *spec,
                           BelfryCallDone done,
                           gpointer data);
/* From any thread but that of the main loop. @reader: (nullable) serves its questions meanwhile.
 * (transfer full) the frame, whose `result` is there */
BelfryFrame *belfry_isolated_call_and_wait (BelfryIsolated *self,
                                            const BelfryCallSpec *spec,
                                            BelfryReader *reader,
                                            GError **error);
void belfry_isolated_answered (BelfryIsolated *self, gint64 id, BelfryFrame *frame);
void belfry_isolated_send_waiting (BelfryIsolated *self);
/* What it was in when it ended. (transfer none) (nullable) */
const char *belfry_isolated_get_guilty (BelfryIsolated *self);
/* The process is gone: pure calls wait for the next one if @again, all others fail. */
void belfry_isolated_drop_calls (BelfryIsolated *self, gboolean again, const char *why);

/* proxy.c */
void belfry_isolated_make_descriptor (BelfryIsolated *self);

/* serve.c: what the process asks for, within the instance's rights */
void belfry_isolated_serve (BelfryIsolated *self, BelfryFrame *frame);
void belfry_isolated_drop_served (BelfryIsolated *self);

/* serve-reader.c: questions to the store, answered where there is a reader */
typedef struct _BelfrySession BelfrySession;

BelfrySession *belfry_session_new (BelfryIsolated *self);
/* Main loop: questions of this number are its. */
void belfry_session_begin (BelfrySession *self, gint64 id);
BelfrySession *belfry_session_ref (BelfrySession *self);
void belfry_session_unref (BelfrySession *self);
/* Main loop. FALSE: nobody reads there. */
gboolean belfry_session_take (BelfryIsolated *self, gint64 id, BelfryFrame *frame);
void belfry_session_end (BelfrySession *self);
/* Reader's thread: until it is ended, or the deadline (monotonic) is over. */
void belfry_session_run (BelfrySession *self, BelfryReader *reader, gint64 deadline_us);
