/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people ask of the engine, each thing twice; and the order of everything it says. */
#include "test-fixture.h"
#include <glib/gstdio.h>
#include <string.h>

#define SLOW "[step s]\nscript=echo ready; while ! test -e ../../go; do sleep 0.05; done\n"

static BelfryControlAnswer *
ask (Fixture *self, const char *action, const char *name, gint64 id)
{
  gboolean of_worker = g_str_equal (action, "pause") || g_str_equal (action, "unpause") ||
                       g_str_equal (action, "graceful");
  gboolean of_scheduler = g_str_equal (action, "enable") || g_str_equal (action, "disable");
  BelfryControl control = { .action = action, .id = id, .who = "Tester" };

  if (of_worker)
    control.worker = name;
  else if (of_scheduler)
    control.scheduler = name;
  else
    control.builder = name;
  return fake_host_control (self->host, &control);
}

static void
expect (Fixture *self, const char *action, const char *name, gint64 id, const char *message)
{
  g_autoptr (BelfryControlAnswer) answer = ask (self, action, name, id);

  g_test_message ("%s: %s", action, answer->message);
  g_assert_cmpstr (answer->message, ==, message);
}

static gboolean
is_ready (FakeHost *host, gpointer data)
{
  g_autofree char *log = fake_store_step_log (host->store, data);

  return strstr (log, "oready\n") != NULL;
}

static guint
count_builds (Fixture *self)
{
  g_autoptr (GPtrArray) builds = fake_store_list (self->store, belfry_build_get_type ());

  return builds->len;
}

static BelfryBuildRequest *
find_request (Fixture *self, gint64 id)
{
  return fake_store_find (self->store, belfry_build_request_get_type (), id);
}

static void
settle (void)
{
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
let_go (Fixture *self)
{
  g_autofree char *mark = g_build_filename (self->folder, "builds", "local", "go", NULL);

  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
}

static void
test_stop_each (Fixture *self, gconstpointer data)
{
  const BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=s\n" SLOW);
  expect (self, "stop", NULL, 4711, "there is no build 4711");
  expect (self, "cancel", NULL, 4711, "there is no request 4711");
  expect (self, "stop", "b", BELFRY_NONE, "nothing runs");
  expect (self, "cancel", "b", BELFRY_NONE, "nothing waits");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  expect (self, "stop", NULL, BELFRY_NONE, "stopping");
  build = fake_host_wait_build (self->host, 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_CANCELLED);
  expect (self, "stop", NULL, build->buildid, "already finished");
  expect (self, "cancel", NULL, build->buildrequestid, "already finished");
}

static void
test_cancel_all (Fixture *self, gconstpointer data)
{
  gint64 first = 0;
  gint64 second = 0;
  g_autoptr (BelfryControlAnswer) answer = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[worker w]\n[builder b]\nsteps=command:true\n"
                       "[builder c]\nsteps=command:true\n");
  expect (self, "pause", "w", BELFRY_NONE, "paused");
  first = fixture_force (self, "b");
  second = fixture_force (self, "c");
  answer = ask (self, "cancel", "c", BELFRY_NONE);
  g_assert_cmpint (json_object_get_int_member (answer->data, "requests"), ==, 1);
  g_assert_cmpint (find_request (self, second)->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_false (find_request (self, first)->complete);
  expect (self, "cancel", NULL, BELFRY_NONE, "cancelled");
  expect (self, "cancel", NULL, BELFRY_NONE, "nothing waits");
  expect (self, "unpause", "w", BELFRY_NONE, "takes builds");
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 0);
}

static void
test_stop_change (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) change = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[worker w]\n[builder b]\nrepository=/srv/x\n"
                       "steps=command:true\n[scheduler x]\ntype=any-branch\nbuilders=b\n");
  expect (self, "pause", "w", BELFRY_NONE, "paused");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abc");
  fake_host_give_change (self->host, change);
  expect (self, "stop-change", "b", change->changeid + 1000, "nothing waits");
  expect (self, "stop-change", "b", change->changeid, "cancelled");
  expect (self, "stop-change", "b", change->changeid, "nothing waits");
}

static void
test_graceful (Fixture *self, gconstpointer data)
{
  static const char configuration[] =
      "[engine local]\n[worker local]\nmax-builds=2\n[builder b]\nsteps=s\n[builder "
      "c]\nsteps=command:true\n" SLOW;
  const BelfryWorker *worker = NULL;

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  expect (self, "graceful", "local", BELFRY_NONE, "stops when its builds end");
  expect (self, "graceful", "local", BELFRY_NONE, "stops when its builds end");
  expect (self, "graceful", "none", BELFRY_NONE, "there is no worker 'none'");
  fixture_force (self, "c");
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 1);
  let_go (self);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
  /* it is still so after a restart */
  fixture_end (self);
  fixture_begin (self, configuration);
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 1);
  worker = fake_store_find (self->store, belfry_worker_get_type (),
                            GPOINTER_TO_INT (g_hash_table_lookup (self->store->names, "local")));
  g_assert_true (worker->graceful);
  g_assert_true (worker->paused);
  expect (self, "unpause", "local", BELFRY_NONE, "takes builds");
}

