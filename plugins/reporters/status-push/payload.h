/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an event looked like to Buildbot 0.8's StatusPush, and how it is packed for a sink. Pure. */
#pragma once

#include <belfry-plugin.h>

/**
 * BelfryPushContext: what an item says beside its event
 * @black_list: (nullable): old names of events that are never pushed
 * @filter: whether empty values are dropped
 */
typedef struct {
  const char *title;
  const char *title_url; /* (nullable) */
  const char *url;       /* (nullable) */
  gint64 started_us;
  char **black_list;
  gboolean filter;
} BelfryPushContext;

/* Appends what the event becomes; nothing where 0.8 had no name for it. */
gboolean belfry_push_add_items (const BelfryPushContext *context,
                                BelfryEvent *event,
                                BelfryReader *reader,
                                JsonArray *items,
                                GError **error);
/* (transfer full): a payload without its empty values; its own members stay, as null */
JsonObject *belfry_push_filter (JsonObject *payload) G_GNUC_WARN_UNUSED_RESULT;

/* objects; each (transfer full); @data: the event's record, as it was then */
JsonObject *belfry_push_build (JsonObject *data,
                               gint64 buildid,
                               BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
/* @logs: (transfer full): see belfry_push_logs () */
JsonObject *belfry_push_step (JsonObject *data, JsonArray *logs) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full): pairs of name and address of a step's logs; @properties: of its build */
JsonArray *belfry_push_logs (JsonObject *step,
                             JsonObject *properties,
                             BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_change (JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_builder (const BelfryBuilder *builder,
                                 BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
const char *belfry_push_builder_state (gint64 builderid, BelfryReader *reader);
JsonObject *belfry_push_request (JsonObject *data, BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_properties (JsonObject *properties) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_words (const char *text) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_times (JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;

/* The first @count items as a JSON array: compact, or indented with sorted keys. */
char *belfry_push_pack (JsonArray *items, guint count, gboolean pretty) G_GNUC_WARN_UNUSED_RESULT;
