/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments of what was sent, for each credential, lane and limit. A limit is a number in a span: the
 * oldest of so many must be over that span ago.
 */
#include "paces.h"

#define MAX_LANES 10000
#define MAX_COUNT 1000

struct _BelfryPaces {
  GHashTable *lanes; /* "credential\nlane\ncount\nspan" → GQueue of gint64 *, newest first */
};

static void
moments_free (gpointer data)
{
  g_queue_free_full (data, g_free);
}

BelfryPaces *
belfry_paces_new (void)
{
  BelfryPaces *self = g_new0 (BelfryPaces, 1);

  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, moments_free);
  return self;
}

void
belfry_paces_free (BelfryPaces *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->lanes);
  g_free (self);
}

static char *
dup_name (const char *credential, const BelfryPace *pace)
{
  return g_strdup_printf ("%s\n%s\n%u\n%" G_GINT64_FORMAT, credential, pace->lane, pace->count,
                          pace->span_us);
}

static gint64
get_wait_us (BelfryPaces *self, const char *credential, const BelfryPace *pace, gint64 now_us)
{
  g_autofree char *name = dup_name (credential, pace);
  GQueue *moments = g_hash_table_lookup (self->lanes, name);
  guint count = CLAMP (pace->count, 1, MAX_COUNT);
  const gint64 *oldest = moments != NULL ? g_queue_peek_nth (moments, count - 1) : NULL;

  return oldest != NULL ? MAX (*oldest + pace->span_us - now_us, 0) : 0;
}

static void
count_one (BelfryPaces *self, const char *credential, const BelfryPace *pace, gint64 now_us)
{
  g_autofree char *name = dup_name (credential, pace);
  GQueue *moments = g_hash_table_lookup (self->lanes, name);

  if (moments == NULL) {
    if (g_hash_table_size (self->lanes) >= MAX_LANES)
      g_hash_table_remove_all (self->lanes);
    moments = g_queue_new ();
    g_hash_table_insert (self->lanes, g_steal_pointer (&name), moments);
  }
  g_queue_push_head (moments, g_memdup2 (&now_us, sizeof now_us));
  while (moments->length > CLAMP (pace->count, 1, MAX_COUNT))
    g_free (g_queue_pop_tail (moments));
}

gint64
belfry_paces_take (
    BelfryPaces *self, const char *credential, const BelfryPace *paces, guint count, gint64 now_us)
{
  gint64 wait_us = 0;

  for (guint i = 0; i < count; i++)
    wait_us = MAX (wait_us, get_wait_us (self, credential, &paces[i], now_us));
  for (guint i = 0; i < count && wait_us == 0; i++)
    count_one (self, credential, &paces[i], now_us);
  return wait_us;
}
