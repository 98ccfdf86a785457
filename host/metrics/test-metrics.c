/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/events.h"
#include "metrics/stored.h"
#include "store/store-fixture.h"

#include <string.h>

static const double bounds[] = { 0.5, 1, 10, 0 };
static const BelfryMetric rows[] = {
  { "one_total", BELFRY_METRIC_COUNTER, "Of \"these\".\nAnd C:\\ too.", { "builder", "what" } },
  { "two_seconds", BELFRY_METRIC_HISTOGRAM, "Long.", { NULL }, bounds },
  { "three", BELFRY_METRIC_GAUGE, "Now.", { "builder" } },
  { "four_total", BELFRY_METRIC_COUNTER, "None.", { NULL } },
  { "five_seconds", BELFRY_METRIC_HISTOGRAM, "By who.", { "who" }, bounds },
};

static BelfryMetrics *
registry_new (void)
{
  BelfryMetrics *metrics = belfry_metrics_new ();

  belfry_metrics_register (metrics, rows, G_N_ELEMENTS (rows));
  return metrics;
}

static char *
dup_text (BelfryMetrics *metrics)
{
  g_autoptr (GBytes) text = belfry_metrics_format (metrics);

  return g_strndup (g_bytes_get_data (text, NULL), g_bytes_get_size (text));
}

static void
assert_line (BelfryMetrics *metrics, const char *line)
{
  g_autofree char *text = dup_text (metrics);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  if (!g_strv_contains ((const char *const *)lines, line)) {
    g_test_message ("no line '%s' in:\n%s", line, text);
    g_test_fail ();
  }
}

static guint
count_lines (BelfryMetrics *metrics, const char *prefix)
{
  g_autofree char *text = dup_text (metrics);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint count = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    count += g_str_has_prefix (lines[i], prefix);
  return count;
}

static void
test_empty (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();
  g_autofree char *text = dup_text (metrics);

  g_assert_cmpstr (text, ==,
                   "# HELP one_total Of \"these\".\\nAnd C:\\\\ too.\n# TYPE one_total counter\n"
                   "# HELP two_seconds Long.\n# TYPE two_seconds histogram\n"
                   "two_seconds_bucket{le=\"0.5\"} 0\ntwo_seconds_bucket{le=\"1\"} 0\n"
                   "two_seconds_bucket{le=\"10\"} 0\ntwo_seconds_bucket{le=\"+Inf\"} 0\n"
                   "two_seconds_sum 0\ntwo_seconds_count 0\n"
                   "# HELP three Now.\n# TYPE three gauge\n"
                   "# HELP four_total None.\n# TYPE four_total counter\nfour_total 0\n"
                   "# HELP five_seconds By who.\n# TYPE five_seconds histogram\n");
}

static void
test_escaping (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();

  belfry_metrics_count (metrics, &rows[0], "a\"b\\c\nd", "x,y}", NULL);
  belfry_metrics_count (metrics, &rows[0], "a\"b\\c\nd", "x,y}", NULL);
  belfry_metrics_count (metrics, &rows[0], "\xff", "", NULL);
  assert_line (metrics, "one_total{builder=\"a\\\"b\\\\c\\nd\",what=\"x,y}\"} 2");
  assert_line (metrics, "one_total{builder=\"\xef\xbf\xbd\",what=\"\"} 1");
}

static void
test_numbers (void)
{
  static const struct {
    double value;
    const char *line;
  } cases[] = {
    { 0, "three{builder=\"b\"} 0" },
    { 0.25, "three{builder=\"b\"} 0.25" },
    { -1.5, "three{builder=\"b\"} -1.5" },
    { 0.0000004, "three{builder=\"b\"} 0" },
    { 0.9999999, "three{builder=\"b\"} 1" },
    { 1767225600.123456, "three{builder=\"b\"} 1767225600.123456" },
    { 9007199254740993.0, "three{builder=\"b\"} 9007199254740992" },
    { 1e300, "three{builder=\"b\"} +Inf" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryMetrics) metrics = registry_new ();

    belfry_metrics_add (metrics, &rows[2], cases[i].value, "b", NULL);
    assert_line (metrics, cases[i].line);
  }
}

