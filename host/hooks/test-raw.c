/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a request: all that a replay needs, and nothing that proves who sent it. */
#include "raw.h"

#include <string.h>

static const BelfrySignature rows[] = {
  { "X-Proof", BELFRY_SIGNATURE_SHA256_HEX, 1 },
  { NULL },
};
static const BelfryHook hook = { .signatures = rows, .signature_size = sizeof (BelfrySignature) };
static const char *const secrets[] = { "open sesame", "second/one", NULL };

static BelfryRequest *
make_request (const char *query, const char *const *headers)
{
  const BelfryRequestFields fields = {
    .size = sizeof fields, .method = "POST", .path = "/change_hook/forge", .query = query
  };
  BelfryRequest *request = belfry_request_new (&fields);

  for (guint i = 0; headers[i] != NULL; i += 2)
    belfry_request_add_header (request, headers[i], headers[i + 1]);
  return request;
}

static void
assert_written (const char *query, const char *const *headers, const char *expected)
{
  g_autoptr (BelfryRequest) request = make_request (query, headers);
  g_autofree char *text = belfry_raw_write (&hook, request, secrets);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_write (void)
{
  static const char *const none[] = { NULL };
  static const char *const plain[] = { "A", "1", "B", "say \"hi\"\t\\", "A", "2", NULL };

  assert_written (NULL, none,
                  "{\"method\":\"POST\",\"path\":\"/change_hook/forge\",\"query\":null,"
                  "\"headers\":[]}");
  assert_written ("a=b", plain,
                  "{\"method\":\"POST\",\"path\":\"/change_hook/forge\",\"query\":\"a=b\","
                  "\"headers\":[[\"A\",\"1\"],[\"B\",\"say \\\"hi\\\"\\t\\\\\"],[\"A\",\"2\"]]}");
}

static void
test_without_proof (void)
{
  static const char *const headers[] = {
    "authorization", "Basic eA==",   "x-proof", "00",   "Cookie", "a=b", "X-Api-Key", "k",
    "X-Note",        "open sesame!", "X-Event", "push", NULL,
  };

  assert_written ("x=open%20sesame&y=second/one&z=second%2Fone", headers,
                  "{\"method\":\"POST\",\"path\":\"/change_hook/forge\","
                  "\"query\":\"x=*************&y=**********&z=************\","
                  "\"headers\":[[\"X-Event\",\"push\"]]}");
}

static void
test_body (void)
{
  g_autoptr (GBytes) harmless = g_bytes_new_static ("{\"a\":1}\0x", 9);
  g_autoptr (GBytes) telling = g_bytes_new_static ("<open sesame><open sesame>", 26);
  g_autoptr (GBytes) same = belfry_raw_mask_body (harmless, secrets);
  g_autoptr (GBytes) masked = belfry_raw_mask_body (telling, secrets);
  g_autoptr (GBytes) stars = g_bytes_new_static ("<***********><***********>", 26);

  g_assert_true (same == harmless);
  g_assert_true (g_bytes_equal (masked, stars));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hooks/raw/write", test_write);
  g_test_add_func ("/hooks/raw/without-proof", test_without_proof);
  g_test_add_func ("/hooks/raw/body", test_body);
  return g_test_run ();
}
