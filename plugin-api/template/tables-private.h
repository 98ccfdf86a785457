/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What templates can name: filters, tests, methods, functions, each a row of a table. */
#pragma once

#include "ast-private.h"

/* args[0] is what stands before the bar; missing ones are TPL_ABSENT */
typedef TplValue (*TplFilterFunc) (TplRender *render, const TplValue *args, guint n_args);

typedef struct {
  const char *name;
  TplFilterFunc apply;
  guint required;         /* arguments besides the input */
  const char *parameters; /* names, parted by blanks; "*" at the end: any number more */
  const char *by_keyword; /* (nullable): the filter that this one is when arguments have names */
} TplFilter;

typedef gboolean (*TplTestFunc) (TplRender *render, TplValue value, TplValue argument);

typedef struct {
  const char *name;
  TplTestFunc holds;
  guint n_arguments;
} TplTest;

typedef TplValue (*TplMethodFunc) (TplRender *render, TplValue object, const TplCall *call);

typedef struct {
  const char *name;
  guint kinds; /* bits of TplKind */
  TplMethodFunc apply;
  guint min_arguments;
  guint max_arguments;
} TplMethod;

typedef TplValue (*TplFunctionFunc) (TplRender *render, const TplCall *call);

typedef struct {
  const char *name;
  TplFunctionFunc apply;
} TplFunction;

const TplFilter *tpl_filter_find (const char *name);
TplValue
tpl_filter_apply (TplRender *render, const TplFilter *filter, const TplValue *args, guint n_args);
const TplTest *tpl_test_find (const char *name);
const TplMethod *tpl_method_find (const char *name);
const TplFunction *tpl_function_find (const char *name);

extern const TplFilter tpl_filters_text[];
extern const TplFilter tpl_filters_list[];
extern const TplFilter tpl_filters_number[];

TplValue tpl_operate (TplRender *render, TplOperator code, TplValue a, TplValue b);
gboolean tpl_holds (TplRender *render, TplComparison code, TplValue a, TplValue b);
TplValue tpl_slice (TplRender *render, TplValue value, const TplValue *bounds);
TplValue tpl_format_percent (TplRender *render, TplValue format, TplValue arguments);
TplValue tpl_format_braces (TplRender *render, TplValue format, const TplCall *call);

/* what filters and methods share */
TplValue tpl_text_capitalize (TplRender *render, TplValue value);
TplValue tpl_text_upper (TplRender *render, TplValue value);
TplValue tpl_text_lower (TplRender *render, TplValue value);
TplValue tpl_text_strip (TplRender *render, TplValue value, TplValue characters, guint sides);
TplValue tpl_text_replace (TplRender *render, const TplValue *args, gint64 count);
gboolean tpl_argument_is_set (TplValue argument);
gint64 tpl_argument_get_integer (TplRender *render, TplValue argument, gint64 preset);

#define TPL_STRIP_LEFT  1
#define TPL_STRIP_RIGHT 2
