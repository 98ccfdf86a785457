/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each stream is cut into lines by itself. A line is a warning where a pattern matches at its start
 * and no suppression fits: FILE-REGEX : TEXT-REGEX [: FROM-TO]. The file is the pattern's first
 * group below the folder that make said it entered; without warning-groups there is no file, and a
 * suppression's first part is held against nothing.
 */
#include "warnings.h"
#include <string.h>

#define LINE_BYTES  (16 * 1024)
#define KEPT_BYTES  (1024 * 1024)
#define FOLDERS_MAX 64

typedef struct {
  GRegex *file;
  GRegex *text;
  gint64 from; /* BELFRY_NONE: all lines */
  gint64 to;
} Suppression;

struct _LocalWarnings {
  const LocalStepKeys *keys;
  GPtrArray *suppressions; /* (element-type Suppression) */
  GPtrArray *folders;      /* (element-type utf8) entered */
  GString *unfinished[LOCAL_N_STREAMS];
  GString *lines;
  gint64 count;
};

static void
suppression_free (gpointer data)
{
  Suppression *self = data;

  g_clear_pointer (&self->file, g_regex_unref);
  g_clear_pointer (&self->text, g_regex_unref);
  g_free (self);
}

LocalWarnings *
local_warnings_new (const LocalStepKeys *keys)
{
  LocalWarnings *self = g_new0 (LocalWarnings, 1);

  self->keys = keys;
  self->suppressions = g_ptr_array_new_with_free_func (suppression_free);
  self->folders = g_ptr_array_new_with_free_func (g_free);
  self->lines = g_string_new (NULL);
  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    self->unfinished[i] = g_string_new (NULL);
  return self;
}

void
local_warnings_free (LocalWarnings *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->suppressions);
  g_ptr_array_unref (self->folders);
  g_string_free (self->lines, TRUE);
  for (guint i = 0; i < LOCAL_N_STREAMS; i++)
    g_string_free (self->unfinished[i], TRUE);
  g_free (self);
}

static gboolean
read_range (Suppression *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", 2);

  return belfry_parse_integer (g_strstrip (parts[0]), 0, G_MAXINT32, &self->from, NULL) &&
         belfry_parse_integer (parts[1] != NULL ? g_strstrip (parts[1]) : parts[0], 0, G_MAXINT32,
                               &self->to, NULL);
}

static gboolean
add_suppression (LocalWarnings *self, const char *line, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (line, " : ", 3);
  guint n_parts = g_strv_length (parts);
  Suppression *item = NULL;

  if (n_parts < 2) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is no suppression: FILE-REGEX : TEXT-REGEX [: FROM-TO]", line);
    return FALSE;
  }
  item = g_new0 (Suppression, 1);
  item->from = BELFRY_NONE;
  g_ptr_array_add (self->suppressions, item);
  item->file = belfry_regex_new (g_strstrip (parts[0]), error);
  item->text = item->file != NULL ? belfry_regex_new (g_strstrip (parts[1]), error) : NULL;
  if (item->text == NULL)
    return FALSE;
  if (n_parts == 2 || read_range (item, parts[2]))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no range of lines", parts[2]);
  return FALSE;
}

gboolean
local_warnings_suppress (LocalWarnings *self, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_strstrip (lines[i]);
    if (*lines[i] != '\0' && *lines[i] != '#' && !add_suppression (self, lines[i], error))
      return FALSE;
  }
  return TRUE;
}

