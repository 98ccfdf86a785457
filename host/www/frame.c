/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame of a page: site, request, rights, message, token. The visitor's choices come from
 * cookies and headers and are taken only from the values that we know.
 */
#include "www/frame.h"

#include <string.h>

#include "languages/languages.h"

static const char *const theme_names[] = { "auto", "light", "dark", NULL };

char *
belfry_frame_dup_theme (BelfryExchange *exchange)
{
  g_autofree char *cookie = belfry_exchange_dup_cookie (exchange, "belfry_theme");

  if (cookie != NULL && g_strv_contains (theme_names, cookie))
    return g_steal_pointer (&cookie);
  return g_strdup (theme_names[CLAMP (exchange->site->keys->theme, 0, 2)]);
}

const char *
belfry_frame_get_language (BelfryExchange *exchange)
{
  return belfry_languages_choose (belfry_exchange_get_header (exchange, "Accept-Language"),
                                  exchange->site->config->host.locale);
}

gint64
belfry_frame_get_utc_offset_us (BelfrySite *site, gint64 now_us)
{
  GTimeZone *zone = site->config->host.time_zone;
  int interval = zone != NULL ? g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL,
                                                           now_us / G_USEC_PER_SEC)
                              : -1;

  return interval >= 0 ? g_time_zone_get_offset (zone, interval) * G_USEC_PER_SEC : 0;
}

BelfryFrame *
belfry_frame_new (BelfryExchange *exchange)
{
  BelfryFrame *self = g_new0 (BelfryFrame, 1);
  g_autofree char *session = belfry_csrf_dup_session (exchange, exchange->site->may_act);

  g_atomic_ref_count_init (&self->refs);
  self->site = belfry_site_ref (exchange->site);
  self->request = belfry_request_ref (exchange->request);
  self->csrf = session != NULL ? belfry_csrf_dup_token (exchange->www, session) : NULL;
  self->message = belfry_message_take (exchange);
  self->theme = belfry_frame_dup_theme (exchange);
  self->language = belfry_frame_get_language (exchange);
  self->now_us = belfry_clock_now_us ();
  self->utc_offset_us = belfry_frame_get_utc_offset_us (self->site, self->now_us);
  self->forms_builder = g_strdup (belfry_request_get_parameter (self->request, "builder"));
  if (self->site->may_act && exchange->www->ops.list_forms != NULL)
    self->forms = exchange->www->ops.list_forms (self->forms_builder, exchange->www->ops.data);
  return self;
}

void
belfry_frame_unref (BelfryFrame *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  belfry_site_unref (self->site);
  belfry_request_unref (self->request);
  g_free (self->csrf);
  g_free (self->message);
  g_free (self->theme);
  g_free (self->forms_builder);
  g_clear_pointer (&self->forms, json_array_unref);
  g_free (self);
}

JsonArray *
belfry_frame_list_forms (const char *builder, gpointer frame)
{
  BelfryFrame *self = frame;

  if (self->forms != NULL && g_strcmp0 (builder, self->forms_builder) == 0)
    return json_array_ref (self->forms);
  return json_array_new ();
}

char *
belfry_frame_dup_link (BelfryLinkKind kind, const char *name, const char *revision, gpointer frame)
{
  const BelfrySite *site = ((BelfryFrame *)frame)->site;
  char *link = belfry_links_dup (site->config->links, kind, name, revision);

  if (link == NULL && kind == BELFRY_LINK_REVISION && !site->keys->revlink_builtin)
    return g_strdup ("");
  return link;
}

JsonArray *
belfry_frame_link_text (const char *text, const char *project, gpointer frame)
{
  return belfry_links_split (((BelfryFrame *)frame)->site->config->links, text, project);
}

static const char *
find_target (const BelfryAction *action, const BelfryRecord *record, BelfryRequest *request)
{
  if (action->target == BELFRY_TARGET_NOTHING)
    return NULL;
  if (record != NULL && record->type == belfry_builder_get_type ())
    return ((const BelfryBuilder *)record)->name;
  if (record != NULL && record->type == belfry_worker_get_type ())
    return ((const BelfryWorker *)record)->name;
  if (record != NULL && record->type == belfry_build_get_type () &&
      ((const BelfryBuild *)record)->builder != NULL)
    return ((const BelfryBuild *)record)->builder->name;
  return belfry_request_get_parameter (request, action->target == BELFRY_TARGET_WORKER ? "worker"
                                                                                       : "builder");
}

gboolean
belfry_frame_may (const char *action, gconstpointer record, gpointer frame)
{
  BelfryFrame *self = frame;
  const BelfryAction *row = belfry_action_find (action);

  return row != NULL &&
         belfry_authz_allows (self->site->authz, row, find_target (row, record, self->request));
}

