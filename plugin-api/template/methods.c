/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be called by a dot on texts, maps and the loop variable, as in Python. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

#define ON_TEXT (1u << TPL_TEXT)
#define ON_MAP  (1u << TPL_MAP | 1u << TPL_OBJECT)
#define ON_LOOP (1u << TPL_LOOP)

static TplValue
argument (const TplCall *call, guint index)
{
  return index < call->n_positional ? call->positional[index] : tpl_absent ();
}

/* FALSE, with an error, unless the argument is text */
static gboolean
check_text (TplRender *render, const char *method, TplValue value)
{
  if (value.kind == TPL_TEXT)
    return TRUE;
  tpl_render_fail (render, "%s () takes text, not %s", method, tpl_value_describe (value));
  return FALSE;
}

static TplValue
map_get (TplRender *render, TplValue object, const TplCall *call)
{
  TplValue found = tpl_value_get_item (render, object, call->positional[0]);

  if (found.kind != TPL_UNDEFINED)
    return found;
  return call->n_positional > 1 ? call->positional[1] : tpl_none ();
}

static TplValue
map_items (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  return tpl_filter_apply (render, tpl_filter_find ("items"), &object, 1);
}

static TplValue
map_keys (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  return tpl_list (tpl_value_iterate (render, object));
}

static TplValue
map_values (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  const TplList *keys = tpl_value_iterate (render, object);
  TplList *values = tpl_list_new (render, keys->length);

  for (guint i = 0; i < keys->length; i++)
    if (!tpl_list_append (render, values, tpl_value_get_item (render, object, keys->items[i])))
      break;
  return tpl_list (values);
}

static TplValue
text_join (TplRender *render, TplValue object, const TplCall *call)
{
  const TplList *items = tpl_value_iterate (render, call->positional[0]);

  for (guint i = 0; i < items->length && !tpl_is_safe (object); i++)
    if (!check_text (render, "join", items->items[i]))
      return tpl_none ();
  return tpl_text_join (render, object, items);
}

static gboolean
append_part (TplRender *render, TplList *parts, const char *from, const char *to, guint flags)
{
  TplValue part = tpl_text_copy (render, from, (gsize)(to - from));

  part.flags = flags;
  return tpl_list_append (render, parts, part);
}

/* at runs of white space; none at the ends */
static TplValue
split_at_space (TplRender *render, TplValue object, gint64 count)
{
  TplList *parts = tpl_list_new (render, 0);
  const char *space = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const char *end = object.text + object.length;
  const char *at = object.text + strspn (object.text, space);

  while (at < end && render->error == NULL) {
    const char *to = count == 0 ? end : at + strcspn (at, space);

    append_part (render, parts, at, to, object.flags);
    at = to + strspn (to, space);
    count--;
  }
  return tpl_list (parts);
}

static TplValue
text_split (TplRender *render, TplValue object, const TplCall *call)
{
  TplValue separator = argument (call, 0);
  gint64 count = tpl_argument_get_integer (render, argument (call, 1), -1);
  TplList *parts = NULL;
  const char *at = object.text;
  const char *end = at + object.length;
  const char *found = NULL;

  if (!tpl_argument_is_set (separator))
    return split_at_space (render, object, count);
  if (!check_text (render, "split", separator))
    return tpl_none ();
  if (separator.length == 0)
    tpl_render_fail (render, "split () at nothing");
  parts = tpl_list_new (render, 0);
  for (; count != 0 && render->error == NULL; count--) {
    found = memmem (at, (gsize)(end - at), separator.text, separator.length);
    if (found == NULL)
      break;
    append_part (render, parts, at, found, object.flags);
    at = found + separator.length;
  }
  append_part (render, parts, at, end, object.flags);
  return tpl_list (parts);
}

static TplValue
text_strip (TplRender *render, TplValue object, const TplCall *call)
{
  return tpl_text_strip (render, object, argument (call, 0), TPL_STRIP_LEFT | TPL_STRIP_RIGHT);
}

static TplValue
text_lstrip (TplRender *render, TplValue object, const TplCall *call)
{
  return tpl_text_strip (render, object, argument (call, 0), TPL_STRIP_LEFT);
}

static TplValue
text_rstrip (TplRender *render, TplValue object, const TplCall *call)
{
  return tpl_text_strip (render, object, argument (call, 0), TPL_STRIP_RIGHT);
}

static TplValue
text_replace (TplRender *render, TplValue object, const TplCall *call)
{
  TplValue texts[3] = { object, call->positional[0], call->positional[1] };
  gint64 count = tpl_argument_get_integer (render, argument (call, 2), -1);

  if (!check_text (render, "replace", texts[1]) || !check_text (render, "replace", texts[2]))
    return tpl_none ();
  if (tpl_is_safe (object)) {
    texts[1] = tpl_value_to_safe (render, texts[1]);
    texts[2] = tpl_value_to_safe (render, texts[2]);
  }
  return tpl_text_replace (render, texts, count);
}

