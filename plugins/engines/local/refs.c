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

/* Forms as in git-clone(1): scheme://…, [user@]host:path, helper::address, or a path. */
char *
local_repository_protocol (const char *repository)
{
  const char *scheme = strstr (repository, "://");
  const char *colon = strchr (repository, ':');
  const char *slash = strchr (repository, '/');

  if (colon != NULL && colon[1] == ':')
    return g_strndup (repository, (gsize)(colon - repository));
  if (scheme != NULL)
    return g_ascii_strdown (repository, scheme - repository);
  if (colon != NULL && (slash == NULL || colon < slash))
    return g_strdup ("ssh");
  return g_strdup ("file");
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

/* The host part must not be readable as an option of ssh either. */
static gboolean
host_is_an_option (const char *repository)
{
  const char *scheme = strstr (repository, "://");
  const char *host = scheme != NULL ? scheme + 3 : repository;
  const char *end = strpbrk (host, scheme != NULL ? "/" : ":/");
  const char *at = NULL;

  for (const char *c = host; *c != '\0' && c != end; c++) {
    if (*c == '@')
      at = c;
  }
  return *host == '-' || (at != NULL && at[1] == '-');
}

gboolean
local_check_repository (const char *repository, const char *const *allowed, GError **error)
{
  g_autofree char *protocol = local_repository_protocol (repository);
  g_autofree char *shown = belfry_text_make_printable (repository, -1, 200);

  if (*repository == '\0') {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "no repository is configured");
    return FALSE;
  }
  if (has_control (repository) || host_is_an_option (repository)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "repository '%s' is not usable", shown);
    return FALSE;
  }
  if (!g_strv_contains (allowed, protocol)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED,
                 "repository '%s': protocol '%s' is not allowed", shown, protocol);
    return FALSE;
  }
  return TRUE;
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
