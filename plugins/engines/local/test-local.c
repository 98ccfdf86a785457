/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built engine through a host in memory, with real processes; logs are read from its store. */
#include "proc.h"
#include "test-fixture.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
test_quoting (Fixture *self, gconstpointer data)
{
  g_autofree char *mark = g_build_filename (self->folder, "owned", NULL);
  g_autofree char *value = g_strdup_printf ("$(touch %s); `touch %s` \"' x", mark, mark);
  g_autofree char *expected = g_strdup_printf ("o<%s>\n", value);
  g_autoptr (JsonObject) arguments = json_object_new ();
  g_autofree char *log = NULL;
  g_autofree char *shell_log = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=p;env\n"
                       "[step p]\ncommand=printf '<%%s>\\\\n' %(prop:evil)s\n"
                       "[step env]\nscript=printf '<%s>\\\\n' \"$EVIL\"\nenv.EVIL=%(prop:evil)s\n"
                       "[force f]\nbuilders=b\nfield.evil=string\n");
  json_object_set_string_member (arguments, "evil", value);
  fixture_force_with (self, "b", arguments);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "p");
  shell_log = fixture_log (self, "env");
  fixture_assert_has (log, expected);
  fixture_assert_has (shell_log, expected);
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
}

static void
test_environment (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  g_setenv ("BELFRY_TEST_SECRET_OF_HOST", "must-not-pass", TRUE);
  fixture_build (
      self, "[engine local]\nenv.A=engine\nenv.P=x\n[builder b]\nenv.A=%(kw:A)s-builder\nsteps=s\n"
            "[step s]\ncommand=env\nenv.A=%(kw:A)s-step\nenv.P=\nlog-environment=false\n");
  log = fixture_log (self, "s");
  fixture_assert_has (log, "oA=engine-builder-step\n");
  fixture_assert_has (log, "oCI=true\n");
  fixture_assert_has (log, "oBELFRY_BUILDER=b\n");
  fixture_assert_has (log, "oBELFRY_URL=https://ci.example.org/builders/b/builds/0\n");
  g_assert_null (strstr (log, "oP="));
  g_assert_null (strstr (log, "must-not-pass"));
}

static void
test_home (Fixture *self, gconstpointer data)
{
  g_autofree char *expected = g_strdup_printf ("oHOME=%s\n", g_get_home_dir ());
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nhome=inherit\nsteps=s\n"
                       "[step s]\ncommand=env\nlog-environment=false\n");
  log = fixture_log (self, "s");
  fixture_assert_has (log, expected);
}

static void
test_descriptors (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=command:ls /proc/self/fd\n");
  log = fixture_log (self, "ls /proc/self/fd");
  /* 3 is the folder that ls itself reads */
  fixture_assert_has (log, "o0\no1\no2\no3\n");
  g_assert_null (strstr (log, "o4\n"));
}

static void
test_flags (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=soft;warn;coded;skipped;hard;never;always\n"
            "[step soft]\ncommand=false\nflunk-on-failure=false\n"
            "[step warn]\ncommand=false\nflunk-on-failure=false\nwarn-on-failure=true\n"
            "[step coded]\nscript=exit 77\ndecode=77=skipped;*=failure\n"
            "[step skipped]\ncommand=true\ndo-if=result == \"success\"\n"
            "[step hard]\ncommand=false\nhalt-on-failure=true\nhide-if=results == \"failure\"\n"
            "[step never]\ncommand=true\n"
            "[step always]\ncommand=true\nalways-run=true\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (fake_host_find_step (self->host, "soft")->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (fake_host_find_step (self->host, "coded")->results, ==, BELFRY_RESULT_SKIPPED);
  g_assert_cmpint (fake_host_find_step (self->host, "skipped")->results, ==, BELFRY_RESULT_SKIPPED);
  g_assert_true (fake_host_find_step (self->host, "hard")->hidden);
  g_assert_null (fake_host_find_step (self->host, "never"));
  g_assert_cmpint (fake_host_find_step (self->host, "always")->results, ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (build->state_string, ==, "failed soft warn hard");
}

static void
test_limits (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=idle;slow;loud;lines\n"
            "[step idle]\ncommand=sleep 60\ntimeout=1\nsigterm-time=1\n"
            "[step slow]\nscript=while :; do echo x; sleep 0.1; done\nmax-time=1\nsigterm-time=1\n"
            "[step loud]\ncommand=yes\nmax-log=100kB\n"
            "[step lines]\ncommand=yes\nmax-lines=10\n");
  log = fixture_log (self, "loud");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (fake_host_find_step (self->host, "idle")->state_string, ==,
                   "timed out (failure)");
  g_assert_true (g_str_has_prefix (fake_host_find_step (self->host, "slow")->state_string,
                                   "took longer than 1"));
  g_assert_true (
      g_str_has_prefix (fake_host_find_step (self->host, "loud")->state_string, "output over "));
  g_assert_true (g_str_has_suffix (log, "step ended\n"));
  g_assert_cmpstr (fake_host_find_step (self->host, "lines")->state_string, ==,
                   "output over 10 lines (failure)");
}

