/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small things that reporters of many services need in the same way. Nothing here knows a service,
 * and nothing does I/O.
 */
#include "reports.h"

#include <string.h>

#define ELLIPSIS "…"

/* the wire */

static gboolean
is_local (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_PARSE_RELAXED, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  return host != NULL && (g_str_equal (host, "localhost") || g_str_equal (host, "::1") ||
                          g_str_has_prefix (host, "127."));
}

void
belfry_reports_check_wire (const BelfryReportsWire *self,
                           const BelfryCheck *check,
                           const char *key,
                           const char *url)
{
  if (!self->verify)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "verify",
                         "anybody between here and the service can answer in its place");
  if (url != NULL && g_str_has_prefix (url, "http://") && !is_local (url))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, key,
                         "what is sent can be read and changed on its way; write https://");
}

BelfryHttpRequest *
belfry_reports_request_new (const BelfryReportsWire *self, const char *method, const char *url)
{
  BelfryHttpRequest *request = belfry_http_request_new (method, url);

  belfry_http_request_set_verify (request, self->verify);
  belfry_http_request_set_debug (request, self->debug);
  return request;
}

BelfryOutcome *
belfry_reports_judge (BelfryHttpAnswer *answer, const char *words)
{
  BelfryOutcome *outcome = belfry_outcome_new_from_answer (answer);
  const char *body = strstr (outcome->excerpt, ": ");

  if (outcome->kind != BELFRY_OUTCOME_DELIVERED && body != NULL) {
    char *told = g_strdup_printf ("%u: %s%s", belfry_http_answer_get_status (answer), words, body);

    g_free (outcome->excerpt);
    outcome->excerpt = told;
  }
  return outcome;
}

BelfryOutcome *
belfry_reports_outcome_new_garbage (BelfryHttpAnswer *answer)
{
  g_autofree char *excerpt = belfry_http_answer_dup_excerpt (answer);
  g_autofree char *text = g_strconcat ("not the service's answer: ", excerpt, NULL);

  return belfry_outcome_new_wait (0, TRUE, text);
}

JsonNode *
belfry_reports_parse_object (BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? g_steal_pointer (&node) : NULL;
}

/* builds */

const char *
belfry_reports_get_builder (JsonObject *build)
{
  JsonObject *builder = build != NULL ? belfry_json_get_object (build, "builder") : NULL;

  return builder != NULL ? belfry_json_get_text (builder, "name") : NULL;
}

const char *
belfry_reports_get_property (JsonObject *build, const char *name)
{
  JsonObject *properties = build != NULL ? belfry_json_get_object (build, "properties") : NULL;
  JsonArray *pair = properties != NULL ? belfry_json_get_array (properties, name) : NULL;
  JsonNode *value =
      pair != NULL && json_array_get_length (pair) > 0 ? json_array_get_element (pair, 0) : NULL;

  return value != NULL && JSON_NODE_HOLDS_VALUE (value) &&
                 json_node_get_value_type (value) == G_TYPE_STRING
             ? json_node_get_string (value)
             : NULL;
}

gint64
belfry_reports_get_result (const BelfryReport *report)
{
  JsonObject *set = belfry_json_get_object (belfry_report_get_data (report), "buildset");
  gint64 result = set != NULL ? belfry_json_get_integer (set, "results", BELFRY_NONE) : BELFRY_NONE;

  if (result != BELFRY_NONE)
    return result;
  for (guint i = 0; i < belfry_report_get_n_builds (report); i++) {
    gint64 of_build =
        belfry_json_get_integer (belfry_report_get_build (report, i), "results", BELFRY_NONE);

    if (of_build != BELFRY_NONE)
      result = result == BELFRY_NONE ? of_build : belfry_result_worst (result, of_build);
  }
  return result;
}

const char *
belfry_reports_get_url (const BelfryReport *report)
{
  JsonObject *data = belfry_report_get_data (report);
  JsonObject *host = belfry_json_get_object (data, "host");
  const char *url = belfry_report_get_n_builds (report) == 1
                        ? belfry_json_get_text (belfry_report_get_build (report, 0), "url")
                        : NULL;

  if ((url == NULL || *url == '\0') && host != NULL)
    url = belfry_json_get_text (host, "url");
  return url != NULL && *url != '\0' ? url : NULL;
}

