/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"

#include <string.h>

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

/* takes the object */
static char *
to_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  json_object_unref (object);
  return belfry_json_to_text (node);
}

static void
test_filter (void)
{
  static const struct {
    const char *payload;
    const char *wanted;
  } rows[] = {
    { "{\"a\":{\"x\":\"\",\"y\":1}}", "{\"a\":{\"y\":1}}" },
    { "{\"a\":{\"x\":0,\"y\":0.0,\"z\":-1}}", "{\"a\":{\"z\":-1}}" },
    { "{\"a\":{\"x\":false,\"y\":null,\"z\":true}}", "{\"a\":{\"z\":true}}" },
    { "{\"a\":{\"x\":[],\"y\":{},\"z\":{\"w\":{}}}}", "{\"a\":null}" },
    { "{\"a\":[0,null,\"\"]}", "{\"a\":null}" },
    { "{\"a\":[0,\"x\",{\"y\":0}]}", "{\"a\":[null,\"x\",null]}" },
    { "{\"ETA\":0,\"b\":\"\",\"c\":2}", "{\"ETA\":null,\"b\":null,\"c\":2}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonObject) payload = parse (rows[i].payload);
    g_autofree char *text = to_text (belfry_push_filter (payload));

    g_assert_cmpstr (text, ==, rows[i].wanted);
  }
}

static void
test_pack (void)
{
  g_autoptr (JsonObject) object =
      parse ("{\"list\":[{\"b\":1,\"a\":{\"d\":\"x\",\"c\":[2]}},{\"e\":3}]}");
  JsonArray *items = belfry_json_get_array (object, "list");
  g_autofree char *compact = belfry_push_pack (items, 1, FALSE);
  g_autofree char *both = belfry_push_pack (items, 2, FALSE);
  g_autofree char *pretty = belfry_push_pack (items, 1, TRUE);

  g_assert_cmpstr (compact, ==, "[{\"b\":1,\"a\":{\"d\":\"x\",\"c\":[2]}}]");
  g_assert_true (g_str_has_suffix (both, ",{\"e\":3}]"));
  g_assert_nonnull (strchr (pretty, '\n'));
  g_assert_true (strstr (pretty, "\"a\"") < strstr (pretty, "\"b\""));
  g_assert_true (strstr (pretty, "\"c\"") < strstr (pretty, "\"d\""));
}

static void
test_change (void)
{
  g_autoptr (JsonObject) data =
      parse ("{\"changeid\":7,\"author\":\"Ada <a@b.example>\",\"files\":[\"z.c\",\"a.c\"],"
             "\"comments\":\"x\",\"revision\":\"r1\",\"when_timestamp\":1717400000,"
             "\"branch\":null,\"category\":\"k\",\"revlink\":null,\"repository\":\"r\","
             "\"project\":\"p\",\"codebase\":\"\",\"properties\":{\"b\":[1,\"Change\"],"
             "\"a\":[\"v\",\"Change\"]}}");
  g_autofree char *text = to_text (belfry_push_change (data));

  g_assert_cmpstr (text, ==,
                   "{\"number\":7,\"branch\":null,\"category\":\"k\",\"comments\":\"x\","
                   "\"revision\":\"r1\",\"revlink\":null,\"repository\":\"r\",\"codebase\":\"\","
                   "\"project\":\"p\",\"who\":\"Ada <a@b.example>\",\"rev\":\"r1\","
                   "\"when\":1717400000.0,\"at\":\"Mon 03 Jun 2024 07:33:20\","
                   "\"files\":[{\"name\":\"a.c\"},{\"name\":\"z.c\"}],"
                   "\"properties\":[[\"a\",\"v\",\"Change\"],[\"b\",1,\"Change\"]]}");
}

/* the envelope; what is on the black list, and what 0.8 had no name for, makes nothing */
static void
test_envelope (void)
{
  static char *black_list[] = { (char *)"slavePaused", NULL };
  const BelfryPushContext context = { .title = "Acme CI",
                                      .started_us = G_GINT64_CONSTANT (1717394401000412),
                                      .black_list = black_list,
                                      .filter = TRUE };
  static const char *const names[] = { "worker-disconnected", "worker-paused", "worker-back" };
  g_autoptr (JsonArray) items = json_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (BelfryEvent) event = belfry_event_new ();

    belfry_record_set_text (&event->name, names[i]);
    event->at = G_GINT64_CONSTANT (1717400247120318);
    event->data = g_strdup ("{\"name\":\"box3\"}");
    g_assert_true (belfry_push_add_items (&context, event, NULL, items, NULL));
  }
  g_assert_cmpuint (json_array_get_length (items), ==, 1);
  {
    g_autofree char *text = to_text (json_object_ref (json_array_get_object_element (items, 0)));

    g_assert_cmpstr (text, ==,
                     "{\"timestamp\":\"2024-06-03 07:37:27.120318\",\"project\":\"Acme CI\","
                     "\"started\":\"2024-06-03 06:00:01.000412\",\"event\":\"slaveDisconnected\","
                     "\"payload\":{\"slavename\":\"box3\"}}");
  }
}

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status-push/filter", test_filter);
  g_test_add_func ("/status-push/pack", test_pack);
  g_test_add_func ("/status-push/change", test_change);
  g_test_add_func ("/status-push/envelope", test_envelope);
  return g_test_run ();
}
