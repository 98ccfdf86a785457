/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections: the configuration as text with its origin, before any table gave it a meaning. A
 * section keeps its keys in the order of their first appearance; a key set again keeps its place
 * and takes the new value and the new origin, which is how drop-ins override.
 */
#include "option-private.h"

#include <string.h>

static void
entry_free (BelfryEntry *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  if (self->value != NULL)
    explicit_bzero (self->value, strlen (self->value));
  g_free (self->value);
  g_free (self->file);
  g_free (self);
}

/* index of a key, or -1 */
static int
find_index (const BelfrySection *self, const char *name)
{
  for (guint i = 0; i < self->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (self->entries, i);

    if (strcmp (entry->name, name) == 0)
      return (int)i;
  }
  return -1;
}

/**
 * belfry_section_new:
 * @kind: first word between the brackets
 * @name: the rest; "" for a section without a name
 * @file: (nullable): where it stands
 * @line: from 1; 0: nowhere
 *
 * Makes a section without keys.
 *
 * Returns: (transfer full): the section
 * Since: 0.1
 */
BelfrySection *
belfry_section_new (const char *kind, const char *name, const char *file, guint line)
{
  BelfrySection *self = NULL;

  g_return_val_if_fail (kind != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  self = g_new0 (BelfrySection, 1);
  self->kind = g_strdup (kind);
  self->name = g_strdup (name);
  self->file = g_strdup (file);
  self->line = line;
  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)entry_free);
  return self;
}

/**
 * belfry_section_copy:
 * @self: a section
 *
 * Copies a section with all keys and origins.
 *
 * Returns: (transfer full): the copy
 * Since: 0.1
 */
BelfrySection *
belfry_section_copy (const BelfrySection *self)
{
  BelfrySection *copy = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  copy = belfry_section_new (self->kind, self->name, self->file, self->line);
  for (guint i = 0; i < self->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (self->entries, i);

    belfry_section_set (copy, entry->name, entry->value, entry->file, entry->line);
  }
  return copy;
}

/**
 * belfry_section_free:
 * @self: (transfer full) (nullable): a section
 *
 * Frees a section; its values are wiped, since secrets may stand among them.
 *
 * Since: 0.1
 */
void
belfry_section_free (BelfrySection *self)
{
  if (self == NULL)
    return;
  g_free (self->kind);
  g_free (self->name);
  g_free (self->file);
  g_ptr_array_unref (self->entries);
  g_free (self);
}

/**
 * belfry_section_set:
 * @self: a section
 * @name: key, lower case with dashes
 * @value: text with its escapes
 * @file: (nullable): where it stands
 * @line: from 1; 0: nowhere
 *
 * Sets a key. One that is there already keeps its place and takes the new value and origin.
 *
 * Since: 0.1
 */
void
belfry_section_set (
    BelfrySection *self, const char *name, const char *value, const char *file, guint line)
{
  BelfryEntry *entry = NULL;
  int index = -1;

  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  entry = g_new0 (BelfryEntry, 1);
  entry->name = g_strdup (name);
  entry->value = g_strdup (value);
  entry->file = g_strdup (file);
  entry->line = line;
  index = find_index (self, name);
  if (index < 0) {
    g_ptr_array_add (self->entries, entry);
  } else {
    entry_free (g_ptr_array_index (self->entries, index));
    g_ptr_array_index (self->entries, index) = entry;
  }
}

/**
 * belfry_section_remove:
 * @self: a section
 * @name: key
 *
 * Takes a key away; nothing happens where it is not there.
 *
 * Since: 0.1
 */
void
belfry_section_remove (BelfrySection *self, const char *name)
{
  int index = -1;

  g_return_if_fail (self != NULL);
  g_return_if_fail (name != NULL);

  index = find_index (self, name);
  if (index >= 0)
    g_ptr_array_remove_index (self->entries, (guint)index);
}

/**
 * belfry_section_find:
 * @self: a section
 * @name: key
 *
 * Returns: (transfer none) (nullable): the key's entry, valid until the section changes
 * Since: 0.1
 */
const BelfryEntry *
belfry_section_find (const BelfrySection *self, const char *name)
{
  int index = -1;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  index = find_index (self, name);
  return index < 0 ? NULL : g_ptr_array_index (self->entries, index);
}

/**
 * belfry_entry_dup_text:
 * @self: an entry
 *
 * Resolves the escapes `\\`, `\;`, `\n`, `\t` and `\s`; any other backslash is itself.
 *
 * Returns: (transfer full): the value as it is meant
 * Since: 0.1
 */
char *
belfry_entry_dup_text (const BelfryEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return belfry_value_unescape (self->value);
}

char *
belfry_value_unescape (const char *value)
{
  static const char letters[] = "\\;nts";
  static const char meanings[] = "\\;\n\t ";
  g_autoptr (GString) text = g_string_sized_new (strlen (value));

  for (const char *at = value; *at != '\0'; at++) {
    const char *letter = *at == '\\' && at[1] != '\0' ? strchr (letters, at[1]) : NULL;

    if (letter != NULL) {
      g_string_append_c (text, meanings[letter - letters]);
      at++;
    } else {
      g_string_append_c (text, *at);
    }
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
belfry_file_dup_base (const char *file)
{
  g_autofree char *folder = NULL;

  if (file == NULL)
    return NULL;
  folder = g_path_get_dirname (file);
  return g_str_has_suffix (folder, ".conf.d") ? g_path_get_dirname (folder)
                                              : g_steal_pointer (&folder);
}
