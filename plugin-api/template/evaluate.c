/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of expressions: one function a kind of node. After an error there are no steps left, so
 * every evaluation ends at once with nothing; callers look for the error where they loop. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

typedef TplValue (*EvaluateFunc) (TplRender *self, const TplNode *node);

static TplValue
evaluate_constant (TplRender *self G_GNUC_UNUSED, const TplNode *node)
{
  return node->value;
}

static TplValue
check_defined (TplRender *self, const TplNode *node, TplValue value)
{
  if (value.kind != TPL_UNDEFINED || !self->strict || node->lenient)
    return value;
  self->line = node->line;
  tpl_render_fail (self, "'%s' is undefined", value.text);
  return value;
}

static TplValue
evaluate_name (TplRender *self, const TplNode *node)
{
  TplValue value = tpl_undefined (node->name);

  tpl_scope_find (self, self->scope, node->name, &value);
  return check_defined (self, node, value);
}

static TplValue
evaluate_attribute (TplRender *self, const TplNode *node)
{
  TplValue object = tpl_evaluate (self, node->items[0]);

  self->line = node->line;
  return check_defined (self, node, tpl_value_get_member (self, object, node->name));
}

static TplValue
evaluate_item (TplRender *self, const TplNode *node)
{
  TplValue object = tpl_evaluate (self, node->items[0]);
  TplValue key = tpl_evaluate (self, node->items[1]);

  self->line = node->line;
  return check_defined (self, node, tpl_value_get_item (self, object, key));
}

static TplValue
evaluate_slice (TplRender *self, const TplNode *node)
{
  TplValue object = tpl_evaluate (self, node->items[0]);
  TplValue bounds[3] = { tpl_none (), tpl_none (), tpl_none () };

  for (guint i = 0; i < G_N_ELEMENTS (bounds); i++)
    if (node->items[i + 1] != NULL)
      bounds[i] = tpl_evaluate (self, node->items[i + 1]);
  self->line = node->line;
  return tpl_slice (self, object, bounds);
}

static TplValue
evaluate_list (TplRender *self, const TplNode *node)
{
  TplList *list = tpl_list_new (self, node->n_items);
  TplValue value = tpl_list (list);

  for (guint i = 0; i < node->n_items; i++)
    tpl_list_append (self, list, tpl_evaluate (self, node->items[i]));
  value.flags = node->code;
  return value;
}

static TplValue
evaluate_map (TplRender *self, const TplNode *node)
{
  TplMap *map = tpl_map_new (self);

  for (guint i = 0; i + 1 < node->n_items; i += 2) {
    TplValue key = tpl_evaluate (self, node->items[i]);
    TplValue value = tpl_evaluate (self, node->items[i + 1]);

    self->line = node->line;
    if (tpl_is_map (key) || (tpl_is_list (key) && (key.flags & TPL_TUPLE) == 0))
      tpl_render_fail (self, "%s cannot be a key", tpl_value_describe (key));
    tpl_map_set (self, map, key, value);
  }
  return (TplValue){ .kind = TPL_MAP, .map = map };
}

static TplValue
evaluate_not (TplRender *self, const TplNode *node)
{
  return tpl_boolean (!tpl_value_is_true (tpl_evaluate (self, node->items[0])));
}

static TplValue
evaluate_negate (TplRender *self, const TplNode *node)
{
  TplValue value = tpl_evaluate (self, node->items[0]);

  self->line = node->line;
  if (value.kind == TPL_DOUBLE)
    return tpl_double (-value.number);
  return tpl_operate (self, TPL_SUBTRACT, tpl_integer (0), value);
}

static TplValue
evaluate_plus (TplRender *self, const TplNode *node)
{
  TplValue value = tpl_evaluate (self, node->items[0]);

  self->line = node->line;
  return tpl_operate (self, TPL_ADD, tpl_integer (0), value);
}

static TplValue
evaluate_binary (TplRender *self, const TplNode *node)
{
  TplValue left = tpl_evaluate (self, node->items[0]);
  TplValue right = tpl_evaluate (self, node->items[1]);

  self->line = node->line;
  return tpl_operate (self, node->code, left, right);
}

