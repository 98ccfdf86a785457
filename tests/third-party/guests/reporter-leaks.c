/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps something of every report. */
#include <belfry-plugin.h>

static gboolean
leaks_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  char *kept = g_strnfill (64 * 1024, 'k');
  g_autoptr (JsonNode) payload = belfry_json_new_text (kept);

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
  .plan          = leaks_plan,
  .to_request    = leaks_to_request,
);
