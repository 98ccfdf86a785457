/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Schedulers by the clock, dependent ones, triggers and locks, through the built engine. */
#include "test-fixture.h"
#include <string.h>

#define MIDNIGHT G_GINT64_CONSTANT (1704067200000000) /* 1 January 2024, UTC, a Monday */

static gboolean
has_sets (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) sets = fake_store_list (host->store, belfry_buildset_get_type ());

  return sets->len >= GPOINTER_TO_UINT (data);
}

static guint
count_sets (Fixture *self)
{
  g_autoptr (GPtrArray) sets = fake_store_list (self->store, belfry_buildset_get_type ());

  return sets->len;
}

static BelfryBuildset *
get_set (Fixture *self, guint index)
{
  g_autoptr (GPtrArray) sets = fake_store_list (self->store, belfry_buildset_get_type ());

  g_assert_cmpuint (index, <, sets->len);
  return g_ptr_array_index (sets, index);
}

static gboolean
is_quiet (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) requests = fake_store_list (host->store, belfry_build_request_get_type ());

  for (guint i = 0; i < requests->len; i++) {
    if (!((BelfryBuildRequest *)g_ptr_array_index (requests, i))->complete)
      return FALSE;
  }
  return requests->len >= GPOINTER_TO_UINT (data);
}

/* What the loop has at hand is done; nothing may come of it. */
static void
settle (void)
{
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (NULL, FALSE);
}

static BelfryBuild *
find_build (Fixture *self, const char *builder, gint64 number)
{
  g_autoptr (GPtrArray) builds = fake_store_list (self->store, belfry_build_get_type ());
  gint64 id = GPOINTER_TO_INT (g_hash_table_lookup (self->store->names, builder));

  for (guint i = 0; i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);

    if (build->builderid == id && build->number == number)
      return build;
  }
  return NULL;
}

typedef struct {
  Fixture *fixture;
  const char *builder;
  gint64 number;
} Wanted;

static gboolean
is_complete (FakeHost *host, gpointer data)
{
  const Wanted *wanted = data;
  const BelfryBuild *build = find_build (wanted->fixture, wanted->builder, wanted->number);

  (void)host;
  return build != NULL && build->complete;
}

static BelfryBuild *
wait_for (Fixture *self, const char *builder, gint64 number)
{
  Wanted wanted = { self, builder, number };

  fake_host_wait (self->host, is_complete, &wanted);
  return find_build (self, builder, number);
}

static void
give_change (Fixture *self, const char *branch, const char *revision)
{
  g_autoptr (BelfryChange) change = fake_store_add_change (self->store, "/srv/x", branch, revision);

  change->files_unknown = TRUE;
  fake_host_give_change (self->host, change);
}

/* clocks */

static const char periodic[] =
    "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[scheduler s]\ntype=periodic\nbuilders=b\ninterval=1h\n";

static void
test_periodic (Fixture *self, gconstpointer data)
{
  (void)data;
  belfry_clock_set_us (MIDNIGHT);
  fixture_begin (self, periodic);
  fake_host_wait (self->host, has_sets, GUINT_TO_POINTER (1));
  fixture_assert_has (get_set (self, 0)->reason, "The Periodic scheduler named 's'");
  fake_host_wait (self->host, is_quiet, GUINT_TO_POINTER (1));
  fixture_end (self);
  /* not due yet */
  belfry_clock_set_us (MIDNIGHT + 59 * G_TIME_SPAN_MINUTE);
  fixture_begin (self, periodic);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 1);
  fixture_end (self);
  /* several were missed: one is made up for, and the rhythm is kept */
  belfry_clock_set_us (MIDNIGHT + 200 * G_TIME_SPAN_MINUTE);
  fixture_begin (self, periodic);
  fake_host_wait (self->host, has_sets, GUINT_TO_POINTER (2));
  fixture_end (self);
  belfry_clock_set_us (MIDNIGHT + 239 * G_TIME_SPAN_MINUTE);
  fixture_begin (self, periodic);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 2);
  fixture_end (self);
  belfry_clock_set_us (MIDNIGHT + 240 * G_TIME_SPAN_MINUTE);
  fixture_begin (self, periodic);
  fake_host_wait (self->host, has_sets, GUINT_TO_POINTER (3));
}

static void
test_missed_skip (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = g_strconcat (periodic, "missed=skip\n", NULL);

  (void)data;
  belfry_clock_set_us (MIDNIGHT);
  fixture_begin (self, configuration);
  fake_host_wait (self->host, has_sets, GUINT_TO_POINTER (1));
  fixture_end (self);
  belfry_clock_set_us (MIDNIGHT + 200 * G_TIME_SPAN_MINUTE);
  fixture_begin (self, configuration);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 1);
}