static void
test_ignored_term (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = fixture_build (self, "[engine local]\n[builder b]\nsteps=s\n"
                               "[step s]\nscript=trap '' TERM; echo ready; while :; do sleep 0.1; "
                               "done\nmax-time=1\nsigterm-time=1\n");
  log = fixture_log (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  fixture_assert_has (log, "oready\n");
  fixture_assert_has (log, "ended by signal 9");
}

static guint
count_marked (const char *mark)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name = NULL;
  guint count = 0;

  while ((name = g_dir_read_name (processes)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
    g_autofree char *line = NULL;
    gsize length = 0;

    if (!g_ascii_isdigit (*name) || !g_file_get_contents (path, &line, &length, NULL))
      continue;
    for (gsize i = 0; i < length; i++)
      line[i] = line[i] == '\0' ? ' ' : line[i];
    count += line != NULL && strstr (line, mark) != NULL ? 1 : 0;
  }
  return count;
}

static void
test_left_behind (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = fixture_build (
      self,
      "[engine local]\n[builder b]\nsteps=s\n"
      "[step s]\nscript=(setsid sh -c 'trap \"\" TERM; sleep 271828' &) ; sleep 0.3; echo done\n");
  log = fixture_log (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  fixture_assert_has (log, "left behind");
  g_assert_cmpuint (count_marked ("271828"), ==, 0);
}

static void
test_fork_bomb (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  /* a bomb that keeps a bound of its own, so that the machine survives a failing test */
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=s\n"
            "[step s]\nscript=ulimit -u 2000 2>/dev/null; f() { sleep 314159 & if [ $1 -gt 0 ]; "
            "then f $(($1 - 1)) & f $(($1 - 1)) & fi; wait; }; f 6\nmax-time=2\nsigterm-time=0\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpuint (count_marked ("314159"), ==, 0);
}

static gboolean
is_printing (FakeHost *host, gpointer data)
{
  g_autofree char *log = fake_store_step_log (host->store, "s");

  return strstr (log, data) != NULL;
}

static void
test_stop (Fixture *self, gconstpointer data)
{
  BelfryControl control = { .action = "stop", .id = BELFRY_NONE, .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (
      self,
      "[engine local]\n[builder b]\nsteps=s;never;always\n[step s]\nscript=echo ready; sleep 60\n"
      "[step never]\ncommand=true\n[step always]\ncommand=true\nalways-run=true\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  build = fake_host_wait_build (self->host, 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_CANCELLED);
  g_assert_true (g_str_has_prefix (build->state_string, "cancelled (Tester)"));
  g_assert_null (fake_host_find_step (self->host, "never"));
  g_assert_cmpint (fake_host_find_step (self->host, "always")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_cancel_and_pause (Fixture *self, gconstpointer data)
{
  BelfryControl pause = {
    .action = "pause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  BelfryControl unpause = {
    .action = "unpause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  BelfryControl cancel = { .action = "cancel", .who = "Tester" };
  BelfryBuildRequest *request = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=command:true\n");
  belfry_control_answer_free (fake_host_control (self->host, &pause));
  cancel.id = fixture_force (self, "b");
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  belfry_control_answer_free (fake_host_control (self->host, &cancel));
  request = fake_store_find (self->store, belfry_build_request_get_type (), cancel.id);
  g_assert_cmpint (request->results, ==, BELFRY_RESULT_CANCELLED);
  fixture_force (self, "b");
  belfry_control_answer_free (fake_host_control (self->host, &unpause));
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_rebuild (Fixture *self, gconstpointer data)
{
  BelfryControl control = { .action = "rebuild", .who = "Tester" };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  BelfryBuild *build = NULL;
  g_autoptr (JsonObject) arguments = json_object_new ();

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nsteps=command:true\n[force "
                       "f]\nbuilders=b\nfield.colour=string\n");
  json_object_set_string_member (arguments, "colour", "red");
  fixture_force_with (self, "b", arguments);
  control.id = fake_host_wait_build (self->host, 0)->buildid;
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_DONE);
  build = fake_host_wait_build (self->host, 1);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "colour"), ==, "red");
  g_assert_nonnull (belfry_properties_get_value (build->properties, "rebuilt_from"));
}

static void
test_secrets (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  build =
      fixture_build (self, "[engine local]\n[builder b]\nsecret.TOKEN=plain:sesame-open\nsteps=s\n"
                           "[step s]\nsecret-file.KEY=plain:second-secret\n"
                           "script=echo ${#TOKEN} $(wc -c < \"$KEY\") $(stat -c %a \"$KEY\")\n");
  log = fixture_log (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  fixture_assert_has (log, "o11 13 600\n");
  fixture_assert_has (log, "TOKEN=<TOKEN>");
  g_assert_null (strstr (log, "sesame-open"));
  g_assert_cmpstr (g_hash_table_lookup (self->host->secrets, "KEY"), ==, "second-secret");
}

static void
test_unreadable_secret (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  g_assert_cmpint (
      fixture_build (
          self, "[engine local]\n[builder b]\nsecret.TOKEN=secret:absent\nsteps=command:true\n")
          ->results,
      ==, BELFRY_RESULT_EXCEPTION);
  log = fixture_log (self, "true");
  fixture_assert_has (log, "TOKEN");
}

static void
test_missing_program (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=command:no-such-program-at-all;command:true\n");
  log = fixture_log (self, "no-such-program-at-all");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  fixture_assert_has (log, "cannot be started");
  g_assert_cmpint (fake_host_find_step (self->host, "true")->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_set_property (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = fixture_build (self,
                         "[engine local]\n[builder b]\nsteps=set-property:a=1;out;groups;refused\n"
                         "[step out]\nproperty=text\ncommand=echo ' hello '\n"
                         "[step groups]\nkind=set-property\ncommand=echo "
                         "v1.2\nextract=v(?P<major>\\d+)\\.(?P<minor>\\d+)\n"
                         "[step refused]\nproperty=buildnumber\nvalue=9\n");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "a"), ==, "1");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "text"), ==, "hello");
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "minor"), ==, "2");
  g_assert_cmpint (fake_host_find_step (self->host, "refused")->results, ==, BELFRY_RESULT_FAILURE);
}

static void
test_retry (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = fixture_build (self,
                         "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=test -e again || "
                         "{ touch again; exit 1; }\nretry=2:0\n");
  log = fixture_log (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  fixture_assert_has (log, "run again");
}

static void
test_stdin (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=s\n[step s]\ncommand=cat\nstdin=given "
                       "%(prop:buildername)s\n");
  log = fixture_log (self, "s");
  fixture_assert_has (log, "ogiven b\n");
}

static void
test_workdir_outside (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;

  (void)data;
  build = fixture_build (self, "[engine local]\n[builder b]\nsteps=command:ln -s / ../out;s\n[step "
                               "s]\ncommand=true\nworkdir=out/tmp\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_EXCEPTION);
}

static void
test_fork_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder "
                       "b]\nrepository=/srv/x\nsecret.T=plain:abcdef\nsteps=command:true\n");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abcdef");
  belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
  fake_host_give_change (self->host, change);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpuint (requests->len, ==, 1);
  g_assert_cmpint (((BelfryBuildRequest *)g_ptr_array_index (requests, 0))->results, ==,
                   BELFRY_RESULT_SKIPPED);
}

static void
test_collapse (Fixture *self, gconstpointer data)
{
  BelfryControl pause = {
    .action = "pause", .worker = "local", .id = BELFRY_NONE, .who = "Tester"
  };
  g_autoptr (GPtrArray) requests = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n");
  belfry_control_answer_free (fake_host_control (self->host, &pause));
  for (guint i = 0; i < 3; i++) {
    g_autoptr (BelfryChange) change =
        fake_store_add_change (self->store, "/srv/x", i == 1 ? "other" : "main", "abcdef");

    fake_host_give_change (self->host, change);
  }
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  g_assert_cmpint (((BelfryBuildRequest *)g_ptr_array_index (requests, 0))->results, ==,
                   BELFRY_RESULT_SKIPPED);
  g_assert_false (((BelfryBuildRequest *)g_ptr_array_index (requests, 1))->complete);
  g_assert_false (((BelfryBuildRequest *)g_ptr_array_index (requests, 2))->complete);
}

static gboolean
has_set (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) sets = fake_store_list (host->store, belfry_buildset_get_type ());

  (void)data;
  return sets->len > 0;
}

