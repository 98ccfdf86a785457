/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

BelfryTest *
belfry_hook_test_new (const char *name, const char *keys)
{
  static const BelfryTestExchange unknown = { .status = 404, .answer = "{}" };
  g_autofree char *plugin = g_strconcat ("hook/", name, NULL);
  BelfryTest *test = belfry_test_new (plugin, keys);

  belfry_test_set_origin (test, BELFRY_HOOK_TEST_API);
  belfry_test_answer (test, &unknown);
  return test;
}

void
belfry_hook_test_answer (BelfryTest *test, const char *path, guint status, const char *body)
{
  const BelfryTestExchange exchange = { .target = path, .status = status, .answer = body };

  belfry_test_answer (test, &exchange);
}

void
belfry_hook_test_break (BelfryTest *test, BelfryTestFault fault)
{
  const BelfryTestExchange broken = { .fault = fault };

  belfry_test_answer (test, &broken);
}

BelfryRequest *
belfry_hook_test_post (const char *path_query, const char *headers, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

  return belfry_test_request_new ("POST", path_query, headers, bytes);
}

static void
edit_one (JsonNode *root, const char *path, const char *json)
{
  g_auto (GStrv) keys = g_strsplit (path, ".", -1);
  JsonNode *node = root;
  guint last = g_strv_length (keys) - 1;

  for (guint i = 0; i < last; i++)
    node = JSON_NODE_HOLDS_ARRAY (node)
               ? json_array_get_element (json_node_get_array (node), 0)
               : json_object_get_member (json_node_get_object (node), keys[i]);
  json_object_remove_member (json_node_get_object (node), keys[last]);
  if (json != NULL)
    json_object_set_member (json_node_get_object (node), keys[last],
                            belfry_json_parse (json, -1, NULL, NULL));
}

char *
belfry_hook_test_edit (const char *payload, const char *path, const char *json)
{
  g_autofree char *text = g_strdelimit (g_strdup (payload), "'", '"');
  g_autofree char *value = json != NULL ? g_strdelimit (g_strdup (json), "'", '"') : NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) root = belfry_json_parse (text, -1, NULL, &local);

  g_assert_no_error (local);
  if (path != NULL)
    edit_one (root, path, value);
  return belfry_json_to_text (root);
}

int
belfry_hook_test_run (int argc, char **argv, const char *hook, const BelfryHookTestRow *rows)
{
  g_autofree char *fixtures = NULL;

  g_test_init (&argc, &argv, NULL);
  fixtures =
      g_build_filename (g_getenv ("G_TEST_SRCDIR"), "plugins", "hooks", hook, "fixtures", NULL);
  belfry_hook_test_add_vectors (hook, fixtures);
  for (const BelfryHookTestRow *row = rows; row->path != NULL; row++)
    g_test_add_func (row->path, row->func);
  return g_test_run ();
}