static const char nightly[] =
    "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[scheduler s]\ntype=nightly\nbuilders=b\nhour=3\ntime-zone=UTC\nonly-if-changed=true\n"
    "unimportant-files=*.md\nbranch=main\nforce-at-hour=3\nforce-at-day-of-week=sun\n";

/* A new start at that time of day: what is due then happens. */
static void
go_to (Fixture *self, const char *configuration, gint64 day, gint64 hour)
{
  fixture_end (self);
  belfry_clock_set_us (MIDNIGHT + day * G_TIME_SPAN_DAY + hour * G_TIME_SPAN_HOUR);
  fixture_begin (self, configuration);
}

static void
test_nightly (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  go_to (self, nightly, 0, 0);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 0);
  /* the first run builds anyway, on the scheduler's branch */
  go_to (self, nightly, 0, 3);
  build = wait_for (self, "b", 0);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "branch"), ==, "main");
  /* nothing has changed */
  go_to (self, nightly, 1, 4);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 1);
  /* other branches do not count */
  give_change (self, "other", "111");
  go_to (self, nightly, 2, 4);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 1);
  give_change (self, "main", "222");
  give_change (self, "main", "333");
  go_to (self, nightly, 3, 4);
  build = wait_for (self, "b", 1);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "revision"), ==, "333");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (get_set (self, 1)->change_ids)), ==,
                    2);
  /* Sunday builds without changes */
  go_to (self, nightly, 6, 3);
  build = wait_for (self, "b", 2);
  g_assert_cmpuint (count_sets (self), ==, 3);
}

static void
test_run_now (Fixture *self, gconstpointer data)
{
  BelfryControl control = {
    .action = "run-now", .scheduler = "s", .id = BELFRY_NONE, .who = "Tester"
  };
  g_autoptr (BelfryControlAnswer) first = NULL;
  g_autoptr (BelfryControlAnswer) second = NULL;

  (void)data;
  go_to (self, nightly, 0, 0);
  first = fake_host_control (self->host, &control);
  g_assert_cmpint (first->outcome, ==, BELFRY_CONTROL_DONE);
  g_assert_cmpint (json_object_get_int_member (first->data, "bsid"), ==, get_set (self, 0)->bsid);
  second = fake_host_control (self->host, &control);
  g_assert_cmpint (second->outcome, ==, BELFRY_CONTROL_REFUSED);
  fixture_assert_has (second->message, "nothing has changed");
}

/* dependent */

static const char chain[] =
    "[engine local]\nmax-builds=2\n"
    "[builder a]\nrepository=/srv/x\nsteps=s\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[step s]\nscript=test \"$BELFRY_BRANCH\" = main\n"
    "[scheduler one]\ntype=any-branch\nbuilders=a\n"
    "[scheduler two]\ntype=dependent\nupstream=one\nbuilders=b\nproperty.x=y\n";

static void
test_dependent (Fixture *self, gconstpointer data)
{
  const BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, chain);
  give_change (self, "main", "abc");
  build = wait_for (self, "b", 0);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "revision"), ==, "abc");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "x"), ==, "y");
  g_assert_cmpstr (get_set (self, 1)->reason, ==, "downstream");
  g_assert_cmpint (belfry_record_get_id (g_ptr_array_index (get_set (self, 1)->sourcestamps, 0)), ==
                   , belfry_record_get_id (g_ptr_array_index (get_set (self, 0)->sourcestamps, 0)));
  /* of a failed one nothing follows */
  give_change (self, "broken", "def");
  g_assert_cmpint (wait_for (self, "a", 1)->results, ==, BELFRY_RESULT_FAILURE);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 3);
}

static const char slow_chain[] =
    "[engine local]\n"
    "[builder a]\nrepository=/srv/x\nsteps=s\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[step s]\nscript=test -e go || { touch go; echo ready; sleep 60; }\n"
    "[scheduler one]\ntype=any-branch\nbuilders=a\n"
    "[scheduler two]\ntype=dependent\nupstream=one\nbuilders=b\n";

static gboolean
is_ready (FakeHost *host, gpointer data)
{
  g_autofree char *log = fake_store_step_log (host->store, data);

  return strstr (log, "oready\n") != NULL;
}

static void
test_dependent_over_restart (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, slow_chain);
  give_change (self, "main", "abc");
  fake_host_wait (self->host, is_ready, (gpointer) "s");
  fixture_end (self);
  fixture_begin (self, slow_chain);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpuint (count_sets (self), ==, 2);
}

