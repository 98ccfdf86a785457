/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "ask.h"
#include "backup.h"
#include "check.h"
#include "cli-builds.h"
#include "complete.h"
#include "config-cli.h"
#include "daemon/run.h"
#include "deliveries.h"
#include "explain.h"
#include "help.h"
#include "init.h"
#include "inspect.h"
#include "languages/languages.h"
#include "man.h"
#include "outbox-cli.h"
#include "pollers.h"
#include "secret.h"
#include "send-change.h"
#include "try.h"
#include "user.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int run_changes (int argc, char **argv);
static int run_reload (int argc, char **argv);
static int run_status (int argc, char **argv);

static const BelfrySubcommand subcommands[] = {
  { "init",
    "[--config FILE] [--repository URL] [--vcs WORD] [--builder NAME] [--steps COMMAND;…] [--hook "
    "HOOK]… [--poll INTERVAL] [--mail ADDRESS] [--from ADDRESS] [--listen LISTENER] [--url URL] "
    "[--title TEXT] [--state-directory FOLDER] [--runtime-directory FOLDER]",
    "write a first configuration, by asking or from options", belfry_init_main },
  { "run", "[--config FILE] [--verbose]", "run the daemon in the foreground", belfry_run_main },
  { "check", "[--config FILE] [--strict[=config]] [--json]",
    "say all that is wrong with a configuration", belfry_check_main },
  { "config", "[--config FILE] [--json] [SECTION [NAME]]",
    "show what is in force of a configuration, and where it comes from", belfry_config_main },
  { "inspect", "[PLUGIN] [--json|--markdown|--conf]", "list plugins, or show one with its options",
    belfry_inspect_main },
  { "status", "[--config FILE] [--json]", "say how the running daemon is", run_status },
  { "reload", "[--config FILE]", "have the daemon read its configuration again", run_reload },
  { "changes", "[--config FILE | --database FILE] [--since N] [--json]", "list stored changes",
    run_changes },
  { "deliveries",
    "[--config FILE | --database FILE] [--hook HOOK] [--outcome WORD] [--since TIME] [--limit N] "
    "[--json] [N… | --raw N]",
    "list what forges sent and what came of it, newest first, or show one request as it is kept",
    belfry_deliveries_main },
  { "replay", "[--config FILE] [--dry-run [--against FILE] [--database FILE]] [--json] N… | N-M",
    "take stored deliveries again, or say what would come of them", belfry_replay_main },
  { "explain", "[--config FILE] [--json] build N | change N | delivery N",
    "say what became of a thing, and which key decided", belfry_explain_main },
  { "outbox", "[--config FILE] [--dead] [--json]", "list reports that wait, or died",
    belfry_outbox_main },
  { "redeliver", "[--config FILE] N… [N-M…]", "send reports again", belfry_redeliver_main },
  { "discard", "[--config FILE] N… [N-M…]", "throw away reports that wait, or died",
    belfry_discard_main },
  { "resume", "[--config FILE] reporter NAME",
    "end the pause of a reporter whose credential was refused", belfry_resume_main },
  { "test", "[--config FILE] [--json] reporter NAME", "send a test report and say what came of it",
    belfry_test_main },
  { "pollers", "[--config FILE] [--json]", "say what pollers saw last, and when they look again",
    belfry_pollers_main },
  { "poll", "[--config FILE] POLLER…", "have pollers look now, by name or repository",
    belfry_poll_main },
  { "forget", "[--config FILE] poller/NAME",
    "have a poller start afresh, as if it had never looked", belfry_forget_main },
  { "backup", "[--config FILE | --database FILE] [--json] FOLDER",
    "copy what is stored, while the daemon works", belfry_backup_main },
  { "user", "[--config FILE | --file FILE] [--json] add USER | list | remove USER",
    "the passwords of those who may post to hooks", belfry_user_main },
  { "secret", "[--json] set NAME | list | clear NAME",
    "keep a secret in this user's keyring, say which are there, or take one out",
    belfry_secret_main },
  { "send-change",
    "[--url URL] [--user NAME --password REFERENCE | --token REFERENCE] [--who TEXT] [--branch "
    "TEXT] [--revision TEXT] [--comments TEXT] [--file NAME]… [--property NAME=VALUE]… "
    "[--repository TEXT] [--project TEXT] [--codebase TEXT] [--category TEXT] [--revlink URL] "
    "[--when SECONDS] [--dry-run] [--verbose]",
    "post a change to the hook base, here or elsewhere", belfry_send_change_main },
  { "try",
    "hook NAME [--config FILE] [--set KEY=VALUE]… [--header 'NAME: VALUE']… [--body FILE]"
    " [--method WORD] [--query TEXT] [--json] | "
    "reporter NAME [--event finished-failure] [--build FILE] [--config FILE] [--send URL]",
    "give a request to one hook alone, or a report to one reporter, and say what comes of it",
    belfry_try_main },
  { "builds", "[--config FILE] [--running|--waiting] [--limit N] [--json] [BUILDER]",
    "list builds, or what waits to be built", belfry_cli_builds },
  { "workers", "[--config FILE] [--json] [pause|unpause|graceful WORKER]",
    "list workers, or tell one what to do", belfry_cli_fleet },
  { "schedulers", "[--config FILE] [--json] [enable|disable|run-now SCHEDULER]",
    "list schedulers, or tell one what to do", belfry_cli_fleet },
  { "force", "[--config FILE] [--form FORM] BUILDER|--all [NAME=VALUE…]",
    "start a build, or all of a form", belfry_cli_control },
  { "stop", "[--config FILE] BUILDID|BUILDER/NUMBER|--all [BUILDER…] [reason=TEXT]",
    "stop running builds", belfry_cli_control },
  { "rebuild", "[--config FILE] BUILDID|BUILDER/NUMBER", "build the same again",
    belfry_cli_control },
  { "cancel", "[--config FILE] REQUESTID|--all [BUILDER…] [reason=TEXT]",
    "take waiting requests back", belfry_cli_control },
  { "man", "FILE | PLUGIN", NULL, belfry_man_main },
  { "complete", "-- WORD…", NULL, belfry_complete_main },
  { "shutdown", "[--config FILE] [finish|retry|now|cancel]",
    "end when the running builds have ended, or have been put back", belfry_cli_shutdown },
};

