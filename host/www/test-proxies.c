/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What proxies say of how these pages are called outside. */
#include "www/test-fixture.h"

#define LOCAL "listen=tcp:0:interface=127.0.0.1"

static void
assert_status (const char *answer, guint status)
{
  if (answer_get_status (answer) != status)
    g_test_message ("%s", answer);
  g_assert_cmpuint (answer_get_status (answer), ==, status);
}

/* under which name a page was asked for is a proxy's word only where it is trusted */
static void
test_forwarded_names (void)
{
  static const struct {
    const char *trusted;
    const char *host;
    const char *headers;
    guint status;
  } cases[] = {
    { "127.0.0.1", "inside", "X-Forwarded-Host: ci.example.org\r\n", 200 },
    { "127.0.0.1", "inside", "Forwarded: for=1.1.1.1;host=\"ci.example.org\"\r\n", 200 },
    { "127.0.0.1", "inside", "X-Forwarded-Host: evil.example, ci.example.org\r\n", 200 },
    { "127.0.0.1", "inside", "X-Forwarded-Host: ci.example.org, evil.example\r\n", 421 },
    { "127.0.0.1", "ci.example.org", "X-Forwarded-Host: evil.example\r\n", 421 },
    { "127.0.0.1", "ci.example.org", "", 200 },
    { "192.0.2.1", "inside", "X-Forwarded-Host: ci.example.org\r\n", 421 },
    { "192.0.2.1", "inside", "Forwarded: host=ci.example.org\r\n", 421 },
    { "192.0.2.1", "ci.example.org", "X-Forwarded-Host: evil.example\r\n", 200 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture fixture;
    g_autofree char *section = g_strdup_printf (
        LOCAL "\nurl=https://ci.example.org/\ntrusted-proxies=%s", cases[i].trusted);
    g_autofree char *request =
        g_strdup_printf ("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", cases[i].host,
                         cases[i].headers);
    g_autofree char *answer = NULL;

    fixture_set_up (&fixture, section, NULL);
    answer = fixture_talk (&fixture, request);
    g_test_message ("%zu", i);
    assert_status (answer, cases[i].status);
    fixture_tear_down (&fixture);
  }
}

/* without url= a trusted proxy says how browsers came and where these pages begin */
static void
test_forwarded_place (void)
{
  static const struct {
    const char *trusted;
    const char *headers;
    const char *cookie;
  } cases[] = {
    { "unix", "X-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /ci\r\n",
      "Path=/ci/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure" },
    { "unix", "Forwarded: for=1.1.1.1;proto=https\r\n",
      "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure" },
    { "unix", "X-Forwarded-Prefix: //evil\r\n",
      "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" },
    { "unix", "X-Forwarded-Prefix: /a; Domain=b\r\n",
      "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" },
    { "192.0.2.1", "X-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /ci\r\n",
      "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture fixture;
    g_autofree char *section = g_strdup_printf ("trusted-proxies=%s", cases[i].trusted);
    g_autofree char *answer = NULL;
    g_autofree char *cookie = NULL;
    g_autofree char *wanted = g_strdup_printf ("belfry_theme=dark; %s", cases[i].cookie);

    fixture_set_up (&fixture, section, NULL);
    answer = fixture_ask (&fixture, "POST", "/theme?theme=dark", cases[i].headers, "");
    cookie = answer_dup_header (answer, "Set-Cookie");
    g_test_message ("%zu: %.60s", i, answer);
    g_assert_cmpstr (cookie, ==, wanted);
    fixture_tear_down (&fixture);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/proxies/names", test_forwarded_names);
  g_test_add_func ("/www/proxies/place", test_forwarded_place);
  return g_test_run ();
}
