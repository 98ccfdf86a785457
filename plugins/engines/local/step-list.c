/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An item is, tried in this order: the name of a step section; a kind; a kind, a colon and an
 * argument. The last two become sections of their own, so that from there on every step is one
 * section read into one table.
 */
#include "step-list.h"
#include <string.h>

#define NAME_CHARS 50

static const struct {
  const char *name;
  LocalStepKind kind;
  const char *argument_key; /* NULL: the kind takes none */
  gboolean needs_argument;
} kinds[] = {
  { "git", LOCAL_STEP_GIT, "codebase", FALSE },
  { "checkout", LOCAL_STEP_CHECKOUT, "codebase", FALSE },
  { "command", LOCAL_STEP_COMMAND, "command", TRUE },
  { "shell", LOCAL_STEP_SHELL, "script", TRUE },
  { "set-property", LOCAL_STEP_SET_PROPERTY, "property", TRUE },
  { "trigger", LOCAL_STEP_TRIGGER, "schedulers", TRUE },
};

static const char *const later_kinds[] = { "hg", "svn", "upload", "master-note", NULL };

static LocalItem *
item_new (LocalItemKind kind, const char *section, LocalStepKind step, const char *argument)
{
  LocalItem *self = g_new0 (LocalItem, 1);

  self->kind = kind;
  self->section = g_strdup (section);
  self->step = step;
  self->argument = g_strdup (argument);
  return self;
}

static LocalItem *
fail_unknown (const char *text, const char *word, const char *const *sections, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  const char *nearest = NULL;

  if (g_strv_contains (later_kinds, word)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "step '%s': kind '%s' is not yet offered by this version", text, word);
    return NULL;
  }
  for (guint i = 0; sections[i] != NULL; i++)
    g_ptr_array_add (words, (gpointer)sections[i]);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_ptr_array_add (words, (gpointer)kinds[i].name);
  g_ptr_array_add (words, NULL);
  nearest = belfry_text_nearest (word, (const char *const *)words->pdata);
  if (nearest != NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is neither a step section nor a kind of step; did you mean '%s'?", text,
                 nearest);
  else
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is neither a step section nor a kind of step", text);
  return NULL;
}

LocalItem *
local_item_parse (const char *text, const char *const *sections, GError **error)
{
  const char *colon = strchr (text, ':');
  g_autofree char *word = colon != NULL ? g_strndup (text, (gsize)(colon - text)) : g_strdup (text);

  if (g_strv_contains (sections, text))
    return item_new (LOCAL_ITEM_SECTION, text, LOCAL_STEP_NONE, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (kinds[i].name, word))
      continue;
    if (kinds[i].needs_argument && (colon == NULL || colon[1] == '\0')) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' needs an argument: %s:…", text,
                   word);
      return NULL;
    }
    if (colon == NULL || colon[1] == '\0')
      return item_new (LOCAL_ITEM_KIND, NULL, kinds[i].kind, NULL);
    return item_new (LOCAL_ITEM_KIND, NULL, kinds[i].kind, colon + 1);
  }
  return fail_unknown (text, word, sections, error);
}

void
local_item_free (LocalItem *self)
{
  if (self == NULL)
    return;
  g_free (self->section);
  g_free (self->argument);
  g_free (self);
}

static guint
kind_index (LocalStepKind kind)
{
  guint i = 0;

  while (i + 1 < G_N_ELEMENTS (kinds) && kinds[i].kind != kind)
    i++;
  return i;
}

/* Values of sections have escapes in them; the argument has none left. */
static void
set_escaped (BelfrySection *section, const char *key, const char *text, guint line)
{
  g_autoptr (GString) escaped = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\\' || *c == ';')
      g_string_append_c (escaped, '\\');
    g_string_append_c (escaped, *c);
  }
  g_string_replace (escaped, "\n", "\\n", 0);
  belfry_section_set (section, key, escaped->str, section->file, line);
}

/* A section as if somebody had written it; its keys stand where the item stands. */
BelfrySection *
local_item_to_section (const LocalItem *self, const char *file, guint line)
{
  guint i = kind_index (self->step);
  BelfrySection *section = belfry_section_new ("step", kinds[i].name, file, line);
  const char *equals = self->argument != NULL ? strchr (self->argument, '=') : NULL;

  belfry_section_set (section, "kind", kinds[i].name, file, line);
  if (self->argument == NULL)
    return section;
  if (self->step == LOCAL_STEP_SET_PROPERTY && equals != NULL) {
    g_autofree char *name = g_strndup (self->argument, (gsize)(equals - self->argument));

    set_escaped (section, "property", name, line);
    set_escaped (section, "value", equals + 1, line);
  } else if (self->step == LOCAL_STEP_TRIGGER) {
    g_autofree char *list = g_strdelimit (g_strdup (self->argument), ",", ';');

    belfry_section_set (section, "schedulers", list, file, line);
  } else
    set_escaped (section, kinds[i].argument_key, self->argument, line);
  return section;
}

/* Blanks collapsed, cut at 50 characters. */
char *
local_name_cut (const char *text)
{
  g_autoptr (GString) name = g_string_new (NULL);
  guint n_chars = 0;

  for (const char *c = text; *c != '\0' && n_chars < NAME_CHARS; c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    if (g_unichar_isspace (character) || g_unichar_iscntrl (character)) {
      if (name->len == 0 || name->str[name->len - 1] == ' ')
        continue;
      character = ' ';
    }
    g_string_append_unichar (name, character);
    n_chars++;
  }
  return g_strchomp (g_strdup (name->str));
}

char *
local_item_dup_name (const LocalItem *self)
{
  const char *kind = kinds[kind_index (self->step)].name;

  if (self->kind == LOCAL_ITEM_SECTION)
    return g_strdup (self->section);
  if (self->argument == NULL)
    return g_strdup (kind);
  if (self->step == LOCAL_STEP_GIT || self->step == LOCAL_STEP_CHECKOUT)
    return g_strdup_printf ("%s-%s", kind, self->argument);
  return local_name_cut (self->argument);
}

/* @used: (element-type utf8): names given so far; the result is added to it */
char *
local_name_unused (const char *name, GHashTable *used)
{
  g_autofree char *candidate = g_strdup (*name != '\0' ? name : "step");

  for (guint i = 1; g_hash_table_contains (used, candidate); i++) {
    g_free (candidate);
    candidate = g_strdup_printf ("%s_%u", name, i);
  }
  g_hash_table_add (used, g_strdup (candidate));
  return g_steal_pointer (&candidate);
}