static void
test_buckets (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();
  const double seen[] = { 0.1, 0.5, 0.75, 1, 9, 10, 10.5, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (seen); i++)
    belfry_metrics_observe (metrics, &rows[4], seen[i], "ada", NULL);
  /* a bound is the last value of its bucket */
  assert_line (metrics, "five_seconds_bucket{who=\"ada\",le=\"0.5\"} 2");
  assert_line (metrics, "five_seconds_bucket{who=\"ada\",le=\"1\"} 4");
  assert_line (metrics, "five_seconds_bucket{who=\"ada\",le=\"10\"} 6");
  assert_line (metrics, "five_seconds_bucket{who=\"ada\",le=\"+Inf\"} 8");
  assert_line (metrics, "five_seconds_sum{who=\"ada\"} 1031.85");
  assert_line (metrics, "five_seconds_count{who=\"ada\"} 8");
}

static void
test_values_bounded (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();

  for (guint i = 0; i < 2 * BELFRY_METRIC_VALUES; i++) {
    g_autofree char *name = g_strdup_printf ("builder-%u", i);

    belfry_metrics_count (metrics, &rows[0], name, "good", NULL);
    belfry_metrics_count (metrics, &rows[0], name, "good", NULL);
    belfry_metrics_add (metrics, &rows[2], 3, name, NULL);
  }
  g_assert_cmpuint (count_lines (metrics, "one_total{"), ==, BELFRY_METRIC_VALUES + 1);
  g_assert_cmpuint (count_lines (metrics, "three{"), ==, BELFRY_METRIC_VALUES + 1);
  /* the same ones are told apart everywhere, and nothing is lost */
  assert_line (metrics, "one_total{builder=\"builder-499\",what=\"good\"} 2");
  assert_line (metrics, "three{builder=\"builder-499\"} 3");
  assert_line (metrics, "one_total{builder=\"other\",what=\"good\"} 1000");
  assert_line (metrics, "three{builder=\"other\"} 1500");
  belfry_metrics_raise (metrics, &rows[2], 7000, "one more", NULL);
  assert_line (metrics, "three{builder=\"other\"} 7000");
}

static void
test_series_bounded (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();

  for (guint i = 0; i < 100; i++)
    for (guint j = 0; j < 100; j++) {
      g_autofree char *builder = g_strdup_printf ("b%u", i);
      g_autofree char *what = g_strdup_printf ("w%u", j);

      belfry_metrics_count (metrics, &rows[0], builder, what, NULL);
    }
  g_assert_cmpuint (count_lines (metrics, "one_total{"), ==, 5001);
  assert_line (metrics, "one_total{builder=\"b49\",what=\"w99\"} 1");
  assert_line (metrics, "one_total{builder=\"other\",what=\"other\"} 5000");
}

static void
test_gauges_reset (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();

  belfry_metrics_add (metrics, &rows[2], 3, "a", NULL);
  belfry_metrics_count (metrics, &rows[3], NULL);
  belfry_metrics_reset_gauges (metrics);
  belfry_metrics_add (metrics, &rows[2], 4, "b", NULL);
  assert_line (metrics, "three{builder=\"b\"} 4");
  assert_line (metrics, "four_total 1");
  g_assert_cmpuint (count_lines (metrics, "three{"), ==, 1);
}

static void
test_nobody_counts (void)
{
  g_autoptr (BelfryMetrics) metrics = registry_new ();

  belfry_metrics_count (NULL, &rows[3], NULL);
  belfry_metrics_add (NULL, &rows[3], 5, NULL);
  belfry_metrics_raise (NULL, &rows[2], 5, "a", NULL);
  belfry_metrics_observe (NULL, &rows[1], 5, NULL);
  assert_line (metrics, "four_total 0");
  assert_line (metrics, "two_seconds_count 0");
}

