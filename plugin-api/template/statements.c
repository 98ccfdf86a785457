/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What statements do. A loop, a macro, a block and an included template have a scope of their own;
 * an if has none. What a macro, a super () or a set with a body prints is caught as a value. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

typedef void (*RunFunc) (TplRender *self, const TplStatement *statement);

typedef struct {
  GString *output;
  gboolean silent;
} Capture;

/* what changes while other code runs and is put back behind it */
typedef struct {
  const TplUnit *unit;
  TplScope *scope;
  TplTree *tree;
  const TplStatement *block;
  guint block_level;
  gboolean silent;
  guint line;
} Place;

static Place
place_save (const TplRender *self)
{
  return (Place){ self->unit,        self->scope,  self->tree, self->block,
                  self->block_level, self->silent, self->line };
}

static void
place_restore (TplRender *self, const Place *place)
{
  self->unit = place->unit;
  self->scope = place->scope;
  self->tree = place->tree;
  self->block = place->block;
  self->block_level = place->block_level;
  self->silent = place->silent;
  self->line = place->line;
}

static gboolean
enter_call (TplRender *self, const char *what)
{
  if (self->calls >= TPL_MAX_CALL_DEPTH) {
    tpl_render_fail (self, "%s nested more than %d deep", what, TPL_MAX_CALL_DEPTH);
    return FALSE;
  }
  self->calls++;
  return TRUE;
}

static Capture
capture_begin (TplRender *self)
{
  Capture capture = { self->output, self->silent };

  self->output = g_string_new (NULL);
  self->silent = FALSE;
  return capture;
}

static TplValue
capture_end (TplRender *self, const Capture *capture)
{
  TplValue value = tpl_text_take (self, self->output, self->escapes ? TPL_SAFE : 0);

  g_string_free (self->output, TRUE);
  self->output = capture->output;
  self->silent = capture->silent;
  return value;
}

static void
assign (TplRender *self, TplScope *scope, const TplNode *target, TplValue value)
{
  const TplList *items = NULL;

  if (target->kind == TPL_NODE_NAME) {
    tpl_scope_set (self, scope, target->name, value);
    return;
  }
  self->line = target->line;
  items = tpl_value_iterate (self, value);
  if (items->length != target->n_items) {
    tpl_render_fail (self, "%u values for %u names", items->length, target->n_items);
    return;
  }
  for (guint i = 0; i < target->n_items; i++)
    assign (self, scope, target->items[i], items->items[i]);
}

static void
run_text (TplRender *self, const TplStatement *statement)
{
  self->line = statement->line;
  if (!self->silent)
    tpl_append (self, self->output, statement->text, statement->length);
}

static void
run_print (TplRender *self, const TplStatement *statement)
{
  TplValue value = tpl_none ();

  if (self->silent)
    return;
  value = tpl_evaluate (self, statement->expression);
  self->line = statement->line;
  tpl_append_printed (self, self->output, value);
}

static void
run_if (TplRender *self, const TplStatement *statement)
{
  for (guint i = 0; i < statement->n_branches; i++) {
    const TplBranch *branch = &statement->branches[i];

    if (branch->test != NULL && !tpl_value_is_true (tpl_evaluate (self, branch->test)))
      continue;
    tpl_render_run (self, &branch->body);
    return;
  }
}

static TplList *
select_items (TplRender *self, const TplStatement *statement, const TplList *items)
{
  TplList *selected = tpl_list_new (self, items->length);

  for (guint i = 0; i < items->length && self->error == NULL; i++) {
    assign (self, self->scope, statement->target, items->items[i]);
    if (tpl_value_is_true (tpl_evaluate (self, statement->condition)))
      tpl_list_append (self, selected, items->items[i]);
  }
  return selected;
}

/* Nothing that a turn of a loop makes is seen after it but its output: names that it sets end with
 * it, and no value can be changed to hold another. Room for names that was made in it goes too. */
static void
end_turn (TplRender *self, const TplArenaMark *mark, TplBinding *bindings, guint capacity)
{
  if (self->keeps_memory)
    return;
  self->scope->bindings = bindings;
  self->scope->capacity = capacity;
  tpl_arena_release (&self->arena, mark);
}

