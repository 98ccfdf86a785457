/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guests share: a hook that makes nothing of any request, and says so well. */
#pragma once

#include <belfry-plugin.h>

static G_GNUC_UNUSED BelfryTranslation *
guest_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_nothing ("it is a guest");
}

/* a reporter's one target */
static G_GNUC_UNUSED gboolean
guest_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  belfry_targets_add (targets, "guest", "guest", NULL);
  return TRUE;
}

static G_GNUC_UNUSED BelfryHttpRequest *
guest_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  return belfry_http_request_new ("POST", "https://service.example.org/report");
}
