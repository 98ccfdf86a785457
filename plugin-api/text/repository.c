/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When two ways to write the address of a repository mean the same one: scheme, user, the usual
 * ports, a final slash and `.git` do not count, `host:path` (the form of scp) is `host/path`, the
 * host is compared in lower case, a local path equals its file:// form. Everything else is compared
 * byte for byte.
 *
 * Before an address is given to a program it must be of a protocol that is allowed, and must not be
 * readable as an option of that program or of ssh.
 */
#include "belfry-error.h"
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

/* forms as in git-clone(1): scheme://…, [user@]host:path, helper::address, or a path */
static char *
dup_protocol (const char *repository)
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
  for (const char *c = text; *c != '\0'; c++)
    if ((guchar)*c < ' ' || *c == 0x7f)
      return TRUE;
  return FALSE;
}

/* where user and password end and the host begins; NULL: there is no user */
static const char *
find_at (const char *repository)
{
  const char *scheme = strstr (repository, "://");
  const char *host = scheme != NULL ? scheme + 3 : repository;
  gsize length = strcspn (host, scheme != NULL ? "/?#" : ":/");
  const char *at = NULL;

  for (const char *c = host; c < host + length; c++)
    if (*c == '@')
      at = c;
  return at;
}

static gboolean
host_is_an_option (const char *repository)
{
  const char *scheme = strstr (repository, "://");
  const char *host = scheme != NULL ? scheme + 3 : repository;
  const char *at = find_at (repository);

  return *host == '-' || (at != NULL && at[1] == '-');
}

/**
 * belfry_repository_check:
 * @repository: URL, `host:path` or local path of a repository
 * @allowed: (array zero-terminated=1): protocols such as `https`; a local path is of `file`
 * @error: %BELFRY_ERROR_DENIED with the reason
 *
 * Looks whether the address of a repository may be given to a program: it is of an allowed
 * protocol, holds no control characters, and neither it nor its host reads as an option.
 *
 * Returns: whether it may be used
 * Since: 0.1
 */
gboolean
belfry_repository_check (const char *repository, const char *const *allowed, GError **error)
{
  g_autofree char *protocol = dup_protocol (repository);
  g_autofree char *address = belfry_repository_split (repository, NULL, NULL);
  g_autofree char *shown = belfry_text_make_printable (address, -1, 200);

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

/**
 * belfry_repository_split:
 * @repository: URL, `host:path` or local path of a repository
 * @user: (out) (optional) (nullable) (transfer full): user named in a URL, decoded
 * @password: (out) (optional) (nullable) (transfer full): password written in a URL, decoded
 *
 * Takes the password out of the address of a repository, so that the address can be shown, stored,
 * and given to a program.
 *
 * Returns: (transfer full): the address without password
 * Since: 0.1
 */
char *
belfry_repository_split (const char *repository, char **user, char **password)
{
  const char *scheme = strstr (repository, "://");
  const char *at = scheme != NULL ? find_at (repository) : NULL;
  const char *colon = at != NULL ? memchr (scheme + 3, ':', (gsize)(at - scheme - 3)) : NULL;
  const char *end = colon != NULL ? colon : at;

  if (user != NULL)
    *user = at != NULL
                ? belfry_text_percent_decode (scheme + 3, (gssize)(end - scheme - 3), FALSE, NULL)
                : NULL;
  if (password != NULL)
    *password = colon != NULL
                    ? belfry_text_percent_decode (colon + 1, (gssize)(at - colon - 1), FALSE, NULL)
                    : NULL;
  if (colon == NULL)
    return g_strdup (repository);
  return g_strdup_printf ("%.*s%s", (int)(colon - repository), repository, at);
}
