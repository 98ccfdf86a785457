/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * References: options that name an instance or a section of another kind. They are looked at when
 * all sections are known, so that the order of the file means nothing. Circles are looked for among
 * sections of one kind, where one waits for the other (fallbacks, templates, upstream schedulers).
 */
#include "config/config-private.h"
#include "languages/languages.h"
#include "outbox/reporter-keys.h"

#include <string.h>

/* one walk along references within a kind */
typedef struct {
  BelfryConfigDraft *self;
  GHashTable *done; /* set of BelfrySection: known to lead into no circle */
  GPtrArray *trail; /* (element-type BelfrySection): from where the walk came */
} Walk;

static void
add_name (GPtrArray *names, const char *name)
{
  if (name[0] != '\0')
    g_ptr_array_add (names, (gpointer)name);
}

/* names of a kind, ended by NULL; NULL: nothing here knows them all */
static GPtrArray *
list_names (BelfryConfigDraft *self, const char *kind)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const BelfryBlueprint *owner = g_hash_table_lookup (self->owners, kind);
  GPtrArray *owned = owner != NULL ? g_hash_table_lookup (owner->owned, kind) : NULL;
  BelfryKind plugin_kind = BELFRY_N_KINDS;
  gboolean is_known = owner != NULL || belfry_kind_from_name (kind, &plugin_kind) ||
                      belfry_host_sections_know (kind);

  if (!is_known)
    return NULL;
  for (guint i = 0; owned != NULL && i < owned->len; i++)
    add_name (names, ((const BelfryOwnedSection *)g_ptr_array_index (owned, i))->name);
  for (guint i = 0; owner == NULL && i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (strcmp (section->kind, kind) == 0)
      add_name (names, section->name);
  }
  g_ptr_array_add (names, NULL);
  return g_steal_pointer (&names);
}

/* whether an engine that mirrors others' builders may bring names that no section has */
static gboolean
may_come_later (BelfryConfigDraft *self, const char *kind)
{
  const BelfryBlueprint *owner = g_hash_table_lookup (self->owners, kind);

  for (guint i = 0; owner != NULL && i < self->config.blueprints->len; i++) {
    const BelfryBlueprint *other = g_ptr_array_index (self->config.blueprints, i);

    if (other != owner && other->kind == BELFRY_KIND_ENGINE && owner->kind == BELFRY_KIND_ENGINE &&
        other->keys.enabled)
      return TRUE;
  }
  return FALSE;
}

static gboolean
fits_any (const char *pattern, GPtrArray *names)
{
  for (guint i = 0; i + 1 < names->len; i++)
    if (belfry_glob_match (pattern, g_ptr_array_index (names, i), BELFRY_GLOB_TEXT))
      return TRUE;
  return FALSE;
}

static void
check_name (BelfryConfigDraft *self,
            const BelfryReading *reading,
            const BelfryOption *row,
            GPtrArray *names,
            const char *name)
{
  gboolean is_pattern = row->type == BELFRY_OPTION_REFERENCES && belfry_glob_is_pattern (name);
  gboolean is_error = !is_pattern && !may_come_later (self, row->reference);
  const char *nearest = NULL;
  g_autofree char *hint = NULL;

  if (g_strv_contains ((const char *const *)names->pdata, name) ||
      (is_pattern && fits_any (name, names)))
    return;
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  hint = nearest != NULL ? g_strdup_printf (", did you mean '%s'?", nearest) : g_strdup ("");
  belfry_problems_add (
      self->problems, is_error ? BELFRY_SEVERITY_ERROR : BELFRY_SEVERITY_WARNING, reading->section,
      belfry_section_find (reading->section, row->name) == NULL && row->alias != NULL ? row->alias
                                                                                      : row->name,
      is_pattern ? "no %s fits '%s'%s" : "there is no %s '%s'%s", row->reference, name, hint);
}

/* the names that a row of this reading holds: (transfer none) one, or a list */
static const char *const *
get_names (const BelfryReading *reading, const BelfryOption *row, const char **one)
{
  gpointer member = (char *)reading->state + row->offset;

  if (row->type == BELFRY_OPTION_REFERENCES)
    return *(const char *const **)member;
  one[0] = row->type == BELFRY_OPTION_REFERENCE ? *(const char **)member : NULL;
  return one;
}

static void
check_reading (BelfryConfigDraft *self, const BelfryReading *reading)
{
  const BelfryOption *row = NULL;

  while ((row = belfry_option_table_next (&reading->table, row)) != NULL) {
    const char *one[] = { NULL, NULL };
    const char *const *wanted = get_names (reading, row, one);
    g_autoptr (GPtrArray) names = NULL;

    if (row->reference == NULL || wanted == NULL || wanted[0] == NULL)
      continue;
    names = list_names (self, row->reference);
    for (guint i = 0; names != NULL && wanted[i] != NULL; i++)
      check_name (self, reading, row, names, wanted[i]);
  }
}

