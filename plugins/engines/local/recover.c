/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start after whatever ended the last run (§17.1 of the engine's page). On a pool thread: what the
 * last run's supervisors left is ended, found by their token; what is not complete is read. On the
 * main loop: unfinished steps and builds are finished, their requests given back, switches and
 * timers restored, all in one transaction that is waited for before anything is claimed.
 */
#include "recover.h"
#include "proc.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define LIST_MAX    10000
#define TERM_TRIES  100
#define TRY_US      50000
#define CHANGES_MAX 1000
#define DEPTH_MAX   17

/** Found: what the store had */
typedef struct {
  Local *local;
  char *engine;
  GPtrArray *requests; /* (element-type BelfryBuildRequest) not complete */
  GPtrArray *sets;     /* (element-type LocalSet) by bsid, see find_set () */
  GPtrArray *builds;   /* (element-type BelfryBuild) not complete */
  GPtrArray *steps;    /* (element-type BelfryStep) not complete, of those builds */
  GPtrArray *logs;     /* (element-type BelfryLog) not complete, of those steps */
  GPtrArray *builders; /* (element-type BelfryBuilder) */
  GHashTable *by_bsid; /* id to LocalSet, of sets */
  GHashTable *ended;   /* id to LocalSet: complete ones that dependent schedulers wait for */
  GHashTable *state;   /* key to JsonNode */
  GHashTable *changes; /* (nullable) id (as text) to BelfryChange, of timers */
  gint64 last_change;
} Found;

static void
found_free (gpointer data)
{
  Found *self = data;

  g_free (self->engine);
  g_clear_pointer (&self->requests, g_ptr_array_unref);
  g_clear_pointer (&self->by_bsid, g_hash_table_unref);
  g_clear_pointer (&self->ended, g_hash_table_unref);
  g_clear_pointer (&self->sets, g_ptr_array_unref);
  g_clear_pointer (&self->builds, g_ptr_array_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->logs, g_ptr_array_unref);
  g_clear_pointer (&self->builders, g_ptr_array_unref);
  g_clear_pointer (&self->state, g_hash_table_unref);
  g_clear_pointer (&self->changes, g_hash_table_unref);
  g_free (self);
}

/* leftovers; on any thread but the main loop's */

static guint
signal_all (const char *token, int number)
{
  g_autoptr (GArray) processes = local_proc_find_token (token);

  for (guint i = 0; i < processes->len; i++) {
    const LocalProcess *process = &g_array_index (processes, LocalProcess, i);

    if (local_proc_is_same (process))
      kill (process->pid, number);
  }
  return processes->len;
}

/* A supervisor that gets TERM ends all below it, then itself. */
void
local_kill_by_token (const char *token)
{
  guint left = signal_all (token, SIGTERM);

  for (guint i = 0; i < TERM_TRIES && left > 0; i++) {
    g_usleep (TRY_US); /* lint: never on the main loop's thread */
    left = signal_all (token, i < TERM_TRIES / 2 ? 0 : SIGKILL);
  }
}

static void
kill_on_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  (void)source;
  (void)cancellable;
  local_kill_by_token (data);
  g_task_return_boolean (task, TRUE);
}

static void
on_killed (GObject *source, GAsyncResult *result, gpointer data)
{
  Local *self = data;

  (void)source;
  (void)result;
  self->n_pending--;
  local_stop_step (self);
}

/* Ends what a lost supervisor has left. */
void
local_kill_leftovers (Local *self, const char *token)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_killed, self);

  self->n_pending++;
  g_task_set_source_tag (task, local_kill_leftovers);
  g_task_set_task_data (task, g_strdup (token), g_free);
  g_task_run_in_thread (task, kill_on_thread);
}

/* reading; on a pool thread */

static void
append (GPtrArray *all, GPtrArray *some)
{
  for (guint i = 0; some != NULL && i < some->len; i++)
    g_ptr_array_add (all, belfry_record_ref (g_ptr_array_index (some, i)));
}

