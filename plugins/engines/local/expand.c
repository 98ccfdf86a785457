/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builder sections before they are read: `like` takes the keys of another section, `matrix.AXIS`
 * makes one section of each combination, `abstract` ones go. All on text, so that what the host
 * reads, checks and shows are the builders that there are.
 */
#include "sections.h"
#include <string.h>

#define MATRIX_MAX 64

typedef struct {
  const char *name; /* of the axis */
  char **values;
} Axis;

static const BelfrySection *
find_section (GPtrArray *sections, const char *name)
{
  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);

    if (g_str_equal (section->name, name))
      return section;
  }
  return NULL;
}

static void
take_absent_keys (BelfrySection *self, const BelfrySection *other)
{
  for (guint i = 0; i < other->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (other->entries, i);

    if (!g_str_equal (entry->name, "like") && !g_str_equal (entry->name, "abstract") &&
        belfry_section_find (self, entry->name) == NULL)
      belfry_section_set (self, entry->name, entry->value, entry->file, entry->line);
  }
}

static void
report_unknown_like (const BelfrySection *self,
                     GPtrArray *sections,
                     const char *name,
                     BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest = NULL;

  for (guint i = 0; i < sections->len; i++)
    g_ptr_array_add (names, ((const BelfrySection *)g_ptr_array_index (sections, i))->name);
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self, "like",
                       nearest != NULL ? "there is no [builder %s]; did you mean '%s'?"
                                       : "there is no [builder %s]%s",
                       name, nearest != NULL ? nearest : "");
}

/* Follows the chain; each section gives what those nearer do not say. */
static BelfrySection *
resolve_like (const BelfrySection *section, GPtrArray *sections, BelfryProblems *problems)
{
  BelfrySection *result = belfry_section_copy (section);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryEntry *like = belfry_section_find (section, "like");

  g_hash_table_add (seen, section->name);
  while (like != NULL) {
    const BelfrySection *other = find_section (sections, like->value);

    if (other == NULL) {
      report_unknown_like (section, sections, like->value, problems);
      break;
    }
    if (!g_hash_table_add (seen, other->name)) {
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "like",
                           "leads back to [builder %s]", other->name);
      break;
    }
    take_absent_keys (result, other);
    like = belfry_section_find (other, "like");
  }
  return result;
}

static GArray *
list_axes (const BelfrySection *section)
{
  GArray *axes = g_array_new (FALSE, FALSE, sizeof (Axis));

  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    Axis axis = { NULL, NULL };

    if (!g_str_has_prefix (entry->name, "matrix."))
      continue;
    axis.name = entry->name + strlen ("matrix.");
    axis.values = belfry_split_list (entry->value);
    g_array_append_val (axes, axis);
  }
  return axes;
}

static void
free_axes (GArray *axes)
{
  for (guint i = 0; i < axes->len; i++)
    g_strfreev (g_array_index (axes, Axis, i).values);
  g_array_unref (axes);
}

static gboolean
is_rendered (const char *key)
{
  const BelfryOptionTable table = { local_builder_options, sizeof (BelfryOption) };
  const BelfryOption *row = belfry_option_table_find (&table, key);

  return row != NULL &&
         (row->type == BELFRY_OPTION_RENDERED ||
          (row->type == BELFRY_OPTION_MAP && row->element == BELFRY_OPTION_RENDERED));
}

/* Keys that are rendered later find the values by themselves. */
static char *
fill_in (const char *text, GArray *axes, const guint *point)
{
  g_autoptr (GString) result = g_string_new (text);

  for (guint i = 0; i < axes->len; i++) {
    const Axis *axis = &g_array_index (axes, Axis, i);
    g_autofree char *hole = g_strdup_printf ("%%(kw:%s)s", axis->name);

    g_string_replace (result, hole, axis->values[point[i]], 0);
  }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

static char *
dup_point_name (const BelfrySection *section, GArray *axes, const guint *point)
{
  const BelfryEntry *pattern = belfry_section_find (section, "matrix-name");
  GString *name = NULL;

  if (pattern != NULL)
    return fill_in (pattern->value, axes, point);
  name = g_string_new (section->name);
  for (guint i = 0; i < axes->len; i++)
    g_string_append_printf (name, "-%s", g_array_index (axes, Axis, i).values[point[i]]);
  return g_string_free (name, FALSE);
}

static BelfrySection *
make_point (const BelfrySection *section, GArray *axes, const guint *point)
{
  g_autofree char *name = dup_point_name (section, axes, point);
  BelfrySection *result = belfry_section_new (section->kind, name, section->file, section->line);
  const BelfryEntry *tags = belfry_section_find (section, "tags");
  g_autoptr (GString) all_tags = g_string_new (tags != NULL ? tags->value : "");

  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    g_autofree char *value =
        is_rendered (entry->name) ? g_strdup (entry->value) : fill_in (entry->value, axes, point);

    if (!g_str_has_prefix (entry->name, "matrix"))
      belfry_section_set (result, entry->name, value, entry->file, entry->line);
  }
  for (guint i = 0; i < axes->len; i++) {
    const Axis *axis = &g_array_index (axes, Axis, i);
    g_autofree char *key = g_strconcat ("matrix.", axis->name, NULL);

    belfry_section_set (result, key, axis->values[point[i]], section->file, section->line);
    g_string_append_printf (all_tags, "%s%s", all_tags->len > 0 ? ";" : "", axis->values[point[i]]);
  }
  belfry_section_set (result, "tags", all_tags->str, section->file, section->line);
  belfry_section_set (result, "matrix-of", section->name, section->file, section->line);
  return result;
}

