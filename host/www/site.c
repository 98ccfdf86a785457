/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one configuration means for the pages: names, rights, routes, navigation, where files are.
 */
#include "www/www-private.h"

#include "places/places.h"

#include <string.h>

/* A reload may have changed the host's keys without a new instance. */
const BelfryViewKeys *
belfry_site_get_view_keys (BelfryHosted *view)
{
  return (view->configured != NULL ? view->configured : view->blueprint)->host_state;
}

static gboolean
is_in (const char *path, const char *prefix)
{
  gsize length = strlen (prefix);

  return strncmp (path, prefix, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Where a view begins: its home or first route, up to the first brace. */
static char *
dup_own_path (const BelfryView *view)
{
  const char *pattern = view->home != NULL ? view->home : view->routes[0].pattern;
  g_autofree char *path = g_strndup (pattern, strcspn (pattern, "{"));
  gsize length = strlen (path);

  if (length > 1 && path[length - 1] == '/')
    path[length - 1] = '\0';
  return g_steal_pointer (&path);
}

static char *
dup_moved (const char *pattern, const char *from, const char *to)
{
  g_autofree char *base = g_strdup (to != NULL ? to : "");
  gsize length = strlen (base);

  if (to == NULL || g_str_equal (from, "/") || !is_in (pattern, from))
    return g_strdup (pattern);
  if (length > 0 && base[length - 1] == '/')
    base[length - 1] = '\0';
  return g_strconcat (base, pattern + strlen (from), NULL);
}

static const BelfryRoute *
next_route (const BelfryView *view, const BelfryRoute *route)
{
  const BelfryRoute *next =
      route == NULL ? view->routes : (const BelfryRoute *)((const char *)route + view->route_size);

  return next != NULL && next->pattern != NULL ? next : NULL;
}

static void
add_to_nav (GPtrArray *items, const BelfryView *view, const char *href)
{
  JsonObject *item = json_object_new ();

  json_object_set_string_member (item, "title", view->title);
  json_object_set_string_member (item, "href", *href == '/' ? href + 1 : href);
  json_object_set_int_member (item, "order", view->order);
  if (view->action != NULL)
    json_object_set_string_member (item, "action", view->action);
  g_ptr_array_add (items, item);
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  JsonObject *first = *(JsonObject *const *)a;
  JsonObject *second = *(JsonObject *const *)b;
  gint64 difference =
      json_object_get_int_member (first, "order") - json_object_get_int_member (second, "order");

  return difference < 0 ? -1 : difference > 0;
}

static void
add_view (BelfrySite *self, BelfryHosted *hosted, GPtrArray *items)
{
  const BelfryView *view = belfry_hosted_get_plugin (hosted);
  const BelfryViewKeys *keys = belfry_site_get_view_keys (hosted);
  const char *to = keys != NULL ? keys->path : NULL;
  g_autofree char *own = NULL;
  g_autofree char *home = NULL;
  gboolean has_any = FALSE;

  if (view->routes == NULL || view->routes[0].pattern == NULL)
    return;
  own = dup_own_path (view);
  for (const BelfryRoute *route = next_route (view, NULL); route != NULL;
       route = next_route (view, route)) {
    BelfryMatch match = {
      .door = BELFRY_DOOR_VIEW, .view = hosted, .route = route, .pattern = route->pattern
    };
    g_autofree char *pattern = dup_moved (route->pattern, own, to);

    if (belfry_routes_add (self->routes, pattern, FALSE, &match))
      has_any = TRUE;
    else
      g_message ("view '%s': another view has %s already", hosted->blueprint->name, pattern);
  }
  home = dup_moved (view->home != NULL ? view->home : own, own, to);
  if (has_any && view->title != NULL)
    add_to_nav (items, view, home);
}

static void
add_views (BelfrySite *self, GPtrArray *views)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  self->views = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);
  for (guint i = 0; views != NULL && i < views->len; i++) {
    g_ptr_array_add (self->views, belfry_hosted_ref (views->pdata[i]));
    add_view (self, views->pdata[i], items);
  }
  g_ptr_array_sort (items, compare_items);
  self->nav = json_array_new ();
  for (guint i = 0; i < items->len; i++)
    json_array_add_object_element (self->nav, items->pdata[i]);
}

static const struct {
  const char *pattern;
  gboolean is_post;
  BelfryDoor door;
} own_routes[] = {
  { "/events", FALSE, BELFRY_DOOR_EVENTS },
  { "/healthz", FALSE, BELFRY_DOOR_HEALTH },
  { "/metrics", FALSE, BELFRY_DOOR_METRICS },
  { "/readyz", FALSE, BELFRY_DOOR_READY },
  { "/authfail", FALSE, BELFRY_DOOR_REFUSAL },
  { "/authzfail", FALSE, BELFRY_DOOR_REFUSAL },
  { "/theme", TRUE, BELFRY_DOOR_THEME },
  { "/builders/{builder}/builds/{number}/artifacts", FALSE, BELFRY_DOOR_ARTIFACTS },
  { "/builders/{builder}/builds/{number}/artifacts/{path*}", FALSE, BELFRY_DOOR_ARTIFACTS },
};