/* All of them, however many pages that takes: what is not found here is lost until the next start.
 */
static GPtrArray *
list_open (
    BelfryReader *reader, const BelfryRecordType *type, const char *of, gint64 id, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (belfry_record_unref);
  gboolean cut = TRUE;

  query.filters[0] =
      (BelfryFilter){ .field = "complete", .compare = BELFRY_COMPARE_EQUAL, .number = FALSE };
  if (of != NULL)
    query.filters[1] = (BelfryFilter){ .field = of, .compare = BELFRY_COMPARE_EQUAL, .number = id };
  query.limit = LIST_MAX;
  while (cut) {
    g_autoptr (GPtrArray) page = NULL;

    query.offset = all->len;
    page = belfry_reader_list (reader, type, &query, &cut, error);
    if (page == NULL)
      return NULL;
    append (all, page);
    cut = cut && page->len > 0;
  }
  return g_steal_pointer (&all);
}

static LocalSet *
find_set (const Found *self, gint64 bsid)
{
  return g_hash_table_lookup (self->by_bsid, &bsid);
}

static GPtrArray *
read_changes (BelfryReader *reader, JsonNode *ids)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  JsonArray *array = ids != NULL && JSON_NODE_HOLDS_ARRAY (ids) ? json_node_get_array (ids) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array) && i < CHANGES_MAX; i++) {
    gpointer change = belfry_reader_find (reader, belfry_change_get_type (),
                                          json_array_get_int_element (array, i), NULL);

    if (change != NULL)
      g_ptr_array_add (changes, change);
  }
  return changes;
}

static LocalSet *
read_set (BelfryReader *reader, gint64 bsid, GError **error)
{
  BelfryBuildset *record = belfry_reader_find_buildset (reader, bsid, error);
  g_autoptr (GPtrArray) changes = NULL;

  if (record == NULL)
    return NULL;
  changes = read_changes (reader, record->change_ids);
  if (record->sourcestamps == NULL)
    record->sourcestamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  if (record->properties == NULL)
    record->properties = belfry_properties_new ();
  return local_set_new (record, changes);
}

/* The worst of the requests that are complete already. */
static gboolean
read_worst (BelfryReader *reader, LocalSet *set, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;
  g_autoptr (GPtrArray) requests = NULL;

  query.filters[0] = (BelfryFilter){ .field = "buildsetid",
                                     .compare = BELFRY_COMPARE_EQUAL,
                                     .number = set->record->bsid };
  query.limit = LIST_MAX;
  requests = belfry_reader_list (reader, belfry_build_request_get_type (), &query, &cut, error);
  for (guint i = 0; requests != NULL && i < requests->len; i++) {
    const BelfryBuildRequest *request = g_ptr_array_index (requests, i);

    if (request->complete)
      set->worst = belfry_result_worst (set->worst, request->results);
  }
  return requests != NULL;
}

/* How many triggers lie above a set. */
static guint
read_depth (BelfryReader *reader, gint64 parent)
{
  guint depth = 0;

  while (parent > 0 && depth < DEPTH_MAX) {
    g_autoptr (BelfryBuild) build =
        belfry_reader_find (reader, belfry_build_get_type (), parent, NULL);
    g_autoptr (BelfryBuildset) set =
        build != NULL ? belfry_reader_find_buildset (reader, build->bsid, NULL) : NULL;

    depth++;
    parent = set != NULL ? set->parent_buildid : 0;
  }
  return depth;
}

static gboolean
read_sets (Found *self, BelfryReader *reader, GError **error)
{
  for (guint i = 0; i < self->requests->len; i++) {
    const BelfryBuildRequest *request = g_ptr_array_index (self->requests, i);
    LocalSet *set = find_set (self, request->buildsetid);

    if (set != NULL)
      continue;
    set = read_set (reader, request->buildsetid, error);
    if (set == NULL)
      return FALSE;
    g_ptr_array_add (self->sets, set);
    g_hash_table_insert (self->by_bsid, &set->record->bsid, set);
    set->depth = read_depth (reader, set->record->parent_buildid);
    if (!read_worst (reader, set, error))
      return FALSE;
  }
  return TRUE;
}

