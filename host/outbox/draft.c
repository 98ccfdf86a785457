/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gathering: what a row only names is read from the store and put together as the report's JSON. A
 * report of a start is masked to what was true then, because by the time of its first attempt,
 * after a restart perhaps, the build may long have ended.
 */
#include "prepare.h"

#include "builds/builds.h"
#include "filter.h"
#include "variables.h"

#define MAX_LOGS            1000
#define BUILDS_TO_TEST_WITH 100

static void
person_free (gpointer data)
{
  BelfryPerson *self = data;

  g_free (self->name);
  g_free (self->address);
  g_free (self);
}

BelfryDraft *
belfry_draft_new (BelfryReporting *reporting, BelfryReportRow *row)
{
  BelfryDraft *self = g_new0 (BelfryDraft, 1);

  self->reporting = belfry_reporting_ref (reporting);
  self->row = belfry_record_ref (row);
  self->merged = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->people = g_ptr_array_new_with_free_func (person_free);
  self->set_results = BELFRY_NONE;
  return self;
}

void
belfry_draft_free (BelfryDraft *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->reporting, belfry_reporting_unref);
  g_clear_pointer (&self->row, belfry_record_unref);
  g_clear_pointer (&self->merged, g_ptr_array_unref);
  g_clear_pointer (&self->people, g_ptr_array_unref);
  g_clear_pointer (&self->report, json_object_unref);
  g_clear_pointer (&self->outputs, json_array_unref);
  g_clear_pointer (&self->targets, belfry_targets_free);
  g_clear_error (&self->error);
  g_free (self->note);
  g_free (self);
}

void
belfry_draft_fail (BelfryDraft *self, gboolean passing, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->is_passing = passing;
}

void
belfry_draft_add_person (BelfryDraft *self, const char *name, const char *origin)
{
  BelfryPerson *person = NULL;

  for (guint i = 0; i < self->people->len; i++)
    if (g_str_equal (((BelfryPerson *)g_ptr_array_index (self->people, i))->name, name))
      return;
  person = g_new0 (BelfryPerson, 1);
  person->name = g_strdup (name);
  person->origin = origin;
  g_ptr_array_add (self->people, person);
}

/* a deep copy: objects of other threads are never counted here */
static JsonNode *
copy_json (JsonNode *node)
{
  g_autofree char *text = belfry_json_to_text (node);

  return belfry_json_parse (text, -1, NULL, NULL);
}

/* whether the row is stored and waits; a filter may have spoken of one whose transaction was undone
 */
static gboolean
check_row (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryReportRow) row =
      belfry_reader_find (reader, belfry_report_row_get_type (), self->row->reportid, &local);

  if (row != NULL) {
    self->absent = !g_str_equal (row->state, "waiting") || row->eventid != self->row->eventid ||
                   row->buildid != self->row->buildid;
    return TRUE;
  }
  self->absent = g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
  self->unknown = self->absent;
  if (!self->absent)
    g_propagate_error (error, g_steal_pointer (&local));
  return self->absent;
}

/* state text and properties of then, as the event tells them */
static void
mask_by_event (BelfryDraft *self, BelfryReader *reader, BelfryBuild *build)
{
  g_autoptr (BelfryEvent) event =
      belfry_reader_find (reader, belfry_event_get_type (), self->row->eventid, NULL);
  g_autoptr (JsonObject) data = event != NULL ? belfry_event_dup_data (event) : NULL;
  const char *state = data != NULL ? belfry_json_get_text (data, "state_string") : NULL;
  JsonObject *then = data != NULL ? belfry_json_get_object (data, "properties") : NULL;
  g_autoptr (BelfryProperties) properties = NULL;

  belfry_record_set_text (&build->state_string, state != NULL ? state : "starting");
  if (then == NULL || json_object_get_size (then) == 0)
    return;
  properties = belfry_properties_from_json (json_object_get_member (data, "properties"), NULL);
  if (properties == NULL)
    return;
  belfry_properties_free (build->properties);
  build->properties = g_steal_pointer (&properties);
}

static BelfryBuild *
mask_start (BelfryDraft *self, BelfryReader *reader, BelfryBuild *build)
{
  BelfryBuild *masked = NULL;

  if (!build->complete)
    return belfry_record_ref (build);
  masked = belfry_record_copy (build);
  masked->complete = FALSE;
  masked->complete_at = BELFRY_NONE;
  masked->results = BELFRY_NONE;
  mask_by_event (self, reader, masked);
  return masked;
}

