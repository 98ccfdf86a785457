/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reporters here plan and deliver like any, and remember what they were given. Builds are written
 * by the store's own functions, with their events, as an engine's transactions are.
 */
#include "test-fixture.h"

#include "daemon/gate.h"
#include "outside/processes.h"

#include <glib/gstdio.h>
#include <signal.h>

#define PATIENCE_S 30
#define EPOCH_US   (G_GINT64_CONSTANT (1717400000) * G_USEC_PER_SEC)

static void
item_free (gpointer data)
{
  TestItem *item = data;

  g_free (item->target);
  g_free (item->key);
  g_free (item->phase);
  g_free (item->remote_id);
  json_object_unref (item->payload);
  g_free (item);
}

static gboolean
test_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  static const char *const one[] = { "room", NULL };
  const TestState *state = self;
  const char *const *target = state->targets != NULL ? state->targets : one;
  JsonObject *build = belfry_report_get_build (report, 0);
  g_autofree char *key = NULL;
  g_autoptr (JsonNode) payload = json_node_alloc ();

  if (state->plan_error != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "%s", state->plan_error);
    return FALSE;
  }
  key = build != NULL ? g_strdup_printf ("build/%" G_GINT64_FORMAT,
                                         belfry_json_get_integer (build, "buildid", 0))
                      : g_strdup ("none");
  json_node_init_object (payload, belfry_report_get_data (report));
  for (; *target != NULL; target++)
    belfry_targets_add (targets, *target, state->key != NULL ? state->key : key, payload);
  return TRUE;
}

static void
remember (TestState *state, const BelfryItem *item)
{
  TestItem *copy = g_new0 (TestItem, 1);

  copy->reportid = item->reportid;
  copy->target = g_strdup (item->target);
  copy->key = g_strdup (item->key);
  copy->phase = g_strdup (item->phase);
  copy->remote_id = g_strdup (item->remote_id);
  copy->tries = item->tries;
  copy->payload = json_node_dup_object (item->payload);
  g_ptr_array_add (state->items, copy);
}

static void
test_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  TestState *state = self;
  BelfryOutcome *outcome = NULL;

  remember (state, item);
  if (state->silent) {
    g_ptr_array_add (state->tasks, task);
    return;
  }
  outcome = g_queue_pop_head (&state->outcomes);
  if (outcome == NULL)
    outcome = belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL);
  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}

static BelfryHttpRequest *
test_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const TestState *state = self;
  BelfryHttpRequest *request = belfry_http_request_new ("POST", state->url);

  remember ((TestState *)state, item);
  if (state->token != NULL)
    belfry_http_request_set_bearer (request, "Bearer", belfry_secret_get_value (state->token));
  return request;
}

static const BelfryOption test_options[] = {
  BELFRY_SECRET (TestState, token, "token", .help = "what it proves itself by"),
  { NULL },
};

#define TEST_REPORTER                                                                              \
  .size = sizeof (BelfryReporter), .kind = BELFRY_KIND_REPORTER, .summary = "remembers",           \
  .plan = test_plan, .options = test_options, .option_size = sizeof (BelfryOption)

const BelfryReporter test_message = {
  TEST_REPORTER,       .name = "test-message",    .family = BELFRY_FAMILY_MESSAGE,
  .wants_users = TRUE, .wants_attachments = TRUE, .deliver = test_deliver,
};
const BelfryReporter test_painter = {
  TEST_REPORTER,
  .name = "test-painter",
  .family = BELFRY_FAMILY_PAINTER,
  .deliver = test_deliver,
};
const BelfryReporter test_feed = {
  TEST_REPORTER,
  .name = "test-feed",
  .family = BELFRY_FAMILY_FEED,
  .deliver = test_deliver,
};
const BelfryReporter test_http = {
  TEST_REPORTER,
  .name = "test-http",
  .family = BELFRY_FAMILY_MESSAGE,
  .to_request = test_to_request,
  .permission = "the right to write",
};

static void
ops_run_process (BelfryInstance *instance, const BelfryProcess *process, GTask *task)
{
  belfry_processes_run (process, task);
}

