/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retention: what goes, what stays, in what order where there is no room. */
#include "config/config.h"
#include "store/store-fixture.h"
#include "store/store-private.h"

#include <string.h>

#define DAY_US G_TIME_SPAN_DAY

static gboolean
insert_build (BelfryWriter *writer, gint64 id, gint64 age_days, gint64 results, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_build_new ();
  g_autoptr (BelfryStep) step = belfry_step_new ();
  g_autoptr (BelfryLog) log = belfry_log_new ();
  g_autoptr (BelfryBuildRequest) request = belfry_build_request_new ();
  g_autoptr (BelfryBuildset) set = belfry_buildset_new ();
  gint64 at = belfry_clock_now_us () - age_days * DAY_US;

  build->buildid = step->stepid = log->logid = request->buildrequestid = set->bsid = id;
  build->buildrequestid = build->bsid = step->buildid = log->stepid = log->buildid = id;
  request->buildsetid = id;
  build->builderid = request->builderid = 1;
  build->number = id - 1;
  build->complete = request->complete = set->complete = log->complete = step->complete = TRUE;
  build->complete_at = request->complete_at = set->complete_at = at;
  build->results = results;
  belfry_record_set_text (&build->branch, "main");
  belfry_record_set_text (&log->type, "s");
  return belfry_writer_insert (writer, build, error) &&
         belfry_writer_insert (writer, step, error) && belfry_writer_insert (writer, log, error) &&
         belfry_writer_insert (writer, request, error) && belfry_writer_insert (writer, set, error);
}

/* builds 1 to 10, 100 to 91 days old; number 4 is the last that succeeded; 2 has a report to send
 */
static gboolean
insert_history (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryReportRow) row = belfry_report_row_new ();

  for (gint64 i = 1; i <= 10; i++)
    if (!insert_build (writer, i, 101 - i, i <= 4 ? 0 : 2, error))
      return FALSE;
  row->buildid = 2;
  belfry_record_set_text (&row->state, "waiting");
  return belfry_writer_insert (writer, row, error);
}

static gboolean
insert_others (BelfryWriter *writer, gpointer data, GError **error)
{
  static const char *const states[] = { "delivered", "dead", "waiting", "superseded" };
  gint64 old = belfry_clock_now_us () - 100 * DAY_US;

  for (guint i = 0; i < 500; i++) {
    g_autoptr (BelfryEvent) event = belfry_event_new ();
    g_autoptr (BelfryDelivery) delivery = belfry_delivery_new ();
    g_autoptr (BelfryReportRow) report = belfry_report_row_new ();

    event->at = delivery->received_at = report->created_at = report->finished_at = old;
    report->eventid = i + 1;
    belfry_record_set_text (&event->name, "host-started");
    belfry_record_set_text (&delivery->outcome, i % 5 == 0 ? "pending" : "accepted");
    belfry_record_set_text (&report->state, states[i % 4]);
    if (!belfry_writer_insert (writer, event, error) ||
        !belfry_writer_insert (writer, delivery, error) ||
        !belfry_writer_insert (writer, report, error))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  gboolean swept;
} Swept;

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (belfry_store_sweep_finish (NULL, result, &error));
  ((Swept *)user_data)->swept = TRUE;
}

static gboolean
is_swept (gpointer data)
{
  return ((Swept *)data)->swept;
}

static void
sweep (StoreFixture *fixture, const BelfryStoreKeys *keys)
{
  Swept swept = { FALSE };

  belfry_store_sweep_async (fixture->store, keys, NULL, on_swept, &swept);
  store_fixture_wait (is_swept, &swept);
}

typedef struct {
  const char *sql;
  gint64 answer;
} Question;

static gboolean
ask (BelfryWriter *writer, gpointer data, GError **error)
{
  Question *question = data;

  return belfry_database_ask (writer->database, question->sql, 0, &question->answer, error);
}

static void
assert_answer (StoreFixture *fixture, const char *sql, gint64 wanted)
{
  Question question = { sql, 0 };

  g_assert_true (store_fixture_write (fixture, ask, &question, NULL));
  g_assert_cmpint (question.answer, ==, wanted);
}

static void
append_lines (StoreFixture *fixture, gint64 logid, guint n_lines)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)logid);

  for (guint i = 0; i < n_lines; i++)
    g_string_append_printf (text, "o%08x%08x\n", g_rand_int (random), g_rand_int (random));
  bytes = g_bytes_new (text->str, text->len);
  belfry_store_log_append (fixture->store, logid, bytes, n_lines);
}

