/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a review says: stock texts as Buildbot's users know them, templates, or what a program
 * printed; each yields a message and labels (name to integer). No message: nothing is sent.
 */
#include "gerrit.h"

#include <string.h>

#define HIGHEST_VOTE 100

static const char *const result_texts[] = {
  [BELFRY_RESULT_SUCCESS] = "succeeded",
  [BELFRY_RESULT_WARNINGS] = "completed with warnings",
  [BELFRY_RESULT_FAILURE] = "failed",
  [BELFRY_RESULT_SKIPPED] = NULL,
  [BELFRY_RESULT_EXCEPTION] = "encountered an exception",
};

static char *
dup_result_text (gint64 result)
{
  if (result >= 0 && result < (gint64)G_N_ELEMENTS (result_texts) && result_texts[result] != NULL)
    return g_strdup (result_texts[result]);
  return g_strdup_printf ("completed with unknown result %" G_GINT64_FORMAT, result);
}

/* as templates know it: with the text of logs */
static JsonObject *
get_build (const BelfryForgeBuild *build)
{
  JsonObject *seen =
      build->variables != NULL ? belfry_json_get_object (build->variables, "build") : NULL;

  return seen != NULL ? seen : build->build;
}

static JsonObject *
make_info (const BelfryForgeBuild *build)
{
  g_autofree char *text = dup_result_text (build->results);
  const char *state = belfry_json_get_text (build->build, "state_string");
  JsonObject *info = json_object_new ();

  json_object_set_string_member (info, "name", build->builder);
  json_object_set_int_member (info, "result", build->results);
  json_object_set_string_member (info, "resultText", text);
  json_object_set_string_member (info, "text", state != NULL ? state : "");
  json_object_set_string_member (info, "url", build->url);
  json_object_set_object_member (info, "build", json_object_ref (get_build (build)));
  return info;
}

static int
compare_infos (gconstpointer a, gconstpointer b)
{
  return strcmp (json_object_get_string_member (*(JsonObject *const *)a, "name"),
                 json_object_get_string_member (*(JsonObject *const *)b, "name"));
}

/* a retried build has a later one of the same request beside it, and no vote */
static JsonArray *
make_infos (const BelfryReport *report)
{
  g_autoptr (GPtrArray) infos = g_ptr_array_new ();
  JsonArray *array = json_array_new ();
  BelfryForgeBuild build;

  for (guint i = 0; belfry_forge_build_init (&build, report, i); i++)
    if (build.results != BELFRY_RESULT_RETRY)
      g_ptr_array_add (infos, make_info (&build));
  g_ptr_array_sort (infos, compare_infos);
  for (guint i = 0; i < infos->len; i++)
    json_array_add_object_element (array, g_ptr_array_index (infos, i));
  return array;
}

static void
set_summary (const BelfryReport *report, JsonObject *variables)
{
  gint64 result = belfry_reports_get_result (report);

  json_object_set_array_member (variables, "builds", make_infos (report));
  json_object_set_string_member (variables, "result", belfry_result_get_name (result));
}

static void
set_build (const Gerrit *self,
           const GerritCallback *callback,
           const BelfryForgeBuild *build,
           JsonObject *variables)
{
  json_object_set_string_member (variables, "buildername", build->builder);
  json_object_set_object_member (variables, "build", json_object_ref (get_build (build)));
  if (callback == &self->review)
    json_object_set_int_member (variables, "result", build->results);
}

