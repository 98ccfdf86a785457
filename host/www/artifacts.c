/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Artifacts of a build: a file is sent as something to be kept, never to be shown, so that whatever
 * a build made cannot act in our name; a folder is a page of links. What may be had is what the
 * store lists for a build that the visitor may see; the path is looked up there, and only then
 * beneath the folder that the engine's section names. What was linked once and is listed no more is
 * 410.
 */
#include "www/www-private.h"

#include <string.h>

#define FILES_MAX 1000

typedef struct {
  BelfryExchange *exchange;
  gint64 builderid;
  gint64 number;
  char *path; /* decoded, without a slash at its end; empty: all */
  /* found */
  gboolean has_build;
  gboolean is_file;
  gboolean was_linked;
  gboolean was_cut;
  GPtrArray *rows; /* (element-type BelfryArtifact) at or beneath the path */
} Search;

static void
search_free (Search *self)
{
  belfry_exchange_unref (self->exchange);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_free (self->path);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Search, search_free)

/* pool thread */

static gboolean
is_beneath (const char *path, const char *folder)
{
  gsize length = strlen (folder);

  return length == 0 || (strncmp (path, folder, length) == 0 && path[length] == '/');
}

static GPtrArray *
list_of_build (BelfryReader *reader, const BelfryRecordType *type, gint64 buildid, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean was_cut = FALSE;

  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = buildid };
  query.limit = 10000;
  return belfry_reader_list (reader, type, &query, &was_cut, error);
}

static BelfryBuild *
find_build (Search *self, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;
  gboolean was_cut = FALSE;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = self->builderid };
  query.filters[1] = (BelfryFilter){ .field = "number", .number = self->number };
  query.limit = 1;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, &was_cut, error);
  self->has_build = builds != NULL && builds->len > 0;
  return self->has_build ? belfry_record_ref (builds->pdata[0]) : NULL;
}

/* Whether a step of the build led here. */
static gboolean
look_for_links (Search *self, BelfryReader *reader, gint64 buildid, GError **error)
{
  g_autoptr (GPtrArray) steps = list_of_build (reader, belfry_step_get_type (), buildid, error);
  g_autofree char *escaped = g_uri_escape_string (self->path, "/", FALSE);
  g_autofree char *end = g_strdup_printf ("/artifacts/%s", escaped);

  for (guint i = 0; steps != NULL && i < steps->len; i++) {
    const BelfryStep *step = steps->pdata[i];
    g_autofree char *urls = step->urls != NULL ? belfry_json_to_text (step->urls) : NULL;

    self->was_linked = self->was_linked || (urls != NULL && strstr (urls, end) != NULL);
  }
  return steps != NULL;
}

static gboolean
search (BelfryReader *reader, gpointer data, GError **error)
{
  Search *self = data;
  g_autoptr (GError) reason = NULL;
  g_autoptr (BelfryBuild) build = find_build (self, reader, &reason);
  g_autoptr (GPtrArray) rows = NULL;

  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (build == NULL)
    return TRUE;
  rows = list_of_build (reader, belfry_artifact_get_type (), build->buildid, error);
  for (guint i = 0; rows != NULL && i < rows->len; i++) {
    BelfryArtifact *row = rows->pdata[i];

    self->is_file = self->is_file || g_str_equal (row->path, self->path);
    self->was_cut = self->was_cut || self->rows->len >= FILES_MAX;
    if (is_beneath (row->path, self->path) && self->rows->len < FILES_MAX)
      g_ptr_array_add (self->rows, belfry_record_ref (row));
  }
  return rows != NULL && (self->is_file || self->rows->len > 0 ||
                          look_for_links (self, reader, build->buildid, error));
}

/* main loop */

/* The key of an engine's section; like every engine's, its default is in the state directory. */
static char *
dup_root (BelfrySite *site)
{
  GPtrArray *sections = site->config->sections;
  const char *state = site->config->host.state_directory;

  for (guint i = 0; sections != NULL && i < sections->len; i++) {
    const BelfrySection *section = sections->pdata[i];
    const BelfryEntry *entry =
        g_str_equal (section->kind, "engine") ? belfry_section_find (section, "artifacts") : NULL;

    if (entry != NULL)
      return g_canonicalize_filename (entry->value, site->config->directory);
  }
  return g_build_filename (state != NULL ? state : ".", "artifacts", NULL);
}

