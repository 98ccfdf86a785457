/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report is one JSON object that never changes: the host makes it, a plugin's plan reads it, and
 * a test or an isolated child can write it down and read it back. The accessors only name its
 * parts.
 *
 * The second half looks up what the rendered strings of reporters' options (`%(prop:branch)s`)
 * speak about, in the build object of such a report.
 */
#include "belfry-report.h"

#include "belfry-json.h"

struct _BelfryReport {
  JsonObject *data;
};

/**
 * belfry_report_new:
 * @data: (transfer none): the whole report; must not be changed any more
 *
 * Makes a report of its JSON form; holds a reference to @data.
 *
 * Returns: (transfer full): the report
 * Since: 0.1
 */
BelfryReport *
belfry_report_new (JsonObject *data)
{
  BelfryReport *self = NULL;

  g_return_val_if_fail (data != NULL, NULL);

  self = g_new0 (BelfryReport, 1);
  self->data = json_object_ref (data);
  return self;
}

/**
 * belfry_report_free:
 * @self: (nullable) (transfer full): a report
 *
 * Frees a report.
 *
 * Since: 0.1
 */
void
belfry_report_free (BelfryReport *self)
{
  if (self == NULL)
    return;
  json_object_unref (self->data);
  g_free (self);
}

/**
 * belfry_report_get_data:
 * @self: a report
 *
 * Gets the report as JSON; what is in it stands at #BelfryReport.
 *
 * Returns: (transfer none): the object; not to be changed
 * Since: 0.1
 */
JsonObject *
belfry_report_get_data (const BelfryReport *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->data;
}

/**
 * belfry_report_get_phase:
 * @self: a report
 *
 * Gets the moment that the report speaks of: `started`, `finished`, `buildset`, `worker`,
 * `request`, `digest`, `alert` or `test`.
 *
 * Returns: (transfer none): the phase; empty where the report names none
 * Since: 0.1
 */
const char *
belfry_report_get_phase (const BelfryReport *self)
{
  const char *phase = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  phase = belfry_json_get_text (self->data, "phase");
  return phase != NULL ? phase : "";
}

/**
 * belfry_report_get_subject:
 * @self: a report
 *
 * Gets the rendered subject: one line without control characters.
 *
 * Returns: (transfer none) (nullable): the subject; %NULL of a report that is no message
 * Since: 0.1
 */
const char *
belfry_report_get_subject (const BelfryReport *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return belfry_json_get_text (self->data, "subject");
}

/**
 * belfry_report_get_body:
 * @self: a report
 *
 * Gets the rendered body, of the type that belfry_report_is_html () tells.
 *
 * Returns: (transfer none) (nullable): the body; %NULL of a report that is no message
 * Since: 0.1
 */
const char *
belfry_report_get_body (const BelfryReport *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return belfry_json_get_text (self->data, "body");
}

/**
 * belfry_report_is_html:
 * @self: a report
 *
 * Tells whether the body is HTML; else it is plain text.
 *
 * Returns: %TRUE where its type is `html`
 * Since: 0.1
 */
gboolean
belfry_report_is_html (const BelfryReport *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return g_strcmp0 (belfry_json_get_text (self->data, "type"), "html") == 0;
}

/**
 * belfry_report_get_n_builds:
 * @self: a report
 *
 * Counts the builds that the report speaks of: one of a build, several of a buildset or digest,
 * none of a worker.
 *
 * Returns: their number
 * Since: 0.1
 */
guint
belfry_report_get_n_builds (const BelfryReport *self)
{
  JsonArray *builds = NULL;

  g_return_val_if_fail (self != NULL, 0);
  builds = belfry_json_get_array (self->data, "builds");
  return builds != NULL ? json_array_get_length (builds) : 0;
}