/* Forced builds and rebuilt ones have no followers. */
static void
test_dependent_of_force (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, chain);
  fixture_force (self, "a");
  wait_for (self, "a", 0);
  settle ();
  g_assert_cmpuint (count_sets (self), ==, 1);
}

/* triggers */

#define CHILDREN                                                                                   \
  "[builder c]\nrepository=/srv/x\nsteps=sc\n[builder d]\nrepository=/srv/x\nsteps=sd\n"           \
  "[scheduler tc]\ntype=triggerable\nbuilders=c\n[scheduler td]\ntype=triggerable\nbuilders=d\n"

/* One slot for all: the parent parks. */
static const char trigger[] =
    "[engine local]\nmax-builds=1\n[builder b]\nrepository=/srv/x\nsteps=t;command:true\n"
    "[step t]\nkind=trigger\nschedulers=tc;td\nwait-for-finish=true\ncopy-properties=who\n"
    "set-property.level=%(prop:buildnumber)s\nset-property.reason=because of b\n"
    "[step sc]\nscript=test \"$REVISION $LEVEL\" = 'feed 0'\nenv.LEVEL=%(prop:level)s\n"
    "env.REVISION=%(prop:revision)s\n[step sd]\nscript=exit 1\n" CHILDREN;

static void
test_trigger (Fixture *self, gconstpointer data)
{
  const BelfryBuild *build = NULL;
  const BelfryStep *step = NULL;
  const BelfryBuildset *child = NULL;
  g_autofree char *urls = NULL;
  g_autoptr (JsonObject) arguments = json_object_new ();

  (void)data;
  fixture_begin (self, trigger);
  json_object_set_string_member (arguments, "revision", "feed");
  fixture_force_with (self, "b", arguments);
  build = wait_for (self, "b", 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (find_build (self, "c", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (find_build (self, "d", 0)->results, ==, BELFRY_RESULT_FAILURE);
  step = fake_host_find_step (self->host, "t");
  g_assert_cmpint (step->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (step->state_string, ==, "triggered tc, td, 1 success, 1 failure (failure)");
  urls = belfry_json_to_text (step->urls);
  fixture_assert_has (urls, "success: c #0");
  fixture_assert_has (urls, "failure: d #0");
  fixture_assert_has (urls, "https://ci.example.org/builders/d/builds/0");
  child = get_set (self, 1);
  g_assert_cmpstr (child->reason, ==, "because of b");
  g_assert_cmpint (child->parent_buildid, ==, build->buildid);
  g_assert_cmpstr (child->parent_relationship, ==, "Triggered from");
  g_assert_cmpstr (belfry_properties_get_source (child->properties, "level"), ==, "Trigger");
}

/* Returns the revision. */
static char *
make_repository (const char *path)
{
  const char *argv[] = {
    "sh", "-ec",
    "git init -q -b main \"$0\"; cd \"$0\"; git -c user.name=T -c "
    "user.email=t@example.org commit -q --allow-empty -m one; git rev-parse HEAD",
    path, NULL
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  int status = 0;

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  return g_strstrip (g_steal_pointer (&output));
}

/* The children get what was checked out, though nobody asked for a revision. */
static void
test_trigger_got_revision (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "origin", NULL);
  g_autofree char *revision = make_repository (path);
  g_autofree char *configuration =
      g_strdup_printf ("[engine local]\nmax-builds=1\n[codebase x]\nrepository=%s\n"
                       "[builder b]\ncodebases=x\nsteps=git;trigger:tc\n"
                       "[builder c]\nrepository=%s\nsteps=command:true\n"
                       "[scheduler tc]\ntype=triggerable\nbuilders=c\n",
                       path, path);
  const BelfryBuild *child = NULL;

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  child = wait_for (self, "c", 0);
  g_assert_cmpint (find_build (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (belfry_properties_get_text (child->properties, "revision"), ==, revision);
}

static void
test_trigger_unimportant (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) configuration = g_string_new (trigger);
  g_autoptr (JsonObject) arguments = json_object_new ();

  (void)data;
  json_object_set_string_member (arguments, "revision", "feed");
  g_string_replace (configuration, "wait-for-finish=true",
                    "wait-for-finish=true\nunimportant-schedulers=td", 0);
  fixture_begin (self, configuration->str);
  fixture_force_with (self, "b", arguments);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_trigger_without_waiting (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) configuration = g_string_new (trigger);

  (void)data;
  g_string_replace (configuration, "wait-for-finish=true", "always-use-latest=true", 0);
  fixture_begin (self, configuration->str);
  fixture_force (self, "b");
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (fake_host_find_step (self->host, "t")->state_string, ==, "triggered tc, td");
  /* no revision was asked for */
  g_assert_cmpint (wait_for (self, "c", 0)->results, ==, BELFRY_RESULT_FAILURE);
  wait_for (self, "d", 0);
}

static const char slow_children[] =
    "[engine local]\nmax-builds=1\n[builder b]\nrepository=/srv/x\nsteps=t\n"
    "[step t]\nkind=trigger\nschedulers=tc;td\nwait-for-finish=true\n"
    "[step sc]\nscript=echo ready; sleep 60\n[step sd]\nscript=true\n" CHILDREN;

static void
stop_build (Fixture *self, gint64 id)
{
  BelfryControl control = { .action = "stop", .id = id, .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = fake_host_control (self->host, &control);

  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
}

static void
test_trigger_stopped (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, slow_children);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "sc");
  stop_build (self, find_build (self, "b", 0)->buildid);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_cmpint (wait_for (self, "c", 0)->results, ==, BELFRY_RESULT_CANCELLED);
  fixture_assert_has (find_build (self, "c", 0)->state_string, "parent build was interrupted");
  fake_host_wait (self->host, is_quiet, GUINT_TO_POINTER (3));
  g_assert_null (find_build (self, "d", 0));
}

/* Children of a lost parent are cancelled; the parent, tried again, has others. */
static void
test_trigger_over_restart (Fixture *self, gconstpointer data)
{
  g_autoptr (GString) configuration = g_string_new (slow_children);
  guint cancelled = 0;
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  fixture_begin (self, slow_children);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_ready, (gpointer) "sc");
  fixture_end (self);
  g_string_replace (configuration, "echo ready; sleep 60", "true", 0);
  fixture_begin (self, configuration->str);
  g_assert_cmpint (wait_for (self, "b", 1)->results, ==, BELFRY_RESULT_SUCCESS);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpuint (requests->len, ==, 5);
  for (guint i = 0; i < requests->len; i++) {
    const BelfryBuildRequest *request = g_ptr_array_index (requests, i);

    g_assert_true (request->complete);
    cancelled += request->results == BELFRY_RESULT_CANCELLED ? 1 : 0;
  }
  g_assert_cmpuint (cancelled, ==, 2);
}

/* With as many places as triggers nest, the bound on their depth ends it. */
static void
test_trigger_depth (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autoptr (GPtrArray) builds = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=t\n[step t]\nschedulers=s\n"
                       "[scheduler s]\ntype=triggerable\nbuilders=b\n");
  fixture_force (self, "b");
  g_assert_cmpint (wait_for (self, "b", 16)->results, ==, BELFRY_RESULT_EXCEPTION);
  log = fixture_log (self, "t");
  fixture_assert_has (log, "more than 16 triggers");
  builds = fake_store_list (self->store, belfry_build_get_type ());
  g_assert_cmpuint (builds->len, ==, 17);
}

static void
test_trigger_itself (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=t\n[step t]\nschedulers=s\n"
                       "wait-for-finish=true\n[scheduler s]\ntype=triggerable\nbuilders=b\n");
  log = fixture_log (self, "t");
  fixture_assert_has (log, "would wait for itself");
}

static void
test_trigger_unknown (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nproperty.which=x\nsteps=t\n"
                       "[step t]\nschedulers=%(prop:which)s\n");
  g_assert_cmpint (fake_host_find_step (self->host, "t")->results, ==, BELFRY_RESULT_EXCEPTION);
  log = fixture_log (self, "t");
  fixture_assert_has (log, "no triggerable scheduler 'x'");
}

