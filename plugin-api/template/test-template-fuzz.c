/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 20,000 mutations of the oracle's templates, always the same ones: none may crash, hang or read
 * where it must not (which the sanitizer build sees), and each gives a text or an error with place.
 */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-template.h"

#include <string.h>

#define MUTATIONS 20000
#define SEED      20240229

static const char *const snippets[] = {
  "{{",
  "}}",
  "{%",
  "%}",
  "{#",
  "#}",
  "-",
  "|",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ".",
  ",",
  "'",
  "\"",
  "\\",
  "%",
  "~",
  "**",
  "//",
  ":",
  " if ",
  " else ",
  " in ",
  " is ",
  " not ",
  "loop",
  "super()",
  "99999999999",
  "-1",
  "[::-1]",
  "* 999999",
  "|sort",
  "|join",
  "|map('e')",
  "%s",
  "%(a)s",
  "{:>9}",
  "endfor",
  "endif",
  "block x",
  "extends 'base.html'",
  "include 'row.html'",
  "\xc3\xa4",
  "\xf0\x9f\x98\x80",
  "\n",
  "|groupby('age')",
  "|truncate(3)",
  "|round(9)",
  ".split('')",
  "|batch(0)",
  "|indent(-1)",
  "|tojson(3)",
  "|datetime('%')",
  "|unique",
  "1e999",
};

typedef struct {
  GPtrArray *seeds; /* (element-type utf8) */
  GHashTable *templates;
  JsonNode *data;
  GRand *rand;
} Fuzz;

static char *
read_fixture (const char *name)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "plugin-api", "template", "fixtures", name, NULL);
  char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
read_seeds (Fuzz *fuzz)
{
  g_autofree char *all = read_fixture ("oracle.txt");
  g_autofree char *data = read_fixture ("data.json");
  g_auto (GStrv) sections = g_strsplit (all, "%%%% ", -1);

  fuzz->seeds = g_ptr_array_new_with_free_func (g_free);
  fuzz->templates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 1; sections[i] != NULL; i++) {
    const char *line_end = strchr (sections[i], '\n');

    g_ptr_array_add (fuzz->seeds, g_strdup (line_end + 1));
    if (*sections[i] == '@')
      g_hash_table_insert (fuzz->templates,
                           g_strndup (sections[i] + 1, (gsize)(line_end - sections[i] - 1)),
                           g_strdup (line_end + 1));
  }
  fuzz->data = belfry_json_parse (data, -1, NULL, NULL);
  g_assert_nonnull (fuzz->data);
  fuzz->rand = g_rand_new_with_seed (SEED);
}

static char *
load (const char *name, gpointer user_data, GError **error)
{
  const char *text = g_hash_table_lookup (user_data, name);

  if (text == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no template of that name");
  return g_strdup (text);
}

static guint
pick (Fuzz *fuzz, gsize below)
{
  return below > 1 ? (guint)g_rand_int_range (fuzz->rand, 0, (gint32)below) : 0;
}

static void
mutate (Fuzz *fuzz, GString *text)
{
  guint at = pick (fuzz, text->len);
  const char *other = g_ptr_array_index (fuzz->seeds, pick (fuzz, fuzz->seeds->len));
  gsize from = pick (fuzz, strlen (other));
  gsize erased = pick (fuzz, 12);
  gsize copied = pick (fuzz, 40);

  switch (pick (fuzz, 5)) {
  case 0:
    g_string_erase (text, at, (gssize)MIN (erased, text->len - at));
    break;
  case 1:
    g_string_insert (text, at, snippets[pick (fuzz, G_N_ELEMENTS (snippets))]);
    break;
  case 2:
    g_string_insert_len (text, at, other + from, (gssize)MIN (copied, strlen (other) - from));
    break;
  case 3:
    if (text->len > 0)
      text->str[at] = (char)(32 + pick (fuzz, 95));
    break;
  default:
    g_string_truncate (text, at);
    break;
  }
}

/* Mutations cut inside of a character would be refused for it at once, so they are repaired. */
static gboolean
run_one (Fuzz *fuzz, const char *text)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autofree char *result = NULL;

  settings.flags = pick (fuzz, 4);
  settings.loader = pick (fuzz, 3) > 0 ? load : NULL;
  settings.loader_data = fuzz->templates;
  settings.max_steps = 20000;
  settings.max_output_bytes = 100000;
  template = belfry_template_new ("fuzz", valid, &settings, &error);
  if (template != NULL)
    result = belfry_template_render (template, json_node_get_object (fuzz->data), "de", 0, &error);
  if (result != NULL) {
    g_assert_no_error (error);
    g_assert_cmpuint (strlen (result), <=, settings.max_output_bytes);
    return TRUE;
  }
  g_assert_nonnull (error);
  g_assert_true (error->domain == BELFRY_ERROR);
  g_assert_nonnull (strchr (error->message, ':'));
  return FALSE;
}

static void
test_mutations (void)
{
  Fuzz fuzz = { NULL, NULL, NULL, NULL };
  guint rendered = 0;

  read_seeds (&fuzz);
  for (guint i = 0; i < MUTATIONS; i++) {
    g_autoptr (GString) text = g_string_new (g_ptr_array_index (fuzz.seeds, i % fuzz.seeds->len));

    for (guint rounds = pick (&fuzz, 4) + 1; rounds > 0; rounds--)
      mutate (&fuzz, text);
    if (run_one (&fuzz, text->str))
      rendered++;
  }
  g_test_message ("%u of %u were rendered", rendered, MUTATIONS);
  g_assert_cmpuint (rendered, >, MUTATIONS / 10); /* else it tests the parser only */
  g_rand_free (fuzz.rand);
  json_node_unref (fuzz.data);
  g_hash_table_unref (fuzz.templates);
  g_ptr_array_unref (fuzz.seeds);
}

static JsonNode *
look_up (const char *selector G_GNUC_UNUSED, const char *key, gpointer user_data G_GNUC_UNUSED)
{
  return strlen (key) % 2 == 0 ? belfry_json_new_text ("value") : NULL;
}

static void
test_rendered (void)
{
  static const char alphabet[] = "%(()s:-~+?#|propsrc:kw. ";
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < MUTATIONS; i++) {
    g_autoptr (GString) text = g_string_new ("%(prop:a:?|%(src::revision)s|no)s");
    g_autoptr (BelfryRendered) rendered = NULL;
    g_autofree char *result = NULL;

    for (int changes = g_rand_int_range (rand, 1, 4); changes > 0; changes--)
      text->str[g_rand_int_range (rand, 0, (gint32)text->len)] =
          alphabet[g_rand_int_range (rand, 0, sizeof alphabet - 1)];
    rendered = belfry_rendered_new (text->str, NULL);
    if (rendered != NULL)
      result = belfry_rendered_render (rendered, look_up, NULL, NULL);
    g_assert_cmpint (rendered != NULL, ==, result != NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/template/fuzz/mutations", test_mutations);
  g_test_add_func ("/rendered/fuzz/mutations", test_rendered);
  return g_test_run ();
}
