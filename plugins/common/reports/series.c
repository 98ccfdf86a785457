/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that belong together. The outbox gives a row the remote id of the last one delivered
 * with the same target and key; what is made of it is the same for all services that can do it. */
#include "reports.h"

const BelfryChoice belfry_reports_threads[] = {
  { "none", BELFRY_REPORTS_THREAD_NONE, N_ ("each message stands alone") },
  { "build", BELFRY_REPORTS_THREAD_BUILD, N_ ("a build's end follows its start") },
  { "buildset", BELFRY_REPORTS_THREAD_BUILDSET, N_ ("builds of one set share a thread") },
  { NULL },
};

void
belfry_reports_check_series (const BelfryReportsSeries *self, const BelfryCheck *check)
{
  if (self->edit && self->thread != BELFRY_REPORTS_THREAD_NONE)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "edit",
                         "a message is either edited or followed by others in its thread");
  else if (self->edit && belfry_section_find (check->section, "mode") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section, "edit",
                         "a build whose result 'mode' leaves out keeps the message of its start");
}

guint
belfry_reports_series_choose_phases (const BelfryReportsSeries *self)
{
  return self->edit || self->thread == BELFRY_REPORTS_THREAD_BUILD ? G_MAXUINT
                                                                   : ~(guint)BELFRY_PHASE_STARTED;
}

char *
belfry_reports_series_dup_key (const BelfryReportsSeries *self, const BelfryReport *report)
{
  JsonObject *build =
      belfry_report_get_n_builds (report) == 1 ? belfry_report_get_build (report, 0) : NULL;
  JsonObject *set = build != NULL ? belfry_json_get_object (build, "buildset") : NULL;

  if (self->thread == BELFRY_REPORTS_THREAD_BUILDSET && set != NULL)
    return g_strdup_printf ("buildset/%" G_GINT64_FORMAT, belfry_json_get_integer (set, "bsid", 0));
  return belfry_reports_dup_key (report);
}

gboolean
belfry_reports_series_continues (const BelfryReportsSeries *self, const char *key)
{
  gboolean of_build = g_str_has_prefix (key, "build/");

  return (self->edit && of_build) || (self->thread != BELFRY_REPORTS_THREAD_NONE &&
                                      (of_build || g_str_has_prefix (key, "buildset/")));
}

char *
belfry_reports_series_dup_remote_id (const BelfryReportsSeries *self, const BelfryItem *item)
{
  return belfry_reports_series_continues (self, item->key) ? g_strdup (item->remote_id) : NULL;
}

void
belfry_reports_series_keep_first (BelfryOutcome *outcome, const char *first)
{
  if (outcome->remote_id == NULL || first == NULL)
    return;
  g_free (outcome->remote_id);
  outcome->remote_id = g_strdup (first);
}

gboolean
belfry_reports_keep_pace (GTask *task, gint64 wait_us, const char *service)
{
  g_autofree char *text = NULL;

  if (wait_us <= 0)
    return FALSE;
  text = g_strdup_printf ("keeping the pace that %s asks for", service);
  g_task_return_pointer (task, belfry_outcome_new_wait (wait_us, FALSE, text),
                         (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
  return TRUE;
}

JsonObject *
belfry_reports_dup_object (JsonNode *payload)
{
  JsonObject *copy = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_iter_init (&iter, json_node_get_object (payload));
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (copy, name, json_node_copy (value));
  return copy;
}
