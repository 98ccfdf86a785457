/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message formatter: the templates of body and subject, parsed once, and what is added to their
 * variables. */
#pragma once

#include "belfry-plugin.h"

typedef enum {
  BELFRY_BODY_DEFAULT, /* as the reporter has it */
  BELFRY_BODY_PLAIN,
  BELFRY_BODY_HTML,
} BelfryBodyType;

/* Keys of a formatter, as written; missing workers have a second set of them. */
typedef struct {
  char *template_text;
  char *directory;
  char *filename;
  int type;
  char *subject;
  char *subject_filename;
  BelfryMap *ctx;
} BelfryFormatterKeys;

typedef struct _BelfryFormatter BelfryFormatter;

/* @key: (out): which key is wrong. The result is immutable and may be used on any thread. */
BelfryFormatter *belfry_formatter_new (const BelfryFormatterKeys *keys,
                                       const char *default_filename,
                                       gboolean is_html,
                                       const char **key,
                                       GError **error);
BelfryFormatter *belfry_formatter_ref (BelfryFormatter *self);
void belfry_formatter_unref (BelfryFormatter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryFormatter, belfry_formatter_unref)
gboolean belfry_formatter_is_html (BelfryFormatter *self);
/* The ctx map as an object of the caller's own. */
JsonObject *belfry_formatter_dup_ctx (BelfryFormatter *self) G_GNUC_WARN_UNUSED_RESULT;
/* @subject: (out) (nullable): NULL where the formatter has none */
gboolean belfry_formatter_render (BelfryFormatter *self,
                                  JsonObject *variables,
                                  const char *language,
                                  gint64 utc_offset_us,
                                  char **body,
                                  char **subject,
                                  GError **error);
