/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pages of deliveries from records in memory: filters, pages, what is kept, hostile data. */
#include "deliveries-page.h"
#include "views-fake.h"

#include <string.h>

#define NOW  1700000000
#define EVIL "\"><script>alert(1)</script>"

static const DeliveriesOptions options = { .per_page = 10 };

static BelfryDelivery *
add_delivery (ViewsFake *fake, gint64 id, const char *hook, const char *outcome)
{
  BelfryDelivery *delivery = views_fake_add (fake, belfry_delivery_new ());

  delivery->deliveryid = id;
  delivery->count = 1;
  delivery->bytes = 2048;
  delivery->duration_us = 1500;
  delivery->replay_of = BELFRY_NONE;
  delivery->received_at = (gint64)(NOW - 1000 + id) * G_USEC_PER_SEC;
  delivery->last_at = delivery->received_at;
  belfry_record_set_text (&delivery->hook, hook);
  belfry_record_set_text (&delivery->outcome, outcome);
  belfry_record_set_text (&delivery->reason, "one change");
  belfry_record_set_text (&delivery->source, "192.0.2.7");
  belfry_record_set_text (&delivery->event, "push");
  return delivery;
}

static void
set_changes (BelfryDelivery *delivery, gint64 first, guint n)
{
  JsonArray *ids = json_array_new ();

  for (guint i = 0; i < n; i++)
    json_array_add_int_element (ids, first + i);
  g_clear_pointer (&delivery->change_ids, json_node_unref);
  delivery->change_ids = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (delivery->change_ids, ids);
}

static ViewsFake *
make_example (gint64 n)
{
  ViewsFake *fake = views_fake_new ();

  belfry_clock_set_us ((gint64)NOW * G_USEC_PER_SEC);
  for (gint64 id = 1; id <= n; id++)
    add_delivery (fake, id, id % 2 == 0 ? "github" : "base", id % 3 == 0 ? "nothing" : "accepted");
  return fake;
}

static JsonObject *
draw (ViewsFake *fake, const char *query, GError **error)
{
  g_autoptr (BelfryRequest) request = views_fake_request ("/deliveries", query, NULL);

  return deliveries_list_to_json (&options, belfry_request_get_arguments (request, NULL),
                                  views_fake_get_reader (fake), error);
}

static JsonObject *
draw_one (ViewsFake *fake, BelfryDelivery *delivery)
{
  g_autoptr (GError) error = NULL;
  JsonObject *data = deliveries_delivery_to_json (delivery, views_fake_get_reader (fake), &error);

  g_assert_no_error (error);
  return data;
}

static const struct {
  const char *query;
  guint n;
  gint64 first;
} filters[] = {
  { NULL, 9, 9 },
  { "hook=github", 4, 8 },
  { "hook=", 9, 9 },
  { "outcome=nothing", 3, 9 },
  { "hook=github&outcome=nothing", 1, 6 },
  { "before=4", 3, 3 },
  { "since=995s", 5, 9 },
  { "since=2023-11-14T21:56:45Z&hook=base", 3, 9 },
};

static void
test_filters (void)
{
  g_autoptr (ViewsFake) fake = make_example (9);

  for (gsize i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_autoptr (JsonObject) data = draw (fake, filters[i].query, NULL);
    JsonArray *rows = belfry_json_get_array (data, "deliveries");

    g_assert_cmpuint (json_array_get_length (rows), ==, filters[i].n);
    g_assert_cmpint (
        belfry_json_get_integer (json_array_get_object_element (rows, 0), "deliveryid", 0), ==,
        filters[i].first);
  }
}

