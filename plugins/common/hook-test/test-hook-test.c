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
settle (BelfryHookTest *test, GError **error)
{
  g_autofree char *body = belfry_hook_test_edit (payload, "number", "7");
  g_autoptr (BelfryRequest) request = belfry_hook_test_post ("/change_hook/github", headers, body);

  return belfry_hook_test_settle (test, request, error);
}

/* what has no answer is 404, so that a question to another path leaves the files unknown */
static void
test_strict (void)
{
  g_autoptr (BelfryHookTest) test = belfry_hook_test_new ("github", keys);
  g_autoptr (BelfryTranslation) translation = NULL;
  GPtrArray *asked = NULL;

  belfry_hook_test_answer (test, "/repos/acme/other/pulls/7/files", 200, "[{\"filename\": \"a\"}]");
  translation = settle (test, NULL);
  asked = belfry_hook_test_get_asked (test);
  g_assert_true (belfry_hook_test_only_change (translation)->files_unknown);
  g_assert_cmpuint (asked->len, ==, 2);
  g_assert_nonnull (strstr (g_ptr_array_index (asked, 0), "/repos/acme/w/commits/abc"));
  g_assert_nonnull (strstr (g_ptr_array_index (asked, 1), "/repos/acme/w/pulls/7/files"));
}

static void
test_broken (void)
{
  g_autoptr (BelfryHookTest) test = belfry_hook_test_new ("github", keys);
  g_autoptr (GError) error = NULL;

  belfry_hook_test_break (test, BELFRY_ERROR_RETRY);
  g_assert_null (settle (test, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
}

static void
test_problems (void)
{
  g_autofree char *none = belfry_hook_test_dup_problems ("github", keys);
  g_autofree char *some = belfry_hook_test_dup_problems ("github", "skips=(");

  g_assert_cmpstr (none, ==, "");
  g_assert_true (g_str_has_prefix (some, "error skips: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hook-test/edit", test_edit);
  g_test_add_func ("/hook-test/api/strict", test_strict);
  g_test_add_func ("/hook-test/api/broken", test_broken);
  g_test_add_func ("/hook-test/problems", test_problems);
  return g_test_run ();
}
