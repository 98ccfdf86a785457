/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What became of a delivery. An outcome is no error: the host acts on its kind (writes the row
 * down, tries again, pauses a credential), and people read its excerpt.
 */
#include "belfry-report.h"

/**
 * belfry_outcome_new:
 * @kind: what became of it
 * @excerpt: (nullable): the beginning of what the service answered, for people; copied
 *
 * Makes an outcome for which the service answered. For one that is to be tried again see
 * belfry_outcome_new_wait (), which also says whether there was an answer. A remote id is set by
 * the caller: its member is freed with the outcome.
 *
 * Returns: (transfer full): the outcome
 * Since: 0.1
 */
BelfryOutcome *
belfry_outcome_new (BelfryOutcomeKind kind, const char *excerpt)
{
  BelfryOutcome *self = g_new0 (BelfryOutcome, 1);

  self->kind = kind;
  self->answered = TRUE;
  self->excerpt = g_strdup (excerpt);
  return self;
}

/**
 * belfry_outcome_new_wait:
 * @wait_us: how long the service asked to wait, in µs; 0: as the host backs off
 * @answered: whether the service answered at all; only failures that it answered age a report
 * @excerpt: (nullable): what it answered, or why it could not be reached; copied
 *
 * Makes an outcome of kind %BELFRY_OUTCOME_WAIT.
 *
 * Returns: (transfer full): the outcome
 * Since: 0.1
 */
BelfryOutcome *
belfry_outcome_new_wait (gint64 wait_us, gboolean answered, const char *excerpt)
{
  BelfryOutcome *self = belfry_outcome_new (BELFRY_OUTCOME_WAIT, excerpt);

  self->wait_us = MAX (wait_us, 0);
  self->answered = answered;
  return self;
}

static BelfryOutcomeKind
judge_status (guint status, gboolean asks_to_wait)
{
  if (status >= 200 && status < 300)
    return BELFRY_OUTCOME_DELIVERED;
  if (status == 401)
    return BELFRY_OUTCOME_DENIED;
  if (status == 408 || status == 425 || status == 429 || status >= 500)
    return BELFRY_OUTCOME_WAIT;
  return status == 403 && asks_to_wait ? BELFRY_OUTCOME_WAIT : BELFRY_OUTCOME_REFUSED;
}

/**
 * belfry_outcome_new_from_answer:
 * @answer: what the service answered
 *
 * Judges an answer by its status alone, as is right for a service that says no more in its body:
 * 2xx delivered; 408, 425, 429, 5xx and a 403 with signs of a rate limit wait, as long as
 * belfry_http_answer_get_wait_us () says; 401 denied; all else refused. A plugin's from_answer
 * ends with it, for whatever its service does not tell in words of its own.
 *
 * Returns: (transfer full): the outcome, with an excerpt of the answer
 * Since: 0.1
 */
BelfryOutcome *
belfry_outcome_new_from_answer (BelfryHttpAnswer *answer)
{
  g_autofree char *excerpt = NULL;
  gint64 wait_us = 0;
  BelfryOutcome *self = NULL;

  g_return_val_if_fail (answer != NULL, NULL);
  excerpt = belfry_http_answer_dup_excerpt (answer);
  wait_us = belfry_http_answer_get_wait_us (answer);
  self = belfry_outcome_new (judge_status (belfry_http_answer_get_status (answer), wait_us > 0),
                             excerpt);
  self->http_status = belfry_http_answer_get_status (answer);
  if (self->kind == BELFRY_OUTCOME_WAIT)
    self->wait_us = wait_us;
  return self;
}

/**
 * belfry_outcome_free:
 * @self: (nullable) (transfer full): an outcome
 *
 * Frees an outcome.
 *
 * Since: 0.1
 */
void
belfry_outcome_free (BelfryOutcome *self)
{
  if (self == NULL)
    return;
  g_free (self->remote_id);
  g_free (self->excerpt);
  g_free (self);
}
