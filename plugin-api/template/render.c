/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a rendering: limits, the first error, memory, scopes. */
#include "render-private.h"

#include <string.h>

/* what a rendering may hold besides its output */
#define MEMORY_BYTES (32 * 1024 * 1024)

void
tpl_render_init (TplRender *self, const TplUnit *unit, JsonObject *variables)
{
  *self = (TplRender){ .unit = unit };
  self->steps = TPL_DEFAULT_STEPS;
  self->max_bytes = TPL_DEFAULT_BYTES;
  self->arena.limit_bytes = MEMORY_BYTES;
  self->line = 1;
  self->scope = tpl_scope_new (self, NULL);
  self->scope->variables = variables;
}

void
tpl_render_clear (TplRender *self)
{
  if (self->output != NULL)
    g_string_free (self->output, TRUE);
  tpl_arena_clear (&self->arena);
  g_clear_error (&self->error);
}

/* The first error is kept, with the place that the rendering stands at. */
void
tpl_render_fail (TplRender *self, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  self->steps = 0;
  if (self->error != NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "%s:%u: %s", self->unit->name,
               self->line, text);
}

/* for work that no node counts; FALSE: there are not so many left */
gboolean
tpl_render_charge (TplRender *self, gsize steps)
{
  if (G_LIKELY (steps < self->steps)) {
    self->steps -= (guint)steps;
    return TRUE;
  }
  if (steps == 0 && self->error == NULL)
    return TRUE;
  tpl_render_fail (self, "too many steps");
  return FALSE;
}

/* zeroed; NULL, with an error set, where the limit is met or an error was before */
gpointer
tpl_render_alloc (TplRender *self, gsize bytes)
{
  gpointer memory = NULL;

  if (G_UNLIKELY (self->error != NULL))
    return NULL;
  memory = tpl_arena_alloc (&self->arena, bytes);
  if (memory == NULL)
    tpl_render_fail (self, "more than %" G_GSIZE_FORMAT " bytes of memory",
                     self->arena.limit_bytes);
  return memory;
}

/* never NULL: without memory it is the parent's own, which nobody prints any more */
TplScope *
tpl_scope_new (TplRender *self, TplScope *parent)
{
  TplScope *scope = tpl_render_alloc (self, sizeof (TplScope));

  if (scope == NULL)
    return parent != NULL ? parent : self->scope;
  scope->parent = parent;
  return scope;
}

static gboolean
scope_grow (TplRender *self, TplScope *scope)
{
  guint capacity = MAX (scope->capacity * 2, 4);
  TplBinding *bindings = tpl_render_alloc (self, capacity * sizeof (TplBinding));

  if (bindings == NULL)
    return FALSE;
  if (scope->length > 0)
    memcpy (bindings, scope->bindings, scope->length * sizeof (TplBinding));
  scope->bindings = bindings;
  scope->capacity = capacity;
  return TRUE;
}

void
tpl_scope_set (TplRender *self, TplScope *scope, const char *name, TplValue value)
{
  for (guint i = 0; i < scope->length; i++)
    if (scope->bindings[i].name == name) {
      scope->bindings[i].value = value;
      return;
    }
  tpl_render_charge (self, scope->length / 16);
  if (scope->length < scope->capacity || scope_grow (self, scope))
    scope->bindings[scope->length++] = (TplBinding){ name, value };
}

static gboolean
find_variable (const TplScope *scope, const char *name, TplValue *value)
{
  JsonNode *node = NULL;

  if (scope->records != NULL && strcmp (scope->records->name, name) == 0) {
    *value = tpl_value_from_records (scope->records->records);
    return TRUE;
  }
  if (scope->variables != NULL)
    node = json_object_get_member (scope->variables, name);
  if (node == NULL)
    return FALSE;
  *value = tpl_value_from_node (node);
  return TRUE;
}

/* name: interned */
gboolean
tpl_scope_find (TplRender *self, TplScope *scope, const char *name, TplValue *value)
{
  for (; scope != NULL; scope = scope->parent) {
    if (G_UNLIKELY (scope->length > 16))
      tpl_render_charge (self, scope->length / 16);
    for (guint i = 0; i < scope->length; i++)
      if (scope->bindings[i].name == name) {
        *value = scope->bindings[i].value;
        return TRUE;
      }
    if (scope->parent == NULL)
      return find_variable (scope, name, value);
  }
  return FALSE;
}

/* what an imported template set itself; names with _ in front are its own affair */
TplValue
tpl_scope_get_own (const TplScope *scope, const char *name)
{
  for (guint i = 0; i < scope->length && *name != '_'; i++)
    if (strcmp (scope->bindings[i].name, name) == 0)
      return scope->bindings[i].value;
  return tpl_undefined (name);
}