static void
print_instance (JsonObject *instance)
{
  const char *failure = belfry_json_get_text (instance, "failure");

  printf ("  %-9s %-20s %s", belfry_json_get_text (instance, "kind"),
          belfry_json_get_text (instance, "name"), belfry_json_get_text (instance, "state"));
  if (failure != NULL) {
    printf (": ");
    belfry_print_text (failure);
  }
  printf ("\n");
}

static int
run_status (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("status");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *array = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  answer = belfry_ask (&options, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  if (options.json) {
    belfry_print_json (answer);
    return 0;
  }
  printf ("belfry %s, up %" G_GINT64_FORMAT " s, %s\n", belfry_json_get_text (answer, "version"),
          belfry_json_get_integer (answer, "uptime", 0),
          belfry_json_get_boolean (answer, "ready", FALSE) ? "ready" : "not ready");
  array = belfry_json_get_array (answer, "listeners");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    printf ("  listens at %s\n", json_array_get_string_element (array, i));
  array = belfry_json_get_array (answer, "instances");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    print_instance (json_array_get_object_element (array, i));
  belfry_pollers_print_failing (belfry_json_get_array (answer, "pollers"));
  belfry_outbox_print_status (belfry_json_get_object (answer, "outbox"));
  return 0;
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    belfry_print_text (lines[i]);
    if (lines[i + 1] != NULL)
      printf ("\n");
  }
}

static int
run_reload (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) question = belfry_question_new ("reload");
  g_autoptr (JsonObject) answer = NULL;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  answer = belfry_ask (&options, question, &exit_code);
  if (answer != NULL)
    print_lines (belfry_json_get_text (answer, "report"));
  return exit_code;
}

