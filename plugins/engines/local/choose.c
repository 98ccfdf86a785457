/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Total orders, so that the same state always gives the same choice. */
#include "choose.h"
#include <string.h>

static int
compare_numbers (gint64 a, gint64 b)
{
  return (a > b) - (a < b);
}

/* Priority descending, then by time of submission, then by id. */
int
local_waiting_compare (const LocalWaiting *one, const LocalWaiting *two, gboolean newest_first)
{
  int order = compare_numbers (two->priority, one->priority);

  if (order != 0)
    return order;
  order = compare_numbers (one->submitted_at, two->submitted_at);
  if (order == 0)
    order = compare_numbers (one->id, two->id);
  return newest_first ? -order : order;
}

static int
compare_queues (gconstpointer a, gconstpointer b, gpointer by)
{
  const LocalQueue *one = a;
  const LocalQueue *two = b;
  int order = 0;

  if (GPOINTER_TO_INT (by) == LOCAL_PRIORITIZE_PRIORITY)
    order = compare_numbers (two->priority, one->priority);
  if (order == 0 && GPOINTER_TO_INT (by) != LOCAL_PRIORITIZE_NAME)
    order = compare_numbers (one->oldest, two->oldest);
  return order != 0 ? order : strcmp (one->builder, two->builder);
}

void
local_queues_sort (GArray *queues, LocalPrioritize by)
{
  g_array_sort_with_data (queues, compare_queues, GINT_TO_POINTER (by));
}

typedef struct {
  LocalNextWorker by;
  const char *last;
} PlaceOrder;

static int
compare_places (gconstpointer a, gconstpointer b, gpointer data)
{
  const LocalPlace *one = a;
  const LocalPlace *two = b;
  const PlaceOrder *order = data;
  int result = 0;

  if (order->by == LOCAL_WORKER_STICKY && order->last != NULL)
    result = g_str_equal (two->worker, order->last) - g_str_equal (one->worker, order->last);
  /* least busy: the smaller share of its slots in use */
  if (result == 0 && order->by != LOCAL_WORKER_FIRST)
    result = compare_numbers ((gint64)one->busy * two->slots, (gint64)two->busy * one->slots);
  return result != 0 ? result : compare_numbers (one->index, two->index);
}

void
local_places_sort (GArray *places, LocalNextWorker by, const char *last)
{
  PlaceOrder order = { by == LOCAL_WORKER_DEFAULT ? LOCAL_WORKER_STICKY : by, last };

  g_array_sort_with_data (places, compare_places, &order);
}
