/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SQL of the outbox. A row waits (nothing rendered), is planned (target, key and payload frozen),
 * and ends delivered, superseded, dead or discarded. Each change names the state that it expects,
 * so that whoever came second changes nothing.
 */
#include "rows.h"

/*
 * Binds by a list of letters: `t` text, `i` number, `j` JSON. One letter, one argument.
 */
static gboolean
bind (sqlite3_stmt *statement, const char *kinds, va_list *values)
{
  int result = SQLITE_OK;

  for (int at = 1; kinds[at - 1] != '\0' && result == SQLITE_OK; at++) {
    switch (kinds[at - 1]) {
    case 't': {
      const char *text = va_arg (*values, const char *);

      result = sqlite3_bind_text (statement, at, text, -1, SQLITE_TRANSIENT);
      break;
    }
    case 'j': {
      JsonNode *node = va_arg (*values, JsonNode *);
      char *text = node != NULL ? belfry_json_to_text (node) : NULL;

      result = sqlite3_bind_text (statement, at, text, -1, g_free);
      break;
    }
    default: {
      gint64 number = va_arg (*values, gint64);

      result = number != BELFRY_NONE ? sqlite3_bind_int64 (statement, at, number)
                                     : sqlite3_bind_null (statement, at);
    }
    }
  }
  return result == SQLITE_OK;
}

static sqlite3_stmt *
prepare (BelfryWriter *writer, const char *sql, const char *kinds, va_list *values, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, sql, error);

  if (statement == NULL)
    return NULL;
  if (!bind (statement, kinds, values)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "writing the outbox: %s",
                 sqlite3_errmsg (sqlite3_db_handle (statement)));
    return NULL;
  }
  return statement;
}

/* @changes: (out) (optional) */
static gboolean
execute (
    BelfryWriter *writer, int *changes, GError **error, const char *sql, const char *kinds, ...)
{
  sqlite3_stmt *statement = NULL;
  gboolean row = FALSE;
  gboolean done = FALSE;
  va_list values;

  va_start (values, kinds);
  statement = prepare (writer, sql, kinds, &values, error);
  va_end (values);
  done = statement != NULL && belfry_writer_step (writer, statement, &row, error);
  if (done && changes != NULL)
    *changes = sqlite3_changes (sqlite3_db_handle (statement));
  if (statement != NULL)
    sqlite3_reset (statement);
  return done;
}

/* numbers of the first column */
static GArray *
list_numbers (BelfryWriter *writer, GError **error, const char *sql, const char *kinds, ...)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *statement = NULL;
  gboolean row = FALSE;
  gboolean good = TRUE;
  va_list values;

  va_start (values, kinds);
  statement = prepare (writer, sql, kinds, &values, error);
  va_end (values);
  if (statement == NULL)
    return NULL;
  while ((good = belfry_writer_step (writer, statement, &row, error)) && row) {
    gint64 number = sqlite3_column_type (statement, 0) != SQLITE_NULL
                        ? sqlite3_column_int64 (statement, 0)
                        : BELFRY_NONE;

    g_array_append_val (numbers, number);
  }
  sqlite3_reset (statement);
  return good ? g_steal_pointer (&numbers) : NULL;
}

static gboolean
append_rows (BelfryWriter *writer, GArray *ids, GPtrArray *rows, GError **error)
{
  for (guint i = 0; i < ids->len; i++) {
    BelfryReportRow *row = belfry_writer_find (writer, belfry_report_row_get_type (),
                                               g_array_index (ids, gint64, i), error);

    if (row == NULL)
      return FALSE;
    g_ptr_array_add (rows, row);
  }
  return TRUE;
}

static const char sql_supersede_starts[] =
    "UPDATE reports SET state = 'superseded', finished_at = ?, answer = 'the build has ended' "
    "WHERE instance = ? AND buildid = ? AND phase = 'started' AND state = 'waiting'";

gboolean
belfry_rows_supersede_starts (BelfryWriter *writer,
                              const char *instance,
                              gint64 buildid,
                              GError **error)
{
  return execute (writer, NULL, error, sql_supersede_starts, "iti", belfry_clock_now_us (),
                  instance, buildid);
}

static const char sql_supersede_held[] =
    "UPDATE reports SET state = 'superseded', finished_at = ?, answer = 'the build was retried' "
    "WHERE instance = ? AND buildid = ? AND phase = 'finished' AND state = 'waiting'";

gboolean
belfry_rows_supersede_held (BelfryWriter *writer,
                            const char *instance,
                            gint64 buildid,
                            GError **error)
{
  return execute (writer, NULL, error, sql_supersede_held, "iti", belfry_clock_now_us (), instance,
                  buildid);
}