static void
print_change (JsonObject *change)
{
  printf ("%" G_GINT64_FORMAT "  ", belfry_json_get_integer (change, "changeid", 0));
  belfry_print_text (belfry_json_get_text (change, "revision"));
  printf ("  ");
  belfry_print_text (belfry_json_get_text (change, "branch"));
  printf ("  ");
  belfry_print_text (belfry_json_get_text (change, "author"));
  printf ("\n");
}

static int
run_changes (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  gint64 since = 0;
  const GOptionEntry more_options[] = {
    { "since", 0, 0, G_OPTION_ARG_INT64, &since, NULL, NULL },
    { NULL },
  };
  g_autoptr (JsonArray) all = json_array_new ();
  gboolean more = TRUE;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, more_options, argc, argv))
    return BELFRY_EXIT_USAGE;
  while (more) {
    g_autoptr (JsonObject) question = belfry_question_new ("changes");
    g_autoptr (JsonObject) answer = NULL;
    JsonArray *changes = NULL;

    json_object_set_int_member (question, "since", since);
    answer = belfry_ask (&options, question, &exit_code);
    if (answer == NULL)
      return exit_code;
    changes = belfry_json_get_array (answer, "changes");
    more = belfry_json_get_boolean (answer, "more", FALSE);
    for (guint i = 0; i < json_array_get_length (changes); i++) {
      JsonObject *change = json_array_get_object_element (changes, i);

      since = belfry_json_get_integer (change, "changeid", 0);
      if (options.json)
        json_array_add_object_element (all, json_object_ref (change));
      else
        print_change (change);
    }
  }
  if (options.json)
    belfry_print_json_array (all);
  return 0;
}

const BelfrySubcommand *
belfry_subcommands_get (guint *count)
{
  *count = G_N_ELEMENTS (subcommands);
  return subcommands;
}

const BelfrySubcommand *
belfry_subcommand_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (subcommands); i++)
    if (strcmp (subcommands[i].name, name) == 0)
      return &subcommands[i];
  return NULL;
}

static int
report_unknown (const char *name)
{
  const char *names[G_N_ELEMENTS (subcommands) + 1] = { NULL };
  const char *nearest = NULL;
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (subcommands); i++)
    if (subcommands[i].summary != NULL)
      names[count++] = subcommands[i].name;
  nearest = belfry_text_nearest (name, names);
  fprintf (stderr, "belfry: there is no command '%s'", name);
  if (nearest != NULL)
    fprintf (stderr, "; did you mean '%s'?", nearest);
  fprintf (stderr, "\n");
  return BELFRY_EXIT_USAGE;
}

static int
run_help (const char *name)
{
  const BelfrySubcommand *command = name != NULL ? belfry_subcommand_find (name) : NULL;

  if (name != NULL && command == NULL)
    return report_unknown (name);
  if (command != NULL)
    belfry_help_print (stdout, command);
  else
    belfry_help_print_all (stdout);
  return 0;
}

/* up to `--`, behind which nothing is an option */
static gboolean
asks_for_help (char **words)
{
  if (words[0] != NULL && strcmp (words[0], "-h") == 0)
    return TRUE;
  for (; *words != NULL && strcmp (*words, "--") != 0; words++)
    if (strcmp (*words, "--help") == 0)
      return TRUE;
  return FALSE;
}

int
belfry_cli_main (int argc, char **argv)
{
  const BelfrySubcommand *command = NULL;

  setlocale (LC_ALL, "C.UTF-8");
  belfry_languages_init (NULL);
  if (argc < 2) {
    belfry_help_print_all (stderr);
    return BELFRY_EXIT_USAGE;
  }
  if (strcmp (argv[1], "--version") == 0) {
    printf ("belfry %s\n", BELFRY_VERSION);
    return 0;
  }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    return run_help (NULL);
  if (strcmp (argv[1], "help") == 0)
    return run_help (argv[2]);
  command = belfry_subcommand_find (argv[1]);
  if (command == NULL)
    return report_unknown (argv[1]);
  return asks_for_help (argv + 2) ? run_help (argv[1]) : command->run (argc - 1, argv + 1);
}
