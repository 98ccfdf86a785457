/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

BELFRY_API char *belfry_text_make_printable (const char *text,
                                             gssize length,
                                             gsize max_bytes) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_text_cut (const char *text, gsize max_bytes) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_text_escape_html (const char *text) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_text_percent_encode (const char *text) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_text_percent_decode (const char *text,
                                             gssize length,
                                             gboolean plus_is_space,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API const char *belfry_text_nearest (const char *word, const char *const *words);
BELFRY_API gboolean belfry_text_is_identifier (const char *text, gsize max_chars);

BELFRY_API gboolean belfry_equal_constant_time (gconstpointer a,
                                                gsize a_bytes,
                                                gconstpointer b,
                                                gsize b_bytes);
BELFRY_API char *belfry_digest_hex (GChecksumType digest,
                                    gconstpointer data,
                                    gsize data_bytes) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_hmac_hex (GChecksumType digest,
                                  gconstpointer key,
                                  gsize key_bytes,
                                  gconstpointer data,
                                  gsize data_bytes) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
  BELFRY_GLOB_TEXT,
  BELFRY_GLOB_PATH,
} BelfryGlobStyle;

BELFRY_API gboolean belfry_glob_match (const char *pattern,
                                       const char *text,
                                       BelfryGlobStyle style);
BELFRY_API gboolean belfry_glob_is_pattern (const char *text);
BELFRY_API GRegex *belfry_regex_new (const char *pattern, GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gboolean belfry_regex_search (GRegex *regex, const char *text);
BELFRY_API gboolean belfry_regex_match_start (GRegex *regex, const char *text);

BELFRY_API gboolean belfry_parse_integer (
    const char *text, gint64 minimum, gint64 maximum, gint64 *value, GError **error);
BELFRY_API gboolean belfry_parse_boolean (const char *text, gboolean *value, GError **error);
BELFRY_API gboolean belfry_parse_duration (const char *text, gint64 *value_us, GError **error);
BELFRY_API gboolean belfry_parse_size (const char *text, gint64 *value_bytes, GError **error);
BELFRY_API char *belfry_format_duration (gint64 value_us) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_format_size (gint64 value_bytes) G_GNUC_WARN_UNUSED_RESULT;

BELFRY_API char **belfry_split_words (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char **belfry_split_list (const char *text) G_GNUC_WARN_UNUSED_RESULT;

BELFRY_API gint64 belfry_clock_now_us (void);
BELFRY_API void belfry_clock_set_us (gint64 now_us);
BELFRY_API gboolean belfry_time_parse (const char *text, gint64 *time_us, GError **error);
BELFRY_API gboolean belfry_time_parse_since (const char *text, gint64 *time_us, GError **error);
BELFRY_API gint64 belfry_time_to_seconds (gint64 time_us);
BELFRY_API char *belfry_time_format_rfc3339 (gint64 time_us) G_GNUC_WARN_UNUSED_RESULT;

typedef struct _BelfryForm BelfryForm;

BELFRY_API BelfryForm *belfry_form_new (void);
BELFRY_API void belfry_form_free (BelfryForm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryForm, belfry_form_free)
BELFRY_API gboolean belfry_form_add_urlencoded (
    BelfryForm *self, const char *text, gssize length, guint max_arguments, GError **error);
BELFRY_API gboolean belfry_form_add_multipart (
    BelfryForm *self, const char *content_type, const char *body, gsize body_bytes, GError **error);
BELFRY_API void belfry_form_replace_with (BelfryForm *self, BelfryForm *body);
BELFRY_API void belfry_form_append (BelfryForm *self, const char *name, const char *value);
BELFRY_API const char *belfry_form_get (BelfryForm *self, const char *name);
BELFRY_API char **belfry_form_dup_all (BelfryForm *self,
                                       const char *name) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API guint belfry_form_get_count (BelfryForm *self);
BELFRY_API const char *belfry_form_get_name (BelfryForm *self, guint index);
BELFRY_API const char *belfry_form_get_value (BelfryForm *self, guint index);

typedef struct _BelfryAddresses BelfryAddresses;

BELFRY_API BelfryAddresses *belfry_addresses_new (const char *const *items, GError **error);
BELFRY_API void belfry_addresses_free (BelfryAddresses *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryAddresses, belfry_addresses_free)
BELFRY_API gboolean belfry_addresses_contain (BelfryAddresses *self, GInetAddress *address);

BELFRY_API char *belfry_repository_normalize (const char *repository) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API char *belfry_repository_dup_protocol (const char *repository) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gboolean belfry_repository_check (const char *repository,
                                             const char *const *allowed,
                                             GError **error);
BELFRY_API char *belfry_repository_split (const char *repository,
                                          char **user,
                                          char **password) G_GNUC_WARN_UNUSED_RESULT;

typedef const char *(*BelfryTranslate) (const char *language,
                                        const char *text,
                                        const char *plural,
                                        guint64 count);

BELFRY_API void belfry_set_translate (BelfryTranslate translate);
BELFRY_API const char *belfry_tr (const char *language, const char *text) G_GNUC_FORMAT (2);
BELFRY_API const char *
belfry_tr_n (const char *language, const char *text, const char *plural, guint64 count)
    G_GNUC_FORMAT (2) G_GNUC_FORMAT (3);

G_END_DECLS
