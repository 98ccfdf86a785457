/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that grows, is printed, escaped, quoted. Every byte added goes through tpl_append (), which
 * holds it to the limit of output and charges the steps. Escapes are MarkupSafe's. */
#include "render-private.h"
#include "text-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Data may be no UTF-8 where a plugin slipped: a byte that begins nothing counts as a character. */
gsize
tpl_utf8_step (const char *at, const char *end)
{
  gsize step = (gsize)g_utf8_skip[(guchar)*at];

  return MIN (step, (gsize)(end - at));
}

gunichar
tpl_utf8_get (const char *at, const char *end)
{
  gunichar character = 0;

  if ((guchar)*at < 0x80)
    return (guchar)*at;
  character = g_utf8_get_char_validated (at, end - at);
  return character >= 0x110000 ? 0xFFFD : character;
}

gsize
tpl_utf8_count (const char *text, gsize length)
{
  gsize count = 0;
  const char *end = text + length;

  for (const char *at = text; at < end; at += tpl_utf8_step (at, end))
    count++;
  return count;
}

const char *
tpl_utf8_offset (const char *text, gsize length, gsize characters)
{
  const char *end = text + length;

  for (; characters > 0 && text < end; characters--)
    text += tpl_utf8_step (text, end);
  return text;
}

gboolean
tpl_append (TplRender *render, GString *to, const char *text, gsize length)
{
  if (length > render->max_bytes || to->len > render->max_bytes - length) {
    tpl_render_fail (render, "more than %" G_GSIZE_FORMAT " bytes of output", render->max_bytes);
    return FALSE;
  }
  if (length >= TPL_BYTES_PER_STEP && !tpl_render_charge (render, length / TPL_BYTES_PER_STEP))
    return FALSE;
  g_string_append_len (to, text, (gssize)length);
  return TRUE;
}

void
tpl_append_repeated (TplRender *render, GString *to, const char *text, gsize times)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < times && length > 0; i++) {
    if (i % TPL_BYTES_PER_STEP == 0 && !tpl_render_charge (render, 1))
      return;
    if (!tpl_append (render, to, text, length))
      return;
  }
}

static const char *
escape_for (char character)
{
  static const char *const escapes[] = {
    ['"'] = "&#34;", ['&'] = "&amp;", ['\''] = "&#39;", ['<'] = "&lt;", ['>'] = "&gt;",
  };

  return (guchar)character < G_N_ELEMENTS (escapes) ? escapes[(guchar)character] : NULL;
}

void
tpl_append_escaped (TplRender *render, GString *to, const char *text, gsize length)
{
  const char *run = text;
  const char *end = text + length;

  for (const char *at = text; at < end; at++) {
    const char *escape = escape_for (*at);

    if (escape == NULL)
      continue;
    tpl_append (render, to, run, (gsize)(at - run));
    if (!tpl_append (render, to, escape, strlen (escape)))
      return;
    run = at + 1;
  }
  tpl_append (render, to, run, (gsize)(end - run));
}

/* The shortest that reads back as the same number. 15 digits always survive, so that fewer are only
 * zeros behind; the numbers below DBL_MIN have fewer to begin with. */
static char *
shortest_digits (double number)
{
  int fewest = fabs (number) < DBL_MIN ? 1 : 15;

  for (int precision = fewest; precision <= 17; precision++) {
    g_autofree char *format = g_strdup_printf ("%%.%de", precision - 1);
    g_autofree char *text = g_malloc (G_ASCII_DTOSTR_BUF_SIZE);

    g_ascii_formatd (text, G_ASCII_DTOSTR_BUF_SIZE, format, number);
    if (g_ascii_strtod (text, NULL) == number || precision == 17)
      return g_steal_pointer (&text);
  }
  return NULL;
}

/* digits without point, cut of zeros behind; the exponent stands apart */
static GString *
split_digits (const char *text, gint64 *exponent)
{
  GString *digits = g_string_new (NULL);
  const char *at = text;

  for (; *at != 'e'; at++)
    if (g_ascii_isdigit (*at))
      g_string_append_c (digits, *at);
  while (digits->len > 1 && digits->str[digits->len - 1] == '0')
    g_string_truncate (digits, digits->len - 1);
  g_ascii_string_to_signed (at + 1, 10, -999, 999, exponent, NULL);
  return digits;
}