static void
send_file (Search *self)
{
  BelfryExchange *exchange = self->exchange;
  g_autofree char *root = dup_root (exchange->site);
  g_autofree char *name = g_path_get_basename (self->path);
  g_autofree char *encoded = belfry_text_percent_encode (name);
  g_autofree char *disposition = g_strdup_printf ("attachment; filename*=UTF-8''%s", encoded);

  belfry_exchange_set_header (exchange, "Content-Disposition", disposition);
  belfry_exchange_set_header (exchange, "Content-Security-Policy",
                              "sandbox; default-src 'none'; frame-ancestors 'none'");
  belfry_static_send_plain (exchange, root, self->path);
}

static void
send_list (Search *self)
{
  BelfryExchange *exchange = self->exchange;
  const char *builder = belfry_request_get_parameter (exchange->request, "builder");
  g_autofree char *encoded = belfry_text_percent_encode (builder);
  JsonObject *data = json_object_new ();
  JsonArray *files = json_array_new ();

  for (guint i = 0; i < self->rows->len; i++) {
    const BelfryArtifact *row = self->rows->pdata[i];
    JsonObject *file = json_object_new ();
    g_autofree char *escaped = g_uri_escape_string (row->path, "/", FALSE);
    g_autofree char *size =
        g_format_size_full ((guint64)MAX (row->bytes, 0), G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *href = g_strdup_printf ("builders/%s/builds/%" G_GINT64_FORMAT "/artifacts/%s",
                                             encoded, self->number, escaped);

    json_object_set_string_member (file, "name", row->path);
    json_object_set_string_member (file, "href", href);
    json_object_set_string_member (file, "size", size);
    json_array_add_object_element (files, file);
  }
  json_object_set_array_member (data, "files", files);
  json_object_set_boolean_member (data, "cut", self->was_cut);
  json_object_set_string_member (data, "builder", builder);
  json_object_set_string_member (data, "builder_path", encoded);
  json_object_set_int_member (data, "number", self->number);
  json_object_set_string_member (data, "path", self->path);
  belfry_pages_draw_template (exchange, 200, "artifacts.html", data);
}

static void
on_searched (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Search) self = data;
  BelfryExchange *exchange = self->exchange;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (exchange->www == NULL)
    return;
  if (!belfry_store_read_finish (exchange->www->store, result, &error)) {
    if (belfry_exchange_is_live (exchange))
      belfry_exchange_fail_with (exchange, error);
    return;
  }
  if (!belfry_exchange_is_live (exchange))
    return;
  if (self->is_file)
    send_file (self);
  else if (self->rows->len > 0)
    send_list (self);
  else if (self->was_linked)
    belfry_exchange_fail (exchange, 410, "these artifacts are no longer kept");
  else
    belfry_exchange_fail (exchange, 404, "there is no such artifact");
}

void
belfry_artifacts_serve (BelfryExchange *exchange, const BelfryMatch *match)
{
  BelfryWww *www = exchange->www;
  BelfryAuthz *authz = exchange->site->authz;
  const char *number = belfry_request_get_parameter (exchange->request, "number");
  const char *path = belfry_request_get_parameter (exchange->request, "path");
  BelfryReaderView view = { .interactive = TRUE };
  Search *self = NULL;
  gint64 builderid =
      belfry_fleet_find (www->fleet, belfry_request_get_parameter (exchange->request, "builder"));
  gint64 value = 0;

  (void)match;
  if (!belfry_authz_may_allow (authz, belfry_actions)) {
    belfry_exchange_fail (exchange, 403, "you may not see the pages");
    return;
  }
  if (builderid == BELFRY_NONE || !belfry_fleet_is_visible (www->fleet, authz, builderid) ||
      !belfry_parse_integer (number, 0, G_MAXINT64, &value, NULL)) {
    belfry_exchange_fail (exchange, 404, "there is no such build");
    return;
  }
  self = g_new0 (Search, 1);
  self->exchange = belfry_exchange_ref (exchange);
  self->builderid = builderid;
  self->number = value;
  self->path = g_strdup (path != NULL ? path : "");
  if (g_str_has_suffix (self->path, "/"))
    self->path[strlen (self->path) - 1] = '\0';
  self->rows = g_ptr_array_new_with_free_func (belfry_record_unref);
  belfry_store_read_async (www->store, &view, search, self,
                           belfry_exchange_get_cancellable (exchange), on_searched, self);
}
