/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A section that a plugin starts with, made of its option table alone. */
#include "test-plugin-private.h"

#include <string.h>

#define MAX_WANTED 10

BelfryOptionTable
belfry_sample_get_table (const BelfryPlugin *plugin)
{
  return (BelfryOptionTable){ plugin->options, plugin->option_size };
}

/* what a type is written like where a row says nothing */
static const struct {
  BelfryOptionType type;
  const char *value;
} plain_values[] = {
  { BELFRY_OPTION_BOOLEAN, "true" },
  { BELFRY_OPTION_DOUBLE, "1.5" },
  { BELFRY_OPTION_DURATION, "1m" },
  { BELFRY_OPTION_SIZE, "1M" },
  { BELFRY_OPTION_STRING, "sample" },
  { BELFRY_OPTION_LIST, "one;two" },
  { BELFRY_OPTION_TEMPLATE, "{{ 1 }}" },
  { BELFRY_OPTION_PATH, "/nonexistent" },
  { BELFRY_OPTION_URL, "https://service.example.org" },
  { BELFRY_OPTION_REGEX, "^a" },
  { BELFRY_OPTION_REGEX_LIST, "^a;^b" },
  { BELFRY_OPTION_RENDERED, "sample" },
  { BELFRY_OPTION_EXPRESSION, "true" },
  { BELFRY_OPTION_ARGV, "true" },
  { BELFRY_OPTION_REFERENCE, "sample" },
  { BELFRY_OPTION_REFERENCES, "sample" },
  { BELFRY_OPTION_ADDRESSES, "192.0.2.0/24" },
  { BELFRY_OPTION_TIME_ZONE, "UTC" },
  { BELFRY_OPTION_JSON, "{\"a\": 1}" },
};

static const char *
find_plain_value (BelfryOptionType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (plain_values); i++)
    if (plain_values[i].type == type)
      return plain_values[i].value;
  return NULL;
}

char *
belfry_sample_dup_value (const BelfryOption *option)
{
  gboolean has_range = option->minimum < option->maximum;

  if (option->type == BELFRY_OPTION_SECRET)
    return g_strconcat ("plain:", option->sample != NULL ? option->sample : "",
                        BELFRY_PLANTED_SECRET, option->name, NULL);
  if (option->sample != NULL)
    return g_strdup (option->sample);
  if (option->default_text != NULL && *option->default_text != '\0')
    return g_strdup (option->default_text);
  if (option->choices != NULL)
    return g_strdup (option->choices[0].name);
  if (option->type == BELFRY_OPTION_INTEGER)
    return g_strdup_printf ("%" G_GINT64_FORMAT, has_range ? option->minimum : 1);
  return g_strdup (find_plain_value (option->type));
}

/* what must be there; a key of a variant need not */
static gboolean
is_wanted (const BelfryOption *option)
{
  return option->required && option->deprecated == NULL && option->when == NULL;
}

static gboolean
has_key (const char *lines, const char *key)
{
  g_autofree char *first = g_strconcat (key, "=", NULL);
  g_autofree char *later = g_strconcat ("\n", first, NULL);

  return g_str_has_prefix (lines, first) || strstr (lines, later) != NULL;
}

static void
add_key (GString *keys, const BelfryOption *option)
{
  g_autofree char *value = belfry_sample_dup_value (option);
  g_autofree char *line = NULL;

  if (value == NULL)
    return;
  line = g_strdup_printf ("%s%s=%s\n", option->name,
                          option->type == BELFRY_OPTION_MAP ? ".sample" : "", value);
  g_string_prepend (keys, line);
}

/* the option that an error is about, where nothing is written for it yet: plugins that want one of
 * two keys say so only in what they find wrong */
static const BelfryOption *
find_wanted (const BelfrySubject *subject, const char *keys)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  g_autofree char *problems = belfry_test_dup_problems (subject->path, keys);
  g_auto (GStrv) lines = g_strsplit (problems, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strchr (lines[i], ':');
    const BelfryOption *option = NULL;

    if (colon == NULL || !g_str_has_prefix (lines[i], "error "))
      continue;
    *colon = '\0';
    option = belfry_option_table_find (&table, lines[i] + strlen ("error "));
    if (option != NULL && !has_key (keys, option->name))
      return option;
  }
  return NULL;
}

char *
belfry_sample_make_keys (const BelfrySubject *subject)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  const BelfryOption *option = NULL;
  GString *keys = g_string_new (subject->extra);

  while ((option = belfry_option_table_next (&table, option)) != NULL)
    if (is_wanted (option) && !has_key (keys->str, option->name))
      add_key (keys, option);
  for (guint i = 0; i < MAX_WANTED; i++) {
    option = find_wanted (subject, keys->str);
    if (option == NULL)
      break;
    add_key (keys, option);
  }
  return g_string_free (keys, FALSE);
}
