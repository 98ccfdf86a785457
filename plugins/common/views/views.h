/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the view plugins share: records into page data, arguments with their caps, the state of the
 * builders, force forms. Everything here is pure: a reader in, JSON out, on any thread.
 *
 * Page data holds times as whole seconds, paths percent-encoded and without a leading slash, and
 * names of results both as CSS class (never translated) and as word.
 */
#pragma once

#include <belfry-plugin.h>

/* the names of actions as web pages know them */
#define VIEWS_MAY_FORCE       "forceBuild"
#define VIEWS_MAY_FORCE_ALL   "forceAllBuilds"
#define VIEWS_MAY_PAUSE       "pauseSlave"
#define VIEWS_MAY_PING        "pingBuilder"
#define VIEWS_MAY_STOP        "stopBuild"
#define VIEWS_MAY_STOP_ALL    "stopAllBuilds"
#define VIEWS_MAY_CANCEL      "cancelPendingBuild"
#define VIEWS_MAY_CANCEL_ALL  "cancelAllPendingBuilds"
#define VIEWS_MAY_STOP_CHANGE "stopChange"
#define VIEWS_MAY_SHUT_DOWN   "cleanShutdown"
#define VIEWS_MAY_DELIVERIES  "showDeliveries"
#define VIEWS_MAY_REPLAY      "replayDelivery"

/* small things */
void views_put_outcome (JsonObject *object, gint64 results, gboolean complete);
const char *views_get_class (gint64 results, gboolean complete);
const char *views_get_mark (gint64 results, gboolean complete);
void views_put_time (JsonObject *object, const char *name, gint64 time_us);
void views_put_text (JsonObject *object, const char *name, const char *text);
void views_put_link (JsonObject *object, const char *name, const char *link);
void views_take_array (JsonObject *object, const char *name, JsonArray *array);
JsonObject *views_person_to_json (const char *person) G_GNUC_WARN_UNUSED_RESULT;
/* @reader: (nullable): the forges that everybody knows, only */
JsonObject *views_revision_to_json (BelfryReader *reader,
                                    const char *revision,
                                    const char *repository,
                                    const char *link) G_GNUC_WARN_UNUSED_RESULT;
char *views_dup_revision_link (const char *repository,
                               const char *revision) G_GNUC_WARN_UNUSED_RESULT;
gboolean views_link_is_safe (const char *url);
/* Where the name of a project or repository leads; null: nowhere. */
void views_put_name_link (JsonObject *object,
                          const char *key,
                          BelfryReader *reader,
                          BelfryLinkKind kind,
                          const char *name);
