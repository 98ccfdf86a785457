/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built reporter and its two sinks: a server that takes forms, a program that takes JSON. */
#include <belfry-test.h>

#include <glib/gstdio.h>
#include <string.h>

#define FORM_HEADERS "Content-Type: application/x-www-form-urlencoded"

static JsonArray *
make_items (guint count)
{
  JsonArray *items = json_array_new ();

  for (guint i = 1; i <= count; i++) {
    JsonObject *item = json_object_new ();

    json_object_set_int_member (item, "id", i);
    json_object_set_string_member (item, "event", "start");
    json_array_add_object_element (items, item);
  }
  return items;
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gssize *taken = user_data;

  *taken = g_task_propagate_int (G_TASK (result), NULL);
}

/* how many of so many items a push takes */
static gssize
push (BelfryTest *test, guint count)
{
  const BelfryReporter *plugin = belfry_test_get_plugin (test);
  g_autoptr (JsonArray) items = make_items (count);
  gssize taken = G_MINSSIZE;

  plugin->deliver_batch (belfry_test_get_state (test), items,
                         g_task_new (NULL, NULL, on_taken, &taken));
  while (taken == G_MINSSIZE)
    g_main_context_iteration (NULL, TRUE);
  return taken;
}

#define ONE "{\"id\":1,\"event\":\"start\"}"
#define TWO "{\"id\":2,\"event\":\"start\"}"

static void
test_server (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/status-push", "server-url=$URL/submit\nextra-post-params.key=a b&c\nchunk-size=2");
  g_autofree char *two = g_strconcat ("packets=", "[" ONE "," TWO "]", "&key=a b%26c", NULL);
  g_autofree char *one = g_strconcat ("packets=", "[" ONE "]", "&key=a b%26c", NULL);
  static const guint statuses[] = { 500, 404, 401, 429 };

  {
    const BelfryTestExchange taken = {
      .target = "/submit", .headers = FORM_HEADERS, .body = two, .status = 201
    };

    belfry_test_expect (test, &taken);
    g_assert_cmpint (push (test, 3), ==, 2);
  }
  /* what fails is tried one by one until one goes through */
  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++) {
    const BelfryTestExchange refused = {
      .target = "/submit",
      .headers = FORM_HEADERS,
      .body = i == 0 ? two : one,
      .status = statuses[i],
    };

    belfry_test_expect (test, &refused);
    g_assert_cmpint (push (test, 3), ==, 0);
  }
  g_assert_nonnull (strstr (belfry_test_get_log (test),
                            "a push of 2 events failed: status 500; it is tried again\n"));
  {
    const BelfryTestExchange cut = {
      .target = "/submit", .headers = FORM_HEADERS, .body = one, .fault = BELFRY_TEST_FAULT_CLOSED
    };
    const BelfryTestExchange taken = { .target = "/submit", .headers = FORM_HEADERS, .body = one };

    belfry_test_expect (test, &cut);
    g_assert_cmpint (push (test, 3), ==, 0);
    belfry_test_expect (test, &taken);
    g_assert_cmpint (push (test, 3), ==, 1);
  }
  {
    const BelfryTestExchange taken = { .target = "/submit", .headers = FORM_HEADERS, .body = two };

    belfry_test_expect (test, &taken);
    g_assert_cmpint (push (test, 3), ==, 2);
  }
}

/* whatever its sink does, all stay, and one is tried alone */
static void
test_faults (void)
{
  static const struct {
    guint status;
    const char *headers;
    const char *answer;
    BelfryTestFault fault;
  } rows[] = {
    { 307, "Location: http://127.0.0.1:9/", "", BELFRY_TEST_FAULT_NONE },
    { 400, NULL, "<html>", BELFRY_TEST_FAULT_NONE },
    { 403, NULL, "", BELFRY_TEST_FAULT_NONE },
    { 408, NULL, "", BELFRY_TEST_FAULT_NONE },
    { 429, "Retry-After: 77", "", BELFRY_TEST_FAULT_NONE },
    { 503, "Retry-After: 77", "", BELFRY_TEST_FAULT_NONE },
    { 0, NULL, NULL, BELFRY_TEST_FAULT_SILENT },
    { 0, NULL, NULL, BELFRY_TEST_FAULT_ENDLESS },
    { 0, NULL, NULL, BELFRY_TEST_FAULT_CUT },
  };
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/status-push", "server-url=$URL/submit");
  BelfryTestExchange taken = { .target = "/submit",
                               .headers = FORM_HEADERS,
                               .body = "packets=[" ONE "]",
                               .answer = "<html>whatever" };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const BelfryTestExchange exchange = {
      .target = "/submit",
      .headers = FORM_HEADERS,
      .body = i == 0 ? "packets=[" ONE "," TWO "]" : "packets=[" ONE "]",
      .status = rows[i].status,
      .answer_headers = rows[i].headers,
      .answer = rows[i].answer,
      .fault = rows[i].fault,
    };

    belfry_test_expect (test, &exchange);
    g_assert_cmpint (push (test, 2), ==, 0);
  }
  belfry_test_expect (test, &taken);
  g_assert_cmpint (push (test, 2), ==, 1);
}

