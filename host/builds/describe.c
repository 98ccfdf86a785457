/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A build as reports and pages have it: its record, those around it, and as much of its steps and
 * logs as is asked for. Addresses are made here and nowhere else; a mirrored build has brought its
 * own.
 */
#include "builds/builds-private.h"

#include <string.h>

#define REPORT_BYTES_PER_LOG 8 /* a report has so many times the limit of one log */
#define MAX_STEPS            10000

typedef struct {
  BelfryReader *reader;
  BelfryBuild *build;
  const char *url; /* (nullable): of the host, ends in a slash */
  guint wants;
  gint64 max_log_bytes;
  gint64 left_bytes; /* for all logs */
} Describing;

static char *
make_build_url (const Describing *self, const char *builder, gint64 number)
{
  g_autofree char *name = belfry_text_percent_encode (builder);

  if (self->url == NULL)
    return NULL;
  return g_strdup_printf ("%sbuilders/%s/builds/%" G_GINT64_FORMAT, self->url, name, number);
}

static gpointer
find_or_null (BelfryReader *reader, const BelfryRecordType *type, gint64 id, GError **error)
{
  g_autoptr (GError) local = NULL;
  gpointer record = NULL;

  if (id == BELFRY_NONE || id == 0)
    return NULL;
  record = belfry_reader_find (reader, type, id, &local);
  /* what retention has removed, or the visitor may not see, is not there */
  if (record == NULL && !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  return record;
}

static void
set_record (JsonObject *json, const char *key, gconstpointer record)
{
  if (record != NULL)
    json_object_set_object_member (json, key,
                                   belfry_record_to_json (record, BELFRY_RECORD_JSON_NONE));
  else
    json_object_set_null_member (json, key);
}

/* logs */

/* The first or last lines of a log, at most @max_bytes: a guess by the mean length, then cut. */
static char *
read_part (const Describing *self,
           const BelfryLog *log,
           gboolean tail,
           gint64 max_bytes,
           gint64 *n_lines,
           GError **error)
{
  gint64 mean_bytes = MAX (log->num_bytes / MAX (log->num_lines, 1), 1);
  gint64 wanted = CLAMP (max_bytes / mean_bytes, 1, log->num_lines);
  gint64 first = tail ? log->num_lines - wanted : 0;
  gint64 read = 0;
  g_autofree char *text =
      belfry_reader_read_log (self->reader, log->logid, first, wanted, &read, error);
  gsize length = 0;

  if (text == NULL)
    return NULL;
  length = strlen (text);
  while (length > (gsize)max_bytes && read > 0) {
    const char *cut = tail ? strchr (text, '\n') : memrchr (text, '\n', length - 1);
    gsize rest = cut == NULL ? 0 : (gsize)(cut + 1 - text);

    length = tail ? length - rest : rest;
    if (tail)
      memmove (text, text + rest, length);
    text[length] = '\0';
    read = cut == NULL ? 0 : read - 1;
  }
  *n_lines = read;
  return g_steal_pointer (&text);
}

static char *
read_head_and_tail (
    const Describing *self, const BelfryLog *log, gint64 limit, const char *url, GError **error)
{
  gint64 head_lines = 0;
  gint64 tail_lines = 0;
  g_autofree char *head = read_part (self, log, FALSE, limit / 2, &head_lines, error);
  g_autofree char *tail = NULL;
  const char *stream = g_strcmp0 (log->type, "s") == 0 ? "h" : "";
  gint64 missing = 0;

  if (head == NULL)
    return NULL;
  tail = read_part (self, log, TRUE, limit / 2, &tail_lines, error);
  if (tail == NULL)
    return NULL;
  missing = MAX (log->num_lines - head_lines - tail_lines, 0);
  return g_strdup_printf ("%s%s[%" G_GINT64_FORMAT " lines are missing here%s%s]\n%s", head, stream,
                          missing, url != NULL ? ", all of them: " : "", url != NULL ? url : "",
                          tail);
}

static JsonNode *
read_content (Describing *self, const BelfryLog *log, const char *url, GError **error)
{
  gint64 limit = MIN (self->max_log_bytes, self->left_bytes);
  gboolean truncated = log->num_bytes > limit;
  gint64 n_lines = 0;
  g_autofree char *text = NULL;
  JsonObject *chunk = NULL;
  JsonNode *node = NULL;

  if (g_strcmp0 (log->type, "d") == 0)
    text = g_strdup ("");
  else if (truncated)
    text = read_head_and_tail (self, log, limit, url, error);
  else
    text = belfry_reader_read_log (self->reader, log->logid, 0, -1, &n_lines, error);
  if (text == NULL)
    return NULL;
  self->left_bytes = MAX (self->left_bytes - (gint64)strlen (text), 0);
  chunk = json_object_new ();
  json_object_set_int_member (chunk, "logid", log->logid);
  json_object_set_int_member (chunk, "firstline", 0);
  json_object_set_string_member (chunk, "content", text);
  if (truncated)
    json_object_set_boolean_member (chunk, "truncated", TRUE);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, chunk);
  return node;
}

