/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions, by precedence from the loosest: x if c else y · or · and · not · comparisons · + - ·
 * ~ · * / // % · ** · signs · names and literals with what follows them. As in Jinja2, ~ binds
 * tighter than +, and filters and tests bind tighter than every operator but the sign. */
#include "parser-private.h"
#include "render-private.h"
#include "tables-private.h"

#include <string.h>

#define MAX_ARGUMENTS 64

typedef struct {
  const char *text;
  guint code;
} OperatorRow;

static TplNode *parse_unary (TplParser *self, gboolean with_filters);

TplNode *
tpl_node_new (TplParser *self, TplNodeKind kind, guint line)
{
  TplNode *node = tpl_arena_alloc (&self->unit->arena, sizeof (TplNode));

  node->kind = kind;
  node->line = line;
  node->value = tpl_none ();
  return node;
}

/* A long row of operators is as deep a tree as brackets are; evaluation descends it. */
static void
node_set_items (TplParser *self, TplNode *node, const GPtrArray *items)
{
  node->n_items = items->len;
  node->items = tpl_parser_freeze (self, items);
  for (guint i = 0; i < items->len; i++)
    if (node->items[i] != NULL)
      node->depth = MAX (node->depth, node->items[i]->depth + 1);
  if (node->depth > TPL_MAX_PARSE_DEPTH)
    tpl_parser_fail (self, node->line, "an expression of more than %d levels", TPL_MAX_PARSE_DEPTH);
}

static TplNode *
node_new_with (TplParser *self, TplNodeKind kind, guint line, TplNode *first, TplNode *second)
{
  TplNode *node = tpl_node_new (self, kind, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  g_ptr_array_add (items, first);
  if (second != NULL)
    g_ptr_array_add (items, second);
  node_set_items (self, node, items);
  return node;
}

static TplNode *
constant_new (TplParser *self, guint line, TplValue value)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_CONSTANT, line);

  node->value = value;
  return node;
}

static gboolean
is_operator (const TplParser *self, const char *text)
{
  return tpl_parser_is (self, TPL_TOKEN_OPERATOR, text);
}

static gboolean
skip_operator (TplParser *self, const char *text)
{
  return tpl_parser_skip (self, TPL_TOKEN_OPERATOR, text);
}

static const OperatorRow *
find_operator (const TplParser *self, const OperatorRow *rows)
{
  for (; rows->text != NULL; rows++)
    if (is_operator (self, rows->text))
      return rows;
  return NULL;
}

static gboolean
constant_of_word (const char *word, TplValue *value)
{
  static const char *const words[] = { "true", "True", "false", "False", "none", "None", NULL };
  guint i = 0;

  while (words[i] != NULL && strcmp (words[i], word) != 0)
    i++;
  *value = i < 4 ? tpl_boolean (i < 2) : tpl_none ();
  return words[i] != NULL;
}

static TplNode *
parse_name (TplParser *self)
{
  static const char *const reserved[] = { "and", "else", "if", "in", "is", "not", "or", NULL };
  const TplToken *token = tpl_parser_peek (self);
  TplNode *node = tpl_node_new (self, TPL_NODE_NAME, token->line);

  if (g_strv_contains (reserved, token->text)) {
    tpl_parser_fail_unexpected (self);
    return constant_new (self, token->line, tpl_none ());
  }
  tpl_parser_next (self);
  node->name = token->text;
  if (constant_of_word (token->text, &node->value))
    node->kind = TPL_NODE_CONSTANT;
  return node;
}

/* texts that follow each other are one */
static TplNode *
parse_string (TplParser *self)
{
  const TplToken *token = tpl_parser_next (self);
  g_autoptr (GString) text = NULL;

  if (!tpl_parser_is (self, TPL_TOKEN_STRING, NULL))
    return constant_new (self, token->line, token->value);
  text = g_string_new_len (token->value.text, token->value.length);
  while (tpl_parser_is (self, TPL_TOKEN_STRING, NULL)) {
    TplValue more = tpl_parser_next (self)->value;

    g_string_append_len (text, more.text, more.length);
  }
  return constant_new (
      self, token->line,
      tpl_text (tpl_arena_copy (&self->unit->arena, text->str, text->len), text->len));
}

