/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages. On the main loop: who asks, what may be seen, whether the browser has it already. On a
 * pool thread, with a snapshot of the store: the view draws, the template is rendered, the text is
 * compressed. Back on the main loop it is sent. The ETag is made before anything is drawn, from
 * what the page could show at most; so an event between the two costs a page too many, never an old
 * one.
 */
#include "www/frame.h"

#include "hooks/raw.h"

#include <string.h>

#define COMPRESS_FROM ((gsize)1024)
#define FINAL_CACHE   "max-age=604800"

typedef BelfryResponse *(*Draw) (gconstpointer self,
                                 BelfryRequest *request,
                                 BelfryReader *reader,
                                 GError **error);

typedef struct {
  BelfryExchange *exchange;
  BelfryFrame *frame;
  BelfryHosted *view; /* (nullable) */
  Draw draw;          /* (nullable): the response is there already */
  gconstpointer state;
  GHashTable *visible; /* (nullable) */
  char *etag;          /* (nullable) */
  gboolean may_compress;
  /* of the drawing thread, then the main loop's */
  BelfryResponse *response;
  GBytes *body;
  char *content_type;
  gboolean is_compressed;
} Page;

static void
page_free (Page *self)
{
  belfry_exchange_unref (self->exchange);
  g_clear_pointer (&self->frame, belfry_frame_unref);
  g_clear_pointer (&self->view, belfry_hosted_unref);
  g_clear_pointer (&self->visible, g_hash_table_unref);
  g_clear_pointer (&self->response, belfry_response_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->content_type);
  g_free (self->etag);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Page, page_free)

static const struct {
  const char *suffix;
  const char *type;
} template_types[] = {
  { ".html", "text/html; charset=utf-8" },
  { "rss20.xml", "application/rss+xml; charset=utf-8" },
  { "atom10.xml", "application/atom+xml; charset=utf-8" },
  { ".xml", "application/xml; charset=utf-8" },
  { ".txt", "text/plain; charset=utf-8" },
};

static const char *
get_template_type (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (template_types); i++) {
    if (g_str_has_suffix (name, template_types[i].suffix))
      return template_types[i].type;
  }
  return "text/plain; charset=utf-8";
}

/* pool thread */

/* A page that has no template, or whose template is missing: at least the words. */
static char *
dup_plain_page (BelfryResponse *response)
{
  JsonObject *data = belfry_response_get_data (response);
  const char *what = belfry_json_get_text (data, "what");
  g_autofree char *escaped = belfry_text_escape_html (what != NULL ? what : "");
  guint status = belfry_response_get_status (response);
  const char *phrase = soup_status_get_phrase (status);

  return g_strdup_printf ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<title>%u %s</title></head><body><h1>%s</h1><p>%s</p></body></html>\n",
                          status, phrase, phrase, escaped);
}

static gboolean
render_template (Page *page, GError **error)
{
  const char *name = belfry_response_get_template_name (page->response);
  const char *own_type = belfry_response_get_content_type (page->response);
  gboolean is_error = g_str_equal (name, "error.html");
  g_autoptr (GError) reason = NULL;
  char *text = belfry_frame_render (page->frame, page->response, &reason);

  if (text == NULL && is_error) {
    if (!g_error_matches (reason, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND))
      g_warning ("error page: %s, using a plain one", reason->message);
    text = dup_plain_page (page->response);
  }
  if (text == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "drawing %s: %s", name,
                 reason->message);
    return FALSE;
  }
  page->body = g_bytes_new_take (text, strlen (text));
  page->content_type = g_strdup (own_type != NULL ? own_type : get_template_type (name));
  return TRUE;
}

static gboolean
finish_body (Page *page, GError **error)
{
  switch (belfry_response_get_kind (page->response)) {
  case BELFRY_RESPONSE_LOG:
    return TRUE;
  case BELFRY_RESPONSE_BYTES:
    page->body = g_bytes_ref (belfry_response_get_body (page->response));
    page->content_type = g_strdup (belfry_response_get_content_type (page->response));
    break;
  case BELFRY_RESPONSE_TEMPLATE:
    if (!render_template (page, error))
      return FALSE;
    break;
  }
  page->may_compress = page->may_compress && g_bytes_get_size (page->body) > COMPRESS_FROM;
  if (page->may_compress && belfry_headers_is_text_type (page->content_type)) {
    GBytes *compressed = belfry_compress (page->body);

    g_bytes_unref (page->body);
    page->body = compressed;
    page->is_compressed = TRUE;
  }
  return TRUE;
}

static gboolean
draw_page (BelfryReader *reader, gpointer data, GError **error)
{
  Page *page = data;

  if (page->draw != NULL)
    page->response = page->draw (page->state, page->frame->request, reader, error);
  if (page->response == NULL) {
    if (error != NULL && *error == NULL)
      g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                           "a view drew nothing and said nothing");
    return FALSE;
  }
  return finish_body (page, error);
}