static void
test_ping (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryControlAnswer) answer = NULL;
  g_autofree char *folder = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=command:true\n");
  answer = ask (self, "ping", "b", BELFRY_NONE);
  g_assert_cmpstr (json_object_get_string_member (answer->data, "local"), ==, "ok");
  g_assert_true (
      g_ptr_array_find_with_equal_func (self->store->events, "builder-event", g_str_equal, NULL));
  expect (self, "ping", "none", BELFRY_NONE, "there is no builder 'none'");
}

/* A worker whose folder cannot be made takes no builds until it can. */
static void
test_offline (Fixture *self, gconstpointer data)
{
  g_autofree char *builds = g_build_filename (self->folder, "builds", NULL);
  g_autofree char *blocked = g_build_filename (builds, "w", NULL);
  g_autoptr (BelfryControlAnswer) before = NULL;
  g_autoptr (BelfryControlAnswer) after = NULL;

  (void)data;
  g_assert_cmpint (g_mkdir (builds, 0700), ==, 0);
  g_assert_true (g_file_set_contents (blocked, "", 0, NULL));
  fixture_begin (self, "[engine local]\n[worker w]\n[builder b]\nsteps=command:true\n");
  fixture_force (self, "b");
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 0);
  before = ask (self, "ping", "b", BELFRY_NONE);
  g_assert_cmpstr (json_object_get_string_member (before->data, "w"), ==,
                   "its folder cannot be written");
  g_assert_cmpint (g_unlink (blocked), ==, 0);
  after = ask (self, "ping", "b", BELFRY_NONE);
  g_assert_cmpstr (json_object_get_string_member (after->data, "w"), ==, "ok");
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_switch (Fixture *self, gconstpointer data)
{
  static const char configuration[] =
      "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
      "[scheduler x]\ntype=any-branch\nbuilders=b\n";
  g_autoptr (BelfryChange) first = NULL;
  g_autoptr (BelfryChange) second = NULL;

  (void)data;
  fixture_begin (self, configuration);
  expect (self, "disable", "x", BELFRY_NONE, "disabled");
  expect (self, "disable", "x", BELFRY_NONE, "disabled");
  expect (self, "disable", "y", BELFRY_NONE, "there is no scheduler 'y'");
  fixture_end (self);
  fixture_begin (self, configuration);
  first = fake_store_add_change (self->store, "/srv/x", "main", "abc");
  fake_host_give_change (self->host, first);
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 0);
  expect (self, "enable", "x", BELFRY_NONE, "enabled");
  second = fake_store_add_change (self->store, "/srv/x", "main", "def");
  fake_host_give_change (self->host, second);
  fake_host_wait_build (self->host, 0);
}

static void
test_shutdown (Fixture *self, gconstpointer data)
{
  gint64 waiting = 0;

  (void)data;
  fixture_begin (
      self,
      "[engine local]\nmax-builds=2\n[builder b]\nsteps=s\n[builder c]\nsteps=command:true\n" SLOW);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  expect (self, "shutdown", NULL, BELFRY_NONE, "no more builds are started");
  waiting = fixture_force (self, "c");
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 1);
  g_assert_false (find_request (self, waiting)->claimed);
  let_go (self);
  fake_host_wait_build (self->host, 0);
  settle ();
  expect (self, "shutdown", NULL, BELFRY_NONE, "no builds run");
  expect (self, "cancel-shutdown", NULL, BELFRY_NONE, "builds are started again");
  expect (self, "cancel-shutdown", NULL, BELFRY_NONE, "builds are started again");
  g_assert_true (g_ptr_array_find_with_equal_func (self->store->events, "host-shutting-down",
                                                   g_str_equal, NULL));
}

static gboolean
is_over (FakeHost *host, gpointer data)
{
  const BelfryStep *step = fake_host_find_step (host, data);

  return step != NULL && step->complete;
}

