/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets: one or two references (while one replaces the other), each with a value once somebody
 * has looked it up. The value is set once, never printed, and wiped when the last reference goes.
 */
#include "belfry-error.h"
#include "option-private.h"

#include <string.h>

enum { MAX_GENERATIONS = 2 };

typedef struct {
  BelfrySecretSource source;
  char *name;  /* (nullable): what stands after the colon; NULL where that is the value */
  char *value; /* (nullable): NULL until resolved */
} Generation;

struct _BelfrySecret {
  gatomicrefcount refs;
  guint count;
  Generation generations[MAX_GENERATIONS];
};

typedef struct {
  const char *prefix;
  BelfrySecretSource source;
  const char *forbidden; /* in the name */
} Spelling;

/* a named one becomes a file's name below the credentials' folder, and so holds no slash */
static const Spelling spellings[] = {
  { "secret:", BELFRY_SECRET_NAMED, "/ \t\n" },
  { "file:", BELFRY_SECRET_FILE, "\n" },
  { "env:", BELFRY_SECRET_ENVIRONMENT, "= \t\n" },
  { "plain:", BELFRY_SECRET_PLAIN, "" },
};

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
wipe_all (char **words)
{
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    wipe (words[i]);
  g_free (words);
}

static const Spelling *
find_spelling (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    if (g_str_has_prefix (text, spellings[i].prefix))
      return &spellings[i];
  return NULL;
}

static gboolean
read_generation (Generation *generation, const char *text, GError **error)
{
  const Spelling *spelling = find_spelling (text);
  const char *rest = spelling != NULL ? text + strlen (spelling->prefix) : text;

  if (rest[0] == '\0') {
    g_set_error (
        error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
        "a secret must not be empty, write secret:NAME, file:PATH, env:NAME or plain:TEXT");
    return FALSE;
  }
  generation->source = spelling != NULL ? spelling->source : BELFRY_SECRET_LITERAL;
  if (generation->source == BELFRY_SECRET_LITERAL || generation->source == BELFRY_SECRET_PLAIN) {
    generation->value = g_strdup (rest);
    return TRUE;
  }
  if (strpbrk (rest, spelling->forbidden) != NULL || strcmp (rest, ".") == 0 ||
      strcmp (rest, "..") == 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "what stands after '%s' holds no blanks, '=' or '/' and is no dot",
                 spelling->prefix);
    return FALSE;
  }
  generation->name = g_strdup (rest);
  return TRUE;
}

/**
 * belfry_secret_new:
 * @spelling: as in a keyfile, escapes still in it: one reference, or two with a semicolon between
 * @error: return location; %BELFRY_ERROR_CONFIG where it is empty, or names nothing
 *
 * Reads references. `plain:` and literals are resolved at once; the others wait for
 * belfry_secret_resolve ().
 *
 * Returns: (transfer full) (nullable): the secret
 * Since: 0.1
 */
BelfrySecret *
belfry_secret_new (const char *spelling, GError **error)
{
  g_autoptr (BelfrySecret) self = NULL;
  char **words = NULL;
  gboolean ok = TRUE;

  g_return_val_if_fail (spelling != NULL, NULL);

  self = g_new0 (BelfrySecret, 1);
  g_atomic_ref_count_init (&self->refs);
  words = belfry_split_list (spelling);
  self->count = g_strv_length (words);
  if (self->count > MAX_GENERATIONS) {
    self->count = 0;
    ok = FALSE;
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "a secret has at most two values, write a semicolon within one as \\;");
  }
  for (guint i = 0; ok && i < MAX (self->count, 1); i++)
    ok = read_generation (&self->generations[i], words[i] != NULL ? words[i] : "", error);
  wipe_all (words);
  return ok ? g_steal_pointer (&self) : NULL;
}

/**
 * belfry_secret_new_value:
 * @value: the value itself
 *
 * Makes a resolved secret of one value, as tests and the host need it.
 *
 * Returns: (transfer full): the secret
 * Since: 0.1
 */
BelfrySecret *
belfry_secret_new_value (const char *value)
{
  BelfrySecret *self = NULL;

  g_return_val_if_fail (value != NULL, NULL);

  self = g_new0 (BelfrySecret, 1);
  g_atomic_ref_count_init (&self->refs);
  self->count = 1;
  self->generations[0].source = BELFRY_SECRET_PLAIN;
  self->generations[0].value = g_strdup (value);
  return self;
}

/**
 * belfry_secret_ref:
 * @self: a secret
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
BelfrySecret *
belfry_secret_ref (BelfrySecret *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * belfry_secret_unref:
 * @self: (transfer full) (nullable): a secret
 *
 * Gives a reference back; with the last one the values are wiped.
 *
 * Since: 0.1
 */
void
belfry_secret_unref (BelfrySecret *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  for (guint i = 0; i < MAX_GENERATIONS; i++) {
    g_free (self->generations[i].name);
    wipe (self->generations[i].value);
  }
  g_free (self);
}

