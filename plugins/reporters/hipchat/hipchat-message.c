/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One message, to a user, a room or both: a row each, so that a retry repeats only the one that
 * failed. The API takes the token in the query; it is added only to the request.
 */
#include "hipchat.h"

#define MESSAGE_CHARS 10000

static const struct {
  const char *kind; /* first part of a target */
  const char *path;
} destinations[] = {
  { "user/", "message" },
  { "room/", "notification" },
};

static char *
render (BelfryTemplate *template, JsonObject *variables, GError **error)
{
  return template != NULL ? belfry_template_render (template, variables, NULL, 0, error)
                          : g_strdup ("");
}

/* numbers and booleans are sent as such, what is neither as text */
static JsonNode *
read_value (const char *text)
{
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, NULL);

  if (g_str_equal (text, "True") || g_str_equal (text, "False"))
    return json_node_init_boolean (json_node_alloc (), g_str_equal (text, "True"));
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_value_type (node) != G_TYPE_STRING)
    return g_steal_pointer (&node);
  return belfry_json_new_text (text);
}

static gboolean
add_extras (const BelfryMap *extras, JsonObject *variables, JsonObject *message, GError **error)
{
  for (guint i = 0; extras != NULL && i < belfry_map_get_count (extras); i++) {
    BelfryTemplate *template = (BelfryTemplate *)belfry_map_get_value (extras, i);
    g_autofree char *text = belfry_template_render (template, variables, NULL, 0, error);

    if (text == NULL)
      return FALSE;
    json_object_set_member (message, belfry_map_get_name (extras, i), read_value (text));
  }
  return TRUE;
}

/* the builder's own, else what the template says of all others */
static char *
dup_recipient (const BelfryMap *map,
               BelfryTemplate *others,
               const char *builder,
               JsonObject *variables,
               GError **error)
{
  const char *own = map != NULL && builder != NULL ? belfry_map_lookup (map, builder) : NULL;
  g_autofree char *text = own != NULL ? g_strdup (own) : render (others, variables, error);

  return text != NULL ? g_strdup (g_strstrip (text)) : NULL;
}

static void
add_target (BelfryTargets *targets,
            const char *kind,
            const char *recipient,
            const char *key,
            JsonNode *payload)
{
  g_autofree char *target = g_strconcat (kind, recipient, NULL);

  if (*recipient != '\0')
    belfry_targets_add (targets, target, key, payload);
}

/* (nullable): the message is empty, or @error is set */
static JsonNode *
make_message (const BelfryHipchat *self, gboolean finished, JsonObject *variables, GError **error)
{
  g_autofree char *text =
      render (finished ? self->message_finished : self->message_new, variables, error);
  g_autofree char *cut = NULL;
  JsonObject *message = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (text == NULL || *g_strstrip (text) == '\0')
    return NULL;
  message = json_object_new ();
  node = belfry_reports_wrap (message);
  cut = belfry_reports_cut (text, MESSAGE_CHARS);
  json_object_set_string_member (message, "message", cut);
  if (!add_extras (finished ? self->extra_finished : self->extra_new, variables, message, error))
    return NULL;
  return g_steal_pointer (&node);
}

gboolean
belfry_hipchat_plan (gconstpointer self,
                     const BelfryReport *report,
                     BelfryTargets *targets,
                     GError **error)
{
  const BelfryHipchat *hipchat = self;
  JsonObject *build = belfry_report_get_build (report, 0);
  JsonObject *variables = belfry_report_get_variables (report, 0);
  const char *builder = belfry_reports_get_builder (build);
  gboolean finished = !g_str_equal (belfry_report_get_phase (report), "started");
  g_autofree char *key = belfry_reports_dup_key (report);
  g_autofree char *user = NULL;
  g_autofree char *room = NULL;
  g_autoptr (JsonNode) message = NULL;
  g_autoptr (GError) local = NULL;

  if (build == NULL)
    return TRUE;
  message = make_message (hipchat, finished, variables, &local);
  if (message != NULL) {
    user = dup_recipient (hipchat->users, hipchat->user, builder, variables, &local);
    if (user != NULL)
      room = dup_recipient (hipchat->rooms, hipchat->room, builder, variables, &local);
  }
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (message != NULL) {
    add_target (targets, "user/", user, key, message);
    add_target (targets, "room/", room, key, message);
  }
  return TRUE;
}

BelfryHttpRequest *
belfry_hipchat_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BelfryHipchat *hipchat = self;
  gsize which = g_str_has_prefix (item->target, destinations[0].kind) ? 0 : 1;
  const char *name = item->target + strlen (destinations[which].kind);
  g_autofree char *recipient = belfry_text_percent_encode (name);
  g_autofree char *token =
      belfry_text_percent_encode (belfry_secret_get_value (hipchat->auth_token));
  g_autofree char *url =
      g_strconcat (hipchat->endpoint, "/v2/", destinations[which].kind, recipient, "/",
                   destinations[which].path, "?auth_token=", token, NULL);
  BelfryHttpRequest *request = belfry_reports_request_new (&hipchat->wire, "POST", url);

  belfry_http_request_set_json (request, item->payload);
  return request;
}

BelfryOutcome *
belfry_hipchat_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  return belfry_reports_judge (answer, "unable to upload status");
}
