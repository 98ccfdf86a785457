/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server as strangers meet it: limits, slowness, hooks, pages, caching, files. */
#include "www/test-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCAL "listen=tcp:0:interface=127.0.0.1"

static void
assert_status (const char *answer, guint status)
{
  if (answer_get_status (answer) != status)
    g_test_message ("%s", answer);
  g_assert_cmpuint (answer_get_status (answer), ==, status);
}

static void
assert_header (const char *answer, const char *name, const char *value)
{
  g_autofree char *found = answer_dup_header (answer, name);

  g_assert_cmpstr (found, ==, value);
}

static void
test_hook (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;
  gsize length = 0;
  const char *body = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  answer = fixture_ask (&fixture, "POST", "/change_hook/github/?a=%20b",
                        "X-Twice: 1\r\nX-Twice: 2\r\n", "{\"x\": 1}");
  assert_status (answer, 202);
  g_assert_cmpstr (answer_get_body (answer), ==, "1 change\n");
  assert_header (answer, "X-Content-Type-Options", "nosniff");
  assert_header (answer, "Server", NULL);
  g_assert_cmpstr (fixture.hook_name, ==, "github");
  g_assert_cmpstr (belfry_request_get_path (fixture.hook_request), ==, "/change_hook/github/");
  g_assert_cmpstr (belfry_request_get_query (fixture.hook_request), ==, "a=%20b");
  g_assert_cmpuint (belfry_request_count_header (fixture.hook_request, "x-twice"), ==, 2);
  g_assert_cmpstr (belfry_request_get_address (fixture.hook_request), ==, "127.0.0.1");
  body = g_bytes_get_data (belfry_request_get_body (fixture.hook_request), &length);
  g_assert_cmpmem (body, length, "{\"x\": 1}", 8);
  fixture_tear_down (&fixture);
}

static void
test_hook_paths (void)
{
  static const struct {
    const char *path;
    guint status;
  } cases[] = {
    { "/change_hook", 202 },           { "/change_hook/", 202 },
    { "/change_hook/none", 404 },      { "/change_hook/github/x", 404 },
    { "/change_hook/git%20hub", 404 }, { "/change_hook/github//", 404 },
    { "/change_hooks", 405 },
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = fixture_ask (&fixture, "POST", cases[i].path, NULL, "x");

    g_test_message ("%s", cases[i].path);
    assert_status (answer, cases[i].status);
  }
  g_assert_cmpuint (fixture.n_hooks, ==, 2);
  fixture_tear_down (&fixture);
}