int views_compare_names (const char *a, const char *b);
char *views_dup_builder_path (const char *builder) G_GNUC_WARN_UNUSED_RESULT;
char *views_dup_build_path (const char *builder, gint64 number) G_GNUC_WARN_UNUSED_RESULT;
char *views_dup_base (BelfryRequest *request) G_GNUC_WARN_UNUSED_RESULT;
char *views_value_to_text (JsonNode *value) G_GNUC_WARN_UNUSED_RESULT;
char *views_first_line (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* arguments */
gint64 views_argument_integer (BelfryForm *form, const char *name, gint64 fallback, gint64 maximum);
gboolean views_argument_boolean (BelfryForm *form, const char *name, gboolean fallback);
gboolean views_text_to_boolean (const char *text, gboolean fallback);
GPtrArray *views_argument_list (BelfryForm *form, const char *name) G_GNUC_WARN_UNUSED_RESULT;
gboolean views_list_has (GPtrArray *list, const char *text);
BelfryForm *views_form_copy (BelfryForm *form,
                             const char *const *without) G_GNUC_WARN_UNUSED_RESULT;
char *views_form_to_query (BelfryForm *form) G_GNUC_WARN_UNUSED_RESULT;
char *
views_query_with (BelfryForm *form, const char *name, const char *value) G_GNUC_WARN_UNUSED_RESULT;
gint64 views_reload_seconds (BelfryForm *form);
JsonArray *views_list_to_json (GPtrArray *list) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ViewsFleet: builders, workers, what runs and what waits, in one look
 */
typedef struct {
  BelfryReader *reader;
  GPtrArray *builders; /* (element-type BelfryBuilder) in natural order */
  GPtrArray *workers;  /* (element-type BelfryWorker) */
  GPtrArray *running;  /* (element-type BelfryBuild) oldest first */
  GPtrArray *pending;  /* (element-type BelfryBuildRequest) oldest first */
  GHashTable *sets;    /* bsid to BelfryBuildset */
  GHashTable *paths;   /* builderid to the path of its builds */
  gint64 now_us;
  gboolean cut; /* there is more than was read */
} ViewsFleet;

ViewsFleet *views_fleet_new (BelfryReader *reader, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void views_fleet_free (ViewsFleet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ViewsFleet, views_fleet_free)
BelfryBuilder *views_fleet_find_builder (ViewsFleet *self, gint64 builderid);
const char *views_fleet_get_builder_name (ViewsFleet *self, gint64 builderid);
char *views_fleet_dup_build_path (ViewsFleet *self, BelfryBuild *build) G_GNUC_WARN_UNUSED_RESULT;
BelfryBuildset *views_fleet_get_set (ViewsFleet *self, gint64 bsid);
gboolean views_fleet_is_online (ViewsFleet *self, gint64 builderid);
gboolean views_fleet_is_building (ViewsFleet *self, gint64 builderid);
gboolean views_fleet_is_failing (ViewsFleet *self, gint64 builderid, BelfryBuild *last);
guint views_fleet_count_pending (ViewsFleet *self, gint64 builderid);
gint64 views_fleet_estimate (ViewsFleet *self, BelfryBuild *build);
JsonObject *views_fleet_activity_to_json (ViewsFleet *self,
                                          gint64 builderid) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *views_fleet_filter (ViewsFleet *self, BelfryForm *form) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *views_fleet_tags_to_json (ViewsFleet *self, GPtrArray *chosen) G_GNUC_WARN_UNUSED_RESULT;
BelfryBuild *
views_last_build (BelfryReader *reader, gint64 builderid, GPtrArray *branches, GError **error);
gboolean views_branch_matches (GPtrArray *branches, const char *branch);
gboolean views_worker_serves (BelfryWorker *worker, gint64 builderid);
gboolean views_worker_is_connected (BelfryWorker *worker);

/* records */
JsonObject *views_build_to_json (ViewsFleet *fleet,
                                 BelfryBuild *build,
                                 const char *builder) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *views_change_to_json (BelfryReader *reader,
                                  BelfryChange *change) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *views_changes_to_json (BelfryReader *reader,
                                  GPtrArray *changes) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *views_step_to_json (BelfryStep *step,
                                const char *build_path,
                                GPtrArray *logs) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *views_urls_to_json (JsonArray *given) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *views_stamp_to_json (BelfryReader *reader,
                                 BelfrySourceStamp *stamp,
                                 const BelfryProperties *properties) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *views_properties_to_json (const BelfryProperties *properties,
                                     gboolean all) G_GNUC_WARN_UNUSED_RESULT;
char *views_dup_got_revision (const BelfryProperties *properties,
                              const char *codebase) G_GNUC_WARN_UNUSED_RESULT;

/* builds with a change: @sets are those since the @oldest change that will be asked for */
GPtrArray *views_list_sets (BelfryReader *reader, BelfryChange *oldest) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *views_change_builds_to_json (ViewsFleet *fleet,
                                        GPtrArray *sets,
                                        gint64 changeid) G_GNUC_WARN_UNUSED_RESULT;

/* forms */
JsonArray *views_forms_to_json (JsonArray *forms, BelfryForm *arguments) G_GNUC_WARN_UNUSED_RESULT;

/* answers */
BelfryResponse *views_refuse (BelfryRequest *request,
                              guint status,
                              const char *sentence,
                              const char *up) G_GNUC_WARN_UNUSED_RESULT;
BelfryResponse *views_refuse_missing (BelfryRequest *request,
                                      const char *what,
                                      const char *up) G_GNUC_WARN_UNUSED_RESULT;
BelfryForm *views_read_arguments (BelfryRequest *request, BelfryResponse **refusal);
BelfryResponse *views_page (const char *template_name, JsonObject *data) G_GNUC_WARN_UNUSED_RESULT;
