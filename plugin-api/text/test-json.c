/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The strict JSON reader against what RFC 8259 says and what attackers send; writer and getters. */
#include <math.h>
#include <string.h>

#include "belfry-error.h"
#include "belfry-json.h"

static void
assert_accepted (const char *text, const char *written)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (node);
  again = belfry_json_to_text (node);
  g_assert_cmpstr (again, ==, written);
}

static void
assert_refused (const char *text, gssize length, const BelfryJsonLimits *limits, BelfryError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (text, length, limits, &error);

  g_assert_error (error, BELFRY_ERROR, (int)code);
  g_assert_null (node);
  g_assert_true (g_str_has_prefix (error->message, "reading JSON: "));
}

/* text → what it is written as */
static const char *const accepted[][2] = {
  { "null", "null" },
  { " \t\r\n true \n", "true" },
  { "false", "false" },
  { "\"\"", "\"\"" },
  { "{}", "{}" },
  { " { } ", "{}" },
  { "[]", "[]" },
  { "[ ]", "[]" },
  { "[[],{},[{}]]", "[[],{},[{}]]" },
  { "[1 , 2,3]", "[1,2,3]" },
  { "{\"b\" : 1,\"a\":{ \"c\" :null}}", "{\"b\":1,\"a\":{\"c\":null}}" },
  { "0", "0" },
  { "-0", "0" },
  { "-1", "-1" },
  { "9223372036854775807", "9223372036854775807" },
  { "-9223372036854775808", "-9223372036854775808" },
  { "999999999999999999", "999999999999999999" },
  { "9223372036854775808", "9.223372036854776e+18" },
  { "18446744073709551616", "1.8446744073709552e+19" },
  { "0.1", "0.1" },
  { "-2.50", "-2.5" },
  { "1.0", "1.0" },
  { "1e2", "100.0" },
  { "1E+2", "100.0" },
  { "12e-1", "1.2" },
  { "1e-400", "0.0" },
  { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
  { "\"\\u0041\\u00e4\\u20AC\"", "\"Aä€\"" },
  { "\"\\ud83d\\ude00!\"", "\"😀!\"" },
  { "\"\\uDBFF\\uDFFF\"", "\"\xf4\x8f\xbf\xbf\"" },
  { "\"ä€😀\"", "\"ä€😀\"" },
  { "\"\\u001f\\u000b\\u007f\"", "\"\\u001f\\u000b\\u007f\"" },
  { "\"\x7f\"", "\"\\u007f\"" },
  { "{\"\":1,\" \":2}", "{\"\":1,\" \":2}" },
  { "{\"\\u0061\":1}", "{\"a\":1}" },
  { "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
};

static void
test_accepted (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (accepted); i++)
    assert_accepted (accepted[i][0], accepted[i][1]);
}

static const char *const malformed[] = {
  "",
  " ",
  "\xef\xbb\xbf{}",
  "{",
  "}",
  "[",
  "]",
  "{]",
  "[}",
  "[1",
  "[1,",
  "[1,]",
  "[,1]",
  "[1 2]",
  "[1,,2]",
  "{\"a\"}",
  "{\"a\":}",
  "{\"a\":1,}",
  "{,}",
  "{\"a\":1 \"b\":2}",
  "{a:1}",
  "{'a':1}",
  "{1:1}",
  "{null:1}",
  "{\"a\"=1}",
  "'a'",
  "nul",
  "nulL",
  "True",
  "NULL",
  "undefined",
  "NaN",
  "-NaN",
  "Infinity",
  "-Infinity",
  "[NaN]",
  "inf",
  "nullx",
  "truefalse",
  "{}{}",
  "{} {}",
  "[][]",
  "1 2",
  "{}x",
  "{},",
  "// c\n{}",
  "/* c */{}",
  "{/* c */}",
  "{} // c",
  "# c\n1",
  "01",
  "-01",
  "00",
  "+1",
  "-",
  "--1",
  ".5",
  "1.",
  "1.e1",
  "1e",
  "1e+",
  "1.5e",
  "0x10",
  "1_000",
  "1a",
  "1e999",
  "-1e999",
  "\"",
  "\"a",
  "\"\\",
  "\"\\\"",
  "\"\\x41\"",
  "\"\\a\"",
  "\"\\u\"",
  "\"\\u12\"",
  "\"\\u123g\"",
  "\"\\u0000\"",
  "\"a\\u0000b\"",
  "{\"\\u0000\":1}",
  "\"\\ud83d\"",
  "\"\\ud83dx\"",
  "\"\\ud83d\\n\"",
  "\"\\ude00\"",
  "\"\\ude00\\ud83d\"",
  "\"\\ud83d\\ud83d\"",
  "\"\\ud83d\\u0041\"",
  "\"\n\"",
  "\"\t\"",
  "\"\x01\"",
  "\"\x1f\"",
  "\"\xff\"",
  "\"\xc0\x80\"",
  "\"\xed\xa0\x80\"",
  "\"\xc3\"",
  "\"\xf4\x90\x80\x80\"",
  "\f{}",
  "\v1",
  ("\xc2\xa0"
   "1"),
};

static void
test_malformed (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    assert_refused (malformed[i], -1, NULL, BELFRY_ERROR_MALFORMED);
}

static void
test_nul (void)
{
  assert_refused ("\"a\0b\"", 5, NULL, BELFRY_ERROR_MALFORMED);
  assert_refused ("{}\0", 3, NULL, BELFRY_ERROR_MALFORMED);
  assert_refused ("\0", 1, NULL, BELFRY_ERROR_MALFORMED);
  assert_refused (NULL, 0, NULL, BELFRY_ERROR_MALFORMED);
}

/* the bytes behind the length are never looked at: a copy without a NUL shows it under ASan */
static void
test_length (void)
{
  static const char *const texts[] = { "12", "\"ab\"", "[1,true]", "{\"a\":-1.5}", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    gsize length = strlen (texts[i]);
    g_autofree char *exact = g_memdup2 (texts[i], length);
    g_autoptr (JsonNode) node = belfry_json_parse (exact, (gssize)length, NULL, NULL);

    g_assert_nonnull (node);
  }
}

static char *
repeat (const char *word, guint count)
{
  GString *text = g_string_new (NULL);

  while (count-- > 0)
    g_string_append (text, word);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  g_autofree char *open = repeat ("[", 100000);
  g_autofree char *objects = repeat ("{\"a\":", 100000);
  g_autofree char *close64 = repeat ("]", 64);
  g_autofree char *good = g_strconcat (open + 100000 - 64, close64, NULL);
  g_autofree char *bad = g_strconcat ("[", good, "]", NULL);
  BelfryJsonLimits limits = { .size = sizeof limits, .max_depth = 2 };

  assert_refused (open, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_refused (objects, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_accepted (good, good);
  assert_refused (bad, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_refused ("[[[]]]", -1, &limits, BELFRY_ERROR_TOO_LARGE);
  assert_refused ("{\"a\":{\"b\":[]}}", -1, &limits, BELFRY_ERROR_TOO_LARGE);
  /* the limit is on depth, not on how many there are */
  assert_accepted ("[[1],[2],{\"a\":3}]", "[[1],[2],{\"a\":3}]");
  limits.max_depth = G_MAXUINT;
  assert_refused (open, -1, &limits, BELFRY_ERROR_TOO_LARGE);
}

static void
test_bytes (void)
{
  BelfryJsonLimits limits = { .size = sizeof limits, .max_bytes = 4 };
  g_autoptr (JsonNode) node = belfry_json_parse ("[12]", -1, &limits, NULL);

  g_assert_nonnull (node);
  assert_refused ("[123]", -1, &limits, BELFRY_ERROR_TOO_LARGE);
  assert_refused ("[12]\n", -1, &limits, BELFRY_ERROR_TOO_LARGE);
}

static void
test_digits (void)
{
  g_autofree char *million = repeat ("9", 1000000);
  g_autofree char *hundred = repeat ("1", 100);
  g_autofree char *thousand = repeat ("1", 1000);
  g_autoptr (JsonNode) node = belfry_json_parse (hundred, -1, NULL, NULL);

  assert_refused (million, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_refused (thousand, -1, NULL, BELFRY_ERROR_MALFORMED);
  g_assert_nonnull (node);
  g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_node_get_double (node), >, 1e99);
}

static void
test_numbers (void)
{
  g_autoptr (JsonNode) integer = belfry_json_parse ("-9223372036854775808", -1, NULL, NULL);
  g_autoptr (JsonNode) real = belfry_json_parse ("18446744073709551616", -1, NULL, NULL);
  g_autoptr (JsonNode) negative = belfry_json_parse ("-9223372036854775809", -1, NULL, NULL);

  g_assert_true (json_node_get_value_type (integer) == G_TYPE_INT64);
  g_assert_cmpint (json_node_get_int (integer), ==, G_MININT64);
  g_assert_true (json_node_get_value_type (real) == G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_node_get_double (real), ==, 0x1p64);
  g_assert_true (json_node_get_value_type (negative) == G_TYPE_DOUBLE);
  g_assert_cmpfloat (json_node_get_double (negative), ==, -0x1p63);
}

/* the last value wins whatever its type, and the first place is kept, however often it happens */
static void
test_duplicates (void)
{
  static const char *const values[] = { "1", "\"x\"", "2.5", "true", "null", "[1]", "{\"b\":2}" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *text =
        g_strdup_printf ("{\"a\":[0],\"z\":0,\"a\":1,\"a\":\"y\",\"a\":%s}", values[i]);
    g_autofree char *wanted = g_strdup_printf ("{\"a\":%s,\"z\":0}", values[i]);

    assert_accepted (text, wanted);
  }
}

static char *
many_members (guint count, const char *format)
{
  GString *text = g_string_new ("{");

  for (guint i = 0; i < count; i++) {
    g_autofree char *digits = g_strdup_printf ("%u", i);
    g_auto (GStrv) parts = g_strsplit (format, "#", 2);

    g_string_append_printf (text, "%s\"%s%s\":%u", i > 0 ? "," : "", parts[0],
                            parts[1] != NULL ? digits : "", i);
  }
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

static void
test_members (void)
{
  g_autofree char *good = many_members (10000, "name#");
  g_autofree char *bad = many_members (11000, "name#");
  g_autofree char *same = many_members (200000, "name");
  g_autoptr (JsonNode) node = belfry_json_parse (good, -1, NULL, NULL);

  g_assert_nonnull (node);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (node)), ==, 10000);
  assert_refused (bad, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_accepted (same, "{\"name\":199999}");
}

/* few bytes each, but much memory: ten million empty objects are refused early */
static void
test_values (void)
{
  g_autofree char *empty = repeat ("{},", 10000000);
  g_autofree char *many = g_strconcat ("[", empty, "{}]", NULL);
  g_autofree char *ones = repeat ("1,", 499998);
  g_autofree char *enough = g_strconcat ("[", ones, "1]", NULL);

  assert_refused (many, -1, NULL, BELFRY_ERROR_TOO_LARGE);
  assert_accepted (enough, enough);
}

static void
test_message (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse ("[1,\n 2 3]", -1, NULL, &error);

  g_assert_null (node);
  g_assert_cmpstr (error->message, ==,
                   "reading JSON: byte 7: neither a comma nor the end of the list or object");
}

/* every prefix of a text is refused, and nothing leaks or is read beyond it */
static void
test_truncated (void)
{
  static const char text[] =
      "{\"a\":[1,-2.5e+3,\"x\\n\\ud83d\\ude00ä\",true,false,null],\"b\":{\"c\":{}}}";

  for (gsize i = 0; i < strlen (text); i++) {
    g_autofree char *prefix = g_memdup2 (text, i);

    assert_refused (prefix, (gssize)i, NULL, BELFRY_ERROR_MALFORMED);
  }
}

/* what json-glib's own parser makes of a text that both take must be the same tree */
static void
test_same_tree (void)
{
  static const char text[] =
      "{\"ref\":\"refs/heads/main\",\"n\":[1,2.5,-3,1e3,true,null,\"\\u00e4\"],"
      "\"o\":{\"p\":{\"q\":[[],{}]}},\"s\":\"a\\\"b\\\\c\\/d\\t\"}";
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, NULL);

  g_assert_true (json_parser_load_from_data (parser, text, -1, NULL));
  g_assert_nonnull (node);
  g_assert_true (json_node_equal (node, json_parser_get_root (parser)));
}

static void
test_write (void)
{
  static const double odd[] = { NAN, INFINITY, -INFINITY };
  g_autoptr (JsonNode) text = belfry_json_new_text ("a\"\\\x01/\n</script>ä");
  g_autoptr (JsonNode) absent = belfry_json_new_text (NULL);
  g_autoptr (JsonNode) integer = belfry_json_new_integer (G_MININT64);
  g_autofree char *written_text = belfry_json_to_text (text);
  g_autofree char *written_absent = belfry_json_to_text (absent);
  g_autofree char *written_integer = belfry_json_to_text (integer);
  g_autofree char *written_nothing = belfry_json_to_text (NULL);

  g_assert_cmpstr (written_text, ==, "\"a\\\"\\\\\\u0001/\\n</script>ä\"");
  g_assert_cmpstr (written_absent, ==, "null");
  g_assert_cmpstr (written_integer, ==, "-9223372036854775808");
  g_assert_cmpstr (written_nothing, ==, "null");
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), odd[i]);
    g_autofree char *written = belfry_json_to_text (node);

    g_assert_cmpstr (written, ==, "null");
  }
}