static void
test_keep_alive (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  answer =
      fixture_talk (&fixture, "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
                              "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb"
                              "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  g_assert_cmpuint (fixture.n_hooks, ==, 2);
  g_assert_nonnull (g_strrstr (answer, "ok\n"));
  fixture_tear_down (&fixture);
}

static void
test_large_bodies (void)
{
  static const struct {
    const char *path;
    gsize bytes;
    gboolean is_chunked;
    guint status;
  } cases[] = {
    { "/change_hook/github", 100000, FALSE, 202 },   { "/change_hook/github", 100001, FALSE, 413 },
    { "/change_hook/github", 50000000, FALSE, 413 }, { "/change_hook/github", 100000, TRUE, 202 },
    { "/change_hook/github", 300000, TRUE, 413 },    { "/builders/a/force", 5000, FALSE, 413 },
    { "/builders/a/force", 5000, TRUE, 413 },        { "/change_hook/none", 10000, FALSE, 404 },
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "\nmax-body=2048", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *body = g_strnfill (MIN (cases[i].bytes, 400000), 'x');
    g_autofree char *head =
        cases[i].is_chunked
            ? g_strdup_printf ("Transfer-Encoding: chunked\r\n\r\n%zx\r\n", cases[i].bytes)
            : g_strdup_printf ("Content-Length: %zu\r\n\r\n", cases[i].bytes);
    g_autofree char *request =
        g_strdup_printf ("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s%s",
                         cases[i].path, head, body, cases[i].is_chunked ? "\r\n0\r\n\r\n" : "");
    g_autofree char *answer = fixture_talk (&fixture, request);

    g_test_message ("%zu", i);
    assert_status (answer, cases[i].status);
  }
  g_assert_cmpuint (fixture.n_hooks, ==, 2);
  g_assert_cmpuint (((BelfryListener *)fixture.www->listeners->pdata[0])->unverified_bytes, ==, 0);
  fixture_tear_down (&fixture);
}

/* whether a file of the fixture's that has no name is mapped */
static gboolean
is_spooled (Fixture *fixture)
{
  g_autofree char *maps = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (strstr (*line, fixture->folder) != NULL && strstr (*line, "(deleted)") != NULL)
      return TRUE;
  return FALSE;
}

static void
test_spooled_bodies (void)
{
  static const struct {
    gsize bytes;
    gboolean is_chunked;
    gboolean is_spooled;
  } cases[] = {
    { 1024 * 1024, FALSE, FALSE },
    { 3 * 1024 * 1024 + 7, FALSE, TRUE },
    { 3 * 1024 * 1024 + 7, TRUE, TRUE },
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *body = g_malloc (cases[i].bytes + 1);
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;
    gsize length = 0;
    const char *got = NULL;

    for (gsize at = 0; at < cases[i].bytes; at++)
      body[at] = "0123456789abcdefghijklmnopqrstuvw"[at % 33];
    body[cases[i].bytes] = '\0';
    request = cases[i].is_chunked
                  ? g_strdup_printf ("POST /change_hook/large HTTP/1.1\r\nHost: x\r\n"
                                     "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "%zx\r\n%s\r\n0\r\n\r\n",
                                     cases[i].bytes, body)
                  : g_strdup_printf ("POST /change_hook/large HTTP/1.1\r\nHost: x\r\n"
                                     "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                                     cases[i].bytes, body);
    answer = fixture_talk (&fixture, request);
    assert_status (answer, 202);
    got = g_bytes_get_data (belfry_request_get_body (fixture.hook_request), &length);
    g_assert_cmpuint (length, ==, cases[i].bytes);
    g_assert_true (memcmp (got, body, length) == 0);
    g_assert_true (is_spooled (&fixture) == cases[i].is_spooled);
  }
  g_clear_pointer (&fixture.hook_request, belfry_request_unref);
  g_assert_false (is_spooled (&fixture));
  fixture_tear_down (&fixture);
}

static void
test_bad_shapes (void)
{
  g_autofree char *url = g_strnfill (9000, 'u');
  g_autofree char *long_url = g_strdup_printf ("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", url);
  g_autofree char *long_body_url =
      g_strdup_printf ("POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", url);
  g_autoptr (GString) many = g_string_new ("GET / HTTP/1.1\r\nHost: x\r\n");
  g_autofree char *big = g_strnfill (100000, 'h');
  g_autofree char *big_header =
      g_strdup_printf ("GET / HTTP/1.1\r\nHost: x\r\nX-Big: %s\r\n\r\n", big);
  const struct {
    const char *request;
    guint status;
  } cases[] = {
    { long_url, 414 },
    { long_body_url, 414 },
    { "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      400 },
    { "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      400 },
    { "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 },
    { "GET / HTTP/1.1\r\n\r\n", 400 },
    { "garbage\r\n\r\n", 400 },
    { many->str, 431 },
    { big_header, 400 },
  };
  Fixture fixture;

  for (guint i = 0; i < 150; i++)
    g_string_append_printf (many, "X-%u: y\r\n", i);
  g_string_append (many, "\r\n");
  fixture_set_up (&fixture, LOCAL "\nrequest-timeout=2s", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = fixture_talk (&fixture, i == 7 ? many->str : cases[i].request);

    g_test_message ("%zu", i);
    if (i == 8 && *answer == '\0')
      continue; /* closed without a word */
    assert_status (answer, cases[i].status);
  }
  g_assert_cmpuint (fixture.n_hooks, ==, 0);
  fixture_tear_down (&fixture);
}

static void
test_slow_clients (void)
{
  static const char *const starts[] = {
    "",
    "GET / HT",
    "GET / HTTP/1.1\r\nHost: x\r\n",
    "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "\nrequest-timeout=200ms", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autofree char *answer = fixture_talk (&fixture, starts[i]);

    g_test_message ("%zu", i);
    g_assert_cmpuint (answer_get_status (answer), ==, i == 4 ? 200 : 0);
  }
  g_assert_cmpuint (fixture.n_hooks, ==, 0);
  fixture_tear_down (&fixture);
}

static void
test_slow_hook_is_no_slow_client (void)
{
  Fixture fixture;
  Client *client = NULL;
  gint64 until = 0;

  fixture_set_up (&fixture, LOCAL "\nrequest-timeout=200ms", NULL);
  fixture.hold_hooks = TRUE;
  client = client_new (&fixture,
                       "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", TRUE);
  fixture_wait (fixture.held_hook != NULL);
  until = g_get_monotonic_time () + 600000;
  fixture_wait (g_get_monotonic_time () > until);
  g_assert_false (client_is_closed (client));
  g_task_return_pointer (fixture.held_hook, belfry_response_new_text (200, NULL, "late"),
                         (GDestroyNotify)belfry_response_unref);
  g_clear_object (&fixture.held_hook);
  fixture_wait (client_has (client, "late"));
  client_free (client);
  fixture_tear_down (&fixture);
}

static void
test_client_leaves_during_hook (void)
{
  Fixture fixture;
  Client *client = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture.hold_hooks = TRUE;
  client = client_new (&fixture,
                       "POST /change_hook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", TRUE);
  fixture_wait (fixture.held_hook != NULL);
  client_free (client);
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  g_task_return_pointer (fixture.held_hook, belfry_response_new_text (200, NULL, "late"),
                         (GDestroyNotify)belfry_response_unref);
  g_clear_object (&fixture.held_hook);
  fixture_wait (g_queue_is_empty (&fixture.www->exchanges));
  fixture_tear_down (&fixture);
}

static void
test_connection_cap (void)
{
  Fixture fixture;
  Client *first = NULL;
  Client *second = NULL;
  g_autofree char *refused = NULL;
  g_autofree char *answer = NULL;
  BelfryListener *listener = NULL;

  fixture_set_up (&fixture, LOCAL "\nmax-connections=2", NULL);
  listener = fixture.www->listeners->pdata[0];
  first = client_new (&fixture, "GET", TRUE);
  second = client_new (&fixture, "GET", TRUE);
  fixture_wait (listener->connections.length == 2);
  refused = fixture_talk (&fixture, "");
  assert_status (refused, 503);
  assert_header (refused, "Retry-After", "5");
  client_free (first);
  client_free (second);
  fixture_wait (listener->connections.length == 0);
  answer = fixture_ask (&fixture, "GET", "/healthz", NULL, NULL);
  assert_status (answer, 200);
  fixture_tear_down (&fixture);
}

static void
test_page (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;
  g_autofree char *head = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *condition = NULL;
  g_autofree char *again = NULL;
  g_autofree char *policy = NULL;
  g_autofree char *after = NULL;
  g_autofree char *other = NULL;
  g_autofree char *length = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  answer = fixture_ask (&fixture, "GET", "/", NULL, NULL);
  assert_status (answer, 200);
  assert_header (answer, "Content-Type", "text/html; charset=utf-8");
  assert_header (answer, "Cache-Control", "no-cache");
  assert_header (answer, "Set-Cookie", NULL);
  g_assert_nonnull (
      strstr (answer, "<title>Carillon</title><a href=\"./\" aria-current>Home &lt;&amp;&gt;</a>"));
  g_assert_nonnull (strstr (answer, "root auto force=False"));
  policy = answer_dup_header (answer, "Content-Security-Policy");
  g_assert_true (g_str_has_prefix (policy, "default-src 'none'; script-src 'self'"));
  etag = answer_dup_header (answer, "ETag");
  g_assert_true (g_str_has_prefix (etag, "W/\""));
  head = fixture_ask (&fixture, "HEAD", "/", NULL, NULL);
  assert_status (head, 200);
  g_assert_cmpstr (answer_get_body (head), ==, "");
  length = answer_dup_header (answer, "Content-Length");
  assert_header (head, "Content-Length", length);
  assert_header (head, "ETag", etag);
  condition = g_strdup_printf ("If-None-Match: %s\r\n", etag);
  again = fixture_ask (&fixture, "GET", "/", condition, NULL);
  assert_status (again, 304);
  g_assert_cmpstr (answer_get_body (again), ==, "");
  assert_header (again, "ETag", etag);
  fixture_tell (&fixture, "host-started", BELFRY_NONE, BELFRY_NONE, 0);
  after = fixture_ask (&fixture, "GET", "/", condition, NULL);
  assert_status (after, 200);
  other = fixture_ask (&fixture, "GET", "/fresh", condition, NULL);
  assert_status (other, 200);
  assert_header (other, "ETag", NULL);
  fixture_tear_down (&fixture);
}

static void
test_page_errors (void)
{
  Fixture fixture;
  g_autofree char *missing = NULL;
  g_autofree char *fault = NULL;
  g_autofree char *json = NULL;
  g_autofree char *bad = NULL;
  g_autofree char *method = NULL;
  g_autofree char *builder = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  missing = fixture_ask (&fixture, "GET", "/nope", NULL, NULL);
  assert_status (missing, 404);
  g_assert_nonnull (strstr (missing, "<h1>404</h1>"));
  builder = fixture_ask (&fixture, "GET", "/builders/%3Cscript%3E", NULL, NULL);
  assert_status (builder, 404);
  g_assert_nonnull (strstr (builder, "&lt;script&gt;"));
  g_assert_null (strstr (builder, "<script>"));
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "request *: secret detail");
  fault = fixture_ask (&fixture, "GET", "/fault", NULL, NULL);
  g_test_assert_expected_messages ();
  assert_status (fault, 500);
  g_assert_null (strstr (fault, "secret detail"));
  json = fixture_ask (&fixture, "GET", "/json/none", NULL, NULL);
  assert_status (json, 404);
  g_assert_nonnull (strstr (json, "{\"error\""));
  bad = fixture_ask (&fixture, "GET", "/builders/%ff", NULL, NULL);
  assert_status (bad, 400);
  method = fixture_ask (&fixture, "DELETE", "/", NULL, NULL);
  assert_status (method, 405);
  assert_header (method, "Allow", "GET, HEAD");
  fixture_tear_down (&fixture);
}

static void
test_gzip (void)
{
  Fixture fixture;
  g_autofree char *plain = NULL;
  g_autofree char *packed = NULL;
  g_autofree char *small = NULL;
  g_autofree char *length = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  plain = fixture_ask (&fixture, "GET", "/long", NULL, NULL);
  assert_header (plain, "Content-Encoding", NULL);
  assert_header (plain, "Content-Length", "5000");
  packed = fixture_ask (&fixture, "GET", "/long", "Accept-Encoding: br, gzip\r\n", NULL);
  assert_header (packed, "Content-Encoding", "gzip");
  assert_header (packed, "Vary", "Cookie, Accept-Encoding, Accept-Language");
  length = answer_dup_header (packed, "Content-Length");
  g_assert_cmpuint (strlen (length), ==, 2);
  small = fixture_ask (&fixture, "GET", "/", "Accept-Encoding: gzip\r\n", NULL);
  assert_header (small, "Content-Encoding", NULL);
  fixture_tear_down (&fixture);
}

static void
test_files (void)
{
  Fixture fixture;
  g_autofree char *target = NULL;
  g_autofree char *link = NULL;
  g_autofree char *digest =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, "body { color: black }\n", -1);
  g_autofree char *hashed = g_strdup_printf ("/default.%.16s.css", digest);
  const struct {
    const char *path;
    guint status;
    const char *body; /* (nullable) */
  } cases[] = {
    { "/default.css", 200, "body { color: black }\n" },
    { "/buildbot.css", 200, "body { color: black }\n" },
    { hashed, 200, "body { color: black }\n" },
    { "/default.0123456789abcdef.css", 404, NULL },
    { "/robots.txt", 200, "User-agent: *\n" },
    { "/hello.txt", 200, "hello" },
    { "/sub/index.html", 200, "<p>sub" },
    { "/sub/", 200, "<p>sub" },
    { "/sub", 302, NULL },
    { "/empty/", 404, NULL },
    { "/.hidden", 404, NULL },
    { "/sub%2findex.html", 404, NULL },
    { "/leak.txt", 404, NULL },
    { "/leak/belfry.conf", 404, NULL },
  };

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture_write_file (&fixture, "state/public_html/hello.txt", "hello");
  fixture_write_file (&fixture, "state/public_html/.hidden", "hidden");
  fixture_write_file (&fixture, "state/public_html/sub/index.html", "<p>sub");
  fixture_write_file (&fixture, "state/public_html/empty/x", "");
  target = g_build_filename (fixture.folder, "belfry.conf", NULL);
  link = g_build_filename (fixture.folder, "state/public_html/leak.txt", NULL);
  g_assert_cmpint (symlink (target, link), ==, 0);
  link[strlen (link) - 4] = '\0';
  g_assert_cmpint (symlink (fixture.folder, link), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = fixture_ask (&fixture, "GET", cases[i].path, NULL, NULL);
    g_autofree char *etag = answer_dup_header (answer, "ETag");
    g_autofree char *condition =
        etag != NULL ? g_strdup_printf ("If-None-Match: %s\r\n", etag) : NULL;

    g_test_message ("%s", cases[i].path);
    assert_status (answer, cases[i].status);
    if (cases[i].body != NULL) {
      g_autofree char *again = fixture_ask (&fixture, "GET", cases[i].path, condition, NULL);

      g_assert_cmpstr (answer_get_body (answer), ==, cases[i].body);
      assert_status (again, 304);
    }
    if (g_str_equal (cases[i].path, hashed))
      assert_header (answer, "Cache-Control", "public, max-age=31536000, immutable");
  }
  fixture_tear_down (&fixture);
}

static void
test_file_ranges (void)
{
  Fixture fixture;
  g_autofree char *large = g_strnfill (3000000, 'L');
  g_autofree char *part = NULL;
  g_autofree char *beyond = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *piece = NULL;
  g_autofree char *head = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture_write_file (&fixture, "state/public_html/a.txt", "0123456789");
  fixture_write_file (&fixture, "state/public_html/large.bin", large);
  part = fixture_ask (&fixture, "GET", "/a.txt", "Range: bytes=2-4\r\n", NULL);
  assert_status (part, 206);
  assert_header (part, "Content-Range", "bytes 2-4/10");
  g_assert_cmpstr (answer_get_body (part), ==, "234");
  beyond = fixture_ask (&fixture, "GET", "/a.txt", "Range: bytes=20-\r\n", NULL);
  assert_status (beyond, 416);
  assert_header (beyond, "Content-Range", "bytes */10");
  whole = fixture_ask (&fixture, "GET", "/large.bin", NULL, NULL);
  assert_status (whole, 200);
  assert_header (whole, "Content-Length", "3000000");
  g_assert_cmpuint (strlen (answer_get_body (whole)), ==, 3000000);
  piece = fixture_ask (&fixture, "GET", "/large.bin", "Range: bytes=-700000\r\n", NULL);
  assert_status (piece, 206);
  g_assert_cmpuint (strlen (answer_get_body (piece)), ==, 700000);
  head = fixture_ask (&fixture, "HEAD", "/large.bin", NULL, NULL);
  assert_status (head, 200);
  assert_header (head, "Content-Length", "3000000");
  g_assert_cmpstr (answer_get_body (head), ==, "");
  fixture_tear_down (&fixture);
}

static void
test_templates (void)
{
  Fixture fixture;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *broken = NULL;
  g_autofree char *again = NULL;
  g_autofree char *mended = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  first = fixture_ask (&fixture, "GET", "/fresh", NULL, NULL);
  g_assert_nonnull (strstr (first, "root auto"));
  fixture_write_file (
      &fixture, "state/templates/root.html",
      "{% extends \"layout.html\" %}{% block content %}mine {{ \"<\" }}{% endblock %}");
  second = fixture_ask (&fixture, "GET", "/fresh", NULL, NULL);
  g_assert_nonnull (strstr (second, "mine &lt;"));
  fixture_write_file (&fixture, "state/templates/root.html",
                      "{% extends \"layout.html\" %}\n{% block content %}{% if %}");
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING,
                         "template override: root.html:2:*using the built-in page");
  broken = fixture_ask (&fixture, "GET", "/fresh", NULL, NULL);
  g_test_assert_expected_messages ();
  assert_status (broken, 200);
  g_assert_nonnull (strstr (broken, "root auto"));
  again = fixture_ask (&fixture, "GET", "/fresh", NULL, NULL);
  g_assert_nonnull (strstr (again, "root auto"));
  fixture_write_file (&fixture, "state/templates/root.html", "short");
  mended = fixture_ask (&fixture, "GET", "/fresh", NULL, NULL);
  g_assert_cmpstr (answer_get_body (mended), ==, "short");
  fixture_tear_down (&fixture);
}

static void
test_host_names (void)
{
  Fixture fixture;
  static const struct {
    const char *host;
    guint status;
  } cases[] = {
    { "ci.example.org", 200 }, { "CI.example.org:8080", 200 }, { "localhost", 200 },
    { "127.0.0.1:1", 200 },    { "evil.example", 421 },        { "inner", 200 },
  };

  fixture_set_up (&fixture, LOCAL "\nurl=https://ci.example.org/ci/\nallowed-hosts=inner", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *request =
        g_strdup_printf ("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", cases[i].host);
    g_autofree char *answer = fixture_talk (&fixture, request);

    assert_status (answer, cases[i].status);
  }
  fixture_tear_down (&fixture);
}

static void
test_unix_socket (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;
  g_autofree char *old = NULL;
  g_autofree char *path = NULL;
  struct stat info;

  fixture_set_up (&fixture, "trusted-proxies=unix", NULL);
  path = g_build_filename (fixture.folder, "run", "www.sock", NULL);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0660);
  answer = fixture_ask (&fixture, "POST", "/change_hook",
                        "X-Forwarded-For: 1.1.1.1, 198.51.100.7\r\n", "x");
  assert_status (answer, 202);
  g_assert_cmpstr (belfry_request_get_address (fixture.hook_request), ==, "198.51.100.7");
  old = fixture_talk (&fixture, "GET /healthz HTTP/1.0\r\n\r\n");
  assert_status (old, 200);
  fixture_tear_down (&fixture);
  g_assert_cmpint (stat (path, &info), !=, 0);
}

/* one listener more, beside those of listen and beside the one that is there without it */
static void
test_door (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) with_listen = NULL;
  g_autoptr (GPtrArray) alone = NULL;

  fixture_set_up (&fixture, LOCAL "\ndistrib-port=./door", NULL);
  with_listen = belfry_www_list_addresses (fixture.www);
  g_assert_cmpuint (with_listen->len, ==, 2);
  g_assert_true (g_str_has_suffix (with_listen->pdata[1], "/door"));
  fixture_apply (&fixture, "distrib-port=tcp:0:interface=127.0.0.1", NULL);
  alone = belfry_www_list_addresses (fixture.www);
  g_assert_cmpuint (alone->len, ==, 2);
  /* what was open stays open */
  g_assert_cmpstr (alone->pdata[0], ==, with_listen->pdata[0]);
  g_assert_true (g_str_has_suffix (alone->pdata[1], "/www.sock"));
  fixture_tear_down (&fixture);
}

