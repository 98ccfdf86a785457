/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refused credentials. A reporter whose credential is refused twice in a row pauses: all its rows
 * stay, one an hour, its oldest, asks whether things are better, and a good answer, a new
 * configuration of it or an administrator ends the pause. It outlives a restart.
 *
 * A 403 is about one target first: the target rests for an hour, and only three of them without a
 * success in between are taken for the credential's fault.
 */
#include "outbox-private.h"

#define PROBE_US        G_TIME_SPAN_HOUR
#define REST_US         G_TIME_SPAN_HOUR
#define FORBIDDEN_LIMIT 3
#define KEY_SPACE       "host/outbox"

typedef struct {
  char *key;
  JsonNode *value; /* (nullable): delete */
} Put;

static void
put_free (gpointer data)
{
  Put *put = data;

  g_clear_pointer (&put->value, json_node_unref);
  g_free (put->key);
  g_free (put);
}

static gboolean
write_put (BelfryWriter *writer, gpointer data, GError **error)
{
  Put *put = data;

  return belfry_writer_state_put (writer, KEY_SPACE, put->key, put->value, error);
}

static void
store_pause (BelfryOutlet *self)
{
  Put *put = g_new0 (Put, 1);

  put->key = g_strconcat ("pause/", self->reporting->name, NULL);
  if (self->paused_until_us != 0)
    put->value = belfry_json_new_integer (self->paused_until_us);
  belfry_store_write (self->outbox->store, write_put, put, put_free);
}

static void
pause_outlet (BelfryOutlet *self, const char *answer)
{
  gboolean first = self->paused_until_us == 0;
  g_autofree char *cause = g_strconcat ("pause/", self->reporting->name, NULL);
  g_autofree char *text =
      g_strdup_printf ("Reporter '%s' pauses: its credential is refused: %s", self->reporting->name,
                       answer != NULL ? answer : "no answer");

  self->paused_until_us = belfry_clock_now_us () + PROBE_US;
  self->probing = FALSE;
  belfry_outlet_drop (self);
  store_pause (self);
  belfry_outbox_expect (self->outbox, self->paused_until_us);
  if (!first)
    return;
  g_warning ("reporter '%s': its credential is refused: %s; it pauses, and is tried once an hour",
             self->reporting->name, answer != NULL ? answer : "no answer");
  belfry_outbox_alert (self->outbox, cause, self->reporting->name, text);
}

void
belfry_outlet_resume (BelfryOutlet *self)
{
  g_autofree char *cause = g_strconcat ("pause/", self->reporting->name, NULL);
  gboolean was_paused = self->paused_until_us != 0;

  self->paused_until_us = 0;
  self->probing = FALSE;
  self->denied_once = FALSE;
  g_hash_table_remove_all (self->resting);
  g_hash_table_remove_all (self->forbidden);
  if (!was_paused)
    return;
  g_message ("reporter '%s': goes on", self->reporting->name);
  store_pause (self);
  belfry_outbox_settle (self->outbox, cause);
  belfry_outbox_load (self->outbox);
}

static void
saw_forbidden (BelfryOutlet *self, BelfryReportRow *row, const char *answer)
{
  gint64 until_us = belfry_clock_now_us () + REST_US;
  const char *target = row->target != NULL ? row->target : "";

  g_hash_table_insert (self->resting, g_strdup (target), g_memdup2 (&until_us, sizeof until_us));
  g_hash_table_add (self->forbidden, g_strdup (target));
  if (g_hash_table_size (self->forbidden) >= FORBIDDEN_LIMIT)
    pause_outlet (self, answer);
}

void
belfry_outlet_saw (BelfryOutlet *self,
                   BelfryReportRow *row,
                   BelfryOutcome *outcome,
                   guint http_status)
{
  if (outcome->kind == BELFRY_OUTCOME_DENIED) {
    /* a token that had merely run out is a new one by the second time */
    if (self->denied_once || self->paused_until_us != 0)
      pause_outlet (self, outcome->excerpt);
    self->denied_once = TRUE;
    return;
  }
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED) {
    self->denied_once = FALSE;
    g_hash_table_remove_all (self->forbidden);
  }
  if (outcome->kind == BELFRY_OUTCOME_REFUSED && http_status == 403)
    saw_forbidden (self, row, outcome->excerpt);
  else if (self->paused_until_us != 0 && outcome->answered && outcome->kind != BELFRY_OUTCOME_WAIT)
    belfry_outlet_resume (self);
  else if (self->paused_until_us != 0)
    pause_outlet (self, outcome->excerpt);
}

gboolean
belfry_outlet_is_resting (BelfryOutlet *self, const char *target, gint64 *until_us)
{
  gint64 *until = g_hash_table_lookup (self->resting, target != NULL ? target : "");

  if (until == NULL)
    return FALSE;
  *until_us = *until;
  if (*until_us > belfry_clock_now_us ())
    return TRUE;
  g_hash_table_remove (self->resting, target != NULL ? target : "");
  return FALSE;
}

typedef struct {
  BelfryOutbox *outbox;
  GHashTable *pauses; /* (nullable) */
} Scan;

static gboolean
run_scan (BelfryReader *reader, gpointer data, GError **error)
{
  Scan *scan = data;

  scan->pauses = belfry_reader_state_scan (reader, "pause/", error);
  return scan->pauses != NULL;
}

static void
take_pauses (BelfryOutbox *self, GHashTable *pauses)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, pauses);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const char *name = g_str_has_prefix (key, "pause/") ? (char *)key + strlen ("pause/") : key;
    BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, name);
    gint64 until_us = JSON_NODE_HOLDS_VALUE ((JsonNode *)value) ? json_node_get_int (value) : 0;

    if (outlet != NULL)
      outlet->paused_until_us = until_us;
  }
}

static void
on_pauses_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Scan *scan = user_data;
  BelfryOutbox *self = scan->outbox;
  g_autoptr (GError) local = NULL;

  if (belfry_store_read_finish (self->store, result, &local))
    take_pauses (self, scan->pauses);
  else
    g_warning ("reading which reporters pause: %s; none does", local->message);
  g_clear_pointer (&scan->pauses, g_hash_table_unref);
  g_free (scan);
  self->knows_pauses = TRUE;
  belfry_outbox_load (self);
  belfry_outbox_end (self);
}

void
belfry_outbox_read_pauses (BelfryOutbox *self)
{
  Scan *scan = g_new0 (Scan, 1);
  BelfryReaderView view = { .instance = KEY_SPACE };

  scan->outbox = self;
  belfry_outbox_begin (self);
  belfry_store_read_async (self->store, &view, run_scan, scan, NULL, on_pauses_read, scan);
}
