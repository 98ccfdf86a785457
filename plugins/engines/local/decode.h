/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What exit codes mean, how often a step is repeated, how deep a clone is: small options with a
 * grammar. */
#pragma once

#include <belfry-plugin.h>

/** LocalDecode: exit codes to results; BELFRY_NONE: not said */
typedef struct {
  gint64 codes[256];
  gint64 signal;
  gint64 other;
} LocalDecode;

/** LocalRetry: a step again while it fails */
typedef struct {
  gint64 count;
  gint64 delay_us;
} LocalRetry;

LocalDecode *local_decode_new (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gint64 local_decode_exit (const LocalDecode *self, int code);
gint64 local_decode_signal (const LocalDecode *self);
LocalRetry *local_retry_new (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

extern const BelfryCustomType local_decode_type;
extern const BelfryCustomType local_retry_type;
extern const BelfryCustomType local_depth_type; /* depth in the pointer */
