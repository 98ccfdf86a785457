/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions that stand alone: values keep their JSON type, truth is Jinja2's. */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-template.h"

#include <string.h>

static const char data[] =
    "{\"branch\": \"main\", \"revision\": null, \"props\": {\"n\": 3, \"empty\": \"\"},"
    " \"changes\": [{\"files\": [\"doc/a\", \"src/b\"]}], \"result\": \"failure\", \"f\": 1.5}";

static JsonNode *
evaluate (const char *text, GError **error)
{
  g_autoptr (BelfryExpression) expression = belfry_expression_new (text, error);
  g_autoptr (JsonNode) node = belfry_json_parse (data, -1, NULL, NULL);

  if (expression == NULL)
    return NULL;
  return belfry_expression_evaluate (expression, json_node_get_object (node), error);
}

static void
assert_value (const char *text, const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = evaluate (text, &error);
  g_autofree char *result = NULL;

  g_assert_no_error (error);
  result = belfry_json_to_text (node);
  g_assert_cmpstr (result, ==, json);
}

static void
assert_truth (const char *text, gboolean expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryExpression) expression = belfry_expression_new (text, &error);
  g_autoptr (JsonNode) node = belfry_json_parse (data, -1, NULL, NULL);
  gboolean result = !expected;

  g_assert_no_error (error);
  g_assert_true (
      belfry_expression_is_true (expression, json_node_get_object (node), &result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (result, ==, expected);
}

static void
assert_refused (const char *text, BelfryError code, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (evaluate (text, &error));
  g_assert_error (error, BELFRY_ERROR, (int)code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_values (void)
{
  assert_value ("branch", "\"main\"");
  assert_value ("revision", "null");
  assert_value ("nope", "null");
  assert_value ("props.n + 1", "4");
  assert_value ("f * 2", "3.0");
  assert_value (" branch == 'main' ", "true");
  assert_value ("[1, 'a', none, {'k': (1,)}]", "[1,\"a\",null,{\"k\":[1]}]");
  assert_value ("props", "{\"n\":3,\"empty\":\"\"}");
  assert_value ("changes[0].files|map('upper')|list", "[\"DOC/A\",\"SRC/B\"]");
  assert_value ("changes[0].files[1].split('/')[1]\n", "\"b\"");
}

static void
test_truth (void)
{
  assert_truth ("branch == 'main' and result in ('failure', 'exception')", TRUE);
  assert_truth ("props.empty", FALSE);
  assert_truth ("revision", FALSE);
  assert_truth ("nope", FALSE);
  assert_truth ("props.n > 2", TRUE);
  assert_truth ("changes|selectattr('files')|list|length == 1", TRUE);
  assert_truth ("not branch.startswith('release/')", TRUE);
}

static void
test_errors (void)
{
  assert_refused ("", BELFRY_ERROR_CONFIG, "expression:1: unexpected end of the text");
  assert_refused ("a b", BELFRY_ERROR_CONFIG, "expression:1: unexpected 'b'");
  assert_refused ("a }}", BELFRY_ERROR_CONFIG, "expression:1: unexpected '}'");
  assert_refused ("a\n| nofilter", BELFRY_ERROR_CONFIG, "expression:2: unknown filter 'nofilter'");
  assert_refused ("branch.frob()", BELFRY_ERROR_CONFIG, "expression:1: unknown method 'frob'");
  assert_refused ("nope.x", BELFRY_ERROR_MALFORMED,
                  "expression:1: 'nope' is undefined, so it has no 'x'");
  assert_refused ("branch < 1", BELFRY_ERROR_MALFORMED,
                  "expression:1: text and a number have no order");
  assert_refused ("super()", BELFRY_ERROR_MALFORMED,
                  "expression:1: super () without a block to extend");
}

static void
test_strict (void)
{
  static const char *const missing[] = { "nope", "props.nope", "nope.x", "branch == 'a' or nope" };
  g_autoptr (JsonNode) node = belfry_json_parse (data, -1, NULL, NULL);
  JsonObject *variables = json_node_get_object (node);
  g_autoptr (BelfryExpression) guarded =
      belfry_expression_new_with_flags ("nope is defined and nope", BELFRY_TEMPLATE_STRICT, NULL);
  gboolean holds = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (missing); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (BelfryExpression) expression =
        belfry_expression_new_with_flags (missing[i], BELFRY_TEMPLATE_STRICT, NULL);

    g_assert_null (belfry_expression_evaluate (expression, variables, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
    g_assert_false (belfry_expression_is_true (expression, variables, &holds, NULL));
  }
  g_assert_true (belfry_expression_is_true (guarded, variables, &holds, NULL));
  g_assert_false (holds);
}

static void
test_source (void)
{
  g_autoptr (BelfryExpression) expression = belfry_expression_new (" 1 ", NULL);
  g_autoptr (BelfryExpression) again = belfry_expression_ref (expression);

  g_assert_cmpstr (belfry_expression_get_source (again), ==, " 1 ");
  belfry_expression_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expression/values", test_values);
  g_test_add_func ("/expression/truth", test_truth);
  g_test_add_func ("/expression/errors", test_errors);
  g_test_add_func ("/expression/source", test_source);
  g_test_add_func ("/expression/strict", test_strict);
  return g_test_run ();
}
