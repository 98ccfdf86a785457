/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reporter for tests and measurements: each start and end of a build is one POST of a few fields,
 * without rendering. It links to the installed library alone, as a plugin of somebody else's does.
 */
#include <belfry-plugin.h>

typedef struct {
  char *url;
  BelfrySecret *token;
} Sink;

static const BelfryOption sink_options[] = {
  BELFRY_URL (Sink, url, "url", .required = TRUE, .sample = "http://127.0.0.1:1/", .help = "where"),
  BELFRY_SECRET (Sink, token, "token", .help = "sent as a bearer token"),
  { NULL },
};

static gboolean
sink_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  for (guint i = 0; i < belfry_report_get_n_builds (report); i++) {
    JsonObject *build = belfry_report_get_build (report, i);
    gint64 buildid = belfry_json_get_integer (build, "buildid", 0);
    g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, buildid);
    g_autoptr (JsonNode) payload = json_node_new (JSON_NODE_OBJECT);
    JsonObject *object = json_object_new ();

    json_object_set_int_member (object, "buildid", buildid);
    json_object_set_string_member (object, "phase", belfry_report_get_phase (report));
    json_object_set_int_member (object, "results", belfry_json_get_integer (build, "results", -1));
    json_node_take_object (payload, object);
    belfry_targets_add (targets, "sink", key, payload);
  }
  return TRUE;
}

static BelfryHttpRequest *
sink_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const Sink *sink = self;
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, item->reportid);
  BelfryHttpRequest *request = belfry_http_request_new ("POST", sink->url);

  belfry_http_request_set_json (request, item->payload);
  belfry_http_request_set_header (request, "X-Report", id);
  if (sink->token != NULL)
    belfry_http_request_set_bearer (request, "Bearer", belfry_secret_get_value (sink->token));
  return request;
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "sink",
  .summary       = "Posts a few fields to a test's own server",
  .family        = BELFRY_FAMILY_FEED,
  .options       = sink_options,
  .instance_size = sizeof (Sink),
  .plan          = sink_plan,
  .to_request    = sink_to_request,
  .permission    = "the right to post to the sink",
);
