/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends messages to phones through Pushover, as Buildbot's PushoverNotifier does. */
#include "pushover.h"

static const BelfryOption pushover_options[] = {
  BELFRY_SECRET (BelfryPushover,
                 user_key,
                 "user-key",
                 .required = TRUE,
                 .help = N_ ("key of the user or group that gets the messages")),
  BELFRY_SECRET (BelfryPushover,
                 api_token,
                 "api-token",
                 .required = TRUE,
                 .help = N_ ("API token of the application")),
  BELFRY_MAP (BelfryPushover,
              priorities,
              "priorities",
              .element = BELFRY_OPTION_INTEGER,
              .minimum = -2,
              .maximum = 2,
              .help = N_ ("priority of each mode: change, failing, passing, warnings, exception, "
                          "skipped, retry, cancelled, worker_missing")),
  BELFRY_MAP (BelfryPushover,
              other_params,
              "other-params",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("further parameters of the API: callback, device, expire, html, "
                          "monospace, retry, sound, tags, timestamp, ttl, url, url_title")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryPushover, wire),
  { NULL },
};

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "pushover",
  .summary       = N_("Sends messages to phones through Pushover"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .options       = pushover_options,
  .instance_size = sizeof (BelfryPushover),
  .permission    = N_("an application of your own, no more"),
  .is_html       = TRUE,
  .check         = belfry_pushover_check,
  .plan          = belfry_pushover_plan,
  .to_request    = belfry_pushover_to_request,
  .from_answer   = belfry_pushover_from_answer,
);
