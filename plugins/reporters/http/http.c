/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends each build as JSON when it starts and when it ends, as Buildbot's HttpStatusPush does. A
 * program that formats it runs before each try, since it may look at more than the build.
 */
#include "http.h"

static const BelfryChoice auth_kinds[] = {
  { "basic", BELFRY_HTTP_AUTH_BASIC, N_ ("LOGIN:PASSWORD, sent with each request") },
  { "digest", BELFRY_HTTP_AUTH_DIGEST, N_ ("LOGIN:PASSWORD, after a challenge") },
  { "bearer", BELFRY_HTTP_AUTH_BEARER, N_ ("a token") },
  { NULL },
};

static const BelfryOption http_options[] = {
  BELFRY_STRING (BelfryHttp,
                 server_url,
                 "server-url",
                 .required = TRUE,
                 .sample = "https://dash.example.org/submit",
                 .help = N_ ("where to; exactly this address")),
  BELFRY_SECRET (BelfryHttp, user, "user", .help = N_ ("user to log in as")),
  BELFRY_SECRET (BelfryHttp, password, "password", .help = N_ ("and the password")),
  BELFRY_SECRET (BelfryHttp,
                 auth,
                 "auth",
                 .sample = "ci:",
                 .help = N_ ("instead of user and password: LOGIN:PASSWORD or a token")),
  BELFRY_ENUM (BelfryHttp,
               auth_kind,
               "auth-kind",
               .choices = auth_kinds,
               .default_text = "basic",
               .help = N_ ("how auth is meant")),
  BELFRY_TEMPLATE (BelfryHttp,
                   format_template,
                   "format-template",
                   .help = N_ ("JSON to send instead of the build, as a template")),
  BELFRY_ARGV (BelfryHttp,
               format_program,
               "format-program",
               .help = N_ ("program that gets the build and prints the JSON to send")),
  BELFRY_MAP (BelfryHttp,
              headers,
              "headers",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("further headers of the request")),
  BELFRY_SECRET (BelfryHttp,
                 signing_secret,
                 "signing-secret",
                 .help = N_ ("signs each request, so that the receiver can check and deduplicate")),
  BELFRY_BOOLEAN (BelfryHttp,
                  skip_encoding,
                  "skip-encoding",
                  .default_text = "false",
                  .help = N_ ("write JSON in ASCII only")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryHttp, wire),
  { NULL },
};

static const BelfryDefault http_defaults[] = {
  { "want-properties", "false" },
  { NULL },
};

static void
http_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryHttp *http = self;
  GError *local = NULL;

  http->instance = instance;
  if (belfry_http_reporter_check_secrets (http, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, local);
  g_object_unref (task);
}

typedef struct {
  BelfryHttp *http;
  gint64 reportid;
} Delivery;

static void
finish (GTask *task, BelfryOutcome *outcome)
{
  g_task_return_pointer (task, outcome, (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  GError *local = NULL;
  g_autoptr (BelfryHttpAnswer) answer =
      belfry_http_send_finish (delivery->http->instance, result, &local);

  if (answer != NULL) {
    finish (task, belfry_reports_judge (answer, "unable to upload status"));
    return;
  }
  g_task_return_error (task, local);
  g_object_unref (task);
}

static void
send_body (GTask *task, JsonNode *body)
{
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (BelfryHttpRequest) request =
      belfry_http_reporter_make_request (delivery->http, delivery->reportid, body);

  belfry_http_send_async (delivery->http->instance, request, g_task_get_cancellable (task),
                          on_answered, task);
}

static void
on_formatted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) body = belfry_reports_run_program_finish (result, &local);

  if (body != NULL) {
    send_body (task, body);
    return;
  }
  g_prefix_error (&local, "format-program: ");
  finish (task, belfry_outcome_new_wait (0, TRUE, local->message));
}

static void
http_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfryHttp *http = self;
  Delivery *delivery = g_new0 (Delivery, 1);

  delivery->http = http;
  delivery->reportid = item->reportid;
  g_task_set_task_data (task, delivery, g_free);
  if (http->format_program != NULL)
    belfry_reports_run_program_async (http->instance, http->format_program, item->payload,
                                      g_task_get_cancellable (task), on_formatted, task);
  else
    send_body (task, item->payload);
}

BELFRY_DEFINE_REPORTER (
  .name          = "http",
  .summary       = N_("Sends whole builds as JSON to an address"),
  .family        = BELFRY_FAMILY_FEED,
  .options       = http_options,
  .defaults      = http_defaults,
  .instance_size = sizeof (BelfryHttp),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = belfry_http_reporter_check,
  .start         = http_start,
  .plan          = belfry_http_reporter_plan,
  .deliver       = http_deliver,
);
