/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of requests: queries, form bodies, multipart bodies, and what attackers make of them.
 */
#include <string.h>

#include "belfry-error.h"
#include "belfry-text.h"

/* "name=value|name=value" in the order of the form */
static char *
describe (BelfryForm *form)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < belfry_form_get_count (form); i++)
    g_string_append_printf (text, "%s%s=%s", i > 0 ? "|" : "", belfry_form_get_name (form, i),
                            belfry_form_get_value (form, i));
  return g_string_free (text, FALSE);
}

static void
test_urlencoded (void)
{
  static const char *const cases[][2] = {
    { "", "" },
    { "a=1", "a=1" },
    { "a=1&b=2;c=3", "a=1|b=2|c=3" },
    { "&&a=1;;&b=2&", "a=1|b=2" },
    { "word&a=1&other", "a=1" },
    { "a=", "a=" },
    { "=x", "=x" },
    { "a=b=c", "a=b=c" },
    { "a=x+y%20z%2B", "a=x y z+" },
    { "n%61me=%C3%A4", "name=ä" },
    { "a=1&a=2&a=", "a=1|a=2|a=" },
    { "a=%26%3B%3D", "a=&;=" },
    { "a=100%", "a=100%" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryForm) form = belfry_form_new ();
    g_autoptr (GError) error = NULL;
    g_autofree char *shown = NULL;

    g_assert_true (belfry_form_add_urlencoded (form, cases[i][0], -1, 0, &error));
    g_assert_no_error (error);
    shown = describe (form);
    g_assert_cmpstr (shown, ==, cases[i][1]);
  }
}

static void
assert_refused (const char *text, gssize length, guint max_arguments, BelfryError code)
{
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_autoptr (GError) error = NULL;

  belfry_form_append (form, "kept", "1");
  g_assert_false (belfry_form_add_urlencoded (form, text, length, max_arguments, &error));
  g_assert_error (error, BELFRY_ERROR, (int)code);
  /* nothing of a refused text stays */
  g_assert_cmpuint (belfry_form_get_count (form), ==, 1);
}

static void
test_urlencoded_refused (void)
{
  g_autoptr (GString) many = g_string_new (NULL);

  assert_refused ("a=1&b=%FF", -1, 0, BELFRY_ERROR_MALFORMED);
  assert_refused ("a=1&%FF=b", -1, 0, BELFRY_ERROR_MALFORMED);
  assert_refused ("a=%00", -1, 0, BELFRY_ERROR_MALFORMED);
  assert_refused ("a=\0", 3, 0, BELFRY_ERROR_MALFORMED);
  assert_refused ("a=%ED%A0%80", -1, 0, BELFRY_ERROR_MALFORMED);
  assert_refused ("a=1&b=2&c=3", -1, 2, BELFRY_ERROR_TOO_LARGE);
  for (guint i = 0; i < 1001; i++)
    g_string_append (many, "a=1&");
  assert_refused (many->str, -1, 0, BELFRY_ERROR_TOO_LARGE);
}

static void
test_urlencoded_limit (void)
{
  g_autoptr (BelfryForm) form = belfry_form_new ();

  /* what was there before, and words that are no arguments, do not count */
  belfry_form_append (form, "x", "0");
  g_assert_true (belfry_form_add_urlencoded (form, "a=1&word&b=2", -1, 2, NULL));
  g_assert_cmpuint (belfry_form_get_count (form), ==, 3);
  g_assert_true (belfry_form_add_urlencoded (form, "c=3&ignored=", 3, 0, NULL));
  g_assert_cmpuint (belfry_form_get_count (form), ==, 4);
  g_assert_true (belfry_form_add_urlencoded (form, NULL, 0, 0, NULL));
}