static guint
count_recorded (FakeStore *store)
{
  GHashTableIter iter;
  gpointer key = NULL;
  guint count = 0;

  g_hash_table_iter_init (&iter, store->state);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    count += g_str_has_prefix (key, "timer/");
  return count;
}

static const char timer_configuration[] =
    "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
    "[scheduler s]\ntype=single-branch\nbuilders=b\nbranch=main\ntree-stable-timer=1\n";

static void
test_timer_survives (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) older = NULL;
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (BelfryChange) other = NULL;
  g_autoptr (GPtrArray) sets = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  fixture_begin (self, timer_configuration);
  older = fake_store_add_change (self->store, "/srv/x", "main", "123123");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abcdef");
  other = fake_store_add_change (self->store, "/srv/x", "other", "123456");
  fake_host_give_change (self->host, older);
  fake_host_give_change (self->host, change);
  fake_host_give_change (self->host, other);
  g_assert_false (has_set (self->host, NULL));
  fixture_end (self);
  g_assert_cmpuint (count_recorded (self->store), ==, 2);
  fixture_begin (self, timer_configuration);
  fake_host_wait (self->host, has_set, NULL);
  build = fake_host_wait_build (self->host, 0);
  sets = fake_store_list (self->store, belfry_buildset_get_type ());
  g_assert_cmpuint (sets->len, ==, 1);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "revision"), ==, "abcdef");
  fixture_assert_has (((BelfryBuildset *)g_ptr_array_index (sets, 0))->reason,
                      "The SingleBranchScheduler scheduler named 's'");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (
                        ((BelfryBuildset *)g_ptr_array_index (sets, 0))->change_ids)),
                    ==, 2);
  g_assert_cmpuint (count_recorded (self->store), ==, 0);
}