static void
test_write_double (void)
{
  static const double values[] = { 0.1, 1.0 / 3, 1e300, -2.5e-300, 123456789.125, 5e-324, 1e15 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), values[i]);
    g_autofree char *written = belfry_json_to_text (node);
    g_autoptr (JsonNode) again = belfry_json_parse (written, -1, NULL, NULL);

    g_assert_nonnull (again);
    g_assert_true (json_node_get_value_type (again) == G_TYPE_DOUBLE);
    g_assert_cmpfloat (json_node_get_double (again), ==, values[i]);
  }
}

static void
test_lookup (void)
{
  g_autoptr (JsonNode) node =
      belfry_json_parse ("{\"a\":{\"b\":{\"c\":7}},\"n\":null,\"l\":[{\"x\":1}]}", -1, NULL, NULL);
  JsonNode *found = belfry_json_lookup (node, "a.b.c");

  g_assert_nonnull (found);
  g_assert_cmpint (json_node_get_int (found), ==, 7);
  g_assert_true (belfry_json_lookup (node, "") == node);
  g_assert_true (JSON_NODE_HOLDS_NULL (belfry_json_lookup (node, "n")));
  g_assert_null (belfry_json_lookup (node, "n.x"));
  g_assert_null (belfry_json_lookup (node, "a.x"));
  g_assert_null (belfry_json_lookup (node, "a.b.c.d"));
  g_assert_null (belfry_json_lookup (node, "l.x"));
  g_assert_null (belfry_json_lookup (node, "a..b"));
  g_assert_null (belfry_json_lookup (NULL, "a"));
}

