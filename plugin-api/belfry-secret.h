/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: references in the configuration, values only in memory, wiped when they go. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

/**
 * BelfrySecretSource: where a secret comes from
 * @BELFRY_SECRET_LITERAL: the text itself, which warns
 * @BELFRY_SECRET_NAMED: `secret:NAME`, a systemd credential or libsecret
 * @BELFRY_SECRET_FILE: `file:PATH`
 * @BELFRY_SECRET_ENVIRONMENT: `env:NAME`
 * @BELFRY_SECRET_PLAIN: `plain:TEXT`, a literal that is meant
 */
typedef enum {
  BELFRY_SECRET_LITERAL,
  BELFRY_SECRET_NAMED,
  BELFRY_SECRET_FILE,
  BELFRY_SECRET_ENVIRONMENT,
  BELFRY_SECRET_PLAIN,
} BelfrySecretSource;

/**
 * BelfrySecret:
 *
 * One or two references (rotation), each resolved to a value by the host before an instance starts.
 * Reference-counted. Values are immutable once resolved.
 */
typedef struct _BelfrySecret BelfrySecret;

BELFRY_API BelfrySecret *belfry_secret_new (const char *spelling, GError **error);
BELFRY_API BelfrySecret *belfry_secret_new_value (const char *value);
BELFRY_API BelfrySecret *belfry_secret_ref (BelfrySecret *self);
BELFRY_API void belfry_secret_unref (BelfrySecret *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfrySecret, belfry_secret_unref)
BELFRY_API guint belfry_secret_get_count (BelfrySecret *self);
BELFRY_API BelfrySecretSource belfry_secret_get_source (BelfrySecret *self, guint generation);
BELFRY_API const char *belfry_secret_get_name (BelfrySecret *self, guint generation);
BELFRY_API char *belfry_secret_dup_shown (BelfrySecret *self) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gboolean belfry_secret_is_resolved (BelfrySecret *self);
BELFRY_API void belfry_secret_resolve (BelfrySecret *self, guint generation, const char *value);
BELFRY_API const char *belfry_secret_get_value (BelfrySecret *self);
BELFRY_API const char *belfry_secret_get_generation (BelfrySecret *self, guint generation);
BELFRY_API gboolean belfry_secret_equals (BelfrySecret *self, const char *text, guint *generation);

G_END_DECLS