/* locks */

#define TWO_BUILDERS                                                                               \
  "[engine local]\nmax-builds=4\n[builder a]\n%ssteps=sa\n[builder b]\n%ssteps=sb\n"               \
  "[step sa]\n%sscript=echo ready; while ! test -e ../../go; do sleep 0.05; done\n"                \
  "[step sb]\n%sscript=echo ready\n[lock l]\nmax-count=2\n"

static char *
make_locked (const char *of_builders, const char *of_steps)
{
  return g_strdup_printf (TWO_BUILDERS, of_builders, of_builders, of_steps, of_steps);
}

static gboolean
tells_why (FakeHost *host, gpointer data)
{
  for (guint i = 0; i < host->store->event_data->len; i++) {
    if (strstr (g_ptr_array_index (host->store->event_data, i), data) != NULL)
      return TRUE;
  }
  return FALSE;
}

static void
let_go (Fixture *self)
{
  g_autofree char *mark = g_build_filename (self->folder, "builds", "local", "go", NULL);

  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
}

static void
test_builder_lock (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = make_locked ("locks=l\n", "");

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "a");
  fake_host_wait (self->host, is_ready, (gpointer) "sa");
  fixture_force (self, "b");
  fake_host_wait (self->host, tells_why, (gpointer) "waiting for lock l");
  g_assert_null (find_build (self, "b", 0));
  let_go (self);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (find_build (self, "b", 0)->started_at, >=,
                   find_build (self, "a", 0)->complete_at);
}