/* as Python's repr (): 2.0, 0.1, 1e+16, 1e-05 */
char *
tpl_double_to_text (double number)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) digits = NULL;
  gint64 exponent = 0;

  if (isnan (number))
    return g_strdup ("nan");
  if (isinf (number))
    return g_strdup (number > 0 ? "inf" : "-inf");
  text = shortest_digits (number);
  digits = split_digits (text, &exponent);
  if (exponent < -4 || exponent >= 16) {
    if (digits->len > 1)
      g_string_insert_c (digits, 1, '.');
    g_string_append_printf (digits, "e%c%02" G_GINT64_FORMAT, exponent < 0 ? '-' : '+',
                            ABS (exponent));
  } else if (exponent < 0) {
    for (gint64 i = exponent; i < -1; i++)
      g_string_prepend_c (digits, '0');
    g_string_prepend (digits, "0.");
  } else {
    while ((gint64)digits->len < exponent + 2)
      g_string_append_c (digits, '0');
    g_string_insert_c (digits, (gssize)exponent + 1, '.');
  }
  if (signbit (number))
    g_string_prepend_c (digits, '-');
  return g_string_free (g_steal_pointer (&digits), FALSE);
}

/* pages are full of small numbers: printf () would be most of their cost */
static void
append_whole (TplRender *render, GString *to, gint64 number)
{
  guint64 rest = number < 0 ? -(guint64)number : (guint64)number;
  guint64 unit = 1;

  if (!tpl_append (render, to, "-", number < 0 ? 1 : 0))
    return;
  while (rest / unit >= 10)
    unit *= 10;
  for (; unit > 0; unit /= 10) {
    char digit = (char)('0' + rest / unit % 10);

    tpl_append (render, to, &digit, 1);
  }
}

static void
append_double (TplRender *render, GString *to, double number)
{
  g_autofree char *text = tpl_double_to_text (number);

  tpl_append (render, to, text, strlen (text));
}

static void
append_quoted_character (TplRender *render, GString *to, const char *at, const char *end)
{
  gunichar character = tpl_utf8_get (at, end);
  g_autofree char *text = NULL;

  if (character == '\n' || character == '\r' || character == '\t')
    text = g_strdup (character == '\n' ? "\\n" : character == '\r' ? "\\r" : "\\t");
  else if (character == ' ' || (g_unichar_isprint (character) && !g_unichar_isspace (character)))
    text = g_strndup (at, tpl_utf8_step (at, end));
  else if (character < 0x100)
    text = g_strdup_printf ("\\x%02x", character);
  else if (character < 0x10000)
    text = g_strdup_printf ("\\u%04x", character);
  else
    text = g_strdup_printf ("\\U%08x", character);
  tpl_append (render, to, text, strlen (text));
}

static void
append_quoted_text (TplRender *render, GString *to, TplValue value)
{
  const char *end = value.text + value.length;
  gboolean has_single = memchr (value.text, '\'', value.length) != NULL;
  gboolean has_double = memchr (value.text, '"', value.length) != NULL;
  char quote = has_single && !has_double ? '"' : '\'';

  tpl_append (render, to, &quote, 1);
  for (const char *at = value.text; at < end; at += tpl_utf8_step (at, end)) {
    if (*at == quote || *at == '\\')
      tpl_append (render, to, "\\", 1);
    if (*at >= ' ' && *at < 0x7F)
      tpl_append (render, to, at, 1);
    else
      append_quoted_character (render, to, at, end);
  }
  tpl_append (render, to, &quote, 1);
}

static void
append_quoted_list (TplRender *render, GString *to, TplValue value)
{
  TplList *items = tpl_value_iterate (render, value);
  gboolean is_tuple = (value.flags & TPL_TUPLE) != 0;

  tpl_append (render, to, is_tuple ? "(" : "[", 1);
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    if (i > 0)
      tpl_append (render, to, ", ", 2);
    tpl_append_quoted (render, to, items->items[i]);
  }
  if (is_tuple && items->length == 1)
    tpl_append (render, to, ",", 1);
  tpl_append (render, to, is_tuple ? ")" : "]", 1);
}

static void
append_quoted_map (TplRender *render, GString *to, TplValue value)
{
  TplList *keys = tpl_value_iterate (render, value);

  tpl_append (render, to, "{", 1);
  for (guint i = 0; i < keys->length && render->error == NULL; i++) {
    if (i > 0)
      tpl_append (render, to, ", ", 2);
    tpl_append_quoted (render, to, keys->items[i]);
    tpl_append (render, to, ": ", 2);
    tpl_append_quoted (render, to, tpl_value_get_item (render, value, keys->items[i]));
  }
  tpl_append (render, to, "}", 1);
}

