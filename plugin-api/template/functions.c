/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few functions that templates can call without a dot. Anything of the same name in the data or
 * set by the template hides them. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

#include "belfry-text.h"

#define MAX_RANGE_ITEMS 100000

/* named arguments fill %(name)s in the translation */
static TplValue
fill_in (TplRender *render, const char *text, const TplCall *call, TplValue count)
{
  TplMap *map = NULL;
  TplValue value = tpl_text_copy (render, text, strlen (text));

  if (call->n_keywords == 0)
    return value;
  map = tpl_map_new (render);
  if (tpl_is_given (count))
    tpl_map_set (render, map, tpl_text ("num", 3), count);
  for (guint i = 0; i < call->n_keywords; i++)
    tpl_map_set (render, map, tpl_text (call->keywords[i], strlen (call->keywords[i])),
                 call->keyword_values[i]);
  return tpl_format_percent (render, value, (TplValue){ .kind = TPL_MAP, .map = map });
}

static TplValue
call_gettext (TplRender *render, const TplCall *call)
{
  if (call->n_positional != 1 || call->positional[0].kind != TPL_TEXT) {
    tpl_render_fail (render, "_() takes one text");
    return tpl_none ();
  }
  return fill_in (render, belfry_tr (render->language, call->positional[0].text), call,
                  tpl_absent ());
}

static TplValue
call_ngettext (TplRender *render, const TplCall *call)
{
  const TplValue *arguments = call->positional;
  gint64 count = 0;

  if (call->n_positional != 3 || arguments[0].kind != TPL_TEXT || arguments[1].kind != TPL_TEXT ||
      !tpl_is_number (arguments[2])) {
    tpl_render_fail (render, "ngettext() takes two texts and a number");
    return tpl_none ();
  }
  count = tpl_is_whole (arguments[2]) ? arguments[2].integer
                                      : (gint64)CLAMP (arguments[2].number, -1e18, 1e18);
  return fill_in (
      render,
      belfry_tr_n (render->language, arguments[0].text, arguments[1].text, (guint64)ABS (count)),
      call, arguments[2]);
}

static TplValue
call_range (TplRender *render, const TplCall *call)
{
  gint64 bounds[3] = { 0, 0, 1 };
  TplList *list = tpl_list_new (render, 0);

  if (call->n_positional < 1 || call->n_positional > 3 || call->n_keywords > 0) {
    tpl_render_fail (render, "range() takes one to three numbers");
    return tpl_none ();
  }
  for (guint i = 0; i < call->n_positional; i++) {
    if (!tpl_is_whole (call->positional[i]))
      tpl_render_fail (render, "range() takes whole numbers");
    bounds[call->n_positional == 1 ? 1 : i] = call->positional[i].integer;
  }
  if (bounds[2] == 0)
    tpl_render_fail (render, "range() with step 0");
  for (gint64 i = bounds[0];
       render->error == NULL && (bounds[2] > 0 ? i < bounds[1] : i > bounds[1]);) {
    if (list->length == MAX_RANGE_ITEMS)
      tpl_render_fail (render, "range() of more than %d numbers", MAX_RANGE_ITEMS);
    tpl_list_append (render, list, tpl_integer (i));
    if (__builtin_add_overflow (i, bounds[2], &i))
      break;
  }
  return tpl_list (list);
}

static TplValue
call_super (TplRender *render, const TplCall *call)
{
  if (call->n_positional + call->n_keywords == 0)
    return tpl_render_call_super (render);
  tpl_render_fail (render, "super() takes nothing");
  return tpl_none ();
}

const TplFunction *
tpl_function_find (const char *name)
{
  static const TplFunction functions[] = {
    { "_", call_gettext },   { "gettext", call_gettext }, { "ngettext", call_ngettext },
    { "range", call_range }, { "super", call_super },
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    if (strcmp (functions[i].name, name) == 0)
      return &functions[i];
  return NULL;
}
