/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reporters: asked to plan and to deliver as the host's outbox would. */
#include "test-private.h"

#include <string.h>

/* secrets stay where they are */

static void
look_for_secret (gpointer data, gpointer text)
{
  BelfrySecret *secret = data;

  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    const char *value = belfry_secret_get_generation (secret, i);

    if (value != NULL && strlen (value) >= 8 && strstr (text, value) != NULL)
      g_error ("a secret is in what is stored or shown: %s", (const char *)text);
  }
}

static void
check_secrets (BelfryTest *self, const char *text)
{
  if (text != NULL)
    belfry_test_sections_visit_secrets (&self->sections, look_for_secret, (gpointer)text);
}

/* delivering */

static const BelfryReporter *
get_reporter (BelfryTest *self)
{
  return belfry_test_get_plugin_of (self, BELFRY_KIND_REPORTER);
}

/**
 * belfry_test_plan:
 * @self: a reporter's test
 * @report: a report
 *
 * Lets the reporter plan a report. Ends the program where that fails, or where a secret of the
 * section is in what would be stored.
 *
 * Returns: how many targets it became
 * Since: 0.1
 */
guint
belfry_test_plan (BelfryTest *self, BelfryReport *report)
{
  g_autoptr (GError) local = NULL;

  belfry_targets_free (self->targets);
  self->targets = belfry_targets_new ();
  if (!get_reporter (self)->plan (self->sections.state, report, self->targets, &local))
    g_error ("planning: %s", local->message);
  for (guint i = 0; i < belfry_targets_get_length (self->targets); i++) {
    JsonNode *payload = belfry_targets_get_payload (self->targets, i);
    g_autofree char *text = payload != NULL ? belfry_json_to_text (payload) : NULL;

    check_secrets (self, text);
    check_secrets (self, belfry_targets_get_target (self->targets, i));
    check_secrets (self, belfry_targets_get_key (self->targets, i));
  }
  return belfry_targets_get_length (self->targets);
}

/**
 * belfry_test_get_targets:
 * @self: a reporter's test
 *
 * Returns: (transfer none) (nullable): what the last report was planned to
 * Since: 0.1
 */
BelfryTargets *
belfry_test_get_targets (BelfryTest *self)
{
  return self->targets;
}

static BelfryOutcome *
judge_error (const GError *error)
{
  if (g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_DENIED))
    return belfry_outcome_new (BELFRY_OUTCOME_DENIED, error->message);
  return belfry_outcome_new_wait (
      0, error->domain == BELFRY_ERROR && error->code != BELFRY_ERROR_RETRY, error->message);
}

/* by a request and its answer */
static BelfryOutcome *
exchange_item (BelfryTest *self, const BelfryItem *item)
{
  const BelfryReporter *plugin = get_reporter (self);
  g_autoptr (GError) local = NULL;
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (BelfryHttpAnswer) answer = NULL;
  g_autoptr (BelfryHttpRequest) request = plugin->to_request (self->sections.state, item, &local);
  BelfryOutcome *outcome = NULL;

  if (request == NULL)
    return belfry_outcome_new (BELFRY_OUTCOME_REFUSED, local->message);
  belfry_http_send_async (self->instance, request, self->cancellable, belfry_test_on_done, &done);
  answer = belfry_http_send_finish (self->instance, belfry_test_await (self, &done), &local);
  if (answer == NULL)
    return judge_error (local);
  if (plugin->from_answer != NULL)
    outcome = plugin->from_answer (self->sections.state, item, answer);
  return outcome != NULL ? outcome : belfry_outcome_new_from_answer (answer);
}

static BelfryOutcome *
deliver_item (BelfryTest *self, const BelfryItem *item)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GTask) task = belfry_test_task_new (self);
  BelfryOutcome *outcome = NULL;

  get_reporter (self)->deliver (self->sections.state, item, g_object_ref (task));
  outcome = g_task_propagate_pointer (belfry_test_wait (self, task), &local);
  return outcome != NULL ? outcome : judge_error (local);
}

/**
 * belfry_test_deliver:
 * @self: a reporter's test
 * @index: of a target of the last report
 * @remote_id: (nullable): what the service called it before
 *
 * Delivers one target. Ends the program where a secret is in what the outcome quotes.
 *
 * Returns: (transfer full): the outcome, as the outbox would see it
 * Since: 0.1
 */
BelfryOutcome *
belfry_test_deliver (BelfryTest *self, guint index, const char *remote_id)
{
  const BelfryItem item = {
    .size = sizeof item,
    .reportid = 812 + (gint64)index,
    .target = belfry_targets_get_target (self->targets, index),
    .key = belfry_targets_get_key (self->targets, index),
    .phase = "finished",
    .remote_id = remote_id,
    .payload = belfry_targets_get_payload (self->targets, index),
  };
  BelfryOutcome *outcome = get_reporter (self)->deliver != NULL ? deliver_item (self, &item)
                                                                : exchange_item (self, &item);

  check_secrets (self, outcome->excerpt);
  check_secrets (self, outcome->remote_id);
  return outcome;
}

/**
 * belfry_test_run_report:
 * @self: a reporter's test
 * @report: a report that becomes one target
 * @exchange: the one request that it becomes
 *
 * Plans, expects and delivers.
 *
 * Returns: (transfer full): the outcome
 * Since: 0.1
 */
BelfryOutcome *
belfry_test_run_report (BelfryTest *self, BelfryReport *report, const BelfryTestExchange *exchange)
{
  BelfryOutcome *outcome = NULL;

  g_assert_cmpuint (belfry_test_plan (self, report), ==, 1);
  belfry_test_expect (self, exchange);
  outcome = belfry_test_deliver (self, 0, NULL);
  g_assert_cmpuint (belfry_test_get_waiting (self), ==, 0);
  return outcome;
}
