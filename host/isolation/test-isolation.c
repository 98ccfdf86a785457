/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests in processes of their own: what they do there, and what is left of it here. The process is
 * the real one, `belfry plugin-host`; the host's functions are the test's.
 */
#include "isolation/isolated.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (2 * G_USEC_PER_SEC)
#define SLOW_US     (20 * G_USEC_PER_SEC)

typedef struct {
  char *folder;
  BelfryLoader *loader;
  BelfryConfig *config;
  BelfryInstance *instance;
  BelfryIsolated *isolated;
  gconstpointer plugin;
  GString *log;
  JsonNode *cached;
  char *sent; /* (nullable) the last request */
  GString *alerts;
  gboolean is_slow;
  GQueue unanswered; /* (element-type GTask) reads, and requests while it is slow */
} Fixture;

/* the host's side of what an instance asks for */

static Fixture *
get_fixture (BelfryInstance *instance)
{
  return belfry_instance_get_host_data (instance);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  Fixture *fixture = get_fixture (instance);
  g_autoptr (JsonNode) node = belfry_http_request_to_json (request);
  g_autofree char *page = g_strnfill (300000, 'x');
  g_autoptr (GBytes) body = g_bytes_new (page, strlen (page));
  BelfryHttpAnswer *answer = NULL;

  if (fixture->is_slow) {
    g_queue_push_tail (&fixture->unanswered, task);
    return;
  }
  answer = belfry_http_answer_new (200, body);
  g_free (fixture->sent);
  fixture->sent = belfry_json_to_text (node);
  belfry_http_answer_add_header (answer, "X-Id", "77");
  g_task_return_pointer (task, answer, (GDestroyNotify)belfry_http_answer_unref);
  g_object_unref (task);
}

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  g_test_message ("a program was run: %s", process->argv[0]);
  g_test_fail ();
  g_object_unref (task);
}

static void
ops_read (BelfryInstance *instance, BelfryReadFunc func, gpointer data, GTask *task)
{
  g_queue_push_tail (&get_fixture (instance)->unanswered, task);
}

static void
ops_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  g_string_append_printf (get_fixture (instance)->log, "%s\n", message);
}

static const char *
ops_host_value (BelfryInstance *instance, const char *key)
{
  return g_str_equal (key, "title") ? "Test" : NULL;
}

static void
ops_cache_put (BelfryInstance *instance, const char *key, JsonNode *value, gint64 expires_us)
{
  g_assert_cmpstr (key, ==, "seen");
  g_clear_pointer (&get_fixture (instance)->cached, json_node_unref);
  get_fixture (instance)->cached = json_node_copy (value);
}

static JsonNode *
ops_cache_get (BelfryInstance *instance, const char *key)
{
  Fixture *fixture = get_fixture (instance);

  return fixture->cached != NULL ? json_node_copy (fixture->cached) : NULL;
}

static gint64
ops_keep_pace (BelfryInstance *instance, const BelfryPace *paces, guint count)
{
  g_assert_cmpuint (count, ==, 1);
  g_assert_cmpuint (paces[0].count, ==, 5);
  return 42;
}

static const BelfryHostOps ops = {
  .size = sizeof ops,
  .http_send = ops_http_send,
  .run_process = ops_run_process,
  .read = ops_read,
  .log = ops_log,
  .host_value = ops_host_value,
  .cache_put = ops_cache_put,
  .cache_get = ops_cache_get,
  .keep_pace = ops_keep_pace,
};

/* calls */

static void
wait_for (const gboolean *condition)
{
  gint64 end_us = g_get_monotonic_time () + SLOW_US * 3;

  while (!*condition && g_get_monotonic_time () < end_us)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (*condition);
}

typedef struct {
  gboolean is_done;
  gpointer value;
  GError *error;
  gboolean is_boolean;
} Result;

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Result *done = data;

  g_assert_false (done->is_done);
  done->is_done = TRUE;
  if (done->is_boolean)
    g_task_propagate_boolean (G_TASK (result), &done->error);
  else
    done->value = g_task_propagate_pointer (G_TASK (result), &done->error);
}