static const char sql_release[] =
    "UPDATE reports SET next_at = ? "
    "WHERE instance = ? AND buildid = ? AND phase = 'finished' AND state = 'waiting' AND tries = 0";

gboolean
belfry_rows_release (
    BelfryWriter *writer, const char *instance, gint64 buildid, gint64 at_us, GError **error)
{
  return execute (writer, NULL, error, sql_release, "iti", at_us, instance, buildid);
}

/* a row waits behind an earlier one of the same build and instance that is not planned yet */
static const char sql_list_waiting[] =
    "SELECT r.reportid FROM reports AS r "
    "WHERE r.instance = ? AND r.state = 'waiting' AND r.next_at <= ? AND NOT EXISTS ("
    "  SELECT 1 FROM reports AS e WHERE e.instance = r.instance AND e.state = 'waiting' "
    "  AND e.buildid = r.buildid AND e.reportid < r.reportid AND e.next_at > ?) "
    "ORDER BY r.eventid, r.reportid LIMIT ?";

static const char sql_list_heads[] =
    "SELECT r.reportid FROM reports AS r "
    "WHERE r.instance = ? AND r.state = 'planned' AND r.next_at <= ? AND NOT EXISTS ("
    "  SELECT 1 FROM reports AS e WHERE e.instance = r.instance AND e.target = r.target "
    "  AND e.\"key\" = r.\"key\" AND e.state = 'planned' "
    "  AND (e.eventid < r.eventid OR (e.eventid = r.eventid AND e.reportid < r.reportid))) "
    "ORDER BY r.eventid, r.reportid LIMIT ?";

gboolean
belfry_rows_list_due (BelfryWriter *writer,
                      const char *instance,
                      gint64 now_us,
                      guint limit,
                      GPtrArray *rows,
                      GError **error)
{
  g_autoptr (GArray) heads =
      list_numbers (writer, error, sql_list_heads, "tii", instance, now_us, (gint64)limit);
  g_autoptr (GArray) waiting = NULL;

  if (heads == NULL || !append_rows (writer, heads, rows, error))
    return FALSE;
  waiting = list_numbers (writer, error, sql_list_waiting, "tiii", instance, now_us, now_us,
                          (gint64)limit);
  return waiting != NULL && append_rows (writer, waiting, rows, error);
}

/* numbers rise with events, and of all planned rows the lowest number is the head of its lane */
static const char sql_list_oldest[] =
    "SELECT reportid FROM reports WHERE instance = ? AND state IN ('waiting', 'planned') "
    "ORDER BY state = 'waiting', eventid, reportid LIMIT 1";

gboolean
belfry_rows_list_oldest (BelfryWriter *writer,
                         const char *instance,
                         GPtrArray *rows,
                         GError **error)
{
  g_autoptr (GArray) ids = list_numbers (writer, error, sql_list_oldest, "t", instance);

  return ids != NULL && append_rows (writer, ids, rows, error);
}

static const char sql_find_next_time[] =
    "SELECT min (next_at) FROM reports "
    "WHERE instance = ? AND state IN ('waiting', 'planned') AND next_at > ?";

gboolean
belfry_rows_find_next_time (
    BelfryWriter *writer, const char *instance, gint64 now_us, gint64 *next_us, GError **error)
{
  g_autoptr (GArray) times =
      list_numbers (writer, error, sql_find_next_time, "ti", instance, now_us);

  if (times == NULL)
    return FALSE;
  *next_us = G_MAXINT64;
  if (times->len > 0 && g_array_index (times, gint64, 0) != BELFRY_NONE)
    *next_us = g_array_index (times, gint64, 0);
  return TRUE;
}

static const char sql_list_live[] = "SELECT instance, count (*), min (created_at) FROM reports "
                                    "WHERE state IN ('waiting', 'planned') GROUP BY instance";

gboolean
belfry_rows_list_live (BelfryWriter *writer, GArray *found, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, sql_list_live, error);
  gboolean row = FALSE;
  gboolean good = statement != NULL;

  while (good && (good = belfry_writer_step (writer, statement, &row, error)) && row) {
    const char *name = (const char *)sqlite3_column_text (statement, 0);
    BelfryLiveRows live = {
      g_strdup (name != NULL ? name : ""),
      sqlite3_column_int64 (statement, 1),
      sqlite3_column_int64 (statement, 2),
    };

    g_array_append_val (found, live);
  }
  if (statement != NULL)
    sqlite3_reset (statement);
  return good;
}

