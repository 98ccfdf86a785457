/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors are objects with `errcode` and `error`; the code says more than the status. */
#include "matrix.h"

static const struct {
  const char *code;
  BelfryOutcomeKind kind;
} errors[] = {
  { "M_UNKNOWN_TOKEN", BELFRY_OUTCOME_DENIED },    { "M_MISSING_TOKEN", BELFRY_OUTCOME_DENIED },
  { "M_USER_DEACTIVATED", BELFRY_OUTCOME_DENIED }, { "M_FORBIDDEN", BELFRY_OUTCOME_REFUSED },
  { "M_NOT_FOUND", BELFRY_OUTCOME_REFUSED },       { "M_TOO_LARGE", BELFRY_OUTCOME_REFUSED },
  { "M_LIMIT_EXCEEDED", BELFRY_OUTCOME_WAIT },
};

static const char *
get_code (JsonNode *node)
{
  return node != NULL ? belfry_json_get_text (json_node_get_object (node), "errcode") : NULL;
}

gboolean
belfry_matrix_is_error (BelfryHttpAnswer *answer, const char *code)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);

  return g_strcmp0 (get_code (node), code) == 0;
}

char *
belfry_matrix_dup_member (BelfryHttpAnswer *answer, const char *first, const char *second)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *object = node != NULL ? json_node_get_object (node) : NULL;

  if (belfry_http_answer_get_status (answer) != 200 || object == NULL)
    return NULL;
  if (second == NULL)
    return g_strdup (belfry_json_get_text (object, first));
  object = belfry_json_get_object (object, first);
  return object != NULL ? g_strdup (belfry_json_get_text (object, second)) : NULL;
}

static gint64
get_wait_us (BelfryHttpAnswer *answer, JsonObject *body)
{
  gint64 wait_us = belfry_http_answer_get_wait_us (answer);
  gint64 wait_ms = belfry_json_get_integer (body, "retry_after_ms", 0);

  if (wait_us > 0 || wait_ms <= 0 || wait_ms > G_MAXINT32)
    return wait_us;
  return wait_ms * 1000;
}

static void
take_error (BelfryOutcome *outcome, BelfryHttpAnswer *answer, JsonObject *body, const char *code)
{
  const char *text = belfry_json_get_text (body, "error");
  g_autofree char *told = g_strdup_printf ("%s: %s", code, text != NULL ? text : "");
  g_autofree char *shown = belfry_text_make_printable (told, -1, 1024);

  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    if (g_str_equal (errors[i].code, code))
      outcome->kind = errors[i].kind;
  if (outcome->kind == BELFRY_OUTCOME_WAIT)
    outcome->wait_us = get_wait_us (answer, body);
  g_free (outcome->excerpt);
  outcome->excerpt = g_strdup_printf ("%u: %s", belfry_http_answer_get_status (answer), shown);
}

BelfryOutcome *
belfry_matrix_judge (BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  const char *code = get_code (node);
  g_autofree char *event = belfry_matrix_dup_member (answer, "event_id", NULL);
  g_autoptr (BelfryOutcome) outcome = belfry_outcome_new_from_answer (answer);

  if (outcome->kind == BELFRY_OUTCOME_DELIVERED && event == NULL)
    return belfry_reports_outcome_new_garbage (answer);
  if (outcome->kind == BELFRY_OUTCOME_DELIVERED)
    outcome->remote_id = g_steal_pointer (&event);
  else if (code != NULL)
    take_error (outcome, answer, json_node_get_object (node), code);
  return g_steal_pointer (&outcome);
}
