/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of usage, as they stand in the table, and files of passwords. */
#include "control/cli.h"
#include "control/password-file.h"
#include "control/usage.h"

#include <string.h>

/* options as `name=ARGUMENT`, words as `text ARGUMENT`, in their order */
static char *
dump (const char *line)
{
  g_autoptr (BelfryUsage) usage = belfry_usage_parse (line);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < usage->options->len; i++) {
    const BelfryUsageOption *option = g_ptr_array_index (usage->options, i);

    g_string_append_printf (text, "--%s%s%s;", option->name, option->joined ? "=" : " ",
                            option->argument != NULL ? option->argument : "");
  }
  for (guint i = 0; i < usage->words->len; i++) {
    const BelfryUsageWord *word = g_ptr_array_index (usage->words, i);

    g_string_append_printf (text, "%s %s;", word->text,
                            word->argument != NULL ? word->argument : "");
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_lines (void)
{
  static const struct {
    const char *line;
    const char *dumped;
  } rows[] = {
    { "", "" },
    { "[--config FILE] [--json]", "--config FILE;--json ;" },
    { "[--config FILE | --database FILE] N… | N-M", "--config FILE;--database FILE;N ;N-M ;" },
    { "[--strict[=config]] [--json]", "--strict=config;--json ;" },
    { "[--dry-run [--against FILE]] N…", "--dry-run ;--against FILE;N ;" },
    { "[--header 'NAME: VALUE']… [--body FILE]", "--header 'NAME: VALUE';--body FILE;" },
    { "[pause|unpause WORKER] [--json]", "--json ;pause WORKER;unpause WORKER;" },
    { "build N | change N", "build N;change N;" },
    { "BUILDER|--all [--form FORM] [NAME=VALUE…]", "--all ;--form FORM;BUILDER ;NAME=VALUE ;" },
    { "hook NAME [--set KEY=VALUE]… | reporter NAME [--config FILE]",
      "--set KEY=VALUE;--config FILE;hook NAME;reporter NAME;" },
    { "[--event finished-failure] add USER | list | remove USER",
      "--event finished-failure;add USER;list ;remove USER;" },
    { "[--json] [--json]", "--json ;" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *dumped = dump (rows[i].line);

    g_assert_cmpstr (dumped, ==, rows[i].dumped);
  }
}

static void
test_notes (void)
{
  g_assert_cmpstr (belfry_usage_explain ("changes", "since"), !=,
                   belfry_usage_explain ("deliveries", "since"));
  g_assert_null (belfry_usage_explain ("changes", "nonsense"));
}

static void
test_every_option_is_explained (void)
{
  guint count = 0;
  const BelfrySubcommand *rows = belfry_subcommands_get (&count);
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; i < count; i++) {
    g_autoptr (BelfryUsage) usage = belfry_usage_parse (rows[i].usage);

    for (guint j = 0; rows[i].summary != NULL && j < usage->options->len; j++) {
      const BelfryUsageOption *option = g_ptr_array_index (usage->options, j);

      if (belfry_usage_explain (rows[i].name, option->name) == NULL)
        g_string_append_printf (missing, " %s --%s", rows[i].name, option->name);
    }
  }
  g_assert_cmpstr (missing->str, ==, "");
}

static void
test_change (void)
{
  static const struct {
    const char *text;
    const char *user;
    const char *stored; /* NULL: taken out */
    const char *changed;
    gboolean found;
  } rows[] = {
    { "", "ada", "H", "ada:H\n", FALSE },
    { "ada:x\n", "ada", "H", "ada:H\n", TRUE },
    { "ada:x", "ada", "H", "ada:H\n", TRUE },
    { "bob:x", "ada", "H", "bob:x\nada:H\n", FALSE },
    { "ada:x:more:still\nada:y\n", "ada", "H", "ada:H:more:still\n", TRUE },
    { "ada:x\r\nbob:y\r\n", "ada", "H", "ada:H\nbob:y\r\n", TRUE },
    { "# ada:x\n\nadam:y\n", "ada", "H", "# ada:x\n\nadam:y\nada:H\n", FALSE },
    { "# it\nada:x\nbob:y\n\nada:z\n", "ada", NULL, "# it\nbob:y\n\n", TRUE },
    { "bob:y\n", "ada", NULL, "bob:y\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean found = !rows[i].found;
    g_autofree char *changed =
        belfry_password_file_change (rows[i].text, rows[i].user, rows[i].stored, &found);

    g_assert_cmpstr (changed, ==, rows[i].changed);
    g_assert_cmpint (found, ==, rows[i].found);
  }
}

static void
test_users (void)
{
  static const char *const good[] = { "ada", "ada lovelace", "a@b", "Änne", "a#b" };
  static const char *const bad[] = { "", "a:b", "#a", "a\nb", " a", "a ", "a\tb", "\xff" };
  g_autofree char *long_name = g_strnfill (1025, 'a');

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (belfry_password_file_check_user (good[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (belfry_password_file_check_user (bad[i], &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
  g_assert_false (belfry_password_file_check_user (long_name, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/usage/lines", test_lines);
  g_test_add_func ("/control/usage/notes", test_notes);
  g_test_add_func ("/control/usage/every-option-is-explained", test_every_option_is_explained);
  g_test_add_func ("/control/password-file/change", test_change);
  g_test_add_func ("/control/password-file/users", test_users);
  return g_test_run ();
}