static void
test_get (void)
{
  g_autoptr (JsonNode) node = belfry_json_parse ("{\"t\":\"x\",\"i\":5,\"d\":2.5,\"w\":3.0,\"h\":"
                                                 "1e30,\"b\":true,\"n\":null,\"o\":{},\"l\":[1]}",
                                                 -1, NULL, NULL);
  JsonObject *object = json_node_get_object (node);

  g_assert_cmpstr (belfry_json_get_text (object, "t"), ==, "x");
  g_assert_null (belfry_json_get_text (object, "i"));
  g_assert_null (belfry_json_get_text (object, "n"));
  g_assert_null (belfry_json_get_text (object, "missing"));
  g_assert_null (belfry_json_get_text (NULL, "t"));
  g_assert_cmpint (belfry_json_get_integer (object, "i", -1), ==, 5);
  g_assert_cmpint (belfry_json_get_integer (object, "w", -1), ==, 3);
  g_assert_cmpint (belfry_json_get_integer (object, "d", -1), ==, -1);
  g_assert_cmpint (belfry_json_get_integer (object, "h", -1), ==, -1);
  g_assert_cmpint (belfry_json_get_integer (object, "t", -1), ==, -1);
  g_assert_cmpint (belfry_json_get_integer (object, "b", -1), ==, -1);
  g_assert_cmpint (belfry_json_get_integer (NULL, "i", -1), ==, -1);
  g_assert_true (belfry_json_get_boolean (object, "b", FALSE));
  g_assert_true (belfry_json_get_boolean (object, "i", TRUE));
  g_assert_false (belfry_json_get_boolean (object, "missing", FALSE));
  g_assert_nonnull (belfry_json_get_object (object, "o"));
  g_assert_null (belfry_json_get_object (object, "l"));
  g_assert_null (belfry_json_get_object (NULL, "o"));
  g_assert_nonnull (belfry_json_get_array (object, "l"));
  g_assert_null (belfry_json_get_array (object, "o"));
  g_assert_null (belfry_json_get_array (object, "n"));
}

