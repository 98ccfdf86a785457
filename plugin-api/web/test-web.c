/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests, answers and outgoing requests as values. */
#include "belfry-plugin.h"

#include <string.h>

static BelfryRequest *
make_request (const char *query, const char *type, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = "POST",
    .path = "/change_hook/base",
    .query = query,
    .address = "192.0.2.1",
    .body = bytes,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  if (type != NULL)
    belfry_request_add_header (request, "Content-Type", type);
  return request;
}

static void
test_request_headers (void)
{
  g_autoptr (BelfryRequest) request = make_request (NULL, "Application/JSON; charset=x", "{}");
  g_autofree char *type = belfry_request_dup_media_type (request);

  belfry_request_add_header (request, "X-Twice", "a");
  belfry_request_add_header (request, "x-twice", "b");
  g_assert_cmpstr (type, ==, "application/json");
  g_assert_cmpuint (belfry_request_count_header (request, "X-TWICE"), ==, 2);
  g_assert_cmpstr (belfry_request_get_header (request, "x-Twice"), ==, "a");
  g_assert_null (belfry_request_get_header (request, "absent"));
  g_assert_null (belfry_request_get_parameter (request, "builder"));
  belfry_request_set_parameter (request, "builder", "a/b");
  g_assert_cmpstr (belfry_request_get_parameter (request, "builder"), ==, "a/b");
}

static void
test_request_arguments (void)
{
  g_autoptr (BelfryRequest) request = make_request (
      "who=query&poller=a&poller=b", "application/x-www-form-urlencoded", "who=body+here&x=%26");
  g_auto (GStrv) pollers = NULL;
  BelfryForm *form = belfry_request_get_arguments (request, NULL);

  g_assert_nonnull (form);
  g_assert_true (form == belfry_request_get_arguments (request, NULL));
  pollers = belfry_form_dup_all (form, "poller");
  g_assert_cmpuint (g_strv_length (pollers), ==, 2);
  g_assert_cmpstr (belfry_request_get_argument (request, "who"), ==, "body here");
  g_assert_cmpstr (belfry_request_get_argument (request, "x"), ==, "&");
  g_assert_null (belfry_request_get_argument (request, "y"));
}

