/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a process prints, cut into lines of a log (§15.5 of the engine's page). */
#pragma once

#include <belfry-plugin.h>

#define LOCAL_LINE_BYTES (64 * 1024)

typedef enum {
  LOCAL_STREAM_OUT,
  LOCAL_STREAM_ERR,
  LOCAL_N_STREAMS,
} LocalStream;

/** LocalOutput: unfinished lines of both streams, finished ones ready to be taken */
typedef struct _LocalOutput LocalOutput;

LocalOutput *local_output_new (const char *encoding, gboolean plain, GError **error);
void local_output_free (LocalOutput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalOutput, local_output_free)
void local_output_add (LocalOutput *self, LocalStream stream, const char *bytes, gsize n_bytes);
void local_output_add_header (LocalOutput *self, const char *text);
void local_output_flush (LocalOutput *self, gboolean final);
gboolean local_output_has_unfinished (const LocalOutput *self);
GBytes *local_output_take (LocalOutput *self, guint *n_lines) G_GNUC_WARN_UNUSED_RESULT;
