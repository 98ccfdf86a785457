/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators, as Python has them: / gives a fraction, // and % round downwards, + joins texts and
 * lists, * repeats them. Whole numbers have 64 bits; beyond is an error, not a wrong answer. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <math.h>

typedef TplValue (*OperateFunc) (TplRender *render, TplValue a, TplValue b);

static TplValue
fail_types (TplRender *render, const char *what, TplValue a, TplValue b)
{
  tpl_render_fail (render, "cannot %s %s and %s", what, tpl_value_describe (a),
                   tpl_value_describe (b));
  return tpl_none ();
}

static TplValue
whole (TplRender *render, gboolean overflows, gint64 result)
{
  if (overflows)
    tpl_render_fail (render, "a whole number beyond 64 bits");
  return tpl_integer (result);
}

static TplValue
add_texts (TplRender *render, TplValue a, TplValue b)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  gboolean safe = tpl_is_safe (a) || tpl_is_safe (b);

  if (safe) {
    a = tpl_value_to_safe (render, a);
    b = tpl_value_to_safe (render, b);
  }
  tpl_append (render, buffer, a.text, a.length);
  tpl_append (render, buffer, b.text, b.length);
  return tpl_text_take (render, buffer, safe ? TPL_SAFE : 0);
}

static TplValue
add_lists (TplRender *render, TplValue a, TplValue b)
{
  const TplList *first = tpl_value_iterate (render, a);
  const TplList *second = tpl_value_iterate (render, b);
  TplList *sum = tpl_list_new (render, (gsize)first->length + second->length);
  TplValue value = tpl_list (sum);

  for (guint i = 0; i < first->length; i++)
    if (!tpl_list_append (render, sum, first->items[i]))
      break;
  for (guint i = 0; i < second->length; i++)
    if (!tpl_list_append (render, sum, second->items[i]))
      break;
  value.flags = a.flags & TPL_TUPLE;
  return value;
}

static TplValue
operate_add (TplRender *render, TplValue a, TplValue b)
{
  gint64 result = 0;

  if (tpl_is_whole (a) && tpl_is_whole (b)) {
    gboolean overflows = __builtin_add_overflow (a.integer, b.integer, &result);

    return whole (render, overflows, result);
  }
  if (tpl_is_number (a) && tpl_is_number (b))
    return tpl_double (tpl_as_double (a) + tpl_as_double (b));
  if (a.kind == TPL_TEXT && b.kind == TPL_TEXT)
    return add_texts (render, a, b);
  if (tpl_is_list (a) && tpl_is_list (b) && ((a.flags ^ b.flags) & TPL_TUPLE) == 0)
    return add_lists (render, a, b);
  return fail_types (render, "add", a, b);
}

static TplValue
operate_subtract (TplRender *render, TplValue a, TplValue b)
{
  gint64 result = 0;

  if (tpl_is_whole (a) && tpl_is_whole (b)) {
    gboolean overflows = __builtin_sub_overflow (a.integer, b.integer, &result);

    return whole (render, overflows, result);
  }
  if (tpl_is_number (a) && tpl_is_number (b))
    return tpl_double (tpl_as_double (a) - tpl_as_double (b));
  return fail_types (render, "subtract", a, b);
}

static TplValue
repeat_list (TplRender *render, TplValue list, gint64 times)
{
  const TplList *items = tpl_value_iterate (render, list);
  TplList *result = tpl_list_new (render, 0);
  TplValue value = tpl_list (result);

  for (gint64 i = 0; i < times && items->length > 0 && render->error == NULL; i++)
    for (guint j = 0; j < items->length; j++)
      if (!tpl_list_append (render, result, items->items[j]))
        break;
  value.flags = list.flags & TPL_TUPLE;
  return value;
}

static TplValue
repeat (TplRender *render, TplValue value, gint64 times)
{
  g_autoptr (GString) buffer = NULL;

  if (value.kind != TPL_TEXT)
    return repeat_list (render, value, times);
  buffer = g_string_new (NULL);
  tpl_append_repeated (render, buffer, value.text, (gsize)MAX (times, 0));
  return tpl_text_take (render, buffer, value.flags);
}

