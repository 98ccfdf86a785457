/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is fixed about a running reporter: read by the writer thread, the pool and the main loop
 * alike. */
#pragma once

#include "daemon/hosted.h"
#include "outbox/keys-private.h"

/*
 * Immutable and counted. It keeps the configuration that its keys belong to; plugin's state belongs
 * to the hosted instance, so whoever calls plan with it holds that one too.
 */
typedef struct {
  gatomicrefcount refs;
  BelfryConfig *config; /* owner of keys */
  char *name;
  const BelfryReporter *plugin;
  const BelfryReporterKeys *keys;
  const BelfrySection *section; /* where the keys stand */
  gconstpointer state;
  guint modes;
  guint phases;
  guint wants; /* BelfryBuildWants */
  gint64 late_us;
  BelfryFormatter *formatter;          /* (nullable) of a message */
  BelfryFormatter *missing_formatter;  /* (nullable) of a message about workers */
  BelfryFormatter *fallback_formatter; /* (nullable) the built-in text */
  GTimeZone *zone;
  const char *language;
  char *title;
  char *url; /* (nullable) */
} BelfryReporting;

BelfryReporting *belfry_reporting_new (BelfryHosted *hosted, BelfryConfig *config, GError **error);
BelfryReporting *belfry_reporting_ref (BelfryReporting *self);
void belfry_reporting_unref (BelfryReporting *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryReporting, belfry_reporting_unref)
gboolean belfry_reporting_is_message (const BelfryReporting *self);
gboolean belfry_reporting_is_painter (const BelfryReporting *self);
gboolean belfry_reporting_has_programs (const BelfryReporting *self);
gboolean
belfry_reporting_is_held (const BelfryReporting *self); /* hold-down until retries are over */
/* When a report that came up now is due. */
gint64 belfry_reporting_get_due (const BelfryReporting *self, const char *phase, gint64 now_us);
/* A later moment that is no quiet one. */
gint64 belfry_reporting_leave_quiet (const BelfryReporting *self, gint64 at_us);
gint64 belfry_reporting_get_offset (const BelfryReporting *self, gint64 at_us);