static void
test_request_charset (void)
{
  const char *type = "application/x-www-form-urlencoded; charset=\"ISO-8859-1\"";
  g_autoptr (BelfryRequest) request = make_request (NULL, type, "who=J%FCrgen%26x&a=%41\xe9");
  g_autoptr (BelfryRequest) strange =
      make_request (NULL, "application/x-www-form-urlencoded; charset=klingon", "who=x");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (belfry_request_get_argument (request, "who"), ==, "Jürgen&x");
  g_assert_cmpstr (belfry_request_get_argument (request, "a"), ==, "Aé");
  g_assert_null (belfry_request_get_arguments (strange, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_null (strstr (error->message, "klingon"));
}

static void
test_request_too_many_arguments (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (BelfryRequest) request = NULL;
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  for (guint i = 0; i < 1001; i++)
    g_string_append (body, "a=1&");
  request = make_request (NULL, "application/x-www-form-urlencoded", body->str);
  g_assert_null (belfry_request_get_arguments (request, &first));
  g_assert_null (belfry_request_get_arguments (request, &second));
  g_assert_nonnull (first);
  g_assert_cmpstr (first->message, ==, second->message);
}

static void
test_request_json (void)
{
  g_autoptr (BelfryRequest) request = make_request (NULL, "text/plain", "{\"a\": 1}");
  g_autoptr (BelfryRequest) bad = make_request (NULL, NULL, "{\"a\": 1}{}");
  g_autoptr (JsonObject) written = NULL;
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_request_get_json (request, NULL);

  g_assert_nonnull (node);
  g_assert_true (node == belfry_request_get_json (request, NULL));
  g_assert_null (belfry_request_get_json (bad, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  written = belfry_request_to_json (bad);
  g_assert_cmpstr (json_object_get_string_member (written, "body"), ==, "{\"a\": 1}{}");
  g_assert_true (json_object_get_null_member (written, "query"));
}

static void
test_response_header_splitting (void)
{
  g_autoptr (BelfryResponse) response = belfry_response_new_redirect (303, "x\r\nSet-Cookie: a=b");
  GPtrArray *headers = belfry_response_list_headers (response);

  g_assert_cmpuint (headers->len, ==, 2);
  g_assert_cmpstr (headers->pdata[0], ==, "Location");
  g_assert_cmpstr (headers->pdata[1], ==, "x%0D%0ASet-Cookie: a=b");
  belfry_response_set_header (response, "Set-Cookie", "a=1");
  belfry_response_set_header (response, "Set-Cookie", "b=2");
  belfry_response_set_header (response, "location", "y");
  g_assert_cmpuint (headers->len, ==, 6);
}

static void
test_response_kinds (void)
{
  g_autoptr (BelfryResponse) text = belfry_response_new_text (200, NULL, "hä");
  g_autoptr (BelfryResponse) page = belfry_response_new_template (200, "root.html", NULL);
  g_autoptr (BelfryResponse) log = belfry_response_new_log (7, TRUE, FALSE);
  g_autoptr (BelfryResponse) none = belfry_response_new_not_found ("builder 'x'", "../");

  g_assert_cmpuint (g_bytes_get_size (belfry_response_get_body (text)), ==, 3);
  g_assert_cmpstr (belfry_response_get_content_type (text), ==, "text/plain; charset=utf-8");
  g_assert_cmpint (belfry_response_get_kind (page), ==, BELFRY_RESPONSE_TEMPLATE);
  g_assert_nonnull (belfry_response_get_data (page));
  g_assert_cmpint (belfry_response_get_logid (log), ==, 7);
  g_assert_true (belfry_response_get_with_headers (log));
  g_assert_false (belfry_response_get_follow (log));
  g_assert_cmpuint (belfry_response_get_status (none), ==, 404);
  g_assert_cmpstr (belfry_json_get_text (belfry_response_get_data (none), "what"), ==,
                   "builder 'x'");
  g_assert_false (belfry_response_is_final (log));
  belfry_response_set_final (log, TRUE);
  g_assert_true (belfry_response_is_final (log));
}

static void
assert_same_requests (BelfryHttpRequest *a, BelfryHttpRequest *b)
{
  g_autoptr (JsonNode) first = belfry_http_request_to_json (a);
  g_autoptr (JsonNode) second = belfry_http_request_to_json (b);
  g_autofree char *first_text = belfry_json_to_text (first);
  g_autofree char *second_text = belfry_json_to_text (second);

  g_assert_cmpstr (first_text, ==, second_text);
}

static void
test_http_request_round_trip (void)
{
  g_autoptr (BelfryHttpRequest) request = belfry_http_request_new ("POST", "https://x.example/a");
  g_autoptr (BelfryHttpRequest) again = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  belfry_http_request_set_bearer (request, "token", "s\r\nX: y");
  belfry_http_request_set_limits (request, 5 * G_USEC_PER_SEC, 100);
  belfry_http_request_set_verify (request, FALSE);
  belfry_http_request_add_form (request, "a b", "ü&");
  belfry_http_request_add_form (request, "none", NULL);
  belfry_http_request_add_form (request, "c", "");
  body = belfry_http_request_dup_body (request);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                   "a%20b=%C3%BC%26&c=", 18);
  node = belfry_http_request_to_json (request);
  again = belfry_http_request_from_json (node, &error);
  g_assert_no_error (error);
  assert_same_requests (request, again);
  g_assert_false (belfry_http_request_get_verify (again));
  g_assert_cmpuint (belfry_http_request_get_max_answer_bytes (again), ==, 100);
  g_assert_cmpint (belfry_http_request_get_timeout_us (again), ==, 5 * G_USEC_PER_SEC);
}

static void
test_http_request_basic (void)
{
  g_autoptr (BelfryHttpRequest) request = belfry_http_request_new ("GET", "http://x\r\n/");
  GPtrArray *headers = belfry_http_request_list_headers (request);

  belfry_http_request_set_basic (request, "Aladdin", "open sesame");
  g_assert_cmpstr (headers->pdata[1], ==, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  g_assert_cmpstr (belfry_http_request_get_url (request), ==, "http://x%0D%0A/");
}

static void
test_http_request_digest (void)
{
  g_autoptr (BelfryHttpRequest) request = belfry_http_request_new ("POST", "https://x.example/");
  g_autoptr (BelfryHttpRequest) read = NULL;
  g_autoptr (JsonNode) node = NULL;
  const char *user = "?";
  const char *password = "?";

  g_assert_false (belfry_http_request_get_digest (request, &user, &password));
  belfry_http_request_set_digest (request, "ci", "s:cret");
  belfry_http_request_set_debug (request, TRUE);
  node = belfry_http_request_to_json (request);
  read = belfry_http_request_from_json (node, NULL);
  g_assert_true (belfry_http_request_get_digest (read, &user, &password));
  g_assert_cmpstr (user, ==, "ci");
  g_assert_cmpstr (password, ==, "s:cret");
  g_assert_true (belfry_http_request_get_debug (read));
}

static void
test_http_request_refuses_garbage (void)
{
  static const char *const texts[] = {
    "[]",
    "{\"method\": \"GET\"}",
    "{\"method\": 1, \"url\": \"http://x\"}",
    "{\"method\": \"GET\", \"url\": \"http://x\", \"headers\": [[\"a\"]]}",
    "{\"method\": \"GET\", \"url\": \"http://x\", \"headers\": [[\"a\", 1]]}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (JsonNode) node = belfry_json_parse (texts[i], -1, NULL, NULL);
    g_autoptr (BelfryHttpRequest) request = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (node);
    request = belfry_http_request_from_json (node, &error);
    g_assert_null (request);
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

static void
test_http_answer (void)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"ok\": true}", 12);
  g_autoptr (BelfryHttpAnswer) answer = belfry_http_answer_new (201, body);
  g_autoptr (BelfryHttpAnswer) empty = belfry_http_answer_new (204, NULL);
  g_autoptr (JsonNode) node = belfry_http_answer_parse_json (answer, NULL);
  g_autoptr (GError) error = NULL;

  belfry_http_answer_add_header (answer, "Retry-After", "3");
  g_assert_cmpstr (belfry_http_answer_get_header (answer, "retry-after"), ==, "3");
  g_assert_cmpuint (belfry_http_answer_get_status (answer), ==, 201);
  g_assert_nonnull (node);
  g_assert_null (belfry_http_answer_parse_json (empty, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static void
test_body_that_is_no_text (void)
{
  g_autoptr (BelfryRequest) request = make_request (NULL, NULL, "\xff\xfe");
  g_autoptr (JsonObject) written = belfry_request_to_json (request);
  JsonObject *body = json_object_get_object_member (written, "body");

  g_assert_cmpstr (json_object_get_string_member (body, "base64"), ==, "//4=");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/web/request/headers", test_request_headers);
  g_test_add_func ("/web/request/arguments", test_request_arguments);
  g_test_add_func ("/web/request/charset", test_request_charset);
  g_test_add_func ("/web/request/too-many-arguments", test_request_too_many_arguments);
  g_test_add_func ("/web/request/json", test_request_json);
  g_test_add_func ("/web/request/body-that-is-no-text", test_body_that_is_no_text);
  g_test_add_func ("/web/response/header-splitting", test_response_header_splitting);
  g_test_add_func ("/web/response/kinds", test_response_kinds);
  g_test_add_func ("/web/http-request/round-trip", test_http_request_round_trip);
  g_test_add_func ("/web/http-request/basic", test_http_request_basic);
  g_test_add_func ("/web/http-request/digest", test_http_request_digest);
  g_test_add_func ("/web/http-request/refuses-garbage", test_http_request_refuses_garbage);
  g_test_add_func ("/web/http-answer/values", test_http_answer);
  return g_test_run ();
}
