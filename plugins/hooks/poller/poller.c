/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The poller dialect: a request makes pollers look now. The hook only names them; the host knows
 * which there are and tells them. Arguments and `allowed` as Buildbot's Poller hook has them.
 */
#include "poller-translate.h"

static const BelfryOption poller_options[] = {
  BELFRY_LIST (BelfryPollerHook,
               allowed,
               "allowed",
               .help = N_ ("pollers that may be asked, by name or repository; absent: all, empty: "
                           "none")),
  { NULL },
};

static BelfryTranslation *
poller_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_poller_translate (self, request);
}

static const BelfrySignature poller_signatures[] = {
  { "Authorization", BELFRY_SIGNATURE_BEARER, 1 },
  { NULL },
};
/* the host takes GET only from who knows the section's secret */
static const char *const poller_methods[] = { "POST", "GET", NULL };

BELFRY_DEFINE_HOOK (
  .name          = "poller",
  .summary       = N_("Makes pollers look for changes now"),
  .options       = poller_options,
  .instance_size = sizeof (BelfryPollerHook),
  .signatures    = poller_signatures,
  .methods       = poller_methods,
  .no_digest     = TRUE,
  .translate     = poller_translate,
);
