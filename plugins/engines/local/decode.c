/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsers of decode=, retry= and shallow=. */
#include "decode.h"

static gboolean
decode_add (LocalDecode *self, const char *item, GError **error)
{
  g_auto (GStrv) pair = g_strsplit (item, "=", 2);
  guint64 code = 0;
  gint64 result = 0;

  if (g_strv_length (pair) != 2) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not CODE=RESULT", item);
    return FALSE;
  }
  g_strstrip (pair[0]);
  g_strstrip (pair[1]);
  result = belfry_result_from_name (pair[1]);
  if (result < 0 || result > BELFRY_RESULT_CANCELLED) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no result", pair[1]);
    return FALSE;
  }
  if (g_str_equal (pair[0], "*"))
    self->other = result;
  else if (g_str_equal (pair[0], "signal"))
    self->signal = result;
  else if (g_ascii_string_to_unsigned (pair[0], 10, 0, 255, &code, NULL))
    self->codes[code] = result;
  else {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no exit code from 0 to 255, 'signal' or '*'", pair[0]);
    return FALSE;
  }
  return TRUE;
}

LocalDecode *
local_decode_new (const char *text, GError **error)
{
  g_autofree LocalDecode *self = g_new0 (LocalDecode, 1);
  g_auto (GStrv) items = belfry_split_list (text);

  for (guint i = 0; i < G_N_ELEMENTS (self->codes); i++)
    self->codes[i] = BELFRY_NONE;
  self->signal = BELFRY_NONE;
  self->other = BELFRY_NONE;
  for (guint i = 0; items[i] != NULL; i++) {
    if (!decode_add (self, items[i], error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

/* What is not said: 0 succeeds, all else fails. */
gint64
local_decode_exit (const LocalDecode *self, int code)
{
  if (code >= 0 && code < (int)G_N_ELEMENTS (self->codes) && self->codes[code] != BELFRY_NONE)
    return self->codes[code];
  if (self->other != BELFRY_NONE)
    return self->other;
  return code == 0 ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_FAILURE;
}

gint64
local_decode_signal (const LocalDecode *self)
{
  return self->signal != BELFRY_NONE ? self->signal : BELFRY_RESULT_FAILURE;
}

LocalRetry *
local_retry_new (const char *text, GError **error)
{
  g_autofree LocalRetry *self = g_new0 (LocalRetry, 1);
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);

  if (g_strv_length (parts) != 2) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not COUNT:DELAY", text);
    return NULL;
  }
  if (!belfry_parse_integer (g_strstrip (parts[0]), 0, 100, &self->count, error))
    return NULL;
  if (!belfry_parse_duration (g_strstrip (parts[1]), &self->delay_us, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gpointer
decode_parse (const char *text, GError **error)
{
  return local_decode_new (text, error);
}

static gpointer
retry_parse (const char *text, GError **error)
{
  return local_retry_new (text, error);
}

static gpointer
depth_parse (const char *text, GError **error)
{
  gint64 depth = 0;
  gboolean on = FALSE;

  if (belfry_parse_integer (text, 1, 1000000, &depth, NULL))
    return GINT_TO_POINTER ((int)depth);
  if (!belfry_parse_boolean (text, &on, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is neither true, false nor a depth", text);
    return NULL;
  }
  return GINT_TO_POINTER (on ? 1 : -1);
}

static void
depth_free (gpointer value)
{
  (void)value;
}

const BelfryCustomType local_decode_type = { "exit codes", decode_parse, g_free };
const BelfryCustomType local_retry_type = { "retry", retry_parse, g_free };
const BelfryCustomType local_depth_type = { "depth", depth_parse, depth_free };