/* items up to the closing bracket; a comma may stand behind the last */
static TplNode *
parse_list (TplParser *self, guint line)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_LIST, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  while (self->error == NULL && !is_operator (self, "]")) {
    if (items->len > 0)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (is_operator (self, "]"))
      break;
    g_ptr_array_add (items, tpl_parse_condition (self));
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "]");
  node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_map (TplParser *self, guint line)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_MAP, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  while (self->error == NULL && !is_operator (self, "}")) {
    if (items->len > 0)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (is_operator (self, "}"))
      break;
    g_ptr_array_add (items, tpl_parse_condition (self));
    tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ":");
    g_ptr_array_add (items, tpl_parse_condition (self));
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "}");
  node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_round (TplParser *self, guint line)
{
  TplNode *node = NULL;

  if (skip_operator (self, ")")) {
    node = tpl_node_new (self, TPL_NODE_LIST, line);
    node->code = TPL_TUPLE;
    return node;
  }
  node = tpl_parse_tuple (self, tpl_parse_condition);
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
  return node;
}

static TplNode *
parse_primary (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind == TPL_TOKEN_NAME)
    return parse_name (self);
  if (token->kind == TPL_TOKEN_STRING)
    return parse_string (self);
  if (token->kind == TPL_TOKEN_NUMBER)
    return constant_new (self, token->line, tpl_parser_next (self)->value);
  if (skip_operator (self, "("))
    return parse_round (self, token->line);
  if (skip_operator (self, "["))
    return parse_list (self, token->line);
  if (skip_operator (self, "{"))
    return parse_map (self, token->line);
  tpl_parser_fail_unexpected (self);
  return constant_new (self, token->line, tpl_none ());
}

static TplNode *
parse_bound (TplParser *self)
{
  if (is_operator (self, ":") || is_operator (self, "]"))
    return NULL;
  return tpl_parse_condition (self);
}

static TplNode *
parse_subscript (TplParser *self, TplNode *object, guint line)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  TplNode *node = NULL;

  g_ptr_array_add (items, object);
  g_ptr_array_add (items, parse_bound (self));
  if (!is_operator (self, ":")) {
    node = tpl_node_new (self, TPL_NODE_ITEM, line);
    if (items->pdata[1] == NULL)
      tpl_parser_fail_unexpected (self);
  } else {
    node = tpl_node_new (self, TPL_NODE_SLICE, line);
    while (items->len < 4)
      g_ptr_array_add (items, skip_operator (self, ":") ? parse_bound (self) : NULL);
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "]");
  node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_attribute (TplParser *self, TplNode *object, guint line)
{
  const TplToken *token = tpl_parser_peek (self);
  TplNode *node = NULL;

  if (token->kind == TPL_TOKEN_NUMBER) {
    tpl_parser_next (self);
    return node_new_with (self, TPL_NODE_ITEM, line, object,
                          constant_new (self, line, token->value));
  }
  node = node_new_with (self, TPL_NODE_ATTRIBUTE, line, object, NULL);
  node->name = tpl_parser_expect_name (self);
  return node;
}

