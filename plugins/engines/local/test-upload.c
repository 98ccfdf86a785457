/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step upload: what is taken, what is refused, what stays and for how long. */
#include "test-fixture.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#define HEAD "[engine local]\n[builder b]\n"

static char *
list_rows (Fixture *self)
{
  g_autoptr (GPtrArray) rows = fake_store_list (self->store, belfry_artifact_get_type ());
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++) {
    const BelfryArtifact *row = g_ptr_array_index (rows, i);

    g_string_append_printf (text, "%s %d\n", row->path, (int)row->bytes);
  }
  return g_string_free (text, FALSE);
}

static char *
dup_url (Fixture *self, const char *step)
{
  return belfry_json_to_text (fake_host_find_step (self->host, step)->urls);
}

static void
test_folder (Fixture *self, gconstpointer data)
{
  g_autofree char *rows = NULL;
  g_autofree char *files = NULL;
  g_autofree char *url = NULL;
  g_autofree char *log = NULL;

  (void)data;
  g_assert_cmpint (
      fixture_build (self, HEAD
                     "steps=make;keep\n"
                     "[step make]\nscript=mkdir -p dist/sub; printf 12345 > dist/a; printf x > "
                     "'dist/sub/b c'; chmod 755 dist/a; ln -s /etc/passwd dist/out; mkfifo "
                     "dist/pipe; ln -s / dist/root\n"
                     "[step keep]\nkind=upload\nsource=dist\nlink=packages\n"
                     "destination=%(prop:buildername)s/%(prop:buildnumber)s\nkeep=1h\n")
          ->results,
      ==, BELFRY_RESULT_SUCCESS);
  rows = list_rows (self);
  files =
      fixture_shell (self, "cd artifacts; find b -printf '%%p %%y %%m\n' | sort; ls -A .incoming");
  url = dup_url (self, "keep");
  log = fixture_log (self, "keep");
  fixture_assert_has (rows, "b/0/a 5\n");
  fixture_assert_has (rows, "b/0/sub/b c 1\n");
  g_assert_cmpstr (files, ==, "b d 755\nb/0 d 755\nb/0/a f 755\nb/0/sub d 755\nb/0/sub/b c f 644");
  g_assert_cmpstr (url, ==,
                   "[{\"name\":\"packages\",\"url\":\"https://ci.example.org/builders/b/builds/0/"
                   "artifacts/b/0/\"}]");
  fixture_assert_has (log, "left out 'out': no regular file");
  fixture_assert_has (log, "left out 'pipe'");
  fixture_assert_has (log, "left out 'root'");
}

static void
test_globs (Fixture *self, gconstpointer data)
{
  g_autofree char *rows = NULL;
  g_autofree char *url = NULL;

  (void)data;
  g_assert_cmpint (fixture_build (self, HEAD
                                  "steps=make;upload:**/*.log;one;none\n"
                                  "[step make]\nscript=mkdir -p x/y; touch a.log x/b.log x/y/c.log "
                                  "x/y/d.txt\n"
                                  "[step one]\nkind=upload\nsource=x/y/d.txt\n"
                                  "[step none]\nkind=upload\nsource=*.none\nif-missing=skip\n")
                       ->results,
                   ==, BELFRY_RESULT_SUCCESS);
  rows = list_rows (self);
  url = dup_url (self, "one");
  fixture_assert_has (rows, "b/0/one/d.txt 0\n");
  fixture_assert_has (rows, "/x/b.log 0\n");
  fixture_assert_has (rows, "/x/y/c.log 0\n");
  g_assert_null (strstr (rows, "/x/y/d.txt"));
  fixture_assert_has (url, "/artifacts/b/0/one/d.txt\"");
  g_assert_cmpint (fake_host_find_step (self->host, "none")->results, ==, BELFRY_RESULT_SKIPPED);
}

