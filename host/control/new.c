/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry new KIND NAME`: writes a project of its own around a plugin of that kind, from the files
 * in data/new. It needs nothing but what an installed Belfry has: meson finds headers, library and
 * harness through pkg-config. Words between two @ are filled in; a kind is the folder that bears
 * its name. Nothing that is there already is written over, and nothing is left half written.
 */
#include "control/new.h"

#include "control/ask.h"
#include "places/places.h"
#include "store/files.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define NAME_MAX_CHARS 40

typedef struct {
  BelfryKind kind;
  const char *name;
  char *folder;  /* to be made */
  char *licence; /* an SPDX expression */
  GHashTable *words;
} Project;

typedef struct {
  const char *template; /* below data/new, or the kind's folder there */
  gboolean of_kind;
  const char *prefix; /* of the file in the project, before the name, where it has it */
  gboolean named;
  const char *suffix;
} File;

static const File files[] = {
  { "plugin.c.in", TRUE, "", TRUE, ".c" },
  { "test.c.in", TRUE, "test-", TRUE, ".c" },
  { "README.md.in", FALSE, "README.md", FALSE, "" },
  { "meson.build.in", FALSE, "meson.build", FALSE, "" },
};

/* what a name must not begin with: the C names made from it would be the library's or GLib's */
static const char *const foreign_starts[] = { "belfry", "g-", "json-" };

static char *
find_template (const Project *self, const File *file)
{
  return g_build_filename (belfry_places_get_data (), "new",
                           file->of_kind ? belfry_kind_get_name (self->kind) : ".", file->template,
                           NULL);
}

static gboolean
check_name (const char *name, GError **error)
{
  gsize length = strlen (name);
  gboolean right = length > 0 && length <= NAME_MAX_CHARS && g_ascii_islower (name[0]) &&
                   name[length - 1] != '-' && strstr (name, "--") == NULL &&
                   strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;

  if (!right) {
    g_autofree char *shown = belfry_text_make_printable (name, -1, 80);

    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no name for a plugin: lower-case letters, digits and single dashes, a "
                 "letter first, at most %d characters",
                 shown, NAME_MAX_CHARS);
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (foreign_starts); i++)
    if (g_str_has_prefix (name, foreign_starts[i])) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                   "names in C that begin with '%s' are somebody else's, give the plugin another "
                   "name",
                   foreign_starts[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_licence (const char *licence, GError **error)
{
  if (licence[0] != '\0' && strlen (licence) <= 100 &&
      strspn (licence, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-+() ") == strlen (licence))
    return TRUE;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                       "the licence is an SPDX expression, such as MIT");
  return FALSE;
}

/* "deploy-log" → "DeployLog" */
static char *
to_type_name (const char *name)
{
  GString *type = g_string_new (NULL);
  gboolean first = TRUE;

  for (const char *letter = name; *letter != '\0'; letter++) {
    if (*letter != '-')
      g_string_append_c (type, first ? g_ascii_toupper (*letter) : *letter);
    first = *letter == '-';
  }
  return g_string_free (type, FALSE);
}

static void
fill_words (Project *self)
{
  const char *kind = belfry_kind_get_name (self->kind);
  g_autofree char *function = g_strdelimit (g_strdup (self->name), "-", '_');

  self->words = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_hash_table_insert (self->words, (char *)"kind", g_strdup (kind));
  g_hash_table_insert (self->words, (char *)"name", g_strdup (self->name));
  g_hash_table_insert (self->words, (char *)"type", to_type_name (self->name));
  g_hash_table_insert (self->words, (char *)"function", g_steal_pointer (&function));
  g_hash_table_insert (self->words, (char *)"licence", g_strdup (self->licence));
  g_hash_table_insert (self->words, (char *)"belfry", g_strdup (BELFRY_VERSION));
}

/* an @ that begins no known word stays */
static char *
fill_in (const Project *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", -1);
  GString *filled = g_string_new (parts[0]);

  for (guint i = 1; parts[0] != NULL && parts[i] != NULL; i++) {
    const char *word = parts[i + 1] != NULL ? g_hash_table_lookup (self->words, parts[i]) : NULL;

    if (word == NULL) {
      g_string_append_c (filled, '@');
      g_string_append (filled, parts[i]);
      continue;
    }
    g_string_append (filled, word);
    g_string_append (filled, parts[++i]);
  }
  return g_string_free (filled, FALSE);
}

static gboolean
write_file (const Project *self, const File *file, const char *folder, GError **error)
{
  g_autofree char *from = find_template (self, file);
  g_autofree char *base =
      g_strconcat (file->prefix, file->named ? self->name : "", file->suffix, NULL);
  g_autofree char *to = g_build_filename (folder, base, NULL);
  g_autofree char *text = NULL;
  g_autofree char *filled = NULL;

  if (!g_file_get_contents (from, &text, NULL, error))
    return FALSE;
  filled = fill_in (self, text);
  return g_file_set_contents_full (to, filled, -1, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

/* All is written beside the place and then moved there, which fails where something has come. */
static gboolean
write_project (const Project *self, GError **error)
{
  g_autofree char *folder = g_strdup_printf ("%s.XXXXXX", self->folder);
  gboolean ok = TRUE;

  if (g_file_test (self->folder, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                 "'%s' is there already, and nothing is written over: choose another --folder",
                 self->folder);
    return FALSE;
  }
  if (g_mkdtemp_full (folder, 0755) == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED, "'%s' cannot be made: %s", self->folder,
                 g_strerror (errno));
    return FALSE;
  }
  for (gsize i = 0; ok && i < G_N_ELEMENTS (files); i++)
    ok = write_file (self, &files[i], folder, error);
  if (ok && g_rename (folder, self->folder) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT, "'%s' cannot be made: %s",
                 self->folder, g_strerror (errno));
    ok = FALSE;
  }
  if (!ok)
    belfry_file_remove_folder (folder);
  return ok;
}

static gboolean
find_kind (const char *word, BelfryKind *kind, GError **error)
{
  const char *names[BELFRY_N_KINDS + 1] = { NULL };
  g_autofree char *all = NULL;

  if (belfry_kind_from_name (word, kind))
    return TRUE;
  for (guint i = 0; i < BELFRY_N_KINDS; i++)
    names[i] = belfry_kind_get_name ((BelfryKind)i);
  all = g_strjoinv (", ", (char **)names);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "there is no kind '%s', only %s", word,
               all);
  return FALSE;
}

static void
print_next (const Project *self)
{
  g_autofree char *folder = g_shell_quote (self->folder);

  printf ("%s is written. Next:\n\n  cd %s\n  meson setup build\n  meson test -C build\n",
          self->folder, folder);
  if (belfry_kind_get_abi (self->kind) == 0)
    printf ("\nThe interface of a plugin of kind %s may still change: its ABI number is 0.\n",
            belfry_kind_get_name (self->kind));
}

static void
project_clear (Project *self)
{
  g_free (self->folder);
  g_free (self->licence);
  g_clear_pointer (&self->words, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Project, project_clear)

/* FALSE: said why */
static gboolean
parse (Project *self, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "folder", 0, 0, G_OPTION_ARG_FILENAME, &self->folder, NULL, NULL },
    { "licence", 0, 0, G_OPTION_ARG_STRING, &self->licence, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (argc != 3) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         "give the plugin's kind and its name, as in: belfry new reporter lamp");
    return FALSE;
  }
  if (!find_kind (argv[1], &self->kind, error) || !check_name (argv[2], error))
    return FALSE;
  self->name = argv[2];
  if (self->licence == NULL)
    self->licence = g_strdup ("LGPL-2.1-or-later");
  if (self->folder == NULL)
    self->folder = g_strdup_printf ("belfry-%s-%s", argv[1], argv[2]);
  return check_licence (self->licence, error);
}

int
belfry_new_main (int argc, char **argv)
{
  g_auto (Project) self = { .kind = BELFRY_N_KINDS };
  g_autoptr (GError) local = NULL;

  if (!parse (&self, argc, argv, &local)) {
    fprintf (stderr, "belfry new: %s\n", local->message);
    return BELFRY_EXIT_USAGE;
  }
  fill_words (&self);
  if (!write_project (&self, &local)) {
    fprintf (stderr, "belfry new: %s\n", local->message);
    return 1;
  }
  print_next (&self);
  return 0;
}
