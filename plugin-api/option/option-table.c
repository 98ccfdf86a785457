/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Option tables: walking rows by the stride that their writer was built with, and reading a section
 * into the members they name. Everything that is wrong becomes a finding; the state is usable
 * whatever happens, since what cannot be read stays absent.
 */
#include "option-private.h"

#include <string.h>

/* one reading of one table */
typedef struct {
  const BelfryOptionTable *table;
  const BelfrySection *section;
  char *state;
  GHashTable *consumed; /* (nullable) */
  BelfryProblems *problems;
} Reading;

/**
 * belfry_option_table_next:
 * @self: a table
 * @previous: (nullable): a row of it; %NULL: begin
 *
 * Returns: (transfer none) (nullable): the row after @previous; %NULL after the last
 * Since: 0.1
 */
const BelfryOption *
belfry_option_table_next (const BelfryOptionTable *self, const BelfryOption *previous)
{
  const BelfryOption *row = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  row = previous == NULL
            ? self->rows
            : (const BelfryOption *)(gconstpointer)((const char *)previous + self->row_size);
  return row == NULL || row->name == NULL ? NULL : row;
}

/* length of the key's part before a map's name */
static gsize
get_stem_length (const char *key)
{
  return strcspn (key, ".");
}

static gboolean
is_key_of (const BelfryOption *row, const char *name, const char *key)
{
  gsize length = strlen (name);

  if (strcmp (name, key) == 0)
    return TRUE;
  return row->type == BELFRY_OPTION_MAP && strncmp (name, key, length) == 0 && key[length] == '.';
}

/**
 * belfry_option_table_find:
 * @self: a table
 * @key: a key of a section; of a map with or without `.NAME`; aliases are found too
 *
 * Returns: (transfer none) (nullable): the row that reads it
 * Since: 0.1
 */
const BelfryOption *
belfry_option_table_find (const BelfryOptionTable *self, const char *key)
{
  const BelfryOption *row = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  while ((row = belfry_option_table_next (self, row)) != NULL)
    if (is_key_of (row, row->name, key) || (row->alias != NULL && is_key_of (row, row->alias, key)))
      return row;
  return NULL;
}

static gpointer
get_member (const Reading *reading, const BelfryOption *row)
{
  return reading->state + row->offset;
}

static void
consume (const Reading *reading, const BelfryEntry *entry)
{
  if (reading->consumed != NULL && entry != NULL)
    g_hash_table_add (reading->consumed, entry->name);
}

/* an entry under the row's name or alias; both is an error */
static const BelfryEntry *
find_entry (const Reading *reading, const BelfryOption *row)
{
  const BelfryEntry *entry = belfry_section_find (reading->section, row->name);
  const BelfryEntry *other =
      row->alias != NULL ? belfry_section_find (reading->section, row->alias) : NULL;

  consume (reading, entry);
  consume (reading, other);
  if (entry != NULL && other != NULL)
    belfry_problems_add (reading->problems, BELFRY_SEVERITY_ERROR, reading->section, other->name,
                         "is the same as %s, which is set too, remove one of them", row->name);
  return entry != NULL ? entry : other;
}

/* text that the key of a variant has, or would have by default */
static char *
dup_variant (const Reading *reading, const char *key)
{
  const BelfryOption *row = belfry_option_table_find (reading->table, key);
  const BelfryEntry *entry = belfry_section_find (reading->section, key);

  if (entry != NULL && entry->value[0] != '\0')
    return belfry_entry_dup_text (entry);
  return g_strdup (row != NULL ? row->default_text : NULL);
}

/* .when: "kind=git", or "kind=git;hg" */
static gboolean
applies (const Reading *reading, const BelfryOption *row)
{
  g_autofree char *key = NULL;
  g_autofree char *variant = NULL;
  g_auto (GStrv) values = NULL;
  const char *equals = row->when != NULL ? strchr (row->when, '=') : NULL;

  if (equals == NULL)
    return TRUE;
  key = g_strndup (row->when, (gsize)(equals - row->when));
  values = g_strsplit (equals + 1, ";", -1);
  variant = dup_variant (reading, key);
  return variant != NULL && g_strv_contains ((const char *const *)values, variant);
}

/* a replaced option's row never undoes what the new one's read */
static void
set_default (const Reading *reading, const BelfryOption *row)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base = belfry_file_dup_base (reading->section->file);

  if (row->deprecated != NULL || row->default_text == NULL)
    return;
  belfry_option_clear_value (row, get_member (reading, row));
  if (!belfry_option_parse_value (row, row->default_text, base, get_member (reading, row), &error))
    belfry_problems_add (reading->problems, BELFRY_SEVERITY_ERROR, reading->section, row->name,
                         "the default cannot be read: %s", error->message);
}

static void
warn_literal (const Reading *reading, const BelfryEntry *entry, BelfrySecret *secret)
{
  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    if (belfry_secret_get_source (secret, i) == BELFRY_SECRET_LITERAL) {
      belfry_problems_add (reading->problems, BELFRY_SEVERITY_WARNING, reading->section,
                           entry->name,
                           "the secret itself stands in the file, write secret:NAME, file:PATH or "
                           "env:NAME, or plain:TEXT where it is meant");
      return;
    }
  }
}