static void
answer_request (BelfryHttpRequest *request, GTask *task, gpointer data)
{
  TestState *state = data;
  g_autoptr (GBytes) body =
      state->body != NULL ? g_bytes_new_static (state->body, strlen (state->body)) : NULL;
  BelfryHttpAnswer *answer = NULL;

  if (state->status == 0)
    g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY, "no route to host");
  else {
    answer = belfry_http_answer_new (state->status, body);
    for (guint i = 0; state->headers != NULL && state->headers[i] != NULL; i += 2)
      belfry_http_answer_add_header (answer, state->headers[i], state->headers[i + 1]);
    g_task_return_pointer (task, answer, (GDestroyNotify)belfry_http_answer_unref);
  }
  g_object_unref (task);
}

static void
ops_http_send (BelfryInstance *instance, BelfryHttpRequest *request, GTask *task)
{
  TestState *state = belfry_instance_get_state (instance);
  TestReporter *reporter = belfry_instance_get_host_data (instance);
  BelfryGate gate = { belfry_outbox_get_buckets (reporter->fixture->outbox), NULL, answer_request,
                      state };

  belfry_gate_send (&gate, reporter->hosted, request, task);
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .run_process = ops_run_process,
  .http_send = ops_http_send,
};

static BelfrySection *
make_section (const char *name, const char *keys)
{
  BelfrySection *section = belfry_section_new ("reporter", name, "/test.conf", 1);
  g_auto (GStrv) lines = g_strsplit (keys != NULL ? keys : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (equals == NULL)
      continue;
    *equals = '\0';
    belfry_section_set (section, lines[i], equals + 1, "/test.conf", i + 2);
  }
  return section;
}

BelfryProblems *
test_check (const BelfryReporter *plugin, const char *keys)
{
  BelfryProblems *problems = belfry_problems_new ();
  g_autoptr (BelfrySection) section = make_section ("test", keys);
  gpointer state = g_malloc0 (belfry_reporter_keys_size);

  belfry_option_table_read (&belfry_reporter_keys_table, section, state, NULL, problems);
  belfry_reporter_keys_check (state, plugin, section, problems);
  belfry_option_table_clear (&belfry_reporter_keys_table, state);
  g_free (state);
  return problems;
}

static void
reporter_free (gpointer data)
{
  TestReporter *self = data;
  TestState *state = &self->state;

  g_ptr_array_unref (state->items);
  g_ptr_array_unref (state->tasks);
  g_queue_clear_full (&state->outcomes, (GDestroyNotify)belfry_outcome_free);
  belfry_instance_unref (self->hosted->instance);
  belfry_secret_unref (state->token);
  g_clear_pointer (&self->hosted->hosts, g_hash_table_unref);
  g_free (self->hosted->credential);
  g_free (self->hosted);
  belfry_option_table_clear (&belfry_reporter_keys_table, self->blueprint.host_state);
  g_free (self->blueprint.host_state);
  belfry_section_free (self->section);
  g_free (self->blueprint.name);
  g_free (self);
}