/**
 * belfry_secret_get_count:
 * @self: a secret
 *
 * Returns: 1, or 2 while one value replaces another
 * Since: 0.1
 */
guint
belfry_secret_get_count (BelfrySecret *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->count;
}

/**
 * belfry_secret_get_source:
 * @self: a secret
 * @generation: below belfry_secret_get_count ()
 *
 * Returns: where the value comes from
 * Since: 0.1
 */
BelfrySecretSource
belfry_secret_get_source (BelfrySecret *self, guint generation)
{
  g_return_val_if_fail (self != NULL, BELFRY_SECRET_LITERAL);
  g_return_val_if_fail (generation < self->count, BELFRY_SECRET_LITERAL);

  return self->generations[generation].source;
}

/**
 * belfry_secret_get_name:
 * @self: a secret
 * @generation: below belfry_secret_get_count ()
 *
 * Returns: (transfer none) (nullable): name, path or variable; %NULL where the text is the value
 * Since: 0.1
 */
const char *
belfry_secret_get_name (BelfrySecret *self, guint generation)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (generation < self->count, NULL);

  return self->generations[generation].name;
}

/**
 * belfry_secret_dup_shown:
 * @self: a secret
 *
 * Writes the references as people may see them; what is itself the value becomes `(set)`.
 *
 * Returns: (transfer full): text without any value
 * Since: 0.1
 */
char *
belfry_secret_dup_shown (BelfrySecret *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->count; i++) {
    const Generation *generation = &self->generations[i];

    if (i > 0)
      g_string_append_c (text, ';');
    if (generation->name == NULL)
      g_string_append (text, "(set)");
    for (guint k = 0; generation->name != NULL && k < G_N_ELEMENTS (spellings); k++)
      if (spellings[k].source == generation->source)
        g_string_append_printf (text, "%s%s", spellings[k].prefix, generation->name);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * belfry_secret_is_resolved:
 * @self: a secret
 *
 * Returns: whether every value is known
 * Since: 0.1
 */
gboolean
belfry_secret_is_resolved (BelfrySecret *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (guint i = 0; i < self->count; i++)
    if (self->generations[i].value == NULL)
      return FALSE;
  return TRUE;
}

/**
 * belfry_secret_resolve:
 * @self: a secret
 * @generation: below belfry_secret_get_count ()
 * @value: what was found there; line breaks at its end are left out
 *
 * Gives a generation its value, once: a value that is known stays, because others may be reading
 * it.
 *
 * Since: 0.1
 */
void
belfry_secret_resolve (BelfrySecret *self, guint generation, const char *value)
{
  gsize length = 0;

  g_return_if_fail (self != NULL);
  g_return_if_fail (generation < self->count);
  g_return_if_fail (value != NULL);

  if (self->generations[generation].value != NULL)
    return;
  length = strlen (value);
  while (length > 0 && strchr ("\r\n", value[length - 1]) != NULL)
    length--;
  self->generations[generation].value = g_strndup (value, length);
}

/**
 * belfry_secret_get_value:
 * @self: a secret
 *
 * Returns: (transfer none) (nullable): the first value, which is the one to send; %NULL until
 * resolved
 *
 * Since: 0.1
 */
const char *
belfry_secret_get_value (BelfrySecret *self)
{
  return belfry_secret_get_generation (self, 0);
}

/**
 * belfry_secret_get_generation:
 * @self: a secret
 * @generation: below belfry_secret_get_count ()
 *
 * Returns: (transfer none) (nullable): the value; %NULL until resolved
 * Since: 0.1
 */
const char *
belfry_secret_get_generation (BelfrySecret *self, guint generation)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (generation < self->count, NULL);

  return self->generations[generation].value;
}

/**
 * belfry_secret_equals:
 * @self: a secret
 * @text: what somebody sent
 * @generation: (out) (optional): which value it was
 *
 * Compares with every value in a time that does not tell which of them, or how much, fits.
 *
 * Returns: whether @text is one of the values
 * Since: 0.1
 */
gboolean
belfry_secret_equals (BelfrySecret *self, const char *text, guint *generation)
{
  guint found = MAX_GENERATIONS;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  for (guint i = self->count; i > 0; i--) {
    const char *value = self->generations[i - 1].value;

    if (value != NULL && belfry_equal_constant_time (value, strlen (value), text, strlen (text)))
      found = i - 1;
  }
  if (found == MAX_GENERATIONS)
    return FALSE;
  if (generation != NULL)
    *generation = found;
  return TRUE;
}

void
belfry_secret_set_folder (BelfrySecret *self, const char *folder)
{
  for (guint i = 0; folder != NULL && i < self->count; i++) {
    Generation *generation = &self->generations[i];

    if (generation->source == BELFRY_SECRET_FILE) {
      g_autofree char *path = g_canonicalize_filename (generation->name, folder);

      g_free (generation->name);
      generation->name = g_steal_pointer (&path);
    }
  }
}