static char *
make_log_url (const Describing *self, const BelfryStep *step, const BelfryLog *log)
{
  g_autofree char *step_name = belfry_text_percent_encode (step->name);
  g_autofree char *slug = belfry_text_percent_encode (log->slug);

  if (self->build->url == NULL)
    return NULL;
  /* another server's pages have steps by number */
  if (self->url == NULL || !g_str_has_prefix (self->build->url, self->url))
    return g_strdup_printf ("%s/steps/%" G_GINT64_FORMAT "/logs/%s", self->build->url, step->number,
                            slug);
  return g_strdup_printf ("%s/steps/%s/logs/%s", self->build->url, step_name, slug);
}

static BelfryLog *
describe_log (Describing *self, const BelfryStep *step, const BelfryLog *stored, GError **error)
{
  g_autoptr (BelfryLog) log = belfry_record_copy (stored);
  g_autofree char *url = make_log_url (self, step, log);

  belfry_record_set_text (&log->stepname, step->name);
  belfry_record_set_text (&log->buildername,
                          self->build->builder != NULL ? self->build->builder->name : NULL);
  belfry_record_set_text (&log->url, url);
  log->content = read_content (self, log, url, error);
  return log->content != NULL ? g_steal_pointer (&log) : NULL;
}

static GPtrArray *
list_by (BelfryReader *reader,
         const BelfryRecordType *type,
         const char *field,
         gint64 id,
         GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0].field = field;
  query.filters[0].number = id;
  query.limit = MAX_STEPS;
  if (type == belfry_step_get_type ())
    query.order = "number";
  return belfry_reader_list (reader, type, &query, NULL, error);
}

static gboolean
add_logs (Describing *self, BelfryStep *step, GError **error)
{
  g_autoptr (GPtrArray) logs =
      list_by (self->reader, belfry_log_get_type (), "stepid", step->stepid, error);

  if (logs == NULL)
    return FALSE;
  step->logs = g_ptr_array_new_with_free_func (belfry_record_unref);
  for (guint i = 0; i < logs->len; i++) {
    BelfryLog *log = describe_log (self, step, g_ptr_array_index (logs, i), error);

    if (log == NULL)
      return FALSE;
    g_ptr_array_add (step->logs, log);
  }
  return TRUE;
}

static gboolean
add_steps (Describing *self, GError **error)
{
  g_autoptr (GPtrArray) steps =
      list_by (self->reader, belfry_step_get_type (), "buildid", self->build->buildid, error);

  if (steps == NULL)
    return FALSE;
  g_clear_pointer (&self->build->steps, g_ptr_array_unref);
  self->build->steps = g_ptr_array_new_with_free_func (belfry_record_unref);
  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = belfry_record_copy (g_ptr_array_index (steps, i));

    g_ptr_array_add (self->build->steps, step);
    if ((self->wants & BELFRY_BUILD_WANTS_LOGS) != 0 && !add_logs (self, step, error))
      return FALSE;
  }
  return TRUE;
}

/* what stands around a build */

