/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plain name or glob means a branch, one that begins with `refs/` a full name; a regex between
 * slashes is held against full names. What a server lists is a stranger's: names pass the grammar
 * of git's check-ref-format, ids are hex digits.
 */
#include "git-refs.h"

#include <string.h>

#define HEADS "refs/heads/"
#define TAGS  "refs/tags/"

typedef struct {
  char *full;    /* (nullable) name or glob */
  GRegex *regex; /* (nullable) */
} Pattern;

struct _GitChooser {
  GPtrArray *patterns; /* (element-type Pattern) */
  gboolean only_tags;
  gboolean is_default;
  gboolean wide; /* looks beyond branches */
};

static void
pattern_free (gpointer data)
{
  Pattern *pattern = data;

  g_free (pattern->full);
  g_clear_pointer (&pattern->regex, g_regex_unref);
  g_free (pattern);
}

void
git_chooser_free (GitChooser *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->patterns);
  g_free (self);
}

static gboolean
add_regex (GitChooser *self, Pattern *pattern, const char *text, GError **error)
{
  g_autofree char *inner = g_strndup (text + 1, strlen (text) - 2);

  pattern->regex = belfry_regex_new (inner, error);
  self->wide = TRUE;
  return pattern->regex != NULL;
}

static gboolean
add_pattern (GitChooser *self, const char *text, GError **error)
{
  Pattern *pattern = g_new0 (Pattern, 1);
  gsize length = strlen (text);

  g_ptr_array_add (self->patterns, pattern);
  if (length > 2 && text[0] == '/' && text[length - 1] == '/')
    return add_regex (self, pattern, text, error);
  if (strcmp (text, "true") == 0)
    pattern->full = g_strdup (HEADS "*");
  else if (g_str_has_prefix (text, "refs/")) {
    pattern->full = g_strdup (text);
    self->wide = TRUE;
  } else
    pattern->full = g_strconcat (HEADS, text, NULL);
  return TRUE;
}

GitChooser *
git_chooser_new (const char *const *branches, gboolean only_tags, GError **error)
{
  g_autoptr (GitChooser) self = g_new0 (GitChooser, 1);

  self->patterns = g_ptr_array_new_with_free_func (pattern_free);
  self->only_tags = only_tags;
  self->is_default = branches == NULL && !only_tags;
  if (only_tags && !add_pattern (self, TAGS "*", error))
    return NULL;
  if (self->is_default && !add_pattern (self, "master", error))
    return NULL;
  for (guint i = 0; branches != NULL && branches[i] != NULL; i++)
    if (!add_pattern (self, branches[i], error)) {
      g_prefix_error (error, "'%s': ", branches[i]);
      return NULL;
    }
  return g_steal_pointer (&self);
}

const char *const *
git_chooser_get_patterns (const GitChooser *self)
{
  static const char *const everything[] = { NULL };
  static const char *const heads[] = { "HEAD", HEADS "*", NULL };
  static const char *const tags[] = { TAGS "*", NULL };

  if (self->only_tags)
    return tags;
  return self->wide ? everything : heads;
}

static gboolean
chooses (const GitChooser *self, const char *name)
{
  for (guint i = 0; i < self->patterns->len; i++) {
    const Pattern *pattern = g_ptr_array_index (self->patterns, i);

    if (pattern->regex != NULL ? belfry_regex_match_start (pattern->regex, name)
                               : belfry_glob_match (pattern->full, name, BELFRY_GLOB_TEXT))
      return TRUE;
  }
  return FALSE;
}

gboolean
git_id_is_valid (const char *text)
{
  gsize length = strlen (text);

  return (length == 40 || length == 64) && strspn (text, "0123456789abcdef") == length;
}