static void
test_counting_lock (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = make_locked ("locks=l:counting\n", "");

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "a");
  fake_host_wait (self->host, is_ready, (gpointer) "sa");
  fixture_force (self, "b");
  wait_for (self, "b", 0);
  g_assert_false (find_build (self, "a", 0)->complete);
  let_go (self);
  wait_for (self, "a", 0);
}

static gboolean
step_waits (FakeHost *host, gpointer data)
{
  const BelfryStep *step = fake_host_find_step (host, "sb");

  return step != NULL && g_strcmp0 (step->state_string, data) == 0;
}

static void
test_step_lock (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = make_locked ("", "locks=l\n");

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "a");
  fake_host_wait (self->host, is_ready, (gpointer) "sa");
  fixture_force (self, "b");
  fake_host_wait (self->host, step_waits, (gpointer) "waiting for lock l");
  let_go (self);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_step_lock_stopped (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = make_locked ("", "locks=l\n");
  g_autoptr (GPtrArray) logs = NULL;
  gboolean found = FALSE;

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "a");
  fake_host_wait (self->host, is_ready, (gpointer) "sa");
  fixture_force (self, "b");
  fake_host_wait (self->host, step_waits, (gpointer) "waiting for lock l");
  stop_build (self, find_build (self, "b", 0)->buildid);
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_cmpint (fake_host_find_step (self->host, "sb")->results, ==, BELFRY_RESULT_CANCELLED);
  logs = fake_store_list (self->store, belfry_log_get_type ());
  for (guint i = 0; i < logs->len; i++)
    found = found || g_str_equal (((BelfryLog *)g_ptr_array_index (logs, i))->name,
                                  "cancelled while waiting for locks");
  g_assert_true (found);
  let_go (self);
  wait_for (self, "a", 0);
}

static void
test_worker_scope (Fixture *self, gconstpointer data)
{
  (void)data;
  fixture_begin (self, "[engine local]\n[worker one]\n[worker two]\n"
                       "[builder a]\nlocks=l\nworkers=one\nsteps=sa\n"
                       "[builder b]\nlocks=l\nworkers=two\nsteps=command:true\n"
                       "[step sa]\nscript=echo ready; sleep 60\n[lock l]\nscope=worker\n");
  fixture_force (self, "a");
  fake_host_wait (self->host, is_ready, (gpointer) "sa");
  fixture_force (self, "b");
  g_assert_cmpint (wait_for (self, "b", 0)->results, ==, BELFRY_RESULT_SUCCESS);
  stop_build (self, find_build (self, "a", 0)->buildid);
  wait_for (self, "a", 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  fixture_tear_down (self, data);
  belfry_clock_set_us (0);
}

#define ADD(path, func)                                                                            \
  g_test_add ("/engine-local/" path, Fixture, NULL, fixture_set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("periodic/missed-and-rhythm", test_periodic);
  ADD ("periodic/missed-skip", test_missed_skip);
  ADD ("nightly/only-if-changed", test_nightly);
  ADD ("nightly/run-now", test_run_now);
  ADD ("dependent/follows-good-ones", test_dependent);
  ADD ("dependent/over-restart", test_dependent_over_restart);
  ADD ("dependent/not-of-force", test_dependent_of_force);
  ADD ("trigger/waits-with-one-slot", test_trigger);
  ADD ("trigger/got-revision", test_trigger_got_revision);
  ADD ("trigger/unimportant", test_trigger_unimportant);
  ADD ("trigger/without-waiting", test_trigger_without_waiting);
  ADD ("trigger/stopped", test_trigger_stopped);
  ADD ("trigger/over-restart", test_trigger_over_restart);
  ADD ("trigger/depth", test_trigger_depth);
  ADD ("trigger/itself", test_trigger_itself);
  ADD ("trigger/unknown", test_trigger_unknown);
  ADD ("locks/builder", test_builder_lock);
  ADD ("locks/counting", test_counting_lock);
  ADD ("locks/step", test_step_lock);
  ADD ("locks/step-stopped", test_step_lock_stopped);
  ADD ("locks/worker-scope", test_worker_scope);
  return g_test_run ();
}
