/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters: making text safe to show, escaping it for HTML and URLs, finding the word that was
 * meant. Everything here takes what strangers wrote, so nothing assumes valid UTF-8 unless it says
 * so, and work is bounded by the length of the result, not of the input.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

#define ELLIPSIS "…"
/* longer words are not compared: nobody mistypes one, and the table grows with the square */
#define MAX_WORD_CHARS 100

/* the longest prefix of at most max_bytes that ends between two characters */
static gsize
prefix_bytes (const char *text, gsize length, gsize max_bytes)
{
  gsize end = MIN (length, max_bytes);

  if (end == length)
    return end;
  while (end > 0 && ((guchar)text[end] & 0xC0) == 0x80)
    end--;
  return end;
}

/* cuts in place; text that fits stays as it is */
static void
cut_string (GString *text, gsize max_bytes)
{
  gsize mark_bytes = strlen (ELLIPSIS);

  if (text->len <= max_bytes)
    return;
  if (max_bytes < mark_bytes) {
    g_string_truncate (text, prefix_bytes (text->str, text->len, max_bytes));
    return;
  }
  g_string_truncate (text, prefix_bytes (text->str, text->len, max_bytes - mark_bytes));
  g_string_append (text, ELLIPSIS);
}

/**
 * belfry_text_cut:
 * @text: valid UTF-8
 * @max_bytes: longest result in bytes, the mark included
 *
 * Shortens text at a character boundary and marks the cut with "…" where there is room for it.
 *
 * Returns: (transfer full): at most @max_bytes bytes
 * Since: 0.1
 */
char *
belfry_text_cut (const char *text, gsize max_bytes)
{
  GString *cut;

  g_return_val_if_fail (text != NULL, NULL);

  cut = g_string_new (text);
  cut_string (cut, max_bytes);
  return g_string_free (cut, FALSE);
}

/* characters that turn the reading direction around or break lines without being controls */
static gboolean
is_deceptive (gunichar character)
{
  return (character >= 0x2028 && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069) || character == 0x200E ||
         character == 0x200F || character == 0x061C;
}

static void
append_printable (GString *out, const char *at)
{
  gunichar character = g_utf8_get_char (at);

  if (g_unichar_iscntrl (character))
    g_string_append_printf (out, "\\x%02x", character);
  else if (is_deceptive (character))
    g_string_append_printf (out, "\\u%04x", character);
  else
    g_string_append_len (out, at, g_utf8_next_char (at) - at);
}

/**
 * belfry_text_make_printable:
 * @text: (array length=length) (nullable): bytes of any kind
 * @length: length of @text in bytes, or -1 if it ends in NUL
 * @max_bytes: longest result in bytes; 0: no limit
 *
 * Makes one printable line of what a stranger sent, for logs and messages. Bytes that are no UTF-8
 * and NUL become U+FFFD, control characters `\xNN`, characters that change the reading direction
 * `\uNNNN`. What is too long is cut at a character boundary and marked with "…".
 *
 * Returns: (transfer full): valid UTF-8 without control characters
 * Since: 0.1
 */
char *
belfry_text_make_printable (const char *text, gssize length, gsize max_bytes)
{
  g_autofree char *valid = NULL;
  GString *out;
  gsize bytes;

  g_return_val_if_fail (text != NULL || length <= 0, NULL);

  if (text == NULL)
    return g_strdup ("");
  bytes = length >= 0 ? (gsize)length : strlen (text);
  /* no byte becomes less than one, so what lies far behind the cut need not be looked at */
  if (max_bytes > 0)
    bytes = MIN (bytes, max_bytes + 8);
  valid = g_utf8_make_valid (text, (gssize)bytes);
  out = g_string_sized_new (bytes);
  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    append_printable (out, at);
  if (max_bytes > 0)
    cut_string (out, max_bytes);
  return g_string_free (out, FALSE);
}

static const char *
html_entity (char character)
{
  switch (character) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&#34;";
  case '\'':
    return "&#39;";
  default:
    return NULL;
  }
}

/**
 * belfry_text_escape_html:
 * @text: text
 *
 * Escapes `&`, `<`, `>` and both quotes, so that the result is safe between tags and in quoted
 * attributes.
 *
 * Returns: (transfer full): HTML
 * Since: 0.1
 */
char *
belfry_text_escape_html (const char *text)
{
  GString *out;

  g_return_val_if_fail (text != NULL, NULL);

  out = g_string_sized_new (strlen (text) + 16);
  for (const char *at = text; *at != '\0'; at++) {
    const char *entity = html_entity (*at);

    if (entity != NULL)
      g_string_append (out, entity);
    else
      g_string_append_c (out, *at);
  }
  return g_string_free (out, FALSE);
}

/**
 * belfry_text_percent_encode:
 * @text: text
 *
 * Encodes every byte but letters, digits and `-._~` (RFC 3986 §2.3), so that the result may stand
 * in any part of a URL.
 *
 * Returns: (transfer full): ASCII
 * Since: 0.1
 */
char *
belfry_text_percent_encode (const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  return g_uri_escape_string (text, NULL, FALSE);
}