static TplValue
operate_multiply (TplRender *render, TplValue a, TplValue b)
{
  gint64 result = 0;

  if (tpl_is_whole (a) && tpl_is_whole (b)) {
    gboolean overflows = __builtin_mul_overflow (a.integer, b.integer, &result);

    return whole (render, overflows, result);
  }
  if (tpl_is_number (a) && tpl_is_number (b))
    return tpl_double (tpl_as_double (a) * tpl_as_double (b));
  if ((a.kind == TPL_TEXT || tpl_is_list (a)) && tpl_is_whole (b))
    return repeat (render, a, b.integer);
  if (tpl_is_whole (a) && (b.kind == TPL_TEXT || tpl_is_list (b)))
    return repeat (render, b, a.integer);
  return fail_types (render, "multiply", a, b);
}

static gboolean
check_divisor (TplRender *render, const char *what, TplValue a, TplValue b)
{
  if (!tpl_is_number (a) || !tpl_is_number (b))
    fail_types (render, what, a, b);
  else if (tpl_as_double (b) == 0)
    tpl_render_fail (render, "division by zero");
  else
    return TRUE;
  return FALSE;
}

static TplValue
operate_divide (TplRender *render, TplValue a, TplValue b)
{
  if (!check_divisor (render, "divide", a, b))
    return tpl_none ();
  return tpl_double (tpl_as_double (a) / tpl_as_double (b));
}

static TplValue
operate_floor_divide (TplRender *render, TplValue a, TplValue b)
{
  gint64 quotient = 0;

  if (!check_divisor (render, "divide", a, b))
    return tpl_none ();
  if (!tpl_is_whole (a) || !tpl_is_whole (b))
    return tpl_double (floor (tpl_as_double (a) / tpl_as_double (b)));
  if (b.integer == -1)
    return operate_subtract (render, tpl_integer (0), a);
  quotient = a.integer / b.integer;
  if (a.integer % b.integer != 0 && (a.integer < 0) != (b.integer < 0))
    quotient--;
  return tpl_integer (quotient);
}

static TplValue
operate_modulo (TplRender *render, TplValue a, TplValue b)
{
  gint64 rest = 0;
  double fraction = 0;

  if (a.kind == TPL_TEXT)
    return tpl_format_percent (render, a, b);
  if (!check_divisor (render, "divide", a, b))
    return tpl_none ();
  if (tpl_is_whole (a) && tpl_is_whole (b)) {
    rest = b.integer == -1 ? 0 : a.integer % b.integer;
    return tpl_integer (rest != 0 && (rest < 0) != (b.integer < 0) ? rest + b.integer : rest);
  }
  fraction = fmod (tpl_as_double (a), tpl_as_double (b));
  if (fraction != 0 && (fraction < 0) != (tpl_as_double (b) < 0))
    fraction += tpl_as_double (b);
  return tpl_double (fraction);
}

static TplValue
whole_power (TplRender *render, gint64 base, gint64 exponent)
{
  gint64 result = 1;
  gboolean overflows = FALSE;

  if (base == 0 || base == 1)
    return tpl_integer (exponent == 0 ? 1 : base);
  if (base == -1)
    return tpl_integer (exponent % 2 == 0 ? 1 : -1);
  for (gint64 i = 0; i < exponent && !overflows; i++)
    overflows = __builtin_mul_overflow (result, base, &result);
  return whole (render, overflows, result);
}

static TplValue
operate_power (TplRender *render, TplValue a, TplValue b)
{
  double result = 0;

  if (!tpl_is_number (a) || !tpl_is_number (b))
    return fail_types (render, "raise", a, b);
  if (tpl_is_whole (a) && tpl_is_whole (b) && b.integer >= 0)
    return whole_power (render, a.integer, b.integer);
  result = pow (tpl_as_double (a), tpl_as_double (b));
  if (!isfinite (result))
    tpl_render_fail (render, "a power that is no number");
  return tpl_double (result);
}