/* (nullable): the first group of what matches at the start */
static char *
match_group (GRegex *regex, const char *line)
{
  g_autoptr (GMatchInfo) match = NULL;

  if (regex == NULL || !belfry_regex_match_start (regex, line) ||
      !g_regex_match (regex, line, G_REGEX_MATCH_ANCHORED, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

static void
follow_folders (LocalWarnings *self, const char *line)
{
  char *entered = match_group (self->keys->directory_enter, line);

  if (entered != NULL && self->folders->len < FOLDERS_MAX)
    g_ptr_array_add (self->folders, entered);
  else if (entered != NULL)
    g_free (entered);
  else if (self->folders->len > 0 && self->keys->directory_leave != NULL &&
           belfry_regex_match_start (self->keys->directory_leave, line))
    g_ptr_array_remove_index (self->folders, self->folders->len - 1);
}

typedef struct {
  char *file; /* (nullable) */
  gint64 line;
  char *text;
} Found;

static int
group_of (char **groups, const char *name)
{
  for (int i = 0; groups != NULL && groups[i] != NULL; i++) {
    if (g_str_equal (groups[i], name))
      return i + 1;
  }
  return 0;
}

static void
read_groups (const LocalWarnings *self, GMatchInfo *match, const char *line, Found *found)
{
  char **groups = self->keys->warning_groups;
  int file = group_of (groups, "file");
  int number = group_of (groups, "line");
  int text = group_of (groups, "text");
  g_autofree char *name = file > 0 ? g_match_info_fetch (match, file) : NULL;
  g_autofree char *digits = number > 0 ? g_match_info_fetch (match, number) : NULL;

  if (name != NULL && *name != '/' && self->folders->len > 0)
    found->file =
        g_build_filename (g_ptr_array_index (self->folders, self->folders->len - 1), name, NULL);
  else
    found->file = g_steal_pointer (&name);
  if (digits == NULL || !belfry_parse_integer (digits, 0, G_MAXINT32, &found->line, NULL))
    found->line = BELFRY_NONE;
  found->text = text > 0 ? g_match_info_fetch (match, text) : g_strdup (line);
}

static gboolean
is_suppressed (const LocalWarnings *self, const Found *found)
{
  for (guint i = 0; i < self->suppressions->len; i++) {
    const Suppression *item = g_ptr_array_index (self->suppressions, i);
    gboolean in_range =
        item->from == BELFRY_NONE || (found->line >= item->from && found->line <= item->to);

    if (in_range && belfry_regex_match_start (item->file, found->file != NULL ? found->file : "") &&
        belfry_regex_match_start (item->text, found->text != NULL ? found->text : ""))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_warning (LocalWarnings *self, const char *line)
{
  GPtrArray *patterns = self->keys->warning_patterns;

  for (guint i = 0; patterns != NULL && i < patterns->len; i++) {
    GRegex *pattern = g_ptr_array_index (patterns, i);
    g_autoptr (GMatchInfo) match = NULL;
    Found found = { NULL, BELFRY_NONE, NULL };
    gboolean suppressed = FALSE;

    if (!belfry_regex_match_start (pattern, line) ||
        !g_regex_match (pattern, line, G_REGEX_MATCH_ANCHORED, &match))
      continue;
    read_groups (self, match, line, &found);
    suppressed = is_suppressed (self, &found);
    g_free (found.file);
    g_free (found.text);
    return !suppressed;
  }
  return FALSE;
}

static void
take_line (LocalWarnings *self, const char *bytes, gsize n_bytes)
{
  g_autofree char *line = g_utf8_make_valid (bytes, (gssize)n_bytes);

  g_strchomp (line);
  follow_folders (self, line);
  if (!is_warning (self, line))
    return;
  self->count++;
  if (self->lines->len + strlen (line) < KEPT_BYTES)
    g_string_append_printf (self->lines, "%s\n", line);
}

void
local_warnings_feed (LocalWarnings *self, LocalStream stream, const char *bytes, gsize n_bytes)
{
  GString *unfinished = self->unfinished[stream];

  while (n_bytes > 0) {
    const char *end = memchr (bytes, '\n', n_bytes);
    gsize part = end != NULL ? (gsize)(end - bytes) : n_bytes;

    if (end != NULL && unfinished->len == 0)
      take_line (self, bytes, MIN (part, LINE_BYTES));
    else {
      gsize room = LINE_BYTES - MIN (unfinished->len, LINE_BYTES);

      g_string_append_len (unfinished, bytes, (gssize)MIN (part, room));
      if (end != NULL) {
        take_line (self, unfinished->str, unfinished->len);
        g_string_truncate (unfinished, 0);
      }
    }
    part += end != NULL ? 1 : 0;
    bytes += part;
    n_bytes -= part;
  }
}

void
local_warnings_end (LocalWarnings *self)
{
  for (guint i = 0; i < LOCAL_N_STREAMS; i++) {
    if (self->unfinished[i]->len > 0)
      take_line (self, self->unfinished[i]->str, self->unfinished[i]->len);
    g_string_truncate (self->unfinished[i], 0);
  }
}

gint64
local_warnings_get_count (const LocalWarnings *self)
{
  return self->count;
}

const char *
local_warnings_get_lines (const LocalWarnings *self)
{
  return self->lines->str;
}
