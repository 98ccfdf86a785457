/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that a build left, and warnings that it met. A file that is no longer kept is named, and
 * leads nowhere.
 */
#include "builders-page.h"

#include <string.h>

#define RESULTS_ARTIFACTS_SHOWN 50
#define RESULTS_MAX_LINKS       200

/* warnings */

void
builders_put_warnings (JsonObject *data, JsonArray *steps)
{
  gint64 n_warnings = 0;

  for (guint i = 0; i < json_array_get_length (steps); i++)
    n_warnings +=
        belfry_json_get_integer (json_array_get_object_element (steps, i), "n_warnings", 0);
  json_object_set_int_member (data, "n_warnings", n_warnings);
}

/* files */

static JsonObject *
results_artifact_to_json (const BelfryArtifact *artifact, const char *build_path)
{
  JsonObject *object = json_object_new ();
  const char *slash = strrchr (artifact->path, '/');
  const char *name = slash != NULL ? slash + 1 : artifact->path;
  g_autofree char *folder = g_strndup (artifact->path, (gsize)(name - artifact->path));
  g_autofree char *escaped = g_uri_escape_string (artifact->path, "/", FALSE);
  g_autofree char *path = g_strconcat (build_path, "/artifacts/", escaped, NULL);
  g_autofree char *size =
      g_format_size_full ((guint64)MAX (artifact->bytes, 0), G_FORMAT_SIZE_IEC_UNITS);
  gboolean expired =
      artifact->expires_at != BELFRY_NONE && artifact->expires_at <= belfry_clock_now_us ();

  json_object_set_string_member (object, "name", name);
  json_object_set_string_member (object, "folder", folder);
  json_object_set_string_member (object, "path", path);
  json_object_set_string_member (object, "size", size);
  json_object_set_boolean_member (object, "expired", expired);
  views_put_time (object, "expires_at", artifact->expires_at);
  return object;
}

void
builders_put_artifacts (JsonObject *data, BuildersPlace *place)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *build_path = views_dup_build_path (place->builder->name, place->build->number);
  g_autofree char *path = g_strconcat (build_path, "/artifacts", NULL);
  JsonObject *object = json_object_new ();
  JsonArray *rows = json_array_new ();
  gboolean cut = FALSE;

  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = place->build->buildid };
  if (place->step != NULL)
    query.filters[1] = (BelfryFilter){ .field = "stepid", .number = place->step->stepid };
  query.limit = RESULTS_ARTIFACTS_SHOWN;
  list = belfry_reader_list (place->reader, belfry_artifact_get_type (), &query, &cut, NULL);
  for (guint i = 0; list != NULL && i < list->len; i++)
    json_array_add_object_element (rows, results_artifact_to_json (list->pdata[i], build_path));
  views_take_array (object, "rows", rows);
  json_object_set_boolean_member (object, "cut", cut);
  json_object_set_string_member (object, "path", path);
  json_object_set_object_member (data, "artifacts", object);
}

/* Whether a file of the build is kept at @path, or anything beneath it. */
static gboolean
results_is_kept (BuildersPlace *place, const char *path)
{
  g_autofree char *first = g_strconcat (path, "/", NULL);
  g_autofree char *beyond = g_strconcat (path, "0", NULL); /* what follows a slash */
  BelfryQuery file = BELFRY_QUERY_INIT;
  BelfryQuery folder = BELFRY_QUERY_INIT;

  file.filters[0] = (BelfryFilter){ .field = "buildid", .number = place->build->buildid };
  folder.filters[0] = file.filters[0];
  file.filters[1] = (BelfryFilter){ .field = "path", .text = path };
  folder.filters[1] =
      (BelfryFilter){ .field = "path", .compare = BELFRY_COMPARE_GREATER_EQUAL, .text = first };
  folder.filters[2] =
      (BelfryFilter){ .field = "path", .compare = BELFRY_COMPARE_LESS, .text = beyond };
  return belfry_reader_count (place->reader, belfry_artifact_get_type (), &file, NULL) != 0 ||
         belfry_reader_count (place->reader, belfry_artifact_get_type (), &folder, NULL) != 0;
}

/* (nullable) (transfer full): the path of a file where @url leads to one of this build, here */
static char *
results_dup_own_path (BuildersPlace *place, const char *url)
{
  JsonObject *host = belfry_reader_host_info (place->reader);
  const char *site = host != NULL ? belfry_json_get_text (host, "url") : NULL;
  g_autofree char *build_path = views_dup_build_path (place->builder->name, place->build->number);
  g_autofree char *root = g_strconcat (site != NULL ? site : "", build_path, "/artifacts/", NULL);
  char *path = NULL;

  if (!g_str_has_prefix (url, root))
    return NULL;
  path = g_uri_unescape_string (url + strlen (root), NULL);
  if (path != NULL && g_str_has_suffix (path, "/"))
    path[strlen (path) - 1] = '\0';
  return path;
}

/* Links to files that retention took lead nowhere any more, and say so. */
void
builders_mark_gone (BuildersPlace *place, JsonArray *urls)
{
  for (guint i = 0; i < MIN (json_array_get_length (urls), RESULTS_MAX_LINKS); i++) {
    JsonObject *item = json_array_get_object_element (urls, i);
    const char *url = belfry_json_get_text (item, "url");
    g_autofree char *path = url != NULL ? results_dup_own_path (place, url) : NULL;
    gboolean gone = path != NULL && !results_is_kept (place, path);

    json_object_set_boolean_member (item, "gone", gone);
    if (gone)
      json_object_set_string_member (item, "url", "");
  }
}