JsonObject *
gerrit_make_variables (const Gerrit *self,
                       const GerritCallback *callback,
                       const BelfryReport *report)
{
  JsonObject *host = belfry_json_get_object (belfry_report_get_data (report), "host");
  const char *title = host != NULL ? belfry_json_get_text (host, "title") : NULL;
  const char *url = host != NULL ? belfry_json_get_text (host, "url") : NULL;
  g_autoptr (JsonObject) variables = json_object_new ();
  BelfryForgeBuild build;

  if (!belfry_forge_build_init (&build, report, 0))
    return NULL;
  if (callback == &self->summary)
    set_summary (report, variables);
  else
    set_build (self, callback, &build, variables);
  json_object_set_member (variables, "arg",
                          callback->arg != NULL ? belfry_json_copy (callback->arg)
                                                : json_node_new (JSON_NODE_NULL));
  json_object_set_string_member (variables, "buildbot_title", title != NULL ? title : "");
  json_object_set_string_member (variables, "buildbot_url", url != NULL ? url : "");
  return g_steal_pointer (&variables);
}

/* stock texts */

/* as Python sees it */
static gboolean
is_true (JsonNode *arg)
{
  if (arg == NULL || JSON_NODE_HOLDS_NULL (arg))
    return FALSE;
  if (JSON_NODE_HOLDS_ARRAY (arg))
    return json_array_get_length (json_node_get_array (arg)) > 0;
  if (JSON_NODE_HOLDS_OBJECT (arg))
    return json_object_get_size (json_node_get_object (arg)) > 0;
  if (json_node_get_value_type (arg) == G_TYPE_STRING)
    return *json_node_get_string (arg) != '\0';
  if (json_node_get_value_type (arg) == G_TYPE_BOOLEAN)
    return json_node_get_boolean (arg);
  return json_node_get_double (arg) < 0 || json_node_get_double (arg) > 0;
}

static char *
make_summary (JsonObject *variables, JsonObject *labels)
{
  JsonArray *builds = belfry_json_get_array (variables, "builds");
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean good = TRUE;

  if (json_array_get_length (builds) == 0)
    return NULL;
  for (guint i = 0; i < json_array_get_length (builds); i++) {
    JsonObject *info = json_array_get_object_element (builds, i);
    const char *url = belfry_forge_get_text (info, "url");

    good = good && json_object_get_int_member (info, "result") == BELFRY_RESULT_SUCCESS;
    g_string_append_printf (text, "%sBuilder %s %s (%s)", i > 0 ? "\n\n" : "",
                            json_object_get_string_member (info, "name"),
                            json_object_get_string_member (info, "resultText"),
                            json_object_get_string_member (info, "text"));
    g_string_append_printf (text, url != NULL ? " - %s" : ".%s", url != NULL ? url : "");
  }
  json_object_set_int_member (labels, "Verified", good ? 1 : -1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
make_start (JsonObject *variables, const char *link)
{
  return g_strdup_printf ("This patch set is being built\non configuration: %s\n%s%s",
                          json_object_get_string_member (variables, "buildername"),
                          link != NULL ? "\nFollow it at:\n" : "", link != NULL ? link : "");
}

static char *
make_review (JsonObject *variables, const char *link, JsonObject *labels)
{
  gint64 result = json_object_get_int_member (variables, "result");
  g_autofree char *word = g_ascii_strup (belfry_result_get_name (result), -1);

  if (result == BELFRY_RESULT_RETRY)
    return NULL;
  json_object_set_int_member (labels, "Verified", result == BELFRY_RESULT_SUCCESS ? 1 : -1);
  return g_strdup_printf ("This patch set was built\non configuration: %s\nThe result is: %s\n%s%s",
                          json_object_get_string_member (variables, "buildername"), word,
                          link != NULL ? "\nSee what happened at:\n" : "",
                          link != NULL ? link : "");
}

char *
gerrit_make_default (const Gerrit *self,
                     const GerritCallback *callback,
                     JsonObject *variables,
                     JsonObject *labels)
{
  JsonObject *build = belfry_json_get_object (variables, "build");
  const char *link =
      is_true (callback->arg) && build != NULL ? belfry_forge_get_text (build, "url") : NULL;

  if (callback == &self->summary)
    return make_summary (variables, labels);
  if (callback == &self->start)
    return make_start (variables, link);
  return make_review (variables, link, labels);
}

/* templates */

static gboolean
render_label (
    const char *name, const char *text, JsonObject *variables, JsonObject *labels, GError **error)
{
  g_autoptr (BelfryTemplate) template = belfry_template_new (name, text, NULL, error);
  g_autofree char *value =
      template != NULL ? belfry_template_render (template, variables, NULL, 0, error) : NULL;
  gint64 vote = 0;

  if (value == NULL)
    return FALSE;
  g_strstrip (value);
  if (*value == '\0' || g_str_equal (value, "None"))
    return TRUE;
  if (!belfry_parse_integer (*value == '+' ? value + 1 : value, -HIGHEST_VOTE, HIGHEST_VOTE, &vote,
                             error)) {
    g_prefix_error (error, "label '%s': ", name);
    return FALSE;
  }
  json_object_set_int_member (labels, name, vote);
  return TRUE;
}

char *
gerrit_render (const GerritCallback *callback,
               JsonObject *variables,
               JsonObject *labels,
               GError **error)
{
  guint n = callback->labels != NULL ? belfry_map_get_count (callback->labels) : 0;

  for (guint i = 0; i < n; i++)
    if (!render_label (belfry_map_get_name (callback->labels, i),
                       belfry_map_get_value (callback->labels, i), variables, labels, error))
      return NULL;
  return belfry_template_render (callback->template, variables, NULL, 0, error);
}

/* programs */

static gboolean
take_label (const char *name, JsonNode *value, JsonObject *labels, GError **error)
{
  if (JSON_NODE_HOLDS_NULL (value))
    return TRUE;
  if (!gerrit_is_plain (name) || strchr (name, '=') != NULL || !JSON_NODE_HOLDS_VALUE (value) ||
      json_node_get_value_type (value) != G_TYPE_INT64) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "label '%s' has no such name, or is no integer", name);
    return FALSE;
  }
  json_object_set_int_member (labels, name, json_node_get_int (value));
  return TRUE;
}

