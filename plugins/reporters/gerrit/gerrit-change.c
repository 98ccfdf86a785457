/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which change was built. `repo` tells what it downloaded in two properties that go together; else
 * the properties that came with Gerrit's own event say. All of it came from outside and is to stand
 * in a command, so words that could be more than one, or an option, are refused.
 */
#include "gerrit.h"

#include <string.h>

gboolean
gerrit_is_plain (const char *text)
{
  if (text == NULL || *text == '\0' || *text == '-' || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (g_unichar_iscntrl (c) || g_unichar_isspace (c) || strchr ("'\"`\\", (int)(guchar)*at))
      return FALSE;
  }
  return TRUE;
}

static void
add_change (const Gerrit *self, GPtrArray *changes, const char *project, const char *revision)
{
  if (project == NULL || revision == NULL)
    return;
  if (!gerrit_is_plain (project) || !gerrit_is_plain (revision)) {
    gerrit_log (self, G_LOG_LEVEL_WARNING,
                "skipped a change: project '%s' or revision '%s' cannot stand in a command",
                project, revision);
    return;
  }
  g_ptr_array_add (changes, g_strdup (project));
  g_ptr_array_add (changes, g_strdup (revision));
}

static const char *
get_text_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/* FALSE: something is wrong, and nothing further is told */
static gboolean
add_download (
    const Gerrit *self, GPtrArray *changes, const char *download, char **words, guint index)
{
  g_auto (GStrv) parts = g_strsplit (download != NULL ? download : "", " ", -1);

  if (g_strv_length (parts) != 2 || !g_str_equal (parts[1], words[2 * index]))
    return FALSE;
  add_change (self, changes, parts[0], words[2 * index + 1]);
  return TRUE;
}

static void
add_downloads (const Gerrit *self, GPtrArray *changes, JsonNode *downloads, const char *downloaded)
{
  g_auto (GStrv) words = g_strsplit (downloaded != NULL ? downloaded : "", " ", -1);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (downloads) ? json_node_get_array (downloads) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;

  if (n == 0 || g_strv_length (words) != 2 * n) {
    gerrit_log (self, G_LOG_LEVEL_MESSAGE,
                "the properties repo_downloads and repo_downloaded do not go together");
    return;
  }
  for (guint i = 0; i < n; i++)
    if (!add_download (self, changes, get_text_element (array, i), words, i)) {
      gerrit_log (self, G_LOG_LEVEL_MESSAGE, "download %u was not what was asked for", i);
      return;
    }
}

/* of several codebases each has its own */
static const char *
find_revision (const BelfryForgeBuild *build, const char *name)
{
  JsonNode *value = belfry_forge_build_get_value (build, name);
  const char *codebase = belfry_reports_get_property (build->build, "codebase");

  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (value))
    return codebase != NULL ? belfry_forge_get_text (json_node_get_object (value), codebase) : NULL;
  return belfry_forge_build_get_property (build, name);
}

static gboolean
has_value (const BelfryForgeBuild *build, const char *name)
{
  JsonNode *value = belfry_forge_build_get_value (build, name);

  return value != NULL && !JSON_NODE_HOLDS_NULL (value);
}

static void
add_event (const Gerrit *self, GPtrArray *changes, const BelfryForgeBuild *build)
{
  static const char *const names[] = { "event.patchSet.revision", "got_revision", "revision" };
  const char *project = belfry_forge_build_get_property (build, "event.change.project");
  const char *revision = NULL;

  if (!has_value (build, "event.change.id"))
    return;
  if (project == NULL)
    project = belfry_forge_build_get_property (build, "project");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (has_value (build, names[i])) {
      revision = find_revision (build, names[i]);
      break;
    }
  add_change (self, changes, project, revision);
}

GPtrArray *
gerrit_list_changes (const Gerrit *self, const BelfryForgeBuild *build)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (g_free);
  JsonNode *downloads = belfry_forge_build_get_value (build, "repo_downloads");

  if (downloads != NULL && has_value (build, "repo_downloaded"))
    add_downloads (self, changes, downloads,
                   belfry_forge_build_get_property (build, "repo_downloaded"));
  else
    add_event (self, changes, build);
  return changes;
}