/* `AXIS=V,AXIS=V`: all must hold */
static gboolean
item_excludes (const char *item, GArray *axes, const guint *point)
{
  g_auto (GStrv) terms = g_strsplit (item, ",", -1);

  for (guint i = 0; terms[i] != NULL; i++) {
    gboolean holds = FALSE;

    for (guint j = 0; j < axes->len; j++) {
      const Axis *axis = &g_array_index (axes, Axis, j);
      g_autofree char *term = g_strdup_printf ("%s=%s", axis->name, axis->values[point[j]]);

      holds = holds || g_str_equal (g_strstrip (terms[i]), term);
    }
    if (!holds)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_excluded (char **excluded, gboolean *used, GArray *axes, const guint *point)
{
  gboolean result = FALSE;

  for (guint i = 0; excluded[i] != NULL; i++) {
    if (!item_excludes (excluded[i], axes, point))
      continue;
    used[i] = TRUE;
    result = TRUE;
  }
  return result;
}

/* FALSE: all combinations were seen */
static gboolean
next_point (GArray *axes, guint *point)
{
  for (guint i = axes->len; i > 0; i--) {
    point[i - 1]++;
    if (g_array_index (axes, Axis, i - 1).values[point[i - 1]] != NULL)
      return TRUE;
    point[i - 1] = 0;
  }
  return FALSE;
}

static gsize
count_points (GArray *axes)
{
  gsize count = 1;

  for (guint i = 0; i < axes->len && count <= MATRIX_MAX; i++)
    count *= g_strv_length (g_array_index (axes, Axis, i).values);
  return count;
}

static void
add_points (BelfrySection *section, GArray *axes, GPtrArray *result, BelfryProblems *problems)
{
  const BelfryEntry *exclude = belfry_section_find (section, "matrix-exclude");
  g_auto (GStrv) excluded = belfry_split_list (exclude != NULL ? exclude->value : "");
  g_autofree gboolean *used = g_new0 (gboolean, g_strv_length (excluded) + 1);
  g_autofree guint *point = g_new0 (guint, axes->len);
  gsize count = count_points (axes);

  if (count == 0 || count > MATRIX_MAX) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         count == 0 ? "an axis of the matrix has no values"
                                    : "the matrix has more than 64 combinations");
    return;
  }
  do {
    if (!is_excluded (excluded, used, axes, point))
      g_ptr_array_add (result, make_point (section, axes, point));
  } while (next_point (axes, point));
  for (guint i = 0; excluded[i] != NULL; i++) {
    if (!used[i])
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "matrix-exclude",
                           "'%s' matches no combination", excluded[i]);
  }
}

static gboolean
is_abstract (const BelfrySection *section)
{
  const BelfryEntry *entry = belfry_section_find (section, "abstract");
  gboolean value = FALSE;

  return entry != NULL && belfry_parse_boolean (entry->value, &value, NULL) && value;
}

static void
free_section (gpointer section)
{
  belfry_section_free (section);
}

/* (transfer full) (element-type BelfrySection): what the host reads instead of @sections */
GPtrArray *
local_builder_expand (GPtrArray *sections, BelfryProblems *problems)
{
  GPtrArray *result = g_ptr_array_new_with_free_func (free_section);

  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);
    g_autoptr (BelfrySection) resolved = NULL;
    GArray *axes = NULL;

    if (belfry_section_find (section, "matrix-of") != NULL) {
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "matrix-of",
                           "is set by the matrix itself");
      continue;
    }
    if (is_abstract (section))
      continue;
    resolved = resolve_like (section, sections, problems);
    axes = list_axes (resolved);
    if (axes->len > 0)
      add_points (resolved, axes, result, problems);
    else
      g_ptr_array_add (result, g_steal_pointer (&resolved));
    free_axes (axes);
  }
  return result;
}
