/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages of the builders' tree, each a function from request and reader to an answer. */
#pragma once

#include "views.h"

/** BuildersOptions: of the view */
typedef struct {
  gint64 builder_numbuilds;
  gint64 numbuilds_max;
  gint64 maxsearch_max;
  gint64 per_page;
} BuildersOptions;

/**
 * BuildersPlace: what a path names, as deep as it goes
 * @refusal: (nullable): the answer where it names nothing
 */
typedef struct {
  BelfryReader *reader;
  BelfryRequest *request; /* (unowned) */
  BelfryForm *form;       /* (unowned) */
  BelfryBuilder *builder;
  BelfryBuild *build;
  BelfryStep *step;
  BelfryLog *log;
  BelfryResponse *refusal;
} BuildersPlace;

void builders_place_clear (BuildersPlace *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BuildersPlace, builders_place_clear)
gboolean builders_place_find (BuildersPlace *self,
                              BelfryRequest *request,
                              BelfryReader *reader,
                              GError **error);
JsonObject *builders_place_to_json (BuildersPlace *self) G_GNUC_WARN_UNUSED_RESULT;
char *builders_place_dup_path (BuildersPlace *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean builders_properties_match (BelfryForm *form, const BelfryProperties *properties);
gboolean builders_has_property_filter (BelfryForm *form);
GPtrArray *
builders_list_of_build (BelfryReader *reader, const BelfryRecordType *type, gint64 buildid);

/* Each returns FALSE with @error; else data to draw with, or nothing and a refusal in @place. */
JsonObject *builders_list_to_json (const BuildersOptions *options,
                                   BelfryForm *form,
                                   BelfryReader *reader,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_builder_to_json (const BuildersOptions *options,
                                      BuildersPlace *place,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_history_to_json (const BuildersOptions *options,
                                      BuildersPlace *place,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_build_to_json (const BuildersOptions *options,
                                    BuildersPlace *place,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_step_to_json (const BuildersOptions *options,
                                   BuildersPlace *place,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_logs_to_json (const BuildersOptions *options,
                                   BuildersPlace *place,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_tests_to_json (const BuildersOptions *options,
                                    BuildersPlace *place,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *builders_log_to_json (const BuildersOptions *options,
                                  BuildersPlace *place,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean builders_log_find_error (BuildersPlace *place, gint64 *line);
BelfryResponse *builders_log_draw_html (BuildersPlace *place,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *builders_log_preview (BelfryReader *reader,
                                 BelfryLog *log,
                                 gint64 n_lines) G_GNUC_WARN_UNUSED_RESULT;

/* parts of the pages of a build and of a step */
void builders_put_tests (JsonObject *data, BuildersPlace *place);
void builders_put_warnings (JsonObject *data, JsonArray *steps);
void builders_put_artifacts (JsonObject *data, BuildersPlace *place);
void builders_mark_gone (BuildersPlace *place, JsonArray *urls);
