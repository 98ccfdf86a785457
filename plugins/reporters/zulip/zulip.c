/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells a Zulip organisation of builds through its Buildbot integration, as Buildbot's
 * ZulipStatusPush does. */
#include "zulip.h"

#include <string.h>

static const BelfryOption zulip_options[] = {
  BELFRY_STRING (BelfryZulip,
                 endpoint,
                 "endpoint",
                 .required = TRUE,
                 .sample = "https://acme.zulipchat.com",
                 .help = N_ ("address of the Zulip server")),
  BELFRY_SECRET (BelfryZulip,
                 token,
                 "token",
                 .required = TRUE,
                 .help = N_ ("API key of an incoming webhook bot")),
  BELFRY_STRING (BelfryZulip,
                 stream,
                 "stream",
                 .help = N_ ("stream to post in; else a private message to the bot's owner")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryZulip, wire),
  { NULL },
};

static void
zulip_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryZulip *zulip = self;
  g_autofree char *server = belfry_zulip_dup_server (zulip->endpoint);

  if (server == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "endpoint",
                         "'%s' is no address of a server; write https://ORGANISATION.zulipchat.com",
                         zulip->endpoint);
  else if (strstr (zulip->endpoint, "://") == NULL && strchr (zulip->endpoint, '@') != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "endpoint",
                         "read as %s; write that", server);
  belfry_reports_check_wire (&zulip->wire, check, "endpoint", server);
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "zulip",
  .summary       = N_("Tells a Zulip organisation of builds"),
  .family        = BELFRY_FAMILY_FEED,
  .options       = zulip_options,
  .instance_size = sizeof (BelfryZulip),
  .permission    = N_("an incoming webhook bot, no more"),
  .check         = zulip_check,
  .plan          = belfry_zulip_plan,
  .to_request    = belfry_zulip_to_request,
  .from_answer   = belfry_zulip_from_answer,
);
