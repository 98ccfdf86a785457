/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which deliveries are asked for again, and which webhooks can be named. What is sent and what
 * comes of it is tried with the whole daemon. */
#include "github.h"
#include "hook-test.h"

#include <string.h>

#define API "https://api.example"
#define NOW "2024-05-06T12:00:00Z"

static BelfryGithubPage
read_page (const char *json, guint status, const char *since, GArray *failed)
{
  g_autofree char *text = g_strdelimit (g_strdup (json), "'", '"');
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (status, body);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gint64 since_us = 0;

  g_assert_true (belfry_time_parse (since, &since_us, NULL));
  return belfry_github_read_deliveries (answer, since_us, seen, failed);
}

#define ATTEMPT(id, guid, status)                                                                  \
  "{'id': " id ", 'guid': '" guid                                                                  \
  "', 'delivered_at': '2024-05-06T11:00:00Z', 'status_code': " status "}"

static void
test_failed (void)
{
  static const struct {
    const char *status;
    gboolean failed;
  } cases[] = {
    { "0", TRUE },    { "500", TRUE },  { "502", TRUE },  { "503", TRUE },  { "504", TRUE },
    { "429", TRUE },  { "200", FALSE }, { "202", FALSE }, { "400", FALSE }, { "401", FALSE },
    { "404", FALSE }, { "409", FALSE }, { "413", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) failed = g_array_new (FALSE, FALSE, sizeof (gint64));
    g_autofree char *json = g_strdup_printf (
        "[{'id': 7, 'guid': 'g', 'delivered_at': '2024-05-06T11:00:00Z', 'status_code': %s}]",
        cases[i].status);

    g_assert_cmpint (read_page (json, 200, "2024-05-05", failed), ==, BELFRY_GITHUB_PAGE_MORE);
    g_assert_cmpuint (failed->len, ==, cases[i].failed ? 1 : 0);
  }
}

static void
test_newest_attempt_decides (void)
{
  g_autoptr (GArray) failed = g_array_new (FALSE, FALSE, sizeof (gint64));

  read_page (
      "[" ATTEMPT ("9", "later-well", "202") "," ATTEMPT ("8", "still-ill", "500") "," ATTEMPT (
          "7", "later-well", "0") "," ATTEMPT ("6", "still-ill", "0") "]",
      200, "2024-05-05", failed);
  g_assert_cmpuint (failed->len, ==, 1);
  g_assert_cmpint (g_array_index (failed, gint64, 0), ==, 8);
}

static void
test_too_old (void)
{
  g_autoptr (GArray) failed = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_assert_cmpint (read_page ("[" ATTEMPT ("9", "a", "0") "]", 200, NOW, failed), ==,
                   BELFRY_GITHUB_PAGE_LAST);
  g_assert_cmpuint (failed->len, ==, 0);
}

static void
test_not_understood (void)
{
  static const char *const pages[] = {
    "",
    "{}",
    "[7]",
    "[{}]",
    "[{'id': '7', 'guid': 'g', 'delivered_at': '2024-05-06T11:00:00Z', 'status_code': 0}]",
    "[{'id': -7, 'guid': 'g', 'delivered_at': '2024-05-06T11:00:00Z', 'status_code': 0}]",
    "[{'id': 7, 'guid': null, 'delivered_at': '2024-05-06T11:00:00Z', 'status_code': 0}]",
    "[{'id': 7, 'guid': 'g', 'delivered_at': 'soon', 'status_code': 0}]",
    "[{'id': 7, 'guid': 'g', 'delivered_at': '2024-05-06T11:00:00Z'}]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autoptr (GArray) failed = g_array_new (FALSE, FALSE, sizeof (gint64));

    g_assert_cmpint (read_page (pages[i], 200, "2024-05-05", failed), ==, BELFRY_GITHUB_PAGE_WRONG);
    g_assert_cmpuint (failed->len, ==, 0);
  }
}

static void
test_webhooks (void)
{
  static const struct {
    const char *webhook;
    const char *url;
  } cases[] = {
    { "acme/widget/7", API "/repos/acme/widget/hooks/7/deliveries" },
    { "acme/7", API "/orgs/acme/hooks/7/deliveries" },
    { "acme/wid.get_-/123456789", API "/repos/acme/wid.get_-/hooks/123456789/deliveries" },
    { "acme", NULL },
    { "7", NULL },
    { "acme/widget", NULL },
    { "acme/widget/0", NULL },
    { "acme/widget/7/8", NULL },
    { "acme/../7", NULL },
    { "/widget/7", NULL },
    { "ac me/widget/7", NULL },
    { "acme/widget?x=/7", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *url = belfry_github_dup_webhook_url (API, cases[i].webhook);

    g_assert_cmpstr (url, ==, cases[i].url);
  }
}

static void
test_options (void)
{
  static const struct {
    const char *keys;
    const char *problem; /* NULL: none */
  } cases[] = {
    { "", NULL },
    { "catch-up=off", NULL },
    { "catch-up=on\ncatch-up-webhooks=acme/widget/7\ntoken=plain:t", NULL },
    { "catch-up=on\ntoken=plain:t", "must say which" },
    { "catch-up=tell\ncatch-up-webhooks=acme/7", "only with a token" },
    { "catch-up=tell\ncatch-up-webhooks=acme\ntoken=plain:t", "'acme' is neither" },
    { "catch-up=soon", "catch-up" },
    { "catch-up-age=4d", "catch-up-age" },
    { "catch-up-limit=0", "catch-up-limit" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = belfry_hook_test_dup_problems ("github", cases[i].keys);

    if (cases[i].problem == NULL)
      g_assert_cmpstr (problems, ==, "");
    else
      g_assert_nonnull (strstr (problems, cases[i].problem));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/github/catch-up/failed", test_failed);
  g_test_add_func ("/github/catch-up/newest-attempt-decides", test_newest_attempt_decides);
  g_test_add_func ("/github/catch-up/too-old", test_too_old);
  g_test_add_func ("/github/catch-up/not-understood", test_not_understood);
  g_test_add_func ("/github/catch-up/webhooks", test_webhooks);
  g_test_add_func ("/github/catch-up/options", test_options);
  return g_test_run ();
}