static void
on_alert (const char *reason, gpointer data)
{
  g_string_append_printf (((Fixture *)data)->alerts, "%s\n", reason != NULL ? reason : "well");
}

static gboolean
start (Fixture *fixture, const char *section, GError **error)
{
  g_autofree char *path = g_build_filename (fixture->folder, "belfry.conf", NULL);
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "host", "belfry", NULL);
  g_autofree char *modules = g_test_build_filename (G_TEST_BUILT, "host", "isolation", NULL);
  const char *const folders[] = { modules, NULL };
  const BelfryIsolatedSettings settings = { program, PATIENCE_US, on_alert, fixture };
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  const BelfryBlueprint *blueprint = NULL;
  Result result = { .is_boolean = TRUE };

  g_assert_true (
      g_file_set_contents_full (path, section, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  fixture->loader = belfry_loader_new (folders);
  fixture->config = belfry_config_load (path, fixture->loader, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    g_autofree char *text = belfry_problem_to_text (belfry_problems_get (problems, i));

    g_test_message ("%s", text);
  }
  g_assert_nonnull (fixture->config);
  blueprint = g_ptr_array_index (fixture->config->blueprints, 0);
  g_assert_nonnull (blueprint->plugin);
  fixture->instance = belfry_instance_new (belfry_kind_get_name (blueprint->kind), blueprint->name,
                                           blueprint->state, &ops, fixture);
  fixture->isolated = belfry_isolated_new (blueprint, fixture->instance, &settings);
  fixture->plugin = belfry_isolated_get_plugin (fixture->isolated);
  ((const BelfryPlugin *)fixture->plugin)
      ->start (fixture->isolated, fixture->instance, g_task_new (NULL, NULL, on_done, &result));
  wait_for (&result.is_done);
  if (result.error != NULL)
    g_propagate_error (error, result.error);
  return result.error == NULL;
}

static void
start_well (Fixture *fixture, const char *section)
{
  g_autoptr (GError) error = NULL;

  start (fixture, section, &error);
  g_assert_no_error (error);
}

static void
stop (Fixture *fixture)
{
  Result result = { .is_boolean = TRUE };

  ((const BelfryPlugin *)fixture->plugin)
      ->stop (fixture->isolated, g_task_new (NULL, NULL, on_done, &result));
  wait_for (&result.is_done);
  g_assert_no_error (result.error);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->folder = g_dir_make_tmp ("belfry-isolation-XXXXXX", NULL);
  fixture->log = g_string_new (NULL);
  fixture->alerts = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (fixture->folder, "belfry.conf", NULL);

  g_clear_pointer (&fixture->isolated, belfry_isolated_unref);
  belfry_instance_unref (fixture->instance);
  belfry_config_unref (fixture->config);
  belfry_loader_free (fixture->loader);
  g_string_free (fixture->log, TRUE);
  g_string_free (fixture->alerts, TRUE);
  g_clear_pointer (&fixture->cached, json_node_unref);
  g_free (fixture->sent);
  g_unlink (path);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
}

#define HOOK                                                                                       \
  "[hook guest]\nisolation=process\nunauthenticated=true\nmemory-max=256MiB\n"                     \
  "token=plain:its-own-token\n"
#define REPORTER "[reporter guest]\nisolation=process\ntoken=plain:its-own-token\n"

static BelfryRequest *
request_new (const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  const BelfryRequestFields fields = {
    .size = sizeof fields, .method = "POST", .path = "/", .body = bytes
  };

  return belfry_request_new (&fields);
}

static BelfryTranslation *
translate (Fixture *fixture, const char *body, GError **error)
{
  g_autoptr (BelfryRequest) request = request_new (body);
  Result result = { FALSE };

  belfry_isolated_translate (fixture->isolated, request, g_task_new (NULL, NULL, on_done, &result));
  wait_for (&result.is_done);
  if (result.error != NULL)
    g_propagate_error (error, result.error);
  return result.value;
}

static void
assert_says (Fixture *fixture, const char *body, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryTranslation) translation = translate (fixture, body, &error);

  g_assert_no_error (error);
  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_NOTHING);
  g_assert_cmpstr (translation->reason, ==, expected);
}

