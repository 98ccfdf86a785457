/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text into tokens. */
#pragma once

#include "ast-private.h"

typedef enum {
  TPL_TOKEN_END,
  TPL_TOKEN_DATA,
  TPL_TOKEN_PRINT_BEGIN,
  TPL_TOKEN_PRINT_END,
  TPL_TOKEN_BLOCK_BEGIN,
  TPL_TOKEN_BLOCK_END,
  TPL_TOKEN_NAME,
  TPL_TOKEN_STRING,
  TPL_TOKEN_NUMBER,
  TPL_TOKEN_OPERATOR,
} TplTokenKind;

typedef struct {
  TplTokenKind kind;
  guint line;
  const char *text; /* data; name and operator: interned */
  gsize length;
  TplValue value; /* string, number */
} TplToken;

GArray *tpl_lexer_read_template (TplUnit *unit, GError **error);
GArray *tpl_lexer_read_expression (TplUnit *unit, GError **error);