/* Sets of `upstream/SCHEDULER/BSID` that are complete: a restored backup may have such. */
static gboolean
read_ended (Found *self, BelfryReader *reader, GError **error)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->state);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    gint64 bsid = JSON_NODE_HOLDS_VALUE ((JsonNode *)value) ? json_node_get_int (value) : 0;
    LocalSet *set = NULL;

    if (!g_str_has_prefix (key, "upstream/") || find_set (self, bsid) != NULL ||
        g_hash_table_contains (self->ended, &bsid))
      continue;
    set = read_set (reader, bsid, NULL);
    if (set == NULL)
      continue;
    g_hash_table_insert (self->ended, &set->record->bsid, set);
    if (!read_worst (reader, set, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_builds (Found *self, BelfryReader *reader, GError **error)
{
  self->builds = list_open (reader, belfry_build_get_type (), NULL, 0, error);
  for (guint i = 0; self->builds != NULL && i < self->builds->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (self->builds, i);
    g_autoptr (GPtrArray) steps =
        list_open (reader, belfry_step_get_type (), "buildid", build->buildid, error);

    if (steps == NULL)
      return FALSE;
    append (self->steps, steps);
    for (guint j = 0; j < steps->len; j++) {
      g_autoptr (GPtrArray) logs =
          list_open (reader, belfry_log_get_type (), "stepid",
                     belfry_record_get_id (g_ptr_array_index (steps, j)), error);

      if (logs == NULL)
        return FALSE;
      append (self->logs, logs);
    }
  }
  return self->builds != NULL;
}

static gint64
read_last_change (BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;
  g_autoptr (GPtrArray) changes = NULL;

  query.descending = TRUE;
  query.limit = 1;
  changes = belfry_reader_list (reader, belfry_change_get_type (), &query, &cut, NULL);
  return changes != NULL && changes->len > 0 ? belfry_record_get_id (g_ptr_array_index (changes, 0))
                                             : 0;
}

/* Nothing else uses the groups before what is read here is there. */
static void
end_leftovers (Local *local, const char *token)
{
  local_kill_by_token (token);
  if (local->cgroups != NULL)
    local_cgroups_end_all (local->cgroups, token);
}

static gboolean
read_all (BelfryReader *reader, gpointer data, GError **error)
{
  Found *self = data;
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;
  JsonNode *token = NULL;

  self->state = belfry_reader_state_scan (reader, "", error);
  if (self->state == NULL)
    return FALSE;
  token = g_hash_table_lookup (self->state, "token");
  if (token != NULL && json_node_get_string (token) != NULL)
    end_leftovers (self->local, json_node_get_string (token));
  self->requests = list_open (reader, belfry_build_request_get_type (), NULL, 0, error);
  query.limit = LIST_MAX;
  self->builders = belfry_reader_list (reader, belfry_builder_get_type (), &query, &cut, error);
  if (self->requests == NULL || self->builders == NULL || !read_sets (self, reader, error) ||
      !read_ended (self, reader, error) || !read_builds (self, reader, error))
    return FALSE;
  self->changes = local_read_recorded (self->state, reader);
  self->last_change = read_last_change (reader);
  return TRUE;
}

/* applying; on the main loop */

static const char *
find_builder_name (const Found *self, gint64 id)
{
  for (guint i = 0; i < self->builders->len; i++) {
    const BelfryBuilder *builder = g_ptr_array_index (self->builders, i);

    if (builder->builderid == id)
      return builder->name;
  }
  return NULL;
}

static void
restore_requests (Found *self)
{
  for (guint i = 0; i < self->requests->len; i++) {
    BelfryBuildRequest *record = g_ptr_array_index (self->requests, i);
    LocalSet *set = find_set (self, record->buildsetid);
    const char *builder = find_builder_name (self, record->builderid);

    if (set == NULL || builder == NULL || g_strcmp0 (set->record->engine, self->engine) != 0)
      continue;
    local_hold_request (self->local, local_request_new (belfry_record_copy (record), set, builder));
  }
}

static void
finish_logs (Found *self, BelfryTransaction *transaction, const BelfryStep *step)
{
  static const char line[] = "hthe host ended unexpectedly\n";
  static const char plain[] = "the host ended unexpectedly\n";

  for (guint i = 0; i < self->logs->len; i++) {
    const BelfryLog *log = g_ptr_array_index (self->logs, i);
    gboolean stdio = g_strcmp0 (log->type, "s") == 0;
    g_autoptr (GBytes) text = stdio ? g_bytes_new_static (line, strlen (line))
                                    : g_bytes_new_static (plain, strlen (plain));

    if (log->stepid != step->stepid)
      continue;
    belfry_engine_append_log (self->local->instance, log->logid, text, 1);
    belfry_transaction_finish_log (transaction, log->logid);
  }
}

static void
finish_steps (Found *self, BelfryTransaction *transaction, gint64 buildid)
{
  for (guint i = 0; i < self->steps->len; i++) {
    const BelfryStep *found = g_ptr_array_index (self->steps, i);
    g_autoptr (BelfryStep) step = NULL;

    if (found->buildid != buildid)
      continue;
    step = belfry_record_copy (found);
    finish_logs (self, transaction, step);
    step->complete = TRUE;
    step->complete_at = belfry_clock_now_us ();
    step->results = BELFRY_RESULT_RETRY;
    belfry_record_set_text (&step->state_string, "retry host restarted");
    belfry_transaction_finish_step (transaction, step);
  }
}

static void
finish_build (Found *self, BelfryTransaction *transaction, const BelfryBuild *found)
{
  Local *local = self->local;
  g_autoptr (BelfryBuild) build = belfry_record_copy (found);
  LocalRequest *request = local_find_request (local, build->buildrequestid);
  gboolean abandoned = request != NULL && request->record->waited_for;
  gboolean retry = local->config->keys->on_crash == LOCAL_ON_CRASH_RETRY && !abandoned &&
                   (request == NULL || request->record->retries < local->config->keys->max_retries);
  gint64 otherwise = abandoned ? BELFRY_RESULT_CANCELLED : BELFRY_RESULT_EXCEPTION;

  finish_steps (self, transaction, build->buildid);
  build->complete = TRUE;
  build->complete_at = belfry_clock_now_us ();
  build->results = retry ? BELFRY_RESULT_RETRY : otherwise;
  belfry_record_set_text (&build->state_string, retry       ? "retry host restarted"
                                                : abandoned ? "cancelled (host restarted)"
                                                            : "exception (host restarted)");
  belfry_transaction_finish_build (transaction, build);
  if (request == NULL)
    return;
  if (!retry) {
    local_complete_request (local, transaction, request, otherwise);
    return;
  }
  request->record->retries++;
  request->record->claimed = FALSE;
  local_request_wait (local, request);
  belfry_transaction_unclaim (transaction, request->record->buildrequestid,
                              request->record->retries);
}

static gboolean
is_ours (const Found *self, const BelfryBuild *build)
{
  for (guint i = 0; i < self->builders->len; i++) {
    const BelfryBuilder *builder = g_ptr_array_index (self->builders, i);

    if (builder->builderid == build->builderid)
      return g_strcmp0 (builder->engine, self->engine) == 0;
  }
  return FALSE;
}

static GArray *
list_claimed (Local *local)
{
  g_autoptr (GPtrArray) requests = local_list_requests (local);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < requests->len; i++) {
    const BelfryBuildRequest *record = ((LocalRequest *)g_ptr_array_index (requests, i))->record;

    if (record->claimed)
      g_array_append_val (ids, record->buildrequestid);
  }
  return ids;
}

static void
restore_builds (Found *self, BelfryTransaction *transaction)
{
  g_autoptr (GArray) requests = list_claimed (self->local);

  for (guint i = 0; i < self->builds->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (self->builds, i);

    if (is_ours (self, build))
      finish_build (self, transaction, build);
  }
  /* claimed, but without a build: a crash cannot leave that, a restored backup may */
  for (guint i = 0; i < requests->len; i++) {
    LocalRequest *request = local_find_request (self->local, g_array_index (requests, gint64, i));

    if (request == NULL || !request->record->claimed)
      continue;
    request->record->claimed = FALSE;
    local_request_wait (self->local, request);
    belfry_transaction_unclaim (transaction, request->record->buildrequestid,
                                request->record->retries);
  }
}

static JsonObject *
get_state (const Found *self, const char *kind, const char *name)
{
  g_autofree char *key = g_strdup_printf ("%s/%s", kind, name);
  JsonNode *node = g_hash_table_lookup (self->state, key);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
restore_workers (Found *self)
{
  Local *local = self->local;

  for (guint i = 0; i < local->config->workers->len; i++) {
    const LocalWorker *worker = g_ptr_array_index (local->config->workers, i);
    LocalSlots *slots = local_slots (local, worker->name);
    JsonObject *stored = get_state (self, "worker", worker->name);

    slots->paused = stored != NULL ? belfry_json_get_boolean (stored, "paused", FALSE)
                                   : worker->keys != NULL && worker->keys->paused;
    slots->graceful = stored != NULL && belfry_json_get_boolean (stored, "graceful", FALSE);
  }
}

/* Sets that a dependent scheduler still waits for; those that are complete come later. */
static void
restore_upstreams (Found *self, LocalSchedulerState *state)
{
  g_autofree char *prefix = g_strdup_printf ("upstream/%s/", state->name);
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->state);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    gint64 bsid = 0;

    if (!g_str_has_prefix (key, prefix) || !JSON_NODE_HOLDS_VALUE ((JsonNode *)value))
      continue;
    bsid = json_node_get_int (value);
    g_hash_table_add (state->upstreams, g_memdup2 (&bsid, sizeof bsid));
  }
}

