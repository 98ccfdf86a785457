/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a store survives: a kill in the middle, a full disk, a damaged file, a newer or changed
 * schema. Stores that die live in children.
 */
#include "store/store-fixture.h"
#include "store/store-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
insert_change (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  belfry_record_set_text (&change->author, "someone");
  return belfry_writer_insert (writer, change, error);
}

static BelfryStore *
open_store (const char *directory, GError **error)
{
  BelfryStoreSettings settings = { .directory = directory };

  return belfry_store_open (&settings, error);
}

static gint64
count_rows (const char *directory, const char *sql)
{
  g_autofree char *path = g_build_filename (directory, "belfry.sqlite", NULL);
  g_autoptr (BelfryDatabase) database = belfry_database_open (path, BELFRY_DATABASE_READER, NULL);
  gint64 rows = 0;

  g_assert_true (belfry_database_ask (database, sql, 0, &rows, NULL));
  return rows;
}

/* killed: each write that was answered is there, and ids go on */

typedef struct {
  BelfryStore *store;
  int fd;
} Child;

static void write_next (Child *child);

static void
on_child_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Child *child = user_data;

  if (!belfry_store_write_finish (child->store, result, NULL) || write (child->fd, "w", 1) != 1)
    _exit (1);
  write_next (child);
}

static void
write_next (Child *child)
{
  belfry_store_write_async (child->store, insert_change, NULL, NULL, NULL, on_child_written, child);
}

static void
run_child_that_writes (const char *directory, int fd)
{
  Child child = { open_store (directory, NULL), fd };

  for (guint i = 0; child.store != NULL && i < 8; i++)
    write_next (&child);
  while (child.store != NULL)
    g_main_context_iteration (NULL, TRUE);
  _exit (1);
}

static gint64
kill_in_the_middle (const char *directory)
{
  int pipe_fds[2];
  gint64 answered = 0;
  char byte = 0;
  pid_t pid = 0;

  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  pid = fork ();
  if (pid == 0)
    run_child_that_writes (directory, pipe_fds[1]);
  close (pipe_fds[1]);
  while (answered < 100 && read (pipe_fds[0], &byte, 1) == 1)
    answered++;
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  while (read (pipe_fds[0], &byte, 1) == 1)
    answered++;
  close (pipe_fds[0]);
  return answered;
}

static void
test_kill (void)
{
  g_autofree char *directory = g_dir_make_tmp ("belfry-kill-XXXXXX", NULL);
  gint64 answered = 0;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (BelfryStore) store = NULL;
    g_autoptr (GError) error = NULL;
    gint64 rows = 0;

    answered += kill_in_the_middle (directory);
    store = open_store (directory, &error);
    g_assert_no_error (error);
    rows = count_rows (directory, "SELECT count(*) FROM changes");
    g_assert_cmpint (rows, >=, answered);
    g_assert_cmpint (count_rows (directory, "SELECT max(changeid) FROM changes"), >=, rows);
    g_assert_cmpint (count_rows (directory, "SELECT next FROM counters WHERE name = 'changes'"), ==,
                     count_rows (directory, "SELECT max(changeid) + 1 FROM changes"));
  }
  g_assert_cmpint (answered, >=, 300);
  store_fixture_remove_folder (directory);
}

/* a full disk: those who wait are told, what nobody waits for is kept, and it ends by itself */

typedef struct {
  gboolean answered;
  GError *error;
} Answer;

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  belfry_store_write_finish (NULL, result, &answer->error);
  answer->answered = TRUE;
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *)data)->answered;
}

static gboolean
insert_large (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  change->comments = g_strnfill (300 * 1024, 'x');
  return belfry_writer_insert (writer, change, error);
}

