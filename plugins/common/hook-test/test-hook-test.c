/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever judges others is looked at first: edits that edit, an API that answers nothing unasked.
 */
#include "hook-test.h"

#include <string.h>

static const char payload[] =
    "{'action': 'opened', 'number': 7, 'sender': {'login': 'ada'},"
    " 'repository': {'full_name': 'acme/w', 'html_url': 'https://x.example/acme/w'},"
    " 'pull_request': {'base': {'ref': 'main', 'repo': {'full_name': 'acme/w'}}, 'commits': 1,"
    " 'title': 't', 'body': 'b', 'created_at': '2023-03-04T05:06:07Z', 'head': {'sha': 'abc'},"
    " '_links': {'html': {'href': 'https://x.example/7'}}}}";
static const char headers[] = "Content-Type: application/json\nX-GitHub-Event: pull_request";
static const char keys[] = "github-api-endpoint=" BELFRY_HOOK_TEST_API;

static void
test_edit (void)
{
  g_autofree char *changed = belfry_hook_test_edit ("{'a': {'b': 1, 'c': 2}}", "a.b", "[3]");
  g_autofree char *removed = belfry_hook_test_edit ("{'a': {'b': 1, 'c': 2}}", "a.b", NULL);
  g_autoptr (JsonNode) left = belfry_json_parse (changed, -1, NULL, NULL);
  g_autoptr (JsonNode) right = belfry_json_parse (removed, -1, NULL, NULL);

  g_assert_true (JSON_NODE_HOLDS_ARRAY (belfry_json_lookup (left, "a.b")));
  g_assert_null (belfry_json_lookup (right, "a.b"));
  g_assert_nonnull (belfry_json_lookup (right, "a.c"));
}

static BelfryTranslation *
settle (BelfryTest *test, GError **error)
{
  g_autofree char *body = belfry_hook_test_edit (payload, "number", "7");
  g_autoptr (BelfryRequest) request = belfry_hook_test_post ("/change_hook/github", headers, body);

  return belfry_test_settle (test, request, error);
}

/* what has no answer is 404, so that a question to another path leaves the files unknown */
static void
test_strict (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", keys);
  g_autoptr (BelfryTranslation) translation = NULL;
  GPtrArray *asked = NULL;

  belfry_hook_test_answer (test, "/repos/acme/other/pulls/7/files", 200, "[{\"filename\": \"a\"}]");
  translation = settle (test, NULL);
  asked = belfry_test_get_asked (test);
  g_assert_true (belfry_test_only_change (translation)->files_unknown);
  g_assert_cmpuint (asked->len, ==, 2);
  g_assert_nonnull (strstr (g_ptr_array_index (asked, 0), "/repos/acme/w/commits/abc"));
  g_assert_nonnull (strstr (g_ptr_array_index (asked, 1), "/repos/acme/w/pulls/7/files"));
}

static void
test_broken (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("github", keys);
  g_autoptr (GError) error = NULL;

  belfry_hook_test_break (test, BELFRY_TEST_FAULT_CLOSED);
  g_assert_null (settle (test, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
}

static void
test_problems (void)
{
  g_autofree char *none = belfry_test_dup_problems ("hook/github", keys);
  g_autofree char *some = belfry_test_dup_problems ("hook/github", "skips=(");

  g_assert_cmpstr (none, ==, "");
  g_assert_true (g_str_has_prefix (some, "error skips: "));
}

static const BelfryHookTestBase base = {
  .hook = "github",
  .keys = keys,
  .path_query = "/change_hook/github",
  .headers = headers,
  .payload = payload,
};

/* an edit changes what comes of a request, and only its own */
static void
test_play (void)
{
  static const BelfryHookTestEdit malformed[] = { { "number", NULL }, { "number", "'..'" } };
  static const BelfryHookTestEdit nothing[] = { { "action", "'closed'" } };
  g_autoptr (BelfryTranslation) good = belfry_hook_test_play (&base, NULL, NULL);

  g_assert_cmpint (good->kind, ==, BELFRY_TRANSLATION_PENDING);
  belfry_hook_test_expect (&base, malformed, G_N_ELEMENTS (malformed),
                           BELFRY_TRANSLATION_MALFORMED);
  belfry_hook_test_expect (&base, nothing, G_N_ELEMENTS (nothing), BELFRY_TRANSLATION_NOTHING);
}

static void
test_variations (void)
{
  belfry_hook_test_hostile (&base);
  belfry_hook_test_mutate (&base);
}

static void
test_recorded (void)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("G_TEST_SRCDIR"), "plugins/hooks/github/fixtures/push-codebase-empty.json", NULL);
  g_autofree char *lines = NULL;
  g_autoptr (BelfryRequest) request = belfry_hook_test_read_recorded ("github", path, &lines, NULL);

  g_assert_cmpstr (lines, ==, "codebase=\n");
  g_assert_cmpstr (belfry_request_get_header (request, "X-GitHub-Event"), ==, "push");
  g_assert_cmpuint (g_bytes_get_size (belfry_request_get_body (request)), >, 0);
  g_assert_null (belfry_hook_test_read_recorded ("github", "/nowhere", NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hook-test/edit", test_edit);
  g_test_add_func ("/hook-test/api/strict", test_strict);
  g_test_add_func ("/hook-test/api/broken", test_broken);
  g_test_add_func ("/hook-test/cases/play", test_play);
  g_test_add_func ("/hook-test/cases/variations", test_variations);
  g_test_add_func ("/hook-test/problems", test_problems);
  g_test_add_func ("/hook-test/recorded", test_recorded);
  return g_test_run ();
}