static void
report_circle (Walk *walk, guint first, const char *key)
{
  g_autoptr (GString) path = g_string_new (NULL);
  const BelfrySection *begin = g_ptr_array_index (walk->trail, first);

  for (guint i = first; i < walk->trail->len; i++)
    g_string_append_printf (path, "%s → ",
                            ((const BelfrySection *)g_ptr_array_index (walk->trail, i))->name);
  g_string_append (path, begin->name);
  belfry_problems_add (walk->self->problems, BELFRY_SEVERITY_ERROR,
                       g_ptr_array_index (walk->trail, walk->trail->len - 1), key,
                       "goes in a circle: %s", path->str);
}

static void follow (Walk *walk, const BelfrySection *section);

static void
follow_name (Walk *walk, const BelfryReading *reading, const char *key, const char *name)
{
  for (guint i = 0; i < walk->self->readings->len; i++) {
    const BelfryReading *other = &g_array_index (walk->self->readings, BelfryReading, i);
    guint at = 0;

    if (strcmp (other->section->kind, reading->section->kind) != 0 ||
        strcmp (other->section->name, name) != 0)
      continue;
    if (g_ptr_array_find (walk->trail, other->section, &at))
      report_circle (walk, at, key);
    else
      follow (walk, other->section);
    return;
  }
}

static void
follow_reading (Walk *walk, const BelfryReading *reading)
{
  const BelfryOption *row = NULL;

  while ((row = belfry_option_table_next (&reading->table, row)) != NULL) {
    const char *one[] = { NULL, NULL };
    const char *const *wanted = get_names (reading, row, one);

    if (row->reference == NULL || wanted == NULL ||
        strcmp (row->reference, reading->section->kind) != 0)
      continue;
    for (guint i = 0; wanted[i] != NULL; i++)
      follow_name (walk, reading, row->name, wanted[i]);
  }
}

static void
follow (Walk *walk, const BelfrySection *section)
{
  if (g_hash_table_contains (walk->done, section))
    return;
  g_ptr_array_add (walk->trail, (gpointer)section);
  for (guint i = 0; i < walk->self->readings->len; i++) {
    const BelfryReading *reading = &g_array_index (walk->self->readings, BelfryReading, i);

    if (reading->section == section)
      follow_reading (walk, reading);
  }
  g_ptr_array_remove_index (walk->trail, walk->trail->len - 1);
  g_hash_table_add (walk->done, (gpointer)section);
}

static const BelfrySection *
find_host_section (BelfryConfigDraft *self)
{
  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (strcmp (section->kind, "host") == 0)
      return section;
  }
  return NULL;
}

/* an alert is about no build, and some reporters speak only beside one */
static void
check_alerts (BelfryConfigDraft *self)
{
  const BelfrySection *section = find_host_section (self);
  char **alert = self->config.host.alert;

  for (guint i = 0; section != NULL && alert != NULL && i < self->config.blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (self->config.blueprints, i);

    if (blueprint->kind == BELFRY_KIND_REPORTER && blueprint->keys.enabled &&
        blueprint->plugin != NULL &&
        g_strv_contains ((const char *const *)alert, blueprint->name) &&
        !belfry_reporter_takes_notices (belfry_blueprint_get_plugin (blueprint)))
      belfry_problems_add (self->problems, BELFRY_SEVERITY_WARNING, section, "alert",
                           "reporter '%s' tells of builds only: it passes no alert on",
                           blueprint->name);
  }
}

/* of a section that the host reads; an owned one's key of that name is its plugin's */
static void
check_language (BelfryConfigDraft *self, const BelfrySection *section, const char *locale)
{
  g_autofree char *known = NULL;

  if (locale == NULL || section == NULL || belfry_languages_find (locale) != NULL)
    return;
  known = belfry_languages_list ();
  belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, "locale",
                       "there is no catalogue of the language '%s'; there are %s", locale, known);
}

static void
check_languages (BelfryConfigDraft *self)
{
  check_language (self, find_host_section (self), self->config.host.locale);
  for (guint i = 0; i < self->config.blueprints->len; i++) {
    const BelfryBlueprint *blueprint = g_ptr_array_index (self->config.blueprints, i);

    check_language (self, blueprint->section, blueprint->keys.locale);
  }
}

void
belfry_references_check (BelfryConfigDraft *self)
{
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) trail = g_ptr_array_new ();
  Walk walk = { self, done, trail };

  for (guint i = 0; i < self->readings->len; i++) {
    const BelfryReading *reading = &g_array_index (self->readings, BelfryReading, i);

    check_reading (self, reading);
    follow (&walk, reading->section);
  }
  check_alerts (self);
  check_languages (self);
}
