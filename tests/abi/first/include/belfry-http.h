/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

typedef struct _BelfryHttpRequest BelfryHttpRequest;

BELFRY_API BelfryHttpRequest *belfry_http_request_new (const char *method, const char *url);
BELFRY_API BelfryHttpRequest *belfry_http_request_ref (BelfryHttpRequest *self);
BELFRY_API void belfry_http_request_unref (BelfryHttpRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryHttpRequest, belfry_http_request_unref)
BELFRY_API void
belfry_http_request_set_header (BelfryHttpRequest *self, const char *name, const char *value);
BELFRY_API void
belfry_http_request_set_body (BelfryHttpRequest *self, const char *content_type, const char *text);
BELFRY_API void belfry_http_request_set_json (BelfryHttpRequest *self, JsonNode *node);
BELFRY_API void
belfry_http_request_add_form (BelfryHttpRequest *self, const char *name, const char *value);
BELFRY_API void
belfry_http_request_set_basic (BelfryHttpRequest *self, const char *user, const char *password);
BELFRY_API void
belfry_http_request_set_bearer (BelfryHttpRequest *self, const char *scheme, const char *token);
BELFRY_API void
belfry_http_request_set_digest (BelfryHttpRequest *self, const char *user, const char *password);
BELFRY_API gboolean belfry_http_request_get_digest (BelfryHttpRequest *self,
                                                    const char **user,
                                                    const char **password);
BELFRY_API void belfry_http_request_set_debug (BelfryHttpRequest *self, gboolean debug);
BELFRY_API gboolean belfry_http_request_get_debug (BelfryHttpRequest *self);
BELFRY_API void belfry_http_request_set_verify (BelfryHttpRequest *self, gboolean verify);
BELFRY_API void
belfry_http_request_set_limits (BelfryHttpRequest *self, gint64 timeout_us, gsize max_answer_bytes);
BELFRY_API const char *belfry_http_request_get_method (BelfryHttpRequest *self);
BELFRY_API const char *belfry_http_request_get_url (BelfryHttpRequest *self);
BELFRY_API GPtrArray *belfry_http_request_list_headers (BelfryHttpRequest *self);
BELFRY_API GBytes *belfry_http_request_dup_body (BelfryHttpRequest *self);
BELFRY_API gboolean belfry_http_request_get_verify (BelfryHttpRequest *self);
BELFRY_API gint64 belfry_http_request_get_timeout_us (BelfryHttpRequest *self);
BELFRY_API gsize belfry_http_request_get_max_answer_bytes (BelfryHttpRequest *self);
BELFRY_API JsonNode *
belfry_http_request_to_json (BelfryHttpRequest *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API BelfryHttpRequest *belfry_http_request_from_json (JsonNode *node, GError **error);

typedef struct _BelfryHttpAnswer BelfryHttpAnswer;

BELFRY_API BelfryHttpAnswer *belfry_http_answer_new (guint status, GBytes *body);
BELFRY_API BelfryHttpAnswer *belfry_http_answer_ref (BelfryHttpAnswer *self);
BELFRY_API void belfry_http_answer_unref (BelfryHttpAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryHttpAnswer, belfry_http_answer_unref)
BELFRY_API void
belfry_http_answer_add_header (BelfryHttpAnswer *self, const char *name, const char *value);
BELFRY_API guint belfry_http_answer_get_status (BelfryHttpAnswer *self);
BELFRY_API const char *belfry_http_answer_get_header (BelfryHttpAnswer *self, const char *name);
BELFRY_API GPtrArray *belfry_http_answer_list_headers (BelfryHttpAnswer *self);
BELFRY_API gint64 belfry_http_answer_get_wait_us (BelfryHttpAnswer *self);
BELFRY_API char *belfry_http_answer_dup_excerpt (BelfryHttpAnswer *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API GBytes *belfry_http_answer_get_body (BelfryHttpAnswer *self);
BELFRY_API JsonNode *belfry_http_answer_parse_json (BelfryHttpAnswer *self,
                                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