static gboolean
name_is_valid (const char *name)
{
  if (!g_str_has_prefix (name, "refs/") || strlen (name) > 1024 || strstr (name, "..") != NULL ||
      strstr (name, "@{") != NULL || strstr (name, "//") != NULL || g_str_has_suffix (name, "/") ||
      !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if ((guchar)*c <= ' ' || *c == 0x7f || strchr ("~^:?*[\\", *c) != NULL)
      return FALSE;
  return TRUE;
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

void
git_refs_free (GitRefs *self)
{
  if (self == NULL)
    return;
  g_tree_unref (self->chosen);
  g_ptr_array_unref (self->asked);
  g_free (self->fallback);
  g_free (self);
}

/* the name of an annotated tag stands for what it points to, which the listing names `^{}` */
static void
take_line (GTree *all, char *line, char **head)
{
  char *tab = strchr (line, '\t');
  char *peeled = NULL;

  if (tab == NULL)
    return;
  *tab++ = '\0';
  if (g_str_has_prefix (line, "ref: ") && strcmp (tab, "HEAD") == 0) {
    g_free (*head);
    *head = g_strdup (line + strlen ("ref: "));
    return;
  }
  peeled = g_str_has_suffix (tab, "^{}") ? tab + strlen (tab) - strlen ("^{}") : NULL;
  if (peeled != NULL)
    *peeled = '\0';
  if (git_id_is_valid (line) && name_is_valid (tab))
    g_tree_insert (all, g_strdup (tab), g_strdup (line));
}

typedef struct {
  const GitChooser *chooser;
  GTree *chosen;
} Choosing;

static gboolean
choose_one (gpointer name, gpointer id, gpointer data)
{
  Choosing *choosing = data;

  if (chooses (choosing->chooser, name))
    g_tree_insert (choosing->chosen, g_strdup (name), g_strdup (id));
  return FALSE;
}

static void
fall_back (GitRefs *self, GTree *all, const char *head)
{
  const char *id = head != NULL ? g_tree_lookup (all, head) : NULL;

  if (id == NULL)
    return;
  self->fallback = g_strdup (head);
  g_tree_insert (self->chosen, g_strdup (head), g_strdup (id));
}

static void
note_missing (GitRefs *self, const GitChooser *chooser)
{
  for (guint i = 0; i < chooser->patterns->len; i++) {
    const Pattern *pattern = g_ptr_array_index (chooser->patterns, i);

    if (pattern->full != NULL && !belfry_glob_is_pattern (pattern->full) &&
        g_tree_lookup (self->chosen, pattern->full) == NULL)
      g_ptr_array_add (self->asked, g_strdup (git_ref_get_branch (pattern->full)));
  }
}

GitRefs *
git_refs_read (const GitChooser *chooser, GBytes *listing, GError **error)
{
  g_autoptr (GitRefs) self = g_new0 (GitRefs, 1);
  g_autoptr (GTree) all = g_tree_new_full (compare, NULL, g_free, g_free);
  g_autofree char *text = g_strndup (g_bytes_get_data (listing, NULL), g_bytes_get_size (listing));
  g_autofree char *head = NULL;
  Choosing choosing = { chooser, NULL };
  char *rest = text;

  self->chosen = g_tree_new_full (compare, NULL, g_free, g_free);
  self->asked = g_ptr_array_new_with_free_func (g_free);
  while (rest != NULL && *rest != '\0') {
    char *line = rest;
    char *end = strchr (line, '\n');

    if (end != NULL)
      *end = '\0';
    rest = end != NULL ? end + 1 : NULL;
    take_line (all, line, &head);
  }
  choosing.chosen = self->chosen;
  g_tree_foreach (all, choose_one, &choosing);
  if (chooser->is_default && g_tree_nnodes (self->chosen) == 0)
    fall_back (self, all, head);
  else
    note_missing (self, chooser);
  if (g_tree_nnodes (self->chosen) > GIT_MAX_REFS) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                 "%d refs are more than the %d that one poller watches; name fewer in branches",
                 g_tree_nnodes (self->chosen), GIT_MAX_REFS);
    return NULL;
  }
  return g_steal_pointer (&self);
}

typedef struct {
  JsonObject *seen; /* (nullable) */
  GPtrArray *moved;
} Comparing;

static gboolean
compare_one (gpointer name, gpointer id, gpointer data)
{
  Comparing *comparing = data;
  const char *before =
      comparing->seen != NULL ? belfry_json_get_text (comparing->seen, name) : NULL;

  if (g_strcmp0 (before, id) != 0)
    g_ptr_array_add (comparing->moved, g_strdup (name));
  return FALSE;
}

GPtrArray *
git_refs_list_moved (const GitRefs *self, JsonObject *seen)
{
  Comparing comparing = { seen, g_ptr_array_new_with_free_func (g_free) };

  g_tree_foreach (self->chosen, compare_one, &comparing);
  return comparing.moved;
}

gboolean
git_refs_has_lost (const GitRefs *self, JsonObject *seen)
{
  g_autoptr (GList) names = json_object_get_members (seen);

  for (GList *item = names; item != NULL; item = item->next)
    if (g_tree_lookup (self->chosen, item->data) == NULL)
      return TRUE;
  return FALSE;
}

const char *
git_ref_get_branch (const char *name)
{
  return g_str_has_prefix (name, HEADS) ? name + strlen (HEADS) : name;
}