static void
test_apply_again (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *blocked = NULL;
  g_autoptr (GError) error = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  before = belfry_www_list_addresses (fixture.www);
  fixture_apply (&fixture, LOCAL ";unix:x.sock:mode=600", NULL);
  after = belfry_www_list_addresses (fixture.www);
  g_assert_cmpuint (after->len, ==, 2);
  g_assert_cmpstr (before->pdata[0], ==, after->pdata[0]);
  /* a listener that cannot be opened changes nothing */
  fixture_write_file (&fixture, "file", "");
  blocked = g_strdup_printf ("listen=unix:%s/file", fixture.folder);
  g_clear_pointer (&after, g_ptr_array_unref);
  {
    BelfryConfig *config = belfry_config_ref (fixture.config);
    char *saved = ((BelfryWwwKeys *)config->www)->listen[0];

    ((BelfryWwwKeys *)config->www)->listen[0] = blocked + strlen ("listen=");
    g_assert_false (belfry_www_apply (fixture.www, config, fixture.views, &error));
    ((BelfryWwwKeys *)config->www)->listen[0] = saved;
    belfry_config_unref (config);
  }
  g_assert_nonnull (strstr (error->message, "no socket"));
  after = belfry_www_list_addresses (fixture.www);
  g_assert_cmpuint (after->len, ==, 2);
  answer = fixture_ask (&fixture, "GET", "/healthz", NULL, NULL);
  assert_status (answer, 200);
  fixture_tear_down (&fixture);
}

