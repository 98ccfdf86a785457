/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `trunk/PATH` lies in no branch, `branches/NAME/PATH` in the branch `branches/NAME`, where the
 * layout is that; else everything is trunk. A regex says it by its groups project, branch and path.
 */
#include "svn-split.h"

#include <string.h>

typedef enum {
  SPLIT_NONE,
  SPLIT_BRANCHES,
  SPLIT_PROJECTS,
  SPLIT_REGEX,
} Split;

struct _SvnSplitter {
  Split split;
  gboolean tags;
  GRegex *regex;
};

/** Place: where one path lies; also what gathers the files of a branch */
typedef struct {
  char *project; /* (nullable) */
  char *branch;  /* (nullable) */
  char *path;
  GPtrArray *files; /* (element-type utf8) */
  gboolean other_than_removed;
} Place;

static void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->project);
  g_free (place->branch);
  g_free (place->path);
  g_ptr_array_unref (place->files);
  g_free (place);
}

void
svn_splitter_free (SvnSplitter *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self);
}

SvnSplitter *
svn_splitter_new (const char *text, gboolean tags, GError **error)
{
  static const char *const words[] = { "none", "branches", "projects-branches" };
  g_autoptr (SvnSplitter) self = g_new0 (SvnSplitter, 1);

  self->tags = tags;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (text, words[i]) == 0) {
      self->split = (Split)i;
      return g_steal_pointer (&self);
    }
  self->split = SPLIT_REGEX;
  self->regex = belfry_regex_new (text, error);
  if (self->regex == NULL)
    return NULL;
  if (g_regex_get_string_number (self->regex, "path") < 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is none, branches, projects-branches, or a regex with a group named path",
                 text);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static Place *
place_new (const char *branch, const char *path)
{
  Place *place = g_new0 (Place, 1);

  place->branch = g_strdup (branch);
  place->path = g_strdup (path);
  place->files = g_ptr_array_new_with_free_func (g_free);
  return place;
}

/* NULL: in no branch */
static Place *
place_in_layout (const SvnSplitter *self, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", 3);
  guint count = g_strv_length (parts);
  gboolean named = count > 0 && (strcmp (parts[0], "branches") == 0 ||
                                 (self->tags && strcmp (parts[0], "tags") == 0));
  g_autofree char *branch = NULL;

  if (count > 0 && strcmp (parts[0], "trunk") == 0)
    return place_new (NULL, path + strlen ("trunk") + (count > 1 ? 1 : 0));
  if (!named || count < 2 || parts[1][0] == '\0')
    return NULL;
  branch = g_strdup_printf ("%s/%s", parts[0], parts[1]);
  return place_new (branch, count > 2 ? parts[2] : "");
}

static Place *
place_in_project (const SvnSplitter *self, const char *path)
{
  const char *slash = strchr (path, '/');
  Place *place = slash != NULL ? place_in_layout (self, slash + 1) : NULL;

  if (place != NULL)
    place->project = g_strndup (path, (gsize)(slash - path));
  return place;
}

static char *
dup_group (GMatchInfo *match, const char *name)
{
  g_autofree char *text = g_match_info_fetch_named (match, name);

  return text != NULL && text[0] != '\0' ? g_steal_pointer (&text) : NULL;
}

static Place *
place_by_regex (const SvnSplitter *self, const char *path)
{
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *below = NULL;
  Place *place = NULL;

  if (!g_regex_match (self->regex, path, G_REGEX_MATCH_ANCHORED, &match))
    return NULL;
  below = g_match_info_fetch_named (match, "path");
  place = place_new (NULL, below != NULL ? below : "");
  place->branch = dup_group (match, "branch");
  place->project = dup_group (match, "project");
  return place;
}

static Place *
find_place (const SvnSplitter *self, const char *path)
{
  switch (self->split) {
  case SPLIT_NONE:
    return place_new (NULL, path);
  case SPLIT_BRANCHES:
    return place_in_layout (self, path);
  case SPLIT_PROJECTS:
    return place_in_project (self, path);
  case SPLIT_REGEX:
    return place_by_regex (self, path);
  }
  return NULL;
}

/* the path below the watched URL; NULL: outside of it */
static const char *
below_prefix (const char *path, const char *prefix)
{
  gsize length = strlen (prefix);

  if (!g_str_has_prefix (path, prefix) || (path[length] != '\0' && path[length] != '/'))
    return NULL;
  return path + length + (path[length] == '/' ? 1 : 0);
}

/* the files of a revision, by branch; a branch whose root alone was removed is over and no change
 */
static GPtrArray *
gather (const SvnSplitter *self, const SvnEntry *entry, const char *prefix)
{
  GPtrArray *places = g_ptr_array_new_with_free_func (place_free);

  for (guint i = 0; i < entry->paths->len; i++) {
    const SvnPath *path = g_ptr_array_index (entry->paths, i);
    const char *below = below_prefix (path->path, prefix);
    Place *place = below != NULL ? find_place (self, below) : NULL;
    Place *known = NULL;

    if (place == NULL)
      continue;
    for (guint j = 0; known == NULL && j < places->len; j++) {
      Place *other = g_ptr_array_index (places, j);

      if (g_strcmp0 (other->branch, place->branch) == 0 &&
          g_strcmp0 (other->project, place->project) == 0)
        known = other;
    }
    if (known == NULL)
      g_ptr_array_add (places, known = place);
    known->other_than_removed =
        known->other_than_removed || path->action != 'D' || place->path[0] != '\0';
    g_ptr_array_add (known->files, g_strdup (place->path));
    if (known != place)
      place_free (place);
  }
  return places;
}

static BelfryChange *
make_change (const SvnEntry *entry, const Place *place)
{
  BelfryChange *change = belfry_change_new ();
  g_autofree char *revision = g_strdup_printf ("%" G_GINT64_FORMAT, entry->revision);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  belfry_record_set_text (&change->revision, revision);
  belfry_record_set_text (&change->author, entry->author != NULL ? entry->author : "unknown");
  belfry_record_set_text (&change->comments, entry->message != NULL ? entry->message : "unknown");
  belfry_record_set_text (&change->branch, place->branch);
  belfry_record_set_text (&change->src, "svn");
  if (place->project != NULL)
    belfry_record_set_text (&change->project, place->project);
  change->when_timestamp = entry->time_us;
  for (guint i = 0; i < place->files->len; i++)
    g_strv_builder_add (builder, g_ptr_array_index (place->files, i));
  g_strfreev (change->files);
  change->files = g_strv_builder_end (builder);
  return change;
}

void
svn_splitter_add_changes (const SvnSplitter *self,
                          const SvnEntry *entry,
                          const char *prefix,
                          GPtrArray *changes)
{
  g_autoptr (GPtrArray) places = gather (self, entry, prefix);

  for (guint i = 0; i < places->len; i++) {
    const Place *place = g_ptr_array_index (places, i);

    if (place->other_than_removed)
      g_ptr_array_add (changes, make_change (entry, place));
  }
}
