/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs: readable at once, masked, in blocks, bounded in memory, set back to what is there. */
#include "store/log-block.h"
#include "store/store-fixture.h"
#include "store/store-private.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define LOGID 5

static gboolean
insert_log (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryLog) log = belfry_log_new ();

  log->logid = LOGID;
  belfry_record_set_text (&log->type, "s");
  return belfry_writer_insert (writer, log, error);
}

static gsize
append (StoreFixture *fixture, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  gint64 lines = belfry_log_count_lines (text, strlen (text));

  return belfry_store_log_append (fixture->store, LOGID, bytes, (guint)lines);
}

typedef struct {
  gint64 first;
  gint64 max;
  char *text;
  gint64 n_lines;
} Reading;

static gboolean
read_log (BelfryReader *reader, gpointer data, GError **error)
{
  Reading *reading = data;

  reading->text = belfry_reader_read_log (reader, LOGID, reading->first, reading->max,
                                          &reading->n_lines, error);
  return reading->text != NULL;
}

static char *
get_lines (StoreFixture *fixture, gint64 first, gint64 max, gint64 wanted)
{
  Reading reading = { .first = first, .max = max };
  g_autoptr (GError) error = NULL;

  store_fixture_read (fixture, NULL, read_log, &reading, &error);
  g_assert_no_error (error);
  g_assert_cmpint (reading.n_lines, ==, wanted);
  return reading.text;
}

static void
assert_lines (StoreFixture *fixture, gint64 first, gint64 max, gint64 wanted, const char *text)
{
  g_autofree char *read = get_lines (fixture, first, max, wanted);

  g_assert_cmpstr (read, ==, text);
}

typedef struct {
  BelfryLog *log;
} Row;

static gboolean
find_log (BelfryReader *reader, gpointer data, GError **error)
{
  ((Row *)data)->log = belfry_reader_find (reader, belfry_log_get_type (), LOGID, error);
  return ((Row *)data)->log != NULL;
}

static gint64
get_num_lines (StoreFixture *fixture)
{
  Row row = { NULL };
  g_autoptr (BelfryLog) log = NULL;

  g_assert_true (store_fixture_read (fixture, NULL, find_log, &row, NULL));
  log = row.log;
  return log->num_lines;
}

static void
test_readable_at_once (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_write (fixture, insert_log, NULL, NULL);
  assert_lines (fixture, 0, -1, 0, "");
  g_assert_cmpuint (append (fixture, "oone\notwo\n"), ==, 10);
  g_assert_cmpint (belfry_store_log_lines (fixture->store, LOGID), ==, 2);
  assert_lines (fixture, 0, -1, 2, "oone\notwo\n");
  append (fixture, "othree\n");
  assert_lines (fixture, 1, 1, 1, "otwo\n");
  assert_lines (fixture, 1, 10, 2, "otwo\nothree\n");
  assert_lines (fixture, 3, 10, 0, "");
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  assert_lines (fixture, 0, -1, 3, "oone\notwo\nothree\n");
  g_assert_cmpint (get_num_lines (fixture), ==, 3);
  g_assert_cmpint (belfry_store_log_lines (fixture->store, LOGID), ==, 3);
  append (fixture, "ofour\n");
  assert_lines (fixture, 2, -1, 2, "othree\nofour\n");
}