static TplValue
text_upper (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  return tpl_text_upper (render, object);
}

static TplValue
text_lower (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  return tpl_text_lower (render, object);
}

static TplValue
text_capitalize (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  return tpl_text_capitalize (render, object);
}

/* words are runs of letters */
static TplValue
text_title (TplRender *render, TplValue object, const TplCall *call G_GNUC_UNUSED)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  const char *end = object.text + object.length;
  gboolean inside = FALSE;

  for (const char *at = object.text; at < end; at += tpl_utf8_step (at, end)) {
    gunichar character = tpl_utf8_get (at, end);
    g_autofree char *text = g_malloc0 (8);
    gunichar changed = inside ? g_unichar_tolower (character) : g_unichar_totitle (character);

    tpl_append (render, buffer, text, (gsize)g_unichar_to_utf8 (changed, text));
    inside = g_unichar_isalpha (character);
  }
  return tpl_text_take (render, buffer, object.flags);
}

typedef gboolean (*MatchFunc) (TplValue text, TplValue part);

static gboolean
has_prefix (TplValue text, TplValue part)
{
  return part.length <= text.length && memcmp (text.text, part.text, part.length) == 0;
}

static gboolean
has_suffix (TplValue text, TplValue part)
{
  return part.length <= text.length &&
         memcmp (text.text + text.length - part.length, part.text, part.length) == 0;
}

/* one part, or several in a tuple */
static TplValue
match_any (TplRender *render, TplValue object, TplValue parts, MatchFunc matches)
{
  if (parts.kind == TPL_TEXT)
    return tpl_boolean (matches (object, parts));
  if (parts.kind != TPL_LIST || (parts.flags & TPL_TUPLE) == 0) {
    check_text (render, "startswith", parts);
    return tpl_none ();
  }
  for (guint i = 0; i < parts.list->length; i++)
    if (parts.list->items[i].kind == TPL_TEXT && matches (object, parts.list->items[i]))
      return tpl_boolean (TRUE);
  return tpl_boolean (FALSE);
}

static TplValue
text_startswith (TplRender *render, TplValue object, const TplCall *call)
{
  return match_any (render, object, call->positional[0], has_prefix);
}

static TplValue
text_endswith (TplRender *render, TplValue object, const TplCall *call)
{
  return match_any (render, object, call->positional[0], has_suffix);
}

static TplValue
text_format (TplRender *render, TplValue object, const TplCall *call)
{
  return tpl_format_braces (render, object, call);
}

static TplValue
loop_cycle (TplRender *render G_GNUC_UNUSED, TplValue object, const TplCall *call)
{
  return call->positional[object.loop->index % call->n_positional];
}

static TplValue
loop_changed (TplRender *render, TplValue object, const TplCall *call)
{
  TplList *list = tpl_list_new (render, call->n_positional);
  TplValue before = object.loop->changed;

  for (guint i = 0; i < call->n_positional; i++)
    tpl_list_append (render, list, call->positional[i]);
  render->keeps_memory = TRUE;
  object.loop->changed = tpl_list (list);
  return tpl_boolean (!tpl_is_given (before) ||
                      !tpl_value_equal (render, before, object.loop->changed));
}

static const TplMethod methods[] = {
  { "get", ON_MAP, map_get, 1, 2 },
  { "items", ON_MAP, map_items, 0, 0 },
  { "keys", ON_MAP, map_keys, 0, 0 },
  { "values", ON_MAP, map_values, 0, 0 },
  { "join", ON_TEXT, text_join, 1, 1 },
  { "split", ON_TEXT, text_split, 0, 2 },
  { "strip", ON_TEXT, text_strip, 0, 1 },
  { "lstrip", ON_TEXT, text_lstrip, 0, 1 },
  { "rstrip", ON_TEXT, text_rstrip, 0, 1 },
  { "replace", ON_TEXT, text_replace, 2, 3 },
  { "upper", ON_TEXT, text_upper, 0, 0 },
  { "lower", ON_TEXT, text_lower, 0, 0 },
  { "startswith", ON_TEXT, text_startswith, 1, 1 },
  { "endswith", ON_TEXT, text_endswith, 1, 1 },
  { "format", ON_TEXT, text_format, 0, G_MAXUINT },
  { "title", ON_TEXT, text_title, 0, 0 },
  { "capitalize", ON_TEXT, text_capitalize, 0, 0 },
  { "cycle", ON_LOOP, loop_cycle, 1, G_MAXUINT },
  { "changed", ON_LOOP, loop_changed, 0, G_MAXUINT },
};

const TplMethod *
tpl_method_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, name) == 0)
      return &methods[i];
  return NULL;
}