static JsonObject *
get_object_of (JsonObject *object, const char *name, guint index)
{
  JsonArray *array = belfry_json_get_array (object, name);
  JsonNode *node = NULL;

  if (array == NULL || index >= json_array_get_length (array))
    return NULL;
  node = json_array_get_element (array, index);
  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/**
 * belfry_report_get_build:
 * @self: a report
 * @index: which one, from 0
 *
 * Gets one build: its record with builder, request, set and what else the reporter asked for.
 *
 * Returns: (transfer none) (nullable): the object, not to be changed; %NULL where there are fewer
 * Since: 0.1
 */
JsonObject *
belfry_report_get_build (const BelfryReport *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  return get_object_of (self->data, "builds", index);
}

/**
 * belfry_report_get_variables:
 * @self: a report
 * @index: which build, from 0
 *
 * Gets what a template about one build sees: `results`, `result_names`, `mode`, `buildername`,
 * `build`, `changes`, `blamelist`, `status_detected`, `summary`, `event_name` and the like, with
 * the reporter's `ctx` merged in. Of a report about a worker there is one object, at 0.
 *
 * Returns: (transfer none) (nullable): the object, not to be changed; %NULL where there are fewer
 * Since: 0.1
 */
JsonObject *
belfry_report_get_variables (const BelfryReport *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  return get_object_of (self->data, "variables", index);
}

static JsonNode *
dup_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL ? json_node_copy (node) : NULL;
}

/* a property is a pair of value and source */
static JsonNode *
look_up_property (JsonObject *build, const char *key)
{
  JsonArray *pair = NULL;
  JsonObject *properties = belfry_json_get_object (build, "properties");

  if (properties == NULL)
    return NULL;
  pair = belfry_json_get_array (properties, key);
  if (pair == NULL || json_array_get_length (pair) == 0)
    return NULL;
  return json_array_dup_element (pair, 0);
}

static JsonNode *
look_up_stamp (JsonObject *build, const char *key)
{
  const char *const attributes[] = {
    "branch", "revision", "repository", "project", "codebase", NULL,
  };
  JsonObject *set = belfry_json_get_object (build, "buildset");
  JsonArray *stamps = set != NULL ? belfry_json_get_array (set, "sourcestamps") : NULL;
  const char *colon = strrchr (key, ':');
  g_autofree char *codebase = NULL;

  if (stamps == NULL || colon == NULL || !g_strv_contains (attributes, colon + 1))
    return NULL;
  codebase = g_strndup (key, (gsize)(colon - key));
  for (guint i = 0; i < json_array_get_length (stamps); i++) {
    JsonNode *node = json_array_get_element (stamps, i);
    JsonObject *stamp = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

    if (stamp != NULL && g_strcmp0 (belfry_json_get_text (stamp, "codebase"), codebase) == 0)
      return dup_member (stamp, colon + 1);
  }
  return NULL;
}

static JsonNode *
look_up_worker (JsonObject *build, const char *key)
{
  JsonObject *worker = belfry_json_get_object (build, "worker");

  return worker != NULL ? dup_member (belfry_json_get_object (worker, "workerinfo"), key) : NULL;
}

static JsonNode *
look_up_keyword (JsonObject *build, const char *key)
{
  return dup_member (belfry_json_get_object (build, "ctx"), key);
}

static const struct {
  const char *selector;
  JsonNode *(*look_up) (JsonObject *build, const char *key);
} selectors[] = {
  { "prop", look_up_property },
  { "src", look_up_stamp },
  { "worker", look_up_worker },
  { "kw", look_up_keyword },
};

/**
 * belfry_report_lookup:
 * @selector: `prop`, `src`, `worker` or `kw`; any other yields nothing
 * @key: as #BelfryRenderedLookup says
 * @build_object: (type JsonObject): a build of a report
 *
 * A #BelfryRenderedLookup over one build of a report: its properties, the attributes of its source
 * stamps, its worker's `workerinfo` and its `ctx`, the last two where the object has them. Secrets
 * are not to be had here: an option that may name one is a secret option.
 *
 * Returns: (transfer full) (nullable): the value; %NULL where the key does not exist
 * Since: 0.1
 */
JsonNode *
belfry_report_lookup (const char *selector, const char *key, gpointer build_object)
{
  g_return_val_if_fail (selector != NULL && key != NULL, NULL);

  if (build_object == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (selectors); i++)
    if (g_str_equal (selectors[i].selector, selector))
      return selectors[i].look_up (build_object, key);
  return NULL;
}
