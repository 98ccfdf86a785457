/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One rendering: its memory, limits, scopes and the first error. Lives on one thread. */
#pragma once

#include "arena-private.h"
#include "ast-private.h"
#include "belfry-error.h"
#include "belfry-record.h"
#include "belfry-template.h"
#include "value-private.h"

#define TPL_MAX_PARSE_DEPTH 200
#define TPL_MAX_CALL_DEPTH  32
#define TPL_MAX_STACK_DEPTH 1000
#define TPL_MAX_VALUE_DEPTH 200
#define TPL_DEFAULT_STEPS   5000000
#define TPL_DEFAULT_BYTES   (8 * 1024 * 1024)
#define TPL_MAX_UNITS       256
#define TPL_BYTES_PER_STEP  64
#define TPL_ITEMS_PER_STEP  4

typedef struct {
  const char *name; /* interned */
  TplValue value;
} TplBinding;

/* The names of one block of code. A lookup climbs to the parents; the outermost has the data. */
struct _TplScope {
  TplScope *parent;                     /* (nullable) */
  JsonObject *variables;                /* (nullable) */
  const BelfryTemplateRecords *records; /* (nullable) one variable more */
  guint length;
  guint capacity;
  TplBinding *bindings;
};

/* A template with those that it extends, most derived first: where blocks are looked up. */
typedef struct {
  const TplUnit *units[TPL_MAX_CALL_DEPTH];
  guint length;
  TplScope *top;
  const TplUnit *parent; /* (nullable): set by extends while the code of a child runs */
} TplTree;

struct _TplLoop {
  const TplList *items;
  guint index;
  TplValue changed; /* what loop.changed () saw last */
};

struct _TplMacro {
  const TplStatement *statement;
  const TplUnit *unit;
  TplScope *scope;
  TplTree *tree;
};

struct _TplRender {
  TplArena arena;
  GString *output; /* (owned): what is written to now */
  gsize max_bytes;
  guint steps; /* left; 0 after an error, which ends everything soon */
  guint depth;
  guint calls;
  guint line;
  const TplUnit *unit;
  TplScope *scope;
  TplTree *tree;
  gboolean silent;           /* behind extends: what a child prints is dropped */
  const TplStatement *block; /* (nullable): the block that runs, for super () */
  guint block_level;         /* where in the tree it was found */
  BelfryTemplate *template;  /* (nullable): loads what is named while rendering */
  gboolean keeps_memory;     /* a value outlives the turn of a loop that made it */
  gboolean escapes;
  gboolean strict;
  const char *language; /* (nullable) */
  gint64 utc_offset_us;
  GError *error;
  TplList spare_list; /* handed out when memory is over, never grown */
  TplMap spare_map;
};

void tpl_render_init (TplRender *self, const TplUnit *unit, JsonObject *variables);
void tpl_render_clear (TplRender *self);
void tpl_render_fail (TplRender *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean tpl_render_charge (TplRender *self, gsize steps);
gpointer tpl_render_alloc (TplRender *self, gsize bytes);
TplScope *tpl_scope_new (TplRender *self, TplScope *parent);
void tpl_scope_set (TplRender *self, TplScope *scope, const char *name, TplValue value);
gboolean tpl_scope_find (TplRender *self, TplScope *scope, const char *name, TplValue *value);
TplValue tpl_scope_get_own (const TplScope *scope, const char *name);
void tpl_render_run (TplRender *self, const TplBody *body);
void tpl_render_tree (TplRender *self, const TplUnit *unit, TplScope *top);
TplValue tpl_render_call_macro (TplRender *self, const TplMacro *macro, const TplCall *call);
TplValue tpl_render_call_super (TplRender *self);
TplValue tpl_evaluate (TplRender *self, const TplNode *node);
TplValue tpl_loop_get (const TplLoop *loop, const char *name);

const TplUnit *tpl_template_load (BelfryTemplate *self, const char *name, GError **error);
char *tpl_date_format (GDateTime *time, const char *format, const char *language);