static void
test_get (void)
{
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_auto (GStrv) all = NULL;
  g_auto (GStrv) none = NULL;

  g_assert_true (belfry_form_add_urlencoded (form, "a=1&b=2&a=3", -1, 0, NULL));
  all = belfry_form_dup_all (form, "a");
  none = belfry_form_dup_all (form, "x");
  g_assert_cmpstr (belfry_form_get (form, "a"), ==, "1");
  g_assert_null (belfry_form_get (form, "A"));
  g_assert_cmpuint (g_strv_length (all), ==, 2);
  g_assert_cmpstr (all[1], ==, "3");
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  belfry_form_free (NULL);
}

static void
test_replace (void)
{
  g_autoptr (BelfryForm) query = belfry_form_new ();
  g_autoptr (BelfryForm) body = belfry_form_new ();
  g_autofree char *shown = NULL;
  g_autofree char *untouched = NULL;

  g_assert_true (belfry_form_add_urlencoded (query, "a=1&b=2&a=3&c=4", -1, 0, NULL));
  g_assert_true (belfry_form_add_urlencoded (body, "a=5&d=6&a=7", -1, 0, NULL));
  belfry_form_replace_with (query, body);
  shown = describe (query);
  untouched = describe (body);
  g_assert_cmpstr (shown, ==, "b=2|c=4|a=5|d=6|a=7");
  g_assert_cmpstr (untouched, ==, "a=5|d=6|a=7");
}

/* a body, its boundary always "B", and what must come out; NULL: malformed */
static const char *const multiparts[][2] = {
  { "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n", "a=1" },
  { "--B\nContent-Disposition: form-data; name=a\n\n1\n--B--", "a=1" },
  { "preamble --B\r\n--B\r\ncontent-disposition:form-data;name=\"a\"\r\n\r\n\r\n--B--", "a=" },
  { "--B \t\r\nX: y\r\nContent-Disposition: Form-Data; Name=\"a\"\r\n\r\n1\r\n2\r\n\r\n--B--",
    "a=1\r\n2\r\n" },
  { "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n--B--\r\nepilogue",
    "a=1|a=2" },
  { "--B\r\nContent-Disposition: form-data; filename=\"f; name=x\"; name=\"a\"\r\n"
    "Content-Type: application/json\r\n\r\n{\"x\":1}\r\n--B--",
    "a={\"x\":1}" },
  { "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\c\\d\"\r\n\r\n1\r\n--B--",
    "a\"b\\c\\d=1" },
  { "--B\r\nContent-Disposition: form-data; name=\"ä\"\r\n\r\nx --B y\r\n --B\r\n--B--",
    "ä=x --B y\r\n --B" },
  { "--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--B--", "=1" },
  { "--B--", "" },
  { "", NULL },
  { "--b--", NULL },
  { "x--B--", NULL },
  { "--B", NULL },
  { "--B\r\n", NULL },
  { "--B-", NULL },
  { "--Bx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"a\\\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\n\r\n1\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--B--", NULL },
  { "--B\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n1\r\n--B--", NULL },
};

static void
test_multipart (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (multiparts); i++) {
    /* an exact copy, so that reading beyond it is seen under ASan */
    gsize length = strlen (multiparts[i][0]);
    g_autofree char *body = g_memdup2 (multiparts[i][0], length);
    g_autoptr (BelfryForm) form = belfry_form_new ();
    g_autoptr (GError) error = NULL;
    g_autofree char *shown = NULL;

    if (belfry_form_add_multipart (form, "multipart/form-data; boundary=B", body, length, &error))
      shown = describe (form);
    else
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
    g_assert_cmpstr (shown, ==, multiparts[i][1]);
  }
}

/* a body that ends anywhere is refused, unless only the line break behind its end is missing */
static void
test_multipart_truncated (void)
{
  static const char text[] = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                             "--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--B--";

  for (gsize length = 0; length < strlen (text); length++) {
    g_autofree char *body = g_memdup2 (text, length);
    g_autoptr (BelfryForm) form = belfry_form_new ();

    g_assert_false (
        belfry_form_add_multipart (form, "multipart/form-data; boundary=B", body, length, NULL));
    g_assert_cmpuint (belfry_form_get_count (form), ==, 0);
  }
}

