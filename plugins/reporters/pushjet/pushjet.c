/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends messages through a Pushjet server, as Buildbot's PushjetNotifier does. */
#include "pushjet.h"

static const BelfryOption pushjet_options[] = {
  BELFRY_SECRET (BelfryPushjet,
                 secret,
                 "secret",
                 .required = TRUE,
                 .help = N_ ("secret token of the service at Pushjet")),
  BELFRY_MAP (BelfryPushjet,
              levels,
              "levels",
              .element = BELFRY_OPTION_INTEGER,
              .minimum = 0,
              .maximum = 5,
              .help = N_ ("level of each mode: change, failing, passing, warnings, exception, "
                          "skipped, retry, cancelled, worker_missing")),
  BELFRY_URL (BelfryPushjet,
              base_url,
              "base-url",
              .default_text = "https://api.pushjet.io",
              .help = N_ ("address of the Pushjet server")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryPushjet, wire),
  { NULL },
};

static void
pushjet_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryPushjet *pushjet = self;

  belfry_reports_check_modes (pushjet->levels, "levels", check);
  belfry_reports_check_wire (&pushjet->wire, check, "base-url", pushjet->base_url);
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "pushjet",
  .summary       = N_("Sends messages through a Pushjet server"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .options       = pushjet_options,
  .instance_size = sizeof (BelfryPushjet),
  .is_html       = TRUE,
  .check         = pushjet_check,
  .plan          = belfry_pushjet_plan,
  .to_request    = belfry_pushjet_to_request,
  .from_answer   = belfry_pushjet_from_answer,
);
