/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parser makes of a text. Written once, then only read, so threads share it. All of it
 * lives in the arena of its unit; names are interned, so equal names are equal pointers. */
#pragma once

#include "arena-private.h"
#include "value-private.h"

typedef struct _TplNode TplNode;
typedef struct _TplStatement TplStatement;
typedef struct _TplUnit TplUnit;

typedef enum {
  TPL_NODE_CONSTANT,
  TPL_NODE_NAME,
  TPL_NODE_ATTRIBUTE,
  TPL_NODE_ITEM,
  TPL_NODE_SLICE, /* items: what, start, stop, step; NULL where left out */
  TPL_NODE_LIST,
  TPL_NODE_MAP, /* items: key, value, key, value… */
  TPL_NODE_NOT,
  TPL_NODE_NEGATE,
  TPL_NODE_PLUS,
  TPL_NODE_BINARY,
  TPL_NODE_AND,
  TPL_NODE_OR,
  TPL_NODE_COMPARE, /* a < b < c: codes between the items */
  TPL_NODE_CONCAT,
  TPL_NODE_CONDITION, /* items: test, then, else (nullable) */
  TPL_NODE_FILTER,    /* items: one per parameter, NULL where left out */
  TPL_NODE_TEST,
  TPL_NODE_CALL,   /* items: callee, arguments */
  TPL_NODE_METHOD, /* items: object, arguments */
  TPL_N_NODES,
} TplNodeKind;

typedef enum {
  TPL_ADD,
  TPL_SUBTRACT,
  TPL_MULTIPLY,
  TPL_DIVIDE,
  TPL_FLOOR_DIVIDE,
  TPL_MODULO,
  TPL_POWER,
} TplOperator;

typedef enum {
  TPL_EQUAL,
  TPL_NOT_EQUAL,
  TPL_LESS,
  TPL_LESS_EQUAL,
  TPL_GREATER,
  TPL_GREATER_EQUAL,
  TPL_IN,
  TPL_NOT_IN,
} TplComparison;

struct _TplNode {
  TplNodeKind kind;
  guint line;
  guint depth;      /* of the tree below */
  guint code;       /* operator; list: TPL_TUPLE; test: 1 = negated */
  gboolean lenient; /* may be undefined even where that is an error */
  guint n_items;
  guint n_keywords; /* so many last items have a keyword */
  TplNode **items;
  const char **keywords;
  const guint8 *codes;
  const char *name;
  TplValue value;
  gconstpointer row; /* of the table of filters, tests or methods */
};

typedef enum {
  TPL_STATEMENT_TEXT,
  TPL_STATEMENT_PRINT,
  TPL_STATEMENT_IF,
  TPL_STATEMENT_FOR,
  TPL_STATEMENT_SET,
  TPL_STATEMENT_SET_BLOCK,
  TPL_STATEMENT_MACRO,
  TPL_STATEMENT_BLOCK,
  TPL_STATEMENT_EXTENDS,
  TPL_STATEMENT_INCLUDE,
  TPL_STATEMENT_IMPORT,
  TPL_STATEMENT_FROM,
  TPL_N_STATEMENTS,
} TplStatementKind;

typedef struct {
  TplStatement **items;
  guint length;
} TplBody;

typedef struct {
  TplNode *test; /* (nullable): else */
  TplBody body;
} TplBranch;

struct _TplStatement {
  TplStatementKind kind;
  guint line;
  const char *text; /* text */
  gsize length;
  const char *name;    /* macro, block; import: as; for: what the loop is called */
  TplNode *target;     /* for, set */
  TplNode *expression; /* print, for: over what; extends, include, import: name */
  TplNode *condition;  /* for: (nullable) if */
  TplBody body;
  TplBody otherwise;   /* for */
  TplBranch *branches; /* if */
  guint n_branches;
  const char **names;   /* macro: parameters; from: names */
  const char **aliases; /* from */
  TplNode **defaults;   /* macro: one per parameter, (nullable) */
  guint n_names;
  gboolean uses_context; /* include, import */
  gboolean may_miss;     /* include */
  gboolean sees_scope;   /* block: scoped */
  TplUnit *unit;         /* (nullable): where the name is constant */
};

/* One parsed text: a template, or what a template includes, imports or extends. */
struct _TplUnit {
  char *name;
  char *text; /* with line ends made alike */
  TplArena arena;
  TplBody body;
  GPtrArray *blocks;   /* (element-type TplStatement) */
  GPtrArray *links;    /* (element-type TplStatement): those that name other templates */
  TplNode *expression; /* (nullable): the unit is one expression */
};

/* Arguments of a call, evaluated. */
typedef struct {
  guint n_positional;
  guint n_keywords;
  TplValue *positional;
  TplValue *keyword_values;
  const char **keywords;
} TplCall;

const char *tpl_name_intern (const char *name);
TplUnit *tpl_unit_new (const char *name, const char *text);
void tpl_unit_free (TplUnit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TplUnit, tpl_unit_free)
const TplStatement *tpl_unit_find_block (const TplUnit *self, const char *name);
