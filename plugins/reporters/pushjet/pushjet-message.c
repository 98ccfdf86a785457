/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One form. Pushjet shows text as it is, so a body in HTML becomes text, links in brackets behind
 * their words. Success is JSON with `status` `ok`; an error has `error` with `id` and `message`.
 */
#include "pushjet.h"

#include "markup.h"

#define MESSAGE_CHARS 4096
#define TITLE_CHARS   255

gboolean
belfry_pushjet_plan (gconstpointer self,
                     const BelfryReport *report,
                     BelfryTargets *targets,
                     GError **error)
{
  const BelfryPushjet *pushjet = self;
  const gint64 *level = belfry_reports_look_up_mode (pushjet->levels, report);
  g_autofree char *message =
      belfry_markup_convert (belfry_report_get_body (report), belfry_report_is_html (report),
                             &belfry_markup_plain, BELFRY_MARKUP_CHARS, MESSAGE_CHARS);
  g_autofree char *title = belfry_reports_cut (belfry_report_get_subject (report), TITLE_CHARS);
  g_autofree char *key = belfry_reports_dup_key (report);
  JsonObject *form = json_object_new ();
  g_autoptr (JsonNode) payload = belfry_reports_wrap (form);

  json_object_set_string_member (form, "message", message);
  json_object_set_string_member (form, "title", title);
  if (level != NULL) {
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, *level);

    json_object_set_string_member (form, "level", text);
  }
  belfry_targets_add (targets, pushjet->base_url, key, payload);
  return TRUE;
}

BelfryHttpRequest *
belfry_pushjet_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BelfryPushjet *pushjet = self;
  JsonObject *form = json_node_get_object (item->payload);
  g_autofree char *url = g_strconcat (pushjet->base_url, "/message", NULL);
  BelfryHttpRequest *request = belfry_reports_request_new (&pushjet->wire, "POST", url);
  g_autoptr (GList) names = json_object_get_members (form);

  belfry_http_request_add_form (request, "secret", belfry_secret_get_value (pushjet->secret));
  for (GList *link = names; link != NULL; link = link->next)
    belfry_http_request_add_form (request, link->data, belfry_json_get_text (form, link->data));
  return request;
}

BelfryOutcome *
belfry_pushjet_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node = belfry_reports_parse_object (answer);
  JsonObject *body = node != NULL ? json_node_get_object (node) : NULL;
  g_autoptr (BelfryOutcome) outcome = belfry_outcome_new_from_answer (answer);

  if (outcome->kind != BELFRY_OUTCOME_DELIVERED)
    return g_steal_pointer (&outcome);
  if (body == NULL ||
      (!json_object_has_member (body, "status") && !json_object_has_member (body, "error")))
    return belfry_reports_outcome_new_garbage (answer);
  if (g_strcmp0 (belfry_json_get_text (body, "status"), "ok") != 0)
    outcome->kind = BELFRY_OUTCOME_REFUSED;
  return g_steal_pointer (&outcome);
}