static const BelfrySection *
find_section (BelfryConfig *config, const char *kind)
{
  for (guint i = 0; config->sections != NULL && i < config->sections->len; i++) {
    const BelfrySection *section = config->sections->pdata[i];

    if (g_str_equal (section->kind, kind))
      return section;
  }
  return NULL;
}

static void
set_address (BelfrySite *self)
{
  const BelfryHostKeys *host = &self->config->host;
  g_autoptr (GUri) uri = NULL;

  self->title = self->keys->title != NULL ? self->keys->title : host->title;
  self->title_url = self->keys->title_url != NULL ? self->keys->title_url : host->title_url;
  self->url = host->url != NULL ? host->url : self->keys->url;
  uri = self->url != NULL ? g_uri_parse (self->url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  if (uri != NULL) {
    const char *path = g_uri_get_path (uri);

    self->host = g_strdup (g_uri_get_host (uri));
    self->is_https = g_strcmp0 (g_uri_get_scheme (uri), "https") == 0;
    self->prefix = g_str_has_suffix (path, "/") ? g_strdup (path) : g_strconcat (path, "/", NULL);
  } else {
    self->prefix = g_strdup ("/");
  }
}

static void
set_folders (BelfrySite *self)
{
  const char *state = self->config->host.state_directory;
  const char *data = belfry_places_get_data ();
  g_autoptr (GPtrArray) overrides = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) built_in = g_ptr_array_new_with_free_func (g_free);

  if (state != NULL)
    g_ptr_array_add (overrides, g_build_filename (state, "templates", NULL));
  for (char **folder = self->keys->template_dirs; folder != NULL && *folder != NULL; folder++)
    g_ptr_array_add (overrides, g_canonicalize_filename (*folder, self->config->directory));
  g_ptr_array_add (built_in, g_build_filename (data, "templates", NULL));
  self->templates = belfry_templates_new (overrides, built_in);
  self->data_dirs = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->data_dirs, g_build_filename (data, "www", NULL));
  if (self->keys->public_html != NULL)
    self->public_html = g_strdup (self->keys->public_html);
  else if (state != NULL)
    self->public_html = g_build_filename (state, "public_html", NULL);
}

static gboolean
may_anything (BelfryAuthz *authz)
{
  for (const BelfryAction *action = belfry_actions + 1; action->name != NULL; action++) {
    if (belfry_authz_may_allow (authz, action))
      return TRUE;
  }
  return FALSE;
}

BelfrySite *
belfry_site_new (BelfryConfig *config, GPtrArray *views, guint generation, GError **error)
{
  g_autoptr (BelfrySite) self = g_new0 (BelfrySite, 1);

  g_atomic_ref_count_init (&self->refs);
  self->config = belfry_config_ref (config);
  self->keys = config->www;
  self->generation = generation;
  self->authz = belfry_authz_new (find_section (config, "authz"));
  self->may_act = may_anything (self->authz);
  self->routes = belfry_routes_new ();
  set_address (self);
  set_folders (self);
  for (gsize i = 0; i < G_N_ELEMENTS (own_routes); i++) {
    BelfryMatch match = { .door = own_routes[i].door, .pattern = own_routes[i].pattern };

    if (match.door == BELFRY_DOOR_METRICS && self->keys->metrics == BELFRY_METRICS_NONE)
      continue;

    belfry_routes_add (self->routes, own_routes[i].pattern, own_routes[i].is_post, &match);
  }
  belfry_actions_add_routes (self->routes);
  add_views (self, views);
  self->proxies = belfry_proxies_new (self->keys->trusted_proxies, error);
  return self->proxies != NULL ? g_steal_pointer (&self) : NULL;
}

BelfrySite *
belfry_site_ref (BelfrySite *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_site_unref (BelfrySite *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->authz, belfry_authz_unref);
  g_clear_pointer (&self->proxies, belfry_proxies_free);
  g_clear_pointer (&self->routes, belfry_routes_free);
  g_clear_pointer (&self->templates, belfry_templates_free);
  g_clear_pointer (&self->views, g_ptr_array_unref);
  g_clear_pointer (&self->nav, json_array_unref);
  g_clear_pointer (&self->data_dirs, g_ptr_array_unref);
  g_free (self->host);
  g_free (self->prefix);
  g_free (self->public_html);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_free (self);
}
