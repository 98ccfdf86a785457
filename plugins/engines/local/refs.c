/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Branches pass the grammar of git's check-ref-format(1), revisions are hex ids or tag names by the
 * same grammar, repositories are of an allowed protocol. Nothing that begins with a dash, so that
 * no value is ever read as an option.
 */
#include "refs.h"
#include <string.h>

static gboolean
component_is_valid (const char *component)
{
  return *component != '\0' && *component != '.' && !g_str_has_suffix (component, ".lock");
}

gboolean
local_branch_is_valid (const char *branch)
{
  g_auto (GStrv) components = NULL;

  if (*branch == '\0' || *branch == '-' || strlen (branch) > 1024 || g_str_equal (branch, "@") ||
      g_str_has_suffix (branch, ".") || strstr (branch, "..") != NULL ||
      strstr (branch, "@{") != NULL || !g_utf8_validate (branch, -1, NULL))
    return FALSE;
  for (const char *c = branch; *c != '\0'; c++) {
    if ((guchar)*c <= ' ' || *c == 0x7f || strchr ("~^:?*[\\", *c) != NULL)
      return FALSE;
  }
  components = g_strsplit (branch, "/", -1);
  for (guint i = 0; components[i] != NULL; i++) {
    if (!component_is_valid (components[i]))
      return FALSE;
  }
  return TRUE;
}

gboolean
local_revision_is_id (const char *revision)
{
  gsize length = strlen (revision);

  return length >= 4 && length <= 64 && strspn (revision, "0123456789abcdefABCDEF") == length;
}

gboolean
local_revision_is_valid (const char *revision)
{
  return local_revision_is_id (revision) || local_branch_is_valid (revision);
}

gboolean
local_refname_is_full (const char *branch)
{
  return g_str_has_prefix (branch, "refs/");
}

static gboolean
has_control (const char *text)
{
  for (const char *c = text; *c != '\0'; c++) {
    if ((guchar)*c < ' ' || *c == 0x7f)
      return TRUE;
  }
  return FALSE;
}

gboolean
local_check_repository (const char *repository, const char *const *allowed, GError **error)
{
  return belfry_repository_check (repository, allowed, error);
}

/* Lexically; whoever opens it resolves links too. */
gboolean
local_path_is_beneath (const char *path)
{
  g_auto (GStrv) components = NULL;

  if (*path == '\0' || *path == '/' || has_control (path) || strlen (path) > 1024)
    return FALSE;
  components = g_strsplit (path, "/", -1);
  for (guint i = 0; components[i] != NULL; i++) {
    if (g_str_equal (components[i], ".."))
      return FALSE;
  }
  return TRUE;
}
