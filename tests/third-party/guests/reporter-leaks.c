/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps something of every start and of every report. */
#include <belfry-plugin.h>

#define KEPT_BYTES (64 * 1024)
#define PLAN_BYTES (4 * 1024 * 1024)

static void
leaks_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_object_set_data (G_OBJECT (task), "kept", g_strnfill (KEPT_BYTES, 'k'));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static gboolean
leaks_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  char *kept = g_strnfill (PLAN_BYTES, 'k');
  g_autofree char *told = g_strndup (kept, KEPT_BYTES);
  g_autoptr (JsonNode) payload = belfry_json_new_text (told);

  belfry_targets_add (targets, "nowhere", "all", payload);
  return TRUE;
}

static BelfryHttpRequest *
leaks_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  return belfry_http_request_new ("POST", "http://127.0.0.1:1/");
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "leaks",
  .summary       = "Never lets go",
  .family        = BELFRY_FAMILY_MESSAGE,
  .instance_size = 1,
  .start         = leaks_start,
  .plan          = leaks_plan,
  .to_request    = leaks_to_request,
);