/* the byte that "%XX" stands for; -1 if these are not two hexadecimal digits */
static int
percent_byte (const char *at, const char *end)
{
  int high;
  int low;

  if (end - at < 3 || *at != '%')
    return -1;
  high = g_ascii_xdigit_value (at[1]);
  low = g_ascii_xdigit_value (at[2]);
  return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/**
 * belfry_text_percent_decode:
 * @text: (array length=length): a part of a URL or form
 * @length: length of @text in bytes, or -1 if it ends in NUL
 * @plus_is_space: whether `+` is a blank, as in forms
 * @error: return location for an error
 *
 * Decodes `%XX`. A `%` without two hexadecimal digits stands for itself. What comes out must be
 * UTF-8 without NUL; if not, the error is `BELFRY_ERROR_MALFORMED`.
 *
 * Returns: (transfer full): the decoded text
 * Since: 0.1
 */
char *
belfry_text_percent_decode (const char *text, gssize length, gboolean plus_is_space, GError **error)
{
  g_autoptr (GString) out = NULL;
  const char *end;

  g_return_val_if_fail (text != NULL || length == 0, NULL);

  end = text + (length >= 0 ? (gsize)length : strlen (text));
  out = g_string_sized_new (end - text);
  for (const char *at = text; at < end; at++) {
    int byte = percent_byte (at, end);

    if (byte >= 0)
      at += 2;
    else
      byte = plus_is_space && *at == '+' ? ' ' : *at;
    g_string_append_c (out, (char)byte);
  }
  if (!g_utf8_validate_len (out->str, out->len, NULL)) {
    g_autofree char *shown = belfry_text_make_printable (text, end - text, 80);

    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "decoding '%s': no UTF-8, or a NUL in it", shown);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/*
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost
 * one. Three rows of the table are enough.
 */
static guint
word_distance (const gunichar *a, glong a_chars, const gunichar *b, glong b_chars)
{
  glong width = b_chars + 1;
  g_autofree guint *rows = g_new0 (guint, 3 * width);
  guint *before = rows;
  guint *above = rows + width;
  guint *row = rows + 2 * width;

  for (glong j = 0; j <= b_chars; j++)
    row[j] = (guint)j;
  for (glong i = 1; i <= a_chars; i++) {
    guint *oldest = before;

    before = above;
    above = row;
    row = oldest;
    row[0] = (guint)i;
    for (glong j = 1; j <= b_chars; j++) {
      row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = MIN (row[j], MIN (above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], before[j - 2] + 1);
    }
  }
  return row[b_chars];
}

/* case and the two ways to join words are no difference worth counting */
static gunichar *
fold_word (const char *word, glong *chars)
{
  g_autofree char *valid = g_utf8_make_valid (word, (gssize)strnlen (word, MAX_WORD_CHARS * 6));
  gunichar *folded = g_utf8_to_ucs4_fast (valid, -1, chars);

  for (glong i = 0; i < *chars; i++)
    folded[i] = folded[i] == '_' ? '-' : g_unichar_tolower (folded[i]);
  return folded;
}

/**
 * belfry_text_nearest:
 * @word: what was written
 * @words: (array zero-terminated=1): what could have been meant
 *
 * Finds the word to offer after "unknown …": the one that the fewest slips of the pen turn into
 * @word, the first of several equals. One slip is allowed for each three characters, but at least
 * one; case does not count.
 *
 * Returns: (transfer none) (nullable): one of @words, or NULL if none is near
 * Since: 0.1
 */
const char *
belfry_text_nearest (const char *word, const char *const *words)
{
  g_autofree gunichar *wanted = NULL;
  const char *nearest = NULL;
  glong wanted_chars;
  guint best;

  g_return_val_if_fail (word != NULL && words != NULL, NULL);

  wanted = fold_word (word, &wanted_chars);
  if (wanted_chars == 0 || wanted_chars > MAX_WORD_CHARS)
    return NULL;
  best = MAX (1, (guint)wanted_chars / 3) + 1;
  for (guint i = 0; words[i] != NULL; i++) {
    glong chars;
    g_autofree gunichar *candidate = fold_word (words[i], &chars);
    guint distance;

    if (ABS (chars - wanted_chars) >= best)
      continue;
    distance = word_distance (wanted, wanted_chars, candidate, chars);
    /* a word of which nothing is left is not near */
    if (distance < best && distance < (guint)MAX (chars, wanted_chars)) {
      best = distance;
      nearest = words[i];
    }
  }
  return nearest;
}

/**
 * belfry_text_is_identifier:
 * @text: (nullable): text
 * @max_chars: longest accepted
 *
 * Tells whether this is a name as Buildbot's identifiers are: ASCII letters, digits, `_`, `-` and
 * `.`, not empty, no digit first.
 *
 * Returns: TRUE if so
 * Since: 0.1
 */
gboolean
belfry_text_is_identifier (const char *text, gsize max_chars)
{
  gsize length;

  if (text == NULL || *text == '\0' || g_ascii_isdigit (*text))
    return FALSE;
  for (length = 0; text[length] != '\0'; length++) {
    if (length >= max_chars)
      return FALSE;
    if (!g_ascii_isalnum (text[length]) && strchr ("_-.", text[length]) == NULL)
      return FALSE;
  }
  return TRUE;
}