/* what is left out is still read by the letter */
static void
test_kept_members (void)
{
  static const char *const members[] = { "a", "list", "deep", NULL };
  static const struct {
    const char *text;
    const char *kept; /* NULL: malformed */
  } cases[] = {
    { "{\"a\":1,\"b\":2}", "{\"a\":1}" },
    { "{\"b\":{\"a\":1},\"a\":{\"b\":1,\"a\":[{\"b\":2,\"a\":3}]}}",
      "{\"a\":{\"a\":[{\"a\":3}]}}" },
    { "[{\"x\":null},{\"deep\":{\"list\":[],\"lists\":[[],{}]}}]",
      "[{},{\"deep\":{\"list\":[]}}]" },
    { "{\"b\":\"\\ud83d\\ude00\",\"\\u0061\":true}", "{\"a\":true}" },
    { "{\"b\":[1,2}", NULL },
    { "{\"b\":{\"c\" 1}}", NULL },
    { "{\"b\":01}", NULL },
    { "{\"b\":\"\\ud83d\"}", NULL },
    { "{\"b\":[1,]}", NULL },
    { "{\"b\":nul}", NULL },
    { "{\"b\":1", NULL },
  };
  BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits), .members = members };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = belfry_json_parse (cases[i].text, -1, &limits, &error);
    g_autofree char *kept = node != NULL ? belfry_json_to_text (node) : NULL;

    g_assert_cmpstr (kept, ==, cases[i].kept);
    if (cases[i].kept == NULL)
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