/* main loop again */

static void
send_page (Page *page)
{
  BelfryExchange *exchange = page->exchange;
  GPtrArray *headers = belfry_response_list_headers (page->response);
  guint status = belfry_response_get_status (page->response);
  gboolean is_fresh = page->etag != NULL && status == 200 && page->frame->message == NULL;
  gboolean is_kept = belfry_response_is_final (page->response) &&
                     belfry_response_get_kind (page->response) == BELFRY_RESPONSE_BYTES;

  belfry_exchange_set_header (exchange, "Cache-Control",
                              is_kept    ? FINAL_CACHE
                              : is_fresh ? "no-cache"
                                         : "no-store");
  belfry_exchange_set_header (exchange, "Vary", "Cookie, Accept-Encoding, Accept-Language");
  if (is_fresh)
    belfry_exchange_set_header (exchange, "ETag", page->etag);
  for (guint i = 0; i + 1 < headers->len; i += 2)
    belfry_exchange_set_header (exchange, headers->pdata[i], headers->pdata[i + 1]);
  if (page->is_compressed)
    belfry_exchange_set_header (exchange, "Content-Encoding", "gzip");
  belfry_headers_allow_origin (exchange);
  belfry_exchange_send (exchange, status, page->content_type, page->body);
}

/* Nobody was free to draw it, or it cannot be drawn. */
static void
send_words (Page *page)
{
  JsonObject *data = belfry_response_get_data (page->response);
  const char *what = belfry_json_get_text (data, "what");
  g_autofree char *line =
      g_strconcat (what != NULL ? what : "this cannot be shown now", "\n", NULL);

  belfry_exchange_send_text (page->exchange, belfry_response_get_status (page->response), line);
}

static void
on_drawn (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Page) page = data;
  BelfryExchange *exchange = page->exchange;
  g_autoptr (GError) error = NULL;
  gboolean is_drawn = FALSE;

  (void)source;
  if (exchange->www == NULL)
    return;
  is_drawn = belfry_store_read_finish (exchange->www->store, result, &error);
  if (!belfry_exchange_is_live (exchange))
    return;
  if (!is_drawn) {
    if (page->draw == NULL)
      send_words (page);
    else
      belfry_exchange_fail_with (exchange, error);
    return;
  }
  if (belfry_response_get_kind (page->response) == BELFRY_RESPONSE_LOG)
    belfry_logs_stream (exchange, page->response);
  else
    send_page (page);
}

static JsonObject *
make_host_info (BelfryExchange *exchange, const BelfryViewKeys *keys)
{
  BelfryWww *www = exchange->www;
  BelfrySite *site = exchange->site;
  JsonObject *info = www->ops.host_info != NULL ? www->ops.host_info (www->ops.data) : NULL;
  gint64 offset_us = belfry_frame_get_utc_offset_us (site, belfry_clock_now_us ());
  gint64 numbuilds = keys != NULL && keys->numbuilds > 0 ? keys->numbuilds : site->keys->numbuilds;

  if (info == NULL)
    info = json_object_new ();
  json_object_set_string_member (info, "title", site->title != NULL ? site->title : "");
  json_object_set_string_member (info, "title_url", site->title_url != NULL ? site->title_url : "");
  json_object_set_string_member (info, "url", site->url != NULL ? site->url : "");
  json_object_set_string_member (info, "version", BELFRY_VERSION);
  json_object_set_int_member (info, "utc_offset", offset_us / G_USEC_PER_SEC);
  json_object_set_int_member (info, "numbuilds", numbuilds);
  return info;
}

/* What the reader may show, and what it may tell. */
static void
read_page (Page *page, const BelfryViewKeys *keys)
{
  BelfryExchange *exchange = page->exchange;
  g_autoptr (JsonObject) info = make_host_info (exchange, keys);
  BelfryReaderView view = { .interactive = TRUE };

  view.visible_builders = page->visible;
  view.host_info = info;
  view.may = belfry_frame_may;
  view.list_forms = belfry_frame_list_forms;
  view.dup_link = belfry_frame_dup_link;
  view.link_text = belfry_frame_link_text;
  view.read_request = belfry_raw_read;
  view.data = page->frame;
  belfry_store_read_async (exchange->www->store, &view, draw_page, page,
                           belfry_exchange_get_cancellable (exchange), on_drawn, page);
}

/*
 * All that the page may depend on besides its address. A session's token is part of a page, so
 * whose cookie is new gets a new page.
 */