static void
append_nested (TplRender *render, GString *to, TplValue value)
{
  if (!tpl_render_charge (render, 1))
    return;
  if (render->depth >= TPL_MAX_STACK_DEPTH) {
    tpl_render_fail (render, "data nested too deeply to print");
    return;
  }
  render->depth++;
  if (tpl_is_list (value))
    append_quoted_list (render, to, value);
  else
    append_quoted_map (render, to, value);
  render->depth--;
}

/* inside of lists and maps, as Python's repr () */
void
tpl_append_quoted (TplRender *render, GString *to, TplValue value)
{
  if (value.kind == TPL_UNDEFINED) {
    tpl_append (render, to, "Undefined", 9);
  } else if (tpl_is_safe (value)) {
    tpl_append (render, to, "Markup(", 7);
    append_quoted_text (render, to, value);
    tpl_append (render, to, ")", 1);
  } else if (value.kind == TPL_TEXT) {
    append_quoted_text (render, to, value);
  } else {
    tpl_append_value (render, to, value);
  }
}

static void
append_opaque (TplRender *render, GString *to, TplValue value)
{
  const char *text = tpl_value_describe (value);

  tpl_append (render, to, "<", 1);
  tpl_append (render, to, text, strlen (text));
  tpl_append (render, to, ">", 1);
}

/* as Python's str () */
void
tpl_append_value (TplRender *render, GString *to, TplValue value)
{
  if (value.kind == TPL_TEXT)
    tpl_append (render, to, value.text, value.length);
  else if (value.kind == TPL_INTEGER)
    append_whole (render, to, value.integer);
  else if (value.kind == TPL_DOUBLE)
    append_double (render, to, value.number);
  else if (value.kind == TPL_BOOLEAN)
    tpl_append (render, to, value.integer ? "True" : "False", value.integer ? 4 : 5);
  else if (value.kind == TPL_NONE)
    tpl_append (render, to, "None", 4);
  else if (tpl_is_list (value) || tpl_is_map (value))
    append_nested (render, to, value);
  else if (value.kind > TPL_UNDEFINED)
    append_opaque (render, to, value);
}

/* as {{ }} prints: escaped where the template asks for it */
void
tpl_append_printed (TplRender *render, GString *to, TplValue value)
{
  if (!render->escapes || tpl_is_safe (value) || tpl_is_number (value)) {
    tpl_append_value (render, to, value);
  } else if (value.kind == TPL_TEXT) {
    tpl_append_escaped (render, to, value.text, value.length);
  } else if (value.kind > TPL_UNDEFINED) {
    g_autoptr (GString) plain = g_string_new (NULL);

    tpl_append_value (render, plain, value);
    tpl_append_escaped (render, to, plain->str, plain->len);
  }
}

TplValue
tpl_text_copy (TplRender *render, const char *text, gsize length)
{
  char *copy = tpl_render_alloc (render, length + 1);

  if (copy == NULL || length > G_MAXUINT32 - 1)
    return tpl_text ("", 0);
  memcpy (copy, text, length);
  return tpl_text (copy, length);
}

/* copies into the rendering's memory; the buffer stays the caller's */
TplValue
tpl_text_take (TplRender *render, GString *buffer, guint flags)
{
  TplValue value = tpl_text_copy (render, buffer->str, buffer->len);

  value.flags = flags;
  return value;
}

TplValue
tpl_value_to_text (TplRender *render, TplValue value)
{
  g_autoptr (GString) buffer = NULL;

  if (value.kind == TPL_TEXT)
    return value;
  if (value.kind <= TPL_UNDEFINED)
    return tpl_text ("", 0);
  buffer = g_string_new (NULL);
  tpl_append_value (render, buffer, value);
  return tpl_text_take (render, buffer, 0);
}

/* escaped, unless it is safe already */
TplValue
tpl_value_to_safe (TplRender *render, TplValue value)
{
  g_autoptr (GString) buffer = NULL;

  if (tpl_is_safe (value))
    return value;
  value = tpl_value_to_text (render, value);
  buffer = g_string_new (NULL);
  tpl_append_escaped (render, buffer, value.text, value.length);
  return tpl_text_take (render, buffer, TPL_SAFE);
}

/* A safe separator makes all safe, as Markup.join () does. */
TplValue
tpl_text_join (TplRender *render, TplValue separator, const TplList *items)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  gboolean escapes = tpl_is_safe (separator);

  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    TplValue item = items->items[i];

    if (i > 0)
      tpl_append (render, buffer, separator.text, separator.length);
    if (escapes)
      item = tpl_value_to_safe (render, item);
    tpl_append_value (render, buffer, item);
  }
  return tpl_text_take (render, buffer, separator.flags);
}
