/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters and tests: names are looked up and arguments put in their places here, so that what is
 * unknown is an error of the template and rendering only calls. */
#include "parser-private.h"
#include "render-private.h"
#include "tables-private.h"

#include <string.h>

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
  tpl_node_set_items (self, node, items);
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
  if (tpl_parser_skip_operator (self, "("))
    tpl_parse_arguments (self, arguments, keywords);
  if (keywords->len > 0 && ((const TplFilter *)node->row)->by_keyword != NULL)
    node->row = tpl_filter_find (((const TplFilter *)node->row)->by_keyword);
  bind_arguments (self, node, arguments, keywords);
  check_named_filter (self, node);
  check_named_test (self, node);
  return node;
}

/* "is gt 3", without brackets, takes one simple operand */
static gboolean
begins_operand (const TplParser *self)
{
  static const char *const stops[] = { "and", "else", "or", "is", "in", "not", "if", NULL };
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind == TPL_TOKEN_NAME)
    return !g_strv_contains (stops, token->text);
  return token->kind == TPL_TOKEN_STRING || token->kind == TPL_TOKEN_NUMBER ||
         tpl_parser_is_operator (self, "[") || tpl_parser_is_operator (self, "{");
}

static void
parse_test_arguments (TplParser *self, TplNode *node, TplNode *subject, const TplTest *test)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autoptr (GPtrArray) keywords = g_ptr_array_new ();

  g_ptr_array_add (items, subject);
  if (tpl_parser_skip_operator (self, "("))
    tpl_parse_arguments (self, items, keywords);
  else if (test->n_arguments > 0 && begins_operand (self))
    g_ptr_array_add (items, tpl_parse_postfix (self, tpl_parse_primary (self)));
  if (items->len != test->n_arguments + 1 || keywords->len > 0)
    tpl_parser_fail (self, node->line, "test '%s' takes %u arguments", test->name,
                     test->n_arguments);
  tpl_node_set_items (self, node, items);
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

    if (tpl_parser_skip_operator (self, "|"))
      node = parse_filter (self, node);
    else if (tpl_parser_skip (self, TPL_TOKEN_NAME, "is"))
      node = parse_test (self, node);
    else if (tpl_parser_skip_operator (self, "("))
      node = tpl_parse_call (self, node, line);
    else
      break;
  }
  return node;
}