static void
run_loop (TplRender *self, const TplStatement *statement, const TplList *items)
{
  TplLoop *loop = tpl_render_alloc (self, sizeof (TplLoop));
  TplValue value = { .kind = TPL_LOOP, .loop = loop };

  if (loop == NULL)
    return;
  loop->items = items;
  loop->changed = tpl_absent ();
  self->scope->length = 0;
  tpl_scope_set (self, self->scope, statement->name, value);
  for (loop->index = 0; loop->index < items->length && self->error == NULL; loop->index++) {
    TplArenaMark mark = tpl_arena_mark (&self->arena);
    TplBinding *bindings = self->scope->bindings;
    guint capacity = self->scope->capacity;

    self->scope->length = 1;
    assign (self, self->scope, statement->target, items->items[loop->index]);
    tpl_render_run (self, &statement->body);
    end_turn (self, &mark, bindings, capacity);
  }
}

static void
run_for (TplRender *self, const TplStatement *statement)
{
  TplScope *outer = self->scope;
  TplValue value = tpl_evaluate (self, statement->expression);
  const TplList *items = NULL;

  self->line = statement->line;
  items = tpl_value_iterate (self, value);
  if (self->error != NULL)
    return;
  self->scope = tpl_scope_new (self, outer);
  if (statement->condition != NULL)
    items = select_items (self, statement, items);
  if (items->length > 0) {
    run_loop (self, statement, items);
  } else {
    self->scope->length = 0;
    tpl_render_run (self, &statement->otherwise);
  }
  self->scope = outer;
}

static void
run_set (TplRender *self, const TplStatement *statement)
{
  assign (self, self->scope, statement->target, tpl_evaluate (self, statement->expression));
}

/* filters behind the name see the text under a name that no template can write */
static void
run_set_block (TplRender *self, const TplStatement *statement)
{
  TplScope *outer = self->scope;
  Capture capture = capture_begin (self);
  TplValue value = tpl_none ();

  self->scope = tpl_scope_new (self, outer);
  tpl_render_run (self, &statement->body);
  value = capture_end (self, &capture);
  tpl_scope_set (self, self->scope, statement->condition->name, value);
  value = tpl_evaluate (self, statement->expression);
  self->scope = outer;
  tpl_scope_set (self, outer, statement->target->name, value);
}

static void
run_macro (TplRender *self, const TplStatement *statement)
{
  TplMacro *macro = tpl_render_alloc (self, sizeof (TplMacro));

  if (macro == NULL)
    return;
  *macro = (TplMacro){ statement, self->unit, self->scope, self->tree };
  tpl_scope_set (self, self->scope, statement->name,
                 (TplValue){ .kind = TPL_MACRO, .macro = macro });
}

/* the first template from that level on that has the block */
static const TplStatement *
find_block (const TplTree *tree, const char *name, guint *level)
{
  for (; *level < tree->length; (*level)++) {
    const TplStatement *block = tpl_unit_find_block (tree->units[*level], name);

    if (block != NULL)
      return block;
  }
  return NULL;
}

static void
run_found_block (TplRender *self, const TplStatement *block, guint level, TplScope *parent)
{
  Place place = place_save (self);

  if (!enter_call (self, "blocks"))
    return;
  self->block = block;
  self->block_level = level;
  self->unit = self->tree->units[level];
  self->scope = tpl_scope_new (self, parent);
  tpl_render_run (self, &block->body);
  place_restore (self, &place);
  self->calls--;
}

static void
run_block (TplRender *self, const TplStatement *statement)
{
  guint level = 0;
  const TplStatement *block = find_block (self->tree, statement->name, &level);

  self->line = statement->line;
  if (block != NULL && self->tree->parent == NULL)
    run_found_block (self, block, level, statement->sees_scope ? self->scope : self->tree->top);
}

