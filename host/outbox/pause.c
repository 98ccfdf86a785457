/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refused credentials. One that is refused twice in a row pauses, and with it every instance that
 * uses it: all their rows stay, one an hour, the oldest, asks whether things are better, and a good
 * answer, another credential in the configuration or an administrator ends the pause. It outlives a
 * restart.
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
store_moment (BelfryOutbox *self, char *key, gint64 until_us)
{
  Put *put = g_new0 (Put, 1);

  put->key = key;
  if (until_us != 0)
    put->value = belfry_json_new_integer (until_us);
  belfry_store_write (self->store, write_put, put, put_free);
}

static void
store_pause (BelfryOutbox *self, const BelfryCredential *credential)
{
  store_moment (self, g_strconcat ("pause/", credential->name, NULL), credential->paused_until_us);
}

void
belfry_credential_free (gpointer data)
{
  BelfryCredential *self = data;

  g_hash_table_unref (self->forbidden);
  g_free (self->name);
  g_free (self);
}

static BelfryCredential *
take_credential (BelfryOutbox *self, const char *name)
{
  BelfryCredential *credential = g_hash_table_lookup (self->credentials, name);

  if (credential != NULL)
    return credential;
  credential = g_new0 (BelfryCredential, 1);
  credential->name = g_strdup (name);
  credential->forbidden = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->credentials, credential->name, credential);
  return credential;
}

/* secrets are there once the instance runs, and their names once the store was read */
BelfryCredential *
belfry_outlet_get_credential (BelfryOutlet *self)
{
  const char *name = NULL;

  if (self->credential != NULL || self->hosted->state != BELFRY_HOSTED_RUNNING || self->is_gone)
    return self->credential;
  name = belfry_buckets_name_credential (self->outbox->buckets, self->hosted);
  if (name != NULL)
    self->credential = take_credential (self->outbox, name);
  return self->credential;
}

gboolean
belfry_outlet_is_paused (BelfryOutlet *self)
{
  BelfryCredential *credential = belfry_outlet_get_credential (self);

  return credential != NULL && credential->paused_until_us != 0;
}

/* all that use it; @drop: what they hold in memory goes back to the store */
static char *
list_users (BelfryOutbox *self, const BelfryCredential *credential, gboolean drop)
{
  g_autoptr (GString) names = g_string_new (NULL);
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    BelfryOutlet *outlet = value;

    if (outlet->credential != credential)
      continue;
    if (drop)
      belfry_outlet_drop (outlet);
    g_string_append_printf (names, "%s'%s'", names->len > 0 ? ", " : "", outlet->reporting->name);
  }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
pause_credential (BelfryOutlet *outlet, const char *answer)
{
  BelfryOutbox *self = outlet->outbox;
  BelfryCredential *credential = belfry_outlet_get_credential (outlet);
  g_autofree char *names = NULL;
  g_autofree char *cause = NULL;
  g_autofree char *text = NULL;
  gboolean first = credential != NULL && credential->paused_until_us == 0;

  if (credential == NULL)
    return;
  credential->paused_until_us = belfry_clock_now_us () + PROBE_US;
  credential->prober = NULL;
  names = list_users (self, credential, TRUE);
  store_pause (self, credential);
  belfry_outbox_expect (self, credential->paused_until_us);
  if (!first)
    return;
  belfry_outlet_count_pause (outlet);
  cause = g_strconcat ("pause/", credential->name, NULL);
  text = g_strdup_printf ("Reporter %s pauses: its credential is refused: %s", names,
                          answer != NULL ? answer : "no answer");
  g_warning ("reporter %s: its credential is refused: %s; it pauses, and is tried once an hour",
             names, answer != NULL ? answer : "no answer");
  belfry_outbox_alert (self, cause, outlet->reporting->name, text);
}

gboolean
belfry_credential_resume (BelfryOutbox *self, BelfryCredential *credential)
{
  g_autofree char *cause = g_strconcat ("pause/", credential->name, NULL);
  g_autofree char *names = NULL;
  gboolean was_paused = credential->paused_until_us != 0;

  credential->paused_until_us = 0;
  credential->prober = NULL;
  credential->denied_once = FALSE;
  g_hash_table_remove_all (credential->forbidden);
  if (!was_paused)
    return FALSE;
  names = list_users (self, credential, FALSE);
  g_message ("reporter %s: goes on", names);
  store_pause (self, credential);
  belfry_outbox_settle (self, cause);
  belfry_outbox_load (self);
  return TRUE;
}