/* made for this test, for localhost, valid for a hundred years */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvK5SYKlHxltPL4+p\n"
                          "dOtXFIaQhK8Kdg7Bv2YiJNowYVGhRANCAAQsc732FK8qzfYrBtSgvWmsNUfgU+Ic\n"
                          "g2W0xpTwagvvuSbCq4B4Or0Jao6QZHo6Thy5WkDaGDE/FatUv3gVUCoI\n"
                          "-----END PRIVATE KEY-----\n"
                          "-----BEGIN CERTIFICATE-----\n"
                          "MIIBgDCCASWgAwIBAgIUOa5+Zj0c3hqurvl2EB6KDPqH3tgwCgYIKoZIzj0EAwIw\n"
                          "FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAyMjEzOVoYDzIxMjYxMDI4\n"
                          "MDIyMTM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
                          "PQMBBwNCAAQsc732FK8qzfYrBtSgvWmsNUfgU+Icg2W0xpTwagvvuSbCq4B4Or0J\n"
                          "ao6QZHo6Thy5WkDaGDE/FatUv3gVUCoIo1MwUTAdBgNVHQ4EFgQUpe5LDSTOk+dR\n"
                          "2Tu2B4V1s0+ytjUwHwYDVR0jBBgwFoAUpe5LDSTOk+dR2Tu2B4V1s0+ytjUwDwYD\n"
                          "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA67skmJCGyPwijiI1cdOB\n"
                          "0QFvwP9oRaJyWuS4CxbB8doCIQD1SlW9G3Q8jSPUr20/iZ05J9D0Wu4NuTd684oq\n"
                          "zMIF3g==\n"
                          "-----END CERTIFICATE-----\n";

