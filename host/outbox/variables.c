/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The variables of a build's templates, those that users of Buildbot know: one row of a table each.
 * What only the compared results need (a previous build, failed steps) is read only where it is
 * asked for.
 */
#include "variables.h"

#include "filter.h"

#define MAX_FAILED_STEPS 20

typedef struct {
  const BelfryVariablesSource *source;
  BelfryBuild *previous; /* (nullable) */
  GPtrArray *failed;     /* (element-type BelfryStep) */
  char **blamelist;
} Context;

static JsonNode *
new_text (const char *text)
{
  return belfry_json_new_text (text != NULL ? text : "");
}

static JsonNode *
take_text (char *text)
{
  JsonNode *node = new_text (text);

  g_free (text);
  return node;
}

static JsonNode *
new_result (gint64 result)
{
  return result != BELFRY_NONE ? belfry_json_new_integer (result) : json_node_new (JSON_NODE_NULL);
}

static JsonNode *
new_boolean (gboolean value)
{
  return json_node_init_boolean (json_node_alloc (), value);
}

static JsonNode *
dup_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL ? json_node_copy (node) : json_node_new (JSON_NODE_NULL);
}

static JsonArray *
get_stamps (const Context *context)
{
  JsonObject *set = belfry_json_get_object (context->source->json, "buildset");

  return set != NULL ? belfry_json_get_array (set, "sourcestamps") : NULL;
}