static void
catch_up (Found *self, BelfryTransaction *transaction)
{
  Local *local = self->local;
  GHashTableIter iter;
  gpointer set = NULL;

  g_hash_table_iter_init (&iter, self->ended);
  while (g_hash_table_iter_next (&iter, NULL, &set)) {
    for (guint i = 0; i < local->config->schedulers->len; i++) {
      const LocalScheduler *scheduler = g_ptr_array_index (local->config->schedulers, i);

      if (scheduler->upstream != NULL)
        local_dependent_ended (local, transaction, scheduler, set, ((LocalSet *)set)->worst);
    }
  }
}

/* What a parent waited for that is no more; if it is tried again it triggers afresh. */
static void
cancel_abandoned (Local *local, BelfryTransaction *transaction)
{
  g_autoptr (GPtrArray) requests = local_list_requests (local);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < requests->len; i++) {
    const LocalRequest *request = g_ptr_array_index (requests, i);

    if (request->record->waited_for)
      g_array_append_val (ids, request->record->buildrequestid);
  }
  for (guint i = 0; i < ids->len; i++) {
    LocalRequest *request = local_find_request (local, g_array_index (ids, gint64, i));

    if (request != NULL)
      local_complete_request (local, transaction, request, BELFRY_RESULT_CANCELLED);
  }
}

