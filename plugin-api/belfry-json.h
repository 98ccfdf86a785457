/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON from strangers: one strict reader (RFC 8259) with limits, in front of json-glib. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

/**
 * BelfryJsonLimits: what a text of JSON may be
 * @size: sizeof (BelfryJsonLimits)
 * @max_bytes: longest text in bytes; 0: no limit
 * @max_depth: deepest nesting; 0: 64
 * @members: (nullable) (array zero-terminated=1): names of the members to keep, at whatever depth;
 *   all others are checked and passed over, with what they hold. %NULL: all. A forge says ten times
 *   what a hook reads, and the tree costs more than the reading
 */
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