static void
report_value (const Reading *reading, const BelfryEntry *entry, const GError *error)
{
  belfry_problems_add (reading->problems, BELFRY_SEVERITY_ERROR, reading->section, entry->name,
                       "%s", error->message);
}

static void
read_map (const Reading *reading, const BelfryOption *row)
{
  const BelfryOption element = belfry_option_get_element (row);
  BelfryMap *map = *(BelfryMap **)get_member (reading, row);

  for (guint i = 0; i < reading->section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (reading->section->entries, i);
    gsize stem = get_stem_length (entry->name);
    g_autofree char *base = belfry_file_dup_base (entry->file);
    g_autoptr (GError) error = NULL;

    if (entry->name[stem] == '\0' || belfry_option_table_find (reading->table, entry->name) != row)
      continue;
    consume (reading, entry);
    if (map == NULL)
      map = *(BelfryMap **)get_member (reading, row) = belfry_map_new (row);
    if (!belfry_map_add (map, entry->name + stem + 1, entry->value, base, &error))
      report_value (reading, entry, error);
    else if (element.type == BELFRY_OPTION_SECRET)
      warn_literal (reading, entry,
                    *(BelfrySecret **)belfry_map_get_member (map, belfry_map_get_count (map) - 1));
  }
}

/* whether an option is written under the name of one that it replaced */
static gboolean
has_deprecated (const Reading *reading, const BelfryOption *row)
{
  const BelfryOption *old = NULL;

  while ((old = belfry_option_table_next (reading->table, old)) != NULL)
    if (old->deprecated != NULL && strcmp (old->deprecated, row->name) == 0 &&
        belfry_section_find (reading->section, old->name) != NULL)
      return TRUE;
  return FALSE;
}

static void
report_absent (const Reading *reading, const BelfryOption *row)
{
  const BelfryMap *map =
      row->type == BELFRY_OPTION_MAP ? *(BelfryMap **)get_member (reading, row) : NULL;

  if (!row->required || belfry_map_get_count (map) > 0 || has_deprecated (reading, row))
    return;
  belfry_problems_add (reading->problems, BELFRY_SEVERITY_ERROR, reading->section, row->name,
                       "is required (%s: %s)", belfry_option_get_type_name (row),
                       row->help != NULL ? row->help : "");
}

static void
read_entry (const Reading *reading, const BelfryOption *row, const BelfryEntry *entry)
{
  gpointer member = get_member (reading, row);
  g_autofree char *base = belfry_file_dup_base (entry->file);
  g_autoptr (GError) error = NULL;

  belfry_option_clear_value (row, member);
  if (!belfry_option_parse_value (row, entry->value, base, member, &error)) {
    report_value (reading, entry, error);
    belfry_option_clear_value (row, member);
    set_default (reading, row);
  } else if (row->type == BELFRY_OPTION_SECRET) {
    warn_literal (reading, entry, *(BelfrySecret **)member);
  }
}

static void
warn_deprecated (const Reading *reading, const BelfryOption *row, const BelfryEntry *entry)
{
  gboolean both = belfry_section_find (reading->section, row->deprecated) != NULL;

  belfry_problems_add (reading->problems, both ? BELFRY_SEVERITY_ERROR : BELFRY_SEVERITY_WARNING,
                       reading->section, entry->name,
                       both ? "is an old name of %s, which is set too, remove this one"
                            : "is now called %s, and works for the time being",
                       row->deprecated);
}

static void
read_row (const Reading *reading, const BelfryOption *row)
{
  const BelfryOptionTypeInfo *info = belfry_option_type_get_info (row->type);
  const BelfryEntry *entry = find_entry (reading, row);
  gboolean is_default =
      entry == NULL || (entry->value[0] == '\0' && info->empty_is_default && !row->allow_empty);

  if (entry != NULL && row->deprecated != NULL)
    warn_deprecated (reading, row, entry);
  if (!applies (reading, row)) {
    if (entry != NULL)
      belfry_problems_add (reading->problems, BELFRY_SEVERITY_ERROR, reading->section, entry->name,
                           "applies only with %s, remove it or set that", row->when);
    set_default (reading, row);
    return;
  }
  if (row->type == BELFRY_OPTION_MAP)
    read_map (reading, row);
  if (!is_default) {
    read_entry (reading, row, entry);
    return;
  }
  set_default (reading, row);
  report_absent (reading, row);
}

/**
 * belfry_option_table_read:
 * @self: a table
 * @section: what to read
 * @state: struct that the rows' offsets are of; zero where nothing was read into it before
 * @consumed: (nullable) (element-type utf8 utf8): set of keys that some table knows; takes names
 * that belong to @section
 * @problems: where findings go
 *
 * Reads every row: its key's value, or its default. Keys that no row knows are left for
 * belfry_option_table_report_unknown (). What could not be read has its default or stays absent,
 * and the state is to be cleared with belfry_option_table_clear () in any case.
 *
 * Since: 0.1
 */