/* Identity is name and type: one of another type starts afresh, and after what is there already. */
static void
restore_schedulers (Found *self)
{
  Local *local = self->local;

  for (guint i = 0; i < local->config->schedulers->len; i++) {
    const LocalScheduler *scheduler = g_ptr_array_index (local->config->schedulers, i);
    LocalSchedulerState *state = local_scheduler_state (local, scheduler);
    JsonObject *stored = get_state (self, "scheduler", scheduler->name);
    gboolean configured = scheduler->keys->enabled;

    if (stored == NULL || belfry_json_get_integer (stored, "kind", -1) != (gint64)scheduler->kind) {
      state->since = self->last_change;
      state->kind = LOCAL_N_SCHEDULERS;
      continue;
    }
    state->since = belfry_json_get_integer (stored, "since", 0);
    state->last_run = belfry_json_get_integer (stored, "last_run", BELFRY_NONE);
    state->has_run = belfry_json_get_boolean (stored, "has_run", FALSE);
    if (belfry_json_get_object (stored, "seen") != NULL)
      state->seen = json_object_ref (belfry_json_get_object (stored, "seen"));
    restore_upstreams (self, state);
    /* a switch wins until the key changes */
    if (belfry_json_get_boolean (stored, "configured", configured) == configured)
      state->enabled = belfry_json_get_boolean (stored, "enabled", configured);
  }
  local_restore_recorded (local, self->state, self->changes);
}

