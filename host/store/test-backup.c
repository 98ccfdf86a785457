/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backups: whole while others write, restored, never over anything, gone when they fail. */
#include "store/backup.h"
#include "store/store-fixture.h"
#include "store/store-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define N_CHANGES 2000

static gboolean
insert_change (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  belfry_record_set_text (&change->author, "ada");
  return belfry_writer_insert (writer, change, error);
}

static gboolean
insert_log (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryLog) log = belfry_log_new ();

  log->logid = *(gint64 *)data;
  log->stepid = 1;
  belfry_record_set_text (&log->name, "stdio");
  belfry_record_set_text (&log->slug, "stdio");
  belfry_record_set_text (&log->type, "s");
  return belfry_writer_insert (writer, log, error);
}

static void
append_line (StoreFixture *fixture, gint64 logid, const char *line)
{
  g_autoptr (GBytes) bytes = g_bytes_new (line, strlen (line));
  gint64 lines = 0;
  gint64 size = 0;

  belfry_store_log_append (fixture->store, logid, bytes, 1);
  belfry_store_log_finish (fixture->store, logid, &lines, &size);
}

typedef struct {
  JsonObject *answer;
  GError *error;
  gboolean done;
  BelfryStore *store;
} Outcome;

static void
on_backup (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->answer = belfry_store_backup_finish (outcome->store, result, &outcome->error);
  outcome->done = TRUE;
}

static gboolean
is_done (gpointer data)
{
  return ((Outcome *)data)->done;
}

static void
outcome_clear (Outcome *self)
{
  g_clear_pointer (&self->answer, json_object_unref);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
back_up (StoreFixture *fixture, const char *folder, Outcome *outcome)
{
  outcome->store = fixture->store;
  outcome->done = FALSE;
  belfry_store_backup_async (fixture->store, folder, on_backup, outcome);
  store_fixture_wait (is_done, outcome);
}

static gint64
ask_file (const char *folder, const char *name, const char *sql)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryDatabase) database = belfry_database_open (path, BELFRY_DATABASE_SOURCE, &error);
  gint64 answer = -1;

  g_assert_no_error (error);
  belfry_database_ask (database, sql, -1, &answer, &error);
  g_assert_no_error (error);
  return answer;
}

static void
assert_private (const char *path, mode_t mode)
{
  GStatBuf status = { 0 };

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, mode);
}

/* changes keep coming while it is made; what is in it is one moment of them */
static void
test_while_writing (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->directory, "backup", NULL);
  g_autofree char *file = g_build_filename (folder, "belfry.sqlite", NULL);
  g_auto (Outcome) outcome = { .store = fixture->store };
  gint64 copied = 0;

  for (int i = 0; i < N_CHANGES; i++)
    belfry_store_write (fixture->store, insert_change, NULL, NULL);
  belfry_store_backup_async (fixture->store, folder, on_backup, &outcome);
  for (int i = 0; i < N_CHANGES; i++)
    belfry_store_write (fixture->store, insert_change, NULL, NULL);
  store_fixture_wait (is_done, &outcome);
  g_assert_no_error (outcome.error);
  store_fixture_flush (fixture);
  copied = ask_file (folder, "belfry.sqlite", "SELECT count (*) FROM changes");
  g_assert_cmpint (copied, <=, 2 * N_CHANGES);
  g_assert_cmpint (ask_file (fixture->directory, "belfry.sqlite", "SELECT count (*) FROM changes"),
                   ==, 2 * N_CHANGES);
  g_assert_cmpint (ask_file (folder, "belfry.sqlite", "SELECT max (changeid) FROM changes"), ==,
                   copied == 0 ? -1 : copied);
  assert_private (folder, 0700);
  assert_private (file, 0600);
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (outcome.answer, "files")), ==, 2);
}

/* lines of a log that the copied records have not heard of would be another log's after a restore
 */
