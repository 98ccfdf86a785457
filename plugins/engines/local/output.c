/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of a stdio log: each begins with the letter of its stream (o, e; h for what the machinery
 * says) and is valid UTF-8. Lines of one stream are never torn by the other; a line over 64 KiB is
 * cut there. An unfinished line that is flushed is continued by the next one. A plain log (a file
 * that is followed) has no letters.
 */
#include "output.h"
#include <string.h>

static const char letters[LOCAL_N_STREAMS] = { 'o', 'e' };

struct _LocalOutput {
  GString *unfinished[LOCAL_N_STREAMS];
  GString *lines; /* finished, with letters and line ends */
  guint n_lines;
  gboolean plain; /* no letters */
  char *encoding; /* (nullable): UTF-8 */
};

LocalOutput *
local_output_new (const char *encoding, gboolean plain, GError **error)
{
  g_autoptr (LocalOutput) self = g_new0 (LocalOutput, 1);
  GIConv converter = (GIConv)-1;

  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    self->unfinished[i] = g_string_new (NULL);
  self->lines = g_string_new (NULL);
  self->plain = plain;
  if (encoding == NULL || g_ascii_strcasecmp (encoding, "utf-8") == 0 ||
      g_ascii_strcasecmp (encoding, "utf8") == 0)
    return g_steal_pointer (&self);
  converter = g_iconv_open ("UTF-8", encoding);
  if (converter == (GIConv)-1) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "unknown encoding '%s'", encoding);
    return NULL;
  }
  g_iconv_close (converter);
  self->encoding = g_strdup (encoding);
  return g_steal_pointer (&self);
}

void
local_output_free (LocalOutput *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    g_string_free (self->unfinished[i], TRUE);
  g_string_free (self->lines, TRUE);
  g_free (self->encoding);
  g_free (self);
}

/* NUL is no part of a text line either. */
static void
append_text (LocalOutput *self, const char *bytes, gsize n_bytes)
{
  g_autofree char *converted = NULL;
  g_autofree char *valid = NULL;
  gsize n_converted = 0;

  if (self->encoding != NULL) {
    converted = g_convert_with_fallback (bytes, (gssize)n_bytes, "UTF-8", self->encoding,
                                         "\357\277\275", NULL, &n_converted, NULL);
    if (converted != NULL) {
      bytes = converted;
      n_bytes = n_converted;
    }
  }
  if (g_utf8_validate (bytes, (gssize)n_bytes, NULL)) {
    g_string_append_len (self->lines, bytes, (gssize)n_bytes);
    return;
  }
  valid = g_utf8_make_valid (bytes, (gssize)n_bytes);
  g_string_append (self->lines, valid);
}

static void
append_line (LocalOutput *self, char letter, const char *bytes, gsize n_bytes)
{
  if (!self->plain)
    g_string_append_c (self->lines, letter);
  append_text (self, bytes, n_bytes);
  g_string_append_c (self->lines, '\n');
  self->n_lines++;
}

/* Cuts before a character that would be torn. */
static gsize
cut_at (const GString *line)
{
  gsize cut = LOCAL_LINE_BYTES;

  while (cut > LOCAL_LINE_BYTES - 4 && ((guchar)line->str[cut] & 0xc0) == 0x80)
    cut--;
  return ((guchar)line->str[cut] & 0xc0) == 0x80 ? LOCAL_LINE_BYTES : cut;
}

static void
cut_long_line (LocalOutput *self, LocalStream stream)
{
  GString *line = self->unfinished[stream];

  while (line->len > LOCAL_LINE_BYTES) {
    gsize cut = cut_at (line);

    append_line (self, letters[stream], line->str, cut);
    g_string_erase (line, 0, (gssize)cut);
  }
}

void
local_output_add (LocalOutput *self, LocalStream stream, const char *bytes, gsize n_bytes)
{
  GString *line = self->unfinished[stream];

  while (n_bytes > 0) {
    const char *end = memchr (bytes, '\n', n_bytes);
    gsize part = end != NULL ? (gsize)(end - bytes) : n_bytes;

    if (line->len == 0 && end != NULL && part <= LOCAL_LINE_BYTES)
      append_line (self, letters[stream], bytes, part);
    else {
      g_string_append_len (line, bytes, (gssize)part);
      cut_long_line (self, stream);
      if (end != NULL) {
        append_line (self, letters[stream], line->str, line->len);
        g_string_truncate (line, 0);
      }
    }
    part += end != NULL ? 1 : 0;
    bytes += part;
    n_bytes -= part;
  }
}

void
local_output_add_header (LocalOutput *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    append_line (self, 'h', lines[i], strlen (lines[i]));
}

/* @final: nothing continues the unfinished lines */
void
local_output_flush (LocalOutput *self, gboolean final)
{
  for (guint i = 0; i < LOCAL_N_STREAMS; i++) {
    GString *line = self->unfinished[i];

    if (line->len == 0)
      continue;
    append_line (self, letters[i], line->str, line->len);
    g_string_truncate (line, 0);
    if (!final)
      append_line (self, 'h', "(the next line continues this one)", 34);
  }
}

gboolean
local_output_has_unfinished (const LocalOutput *self)
{
  return self->unfinished[LOCAL_STREAM_OUT]->len > 0 || self->unfinished[LOCAL_STREAM_ERR]->len > 0;
}

/* (nullable): nothing to take */
GBytes *
local_output_take (LocalOutput *self, guint *n_lines)
{
  GString *lines = self->lines;

  if (lines->len == 0)
    return NULL;
  *n_lines = self->n_lines;
  self->n_lines = 0;
  self->lines = g_string_new (NULL);
  return g_string_free_to_bytes (lines);
}
