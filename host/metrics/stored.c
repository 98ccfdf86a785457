/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each question is a row: its SQL gives at most two texts and three numbers a row, and a function
 * says what they mean. The questions meet indexes over what is open now; what is kept is counted
 * along the smallest index there is.
 */
#include "metrics/stored.h"

#include <glib/gstdio.h>

#define N_TEXTS   2
#define N_NUMBERS 3
#define MAX_ROWS  20000

static const BelfryMetric rows[] = {
  { "belfry_builds_running", BELFRY_METRIC_GAUGE, "Builds that run now.", { "engine", "worker" } },
  { "belfry_slots",
    BELFRY_METRIC_GAUGE,
    "Builds that workers can run at a time: busy, free, or not to be had (paused, gone).",
    { "worker", "state" } },
  { "belfry_requests_waiting",
    BELFRY_METRIC_GAUGE,
    "Build requests that no build has begun for.",
    { "builder" } },
  { "belfry_request_oldest_seconds",
    BELFRY_METRIC_GAUGE,
    "How long the oldest of them has been waiting.",
    { "builder" } },
  { "belfry_outbox_reports",
    BELFRY_METRIC_GAUGE,
    "Reports to be planned (waiting), to be delivered (planned), given up (dead).",
    { "reporter", "state" } },
  { "belfry_outbox_oldest_seconds",
    BELFRY_METRIC_GAUGE,
    "Age of the oldest report that is neither delivered nor given up.",
    { "reporter" } },
  { "belfry_deliveries_stored", BELFRY_METRIC_GAUGE, "Deliveries in the store.", { NULL } },
  { "belfry_raw_requests_stored",
    BELFRY_METRIC_GAUGE,
    "Deliveries whose request is kept, for replay.",
    { NULL } },
  { "belfry_store_file_bytes", BELFRY_METRIC_GAUGE, "Size of the files of the store.", { "file" } },
};

enum {
  RUNNING,
  SLOTS,
  WAITING,
  OLDEST_REQUEST,
  REPORTS,
  OLDEST_REPORT,
  DELIVERIES,
  RAW_REQUESTS,
  FILE_BYTES,
};

typedef struct {
  guint question;
  char *texts[N_TEXTS];
  gint64 numbers[N_NUMBERS];
} Row;

struct _BelfryStored {
  char *folder;
  GArray *rows; /* (element-type Row) */
  gint64 now_us;
};

static double
get_age (const BelfryStored *self, gint64 at_us)
{
  return at_us < self->now_us ? (double)(self->now_us - at_us) / G_USEC_PER_SEC : 0;
}

static void
tell_running (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  (void)self;
  belfry_metrics_add (metrics, &rows[RUNNING], (double)row->numbers[0], row->texts[0],
                      row->texts[1], NULL);
}

static void
tell_slots (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  gint64 busy = row->numbers[1];
  gint64 rest = MAX (row->numbers[0] - busy, 0);
  gboolean is_there = row->numbers[2] != 0;

  (void)self;
  belfry_metrics_add (metrics, &rows[SLOTS], (double)busy, row->texts[0], "busy", NULL);
  belfry_metrics_add (metrics, &rows[SLOTS], (double)(is_there ? rest : 0), row->texts[0], "free",
                      NULL);
  belfry_metrics_add (metrics, &rows[SLOTS], (double)(is_there ? 0 : rest), row->texts[0],
                      "unavailable", NULL);
}

static void
tell_waiting (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  belfry_metrics_add (metrics, &rows[WAITING], (double)row->numbers[0], row->texts[0], NULL);
  belfry_metrics_raise (metrics, &rows[OLDEST_REQUEST], get_age (self, row->numbers[1]),
                        row->texts[0], NULL);
}

static void
tell_reports (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  belfry_metrics_add (metrics, &rows[REPORTS], (double)row->numbers[0], row->texts[0],
                      row->texts[1], NULL);
  if (row->numbers[1] != 0)
    belfry_metrics_raise (metrics, &rows[OLDEST_REPORT], get_age (self, row->numbers[1]),
                          row->texts[0], NULL);
}

static void
tell_deliveries (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  (void)self;
  belfry_metrics_add (metrics, &rows[DELIVERIES], (double)row->numbers[0], NULL);
  belfry_metrics_add (metrics, &rows[RAW_REQUESTS], (double)row->numbers[1], NULL);
}

static void
tell_file (const BelfryStored *self, const Row *row, BelfryMetrics *metrics)
{
  (void)self;
  belfry_metrics_add (metrics, &rows[FILE_BYTES], (double)row->numbers[0], row->texts[0], NULL);
}

