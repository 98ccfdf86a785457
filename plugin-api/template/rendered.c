/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rendered strings: "%(SELECTOR:KEY)s" in the manner of Buildbot's Interpolate. Parsed into a list
 * of parts; a part is text or a substitution, which holds two lists of parts for its two outcomes.
 *
 * After the key: ":-TEXT" if it does not exist, ":~TEXT" or is not true, ":+TEXT" if it exists,
 * ":?dYESdNO" by existence, ":#?dYESdNO" by truth. */
#include "belfry-error.h"
#include "belfry-template.h"

#include "text-private.h"

#include <string.h>

#define MAX_DEPTH        32
#define MAX_TEXT_BYTES   (1024 * 1024)
#define MAX_OUTPUT_BYTES (8 * 1024 * 1024)

typedef enum {
  FORM_DEFAULT,     /* value, else TEXT */
  FORM_TRUE,        /* value if true, else TEXT */
  FORM_EXISTS,      /* TEXT if it exists */
  FORM_CHOICE,      /* YES if it exists, else NO */
  FORM_TRUE_CHOICE, /* YES if true, else NO */
} Form;

typedef struct {
  char *text;     /* (owned) (nullable): a plain part */
  char *selector; /* (owned) */
  char *key;      /* (owned) */
  Form form;
  GPtrArray *yes; /* (element-type Part) (owned) (nullable): NULL: the value itself */
  GPtrArray *no;  /* (element-type Part) (owned) (nullable): NULL: nothing */
} Part;

struct _BelfryRendered {
  int references;
  char *source;
  GPtrArray *parts; /* (element-type Part) (owned) */
};

/* a piece of the source, not ended by a zero */
typedef struct {
  const char *start;
  const char *end;
} Span;

static GPtrArray *parse_parts (Span span, guint depth, GError **error);

static void
part_free (Part *self)
{
  g_free (self->text);
  g_free (self->selector);
  g_free (self->key);
  g_clear_pointer (&self->yes, g_ptr_array_unref);
  g_clear_pointer (&self->no, g_ptr_array_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Part, part_free)

static gboolean
fail (Span span, const char *why, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "substitution '%.*s': %s",
               (int)MIN (span.end - span.start, 200), span.start, why);
  return FALSE;
}

static char *
span_dup (Span span)
{
  return g_strndup (span.start, (gsize)(span.end - span.start));
}

static const char *
span_find (Span span, char character)
{
  return memchr (span.start, character, (gsize)(span.end - span.start));
}

/* the bracket that closes the one before start */
static const char *
find_closing (Span span)
{
  guint open = 1;

  for (const char *at = span.start; at < span.end; at++) {
    if (*at == '(')
      open++;
    else if (*at == ')' && --open == 0)
      return at;
  }
  return NULL;
}

static gboolean
is_name (Span span)
{
  for (const char *at = span.start; at < span.end; at++)
    if (!g_ascii_isalnum (*at) && strchr ("._-", *at) == NULL)
      return FALSE;
  return TRUE;
}

/* Splits at the delimiter, one character that is first in the span. */
static gboolean
split_choice (Span span, Span *yes, Span *no)
{
  gsize length = span.start < span.end ? tpl_utf8_step (span.start, span.end) : 0;
  int open = 0;

  if (length == 0 || *span.start == '(')
    return FALSE;
  yes->start = span.start + length;
  for (const char *at = yes->start; at + length <= span.end; at++) {
    open += *at == '(' ? 1 : *at == ')' ? -1 : 0;
    if (open < 0)
      return FALSE;
    if (open > 0 || memcmp (at, span.start, length) != 0)
      continue;
    yes->end = at;
    *no = (Span){ at + length, span.end };
    return TRUE;
  }
  return FALSE;
}

static gboolean
parse_choice (Part *part, Span span, guint depth, GError **error)
{
  Span yes = { NULL, NULL };
  Span no = { NULL, NULL };

  if (!split_choice (span, &yes, &no))
    return fail (span, "a choice is a delimiter, a text, the delimiter, another text", error);
  part->yes = parse_parts (yes, depth, error);
  if (part->yes == NULL)
    return FALSE;
  part->no = parse_parts (no, depth, error);
  return part->no != NULL;
}

/* what stands behind the colon after the key */
static gboolean
parse_form (Part *part, Span span, guint depth, GError **error)
{
  Span rest = { span.start + 1, span.end };
  char sign = span.start < span.end ? *span.start : '\0';

  if (sign == '#' && rest.start < rest.end && *rest.start == '?') {
    part->form = FORM_TRUE_CHOICE;
    rest.start++;
    return parse_choice (part, rest, depth, error);
  }
  if (sign == '?') {
    part->form = FORM_CHOICE;
    return parse_choice (part, rest, depth, error);
  }
  if (sign == '+') {
    part->form = FORM_EXISTS;
    part->yes = parse_parts (rest, depth, error);
    return part->yes != NULL;
  }
  if (sign != '-' && sign != '~')
    return fail (span, "after the key comes ':-', ':~', ':+', ':?' or ':#?'", error);
  part->form = sign == '-' ? FORM_DEFAULT : FORM_TRUE;
  part->no = parse_parts (rest, depth, error);
  return part->no != NULL;
}