static void
on_tidied (GObject *source, GAsyncResult *result, gpointer data)
{
  Local *self = data;

  (void)source;
  self->n_pending--;
  local_tree_remove_finish (result, NULL);
  local_stop_step (self);
}

/* Moved aside first: the new run's own folders must not be swept away with the old ones. */
static void
remove_temporary (Local *self)
{
  g_autofree char *path = g_build_filename (self->config->directory, ".tmp", NULL);
  g_autofree char *aside = g_build_filename (self->config->directory, ".tmp-old", NULL);

  if (g_rename (path, aside) != 0 && errno == ENOENT && !g_file_test (aside, G_FILE_TEST_EXISTS))
    return;
  self->n_pending++;
  local_tree_remove_async (aside, NULL, on_tidied, self);
}

static void
end_scopes (Found *self)
{
  JsonNode *token = g_hash_table_lookup (self->state, "token");

  if (self->local->scopes != NULL && token != NULL && json_node_get_string (token) != NULL)
    local_scopes_end_all (self->local->scopes, json_node_get_string (token));
}

static void
on_committed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Found *self = g_task_get_task_data (task);
  GError *error = NULL;

  (void)source;
  if (belfry_engine_commit_finish (self->local->instance, result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Found *self = g_task_get_task_data (task);
  Local *local = self->local;
  BelfryTransaction *transaction = NULL;
  g_autoptr (JsonNode) token = NULL;
  GError *error = NULL;

  (void)source;
  if (!belfry_instance_read_finish (local->instance, result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  local->last_change = self->last_change;
  remove_temporary (local);
  end_scopes (self);
  restore_workers (self);
  restore_schedulers (self);
  local_configure (local, NULL);
  restore_requests (self);
  transaction = belfry_engine_begin (local->instance);
  restore_builds (self, transaction);
  cancel_abandoned (local, transaction);
  catch_up (self, transaction);
  token = belfry_json_new_text (local->token);
  belfry_transaction_put (transaction, "token", token);
  belfry_engine_commit_async (local->instance, transaction, NULL, on_committed,
                              g_steal_pointer (&task));
}

void
local_recover_async (Local *local, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Found *self = g_new0 (Found, 1);

  self->local = local;
  self->engine = g_strdup (belfry_instance_get_name (local->instance));
  self->sets = g_ptr_array_new_with_free_func ((GDestroyNotify)local_set_unref);
  self->by_bsid = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->ended =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)local_set_unref);
  self->steps = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->logs = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_task_set_source_tag (task, local_recover_async);
  g_task_set_task_data (task, self, found_free);
  belfry_instance_read_async (local->instance, read_all, self, NULL, on_read, task);
}

gboolean
local_recover_finish (Local *local, GAsyncResult *result, GError **error)
{
  (void)local;
  return g_task_propagate_boolean (G_TASK (result), error);
}