static char *
make_etag (BelfryExchange *exchange, const BelfryMatch *match)
{
  BelfryWww *www = exchange->www;
  BelfrySite *site = exchange->site;
  const char *builder = belfry_request_get_parameter (exchange->request, "builder");
  gint64 builderid = belfry_fleet_find (www->fleet, builder);
  gboolean has_ages = (match->route->flags & BELFRY_ROUTE_AGES) != 0;
  g_autofree char *session = belfry_csrf_dup_session (exchange, FALSE);
  g_autofree char *theme = belfry_frame_dup_theme (exchange);
  g_autofree char *text = g_strdup_printf (
      "%" G_GINT64_FORMAT " %u %u %s %s %s %s %" G_GINT64_FORMAT,
      belfry_store_last_event_id (www->store, builderid), site->generation,
      belfry_templates_get_generation (site->templates), session != NULL ? session : "", theme,
      belfry_frame_get_language (exchange), BELFRY_VERSION,
      has_ages ? belfry_clock_now_us () / (60 * G_USEC_PER_SEC) : 0);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  digest[20] = '\0';
  return g_strdup_printf ("W/\"%s\"", digest);
}

static Page *
page_new (BelfryExchange *exchange)
{
  Page *page = g_new0 (Page, 1);

  page->exchange = belfry_exchange_ref (exchange);
  page->frame = belfry_frame_new (exchange);
  page->may_compress =
      belfry_headers_accept_gzip (belfry_exchange_get_header (exchange, "Accept-Encoding"));
  return page;
}

static gboolean
is_known_already (BelfryExchange *exchange, const char *etag)
{
  const char *known = belfry_exchange_get_header (exchange, "If-None-Match");

  return etag != NULL && known != NULL && belfry_headers_match_etag (known, etag);
}

/* A visitor without the right sees the first page only, and of it what everybody may. */
static gboolean
may_view (BelfryExchange *exchange, const BelfryMatch *match)
{
  const BelfryAction *view = belfry_actions;

  return belfry_authz_may_allow (exchange->site->authz, view) ||
         g_str_equal (match->route->pattern, "/");
}

static gboolean
leads_elsewhere (BelfryExchange *exchange)
{
  const char *page = exchange->site->keys->default_page;
  const char *query = belfry_request_get_query (exchange->request);

  if (page == NULL || !g_str_equal (belfry_request_get_path (exchange->request), "/") ||
      (query != NULL && strstr (query, "home") != NULL))
    return FALSE;
  belfry_exchange_redirect (exchange, page);
  return TRUE;
}

void
belfry_pages_draw (BelfryExchange *exchange, const BelfryMatch *match)
{
  const BelfryViewKeys *keys = belfry_site_get_view_keys (match->view);
  g_autofree char *etag = NULL;
  gboolean has_message = FALSE;
  g_autofree char *message = belfry_exchange_dup_cookie (exchange, "belfry_message");
  Page *page = NULL;

  has_message = message != NULL;
  if (!may_view (exchange, match)) {
    belfry_exchange_fail (exchange, belfry_exchange_wants_json (exchange) ? 401 : 403,
                          "you may not see the pages");
    return;
  }
  if (leads_elsewhere (exchange))
    return;
  belfry_templates_look (exchange->site->templates);
  if ((match->route->flags & BELFRY_ROUTE_UNCACHED) == 0 && !has_message)
    etag = make_etag (exchange, match);
  if (is_known_already (exchange, etag)) {
    belfry_exchange_set_header (exchange, "Cache-Control", "no-cache");
    belfry_exchange_set_header (exchange, "Vary", "Cookie, Accept-Encoding, Accept-Language");
    belfry_exchange_send_not_modified (exchange, etag);
    return;
  }
  page = page_new (exchange);
  page->view = belfry_hosted_ref (match->view);
  page->draw = match->route->draw;
  page->state = belfry_hosted_get_state (match->view);
  page->visible = belfry_fleet_dup_visible (exchange->www->fleet, exchange->site->authz, keys);
  page->etag = g_steal_pointer (&etag);
  read_page (page, keys);
}

void
belfry_pages_draw_template (BelfryExchange *exchange,
                            guint status,
                            const char *name,
                            JsonObject *data)
{
  Page *page = page_new (exchange);

  page->response = belfry_response_new_template (status, name, data);
  read_page (page, NULL);
}

void
belfry_pages_draw_error (BelfryExchange *exchange,
                         guint status,
                         const char *what,
                         const char *reference)
{
  JsonObject *data = json_object_new ();
  gboolean is_folder = g_str_has_suffix (belfry_request_get_path (exchange->request), "/");

  json_object_set_int_member (data, "status", status);
  json_object_set_string_member (data, "what", what);
  json_object_set_string_member (data, "phrase", soup_status_get_phrase (status));
  json_object_set_string_member (data, "up", is_folder ? "../" : "./");
  if (reference != NULL)
    json_object_set_string_member (data, "reference", reference);
  belfry_pages_draw_template (exchange, status, "error.html", data);
}
