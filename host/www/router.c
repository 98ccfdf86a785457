/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Routing: a path is split at slashes before it is decoded, each segment is decoded once, and what
 * comes out is compared segment by segment. Patterns are kept by number of segments and first word,
 * so that a site of many views still compares only a handful; of two that fit, the one with more
 * plain words wins. `buildslaves` and `workers` are one word here.
 */
#include "www/router.h"

#include <string.h>

#define MAX_SEGMENTS 64

typedef struct {
  char **segments;
  guint n_segments;
  guint n_plain;
  gboolean has_rest; /* the last one takes all that follows */
  gboolean is_post;
  BelfryMatch match;
} Route;

struct _BelfryRoutes {
  GHashTable *buckets; /* first word → GPtrArray of Route; "" holds the rest */
};

static void
route_free (Route *self)
{
  g_strfreev (self->segments);
  g_clear_pointer (&self->match.view, belfry_hosted_unref);
  g_free (self);
}

BelfryRoutes *
belfry_routes_new (void)
{
  BelfryRoutes *self = g_new0 (BelfryRoutes, 1);

  self->buckets =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return self;
}

void
belfry_routes_free (BelfryRoutes *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->buckets);
  g_free (self);
}

static const char *
canonical (const char *word)
{
  return g_str_equal (word, "buildslaves") ? "workers" : word;
}

static int
compare_routes (gconstpointer a, gconstpointer b)
{
  const Route *first = *(Route *const *)a;
  const Route *second = *(Route *const *)b;

  if (first->has_rest != second->has_rest)
    return first->has_rest ? 1 : -1;
  return (int)second->n_plain - (int)first->n_plain;
}

static gboolean
is_same (const Route *a, const Route *b)
{
  if (a->n_segments != b->n_segments || a->is_post != b->is_post || a->has_rest != b->has_rest)
    return FALSE;
  for (guint i = 0; i < a->n_segments; i++) {
    gboolean is_open = a->segments[i][0] == '{' && b->segments[i][0] == '{';

    if (!is_open && !g_str_equal (a->segments[i], b->segments[i]))
      return FALSE;
  }
  return TRUE;
}

static Route *
route_new (const char *pattern, gboolean is_post, const BelfryMatch *match)
{
  Route *route = g_new0 (Route, 1);
  g_autofree char *trimmed = g_strdup (*pattern == '/' ? pattern + 1 : pattern);

  if (g_str_has_suffix (trimmed, "/"))
    trimmed[strlen (trimmed) - 1] = '\0';
  route->segments = *trimmed != '\0' ? g_strsplit (trimmed, "/", -1) : g_new0 (char *, 1);
  route->n_segments = g_strv_length (route->segments);
  route->is_post = is_post;
  route->match = *match;
  if (match->view != NULL)
    route->match.view = belfry_hosted_ref (match->view);
  for (guint i = 0; i < route->n_segments; i++)
    route->n_plain += route->segments[i][0] != '{';
  if (route->n_segments > 0) {
    char *first = g_strdup (canonical (route->segments[0]));

    g_free (route->segments[0]);
    route->segments[0] = first;
    route->has_rest = g_str_has_suffix (route->segments[route->n_segments - 1], "*}");
  }
  return route;
}

gboolean
belfry_routes_add (BelfryRoutes *self,
                   const char *pattern,
                   gboolean is_post,
                   const BelfryMatch *match)
{
  Route *route = route_new (pattern, is_post, match);
  gboolean is_open = route->n_segments == 0 || route->segments[0][0] == '{';
  const char *key = is_open ? "" : route->segments[0];
  GPtrArray *bucket = g_hash_table_lookup (self->buckets, key);

  if (bucket == NULL) {
    bucket = g_ptr_array_new_with_free_func ((GDestroyNotify)route_free);
    g_hash_table_insert (self->buckets, g_strdup (key), bucket);
  }
  for (guint i = 0; i < bucket->len; i++) {
    if (is_same (bucket->pdata[i], route)) {
      route_free (route);
      return FALSE;
    }
  }
  g_ptr_array_add (bucket, route);
  g_ptr_array_sort (bucket, compare_routes);
  return TRUE;
}

