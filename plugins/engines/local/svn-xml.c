/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two of svn's XML documents: `status` (target/entry/wc-status) and `propget svn:externals`
 * (target/property). A definition of an external is, in both of its grammars, a line of words, one
 * of which is an address: absolute, or relative to the folder (../), to the repository's root (^/),
 * to the scheme (//) or to the server (/).
 */
#include "svn-xml.h"
#include <string.h>

typedef struct {
  GPtrArray *found; /* (element-type utf8) */
  const char *root;
  char *path;    /* (nullable) of the target or entry */
  GString *text; /* (nullable) of a property */
  gboolean ignored;
} Reading;

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          gpointer data,
          GError **error)
{
  Reading *self = data;

  (void)context;
  (void)error;
  for (guint i = 0; names[i] != NULL; i++) {
    if (g_str_equal (names[i], "path") && !g_str_equal (element, "property")) {
      g_free (self->path);
      self->path = g_strdup (values[i]);
    }
    if (self->path != NULL && g_str_equal (element, "wc-status") &&
        g_str_equal (names[i], "item") &&
        (g_str_equal (values[i], "unversioned") ||
         (self->ignored && g_str_equal (values[i], "ignored"))))
      g_ptr_array_add (self->found, g_strdup (self->path));
  }
  if (g_str_equal (element, "property"))
    self->text = g_string_new (NULL);
}

static void
on_text (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reading *self = data;

  (void)context;
  (void)error;
  if (self->text != NULL)
    g_string_append_len (self->text, text, (gssize)length);
}

/* scheme://host */
static char *
dup_server (const char *url)
{
  const char *host = strstr (url, "://");
  const char *end = host != NULL ? strchr (host + 3, '/') : NULL;

  return end != NULL ? g_strndup (url, (gsize)(end - url)) : g_strdup (url);
}

static char *
dup_parent (const char *base, const char *relative)
{
  g_autofree char *folder = g_strdup (base);

  while (g_str_has_prefix (relative, "../")) {
    char *slash = strrchr (folder, '/');

    if (slash != NULL)
      *slash = '\0';
    relative += 3;
  }
  return g_strdup_printf ("%s/%s", folder, relative);
}

/* (nullable): the word is no address */
static char *
dup_address (const Reading *self, const char *word)
{
  const char *base = self->path != NULL ? self->path : "";
  g_autofree char *server = dup_server (self->root);

  if (strstr (word, "://") != NULL)
    return g_strdup (word);
  if (g_str_has_prefix (word, "^/"))
    return g_strdup_printf ("%s/%s", self->root, word + 2);
  if (g_str_has_prefix (word, "//"))
    return g_strdup_printf ("%.*s%s", (int)(strchr (self->root, ':') + 1 - self->root), self->root,
                            word);
  if (*word == '/')
    return g_strconcat (server, word, NULL);
  return g_str_has_prefix (word, "../") ? dup_parent (base, word) : NULL;
}

static void
add_definition (Reading *self, const char *line)
{
  g_auto (GStrv) words = belfry_split_words (line, NULL);

  for (guint i = 0; words != NULL && words[i] != NULL; i++) {
    char *address = dup_address (self, words[i]);

    if (address != NULL)
      g_ptr_array_add (self->found, address);
  }
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  Reading *self = data;
  g_auto (GStrv) lines = NULL;

  (void)context;
  (void)error;
  if (!g_str_equal (element, "property") || self->text == NULL)
    return;
  lines = g_strsplit (self->text->str, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_strstrip (lines[i]);
    if (*lines[i] != '#' && *lines[i] != '\0')
      add_definition (self, lines[i]);
  }
  g_string_free (g_steal_pointer (&self->text), TRUE);
}

static GPtrArray *
read_document (Reading *self, const char *xml, GError **error)
{
  const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, G_MARKUP_DEFAULT_FLAGS, self, NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  gboolean read = FALSE;

  self->found = found;
  read = g_markup_parse_context_parse (context, xml, -1, error) &&
         g_markup_parse_context_end_parse (context, error);
  g_free (self->path);
  if (self->text != NULL)
    g_string_free (self->text, TRUE);
  return read ? g_steal_pointer (&found) : NULL;
}

GPtrArray *
local_svn_list_unversioned (const char *xml, gboolean ignored, GError **error)
{
  Reading reading = { .ignored = ignored };

  return read_document (&reading, xml, error);
}

GPtrArray *
local_svn_list_externals (const char *xml, const char *root, GError **error)
{
  Reading reading = { .root = root };

  if (strstr (root, "://") != NULL)
    return read_document (&reading, xml, error);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                       "the repository has no address");
  return NULL;
}
