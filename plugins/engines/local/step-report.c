/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command's output and files say beyond its exit code: warnings are counted while it prints,
 * results of tests are read on a thread when it has ended. Both can only make the result worse.
 */
#include "local.h"
#include "report.h"
#include "tests.h"
#include "walk.h"
#include "warnings.h"
#include <string.h>
#include <unistd.h>

#define FILES_MAX      1000
#define FILE_BYTES     (64 * 1024 * 1024)
#define STDOUT_BYTES   ((gsize)16 * 1024 * 1024)
#define CLOCK_SLACK_US G_USEC_PER_SEC
#define NOTES_MAX      100
#define BATCH          500

/** Reading: what the thread is given, and what it finds */
typedef struct {
  LocalRun *run;
  gint64 result;
  char *text; /* (nullable) */
  char *root;
  char **formats;
  char *output; /* (nullable) of the command */
  gint64 not_before;
  guint n_files;
  LocalTestsRead read; /* the format that is being read */
  gboolean broken;
  LocalTests *tests;
  GPtrArray *notes; /* (element-type utf8) */
} Reading;

static void
reading_free (Reading *self)
{
  g_free (self->text);
  g_free (self->root);
  g_strfreev (self->formats);
  g_free (self->output);
  local_tests_free (self->tests);
  g_ptr_array_unref (self->notes);
  g_free (self);
}

/* thread */

static void
note (Reading *self, const char *path, const char *why)
{
  g_autofree char *shown = belfry_text_make_printable (path, -1, 200);

  if (self->notes->len < NOTES_MAX)
    g_ptr_array_add (self->notes, g_strdup_printf ("test results '%s': %s", shown, why));
}

static void
read_text (Reading *self, const char *name, const char *text, gsize n_bytes)
{
  g_autoptr (GError) error = NULL;

  if (self->read (self->tests, text, n_bytes, &error))
    return;
  self->broken = TRUE;
  note (self, name, error->message);
}

static char *
read_whole (int fd, gsize n_bytes)
{
  char *text = g_malloc (n_bytes + 1);
  gsize done = 0;
  ssize_t part = 1;

  while (part > 0 && done < n_bytes) {
    part = read (fd, text + done, n_bytes - done);
    done += part > 0 ? (gsize)part : 0;
  }
  text[done] = '\0';
  return text;
}

static gboolean
take_file (gpointer data, int fd, const char *path, const struct stat *info, GError **error)
{
  Reading *self = data;
  gint64 changed = info->st_mtim.tv_sec * G_USEC_PER_SEC + info->st_mtim.tv_nsec / 1000;
  g_autofree char *text = NULL;

  (void)error;
  if (changed < self->not_before) {
    note (self, path, "older than the step, left out");
    return TRUE;
  }
  if (++self->n_files > FILES_MAX || info->st_size > FILE_BYTES) {
    self->broken = TRUE;
    note (self, path, self->n_files > FILES_MAX ? "too many files" : "too large");
    return TRUE;
  }
  text = read_whole (fd, (gsize)info->st_size);
  read_text (self, path, text, strlen (text));
  return TRUE;
}

static void
leave_out (gpointer data, const char *path, const char *why)
{
  note (data, path, why);
}

static void
read_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Reading *self = data;

  (void)source;
  for (guint i = 0; self->formats[i] != NULL; i++) {
    const char *colon = strchr (self->formats[i], ':');
    const LocalWalk walk = { .root = self->root,
                             .source = colon != NULL ? colon + 1 : "",
                             .cancellable = cancellable,
                             .data = self,
                             .take = take_file,
                             .left_out = leave_out };

    self->read = local_tests_find_reader (self->formats[i]);
    if (colon != NULL)
      local_walk (&walk, NULL);
    else if (self->output != NULL)
      read_text (self, "standard output", self->output, strlen (self->output));
  }
  g_task_return_boolean (task, TRUE);
}

/* main loop */

static void
set_statistic (LocalRun *run, const char *name, gint64 value)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = NULL;

  if (run->record->statistics != NULL && JSON_NODE_HOLDS_OBJECT (run->record->statistics))
    object = json_object_ref (json_node_get_object (run->record->statistics));
  else
    object = json_object_new ();
  json_object_set_int_member (object, name, value);
  json_node_take_object (node, object);
  g_clear_pointer (&run->record->statistics, json_node_unref);
  run->record->statistics = node;
}