static JsonObject *
get_stamp (JsonArray *stamps, guint index)
{
  JsonNode *node = json_array_get_element (stamps, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
get_property (const Context *context, const char *name)
{
  const BelfryProperties *properties = context->source->build->properties;

  return properties != NULL ? belfry_properties_get_text (properties, name) : NULL;
}

static gboolean
is_over (const Context *context)
{
  return context->source->build->complete;
}

static JsonNode *
make_results (const Context *context)
{
  return new_result (is_over (context) ? context->source->build->results : BELFRY_NONE);
}

static JsonNode *
make_result_names (const Context *context)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *names = json_array_new ();

  for (gint64 result = BELFRY_RESULT_SUCCESS; result <= BELFRY_RESULT_CANCELLED; result++)
    json_array_add_string_element (names, belfry_result_get_name (result));
  json_node_take_array (node, names);
  return node;
}

static JsonNode *
make_mode (const Context *context)
{
  return belfry_modes_to_json (context->source->reporting->modes);
}

static JsonNode *
make_buildername (const Context *context)
{
  JsonObject *builder = belfry_json_get_object (context->source->json, "builder");

  return new_text (builder != NULL ? belfry_json_get_text (builder, "name") : NULL);
}

static JsonNode *
make_workername (const Context *context)
{
  const char *name = get_property (context, "workername");

  return new_text (name != NULL ? name : "<unknown>");
}

static JsonNode *
make_buildset (const Context *context)
{
  return dup_member (context->source->json, "buildset");
}

static JsonNode *
make_build (const Context *context)
{
  return json_node_init_object (json_node_alloc (), context->source->json);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* what the source stamps say of it, each once, in their order; lent from them */
static GPtrArray *
list_stamp_texts (const Context *context, const char *member)
{
  GPtrArray *texts = g_ptr_array_new ();
  JsonArray *stamps = get_stamps (context);

  for (guint i = 0; stamps != NULL && i < json_array_get_length (stamps); i++) {
    JsonObject *stamp = get_stamp (stamps, i);
    const char *text = stamp != NULL ? belfry_json_get_text (stamp, member) : NULL;

    if (text != NULL && *text != '\0' &&
        !g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL))
      g_ptr_array_add (texts, (gpointer)text);
  }
  return texts;
}

static char *
join_texts (GPtrArray *texts)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (char *)g_ptr_array_index (texts, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static JsonNode *
make_projects (const Context *context)
{
  g_autoptr (GPtrArray) names = list_stamp_texts (context, "project");

  g_ptr_array_sort (names, compare_texts);
  return names->len > 0 ? take_text (join_texts (names))
                        : new_text (context->source->reporting->title);
}

static JsonNode *
make_previous_results (const Context *context)
{
  return new_result (context->previous != NULL ? context->previous->results : BELFRY_NONE);
}

static const char *
get_success_phrase (guint modes, gint64 previous)
{
  return (modes & BELFRY_MODE_CHANGE) != 0 && previous != BELFRY_NONE &&
                 previous != BELFRY_RESULT_SUCCESS
             ? N_ ("restored build")
             : N_ ("passing build");
}

static const char *
get_failure_phrase (guint modes, gint64 previous)
{
  return belfry_modes_compare (modes) && previous != BELFRY_NONE &&
                 previous != BELFRY_RESULT_FAILURE
             ? N_ ("new failure")
             : N_ ("failed build");
}

/* a result as it is named, and the word: the template translates it as one */
static const char *
get_other_phrase (gint64 result)
{
  if (result == BELFRY_RESULT_SKIPPED)
    return N_ ("skipped build");
  return result == BELFRY_RESULT_RETRY ? N_ ("retry build") : N_ ("cancelled build");
}

static JsonNode *
make_status_detected (const Context *context)
{
  guint modes = context->source->reporting->modes;
  gint64 result = context->source->build->results;
  gint64 previous = context->previous != NULL ? context->previous->results : BELFRY_NONE;

  if (!is_over (context))
    return new_text ("");
  if (result == BELFRY_RESULT_FAILURE)
    return new_text (get_failure_phrase (modes, previous));
  if (result == BELFRY_RESULT_WARNINGS)
    return new_text (N_ ("problem in the build"));
  if (result == BELFRY_RESULT_SUCCESS)
    return new_text (get_success_phrase (modes, previous));
  if (result == BELFRY_RESULT_EXCEPTION)
    return new_text (N_ ("build exception"));
  return new_text (get_other_phrase (result));
}

static JsonNode *
make_summary (const Context *context)
{
  const BelfryBuild *build = context->source->build;
  const char *state = build->state_string != NULL ? build->state_string : "";
  const char *colon = *state != '\0' ? ": " : "";

  if (!is_over (context))
    return new_text ("");
  if (build->results == BELFRY_RESULT_SUCCESS)
    return new_text (N_ ("Build succeeded!"));
  if (build->results == BELFRY_RESULT_CANCELLED)
    return new_text (N_ ("Build was cancelled"));
  if (build->results == BELFRY_RESULT_WARNINGS)
    return take_text (g_strconcat (N_ ("Build Had Warnings"), colon, state, NULL));
  return take_text (g_strconcat (N_ ("BUILD FAILED"), colon, state, NULL));
}

static JsonNode *
make_sourcestamps (const Context *context)
{
  JsonArray *stamps = get_stamps (context);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; stamps != NULL && i < json_array_get_length (stamps); i++) {
    JsonObject *stamp = get_stamp (stamps, i);
    const char *codebase = NULL;
    const char *branch = NULL;
    const char *revision = NULL;

    if (stamp == NULL)
      continue;
    codebase = belfry_json_get_text (stamp, "codebase");
    branch = belfry_json_get_text (stamp, "branch");
    revision = belfry_json_get_text (stamp, "revision");
    g_string_append (text, "Build Source Stamp");
    if (codebase != NULL && *codebase != '\0')
      g_string_append_printf (text, " '%s'", codebase);
    g_string_append (text, ": ");
    if (branch != NULL && *branch != '\0')
      g_string_append_printf (text, "[branch %s] ", branch);
    g_string_append (text, revision != NULL && *revision != '\0' ? revision : "HEAD");
    if (belfry_json_get_object (stamp, "patch") != NULL)
      g_string_append (text, " (plus patch)");
    g_string_append_c (text, '\n');
  }
  return new_text (text->str);
}

static JsonNode *
make_build_url (const Context *context)
{
  return new_text (belfry_json_get_text (context->source->json, "url"));
}

static JsonNode *
make_buildbot_url (const Context *context)
{
  return new_text (context->source->reporting->url);
}

static JsonNode *
make_buildbot_title (const Context *context)
{
  return new_text (context->source->reporting->title);
}

static JsonNode *
make_blamelist (const Context *context)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *names = json_array_new ();

  for (char **name = context->blamelist; name != NULL && *name != NULL; name++)
    json_array_add_string_element (names, *name);
  json_node_take_array (node, names);
  return node;
}

