/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators. From the loosest: x if c else y, or, and, not, comparisons, + and -, ~, * and / and //
 * and %, **, signs, operands. As in Jinja2, ~ binds tighter than +, and filters and tests bind
 * tighter than every operator but the sign. */
#include "parser-private.h"
#include "render-private.h"

#include <string.h>

typedef struct {
  const char *text;
  guint code;
} OperatorRow;

static const OperatorRow *
find_operator (const TplParser *self, const OperatorRow *rows)
{
  for (; rows->text != NULL; rows++)
    if (tpl_parser_is_operator (self, rows->text))
      return rows;
  return NULL;
}

static TplNode *
parse_unary (TplParser *self, gboolean with_filters)
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *node = NULL;

  if (!tpl_parser_enter (self))
    return tpl_constant_new (self, line, tpl_none ());
  if (tpl_parser_skip_operator (self, "-"))
    node = tpl_node_new_with (self, TPL_NODE_NEGATE, line, parse_unary (self, FALSE), NULL);
  else if (tpl_parser_skip_operator (self, "+"))
    node = tpl_node_new_with (self, TPL_NODE_PLUS, line, parse_unary (self, FALSE), NULL);
  else
    node = tpl_parse_primary (self);
  node = tpl_parse_postfix (self, node);
  if (with_filters)
    node = tpl_parse_filters (self, node);
  tpl_parser_leave (self);
  return node;
}

static TplNode *
parse_binary (TplParser *self, const OperatorRow *rows, TplNode *(*parse) (TplParser *))
{
  TplNode *left = parse (self);
  const OperatorRow *row = find_operator (self, rows);

  while (row != NULL && self->error == NULL) {
    guint line = tpl_parser_next (self)->line;

    left = tpl_node_new_with (self, TPL_NODE_BINARY, line, left, parse (self));
    left->code = row->code;
    row = find_operator (self, rows);
  }
  return left;
}

static TplNode *
parse_sign (TplParser *self)
{
  return parse_unary (self, TRUE);
}

static TplNode *
parse_power (TplParser *self)
{
  static const OperatorRow rows[] = { { "**", TPL_POWER }, { NULL, 0 } };

  return parse_binary (self, rows, parse_sign);
}

static TplNode *
parse_product (TplParser *self)
{
  static const OperatorRow rows[] = {
    { "*", TPL_MULTIPLY }, { "/", TPL_DIVIDE }, { "//", TPL_FLOOR_DIVIDE },
    { "%", TPL_MODULO },   { NULL, 0 },
  };

  return parse_binary (self, rows, parse_power);
}

static TplNode *
parse_concat (TplParser *self)
{
  TplNode *first = parse_product (self);
  g_autoptr (GPtrArray) items = NULL;
  TplNode *node = NULL;

  if (!tpl_parser_is_operator (self, "~"))
    return first;
  items = g_ptr_array_new ();
  g_ptr_array_add (items, first);
  node = tpl_node_new (self, TPL_NODE_CONCAT, tpl_parser_peek (self)->line);
  while (tpl_parser_skip_operator (self, "~"))
    g_ptr_array_add (items, parse_product (self));
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_sum (TplParser *self)
{
  static const OperatorRow rows[] = {
    { "+", TPL_ADD },
    { "-", TPL_SUBTRACT },
    { NULL, 0 },
  };

  return parse_binary (self, rows, parse_concat);
}

static gboolean
skip_comparison (TplParser *self, guint8 *code)
{
  static const OperatorRow rows[] = {
    { "==", TPL_EQUAL },  { "!=", TPL_NOT_EQUAL },     { "<", TPL_LESS }, { "<=", TPL_LESS_EQUAL },
    { ">", TPL_GREATER }, { ">=", TPL_GREATER_EQUAL }, { NULL, 0 },
  };
  const OperatorRow *row = find_operator (self, rows);
  const TplToken *token = tpl_parser_peek (self);

  if (row != NULL) {
    tpl_parser_next (self);
    *code = (guint8)row->code;
    return TRUE;
  }
  if (tpl_parser_skip (self, TPL_TOKEN_NAME, "in")) {
    *code = TPL_IN;
    return TRUE;
  }
  if (!tpl_parser_is (self, TPL_TOKEN_NAME, "not") || token[1].kind != TPL_TOKEN_NAME ||
      strcmp (token[1].text, "in") != 0)
    return FALSE;
  self->position += 2;
  *code = TPL_NOT_IN;
  return TRUE;
}

static TplNode *
parse_comparison (TplParser *self)
{
  TplNode *first = parse_sum (self);
  guint line = tpl_parser_peek (self)->line;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GByteArray) codes = NULL;
  TplNode *node = NULL;
  guint8 code = 0;

  if (!skip_comparison (self, &code))
    return first;
  items = g_ptr_array_new ();
  codes = g_byte_array_new ();
  g_ptr_array_add (items, first);
  do {
    g_byte_array_append (codes, &code, 1);
    g_ptr_array_add (items, parse_sum (self));
  } while (skip_comparison (self, &code));
  node = tpl_node_new (self, TPL_NODE_COMPARE, line);
  node->codes =
      (const guint8 *)tpl_arena_copy (&self->unit->arena, (const char *)codes->data, codes->len);
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_not (TplParser *self)
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *node = NULL;

  if (!tpl_parser_skip (self, TPL_TOKEN_NAME, "not"))
    return parse_comparison (self);
  if (!tpl_parser_enter (self))
    return tpl_constant_new (self, line, tpl_none ());
  node = tpl_node_new_with (self, TPL_NODE_NOT, line, parse_not (self), NULL);
  tpl_parser_leave (self);
  return node;
}