static void
test_unknown (StoreFixture *fixture, gconstpointer data)
{
  Reading reading = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (store_fixture_read (fixture, NULL, read_log, &reading, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
}

static GBytes *
mask_secret (gint64 logid, GBytes *lines, gpointer data)
{
  g_auto (GStrv) parts = NULL;
  char *text = NULL;

  g_assert_cmpint (logid, ==, LOGID);
  parts = g_strsplit (g_bytes_get_data (lines, NULL), "secret", -1);
  text = g_strjoinv ("***", parts);
  return g_bytes_new_take (text, strlen (text));
}

static void
test_mask (StoreFixture *fixture, gconstpointer data)
{
  static const char text[] = "omy secret\no\xff\n";
  g_autoptr (GBytes) lines = g_bytes_new_static (text, sizeof (text) - 1);

  store_fixture_write (fixture, insert_log, NULL, NULL);
  belfry_store_set_log_mask (fixture->store, mask_secret, NULL);
  belfry_store_log_append (fixture->store, LOGID, lines, 2);
  assert_lines (fixture, 0, -1, 2, "omy ***\no\xef\xbf\xbd\n");
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  assert_lines (fixture, 0, -1, 2, "omy ***\no\xef\xbf\xbd\n");
}

static void
test_last_line_without_end (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_write (fixture, insert_log, NULL, NULL);
  append (fixture, "ohalf");
  append (fixture, "onext\n");
  assert_lines (fixture, 0, -1, 2, "ohalf\nonext\n");
}

static void
test_blocks (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autofree char *long_line = g_strnfill (100000, 'x');
  gint64 lines = 0;
  sqlite3_stmt *statement = NULL;

  store_fixture_write (fixture, insert_log, NULL, NULL);
  for (gint64 i = 0; i < 30; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint j = 0; j < 300; j++)
      g_string_append_printf (text, "oline %" G_GINT64_FORMAT " of many\n", lines++);
    if (i == 10) {
      g_string_append_printf (text, "o%s\n", long_line);
      lines++;
    }
    append (fixture, text->str);
    g_string_append (all, text->str);
  }
  assert_lines (fixture, 0, -1, lines, all->str);
  assert_lines (fixture, 5000, 1, 1, "oline 5000 of many\n");
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  assert_lines (fixture, 0, -1, lines, all->str);
  assert_lines (fixture, lines - 1, -1, 1, "oline 9000 of many\n");
  g_assert_cmpint (sqlite3_prepare_v2 (fixture->store->writer->reader->logs->handle,
                                       "SELECT count (*), sum (bytes > 65536), sum (bytes)"
                                       " FROM blocks",
                                       -1, &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_int (statement, 0), <=, 10);
  g_assert_cmpint (sqlite3_column_int (statement, 1), ==, 1);
  g_assert_cmpint (sqlite3_column_int64 (statement, 2), ==, (gint64)all->len);
  sqlite3_finalize (statement);
}

/* a slow log is one row that is written anew */

static gboolean
has_stored (gpointer data)
{
  StoreFixture *fixture = data;

  return append (fixture, "") == 0;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_partial_block (StoreFixture *fixture, gconstpointer data)
{
  guint tick = g_timeout_add (20, on_tick, NULL);
  sqlite3_stmt *statement = NULL;

  store_fixture_write (fixture, insert_log, NULL, NULL);
  for (guint i = 0; i < 4; i++) {
    append (fixture, "oline\n");
    store_fixture_wait (has_stored, fixture);
  }
  g_source_remove (tick);
  store_fixture_flush (fixture);
  g_assert_cmpint (get_num_lines (fixture), ==, 4);
  sqlite3_prepare_v2 (fixture->store->writer->reader->logs->handle,
                      "SELECT count (*), sum (lines) FROM blocks", -1, &statement, NULL);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_int (statement, 0), ==, 1);
  g_assert_cmpint (sqlite3_column_int (statement, 1), ==, 4);
  sqlite3_finalize (statement);
}

/* the main file follows what is stored, also backwards */

static gboolean
lose_blocks (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_set (writer, belfry_log_get_type (), LOGID, "num_lines", 1000, NULL,
                            error) &&
         belfry_writer_set (writer, belfry_log_get_type (), LOGID, "complete", 1, NULL, error);
}

static void
test_set_back (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_write (fixture, insert_log, NULL, NULL);
  append (fixture, "oone\n");
  assert_lines (fixture, 0, -1, 1, "oone\n");
  store_fixture_write (fixture, lose_blocks, NULL, NULL);
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  g_assert_cmpint (get_num_lines (fixture), ==, 1);
}

/* flow: much through little memory */

typedef struct {
  StoreFixture *fixture;
  GBytes *chunk;
  guint chunk_lines;
  gint64 left;
  gboolean waiting;
  guint drained;
} Flow;

static gint64
get_resident_bytes (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;
  gint64 pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  words = g_strsplit (text, " ", -1);
  g_assert_true (g_ascii_string_to_signed (words[1], 10, 0, G_MAXINT32, &pages, NULL));
  return pages * sysconf (_SC_PAGESIZE);
}

/* A sanitizer keeps what was freed for a while. */
static gint64
get_allowed_bytes (void)
{
  gint64 kept_bytes = dlsym (RTLD_DEFAULT, "__asan_init") != NULL ? 256 * 1024 * 1024 : 0;

  return kept_bytes + 64 * 1024 * 1024;
}

static void
pour (Flow *flow)
{
  while (flow->left > 0 && !flow->waiting) {
    gsize waiting =
        belfry_store_log_append (flow->fixture->store, LOGID, flow->chunk, flow->chunk_lines);

    flow->left -= (gint64)g_bytes_get_size (flow->chunk);
    flow->waiting = waiting > 1024 * 1024;
  }
}

static void
on_drained (gint64 logid, gpointer data)
{
  Flow *flow = data;

  g_assert_cmpint (logid, ==, LOGID);
  flow->drained++;
  flow->waiting = FALSE;
  pour (flow);
}

static gboolean
is_poured (gpointer data)
{
  return ((Flow *)data)->left <= 0;
}

static GBytes *
make_chunk (guint *n_lines)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (*n_lines = 0; text->len < 64 * 1024; (*n_lines)++)
    g_string_append_printf (text,
                            "o[%u/9000] gcc -O2 -Wall -c source-%u.c -o objects/source-%u.o\n",
                            *n_lines, g_rand_int (random) % 100000, g_rand_int (random) % 1000);
  return g_string_free_to_bytes (text);
}

static void
test_flow (StoreFixture *fixture, gconstpointer data)
{
  gint64 megabytes = g_test_perf () ? 1000 : 20;
  Flow flow = { .fixture = fixture, .left = megabytes * 1024 * 1024 };
  gint64 before = get_resident_bytes ();
  gint64 started_us = g_get_monotonic_time ();
  double seconds = 0;
  gint64 wanted = 0;

  flow.chunk = make_chunk (&flow.chunk_lines);
  wanted = (flow.left / (gint64)g_bytes_get_size (flow.chunk) + 1) * flow.chunk_lines;
  store_fixture_write (fixture, insert_log, NULL, NULL);
  belfry_store_set_log_drained_func (fixture->store, on_drained, &flow);
  pour (&flow);
  store_fixture_wait (is_poured, &flow);
  g_assert_cmpuint (flow.drained, >, 0);
  g_assert_cmpint (get_resident_bytes () - before, <, get_allowed_bytes ());
  store_fixture_close (fixture);
  seconds = (double)(g_get_monotonic_time () - started_us) / G_USEC_PER_SEC;
  if (g_test_perf ())
    g_test_maximized_result ((double)megabytes / seconds, "%.0f MB/s", (double)megabytes / seconds);
  store_fixture_open (fixture);
  g_assert_cmpint (get_num_lines (fixture), ==, wanted);
  g_bytes_unref (flow.chunk);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/logs/" name, StoreFixture, NULL, store_fixture_set_up, func,                 \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("readable-at-once", test_readable_at_once);
  ADD ("unknown", test_unknown);
  ADD ("mask", test_mask);
  ADD ("last-line-without-end", test_last_line_without_end);
  ADD ("blocks", test_blocks);
  ADD ("partial-block", test_partial_block);
  ADD ("set-back", test_set_back);
  ADD ("flow", test_flow);
  return g_test_run ();
}