static JsonNode *
make_is_buildset (const Context *context)
{
  return new_boolean (context->source->is_buildset);
}

static JsonNode *
make_event_name (const Context *context)
{
  return new_text (is_over (context) ? "finished" : "new");
}

static char *
dup_local_time (const Context *context, gint64 seconds)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (seconds);
  g_autoptr (GDateTime) local =
      utc != NULL ? g_date_time_to_timezone (utc, context->source->reporting->zone) : NULL;

  return local != NULL ? g_date_time_format (local, "%a %d %b %Y %H:%M:%S") : g_strdup ("");
}

static char *
dup_change_text (JsonObject *change, const char *at)
{
  JsonArray *files = belfry_json_get_array (change, "files");
  const char *author = belfry_json_get_text (change, "author");
  const char *comments = belfry_json_get_text (change, "comments");
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "Changed By: %s\n", author != NULL ? author : "");
  g_string_append_printf (text, "At: %s\nFiles:\n", at);
  for (guint i = 0; files != NULL && i < json_array_get_length (files); i++)
    g_string_append_printf (text, " %s\n", json_array_get_string_element (files, i));
  g_string_append_printf (text, "Comments: %s\n", comments != NULL ? comments : "");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
complete_change (const Context *context, JsonObject *change)
{
  gint64 when = belfry_json_get_integer (change, "when_timestamp", 0);
  g_autofree char *at = dup_local_time (context, when);
  g_autofree char *text = dup_change_text (change, at);

  json_object_set_member (change, "who", dup_member (change, "author"));
  json_object_set_member (change, "when", dup_member (change, "when_timestamp"));
  json_object_set_string_member (change, "at", at);
  json_object_set_string_member (change, "text", text);
}

static JsonNode *
make_changes (const Context *context)
{
  JsonArray *changes = context->source->changes;
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  if (changes == NULL) {
    json_node_take_array (node, json_array_new ());
    return node;
  }
  for (guint i = 0; i < json_array_get_length (changes); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (changes, i)))
      complete_change (context, json_array_get_object_element (changes, i));
  json_node_set_array (node, changes);
  return node;
}

/* what the build knows better than what it was asked for; asked for by its source stamps */
static JsonNode *
make_source_text (const Context *context, const char *known, const char *member)
{
  g_autoptr (GPtrArray) asked = NULL;

  if (known != NULL)
    return new_text (known);
  asked = list_stamp_texts (context, member);
  return take_text (join_texts (asked));
}

static JsonNode *
make_revision (const Context *context)
{
  const char *revision = get_property (context, "got_revision");

  if (revision == NULL)
    revision = get_property (context, "revision");
  if (revision == NULL)
    revision = context->source->build->revision;
  return make_source_text (context, revision, "revision");
}

static JsonNode *
make_branch (const Context *context)
{
  const char *branch = get_property (context, "branch");

  if (branch == NULL)
    branch = context->source->build->branch;
  return make_source_text (context, branch, "branch");
}

static JsonNode *
make_reason (const Context *context)
{
  JsonObject *set = belfry_json_get_object (context->source->json, "buildset");
  const char *reason = get_property (context, "reason");

  if (reason == NULL && set != NULL)
    reason = belfry_json_get_text (set, "reason");
  return new_text (reason != NULL && *reason != '\0' ? reason : "<unknown>");
}

char *
belfry_variables_dup_duration (gint64 duration_us)
{
  gint64 seconds = MAX (duration_us, 0) / G_USEC_PER_SEC;
  gint64 hours = seconds / 3600;

  if (hours > 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT "h %" G_GINT64_FORMAT "m %" G_GINT64_FORMAT "s",
                            hours, seconds / 60 % 60, seconds % 60);
  return g_strdup_printf ("%" G_GINT64_FORMAT "m %" G_GINT64_FORMAT "s", seconds / 60,
                          seconds % 60);
}