/* Arguments after the bracket: to items, and the names of those with one to keywords. */
static void
parse_arguments (TplParser *self, GPtrArray *items, GPtrArray *keywords)
{
  guint first = items->len;

  while (self->error == NULL && !is_operator (self, ")")) {
    const TplToken *token = NULL;

    if (items->len > first)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (is_operator (self, ")"))
      break;
    token = tpl_parser_peek (self);
    if (is_operator (self, "*") || is_operator (self, "**"))
      tpl_parser_fail (self, token->line, "unexpected '%s'", token->text);
    if (token->kind == TPL_TOKEN_NAME && token[1].kind == TPL_TOKEN_OPERATOR &&
        strcmp (token[1].text, "=") == 0) {
      self->position += 2;
      g_ptr_array_add (keywords, (gpointer)token->text);
    } else if (keywords->len > 0) {
      tpl_parser_fail (self, token->line, "argument without name after one that has it");
    }
    g_ptr_array_add (items, tpl_parse_condition (self));
    if (items->len > MAX_ARGUMENTS)
      tpl_parser_fail (self, token->line, "more than %d arguments", MAX_ARGUMENTS);
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
}

/* Data has no functions, so what is called by a dot is a method or a macro of an import. Where
 * nothing can be imported, an unknown one is known to be wrong already here. */
static const TplMethod *
find_method (TplParser *self, const TplNode *callee)
{
  gboolean may_be_module = callee->items[0]->kind == TPL_NODE_NAME && self->has_loader;
  const TplMethod *method = tpl_method_find (callee->name);

  if (method == NULL && !may_be_module)
    tpl_parser_fail (self, callee->line, "unknown method '%s'", callee->name);
  return method;
}

static TplNode *
parse_call (TplParser *self, TplNode *callee, guint line)
{
  gboolean is_method = callee->kind == TPL_NODE_ATTRIBUTE;
  TplNode *node = tpl_node_new (self, is_method ? TPL_NODE_METHOD : TPL_NODE_CALL, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autoptr (GPtrArray) keywords = g_ptr_array_new ();

  if (is_method)
    node->row = find_method (self, callee);
  else if (callee->kind != TPL_NODE_NAME)
    tpl_parser_fail (self, line, "unexpected '(': only names and methods can be called");
  node->name = callee->name;
  g_ptr_array_add (items, is_method ? callee->items[0] : callee);
  parse_arguments (self, items, keywords);
  node->n_keywords = keywords->len;
  node->keywords = tpl_parser_freeze (self, keywords);
  node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_postfix (TplParser *self, TplNode *node)
{
  while (self->error == NULL) {
    guint line = tpl_parser_peek (self)->line;

    if (skip_operator (self, "."))
      node = parse_attribute (self, node, line);
    else if (skip_operator (self, "["))
      node = parse_subscript (self, node, line);
    else if (skip_operator (self, "("))
      node = parse_call (self, node, line);
    else
      break;
  }
  return node;
}

/* index of a parameter; -1: no such */
static int
find_parameter (const char *parameters, const char *name)
{
  g_auto (GStrv) names = g_strsplit (parameters, " ", -1);

  for (int i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0 && *name != '*')
      return i;
  return -1;
}

/* puts each argument at the place of its parameter; arguments[0] is the input */
static void
bind_arguments (TplParser *self, TplNode *node, GPtrArray *arguments, GPtrArray *keywords)
{
  const TplFilter *filter = node->row;
  g_auto (GStrv) names = g_strsplit (filter->parameters, " ", -1);
  guint n_names = *filter->parameters != '\0' ? g_strv_length (names) : 0;
  gboolean is_open = n_names > 0 && *names[n_names - 1] == '*';
  guint n_positional = arguments->len - keywords->len;
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  g_ptr_array_set_size (items, (int)MAX (n_names + (is_open ? 0 : 1), n_positional));
  if (n_positional > n_names + 1 && !is_open)
    tpl_parser_fail (self, node->line, "too many arguments for filter '%s'", filter->name);
  for (guint i = 0; i < n_positional; i++)
    items->pdata[i] = arguments->pdata[i];
  for (guint i = 0; i < keywords->len; i++) {
    int place = find_parameter (filter->parameters, keywords->pdata[i]) + 1;

    if (place == 0 || items->pdata[place] != NULL)
      tpl_parser_fail (self, node->line, "filter '%s' takes no argument '%s'", filter->name,
                       (const char *)keywords->pdata[i]);
    else
      items->pdata[place] = arguments->pdata[n_positional + i];
  }
  for (guint i = 1; i <= filter->required; i++)
    if (i >= items->len || items->pdata[i] == NULL)
      tpl_parser_fail (self, node->line, "filter '%s' needs argument '%s'", filter->name,
                       names[i - 1]);
  node_set_items (self, node, items);
}

static void
check_named_filter (TplParser *self, const TplNode *node)
{
  const TplNode *name = node->n_items > 1 ? node->items[1] : NULL;

  if (name == NULL || name->kind != TPL_NODE_CONSTANT || name->value.kind != TPL_TEXT)
    return;
  if (strcmp (((const TplFilter *)node->row)->name, "map") == 0 &&
      tpl_filter_find (name->value.text) == NULL)
    tpl_parser_fail (self, node->line, "unknown filter '%s'", name->value.text);
}

static void
check_named_test (TplParser *self, const TplNode *node)
{
  const TplNode *name = node->n_items > 2 ? node->items[2] : NULL;

  if (name == NULL || name->kind != TPL_NODE_CONSTANT || name->value.kind != TPL_TEXT)
    return;
  if (strcmp (((const TplFilter *)node->row)->name, "selectattr") == 0 &&
      tpl_test_find (name->value.text) == NULL)
    tpl_parser_fail (self, node->line, "unknown test '%s'", name->value.text);
}

static TplNode *
parse_filter (TplParser *self, TplNode *input)
{
  const TplToken *token = tpl_parser_peek (self);
  TplNode *node = tpl_node_new (self, TPL_NODE_FILTER, token->line);
  const char *name = tpl_parser_expect_name (self);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr (GPtrArray) keywords = g_ptr_array_new ();

  if (self->error != NULL)
    return node;
  node->row = tpl_filter_find (name);
  if (node->row == NULL) {
    tpl_parser_fail (self, token->line, "unknown filter '%s'", name);
    return node;
  }
  if (strcmp (name, "default") == 0 || strcmp (name, "d") == 0)
    input->lenient = TRUE;
  g_ptr_array_add (arguments, input);
  if (skip_operator (self, "("))
    parse_arguments (self, arguments, keywords);
  if (keywords->len > 0 && ((const TplFilter *)node->row)->by_keyword != NULL)
    node->row = tpl_filter_find (((const TplFilter *)node->row)->by_keyword);
  bind_arguments (self, node, arguments, keywords);
  check_named_filter (self, node);
  check_named_test (self, node);
  return node;
}

/* "is divisible 3" without brackets: one simple operand */
static gboolean
begins_operand (const TplParser *self)
{
  static const char *const stops[] = { "and", "else", "or", "is", "in", "not", "if", NULL };
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind == TPL_TOKEN_NAME)
    return !g_strv_contains (stops, token->text);
  return token->kind == TPL_TOKEN_STRING || token->kind == TPL_TOKEN_NUMBER ||
         is_operator (self, "[") || is_operator (self, "{");
}

static void
parse_test_arguments (TplParser *self, TplNode *node, TplNode *subject, const TplTest *test)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autoptr (GPtrArray) keywords = g_ptr_array_new ();

  g_ptr_array_add (items, subject);
  if (skip_operator (self, "("))
    parse_arguments (self, items, keywords);
  else if (test->n_arguments > 0 && begins_operand (self))
    g_ptr_array_add (items, parse_postfix (self, parse_primary (self)));
  if (items->len != test->n_arguments + 1 || keywords->len > 0)
    tpl_parser_fail (self, node->line, "test '%s' takes %u arguments", test->name,
                     test->n_arguments);
  node_set_items (self, node, items);
}

static TplNode *
parse_test (TplParser *self, TplNode *subject)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_TEST, tpl_parser_peek (self)->line);
  const char *name = NULL;

  node->code = tpl_parser_skip (self, TPL_TOKEN_NAME, "not") ? 1 : 0;
  name = tpl_parser_expect_name (self);
  if (self->error != NULL)
    return node;
  node->row = tpl_test_find (name);
  if (node->row == NULL) {
    tpl_parser_fail (self, node->line, "unknown test '%s'", name);
    return node;
  }
  if (strcmp (name, "defined") == 0 || strcmp (name, "undefined") == 0)
    subject->lenient = TRUE;
  parse_test_arguments (self, node, subject, node->row);
  return node;
}