TestReporter *
fixture_add (Fixture *self, const BelfryReporter *plugin, const char *name, const char *keys)
{
  TestReporter *reporter = g_new0 (TestReporter, 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryBlueprint *blueprint = &reporter->blueprint;

  reporter->section = make_section (name, keys);
  reporter->state.items = g_ptr_array_new_with_free_func (item_free);
  reporter->state.tasks = g_ptr_array_new ();
  reporter->state.url = "http://127.0.0.1/";
  g_queue_init (&reporter->state.outcomes);
  blueprint->kind = BELFRY_KIND_REPORTER;
  blueprint->name = g_strdup (name);
  blueprint->section = reporter->section;
  blueprint->plugin = (const BelfryPlugin *)plugin;
  blueprint->host_state = g_malloc0 (belfry_reporter_keys_size);
  blueprint->state = &reporter->state;
  belfry_option_table_read (&belfry_reporter_keys_table, reporter->section, blueprint->host_state,
                            NULL, problems);
  belfry_reporter_keys_check (blueprint->host_state, plugin, reporter->section, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++)
    g_test_message ("%s", belfry_problems_get (problems, i)->message);
  g_assert_cmpuint (belfry_problems_get_length (problems), ==, 0);
  reporter->hosted = g_new0 (BelfryHosted, 1);
  g_atomic_ref_count_init (&reporter->hosted->refs);
  reporter->hosted->blueprint = blueprint;
  reporter->hosted->config = &self->config;
  reporter->hosted->state = BELFRY_HOSTED_RUNNING;
  reporter->hosted->instance =
      belfry_instance_new ("reporter", name, &reporter->state, &ops, reporter);
  reporter->fixture = self;
  g_ptr_array_add (self->reporters, reporter);
  return reporter;
}

static void
on_event (BelfryEvent *event, gpointer data)
{
  Fixture *self = data;
  const BelfryEventKind *kind = belfry_event_kind_find (event->name);

  if (kind != NULL && kind->phase != NULL && self->outbox != NULL)
    belfry_outbox_wake (self->outbox);
}

void
fixture_apply (Fixture *self)
{
  g_autoptr (GPtrArray) hosted = g_ptr_array_new ();

  for (guint i = 0; i < self->reporters->len; i++)
    g_ptr_array_add (hosted, ((TestReporter *)g_ptr_array_index (self->reporters, i))->hosted);
  belfry_outbox_apply (self->outbox, &self->config, hosted);
  belfry_outbox_wake (self->outbox);
  fixture_settle (self);
}

static void
open_store (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  BelfryStoreSettings settings = { .directory = self->folder };

  self->store = belfry_store_open (&settings, &error);
  g_assert_no_error (error);
  self->outbox = belfry_outbox_new (self->store);
  belfry_store_set_event_func (self->store, on_event, self);
  belfry_store_set_event_filter (self->store, belfry_outbox_filter, self->outbox);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *ended = user_data;

  *ended = TRUE;
}

static void
return_kept_tasks (Fixture *self)
{
  for (guint i = 0; i < self->reporters->len; i++) {
    TestReporter *reporter = g_ptr_array_index (self->reporters, i);

    for (guint j = 0; j < reporter->state.tasks->len; j++) {
      g_autoptr (GTask) task = g_ptr_array_index (reporter->state.tasks, j);

      g_task_return_pointer (task, belfry_outcome_new (BELFRY_OUTCOME_DELIVERED, NULL),
                             (GDestroyNotify)belfry_outcome_free);
    }
    g_ptr_array_set_size (reporter->state.tasks, 0);
  }
}

void
test_turn_until (gboolean *ended)
{
  gint64 deadline_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  while (!*ended) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    g_main_context_iteration (NULL, FALSE);
    g_thread_yield ();
  }
}

/* as a power cut would: nothing is told any more */
static void
close_store (Fixture *self)
{
  gboolean ended = FALSE;

  self->outbox->stopping = TRUE;
  belfry_outbox_abandon (self->outbox);
  belfry_store_flush_async (self->store, on_ended, &ended);
  test_turn_until (&ended);
  ended = FALSE;
  belfry_outbox_stop_async (self->outbox, on_ended, &ended);
  test_turn_until (&ended);
  g_clear_pointer (&self->outbox, belfry_outbox_free);
  return_kept_tasks (self);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_pointer (&self->store, belfry_store_close);
}

void
fixture_set_up (Fixture *self, gconstpointer unused)
{
  /* as the daemon does: a program may end without having read its input */
  signal (SIGPIPE, SIG_IGN);
  belfry_clock_set_us (EPOCH_US);
  self->folder = g_dir_make_tmp ("belfry-outbox-XXXXXX", NULL);
  g_atomic_ref_count_init (&self->config.refs);
  self->config.host.title = (char *)"Acme CI";
  self->config.host.url = (char *)"https://ci.example.org/";
  self->config.host.late_reports = G_TIME_SPAN_HOUR;
  self->config.host.time_zone = g_time_zone_new_utc ();
  self->reporters = g_ptr_array_new_with_free_func (reporter_free);
  self->next_id = 100;
  open_store (self);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_remove (file);
  }
  g_rmdir (path);
}

void
fixture_tear_down (Fixture *self, gconstpointer unused)
{
  close_store (self);
  for (guint i = 0; i < self->reporters->len; i++) {
    TestReporter *reporter = g_ptr_array_index (self->reporters, i);

    g_assert_true (g_atomic_ref_count_compare (&reporter->hosted->refs, 1));
  }
  g_ptr_array_unref (self->reporters);
  g_assert_true (g_atomic_ref_count_compare (&self->config.refs, 1));
  g_time_zone_unref (self->config.host.time_zone);
  remove_folder (self->folder);
  g_free (self->folder);
  belfry_clock_set_us (0);
}

