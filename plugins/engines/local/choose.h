/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who comes first: builders, requests of a builder, workers for a request (§11.3 of the engine's
 * page). */
#pragma once

#include "options.h"

/** LocalWaiting: one waiting request, as its order sees it */
typedef struct {
  gint64 priority;
  gint64 submitted_at;
  gint64 id;
  gpointer data;
} LocalWaiting;

/** LocalQueue: what waits for one builder, sorted by local_queue_sort () */
typedef struct {
  const char *builder;
  GArray *waiting; /* (element-type LocalWaiting), not empty */
  gpointer data;
} LocalQueue;

/** LocalPlace: one worker, as its order sees it */
typedef struct {
  const char *worker;
  guint busy;
  guint slots;
  guint index; /* in workers= */
  gpointer data;
} LocalPlace;

void local_queue_sort (GArray *waiting, gboolean newest_first);
void local_queues_sort (GArray *queues, LocalPrioritize by);
void local_places_sort (GArray *places, LocalNextWorker by, const char *last);
