/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A webhook's deliveries as GitHub lists them, newest first (docs.github.com, "REST API endpoints
 * for repository webhook deliveries"). One event can have several attempts, each with an id of its
 * own; they share a guid, and the newest decides. Failed is what nobody answered, or what a server
 * could not take just then; a 4xx was this host's own word, and stays.
 */
#include "github.h"

#include <string.h>

#define NO_ANSWER         0
#define TOO_MANY_REQUESTS 429
#define SERVER_ERRORS     500

/* a name of GitHub's: it can be no path of another kind */
static gboolean
is_name (const char *text)
{
  return *text != '\0' &&
         strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == strlen (text) &&
         !g_str_equal (text, ".") && !g_str_equal (text, "..");
}

static gboolean
is_number (const char *text)
{
  gint64 number = 0;

  return belfry_parse_integer (text, 1, G_MAXINT64, &number, NULL);
}

char *
belfry_github_dup_webhook_url (const char *endpoint, const char *webhook)
{
  g_auto (GStrv) parts = g_strsplit (webhook, "/", -1);
  guint n = g_strv_length (parts);

  if (n < 2 || n > 3 || !is_number (parts[n - 1]) || !is_name (parts[0]))
    return NULL;
  if (n == 2)
    return g_strdup_printf ("%s/orgs/%s/hooks/%s/deliveries", endpoint, parts[0], parts[1]);
  if (!is_name (parts[1]))
    return NULL;
  return g_strdup_printf ("%s/repos/%s/%s/hooks/%s/deliveries", endpoint, parts[0], parts[1],
                          parts[2]);
}

static gboolean
is_failure (gint64 status)
{
  return status == NO_ANSWER || status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS;
}

static BelfryGithubPage
read_delivery (JsonObject *delivery, gint64 since_us, GHashTable *seen, GArray *failed)
{
  const char *guid = belfry_json_get_text (delivery, "guid");
  const char *delivered_at = belfry_json_get_text (delivery, "delivered_at");
  gint64 id = belfry_json_get_integer (delivery, "id", 0);
  gint64 status = belfry_json_get_integer (delivery, "status_code", -1);
  gint64 time_us = 0;

  if (guid == NULL || delivered_at == NULL || id <= 0 || status < 0 ||
      !belfry_time_parse (delivered_at, &time_us, NULL))
    return BELFRY_GITHUB_PAGE_WRONG;
  if (time_us < since_us)
    return BELFRY_GITHUB_PAGE_LAST;
  if (g_hash_table_add (seen, g_strdup (guid)) && is_failure (status))
    g_array_append_val (failed, id);
  return BELFRY_GITHUB_PAGE_MORE;
}

BelfryGithubPage
belfry_github_read_deliveries (BelfryHttpAnswer *answer,
                               gint64 since_us,
                               GHashTable *seen,
                               GArray *failed)
{
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  BelfryGithubPage page = array != NULL ? BELFRY_GITHUB_PAGE_MORE : BELFRY_GITHUB_PAGE_WRONG;

  for (guint i = 0; page == BELFRY_GITHUB_PAGE_MORE && i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    page = JSON_NODE_HOLDS_OBJECT (element)
               ? read_delivery (json_node_get_object (element), since_us, seen, failed)
               : BELFRY_GITHUB_PAGE_WRONG;
  }
  return page;
}
