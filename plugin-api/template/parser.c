/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statements. One row a tag: its word and the function that reads the rest of it. */
#include "parser-private.h"
#include "render-private.h"
#include "tables-private.h"

#include <string.h>

typedef struct {
  const char *word;
  TplStatement *(*parse) (TplParser *self, guint line);
} TagRow;

static TplBody parse_body (TplParser *self, const char *const *ends);

const TplToken *
tpl_parser_peek (const TplParser *self)
{
  return &g_array_index (self->tokens, TplToken, self->position);
}

const TplToken *
tpl_parser_next (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind != TPL_TOKEN_END)
    self->position++;
  return token;
}

/* text: NULL for any */
gboolean
tpl_parser_is (const TplParser *self, TplTokenKind kind, const char *text)
{
  const TplToken *token = tpl_parser_peek (self);

  return token->kind == kind && (text == NULL || strcmp (token->text, text) == 0);
}

gboolean
tpl_parser_skip (TplParser *self, TplTokenKind kind, const char *text)
{
  if (!tpl_parser_is (self, kind, text))
    return FALSE;
  tpl_parser_next (self);
  return TRUE;
}

void
tpl_parser_fail (TplParser *self, guint line, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  self->position = self->tokens->len - 1;
  if (self->error != NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%s:%u: %s", self->unit->name, line,
               text);
}

static char *
describe_token (const TplToken *token)
{
  if (token->kind == TPL_TOKEN_END)
    return g_strdup ("end of the text");
  if (token->kind == TPL_TOKEN_DATA)
    return g_strdup ("text");
  return g_strdup_printf ("'%.*s'", (int)MIN (token->length, 40), token->text);
}

void
tpl_parser_fail_unexpected (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);
  g_autofree char *what = describe_token (token);

  tpl_parser_fail (self, token->line, "unexpected %s", what);
}

void
tpl_parser_expect (TplParser *self, TplTokenKind kind, const char *text)
{
  const TplToken *token = tpl_parser_peek (self);
  g_autofree char *what = NULL;

  if (tpl_parser_skip (self, kind, text))
    return;
  what = describe_token (token);
  if (text != NULL)
    tpl_parser_fail (self, token->line, "unexpected %s where '%s' should stand", what, text);
  else
    tpl_parser_fail (self, token->line, "unexpected %s", what);
}

const char *
tpl_parser_expect_name (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  tpl_parser_expect (self, TPL_TOKEN_NAME, NULL);
  return token->kind == TPL_TOKEN_NAME ? token->text : "";
}

gboolean
tpl_parser_enter (TplParser *self)
{
  if (++self->depth <= TPL_MAX_PARSE_DEPTH)
    return TRUE;
  tpl_parser_fail (self, tpl_parser_peek (self)->line, "nested more than %d deep",
                   TPL_MAX_PARSE_DEPTH);
  return FALSE;
}

void
tpl_parser_leave (TplParser *self)
{
  self->depth--;
}

/* the pointers as an array in the unit's arena */
gpointer
tpl_parser_freeze (TplParser *self, const GPtrArray *items)
{
  gsize bytes = items->len * sizeof (gpointer);
  gpointer copy = tpl_arena_alloc (&self->unit->arena, bytes);

  if (bytes > 0)
    memcpy (copy, items->pdata, bytes);
  return copy;
}

static TplStatement *
statement_new (TplParser *self, TplStatementKind kind, guint line)
{
  TplStatement *statement = tpl_arena_alloc (&self->unit->arena, sizeof (TplStatement));

  statement->kind = kind;
  statement->line = line;
  return statement;
}

static void
end_tag (TplParser *self)
{
  tpl_parser_expect (self, TPL_TOKEN_BLOCK_END, NULL);
}

/* word and rest of an end tag, at whose mark the parser stands */
static void
parse_end (TplParser *self, const char *word)
{
  tpl_parser_expect (self, TPL_TOKEN_BLOCK_BEGIN, NULL);
  tpl_parser_expect (self, TPL_TOKEN_NAME, word);
}

/* reads the body as well as its end tag */
static TplBody
parse_body_until (TplParser *self, const char *word)
{
  const char *const ends[] = { word, NULL };
  TplBody body = parse_body (self, ends);

  parse_end (self, word);
  return body;
}

static TplBody
parse_nested_until (TplParser *self, const char *word)
{
  TplBody body = { NULL, 0 };

  self->nested++;
  body = parse_body_until (self, word);
  self->nested--;
  return body;
}

