/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells HipChat rooms and users of builds, as Buildbot's HipchatStatusPush does. */
#include "hipchat.h"

static const BelfryOption hipchat_options[] = {
  BELFRY_SECRET (BelfryHipchat,
                 auth_token,
                 "auth-token",
                 .required = TRUE,
                 .help = N_ ("token with the scopes Send Message and Send Notification")),
  BELFRY_URL (BelfryHipchat,
              endpoint,
              "endpoint",
              .default_text = "https://api.hipchat.com",
              .help = N_ ("address of the server")),
  BELFRY_MAP (BelfryHipchat,
              rooms,
              "builder-room-map",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("room of each builder, its id or name")),
  BELFRY_MAP (BelfryHipchat,
              users,
              "builder-user-map",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("user of each builder, an id or address")),
  BELFRY_TEMPLATE (
      BelfryHipchat, room, "room", .help = N_ ("room of builders that are not in the map")),
  BELFRY_TEMPLATE (
      BelfryHipchat, user, "user", .help = N_ ("user of builders that are not in the map")),
  BELFRY_TEMPLATE (BelfryHipchat,
                   message_new,
                   "message-new",
                   .allow_empty = TRUE,
                   .default_text = "Buildbot started build {{ buildername }} here: {{ build_url }}",
                   .help = N_ ("what is said when a build starts; empty: nothing")),
  BELFRY_TEMPLATE (BelfryHipchat,
                   message_finished,
                   "message-finished",
                   .allow_empty = TRUE,
                   .default_text = "Buildbot finished build {{ buildername }} with result "
                                   "{{ result_names[results] }} here: {{ build_url }}",
                   .help = N_ ("what is said when a build ends; empty: nothing")),
  BELFRY_MAP (BelfryHipchat,
              extra_new,
              "extra-new",
              .element = BELFRY_OPTION_TEMPLATE,
              .help = N_ ("further members of the message when a build starts")),
  BELFRY_MAP (BelfryHipchat,
              extra_finished,
              "extra-finished",
              .element = BELFRY_OPTION_TEMPLATE,
              .help = N_ ("further members of the message when a build ends")),
  BELFRY_MAP (BelfryHipchat,
              event_messages,
              "event-messages",
              .element = BELFRY_OPTION_STRING,
              .help = N_ ("accepted, without effect, as in Buildbot")),
  BELFRY_REPORTS_WIRE_OPTIONS (BelfryHipchat, wire),
  { NULL },
};

static const BelfryDefault hipchat_defaults[] = {
  { "want-properties", "false" },
  { NULL },
};

static void
hipchat_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryHipchat *hipchat = self;

  if (hipchat->rooms == NULL && hipchat->users == NULL && hipchat->room == NULL &&
      hipchat->user == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, NULL,
                         "it speaks to nobody; write builder-room-map.BUILDER=ROOM, or room");
  belfry_reports_check_wire (&hipchat->wire, check, "endpoint", hipchat->endpoint);
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "hipchat",
  .summary       = N_("Tells HipChat rooms and users of builds"),
  .family        = BELFRY_FAMILY_FEED,
  .options       = hipchat_options,
  .defaults      = hipchat_defaults,
  .instance_size = sizeof (BelfryHipchat),
  .check         = hipchat_check,
  .plan          = belfry_hipchat_plan,
  .to_request    = belfry_hipchat_to_request,
  .from_answer   = belfry_hipchat_from_answer,
);
