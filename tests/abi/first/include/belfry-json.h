/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

typedef struct {
  gsize size;
  gsize max_bytes;
  guint max_depth;
  const char *const *members;
} BelfryJsonLimits;

BELFRY_API JsonNode *belfry_json_parse (const char *text,
                                        gssize length,
                                        const BelfryJsonLimits *limits,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API JsonNode *belfry_json_copy (JsonNode *node) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_json_to_text (JsonNode *node) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_json_object_to_text (JsonObject *object) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_json_append (GString *text, JsonNode *node);
BELFRY_API void belfry_json_append_text (GString *text, const char *value);
BELFRY_API void belfry_json_append_list (GString *text, const char *const *values);
BELFRY_API JsonNode *belfry_json_new_text (const char *text);
BELFRY_API JsonNode *belfry_json_new_integer (gint64 value);
BELFRY_API JsonNode *belfry_json_lookup (JsonNode *node, const char *path);
BELFRY_API const char *belfry_json_get_text (JsonObject *object, const char *key);
BELFRY_API gint64 belfry_json_get_integer (JsonObject *object, const char *key, gint64 fallback);
BELFRY_API gboolean belfry_json_get_boolean (JsonObject *object,
                                             const char *key,
                                             gboolean fallback);
BELFRY_API JsonObject *belfry_json_get_object (JsonObject *object, const char *key);
BELFRY_API JsonArray *belfry_json_get_array (JsonObject *object, const char *key);

G_END_DECLS
