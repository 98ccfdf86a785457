/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When two ways to write the address of a repository mean the same one: scheme, user, the usual
 * ports, a final slash and `.git` do not count, `host:path` (the form of scp) is `host/path`, the
 * host is compared in lower case, a local path equals its file:// form. Everything else is compared
 * byte for byte.
 */
#include "belfry-text.h"

#include <string.h>

static gboolean
is_usual_port (const char *port)
{
  static const char *const ports[] = { "", "22", "80", "443", NULL };

  return g_strv_contains (ports, port);
}

/* "user@Host:443" becomes "host" */
static char *
normalize_authority (const char *authority, gsize length)
{
  g_autofree char *text = g_ascii_strdown (authority, (gssize)length);
  const char *at = strrchr (text, '@');
  char *host = text + (at != NULL ? at + 1 - text : 0);
  char *colon = strrchr (host, ':');

  /* the colons of a v6 address stand inside brackets */
  if (colon != NULL && strchr (colon, ']') == NULL && is_usual_port (colon + 1))
    *colon = '\0';
  return g_strdup (host);
}

static void
trim_slashes (char *path, gsize least)
{
  gsize length = strlen (path);

  while (length > least && path[length - 1] == '/')
    path[--length] = '\0';
}

/* takes path and gives it back without final slashes and ".git" */
static char *
trim_end (char *path)
{
  gsize least = *path == '/' ? 1 : 0;

  trim_slashes (path, least);
  if (strlen (path) > least + 4 && g_str_has_suffix (path, ".git")) {
    path[strlen (path) - 4] = '\0';
    trim_slashes (path, least);
  }
  return path;
}

static char *
join (const char *authority, gsize length, const char *path)
{
  g_autofree char *host = normalize_authority (authority, length);

  while (*path == '/')
    path++;
  /* nonsense, which must not pass for a local path */
  if (*host == '\0')
    return g_strconcat (":", path, NULL);
  return trim_end (g_strconcat (host, "/", path, NULL));
}

static char *
normalize_url (const char *repository, const char *rest)
{
  gsize length = strcspn (rest, "/");

  if (g_ascii_strncasecmp (repository, "file:", 5) != 0)
    return join (rest, length, rest + length);
  /* file://localhost/path and file:///path are the same */
  if (length > 0 && !(length == 9 && g_ascii_strncasecmp (rest, "localhost", 9) == 0))
    return join (rest, length, rest + length);
  return trim_end (g_strdup (rest + length));
}

/* the end of a host at the start of a v6 address in brackets, else the first ':' or '/' */
static gsize
host_length (const char *text)
{
  gsize user = strcspn (text, "@/");
  const char *host = text[user] == '@' ? text + user + 1 : text;
  const char *bracket = *host == '[' ? strchr (host, ']') : NULL;
  const char *from = bracket != NULL ? bracket : host;

  return (gsize)(from - text) + strcspn (from, ":/");
}

/**
 * belfry_repository_normalize:
 * @repository: (nullable): URL, `host:path` or local path of a repository
 *
 * Brings the address of a repository into a form for comparing: two that are equal afterwards are
 * the same repository. The result is not meant to be opened.
 *
 * Returns: (transfer full): such as `example.org/team/project`; empty for NULL
 * Since: 0.1
 */
char *
belfry_repository_normalize (const char *repository)
{
  const char *rest;
  gsize length;

  if (repository == NULL || *repository == '\0')
    return g_strdup ("");
  rest = strstr (repository, "://");
  if (rest != NULL && strcspn (repository, ":/") == (gsize)(rest - repository))
    return normalize_url (repository, rest + 3);
  if (strchr ("/.~", *repository) != NULL)
    return trim_end (g_strdup (repository));
  length = host_length (repository);
  if (repository[length] == ':')
    return join (repository, length, repository + length + 1);
  /* without a dot the first word is a folder, not a host */
  if (repository[length] == '/' && memchr (repository, '.', length) != NULL)
    return join (repository, length, repository + length);
  return trim_end (g_strdup (repository));
}
