/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in and out: characters, secrets, patterns, words, addresses, repositories. */
#include <string.h>

#include "belfry-error.h"
#include "belfry-text.h"

/* what comes in, what must come out; NULL: it is refused */
typedef struct {
  const char *in;
  const char *out;
} Case;

static void
test_printable (void)
{
  static const Case cases[] = {
    { "plain", "plain" },
    { "", "" },
    { "a\nb\tc\x1b[31m\x7f", "a\\x0ab\\x09c\\x1b[31m\\x7f" },
    { "\xc2\x85", "\\x85" },
    { "ä€😀", "ä€😀" },
    { "a\xff"
      "b",
      "a\xef\xbf\xbd"
      "b" },
    { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
    { "abc\xe2\x80\xae"
      "def",
      "abc\\u202edef" },
    { "\xe2\x80\xa8", "\\u2028" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *shown = belfry_text_make_printable (cases[i].in, -1, 0);

    g_assert_cmpstr (shown, ==, cases[i].out);
  }
}

static void
test_printable_length (void)
{
  g_autofree char *huge = g_strnfill (1000000, 'x');
  g_autofree char *nul = belfry_text_make_printable ("a\0b", 3, 0);
  g_autofree char *part = belfry_text_make_printable ("abcdef", 3, 0);
  g_autofree char *nothing = belfry_text_make_printable (NULL, 0, 10);
  g_autofree char *cut = belfry_text_make_printable (huge, -1, 10);

  g_assert_cmpstr (nul, ==,
                   "a\xef\xbf\xbd"
                   "b");
  g_assert_cmpstr (part, ==, "abc");
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (cut, ==, "xxxxxxx…");
  /* whatever the limit and the bytes, the result is valid and short enough */
  for (gsize limit = 1; limit < 20; limit++) {
    g_autofree char *shown = belfry_text_make_printable ("ä\n€\xff😀\x01ääää", -1, limit);

    g_assert_cmpuint (strlen (shown), <=, limit);
    g_assert_true (g_utf8_validate (shown, -1, NULL));
  }
}

static void
test_cut (void)
{
  g_autofree char *whole = belfry_text_cut ("hällo", 6);
  g_autofree char *cut = belfry_text_cut ("hällo", 5);
  g_autofree char *tiny = belfry_text_cut ("ää", 1);
  g_autofree char *small = belfry_text_cut ("ää", 2);
  g_autofree char *none = belfry_text_cut ("abc", 0);

  g_assert_cmpstr (whole, ==, "hällo");
  g_assert_cmpstr (cut, ==, "h…");
  g_assert_cmpstr (tiny, ==, "");
  g_assert_cmpstr (small, ==, "ä");
  g_assert_cmpstr (none, ==, "");
}

static void
test_html (void)
{
  g_autofree char *html = belfry_text_escape_html ("<a href=\"x\" title='y'>&amp;ä</a>");

  g_assert_cmpstr (html, ==, "&lt;a href=&#34;x&#34; title=&#39;y&#39;&gt;&amp;amp;ä&lt;/a&gt;");
}

static void
test_percent (void)
{
  static const Case cases[] = {
    { "a%20b+c", "a b c" }, { "%C3%A4", "ä" },     { "%c3%a4", "ä" }, { "100%", "100%" },
    { "%zz%4", "%zz%4" },   { "%2B%26", "+&" },    { "", "" },        { "%FF", NULL },
    { "a%00b", NULL },      { "%ED%A0%80", NULL },
  };
  g_autofree char *encoded = belfry_text_percent_encode ("a b/ä?&=+-._~");
  g_autofree char *plus = belfry_text_percent_decode ("a+b", -1, FALSE, NULL);
  g_autofree char *part = belfry_text_percent_decode ("ab%20", 4, FALSE, NULL);

  g_assert_cmpstr (encoded, ==, "a%20b%2F%C3%A4%3F%26%3D%2B-._~");
  g_assert_cmpstr (plus, ==, "a+b");
  g_assert_cmpstr (part, ==, "ab%2");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *decoded = belfry_text_percent_decode (cases[i].in, -1, TRUE, &error);

    g_assert_cmpstr (decoded, ==, cases[i].out);
    if (cases[i].out == NULL)
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

static void
test_nearest (void)
{
  static const char *const words[] = { "from-address", "mode", "builders", "tags", "x", NULL };
  static const Case cases[] = {
    { "builder", "builders" },
    { "bulider", "builders" },
    { "mdoe", "mode" },
    { "Mode", "mode" },
    { "mode", "mode" },
    { "from_addres", "from-address" },
    { "form-adress", "from-address" },
    { "tag", "tags" },
    { "zzz", NULL },
    { "", NULL },
    { "y", NULL },
    { "password", NULL },
    { "\xff\xfe", NULL },
  };
  g_autofree char *huge = g_strnfill (1000000, 'm');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (belfry_text_nearest (cases[i].in, words), ==, cases[i].out);
  g_assert_null (belfry_text_nearest (huge, words));
}

static void
test_identifier (void)
{
  g_assert_true (belfry_text_is_identifier ("a", 50));
  g_assert_true (belfry_text_is_identifier ("_worker-1.example", 50));
  g_assert_true (belfry_text_is_identifier ("abc", 3));
  g_assert_false (belfry_text_is_identifier ("abcd", 3));
  g_assert_false (belfry_text_is_identifier ("1a", 50));
  g_assert_false (belfry_text_is_identifier ("a b", 50));
  g_assert_false (belfry_text_is_identifier ("a/b", 50));
  g_assert_false (belfry_text_is_identifier ("ä", 50));
  g_assert_false (belfry_text_is_identifier ("", 50));
  g_assert_false (belfry_text_is_identifier (NULL, 50));
}

static void
test_constant_time (void)
{
  g_assert_true (belfry_equal_constant_time ("secret", 6, "secret", 6));
  g_assert_true (belfry_equal_constant_time ("a\0b", 3, "a\0b", 3));
  g_assert_true (belfry_equal_constant_time (NULL, 0, "", 0));
  g_assert_false (belfry_equal_constant_time ("a\0b", 3, "a\0c", 3));
  g_assert_false (belfry_equal_constant_time ("Secret", 6, "secret", 6));
  g_assert_false (belfry_equal_constant_time ("secret", 6, "secre", 5));
  g_assert_false (belfry_equal_constant_time ("secret", 6, NULL, 0));
}

/* RFC 4231 §4.3 and RFC 2202 §2, second test */
static void
test_hmac (void)
{
  static const char data[] = "what do ya want for nothing?";
  g_autofree char *sha256 = belfry_hmac_hex (G_CHECKSUM_SHA256, "Jefe", 4, data, strlen (data));
  g_autofree char *md5 = belfry_hmac_hex (G_CHECKSUM_MD5, "Jefe", 4, data, strlen (data));
  g_autofree char *empty = belfry_hmac_hex (G_CHECKSUM_SHA256, NULL, 0, NULL, 0);

  g_assert_cmpstr (sha256, ==, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  g_assert_cmpstr (md5, ==, "750c783e6ab0b503eaa86e310a5db738");
  g_assert_cmpstr (empty, ==, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

typedef struct {
  const char *pattern;
  const char *text;
  gboolean as_text;
  gboolean as_path;
} GlobCase;

static const GlobCase globs[] = {
  { "", "", TRUE, TRUE },
  { "", "a", FALSE, FALSE },
  { "abc", "abc", TRUE, TRUE },
  { "abc", "ABC", FALSE, FALSE },
  { "abc", "abcd", FALSE, FALSE },
  { "*", "", TRUE, TRUE },
  { "*", "abc", TRUE, TRUE },
  { "*", "a/b", TRUE, FALSE },
  { "**", "a/b", TRUE, TRUE },
  { "a*", "a/b", TRUE, FALSE },
  { "a*c", "abbbc", TRUE, TRUE },
  { "a*c*e", "abcde", TRUE, TRUE },
  { "a*c*e", "abde", FALSE, FALSE },
  { "*ab", "aab", TRUE, TRUE },
  { "*.log", "x/y.log", TRUE, FALSE },
  { "?", "ä", TRUE, TRUE },
  { "?", "", FALSE, FALSE },
  { "a?b", "a/b", TRUE, FALSE },
  { "a[!x]b", "a/b", TRUE, FALSE },
  { "a[/]b", "a/b", TRUE, FALSE },
  { "[abc]", "b", TRUE, TRUE },
  { "[abc]", "d", FALSE, FALSE },
  { "[a-c]x", "bx", TRUE, TRUE },
  { "[!a-c]", "b", FALSE, FALSE },
  { "[!a-c]", "d", TRUE, TRUE },
  { "[^a]", "^", TRUE, TRUE },
  { "[]a]", "]", TRUE, TRUE },
  { "[!]a]", "b", TRUE, TRUE },
  { "[!]a]", "]", FALSE, FALSE },
  { "[a-]", "-", TRUE, TRUE },
  { "[z-a]", "m", FALSE, FALSE },
  { "[ä-ü]", "ö", TRUE, TRUE },
  { "[*]", "*", TRUE, TRUE },
  { "[*]", "a", FALSE, FALSE },
  { "[", "[", TRUE, TRUE },
  { "[a", "[a", TRUE, TRUE },
  { "[a", "a", FALSE, FALSE },
  { "x[]", "x[]", TRUE, TRUE },
  { "x[!]", "x[!]", TRUE, TRUE },
  { "a\\*", "a\\b", TRUE, TRUE },
  { "github.*.name", "github.head.repo.name", TRUE, TRUE },
  { "**/*.log", "y.log", FALSE, TRUE },
  { "**/*.log", "a/b/y.log", TRUE, TRUE },
  { "**/*.log", "a/b/y.txt", FALSE, FALSE },
  { "a/**/b", "a/b", FALSE, TRUE },
  { "a/**/b", "a/x/y/b", TRUE, TRUE },
  { "a/**/b", "a/xb", FALSE, FALSE },
  { "a/**", "a/x/y", TRUE, TRUE },
  { "a/**", "b/x/y", FALSE, FALSE },
  { "a**b", "a/x/b", TRUE, TRUE },
  { "**/x*z/b", "x/xyz/b", TRUE, TRUE },
  { "**x*y", "xq/xay", TRUE, TRUE },
  { "docs/*", "docs/a/b", TRUE, FALSE },
  { "*/b", "/b", TRUE, TRUE },
  { "\xff", "\xff", FALSE, FALSE },
  { "*", "\xff", FALSE, FALSE },
};

static void
test_glob (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (globs); i++) {
    gboolean as_text = belfry_glob_match (globs[i].pattern, globs[i].text, BELFRY_GLOB_TEXT);
    gboolean as_path = belfry_glob_match (globs[i].pattern, globs[i].text, BELFRY_GLOB_PATH);

    if (as_text != globs[i].as_text || as_path != globs[i].as_path)
      g_test_fail_printf ("%s on %s: %d %d", globs[i].pattern, globs[i].text, as_text, as_path);
  }
}

/* would take ages if stars were tried again and again */
static void
test_glob_bounded (void)
{
  g_autofree char *text = g_strnfill (5000, 'a');

  g_assert_false (belfry_glob_match ("*a*a*a*a*a*a*a*a*a*a*a*a*b", text, BELFRY_GLOB_TEXT));
  g_assert_false (belfry_glob_match ("**a*a*a*a*a**a*a*a*a*a*b", text, BELFRY_GLOB_PATH));
}

static void
test_glob_is_pattern (void)
{
  g_assert_true (belfry_glob_is_pattern ("a*"));
  g_assert_true (belfry_glob_is_pattern ("?"));
  g_assert_true (belfry_glob_is_pattern ("x[ab]"));
  g_assert_false (belfry_glob_is_pattern ("x[ab"));
  g_assert_false (belfry_glob_is_pattern ("plain/name]"));
  g_assert_false (belfry_glob_is_pattern (""));
}

static void
test_regex (void)
{
  g_autoptr (GRegex) regex = belfry_regex_new ("(?P<word>b+)\\.\\d", NULL);
  g_autoptr (GRegex) choice = belfry_regex_new ("a|b", NULL);
  g_autoptr (GRegex) subroutine = belfry_regex_new ("(?P<n>a)-\\g<n>$", NULL);

  g_assert_nonnull (regex);
  g_assert_true (belfry_regex_search (regex, "abb.1c"));
  g_assert_false (belfry_regex_match_start (regex, "abb.1c"));
  g_assert_true (belfry_regex_match_start (regex, "bb.1c"));
  g_assert_false (belfry_regex_search (regex, "bbx1"));
  g_assert_false (belfry_regex_search (regex, "b.1\xff"));
  g_assert_true (belfry_regex_match_start (choice, "bx"));
  g_assert_false (belfry_regex_match_start (choice, "xb"));
  g_assert_true (belfry_regex_search (subroutine, "a-a"));
}

/* patterns that explode end at the limit, which counts as no match */
static void
test_regex_limit (void)
{
  static const char *const patterns[] = { "(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
                                          "((a*)*)*b", "(*LIMIT_MATCH=4000000000)(a+)+$" };
  g_autofree char *as = g_strnfill (5000, 'a');
  g_autofree char *text = g_strconcat (as, "!", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++) {
    g_autoptr (GRegex) regex = belfry_regex_new (patterns[i], NULL);

    g_assert_nonnull (regex);
    g_assert_false (belfry_regex_search (regex, text));
    g_assert_false (belfry_regex_match_start (regex, text));
  }
}

/* what is harmless is found in long text too */
static void
test_regex_long (void)
{
  g_autofree char *as = g_strnfill (50000, 'a');
  g_autofree char *text = g_strconcat (as, "b", NULL);
  g_autoptr (GRegex) regex = belfry_regex_new ("b$", NULL);
  g_autoptr (GRegex) any = belfry_regex_new (".*b", NULL);

  g_assert_true (belfry_regex_search (regex, text));
  g_assert_true (belfry_regex_match_start (any, text));
}

static void
test_regex_refused (void)
{
  g_autofree char *just = g_strnfill (4096, 'a');
  g_autofree char *over = g_strnfill (4097, 'a');
  const char *const bad[] = { "(", "[", "a**", "\\g<none>", "(?P<1>a)", "\xff", over };
  g_autoptr (GRegex) longest = belfry_regex_new (just, NULL);

  g_assert_nonnull (longest);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GRegex) regex = belfry_regex_new (bad[i], &error);

    g_assert_null (regex);
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
    g_assert_null (strstr (error->message, "LIMIT"));
  }
}

/* items joined with "|", so that a case is one string */
static void
test_words (void)
{
  static const Case cases[] = {
    { "", "" },
    { "  \t\n ", "" },
    { "make", "make" },
    { "make  -j4\tcheck\n", "make|-j4|check" },
    { "echo 'a  b' \"c d\"", "echo|a  b|c d" },
    { "a\\ b", "a b" },
    { "a'b'\"c\"d", "abcd" },
    { "''", "" },
    { "x '' y", "x||y" },
    { "'a\\b'", "a\\b" },
    { "\"a\\b\\\"\\\\\\$\\`\"", "a\\b\"\\$`" },
    { "a\\\nb", "ab" },
    { "\"a\\\nb\"", "ab" },
    { "$HOME `id` $(id) *.c > x # y", "$HOME|`id`|$(id)|*.c|>|x|#|y" },
    { "%(prop:branch)s", "%(prop:branch)s" },
    { "ä\\ö", "äö" },
    { "'", NULL },
    { "a \"b", NULL },
    { "a\\", NULL },
    { "\"a\\", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) words = belfry_split_words (cases[i].in, &error);
    g_autofree char *joined = words != NULL ? g_strjoinv ("|", words) : NULL;

    g_assert_cmpstr (joined, ==, cases[i].out);
    if (cases[i].out == NULL)
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static void
test_words_count (void)
{
  g_auto (GStrv) none = belfry_split_words (" ", NULL);
  g_auto (GStrv) empty = belfry_split_words ("''", NULL);

  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_cmpuint (g_strv_length (empty), ==, 1);
}

static void
test_list (void)
{
  static const Case cases[] = {
    { "", "" },
    { "a", "a" },
    { "a;b;c", "a|b|c" },
    { "a;b;", "a|b" },
    { " a ; b\t; c ", "a|b|c" },
    { "a;;b", "a||b" },
    { ";a", "|a" },
    { "a\\;b;c", "a;b|c" },
    { "a\\\\;b", "a\\|b" },
    { "^\\d+$;\\w", "^\\d+$|\\w" },
    { "^\\\\d+$", "^\\d+$" },
    { "a\\nb\\tc", "a\nb\tc" },
    { "\\sa\\s;b", " a |b" },
    { " \\s a", "  a" },
    { "a b  c", "a b  c" },
    { "a\\", "a\\" },
    { "ä ; ö", "ä|ö" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) items = belfry_split_list (cases[i].in);
    g_autofree char *joined = g_strjoinv ("|", items);

    g_assert_cmpstr (joined, ==, cases[i].out);
  }
}

static void
test_list_count (void)
{
  static const char *const texts[] = { "", "  ", ";", ";;", "a;", "a; ", "a;\\s" };
  static const guint counts[] = { 0, 0, 1, 2, 1, 1, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_auto (GStrv) items = belfry_split_list (texts[i]);

    g_assert_cmpuint (g_strv_length (items), ==, counts[i]);
  }
}

static gboolean
contains (BelfryAddresses *addresses, const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);
  return belfry_addresses_contain (addresses, address);
}

static void
test_addresses (void)
{
  static const char *const items[] = {
    "192.0.2.7",          "10.0.0.0/8", "2001:db8::/32", "::1", "::ffff:198.51.100.0/120",
    "::ffff:203.0.113.9", NULL
  };
  static const char *const inside[] = { "192.0.2.7",       "::ffff:192.0.2.7",     "10.255.0.1",
                                        "::ffff:10.1.2.3", "2001:db8:ffff::1",     "::1",
                                        "198.51.100.77",   "::ffff:198.51.100.77", "203.0.113.9" };
  static const char *const outside[] = { "192.0.2.8",    "11.0.0.0", "2001:db9::",   "::2",
                                         "198.51.101.1", "0.0.0.1",  "203.0.113.10", "::10.0.0.1" };
  g_autoptr (BelfryAddresses) addresses = belfry_addresses_new (items, NULL);

  g_assert_nonnull (addresses);
  for (guint i = 0; i < G_N_ELEMENTS (inside); i++)
    g_assert_true (contains (addresses, inside[i]));
  for (guint i = 0; i < G_N_ELEMENTS (outside); i++)
    g_assert_false (contains (addresses, outside[i]));
}

static void
test_addresses_wide (void)
{
  static const char *const none[] = { NULL };
  static const char *const v4[] = { "0.0.0.0/0", NULL };
  static const char *const v6[] = { "::/0", NULL };
  g_autoptr (BelfryAddresses) nobody = belfry_addresses_new (none, NULL);
  g_autoptr (BelfryAddresses) all_v4 = belfry_addresses_new (v4, NULL);
  g_autoptr (BelfryAddresses) all_v6 = belfry_addresses_new (v6, NULL);

  g_assert_false (contains (nobody, "127.0.0.1"));
  g_assert_true (contains (all_v4, "::ffff:1.2.3.4"));
  g_assert_false (contains (all_v4, "::1"));
  g_assert_true (contains (all_v6, "::1"));
  g_assert_false (contains (all_v6, "1.2.3.4"));
}

static void
test_addresses_refused (void)
{
  static const char *const bad[] = { "",
                                     "example.org",
                                     "10.0.0.0/33",
                                     "10.0.0.0/",
                                     "10.0.0.0/-1",
                                     "10.0.0.0/8x",
                                     "10.0.0.0/ 8",
                                     "10.0.0.1/8",
                                     "10.0.0",
                                     "::/129",
                                     "/8",
                                     "10.0.0.0/8/8",
                                     "1.2.3.4 ",
                                     "010.0.0.1x" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const char *const items[] = { "::1", bad[i], NULL };
    g_autoptr (GError) error = NULL;
    g_autoptr (BelfryAddresses) addresses = belfry_addresses_new (items, &error);

    g_assert_null (addresses);
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, bad[i]));
  }
}

static void
test_repository (void)
{
  static const Case cases[] = {
    { "https://github.com/org/repo", "github.com/org/repo" },
    { "https://github.com/org/repo.git", "github.com/org/repo" },
    { "https://github.com/org/repo/", "github.com/org/repo" },
    { "https://github.com/org/repo.git/", "github.com/org/repo" },
    { "http://GitHub.com:80/org/repo", "github.com/org/repo" },
    { "https://user:pw@github.com:443/org/repo", "github.com/org/repo" },
    { "HTTPS://github.com/org/repo", "github.com/org/repo" },
    { "ssh://git@github.com:22/org/repo.git", "github.com/org/repo" },
    { "ssh://git@github.com/org/repo.git", "github.com/org/repo" },
    { "git://github.com/org/repo.git", "github.com/org/repo" },
    { "git@github.com:org/repo.git", "github.com/org/repo" },
    { "github.com:org/repo", "github.com/org/repo" },
    { "github.com/org/repo", "github.com/org/repo" },
    { "GitHub.com/Org/Repo", "github.com/Org/Repo" },
    { "https://github.com/Org/Repo", "github.com/Org/Repo" },
    { "ssh://git@host:2222/x.git", "host:2222/x" },
    { "git@host:/srv/git/x.git", "host/srv/git/x" },
    { "ssh://host/srv/git/x.git", "host/srv/git/x" },
    { "ssh://git@[2001:DB8::1]:22/x", "[2001:db8::1]/x" },
    { "git@[2001:db8::1]:x", "[2001:db8::1]/x" },
    { "ssh://[2001:db8::1]/x", "[2001:db8::1]/x" },
    { "https://host/a%20b?x=y", "host/a%20b?x=y" },
    { "https://host", "host" },
    { "https://host/", "host" },
    { "https://host/a@b/c", "host/a@b/c" },
    { "/srv/git/hello.git", "/srv/git/hello" },
    { "file:///srv/git/hello.git", "/srv/git/hello" },
    { "file://localhost/srv/git/hello/", "/srv/git/hello" },
    { "/srv/Git/hello/.git", "/srv/Git/hello" },
    { "/srv/git/a:b", "/srv/git/a:b" },
    { "../hello", "../hello" },
    { "folder/hello", "folder/hello" },
    { "/", "/" },
    { "file:///", "/" },
    { "", "" },
    { NULL, "" },
    { "https://x/.git", "x" },
    { "lp:project", "lp/project" },
    { "https://", ":" },
    { "@", "@" },
    { "[", "[" },
    { ":", ":" },
    { "https:///srv/x", ":srv/x" },
    { "git@:/srv/x", ":srv/x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *normal = belfry_repository_normalize (cases[i].in);

    g_assert_cmpstr (normal, ==, cases[i].out);
  }
}

static void
test_repository_split (void)
{
  static const struct {
    const char *repository;
    const char *address;
    const char *user;
    const char *password;
  } rows[] = {
    { "https://ada:s%40t@git.example/a", "https://ada@git.example/a", "ada", "s@t" },
    { "https://ada:a@b@git.example/a@b", "https://ada@git.example/a@b", "ada", "a@b" },
    { "https://ada@git.example/a", "https://ada@git.example/a", "ada", NULL },
    { "https://git.example:8443/a", "https://git.example:8443/a", NULL, NULL },
    { "git@git.example:a/b", "git@git.example:a/b", NULL, NULL },
    { "/srv/a@b:c", "/srv/a@b:c", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *user = NULL;
    g_autofree char *password = NULL;
    g_autofree char *address = belfry_repository_split (rows[i].repository, &user, &password);

    g_assert_cmpstr (address, ==, rows[i].address);
    g_assert_cmpstr (user, ==, rows[i].user);
    g_assert_cmpstr (password, ==, rows[i].password);
  }
}

static void
test_repository_check (void)
{
  static const char *const allowed[] = { "https", "ssh", "file", NULL };
  static const char *const good[] = { "https://git.example/a", "ssh://git@git.example/a",
                                      "git@git.example:a", "/srv/a", "file:///srv/a" };
  static const char *const bad[] = { "",
                                     "ext::sh -c true",
                                     "fd::3",
                                     "http://git.example/a",
                                     "--upload-pack=touch",
                                     "ssh://-oProxyCommand=x/a",
                                     "git@-oProxyCommand=x:a",
                                     "https://git.example/a\nb" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (belfry_repository_check (good[i], allowed, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (belfry_repository_check (bad[i], allowed, &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/printable/characters", test_printable);
  g_test_add_func ("/text/printable/length", test_printable_length);
  g_test_add_func ("/text/cut", test_cut);
  g_test_add_func ("/text/html", test_html);
  g_test_add_func ("/text/percent", test_percent);
  g_test_add_func ("/text/nearest", test_nearest);
  g_test_add_func ("/text/identifier", test_identifier);
  g_test_add_func ("/text/secret/constant-time", test_constant_time);
  g_test_add_func ("/text/secret/hmac", test_hmac);
  g_test_add_func ("/text/glob/match", test_glob);
  g_test_add_func ("/text/glob/bounded", test_glob_bounded);
  g_test_add_func ("/text/glob/is-pattern", test_glob_is_pattern);
  g_test_add_func ("/text/regex/match", test_regex);
  g_test_add_func ("/text/regex/limit", test_regex_limit);
  g_test_add_func ("/text/regex/long", test_regex_long);
  g_test_add_func ("/text/regex/refused", test_regex_refused);
  g_test_add_func ("/text/words/split", test_words);
  g_test_add_func ("/text/words/count", test_words_count);
  g_test_add_func ("/text/list/split", test_list);
  g_test_add_func ("/text/list/count", test_list_count);
  g_test_add_func ("/text/addresses/contain", test_addresses);
  g_test_add_func ("/text/addresses/wide", test_addresses_wide);
  g_test_add_func ("/text/addresses/refused", test_addresses_refused);
  g_test_add_func ("/text/repository/normalize", test_repository);
  g_test_add_func ("/text/repository/split", test_repository_split);
  g_test_add_func ("/text/repository/check", test_repository_check);
  return g_test_run ();
}
