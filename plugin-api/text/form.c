/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments of a request, from its query and its body (application/x-www-form-urlencoded). They
 * keep the order of their arrival, and one name may have several values. What is added is added
 * as a whole or, on an error, not at all.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

#define DEFAULT_MAX_ARGUMENTS 1000

typedef struct {
  char *name;
  char *value;
} Argument;

struct _BelfryForm {
  GArray *arguments; /* (element-type Argument) (owned) */
};

static void
argument_clear (gpointer data)
{
  Argument *argument = data;

  g_clear_pointer (&argument->name, g_free);
  g_clear_pointer (&argument->value, g_free);
}

static const Argument *
get_argument (BelfryForm *self, guint index)
{
  return &g_array_index (self->arguments, Argument, index);
}

/**
 * belfry_form_new:
 *
 * Returns: (transfer full): a form without arguments
 * Since: 0.1
 */
BelfryForm *
belfry_form_new (void)
{
  BelfryForm *self = g_new0 (BelfryForm, 1);

  self->arguments = g_array_new (FALSE, FALSE, sizeof (Argument));
  g_array_set_clear_func (self->arguments, argument_clear);
  return self;
}

/**
 * belfry_form_free:
 * @self: (nullable): a form
 *
 * Frees a form and what belfry_form_get() returned from it.
 *
 * Since: 0.1
 */
void
belfry_form_free (BelfryForm *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->arguments);
  g_free (self);
}

/**
 * belfry_form_append:
 * @self: a form
 * @name: name of an argument
 * @value: its value
 *
 * Adds an argument behind those that are there, even where one of that name is among them.
 *
 * Since: 0.1
 */
void
belfry_form_append (BelfryForm *self, const char *name, const char *value)
{
  Argument argument = { NULL, NULL };

  g_return_if_fail (self != NULL && name != NULL && value != NULL);

  argument.name = g_strdup (name);
  argument.value = g_strdup (value);
  g_array_append_val (self->arguments, argument);
}

static void
append_all (BelfryForm *self, BelfryForm *other)
{
  for (guint i = 0; i < other->arguments->len; i++)
    belfry_form_append (self, get_argument (other, i)->name, get_argument (other, i)->value);
}

/* one piece between separators; without "=" it is no argument */
static gboolean
add_pair (BelfryForm *self, const char *pair, gsize length, GError **error)
{
  const char *equals = memchr (pair, '=', length);
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  if (equals == NULL)
    return TRUE;
  name = belfry_text_percent_decode (pair, equals - pair, TRUE, error);
  if (name == NULL)
    return FALSE;
  value = belfry_text_percent_decode (equals + 1, pair + length - equals - 1, TRUE, error);
  if (value == NULL)
    return FALSE;
  belfry_form_append (self, name, value);
  return TRUE;
}

/**
 * belfry_form_add_urlencoded:
 * @self: a form
 * @text: (array length=length): a query without its `?`, or a form body
 * @length: length of @text in bytes, or -1 if it ends in NUL
 * @max_arguments: most arguments taken from @text; 0: 1000
 * @error: return location for an error
 *
 * Adds the pairs that `&` or `;` separate. `+` is a blank, `%XX` a byte; a word without `=` is no
 * argument, an empty value is one. Invalid UTF-8 or NUL is `BELFRY_ERROR_MALFORMED`, too many
 * arguments are `BELFRY_ERROR_TOO_LARGE`; in both cases nothing is added.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_form_add_urlencoded (
    BelfryForm *self, const char *text, gssize length, guint max_arguments, GError **error)
{
  g_autoptr (BelfryForm) added = belfry_form_new ();
  guint limit = max_arguments > 0 ? max_arguments : DEFAULT_MAX_ARGUMENTS;
  const char *end;

  g_return_val_if_fail (self != NULL && (text != NULL || length == 0), FALSE);

  end = text + (length >= 0 ? (gsize)length : strlen (text));
  for (const char *at = text; at < end; at++) {
    const char *from = at;

    while (at < end && *at != '&' && *at != ';')
      at++;
    if (!add_pair (added, from, at - from, error)) {
      g_prefix_error (error, "reading arguments: ");
      return FALSE;
    }
    if (added->arguments->len > limit) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                   "reading arguments: more than %u of them", limit);
      return FALSE;
    }
  }
  append_all (self, added);
  return TRUE;
}

/**
 * belfry_form_replace_with:
 * @self: the arguments of a query
 * @body: the arguments of a body
 *
 * Adds the arguments of @body; where @self has any of the same name, they go.
 *
 * Since: 0.1
 */
void
belfry_form_replace_with (BelfryForm *self, BelfryForm *body)
{
  g_autoptr (GHashTable) names = NULL;
  g_autoptr (BelfryForm) kept = NULL;
  g_autoptr (GArray) old = NULL;

  g_return_if_fail (self != NULL && body != NULL && self != body);

  names = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < body->arguments->len; i++)
    g_hash_table_add (names, get_argument (body, i)->name);
  kept = belfry_form_new ();
  for (guint i = 0; i < self->arguments->len; i++) {
    const Argument *argument = get_argument (self, i);

    if (!g_hash_table_contains (names, argument->name))
      belfry_form_append (kept, argument->name, argument->value);
  }
  append_all (kept, body);
  old = self->arguments;
  self->arguments = g_steal_pointer (&kept->arguments);
  kept->arguments = g_steal_pointer (&old);
}

/**
 * belfry_form_get:
 * @self: a form
 * @name: name of an argument
 *
 * Returns: (transfer none) (nullable): the first value of that name; NULL if there is none
 * Since: 0.1
 */
const char *
belfry_form_get (BelfryForm *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  for (guint i = 0; i < self->arguments->len; i++) {
    if (strcmp (get_argument (self, i)->name, name) == 0)
      return get_argument (self, i)->value;
  }
  return NULL;
}

/**
 * belfry_form_dup_all:
 * @self: a form
 * @name: name of an argument
 *
 * Returns: (transfer full) (array zero-terminated=1): all values of that name, perhaps none
 * Since: 0.1
 */
char **
belfry_form_dup_all (BelfryForm *self, const char *name)
{
  g_autoptr (GPtrArray) values = NULL;

  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  values = g_ptr_array_new ();
  for (guint i = 0; i < self->arguments->len; i++) {
    if (strcmp (get_argument (self, i)->name, name) == 0)
      g_ptr_array_add (values, g_strdup (get_argument (self, i)->value));
  }
  g_ptr_array_add (values, NULL);
  return (char **)g_ptr_array_steal (values, NULL);
}

/**
 * belfry_form_get_count:
 * @self: a form
 *
 * Returns: how many arguments there are; a name with two values counts twice
 * Since: 0.1
 */
guint
belfry_form_get_count (BelfryForm *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->arguments->len;
}

/**
 * belfry_form_get_name:
 * @self: a form
 * @index: less than belfry_form_get_count()
 *
 * Returns: (transfer none): name of that argument
 * Since: 0.1
 */
const char *
belfry_form_get_name (BelfryForm *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->arguments->len, NULL);

  return get_argument (self, index)->name;
}

/**
 * belfry_form_get_value:
 * @self: a form
 * @index: less than belfry_form_get_count()
 *
 * Returns: (transfer none): value of that argument
 * Since: 0.1
 */
const char *
belfry_form_get_value (BelfryForm *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->arguments->len, NULL);

  return get_argument (self, index)->value;
}
