/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option table: each row by itself, then what sections are refused, and how. */
#include "test-plugin-private.h"

#include <string.h>

typedef void (*RowCheck) (BelfrySubject *subject, const BelfryOption *option);

static void
for_each_row (BelfrySubject *subject, RowCheck check)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  const BelfryOption *option = NULL;

  while ((option = belfry_option_table_next (&table, option)) != NULL)
    check (subject, option);
}

static void
check_row (BelfrySubject *subject, const BelfryOption *option)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  g_autofree char *what = g_strdup_printf ("the help of '%s'", option->name);

  if (strspn (option->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (option->name))
    belfry_conformance_fail ("the key '%s' is not of lower-case letters, digits and dashes",
                             option->name);
  if (belfry_option_table_find (&table, option->name) != option)
    belfry_conformance_fail ("the key '%s' is there twice", option->name);
  if (option->deprecated != NULL) {
    if (belfry_option_table_find (&table, option->deprecated) == NULL)
      belfry_conformance_fail ("'%s' is now '%s', and there is no such key", option->name,
                               option->deprecated);
    return;
  }
  if (option->help == NULL || *option->help == '\0')
    belfry_conformance_fail ("'%s' has no help", option->name);
  belfry_exercise_check_text (what, option->help);
  if (g_str_has_suffix (option->help, "."))
    belfry_conformance_fail ("the help of '%s' ends in a full stop", option->name);
  if (option->required && option->default_text != NULL)
    belfry_conformance_fail ("'%s' is required and has a default", option->name);
  if (option->offset >= subject->plugin->instance_size)
    belfry_conformance_fail ("'%s' lies beyond the instance", option->name);
}

static void
check_rows (BelfrySubject *subject)
{
  for_each_row (subject, check_row);
}

/* problems of one key alone, by the option table alone: no check function is called */
static char *
read_key (BelfrySubject *subject, const BelfryOption *option, const char *value)
{
  const BelfryOptionTable table = belfry_sample_get_table (subject->plugin);
  g_autoptr (BelfrySection) section =
      belfry_section_new ("sample", "sample", "/nonexistent/belfry.conf", 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *key =
      g_strconcat (option->name, option->type == BELFRY_OPTION_MAP ? ".sample" : "", NULL);
  g_autoptr (GString) found = g_string_new (NULL);
  gpointer state = g_malloc0 (subject->plugin->instance_size);

  if (value != NULL)
    belfry_section_set (section, key, value, "/nonexistent/belfry.conf", 2);
  belfry_option_table_read (&table, section, state, consumed, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);

    if (problem->severity == BELFRY_SEVERITY_ERROR && problem->key != NULL &&
        g_str_has_prefix (problem->key, option->name))
      g_string_append_printf (found, "%s; ", problem->message);
  }
  belfry_option_table_clear (&table, state);
  g_free (state);
  return g_string_free (g_steal_pointer (&found), FALSE);
}

static void
check_default (BelfrySubject *subject, const BelfryOption *option)
{
  g_autofree char *absent = read_key (subject, option, NULL);
  g_autofree char *sample =
      option->sample != NULL ? read_key (subject, option, option->sample) : NULL;

  if (option->required && option->when == NULL && *absent == '\0')
    belfry_conformance_fail ("'%s' is required, and nothing is said where it is missing",
                             option->name);
  if (!option->required && *absent != '\0')
    belfry_conformance_fail ("the default of '%s' is refused: %s", option->name, absent);
  if (sample != NULL && *sample != '\0')
    belfry_conformance_fail ("the sample of '%s' is refused: %s", option->name, sample);
}

static void
check_defaults (BelfrySubject *subject)
{
  for_each_row (subject, check_default);
}

static gboolean
is_numeric (BelfryOptionType type)
{
  return type == BELFRY_OPTION_INTEGER || type == BELFRY_OPTION_DURATION ||
         type == BELFRY_OPTION_SIZE;
}

static const struct {
  BelfryOptionType type;
  const char *value;
} wrong_values[] = {
  { BELFRY_OPTION_BOOLEAN, "perhaps" },    { BELFRY_OPTION_INTEGER, "many" },
  { BELFRY_OPTION_DOUBLE, "much" },        { BELFRY_OPTION_DURATION, "long" },
  { BELFRY_OPTION_SIZE, "large" },         { BELFRY_OPTION_ENUM, "no such choice" },
  { BELFRY_OPTION_FLAGS, "no such flag" }, { BELFRY_OPTION_TEMPLATE, "{% if %}" },
  { BELFRY_OPTION_URL, "javascript:x" },   { BELFRY_OPTION_REGEX, "(" },
  { BELFRY_OPTION_REGEX_LIST, "(" },       { BELFRY_OPTION_EXPRESSION, "1 +" },
  { BELFRY_OPTION_ADDRESSES, "nowhere" },  { BELFRY_OPTION_TIME_ZONE, "Nowhere/Town" },
};

static void
refuse (BelfrySubject *subject, const BelfryOption *option, const char *value)
{
  g_autofree char *found = read_key (subject, option, value);

  if (*found == '\0')
    belfry_conformance_fail ("'%s=%s' is taken", option->name, value);
}

static void
check_wrong (BelfrySubject *subject, const BelfryOption *option)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong_values); i++)
    if (wrong_values[i].type == option->type)
      refuse (subject, option, wrong_values[i].value);
  if (is_numeric (option->type) && option->minimum < option->maximum) {
    g_autofree char *below = g_strdup_printf ("%" G_GINT64_FORMAT, option->minimum - 1);

    if (option->type == BELFRY_OPTION_INTEGER && option->minimum > G_MININT64)
      refuse (subject, option, below);
    if (option->maximum < G_MAXINT64)
      refuse (subject, option, "9223372036854775807");
  }
}

static void
check_wrongs (BelfrySubject *subject)
{
  for_each_row (subject, check_wrong);
}

/* a section with all that must be there is one that it starts with */
static void
check_section (BelfrySubject *subject)
{
  g_autofree char *problems = belfry_test_dup_problems (subject->path, subject->keys);

  if (strstr (problems, "error ") != NULL)
    belfry_conformance_fail ("the section that its table describes is refused; say by .required "
                             "and .sample what it needs, or give it by --section: %s",
                             problems);
}

const BelfryConformanceCheck belfry_checks_of_options[] = {
  { "options/rows", check_rows },
  { "options/defaults-and-samples", check_defaults },
  { "options/refusals", check_wrongs },
  { "options/section", check_section },
  { NULL, NULL },
};