static gboolean
is_shared (const BelfryOutlet *self)
{
  GHashTableIter iter;
  gpointer outlet = NULL;

  g_hash_table_iter_init (&iter, self->outbox->outlets);
  while (g_hash_table_iter_next (&iter, NULL, &outlet))
    if (outlet != self && ((BelfryOutlet *)outlet)->credential == self->credential)
      return TRUE;
  return FALSE;
}

/* an instance without secrets goes by its name, which tells nothing of what became of it */
void
belfry_outlet_leave_credential (BelfryOutlet *self)
{
  BelfryCredential *credential = self->credential;

  if (credential == NULL)
    return;
  if (credential->prober == self)
    credential->prober = NULL;
  if (strchr (credential->name, '/') != NULL && !is_shared (self))
    belfry_credential_resume (self->outbox, credential);
  self->credential = NULL;
}

static char *
dup_place (const BelfryOutlet *self, const char *target)
{
  return g_strdup_printf ("%s\n%s", self->reporting->name, target != NULL ? target : "");
}

static void
saw_forbidden (BelfryOutlet *self, BelfryReportRow *row, const char *answer)
{
  BelfryCredential *credential = belfry_outlet_get_credential (self);
  gint64 until_us = belfry_clock_now_us () + REST_US;
  g_autofree char *place = dup_place (self, row->target);

  store_moment (self->outbox, g_strconcat ("rest/", place, NULL), until_us);
  g_hash_table_replace (self->outbox->resting, g_strdup (place),
                        g_memdup2 (&until_us, sizeof until_us));
  if (credential == NULL)
    return;
  g_hash_table_add (credential->forbidden, g_strdup (place));
  if (g_hash_table_size (credential->forbidden) >= FORBIDDEN_LIMIT)
    pause_credential (self, answer);
}

/* a token that had merely run out is a new one by the second time */
static void
saw_denial (BelfryOutlet *self, guint64 attempt, const char *answer)
{
  BelfryCredential *credential = belfry_outlet_get_credential (self);

  if (credential == NULL)
    return;
  if (credential->paused_until_us != 0) {
    pause_credential (self, answer);
    return;
  }
  if (!credential->denied_once) {
    credential->denied_once = TRUE;
    credential->denied_before = self->outbox->attempts;
    if (self->outbox->denied != NULL)
      self->outbox->denied (self->hosted, self->outbox->denied_data);
  } else if (attempt > credential->denied_before)
    pause_credential (self, answer);
}

void
belfry_outlet_saw (BelfryOutlet *self,
                   BelfryReportRow *row,
                   guint64 attempt,
                   BelfryOutcome *outcome)
{
  BelfryCredential *credential = belfry_outlet_get_credential (self);
  gboolean paused = credential != NULL && credential->paused_until_us != 0;

  if (outcome->kind == BELFRY_OUTCOME_DENIED) {
    saw_denial (self, attempt, outcome->excerpt);
    return;
  }
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED && credential != NULL) {
    credential->denied_once = FALSE;
    g_hash_table_remove_all (credential->forbidden);
  }
  if (outcome->kind == BELFRY_OUTCOME_REFUSED && outcome->http_status == 403)
    saw_forbidden (self, row, outcome->excerpt);
  else if (paused && outcome->answered && outcome->kind != BELFRY_OUTCOME_WAIT)
    belfry_credential_resume (self->outbox, credential);
  else if (paused && credential->prober == self)
    pause_credential (self, outcome->excerpt);
}

