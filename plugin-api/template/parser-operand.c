/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes, and the innermost of expressions: names, literals, brackets, and what follows them by a
 * dot, in square or in round brackets. */
#include "parser-private.h"
#include "render-private.h"
#include "tables-private.h"

#include <string.h>

#define MAX_ARGUMENTS 64

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
void
tpl_node_set_items (TplParser *self, TplNode *node, const GPtrArray *items)
{
  node->n_items = items->len;
  node->items = tpl_parser_freeze (self, items);
  for (guint i = 0; i < items->len; i++)
    if (node->items[i] != NULL)
      node->depth = MAX (node->depth, node->items[i]->depth + 1);
  if (node->depth > TPL_MAX_PARSE_DEPTH)
    tpl_parser_fail (self, node->line, "an expression of more than %d levels", TPL_MAX_PARSE_DEPTH);
}

TplNode *
tpl_node_new_with (TplParser *self, TplNodeKind kind, guint line, TplNode *first, TplNode *second)
{
  TplNode *node = tpl_node_new (self, kind, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  g_ptr_array_add (items, first);
  if (second != NULL)
    g_ptr_array_add (items, second);
  tpl_node_set_items (self, node, items);
  return node;
}

TplNode *
tpl_constant_new (TplParser *self, guint line, TplValue value)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_CONSTANT, line);

  node->value = value;
  return node;
}

gboolean
tpl_parser_is_operator (const TplParser *self, const char *text)
{
  return tpl_parser_is (self, TPL_TOKEN_OPERATOR, text);
}

gboolean
tpl_parser_skip_operator (TplParser *self, const char *text)
{
  return tpl_parser_skip (self, TPL_TOKEN_OPERATOR, text);
}

gboolean
tpl_constant_of_word (const char *word, TplValue *value)
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
    return tpl_constant_new (self, token->line, tpl_none ());
  }
  tpl_parser_next (self);
  node->name = token->text;
  if (tpl_constant_of_word (token->text, &node->value))
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
    return tpl_constant_new (self, token->line, token->value);
  text = g_string_new_len (token->value.text, token->value.length);
  while (tpl_parser_is (self, TPL_TOKEN_STRING, NULL)) {
    TplValue more = tpl_parser_next (self)->value;

    g_string_append_len (text, more.text, more.length);
  }
  return tpl_constant_new (
      self, token->line,
      tpl_text (tpl_arena_copy (&self->unit->arena, text->str, text->len), text->len));
}

/* items up to the closing bracket; a comma may stand behind the last */
static TplNode *
parse_list (TplParser *self, guint line)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_LIST, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  while (self->error == NULL && !tpl_parser_is_operator (self, "]")) {
    if (items->len > 0)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (tpl_parser_is_operator (self, "]"))
      break;
    g_ptr_array_add (items, tpl_parse_condition (self));
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "]");
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_map (TplParser *self, guint line)
{
  TplNode *node = tpl_node_new (self, TPL_NODE_MAP, line);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  while (self->error == NULL && !tpl_parser_is_operator (self, "}")) {
    if (items->len > 0)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (tpl_parser_is_operator (self, "}"))
      break;
    g_ptr_array_add (items, tpl_parse_condition (self));
    tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ":");
    g_ptr_array_add (items, tpl_parse_condition (self));
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "}");
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_round (TplParser *self, guint line)
{
  TplNode *node = NULL;

  if (tpl_parser_skip_operator (self, ")")) {
    node = tpl_node_new (self, TPL_NODE_LIST, line);
    node->code = TPL_TUPLE;
    return node;
  }
  node = tpl_parse_tuple (self, tpl_parse_condition);
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
  return node;
}

TplNode *
tpl_parse_primary (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind == TPL_TOKEN_NAME)
    return parse_name (self);
  if (token->kind == TPL_TOKEN_STRING)
    return parse_string (self);
  if (token->kind == TPL_TOKEN_NUMBER)
    return tpl_constant_new (self, token->line, tpl_parser_next (self)->value);
  if (tpl_parser_skip_operator (self, "("))
    return parse_round (self, token->line);
  if (tpl_parser_skip_operator (self, "["))
    return parse_list (self, token->line);
  if (tpl_parser_skip_operator (self, "{"))
    return parse_map (self, token->line);
  tpl_parser_fail_unexpected (self);
  return tpl_constant_new (self, token->line, tpl_none ());
}

static TplNode *
parse_bound (TplParser *self)
{
  if (tpl_parser_is_operator (self, ":") || tpl_parser_is_operator (self, "]"))
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
  if (!tpl_parser_is_operator (self, ":")) {
    node = tpl_node_new (self, TPL_NODE_ITEM, line);
    if (items->pdata[1] == NULL)
      tpl_parser_fail_unexpected (self);
  } else {
    node = tpl_node_new (self, TPL_NODE_SLICE, line);
    while (items->len < 4)
      g_ptr_array_add (items, tpl_parser_skip_operator (self, ":") ? parse_bound (self) : NULL);
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "]");
  tpl_node_set_items (self, node, items);
  return node;
}

static TplNode *
parse_attribute (TplParser *self, TplNode *object, guint line)
{
  const TplToken *token = tpl_parser_peek (self);
  TplNode *node = NULL;

  if (token->kind == TPL_TOKEN_NUMBER) {
    tpl_parser_next (self);
    return tpl_node_new_with (self, TPL_NODE_ITEM, line, object,
                              tpl_constant_new (self, line, token->value));
  }
  node = tpl_node_new_with (self, TPL_NODE_ATTRIBUTE, line, object, NULL);
  node->name = tpl_parser_expect_name (self);
  return node;
}

/* Arguments after the bracket: to items, and the names of those with one to keywords. */
void
tpl_parse_arguments (TplParser *self, GPtrArray *items, GPtrArray *keywords)
{
  guint first = items->len;

  while (self->error == NULL && !tpl_parser_is_operator (self, ")")) {
    const TplToken *token = NULL;

    if (items->len > first)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    if (tpl_parser_is_operator (self, ")"))
      break;
    token = tpl_parser_peek (self);
    if (tpl_parser_is_operator (self, "*") || tpl_parser_is_operator (self, "**"))
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

TplNode *
tpl_parse_call (TplParser *self, TplNode *callee, guint line)
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
  if (!is_method)
    g_ptr_array_add (self->calls, node);
  tpl_parse_arguments (self, items, keywords);
  node->n_keywords = keywords->len;
  node->keywords = tpl_parser_freeze (self, keywords);
  tpl_node_set_items (self, node, items);
  return node;
}

TplNode *
tpl_parse_postfix (TplParser *self, TplNode *node)
{
  while (self->error == NULL) {
    guint line = tpl_parser_peek (self)->line;

    if (tpl_parser_skip_operator (self, "."))
      node = parse_attribute (self, node, line);
    else if (tpl_parser_skip_operator (self, "["))
      node = parse_subscript (self, node, line);
    else if (tpl_parser_skip_operator (self, "("))
      node = tpl_parse_call (self, node, line);
    else
      break;
  }
  return node;
}