/* events */

static const char *
find_engine (gint64 builderid, gpointer data)
{
  return builderid == 7 ? data : NULL;
}

static void
tell (BelfryBus *bus, const char *name, gint64 builderid, const char *data)
{
  g_autoptr (BelfryEvent) event = belfry_event_new ();

  belfry_record_set_text (&event->name, name);
  event->builderid = builderid;
  event->data = g_strdup (data);
  belfry_bus_tell (bus, event);
}

static void
test_builds (void)
{
  g_autoptr (BelfryMetrics) metrics = belfry_metrics_new ();
  g_autoptr (BelfryBus) bus = belfry_bus_new ();
  g_autoptr (BelfryEventMetrics) events =
      belfry_event_metrics_new (metrics, bus, find_engine, (gpointer) "local");

  tell (bus, "build-started", 7, "{\"buildername\":\"a\",\"started_at\":100}");
  tell (bus, "build-finished", 7,
        "{\"buildername\":\"a\",\"results\":2,\"started_at\":100,\"complete_at\":160}");
  tell (bus, "build-finished", 7,
        "{\"buildername\":\"a\",\"results\":5,\"started_at\":100,\"complete_at\":100,"
        "\"state_string\":\"retry host restarted\"}");
  tell (bus, "build-finished", 8, "{\"buildername\":\"b\",\"results\":5,\"state_string\":\"x\"}");
  assert_line (metrics, "belfry_builds_total{engine=\"local\",builder=\"a\",result=\"failure\"} 1");
  assert_line (metrics, "belfry_builds_total{engine=\"local\",builder=\"a\",result=\"retry\"} 1");
  assert_line (metrics, "belfry_builds_total{engine=\"unknown\",builder=\"b\",result=\"retry\"} 1");
  assert_line (metrics, "belfry_build_seconds_bucket{engine=\"local\",le=\"30\"} 1");
  assert_line (metrics, "belfry_build_seconds_bucket{engine=\"local\",le=\"60\"} 2");
  assert_line (metrics, "belfry_build_seconds_sum{engine=\"local\"} 60");
  assert_line (metrics, "belfry_retries_total{cause=\"host-restarted\"} 1");
  assert_line (metrics, "belfry_retries_total{cause=\"step\"} 1");
  /* what the record does not say is not made up */
  g_assert_cmpuint (count_lines (metrics, "belfry_build_seconds_count{engine=\"unknown\"}"), ==, 0);
}

static void
test_requests (void)
{
  g_autoptr (BelfryMetrics) metrics = belfry_metrics_new ();
  g_autoptr (BelfryBus) bus = belfry_bus_new ();
  g_autoptr (BelfryEventMetrics) events =
      belfry_event_metrics_new (metrics, bus, find_engine, (gpointer) "local");

  tell (bus, "request-claimed", 7, "{\"submitted_at\":100,\"claimed_at\":104}");
  tell (bus, "request-finished", 7, "{\"results\":3,\"collapsed_into\":9}");
  tell (bus, "request-finished", 7, "{\"results\":0}");
  tell (bus, "scheduler-fired", BELFRY_NONE, "{\"name\":\"nightly\"}");
  belfry_event_metrics_add_log_bytes (events, 1000);
  belfry_event_metrics_add_log_bytes (events, 24);
  assert_line (metrics, "belfry_request_wait_seconds_bucket{le=\"1\"} 0");
  assert_line (metrics, "belfry_request_wait_seconds_bucket{le=\"5\"} 1");
  assert_line (metrics, "belfry_requests_collapsed_total 1");
  assert_line (metrics, "belfry_scheduler_fired_total{scheduler=\"nightly\"} 1");
  assert_line (metrics, "belfry_log_bytes_total 1024");
}