TplNode *
tpl_parse_filters (TplParser *self, TplNode *node)
{
  while (self->error == NULL) {
    guint line = tpl_parser_peek (self)->line;

    if (skip_operator (self, "|"))
      node = parse_filter (self, node);
    else if (tpl_parser_skip (self, TPL_TOKEN_NAME, "is"))
      node = parse_test (self, node);
    else if (skip_operator (self, "("))
      node = parse_call (self, node, line);
    else
      break;
  }
  return node;
}

static TplNode *
parse_unary (TplParser *self, gboolean with_filters)
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *node = NULL;

  if (!tpl_parser_enter (self))
    return constant_new (self, line, tpl_none ());
  if (skip_operator (self, "-"))
    node = node_new_with (self, TPL_NODE_NEGATE, line, parse_unary (self, FALSE), NULL);
  else if (skip_operator (self, "+"))
    node = node_new_with (self, TPL_NODE_PLUS, line, parse_unary (self, FALSE), NULL);
  else
    node = parse_primary (self);
  node = parse_postfix (self, node);
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

    left = node_new_with (self, TPL_NODE_BINARY, line, left, parse (self));
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

  if (!is_operator (self, "~"))
    return first;
  items = g_ptr_array_new ();
  g_ptr_array_add (items, first);
  node = tpl_node_new (self, TPL_NODE_CONCAT, tpl_parser_peek (self)->line);
  while (skip_operator (self, "~"))
    g_ptr_array_add (items, parse_product (self));
  node_set_items (self, node, items);
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
  node_set_items (self, node, items);
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
    return constant_new (self, line, tpl_none ());
  node = node_new_with (self, TPL_NODE_NOT, line, parse_not (self), NULL);
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
  node_set_items (self, node, items);
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
    return constant_new (self, tpl_parser_peek (self)->line, tpl_none ());
  node = tpl_parse_without_condition (self);
  while (tpl_parser_is (self, TPL_TOKEN_NAME, "if")) {
    guint line = tpl_parser_next (self)->line;
    g_autoptr (GPtrArray) items = g_ptr_array_new ();

    g_ptr_array_add (items, tpl_parse_without_condition (self));
    g_ptr_array_add (items, node);
    if (tpl_parser_skip (self, TPL_TOKEN_NAME, "else"))
      g_ptr_array_add (items, tpl_parse_condition (self));
    node = tpl_node_new (self, TPL_NODE_CONDITION, line);
    node_set_items (self, node, items);
  }
  tpl_parser_leave (self);
  return node;
}

static gboolean
ends_tuple (const TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  return token->kind == TPL_TOKEN_PRINT_END || token->kind == TPL_TOKEN_BLOCK_END ||
         token->kind == TPL_TOKEN_END || is_operator (self, ")") ||
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

  if (!is_operator (self, ","))
    return first;
  items = g_ptr_array_new ();
  g_ptr_array_add (items, first);
  while (skip_operator (self, ",") && !ends_tuple (self))
    g_ptr_array_add (items, parse (self));
  node = tpl_node_new (self, TPL_NODE_LIST, line);
  node->code = TPL_TUPLE;
  node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_one_target (TplParser *self)
{
  guint line = tpl_parser_peek (self)->line;
  TplNode *node = NULL;
  TplValue value = tpl_none ();

  if (skip_operator (self, "(")) {
    if (!tpl_parser_enter (self))
      return constant_new (self, line, tpl_none ());
    node = tpl_parse_target (self, FALSE);
    tpl_parser_leave (self);
    tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
    return node;
  }
  node = tpl_node_new (self, TPL_NODE_NAME, line);
  node->name = tpl_parser_expect_name (self);
  if (constant_of_word (node->name, &value))
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