static const char *
text_or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static gboolean
is_current (const char *path, const char *href)
{
  gsize length = strlen (href);

  path += *path == '/' ? 1 : 0;
  return length == 0 ? *path == '\0'
                     : strncmp (path, href, length) == 0 && strchr ("/?", path[length]) != NULL;
}

static gboolean
may_enter (BelfryFrame *self, JsonObject *row)
{
  const char *action = belfry_json_get_text (row, "action");

  return action == NULL || belfry_frame_may (action, NULL, self);
}

static JsonObject *
make_nav_item (JsonObject *row, const char *path)
{
  JsonObject *item = json_object_new ();
  const char *href = json_object_get_string_member (row, "href");

  json_object_set_string_member (item, "title", json_object_get_string_member (row, "title"));
  json_object_set_string_member (item, "href", href);
  json_object_set_boolean_member (item, "current", is_current (path, href));
  return item;
}

/* a page that would be refused is not offered */
static JsonArray *
make_nav (BelfryFrame *self)
{
  JsonArray *nav = json_array_new ();
  const char *path = belfry_request_get_path (self->request);

  for (guint i = 0; i < json_array_get_length (self->site->nav); i++) {
    JsonObject *row = json_array_get_object_element (self->site->nav, i);

    if (may_enter (self, row))
      json_array_add_object_element (nav, make_nav_item (row, path));
  }
  return nav;
}

/* pool thread */
static gboolean
has_own_style (BelfrySite *site)
{
  g_autofree char *path =
      site->public_html != NULL ? g_build_filename (site->public_html, "buildbot.css", NULL) : NULL;

  return path != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static JsonObject *
make_site (BelfryFrame *self)
{
  BelfrySite *site = self->site;
  JsonObject *object = json_object_new ();
  const char *zone = site->config->host.time_zone_name;

  json_object_set_string_member (object, "title", text_or_empty (site->title));
  json_object_set_string_member (object, "title_url", text_or_empty (site->title_url));
  json_object_set_string_member (object, "url", text_or_empty (site->url));
  json_object_set_string_member (object, "version", BELFRY_VERSION);
  json_object_set_string_member (object, "theme", self->theme);
  json_object_set_string_member (object, "zone", zone != NULL ? zone : "UTC");
  json_object_set_int_member (object, "now", self->now_us / G_USEC_PER_SEC);
  json_object_set_array_member (object, "nav", make_nav (self));
  json_object_set_boolean_member (object, "own_style", has_own_style (site));
  return object;
}

static JsonObject *
make_may (BelfryFrame *self)
{
  JsonObject *may = json_object_new ();

  for (const BelfryAction *action = belfry_actions; action->name != NULL; action++)
    json_object_set_boolean_member (may, action->name, belfry_frame_may (action->name, NULL, self));
  return may;
}

static void
copy_member (JsonObject *object, const char *name, JsonNode *node, gpointer target)
{
  (void)object;
  json_object_set_member (target, name, json_node_ref (node));
}

JsonObject *
belfry_frame_merge (BelfryFrame *self, JsonObject *data)
{
  JsonObject *merged = json_object_new ();
  JsonObject *request = json_object_new ();
  const char *path = belfry_request_get_path (self->request);
  const char *fragment = belfry_request_get_argument (self->request, "fragment");
  g_autofree char *base = belfry_path_dup_base (path);

  if (data != NULL)
    json_object_foreach_member (data, copy_member, merged);
  json_object_set_string_member (request, "path", path);
  json_object_set_string_member (request, "query",
                                 text_or_empty (belfry_request_get_query (self->request)));
  json_object_set_object_member (merged, "request", request);
  json_object_set_object_member (merged, "site", make_site (self));
  json_object_set_object_member (merged, "may", make_may (self));
  json_object_set_string_member (merged, "base", base);
  json_object_set_string_member (merged, "csrf", text_or_empty (self->csrf));
  json_object_set_string_member (merged, "message", text_or_empty (self->message));
  json_object_set_string_member (merged, "language", self->language);
  json_object_set_boolean_member (merged, "fragment",
                                  fragment != NULL && g_str_equal (fragment, "1"));
  return merged;
}

char *
belfry_frame_render (BelfryFrame *self, BelfryResponse *response, GError **error)
{
  g_autoptr (JsonObject) variables = belfry_frame_merge (self, belfry_response_get_data (response));

  return belfry_templates_render (
      self->site->templates, belfry_response_get_template_name (response), variables,
      belfry_response_get_records (response), self->language, self->utc_offset_us, error);
}