static gboolean
accept_any (GTlsConnection *connection,
            GTlsCertificate *certificate,
            GTlsCertificateFlags errors,
            gpointer data)
{
  return TRUE;
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  GBytes **body = data;

  *body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);
}

static void
test_tls (void)
{
  Fixture fixture;
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (GPtrArray) addresses = NULL;
  g_autofree char *listen = NULL;
  g_autofree char *url = NULL;
  gsize length = 0;

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture_write_file (&fixture, "server.pem", pem);
  fixture_apply (&fixture, "listen=ssl:0:interface=127.0.0.1:certKey=server.pem", NULL);
  addresses = belfry_www_list_addresses (fixture.www);
  g_assert_true (g_str_has_prefix (addresses->pdata[0], "https://127.0.0.1:"));
  url = g_strconcat (addresses->pdata[0], "healthz", NULL);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
    g_autoptr (GBytes) body = NULL;

    g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_any), NULL);
    soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_sent, &body);
    fixture_wait (body != NULL);
    g_assert_cmpuint (soup_message_get_status (message), ==, 200);
    g_assert_cmpmem (g_bytes_get_data (body, &length), g_bytes_get_size (body), "ok\n", 3);
  }
  soup_session_abort (session);
  fixture_tear_down (&fixture);
}

static void
test_health (void)
{
  Fixture fixture;
  g_autofree char *health = NULL;
  g_autofree char *ready = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  health = fixture_ask (&fixture, "GET", "/healthz", NULL, NULL);
  assert_status (health, 200);
  ready = fixture_ask (&fixture, "GET", "/readyz", NULL, NULL);
  assert_status (ready, 200);
  fixture_tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/hook/request", test_hook);
  g_test_add_func ("/www/hook/paths", test_hook_paths);
  g_test_add_func ("/www/hook/keep-alive", test_keep_alive);
  g_test_add_func ("/www/hook/slow-hook-is-no-slow-client", test_slow_hook_is_no_slow_client);
  g_test_add_func ("/www/hook/client-leaves", test_client_leaves_during_hook);
  g_test_add_func ("/www/limits/large-bodies", test_large_bodies);
  g_test_add_func ("/www/limits/bad-shapes", test_bad_shapes);
  g_test_add_func ("/www/limits/spooled-bodies", test_spooled_bodies);
  g_test_add_func ("/www/limits/slow-clients", test_slow_clients);
  g_test_add_func ("/www/limits/connection-cap", test_connection_cap);
  g_test_add_func ("/www/pages/page", test_page);
  g_test_add_func ("/www/pages/errors", test_page_errors);
  g_test_add_func ("/www/pages/gzip", test_gzip);
  g_test_add_func ("/www/pages/templates", test_templates);
  g_test_add_func ("/www/pages/host-names", test_host_names);
  g_test_add_func ("/www/files/paths", test_files);
  g_test_add_func ("/www/files/ranges", test_file_ranges);
  g_test_add_func ("/www/listeners/tls", test_tls);
  g_test_add_func ("/www/listeners/unix", test_unix_socket);
  g_test_add_func ("/www/listeners/apply-again", test_apply_again);
  g_test_add_func ("/www/listeners/door", test_door);
  g_test_add_func ("/www/health/answers", test_health);
  return g_test_run ();
}
