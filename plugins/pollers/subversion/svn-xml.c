/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both are shallow and flat, so one parser does: it knows where it is by the innermost element, and
 * keeps the text of the few that hold any. GMarkup knows no DTD and no entities but the five.
 */
#include "svn-xml.h"

#include "vcs.h"

#include <string.h>

#define MAX_DEPTH 8

typedef struct {
  SvnInfo *info;      /* (nullable) where info is read */
  GPtrArray *entries; /* (nullable) where a log is read */
  SvnEntry *entry;    /* borrowed from entries */
  SvnPath *path;      /* borrowed from entry */
  GString *text;
  guint depth;
} Reading;

static void
path_free (gpointer data)
{
  SvnPath *path = data;

  g_free (path->path);
  g_free (path);
}

static void
entry_free (gpointer data)
{
  SvnEntry *entry = data;

  g_free (entry->author);
  g_free (entry->message);
  g_ptr_array_unref (entry->paths);
  g_free (entry);
}

void
svn_info_free (SvnInfo *self)
{
  if (self == NULL)
    return;
  g_free (self->url);
  g_free (self->root);
  g_free (self);
}

static const char *
find_attribute (const char **names, const char **values, const char *wanted)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], wanted) == 0)
      return values[i];
  return NULL;
}

static gint64
read_revision (const char **names, const char **values)
{
  const char *text = find_attribute (names, values, "revision");
  gint64 revision = -1;

  if (text != NULL)
    belfry_parse_integer (text, 0, G_MAXINT32, &revision, NULL);
  return revision;
}

static void
begin_entry (Reading *reading, const char **names, const char **values)
{
  reading->entry = g_new0 (SvnEntry, 1);
  reading->entry->revision = read_revision (names, values);
  reading->entry->time_us = BELFRY_NONE;
  reading->entry->paths = g_ptr_array_new_with_free_func (path_free);
  g_ptr_array_add (reading->entries, reading->entry);
}

static void
begin_path (Reading *reading, const char **names, const char **values)
{
  const char *action = find_attribute (names, values, "action");

  reading->path = g_new0 (SvnPath, 1);
  reading->path->action = action != NULL ? action[0] : 'M';
  g_ptr_array_add (reading->entry->paths, reading->path);
}

static void
on_start (GMarkupParseContext *context,
          const char *name,
          const char **names,
          const char **values,
          gpointer user_data,
          GError **error)
{
  Reading *reading = user_data;

  if (++reading->depth > MAX_DEPTH) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "nested too deeply");
    return;
  }
  g_string_truncate (reading->text, 0);
  if (reading->entries != NULL && strcmp (name, "logentry") == 0)
    begin_entry (reading, names, values);
  else if (reading->entry != NULL && strcmp (name, "path") == 0)
    begin_path (reading, names, values);
  else if (reading->info != NULL && strcmp (name, "entry") == 0)
    reading->info->head = read_revision (names, values);
  else if (reading->info != NULL && strcmp (name, "commit") == 0)
    reading->info->last = read_revision (names, values);
}

static void
end_of_log (Reading *reading, const char *name)
{
  SvnEntry *entry = reading->entry;

  if (entry == NULL)
    return;
  if (strcmp (name, "author") == 0)
    belfry_record_set_text (&entry->author, reading->text->str);
  else if (strcmp (name, "msg") == 0)
    belfry_record_set_text (&entry->message, reading->text->str);
  else if (strcmp (name, "date") == 0)
    belfry_time_parse (reading->text->str, &entry->time_us, NULL);
  else if (strcmp (name, "path") == 0 && reading->path != NULL)
    belfry_record_set_text (&reading->path->path, reading->text->str);
  else if (strcmp (name, "logentry") == 0)
    reading->entry = NULL;
  if (strcmp (name, "path") == 0)
    reading->path = NULL;
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  reading->depth--;
  if (reading->entries != NULL)
    end_of_log (reading, name);
  else if (strcmp (name, "url") == 0)
    belfry_record_set_text (&reading->info->url, reading->text->str);
  else if (strcmp (name, "root") == 0)
    belfry_record_set_text (&reading->info->root, reading->text->str);
  g_string_truncate (reading->text, 0);
}

static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Reading *reading = user_data;

  g_string_append_len (reading->text, text, (gssize)length);
}

static gboolean
parse (Reading *reading, GBytes *output, GError **error)
{
  const GMarkupParser parser = { .start_element = on_start,
                                 .end_element = on_end,
                                 .text = on_text };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, reading, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *data = vcs_dup_output (output);
  gboolean good = FALSE;

  reading->text = text;
  good = g_markup_parse_context_parse (context, data, -1, error) &&
         g_markup_parse_context_end_parse (context, error);
  if (!good)
    g_prefix_error (error, "reading what svn printed: ");
  return good;
}

SvnInfo *
svn_info_read (GBytes *output, GError **error)
{
  g_autoptr (SvnInfo) info = g_new0 (SvnInfo, 1);
  Reading reading = { .info = info };

  info->head = info->last = -1;
  if (!parse (&reading, output, error))
    return NULL;
  if (info->head >= 0 && info->last >= 0 && info->url != NULL && info->root != NULL)
    return g_steal_pointer (&info);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                       "svn tells neither root nor revision of the repository");
  return NULL;
}

char *
svn_info_dup_prefix (const SvnInfo *self, GError **error)
{
  gsize length = strlen (self->root);

  if (g_str_has_prefix (self->url, self->root) &&
      (self->url[length] == '\0' || self->url[length] == '/'))
    return belfry_text_percent_decode (self->url + length, -1, FALSE, error);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' lies outside of its root '%s'",
               self->url, self->root);
  return NULL;
}

static gboolean
is_usable (const SvnEntry *entry)
{
  if (entry->revision < 0)
    return FALSE;
  for (guint i = 0; i < entry->paths->len; i++)
    if (((SvnPath *)g_ptr_array_index (entry->paths, i))->path == NULL)
      return FALSE;
  return TRUE;
}

GPtrArray *
svn_log_read (GBytes *output, GError **error)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (entry_free);
  Reading reading = { .entries = entries };

  if (!parse (&reading, output, error))
    return NULL;
  for (guint i = 0; i < entries->len; i++)
    if (!is_usable (g_ptr_array_index (entries, i))) {
      g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                           "svn printed a log that cannot be read");
      return NULL;
    }
  return g_steal_pointer (&entries);
}
