/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Catalogues. Each language is a gettext domain of its own,
 * FOLDER/LANG/C/LC_MESSAGES/belfry-LANG.mo: the process stays in C.UTF-8, whose translations
 * gettext looks for in C, so that a language is chosen for each call, on any thread, and needs no
 * locale to be installed. The list is made once and then only read.
 */
#include "languages/languages.h"

#include "places/places.h"

#include <libintl.h>
#include <string.h>

#define MAX_ACCEPTED_BYTES 1024
#define MAX_ACCEPTED       32

typedef struct {
  char *tag;    /* as in HTML: zh-CN */
  char *domain; /* belfry-zh_CN */
} Language;

/* so that no language at all and English only are the same to all others */
static const char english[] = "en";
static GArray *languages; /* (element-type Language) (nullable): by tag */
static const char *environment = english;

static const Language *
find_language (const char *tag)
{
  for (guint i = 0; languages != NULL && i < languages->len; i++) {
    const Language *language = &g_array_index (languages, Language, i);

    if (g_ascii_strcasecmp (language->tag, tag) == 0)
      return language;
  }
  return NULL;
}

static const char *
translate (const char *tag, const char *text, const char *plural, guint64 count)
{
  const Language *language = tag == english ? NULL : find_language (tag);

  if (language == NULL)
    return plural != NULL && count != 1 ? plural : text;
  if (plural != NULL)
    return dngettext (language->domain, text, plural, (gulong)count);
  return dgettext (language->domain, text);
}

static void
clear_language (gpointer data)
{
  Language *language = data;

  g_free (language->tag);
  g_free (language->domain);
}

static int
compare_languages (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Language *)a)->tag, ((const Language *)b)->tag);
}

static int
compare_tags (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
add_language (const char *folder, const char *name)
{
  g_autofree char *domain = g_strconcat ("belfry-", name, NULL);
  g_autofree char *file = g_strconcat (domain, ".mo", NULL);
  g_autofree char *root = g_build_filename (folder, name, NULL);
  g_autofree char *path = g_build_filename (root, "C", "LC_MESSAGES", file, NULL);
  Language language = { NULL, NULL };

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return;
  bindtextdomain (domain, root);
  bind_textdomain_codeset (domain, "UTF-8");
  language.tag = g_strdelimit (g_strdup (name), "_", '-');
  language.domain = g_steal_pointer (&domain);
  g_array_append_val (languages, language);
}

/* the language itself, or the first that is a variety of it */
static const char *
match_range (const char *range)
{
  gsize length = strlen (range);
  const Language *same = find_language (range);

  if (same != NULL)
    return same->tag;
  if (g_ascii_strcasecmp (range, english) == 0)
    return english;
  for (guint i = 0; languages != NULL && i < languages->len; i++) {
    const char *tag = g_array_index (languages, Language, i).tag;

    if (g_ascii_strncasecmp (tag, range, length) == 0 && tag[length] == '-')
      return tag;
  }
  return NULL;
}

const char *
belfry_languages_find (const char *name)
{
  g_autofree char *range = g_strndup (name, strcspn (name, ".@"));

  g_strdelimit (range, "_", '-');
  while (*range != '\0') {
    const char *found = match_range (range);
    char *cut = strrchr (range, '-');

    if (found != NULL || cut == NULL)
      return found;
    *cut = '\0';
  }
  return NULL;
}

/* the weight after `;q=`, in thousandths; what is malformed weighs nothing */
static int
read_weight (const char *parameters)
{
  const char *at = strstr (parameters, "q=");
  double weight = at != NULL ? g_ascii_strtod (at + 2, NULL) : 1;

  return weight >= 0 && weight <= 1 ? (int)(weight * 1000) : 0;
}

const char *
belfry_languages_choose (const char *accepted, const char *fallback)
{
  const char *best = NULL;
  int best_weight = 0;
  g_auto (GStrv) ranges = NULL;

  if (accepted != NULL && strlen (accepted) <= MAX_ACCEPTED_BYTES)
    ranges = g_strsplit (accepted, ",", MAX_ACCEPTED);
  for (guint i = 0; ranges != NULL && ranges[i] != NULL; i++) {
    gsize length = strcspn (ranges[i], ";");
    int weight = read_weight (ranges[i] + length);
    g_autofree char *range = g_strstrip (g_strndup (ranges[i], length));
    const char *found = weight > best_weight ? belfry_languages_find (range) : NULL;

    if (found != NULL) {
      best = found;
      best_weight = weight;
    }
  }
  if (best == NULL && fallback != NULL)
    best = belfry_languages_find (fallback);
  return best != NULL ? best : english;
}

static const char *
read_environment (void)
{
  static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
  const char *list = g_getenv ("LANGUAGE");
  const char *locale = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (variables) && (locale == NULL || *locale == '\0'); i++)
    locale = g_getenv (variables[i]);
  if (locale == NULL || strcmp (locale, "C") == 0 || strcmp (locale, "POSIX") == 0)
    return english;
  if (list != NULL && *list != '\0') {
    g_auto (GStrv) names = g_strsplit (list, ":", MAX_ACCEPTED);

    for (guint i = 0; names[i] != NULL; i++)
      if (belfry_languages_find (names[i]) != NULL)
        return belfry_languages_find (names[i]);
  }
  return belfry_languages_choose (NULL, locale);
}

void
belfry_languages_init (const char *folder)
{
  const char *root = folder != NULL ? folder : belfry_places_get_locale ();
  g_autoptr (GDir) dir = g_dir_open (root, 0, NULL);
  const char *name = NULL;

  g_clear_pointer (&languages, g_array_unref);
  languages = g_array_new (FALSE, FALSE, sizeof (Language));
  g_array_set_clear_func (languages, clear_language);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    add_language (root, name);
  g_array_sort (languages, compare_languages);
  belfry_set_translate (translate);
  environment = read_environment ();
  /* gettext would prefer its list to the folder where catalogues lie */
  g_unsetenv ("LANGUAGE");
}

void
belfry_languages_load (void)
{
  for (guint i = 0; languages != NULL && i < languages->len; i++)
    dgettext (g_array_index (languages, Language, i).domain, "");
}

const char *
belfry_languages_of_environment (void)
{
  return environment;
}

char *
belfry_languages_list (void)
{
  g_autoptr (GPtrArray) tags = g_ptr_array_new ();

  g_ptr_array_add (tags, (gpointer)english);
  for (guint i = 0; languages != NULL && i < languages->len; i++)
    g_ptr_array_add (tags, g_array_index (languages, Language, i).tag);
  g_ptr_array_sort (tags, compare_tags);
  g_ptr_array_add (tags, NULL);
  return g_strjoinv (", ", (char **)tags->pdata);
}