/* the test of a branch is read already, NULL: else */
static void
parse_branch (TplParser *self, GArray *branches, TplNode *test)
{
  static const char *const ends[] = { "elif", "else", "endif", NULL };
  TplBranch branch = { .test = test };

  end_tag (self);
  branch.body = parse_body (self, ends);
  g_array_append_val (branches, branch);
  parse_end (self, NULL);
}

static const char *
last_word (const TplParser *self)
{
  const TplToken *token = &g_array_index (self->tokens, TplToken, MAX (self->position, 1) - 1);

  return token->kind == TPL_TOKEN_NAME ? token->text : "";
}

static TplStatement *
parse_if (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_IF, line);
  g_autoptr (GArray) branches = g_array_new (FALSE, FALSE, sizeof (TplBranch));
  gsize bytes = 0;

  parse_branch (self, branches, tpl_parse_tuple (self, tpl_parse_condition));
  while (self->error == NULL && strcmp (last_word (self), "elif") == 0)
    parse_branch (self, branches, tpl_parse_tuple (self, tpl_parse_condition));
  if (self->error == NULL && strcmp (last_word (self), "else") == 0) {
    parse_branch (self, branches, NULL);
    if (self->error == NULL && strcmp (last_word (self), "endif") != 0)
      tpl_parser_fail (self, tpl_parser_peek (self)->line, "'%s' after 'else'", last_word (self));
  }
  bytes = branches->len * sizeof (TplBranch);
  statement->branches = tpl_arena_alloc (&self->unit->arena, bytes);
  memcpy (statement->branches, branches->data, bytes);
  statement->n_branches = branches->len;
  return statement;
}

static TplStatement *
parse_for (TplParser *self, guint line)
{
  static const char *const ends[] = { "else", "endfor", NULL };
  TplStatement *statement = statement_new (self, TPL_STATEMENT_FOR, line);

  statement->name = tpl_name_intern ("loop");
  statement->target = tpl_parse_target (self, FALSE);
  tpl_parser_expect (self, TPL_TOKEN_NAME, "in");
  statement->expression = tpl_parse_tuple (self, tpl_parse_without_condition);
  if (tpl_parser_skip (self, TPL_TOKEN_NAME, "if"))
    statement->condition = tpl_parse_condition (self);
  end_tag (self);
  self->nested++;
  statement->body = parse_body (self, ends);
  parse_end (self, NULL);
  if (self->error == NULL && strcmp (last_word (self), "else") == 0) {
    end_tag (self);
    statement->otherwise = parse_body_until (self, "endfor");
  }
  self->nested--;
  return statement;
}

static TplStatement *
parse_set (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_SET, line);

  statement->target = tpl_parse_target (self, FALSE);
  if (tpl_parser_skip (self, TPL_TOKEN_OPERATOR, "=")) {
    statement->expression = tpl_parse_tuple (self, tpl_parse_condition);
    return statement;
  }
  statement->kind = TPL_STATEMENT_SET_BLOCK;
  if (statement->target->kind != TPL_NODE_NAME)
    tpl_parser_fail (self, line, "'set' of several names needs '='");
  /* a constant that each run replaces by what the body printed */
  statement->condition = tpl_node_new (self, TPL_NODE_NAME, line);
  statement->condition->name = tpl_name_intern (" body");
  statement->expression = tpl_parse_filters (self, statement->condition);
  end_tag (self);
  statement->body = parse_nested_until (self, "endset");
  return statement;
}

static void
parse_parameters (TplParser *self, TplStatement *macro)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) defaults = g_ptr_array_new ();

  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, "(");
  while (self->error == NULL && !tpl_parser_is (self, TPL_TOKEN_OPERATOR, ")")) {
    guint line = tpl_parser_peek (self)->line;

    if (names->len > 0)
      tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ",");
    g_ptr_array_add (names, (gpointer)tpl_parse_target (self, TRUE)->name);
    if (tpl_parser_skip (self, TPL_TOKEN_OPERATOR, "="))
      g_ptr_array_add (defaults, tpl_parse_condition (self));
    else if (defaults->len > 0 && g_ptr_array_index (defaults, defaults->len - 1) != NULL)
      tpl_parser_fail (self, line, "parameter without default after one that has it");
    else
      g_ptr_array_add (defaults, NULL);
  }
  tpl_parser_expect (self, TPL_TOKEN_OPERATOR, ")");
  macro->n_names = names->len;
  macro->names = tpl_parser_freeze (self, names);
  macro->defaults = tpl_parser_freeze (self, defaults);
}

static TplStatement *
parse_macro (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_MACRO, line);

  statement->name = tpl_parse_target (self, TRUE)->name;
  parse_parameters (self, statement);
  end_tag (self);
  statement->body = parse_nested_until (self, "endmacro");
  tpl_parser_skip (self, TPL_TOKEN_NAME, statement->name);
  return statement;
}