TplValue
tpl_render_call_super (TplRender *self)
{
  guint level = self->block_level + 1;
  const TplStatement *block = NULL;
  Capture capture;

  if (self->block != NULL)
    block = find_block (self->tree, self->block->name, &level);
  if (block == NULL) {
    tpl_render_fail (self, "super () without a block to extend");
    return tpl_none ();
  }
  capture = capture_begin (self);
  run_found_block (self, block, level, self->tree->top);
  return capture_end (self, &capture);
}

/* NULL: not there; an error is set unless it may miss */
static const TplUnit *
load_named (TplRender *self, const TplStatement *statement, TplValue name, gboolean may_miss)
{
  g_autoptr (GError) error = NULL;
  const TplUnit *unit = NULL;

  self->line = statement->line;
  if (name.kind != TPL_TEXT) {
    tpl_render_fail (self, "%s is no name of a template", tpl_value_describe (name));
    return NULL;
  }
  unit = tpl_template_load (self->template, name.text, &error);
  if (unit == NULL && !(may_miss && g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)))
    tpl_render_fail (self, "template '%s': %s", name.text, error->message);
  return unit;
}

/* several names: the first that there is */
static const TplUnit *
load_first (TplRender *self, const TplStatement *statement, TplValue names)
{
  const TplList *items = tpl_value_iterate (self, names);
  const TplUnit *unit = NULL;

  for (guint i = 0; i < items->length && unit == NULL && self->error == NULL; i++) {
    gboolean may_miss = statement->may_miss || i + 1 < items->length;

    unit = load_named (self, statement, items->items[i], may_miss);
  }
  return unit;
}

static const TplUnit *
load (TplRender *self, const TplStatement *statement)
{
  TplValue name = tpl_none ();

  if (statement->unit != NULL)
    return statement->unit;
  name = tpl_evaluate (self, statement->expression);
  if (self->error != NULL)
    return NULL;
  if (tpl_is_list (name))
    return load_first (self, statement, name);
  return load_named (self, statement, name, statement->may_miss);
}

static void
run_extends (TplRender *self, const TplStatement *statement)
{
  self->line = statement->line;
  if (self->tree->parent != NULL) {
    tpl_render_fail (self, "a second 'extends'");
    return;
  }
  self->tree->parent = load (self, statement);
  self->silent = TRUE;
}

static void
run_include (TplRender *self, const TplStatement *statement)
{
  const TplUnit *unit = self->silent ? NULL : load (self, statement);

  self->line = statement->line;
  if (unit == NULL || self->error != NULL || !enter_call (self, "includes"))
    return;
  tpl_render_tree (self, unit, tpl_scope_new (self, statement->uses_context ? self->scope : NULL));
  self->calls--;
}

/* The scope that the other template's own names are in; NULL: an error. */
static TplScope *
import_module (TplRender *self, const TplStatement *statement)
{
  const TplUnit *unit = load (self, statement);
  TplScope *module = NULL;
  Capture capture;

  self->line = statement->line;
  if (unit == NULL || self->error != NULL || !enter_call (self, "imports"))
    return NULL;
  module = tpl_scope_new (self, statement->uses_context ? self->scope : NULL);
  capture = capture_begin (self);
  tpl_render_tree (self, unit, module);
  capture_end (self, &capture);
  self->calls--;
  return module;
}

static void
run_import (TplRender *self, const TplStatement *statement)
{
  TplScope *module = import_module (self, statement);

  if (module != NULL)
    tpl_scope_set (self, self->scope, statement->name,
                   (TplValue){ .kind = TPL_MODULE, .module = module });
}

static void
run_from (TplRender *self, const TplStatement *statement)
{
  TplScope *module = import_module (self, statement);

  for (guint i = 0; module != NULL && i < statement->n_names; i++)
    tpl_scope_set (self, self->scope, statement->aliases[i],
                   tpl_scope_get_own (module, statement->names[i]));
}