char *
belfry_reports_dup_key (const BelfryReport *report)
{
  JsonObject *data = belfry_report_get_data (report);
  JsonObject *set = belfry_json_get_object (data, "buildset");
  JsonObject *worker = belfry_json_get_object (data, "worker");
  JsonObject *build =
      belfry_report_get_n_builds (report) == 1 ? belfry_report_get_build (report, 0) : NULL;

  if (set != NULL)
    return g_strdup_printf ("buildset/%" G_GINT64_FORMAT, belfry_json_get_integer (set, "bsid", 0));
  if (worker != NULL)
    return g_strconcat ("worker/", belfry_json_get_text (worker, "name"), NULL);
  if (build != NULL)
    return g_strdup_printf ("build/%" G_GINT64_FORMAT,
                            belfry_json_get_integer (build, "buildid", 0));
  return g_strdup ("");
}

/* maps from a mode to something */

const char *const belfry_reports_mode_names[] = {
  "change", "failing",   "passing",        "warnings",       "exception", "skipped",
  "retry",  "cancelled", "worker_missing", "worker-missing", NULL,
};

static const struct {
  gint64 result;
  const char *name;
  const char *otherwise; /* (nullable) */
} modes_of_results[] = {
  { BELFRY_RESULT_SUCCESS, "passing", NULL },
  { BELFRY_RESULT_WARNINGS, "warnings", NULL },
  { BELFRY_RESULT_FAILURE, "failing", NULL },
  { BELFRY_RESULT_SKIPPED, "skipped", NULL },
  { BELFRY_RESULT_EXCEPTION, "exception", NULL },
  { BELFRY_RESULT_RETRY, "retry", NULL },
  { BELFRY_RESULT_CANCELLED, "cancelled", "exception" },
};

static gconstpointer
look_up_result (const BelfryMap *map, gint64 result)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modes_of_results); i++) {
    gconstpointer value = NULL;

    if (modes_of_results[i].result != result)
      continue;
    value = belfry_map_lookup (map, modes_of_results[i].name);
    if (value == NULL && modes_of_results[i].otherwise != NULL)
      value = belfry_map_lookup (map, modes_of_results[i].otherwise);
    return value;
  }
  return NULL;
}

gconstpointer
belfry_reports_look_up_mode (const BelfryMap *map, const BelfryReport *report)
{
  JsonObject *variables = belfry_report_get_variables (report, 0);
  gint64 result = belfry_reports_get_result (report);
  gint64 previous = variables != NULL
                        ? belfry_json_get_integer (variables, "previous_results", BELFRY_NONE)
                        : BELFRY_NONE;
  gconstpointer value = NULL;

  if (map == NULL)
    return NULL;
  if (belfry_json_get_object (belfry_report_get_data (report), "worker") != NULL) {
    value = belfry_map_lookup (map, "worker_missing");
    return value != NULL ? value : belfry_map_lookup (map, "worker-missing");
  }
  value = look_up_result (map, result);
  if (value == NULL && previous != BELFRY_NONE && previous != result)
    value = belfry_map_lookup (map, "change");
  return value;
}

void
belfry_reports_check_modes (const BelfryMap *map, const char *key, const BelfryCheck *check)
{
  for (guint i = 0; map != NULL && i < belfry_map_get_count (map); i++) {
    const char *name = belfry_map_get_name (map, i);
    g_autofree char *full = g_strdup_printf ("%s.%s", key, name);
    const char *nearest = NULL;

    if (g_strv_contains (belfry_reports_mode_names, name))
      continue;
    nearest = belfry_text_nearest (name, belfry_reports_mode_names);
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, full,
                         "'%s' is no mode; %s%s%s", name,
                         nearest != NULL ? "did you mean '" : "write one of change, failing, ",
                         nearest != NULL ? nearest : "passing, warnings, exception, skipped, ",
                         nearest != NULL ? "'?" : "retry, cancelled, worker_missing");
  }
}

/* text and JSON */

char *
belfry_reports_cut (const char *text, gsize max_chars)
{
  if ((gsize)g_utf8_strlen (text, -1) <= max_chars)
    return g_strdup (text);
  return g_strdup_printf (
      "%.*s" ELLIPSIS, (int)(g_utf8_offset_to_pointer (text, (glong)max_chars - 1) - text), text);
}

JsonNode *
belfry_reports_wrap (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  return node;
}
