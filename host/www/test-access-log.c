/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* http.log: its line, what is kept out of it, how files turn over, and a disk that is full. */
#include "www/test-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOCAL "listen=tcp:0:interface=127.0.0.1\n"

static char *
dup_log (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, "state", name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

static guint
count_lines (Fixture *fixture, const char *name)
{
  g_autofree char *text = dup_log (fixture, name);
  guint n_lines = 0;

  for (const char *at = text; *at != '\0'; at++)
    n_lines += *at == '\n';
  return n_lines;
}

static gboolean
log_has (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *log = dup_log (fixture, name);

  return strstr (log, text) != NULL;
}

static void
ask (Fixture *fixture, const char *path, const char *more)
{
  g_autofree char *answer = fixture_ask (fixture, "GET", path, more, NULL);

  g_assert_cmpuint (answer_get_status (answer), >=, 200);
}

static void
assert_line (Fixture *fixture, const char *pattern)
{
  g_autofree char *text = dup_log (fixture, "http.log");
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) regex = belfry_regex_new (pattern, &error);

  g_assert_no_error (error);
  g_test_message ("%s", text);
  g_assert_true (belfry_regex_search (regex, text));
}

/* one line, field by field, readable by the owner and the group */
static void
test_line (void)
{
  Fixture fixture;
  g_autofree char *path = NULL;
  struct stat info;

  umask (077);
  fixture_set_up (&fixture, LOCAL, NULL);
  ask (&fixture, "/healthz?a=1&b=%20", "Referer: http://h/x\r\nUser-Agent: Probe/1.0 (x)\r\n");
  fixture_wait (count_lines (&fixture, "http.log") == 1);
  assert_line (&fixture, "^\"127\\.0\\.0\\.1\" - - \\[\\d\\d/[A-Z][a-z][a-z]/\\d{4}:\\d\\d:\\d\\d:"
                         "\\d\\d \\+0000\\] \"GET /healthz\\?a=1&b=%20 HTTP/1\\.1\" 200 3 "
                         "\"http://h/x\" \"Probe/1\\.0 \\(x\\)\"\n$");
  path = g_build_filename (fixture.folder, "state", "http.log", NULL);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0640);
  fixture_tear_down (&fixture);
}

/* nothing sent, nothing said: `-` */
static void
test_absent (void)
{
  Fixture fixture;
  g_autofree char *answer = NULL;

  fixture_set_up (&fixture, LOCAL "log-quote-address=false", NULL);
  answer = fixture_ask (&fixture, "HEAD", "/healthz", NULL, NULL);
  fixture_wait (count_lines (&fixture, "http.log") == 1);
  assert_line (&fixture,
               "^127\\.0\\.0\\.1 - - \\[[^]]+\\] \"HEAD /healthz HTTP/1\\.1\" 200 - \"-\" "
               "\"-\"\n$");
  fixture_tear_down (&fixture);
}

static void
test_forged (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL, NULL);
  ask (&fixture, "/healthz?x=%0a%22",
       "Referer: a\" \\ 200\r\nUser-Agent: \x1b]0;title\x07\xc3\xa9\" 500\r\n");
  fixture_wait (count_lines (&fixture, "http.log") == 1);
  assert_line (&fixture, "\"GET /healthz\\?x=%0[aA]%22 HTTP/1\\.1\" 200 3 \"a\\\\\" \\\\\\\\ 200\" "
                         "\"\\\\x1b\\]0;title\\\\x07\\\\xc3\\\\xa9\\\\\" 500\"\n$");
  fixture_tear_down (&fixture);
}

static const struct {
  const char *text;
  const char *shown;
} censored[] = {
  { "/a?b=1", "/a?b=1" },
  { "/a?token=1&b=2", "/a?token=***&b=2" },
  { "/a?b=2&PassWd=x=y", "/a?b=2&PassWd=***" },
  { "/a?%74oken=1", "/a?%74oken=***" },
  { "/a?password=&secret=x&csrf=y", "/a?password=***&secret=***&csrf=***" },
  { "/a?tokens=1&token", "/a?tokens=1&token" },
  { "http://u:p@h/x?secret=1#f", "http://***@h/x?secret=***#f" },
  { "http://u:p@q@h", "http://***@h" },
  { "http://h/a@b", "http://h/a@b" },
  { "/x?u=http://a@b/", "/x?u=http://a@b/" },
  { "", "" },
  { "?", "?" },
};