void
tpl_render_run (TplRender *self, const TplBody *body)
{
  static const RunFunc functions[TPL_N_STATEMENTS] = {
    [TPL_STATEMENT_TEXT] = run_text,       [TPL_STATEMENT_PRINT] = run_print,
    [TPL_STATEMENT_IF] = run_if,           [TPL_STATEMENT_FOR] = run_for,
    [TPL_STATEMENT_SET] = run_set,         [TPL_STATEMENT_SET_BLOCK] = run_set_block,
    [TPL_STATEMENT_MACRO] = run_macro,     [TPL_STATEMENT_BLOCK] = run_block,
    [TPL_STATEMENT_EXTENDS] = run_extends, [TPL_STATEMENT_INCLUDE] = run_include,
    [TPL_STATEMENT_IMPORT] = run_import,   [TPL_STATEMENT_FROM] = run_from,
  };

  if (self->depth >= TPL_MAX_STACK_DEPTH) {
    tpl_render_fail (self, "nested too deeply");
    return;
  }
  self->depth++;
  for (guint i = 0; i < body->length && tpl_render_charge (self, 1); i++)
    functions[body->items[i]->kind](self, body->items[i]);
  self->depth--;
}

/* Runs a template and, outwards, those that it extends, each of which finds the blocks of the ones
 * before it. */
void
tpl_render_tree (TplRender *self, const TplUnit *unit, TplScope *top)
{
  Place place = place_save (self);
  TplTree *tree = tpl_render_alloc (self, sizeof (TplTree));

  if (tree == NULL)
    return;
  tree->top = top;
  self->tree = tree;
  self->scope = top;
  self->block = NULL;
  while (unit != NULL && self->error == NULL) {
    if (tree->length == TPL_MAX_CALL_DEPTH) {
      tpl_render_fail (self, "'extends' nested more than %d deep", TPL_MAX_CALL_DEPTH);
      break;
    }
    tree->units[tree->length++] = unit;
    tree->parent = NULL;
    self->unit = unit;
    self->silent = FALSE;
    tpl_render_run (self, &unit->body);
    unit = tree->parent;
  }
  place_restore (self, &place);
}

static gboolean
find_keyword (const TplCall *call, const char *name, TplValue *value)
{
  for (guint i = 0; i < call->n_keywords; i++)
    if (call->keywords[i] == name) {
      *value = call->keyword_values[i];
      return TRUE;
    }
  return FALSE;
}

static void
check_arguments (TplRender *self, const TplStatement *macro, const TplCall *call)
{
  if (call->n_positional > macro->n_names)
    tpl_render_fail (self, "macro '%s' takes at most %u arguments", macro->name, macro->n_names);
  for (guint i = 0; i < call->n_keywords; i++) {
    guint place = 0;

    while (place < macro->n_names && macro->names[place] != call->keywords[i])
      place++;
    if (place == macro->n_names)
      tpl_render_fail (self, "macro '%s' takes no argument '%s'", macro->name, call->keywords[i]);
    else if (place < call->n_positional)
      tpl_render_fail (self, "macro '%s' is given '%s' twice", macro->name, call->keywords[i]);
  }
}

static void
bind_parameters (TplRender *self, const TplStatement *macro, const TplCall *call)
{
  for (guint i = 0; i < macro->n_names; i++) {
    TplValue value = tpl_undefined (macro->names[i]);

    if (i < call->n_positional)
      value = call->positional[i];
    else if (!find_keyword (call, macro->names[i], &value) && macro->defaults[i] != NULL)
      value = tpl_evaluate (self, macro->defaults[i]);
    tpl_scope_set (self, self->scope, macro->names[i], value);
  }
}

TplValue
tpl_render_call_macro (TplRender *self, const TplMacro *macro, const TplCall *call)
{
  Place place = place_save (self);
  Capture capture;
  TplValue value = tpl_none ();

  check_arguments (self, macro->statement, call);
  if (self->error != NULL || !enter_call (self, "macros"))
    return tpl_none ();
  self->unit = macro->unit;
  self->tree = macro->tree;
  self->scope = tpl_scope_new (self, macro->scope);
  capture = capture_begin (self);
  bind_parameters (self, macro->statement, call);
  tpl_render_run (self, &macro->statement->body);
  value = capture_end (self, &capture);
  place_restore (self, &place);
  self->calls--;
  return value;
}
