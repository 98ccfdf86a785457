/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files with secrets: a keyfile that holds one, and those that references name. What everybody may
 * read warns, or is an error with strict-permissions. Whether a secret is there at all is looked at
 * only where that asks nobody: files, credentials and the environment, and only as far as the
 * reader may see them.
 */
#include "config/config-private.h"

#include <string.h>
#include <sys/stat.h>

/* called for each secret that some option holds */
typedef void (*SecretVisit) (BelfryConfigDraft *self,
                             const BelfrySection *section,
                             const char *key,
                             BelfrySecret *secret);

static void
visit_map (BelfryConfigDraft *self,
           const BelfryReading *reading,
           const BelfryOption *row,
           SecretVisit visit)
{
  const BelfryMap *map = *(BelfryMap **)(gpointer)((char *)reading->state + row->offset);

  for (guint i = 0; i < belfry_map_get_count (map); i++) {
    g_autofree char *key = g_strdup_printf ("%s.%s", row->name, belfry_map_get_name (map, i));

    visit (self, reading->section, key, (BelfrySecret *)belfry_map_get_value (map, i));
  }
}

static void
visit_reading (BelfryConfigDraft *self, const BelfryReading *reading, SecretVisit visit)
{
  const BelfryOption *row = NULL;

  while ((row = belfry_option_table_next (&reading->table, row)) != NULL) {
    gpointer member = (char *)reading->state + row->offset;
    gboolean by_alias =
        row->alias != NULL && belfry_section_find (reading->section, row->alias) != NULL;

    if (row->type == BELFRY_OPTION_SECRET && *(BelfrySecret **)member != NULL)
      visit (self, reading->section, by_alias ? row->alias : row->name, *(BelfrySecret **)member);
    else if (row->type == BELFRY_OPTION_MAP && row->element == BELFRY_OPTION_SECRET)
      visit_map (self, reading, row, visit);
  }
}

static void
visit_all (BelfryConfigDraft *self, SecretVisit visit)
{
  for (guint i = 0; i < self->readings->len; i++)
    visit_reading (self, &g_array_index (self->readings, BelfryReading, i), visit);
}

static gboolean
is_open_to_all (const char *file)
{
  struct stat status;

  return file != NULL && stat (file, &status) == 0 && S_ISREG (status.st_mode) &&
         (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
}

static void
check_file (BelfryConfigDraft *self,
            const BelfrySection *section,
            const char *key,
            BelfrySecret *secret)
{
  const BelfryEntry *entry = belfry_section_find (section, key);

  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    BelfrySecretSource source = belfry_secret_get_source (secret, i);
    const char *file = source == BELFRY_SECRET_FILE ? belfry_secret_get_name (secret, i) : NULL;

    if (source == BELFRY_SECRET_LITERAL || source == BELFRY_SECRET_PLAIN)
      file = entry != NULL ? entry->file : section->file;
    if (is_open_to_all (file))
      belfry_problems_add (
          self->problems,
          self->config.host.strict_permissions ? BELFRY_SEVERITY_ERROR : BELFRY_SEVERITY_WARNING,
          section, key, "the secret is in '%s', which everybody may read, chmod o-rw it", file);
  }
}

void
belfry_permissions_check (BelfryConfigDraft *self)
{
  visit_all (self, check_file);
}

static void
report_unseen (BelfryConfigDraft *self,
               const BelfrySection *section,
               const char *key,
               const char *what,
               const char *name)
{
  belfry_problems_add (self->problems, BELFRY_SEVERITY_NOTE, section, key,
                       "the secret was not looked up: %s '%s'", what, name);
}

static void
look_up_file (BelfryConfigDraft *self,
              const BelfrySection *section,
              const char *key,
              const char *file)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;
  gsize bytes = 0;

  if (g_file_get_contents (file, &text, &bytes, &error)) {
    if (strspn (text, "\r\n") == bytes)
      belfry_problems_add (self->problems, BELFRY_SEVERITY_FAILURE, section, key,
                           "the file of the secret is empty: '%s'", file);
    explicit_bzero (text, bytes);
    g_free (text);
  } else if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
             g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_PERM)) {
    report_unseen (self, section, key, "you may not read", file);
  } else {
    belfry_problems_add (self->problems, BELFRY_SEVERITY_FAILURE, section, key,
                         "the secret cannot be read: %s", error->message);
  }
}

static void
look_up_named (BelfryConfigDraft *self,
               const BelfrySection *section,
               const char *key,
               const char *name)
{
  const char *folder = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *file = folder != NULL ? g_build_filename (folder, name, NULL) : NULL;

  if (file != NULL && g_file_test (file, G_FILE_TEST_EXISTS))
    look_up_file (self, section, key, file);
  else
    report_unseen (self, section, key, "only the running host has the credential", name);
}

static void
look_up (BelfryConfigDraft *self,
         const BelfrySection *section,
         const char *key,
         BelfrySecret *secret)
{
  for (guint i = 0; i < belfry_secret_get_count (secret); i++) {
    const char *name = belfry_secret_get_name (secret, i);

    switch (belfry_secret_get_source (secret, i)) {
    case BELFRY_SECRET_NAMED:
      look_up_named (self, section, key, name);
      break;
    case BELFRY_SECRET_FILE:
      look_up_file (self, section, key, name);
      break;
    case BELFRY_SECRET_ENVIRONMENT:
      if (g_getenv (name) == NULL)
        report_unseen (self, section, key, "this shell's environment lacks", name);
      break;
    case BELFRY_SECRET_LITERAL:
    case BELFRY_SECRET_PLAIN:
      break;
    }
  }
}

void
belfry_config_look_up_secrets (BelfryConfig *self, BelfryProblems *problems)
{
  BelfryConfigDraft *draft = (BelfryConfigDraft *)self;

  draft->problems = problems;
  visit_all (draft, look_up);
  draft->problems = NULL;
}