static void
test_limits (void)
{
  static const char *const steps[][2] = {
    { "timed out 'sleep 100' (failure)", "timeout" },
    { "took longer than 30min 'make' (failure)", "max-time" },
    { "output over 64MiB (failure)", "max-log" },
    { "output over 1000 lines (failure)", "max-lines" },
    { "out of memory 'cc' (failure)", "memory-max" },
  };
  g_autoptr (BelfryMetrics) metrics = belfry_metrics_new ();
  g_autoptr (BelfryBus) bus = belfry_bus_new ();
  g_autoptr (BelfryEventMetrics) events =
      belfry_event_metrics_new (metrics, bus, find_engine, (gpointer) "local");

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autofree char *data =
        g_strdup_printf ("{\"results\":2,\"state_string\":\"%s\"}", steps[i][0]);
    g_autofree char *line =
        g_strdup_printf ("belfry_steps_ended_by_limit_total{limit=\"%s\"} 1", steps[i][1]);

    tell (bus, "step-finished", 7, data);
    assert_line (metrics, line);
  }
  tell (bus, "step-finished", 7, "{\"results\":0,\"state_string\":\"timed out\"}");
  tell (bus, "step-finished", 7, "{\"results\":2,\"state_string\":\"'make' (failure)\"}");
  assert_line (metrics, "belfry_steps_ended_by_limit_total{limit=\"timeout\"} 1");
  g_assert_cmpuint (count_lines (metrics, "belfry_steps_ended_by_limit_total{"), ==, 5);
}

/* the store */

static gboolean
insert_worker (BelfryWriter *writer, gint64 id, const char *name, GError **error)
{
  g_autoptr (BelfryWorker) worker = belfry_worker_new ();
  g_autoptr (JsonNode) somewhere = belfry_json_parse ("[{}]", -1, NULL, NULL);

  worker->workerid = id;
  worker->slots = 3;
  worker->paused = id == 2;
  worker->connected_to = json_node_ref (somewhere);
  worker->configured_on = json_node_ref (somewhere);
  belfry_record_set_text (&worker->name, name);
  belfry_record_set_text (&worker->engine, "local");
  return belfry_writer_insert (writer, worker, error);
}

static gboolean
insert_build (BelfryWriter *writer, gint64 id, gboolean complete, GError **error)
{
  g_autoptr (BelfryBuild) build = belfry_build_new ();

  build->buildid = build->number = id;
  build->builderid = build->workerid = 1;
  build->complete = complete;
  return belfry_writer_insert (writer, build, error);
}

static gboolean
insert_request (BelfryWriter *writer, gint64 id, gboolean claimed, GError **error)
{
  g_autoptr (BelfryBuildRequest) request = belfry_build_request_new ();

  request->buildrequestid = id;
  request->builderid = 1;
  request->claimed = claimed;
  request->submitted_at = belfry_clock_now_us () - id * G_TIME_SPAN_HOUR;
  return belfry_writer_insert (writer, request, error);
}

static gboolean
insert_report (BelfryWriter *writer, const char *state, gint64 hours, GError **error)
{
  g_autoptr (BelfryReportRow) row = belfry_report_row_new ();

  belfry_record_set_text (&row->instance, "mail");
  belfry_record_set_text (&row->state, state);
  row->created_at = belfry_clock_now_us () - hours * G_TIME_SPAN_HOUR;
  return belfry_writer_insert (writer, row, error);
}

