/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions that stand alone, as options such as do-if have them: the language of templates
 * without their tags and without other templates. */
#include "parser-private.h"
#include "render-private.h"
#include "text-private.h"

#include <string.h>

#define MAX_EXPRESSION_BYTES (64 * 1024)

struct _BelfryExpression {
  int references;
  gboolean strict;
  char *source;
  TplUnit *unit;
};

/**
 * belfry_expression_new:
 * @text: text of the expression
 * @error: return location
 *
 * Parses an expression.
 *
 * Returns: (transfer full) (nullable): the expression; %NULL with %BELFRY_ERROR_CONFIG and the
 *   message `expression:LINE: what` where the text is not in the language
 * Since: 0.1
 */
BelfryExpression *
belfry_expression_new (const char *text, GError **error)
{
  return belfry_expression_new_with_flags (text, BELFRY_TEMPLATE_NONE, error);
}

/**
 * belfry_expression_new_with_flags:
 * @text: text of the expression
 * @flags: %BELFRY_TEMPLATE_STRICT: an undefined name is an error and no null; others do not apply
 * @error: return location
 *
 * Parses an expression, as belfry_expression_new () does.
 *
 * Returns: (transfer full) (nullable): the expression; %NULL with %BELFRY_ERROR_CONFIG
 * Since: 0.1
 */
BelfryExpression *
belfry_expression_new_with_flags (const char *text, BelfryTemplateFlags flags, GError **error)
{
  g_autoptr (TplUnit) unit = NULL;
  BelfryExpression *self = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  if (strlen (text) > MAX_EXPRESSION_BYTES || !g_utf8_validate (text, -1, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "expression:1: an expression is UTF-8 of at most %d bytes", MAX_EXPRESSION_BYTES);
    return NULL;
  }
  unit = tpl_unit_new ("expression", text);
  if (!tpl_parse_expression (unit, error))
    return NULL;
  self = g_new0 (BelfryExpression, 1);
  self->references = 1;
  self->strict = (flags & BELFRY_TEMPLATE_STRICT) != 0;
  self->source = g_strdup (text);
  self->unit = g_steal_pointer (&unit);
  return self;
}

/**
 * belfry_expression_ref:
 * @self: an expression
 *
 * Takes a reference. On any thread.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
BelfryExpression *
belfry_expression_ref (BelfryExpression *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_int_inc (&self->references);
  return self;
}

/**
 * belfry_expression_unref:
 * @self: (transfer full) (nullable): an expression
 *
 * Gives a reference back. On any thread.
 *
 * Since: 0.1
 */
void
belfry_expression_unref (BelfryExpression *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->references))
    return;
  tpl_unit_free (self->unit);
  g_free (self->source);
  g_free (self);
}

/**
 * belfry_expression_get_source:
 * @self: an expression
 *
 * Returns: (transfer none): the text that it was made from
 * Since: 0.1
 */
const char *
belfry_expression_get_source (BelfryExpression *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->source;
}

/* FALSE, with the error propagated, where the rendering met one */
static gboolean
finish (TplRender *render, GError **error)
{
  gboolean succeeded = render->error == NULL;

  if (!succeeded)
    g_propagate_error (error, g_steal_pointer (&render->error));
  tpl_render_clear (render);
  return succeeded;
}

/**
 * belfry_expression_evaluate:
 * @self: an expression
 * @variables: (nullable): names and values that the expression sees; not changed
 * @error: return location
 *
 * Evaluates an expression. May be called on any thread. An undefined value is null, unless the
 * expression is strict.
 *
 * Returns: (transfer full) (nullable): the value; %NULL with %BELFRY_ERROR_MALFORMED where
 *   expression and data do not fit or a limit is met
 * Since: 0.1
 */
JsonNode *
belfry_expression_evaluate (BelfryExpression *self, JsonObject *variables, GError **error)
{
  TplRender render;
  g_autoptr (JsonNode) node = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  tpl_render_init (&render, self->unit, variables);
  render.strict = self->strict;
  node = tpl_value_to_node (&render, tpl_evaluate (&render, self->unit->expression));
  return finish (&render, error) ? g_steal_pointer (&node) : NULL;
}

/**
 * belfry_expression_is_true:
 * @self: an expression
 * @variables: (nullable): names and values that the expression sees; not changed
 * @result: (out): whether its value is true; set only on success
 * @error: return location
 *
 * Evaluates an expression to yes or no. May be called on any thread. Empty texts, lists and maps,
 * zero, none and what is undefined are not true.
 *
 * Returns: %FALSE with %BELFRY_ERROR_MALFORMED where expression and data do not fit or a limit is
 *   met
 * Since: 0.1
 */
gboolean
belfry_expression_is_true (BelfryExpression *self,
                           JsonObject *variables,
                           gboolean *result,
                           GError **error)
{
  TplRender render;
  gboolean holds = FALSE;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (result != NULL, FALSE);
  tpl_render_init (&render, self->unit, variables);
  render.strict = self->strict;
  holds = tpl_value_is_true (tpl_evaluate (&render, self->unit->expression));
  if (!finish (&render, error))
    return FALSE;
  *result = holds;
  return TRUE;
}