static TplStatement *
parse_block (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_BLOCK, line);

  statement->name = tpl_parser_expect_name (self);
  statement->sees_scope = tpl_parser_skip (self, TPL_TOKEN_NAME, "scoped");
  if (tpl_unit_find_block (self->unit, statement->name) != NULL)
    tpl_parser_fail (self, line, "a second block '%s'", statement->name);
  g_ptr_array_add (self->unit->blocks, statement);
  end_tag (self);
  statement->body = parse_nested_until (self, "endblock");
  tpl_parser_skip (self, TPL_TOKEN_NAME, statement->name);
  return statement;
}

static void
parse_link (TplParser *self, TplStatement *statement, const char *word)
{
  statement->expression = tpl_parse_condition (self);
  if (!self->has_loader)
    tpl_parser_fail (self, statement->line,
                     "'%s' cannot be used here: there are no other templates", word);
  g_ptr_array_add (self->unit->links, statement);
}

static TplStatement *
parse_extends (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_EXTENDS, line);

  parse_link (self, statement, "extends");
  if (self->nested > 0)
    tpl_parser_fail (self, line, "'extends' inside of a block, macro or loop");
  return statement;
}

/* "with context" or "without context" */
static void
parse_context (TplParser *self, TplStatement *statement, gboolean preset)
{
  statement->uses_context = preset;
  if (tpl_parser_skip (self, TPL_TOKEN_NAME, "with"))
    statement->uses_context = TRUE;
  else if (tpl_parser_skip (self, TPL_TOKEN_NAME, "without"))
    statement->uses_context = FALSE;
  else
    return;
  tpl_parser_expect (self, TPL_TOKEN_NAME, "context");
}

static TplStatement *
parse_include (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_INCLUDE, line);

  parse_link (self, statement, "include");
  if (tpl_parser_skip (self, TPL_TOKEN_NAME, "ignore")) {
    tpl_parser_expect (self, TPL_TOKEN_NAME, "missing");
    statement->may_miss = TRUE;
  }
  parse_context (self, statement, TRUE);
  return statement;
}

static TplStatement *
parse_import (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_IMPORT, line);

  parse_link (self, statement, "import");
  tpl_parser_expect (self, TPL_TOKEN_NAME, "as");
  statement->name = tpl_parse_target (self, TRUE)->name;
  parse_context (self, statement, FALSE);
  return statement;
}

static gboolean
is_context_clause (const TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  return token->kind == TPL_TOKEN_NAME && strcmp (token[1].text, "context") == 0 &&
         (strcmp (token->text, "with") == 0 || strcmp (token->text, "without") == 0);
}

static void
parse_imported_names (TplParser *self, TplStatement *statement)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) aliases = g_ptr_array_new ();

  do {
    const char *name = NULL;

    if (is_context_clause (self) || tpl_parser_is (self, TPL_TOKEN_BLOCK_END, NULL))
      break;
    name = tpl_parse_target (self, TRUE)->name;
    g_ptr_array_add (names, (gpointer)name);
    if (tpl_parser_skip (self, TPL_TOKEN_NAME, "as"))
      name = tpl_parse_target (self, TRUE)->name;
    g_ptr_array_add (aliases, (gpointer)name);
  } while (tpl_parser_skip (self, TPL_TOKEN_OPERATOR, ","));
  statement->n_names = names->len;
  statement->names = tpl_parser_freeze (self, names);
  statement->aliases = tpl_parser_freeze (self, aliases);
}

static TplStatement *
parse_from (TplParser *self, guint line)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_FROM, line);

  parse_link (self, statement, "from");
  tpl_parser_expect (self, TPL_TOKEN_NAME, "import");
  parse_imported_names (self, statement);
  parse_context (self, statement, FALSE);
  return statement;
}

static const TagRow tags[] = {
  { "if", parse_if },           { "for", parse_for },       { "set", parse_set },
  { "macro", parse_macro },     { "block", parse_block },   { "extends", parse_extends },
  { "include", parse_include }, { "import", parse_import }, { "from", parse_from },
};

