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
} LocalWaiting;

/** LocalQueue: what waits for one builder */
typedef struct {
  const char *builder;
  gint64 priority; /* highest */
  gint64 oldest;   /* time of submission */
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

int local_waiting_compare (const LocalWaiting *one, const LocalWaiting *two, gboolean newest_first);
void local_queues_sort (GArray *queues, LocalPrioritize by);
void local_places_sort (GArray *places, LocalNextWorker by, const char *last);