/* What a parked build waits for is started, or it would never end. */
static void
test_shutdown_with_children (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, "[engine local]\nmax-builds=1\n[builder b]\nsteps=s;t\n"
                       "[builder c]\nsteps=command:true\n" SLOW
                       "[step t]\nschedulers=tc\nwait-for-finish=true\n"
                       "[scheduler tc]\ntype=triggerable\nbuilders=c\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  expect (self, "shutdown", NULL, BELFRY_NONE, "no more builds are started");
  let_go (self);
  fake_host_wait (self->host, is_over, (gpointer) "t");
  g_assert_cmpint (fake_host_find_step (self->host, "t")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_shutdown_retry (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonObject) arguments = json_object_new ();
  BelfryControl control = {
    .action = "shutdown", .id = BELFRY_NONE, .who = "Tester", .arguments = arguments
  };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  gint64 id = 0;

  (void)data;
  fixture_begin (self, "[engine local]\non-stop=cancel\n[builder b]\nsteps=s\n" SLOW);
  id = fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  json_object_set_string_member (arguments, "mode", "now");
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_RETRY);
  settle ();
  g_assert_false (find_request (self, id)->complete);
  g_assert_cmpuint (count_builds (self), ==, 1);
}

static void
test_stop_waits (Fixture *self, gconstpointer data)
{
  const BelfryBuild *build = NULL;
  g_autoptr (GPtrArray) builds = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\non-stop=wait\n[builder b]\nsteps=s\n"
                       "[step s]\nscript=echo ready; sleep 0.5\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  fixture_end (self);
  builds = fake_store_list (self->store, belfry_build_get_type ());
  build = g_ptr_array_index (builds, 0);
  g_assert_true (build->complete);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_stop_cancels (Fixture *self, gconstpointer data)
{
  gint64 id = 0;

  (void)data;
  fixture_begin (self, "[engine local]\non-stop=cancel\n[builder b]\nsteps=s\n" SLOW);
  id = fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  fixture_end (self);
  g_assert_true (find_request (self, id)->complete);
  g_assert_cmpint (find_request (self, id)->results, ==, BELFRY_RESULT_CANCELLED);
}

static void
test_start_window (Fixture *self, gconstpointer data)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) begin = g_date_time_add_hours (now, 2);
  g_autoptr (GDateTime) end = g_date_time_add_hours (now, 3);
  g_autofree char *from = g_date_time_format (begin, "%H:%M");
  g_autofree char *until = g_date_time_format (end, "%H:%M");
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\n[builder b]\nstart-window=%s-%s\nsteps=command:true\n"
                       "[builder c]\nstart-window=%s-%s\nsteps=command:true\n",
                       from, until, until, from);

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  fixture_force (self, "c");
  /* only the one whose window goes round the clock to now */
  fake_host_wait_build (self->host, 0);
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 1);
}

static void
test_priority (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) builds = NULL;
  g_autoptr (JsonObject) arguments = json_object_new ();
  gint64 urgent = 0;

  (void)data;
  fixture_begin (self, "[engine local]\n[worker w]\n[builder b]\nsteps=command:true\n"
                       "[force f]\nbuilders=b\npriority=field\n");
  expect (self, "pause", "w", BELFRY_NONE, "paused");
  fixture_force (self, "b");
  json_object_set_string_member (arguments, "priority", "5");
  urgent = fixture_force_with (self, "b", arguments);
  expect (self, "unpause", "w", BELFRY_NONE, "takes builds");
  fake_host_wait_build (self->host, 1);
  builds = fake_store_list (self->store, belfry_build_get_type ());
  g_assert_cmpint (((BelfryBuild *)g_ptr_array_index (builds, 0))->buildrequestid, ==, urgent);
}

static void
test_sticky (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, "[engine local]\n[worker one]\n[worker two]\n[builder b]\n"
                       "workers=one;two\nsteps=command:true\n");
  expect (self, "pause", "one", BELFRY_NONE, "paused");
  fixture_force (self, "b");
  g_assert_cmpstr (
      belfry_properties_get_text (fake_host_wait_build (self->host, 0)->properties, "workername"),
      ==, "two");
  expect (self, "unpause", "one", BELFRY_NONE, "takes builds");
  fixture_force (self, "b");
  g_assert_cmpstr (
      belfry_properties_get_text (fake_host_wait_build (self->host, 1)->properties, "workername"),
      ==, "two");
}

/* A supervisor that is lost each time: three retries, then an exception. */
static void
test_retries (Fixture *self, gconstpointer data)
{
  const BelfryBuild *last = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=s\n"
                       "[step s]\nscript=kill -KILL $PPID; sleep 60\n");
  fixture_force (self, "b");
  last = fake_host_wait_build (self->host, 3);
  g_assert_cmpint (last->results, ==, BELFRY_RESULT_EXCEPTION);
  for (gint64 i = 0; i < 3; i++)
    g_assert_cmpint (fake_host_wait_build (self->host, i)->results, ==, BELFRY_RESULT_RETRY);
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 4);
}