/* with logs whose blocks are on disk */
static void
make_history (StoreFixture *fixture, guint n_lines)
{
  g_assert_true (store_fixture_write (fixture, insert_history, NULL, NULL));
  for (gint64 i = 1; i <= 10; i++)
    append_lines (fixture, i, n_lines);
  store_fixture_close (fixture);
  store_fixture_open (fixture);
}

static gint64
count_blocks (StoreFixture *fixture)
{
  gint64 blocks = 0;

  g_assert_true (belfry_database_ask (fixture->store->writer->reader->logs,
                                      "SELECT count (DISTINCT logid) FROM blocks", 0, &blocks,
                                      NULL));
  return blocks;
}

static void
test_builds (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_builds = 30 * DAY_US, .keep_last = 3 };

  make_history (fixture, 10);
  g_assert_cmpint (count_blocks (fixture), ==, 10);
  sweep (fixture, &keys);
  /* 8, 9, 10: the last three; 4: the last success; 2: spoken of */
  assert_answer (fixture, "SELECT count (*) FROM builds", 5);
  assert_answer (fixture, "SELECT count (*) FROM builds WHERE buildid IN (2, 4, 8, 9, 10)", 5);
  assert_answer (fixture, "SELECT count (*) FROM steps", 5);
  assert_answer (fixture, "SELECT count (*) FROM logs", 5);
  assert_answer (fixture, "SELECT count (*) FROM requests", 5);
  assert_answer (fixture, "SELECT count (*) FROM buildsets", 5);
  assert_answer (fixture, "SELECT count (*) FROM doomed_builds", 0);
  assert_answer (fixture, "SELECT count (*) FROM doomed_logs", 0);
  g_assert_cmpint (count_blocks (fixture), ==, 5);
}

static void
test_logs (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_logs = 95 * DAY_US + DAY_US / 2 };

  make_history (fixture, 10);
  sweep (fixture, &keys);
  /* 1, 3, 4, 5 are older than 95 days; 2 is spoken of */
  assert_answer (fixture, "SELECT count (*) FROM logs WHERE type = 'd' AND num_lines = 0", 4);
  assert_answer (fixture, "SELECT count (*) FROM builds", 10);
  g_assert_cmpint (count_blocks (fixture), ==, 6);
}

static gboolean
insert_builder (BelfryWriter *writer, gpointer data, GError **error)
{
  const BelfryStoreKeys *own = data;
  g_autoptr (BelfryBuilder) builder = belfry_builder_new ();

  builder->builderid = 1;
  builder->keep_builds = own->keep_builds;
  builder->keep_logs = own->keep_logs;
  builder->keep_last = own->keep_last;
  return belfry_writer_insert (writer, builder, error);
}

/* A builder's own word wins, be it more or less than the store's. */
static void
test_builder_keeps_less (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_builds = 0, .keep_last = 9 };
  BelfryStoreKeys own = { .keep_builds = 30 * DAY_US, .keep_logs = BELFRY_NONE, .keep_last = 2 };

  make_history (fixture, 10);
  g_assert_true (store_fixture_write (fixture, insert_builder, &own, NULL));
  sweep (fixture, &keys);
  /* 9, 10: its last two; 4: the last success; 2: spoken of */
  assert_answer (fixture, "SELECT count (*) FROM builds", 4);
  assert_answer (fixture, "SELECT count (*) FROM builds WHERE buildid IN (2, 4, 9, 10)", 4);
  assert_answer (fixture, "SELECT count (*) FROM logs WHERE type <> 'd'", 4);
}

static void
test_builder_keeps_more (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_builds = 30 * DAY_US, .keep_logs = 30 * DAY_US, .keep_last = 1 };
  BelfryStoreKeys own = { .keep_builds = 0,
                          .keep_logs = 95 * DAY_US + DAY_US / 2,
                          .keep_last = BELFRY_NONE };

  make_history (fixture, 10);
  g_assert_true (store_fixture_write (fixture, insert_builder, &own, NULL));
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM builds", 10);
  /* 1, 3, 4, 5 are older than 95 days; 2 is spoken of */
  assert_answer (fixture, "SELECT count (*) FROM logs WHERE type = 'd'", 4);
}