void
belfry_live_rows_clear (gpointer data)
{
  g_free (((BelfryLiveRows *)data)->instance);
}

static const char sql_bury[] =
    "UPDATE reports SET state = 'dead', finished_at = ?, answer = 'instance gone' "
    "WHERE instance = ? AND state IN ('waiting', 'planned') AND created_at <= ?";

gboolean
belfry_rows_bury (
    BelfryWriter *writer, const char *instance, gint64 before_us, int *count, GError **error)
{
  return execute (writer, count, error, sql_bury, "iti", belfry_clock_now_us (), instance,
                  before_us);
}

static const char sql_count[] =
    "SELECT state, count (*) FROM reports WHERE state IN ('waiting', 'planned', 'dead') "
    "GROUP BY state";

JsonObject *
belfry_rows_count (BelfryWriter *writer, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, sql_count, error);
  g_autoptr (JsonObject) counts = json_object_new ();
  gboolean row = FALSE;
  gboolean good = statement != NULL;

  while (good && (good = belfry_writer_step (writer, statement, &row, error)) && row)
    json_object_set_int_member (counts, (const char *)sqlite3_column_text (statement, 0),
                                sqlite3_column_int64 (statement, 1));
  if (statement != NULL)
    sqlite3_reset (statement);
  return good ? g_steal_pointer (&counts) : NULL;
}

/* event and build are named too: a number may have been given again after a transaction was undone
 */
static const char sql_freeze[] =
    "UPDATE reports SET state = 'planned', target = ?, \"key\" = ?, payload = ? "
    "WHERE reportid = ? AND state = 'waiting' AND eventid IS ? AND buildid IS ? AND instance = ?";

gboolean
belfry_rows_freeze (BelfryWriter *writer, BelfryReportRow *row, gboolean *found, GError **error)
{
  int changes = 0;

  if (!execute (writer, &changes, error, sql_freeze, "ttjiiit", row->target, row->key, row->payload,
                row->reportid, row->eventid, row->buildid, row->instance))
    return FALSE;
  *found = changes > 0;
  return TRUE;
}

#define BEFORE_IN_LANE                                                                             \
  "instance = ? AND target = ? AND \"key\" = ? AND state = 'planned' "                             \
  "AND (eventid < ? OR (eventid = ? AND reportid < ?))"

static const char sql_supersede_before[] = "UPDATE reports SET state = 'superseded', finished_at = "
                                           "?, answer = 'a newer state overtook it' "
                                           "WHERE " BEFORE_IN_LANE;

gboolean
belfry_rows_supersede_before (BelfryWriter *writer, BelfryReportRow *row, GError **error)
{
  return execute (writer, NULL, error, sql_supersede_before, "itttiii", belfry_clock_now_us (),
                  row->instance, row->target, row->key, row->eventid, row->eventid, row->reportid);
}

static const char sql_is_behind[] = "SELECT reportid FROM reports WHERE " BEFORE_IN_LANE " LIMIT 1";

gboolean
belfry_rows_is_behind (BelfryWriter *writer, BelfryReportRow *row, gboolean *behind, GError **error)
{
  g_autoptr (GArray) ids =
      list_numbers (writer, error, sql_is_behind, "tttiii", row->instance, row->target, row->key,
                    row->eventid, row->eventid, row->reportid);

  if (ids == NULL)
    return FALSE;
  *behind = ids->len > 0;
  return TRUE;
}

static const char sql_find_remote_id[] =
    "SELECT reportid FROM reports WHERE instance = ? AND target = ? AND \"key\" = ? "
    "AND state = 'delivered' AND remote_id IS NOT NULL ORDER BY eventid DESC, reportid DESC LIMIT "
    "1";

gboolean
belfry_rows_find_remote_id (BelfryWriter *writer,
                            BelfryReportRow *row,
                            char **remote_id,
                            GError **error)
{
  g_autoptr (GArray) ids =
      list_numbers (writer, error, sql_find_remote_id, "ttt", row->instance, row->target, row->key);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (belfry_record_unref);

  *remote_id = NULL;
  if (ids == NULL || !append_rows (writer, ids, found, error))
    return FALSE;
  if (found->len > 0)
    *remote_id = g_strdup (((BelfryReportRow *)g_ptr_array_index (found, 0))->remote_id);
  return TRUE;
}

static const char sql_finish[] =
    "UPDATE reports SET state = ?, tries = ?, aged_us = ?, remote_id = ?, answer = ?, "
    "finished_at = ? WHERE reportid = ? AND state IN ('waiting', 'planned', 'superseded') "
    "AND instance = ?";