static void
test_later_logs (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->directory, "backup", NULL);
  g_auto (Outcome) outcome = { NULL };
  g_autoptr (GError) error = NULL;
  gint64 known = 7;

  g_assert_true (store_fixture_write (fixture, insert_log, &known, &error));
  g_assert_no_error (error);
  append_line (fixture, known, "ohello\n");
  append_line (fixture, known + 1, "olater\n");
  store_fixture_close (fixture);
  store_fixture_open (fixture);
  back_up (fixture, folder, &outcome);
  g_assert_no_error (outcome.error);
  g_assert_cmpint (ask_file (fixture->directory, "logs.sqlite", "SELECT count (*) FROM blocks"), ==,
                   2);
  g_assert_cmpint (ask_file (folder, "logs.sqlite", "SELECT count (*) FROM blocks"), ==, 1);
  g_assert_cmpint (ask_file (folder, "logs.sqlite", "SELECT logid FROM blocks"), ==, known);
}

static void
test_no_overwriting (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->directory, "backup", NULL);
  g_autofree char *path = g_build_filename (folder, "logs.sqlite", NULL);
  g_autofree char *other = g_build_filename (folder, "belfry.sqlite", NULL);
  g_autofree char *text = NULL;
  g_auto (Outcome) outcome = { NULL };

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  back_up (fixture, folder, &outcome);
  g_assert_error (outcome.error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
}

static void
test_one_at_a_time (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *first = g_build_filename (fixture->directory, "first", NULL);
  g_autofree char *second = g_build_filename (fixture->directory, "second", NULL);
  g_auto (Outcome) one = { .store = fixture->store };
  g_auto (Outcome) two = { .store = fixture->store };

  belfry_store_backup_async (fixture->store, first, on_backup, &one);
  belfry_store_backup_async (fixture->store, second, on_backup, &two);
  store_fixture_wait (is_done, &two);
  g_assert_error (two.error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT);
  store_fixture_wait (is_done, &one);
  g_assert_no_error (one.error);
  g_clear_error (&two.error);
  back_up (fixture, second, &two);
  g_assert_no_error (two.error);
}

static void
test_refusals (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (fixture->directory, "not", "there", NULL);
  const char *const folders[] = { "relative", nowhere, "/proc/1" };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_auto (Outcome) outcome = { NULL };

    back_up (fixture, folders[i], &outcome);
    g_assert_nonnull (outcome.error);
    g_assert_nonnull (strstr (outcome.error->message, folders[i]));
  }
}

/* damage is found when the copy is made, not when it is needed */
static void
test_damaged (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->directory, "belfry.sqlite", NULL);
  g_autofree char *folder = g_build_filename (fixture->directory, "backup", NULL);
  g_autofree char *copy = g_build_filename (folder, "belfry.sqlite", NULL);
  g_autofree char *partial = g_strconcat (copy, ".partial", NULL);
  g_autoptr (JsonObject) answer = json_object_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size = 0;

  for (int i = 0; i < N_CHANGES; i++)
    belfry_store_write (fixture->store, insert_change, NULL, NULL);
  store_fixture_flush (fixture);
  store_fixture_close (fixture);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  memset (bytes + 4096, 0x5a, size - 4096);
  g_assert_true (g_file_set_contents (path, bytes, (gssize)size, NULL));
  g_assert_false (belfry_backup_make_of_file (path, folder, answer, &error));
  g_assert_nonnull (error);
  g_assert_false (g_file_test (copy, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
}

static void
test_restored (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->directory, "backup", NULL);
  g_auto (Outcome) outcome = { NULL };
  g_autoptr (GError) error = NULL;
  BelfryStoreSettings settings = { .directory = folder };
  g_autoptr (BelfryStore) restored = NULL;

  belfry_store_write (fixture->store, insert_change, NULL, NULL);
  store_fixture_flush (fixture);
  back_up (fixture, folder, &outcome);
  g_assert_no_error (outcome.error);
  restored = belfry_store_open (&settings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ask_file (folder, "belfry.sqlite", "SELECT count (*) FROM changes"), ==, 1);
  g_assert_cmpint (ask_file (folder, "belfry.sqlite", "PRAGMA auto_vacuum"), ==, 2);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/store/backup/" name, StoreFixture, NULL, store_fixture_set_up, function,           \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  umask (077);
  g_test_init (&argc, &argv, NULL);
  ADD ("while-writing", test_while_writing);
  ADD ("later-logs", test_later_logs);
  ADD ("no-overwriting", test_no_overwriting);
  ADD ("one-at-a-time", test_one_at_a_time);
  ADD ("refusals", test_refusals);
  ADD ("damaged", test_damaged);
  ADD ("restored", test_restored);
  return g_test_run ();
}