static void
mask_complete (JsonObject *object, gint64 results)
{
  if (object == NULL)
    return;
  json_object_set_boolean_member (object, "complete", FALSE);
  json_object_set_null_member (object, "complete_at");
  if (results == BELFRY_NONE)
    json_object_set_null_member (object, "results");
  else
    json_object_set_int_member (object, "results", results);
}

static char *
drop_letters (const char *content)
{
  g_autoptr (GString) text = g_string_sized_new (strlen (content));

  for (const char *line = content; *line != '\0';) {
    const char *end = strchr (line, '\n');
    gsize length = end != NULL ? (gsize)(end - line) + 1 : strlen (line);

    if (*line != '\n')
      g_string_append_len (text, line + 1, (gssize)length - 1);
    else
      g_string_append_c (text, '\n');
    line += length;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
add_log_text (JsonArray *array, guint index, JsonNode *element, gpointer user_data)
{
  JsonObject *log = json_node_get_object (element);
  JsonObject *chunk = belfry_json_get_object (log, "content");
  const char *content = chunk != NULL ? belfry_json_get_text (chunk, "content") : NULL;
  g_autofree char *text = NULL;

  if (content == NULL)
    return;
  if (g_strcmp0 (belfry_json_get_text (log, "type"), "s") == 0)
    text = drop_letters (content);
  json_object_set_string_member (log, "text", text != NULL ? text : content);
}

static void
add_log_texts (JsonArray *array, guint index, JsonNode *element, gpointer user_data)
{
  JsonArray *logs = belfry_json_get_array (json_node_get_object (element), "logs");

  if (logs != NULL)
    json_array_foreach_element (logs, add_log_text, NULL);
}

/* templates see logs as text beside what receivers of JSON get */
static JsonObject *
dup_for_templates (const BelfryReporting *reporting, JsonObject *json)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (JsonNode) copy = NULL;
  JsonArray *steps = NULL;

  if (!reporting->keys->want_logs)
    return json_object_ref (json);
  node = json_node_init_object (json_node_alloc (), json);
  copy = copy_json (node);
  if (copy == NULL)
    return json_object_ref (json);
  steps = belfry_json_get_array (json_node_get_object (copy), "steps");
  if (steps != NULL)
    json_array_foreach_element (steps, add_log_texts, NULL);
  return json_node_dup_object (copy);
}

static gboolean
set_previous (
    BelfryDraft *self, BelfryReader *reader, BelfryBuild *build, JsonObject *json, GError **error)
{
  g_autoptr (BelfryBuild) previous = NULL;

  if (!self->reporting->keys->want_previous_build ||
      self->reporting->keys->previous_build == BELFRY_PREVIOUS_DEFAULT)
    return TRUE;
  if (!belfry_filter_find_previous (self->reporting, reader, build, &previous, error))
    return FALSE;
  if (previous != NULL)
    json_object_set_object_member (json, "prev_build",
                                   belfry_record_to_json (previous, BELFRY_RECORD_JSON_NONE));
  else
    json_object_set_null_member (json, "prev_build");
  return TRUE;
}

static JsonObject *
describe (
    BelfryDraft *self, BelfryReader *reader, BelfryBuild *build, gboolean is_start, GError **error)
{
  guint wants = self->reporting->wants;
  g_autoptr (JsonObject) json = NULL;

  if (is_start)
    wants &= ~(guint)(BELFRY_BUILD_WANTS_STEPS | BELFRY_BUILD_WANTS_LOGS);
  json =
      belfry_builds_describe (reader, build, wants, self->reporting->keys->want_logs_limit, error);
  if (json == NULL || !set_previous (self, reader, build, json, error))
    return NULL;
  if (is_start) {
    mask_complete (belfry_json_get_object (json, "buildrequest"), -1);
    mask_complete (belfry_json_get_object (json, "buildset"), BELFRY_NONE);
  }
  return g_steal_pointer (&json);
}

static gboolean
names (JsonNode *value, const char *name)
{
  JsonArray *list = NULL;

  if (value == NULL || !JSON_NODE_HOLDS_ARRAY (value))
    return value != NULL && JSON_NODE_HOLDS_VALUE (value) &&
           json_node_get_value_type (value) == G_TYPE_STRING &&
           g_str_equal (json_node_get_string (value), name);
  list = json_node_get_array (value);
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonNode *item = json_array_get_element (list, i);

    if (!JSON_NODE_HOLDS_ARRAY (item) && names (item, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_author (GPtrArray *changes, const char *name)
{
  for (guint i = 0; i < changes->len; i++)
    if (g_strcmp0 (((BelfryChange *)g_ptr_array_index (changes, i))->author, name) == 0)
      return TRUE;
  return FALSE;
}

/* Whom this side of the forge has named. Engines count authors among the owners, and a change
 * brings properties of its own: both are written by whoever may commit. */
static gboolean
is_owner (const BelfryProperties *properties, GPtrArray *changes, const char *name)
{
  static const char *const owners[] = { "owner", "owners" };

  for (gsize i = 0; properties != NULL && i < G_N_ELEMENTS (owners); i++) {
    gboolean is_list = i > 0;

    if (g_strcmp0 (belfry_properties_get_source (properties, owners[i]), "Change") != 0 &&
        names (belfry_properties_get_value (properties, owners[i]), name) &&
        !(is_list && is_author (changes, name)))
      return TRUE;
  }
  return FALSE;
}

static gboolean
add_people (BelfryDraft *self,
            BelfryReader *reader,
            BelfryBuild *build,
            JsonObject *variables,
            GError **error)
{
  JsonArray *blamed = belfry_json_get_array (variables, "blamelist");
  g_autoptr (GPtrArray) changes = NULL;

  if (!self->reporting->plugin->wants_users || blamed == NULL ||
      self->reporting->keys->responsible_users_program != NULL)
    return TRUE;
  changes = belfry_reader_build_changes (reader, build, error);
  if (changes == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (blamed); i++) {
    const char *name = json_array_get_string_element (blamed, i);

    if (name != NULL)
      belfry_draft_add_person (self, name,
                               is_owner (build->properties, changes, name) ? "owner" : "commit");
  }
  return TRUE;
}

static void
add_patches (BelfryDraft *self, JsonObject *json)
{
  JsonObject *set = belfry_json_get_object (json, "buildset");
  JsonArray *stamps = set != NULL ? belfry_json_get_array (set, "sourcestamps") : NULL;
  JsonArray *patches = belfry_json_get_array (self->report, "patches");

  for (guint i = 0; stamps != NULL && i < json_array_get_length (stamps); i++) {
    JsonObject *patch = belfry_json_get_object (json_array_get_object_element (stamps, i), "patch");
    const char *body = patch != NULL ? belfry_json_get_text (patch, "body") : NULL;

    if (body != NULL)
      json_array_add_string_element (patches, body);
  }
}

/* whether add-logs takes a log: all of them, or by `NAME` or `STEP.NAME` */
static gboolean
is_attached (char **list, const char *step, const char *name)
{
  g_autofree char *full = g_strconcat (step, ".", name, NULL);
  gboolean all = FALSE;

  if (list == NULL)
    return FALSE;
  if (g_strv_length (list) == 1 && belfry_parse_boolean (list[0], &all, NULL))
    return all;
  return g_strv_contains ((const char *const *)list, name) ||
         g_strv_contains ((const char *const *)list, full);
}

/* `add-logs=false`, which is the default, or an empty list: none is looked for */
static gboolean
wants_log_files (const BelfryReporterKeys *keys)
{
  gboolean all = FALSE;

  if (keys->add_logs == NULL || keys->add_logs[0] == NULL)
    return FALSE;
  return keys->add_logs[1] != NULL || !belfry_parse_boolean (keys->add_logs[0], &all, NULL) || all;
}

static gboolean
add_step_logs (BelfryDraft *self,
               BelfryReader *reader,
               const BelfryStep *step,
               const char *prefix,
               GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonArray *attached = belfry_json_get_array (self->report, "logs");
  g_autoptr (GPtrArray) logs = NULL;

  query.filters[0] = (BelfryFilter){ "stepid", BELFRY_COMPARE_EQUAL, step->stepid, NULL };
  query.limit = MAX_LOGS;
  logs = belfry_reader_list (reader, belfry_log_get_type (), &query, NULL, error);
  for (guint i = 0; logs != NULL && i < logs->len; i++) {
    const BelfryLog *log = g_ptr_array_index (logs, i);
    g_autofree char *name = g_strconcat (prefix, step->name, ".", log->name, NULL);
    JsonObject *object = NULL;

    if (g_strcmp0 (log->type, "d") == 0 ||
        !is_attached (self->reporting->keys->add_logs, step->name, log->name))
      continue;
    object = json_object_new ();
    json_object_set_string_member (object, "name", name);
    json_object_set_int_member (object, "logid", log->logid);
    json_object_set_int_member (object, "num_lines", log->num_lines);
    json_object_set_int_member (object, "num_bytes", log->num_bytes);
    json_object_set_int_member (object, "max_bytes", self->reporting->keys->want_logs_limit);
    json_object_set_string_member (object, "type", log->type);
    json_array_add_object_element (attached, object);
  }
  return logs != NULL;
}

static gboolean
add_attachments (
    BelfryDraft *self, BelfryReader *reader, BelfryBuild *build, JsonObject *json, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonObject *builder = belfry_json_get_object (json, "builder");
  const char *name = builder != NULL ? belfry_json_get_text (builder, "name") : NULL;
  gboolean is_set = belfry_json_get_boolean (self->report, "is_buildset", FALSE);
  g_autofree char *prefix = is_set && name != NULL ? g_strconcat (name, ".", NULL) : g_strdup ("");
  g_autoptr (GPtrArray) steps = NULL;

  if (!self->reporting->plugin->wants_attachments || !build->complete)
    return TRUE;
  if (self->reporting->keys->add_patch)
    add_patches (self, json);
  if (!wants_log_files (self->reporting->keys))
    return TRUE;
  query.filters[0] = (BelfryFilter){ "buildid", BELFRY_COMPARE_EQUAL, build->buildid, NULL };
  query.order = "number";
  query.limit = MAX_LOGS;
  steps = belfry_reader_list (reader, belfry_step_get_type (), &query, NULL, error);
  for (guint i = 0; steps != NULL && i < steps->len; i++)
    if (!add_step_logs (self, reader, g_ptr_array_index (steps, i), prefix, error))
      return FALSE;
  return steps != NULL;
}

static gboolean
add_build (BelfryDraft *self, BelfryReader *reader, BelfryBuild *stored, GError **error)
{
  gboolean is_start = g_str_equal (self->row->phase, "started");
  g_autoptr (BelfryBuild) build =
      is_start ? mask_start (self, reader, stored) : belfry_record_ref (stored);
  g_autoptr (JsonObject) json = describe (self, reader, build, is_start, error);
  g_autoptr (JsonObject) seen = NULL;
  g_autoptr (JsonArray) changes = NULL;
  JsonObject *variables = NULL;
  BelfryVariablesSource source = { .reporting = self->reporting, .reader = reader, .build = build };

  if (json == NULL)
    return FALSE;
  if (belfry_json_get_array (json, "changes") != NULL)
    changes = json_array_ref (belfry_json_get_array (json, "changes"));
  json_object_remove_member (json, "changes");
  seen = dup_for_templates (self->reporting, json);
  source.json = seen;
  source.changes = changes;
  source.is_buildset = belfry_json_get_boolean (self->report, "is_buildset", FALSE);
  variables = belfry_variables_new (&source, error);
  if (variables == NULL)
    return FALSE;
  json_array_add_object_element (self->variables, variables);
  json_array_add_object_element (self->builds, json_object_ref (json));
  json_array_add_null_element (self->outputs);
  if (!add_people (self, reader, build, variables, error))
    return FALSE;
  return add_attachments (self, reader, build, json, error);
}

static gboolean
gather_build (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  for (guint i = 0; i <= self->merged->len; i++) {
    BelfryReportRow *row = i == 0 ? self->row : g_ptr_array_index (self->merged, i - 1);
    g_autoptr (BelfryBuild) build =
        belfry_reader_find (reader, belfry_build_get_type (), row->buildid, error);

    if (build == NULL || !add_build (self, reader, build, error))
      return FALSE;
  }
  return TRUE;
}

/* builds that an older report of a digest named; see plan.c */
static gboolean
gather_digest (BelfryDraft *self, BelfryReader *reader, JsonArray *ids, GError **error)
{
  for (guint i = 0; i < json_array_get_length (ids); i++) {
    g_autoptr (BelfryBuild) build = belfry_reader_find (reader, belfry_build_get_type (),
                                                        json_array_get_int_element (ids, i), error);

    if (build == NULL || !add_build (self, reader, build, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
gather_set (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  g_autoptr (BelfryBuildset) set = belfry_reader_find_buildset (reader, self->row->bsid, error);
  g_autoptr (GPtrArray) builds = NULL;

  if (set == NULL)
    return FALSE;
  builds = belfry_filter_list_set (self->reporting, reader, self->row->bsid, error);
  if (builds == NULL)
    return FALSE;
  self->is_over = builds->len == 0;
  self->set_results = set->results;
  json_object_set_boolean_member (self->report, "is_buildset", TRUE);
  json_object_set_object_member (self->report, "buildset",
                                 belfry_record_to_json (set, BELFRY_RECORD_JSON_NONE));
  for (guint i = 0; i < builds->len; i++)
    if (!add_build (self, reader, g_ptr_array_index (builds, i), error))
      return FALSE;
  return TRUE;
}

static void
set_host_variables (const BelfryReporting *reporting, JsonObject *variables)
{
  json_object_set_string_member (variables, "buildbot_title", reporting->title);
  json_object_set_string_member (variables, "buildbot_url",
                                 reporting->url != NULL ? reporting->url : "");
}

static gboolean
gather_worker (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  JsonObject *variables = json_object_new ();
  JsonNode *data = self->row->data;
  g_autoptr (JsonObject) ctx = NULL;

  set_host_variables (self->reporting, variables);
  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data)) {
    json_object_set_member (variables, "worker", json_node_copy (data));
    json_object_set_member (self->report, "worker", json_node_copy (data));
  }
  if (self->reporting->missing_formatter != NULL) {
    ctx = belfry_formatter_dup_ctx (self->reporting->missing_formatter);
    belfry_variables_merge (variables, ctx);
  }
  json_array_add_object_element (self->variables, variables);
  json_array_add_null_element (self->outputs);
  return TRUE;
}

static JsonObject *
get_data (const BelfryDraft *self)
{
  JsonNode *data = self->row->data;

  return data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? json_node_get_object (data) : NULL;
}

static void
set_record (JsonObject *object, const char *name, gpointer record)
{
  if (record != NULL)
    json_object_set_object_member (object, name,
                                   belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE));
  else
    json_object_set_null_member (object, name);
}

/* a build that is not there yet: what is known of its request, in the shape of a build */
static gboolean
gather_request (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  JsonObject *data = get_data (self);
  gint64 id = data != NULL ? belfry_json_get_integer (data, "buildrequestid", 0) : 0;
  g_autoptr (BelfryBuildRequest) request =
      belfry_reader_find (reader, belfry_build_request_get_type (), id, error);
  g_autoptr (BelfryBuilder) builder = NULL;
  g_autoptr (BelfryBuildset) set = NULL;
  g_autoptr (BelfryBuild) build = NULL;
  g_autoptr (JsonObject) json = NULL;

  if (request == NULL)
    return FALSE;
  builder = belfry_reader_find (reader, belfry_builder_get_type (), request->builderid, error);
  set = builder != NULL ? belfry_reader_find_buildset (reader, request->buildsetid, error) : NULL;
  if (set == NULL)
    return FALSE;
  build = belfry_build_new ();
  build->builderid = request->builderid;
  build->buildrequestid = request->buildrequestid;
  build->started_at = request->submitted_at;
  build->complete = request->complete;
  build->complete_at = request->complete_at;
  build->results = request->complete ? request->results : BELFRY_NONE;
  belfry_record_set_text (&build->state_string, request->complete ? "cancelled" : "pending");
  g_clear_pointer (&build->properties, belfry_properties_free);
  build->properties =
      set->properties != NULL ? belfry_properties_copy (set->properties) : belfry_properties_new ();
  belfry_properties_set_text (build->properties, "buildername", builder->name, "Builder");
  json = belfry_record_to_json (build, BELFRY_RECORD_JSON_PROPERTIES);
  json_object_set_null_member (json, "buildid");
  json_object_set_null_member (json, "number");
  json_object_set_string_member (json, "url",
                                 self->reporting->url != NULL ? self->reporting->url : "");
  set_record (json, "builder", builder);
  set_record (json, "buildrequest", request);
  set_record (json, "buildset", set);
  json_object_set_null_member (json, "parentbuild");
  json_object_set_null_member (json, "parentbuilder");
  json_array_add_object_element (self->builds, g_steal_pointer (&json));
  json_array_add_object_element (self->variables, json_object_new ());
  json_array_add_null_element (self->outputs);
  return TRUE;
}

/* text of the host itself */
static gboolean
gather_notice (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  JsonObject *variables = json_object_new ();

  set_host_variables (self->reporting, variables);
  json_array_add_object_element (self->variables, variables);
  json_array_add_null_element (self->outputs);
  return TRUE;
}

/* what carries no text of the host's is tested with the last build that it would tell of */
static gboolean
gather_test (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;

  json_object_set_boolean_member (self->report, "test", TRUE);
  if (belfry_reporting_is_message (self->reporting))
    return gather_notice (self, reader, error);
  query.filters[0] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, TRUE, NULL };
  query.descending = TRUE;
  query.limit = BUILDS_TO_TEST_WITH;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error);
  for (guint i = 0; builds != NULL && i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);

    if (belfry_filter_refuse_build (self->reporting, reader, build, NULL) != NULL)
      continue;
    json_object_set_string_member (self->report, "phase", "finished");
    return add_build (self, reader, build, error);
  }
  if (builds != NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "no build has ended yet that it would tell of, so there is nothing to test with");
  return FALSE;
}

static const struct {
  const char *phase;
  gboolean (*gather) (BelfryDraft *self, BelfryReader *reader, GError **error);
} gatherers[] = {
  { "started", gather_build }, { "finished", gather_build },  { "buildset", gather_set },
  { "worker", gather_worker }, { "request", gather_request }, { "alert", gather_notice },
  { "test", gather_test },
};

static void
begin_report (BelfryDraft *self)
{
  JsonObject *host = json_object_new ();

  self->report = json_object_new ();
  self->builds = json_array_new ();
  self->variables = json_array_new ();
  self->outputs = json_array_new ();
  json_object_set_int_member (self->report, "reportid", self->row->reportid);
  json_object_set_string_member (self->report, "instance", self->reporting->name);
  json_object_set_int_member (self->report, "event", self->row->eventid);
  json_object_set_string_member (self->report, "phase",
                                 self->merged->len > 0 ? "digest" : self->row->phase);
  json_object_set_member (self->report, "mode", belfry_modes_to_json (self->reporting->modes));
  json_object_set_array_member (self->report, "builds", self->builds);
  json_object_set_array_member (self->report, "variables", self->variables);
  json_object_set_null_member (self->report, "buildset");
  json_object_set_boolean_member (self->report, "is_buildset", FALSE);
  json_object_set_null_member (self->report, "worker");
  json_object_set_array_member (self->report, "patches", json_array_new ());
  json_object_set_array_member (self->report, "logs", json_array_new ());
  json_object_set_string_member (host, "title", self->reporting->title);
  json_object_set_string_member (host, "url",
                                 self->reporting->url != NULL ? self->reporting->url : "");
  json_object_set_object_member (self->report, "host", host);
}

static void
begin_fallback (BelfryDraft *self)
{
  JsonObject *data = get_data (self);
  const char *instance = data != NULL ? belfry_json_get_text (data, "fallback_of") : NULL;

  if (instance != NULL)
    self->note = g_strdup_printf (
        belfry_tr (self->reporting->language, "Reporter '%s' could not deliver this: %s"), instance,
        belfry_json_get_text (data, "error"));
}

void
belfry_draft_gather (BelfryDraft *self, BelfryReader *reader)
{
  JsonObject *data = get_data (self);
  JsonArray *digest = data != NULL ? belfry_json_get_array (data, "builds") : NULL;
  GError *error = NULL;
  gboolean known = FALSE;

  if (!check_row (self, reader, &error)) {
    belfry_draft_fail (self, TRUE, error);
    return;
  }
  if (self->absent)
    return;
  begin_report (self);
  begin_fallback (self);
  if (digest != NULL) {
    json_object_set_string_member (self->report, "phase", "digest");
    known = TRUE;
    gather_digest (self, reader, digest, &error);
  }
  for (gsize i = 0; !known && i < G_N_ELEMENTS (gatherers); i++)
    if (g_str_equal (gatherers[i].phase, self->row->phase)) {
      known = TRUE;
      gatherers[i].gather (self, reader, &error);
    }
  if (!known)
    g_set_error (&error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "a report of phase '%s' is not known",
                 self->row->phase);
  if (error != NULL) {
    gboolean gone = g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);

    belfry_draft_fail (self, known && !gone, error);
  }
}