gboolean
belfry_rows_finish (BelfryWriter *writer, BelfryReportRow *row, const char *state, GError **error)
{
  return execute (writer, NULL, error, sql_finish, "tiittiit", state, row->tries, row->aged_us,
                  row->remote_id, row->answer, belfry_clock_now_us (), row->reportid,
                  row->instance);
}

static const char sql_postpone[] =
    "UPDATE reports SET tries = ?, aged_us = ?, next_at = ?, answer = ? "
    "WHERE reportid = ? AND state IN ('waiting', 'planned') AND instance = ?";

gboolean
belfry_rows_postpone (BelfryWriter *writer, BelfryReportRow *row, GError **error)
{
  return execute (writer, NULL, error, sql_postpone, "iiitit", row->tries, row->aged_us,
                  row->next_at, row->answer, row->reportid, row->instance);
}

static const char sql_find_next_of_lane[] =
    "SELECT reportid FROM reports WHERE instance = ? AND target = ? AND \"key\" = ? "
    "AND state = 'planned' ORDER BY eventid, reportid LIMIT 1";

gboolean
belfry_rows_find_next_of_lane (BelfryWriter *writer,
                               BelfryReportRow *row,
                               BelfryReportRow **next,
                               GError **error)
{
  g_autoptr (GArray) ids = NULL;

  *next = NULL;
  if (row->target == NULL || row->key == NULL)
    return TRUE;
  ids = list_numbers (writer, error, sql_find_next_of_lane, "ttt", row->instance, row->target,
                      row->key);
  if (ids == NULL)
    return FALSE;
  if (ids->len == 0)
    return TRUE;
  *next = belfry_writer_find (writer, belfry_report_row_get_type (), g_array_index (ids, gint64, 0),
                              error);
  return *next != NULL;
}

static gboolean
check_change (
    BelfryWriter *writer, int changes, gint64 reportid, const char *wanted, GError **error)
{
  g_autoptr (BelfryReportRow) row = NULL;

  if (changes > 0)
    return TRUE;
  row = belfry_writer_find (writer, belfry_report_row_get_type (), reportid, error);
  if (row != NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                 "report %" G_GINT64_FORMAT " is %s: only one that is %s can be", reportid,
                 row->state, wanted);
  return FALSE;
}

static const char sql_reopen[] =
    "UPDATE reports SET state = CASE WHEN target IS NULL THEN 'waiting' ELSE 'planned' END, "
    "tries = 0, aged_us = 0, next_at = ?, finished_at = NULL "
    "WHERE reportid = ? AND state IN ('dead', 'discarded', 'superseded', 'delivered')";

gboolean
belfry_rows_reopen (BelfryWriter *writer, gint64 reportid, gint64 now_us, GError **error)
{
  int changes = 0;

  return execute (writer, &changes, error, sql_reopen, "ii", now_us, reportid) &&
         check_change (writer, changes, reportid, "at its end", error);
}

static const char sql_discard[] = "UPDATE reports SET state = 'discarded', finished_at = ? "
                                  "WHERE reportid = ? AND state IN ('waiting', 'planned', 'dead')";

gboolean
belfry_rows_discard (BelfryWriter *writer, gint64 reportid, GError **error)
{
  int changes = 0;

  return execute (writer, &changes, error, sql_discard, "ii", belfry_clock_now_us (), reportid) &&
         check_change (writer, changes, reportid, "waiting, planned or dead", error);
}

static const char sql_reopen_range[] =
    "UPDATE reports SET state = CASE WHEN target IS NULL THEN 'waiting' ELSE 'planned' END, "
    "tries = 0, aged_us = 0, next_at = ?, finished_at = NULL "
    "WHERE reportid BETWEEN ? AND ? AND state = 'dead'";
static const char sql_discard_range[] =
    "UPDATE reports SET state = 'discarded', finished_at = ? "
    "WHERE reportid BETWEEN ? AND ? AND state IN ('waiting', 'planned', 'dead')";

gboolean
belfry_rows_reopen_range (
    BelfryWriter *writer, gint64 first, gint64 last, int *changes, GError **error)
{
  return execute (writer, changes, error, sql_reopen_range, "iii", belfry_clock_now_us (), first,
                  last);
}

gboolean
belfry_rows_discard_range (
    BelfryWriter *writer, gint64 first, gint64 last, int *changes, GError **error)
{
  return execute (writer, changes, error, sql_discard_range, "iii", belfry_clock_now_us (), first,
                  last);
}