gboolean
belfry_outlet_is_resting (BelfryOutlet *self, const char *target, gint64 *until_us)
{
  g_autofree char *place = NULL;
  gint64 *until = NULL;

  if (g_hash_table_size (self->outbox->resting) == 0)
    return FALSE;
  place = dup_place (self, target);
  until = g_hash_table_lookup (self->outbox->resting, place);
  if (until == NULL)
    return FALSE;
  *until_us = *until;
  if (*until_us > belfry_clock_now_us ())
    return TRUE;
  g_hash_table_remove (self->outbox->resting, place);
  store_moment (self->outbox, g_strconcat ("rest/", place, NULL), 0);
  return FALSE;
}

/* probes: the oldest row of all that use the credential */

static BelfryReportRow *
find_oldest (BelfryOutbox *self, const BelfryCredential *credential, GPtrArray *rows)
{
  BelfryReportRow *oldest = NULL;

  for (guint i = 0; i < rows->len; i++) {
    BelfryReportRow *row = g_ptr_array_index (rows, i);
    BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, row->instance);

    /* numbers rise with time */
    if (outlet != NULL && outlet->credential == credential &&
        (oldest == NULL || row->reportid < oldest->reportid))
      oldest = row;
  }
  return oldest;
}

void
belfry_outbox_begin_probes (BelfryOutbox *self, GPtrArray *outlets, GPtrArray *rows)
{
  for (guint i = 0; i < outlets->len; i++) {
    BelfryOutlet *outlet = g_ptr_array_index (outlets, i);
    BelfryCredential *credential = outlet->credential;
    BelfryReportRow *row = NULL;

    if (credential == NULL || credential->prober != NULL || credential->paused_until_us == 0 ||
        credential->paused_until_us > belfry_clock_now_us ())
      continue;
    row = find_oldest (self, credential, rows);
    if (row != NULL) {
      credential->prober = g_hash_table_lookup (self->outlets, row->instance);
      credential->probe_id = row->reportid;
      /* its time is now, whatever it was told before */
      row->next_at = MIN (row->next_at, belfry_clock_now_us ());
      continue;
    }
    credential->paused_until_us = belfry_clock_now_us () + G_TIME_SPAN_HOUR;
    belfry_outbox_expect (self, credential->paused_until_us);
  }
}

/* the row that was to ask ended without having asked */
void
belfry_outlet_end_probe (BelfryOutlet *self)
{
  BelfryCredential *credential = self->credential;

  if (credential == NULL || credential->prober != self ||
      self->waiting.length + self->ready.length > 0 || self->planning + self->delivering > 0)
    return;
  credential->prober = NULL;
  credential->paused_until_us = belfry_clock_now_us () + G_TIME_SPAN_MINUTE;
  belfry_outbox_expect (self->outbox, credential->paused_until_us);
}

typedef struct {
  BelfryOutbox *outbox;
  GHashTable *stored; /* (nullable) */
} Scan;

static gboolean
run_scan (BelfryReader *reader, gpointer data, GError **error)
{
  Scan *scan = data;

  scan->stored = belfry_reader_state_scan (reader, "", error);
  return scan->stored != NULL;
}

static void
restore (BelfryOutbox *self, GHashTable *stored)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, stored);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const char *name = strchr (key, '/') != NULL ? strchr (key, '/') + 1 : "";
    gint64 until_us = JSON_NODE_HOLDS_VALUE ((JsonNode *)value) ? json_node_get_int (value) : 0;

    if (g_str_has_prefix (key, "pause/"))
      take_credential (self, name)->paused_until_us = until_us;
    else if (g_str_has_prefix (key, "rest/"))
      g_hash_table_replace (self->resting, g_strdup (name), g_memdup2 (&until_us, sizeof until_us));
  }
}

static void
on_pauses_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Scan *scan = user_data;
  BelfryOutbox *self = scan->outbox;
  g_autoptr (GError) local = NULL;
  g_autoptr (GHashTable) none = g_hash_table_new (g_str_hash, g_str_equal);

  if (belfry_store_read_finish (self->store, result, &local))
    restore (self, scan->stored);
  else
    g_warning ("reading which reporters pause: %s; none does", local->message);
  belfry_buckets_restore (self->buckets, scan->stored != NULL ? scan->stored : none);
  g_clear_pointer (&scan->stored, g_hash_table_unref);
  g_free (scan);
  self->knows_pauses = TRUE;
  belfry_outbox_tell_streams (self);
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
