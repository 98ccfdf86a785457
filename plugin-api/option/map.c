/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps: options written one key an entry, KEY.NAME=VALUE. An entry is kept as the member of its
 * element's type, so that a map of any type costs no code of its own.
 */
#include "option-private.h"

#include <string.h>

struct _BelfryMap {
  BelfryOption element;
  GPtrArray *names;   /* (element-type utf8) */
  GPtrArray *members; /* each of the element's size */
};

BelfryOption
belfry_option_get_element (const BelfryOption *option)
{
  BelfryOption element = *option;

  element.type = option->element == BELFRY_OPTION_BOOLEAN ? BELFRY_OPTION_STRING : option->element;
  element.offset = 0;
  element.allow_empty = TRUE;
  return element;
}

BelfryMap *
belfry_map_new (const BelfryOption *option)
{
  BelfryMap *self = g_new0 (BelfryMap, 1);

  self->element = belfry_option_get_element (option);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->members = g_ptr_array_new ();
  return self;
}

void
belfry_map_free (BelfryMap *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->members->len; i++) {
    belfry_option_clear_value (&self->element, g_ptr_array_index (self->members, i));
    g_free (g_ptr_array_index (self->members, i));
  }
  g_ptr_array_unref (self->members);
  g_ptr_array_unref (self->names);
  g_free (self);
}

/* `=`, `[` and `]` cannot stand in a key and come as %3D, %5B and %5D */
static char *
decode_name (const char *name)
{
  static const struct {
    const char *written;
    char meant;
  } codes[] = { { "%3D", '=' }, { "%5B", '[' }, { "%5D", ']' } };
  g_autoptr (GString) text = g_string_new (NULL);

  while (*name != '\0') {
    gsize taken = 0;

    for (guint i = 0; i < G_N_ELEMENTS (codes) && taken == 0; i++) {
      if (g_ascii_strncasecmp (name, codes[i].written, 3) == 0) {
        g_string_append_c (text, codes[i].meant);
        taken = 3;
      }
    }
    if (taken == 0)
      g_string_append_c (text, *name);
    name += MAX (taken, 1);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
belfry_map_add (
    BelfryMap *self, const char *name, const char *raw, const char *folder, GError **error)
{
  const BelfryOptionTypeInfo *info = belfry_option_type_get_info (self->element.type);
  g_autofree gpointer member = g_malloc0 (info->size);

  if (!belfry_option_parse_value (&self->element, raw, folder, member, error))
    return FALSE;
  g_ptr_array_add (self->names, decode_name (name));
  g_ptr_array_add (self->members, g_steal_pointer (&member));
  return TRUE;
}

gpointer
belfry_map_get_member (BelfryMap *self, guint index)
{
  return g_ptr_array_index (self->members, index);
}

/**
 * belfry_map_get_count:
 * @self: (nullable): a map
 *
 * Returns: how many entries it has; an absent map has none
 * Since: 0.1
 */
guint
belfry_map_get_count (const BelfryMap *self)
{
  return self == NULL ? 0 : self->names->len;
}

/**
 * belfry_map_get_name:
 * @self: a map
 * @index: below belfry_map_get_count ()
 *
 * Returns: (transfer none): the entry's name
 * Since: 0.1
 */
const char *
belfry_map_get_name (const BelfryMap *self, guint index)
{
  g_return_val_if_fail (index < belfry_map_get_count (self), NULL);

  return g_ptr_array_index (self->names, index);
}

/**
 * belfry_map_get_value:
 * @self: a map
 * @index: below belfry_map_get_count ()
 *
 * Gives the value by the type of the option's elements: text, a secret, a rendered string or JSON
 * itself; of a number or a choice, where it lies (`const gint64 *`, `const int *`).
 *
 * Returns: (transfer none) (nullable): the value
 * Since: 0.1
 */
gconstpointer
belfry_map_get_value (const BelfryMap *self, guint index)
{
  gpointer member = NULL;

  g_return_val_if_fail (index < belfry_map_get_count (self), NULL);

  member = g_ptr_array_index (self->members, index);
  return belfry_option_type_get_info (self->element.type)->is_pointer ? *(gpointer *)member
                                                                      : member;
}

/**
 * belfry_map_lookup:
 * @self: (nullable): a map
 * @name: name of an entry
 *
 * Returns: (transfer none) (nullable): its value as belfry_map_get_value () gives it; %NULL where
 * there is none
 *
 * Since: 0.1
 */
gconstpointer
belfry_map_lookup (const BelfryMap *self, const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; i < belfry_map_get_count (self); i++)
    if (strcmp (belfry_map_get_name (self, i), name) == 0)
      return belfry_map_get_value (self, i);
  return NULL;
}