static void
set_file_limit (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static gboolean
is_writable (gpointer data)
{
  return !belfry_store_is_pressed (data);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_full_subprocess (void)
{
  g_autofree char *directory = g_dir_make_tmp ("belfry-full-XXXXXX", NULL);
  g_autoptr (BelfryStore) store = open_store (directory, NULL);
  g_autoptr (GError) error = NULL;
  Answer answer = { FALSE, NULL };
  Answer kept = { FALSE, NULL };
  guint tick = g_timeout_add (50, on_tick, NULL);
  gint64 started_us = g_get_monotonic_time ();

  signal (SIGXFSZ, SIG_IGN);
  /* warnings about the disk are wanted here */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  set_file_limit (600 * 1024);
  for (guint i = 0; i < 4; i++)
    belfry_store_write (store, insert_large, NULL, NULL);
  belfry_store_write_async (store, insert_change, NULL, NULL, NULL, on_answered, &answer);
  store_fixture_wait (is_answered, &answer);
  g_assert_error (answer.error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_clear_error (&answer.error);
  g_assert_cmpint (g_get_monotonic_time () - started_us, >=, 4 * G_USEC_PER_SEC);
  g_assert_true (belfry_store_is_pressed (store));
  set_file_limit (RLIM_INFINITY);
  store_fixture_wait (is_writable, store);
  belfry_store_write_async (store, insert_change, NULL, NULL, NULL, on_answered, &kept);
  store_fixture_wait (is_answered, &kept);
  g_assert_no_error (kept.error);
  g_source_remove (tick);
  g_clear_pointer (&store, belfry_store_close);
  g_assert_cmpint (count_rows (directory, "SELECT count(*) FROM changes"), ==, 5);
  store_fixture_remove_folder (directory);
}

static void
test_full (void)
{
  if (g_test_subprocess ()) {
    test_full_subprocess ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* less room than is wanted: nothing is taken in, nothing is lost */

static gboolean
is_pressed (gpointer data)
{
  return belfry_store_is_pressed (data);
}

static void
test_min_free (void)
{
  g_autofree char *directory = g_dir_make_tmp ("belfry-free-XXXXXX", NULL);
  BelfryStoreSettings settings = { .directory = directory, .min_free_bytes = G_MAXINT64 };
  g_autoptr (BelfryStore) store = belfry_store_open (&settings, NULL);
  guint tick = g_timeout_add (20, on_tick, NULL);
  BelfryStoreStatus status;

  store_fixture_wait (is_pressed, store);
  belfry_store_get_status (store, &status);
  g_assert_false (status.writable);
  g_assert_nonnull (status.reason);
  belfry_store_status_clear (&status);
  belfry_store_write (store, insert_change, NULL, NULL);
  g_source_remove (tick);
  g_clear_pointer (&store, belfry_store_close);
  g_assert_cmpint (count_rows (directory, "SELECT count(*) FROM changes"), ==, 1);
  store_fixture_remove_folder (directory);
}

/* damage */

static void
on_corrupt (const char *reason, gpointer data)
{
  char **told = data;

  g_assert_null (*told);
  *told = g_strdup (reason);
}

static gboolean
is_told (gpointer data)
{
  return *(char **)data != NULL;
}

static gboolean
make_damage (BelfryWriter *writer, gpointer data, GError **error)
{
  sqlite3_stmt *statement = NULL;

  /* the table's root page becomes one that is no table */
  if (!belfry_database_execute (writer->database,
                                "PRAGMA writable_schema = ON;"
                                "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'changes';"
                                "PRAGMA writable_schema = RESET",
                                error))
    return FALSE;
  statement = belfry_writer_prepare (writer, "DELETE FROM changes", error);
  return statement != NULL && belfry_writer_step (writer, statement, NULL, error) &&
         insert_change (writer, NULL, error);
}

static void
test_corrupt_subprocess (void)
{
  g_autofree char *directory = g_dir_make_tmp ("belfry-corrupt-XXXXXX", NULL);
  g_autoptr (BelfryStore) store = open_store (directory, NULL);
  g_autofree char *told = NULL;
  Answer answer = { FALSE, NULL };

  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  belfry_store_set_corrupt_func (store, on_corrupt, &told);
  belfry_store_write (store, make_damage, NULL, NULL);
  store_fixture_wait (is_told, &told);
  belfry_store_write_async (store, insert_change, NULL, NULL, NULL, on_answered, &answer);
  store_fixture_wait (is_answered, &answer);
  g_assert_error (answer.error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL);
  g_clear_error (&answer.error);
  g_clear_pointer (&store, belfry_store_close);
  store_fixture_remove_folder (directory);
}

static void
test_corrupt (void)
{
  if (g_test_subprocess ()) {
    test_corrupt_subprocess ();
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* migrations */

typedef struct {
  char *data;   /* copy of the data folder */
  char *schema; /* in it */
  char *store;
} Migrating;

static void
migrating_set_up (Migrating *self, gconstpointer data)
{
  const char *shipped = g_getenv ("BELFRY_DATA_DIR");
  g_autofree char *folder = g_build_filename (shipped, "schema", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = NULL;

  self->data = g_dir_make_tmp ("belfry-data-XXXXXX", NULL);
  self->store = g_dir_make_tmp ("belfry-store-XXXXXX", NULL);
  self->schema = g_build_filename (self->data, "schema", NULL);
  g_mkdir (self->schema, 0700);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *from = g_build_filename (folder, name, NULL);
    g_autofree char *to = g_build_filename (self->schema, name, NULL);
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
    g_assert_true (g_file_set_contents (to, text, -1, NULL));
  }
  g_setenv ("BELFRY_DATA_DIR", self->data, TRUE);
}

static void
migrating_tear_down (Migrating *self, gconstpointer data)
{
  g_autofree char *shipped = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "data", NULL);

  g_setenv ("BELFRY_DATA_DIR", shipped, TRUE);
  store_fixture_remove_folder (self->schema);
  store_fixture_remove_folder (self->data);
  store_fixture_remove_folder (self->store);
  g_free (self->data);
  g_free (self->schema);
  g_free (self->store);
}

static void
write_migration (Migrating *self, const char *name, const char *sql)
{
  g_autofree char *path = g_build_filename (self->schema, name, NULL);

  g_assert_true (g_file_set_contents (path, sql, -1, NULL));
}

static guint
count_copies (Migrating *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->store, 0, NULL);
  const char *name = NULL;
  guint copies = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    copies += g_str_has_prefix (name, "belfry-before-") ? 1 : 0;
  return copies;
}

static void
open_and_close (Migrating *self, int wanted_error)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryStore) store = open_store (self->store, &error);

  if (wanted_error < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, BELFRY_ERROR, wanted_error);
}

static void
test_upgrade (Migrating *self, gconstpointer data)
{
  open_and_close (self, -1);
  open_and_close (self, -1);
  g_assert_cmpuint (count_copies (self), ==, 0);
  write_migration (self, "core-002-more.sql",
                   "CREATE TABLE more (a); INSERT INTO more VALUES (1);");
  open_and_close (self, -1);
  open_and_close (self, -1);
  g_assert_cmpuint (count_copies (self), ==, 1);
  g_assert_cmpint (count_rows (self->store, "SELECT count(*) FROM more"), ==, 1);
}

static void
test_interrupted_upgrade (Migrating *self, gconstpointer data)
{
  open_and_close (self, -1);
  write_migration (self, "core-002-more.sql", "CREATE TABLE more (a);");
  write_migration (self, "core-003-bad.sql", "CREATE TABLE other (a); NONSENSE;");
  open_and_close (self, BELFRY_ERROR_INTERNAL);
  g_assert_cmpint (
      count_rows (self->store, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"), ==, 0);
  write_migration (self, "core-003-bad.sql", "CREATE TABLE other (a);");
  open_and_close (self, -1);
  g_assert_cmpint (count_rows (self->store, "SELECT count(*) FROM more"), ==, 0);
}

static void
test_newer_database (Migrating *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->schema, "core-002-more.sql", NULL);

  write_migration (self, "core-002-more.sql", "CREATE TABLE more (a);");
  open_and_close (self, -1);
  g_remove (path);
  open_and_close (self, BELFRY_ERROR_UNSUPPORTED);
}

static void
test_changed_digest (Migrating *self, gconstpointer data)
{
  write_migration (self, "core-002-more.sql", "CREATE TABLE more (a);");
  open_and_close (self, -1);
  write_migration (self, "core-002-more.sql", "CREATE TABLE more (b);");
  open_and_close (self, BELFRY_ERROR_UNSUPPORTED);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/migrate/" name, Migrating, NULL, migrating_set_up, func, migrating_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/crash/kill", test_kill);
  g_test_add_func ("/store/crash/full-disk", test_full);
  g_test_add_func ("/store/crash/min-free", test_min_free);
  g_test_add_func ("/store/crash/corrupt", test_corrupt);
  ADD ("upgrade", test_upgrade);
  ADD ("interrupted", test_interrupted_upgrade);
  ADD ("newer-database", test_newer_database);
  ADD ("changed-digest", test_changed_digest);
  return g_test_run ();
}