static gboolean
insert_all (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryBuilder) builder = belfry_builder_new ();
  g_autoptr (BelfryDelivery) delivery = belfry_delivery_new ();

  (void)data;
  builder->builderid = 1;
  belfry_record_set_text (&builder->name, "hello");
  belfry_record_set_text (&builder->engine, "local");
  return belfry_writer_insert (writer, builder, error) &&
         belfry_writer_insert (writer, delivery, error) && insert_worker (writer, 1, "w1", error) &&
         insert_worker (writer, 2, "w2", error) && insert_build (writer, 1, FALSE, error) &&
         insert_build (writer, 2, FALSE, error) && insert_build (writer, 3, TRUE, error) &&
         insert_request (writer, 1, FALSE, error) && insert_request (writer, 2, FALSE, error) &&
         insert_request (writer, 3, TRUE, error) && insert_report (writer, "waiting", 1, error) &&
         insert_report (writer, "planned", 2, error) &&
         insert_report (writer, "planned", 3, error) && insert_report (writer, "dead", 50, error) &&
         insert_report (writer, "delivered", 60, error);
}

static void
test_stored (StoreFixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "belfry_builds_running{engine=\"local\",worker=\"w1\"} 2",
    "belfry_slots{worker=\"w1\",state=\"busy\"} 2",
    "belfry_slots{worker=\"w1\",state=\"free\"} 1",
    "belfry_slots{worker=\"w1\",state=\"unavailable\"} 0",
    "belfry_slots{worker=\"w2\",state=\"busy\"} 0",
    "belfry_slots{worker=\"w2\",state=\"free\"} 0",
    "belfry_slots{worker=\"w2\",state=\"unavailable\"} 3",
    "belfry_requests_waiting{builder=\"hello\"} 2",
    "belfry_outbox_reports{reporter=\"mail\",state=\"waiting\"} 1",
    "belfry_outbox_reports{reporter=\"mail\",state=\"planned\"} 2",
    "belfry_outbox_reports{reporter=\"mail\",state=\"dead\"} 1",
    "belfry_deliveries_stored 1",
    "belfry_raw_requests_stored 0",
  };
  g_autoptr (BelfryMetrics) metrics = belfry_metrics_new ();
  g_autoptr (BelfryStored) stored = belfry_stored_new (fixture->directory);
  g_autoptr (GError) error = NULL;

  (void)data;
  belfry_stored_register (metrics);
  store_fixture_write (fixture, insert_all, NULL, &error);
  g_assert_no_error (error);
  store_fixture_read (fixture, NULL, belfry_stored_read, stored, &error);
  g_assert_no_error (error);
  belfry_stored_tell (stored, metrics);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    assert_line (metrics, lines[i]);
  /* two hours and three hours, and however long this took */
  g_assert_cmpuint (count_lines (metrics, "belfry_request_oldest_seconds{builder=\"hello\"} 72"),
                    ==, 1);
  g_assert_cmpuint (count_lines (metrics, "belfry_outbox_oldest_seconds{reporter=\"mail\"} 108"),
                    ==, 1);
  g_assert_cmpuint (count_lines (metrics, "belfry_store_file_bytes{file=\"belfry.sqlite\"}"), ==,
                    1);
  g_assert_cmpuint (count_lines (metrics, "belfry_store_file_bytes{file=\"logs.sqlite\"}"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/registry/empty", test_empty);
  g_test_add_func ("/metrics/registry/escaping", test_escaping);
  g_test_add_func ("/metrics/registry/numbers", test_numbers);
  g_test_add_func ("/metrics/registry/buckets", test_buckets);
  g_test_add_func ("/metrics/registry/values-bounded", test_values_bounded);
  g_test_add_func ("/metrics/registry/series-bounded", test_series_bounded);
  g_test_add_func ("/metrics/registry/gauges-reset", test_gauges_reset);
  g_test_add_func ("/metrics/registry/nobody-counts", test_nobody_counts);
  g_test_add_func ("/metrics/events/builds", test_builds);
  g_test_add_func ("/metrics/events/requests", test_requests);
  g_test_add_func ("/metrics/events/limits", test_limits);
  g_test_add ("/metrics/stored", StoreFixture, NULL, store_fixture_set_up, test_stored,
              store_fixture_tear_down);
  return g_test_run ();
}