static void
test_multipart_nul (void)
{
  static const char value[] =
      "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\0002\r\n--B--";
  static const char name[] = "--B\r\nContent-Disposition: form-data; \0name=a\r\n\r\n1\r\n--B--";
  g_autoptr (BelfryForm) form = belfry_form_new ();
  const char *type = "multipart/form-data; boundary=B";

  g_assert_false (belfry_form_add_multipart (form, type, value, sizeof value - 1, NULL));
  g_assert_false (belfry_form_add_multipart (form, type, name, sizeof name - 1, NULL));
}

static void
test_multipart_type (void)
{
  static const char body[] = "--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b--";
  static const char *const good[] = { "multipart/form-data; boundary=\"a b\"",
                                      "Multipart/Form-Data ;charset=utf-8; Boundary=\"a b\"; x=y" };
  static const char *const bad[] = {
    "",
    "multipart/form-data",
    "multipart/form-data;",
    "multipart/form-data; boundary",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\"a b",
    "multipart/form-dataX; boundary=\"a b\"",
    "multipart/mixed; boundary=\"a b\"",
    ("multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890"
     "1234567890"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (BelfryForm) form = belfry_form_new ();

    g_assert_true (belfry_form_add_multipart (form, good[i], body, strlen (body), NULL));
    g_assert_cmpstr (belfry_form_get (form, "x"), ==, "1");
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (BelfryForm) form = belfry_form_new ();
    g_autoptr (GError) error = NULL;

    g_assert_false (belfry_form_add_multipart (form, bad[i], body, strlen (body), &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

static GString *
make_parts (guint count, const char *header, const char *value)
{
  GString *body = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    g_string_append_printf (body, "--B\r\n%sContent-Disposition: form-data; name=p\r\n\r\n%s\r\n",
                            header, value);
  g_string_append (body, "--B--\r\n");
  return body;
}

static void
check_limit (guint count, const char *header, const char *value, gboolean is_good)
{
  g_autoptr (GString) body = make_parts (count, header, value);
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_autoptr (GError) error = NULL;

  belfry_form_add_multipart (form, "multipart/form-data; boundary=B", body->str, body->len, &error);
  if (is_good)
    g_assert_no_error (error);
  else
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE);
  g_assert_cmpuint (belfry_form_get_count (form), ==, is_good ? count : 0);
}

static void
test_multipart_limits (void)
{
  g_autofree char *small = g_strnfill (30000, 'x');
  g_autofree char *large = g_strnfill (1024 * 1024, 'x');
  g_autofree char *over = g_strnfill (1024 * 1024 + 1, 'x');
  g_autofree char *padding = g_strnfill (9000, 'x');
  g_autofree char *header = g_strconcat ("X: ", padding, "\r\n", NULL);

  check_limit (32, "", "1", TRUE);
  check_limit (33, "", "1", FALSE);
  check_limit (32, "", small, TRUE);
  check_limit (32, "", large, FALSE);
  check_limit (1, "", large, TRUE);
  check_limit (1, "", over, FALSE);
  check_limit (1, header, "1", FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/form/urlencoded/pairs", test_urlencoded);
  g_test_add_func ("/form/urlencoded/refused", test_urlencoded_refused);
  g_test_add_func ("/form/urlencoded/limit", test_urlencoded_limit);
  g_test_add_func ("/form/get", test_get);
  g_test_add_func ("/form/replace", test_replace);
  g_test_add_func ("/form/multipart/parts", test_multipart);
  g_test_add_func ("/form/multipart/truncated", test_multipart_truncated);
  g_test_add_func ("/form/multipart/nul", test_multipart_nul);
  g_test_add_func ("/form/multipart/type", test_multipart_type);
  g_test_add_func ("/form/multipart/limits", test_multipart_limits);
  return g_test_run ();
}