static JsonNode *
make_duration (const Context *context)
{
  const BelfryBuild *build = context->source->build;

  if (!is_over (context) || build->complete_at == BELFRY_NONE)
    return new_text ("");
  return take_text (belfry_variables_dup_duration (build->complete_at - build->started_at));
}

static JsonNode *
make_failed_steps (const Context *context)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *steps = json_array_new ();

  for (guint i = 0; context->failed != NULL && i < context->failed->len; i++)
    json_array_add_object_element (
        steps,
        belfry_record_to_json (g_ptr_array_index (context->failed, i), BELFRY_RECORD_JSON_NONE));
  json_node_take_array (node, steps);
  return node;
}

static const struct {
  const char *name;
  JsonNode *(*make) (const Context *context);
} makers[] = {
  { "results", make_results },
  { "result_names", make_result_names },
  { "statuses", make_result_names },
  { "mode", make_mode },
  { "buildername", make_buildername },
  { "workername", make_workername },
  { "buildset", make_buildset },
  { "build", make_build },
  { "projects", make_projects },
  { "previous_results", make_previous_results },
  { "status_detected", make_status_detected },
  { "build_url", make_build_url },
  { "buildbot_url", make_buildbot_url },
  { "buildbot_title", make_buildbot_title },
  { "blamelist", make_blamelist },
  { "summary", make_summary },
  { "sourcestamps", make_sourcestamps },
  { "is_buildset", make_is_buildset },
  { "changes", make_changes },
  { "event_name", make_event_name },
  { "revision", make_revision },
  { "branch", make_branch },
  { "reason", make_reason },
  { "duration", make_duration },
  { "failed_steps", make_failed_steps },
};

static gboolean
list_failed_steps (Context *context, GError **error)
{
  const BelfryBuild *build = context->source->build;
  BelfryQuery query = BELFRY_QUERY_INIT;

  if (!is_over (context) ||
      (build->results != BELFRY_RESULT_FAILURE && build->results != BELFRY_RESULT_EXCEPTION))
    return TRUE;
  query.filters[0] = (BelfryFilter){ "buildid", BELFRY_COMPARE_EQUAL, build->buildid, NULL };
  query.filters[1] = (BelfryFilter){ "results", BELFRY_COMPARE_EQUAL, build->results, NULL };
  query.limit = MAX_FAILED_STEPS;
  context->failed =
      belfry_reader_list (context->source->reader, belfry_step_get_type (), &query, NULL, error);
  return context->failed != NULL;
}

static gboolean
gather (Context *context, GError **error)
{
  const BelfryVariablesSource *source = context->source;

  if (is_over (context) && belfry_modes_compare (source->reporting->modes) &&
      !belfry_filter_find_previous (source->reporting, source->reader, source->build,
                                    &context->previous, error))
    return FALSE;
  if (!list_failed_steps (context, error))
    return FALSE;
  context->blamelist = belfry_reader_responsible_users (source->reader, source->build, error);
  return context->blamelist != NULL;
}

static void
context_clear (Context *context)
{
  g_clear_pointer (&context->previous, belfry_build_unref);
  g_clear_pointer (&context->failed, g_ptr_array_unref);
  g_clear_pointer (&context->blamelist, g_strfreev);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Context, context_clear)

JsonObject *
belfry_variables_new (const BelfryVariablesSource *source, GError **error)
{
  g_auto (Context) context = { source, NULL, NULL, NULL };
  JsonObject *variables = NULL;

  if (!gather (&context, error))
    return NULL;
  variables = json_object_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (makers); i++)
    json_object_set_member (variables, makers[i].name, makers[i].make (&context));
  if (source->reporting->formatter != NULL) {
    g_autoptr (JsonObject) ctx = belfry_formatter_dup_ctx (source->reporting->formatter);

    belfry_variables_merge (variables, ctx);
  }
  return variables;
}

void
belfry_variables_merge (JsonObject *variables, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (variables, name, json_node_copy (value));
}