static gboolean
is_selector (const char *word)
{
  static const char *const selectors[] = { "prop", "src", "worker", "secret", "kw", NULL };

  return g_strv_contains (selectors, word);
}

/* where the key ends; that of src has a colon inside */
static const char *
find_key_end (const Part *part, Span span)
{
  const char *colon = span_find (span, ':');

  if (strcmp (part->selector, "src") != 0 || colon == NULL)
    return colon != NULL ? colon : span.end;
  colon = span_find ((Span){ colon + 1, span.end }, ':');
  return colon != NULL ? colon : span.end;
}

static gboolean
check_key (const Part *part, Span key, GError **error)
{
  static const char *const attributes[] = { "branch",  "revision", "repository",
                                            "project", "codebase", NULL };
  const char *colon = span_find (key, ':');

  if (strcmp (part->selector, "src") != 0)
    return (key.start < key.end && is_name (key)) ||
           fail (key, "a name is of letters, digits, '.', '_' and '-'", error);
  if (colon == NULL || !is_name ((Span){ key.start, colon }))
    return fail (key, "after 'src:' comes CODEBASE:ATTRIBUTE", error);
  return g_strv_contains (attributes, part->key + (colon + 1 - key.start)) ||
         fail (key, "a source stamp has no such attribute", error);
}

/* span: what stands between the brackets */
static Part *
parse_substitution (Span span, guint depth, GError **error)
{
  g_autoptr (Part) part = g_new0 (Part, 1);
  const char *colon = span_find (span, ':');
  Span key = { NULL, NULL };

  if (colon == NULL) {
    fail (span, "no ':' behind the selector", error);
    return NULL;
  }
  part->selector = span_dup ((Span){ span.start, colon });
  if (!is_selector (part->selector)) {
    fail (span, "the selector is 'prop', 'src', 'worker', 'secret' or 'kw'", error);
    return NULL;
  }
  key.start = colon + 1;
  key.end = find_key_end (part, (Span){ key.start, span.end });
  part->key = span_dup (key);
  if (!check_key (part, key, error))
    return NULL;
  if (key.end < span.end && !parse_form (part, (Span){ key.end + 1, span.end }, depth, error))
    return NULL;
  return g_steal_pointer (&part);
}

static void
add_text (GPtrArray *parts, GString *text)
{
  Part *part = NULL;

  if (text->len == 0)
    return;
  part = g_new0 (Part, 1);
  part->text = g_strndup (text->str, text->len);
  g_ptr_array_add (parts, part);
  g_string_truncate (text, 0);
}

/* at: a percent sign; returns what is behind the substitution, NULL with an error */
static const char *
parse_percent (GPtrArray *parts, const char *at, Span span, guint depth, GError **error)
{
  Span inner = { at + 2, span.end };
  Part *part = NULL;

  if (at + 1 == span.end || at[1] != '(') {
    fail ((Span){ at, MIN (at + 20, span.end) }, "after '%' comes '(' or another '%'", error);
    return NULL;
  }
  inner.end = find_closing (inner);
  if (inner.end == NULL || inner.end + 1 >= span.end || inner.end[1] != 's') {
    fail ((Span){ at, span.end }, "it does not end with ')s'", error);
    return NULL;
  }
  part = parse_substitution (inner, depth, error);
  if (part == NULL)
    return NULL;
  g_ptr_array_add (parts, part);
  return inner.end + 2;
}

static GPtrArray *
parse_parts (Span span, guint depth, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify)part_free);
  g_autoptr (GString) text = g_string_new (NULL);
  const char *at = span.start;

  if (depth > MAX_DEPTH) {
    fail (span, "nested too deeply", error);
    return NULL;
  }
  while (at < span.end) {
    if (*at != '%') {
      g_string_append_c (text, *at++);
    } else if (at + 1 < span.end && at[1] == '%') {
      g_string_append_c (text, '%');
      at += 2;
    } else {
      add_text (parts, text);
      at = parse_percent (parts, at, span, depth + 1, error);
      if (at == NULL)
        return NULL;
    }
  }
  add_text (parts, text);
  return g_steal_pointer (&parts);
}

/**
 * belfry_rendered_new:
 * @text: a string with substitutions
 * @error: return location
 *
 * Parses a rendered string.
 *
 * Returns: (transfer full) (nullable): the string; %NULL with %BELFRY_ERROR_CONFIG, which names
 *   the substitution, where one has a bad form
 * Since: 0.1
 */
BelfryRendered *
belfry_rendered_new (const char *text, GError **error)
{
  g_autoptr (GPtrArray) parts = NULL;
  BelfryRendered *self = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  if (strlen (text) > MAX_TEXT_BYTES || !g_utf8_validate (text, -1, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "a rendered string is UTF-8 of at most %d bytes", MAX_TEXT_BYTES);
    return NULL;
  }
  parts = parse_parts ((Span){ text, text + strlen (text) }, 0, error);
  if (parts == NULL)
    return NULL;
  self = g_new0 (BelfryRendered, 1);
  self->references = 1;
  self->source = g_strdup (text);
  self->parts = g_steal_pointer (&parts);
  return self;
}