static TplStatement *
parse_tag (TplParser *self)
{
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind != TPL_TOKEN_NAME) {
    tpl_parser_fail_unexpected (self);
    return statement_new (self, TPL_STATEMENT_TEXT, token->line);
  }
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++) {
    TplStatement *statement = NULL;

    if (strcmp (tags[i].word, token->text) != 0)
      continue;
    tpl_parser_next (self);
    statement = tags[i].parse (self, token->line);
    end_tag (self);
    return statement;
  }
  if (g_str_has_prefix (token->text, "end") || strcmp (token->text, "else") == 0 ||
      strcmp (token->text, "elif") == 0)
    tpl_parser_fail (self, token->line, "'%s' closes nothing", token->text);
  else
    tpl_parser_fail (self, token->line, "unknown tag '%s'", token->text);
  return statement_new (self, TPL_STATEMENT_TEXT, token->line);
}

static TplStatement *
parse_print (TplParser *self)
{
  TplStatement *statement = statement_new (self, TPL_STATEMENT_PRINT, tpl_parser_next (self)->line);

  statement->expression = tpl_parse_tuple (self, tpl_parse_condition);
  tpl_parser_expect (self, TPL_TOKEN_PRINT_END, NULL);
  return statement;
}

static TplStatement *
parse_data (TplParser *self)
{
  const TplToken *token = tpl_parser_next (self);
  TplStatement *statement = statement_new (self, TPL_STATEMENT_TEXT, token->line);

  statement->text = token->text;
  statement->length = token->length;
  return statement;
}

static gboolean
is_end (const TplParser *self, const char *const *ends)
{
  const TplToken *token = tpl_parser_peek (self);

  if (token->kind == TPL_TOKEN_END)
    return TRUE;
  if (token->kind != TPL_TOKEN_BLOCK_BEGIN || token[1].kind != TPL_TOKEN_NAME || ends == NULL)
    return FALSE;
  return g_strv_contains (ends, token[1].text);
}

static TplStatement *
parse_statement (TplParser *self)
{
  if (tpl_parser_is (self, TPL_TOKEN_DATA, NULL))
    return parse_data (self);
  if (tpl_parser_is (self, TPL_TOKEN_PRINT_BEGIN, NULL))
    return parse_print (self);
  tpl_parser_next (self);
  return parse_tag (self);
}

/* up to one of the ends, which stays; NULL: up to the end of the text */
static TplBody
parse_body (TplParser *self, const char *const *ends)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  TplBody body = { NULL, 0 };
  guint line = tpl_parser_peek (self)->line;

  if (!tpl_parser_enter (self))
    return body;
  while (!is_end (self, ends))
    g_ptr_array_add (items, parse_statement (self));
  if (ends != NULL && tpl_parser_is (self, TPL_TOKEN_END, NULL))
    tpl_parser_fail (self, line, "what begins here has no '%s'",
                     ends[g_strv_length ((char **)ends) - 1]);
  tpl_parser_leave (self);
  body.length = items->len;
  body.items = tpl_parser_freeze (self, items);
  return body;
}

/* Data cannot be called. Where nothing is imported, what a text calls is its own or a function. */
static void
check_calls (TplParser *self)
{
  for (guint i = 0; i < self->calls->len && !self->has_loader; i++) {
    const TplNode *call = g_ptr_array_index (self->calls, i);

    if (tpl_function_find (call->name) == NULL &&
        !g_hash_table_contains (self->targets, call->name))
      tpl_parser_fail (self, call->line, "unknown function '%s'", call->name);
  }
}

/* FALSE: the text has no tokens */
static gboolean
parser_init (TplParser *self, TplUnit *unit, GArray *tokens)
{
  *self = (TplParser){ .unit = unit, .tokens = tokens };
  if (tokens == NULL)
    return FALSE;
  self->targets = g_hash_table_new (NULL, NULL);
  self->calls = g_ptr_array_new ();
  return TRUE;
}

static gboolean
parser_finish (TplParser *self, GError **error)
{
  if (self->error == NULL)
    check_calls (self);
  g_array_unref (self->tokens);
  g_hash_table_unref (self->targets);
  g_ptr_array_unref (self->calls);
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, self->error);
  return FALSE;
}

gboolean
tpl_parse_template (TplUnit *unit, gboolean has_loader, GError **error)
{
  TplParser parser;

  if (!parser_init (&parser, unit, tpl_lexer_read_template (unit, error)))
    return FALSE;
  parser.has_loader = has_loader;
  unit->body = parse_body (&parser, NULL);
  return parser_finish (&parser, error);
}

gboolean
tpl_parse_expression (TplUnit *unit, GError **error)
{
  TplParser parser;

  if (!parser_init (&parser, unit, tpl_lexer_read_expression (unit, error)))
    return FALSE;
  unit->expression = tpl_parse_condition (&parser);
  if (parser.error == NULL && !tpl_parser_is (&parser, TPL_TOKEN_END, NULL))
    tpl_parser_fail_unexpected (&parser);
  return parser_finish (&parser, error);
}
