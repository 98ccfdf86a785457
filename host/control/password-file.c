/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "password-file.h"

#include "hooks/password-hash.h"

#include <string.h>

#define MAX_USER_BYTES 1024

gboolean
belfry_password_file_check_user (const char *user, GError **error)
{
  gboolean good = user[0] != '\0' && user[0] != '#' && strlen (user) <= MAX_USER_BYTES &&
                  g_utf8_validate (user, -1, NULL) && strchr (user, ':') == NULL &&
                  !g_ascii_isspace (user[0]) && !g_ascii_isspace (user[strlen (user) - 1]);

  for (const char *at = user; good && *at != '\0'; at++)
    good = !g_ascii_iscntrl (*at);
  if (!good)
    g_set_error (
        error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
        "a user's name is text without ':', without '#' at its beginning, at most %d bytes",
        MAX_USER_BYTES);
  return good;
}

/* (transfer full) (nullable): NULL: the line is no user's */
static char *
dup_user (const char *line)
{
  const char *colon = strchr (line, ':');

  if (colon == NULL || line[0] == '#')
    return NULL;
  return g_strndup (line, (gsize)(colon - line));
}

/* what is behind the password stays */
static void
append_line (GString *text, const char *line, const char *user, const char *stored)
{
  const char *rest = strchr (line + strlen (user) + 1, ':');

  g_string_append_printf (text, "%s:%s%s\n", user, stored, rest != NULL ? rest : "");
}

char *
belfry_password_file_change (const char *text,
                             const char *user,
                             const char *stored,
                             gboolean *found)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) changed = g_string_new (NULL);

  *found = FALSE;
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *name = NULL;

    if (lines[i][0] == '\0' && lines[i + 1] == NULL)
      break; /* behind the last line's end */
    name = dup_user (lines[i]);
    if (g_strcmp0 (name, user) != 0)
      g_string_append_printf (changed, "%s\n", lines[i]);
    else if (!*found && stored != NULL)
      append_line (changed, g_strchomp (lines[i]), user, stored);
    *found = *found || g_strcmp0 (name, user) == 0;
    explicit_bzero (lines[i], strlen (lines[i]));
  }
  if (!*found && stored != NULL)
    g_string_append_printf (changed, "%s:%s\n", user, stored);
  return g_string_free (g_steal_pointer (&changed), FALSE);
}

static const char *
get_form_name (const char *stored)
{
  static const struct {
    const char *prefix;
    const char *name;
  } crypts[] = {
    { "$y$", "yescrypt" }, { "$2", "bcrypt" }, { "$6$", "SHA-512" }, { "$5$", "SHA-256" }
  };

  switch (belfry_password_get_form (stored)) {
  case BELFRY_PASSWORD_PLAIN:
    return "as it is";
  case BELFRY_PASSWORD_MD5_CRYPT:
    return "MD5, weak";
  case BELFRY_PASSWORD_APR1:
    return "Apache's MD5, weak";
  case BELFRY_PASSWORD_SHA1:
    return "SHA-1, weak";
  case BELFRY_PASSWORD_CRYPT:
    break;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (crypts); i++)
    if (g_str_has_prefix (stored, crypts[i].prefix))
      return crypts[i].name;
  return "crypt";
}

JsonArray *
belfry_password_file_list (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonArray *users = json_array_new ();

  for (guint i = 0; lines[i] != NULL; i++) {
    char *name = dup_user (lines[i]);
    JsonObject *object = NULL;

    if (name == NULL || !g_hash_table_add (seen, name))
      continue;
    object = json_object_new ();
    json_object_set_string_member (object, "user", name);
    json_object_set_string_member (object, "form", get_form_name (lines[i] + strlen (name) + 1));
    json_array_add_object_element (users, object);
  }
  return users;
}