static void
test_secrets (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (censored); i++) {
    g_autofree char *shown = belfry_access_log_censor (censored[i].text);

    g_assert_cmpstr (shown, ==, censored[i].shown);
  }
}

/* Each file ends once it has its length; the oldest goes; nothing is lost on the way. */
static void
test_rotation (void)
{
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL "rotate-length=100B\nmax-rotated-files=2", NULL);
  for (int i = 0; i < 10; i++) {
    g_autofree char *path = g_strdup_printf ("/healthz?n=%d&filler=aaaaaaaaaaaaaaaaaaaaaaaa", i);

    ask (&fixture, path, NULL);
  }
  fixture_wait (log_has (&fixture, "http.log", "n=9&"));
  g_assert_cmpuint (count_lines (&fixture, "http.log"), ==, 1);
  g_assert_cmpuint (count_lines (&fixture, "http.log.1"), ==, 1);
  g_assert_cmpuint (count_lines (&fixture, "http.log.2"), ==, 1);
  g_assert_cmpuint (count_lines (&fixture, "http.log.3"), ==, 0);
  g_assert_true (log_has (&fixture, "http.log.2", "n=7&"));
  fixture_tear_down (&fixture);
}

/* Somebody else moves the file away and reloads: lines go on in a new one. */
static void
test_reopened (void)
{
  Fixture fixture;
  g_autofree char *path = NULL;
  g_autofree char *away = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  ask (&fixture, "/healthz", NULL);
  fixture_wait (count_lines (&fixture, "http.log") == 1);
  path = g_build_filename (fixture.folder, "state", "http.log", NULL);
  away = g_build_filename (fixture.folder, "state", "away", NULL);
  g_assert_cmpint (g_rename (path, away), ==, 0);
  fixture_apply (&fixture, LOCAL, NULL);
  ask (&fixture, "/healthz", NULL);
  fixture_wait (count_lines (&fixture, "http.log") == 1);
  g_assert_cmpuint (count_lines (&fixture, "away"), ==, 1);
  fixture_tear_down (&fixture);
}

/* that a reader left shows when something is told */
static gboolean
tell_and_look (Fixture *fixture)
{
  fixture_tell (fixture, "builder-state", 1, BELFRY_NONE, 1);
  return count_lines (fixture, "http.log") == 1;
}

/* A stream is told of when its reader leaves, by what it was answered. */
static void
test_left (void)
{
  Fixture fixture;
  Client *client = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture_add_builder (&fixture, 1, "b1");
  client = client_new (&fixture, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", TRUE);
  fixture_wait (client_has (client, "200 OK"));
  g_assert_cmpuint (count_lines (&fixture, "http.log"), ==, 0);
  client_free (client);
  fixture_wait (tell_and_look (&fixture));
  assert_line (&fixture, "\"GET /events HTTP/1\\.1\" 200 ");
  fixture_tear_down (&fixture);
}

/* an empty name: no file */
static void
test_none (void)
{
  Fixture fixture;
  g_autofree char *path = NULL;

  fixture_set_up (&fixture, LOCAL "log-file=", NULL);
  ask (&fixture, "/healthz", NULL);
  path = g_build_filename (fixture.folder, "state", "http.log", NULL);
  fixture_tear_down (&fixture);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Requests go on, and it is told of once. */
static void
test_full (void)
{
  Fixture fixture;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*requests go on without it*");
    g_test_trap_assert_stderr_unmatched ("*requests go on*requests go on*");
    return;
  }
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  fixture_set_up (&fixture, LOCAL "log-file=/dev/full", NULL);
  ask (&fixture, "/healthz", NULL);
  ask (&fixture, "/healthz", NULL);
  fixture_tear_down (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-log/line", test_line);
  g_test_add_func ("/http-log/absent", test_absent);
  g_test_add_func ("/http-log/forged", test_forged);
  g_test_add_func ("/http-log/secrets", test_secrets);
  g_test_add_func ("/http-log/rotation", test_rotation);
  g_test_add_func ("/http-log/reopened", test_reopened);
  g_test_add_func ("/http-log/left", test_left);
  g_test_add_func ("/http-log/none", test_none);
  g_test_add_func ("/http-log/full", test_full);
  return g_test_run ();
}