/* What a scheduler of one type has recorded is nothing to one of another with its name, and a
 * change that retention has taken is nothing to anybody. */
static void
test_records_dropped (Fixture *self, gconstpointer data)
{
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (BelfryChange) gone = NULL;

  (void)data;
  fixture_begin (self, "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
                       "[scheduler s]\ntype=single-branch\nbuilders=b\nbranch=main\n"
                       "tree-stable-timer=1h\n"
                       "[scheduler t]\ntype=any-branch\nbuilders=b\ntree-stable-timer=1h\n");
  change = fake_store_add_change (self->store, "/srv/x", "main", "abcdef");
  gone = fake_store_add_change (self->store, "/srv/x", "main", "123456");
  fake_host_give_change (self->host, change);
  fake_host_give_change (self->host, gone);
  fixture_end (self);
  g_assert_cmpuint (count_recorded (self->store), ==, 4);
  fake_store_remove (self->store, belfry_change_get_type (), gone->changeid);
  fixture_begin (self, "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n"
                       "[scheduler s]\ntype=any-branch\nbuilders=b\ntree-stable-timer=1\n"
                       "[scheduler t]\ntype=any-branch\nbuilders=b\ntree-stable-timer=1h\n");
  g_assert_cmpuint (count_recorded (self->store), ==, 1);
}

