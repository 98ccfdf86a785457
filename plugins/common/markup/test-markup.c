/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "markup.h"

#include <string.h>

static const BelfryMarkupDialect html = {
  .tags = {
    [BELFRY_MARKUP_BOLD] = { "<b>", "</b>" },
    [BELFRY_MARKUP_ITALIC] = { "<i>", "</i>" },
    [BELFRY_MARKUP_PRE] = { "<pre>", "</pre>" },
    [BELFRY_MARKUP_LINK] = { "<a href=\"", "</a>" },
  },
  .between = "\">",
  .newline = "<br>",
  .escapes = belfry_markup_escapes_html,
};

static const struct {
  const char *body;
  const char *html;
  const char *plain;
} conversions[] = {
  { "a &amp; b &lt;c&gt; &#39;d&#x27; &nbsp;&unknown; &",
    "a &amp; b &lt;c&gt; 'd'  &amp;unknown; &amp;", "a & b <c> 'd'  &unknown; &" },
  { "<a href=\"https://x.example/?a=1&amp;b=2\">it</a>",
    "<a href=\"https://x.example/?a=1&amp;b=2\">it</a>", "it (https://x.example/?a=1&b=2)" },
  { "<strong>b</strong><em class='x>y'>i</em>", "<b>b</b><i>i</i>", "bi" },
  /* closed by what surrounds it, never opened, never closed */
  { "<b>a<i>b</b>c</i>d<b>e", "<b>a<i>b</i></b>cd<b>e</b>", "abcde" },
  { "one<br>two<p>three</p>four", "one<br>two<br>three<br>four", "one\ntwo\nthree\nfour" },
  { "<ul><li>a</li><li>b</li></ul>", "• a<br>• b<br>", "• a\n• b\n" },
  { "<pre>a\nb</pre>\nc", "<pre>a\nb</pre><br>c", "a\nb\nc" },
  { "<script>alert('<b>')</script><!-- <b> -->x<img src=x onerror=y>", "x", "x" },
  { "<a href='javascript:alert(1)'>x</a><a href='/local'>y</a>", "xy", "xy" },
  { "<a href='https://x.example/a|b&quot;c'>x</a>", "<a href=\"https://x.example/a%7Cb%22c\">x</a>",
    "x (https://x.example/a%7Cb%22c)" },
  { "1 < 2 <3 </> <", "1 &lt; 2 &lt;3 &lt;/&gt; &lt;", "1 < 2 <3 </> <" },
  { "<b", "&lt;b", "<b" },
  { "&#0;&#1114112;&#55296;", "&amp;#0;&amp;#1114112;&amp;#55296;", "&#0;&#1114112;&#55296;" },
  { "", "", "" },
};

static void
test_convert (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (conversions); i++) {
    g_autoptr (BelfryMarkup) markup = belfry_markup_new (conversions[i].body, TRUE);
    g_autofree char *as_html = belfry_markup_write (markup, &html);
    g_autofree char *as_plain = belfry_markup_write (markup, &belfry_markup_plain);

    g_assert_cmpstr (as_html, ==, conversions[i].html);
    g_assert_cmpstr (as_plain, ==, conversions[i].plain);
  }
}

static void
test_plain (void)
{
  g_autofree char *written =
      belfry_markup_convert ("<b>&amp;\n\xff", FALSE, &html, BELFRY_MARKUP_BYTES, 1000);

  g_assert_cmpstr (written, ==, "&lt;b&gt;&amp;amp;<br>\xef\xbf\xbd");
}

static const struct {
  const char *body;
  BelfryMarkupUnit unit;
  gsize max;
  const char *written;
} cuts[] = {
  { "<b>abcdef</b>", BELFRY_MARKUP_CHARS, 13, "<b>abcdef</b>" },
  { "<b>abcdef</b>", BELFRY_MARKUP_CHARS, 12, "<b>abcd…</b>" },
  { "<b>abcdef</b>", BELFRY_MARKUP_BYTES, 12, "<b>ab…</b>" },
  { "<b>abcdef</b>", BELFRY_MARKUP_SHOWN, 5, "<b>abcd…</b>" },
  { "<b>äöüß</b>", BELFRY_MARKUP_BYTES, 13, "<b>ä…</b>" },
  { "&lt;&lt;&lt;&lt;", BELFRY_MARKUP_CHARS, 10, "&lt;&lt;…" },
  /* two UTF-16 units each */
  { "😀😀😀", BELFRY_MARKUP_SHOWN, 5, "😀😀…" },
  { "😀😀😀", BELFRY_MARKUP_SHOWN, 4, "😀…" },
  { "<b>ab</b><i>cd</i>", BELFRY_MARKUP_SHOWN, 3, "<b>ab</b><i>…</i>" },
  { "<b>abcd</b><i>ef</i>", BELFRY_MARKUP_SHOWN, 3, "<b>ab…</b>" },
  { "<b>abcd</b>", BELFRY_MARKUP_CHARS, 2, "" },
};

static void
test_fit (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cuts); i++) {
    g_autofree char *written =
        belfry_markup_convert (cuts[i].body, TRUE, &html, cuts[i].unit, cuts[i].max);

    g_assert_cmpstr (written, ==, cuts[i].written);
  }
}

static void
test_deep (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *written = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (body, "<b>x");
  written = belfry_markup_convert (body->str, TRUE, &belfry_markup_plain, BELFRY_MARKUP_CHARS, 100);
  g_assert_cmpint (g_utf8_strlen (written, -1), ==, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/markup/convert", test_convert);
  g_test_add_func ("/markup/plain-text", test_plain);
  g_test_add_func ("/markup/fit", test_fit);
  g_test_add_func ("/markup/deep", test_deep);
  return g_test_run ();
}