static void
test_reload (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, "[engine local]\nmax-builds=2\n[builder b]\nsteps=s\n" SLOW);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  fake_host_reload (self->host, "[engine local]\nmax-builds=2\n[builder b]\nsteps=s\n"
                                "[builder c]\nsteps=command:true\n[step s]\nscript=exit 1\n");
  /* what runs goes on as it began */
  let_go (self);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
  fixture_force (self, "b");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_FAILURE);
  fixture_force (self, "c");
}

#define SAY "[builder b]\nsteps=say\ncollapse-requests=no\n[step say]\nscript=echo $WORD; pwd\n"

/* Keys of the engine's own section; where builds work stays until the next start. */
static void
test_reload_keys (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\nmax-builds=1\nenv.WORD=first\n" SAY);
  fake_host_reload (self->host, "[engine local]\nmax-builds=1\nenv.WORD=second\n"
                                "directory=/nowhere\nproperty.late=1\n" SAY);
  fixture_force (self, "b");
  build = fake_host_wait_build (self->host, 1);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_nonnull (belfry_properties_get_value (build->properties, "late"));
  log = fixture_log (self, "say");
  fixture_assert_has (log, "osecond\n");
  g_assert_null (strstr (log, "/nowhere"));
  fake_host_reload (self->host, "[engine local]\nmax-log=20\n" SAY);
  fixture_force (self, "b");
  build = fake_host_wait_build (self->host, 2);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_null (belfry_properties_get_value (build->properties, "late"));
}

/* A worker that a reload adds is as its section says. */
static void
test_reload_worker (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, "[engine local]\n[worker one]\n[builder b]\nsteps=command:true\n");
  fake_host_reload (self->host, "[engine local]\n[worker one]\n[worker two]\npaused=true\n"
                                "[builder b]\nworkers=two\nsteps=command:true\n");
  fixture_force (self, "b");
  settle ();
  g_assert_cmpuint (count_builds (self), ==, 0);
  expect (self, "unpause", "two", BELFRY_NONE, "takes builds");
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

/* the order of events (§18 of the engine's page) */

static int
find_in_story (const FakeStore *store, const char *words)
{
  for (guint i = 0; i < store->story->len; i++) {
    if (g_str_equal (g_ptr_array_index (store->story, i), words))
      return (int)i;
  }
  g_test_message ("nobody said '%s'", words);
  return -1;
}

static void
test_order (Fixture *self, gconstpointer data)
{
  static const char *const order[] = {
    "event scheduler-fired", "add-buildset", "add-request",      "claim", "add-build", "add-step",
    "finish-step",           "finish-build", "complete-request",
  };
  g_autoptr (BelfryChange) change = NULL;
  int before = -1;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
                       "[scheduler x]\ntype=any-branch\nbuilders=b\n");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abc");
  fake_host_give_change (self->host, change);
  fake_host_wait_build (self->host, 0);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    int place = find_in_story (self->store, order[i]);

    g_test_message ("%s", order[i]);
    g_assert_cmpint (place, >, before);
    before = place;
  }
  g_assert_cmpint (find_in_story (self->store, "event builder-state"), >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("control/stop-each", NULL, test_stop_each);
  FIXTURE_ADD ("control/cancel-all", NULL, test_cancel_all);
  FIXTURE_ADD ("control/stop-change", NULL, test_stop_change);
  FIXTURE_ADD ("control/graceful", NULL, test_graceful);
  FIXTURE_ADD ("control/ping", NULL, test_ping);
  FIXTURE_ADD ("control/offline", NULL, test_offline);
  FIXTURE_ADD ("control/enable-and-disable", NULL, test_switch);
  FIXTURE_ADD ("control/shutdown", NULL, test_shutdown);
  FIXTURE_ADD ("control/shutdown-with-children", NULL, test_shutdown_with_children);
  FIXTURE_ADD ("control/shutdown-now", NULL, test_shutdown_retry);
  FIXTURE_ADD ("control/reload", NULL, test_reload);
  FIXTURE_ADD ("control/reload-keys", NULL, test_reload_keys);
  FIXTURE_ADD ("control/reload-worker", NULL, test_reload_worker);
  FIXTURE_ADD ("stop/waits", NULL, test_stop_waits);
  FIXTURE_ADD ("stop/cancels", NULL, test_stop_cancels);
  FIXTURE_ADD ("request/start-window", NULL, test_start_window);
  FIXTURE_ADD ("request/priority", NULL, test_priority);
  FIXTURE_ADD ("request/sticky-worker", NULL, test_sticky);
  FIXTURE_ADD ("request/three-retries", NULL, test_retries);
  FIXTURE_ADD ("events/order", NULL, test_order);
  return g_test_run ();
}
