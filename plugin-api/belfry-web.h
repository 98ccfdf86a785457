/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An HTTP request as hooks and views see it, and what they answer. */
#pragma once

#include "belfry-template.h"
#include "belfry-text.h"

G_BEGIN_DECLS

/**
 * BelfryRequest:
 *
 * One request, bounded and split by the host before a plugin sees it. Immutable; reference-counted.
 */
typedef struct _BelfryRequest BelfryRequest;

/**
 * BelfryRequestFields: what a request is made of; all is copied
 * @size: sizeof (BelfryRequestFields)
 * @method: "GET", "POST"…
 * @path: as sent, before percent-decoding, without query
 * @query: (nullable): as sent
 * @address: (nullable): who asks, after trusted proxies
 * @body: (nullable): as received
 */
typedef struct {
  gsize size;
  const char *method;
  const char *path;
  const char *query;
  const char *address;
  GBytes *body;
} BelfryRequestFields;

BELFRY_API BelfryRequest *belfry_request_new (const BelfryRequestFields *fields);
BELFRY_API BelfryRequest *belfry_request_ref (BelfryRequest *self);
BELFRY_API void belfry_request_unref (BelfryRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryRequest, belfry_request_unref)
BELFRY_API void
belfry_request_add_header (BelfryRequest *self, const char *name, const char *value);
BELFRY_API void
belfry_request_set_parameter (BelfryRequest *self, const char *name, const char *value);
BELFRY_API const char *belfry_request_get_method (BelfryRequest *self);
BELFRY_API const char *belfry_request_get_path (BelfryRequest *self);
BELFRY_API const char *belfry_request_get_query (BelfryRequest *self);
BELFRY_API const char *belfry_request_get_address (BelfryRequest *self);
BELFRY_API const char *belfry_request_get_header (BelfryRequest *self, const char *name);
BELFRY_API guint belfry_request_count_header (BelfryRequest *self, const char *name);
BELFRY_API GPtrArray *belfry_request_list_headers (
    BelfryRequest *self); /* (element-type utf8) name, value, name, value… */
BELFRY_API GBytes *belfry_request_get_body (BelfryRequest *self);
BELFRY_API char *belfry_request_dup_media_type (BelfryRequest *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API const char *belfry_request_get_parameter (BelfryRequest *self, const char *name);
BELFRY_API BelfryForm *belfry_request_get_arguments (BelfryRequest *self, GError **error);
BELFRY_API JsonNode *belfry_request_get_json (BelfryRequest *self, GError **error);
BELFRY_API const char *belfry_request_get_argument (BelfryRequest *self, const char *name);
BELFRY_API JsonObject *belfry_request_to_json (BelfryRequest *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * BelfryResponse:
 *
 * An answer: bytes, a template with data, a file beneath a folder of the host, or a log.
 * Reference-counted.
 */
typedef struct _BelfryResponse BelfryResponse;

/**
 * BelfryResponseKind: what an answer is made of
 * @BELFRY_RESPONSE_BYTES: a body
 * @BELFRY_RESPONSE_TEMPLATE: the host renders a page from a template and data
 * @BELFRY_RESPONSE_LOG: the host streams a log
 */
typedef enum {
  BELFRY_RESPONSE_BYTES,
  BELFRY_RESPONSE_TEMPLATE,
  BELFRY_RESPONSE_LOG,
} BelfryResponseKind;

BELFRY_API BelfryResponse *
belfry_response_new_text (guint status, const char *content_type, const char *text);
BELFRY_API BelfryResponse *
belfry_response_new_bytes (guint status, const char *content_type, GBytes *body);
BELFRY_API BelfryResponse *
belfry_response_new_template (guint status, const char *template_name, JsonObject *data);
BELFRY_API BelfryResponse *
belfry_response_new_log (gint64 logid, gboolean with_headers, gboolean follow);
BELFRY_API BelfryResponse *belfry_response_new_redirect (guint status, const char *location);
BELFRY_API BelfryResponse *belfry_response_new_not_found (const char *what, const char *up);
BELFRY_API BelfryResponse *belfry_response_ref (BelfryResponse *self);
BELFRY_API void belfry_response_unref (BelfryResponse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryResponse, belfry_response_unref)
BELFRY_API BelfryResponseKind belfry_response_get_kind (BelfryResponse *self);
BELFRY_API guint belfry_response_get_status (BelfryResponse *self);
BELFRY_API const char *belfry_response_get_content_type (BelfryResponse *self);
BELFRY_API GBytes *belfry_response_get_body (BelfryResponse *self);
BELFRY_API const char *belfry_response_get_template_name (BelfryResponse *self);
BELFRY_API JsonObject *belfry_response_get_data (BelfryResponse *self);
BELFRY_API void
belfry_response_take_records (BelfryResponse *self, const char *name, GPtrArray *records);
BELFRY_API const BelfryTemplateRecords *belfry_response_get_records (BelfryResponse *self);
BELFRY_API gint64 belfry_response_get_logid (BelfryResponse *self);
BELFRY_API gboolean belfry_response_get_with_headers (BelfryResponse *self);
BELFRY_API gboolean belfry_response_get_follow (BelfryResponse *self);
BELFRY_API void
belfry_response_set_header (BelfryResponse *self, const char *name, const char *value);
BELFRY_API GPtrArray *belfry_response_list_headers (BelfryResponse *self);
BELFRY_API void belfry_response_set_final (BelfryResponse *self, gboolean is_final);
BELFRY_API gboolean belfry_response_is_final (BelfryResponse *self);

G_END_DECLS