void
belfry_option_table_read (const BelfryOptionTable *self,
                          const BelfrySection *section,
                          gpointer state,
                          GHashTable *consumed,
                          BelfryProblems *problems)
{
  const Reading reading = { self, section, state, consumed, problems };
  const BelfryOption *row = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (section != NULL);
  g_return_if_fail (state != NULL || self->rows == NULL);
  g_return_if_fail (problems != NULL);

  while ((row = belfry_option_table_next (self, row)) != NULL)
    read_row (&reading, row);
}

/**
 * belfry_option_table_clear:
 * @self: a table
 * @state: (nullable): struct that was read
 *
 * Frees what the members hold and makes them zero. Secrets are wiped.
 *
 * Since: 0.1
 */
void
belfry_option_table_clear (const BelfryOptionTable *self, gpointer state)
{
  const BelfryOption *row = NULL;

  g_return_if_fail (self != NULL);

  while (state != NULL && (row = belfry_option_table_next (self, row)) != NULL)
    belfry_option_clear_value (row, (char *)state + row->offset);
}

/* `useSSL` and `user_key` as they are spelled here */
static char *
dup_dashed (const char *key)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = key; *at != '\0'; at++) {
    gboolean hump =
        g_ascii_isupper (*at) && at > key && g_ascii_isalnum (at[-1]) && !g_ascii_isupper (at[-1]);

    if (hump)
      g_string_append_c (text, '-');
    g_string_append_c (text, *at == '_' ? '-' : g_ascii_tolower (*at));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GPtrArray *
list_names (const BelfryOptionTable *const *tables, guint n_tables)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < n_tables; i++) {
    const BelfryOption *row = NULL;

    while ((row = belfry_option_table_next (tables[i], row)) != NULL)
      if (!row->hidden && row->deprecated == NULL)
        g_ptr_array_add (names, (gpointer)row->name);
  }
  g_ptr_array_add (names, NULL);
  return names;
}

/**
 * belfry_option_table_report_unknown:
 * @tables: (array length=n_tables): every table that the section was read with
 * @n_tables: how many
 * @section: what was read
 * @consumed: (element-type utf8 utf8): as belfry_option_table_read () filled it
 * @problems: where findings go
 *
 * Makes an error of each key that no table knows, with the nearest name that one of them does.
 *
 * Since: 0.1
 */
void
belfry_option_table_report_unknown (const BelfryOptionTable *const *tables,
                                    guint n_tables,
                                    const BelfrySection *section,
                                    GHashTable *consumed,
                                    BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = list_names (tables, n_tables);

  g_return_if_fail (section != NULL);
  g_return_if_fail (consumed != NULL);
  g_return_if_fail (problems != NULL);

  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    g_autofree char *stem = g_strndup (entry->name, get_stem_length (entry->name));
    g_autofree char *key = dup_dashed (stem);
    const char *nearest = NULL;

    if (g_hash_table_contains (consumed, entry->name))
      continue;
    nearest = belfry_text_nearest (key, (const char *const *)names->pdata);
    if (nearest != NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, entry->name,
                           "there is no such key, did you mean %s?", nearest);
    else
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, entry->name,
                           "there is no such key, remove it");
  }
}

/**
 * belfry_option_is_set:
 * @option: a row
 * @state: struct that was read
 *
 * Tells whether an option says anything: whether a pointer is there; whether a number, boolean or
 * choice differs from the default.
 *
 * Returns: whether it is set
 * Since: 0.1
 */
gboolean
belfry_option_is_set (const BelfryOption *option, gconstpointer state)
{
  const BelfryOptionTypeInfo *info = NULL;
  const char *member = NULL;
  gint64 plain = 0;

  g_return_val_if_fail (option != NULL, FALSE);
  g_return_val_if_fail (state != NULL, FALSE);

  info = belfry_option_type_get_info (option->type);
  member = (const char *)state + option->offset;
  if (info->is_pointer)
    return *(const gpointer *)(gconstpointer)member != NULL;
  if (option->default_text != NULL)
    belfry_option_parse_value (option, option->default_text, NULL, &plain, NULL);
  return memcmp (&plain, member, info->size) != 0;
}

/**
 * belfry_option_table_visit_secrets:
 * @self: a table
 * @state: (nullable): struct that was read
 * @visit: (scope call): called with each #BelfrySecret, those in maps too
 * @user_data: for @visit
 *
 * Since: 0.1
 */
void
belfry_option_table_visit_secrets (const BelfryOptionTable *self,
                                   gpointer state,
                                   GFunc visit,
                                   gpointer user_data)
{
  const BelfryOption *row = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (visit != NULL);

  while (state != NULL && (row = belfry_option_table_next (self, row)) != NULL) {
    gpointer member = (char *)state + row->offset;

    if (row->type == BELFRY_OPTION_SECRET && *(BelfrySecret **)member != NULL)
      visit (*(BelfrySecret **)member, user_data);
    if (row->type == BELFRY_OPTION_MAP && row->element == BELFRY_OPTION_SECRET)
      for (guint i = 0; i < belfry_map_get_count (*(BelfryMap **)member); i++)
        visit (*(BelfrySecret **)belfry_map_get_member (*(BelfryMap **)member, i), user_data);
  }
}