/* Properties add up over the steps of a build. */
static void
add_to_property (LocalRun *run, const char *name, gint64 value)
{
  JsonNode *before = belfry_properties_get_value (run->build->record->properties, name);
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  if (before != NULL && JSON_NODE_HOLDS_VALUE (before) &&
      json_node_get_value_type (before) == G_TYPE_INT64)
    value += json_node_get_int (before);
  json_node_set_int (node, value);
  local_build_set_property (run->build, name, node, run->record->name);
}

static void
tell_counts (LocalRun *run, const LocalTests *tests)
{
  const struct {
    const char *name;
    gint64 value;
  } counts[] = {
    { "tests-total", local_tests_total (tests) },
    { "tests-passed", tests->counts[LOCAL_TEST_PASSED] },
    { "tests-failed", tests->counts[LOCAL_TEST_FAILED] },
    { "tests-errors", tests->counts[LOCAL_TEST_ERROR] },
    { "tests-skipped", tests->counts[LOCAL_TEST_SKIPPED] + tests->counts[LOCAL_TEST_TODO] },
    { "tests-duration", tests->duration_ms },
  };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    set_statistic (run, counts[i].name, counts[i].value);
    add_to_property (run, counts[i].name, counts[i].value);
  }
}

static void
tell_test (LocalRun *run, const LocalTest *test)
{
  LocalBuild *build = run->build;
  g_autoptr (BelfryTestResult) record = belfry_test_result_new ();
  g_autofree char *name = local_masks_apply (build->masks, test->name);
  g_autofree char *message = local_masks_apply (build->masks, test->message->str);
  g_autofree char *output = local_masks_apply (build->masks, test->output->str);

  record->testid = belfry_engine_next_id (build->local->instance, BELFRY_ID_TEST);
  record->buildid = build->record->buildid;
  record->stepid = run->record->stepid;
  record->duration_ms = test->duration_ms;
  belfry_record_set_text (&record->name, name);
  belfry_record_set_text (&record->result, local_test_result_name (test->result));
  belfry_record_set_text (&record->message, message);
  belfry_record_set_text (&record->output, g_strchomp (output));
  belfry_transaction_add_test (local_build_say (build), record);
}

/* In several transactions, so that none holds the writer for long. */
static void
tell_tests (LocalRun *run, const LocalTests *tests)
{
  LocalBuild *build = run->build;
  gboolean cut = tests->cut;

  for (guint i = 0; i < tests->list->len; i++) {
    if (build->n_tests >= LOCAL_TESTS_MAX) {
      cut = TRUE;
      break;
    }
    build->n_tests++;
    tell_test (run, g_ptr_array_index (tests->list, i));
    if (i % BATCH == BATCH - 1)
      local_build_flush (build);
  }
  if (cut)
    local_log_header (run->stdio, "only the first %d test results of a build are kept",
                      LOCAL_TESTS_MAX);
}

static gint64
judge (const LocalRun *run, const Reading *reading)
{
  const LocalStepKeys *keys = run->step->keys;
  const LocalTests *tests = reading->tests;
  gint64 failed = tests->counts[LOCAL_TEST_FAILED] + tests->counts[LOCAL_TEST_ERROR];
  gint64 result = reading->result;

  if (local_tests_total (tests) == 0)
    result = belfry_result_worst (result, keys->no_tests);
  if (reading->broken)
    result = belfry_result_worst (result, keys->broken_results);
  if (tests->broken_plan || failed > keys->max_failed)
    result = belfry_result_worst (result, BELFRY_RESULT_FAILURE);
  if (keys->max_skipped >= 0 && tests->counts[LOCAL_TEST_SKIPPED] > keys->max_skipped)
    result = belfry_result_worst (result, BELFRY_RESULT_WARNINGS);
  return result;
}

