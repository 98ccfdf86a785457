/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#define PATH "/change_hook/poller"
#define FORM "Content-Type: application/x-www-form-urlencoded"

static BelfryTranslation *
ask (const char *keys, const char *path_query, const char *headers, const char *body)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("poller", keys);
  g_autoptr (BelfryRequest) request = belfry_hook_test_post (path_query, headers, body);

  return belfry_test_translate (test, request);
}

static void
test_names (void)
{
  static const struct {
    const char *path_query;
    const char *headers;
    const char *body;
    const char *names; /* NULL: all */
  } cases[] = {
    { PATH, FORM, "poller=a", "a" },
    { PATH, FORM, "poller=a&poller=b;poller=a", "a|b|a" },
    { PATH, FORM, "poller=https%3A%2F%2Fgit.example%2Fa+b", "https://git.example/a b" },
    { PATH, FORM, "poller=A&other=b", "A" },
    { PATH, FORM, "poller=", "" },
    { PATH, FORM, "poller", NULL },
    { PATH, FORM, "other=a", NULL },
    { PATH, FORM, "", NULL },
    { PATH "?poller=a", "", "", "a" },
    { PATH "?poller=a", FORM, "poller=b", "b" },
    { PATH, "Content-Type: application/json", "{\"poller\": \"a\"}", NULL },
    { PATH, "", "\x01\x02", NULL },
    { PATH, "Content-Type: multipart/form-data; boundary=x",
      "--x\r\nContent-Disposition: form-data; name=\"poller\"\r\n\r\na\r\n--x--\r\n", "a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation =
        ask (NULL, cases[i].path_query, cases[i].headers, cases[i].body);
    g_autofree char *names =
        translation->pollers != NULL ? g_strjoinv ("|", translation->pollers) : NULL;

    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_POLL);
    g_assert_cmpstr (names, ==, cases[i].names);
    g_assert_null (translation->allowed);
  }
}

/* an empty list allows none, which is not the same as no list */
static void
test_allowed (void)
{
  g_autoptr (BelfryTranslation) some =
      ask ("allowed=a;https://git.example/b", PATH, FORM, "poller=c");
  g_autoptr (BelfryTranslation) none = ask ("allowed=", PATH, FORM, "");

  g_assert_cmpuint (g_strv_length (some->allowed), ==, 2);
  g_assert_cmpstr (some->allowed[1], ==, "https://git.example/b");
  g_assert_nonnull (none->allowed);
  g_assert_null (none->allowed[0]);
  g_assert_null (none->pollers);
}

static void
test_malformed (void)
{
  g_auto (GStrv) words = g_new0 (char *, 100001);
  g_autofree char *many = NULL;
  const char *bodies[] = { "poller=%ff", "poller=%00", NULL };

  for (guint i = 0; i < 100000; i++)
    words[i] = g_strdup ("poller=a");
  bodies[2] = many = g_strjoinv ("&", words);

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (BelfryTranslation) translation = ask (NULL, PATH, FORM, bodies[i]);

    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  }
}

static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("poller", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_true (g_strv_contains (plugin->methods, "GET"));
  g_assert_false (g_strv_contains (plugin->methods, "HEAD"));
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_BEARER);
  g_assert_true (plugin->no_digest);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/poller/allowed", test_allowed);
  g_test_add_func ("/poller/malformed", test_malformed);
  g_test_add_func ("/poller/names", test_names);
  g_test_add_func ("/poller/plugin/descriptor", test_descriptor);
  return g_test_run ();
}