static TplValue
evaluate_and (TplRender *self, const TplNode *node)
{
  TplValue value = tpl_evaluate (self, node->items[0]);

  for (guint i = 1; i < node->n_items && tpl_value_is_true (value); i++)
    value = tpl_evaluate (self, node->items[i]);
  return value;
}

static TplValue
evaluate_or (TplRender *self, const TplNode *node)
{
  TplValue value = tpl_evaluate (self, node->items[0]);

  for (guint i = 1; i < node->n_items && !tpl_value_is_true (value); i++)
    value = tpl_evaluate (self, node->items[i]);
  return value;
}

static TplValue
evaluate_compare (TplRender *self, const TplNode *node)
{
  TplValue left = tpl_evaluate (self, node->items[0]);
  gboolean holds = TRUE;

  for (guint i = 1; i < node->n_items && holds; i++) {
    TplValue right = tpl_evaluate (self, node->items[i]);

    self->line = node->line;
    holds = tpl_holds (self, node->codes[i - 1], left, right);
    left = right;
  }
  return tpl_boolean (holds);
}

/* With escaping on, one safe part makes the whole safe and the others escaped. */
static TplValue
evaluate_concat (TplRender *self, const TplNode *node)
{
  TplList *parts = tpl_list_new (self, node->n_items);
  TplValue empty = tpl_text ("", 0);

  for (guint i = 0; i < node->n_items; i++) {
    TplValue part = tpl_evaluate (self, node->items[i]);

    if (self->escapes && tpl_is_safe (part))
      empty.flags = TPL_SAFE;
    tpl_list_append (self, parts, part);
  }
  self->line = node->line;
  return tpl_text_join (self, empty, parts);
}

static TplValue
evaluate_condition (TplRender *self, const TplNode *node)
{
  if (tpl_value_is_true (tpl_evaluate (self, node->items[0])))
    return tpl_evaluate (self, node->items[1]);
  if (node->n_items > 2)
    return tpl_evaluate (self, node->items[2]);
  return tpl_undefined ("the condition without else");
}

static TplValue *
evaluate_items (TplRender *self, const TplNode *node, guint first)
{
  guint count = node->n_items - first;
  TplValue *values = tpl_render_alloc (self, MAX (count, 1) * sizeof (TplValue));

  for (guint i = 0; values != NULL && i < count; i++)
    values[i] = node->items[first + i] != NULL ? tpl_evaluate (self, node->items[first + i])
                                               : tpl_absent ();
  return values;
}

static TplValue
evaluate_filter (TplRender *self, const TplNode *node)
{
  TplValue *values = evaluate_items (self, node, 0);

  self->line = node->line;
  if (values == NULL || self->error != NULL)
    return tpl_none ();
  return tpl_filter_apply (self, node->row, values, node->n_items);
}

static TplValue
evaluate_test (TplRender *self, const TplNode *node)
{
  const TplTest *test = node->row;
  TplValue value = tpl_evaluate (self, node->items[0]);
  TplValue argument = node->n_items > 1 ? tpl_evaluate (self, node->items[1]) : tpl_absent ();

  self->line = node->line;
  return tpl_boolean (test->holds (self, value, argument) == (node->code == 0));
}

/* FALSE: an error was met */
static gboolean
evaluate_arguments (TplRender *self, const TplNode *node, TplCall *call)
{
  call->positional = evaluate_items (self, node, 1);
  call->n_keywords = node->n_keywords;
  call->keywords = node->keywords;
  call->n_positional = node->n_items - 1 - node->n_keywords;
  call->keyword_values = call->positional + (call->positional != NULL ? call->n_positional : 0);
  self->line = node->line;
  return self->error == NULL;
}

static TplValue
evaluate_call (TplRender *self, const TplNode *node)
{
  TplCall call = { 0, 0, NULL, NULL, NULL };
  TplValue callee = tpl_undefined (node->name);
  const TplFunction *function = NULL;
  gboolean found = tpl_scope_find (self, self->scope, node->name, &callee);

  if (!evaluate_arguments (self, node, &call))
    return tpl_none ();
  if (callee.kind == TPL_MACRO)
    return tpl_render_call_macro (self, callee.macro, &call);
  if (!found)
    function = tpl_function_find (node->name);
  if (function != NULL)
    return function->apply (self, &call);
  if (found)
    tpl_render_fail (self, "'%s' is %s and cannot be called", node->name,
                     tpl_value_describe (callee));
  else
    tpl_render_fail (self, "'%s' is undefined and cannot be called", node->name);
  return tpl_none ();
}