TplValue
tpl_operate (TplRender *render, TplOperator code, TplValue a, TplValue b)
{
  static const OperateFunc functions[] = {
    [TPL_ADD] = operate_add,
    [TPL_SUBTRACT] = operate_subtract,
    [TPL_MULTIPLY] = operate_multiply,
    [TPL_DIVIDE] = operate_divide,
    [TPL_FLOOR_DIVIDE] = operate_floor_divide,
    [TPL_MODULO] = operate_modulo,
    [TPL_POWER] = operate_power,
  };

  return functions[code](render, a, b);
}

gboolean
tpl_holds (TplRender *render, TplComparison code, TplValue a, TplValue b)
{
  switch (code) {
  case TPL_EQUAL:
    return tpl_value_equal (render, a, b);
  case TPL_NOT_EQUAL:
    return !tpl_value_equal (render, a, b);
  case TPL_LESS:
    return tpl_value_compare (render, a, b) < 0;
  case TPL_LESS_EQUAL:
    return tpl_value_compare (render, a, b) <= 0;
  case TPL_GREATER:
    return tpl_value_compare (render, a, b) > 0;
  case TPL_GREATER_EQUAL:
    return tpl_value_compare (render, a, b) >= 0;
  case TPL_IN:
    return tpl_value_contains (render, b, a);
  case TPL_NOT_IN:
    return !tpl_value_contains (render, b, a);
  }
  return FALSE;
}

/* a bound of a slice, brought into 0…length or, going backwards, -1…length-1 */
static gint64
slice_bound (TplRender *render, TplValue bound, gint64 length, gint64 step, gboolean is_start)
{
  gint64 lowest = step < 0 ? -1 : 0;
  gint64 highest = step < 0 ? length - 1 : length;
  gint64 at = 0;

  if (bound.kind == TPL_NONE)
    return is_start == (step > 0) ? lowest : highest;
  if (!tpl_is_whole (bound)) {
    tpl_render_fail (render, "%s cannot bound a slice", tpl_value_describe (bound));
    return 0;
  }
  at = bound.integer < 0 && bound.integer > -G_MAXINT64 ? bound.integer + length : bound.integer;
  return CLAMP (at, lowest, highest);
}

static TplValue
slice_items (TplRender *render, TplValue value, gint64 start, gint64 stop, gint64 step)
{
  const TplList *items = tpl_value_iterate (render, value);
  TplList *result = tpl_list_new (render, 0);
  TplValue list = tpl_list (result);

  list.flags = value.flags & TPL_TUPLE;
  for (gint64 i = start; render->error == NULL && (step > 0 ? i < stop : i > stop); i += step)
    tpl_list_append (render, result, items->items[i]);
  if (value.kind != TPL_TEXT)
    return list;
  list = tpl_text_join (render, tpl_text ("", 0), result);
  list.flags = value.flags;
  return list;
}

/* the usual case of text, without a list of its characters */
static TplValue
slice_text (TplRender *render, TplValue value, gint64 start, gint64 stop)
{
  const char *from = tpl_utf8_offset (value.text, value.length, (gsize)start);
  gsize rest = value.length - (gsize)(from - value.text);
  const char *to = stop > start ? tpl_utf8_offset (from, rest, (gsize)(stop - start)) : from;
  TplValue result = tpl_text_copy (render, from, (gsize)(to - from));

  result.flags = value.flags;
  return result;
}

/* bounds: start, stop, step; none where left out */
TplValue
tpl_slice (TplRender *render, TplValue value, const TplValue *bounds)
{
  gint64 step = bounds[2].kind == TPL_INTEGER ? bounds[2].integer : 1;
  gint64 length = 0;
  gint64 start = 0;
  gint64 stop = 0;

  if (value.kind == TPL_UNDEFINED || (!tpl_is_list (value) && value.kind != TPL_TEXT)) {
    tpl_render_fail (render, "%s has no slices", tpl_value_describe (value));
    return tpl_none ();
  }
  tpl_value_get_length (value, &length);
  if (step == 0) {
    tpl_render_fail (render, "a slice with step 0");
    return tpl_none ();
  }
  step = CLAMP (step, -length - 1, length + 1);
  start = slice_bound (render, bounds[0], length, step, TRUE);
  stop = slice_bound (render, bounds[1], length, step, FALSE);
  if (value.kind == TPL_TEXT && step == 1)
    return slice_text (render, value, start, stop);
  return slice_items (render, value, start, stop, step);
}