static TplNode *
parse_row (TplParser *self, const char *word, TplNodeKind kind, TplNode *(*parse) (TplParser *))
{
  TplNode *first = parse (self);
  g_autoptr (GPtrArray) items = NULL;
  TplNode *node = NULL;

  if (!tpl_parser_is (self, TPL_TOKEN_NAME, word))
    return first;
  node = tpl_node_new (self, kind, tpl_parser_peek (self)->line);
  items = g_ptr_array_new ();
  g_ptr_array_add (items, first);
  while (tpl_parser_skip (self, TPL_TOKEN_NAME, word))
    g_ptr_array_add (items, parse (self));
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_and (TplParser *self)
{
  return parse_row (self, "and", TPL_NODE_AND, parse_not);
}

TplNode *
tpl_parse_without_condition (TplParser *self)
{
  return parse_row (self, "or", TPL_NODE_OR, parse_and);
}

TplNode *
tpl_parse_condition (TplParser *self)
{
  TplNode *node = NULL;

  if (!tpl_parser_enter (self))
    return tpl_constant_new (self, tpl_parser_peek (self)->line, tpl_none ());
  node = tpl_parse_without_condition (self);
  while (tpl_parser_is (self, TPL_TOKEN_NAME, "if")) {
    guint line = tpl_parser_next (self)->line;
    g_autoptr (GPtrArray) items = g_ptr_array_new ();

    g_ptr_array_add (items, tpl_parse_without_condition (self));
    g_ptr_array_add (items, node);
    if (tpl_parser_skip (self, TPL_TOKEN_NAME, "else"))
      g_ptr_array_add (items, tpl_parse_condition (self));
    node = tpl_node_new (self, TPL_NODE_CONDITION, line);
    tpl_node_set_items (self, node, items);
  }
  tpl_parser_leave (self);
  return node;
}

static gboolean
ends_tuple (const TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  return token->kind == TPL_TOKEN_PRINT_END || token->kind == TPL_TOKEN_BLOCK_END ||
         token->kind == TPL_TOKEN_END || tpl_parser_is_operator (self, ")") ||
         tpl_parser_is (self, TPL_TOKEN_NAME, "in");
}

/* one expression, or several with commas: a tuple */
TplNode *
tpl_parse_tuple (TplParser *self, TplNode *(*parse) (TplParser *))
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *first = parse (self);
  g_autoptr (GPtrArray) items = NULL;
  TplNode *node = NULL;

  if (!tpl_parser_is_operator (self, ","))
    return first;
  items = g_ptr_array_new ();
  g_ptr_array_add (items, first);
  while (tpl_parser_skip_operator (self, ",") && !ends_tuple (self))
    g_ptr_array_add (items, parse (self));
  node = tpl_node_new (self, TPL_NODE_LIST, line);
  node->code = TPL_TUPLE;
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_one_target (TplParser *self)
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *node = NULL;
  TplValue value = tpl_none ();

  if (tpl_parser_skip_operator (self, "(")) {
    if (!tpl_parser_enter (self))
      return tpl_constant_new (self, line, tpl_none ());
    node = tpl_parse_target (self, FALSE);
    tpl_parser_leave (self);
    tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
    return node;
  }
  node = tpl_node_new (self, TPL_NODE_NAME, line);
  node->name = tpl_parser_expect_name (self);
  g_hash_table_add (self->targets, (gpointer)node->name);
  if (tpl_constant_of_word (node->name, &value))
    tpl_parser_fail (self, line, "'%s' cannot be set", node->name);
  return node;
}

/* a name to set, or, unless it must be one, several in a tuple */
TplNode *
tpl_parse_target (TplParser *self, gboolean one)
{
  TplNode *target = NULL;

  if (!one)
    return tpl_parse_tuple (self, parse_one_target);
  target = parse_one_target (self);
  if (target->kind != TPL_NODE_NAME) {
    tpl_parser_fail_unexpected (self);
    target->name = "";
  }
  return target;
}