/* two of each build: one that says itself how long, one that does not */
static gboolean
insert_artifacts (BelfryWriter *writer, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= 10; i++) {
    g_autoptr (BelfryArtifact) own = belfry_artifact_new ();
    g_autoptr (BelfryArtifact) other = belfry_artifact_new ();

    own->artifactid = i;
    other->artifactid = 100 + i;
    own->buildid = other->buildid = i;
    own->expires_at = belfry_clock_now_us () + (i <= 3 ? -DAY_US : DAY_US);
    other->expires_at = BELFRY_NONE;
    if (!belfry_writer_insert (writer, own, error) || !belfry_writer_insert (writer, other, error))
      return FALSE;
  }
  return TRUE;
}

static void
test_artifacts (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_last = 3 };

  make_history (fixture, 1);
  g_assert_true (store_fixture_write (fixture, insert_artifacts, NULL, NULL));
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM artifacts WHERE artifactid < 100", 7);
  assert_answer (fixture, "SELECT count (*) FROM artifacts WHERE artifactid > 100", 10);
  keys.keep_artifacts = 95 * DAY_US + DAY_US / 2;
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT min (buildid) FROM artifacts WHERE artifactid > 100", 6);
  assert_answer (fixture, "SELECT count (*) FROM artifacts WHERE artifactid < 100", 7);
  keys.keep_builds = 30 * DAY_US;
  sweep (fixture, &keys);
  assert_answer (fixture,
                 "SELECT count (*) FROM artifacts WHERE buildid NOT IN"
                 " (SELECT buildid FROM builds)",
                 0);
}

static void
test_others (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_deliveries = 30 * DAY_US,
                           .keep_reports = 30 * DAY_US,
                           .keep_dead = 200 * DAY_US,
                           .keep_events = 14 * DAY_US };

  g_assert_true (store_fixture_write (fixture, insert_others, NULL, NULL));
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM deliveries", 100);
  assert_answer (fixture, "SELECT count (*) FROM reports WHERE state = 'dead'", 125);
  assert_answer (fixture, "SELECT count (*) FROM reports", 250);
  assert_answer (fixture, "SELECT count (*) FROM events", 125);
}

static void
test_no_keys (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .keep_last = 20 };

  make_history (fixture, 1);
  g_assert_true (store_fixture_write (fixture, insert_others, NULL, NULL));
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM builds", 10);
  assert_answer (fixture, "SELECT count (*) FROM events", 500);
}

static void
test_max_size (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .max_size = 1024 * 1024, .keep_last = 3 };

  make_history (fixture, 40000);
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM builds", 10);
  assert_answer (fixture, "SELECT type = 's' FROM logs WHERE logid = 2", 1);
  assert_answer (fixture, "SELECT type = 'd' FROM logs WHERE logid = 1", 1);
  g_assert_false (belfry_store_is_pressed (fixture->store));
  keys.max_size = 1;
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM builds", 5);
  g_assert_true (belfry_store_is_pressed (fixture->store));
}

static gboolean
insert_requests (BelfryWriter *writer, gpointer data, GError **error)
{
  static const char sql[] =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
      " INSERT INTO raw_requests SELECT i, 1, '{}', zeroblob (10000) FROM n";
  static const char pending_sql[] =
      "INSERT INTO deliveries (deliveryid, outcome) VALUES (7, 'pending'), (300, 'accepted')";

  return belfry_database_run (writer->database, sql, NULL, 0, NULL, error) &&
         belfry_database_run (writer->database, pending_sql, NULL, 0, NULL, error);
}

/* kept requests go before anything of a build does, the oldest first */
static void
test_max_size_requests (StoreFixture *fixture, gconstpointer data)
{
  BelfryStoreKeys keys = { .max_size = 2 * 1024 * 1024, .keep_last = 3 };

  make_history (fixture, 1);
  g_assert_true (store_fixture_write (fixture, insert_requests, NULL, NULL));
  sweep (fixture, &keys);
  assert_answer (fixture, "SELECT count (*) FROM raw_requests", 100);
  assert_answer (fixture, "SELECT count (*) FROM raw_requests WHERE deliveryid IN (7, 300)", 2);
  assert_answer (fixture, "SELECT count (*) FROM builds", 10);
  assert_answer (fixture, "SELECT count (*) FROM logs WHERE type = 'd'", 0);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/sweep/" name, StoreFixture, NULL, store_fixture_set_up, func,                \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("builds", test_builds);
  ADD ("logs", test_logs);
  ADD ("builder-keeps-less", test_builder_keeps_less);
  ADD ("builder-keeps-more", test_builder_keeps_more);
  ADD ("artifacts", test_artifacts);
  ADD ("others", test_others);
  ADD ("no-keys", test_no_keys);
  ADD ("max-size", test_max_size);
  ADD ("max-size/requests", test_max_size_requests);
  return g_test_run ();
}
