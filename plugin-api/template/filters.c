/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of texts, and the search through all tables of filters. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

#define MAX_INDENT 1000

const TplFilter *
tpl_filter_find (const char *name)
{
  const TplFilter *const tables[] = { tpl_filters_text, tpl_filters_list, tpl_filters_number };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const TplFilter *row = tables[i]; row->name != NULL; row++)
      if (strcmp (row->name, name) == 0)
        return row;
  return NULL;
}

TplValue
tpl_filter_apply (TplRender *render, const TplFilter *filter, const TplValue *args, guint n_args)
{
  return filter->apply (render, args, n_args);
}

static TplValue
filter_escape (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_value_to_safe (render, args[0]);
}

static TplValue
filter_safe (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue text = tpl_value_to_text (render, args[0]);

  text.flags = TPL_SAFE;
  return text;
}

static TplValue
filter_string (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_value_to_text (render, args[0]);
}

static TplValue
filter_default (TplRender *render G_GNUC_UNUSED, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  gboolean by_truth = tpl_value_is_true (args[2]);

  if (args[0].kind != TPL_UNDEFINED && !(by_truth && !tpl_value_is_true (args[0])))
    return args[0];
  return tpl_is_given (args[1]) ? args[1] : tpl_text ("", 0);
}

static TplValue
filter_upper (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_text_upper (render, args[0]);
}

static TplValue
filter_lower (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_text_lower (render, args[0]);
}

static TplValue
filter_capitalize (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_text_capitalize (render, args[0]);
}

/* Words begin behind white space, hyphens and opening brackets. */
static TplValue
filter_title (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue text = tpl_value_to_text (render, args[0]);
  const char *end = text.text + text.length;
  const char *at = text.text;
  g_autoptr (GString) buffer = g_string_new (NULL);

  while (at < end && render->error == NULL) {
    gsize gap = strspn (at, "- \t\n\v\f\r({[<");
    gsize word = strcspn (at + gap, "- \t\n\v\f\r({[<");
    TplValue changed = tpl_text_capitalize (render, tpl_text_copy (render, at + gap, word));

    tpl_append (render, buffer, at, gap);
    tpl_append (render, buffer, changed.text, changed.length);
    at += gap + word;
  }
  return tpl_text_take (render, buffer, 0);
}

static TplValue
filter_trim (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_text_strip (render, args[0], args[1], TPL_STRIP_LEFT | TPL_STRIP_RIGHT);
}

static TplValue
filter_replace (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue texts[3];
  gint64 count = tpl_argument_get_integer (render, args[3], -1);
  gboolean escapes = tpl_is_safe (args[0]);

  if (render->escapes && (tpl_is_safe (args[1]) || tpl_is_safe (args[2])))
    escapes = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    texts[i] = escapes && render->escapes ? tpl_value_to_safe (render, args[i])
                                          : tpl_value_to_text (render, args[i]);
  if (!render->escapes)
    texts[0].flags = 0;
  return tpl_text_replace (render, texts, count);
}

static TplValue
indentation (TplRender *render, TplValue width)
{
  g_autoptr (GString) buffer = g_string_new (NULL);

  if (width.kind == TPL_TEXT)
    return width;
  tpl_append_repeated (render, buffer, " ",
                       (gsize)CLAMP (tpl_argument_get_integer (render, width, 4), 0, MAX_INDENT));
  return tpl_text_take (render, buffer, 0);
}

static TplValue
filter_indent (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue text = tpl_value_to_text (render, args[0]);
  TplValue space = indentation (render, args[1]);
  gboolean indents = tpl_value_is_true (args[2]);
  gboolean indents_blank = tpl_value_is_true (args[3]);
  g_autoptr (GString) buffer = g_string_new (NULL);
  const char *at = text.text;

  while (render->error == NULL) {
    gsize length = strcspn (at, "\r\n");

    if (indents && (length > 0 || indents_blank || at == text.text))
      tpl_append (render, buffer, space.text, space.length);
    tpl_append (render, buffer, at, length);
    at += length;
    if (*at == '\0')
      break;
    at += g_str_has_prefix (at, "\r\n") ? 2 : 1;
    tpl_append (render, buffer, "\n", 1);
    indents = TRUE;
  }
  return tpl_text_take (render, buffer, text.flags);
}

static TplValue
cut (TplRender *render, TplValue text, gint64 characters, gboolean kills_words)
{
  const char *to = tpl_utf8_offset (text.text, text.length, (gsize)characters);
  TplValue result = tpl_text_copy (render, text.text, (gsize)(to - text.text));
  const char *blank = memrchr (result.text, ' ', result.length);

  if (!kills_words && blank != NULL)
    result = tpl_text_copy (render, result.text, (gsize)(blank - result.text));
  result.flags = text.flags;
  return result;
}

