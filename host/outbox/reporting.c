/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reporter as it was configured: keys, templates, zone, language. Made when the configuration is
 * applied, never changed; a new configuration makes a new one while rows under way keep theirs.
 */
#include "reporting.h"

#include "builds/builds.h"
#include "languages/languages.h"

/* a report that waits for a request that never ends is sent all the same */
#define LONGEST_HOLD_US (14 * G_TIME_SPAN_DAY)

static guint
list_wants (const BelfryReporterKeys *keys)
{
  guint wants = BELFRY_BUILD_WANTS_CHANGES;

  if (keys->want_properties)
    wants |= BELFRY_BUILD_WANTS_PROPERTIES;
  if (keys->want_steps || keys->want_logs)
    wants |= BELFRY_BUILD_WANTS_STEPS;
  if (keys->want_logs)
    wants |= BELFRY_BUILD_WANTS_LOGS;
  if (keys->want_previous_build)
    wants |= BELFRY_BUILD_WANTS_PREVIOUS;
  return wants;
}

static gboolean
make_formatters (BelfryReporting *self, GError **error)
{
  static const BelfryFormatterKeys none = { NULL };
  const char *name = belfry_reporter_get_template_name (self->plugin);
  const char *missing = belfry_reporter_get_missing_template_name (self->plugin);
  gboolean html = self->plugin->is_html;
  const char *key = NULL;

  if (!belfry_reporting_is_message (self))
    return TRUE;
  self->formatter = belfry_formatter_new (&self->keys->formatter, name, html, &key, error);
  if (self->formatter == NULL)
    return FALSE;
  self->fallback_formatter = belfry_formatter_new (&none, name, html, &key, error);
  if (self->fallback_formatter == NULL)
    return FALSE;
  self->missing_formatter =
      belfry_formatter_new (&self->keys->missing, missing, FALSE, &key, error);
  return self->missing_formatter != NULL;
}

BelfryReporting *
belfry_reporting_new (BelfryHosted *hosted, BelfryConfig *config, GError **error)
{
  g_autoptr (BelfryReporting) self = g_new0 (BelfryReporting, 1);
  const BelfryHostKeys *host = &config->host;
  const char *locale = hosted->blueprint->keys.locale;

  g_atomic_ref_count_init (&self->refs);
  self->config = belfry_config_ref (hosted->config != NULL ? hosted->config : config);
  self->name = g_strdup (hosted->blueprint->name);
  self->plugin = belfry_hosted_get_plugin (hosted);
  self->keys = hosted->blueprint->host_state;
  self->section = hosted->blueprint->section;
  self->state = belfry_hosted_get_state (hosted);
  self->modes = belfry_reporter_keys_get_modes (self->keys, self->plugin);
  self->phases = belfry_reporter_get_phases (self->plugin);
  if (self->plugin->choose_phases != NULL)
    self->phases &= self->plugin->choose_phases (self->state);
  self->wants = list_wants (self->keys);
  self->late_us = host->late_reports;
  self->title = g_strdup (host->title != NULL ? host->title : "Belfry");
  self->url = g_strdup (host->url);
  self->language = belfry_languages_choose (NULL, locale != NULL ? locale : host->locale);
  if (self->keys->time_zone != NULL)
    self->zone = g_time_zone_ref (self->keys->time_zone);
  else if (host->time_zone != NULL)
    self->zone = g_time_zone_ref (host->time_zone);
  else
    self->zone = g_time_zone_new_local ();
  if (!make_formatters (self, error)) {
    g_prefix_error (error, "reporter '%s': ", self->name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

BelfryReporting *
belfry_reporting_ref (BelfryReporting *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_reporting_unref (BelfryReporting *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->formatter, belfry_formatter_unref);
  g_clear_pointer (&self->missing_formatter, belfry_formatter_unref);
  g_clear_pointer (&self->fallback_formatter, belfry_formatter_unref);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_free (self->name);
  g_free (self->title);
  g_free (self->url);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_free (self);
}

gboolean
belfry_reporting_is_message (const BelfryReporting *self)
{
  return self->plugin->family == BELFRY_FAMILY_MESSAGE;
}

gboolean
belfry_reporting_is_painter (const BelfryReporting *self)
{
  return self->plugin->family == BELFRY_FAMILY_PAINTER;
}

gboolean
belfry_reporting_has_programs (const BelfryReporting *self)
{
  const BelfryReporterKeys *keys = self->keys;

  return keys->message_formatter_program != NULL || keys->ctx_program != NULL ||
         keys->missing_worker_program != NULL || keys->missing_worker_ctx_program != NULL ||
         keys->responsible_users_program != NULL || keys->lookup_program != NULL;
}

gboolean
belfry_reporting_is_held (const BelfryReporting *self)
{
  const BelfryHoldDown *hold_down = self->keys->hold_down;

  return hold_down != NULL && hold_down->retries;
}

gint64
belfry_reporting_leave_quiet (const BelfryReporting *self, gint64 at_us)
{
  return belfry_windows_leave (self->keys->quiet_hours, self->zone, at_us);
}

gint64
belfry_reporting_get_due (const BelfryReporting *self, const char *phase, gint64 now_us)
{
  const BelfryHoldDown *hold_down = self->keys->hold_down;
  gint64 due_us = now_us;

  if (g_str_equal (phase, "alert") || g_str_equal (phase, "test"))
    return now_us;
  if (g_str_equal (phase, "finished") && hold_down != NULL)
    due_us += hold_down->retries ? LONGEST_HOLD_US : hold_down->wait_us;
  if (self->keys->digest != NULL && !g_str_equal (phase, "worker"))
    due_us = belfry_times_next (self->keys->digest, self->zone, due_us);
  return belfry_reporting_leave_quiet (self, due_us);
}

gint64
belfry_reporting_get_offset (const BelfryReporting *self, gint64 at_us)
{
  int interval =
      g_time_zone_find_interval (self->zone, G_TIME_TYPE_UNIVERSAL, at_us / G_USEC_PER_SEC);

  return (gint64)g_time_zone_get_offset (self->zone, interval) * G_USEC_PER_SEC;
}
