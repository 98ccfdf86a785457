/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owner and name of a repository: `SCHEME://USER@HOST:PORT/OWNER/NAME.git` and
 * `USER@HOST:OWNER/NAME` with what can be left out left out. The owner may hold slashes, as
 * GitLab's subgroups do. What comes of it becomes part of a URL that a credential is sent to, so
 * segments that climb are refused.
 */
#include "forge-status.h"

#include <string.h>

static const char *
skip_scheme (const char *url)
{
  static const char *const schemes[] = { "http://", "https://", "ssh://", "git://" };

  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (url, schemes[i], strlen (schemes[i])) == 0)
      return url + strlen (schemes[i]);
  return url;
}

/* `OWNER/NAME` with slashes around it and `.git` behind it */
static gboolean
split_path (const char *path, char **owner, char **name)
{
  g_autofree char *text = NULL;
  char *slash = NULL;
  gsize length = 0;

  while (*path == '/')
    path++;
  text = g_strdup (path);
  length = strlen (text);
  while (length > 0 && text[length - 1] == '/')
    text[--length] = '\0';
  if (g_str_has_suffix (text, ".git"))
    text[length - strlen (".git")] = '\0';
  slash = strrchr (text, '/');
  if (slash == NULL || slash == text || slash[1] == '\0')
    return FALSE;
  *owner = g_strndup (text, (gsize)(slash - text));
  *name = g_strdup (slash + 1);
  return TRUE;
}

gboolean
belfry_forge_parse_url (const char *url, char **owner, char **name)
{
  const char *rest = NULL;
  gsize length = 0;

  *owner = *name = NULL;
  if (url == NULL)
    return FALSE;
  rest = skip_scheme (url);
  if (rest[strcspn (rest, "@/")] == '@')
    rest += strcspn (rest, "@/") + 1;
  length = strcspn (rest, "/:");
  if (length == 0 || rest[length] == '\0')
    return FALSE;
  rest += length;
  if (*rest == ':') {
    gsize digits = strspn (rest + 1, "0123456789");

    /* a port, unless nothing is left behind it that could be owner and name */
    if (digits > 0 && rest[1 + digits] == '/' && split_path (rest + 1 + digits, owner, name))
      return TRUE;
    rest++;
  }
  return split_path (rest, owner, name);
}

gboolean
belfry_forge_find_repository (JsonObject *stamp, char **owner, char **name)
{
  const char *project = belfry_forge_get_text (stamp, "project");

  *owner = *name = NULL;
  if (project != NULL && strchr (project, '/') != NULL)
    return split_path (project, owner, name);
  return belfry_forge_parse_url (belfry_forge_get_text (stamp, "repository"), owner, name);
}

char *
belfry_forge_dup_segment (const char *text)
{
  if (text == NULL || *text == '\0' || g_str_equal (text, ".") || g_str_equal (text, ".."))
    return NULL;
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      return NULL;
  return belfry_text_percent_encode (text);
}

char *
belfry_forge_dup_path (const char *first, ...)
{
  g_autoptr (GString) path = g_string_new (NULL);
  gboolean good = TRUE;
  va_list segments;

  va_start (segments, first);
  for (const char *text = first; text != NULL; text = va_arg (segments, const char *)) {
    g_autofree char *segment = belfry_forge_dup_segment (text);

    good = good && segment != NULL;
    g_string_append_printf (path, "/%s", segment != NULL ? segment : "");
  }
  va_end (segments);
  return good ? g_string_free (g_steal_pointer (&path), FALSE) : NULL;
}