static gint64
count_restarts (Fixture *fixture)
{
  g_autoptr (JsonObject) status = belfry_isolated_describe (fixture->isolated);

  return belfry_json_get_integer (status, "restarts", -1);
}

static void
assert_logged (Fixture *fixture, const char *text)
{
  g_test_message ("%s", fixture->log->str);
  g_assert_nonnull (strstr (fixture->log->str, text));
}

/* good ones */

static void
test_translate (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *long_body = g_strnfill (3000000, 'b');
  g_autoptr (BelfryTranslation) made = NULL;
  BelfryChange *change = NULL;

  start_well (fixture, HOOK);
  assert_says (fixture, "hello", "5 bytes");
  assert_says (fixture, long_body, "3000000 bytes");
  assert_says (fixture, "secret", "its-own-token");
  assert_says (fixture, "thread", "done");
  made = translate (fixture, "change", NULL);
  g_assert_cmpuint (made->changes->len, ==, 1);
  change = g_ptr_array_index (made->changes, 0);
  g_assert_cmpstr (change->author, ==, "Ada \xef\xbf\xbd");
  g_assert_cmpint (change->when_timestamp, ==, 1700000000123456);
  g_assert_null (change->codebase);
  g_assert_cmpint (count_restarts (fixture), ==, 0);
  stop (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "");
}

