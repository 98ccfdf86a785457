/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include "ask.h"
#include "backup.h"
#include "changes.h"
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
#include "isolation/plugin-host.h"
#include "languages/languages.h"
#include "man.h"
#include "new.h"
#include "outbox-cli.h"
#include "pollers.h"
#include "secret.h"
#include "send-change.h"
#include "status.h"
#include "test-plugin.h"
#include "try.h"
#include "user.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int run_test (int argc, char **argv);

static const BelfrySubcommand subcommands[] = {
  { "init",
    "[--config FILE] [--repository URL] [--vcs WORD] [--builder NAME] [--steps COMMANDS] [--hook "
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
  { "status", "[--config FILE] [--json]", "say how the running daemon is", belfry_status_main },
  { "reload", "[--config FILE]", "have the daemon read its configuration again",
    belfry_reload_main },
  { "changes", "[--config FILE | --database FILE] [--since N] [--json]", "list stored changes",
    belfry_changes_main },
  { "deliveries",
    "[--config FILE | --database FILE] [--hook HOOK] [--outcome WORD] [--since TIME] [--limit N] "
    "[--json] [N… | --raw N]",
    "list what forges sent and what came of it, or show one request", belfry_deliveries_main },
  { "replay", "[--config FILE] [--dry-run [--against FILE] [--database FILE]] [--json] N… | N-M",
    "take stored deliveries again, or say what would come of them", belfry_replay_main },
  { "explain", "[--config FILE] [--json] build N|BUILDER/NUMBER | change N | delivery N",
    "say what became of a thing, and which key decided", belfry_explain_main },
  { "outbox", "[--config FILE] [--dead] [--json]", "list reports that wait, or died",
    belfry_outbox_main },
  { "redeliver", "[--config FILE] N… [N-M…]", "send reports again", belfry_redeliver_main },
  { "discard", "[--config FILE] N… [N-M…]", "throw away reports that wait, or died",
    belfry_discard_main },
  { "resume", "[--config FILE] reporter NAME",
    "end the pause of a reporter whose credential was refused", belfry_resume_main },
  { "test",
    "[--config FILE] [--json] reporter NAME | PLUGIN.so|KIND/NAME [--section FILE] [--only GLOB] "
    "[--seconds N] [--list]",
    "send a test report, or check that a plugin does what a host relies on", run_test },
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
    "keep secrets in this user's keyring, and say which are there", belfry_secret_main },
  { "send-change",
    "[--url URL] [--user NAME --password REFERENCE | --token REFERENCE] [--who TEXT] [--branch "
    "TEXT] [--revision TEXT] [--comments TEXT] [--file NAME]… [--property NAME=VALUE]… "
    "[--repository TEXT] [--project TEXT] [--codebase TEXT] [--category TEXT] [--revlink URL] "
    "[--when SECONDS] [--dry-run] [--verbose]",
    "post a change to the hook base, here or elsewhere", belfry_send_change_main },
  { "try",
    "hook NAME [--config FILE | --set KEY=VALUE…] [--header 'NAME: VALUE']… [--body FILE] "
    "[--method WORD] [--query TEXT] [--trusted] [--json] | "
    "reporter NAME [--config FILE] [--event WORD] [--build FILE] [--send URL] | "
    "poller NAME [--config FILE | --set KEY=VALUE…] [--state FILE] | "
    "view NAME [--config FILE | --set KEY=VALUE…] [--page PATH] [--records FILE] | "
    "engine NAME [--config FILE | --set KEY=VALUE…] [--change FILE]",
    "have one plugin do what it is for, without host and database", belfry_try_main },
  { "new", "[--folder FOLDER] [--licence SPDX] KIND NAME",
    "write a plugin of your own, ready to be built and tested", belfry_new_main },
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
  { "shutdown", "[--config FILE] [finish|retry|now|cancel]",
    "end when the running builds have ended, or have been put back", belfry_cli_shutdown },
  /* for programs */
  { "man", "FILE | PLUGIN", NULL, belfry_man_main },
  { "complete", "-- WORD…", NULL, belfry_complete_main },
  { "plugin-host", "", NULL, belfry_plugin_host_main },
};

/* a reporter of the running daemon, or the code of a plugin */
static int
run_test (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "reporter") == 0)
      return belfry_test_main (argc, argv);
  return belfry_test_plugin_main (argc, argv);
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
