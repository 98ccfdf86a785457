/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens into statements and expressions. After an error the parser stands at the last token, so
 * every loop ends, and hands out an empty constant, so no caller looks for NULL. */
#pragma once

#include "lexer-private.h"

typedef struct {
  TplUnit *unit;
  GArray *tokens; /* (element-type TplToken) */
  guint position;
  guint depth;
  gboolean has_loader;
  guint nested;        /* in for, macro or block: where extends cannot stand */
  GHashTable *targets; /* (element-type utf8): names that the text sets itself */
  GPtrArray *calls;    /* (element-type TplNode): calls of plain names */
  GError *error;
} TplParser;

gboolean tpl_parse_template (TplUnit *unit, gboolean has_loader, GError **error);
gboolean tpl_parse_expression (TplUnit *unit, GError **error);

const TplToken *tpl_parser_peek (const TplParser *self);
const TplToken *tpl_parser_next (TplParser *self);
gboolean tpl_parser_is (const TplParser *self, TplTokenKind kind, const char *text);
gboolean tpl_parser_skip (TplParser *self, TplTokenKind kind, const char *text);
void tpl_parser_expect (TplParser *self, TplTokenKind kind, const char *text);
const char *tpl_parser_expect_name (TplParser *self);
void tpl_parser_fail (TplParser *self, guint line, const char *format, ...) G_GNUC_PRINTF (3, 4);
void tpl_parser_fail_unexpected (TplParser *self);
gboolean tpl_parser_enter (TplParser *self);
void tpl_parser_leave (TplParser *self);
gpointer tpl_parser_freeze (TplParser *self, const GPtrArray *items);

gboolean tpl_parser_is_operator (const TplParser *self, const char *text);
gboolean tpl_parser_skip_operator (TplParser *self, const char *text);

TplNode *tpl_node_new (TplParser *self, TplNodeKind kind, guint line);
void tpl_node_set_items (TplParser *self, TplNode *node, const GPtrArray *items);
TplNode *
tpl_node_new_with (TplParser *self, TplNodeKind kind, guint line, TplNode *first, TplNode *second);
TplNode *tpl_constant_new (TplParser *self, guint line, TplValue value);
gboolean tpl_constant_of_word (const char *word, TplValue *value);

TplNode *tpl_parse_primary (TplParser *self);
TplNode *tpl_parse_postfix (TplParser *self, TplNode *node);
TplNode *tpl_parse_call (TplParser *self, TplNode *callee, guint line);
void tpl_parse_arguments (TplParser *self, GPtrArray *items, GPtrArray *keywords);
TplNode *tpl_parse_condition (TplParser *self);
TplNode *tpl_parse_without_condition (TplParser *self);
TplNode *tpl_parse_tuple (TplParser *self, TplNode *(*parse) (TplParser *));
TplNode *tpl_parse_target (TplParser *self, gboolean one);
TplNode *tpl_parse_filters (TplParser *self, TplNode *node);