static gboolean
take_labels (JsonObject *printed, JsonObject *labels, GError **error)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_iter_init (&iter, printed);
  while (json_object_iter_next (&iter, &name, &value))
    if (!take_label (name, value, labels, error))
      return FALSE;
  return TRUE;
}

/* [message, verified, reviewed] */
static gboolean
take_list (JsonArray *list, char **message, JsonObject *labels, GError **error)
{
  static const char *const names[] = { "Verified", "Code-Review" };
  JsonNode *first = json_array_get_length (list) > 0 ? json_array_get_element (list, 0) : NULL;

  if (first != NULL && JSON_NODE_HOLDS_VALUE (first) &&
      json_node_get_value_type (first) == G_TYPE_STRING)
    *message = json_node_dup_string (first);
  for (guint i = 1; i < json_array_get_length (list) && i <= G_N_ELEMENTS (names); i++)
    if (!take_label (names[i - 1], json_array_get_element (list, i), labels, error))
      return FALSE;
  return TRUE;
}

gboolean
gerrit_read_output (
    JsonNode *output, char **message, JsonObject *labels, gboolean *is_old, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (output) ? json_node_get_object (output) : NULL;
  JsonObject *printed = object != NULL ? belfry_json_get_object (object, "labels") : NULL;

  *message = NULL;
  *is_old = FALSE;
  if (JSON_NODE_HOLDS_NULL (output))
    return TRUE;
  if (JSON_NODE_HOLDS_ARRAY (output)) {
    *is_old = TRUE;
    return take_list (json_node_get_array (output), message, labels, error);
  }
  if (object != NULL) {
    *message = g_strdup (belfry_forge_get_text (object, "message"));
    return printed == NULL || take_labels (printed, labels, error);
  }
  if (json_node_get_value_type (output) == G_TYPE_STRING) {
    *message = json_node_dup_string (output);
    return TRUE;
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
               "it printed something else than an object with message and labels");
  return FALSE;
}
