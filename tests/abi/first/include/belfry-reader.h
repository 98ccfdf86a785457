/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-record.h"
#include "belfry-web.h"

G_BEGIN_DECLS

typedef struct _BelfryReader BelfryReader;

typedef enum {
  BELFRY_COMPARE_EQUAL,
  BELFRY_COMPARE_NOT_EQUAL,
  BELFRY_COMPARE_LESS,
  BELFRY_COMPARE_LESS_EQUAL,
  BELFRY_COMPARE_GREATER,
  BELFRY_COMPARE_GREATER_EQUAL,
  BELFRY_COMPARE_IS_NULL,
  BELFRY_COMPARE_NOT_NULL,
} BelfryCompare;

typedef struct {
  const char *field;
  BelfryCompare compare;
  gint64 number;
  const char *text;
} BelfryFilter;

#define BELFRY_QUERY_FILTERS 8

typedef struct {
  gsize size;
  BelfryFilter filters[BELFRY_QUERY_FILTERS];
  const char *order;
  gboolean descending;
  guint limit;
  guint offset;
  const char *const *fields;
} BelfryQuery;

#define BELFRY_QUERY_INIT                                                                          \
  {                                                                                                \
    .size = sizeof (BelfryQuery)                                                                   \
  }

typedef enum {
  BELFRY_LINK_PROJECT,
  BELFRY_LINK_REPOSITORY,
  BELFRY_LINK_REVISION,
  BELFRY_N_LINKS,
} BelfryLinkKind;

typedef struct {
  gsize size;
  GPtrArray *(*list) (BelfryReader *self,
                      const BelfryRecordType *type,
                      const BelfryQuery *query,
                      gboolean *cut,
                      GError **error);
  gint64 (*count) (BelfryReader *self,
                   const BelfryRecordType *type,
                   const BelfryQuery *query,
                   GError **error);
  char *(*read_log) (BelfryReader *self,
                     gint64 logid,
                     gint64 first_line,
                     gint64 max_lines,
                     gint64 *n_lines,
                     GError **error);
  gpointer (*previous_build) (BelfryReader *self,
                              BelfryBuild *build,
                              gboolean same_branch,
                              GError **error);
  GPtrArray *(*build_changes) (BelfryReader *self, BelfryBuild *build, GError **error);
  char **(*responsible_users) (BelfryReader *self, BelfryBuild *build, GError **error);
  JsonNode *(*state_get) (BelfryReader *self, const char *key, GError **error);
  GHashTable *(*state_scan) (BelfryReader *self, const char *prefix, GError **error);
  JsonObject *(*host_info) (BelfryReader *self);
  gboolean (*may) (BelfryReader *self, const char *action, gconstpointer record);
  JsonArray *(*list_forms) (BelfryReader *self, const char *builder_name);
  char *(*dup_link) (BelfryReader *self,
                     BelfryLinkKind kind,
                     const char *name,
                     const char *revision);
  JsonArray *(*link_text) (BelfryReader *self, const char *text, const char *project);
  BelfryRequest *(*read_request) (BelfryReader *self, BelfryDelivery *delivery, GError **error);
  gpointer reserved[5];
} BelfryReaderOps;

struct _BelfryReader {
  const BelfryReaderOps *ops;
};

BELFRY_API GPtrArray *belfry_reader_list (BelfryReader *self,
                                          const BelfryRecordType *type,
                                          const BelfryQuery *query,
                                          gboolean *cut,
                                          GError **error);
BELFRY_API gint64 belfry_reader_count (BelfryReader *self,
                                       const BelfryRecordType *type,
                                       const BelfryQuery *query,
                                       GError **error);
BELFRY_API gpointer belfry_reader_find (BelfryReader *self,
                                        const BelfryRecordType *type,
                                        gint64 id,
                                        GError **error);
BELFRY_API BelfryBuilder *
belfry_reader_find_builder (BelfryReader *self, const char *name, GError **error);
BELFRY_API BelfryBuild *
belfry_reader_find_build (BelfryReader *self, gint64 builderid, gint64 number, GError **error);
BELFRY_API char *belfry_reader_read_log (BelfryReader *self,
                                         gint64 logid,
                                         gint64 first_line,
                                         gint64 max_lines,
                                         gint64 *n_lines,
                                         GError **error);
BELFRY_API BelfryBuild *belfry_reader_previous_build (BelfryReader *self,
                                                      BelfryBuild *build,
                                                      gboolean same_branch,
                                                      GError **error);
BELFRY_API GPtrArray *
belfry_reader_build_changes (BelfryReader *self, BelfryBuild *build, GError **error);
BELFRY_API char **
belfry_reader_responsible_users (BelfryReader *self, BelfryBuild *build, GError **error);
BELFRY_API BelfryBuildset *
belfry_reader_find_buildset (BelfryReader *self, gint64 bsid, GError **error);
BELFRY_API JsonNode *belfry_reader_state_get (BelfryReader *self, const char *key, GError **error);
BELFRY_API GHashTable *
belfry_reader_state_scan (BelfryReader *self, const char *prefix, GError **error);
BELFRY_API JsonObject *belfry_reader_host_info (BelfryReader *self);
BELFRY_API gboolean belfry_reader_may (BelfryReader *self,
                                       const char *action,
                                       gconstpointer record);
BELFRY_API char *belfry_reader_dup_link (BelfryReader *self,
                                         BelfryLinkKind kind,
                                         const char *name,
                                         const char *revision) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API JsonArray *belfry_reader_link_text (BelfryReader *self,
                                               const char *text,
                                               const char *project) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryRequest *belfry_reader_read_request (BelfryReader *self,
                                                      BelfryDelivery *delivery,
                                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API JsonArray *belfry_reader_list_forms (BelfryReader *self, const char *builder_name);

G_END_DECLS