static gboolean
add_surroundings (Describing *self, GError **error)
{
  BelfryBuild *build = self->build;
  g_autoptr (GError) local = NULL;

  build->builder =
      find_or_null (self->reader, belfry_builder_get_type (), build->builderid, &local);
  if (local == NULL)
    build->buildrequest = find_or_null (self->reader, belfry_build_request_get_type (),
                                        build->buildrequestid, &local);
  if (local == NULL)
    build->buildset = find_or_null (self->reader, belfry_buildset_get_type (), build->bsid, &local);
  if (local == NULL && build->buildset != NULL) {
    belfry_buildset_unref (build->buildset);
    build->buildset = belfry_reader_find_buildset (self->reader, build->bsid, &local);
  }
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (build->url == NULL && build->builder != NULL)
    build->url = make_build_url (self, build->builder->name, build->number);
  return TRUE;
}

static gboolean
set_parent (Describing *self, JsonObject *json, GError **error)
{
  gint64 buildid =
      self->build->buildset != NULL ? self->build->buildset->parent_buildid : BELFRY_NONE;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryBuild) parent =
      find_or_null (self->reader, belfry_build_get_type (), buildid, &local);
  g_autoptr (BelfryBuilder) builder = NULL;

  if (local == NULL && parent != NULL)
    builder = find_or_null (self->reader, belfry_builder_get_type (), parent->builderid, &local);
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  set_record (json, "parentbuild", parent);
  set_record (json, "parentbuilder", builder);
  return TRUE;
}

static gboolean
set_previous (Describing *self, JsonObject *json, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryBuild) previous =
      belfry_reader_previous_build (self->reader, self->build, FALSE, &local);

  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  set_record (json, "prev_build", previous);
  return TRUE;
}

static gboolean
set_changes (Describing *self, JsonObject *json, GError **error)
{
  g_autoptr (GPtrArray) changes = belfry_reader_build_changes (self->reader, self->build, error);
  JsonArray *array = NULL;

  if (changes == NULL)
    return FALSE;
  array = json_array_new ();
  for (guint i = 0; i < changes->len; i++)
    json_array_add_object_element (
        array, belfry_record_to_json (g_ptr_array_index (changes, i), BELFRY_RECORD_JSON_NONE));
  json_object_set_array_member (json, "changes", array);
  return TRUE;
}

/* Keys that a report always has, also where there is nothing to tell. */
static void
set_missing (JsonObject *json)
{
  static const char *const keys[] = { "url", "builder", "buildrequest", "buildset" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!json_object_has_member (json, keys[i]))
      json_object_set_null_member (json, keys[i]);
}

JsonObject *
belfry_builds_describe (
    BelfryReader *reader, BelfryBuild *build, guint wants, gint64 max_log_bytes, GError **error)
{
  g_autoptr (BelfryBuild) copy = belfry_record_copy (build);
  JsonObject *info = belfry_reader_host_info (reader);
  Describing self = { .reader = reader,
                      .build = copy,
                      .wants = wants,
                      .max_log_bytes = max_log_bytes,
                      .left_bytes = max_log_bytes * REPORT_BYTES_PER_LOG };
  gboolean wants_steps = (wants & (BELFRY_BUILD_WANTS_STEPS | BELFRY_BUILD_WANTS_LOGS)) != 0;
  g_autoptr (JsonObject) json = NULL;

  if (info != NULL)
    self.url = belfry_json_get_text (info, "url");
  if (!add_surroundings (&self, error) || (wants_steps && !add_steps (&self, error)))
    return NULL;
  json = belfry_record_to_json (copy, (wants & BELFRY_BUILD_WANTS_PROPERTIES) != 0
                                          ? BELFRY_RECORD_JSON_PROPERTIES
                                          : BELFRY_RECORD_JSON_NONE);
  set_missing (json);
  if (!set_parent (&self, json, error))
    return NULL;
  if ((wants & BELFRY_BUILD_WANTS_PREVIOUS) != 0 && !set_previous (&self, json, error))
    return NULL;
  if ((wants & BELFRY_BUILD_WANTS_CHANGES) != 0 && !set_changes (&self, json, error))
    return NULL;
  return g_steal_pointer (&json);
}
