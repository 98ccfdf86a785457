/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The changes that schedulers had recorded when the last process ended: one value for each
 * scheduler, timer and change (scheduler.c). A record whose change retention has taken is deleted:
 * there is nothing left to build of it.
 */
#include "recover.h"

#define PREFIX "timer/"

/** Record: one stored value, its key taken apart */
typedef struct {
  const char *key;
  char **parts; /* "timer", change, scheduler, timer */
  gint64 id;    /* of the change */
  JsonObject *stored;
} Record;

static void
clear_record (gpointer data)
{
  g_strfreev (((Record *)data)->parts);
}

static int
compare_records (gconstpointer a, gconstpointer b)
{
  gint64 one = ((const Record *)a)->id;
  gint64 two = ((const Record *)b)->id;

  return (one > two) - (one < two);
}

static gboolean
parse_record (const char *key, JsonNode *value, Record *record)
{
  if (!g_str_has_prefix (key, PREFIX) || !JSON_NODE_HOLDS_OBJECT (value))
    return FALSE;
  record->key = key;
  record->stored = json_node_get_object (value);
  record->parts = g_strsplit (key, "/", 4);
  if (g_strv_length (record->parts) == 4 &&
      belfry_parse_integer (record->parts[1], 1, G_MAXINT64, &record->id, NULL))
    return TRUE;
  g_strfreev (record->parts);
  return FALSE;
}

/* In the order in which they were recorded: one pass, however many schedulers there are. */
static GArray *
list_records (GHashTable *stored)
{
  GArray *records = g_array_new (FALSE, TRUE, sizeof (Record));
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_array_set_clear_func (records, clear_record);
  g_hash_table_iter_init (&iter, stored);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    Record record = { 0 };

    if (parse_record (key, value, &record))
      g_array_append_val (records, record);
  }
  g_array_sort (records, compare_records);
  return records;
}

/* On a reader's thread. (transfer full): id (as text) to BelfryChange */
GHashTable *
local_read_recorded (GHashTable *stored, BelfryReader *reader)
{
  GHashTable *changes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, belfry_record_unref);
  g_autoptr (GArray) records = list_records (stored);

  for (guint i = 0; i < records->len; i++) {
    const Record *record = &g_array_index (records, Record, i);
    gpointer change = NULL;

    if (i > 0 && record->id == g_array_index (records, Record, i - 1).id)
      continue;
    change = belfry_reader_find (reader, belfry_change_get_type (), record->id, NULL);
    if (change != NULL)
      g_hash_table_insert (changes, g_strdup (record->parts[1]), change);
  }
  return changes;
}

static LocalTimer *
find_timer (LocalSchedulerState *state, const char *key)
{
  LocalTimer *timer = g_hash_table_lookup (state->timers, key);

  if (timer != NULL)
    return timer;
  timer = local_timer_new (key);
  g_hash_table_insert (state->timers, timer->key, timer);
  return timer;
}

static void
restore_record (Local *self, const Record *record, BelfryChange *change)
{
  const LocalScheduler *scheduler = local_config_find_scheduler (self->config, record->parts[2]);
  LocalTimer *timer = NULL;

  if (scheduler == NULL)
    return;
  timer = find_timer (local_scheduler_state (self, scheduler), record->parts[3]);
  local_timer_note (timer, change, belfry_json_get_boolean (record->stored, "important", FALSE));
  timer->due = local_timer_restore_due (record->stored, g_get_monotonic_time (),
                                        belfry_clock_now_us (), scheduler->keys->tree_stable_timer);
}

/* After the schedulers' own states are there. */
void
local_restore_recorded (Local *self, GHashTable *stored, GHashTable *changes)
{
  g_autoptr (GArray) records = list_records (stored);
  BelfryTransaction *transaction = belfry_engine_begin (self->instance);

  for (guint i = 0; i < records->len; i++) {
    const Record *record = &g_array_index (records, Record, i);
    BelfryChange *change = g_hash_table_lookup (changes, record->parts[1]);

    if (change != NULL)
      restore_record (self, record, change);
    else
      belfry_transaction_delete (transaction, record->key);
  }
  if (belfry_transaction_get_length (transaction) > 0)
    belfry_engine_submit (self->instance, transaction);
  else
    belfry_transaction_free (transaction);
}
