/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file: --file, else the first that [www] change-hook-auth names. It is read, changed and
 * replaced as a whole, so that whoever reads it meanwhile sees the old or the new one.
 */
#include "user.h"

#include "ask.h"
#include "config/config.h"
#include "config/keyfile.h"
#include "hooks/password-hash.h"
#include "password-file.h"
#include "private-file.h"
#include "secret.h"

#include <string.h>
#include <sys/prctl.h>

#define MAX_PASSWORD_BYTES 1024

typedef struct {
  BelfryAsk ask;
  char *given; /* (nullable) by --file */
  char *file;
  char *text; /* (nullable): there is no such file yet */
} User;

static void
user_clear (User *self)
{
  belfry_ask_clear (&self->ask);
  g_free (self->given);
  g_free (self->file);
  if (self->text != NULL)
    explicit_bzero (self->text, strlen (self->text));
  g_free (self->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (User, user_clear)

static const BelfryEntry *
find_entry (GPtrArray *sections, const char *kind, const char *key)
{
  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);

    if (strcmp (section->kind, kind) == 0)
      return belfry_section_find (section, key);
  }
  return NULL;
}

/* (transfer full) (nullable) */
static char *
find_configured (const char *given)
{
  g_autofree char *path = belfry_config_find_path (given);
  g_autofree char *folder = path != NULL ? g_path_get_dirname (path) : NULL;
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GPtrArray) sections = path != NULL ? belfry_keyfile_read (path, problems) : NULL;
  const BelfryEntry *entry =
      sections != NULL ? find_entry (sections, "www", "change-hook-auth") : NULL;
  g_autofree char *value = entry != NULL ? belfry_entry_dup_text (entry) : NULL;
  g_auto (GStrv) files = value != NULL ? g_strsplit (value, ";", 2) : NULL;
  const char *file = files != NULL ? files[0] : NULL;

  if (file == NULL || file[0] == '\0')
    return NULL;
  file = g_str_has_prefix (file, "file:") ? file + strlen ("file:") : file;
  return g_canonicalize_filename (file, folder);
}

static gboolean
find_file (User *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  self->file = self->given != NULL ? g_canonicalize_filename (self->given, NULL)
                                   : find_configured (self->ask.config_path);
  if (self->file == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "no file of passwords is configured; say which with --file FILE, and write "
                 "change-hook-auth=file:PATH below [www]");
    return FALSE;
  }
  if (g_file_get_contents (self->file, &self->text, NULL, &local) ||
      g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
store (User *self, const char *text, GError **error)
{
  return self->text != NULL ? belfry_private_file_replace (self->file, text, error)
                            : belfry_private_file_create (self->file, text, error);
}

static gboolean
change (User *self, const char *user, const char *stored, gboolean *found, GError **error)
{
  g_autofree char *text =
      belfry_password_file_change (self->text != NULL ? self->text : "", user, stored, found);

  if (stored == NULL && !*found) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "'%s' has no user '%s'", self->file,
                 user);
    return FALSE;
  }
  return store (self, text, error);
}

/* (transfer full) (nullable): as it is stored */
static char *
read_password (const char *user, GError **error)
{
  g_autoptr (GBytes) typed = belfry_secret_read_value ("password of", user, error);
  gsize bytes = 0;
  gpointer text = typed != NULL ? (gpointer)g_bytes_get_data (typed, &bytes) : NULL;
  g_autofree char *password = text != NULL ? g_strndup (text, bytes) : NULL;
  char *stored = NULL;

  if (password == NULL)
    return NULL;
  if (bytes > MAX_PASSWORD_BYTES || strpbrk (password, "\r\n") != NULL ||
      !g_utf8_validate (password, -1, NULL))
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "a password is one line of UTF-8 text, at most %d bytes", MAX_PASSWORD_BYTES);
  else
    stored = belfry_password_make (password, error);
  explicit_bzero (text, bytes);
  explicit_bzero (password, strlen (password));
  return stored;
}

static gboolean
add_user (User *self, const char *user, GError **error)
{
  g_autofree char *stored = NULL;
  gboolean found = FALSE;

  if (!belfry_password_file_check_user (user, error))
    return FALSE;
  stored = read_password (user, error);
  if (stored == NULL || !change (self, user, stored, &found, error))
    return FALSE;
  printf ("%s '%s' in %s\n", found ? "changed the password of" : "added", user, self->file);
  return TRUE;
}

static gboolean
remove_user (User *self, const char *user, GError **error)
{
  gboolean found = FALSE;

  if (!change (self, user, NULL, &found, error))
    return FALSE;
  printf ("removed '%s' from %s\n", user, self->file);
  return TRUE;
}

static gboolean
list_users (User *self, const char *user, GError **error)
{
  g_autoptr (JsonArray) users = belfry_password_file_list (self->text != NULL ? self->text : "");

  if (self->ask.json) {
    belfry_print_json_array (users);
    return TRUE;
  }
  for (guint i = 0; i < json_array_get_length (users); i++) {
    JsonObject *object = json_array_get_object_element (users, i);

    belfry_print_text (belfry_json_get_text (object, "user"));
    printf ("  (%s)\n", belfry_json_get_text (object, "form"));
  }
  return TRUE;
}

static const struct {
  const char *name;
  gboolean takes_user;
  gboolean (*run) (User *self, const char *user, GError **error);
} verbs[] = {
  { "add", TRUE, add_user },
  { "list", FALSE, list_users },
  { "remove", TRUE, remove_user },
};

static int
run_verb (User *self)
{
  guint count = self->ask.rest != NULL ? g_strv_length (self->ask.rest) : 0;
  g_autoptr (GError) local = NULL;
  int exit_code = 1;

  for (gsize i = 0; count > 0 && i < G_N_ELEMENTS (verbs); i++) {
    if (strcmp (verbs[i].name, self->ask.rest[0]) != 0)
      continue;
    if (count != (verbs[i].takes_user ? 2 : 1))
      break;
    if (!find_file (self, &local))
      exit_code = BELFRY_EXIT_CONFIG;
    else if (verbs[i].run (self, self->ask.rest[1], &local))
      return 0;
    fprintf (stderr, "belfry user: %s\n", local->message);
    return exit_code;
  }
  fprintf (stderr, "belfry user: write belfry user add NAME, list, or remove NAME\n");
  return BELFRY_EXIT_USAGE;
}

int
belfry_user_main (int argc, char **argv)
{
  g_auto (User) self = { { NULL } };
  const GOptionEntry more[] = {
    { "file", 0, 0, G_OPTION_ARG_FILENAME, &self.given, NULL, NULL },
    { NULL },
  };

  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (!belfry_ask_parse (&self.ask, more, argc, argv))
    return BELFRY_EXIT_USAGE;
  return run_verb (&self);
}