static gboolean
has_begun (FakeHost *host, gpointer data)
{
  const char *root = data;
  g_autofree char *path = g_build_filename (root, "artifacts", ".incoming", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  (void)host;
  return folder != NULL && g_dir_read_name (folder) != NULL;
}

static gboolean
on_tick (gpointer data)
{
  (void)data;
  return G_SOURCE_CONTINUE;
}

/* More than a disk takes in before the stop comes. A file tells nobody that it grows. */
static void
test_stopped (Fixture *self, gconstpointer data)
{
  BelfryControl stop = { .action = "stop", .id = BELFRY_NONE, .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  g_autofree char *left = NULL;
  g_autofree char *rows = NULL;
  guint tick = g_timeout_add (5, on_tick, NULL);

  (void)data;
  fixture_begin (self, HEAD "steps=make;keep\n[step make]\ncommand=truncate -s 8G f\n"
                            "[step keep]\nkind=upload\nsource=f\nmax-size=9GiB\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, has_begun, self->folder);
  g_source_remove (tick);
  answer = fake_host_control (self->host, &stop);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_cmpint (fake_host_find_step (self->host, "keep")->results, ==, BELFRY_RESULT_CANCELLED);
  rows = list_rows (self);
  g_assert_cmpstr (rows, ==, "");
  fixture_end (self);
  left = fixture_shell (self, "find artifacts -type f");
  g_assert_cmpstr (left, ==, "");
}

/* The engine's writing stops at a limit as it does where a disk or a quota is full. */
static void
test_no_room (Fixture *self, gconstpointer data)
{
  struct rlimit before = { 0 };
  struct rlimit little = { 0 };
  g_autofree char *left = NULL;
  g_autofree char *log = NULL;

  (void)data;
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  little = before;
  little.rlim_cur = 1024 * 1024;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &little), ==, 0);
  fixture_build (self, HEAD "steps=make;keep\n[step make]\nscript=ulimit -S -f unlimited; mkdir d; "
                            "echo x > d/a; truncate -s 2M d/b\n"
                            "[step keep]\nkind=upload\nsource=d\n");
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_cmpint (fake_host_find_step (self->host, "make")->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (fake_host_find_step (self->host, "keep")->results, ==, BELFRY_RESULT_FAILURE);
  log = fixture_log (self, "keep");
  fixture_assert_has (log, "copying 'b'");
  fixture_end (self);
  left = fixture_shell (self, "find artifacts -type f");
  g_assert_cmpstr (left, ==, "");
}

static gboolean
was_told (FakeHost *host, gpointer data)
{
  for (guint i = 0; i < host->store->event_data->len; i++) {
    if (strstr (g_ptr_array_index (host->store->event_data, i), data) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* Builds and artifacts may lie on different disks: either may be full. */
static void
test_waits_for_room (Fixture *self, gconstpointer data)
{
  struct statvfs here = { 0 };
  struct statvfs there = { 0 };
  gint64 here_bytes = 0;
  gint64 there_bytes = 0;
  g_autofree char *configuration = NULL;

  (void)data;
  if (statvfs (self->folder, &here) != 0 || statvfs ("/sys", &there) != 0) {
    g_test_skip ("there is no second file system");
    return;
  }
  here_bytes = (gint64)here.f_bavail * (gint64)here.f_frsize;
  there_bytes = (gint64)there.f_bavail * (gint64)there.f_frsize;
  g_assert_cmpint (there_bytes, <, 1024 * 1024);
  g_assert_cmpint (here_bytes, >, 1024 * 1024);
  configuration =
      g_strdup_printf ("[engine local]\nmin-free=1MiB\nartifacts=%s\n[builder b]\nrepository=none\n"
                       "steps=command:true\n[force f]\nbuilders=b\n",
                       "/sys/belfry-artifacts");
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  fake_host_wait (self->host, was_told, (gpointer) "disk space for artifacts");
}

static const struct {
  const char *keys;
  gint64 result;
  const char *words;
} refusals[] = {
  { "source=../..", BELFRY_RESULT_EXCEPTION, "does not lie below" },
  { "source=/etc", BELFRY_RESULT_EXCEPTION, "does not lie below" },
  { "source=link", BELFRY_RESULT_FAILURE, "nothing to be uploaded" },
  { "source=link/passwd", BELFRY_RESULT_FAILURE, "nothing to be uploaded" },
  { "source=absent", BELFRY_RESULT_FAILURE, "nothing to be uploaded" },
  { "source=many\nmax-files=20", BELFRY_RESULT_FAILURE, "more files than max-files" },
  { "source=most", BELFRY_RESULT_FAILURE, "more files than max-files" },
  { "source=big\nmax-size=1kB", BELFRY_RESULT_FAILURE, "larger than max-size" },
  { "source=big\ndestination=../x", BELFRY_RESULT_EXCEPTION, "does not lie below" },
  { "source=big\ndestination=.incoming/x", BELFRY_RESULT_EXCEPTION, "does not lie below" },
};

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *left = NULL;

  (void)data;
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autofree char *configuration = g_strdup_printf (
        HEAD "steps=make;keep\n[step make]\nscript=ln -sfn /etc link; mkdir -p many; for i in "
             "$(seq 21); do touch many/$i; done; head -c 2000 /dev/zero > big; "
             "mkdir -p most; cd most; seq 10001 | xargs touch\n"
             "[step keep]\nkind=upload\n%s\n",
        refusals[i].keys);
    g_autofree char *log = NULL;

    fixture_begin (self, configuration);
    fixture_force (self, "b");
    g_assert_cmpint (fake_host_wait_build (self->host, (gint64)i)->results, ==, refusals[i].result);
    log = fixture_log (self, "keep");
    fixture_assert_has (log, refusals[i].words);
    fixture_end (self);
  }
  left = fixture_shell (self, "find artifacts -type f");
  g_assert_cmpstr (left, ==, "");
}

static void
test_overwrite (Fixture *self, gconstpointer data)
{
  gboolean overwrite = data != NULL;
  g_autofree char *configuration = g_strdup_printf (
      HEAD "steps=make;keep\n[step make]\nscript=echo $BELFRY_BUILD > f$BELFRY_BUILD\n"
           "[step keep]\nkind=upload\nsource=f*\ndestination=same/place\noverwrite=%s\n",
      overwrite ? "true" : "false");
  g_autofree char *files = NULL;

  fixture_build (self, configuration);
  fixture_force (self, "b");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==,
                   overwrite ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE);
  files = fixture_shell (self, "cd artifacts; ls same/place");
  g_assert_cmpstr (files, ==, overwrite ? "f0\nf1" : "f0");
}

static gboolean
is_gone (FakeHost *host, gpointer data)
{
  g_autofree char *path = g_build_filename (host->folder, data, NULL);

  return !g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Files go when their rows have gone; half an upload of a host that died goes at its start. */
static void
test_retention (Fixture *self, gconstpointer data)
{
  const char *configuration =
      HEAD "keep-artifacts=2h\nsteps=make;first;second\n[step make]\nscript=echo x > f\n"
           "[step first]\nkind=upload\nsource=f\n[step second]\nkind=upload\nsource=f\nkeep=1h\n";
  g_autoptr (GPtrArray) rows = NULL;
  const BelfryArtifact *first = NULL;
  const BelfryArtifact *second = NULL;

  (void)data;
  fixture_build (self, configuration);
  fixture_end (self);
  rows = fake_store_list (self->store, belfry_artifact_get_type ());
  g_assert_cmpuint (rows->len, ==, 2);
  first = g_ptr_array_index (rows, 0);
  second = g_ptr_array_index (rows, 1);
  g_assert_cmpint (first->expires_at - second->expires_at, >, 3500 * (gint64)G_USEC_PER_SEC);
  fake_store_remove (self->store, belfry_artifact_get_type (), first->artifactid);
  g_free (
      fixture_shell (self, "mkdir -p artifacts/.incoming/99-0; touch artifacts/.incoming/99-0/f"));
  fixture_begin (self, configuration);
  fake_host_wait (self->host, is_gone, (gpointer) "artifacts/b/0/first");
  fake_host_wait (self->host, is_gone, (gpointer) "artifacts/.incoming");
  g_free (fixture_shell (self, "test -f artifacts/b/0/second/f"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("upload/folder", NULL, test_folder);
  FIXTURE_ADD ("upload/globs", NULL, test_globs);
  FIXTURE_ADD ("upload/refused", NULL, test_refused);
  FIXTURE_ADD ("upload/stopped", NULL, test_stopped);
  FIXTURE_ADD ("upload/no-room", NULL, test_no_room);
  FIXTURE_ADD ("upload/waits-for-room", NULL, test_waits_for_room);
  FIXTURE_ADD ("upload/exists", NULL, test_overwrite);
  FIXTURE_ADD ("upload/overwrite", "yes", test_overwrite);
  FIXTURE_ADD ("upload/retention", NULL, test_retention);
  return g_test_run ();
}
