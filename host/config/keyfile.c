/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keyfile: the grammar of GKeyFile (`[kind name]`, `key=value`, `#` comments), read line by
 * line so that every section and key keeps the file and line where it stands. Differences: a
 * section or key that is written twice in one file is an error; `!key` takes away what an earlier
 * file set; values stay as written, escapes are resolved where their type is known. Later files
 * replace single keys of earlier ones.
 */
#include "config/keyfile.h"

#include <string.h>

typedef struct {
  GPtrArray *sections; /* of all files so far */
  BelfryProblems *problems;
  const char *file;
  guint line;
  GHashTable *seen; /* in this file: "kind name" or "kind name\nkey" → line */
  BelfrySection
      *section; /* (nullable): before the first header, or after one that cannot be read */
  gboolean has_header;
} Reader;

/* kinds whose keys are names of the user's, not ours: nothing in them is spelled otherwise */
static const char *const verbatim_kinds[] = { "projects", "repositories", NULL };

char *
belfry_section_dup_title (const BelfrySection *section)
{
  return section->name[0] == '\0' ? g_strdup (section->kind)
                                  : g_strdup_printf ("%s %s", section->kind, section->name);
}

static void G_GNUC_PRINTF (3, 4) report (Reader *self, const char *key, const char *format, ...)
{
  g_autoptr (GString) text = g_string_new (NULL);
  va_list arguments;

  if (self->section != NULL) {
    g_autofree char *title = belfry_section_dup_title (self->section);

    g_string_append_printf (text, "[%s]%s", title, key != NULL ? " " : ": ");
  }
  if (key != NULL)
    g_string_append_printf (text, "%s: ", key);
  va_start (arguments, format);
  g_string_append_vprintf (text, format, arguments);
  va_end (arguments);
  belfry_problems_add_at (self->problems, BELFRY_SEVERITY_ERROR, self->file, self->line, text->str);
}

/* line in which this file has it already, or 0 and from now on it has */
static guint
remember (Reader *self, const char *what)
{
  guint before = GPOINTER_TO_UINT (g_hash_table_lookup (self->seen, what));

  if (before == 0)
    g_hash_table_insert (self->seen, g_strdup (what), GUINT_TO_POINTER (self->line));
  return before;
}

static BelfrySection *
find_section (GPtrArray *sections, const char *kind, const char *name)
{
  for (guint i = 0; i < sections->len; i++) {
    BelfrySection *section = g_ptr_array_index (sections, i);

    if (strcmp (section->kind, kind) == 0 && strcmp (section->name, name) == 0)
      return section;
  }
  return NULL;
}

static gboolean
is_word (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && *at != '-')
      return FALSE;
  return text[0] != '\0';
}

static void
open_section (Reader *self, char *kind, const char *name)
{
  g_autofree char *title = NULL;
  guint before = 0;

  self->section = find_section (self->sections, kind, name);
  if (self->section == NULL) {
    self->section = belfry_section_new (kind, name, self->file, self->line);
    g_ptr_array_add (self->sections, self->section);
  }
  title = belfry_section_dup_title (self->section);
  before = remember (self, title);
  if (before > 0)
    report (self, NULL, "is written twice in this file, first in line %u, write it once", before);
}

/* @text begins with a bracket and has no blanks around it */
static void
read_header (Reader *self, char *text)
{
  gsize length = strlen (text);
  char *name = NULL;
  char *kind = NULL;

  self->section = NULL;
  self->has_header = TRUE;
  if (text[length - 1] != ']' || strcspn (text + 1, "[]") != length - 2) {
    report (self, NULL, "a section is written [kind name], without other brackets or a comment");
    return;
  }
  text[length - 1] = '\0';
  kind = g_strstrip (text + 1);
  name = strpbrk (kind, " \t");
  if (name != NULL)
    *name++ = '\0';
  g_strdelimit (kind, "_", '-');
  if (!is_word (kind)) {
    report (self, NULL, "'%s' is no kind of section, write [kind name]", kind);
    return;
  }
  open_section (self, kind, name != NULL ? g_strstrip (name) : "");
}