/* too large for a request: half as many; too large by itself: dropped */
static void
test_sizes (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/status-push", "server-url=$URL/\nmax-http-request-size=100");
  g_autoptr (BelfryTest) narrow =
      belfry_test_new ("reporter/status-push", "server-url=$URL/\nmax-http-request-size=30");
  const BelfryTestExchange taken = { .target = "/",
                                     .headers = FORM_HEADERS,
                                     .body = "packets=[" ONE "]" };

  belfry_test_expect (test, &taken);
  g_assert_cmpint (push (test, 3), ==, 1);
  g_assert_cmpint (push (narrow, 3), ==, 1);
  g_assert_nonnull (strstr (belfry_test_get_log (narrow), "event 1 makes a form of"));
  g_assert_nonnull (strstr (belfry_test_get_log (narrow), "30 is the most; it is dropped"));
}

/* a program that keeps what it reads beside itself, and ends as its argument says */
static char *
write_program (const char *folder)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, "sink", NULL);

  g_file_set_contents (path, "#!/bin/sh\ncat >\"$0.read\"\necho noise\nexit \"$1\"\n", -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  return path;
}

static void
check_read (const char *program, const char *wanted)
{
  g_autofree char *path = g_strconcat (program, ".read", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, wanted);
  g_unlink (path);
}

static void
test_program (void)
{
  g_autofree char *folder = g_dir_make_tmp ("belfry-sink-XXXXXX", NULL);
  g_autofree char *program = write_program (folder);
  g_autofree char *good = g_strdup_printf ("server-push-program=%s 0\nchunk-size=2", program);
  g_autofree char *bad = g_strdup_printf ("server-push-program=%s 3\nchunk-size=2", program);
  g_autofree char *missing = g_strdup_printf ("server-push-program=%s/none", folder);
  g_autoptr (BelfryTest) takes = belfry_test_new ("reporter/status-push", good);
  g_autoptr (BelfryTest) refuses = belfry_test_new ("reporter/status-push", bad);
  g_autoptr (BelfryTest) absent = belfry_test_new ("reporter/status-push", missing);

  g_assert_cmpint (push (takes, 3), ==, 2);
  check_read (program, "[" ONE "," TWO "]");
  g_assert_cmpint (push (refuses, 3), ==, 0);
  check_read (program, "[" ONE "," TWO "]");
  g_assert_nonnull (
      strstr (belfry_test_get_log (refuses), "the program ended with 3; it is tried again"));
  g_assert_cmpint (push (refuses, 3), ==, 0);
  check_read (program, "[" ONE "]");
  g_assert_cmpint (push (absent, 1), ==, 0);
  g_unlink (program);
  g_rmdir (folder);
}

/* how long events are collected, and how long a sink that took none is left alone */
static void
test_delays (void)
{
  g_autoptr (BelfryTest) usual = belfry_test_new ("reporter/status-push", "server-url=$URL/submit");
  g_autoptr (BelfryTest) other = belfry_test_new (
      "reporter/status-push", "server-url=$URL/submit\nbuffer-delay=500ms\nretry-delay=1min");
  const BelfryReporter *plugin = belfry_test_get_plugin (usual);

  g_assert_cmpint (plugin->get_pause (belfry_test_get_state (usual), TRUE), ==, 1000000);
  g_assert_cmpint (plugin->get_pause (belfry_test_get_state (usual), FALSE), ==, 5000000);
  g_assert_cmpint (plugin->get_pause (belfry_test_get_state (other), TRUE), ==, 500000);
  g_assert_cmpint (plugin->get_pause (belfry_test_get_state (other), FALSE), ==, 60000000);
}

/* indented, and sorted by name */
static void
test_debug (void)
{
  g_autoptr (BelfryTest) test =
      belfry_test_new ("reporter/status-push", "server-url=$URL/submit\ndebug=true");
  const BelfryTestExchange exchange = {
    .target = "/submit",
    .headers = FORM_HEADERS,
    .body = "packets=[\n  {\n    \"event\" : \"start\",\n    \"id\" : 1\n  }\n]",
  };

  belfry_test_expect (test, &exchange);
  g_assert_cmpint (push (test, 1), ==, 1);
}

static const struct {
  const char *keys;
  const char *problem;
} configurations[] = {
  { "", "error server-url: HttpStatusPush requires a serverUrl" },
  { "server-url=http://x.example/\nserver-push-program=/bin/cat",
    "error server-push-program: 'server-url' and 'server-push-program' cannot both be given" },
  { "server-push-program=cat", "error server-push-program: the first word must be the absolute" },
  { "server-push-program=/bin/cat %(prop:a)s", "error server-push-program: word 1" },
  { "server-url=https://x.example/\nverify=false", "warning verify: " },
  { "server-url=https://x.example/\nmax-disk-items=5", "note max-disk-items: it has no effect" },
  { "server-url=https://x.example/\nqueue=x\npath=y", "note queue: it has no effect" },
  { "server-url=https://x.example/\nchunk-size=0", "error chunk-size: " },
  { "server-url=https://x.example/", "" },
};

static void
test_configurations (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
    g_autofree char *problems =
        belfry_test_dup_problems ("reporter/status-push", configurations[i].keys);

    if (*configurations[i].problem == '\0')
      g_assert_cmpstr (problems, ==, "");
    else if (!g_str_has_prefix (problems, configurations[i].problem))
      g_test_fail_printf ("%s: %s", configurations[i].keys, problems);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status-push/sinks/server", test_server);
  g_test_add_func ("/status-push/sinks/faults", test_faults);
  g_test_add_func ("/status-push/sinks/sizes", test_sizes);
  g_test_add_func ("/status-push/sinks/program", test_program);
  g_test_add_func ("/status-push/sinks/delays", test_delays);
  g_test_add_func ("/status-push/sinks/debug", test_debug);
  g_test_add_func ("/status-push/configurations", test_configurations);
  return g_test_run ();
}
