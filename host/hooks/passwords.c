/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file is read anew for every attempt. Of several lines with one user the first counts; fields
 * are separated by colons and further ones ignored. An unknown user is checked against the first
 * line's password, so that it costs as much as a wrong password.
 */
#include "passwords.h"

#include "password-cache.h"
#include "password-hash.h"

#include <string.h>

#define MAX_FILE_BYTES (1024 * 1024)
#define MAX_TEXT_BYTES 1024

typedef struct {
  char **files;
  char *folder;
  char *authorization;
} Attempt;

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_strfreev (attempt->files);
  g_free (attempt->folder);
  if (attempt->authorization != NULL)
    explicit_bzero (attempt->authorization, strlen (attempt->authorization));
  g_free (attempt->authorization);
  g_free (attempt);
}

/* only what is slow to compare is worth remembering */
static gboolean
matches (const char *user, const char *password, const char *stored)
{
  gboolean slow = belfry_password_get_form (stored) != BELFRY_PASSWORD_PLAIN;

  if (slow && belfry_password_cache_knows (user, password, stored))
    return TRUE;
  if (!belfry_password_matches (stored, password))
    return FALSE;
  if (slow)
    belfry_password_cache_add (user, password, stored);
  return TRUE;
}

static gboolean
check_lines (const char *text, const char *user, const char *password)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *first = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) fields = NULL;

    g_strchomp (lines[i]);
    fields = g_strsplit (lines[i], ":", 3);
    if (fields[0] == NULL || fields[1] == NULL)
      continue;
    if (strcmp (fields[0], user) == 0)
      return matches (user, password, fields[1]);
    if (first == NULL)
      first = g_strdup (fields[1]);
  }
  if (first != NULL)
    belfry_password_matches (first, password);
  return FALSE;
}

static gboolean
check_file (const char *item, const char *folder, const char *user, const char *password)
{
  const char *path = g_str_has_prefix (item, "file:") ? item + strlen ("file:") : item;
  g_autofree char *full = g_canonicalize_filename (path, folder);
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize bytes = 0;
  gboolean good = FALSE;

  if (!g_file_get_contents (full, &text, &bytes, &local)) {
    g_warning ("reading the password file '%s': %s; it admits nobody", full, local->message);
    return FALSE;
  }
  if (bytes <= MAX_FILE_BYTES)
    good = check_lines (text, user, password);
  explicit_bzero (text, bytes);
  return good;
}

static gboolean
split_credentials (const char *authorization, char **user, char **password)
{
  gsize bytes = 0;
  g_autofree guchar *decoded = NULL;
  char *colon = NULL;

  if (authorization == NULL || strlen (authorization) > 2 * MAX_TEXT_BYTES ||
      g_ascii_strncasecmp (authorization, "Basic ", strlen ("Basic ")) != 0)
    return FALSE;
  decoded = g_base64_decode (authorization + strlen ("Basic "), &bytes);
  if (bytes == 0 || memchr (decoded, '\0', bytes) != NULL ||
      !g_utf8_validate ((const char *)decoded, (gssize)bytes, NULL))
    return FALSE;
  *user = g_strndup ((const char *)decoded, bytes);
  explicit_bzero (decoded, bytes);
  colon = strchr (*user, ':');
  if (colon == NULL)
    return FALSE;
  *password = g_strdup (colon + 1);
  *colon = '\0';
  return TRUE;
}

static void
check_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Attempt *attempt = data;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  gboolean good = FALSE;

  if (split_credentials (attempt->authorization, &user, &password) && password[0] != '\0')
    for (guint i = 0; !good && attempt->files[i] != NULL; i++)
      good = check_file (attempt->files[i], attempt->folder, user, password);
  if (password != NULL)
    explicit_bzero (password, strlen (password));
  g_task_return_boolean (task, good);
}

void
belfry_passwords_check (const char *const *files,
                        const char *folder,
                        const char *authorization,
                        GTask *task)
{
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->files = g_strdupv ((char **)files);
  attempt->folder = g_strdup (folder);
  attempt->authorization = g_strdup (authorization);
  g_task_set_task_data (task, attempt, attempt_free);
  g_task_run_in_thread (task, check_in_thread);
  g_object_unref (task);
}

/* which of its lines are stored in a way that is easily guessed back */
static const char *
find_weak (const char *text)
{
  static const char *const weak[] = {
    [BELFRY_PASSWORD_PLAIN] = NULL,
    [BELFRY_PASSWORD_CRYPT] = NULL,
    [BELFRY_PASSWORD_MD5_CRYPT] = "MD5 ($1$)",
    [BELFRY_PASSWORD_APR1] = "MD5 ($apr1$)",
    [BELFRY_PASSWORD_SHA1] = "SHA-1 without salt",
  };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *colon = strchr (lines[i], ':');
    const char *name = colon != NULL ? weak[belfry_password_get_form (colon + 1)] : NULL;

    if (name != NULL)
      return name;
  }
  return NULL;
}

/* what keeps everybody out is a slip; what only the daemon's user may read is looked at by it */
static char *
read_file (const char *full,
           gsize *bytes,
           const BelfrySection *section,
           const char *key,
           BelfryProblems *problems)
{
  g_autoptr (GError) local = NULL;
  char *text = NULL;

  if (g_file_get_contents (full, &text, bytes, &local))
    return text;
  if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    belfry_problems_add (
        problems, BELFRY_SEVERITY_WARNING, section, key,
        "'%s' is not there, so it admits nobody; make it with belfry user add NAME", full);
  return NULL;
}

void
belfry_passwords_look (const char *const *files,
                       const char *folder,
                       const BelfrySection *section,
                       const char *key,
                       BelfryProblems *problems)
{
  for (guint i = 0; files != NULL && files[i] != NULL; i++) {
    const char *path =
        g_str_has_prefix (files[i], "file:") ? files[i] + strlen ("file:") : files[i];
    g_autofree char *full = g_canonicalize_filename (path, folder);
    gsize bytes = 0;
    g_autofree char *text = read_file (full, &bytes, section, key, problems);
    const char *weak = NULL;

    if (text == NULL || bytes > MAX_FILE_BYTES)
      continue;
    weak = find_weak (text);
    if (weak != NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, key,
                           "'%s' holds passwords as %s, which are soon guessed; make them anew "
                           "with belfry user add NAME",
                           full, weak);
    explicit_bzero (text, bytes);
  }
}
