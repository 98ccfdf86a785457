/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends messages to phones and desktops through an ntfy server. */
#include "ntfy.h"

static const BelfryOption ntfy_options[] = {
  BELFRY_URL (BelfryNtfy,
              server,
              "server",
              .default_text = "https://ntfy.sh",
              .help = N_ ("address of the ntfy server")),
  BELFRY_SECRET (BelfryNtfy,
                 topic,
                 "topic",
                 .required = TRUE,
                 .help = N_ ("topic to publish to; who knows its name can read it")),
  BELFRY_SECRET (BelfryNtfy, token, "token", .help = N_ ("access token")),
  BELFRY_SECRET (BelfryNtfy, user, "user", .help = N_ ("instead of a token: user to log in as")),
  BELFRY_SECRET (BelfryNtfy, password, "password", .help = N_ ("and the password")),
  BELFRY_MAP (BelfryNtfy,
              priorities,
              "priorities",
              .element = BELFRY_OPTION_INTEGER,
              .minimum = 1,
              .maximum = 5,
              .help = N_ ("priority of each mode: change, failing, passing, warnings, exception, "
                          "skipped, retry, cancelled, worker_missing; else 4 for a failure and 3")),
  BELFRY_MAP (BelfryNtfy,
              tags,
              "ntfy-tags",
              .element = BELFRY_OPTION_STRING,
              .help =
                  N_ ("the service's tags for each mode, a list; else an emoji for the result")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryNtfy, wire),
  { NULL },
};

static void
ntfy_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  GError *local = NULL;

  if (belfry_ntfy_check_topic (self, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, local);
  g_object_unref (task);
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "ntfy",
  .summary       = N_("Sends messages to phones and desktops through ntfy"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .options       = ntfy_options,
  .instance_size = sizeof (BelfryNtfy),
  .is_html       = TRUE,
  .check         = belfry_ntfy_check,
  .start         = ntfy_start,
  .plan          = belfry_ntfy_plan,
  .to_request    = belfry_ntfy_to_request,
  .from_answer   = belfry_ntfy_from_answer,
);