static void
add_to_text (LocalRun *run, const LocalTests *tests)
{
  gint64 failed = tests->counts[LOCAL_TEST_FAILED] + tests->counts[LOCAL_TEST_ERROR];
  char *text = NULL;

  if (local_tests_total (tests) == 0)
    return;
  text = g_strdup_printf ("%s %" G_GINT64_FORMAT " tests, %" G_GINT64_FORMAT " failed",
                          run->done_text != NULL ? run->done_text : run->record->name,
                          local_tests_total (tests), failed);
  g_free (run->done_text);
  run->done_text = text;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Reading *self = data;
  LocalRun *run = self->run;
  gint64 judged = 0;
  g_autofree char *text = g_steal_pointer (&self->text);

  (void)source;
  (void)result;
  run->build->local->n_pending--;
  for (guint i = 0; i < self->notes->len; i++)
    local_log_header (run->stdio, "%s", (char *)g_ptr_array_index (self->notes, i));
  if (self->tests->broken_plan)
    local_log_header (run->stdio, "the plan of the tests was not met, or they bailed out");
  tell_counts (run, self->tests);
  tell_tests (run, self->tests);
  add_to_text (run, self->tests);
  judged = run->cause == LOCAL_CAUSE_NONE ? judge (run, self) : self->result;
  reading_free (self);
  local_run_finish (run, judged, text);
}

static void
start_reading (LocalRun *run, gint64 result, const char *text)
{
  const LocalStepKeys *keys = run->step->keys;
  Reading *self = g_new0 (Reading, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_read, self);

  self->run = run;
  self->result = result;
  self->text = g_strdup (text);
  self->root = g_strdup (run->workdir);
  self->formats = g_strdupv (keys->test_results);
  self->output = run->captured != NULL ? g_strdup (run->captured->str) : NULL;
  self->broken = run->captured_too_much;
  self->not_before = keys->stale_results ? 0 : run->record->started_at - CLOCK_SLACK_US;
  self->tests = local_tests_new ();
  self->notes = g_ptr_array_new_with_free_func (g_free);
  run->build->local->n_pending++;
  g_task_set_source_tag (task, start_reading);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, read_on_thread);
}

static gint64
report_warnings (LocalRun *run, gint64 result)
{
  const LocalStepKeys *keys = run->step->keys;
  gint64 count = 0;
  g_autofree char *name = NULL;
  const char *lines = NULL;
  LocalLog *log = NULL;

  local_warnings_end (run->warnings);
  count = local_warnings_get_count (run->warnings);
  lines = local_warnings_get_lines (run->warnings);
  set_statistic (run, "warnings", count);
  add_to_property (run, "warnings-count", count);
  if (count > 0) {
    name = g_strdup_printf ("warnings (%" G_GINT64_FORMAT ")", count);
    log = local_log_new (run, name, TRUE);
    local_log_add (log, LOCAL_STREAM_OUT, lines, strlen (lines));
    local_log_close (log);
    local_log_free (log);
    result = belfry_result_worst (result, BELFRY_RESULT_WARNINGS);
  }
  if (keys->max_warnings >= 0 && count > keys->max_warnings)
    result = belfry_result_worst (result, BELFRY_RESULT_FAILURE);
  return result;
}

/* Before the process starts. FALSE: the suppressions cannot be read. */
gboolean
local_report_prepare (LocalRun *run, GError **error)
{
  const LocalStepKeys *keys = run->step->keys;
  g_autofree char *text = NULL;
  int fd = -1;

  for (guint i = 0; keys->test_results != NULL && keys->test_results[i] != NULL; i++) {
    if (strchr (keys->test_results[i], ':') == NULL)
      run->capture_max = STDOUT_BYTES;
  }
  if (!keys->count_warnings)
    return TRUE;
  g_clear_pointer (&run->warnings, local_warnings_free);
  run->warnings = local_warnings_new (keys);
  for (guint i = 0; keys->suppress != NULL && keys->suppress[i] != NULL; i++) {
    if (!local_warnings_suppress (run->warnings, keys->suppress[i], error))
      return FALSE;
  }
  if (keys->suppress_file == NULL)
    return TRUE;
  fd = local_open_beneath (run->workdir, keys->suppress_file, error);
  if (fd < 0)
    return FALSE;
  text = read_whole (fd, STDOUT_BYTES / 16);
  close (fd);
  return local_warnings_suppress (run->warnings, text, error);
}

/* Ends the step, now or when the results have been read. */
void
local_report_finish (LocalRun *run, gint64 result, const char *text)
{
  gboolean ended = run->cause == LOCAL_CAUSE_NONE && run->has_exit;

  if (run->warnings != NULL && ended)
    result = report_warnings (run, result);
  if (run->step->keys->test_results != NULL && ended)
    start_reading (run, result, text);
  else
    local_run_finish (run, result, text);
}
