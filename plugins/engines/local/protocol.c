/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames between engine and supervisor; payloads that hold several values are GVariants. */
#include "protocol.h"
#include <string.h>

#define JOB_TYPE   G_VARIANT_TYPE ("(aayaayaybayuibxay)")
#define END_TYPE   G_VARIANT_TYPE ("(xi)")
#define EXIT_TYPE  G_VARIANT_TYPE ("(iiub)")
#define START_TYPE G_VARIANT_TYPE ("i")
#define HEAD_BYTES 5

void
local_frame_append (GByteArray *buffer, LocalFrameType type, gconstpointer payload, gsize n_bytes)
{
  guint32 length = GUINT32_TO_BE ((guint32)n_bytes + 1);
  guint8 letter = (guint8)type;

  g_byte_array_append (buffer, (const guint8 *)&length, sizeof length);
  g_byte_array_append (buffer, &letter, 1);
  if (n_bytes > 0)
    g_byte_array_append (buffer, payload, (guint)n_bytes);
}

/* FALSE: no whole frame is there yet, or @broken. The frame leaves the buffer. */
gboolean
local_frame_next (GByteArray *buffer, LocalFrameType *type, GBytes **payload, gboolean *broken)
{
  guint32 length = 0;

  *broken = FALSE;
  if (buffer->len < HEAD_BYTES)
    return FALSE;
  memcpy (&length, buffer->data, sizeof length);
  length = GUINT32_FROM_BE (length);
  if (length == 0 || length > LOCAL_FRAME_MAX_BYTES) {
    *broken = TRUE;
    return FALSE;
  }
  if (buffer->len < sizeof length + length)
    return FALSE;
  *type = buffer->data[sizeof length];
  *payload = g_bytes_new (buffer->data + HEAD_BYTES, length - 1);
  g_byte_array_remove_range (buffer, 0, (guint)sizeof length + length);
  return TRUE;
}

static void
append_variant (GByteArray *buffer, LocalFrameType type, GVariant *variant)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (variant);

  local_frame_append (buffer, type, g_variant_get_data (owned), g_variant_get_size (owned));
}

static GVariant *
parse_variant (GBytes *payload, const GVariantType *type)
{
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (g_variant_new_from_bytes (type, payload, FALSE));

  return g_variant_is_normal_form (variant) ? g_steal_pointer (&variant) : NULL;
}

void
local_frame_append_job (GByteArray *buffer, const LocalJob *job)
{
  append_variant (
      buffer, LOCAL_FRAME_START,
      g_variant_new ("(@aay@aay^ayb^ayuibx^ay)", g_variant_new_bytestring_array (job->argv, -1),
                     g_variant_new_bytestring_array (job->environment, -1), job->folder,
                     job->input != NULL, job->input != NULL ? job->input : "", job->umask,
                     job->nice, job->pty, job->tasks_max, job->cgroup != NULL ? job->cgroup : ""));
}

GVariant *
local_frame_parse_job (GBytes *payload, LocalJob *job)
{
  g_autoptr (GVariant) variant = parse_variant (payload, JOB_TYPE);
  gboolean has_input = FALSE;

  if (variant == NULL)
    return NULL;
  g_variant_get (variant, "(^a&ay^a&ay^&ayb^&ayuibx^&ay)", &job->argv, &job->environment,
                 &job->folder, &has_input, &job->input, &job->umask, &job->nice, &job->pty,
                 &job->tasks_max, &job->cgroup);
  if (!has_input)
    job->input = NULL;
  return g_steal_pointer (&variant);
}

void
local_job_clear_parsed (LocalJob *job)
{
  g_free ((gpointer)job->argv);
  g_free ((gpointer)job->environment);
  memset (job, 0, sizeof *job);
}

void
local_frame_append_end (GByteArray *buffer, gint64 sigterm_us, int signal)
{
  append_variant (buffer, LOCAL_FRAME_END, g_variant_new ("(xi)", sigterm_us, signal));
}

gboolean
local_frame_parse_end (GBytes *payload, gint64 *sigterm_us, int *signal)
{
  g_autoptr (GVariant) variant = parse_variant (payload, END_TYPE);

  if (variant == NULL)
    return FALSE;
  g_variant_get (variant, "(xi)", sigterm_us, signal);
  return TRUE;
}

void
local_frame_append_exit (GByteArray *buffer, const LocalExit *exit)
{
  append_variant (
      buffer, LOCAL_FRAME_EXITED,
      g_variant_new ("(iiub)", exit->code, exit->signal, exit->left_behind, exit->unkillable));
}

gboolean
local_frame_parse_exit (GBytes *payload, LocalExit *exit)
{
  g_autoptr (GVariant) variant = parse_variant (payload, EXIT_TYPE);

  if (variant == NULL)
    return FALSE;
  g_variant_get (variant, "(iiub)", &exit->code, &exit->signal, &exit->left_behind,
                 &exit->unkillable);
  return TRUE;
}

void
local_frame_append_started (GByteArray *buffer, int error_number)
{
  append_variant (buffer, LOCAL_FRAME_STARTED, g_variant_new_int32 (error_number));
}

gboolean
local_frame_parse_started (GBytes *payload, int *error_number)
{
  g_autoptr (GVariant) variant = parse_variant (payload, START_TYPE);

  if (variant == NULL)
    return FALSE;
  *error_number = g_variant_get_int32 (variant);
  return TRUE;
}