/* `_` is read as `-`, but not in the name of a map's entry */
static gboolean
normalize_key (Reader *self, char *key)
{
  char *dot = strchr (key, '.');
  g_autofree char *stem = NULL;

  if (strpbrk (key, "[]") != NULL) {
    report (self, key,
            "a key holds no brackets; in a name after a dot write %%5B and %%5D, for a link use "
            "[project-link NAME] or [repository-link NAME]");
    return FALSE;
  }
  if (g_strv_contains (verbatim_kinds, self->section->kind))
    return TRUE;
  for (char *at = key; at != dot && *at != '\0'; at++)
    *at = *at == '_' ? '-' : *at;
  stem = dot != NULL ? g_strndup (key, (gsize)(dot - key)) : g_strdup (key);
  if (!is_word (stem)) {
    report (self, key, "a key is a word of letters, digits and dashes");
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_first_of_key (Reader *self, const char *key)
{
  g_autofree char *title = belfry_section_dup_title (self->section);
  g_autofree char *what = g_strdup_printf ("%s\n%s", title, key);
  guint before = remember (self, what);

  if (before > 0)
    report (self, key, "is written twice in this file, first in line %u, write it once", before);
  return before == 0;
}

static void
note_override (Reader *self, const char *key, const char *before)
{
  if (before != NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_NOTE, self->section, key, "overrides %s",
                         before);
}

static char *
dup_origin (const BelfryEntry *entry)
{
  return entry == NULL ? NULL : g_strdup_printf ("%s:%u", entry->file, entry->line);
}

static void
read_removal (Reader *self, char *key)
{
  g_autofree char *before = NULL;
  g_autofree char *title = belfry_section_dup_title (self->section);
  g_autofree char *message = NULL;

  if (!normalize_key (self, key) || !is_first_of_key (self, key))
    return;
  before = dup_origin (belfry_section_find (self->section, key));
  message = before != NULL
                ? g_strdup_printf ("[%s] %s: takes away what %s sets", title, key, before)
                : g_strdup_printf ("[%s] %s: there is nothing to take away", title, key);
  belfry_problems_add_at (self->problems,
                          before != NULL ? BELFRY_SEVERITY_NOTE : BELFRY_SEVERITY_WARNING,
                          self->file, self->line, message);
  belfry_section_remove (self->section, key);
}

static void
read_assignment (Reader *self, char *key, const char *value)
{
  g_autofree char *before = NULL;

  if (!normalize_key (self, key) || !is_first_of_key (self, key))
    return;
  before = dup_origin (belfry_section_find (self->section, key));
  belfry_section_set (self->section, key, value, self->file, self->line);
  note_override (self, key, before);
}

static void
read_key (Reader *self, char *text)
{
  char *equals = strchr (text, '=');

  if (!self->has_header) {
    report (self, NULL, "stands before the first section, write a [kind name] above it");
    return;
  }
  if (self->section == NULL)
    return;
  if (text[0] == '!' && equals == NULL) {
    read_removal (self, g_strstrip (text + 1));
    return;
  }
  if (equals == NULL || equals == text) {
    report (self, NULL, "is neither a key nor a section, write key=value, or # before a comment");
    return;
  }
  *equals = '\0';
  read_assignment (self, g_strchomp (text), g_strchug (equals + 1));
}

static gboolean
has_control (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text) && *text != '\t')
      return TRUE;
  return FALSE;
}

static void
read_line (Reader *self, char *line)
{
  gsize length = strlen (line);
  char *text = NULL;

  if (length > 0 && line[length - 1] == '\r')
    line[length - 1] = '\0';
  text = g_strchug (line);
  if (text[0] == '\0' || text[0] == '#')
    return;
  if (has_control (text))
    report (self, NULL, "holds a control character, write \\n or \\t, or remove it");
  else if (text[0] == '[')
    read_header (self, g_strchomp (text));
  else
    read_key (self, text);
}

/* position of the first byte that is no text, or NULL */
static const char *
find_bad_byte (const char *text, gsize bytes)
{
  const char *end = NULL;

  return g_utf8_validate_len (text, bytes, &end) ? NULL : end;
}

void
belfry_keyfile_read_text (
    GPtrArray *sections, const char *file, const char *text, gsize bytes, BelfryProblems *problems)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Reader self = { sections, problems, file, 0, seen, NULL, FALSE };
  const char *end = text + bytes;
  const char *bad = find_bad_byte (text, bytes);

  if (g_str_has_prefix (text, "\xEF\xBB\xBF"))
    text += 3;
  while (text < end) {
    const char *stop = memchr (text, '\n', (gsize)(end - text));
    const char *next = stop == NULL ? end : stop + 1;
    g_autofree char *line = g_strndup (text, (gsize)((stop == NULL ? end : stop) - text));

    self.line++;
    if (bad != NULL && bad < next) {
      report (&self, NULL, "is not UTF-8 text, save the file in UTF-8");
      return;
    }
    read_line (&self, line);
    explicit_bzero (line, strlen (line));
    text = next;
  }
}

static void
read_file (GPtrArray *sections, const char *file, BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;
  gsize bytes = 0;

  if (!g_file_get_contents (file, &text, &bytes, &error)) {
    g_autofree char *message =
        g_strdup_printf ("the configuration cannot be read: %s", error->message);

    belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, file, 0, message);
    return;
  }
  belfry_keyfile_read_text (sections, file, text, bytes, problems);
  explicit_bzero (text, bytes);
  g_free (text);
}

static int
compare_bytes (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* an old copy that somebody thinks is read, or thinks is gone, is worth a line */
static GPtrArray *
list_drop_ins (const char *folder, BelfryProblems *problems)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name = NULL;

  if (dir == NULL && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, folder, 0, error->message);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (folder, name, NULL);

    if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (files, g_steal_pointer (&file));
    else
      belfry_problems_add_at (
          problems, BELFRY_SEVERITY_NOTE, file, 0,
          "is not read, since its name does not end in .conf or begins with a dot");
  }
  g_ptr_array_sort (files, compare_bytes);
  return files;
}

GPtrArray *
belfry_keyfile_read (const char *path, BelfryProblems *problems)
{
  GPtrArray *sections = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_section_free);
  g_autofree char *folder = g_strconcat (path, ".d", NULL);
  g_autoptr (GPtrArray) files = NULL;

  read_file (sections, path, problems);
  files = list_drop_ins (folder, problems);
  for (guint i = 0; i < files->len; i++)
    read_file (sections, g_ptr_array_index (files, i), problems);
  return sections;
}
