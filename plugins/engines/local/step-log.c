/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One log of a step: secrets are taken out, and lines go to the host as they come; more than 1 MiB
 * that is not yet stored stops the reading of pipes; more than its limit ends the step. An
 * unfinished line is flushed after five seconds of silence.
 */
#include "local.h"

#define WAITING_MAX     (1024 * 1024)
#define SILENCE_SECONDS 5
#define BUILD_FACTOR    8
#define SLUG_CHARS      G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-."

struct _LocalLog {
  LocalRun *run;
  BelfryLog *record;
  LocalOutput *output;
  GString *held[LOCAL_N_STREAMS]; /* what may become a secret */
  gint64 bytes;
  gint64 lines;
  gboolean over;
  guint silence_id;
};

static gint64
max_bytes (const LocalLog *self)
{
  const LocalStepKeys *keys = self->run->step->keys;

  return keys->max_log > 0 ? keys->max_log : self->run->build->config->keys->max_log;
}

LocalLog *
local_log_new (LocalRun *run, const char *name, gboolean plain)
{
  LocalLog *self = g_new0 (LocalLog, 1);
  BelfryLog *record = belfry_log_new ();
  LocalBuild *build = run->build;
  g_autofree char *slug = g_strcanon (g_strdup (name), SLUG_CHARS, '_');

  self->run = run;
  self->record = record;
  self->output = local_output_new (run->step->keys->encoding, plain, NULL);
  if (self->output == NULL)
    self->output = local_output_new (NULL, plain, NULL);
  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    self->held[i] = g_string_new (NULL);
  record->logid = belfry_engine_next_id (build->local->instance, BELFRY_ID_LOG);
  record->stepid = run->record->stepid;
  record->buildid = build->record->buildid;
  belfry_record_set_text (&record->name, name);
  belfry_record_set_text (&record->slug, slug);
  belfry_record_set_text (&record->type, plain ? "t" : "s");
  belfry_transaction_add_log (local_build_say (build), record);
  local_build_flush (build);
  return self;
}

void
local_log_free (LocalLog *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->silence_id, g_source_remove);
  belfry_record_unref (self->record);
  local_output_free (self->output);
  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    g_string_free (self->held[i], TRUE);
  g_free (self);
}

gint64
local_log_id (const LocalLog *self)
{
  return self->record->logid;
}

gboolean
local_log_is_over (const LocalLog *self)
{
  return self->over;
}

/* Returns how many bytes wait to be stored. */
static gsize
store (LocalLog *self)
{
  guint n_lines = 0;
  g_autoptr (GBytes) lines = local_output_take (self->output, &n_lines);
  LocalBuild *build = self->run->build;
  gsize waiting = 0;

  if (lines == NULL)
    return 0;
  self->bytes += (gint64)g_bytes_get_size (lines);
  self->lines += n_lines;
  build->log_bytes += (gint64)g_bytes_get_size (lines);
  waiting = belfry_engine_append_log (build->local->instance, self->record->logid, lines, n_lines);
  if (waiting > WAITING_MAX && self == self->run->stdio && build->supervisor != NULL)
    local_supervisor_set_paused (build->supervisor, TRUE);
  return waiting;
}

/* The line that says why it ends is its last one. */
static void
check_limits (LocalLog *self)
{
  gint64 max_lines = self->run->step->keys->max_lines;
  gboolean too_long = self->bytes > max_bytes (self) ||
                      self->run->build->log_bytes > BUILD_FACTOR * max_bytes (self);
  gboolean too_many = max_lines > 0 && self->lines > max_lines;
  g_autofree char *limit = NULL;

  if (self->over || (!too_long && !too_many))
    return;
  limit = too_long ? belfry_format_size (max_bytes (self))
                   : g_strdup_printf ("%" G_GINT64_FORMAT " lines", max_lines);
  local_log_header (self, "output over %s, step ended", limit);
  self->over = TRUE;
  local_run_over_limit (self->run, too_long ? LOCAL_CAUSE_MAX_LOG : LOCAL_CAUSE_MAX_LINES);
}

static gboolean
on_silence (gpointer data)
{
  LocalLog *self = data;

  self->silence_id = 0;
  local_output_flush (self->output, FALSE);
  store (self);
  return G_SOURCE_REMOVE;
}

/* @n_bytes 0 with @final: what was held is no secret after all */
static void
add_masked (LocalLog *self, LocalStream stream, const char *bytes, gsize n_bytes, gboolean final)
{
  const LocalMasks *masks = self->run->build->masks;
  g_autoptr (GString) text = NULL;

  if (local_masks_is_empty (masks)) {
    local_output_add (self->output, stream, bytes, n_bytes);
    return;
  }
  text = g_string_sized_new (n_bytes);
  local_masks_feed (masks, self->held[stream], bytes, n_bytes, final, text);
  local_output_add (self->output, stream, text->str, text->len);
}

/* Returns how many bytes wait to be stored. */
gsize
local_log_add (LocalLog *self, LocalStream stream, const char *bytes, gsize n_bytes)
{
  gsize waiting = 0;

  if (self->over)
    return 0;
  add_masked (self, stream, bytes, n_bytes, FALSE);
  waiting = store (self);
  check_limits (self);
  g_clear_handle_id (&self->silence_id, g_source_remove);
  if (!self->over && local_output_has_unfinished (self->output))
    self->silence_id = g_timeout_add_seconds (SILENCE_SECONDS, on_silence, self);
  return waiting;
}

void
local_log_header (LocalLog *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *masked = NULL;
  va_list arguments;

  if (self->over)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  local_output_flush (self->output, TRUE);
  masked = local_masks_apply (self->run->build->masks, text);
  local_output_add_header (self->output, masked);
  store (self);
}

void
local_log_close (LocalLog *self)
{
  g_clear_handle_id (&self->silence_id, g_source_remove);
  for (guint i = 0; !self->over && i < LOCAL_N_STREAMS; i++)
    add_masked (self, (LocalStream)i, "", 0, TRUE);
  if (!self->over)
    local_output_flush (self->output, TRUE);
  store (self);
  belfry_transaction_finish_log (local_build_say (self->run->build), self->record->logid);
}

void
local_log_drained (LocalLog *self)
{
  if (self->run->build->supervisor == NULL)
    return;
  local_supervisor_set_paused (self->run->build->supervisor, FALSE);
  self->run->last_output = g_get_monotonic_time ();
}