static TplValue
call_method (TplRender *self, const TplNode *node, TplValue object, const TplCall *call)
{
  const TplMethod *method = node->row;

  if (method == NULL || (method->kinds & (1u << object.kind)) == 0) {
    tpl_render_fail (self, "%s has no method '%s'", tpl_value_describe (object), node->name);
    return tpl_none ();
  }
  if (call->n_positional < method->min_arguments || call->n_positional > method->max_arguments) {
    tpl_render_fail (self, "wrong number of arguments for method '%s'", node->name);
    return tpl_none ();
  }
  if (call->n_keywords > 0 && strcmp (node->name, "format") != 0) {
    tpl_render_fail (self, "method '%s' takes no named arguments", node->name);
    return tpl_none ();
  }
  return method->apply (self, object, call);
}

static TplValue
evaluate_method (TplRender *self, const TplNode *node)
{
  TplCall call = { 0, 0, NULL, NULL, NULL };
  TplValue object = tpl_evaluate (self, node->items[0]);
  TplValue member = tpl_none ();

  if (!evaluate_arguments (self, node, &call))
    return tpl_none ();
  if (object.kind == TPL_UNDEFINED) {
    tpl_render_fail (self, "'%s' is undefined, so it has no '%s'", object.text, node->name);
    return tpl_none ();
  }
  if (object.kind != TPL_MODULE)
    return call_method (self, node, object, &call);
  member = tpl_scope_get_own (object.module, node->name);
  if (member.kind == TPL_MACRO)
    return tpl_render_call_macro (self, member.macro, &call);
  tpl_render_fail (self, "the imported template has no macro '%s'", node->name);
  return tpl_none ();
}

static TplValue
stop_evaluation (TplRender *self, const TplNode *node)
{
  if (self->error != NULL)
    return tpl_none ();
  self->line = node->line;
  if (self->steps == 0)
    tpl_render_fail (self, "too many steps");
  else
    tpl_render_fail (self, "nested too deeply");
  return tpl_none ();
}

TplValue
tpl_evaluate (TplRender *self, const TplNode *node)
{
  static const EvaluateFunc functions[TPL_N_NODES] = {
    [TPL_NODE_CONSTANT] = evaluate_constant,
    [TPL_NODE_NAME] = evaluate_name,
    [TPL_NODE_ATTRIBUTE] = evaluate_attribute,
    [TPL_NODE_ITEM] = evaluate_item,
    [TPL_NODE_SLICE] = evaluate_slice,
    [TPL_NODE_LIST] = evaluate_list,
    [TPL_NODE_MAP] = evaluate_map,
    [TPL_NODE_NOT] = evaluate_not,
    [TPL_NODE_NEGATE] = evaluate_negate,
    [TPL_NODE_PLUS] = evaluate_plus,
    [TPL_NODE_BINARY] = evaluate_binary,
    [TPL_NODE_AND] = evaluate_and,
    [TPL_NODE_OR] = evaluate_or,
    [TPL_NODE_COMPARE] = evaluate_compare,
    [TPL_NODE_CONCAT] = evaluate_concat,
    [TPL_NODE_CONDITION] = evaluate_condition,
    [TPL_NODE_FILTER] = evaluate_filter,
    [TPL_NODE_TEST] = evaluate_test,
    [TPL_NODE_CALL] = evaluate_call,
    [TPL_NODE_METHOD] = evaluate_method,
  };
  TplValue value = tpl_none ();

  if (G_UNLIKELY (self->steps == 0 || self->depth >= TPL_MAX_STACK_DEPTH))
    return stop_evaluation (self, node);
  self->steps--;
  self->depth++;
  value = functions[node->kind](self, node);
  self->depth--;
  return value;
}