/* depth and number of values are bounded where nothing is kept, too */
static void
test_kept_limits (void)
{
  static const char *const members[] = { "a", NULL };
  BelfryJsonLimits limits = { .size = sizeof (BelfryJsonLimits), .members = members };
  g_autofree char *deep = g_strnfill (100, '[');
  g_autoptr (GString) many = g_string_new ("{\"b\":[");
  const char *texts[2] = { NULL };
  g_autofree char *nested = g_strconcat ("{\"b\":", deep, NULL);

  for (guint i = 0; i < 500000; i++)
    g_string_append (many, "0,");
  g_string_append (many, "0]}");
  texts[0] = nested;
  texts[1] = many->str;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = belfry_json_parse (texts[i], -1, &limits, &error);

    g_assert_null (node);
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE);
  }
}

/* copying */

#define COPIES 20000

static gpointer
copy_often (gpointer node)
{
  for (guint i = 0; i < COPIES; i++)
    json_node_unref (belfry_json_copy (node));
  return NULL;
}

/* Threads that copy the same value do not disturb one another. */
static void
test_copy (void)
{
  static const char text[] = "{\"b\":[1,2.5,\"x\",null,true,{\"c\":[]}],\"a\":{}}";
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, NULL);
  GThread *threads[3] = { NULL };
  g_autoptr (JsonNode) copy = NULL;
  g_autofree char *written = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("copy", copy_often, node);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  copy = belfry_json_copy (node);
  written = belfry_json_to_text (copy);
  g_assert_cmpstr (written, ==, text);
  g_assert_true (json_node_get_object (copy) != json_node_get_object (node));
  g_assert_true (belfry_json_get_array (json_node_get_object (copy), "b") !=
                 belfry_json_get_array (json_node_get_object (node), "b"));
  g_assert_null (belfry_json_copy (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/parse/accepted", test_accepted);
  g_test_add_func ("/json/parse/malformed", test_malformed);
  g_test_add_func ("/json/parse/nul", test_nul);
  g_test_add_func ("/json/parse/length", test_length);
  g_test_add_func ("/json/parse/depth", test_depth);
  g_test_add_func ("/json/parse/bytes", test_bytes);
  g_test_add_func ("/json/parse/digits", test_digits);
  g_test_add_func ("/json/parse/numbers", test_numbers);
  g_test_add_func ("/json/parse/duplicates", test_duplicates);
  g_test_add_func ("/json/parse/members", test_members);
  g_test_add_func ("/json/parse/values", test_values);
  g_test_add_func ("/json/parse/message", test_message);
  g_test_add_func ("/json/parse/truncated", test_truncated);
  g_test_add_func ("/json/parse/same-tree", test_same_tree);
  g_test_add_func ("/json/write/values", test_write);
  g_test_add_func ("/json/write/double", test_write_double);
  g_test_add_func ("/json/lookup", test_lookup);
  g_test_add_func ("/json/get", test_get);
  g_test_add_func ("/json/kept/members", test_kept_members);
  g_test_add_func ("/json/kept/limits", test_kept_limits);
  g_test_add_func ("/json/copy", test_copy);
  return g_test_run ();
}
