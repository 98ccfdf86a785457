/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminal output: what becomes a class, what goes, what is escaped, and that nothing breaks it. */
#include "ansi.h"

#include <string.h>

static char *
draw (const char *text)
{
  BuildersAnsi ansi = BUILDERS_ANSI_INIT;
  GString *html = g_string_new (NULL);

  builders_ansi_append_line (&ansi, text, strlen (text), html);
  return g_string_free (html, FALSE);
}

static const struct {
  const char *text;
  const char *html;
} cases[] = {
  { "plain", "plain" },
  { "", "" },
  { "<b>&\"'</b>", "&lt;b&gt;&amp;&quot;&apos;&lt;/b&gt;" },
  { "\x1b[1m<b>\x1b[0m", "<span class=\"ansi1\">&lt;b&gt;</span>" },
  { "\x1b[31mred\x1b[0m.", "<span class=\"ansi31\">red</span>." },
  { "\x1b[31mred\x1b[m.", "<span class=\"ansi31\">red</span>." },
  { "\x1b[1;97;41mx", "<span class=\"ansi1 ansi97 ansi41\">x</span>" },
  { "\x1b[31ma\x1b[39mb", "<span class=\"ansi31\">a</span>b" },
  { "\x1b[38;5;208mx", "<span class=\"ansifg-208\">x</span>" },
  { "\x1b[48;5;17mx\x1b[49my", "<span class=\"ansibg-17\">x</span>y" },
  { "\x1b[38;2;255;0;0mx", "<span class=\"ansifg-196\">x</span>" },
  { "\x1b[38;2;128;128;128mx", "<span class=\"ansifg-244\">x</span>" },
  { "\x1b[38;5;999mx", "x" },
  { "\x1b[1;22mx", "x" },
  { "\x1b[2Ka\x1b[10;3Hb\x1b[?25lc", "abc" },
  { "\x1b]0;title\aa", "a" },
  { "\x1b]8;;javascript:alert(1)\x1b\\a\x1b]8;;\x1b\\", "a" },
  { "\x1b]0;never ends", "" },
  { "\x1b[31", "" },
  { "\x1b", "" },
  { "\x1b(Bx", "x" },
  { "10%\r50%\r100%", "100%" },
  { "done\r", "done" },
  { "abc\b\bX", "aX" },
  { "a\tb", "a\tb" },
  { "a\x01\x7f\x02"
    "b",
    "ab" },
  { "\xc3\xa4\x1b[4m\xe2\x82\xac", "\xc3\xa4<span class=\"ansi4\">\xe2\x82\xac</span>" },
};

static void
test_ansi_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *html = draw (cases[i].text);

    g_assert_cmpstr (html, ==, cases[i].html);
  }
}

static void
test_ansi_state_persists (void)
{
  BuildersAnsi ansi = BUILDERS_ANSI_INIT;
  g_autoptr (GString) html = g_string_new (NULL);

  builders_ansi_append_line (&ansi, "\x1b[32mone", 8, html);
  builders_ansi_append_line (&ansi, "two", 3, html);
  builders_ansi_append_line (&ansi, "\x1b[0mthree", 9, html);
  g_assert_cmpstr (html->str, ==,
                   "<span class=\"ansi32\">one</span><span class=\"ansi32\">two</span>three");
}

/* whatever comes, tags are ours and balanced */
static void
test_ansi_random (void)
{
  static const char alphabet[] = "\x1b\x1b[[;;0123456789mKm<>&\"'ab\r\b?]\a\\";

  for (guint seed = 0; seed < 2000; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *html = NULL;
    guint n_open = 0;
    guint n_close = 0;

    for (int i = 0; i < 80; i++)
      g_string_append_c (text, alphabet[g_rand_int_range (rand, 0, (gint32)strlen (alphabet))]);
    html = draw (text->str);
    for (const char *p = html; (p = strchr (p, '<')) != NULL; p++) {
      g_assert_true (g_str_has_prefix (p, "<span class=\"ansi") || g_str_has_prefix (p, "</span>"));
      n_open += p[1] == 's';
      n_close += p[1] == '/';
    }
    g_assert_cmpuint (n_open, ==, n_close);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/builders/ansi/cases", test_ansi_cases);
  g_test_add_func ("/builders/ansi/state-persists", test_ansi_state_persists);
  g_test_add_func ("/builders/ansi/random-bytes", test_ansi_random);
  return g_test_run ();
}
