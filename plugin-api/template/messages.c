/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of a template that are marked for translation, for the tool that collects them. Read
 * from the tokens, so that a template need not be whole: what it extends or imports may be absent.
 */
#include "lexer-private.h"

#include <string.h>

#include "belfry-template.h"

typedef struct {
  BelfryMessageFunc found;
  gpointer user_data;
} Reading;

static gboolean
is_operator (const TplToken *token, const char *text)
{
  return token->kind == TPL_TOKEN_OPERATOR && strcmp (token->text, text) == 0;
}

static gboolean
is_function (const TplToken *token, const char *name)
{
  return token->kind == TPL_TOKEN_NAME && strcmp (token->text, name) == 0;
}

/* a call at this place; the lexer ends with a token of its own, so the next ones are there to read
 */
static void
read_call (const Reading *reading, const TplToken *at)
{
  gboolean is_plural = is_function (at, "ngettext");

  if (!is_plural && !is_function (at, "_") && !is_function (at, "gettext"))
    return;
  if (!is_operator (at + 1, "(") || at[2].kind != TPL_TOKEN_STRING)
    return;
  if (!is_plural)
    reading->found (at->line, at[2].value.text, NULL, reading->user_data);
  else if (is_operator (at + 3, ",") && at[4].kind == TPL_TOKEN_STRING)
    reading->found (at->line, at[2].value.text, at[4].value.text, reading->user_data);
}

/**
 * belfry_template_foreach_message:
 * @text: text of a template
 * @found: (scope call): called for each text in `_("…")`, `gettext("…")` or `ngettext("…", "…", n)`
 * @user_data: for @found
 * @error: return location
 *
 * Finds the texts of a template that are marked for translation. What is not written there as a
 * string, `_(name)`, has to be marked where the string is, by N_() in C.
 *
 * Returns: %TRUE; %FALSE with %BELFRY_ERROR_CONFIG where the text is no template
 * Since: 0.1
 */
gboolean
belfry_template_foreach_message (const char *text,
                                 BelfryMessageFunc found,
                                 gpointer user_data,
                                 GError **error)
{
  Reading reading = { found, user_data };
  g_autoptr (TplUnit) unit = tpl_unit_new ("messages", text);
  g_autoptr (GArray) tokens = tpl_lexer_read_template (unit, error);

  if (tokens == NULL)
    return FALSE;
  for (guint i = 0; i + 4 < tokens->len; i++)
    read_call (&reading, &g_array_index (tokens, TplToken, i));
  return TRUE;
}
