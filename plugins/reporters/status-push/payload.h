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

/* estimate.c: µs; BELFRY_NONE: nobody knows */
gint64 belfry_push_expect_build (gint64 builderid, BelfryReader *reader);
gint64 belfry_push_expect_step (gint64 builderid, const char *name, BelfryReader *reader);

/**
 * BelfryPushMoment: whose steps they are, and when they are looked at
 * @properties: (nullable): of the build, names to pairs of value and source
 * @builderid: whose earlier builds say how long a step runs
 */
typedef struct {
  JsonObject *properties;
  gint64 builderid;
  gint64 now_us;
  BelfryReader *reader;
} BelfryPushMoment;

/* objects; each (transfer full); @data: the event's record, as it was then; @now_us: when that was
 */
JsonObject *belfry_push_build (JsonObject *data,
                               gint64 buildid,
                               gint64 now_us,
                               BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_build_of (BelfryBuild *build,
                                  gint64 now_us,
                                  BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full) (element-type BelfryStep): those that @running says, in their order */
GPtrArray *belfry_push_list_steps (gint64 buildid, gboolean running, BelfryReader *reader);
JsonObject *belfry_push_step (JsonObject *data,
                              const BelfryPushMoment *moment) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_step_of (BelfryStep *step,
                                 const BelfryPushMoment *moment) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full): what an event about a step carries */
JsonObject *belfry_push_dup_step (BelfryStep *step) G_GNUC_WARN_UNUSED_RESULT;
/* (transfer full): words that a step which did not go well adds to the build's text */
JsonArray *belfry_push_text2 (JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_change (JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *belfry_push_builder (const BelfryBuilder *builder,
                                 BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
const char *belfry_push_builder_state (gint64 builderid, BelfryReader *reader);
JsonObject *belfry_push_request (JsonObject *data,
                                 gint64 now_us,
                                 BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
/* payload-places.c: @data: of a worker */
JsonObject *
belfry_push_slave (JsonObject *data, gint64 now_us, BelfryReader *reader) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_properties (JsonObject *properties) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_words (const char *text) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *belfry_push_times (JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;
void belfry_push_set_text (JsonObject *object, const char *name, const char *text);

/* The first @count items as a JSON array: compact, or indented with sorted keys. */
char *belfry_push_pack (JsonArray *items, guint count, gboolean pretty) G_GNUC_WARN_UNUSED_RESULT;