void
fixture_restart (Fixture *self)
{
  close_store (self);
  open_store (self);
}

typedef struct {
  const BelfryRecordType *type;
  BelfryQuery query;
  GPtrArray *found;
} Asking;

static gboolean
run_asking (BelfryReader *reader, gpointer data, GError **error)
{
  Asking *asking = data;

  asking->found = belfry_reader_list (reader, asking->type, &asking->query, NULL, error);
  return asking->found != NULL;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *ended = user_data;
  g_autoptr (GError) error = NULL;

  belfry_store_read_finish (NULL, result, &error);
  g_assert_no_error (error);
  *ended = TRUE;
}

GPtrArray *
fixture_list (Fixture *self, const BelfryRecordType *type, const char *field, gint64 number)
{
  Asking asking = { .type = type, .query = BELFRY_QUERY_INIT };
  gboolean ended = FALSE;

  if (field != NULL)
    asking.query.filters[0] = (BelfryFilter){ field, BELFRY_COMPARE_EQUAL, number, NULL };
  asking.query.limit = 1000;
  belfry_store_read_async (self->store, NULL, run_asking, &asking, NULL, on_read, &ended);
  test_turn_until (&ended);
  return asking.found;
}

void
fixture_wait_items (Fixture *self, TestReporter *reporter, guint count)
{
  gint64 deadline_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  while (reporter->state.items->len < count) {
    if (g_get_monotonic_time () > deadline_us) {
      g_autofree char *states = fixture_dup_states (self, reporter->blueprint.name);
      g_autofree char *answer = fixture_dup_answer (self, reporter->blueprint.name);

      g_error ("%u of %u items came; rows are %s: %s", reporter->state.items->len, count, states,
               answer);
    }
    g_main_context_iteration (NULL, FALSE);
    g_thread_yield ();
  }
}

char *
fixture_dup_states (Fixture *self, const char *instance)
{
  g_autoptr (GPtrArray) rows = fixture_list (self, belfry_report_row_get_type (), NULL, 0);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++) {
    const BelfryReportRow *row = g_ptr_array_index (rows, i);

    if (g_str_equal (row->instance, instance))
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", row->state);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
fixture_dup_answer (Fixture *self, const char *instance)
{
  g_autoptr (GPtrArray) rows = fixture_list (self, belfry_report_row_get_type (), NULL, 0);
  char *answer = NULL;

  for (guint i = 0; i < rows->len; i++) {
    const BelfryReportRow *row = g_ptr_array_index (rows, i);

    if (g_str_equal (row->instance, instance)) {
      g_free (answer);
      answer = g_strdup (row->answer);
    }
  }
  return answer;
}

void
fixture_wait_states (Fixture *self, const char *instance, const char *wanted)
{
  gint64 deadline_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;
  g_autofree char *states = NULL;

  while (g_strcmp0 (states, wanted) != 0) {
    g_free (states);
    states = fixture_dup_states (self, instance);
    if (g_get_monotonic_time () > deadline_us)
      g_assert_cmpstr (states, ==, wanted);
    g_main_context_iteration (NULL, FALSE);
  }
}

void
fixture_settle (Fixture *self)
{
  gboolean ended = FALSE;

  for (guint quiet = 0; quiet < 3; quiet++) {
    ended = FALSE;
    belfry_store_flush_async (self->store, on_ended, &ended);
    test_turn_until (&ended);
    if (self->outbox->under_way > g_hash_table_size (self->outbox->deliveries))
      quiet = 0;
  }
}

void
fixture_advance (Fixture *self, gint64 by_us)
{
  belfry_clock_set_us (belfry_clock_now_us () + by_us);
  belfry_outbox_load (self->outbox);
  fixture_settle (self);
}

void
fixture_answer (TestReporter *reporter, BelfryOutcome *outcome)
{
  g_autoptr (GTask) task = g_ptr_array_steal_index (reporter->state.tasks, 0);

  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
}

const TestItem *
test_get_item (TestReporter *reporter, guint index)
{
  g_assert_cmpuint (index, <, reporter->state.items->len);
  return g_ptr_array_index (reporter->state.items, index);
}

const char *
test_get_text (TestReporter *reporter, guint index, const char *member)
{
  return belfry_json_get_text (test_get_item (reporter, index)->payload, member);
}