/* texts first, then numbers */
static const struct {
  const char *sql; /* NULL: no question to the store */
  void (*tell) (const BelfryStored *self, const Row *row, BelfryMetrics *metrics);
} questions[] = {
  { "SELECT w.engine, w.name, count (*), 0, 0 FROM builds AS b"
    " JOIN workers AS w ON w.workerid = b.workerid WHERE b.complete = 0 GROUP BY w.workerid",
    tell_running },
  { "SELECT w.name, '', w.slots, (SELECT count (*) FROM builds AS b"
    " WHERE b.complete = 0 AND b.workerid = w.workerid),"
    " w.paused = 0 AND w.graceful = 0 AND w.connected_to <> '[]'"
    " FROM workers AS w WHERE w.configured_on <> '[]'",
    tell_slots },
  { "SELECT b.name, '', count (*), min (r.submitted_at), 0 FROM requests AS r"
    " JOIN builders AS b ON b.builderid = r.builderid"
    " WHERE r.complete = 0 AND r.claimed = 0 GROUP BY r.builderid",
    tell_waiting },
  { "SELECT instance, state, count (*), min (created_at), 0 FROM reports"
    " WHERE state IN ('waiting', 'planned') GROUP BY instance, state",
    tell_reports },
  { "SELECT instance, state, count (*), 0, 0 FROM reports"
    " WHERE state = 'dead' GROUP BY instance",
    tell_reports },
  { "SELECT '', '', (SELECT count (*) FROM deliveries), (SELECT count (*) FROM raw_requests), 0",
    tell_deliveries },
  { NULL, tell_file },
};

static void
row_clear (gpointer data)
{
  Row *row = data;

  for (guint i = 0; i < N_TEXTS; i++)
    g_free (row->texts[i]);
}

void
belfry_stored_register (BelfryMetrics *metrics)
{
  belfry_metrics_register (metrics, rows, G_N_ELEMENTS (rows));
}

BelfryStored *
belfry_stored_new (const char *folder)
{
  BelfryStored *self = g_new0 (BelfryStored, 1);

  self->folder = g_strdup (folder);
  self->rows = g_array_new (FALSE, TRUE, sizeof (Row));
  g_array_set_clear_func (self->rows, row_clear);
  return self;
}

void
belfry_stored_free (BelfryStored *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->rows);
  g_free (self->folder);
  g_free (self);
}

static gboolean
ask (BelfryStored *self, BelfryReader *reader, guint question, GError **error)
{
  sqlite3_stmt *statement = belfry_reader_prepare (reader, questions[question].sql, error);
  gboolean row = TRUE;

  if (statement == NULL)
    return FALSE;
  while (self->rows->len < MAX_ROWS) {
    Row answer = { .question = question };

    if (!belfry_reader_step (reader, statement, &row, error))
      return FALSE;
    if (!row)
      break;
    for (int i = 0; i < N_TEXTS; i++) {
      const char *text = (const char *)sqlite3_column_text (statement, i);

      answer.texts[i] = g_strdup (text != NULL ? text : "");
    }
    for (int i = 0; i < N_NUMBERS; i++)
      answer.numbers[i] = sqlite3_column_int64 (statement, N_TEXTS + i);
    g_array_append_val (self->rows, answer);
  }
  sqlite3_reset (statement);
  return TRUE;
}

static void
measure_files (BelfryStored *self, guint question)
{
  static const char *const names[] = { "belfry.sqlite", "belfry.sqlite-wal", "logs.sqlite",
                                       "logs.sqlite-wal" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (self->folder, names[i], NULL);
    Row answer = { .question = question };
    GStatBuf status;

    if (g_stat (path, &status) != 0)
      continue;
    answer.texts[0] = g_strdup (names[i]);
    answer.numbers[0] = status.st_size;
    g_array_append_val (self->rows, answer);
  }
}

gboolean
belfry_stored_read (BelfryReader *reader, gpointer data, GError **error)
{
  BelfryStored *self = data;

  self->now_us = belfry_clock_now_us ();
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++) {
    if (questions[i].sql == NULL)
      measure_files (self, i);
    else if (!ask (self, reader, i, error))
      return FALSE;
  }
  return TRUE;
}

void
belfry_stored_tell (const BelfryStored *self, BelfryMetrics *metrics)
{
  for (guint i = 0; i < self->rows->len; i++) {
    const Row *row = &g_array_index (self->rows, Row, i);

    questions[row->question].tell (self, row, metrics);
  }
}