/* What a store looks like after a kill in the middle of a build. */
static void
test_recovery (Fixture *self, gconstpointer data)
{
  static const char configuration[] = "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=test "
                                      "-e go || { touch go; echo ready; sleep 60; }\n";
  FakeStore *copy = self->store;
  BelfryStep *step = NULL;
  gint64 stepid = 0;
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (BelfryBuild) lost = NULL;
  g_autoptr (BelfryStep) lost_step = NULL;
  g_autoptr (BelfryBuildRequest) claimed = NULL;

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  step = fake_host_find_step (self->host, "s");
  stepid = step->stepid;
  lost_step = belfry_record_copy (step);
  lost = belfry_record_copy (fake_store_find (copy, belfry_build_get_type (), step->buildid));
  requests = fake_store_list (copy, belfry_build_request_get_type ());
  claimed = belfry_record_copy (g_ptr_array_index (requests, 0));
  fixture_end (self);
  /* undo what the orderly stop has stored */
  fake_store_put (copy, g_steal_pointer (&lost_step));
  fake_store_put (copy, g_steal_pointer (&lost));
  fake_store_put (copy, g_steal_pointer (&claimed));
  ((BelfryLog *)fake_store_find (copy, belfry_log_get_type (), stepid + 1))->complete = FALSE;
  fixture_begin (self, configuration);
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_RETRY);
  g_assert_cmpstr (fake_host_wait_build (self->host, 0)->state_string, ==, "retry host restarted");
  g_assert_cmpint (fake_host_wait_build (self->host, 1)->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_stop_retries (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GPtrArray) builds = NULL;
  const BelfryBuildRequest *request = NULL;

  (void)data;
  fixture_begin (self,
                 "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=echo ready; sleep 60\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  fixture_end (self);
  requests = fake_store_list (self->store, belfry_build_request_get_type ());
  builds = fake_store_list (self->store, belfry_build_get_type ());
  request = g_ptr_array_index (requests, 0);
  g_assert_false (request->claimed);
  g_assert_false (request->complete);
  g_assert_cmpint (request->retries, ==, 0);
  g_assert_cmpstr (((BelfryBuild *)g_ptr_array_index (builds, 0))->state_string, ==,
                   "retry host stopped s");
}

static gboolean
kill_supervisors (GArray *processes)
{
  for (guint i = 0; i < processes->len; i++) {
    const LocalProcess *process = &g_array_index (processes, LocalProcess, i);
    g_autofree char *path = g_strdup_printf ("/proc/%d/comm", (int)process->pid);
    g_autofree char *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "belfry-supervi"))
      return kill (process->pid, SIGKILL) == 0;
  }
  return FALSE;
}

static gboolean
is_gone (FakeHost *host, gpointer data)
{
  (void)host;
  return count_marked (data) == 0;
}

static void
test_lost_supervisor (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) processes = NULL;

  (void)data;
  fixture_begin (
      self, "[engine local]\nmax-retries=0\n[builder b]\nsteps=s\n[step s]\nscript=setsid sleep "
            "161803 & echo ready; sleep 161803\n");
  fixture_force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oready\n");
  processes = local_proc_descendants (getpid ());
  g_assert_true (kill_supervisors (processes));
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (fake_host_find_step (self->host, "s")->results, ==, BELFRY_RESULT_RETRY);
  fake_host_wait (self->host, is_gone, (gpointer) "161803");
}

static void
test_back_pressure (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  fixture_begin (
      self, "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=head -c 3000000 /dev/zero | "
            "tr '\\\\0' 'x' | fold -w 100; echo end\nlog-environment=false\n");
  self->host->log_waiting = 2 * 1024 * 1024;
  fixture_force (self, "b");
  fake_host_wait (self->host, is_printing, (gpointer) "oxxx");
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  log = fixture_log (self, "s");
  g_assert_null (strstr (log, "oend"));
  self->host->log_waiting = 0;
  {
    g_autoptr (GPtrArray) logs = fake_store_list (self->store, belfry_log_get_type ());

    self->host->plugin->log_drained (self->host->state,
                                     belfry_record_get_id (g_ptr_array_index (logs, 0)));
  }
  build = fake_host_wait_build (self->host, 0);
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
}

static void
test_force_errors (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonObject) arguments = json_object_new ();
  BelfryControl control = {
    .action = "force", .builder = "b", .id = BELFRY_NONE, .who = "T", .arguments = arguments
  };
  g_autoptr (BelfryControlAnswer) answer = NULL;
  g_autoptr (GPtrArray) sets = NULL;
  JsonObject *errors = NULL;

  (void)data;
  fixture_begin (
      self,
      "[engine local]\n[builder b]\nrepository=/srv/x\nsteps=command:true\n[force f]\nbuilders=b\n"
      "field.n=int;min=1;max=5\nfield.must=string;required=true\n");
  json_object_set_string_member (arguments, "n", "9");
  json_object_set_string_member (arguments, "branch", "--upload-pack=x");
  json_object_set_string_member (arguments, "musst", "x");
  answer = fake_host_control (self->host, &control);
  g_assert_cmpint (answer->outcome, ==, BELFRY_CONTROL_REFUSED);
  errors = json_object_get_object_member (answer->data, "errors");
  g_assert_true (json_object_has_member (errors, "n"));
  g_assert_true (json_object_has_member (errors, "must"));
  g_assert_true (json_object_has_member (errors, "branch"));
  fixture_assert_has (json_object_get_string_member (errors, "musst"), "must");
  sets = fake_store_list (self->store, belfry_buildset_get_type ());
  g_assert_cmpuint (sets->len, ==, 0);
}