GPtrArray *
belfry_path_split (const char *path, guint *status)
{
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func (g_free);
  const char *at = *path == '/' ? path + 1 : path;

  while (*at != '\0') {
    gsize length = strcspn (at, "/");
    char *segment = belfry_text_percent_decode (at, (gssize)length, FALSE, NULL);

    if (segment != NULL)
      g_ptr_array_add (segments, segment);
    *status = segment == NULL ? 400 : 404;
    if (segment == NULL || length == 0 || g_str_equal (segment, ".") ||
        g_str_equal (segment, "..") || segments->len > MAX_SEGMENTS)
      return NULL;
    at += length;
    at += *at == '/' ? 1 : 0;
  }
  return g_steal_pointer (&segments);
}

static gboolean
fits (const Route *route, GPtrArray *segments)
{
  guint fixed = route->n_segments - (route->has_rest ? 1 : 0);

  if (route->has_rest ? segments->len <= fixed : segments->len != route->n_segments)
    return FALSE;
  for (guint i = 0; i < fixed; i++) {
    const char *segment = i == 0 ? canonical (segments->pdata[i]) : segments->pdata[i];

    if (route->segments[i][0] != '{' && !g_str_equal (route->segments[i], segment))
      return FALSE;
  }
  return TRUE;
}

static void
set_parameter (BelfryRequest *request, const char *pattern, const char *value)
{
  g_autofree char *name = g_strdup (pattern + 1);

  name[strcspn (name, "*}")] = '\0';
  belfry_request_set_parameter (request, name, value);
}

static void
set_parameters (const Route *route, GPtrArray *segments, BelfryRequest *request)
{
  guint fixed = route->n_segments - (route->has_rest ? 1 : 0);

  for (guint i = 0; i < fixed; i++) {
    if (route->segments[i][0] == '{')
      set_parameter (request, route->segments[i], segments->pdata[i]);
  }
  if (route->has_rest) {
    g_autoptr (GString) rest = g_string_new (segments->pdata[fixed]);

    for (guint i = fixed + 1; i < segments->len; i++)
      g_string_append_printf (rest, "/%s", (const char *)segments->pdata[i]);
    set_parameter (request, route->segments[fixed], rest->str);
  }
}

static guint
search (GPtrArray *bucket,
        GPtrArray *segments,
        gboolean is_post,
        BelfryRequest *request,
        BelfryMatch *match)
{
  guint status = 404;

  for (guint i = 0; bucket != NULL && i < bucket->len; i++) {
    const Route *route = bucket->pdata[i];

    if (!fits (route, segments))
      continue;
    if (route->is_post == is_post) {
      set_parameters (route, segments, request);
      *match = route->match;
      return 200;
    }
    status = 405;
    match->methods = route->is_post ? "POST" : "GET, HEAD";
  }
  return status;
}

guint
belfry_routes_find (BelfryRoutes *self,
                    GPtrArray *segments,
                    const char *method,
                    BelfryRequest *request,
                    BelfryMatch *match)
{
  const char *first = segments->len > 0 ? canonical (segments->pdata[0]) : "";
  gboolean is_get = g_str_equal (method, "GET") || g_str_equal (method, "HEAD");
  gboolean is_post = g_str_equal (method, "POST");
  guint status = 404;

  for (guint i = 0; i < 2 && status == 404; i++) {
    GPtrArray *bucket = g_hash_table_lookup (self->buckets, i == 0 ? first : "");

    status = search (bucket, segments, is_post, request, match);
  }
  if (status == 200 && !is_get && !is_post) {
    match->methods = "GET, HEAD";
    return 405;
  }
  return status;
}
