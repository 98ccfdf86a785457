/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the child's side share. */
#pragma once

#include "frame.h"
#include "plugin-host.h"
#include "wire.h"

typedef struct {
  int socket;
  GMainLoop *loop;
  BelfryInstance *instance;
  const BelfryPlugin *plugin;
  BelfryHook *hook; /* (nullable) as its options decide it */
  gpointer state;
  BelfrySection *section;
  JsonObject *values; /* what the host's configuration says */
  GHashTable *calls;  /* id → GCancellable: what runs here */
  GHashTable *ops;    /* id → what was asked of the host */
  gint64 last_op;
  GQueue held; /* (element-type BelfryFrame) that came while one answer was waited for */
  gboolean is_over;
} BelfryChild;

/* What the host asks for is called @what; FALSE: there is no such call. */
gboolean belfry_child_call (BelfryChild *self, const char *what, gint64 id, BelfryFrame *frame);
/* takes @result */
void belfry_child_answer (BelfryChild *self, gint64 id, JsonObject *result, GBytes *body);
void belfry_child_answer_error (BelfryChild *self, gint64 id, const GError *error);
/* takes @head */
void belfry_child_send (BelfryChild *self, JsonObject *head, GBytes *body);

/* What its instance may ask: all of it is asked of the host. */
const BelfryHostOps *belfry_child_get_ops (void);
void belfry_child_replied (BelfryChild *self, gint64 id, BelfryFrame *frame);
/* Sends and waits; what else comes meanwhile is held back. Where the host is gone, so is this
 * process: there is always a frame. takes @head; (transfer full) */
BelfryFrame *belfry_child_ask (BelfryChild *self, JsonObject *head, GBytes *body);
/* A reader whose questions go to the host. */
BelfryReader *belfry_child_reader_new (BelfryChild *self, gint64 session);
void belfry_child_reader_free (BelfryReader *reader);