static gboolean
all_done (FakeHost *host, gpointer data)
{
  g_autoptr (GPtrArray) requests = fake_store_list (host->store, belfry_build_request_get_type ());
  guint open = 0;

  for (guint i = 0; i < requests->len; i++)
    open += ((BelfryBuildRequest *)g_ptr_array_index (requests, i))->complete ? 0 : 1;
  return requests->len == GPOINTER_TO_UINT (data) && open == 0;
}

static void
test_many (Fixture *self, gconstpointer data)
{
  g_autofree char *bench = g_strdup (g_getenv ("BELFRY_BENCH_BUILDS"));
  gint64 count = 20;
  gint64 started = 0;

  (void)data;
  if (bench != NULL)
    g_assert_true (belfry_parse_integer (bench, 1, 100000, &count, NULL));
  fixture_begin (self, "[engine local]\nmax-builds=2\n[builder a]\nsteps=command:true\n[builder "
                       "b]\nsteps=command:true\n");
  started = g_get_monotonic_time ();
  for (gint64 i = 0; i < count; i++)
    fixture_force (self, i % 2 == 0 ? "a" : "b");
  fake_host_wait (self->host, all_done, GUINT_TO_POINTER ((guint)count));
  g_test_message ("%" G_GINT64_FORMAT " builds, %.1f a second", count,
                  (double)count * 1e6 / (double)(g_get_monotonic_time () - started));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("command/value-is-never-executed", NULL, test_quoting);
  FIXTURE_ADD ("command/environment", NULL, test_environment);
  FIXTURE_ADD ("command/home", NULL, test_home);
  FIXTURE_ADD ("command/descriptors", NULL, test_descriptors);
  FIXTURE_ADD ("command/missing-program", NULL, test_missing_program);
  FIXTURE_ADD ("command/stdin", NULL, test_stdin);
  FIXTURE_ADD ("command/retry", NULL, test_retry);
  FIXTURE_ADD ("command/workdir-outside", NULL, test_workdir_outside);
  FIXTURE_ADD ("step/flags", NULL, test_flags);
  FIXTURE_ADD ("step/limits", NULL, test_limits);
  FIXTURE_ADD ("step/set-property", NULL, test_set_property);
  FIXTURE_ADD ("process/ignored-term", NULL, test_ignored_term);
  FIXTURE_ADD ("process/left-behind", NULL, test_left_behind);
  FIXTURE_ADD ("process/fork-bomb", NULL, test_fork_bomb);
  FIXTURE_ADD ("process/lost-supervisor", NULL, test_lost_supervisor);
  FIXTURE_ADD ("process/back-pressure", NULL, test_back_pressure);
  FIXTURE_ADD ("secret/given-and-masked", NULL, test_secrets);
  FIXTURE_ADD ("secret/unreadable", NULL, test_unreadable_secret);
  FIXTURE_ADD ("control/stop", NULL, test_stop);
  FIXTURE_ADD ("control/cancel-and-pause", NULL, test_cancel_and_pause);
  FIXTURE_ADD ("control/rebuild", NULL, test_rebuild);
  FIXTURE_ADD ("control/force-errors", NULL, test_force_errors);
  FIXTURE_ADD ("request/fork-refused", NULL, test_fork_refused);
  FIXTURE_ADD ("request/collapse", NULL, test_collapse);
  FIXTURE_ADD ("scheduler/timer-survives", NULL, test_timer_survives);
  FIXTURE_ADD ("scheduler/records-dropped", NULL, test_records_dropped);
  FIXTURE_ADD ("recover/unfinished-build", NULL, test_recovery);
  FIXTURE_ADD ("recover/stop-keeps-request", NULL, test_stop_retries);
  FIXTURE_ADD ("build/many", NULL, test_many);
  return g_test_run ();
}