static TplValue
filter_truncate (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue text = tpl_value_to_text (render, args[0]);
  gint64 length = tpl_argument_get_integer (render, args[1], 255);
  TplValue end =
      tpl_argument_is_set (args[3]) ? tpl_value_to_text (render, args[3]) : tpl_text ("...", 3);
  gint64 leeway = tpl_argument_get_integer (render, args[4], 5);
  gint64 end_length = (gint64)tpl_utf8_count (end.text, end.length);

  if (length < end_length || leeway < 0 || leeway > G_MAXINT32 || length > G_MAXINT32) {
    tpl_render_fail (render, "truncate to fewer characters than its end has");
    return text;
  }
  if ((gint64)tpl_utf8_count (text.text, text.length) <= length + leeway)
    return text;
  text = cut (render, text, length - end_length, tpl_value_is_true (args[2]));
  return tpl_operate (render, TPL_ADD, text, end);
}

static void
append_url_encoded (TplRender *render, GString *to, TplValue value)
{
  TplValue text = tpl_value_to_text (render, value);
  g_autofree char *encoded = g_uri_escape_bytes ((const guint8 *)text.text, text.length, NULL);

  tpl_append (render, to, encoded, strlen (encoded));
}

static void
append_url_pair (TplRender *render, GString *to, TplValue key, TplValue value)
{
  if (to->len > 0)
    tpl_append (render, to, "&", 1);
  append_url_encoded (render, to, key);
  tpl_append (render, to, "=", 1);
  append_url_encoded (render, to, value);
}

/* a map or a list of pairs is a query, anything else one part of an address */
static TplValue
filter_urlencode (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  const TplList *items = NULL;

  if (!tpl_is_list (args[0]) && !tpl_is_map (args[0])) {
    append_url_encoded (render, buffer, args[0]);
    return tpl_text_take (render, buffer, 0);
  }
  items = tpl_value_iterate (render, args[0]);
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    TplValue key = items->items[i];

    if (tpl_is_map (args[0]))
      append_url_pair (render, buffer, key, tpl_value_get_item (render, args[0], key));
    else
      append_url_pair (render, buffer, tpl_value_get_item (render, key, tpl_integer (0)),
                       tpl_value_get_item (render, key, tpl_integer (1)));
  }
  return tpl_text_take (render, buffer, 0);
}

static TplValue
filter_tojson (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  gint64 indent = tpl_argument_get_integer (render, args[1], 0);

  tpl_append_json (render, buffer, args[0], (guint)CLAMP (indent, 0, 16));
  return tpl_text_take (render, buffer, TPL_SAFE);
}

static gsize
longest_run (TplValue text, char character)
{
  gsize longest = 0;
  gsize run = 0;

  for (gsize i = 0; i < text.length; i++) {
    run = text.text[i] == character ? run + 1 : 0;
    longest = MAX (longest, run);
  }
  return longest;
}

/* a block of code in Markdown: no row of back-quotes inside is as long as the lines around it */
static TplValue
filter_fence (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue text = tpl_value_to_text (render, args[0]);
  g_autoptr (GString) buffer = g_string_new (NULL);
  gsize length = MAX (longest_run (text, '`') + 1, 3);
  gboolean ends_line = text.length > 0 && text.text[text.length - 1] == '\n';

  tpl_append_repeated (render, buffer, "`", length);
  tpl_append (render, buffer, "\n", 1);
  tpl_append (render, buffer, text.text, text.length);
  if (!ends_line)
    tpl_append (render, buffer, "\n", 1);
  tpl_append_repeated (render, buffer, "`", length);
  return tpl_text_take (render, buffer, text.flags);
}

const TplFilter tpl_filters_text[] = {
  { "e", filter_escape, 0, "", NULL },
  { "escape", filter_escape, 0, "", NULL },
  { "safe", filter_safe, 0, "", NULL },
  { "string", filter_string, 0, "", NULL },
  { "default", filter_default, 0, "default_value boolean", NULL },
  { "d", filter_default, 0, "default_value boolean", NULL },
  { "upper", filter_upper, 0, "", NULL },
  { "lower", filter_lower, 0, "", NULL },
  { "title", filter_title, 0, "", NULL },
  { "capitalize", filter_capitalize, 0, "", NULL },
  { "trim", filter_trim, 0, "chars", NULL },
  { "replace", filter_replace, 2, "old new count", NULL },
  { "indent", filter_indent, 0, "width first blank", NULL },
  { "truncate", filter_truncate, 0, "length killwords end leeway", NULL },
  { "urlencode", filter_urlencode, 0, "", NULL },
  { "tojson", filter_tojson, 0, "indent", NULL },
  { "fence", filter_fence, 0, "", NULL },
  { NULL, NULL, 0, NULL, NULL },
};
