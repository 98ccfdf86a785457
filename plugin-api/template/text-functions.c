/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filters and methods of texts share: case, stripping, replacing. What is safe stays safe. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

/* an argument that Python's None leaves out as well */
gboolean
tpl_argument_is_set (TplValue argument)
{
  return argument.kind > TPL_NONE;
}

gint64
tpl_argument_get_integer (TplRender *render, TplValue argument, gint64 preset)
{
  if (!tpl_argument_is_set (argument))
    return preset;
  if (tpl_is_whole (argument))
    return argument.integer;
  tpl_render_fail (render, "%s where a whole number should stand", tpl_value_describe (argument));
  return preset;
}

typedef char *(*CaseFunc) (const char *text, gssize length);

static TplValue
change_case (TplRender *render, TplValue value, CaseFunc unicode, CaseFunc ascii)
{
  TplValue text = tpl_value_to_text (render, value);
  gboolean is_unicode = g_utf8_validate (text.text, text.length, NULL);
  g_autofree char *changed = NULL;
  TplValue result = tpl_none ();

  tpl_render_charge (render, text.length / TPL_BYTES_PER_STEP);
  changed = is_unicode ? unicode (text.text, text.length) : ascii (text.text, text.length);
  result = tpl_text_copy (render, changed, strlen (changed));
  result.flags = text.flags;
  return result;
}

TplValue
tpl_text_upper (TplRender *render, TplValue value)
{
  return change_case (render, value, g_utf8_strup, g_ascii_strup);
}

TplValue
tpl_text_lower (TplRender *render, TplValue value)
{
  return change_case (render, value, g_utf8_strdown, g_ascii_strdown);
}

TplValue
tpl_text_capitalize (TplRender *render, TplValue value)
{
  TplValue text = tpl_value_to_text (render, value);
  gsize first = text.length > 0 ? tpl_utf8_step (text.text, text.text + text.length) : 0;
  TplValue head = tpl_text_upper (render, tpl_text_copy (render, text.text, first));
  TplValue tail = tpl_text_lower (render, tpl_text (text.text + first, text.length - first));
  TplValue result = tpl_operate (render, TPL_ADD, head, tail);

  result.flags = text.flags;
  return result;
}

static gboolean
is_stripped (TplValue characters, const char *at, const char *end)
{
  if (!tpl_argument_is_set (characters))
    return g_unichar_isspace (tpl_utf8_get (at, end)) || (*at >= '\t' && *at <= '\r') ||
           (*at >= 0x1c && *at <= 0x1f);
  return memmem (characters.text, characters.length, at, tpl_utf8_step (at, end)) != NULL;
}

/* the last character before end */
static const char *
step_back (const char *start, const char *end)
{
  const char *at = end - 1;

  while (at > start && ((guchar)*at & 0xC0) == 0x80)
    at--;
  return at;
}

/* characters: none for white space; sides: of TPL_STRIP_LEFT, TPL_STRIP_RIGHT */
TplValue
tpl_text_strip (TplRender *render, TplValue value, TplValue characters, guint sides)
{
  TplValue text = tpl_value_to_text (render, value);
  const char *start = text.text;
  const char *end = text.text + text.length;
  TplValue result = tpl_none ();

  if (tpl_argument_is_set (characters) && characters.kind != TPL_TEXT) {
    tpl_render_fail (render, "%s cannot be stripped off", tpl_value_describe (characters));
    return text;
  }
  while ((sides & TPL_STRIP_LEFT) != 0 && start < end && is_stripped (characters, start, end))
    start += tpl_utf8_step (start, end);
  while ((sides & TPL_STRIP_RIGHT) != 0 && end > start &&
         is_stripped (characters, step_back (start, end), end))
    end = step_back (start, end);
  result = tpl_text_copy (render, start, (gsize)(end - start));
  result.flags = text.flags;
  return result;
}

/* an empty text stands between all characters */
static void
append_interleaved (TplRender *render, GString *to, TplValue text, TplValue new, gint64 count)
{
  const char *end = text.text + text.length;
  const char *at = text.text;

  for (; count != 0 && render->error == NULL; count--) {
    tpl_append (render, to, new.text, new.length);
    if (at == end)
      return;
    tpl_append (render, to, at, tpl_utf8_step (at, end));
    at += tpl_utf8_step (at, end);
  }
  tpl_append (render, to, at, (gsize)(end - at));
}

/* args: text, old, new, all texts; count: how many at most, negative: all */
TplValue
tpl_text_replace (TplRender *render, const TplValue *args, gint64 count)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  const char *at = args[0].text;
  const char *end = at + args[0].length;
  const char *found = NULL;

  if (args[1].length == 0) {
    append_interleaved (render, buffer, args[0], args[2], count);
    return tpl_text_take (render, buffer, args[0].flags);
  }
  for (; count != 0 && render->error == NULL; count--) {
    found = memmem (at, (gsize)(end - at), args[1].text, args[1].length);
    if (found == NULL || !tpl_render_charge (render, 1))
      break;
    tpl_append (render, buffer, at, (gsize)(found - at));
    tpl_append (render, buffer, args[2].text, args[2].length);
    at = found + args[1].length;
  }
  tpl_append (render, buffer, at, (gsize)(end - at));
  return tpl_text_take (render, buffer, args[0].flags);
}
