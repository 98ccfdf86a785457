/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments of what was sent lately, for each chat and in all. A limit is a number of messages in a
 * span: the oldest of so many must be over that span ago.
 */
#include "telegram-api.h"

#define MAX_CHATS 10000

typedef struct {
  guint count;
  gint64 span_us;
} Limit;

static const Limit limit_of_chat = { 1, G_USEC_PER_SEC };
static const Limit limit_of_group = { 20, 60 * G_USEC_PER_SEC };
static const Limit limit_of_all = { 30, G_USEC_PER_SEC };

struct _BelfryTelegramPace {
  GHashTable *chats; /* chat → GQueue of gint64 *, newest first */
  GQueue all;
};

static void
moments_free (gpointer data)
{
  g_queue_free_full (data, g_free);
}

BelfryTelegramPace *
belfry_telegram_pace_new (void)
{
  BelfryTelegramPace *self = g_new0 (BelfryTelegramPace, 1);

  self->chats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, moments_free);
  g_queue_init (&self->all);
  return self;
}

void
belfry_telegram_pace_free (BelfryTelegramPace *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->chats);
  g_queue_clear_full (&self->all, g_free);
  g_free (self);
}

static gint64
get_wait_us (GQueue *moments, const Limit *limit, gint64 now_us)
{
  const gint64 *oldest = g_queue_peek_nth (moments, limit->count - 1);

  return oldest != NULL ? MAX (*oldest + limit->span_us - now_us, 0) : 0;
}

static void
count (GQueue *moments, gint64 now_us, guint keep)
{
  g_queue_push_head (moments, g_memdup2 (&now_us, sizeof now_us));
  while (moments->length > keep)
    g_free (g_queue_pop_tail (moments));
}

static GQueue *
get_moments (BelfryTelegramPace *self, const char *chat)
{
  GQueue *moments = g_hash_table_lookup (self->chats, chat);

  if (moments != NULL)
    return moments;
  if (g_hash_table_size (self->chats) >= MAX_CHATS)
    g_hash_table_remove_all (self->chats);
  moments = g_queue_new ();
  g_hash_table_insert (self->chats, g_strdup (chat), moments);
  return moments;
}

gint64
belfry_telegram_pace_take (BelfryTelegramPace *self, const char *chat, gint64 now_us)
{
  g_auto (GStrv) parts = g_strsplit (chat, "/", 2);
  GQueue *moments = NULL;
  gint64 wait_us = 0;

  if (self == NULL)
    return 0;
  moments = get_moments (self, parts[0]);
  wait_us = MAX (get_wait_us (moments, &limit_of_chat, now_us),
                 get_wait_us (&self->all, &limit_of_all, now_us));
  if (parts[0][0] == '-')
    wait_us = MAX (wait_us, get_wait_us (moments, &limit_of_group, now_us));
  if (wait_us > 0)
    return wait_us;
  count (moments, now_us, limit_of_group.count);
  count (&self->all, now_us, limit_of_all.count);
  return 0;
}
