/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message formatters. Where a file's text comes from: the reporter's own template folder, else the
 * installed one. What a file includes or extends is looked for in its own folder first and then in
 * the installed one, never by a path.
 *
 * A formatter is made once, when the configuration is read; it never changes, so any pool thread
 * may use it.
 */
#include "formatter.h"

#include "places/places.h"

#define MAX_TEMPLATE_BYTES (1024 * 1024)

struct _BelfryFormatter {
  gatomicrefcount refs;
  char *directory; /* (nullable): only the installed one */
  BelfryTemplate *body;
  BelfryTemplate *subject; /* (nullable) */
  char *ctx; /* as text: JSON objects are counted without atomics, and pool threads share this */
  gboolean is_html;
};

static char *
build_installed_path (const char *name)
{
  return g_build_filename (belfry_places_get_data (), "templates", "reports", name, NULL);
}

static char *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  gsize bytes = 0;

  if (!g_file_get_contents (path, &text, &bytes, &local)) {
    gboolean absent = g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT);

    g_set_error (error, BELFRY_ERROR, absent ? BELFRY_ERROR_NOT_FOUND : BELFRY_ERROR_CONFIG,
                 "reading template '%s': %s", path,
                 absent ? "there is no such file" : local->message);
    return NULL;
  }
  if (bytes > MAX_TEMPLATE_BYTES || !g_utf8_validate (text, (gssize)bytes, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "reading template '%s': %s", path,
                 bytes > MAX_TEMPLATE_BYTES ? "it is longer than 1 MiB" : "it is not UTF-8");
    return NULL;
  }
  return g_steal_pointer (&text);
}

/* a BelfryTemplateLoader over the folder of a formatter */
static char *
load_template (const char *name, gpointer data, GError **error)
{
  const BelfryFormatter *self = data;
  g_autoptr (GError) local = NULL;
  g_autofree char *own = NULL;
  g_autofree char *installed = NULL;
  char *text = NULL;

  if (strchr (name, '/') != NULL || name[0] == '.') {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND,
                 "template '%s': a name of a file in the template folder is wanted", name);
    return NULL;
  }
  if (self->directory != NULL) {
    own = g_build_filename (self->directory, name, NULL);
    text = read_file (own, &local);
    if (text != NULL)
      return text;
    if (!g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  }
  installed = build_installed_path (name);
  text = read_file (installed, own == NULL ? error : NULL);
  if (text == NULL && own != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return text;
}

static BelfryTemplate *
parse (BelfryFormatter *self, const char *name, const char *text, gboolean escape, GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;

  settings.flags = escape ? BELFRY_TEMPLATE_ESCAPE_HTML : BELFRY_TEMPLATE_NONE;
  settings.loader = load_template;
  settings.loader_data = self;
  return belfry_template_new (name, text, &settings, error);
}

static BelfryTemplate *
parse_file (BelfryFormatter *self, const char *name, gboolean escape, GError **error)
{
  g_autofree char *text = load_template (name, self, error);

  return text != NULL ? parse (self, name, text, escape, error) : NULL;
}

static char *
dup_ctx (const BelfryMap *ctx)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  for (guint i = 0; ctx != NULL && i < belfry_map_get_count (ctx); i++)
    json_object_set_member (object, belfry_map_get_name (ctx, i),
                            json_node_copy ((JsonNode *)belfry_map_get_value (ctx, i)));
  return json_object_get_size (object) > 0 ? belfry_json_to_text (node) : NULL;
}

static gboolean
parse_body (BelfryFormatter *self,
            const BelfryFormatterKeys *keys,
            const char *default_filename,
            const char **key,
            GError **error)
{
  const char *filename = keys->filename != NULL ? keys->filename : default_filename;

  *key = keys->template_text != NULL ? "template" : "template-filename";
  if (keys->template_text != NULL)
    self->body = parse (self, "template", keys->template_text, self->is_html, error);
  else
    self->body = parse_file (self, filename, self->is_html, error);
  return self->body != NULL;
}

static gboolean
parse_subject (BelfryFormatter *self,
               const BelfryFormatterKeys *keys,
               const char **key,
               GError **error)
{
  *key = keys->subject != NULL ? "subject-template" : "subject-filename";
  if (keys->subject != NULL)
    self->subject = parse (self, "subject-template", keys->subject, FALSE, error);
  else if (keys->subject_filename != NULL)
    self->subject = parse_file (self, keys->subject_filename, FALSE, error);
  else
    return TRUE;
  return self->subject != NULL;
}

BelfryFormatter *
belfry_formatter_new (const BelfryFormatterKeys *keys,
                      const char *default_filename,
                      gboolean is_html,
                      const char **key,
                      GError **error)
{
  g_autoptr (BelfryFormatter) self = g_new0 (BelfryFormatter, 1);

  g_atomic_ref_count_init (&self->refs);
  self->directory = g_strdup (keys->directory);
  self->is_html = keys->type != BELFRY_BODY_DEFAULT ? keys->type == BELFRY_BODY_HTML : is_html;
  self->ctx = dup_ctx (keys->ctx);
  if (!parse_body (self, keys, default_filename, key, error) ||
      !parse_subject (self, keys, key, error))
    return NULL;
  return g_steal_pointer (&self);
}

BelfryFormatter *
belfry_formatter_ref (BelfryFormatter *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_formatter_unref (BelfryFormatter *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->body, belfry_template_unref);
  g_clear_pointer (&self->subject, belfry_template_unref);
  g_free (self->ctx);
  g_free (self->directory);
  g_free (self);
}

gboolean
belfry_formatter_is_html (BelfryFormatter *self)
{
  return self->is_html;
}

JsonObject *
belfry_formatter_dup_ctx (BelfryFormatter *self)
{
  g_autoptr (JsonNode) node =
      self->ctx != NULL ? belfry_json_parse (self->ctx, -1, NULL, NULL) : NULL;

  return node != NULL ? json_node_dup_object (node) : json_object_new ();
}

gboolean
belfry_formatter_render (BelfryFormatter *self,
                         JsonObject *variables,
                         const char *language,
                         gint64 utc_offset_us,
                         char **body,
                         char **subject,
                         GError **error)
{
  g_autofree char *text = NULL;

  *subject = NULL;
  *body = NULL;
  if (self->subject != NULL) {
    text = belfry_template_render (self->subject, variables, language, utc_offset_us, error);
    if (text == NULL)
      return FALSE;
  }
  *body = belfry_template_render (self->body, variables, language, utc_offset_us, error);
  if (*body == NULL)
    return FALSE;
  *subject = g_steal_pointer (&text);
  return TRUE;
}
