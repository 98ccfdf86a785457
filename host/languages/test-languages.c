/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Catalogues made with the real msgfmt, in a folder of their own. */
#include "languages/languages.h"

#include <glib/gstdio.h>
#include <locale.h>

static const struct {
  const char *name;
  const char *text;
} catalogues[] = {
  { "de", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n"
          "Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n"
          "msgid \"Builds\"\nmsgstr \"Läufe\"\n"
          "msgid \"%d build\"\nmsgid_plural \"%d builds\"\nmsgstr[0] \"%d Lauf\"\nmsgstr[1] \"%d "
          "Läufe\"\n"
          "msgid \"Mon\"\nmsgstr \"Mo\"\nmsgid \"May\"\nmsgstr \"Mai\"\n" },
  { "fr", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n"
          "Plural-Forms: nplurals=2; plural=(n > 1);\\n\"\n"
          "msgid \"Builds\"\nmsgstr \"Compilations\"\n"
          "msgid \"%d build\"\nmsgid_plural \"%d builds\"\n"
          "msgstr[0] \"%d compilation\"\nmsgstr[1] \"%d compilations\"\n" },
  { "zh_CN", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n"
             "Plural-Forms: nplurals=1; plural=0;\\n\"\n"
             "msgid \"Builds\"\nmsgstr \"构建\"\n"
             "msgid \"%d build\"\nmsgid_plural \"%d builds\"\nmsgstr[0] \"%d 次构建\"\n" },
};

static char *folder;