static void
test_nothing (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  start_well (fixture, HOOK);
  g_assert_null (translate (fixture, "nothing", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL);
  assert_says (fixture, "hello", "5 bytes");
  stop (fixture);
}

/* nothing of the host's but what it was given */
static void
test_environment (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (BelfryTranslation) made = NULL;

  g_setenv ("BELFRY_TEST_SECRET", "planted-in-the-environment", TRUE);
  start_well (fixture, HOOK);
  made = translate (fixture, "environment", NULL);
  g_assert_nonnull (strstr (made->reason, "LC_ALL=C.UTF-8"));
  g_assert_null (strstr (made->reason, "planted"));
  stop (fixture);
  g_unsetenv ("BELFRY_TEST_SECRET");
}

/* catalogues are open before nothing can be opened any more */
static void
test_language (Fixture *fixture, gconstpointer unused)
{
  start_well (fixture, HOOK);
  assert_says (fixture, "german", "Änderungen");
  stop (fixture);
}

/* what it does not say that it needs */
static void
test_denied (Fixture *fixture, gconstpointer unused)
{
  static const struct {
    const char *deed;
    int code;
  } rows[] = {
    { "open", EACCES }, { "write", EPERM },   { "delete", EPERM }, { "exec", EPERM },
    { "fork", EPERM },  { "connect", EPERM }, { "kill", EPERM },
  };

  start_well (fixture, HOOK);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_says (fixture, rows[i].deed, strerror (rows[i].code));
  g_assert_cmpint (count_restarts (fixture), ==, 0);
  stop (fixture);
}

/* bad ones: in each case one line, a new process, and no harm to others */

static const struct {
  const char *deed;
  const char *logged;
} bad_deeds[] = {
  { "crash", "it ended by signal 11 (Segmentation fault) in translate" },
  { "exit", "it ended with 3 in translate" },
  { "hang", "it did not answer translate in 2000 ms" },
  { "garbage", "said what cannot be understood" },
  { "lie", "said what cannot be understood" },
  { "deep", "said what cannot be understood" },
  { "unsealed", "said what cannot be understood: reading a frame: its file is not sealed" },
  { "close", "it closed its connection in translate" },
};

static void
test_bad (Fixture *fixture, gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;

  start_well (fixture, HOOK);
  assert_says (fixture, "hello", "5 bytes");
  g_assert_null (translate (fixture, bad_deeds[row].deed, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  assert_says (fixture, "hello", "5 bytes");
  assert_logged (fixture, bad_deeds[row].logged);
  g_assert_cmpint (count_restarts (fixture), >=, 1);
  stop (fixture);
}

static void
test_eat (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (dlsym (RTLD_DEFAULT, "__asan_init") != NULL) {
    g_test_skip ("a sanitizer's shadow has no limit");
    return;
  }
  start_well (fixture, HOOK);
  g_assert_null (translate (fixture, "eat", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  assert_logged (fixture, "its process is gone: it ended by signal");
  assert_says (fixture, "hello", "5 bytes");
  stop (fixture);
}

static void
test_babble (Fixture *fixture, gconstpointer unused)
{
  start_well (fixture, HOOK);
  assert_says (fixture, "babble", "done");
  assert_says (fixture, "hello", "5 bytes");
  g_assert_cmpint (count_restarts (fixture), ==, 0);
  stop (fixture);
}

/* how many were done, of which there may be @most at once */
static guint
refuse_unanswered (Fixture *fixture, guint most)
{
  guint count = 0;

  for (; !g_queue_is_empty (&fixture->unanswered); count++) {
    g_autoptr (GTask) task = NULL;

    g_assert_cmpuint (g_queue_get_length (&fixture->unanswered), <=, most);
    task = g_queue_pop_head (&fixture->unanswered);
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "nobody is there");
    while (g_main_context_iteration (NULL, FALSE))
      continue;
  }
  return count;
}

static void
test_crowd (Fixture *fixture, gconstpointer unused)
{
  fixture->is_slow = TRUE;
  start_well (fixture, HOOK);
  assert_says (fixture, "crowd", "done");
  g_assert_cmpuint (refuse_unanswered (fixture, 1), ==, 1);
  stop (fixture);
}

static void
test_hoard (Fixture *fixture, gconstpointer unused)
{
  start_well (fixture, HOOK);
  assert_says (fixture, "hoard", "done");
  g_assert_cmpuint (refuse_unanswered (fixture, 1), ==, 20);
  stop (fixture);
}

static void
test_flood (Fixture *fixture, gconstpointer unused)
{
  g_auto (GStrv) lines = NULL;

  start_well (fixture, HOOK);
  assert_says (fixture, "flood", "done");
  lines = g_strsplit (fixture->log->str, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 200 + 1 + 1);
  assert_logged (fixture, "it says more than 200 lines in ten seconds");
  stop (fixture);
}

/* one that waits behind a bad one is done all the same, and is not blamed */
static void
test_innocent (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (BelfryRequest) bad = request_new ("crash");
  g_autoptr (BelfryRequest) good = request_new ("good");
  Result results[2] = { { FALSE }, { FALSE } };

  start_well (fixture, HOOK);
  belfry_isolated_translate (fixture->isolated, bad, g_task_new (NULL, NULL, on_done, &results[0]));
  belfry_isolated_translate (fixture->isolated, good,
                             g_task_new (NULL, NULL, on_done, &results[1]));
  wait_for (&results[0].is_done);
  wait_for (&results[1].is_done);
  g_assert_error (results[0].error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_assert_no_error (results[1].error);
  g_assert_cmpstr (((BelfryTranslation *)results[1].value)->reason, ==, "4 bytes");
  belfry_translation_free (results[1].value);
  g_clear_error (&results[0].error);
  stop (fixture);
}

static void
test_start (Fixture *fixture, gconstpointer data)
{
  g_autofree char *section = g_strconcat (HOOK, "start=", data, "\n", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (start (fixture, section, &error));
  g_test_message ("%s", error->message);
  if (g_str_equal (data, "refuse"))
    g_assert_cmpstr (error->message, ==, "it does not want to");
  else
    g_assert_nonnull (strstr (error->message, "it ended by signal 11 (Segmentation fault)"));
  stop (fixture);
  g_assert_cmpint (count_restarts (fixture), ==, 0);
}

/* who is killed from outside while nothing happens is there again */
static void
test_killed (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (JsonObject) status = NULL;
  gint64 pid = 0;

  start_well (fixture, HOOK);
  status = belfry_isolated_describe (fixture->isolated);
  g_assert_true (
      belfry_parse_integer (belfry_json_get_text (status, "pid"), 1, G_MAXINT32, &pid, NULL));
  kill ((pid_t)pid, SIGKILL);
  while (count_restarts (fixture) == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_says (fixture, "hello", "5 bytes");
  stop (fixture);
}

/* who dies again and again has to wait, and says so, and people are told, once; who asks meanwhile
 * is told at once */
static void
test_waits (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (JsonObject) status = NULL;
  g_autoptr (GError) error = NULL;

  start_well (fixture, HOOK);
  while (strstr (fixture->log->str, "it is started again in 4 s") == NULL)
    g_assert_null (translate (fixture, "crash", NULL));
  g_assert_null (translate (fixture, "hello", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  status = belfry_isolated_describe (fixture->isolated);
  g_assert_false (belfry_json_get_boolean (status, "running", TRUE));
  g_assert_nonnull (strstr (belfry_json_get_text (status, "trouble"), "signal 11"));
  g_assert_cmpstr (fixture->alerts->str, ==,
                   "well\nit ended by signal 11 (Segmentation fault) in translate\n");
  stop (fixture);
}

/* reporters */

static BelfryOutcome *
deliver (Fixture *fixture, const char *target, GError **error)
{
  const BelfryReporter *reporter = fixture->plugin;
  g_autoptr (JsonNode) payload = belfry_json_new_text ("what is reported");
  const BelfryItem item = { .size = sizeof item,
                            .reportid = 7,
                            .target = target,
                            .key = "k",
                            .phase = "finished",
                            .payload = payload };
  Result result = { FALSE };

  reporter->deliver (fixture->isolated, &item, g_task_new (NULL, NULL, on_done, &result));
  wait_for (&result.is_done);
  if (result.error != NULL)
    g_propagate_error (error, result.error);
  return result.value;
}

static void
assert_delivered (Fixture *fixture, const char *remote_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryOutcome) outcome = deliver (fixture, "service", &error);

  g_assert_no_error (error);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  g_assert_cmpstr (outcome->remote_id, ==, remote_id);
}

/* HTTP with a long answer, what is put away, and pace: all of it the host's */
static void
test_deliver (Fixture *fixture, gconstpointer unused)
{
  start_well (fixture, REPORTER);
  assert_delivered (fixture, "new/42/77/300000");
  assert_delivered (fixture, "known/42/77/300000");
  g_assert_nonnull (strstr (fixture->sent, "Bearer its-own-token"));
  g_assert_nonnull (strstr (fixture->sent, "what is reported"));
  stop (fixture);
}

static void
test_deliver_crash (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  start_well (fixture, REPORTER);
  g_assert_null (deliver (fixture, "crash", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  assert_logged (fixture, "signal 11 (Segmentation fault) in deliver");
  assert_delivered (fixture, "new/42/77/300000");
  stop (fixture);
}

/* it does not say that it needs exec */
static void
test_program (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (BelfryOutcome) outcome = NULL;

  start_well (fixture, REPORTER);
  outcome = deliver (fixture, "program", NULL);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_REFUSED);
  g_assert_nonnull (strstr (outcome->excerpt, "does not say that it needs exec"));
  stop (fixture);
}

/* what is under way when it stops comes again after the next start */
static void
test_stop (Fixture *fixture, gconstpointer unused)
{
  const BelfryReporter *reporter = NULL;
  const BelfryItem item = { .size = sizeof item, .target = "never", .key = "", .phase = "test" };
  Result result = { FALSE };

  start_well (fixture, REPORTER);
  reporter = fixture->plugin;
  reporter->deliver (fixture->isolated, &item, g_task_new (NULL, NULL, on_done, &result));
  stop (fixture);
  wait_for (&result.is_done);
  g_assert_error (result.error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  g_clear_error (&result.error);
}

typedef struct {
  Fixture *fixture;
  const char *subject;
  BelfryTargets *targets;
  GError *error;
  gboolean planned;
  gboolean is_done;
} Planning;

static gboolean
on_planned (gpointer data)
{
  ((Planning *)data)->is_done = TRUE;
  return G_SOURCE_REMOVE;
}

/* as the pool does */
static gpointer
plan (gpointer data)
{
  Planning *planning = data;
  const BelfryReporter *reporter = planning->fixture->plugin;
  JsonObject *object = json_object_new ();
  g_autoptr (BelfryReport) report = NULL;

  json_object_set_string_member (object, "subject", planning->subject);
  report = belfry_report_new (object);
  planning->targets = belfry_targets_new ();
  planning->planned =
      reporter->plan (planning->fixture->isolated, report, planning->targets, &planning->error);
  g_idle_add (on_planned, planning);
  return NULL;
}

static void
run_plan (Planning *planning)
{
  GThread *thread = g_thread_new ("pool", plan, planning);

  wait_for (&planning->is_done);
  g_thread_join (thread);
}

static void
test_plan (Fixture *fixture, gconstpointer unused)
{
  Planning good = { .fixture = fixture, .subject = "all is well" };
  Planning refused = { .fixture = fixture, .subject = "refuse" };
  Planning crashed = { .fixture = fixture, .subject = "crash" };

  start_well (fixture, REPORTER);
  run_plan (&good);
  g_assert_true (good.planned);
  g_assert_cmpuint (belfry_targets_get_length (good.targets), ==, 2);
  g_assert_cmpstr (belfry_targets_get_target (good.targets, 1), ==, "second");
  g_assert_cmpstr (json_node_get_string (belfry_targets_get_payload (good.targets, 0)), ==,
                   "all is well");
  run_plan (&refused);
  g_assert_error (refused.error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  run_plan (&crashed);
  g_assert_false (crashed.planned);
  g_assert_error (crashed.error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  stop (fixture);
  belfry_targets_free (good.targets);
  belfry_targets_free (refused.targets);
  belfry_targets_free (crashed.targets);
  g_clear_error (&refused.error);
  g_clear_error (&crashed.error);
}

static void
add (const char *name, gconstpointer data, void (*run) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/isolation/", name, NULL);

  g_test_add (path, Fixture, data, set_up, run, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("translate/good", NULL, test_translate);
  add ("translate/nothing", NULL, test_nothing);
  add ("translate/innocent", NULL, test_innocent);
  add ("denied", NULL, test_denied);
  add ("environment", NULL, test_environment);
  add ("language", NULL, test_language);
  for (guint i = 0; i < G_N_ELEMENTS (bad_deeds); i++) {
    g_autofree char *name = g_strconcat ("bad/", bad_deeds[i].deed, NULL);

    add (name, GUINT_TO_POINTER (i), test_bad);
  }
  add ("bad/eat", NULL, test_eat);
  add ("bad/babble", NULL, test_babble);
  add ("bad/crowd", NULL, test_crowd);
  add ("bad/flood", NULL, test_flood);
  add ("bad/hoard", NULL, test_hoard);
  add ("killed", NULL, test_killed);
  add ("waits", NULL, test_waits);
  add ("start/refuse", "refuse", test_start);
  add ("start/crash", "crash", test_start);
  add ("deliver/good", NULL, test_deliver);
  add ("deliver/crash", NULL, test_deliver_crash);
  add ("deliver/program", NULL, test_program);
  add ("plan", NULL, test_plan);
  add ("stop", NULL, test_stop);
  return g_test_run ();
}