/**
 * belfry_rendered_ref:
 * @self: a rendered string
 *
 * Takes a reference. On any thread.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
BelfryRendered *
belfry_rendered_ref (BelfryRendered *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_int_inc (&self->references);
  return self;
}

/**
 * belfry_rendered_unref:
 * @self: (transfer full) (nullable): a rendered string
 *
 * Gives a reference back. On any thread.
 *
 * Since: 0.1
 */
void
belfry_rendered_unref (BelfryRendered *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->references))
    return;
  g_ptr_array_unref (self->parts);
  g_free (self->source);
  g_free (self);
}

/**
 * belfry_rendered_get_source:
 * @self: a rendered string
 *
 * Returns: (transfer none): the text that it was made from
 * Since: 0.1
 */
const char *
belfry_rendered_get_source (BelfryRendered *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->source;
}

/**
 * belfry_rendered_is_literal:
 * @self: a rendered string
 *
 * Returns: whether it has no substitutions, so that it renders always alike
 * Since: 0.1
 */
gboolean
belfry_rendered_is_literal (BelfryRendered *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  for (guint i = 0; i < self->parts->len; i++)
    if (((const Part *)g_ptr_array_index (self->parts, i))->text == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
parts_use (const GPtrArray *parts, const char *selector)
{
  for (guint i = 0; parts != NULL && i < parts->len; i++) {
    const Part *part = g_ptr_array_index (parts, i);

    if (part->text != NULL)
      continue;
    if (strcmp (part->selector, selector) == 0 || parts_use (part->yes, selector) ||
        parts_use (part->no, selector))
      return TRUE;
  }
  return FALSE;
}

/**
 * belfry_rendered_uses:
 * @self: a rendered string
 * @selector: `prop`, `src`, `worker`, `secret` or `kw`
 *
 * Returns: whether any substitution, or one inside of another, has that selector
 * Since: 0.1
 */
gboolean
belfry_rendered_uses (BelfryRendered *self, const char *selector)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (selector != NULL, FALSE);
  return parts_use (self->parts, selector);
}

/* numbers and booleans as templates print them, lists and maps as JSON, null as nothing */
static char *
node_to_text (JsonNode *node)
{
  TplValue value = tpl_value_from_node (node);

  if (value.kind == TPL_NONE)
    return g_strdup ("");
  if (value.kind == TPL_TEXT)
    return g_strdup (value.text);
  if (value.kind == TPL_BOOLEAN)
    return g_strdup (value.integer != 0 ? "True" : "False");
  if (value.kind == TPL_INTEGER)
    return g_strdup_printf ("%" G_GINT64_FORMAT, value.integer);
  if (value.kind == TPL_DOUBLE)
    return tpl_double_to_text (value.number);
  return json_to_string (node, FALSE);
}

typedef struct {
  BelfryRenderedLookup lookup;
  gpointer user_data;
  GString *to;
  gboolean is_full;
} Rendering;

static void
append (Rendering *self, const char *text)
{
  if (strlen (text) > MAX_OUTPUT_BYTES - self->to->len)
    self->is_full = TRUE;
  else
    g_string_append (self->to, text);
}

static void
render_parts (Rendering *self, const GPtrArray *parts)
{
  for (guint i = 0; parts != NULL && i < parts->len && !self->is_full; i++) {
    const Part *part = g_ptr_array_index (parts, i);
    g_autoptr (JsonNode) node = NULL;
    gboolean holds = FALSE;

    if (part->text != NULL) {
      append (self, part->text);
      continue;
    }
    node = self->lookup (part->selector, part->key, self->user_data);
    holds = node != NULL;
    if (part->form == FORM_TRUE || part->form == FORM_TRUE_CHOICE)
      holds = holds && tpl_value_is_true (tpl_value_from_node (node));
    if (holds && part->yes == NULL) {
      g_autofree char *text = node_to_text (node);

      append (self, text);
    } else {
      render_parts (self, holds ? part->yes : part->no);
    }
  }
}

/**
 * belfry_rendered_render:
 * @self: a rendered string
 * @lookup: (scope call): what finds values; called on this thread, once for each substitution
 * @user_data: for @lookup
 * @error: return location
 *
 * Fills in the substitutions.
 *
 * Returns: (transfer full) (nullable): the text; %NULL with %BELFRY_ERROR_TOO_LARGE where it is
 *   over 8 MiB
 * Since: 0.1
 */
char *
belfry_rendered_render (BelfryRendered *self,
                        BelfryRenderedLookup lookup,
                        gpointer user_data,
                        GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Rendering rendering = { lookup, user_data, text, FALSE };

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (lookup != NULL, NULL);
  render_parts (&rendering, self->parts);
  if (!rendering.is_full)
    return g_string_free (g_steal_pointer (&text), FALSE);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
               "rendering a string: more than %d bytes", MAX_OUTPUT_BYTES);
  return NULL;
}
