/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can stand behind "is". */
#include "render-private.h"
#include "tables-private.h"

#include <string.h>

static gboolean
test_defined (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return value.kind != TPL_UNDEFINED;
}

static gboolean
test_undefined (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return value.kind == TPL_UNDEFINED;
}

static gboolean
test_none (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return value.kind == TPL_NONE;
}

static gboolean
test_string (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return value.kind == TPL_TEXT;
}

static gboolean
test_mapping (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return tpl_is_map (value);
}

static gboolean
test_number (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return tpl_is_number (value);
}

static gboolean
test_sequence (TplRender *render G_GNUC_UNUSED, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return value.kind == TPL_TEXT || tpl_is_list (value) || tpl_is_map (value) ||
         value.kind == TPL_UNDEFINED;
}

static gboolean
is_divisible (TplRender *render, TplValue value, gint64 rest)
{
  TplValue result = tpl_operate (render, TPL_MODULO, value, tpl_integer (2));

  return tpl_value_equal (render, result, tpl_integer (rest));
}

static gboolean
test_odd (TplRender *render, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return is_divisible (render, value, 1);
}

static gboolean
test_even (TplRender *render, TplValue value, TplValue argument G_GNUC_UNUSED)
{
  return is_divisible (render, value, 0);
}

static gboolean
test_equal (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_EQUAL, value, argument);
}

static gboolean
test_not_equal (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_NOT_EQUAL, value, argument);
}

static gboolean
test_less (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_LESS, value, argument);
}

static gboolean
test_less_equal (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_LESS_EQUAL, value, argument);
}

static gboolean
test_greater (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_GREATER, value, argument);
}

static gboolean
test_greater_equal (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_GREATER_EQUAL, value, argument);
}

static gboolean
test_in (TplRender *render, TplValue value, TplValue argument)
{
  return tpl_holds (render, TPL_IN, value, argument);
}

const TplTest *
tpl_test_find (const char *name)
{
  static const TplTest tests[] = {
    { "defined", test_defined, 0 },
    { "undefined", test_undefined, 0 },
    { "none", test_none, 0 },
    { "string", test_string, 0 },
    { "mapping", test_mapping, 0 },
    { "number", test_number, 0 },
    { "sequence", test_sequence, 0 },
    { "odd", test_odd, 0 },
    { "even", test_even, 0 },
    { "equalto", test_equal, 1 },
    { "eq", test_equal, 1 },
    { "ne", test_not_equal, 1 },
    { "lt", test_less, 1 },
    { "le", test_less_equal, 1 },
    { "gt", test_greater, 1 },
    { "ge", test_greater_equal, 1 },
    { "in", test_in, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (strcmp (tests[i].name, name) == 0)
      return &tests[i];
  return NULL;
}