static void
make_catalogue (const char *name, const char *text)
{
  g_autofree char *messages = g_build_filename (folder, name, "C", "LC_MESSAGES", NULL);
  g_autofree char *file = g_strdup_printf ("belfry-%s.mo", name);
  g_autofree char *binary = g_build_filename (messages, file, NULL);
  g_autofree char *source = g_build_filename (folder, "source.po", NULL);
  const char *const command[] = { "msgfmt", "-o", binary, source, NULL };
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_assert_cmpint (g_mkdir_with_parents (messages, 0700), ==, 0);
  g_file_set_contents (source, text, -1, &error);
  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static void
test_translate (void)
{
  g_assert_cmpstr (belfry_tr ("de", "Builds"), ==, "Läufe");
  g_assert_cmpstr (belfry_tr ("fr", "Builds"), ==, "Compilations");
  g_assert_cmpstr (belfry_tr ("zh-CN", "Builds"), ==, "构建");
  g_assert_cmpstr (belfry_tr ("en", "Builds"), ==, "Builds");
  g_assert_cmpstr (belfry_tr (NULL, "Builds"), ==, "Builds");
  g_assert_cmpstr (belfry_tr ("de", "unheard of"), ==, "unheard of");
  /* gettext keeps the head of a catalogue under the empty text */
  g_assert_cmpstr (belfry_tr ("de", ""), ==, "");
}

static void
test_plural (void)
{
  g_assert_cmpstr (belfry_tr_n ("de", "%d build", "%d builds", 0), ==, "%d Läufe");
  g_assert_cmpstr (belfry_tr_n ("de", "%d build", "%d builds", 1), ==, "%d Lauf");
  g_assert_cmpstr (belfry_tr_n ("fr", "%d build", "%d builds", 0), ==, "%d compilation");
  g_assert_cmpstr (belfry_tr_n ("fr", "%d build", "%d builds", 2), ==, "%d compilations");
  g_assert_cmpstr (belfry_tr_n ("zh-CN", "%d build", "%d builds", 1), ==, "%d 次构建");
  g_assert_cmpstr (belfry_tr_n ("en", "%d build", "%d builds", 1), ==, "%d build");
  g_assert_cmpstr (belfry_tr_n ("en", "%d build", "%d builds", 0), ==, "%d builds");
}

static void
test_find (void)
{
  static const struct {
    const char *name;
    const char *expected;
  } cases[] = {
    { "de", "de" },
    { "DE", "de" },
    { "de_AT.UTF-8", "de" },
    { "de-ch", "de" },
    { "zh", "zh-CN" },
    { "zh_CN", "zh-CN" },
    { "zh-hans-cn", "zh-CN" },
    { "en_GB", "en" },
    { "d", NULL },
    { "deu", NULL },
    { "", NULL },
    { "-", NULL },
    { "ja_JP.UTF-8", NULL },
    { "C.UTF-8", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (belfry_languages_find (cases[i].name), ==, cases[i].expected);
}

static void
test_choose (void)
{
  static const struct {
    const char *accepted;
    const char *fallback;
    const char *expected;
  } cases[] = {
    { NULL, "de", "de" },
    { NULL, "xx", "en" },
    { NULL, NULL, "en" },
    { "fr", "de", "fr" },
    { "fr-CA,fr;q=0.9,de;q=0.8", "en", "fr" },
    { "de;q=0.5, fr;q=0.7", "en", "fr" },
    { "ja, de;q=0.1", "en", "de" },
    { "de;q=0, fr;q=0", "en", "en" },
    { "de;q=nonsense", "fr", "fr" },
    { "de;q=7", "fr", "fr" },
    { "*", "fr", "fr" },
    { ",;,;q=1,", "fr", "fr" },
    { "en-US,en;q=0.9,de;q=0.8", "de", "en" },
  };
  g_autofree char *endless = g_strnfill (2000, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (belfry_languages_choose (cases[i].accepted, cases[i].fallback), ==,
                     cases[i].expected);
  g_assert_cmpstr (belfry_languages_choose (endless, "de"), ==, "de");
}

static void
test_environment (void)
{
  static const struct {
    const char *list;
    const char *locale;
    const char *expected;
  } cases[] = {
    { NULL, "fr_FR.UTF-8", "fr" },
    { "xx:de:fr", "fr_FR.UTF-8", "de" },
    { "xx", "fr_FR.UTF-8", "fr" },
    { "de", "C", "en" },
    { NULL, "POSIX", "en" },
    { NULL, "", "en" },
    { "", "zh_CN.UTF-8@old", "zh-CN" },
  };

  g_unsetenv ("LC_ALL");
  g_unsetenv ("LC_MESSAGES");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_setenv ("LANG", cases[i].locale, TRUE);
    if (cases[i].list != NULL)
      g_setenv ("LANGUAGE", cases[i].list, TRUE);
    belfry_languages_init (folder);
    g_assert_cmpstr (belfry_languages_of_environment (), ==, cases[i].expected);
    g_assert_cmpstr (belfry_tr ("de", "Builds"), ==, "Läufe");
  }
}

static void
test_list (void)
{
  g_autofree char *list = belfry_languages_list ();

  g_assert_cmpstr (list, ==, "de, en, fr, zh-CN");
}

/* names of days and months are texts like any other; the order is the template's */
static void
test_dates (void)
{
  static const struct {
    const char *language;
    const char *expected;
  } cases[] = {
    { "de", "Mo 11 Mai 2026 100%" },
    { "fr", "Mon 11 May 2026 100%" },
    { NULL, "Mon 11 May 2026 100%" },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryTemplate) template =
      belfry_template_new ("page", "{{ 1778457600|datetime('%a %d %b %Y 100%%') }}", NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = belfry_template_render (template, NULL, cases[i].language, 0, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (text, ==, cases[i].expected);
  }
}

static void
remove_folder (void)
{
  const char *const command[] = { "rm", "-rf", folder, NULL };

  g_spawn_sync (NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status = 0;

  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("belfry-languages-XXXXXX", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (catalogues); i++)
    make_catalogue (catalogues[i].name, catalogues[i].text);
  belfry_languages_init (folder);

  g_test_add_func ("/host/languages/translate", test_translate);
  g_test_add_func ("/host/languages/plural", test_plural);
  g_test_add_func ("/host/languages/find", test_find);
  g_test_add_func ("/host/languages/choose", test_choose);
  g_test_add_func ("/host/languages/list", test_list);
  g_test_add_func ("/host/languages/dates", test_dates);
  g_test_add_func ("/host/languages/environment", test_environment);
  status = g_test_run ();
  remove_folder ();
  g_free (folder);
  return status;
}