static void
test_since_refused (void)
{
  g_autoptr (ViewsFake) fake = make_example (1);
  g_autoptr (GError) error = NULL;

  g_assert_null (draw (fake, "since=yesterday-ish", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static void
test_pages (void)
{
  g_autoptr (ViewsFake) fake = make_example (35);
  g_autofree char *query = g_strdup ("since=2023-01-01");
  guint n = 0;
  guint n_pages = 0;

  while (query != NULL) {
    g_autoptr (JsonObject) data = draw (fake, query, NULL);
    const char *older = belfry_json_get_text (data, "older");

    n += json_array_get_length (belfry_json_get_array (data, "deliveries"));
    n_pages++;
    g_free (query);
    query = older != NULL ? g_strdup (older + 1) : NULL;
  }
  g_assert_cmpuint (n, ==, 35);
  g_assert_cmpuint (n_pages, ==, 4);
}

/* a build whose set names the change */
static void
add_build (ViewsFake *fake, gint64 id, gint64 changeid)
{
  BelfryBuild *build = views_fake_add_build (fake, id, 1, id, NOW - 500);
  BelfryBuildset *set = views_fake_add (fake, belfry_buildset_new ());
  g_autofree char *ids = g_strdup_printf ("[%" G_GINT64_FORMAT "]", changeid);

  set->bsid = id;
  set->submitted_at = (gint64)(NOW - 600) * G_USEC_PER_SEC;
  g_clear_pointer (&set->change_ids, json_node_unref);
  set->change_ids = belfry_json_parse (ids, -1, NULL, NULL);
  build->bsid = id;
  views_fake_end_build (build, NOW - 400, 2);
}

static void
test_changes_and_builds (void)
{
  g_autoptr (ViewsFake) fake = make_example (1);
  BelfryDelivery *delivery = add_delivery (fake, 2, "github", "accepted");
  g_autofree char *html = NULL;

  views_fake_add_builder (fake, 1, "anvil", "t");
  views_fake_add_change (fake, 4, "Ann", NOW - 700);
  add_build (fake, 7, 4);
  set_changes (delivery, 4, 1);
  html = views_fake_draw ("deliveries.html", draw (fake, NULL, NULL), "/deliveries");
  g_assert_nonnull (strstr (html, "href=\"changes/4\""));
  g_assert_nonnull (strstr (html, "href=\"builders/anvil/builds/7\""));
  g_assert_nonnull (strstr (html, "href=\"deliveries/2\""));
  g_free (html);
  html = views_fake_draw ("delivery.html", draw_one (fake, delivery), "/deliveries/2");
  g_assert_nonnull (strstr (html, "href=\"../changes/4\""));
  g_assert_nonnull (strstr (html, "href=\"../builders/anvil/builds/7\""));
}

static void
test_many_changes (void)
{
  g_autoptr (ViewsFake) fake = make_example (0);
  g_autoptr (JsonObject) data = NULL;
  JsonObject *row = NULL;

  set_changes (add_delivery (fake, 1, "github", "accepted"), 1, 1000);
  data = draw (fake, NULL, NULL);
  row = json_array_get_object_element (belfry_json_get_array (data, "deliveries"), 0);
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (row, "changes")), ==, 20);
  g_assert_cmpint (belfry_json_get_integer (row, "more_changes", 0), ==, 980);
}

static void
test_refusals (void)
{
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryDelivery *delivery = add_delivery (fake, 1, "github", "unauthorized");
  g_autofree char *html = NULL;

  delivery->count = 17;
  delivery->duration_us = 0;
  delivery->last_at = delivery->received_at + 60 * G_USEC_PER_SEC;
  html = views_fake_draw ("deliveries.html", draw (fake, NULL, NULL), "/deliveries");
  g_assert_nonnull (strstr (html, "unauthorized ×17"));
  g_assert_null (strstr (html, " ms</td>"));
}

static BelfryRequest *
make_request (const char *header, const char *value, const char *body, gsize bytes)
{
  g_autoptr (GBytes) data = g_bytes_new (body, bytes);
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = "POST",
    .path = "/change_hook/github",
    .query = "a=1",
    .body = data,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  belfry_request_add_header (request, header, value);
  return request;
}

static void
test_request (void)
{
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryDelivery *delivery = add_delivery (fake, 1, "github", "accepted");
  g_autofree char *html = NULL;

  views_fake_set_request (fake, make_request ("X-GitHub-Event", "push", "{\"ref\": 1}", 10));
  html = views_fake_draw ("delivery.html", draw_one (fake, delivery), "/deliveries/1");
  g_assert_nonnull (strstr (html, "POST /change_hook/github?a=1"));
  g_assert_nonnull (strstr (html, "<th scope=\"row\">X-GitHub-Event</th><td>push</td>"));
  g_assert_nonnull (strstr (html, "{&#34;ref&#34;: 1}"));
  g_assert_null (strstr (html, "/deliveries/1/replay"));
  g_free (html);
  views_fake_allow (fake, TRUE);
  html = views_fake_draw ("delivery.html", draw_one (fake, delivery), "/deliveries/1");
  g_assert_nonnull (strstr (html, "method=\"post\" action=\"../deliveries/1/replay\""));
  g_assert_nonnull (strstr (html, "name=\"csrf\" value=\"token\""));
}

/* without its request there is nothing to run again */
static void
test_request_not_kept (void)
{
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryDelivery *delivery = add_delivery (fake, 1, "github", "accepted");
  g_autofree char *html = NULL;

  views_fake_allow (fake, TRUE);
  html = views_fake_draw ("delivery.html", draw_one (fake, delivery), "/deliveries/1");
  g_assert_nonnull (strstr (html, "not kept"));
  g_assert_null (strstr (html, "/replay"));
}

static void
test_large_body (void)
{
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryDelivery *delivery = add_delivery (fake, 1, "github", "accepted");
  g_autofree char *body = g_strnfill (100000, 'y');
  g_autoptr (JsonObject) data = NULL;
  JsonObject *kept = NULL;

  views_fake_set_request (fake, make_request ("A", "b", body, 100000));
  data = draw_one (fake, delivery);
  kept = belfry_json_get_object (data, "kept");
  g_assert_cmpuint (strlen (belfry_json_get_text (kept, "body")), ==, 65536);
  g_assert_true (belfry_json_get_boolean (kept, "cut", FALSE));
}

static void
test_hostile (void)
{
  static const char body[] = "\xff\0</pre>" EVIL;
  g_autoptr (ViewsFake) fake = make_example (0);
  BelfryDelivery *delivery = add_delivery (fake, 1, EVIL, EVIL);
  g_autofree char *html = NULL;

  belfry_record_set_text (&delivery->event, EVIL);
  belfry_record_set_text (&delivery->reason, EVIL);
  belfry_record_set_text (&delivery->source, EVIL);
  belfry_record_set_text (&delivery->forge_id, EVIL);
  views_fake_set_request (fake, make_request ("X-Evil", EVIL, body, sizeof body - 1));
  html = views_fake_draw ("delivery.html", draw_one (fake, delivery), "/deliveries/1");
  views_fake_assert_safe (html);
  g_assert_nonnull (strstr (html, "&lt;/pre&gt;"));
  g_free (html);
  html = views_fake_draw ("deliveries.html", draw (fake, NULL, NULL), "/deliveries");
  views_fake_assert_safe (html);
  g_free (html);
  html = views_fake_draw ("deliveries.html", draw (fake, "hook=%22%3E%3Cscript%3Ealert", NULL),
                          "/deliveries");
  views_fake_assert_safe (html);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliveries/list/filters", test_filters);
  g_test_add_func ("/deliveries/list/since-refused", test_since_refused);
  g_test_add_func ("/deliveries/list/pages", test_pages);
  g_test_add_func ("/deliveries/list/many-changes", test_many_changes);
  g_test_add_func ("/deliveries/list/refusals", test_refusals);
  g_test_add_func ("/deliveries/changes-and-builds", test_changes_and_builds);
  g_test_add_func ("/deliveries/delivery/request", test_request);
  g_test_add_func ("/deliveries/delivery/request-not-kept", test_request_not_kept);
  g_test_add_func ("/deliveries/delivery/large-body", test_large_body);
  g_test_add_func ("/deliveries/hostile", test_hostile);
  return g_test_run ();
}
