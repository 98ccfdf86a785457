/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry builds`, `workers`, `schedulers`: lists; `force`, `stop`, `rebuild`, `cancel`,
 * `shutdown`: what is asked of the engine. */
#include "cli-builds.h"

#include "ask.h"

#include <stdio.h>
#include <string.h>

#define LIMIT 20

/** BuildsOptions: of all these commands; each takes those that its usage names */
typedef struct {
  BelfryAsk ask;
  gint64 limit;
  gboolean running;
  gboolean waiting;
  gboolean all;
  char *form;
} BuildsOptions;

static void
builds_options_clear (BuildsOptions *options)
{
  belfry_ask_clear (&options->ask);
  g_free (options->form);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BuildsOptions, builds_options_clear)

/* Which of the options below a command takes. */
static const struct {
  const char *command;
  const char *const names[4];
} taken[] = {
  { "builds", { "limit", "running", "waiting", NULL } },
  { "cancel", { "all", NULL } },
  { "force", { "all", "form", NULL } },
  { "stop", { "all", NULL } },
};

static gboolean
takes (const char *command, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (taken); i++) {
    if (g_str_equal (taken[i].command, command))
      return g_strv_contains (taken[i].names, name);
  }
  return FALSE;
}

static gboolean
parse_options (int argc, char **argv, BuildsOptions *options)
{
  const GOptionEntry all[] = {
    { "limit", 0, 0, G_OPTION_ARG_INT64, &options->limit, NULL, NULL },
    { "running", 0, 0, G_OPTION_ARG_NONE, &options->running, NULL, NULL },
    { "waiting", 0, 0, G_OPTION_ARG_NONE, &options->waiting, NULL, NULL },
    { "all", 0, 0, G_OPTION_ARG_NONE, &options->all, NULL, NULL },
    { "form", 0, 0, G_OPTION_ARG_STRING, &options->form, NULL, NULL },
  };
  GOptionEntry entries[G_N_ELEMENTS (all) + 1] = { { NULL } };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    if (takes (argv[0], all[i].long_name))
      entries[count++] = all[i];
  }
  return belfry_ask_parse (&options->ask, entries, argc, argv);
}

/* lists */

static void
print_time (JsonObject *object, const char *key)
{
  gint64 seconds = belfry_json_get_integer (object, key, 0);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);
  g_autofree char *text =
      time != NULL && seconds > 0 ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("-");

  printf ("%-19s  ", text);
}

static void
print_build (JsonObject *build)
{
  printf ("%8" G_GINT64_FORMAT "  ", belfry_json_get_integer (build, "buildid", 0));
  belfry_print_text (belfry_json_get_text (build, "buildername"));
  printf ("/%" G_GINT64_FORMAT "  ", belfry_json_get_integer (build, "number", 0));
  print_time (build, "started_at");
  printf ("%s  ", belfry_json_get_boolean (build, "complete", FALSE)
                      ? belfry_result_get_name (belfry_json_get_integer (build, "results", 0))
                      : "running");
  belfry_print_text (belfry_json_get_text (build, "state_string"));
  printf ("\n");
}

/** Beside: what an engine alone knows of the rows of a list */
typedef struct {
  const char *action; /* its answer's data: name to what is known */
  const char *name;   /* member of a row that has the name */
  const char *member; /* of a row that gets it */
} Beside;

static const Beside reasons = { "queue", "buildername", "why" };
static const Beside moments = { "moments", "name", "next" };

static JsonObject *
ask_engine (const BuildsOptions *options, const char *action)
{
  g_autoptr (JsonObject) question = belfry_question_new ("control");
  g_autoptr (JsonObject) answer = NULL;
  JsonObject *data = NULL;
  int exit_code = 0;

  json_object_set_string_member (question, "action", action);
  answer = belfry_ask (&options->ask, question, &exit_code);
  data = answer != NULL ? belfry_json_get_object (answer, "data") : NULL;
  return data != NULL ? json_object_ref (data) : json_object_new ();
}

static void
add_beside (const BuildsOptions *options, const Beside *beside, JsonArray *rows)
{
  g_autoptr (JsonObject) all = ask_engine (options, beside->action);

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    const char *name = belfry_json_get_text (row, beside->name);
    JsonNode *value = name != NULL ? json_object_get_member (all, name) : NULL;

    if (value != NULL)
      json_object_set_member (row, beside->member, json_node_copy (value));
  }
}

static void
print_request (JsonObject *request)
{
  printf ("%8" G_GINT64_FORMAT "  ", belfry_json_get_integer (request, "buildrequestid", 0));
  belfry_print_text (belfry_json_get_text (request, "buildername"));
  printf ("  ");
  print_time (request, "submitted_at");
  printf ("priority %" G_GINT64_FORMAT "  ", belfry_json_get_integer (request, "priority", 0));
  belfry_print_text (belfry_json_get_text (request, "why"));
  printf ("\n");
}

static void
print_worker (JsonObject *worker)
{
  JsonArray *connections = belfry_json_get_array (worker, "connected_to");
  const char *state = "connected";

  if (connections == NULL || json_array_get_length (connections) == 0)
    state = "offline";
  else if (belfry_json_get_boolean (worker, "graceful", FALSE))
    state = belfry_json_get_integer (worker, "running", 0) > 0 ? "stopping" : "stopped";
  else if (belfry_json_get_boolean (worker, "paused", FALSE))
    state = "paused";
  belfry_print_text (belfry_json_get_text (worker, "name"));
  printf ("  %s, %" G_GINT64_FORMAT " running\n", state,
          belfry_json_get_integer (worker, "running", 0));
}

static void
print_scheduler (JsonObject *scheduler)
{
  belfry_print_text (belfry_json_get_text (scheduler, "name"));
  printf ("  ");
  belfry_print_text (belfry_json_get_text (scheduler, "kind"));
  printf ("  %s", belfry_json_get_boolean (scheduler, "enabled", FALSE) ? "enabled" : "disabled");
  if (json_object_has_member (scheduler, "next")) {
    printf (", next ");
    print_time (scheduler, "next");
  }
  printf ("\n");
}

/* @beside: (nullable) */
static int
list (const BuildsOptions *options,
      JsonObject *question,
      const Beside *beside,
      void (*print) (JsonObject *row))
{
  int exit_code = 0;
  g_autoptr (JsonObject) answer = belfry_ask (&options->ask, question, &exit_code);
  JsonArray *rows = NULL;

  if (answer == NULL)
    return exit_code;
  rows = belfry_json_get_array (answer, "rows");
  if (beside != NULL && json_array_get_length (rows) > 0)
    add_beside (options, beside, rows);
  if (options->ask.json) {
    belfry_print_json (answer);
    return 0;
  }
  for (guint i = 0; i < json_array_get_length (rows); i++)
    print (json_array_get_object_element (rows, i));
  return 0;
}

int
belfry_cli_builds (int argc, char **argv)
{
  g_auto (BuildsOptions) options = { { NULL } };
  g_autoptr (JsonObject) question = NULL;

  if (!parse_options (argc, argv, &options))
    return BELFRY_EXIT_USAGE;
  question = belfry_question_new (options.waiting ? "requests" : "builds");
  if (options.ask.rest != NULL)
    json_object_set_string_member (question, "builder", options.ask.rest[0]);
  json_object_set_boolean_member (question, "running", options.running);
  json_object_set_int_member (question, "limit", options.limit > 0 ? options.limit : LIMIT);
  return options.waiting ? list (&options, question, &reasons, print_request)
                         : list (&options, question, NULL, print_build);
}

/* asking */

static int
ask_control (const BuildsOptions *options, JsonObject *question)
{
  int exit_code = 0;
  g_autoptr (JsonObject) answer = belfry_ask (&options->ask, question, &exit_code);

  if (answer == NULL)
    return exit_code;
  if (options->ask.json) {
    belfry_print_json (answer);
    return 0;
  }
  belfry_print_text (belfry_json_get_text (answer, "message"));
  printf ("\n");
  return 0;
}

static const struct {
  const char *command;
  const char *member; /* of the question, that names which */
  const char *actions[4];
  const Beside *beside; /* (nullable) */
  void (*print) (JsonObject *row);
} fleets[] = {
  { "workers", "worker", { "pause", "unpause", "graceful", NULL }, NULL, print_worker },
  { "schedulers",
    "scheduler",
    { "enable", "disable", "run-now", NULL },
    &moments,
    print_scheduler },
};

/* Without words a list; with an action and a name, that. */
int
belfry_cli_fleet (int argc, char **argv)
{
  g_auto (BuildsOptions) options = { { NULL } };
  g_autoptr (JsonObject) question = NULL;
  guint row = strcmp (argv[0], fleets[0].command) == 0 ? 0 : 1;

  if (!parse_options (argc, argv, &options))
    return BELFRY_EXIT_USAGE;
  if (options.ask.rest == NULL) {
    question = belfry_question_new (fleets[row].command);
    return list (&options, question, fleets[row].beside, fleets[row].print);
  }
  if (!g_strv_contains (fleets[row].actions, options.ask.rest[0]) || options.ask.rest[1] == NULL) {
    fprintf (stderr, "belfry %s: it takes %s, %s or %s and a name\n", argv[0],
             fleets[row].actions[0], fleets[row].actions[1], fleets[row].actions[2]);
    return BELFRY_EXIT_USAGE;
  }
  question = belfry_question_new ("control");
  json_object_set_string_member (question, "action", options.ask.rest[0]);
  json_object_set_string_member (question, fleets[row].member, options.ask.rest[1]);
  return ask_control (&options, question);
}

/* names have no slash in them */
gboolean
belfry_cli_find_build (const BelfryAsk *ask, const char *text, gint64 *id, int *exit_code)
{
  const char *slash = strrchr (text, '/');
  g_autofree char *builder = g_strndup (text, (gsize)(slash - text));
  g_autoptr (JsonObject) question = belfry_question_new ("builds");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *rows = NULL;
  gint64 number = 0;

  if (!belfry_parse_integer (slash + 1, 0, G_MAXINT64, &number, NULL)) {
    fprintf (stderr, "belfry: '%s' is no number of a build\n", slash + 1);
    *exit_code = BELFRY_EXIT_USAGE;
    return FALSE;
  }
  json_object_set_string_member (question, "builder", builder);
  json_object_set_int_member (question, "number", number);
  answer = belfry_ask (ask, question, exit_code);
  if (answer == NULL)
    return FALSE;
  rows = belfry_json_get_array (answer, "rows");
  if (json_array_get_length (rows) == 0) {
    fprintf (stderr, "belfry: there is no build %s\n", text);
    *exit_code = 1;
    return FALSE;
  }
  *id = belfry_json_get_integer (json_array_get_object_element (rows, 0), "buildid", 0);
  return TRUE;
}

static gboolean
set_target (const BuildsOptions *options, JsonObject *question, const char *text, int *exit_code)
{
  gint64 id = 0;

  if (strchr (text, '/') != NULL) {
    if (!belfry_cli_find_build (&options->ask, text, &id, exit_code))
      return FALSE;
  } else if (!belfry_parse_integer (text, 0, G_MAXINT64, &id, NULL)) {
    fprintf (stderr, "belfry: '%s' is no id\n", text);
    *exit_code = BELFRY_EXIT_USAGE;
    return FALSE;
  }
  json_object_set_int_member (question, "id", id);
  return TRUE;
}

/* NAME=VALUE are arguments; with --all other words name builders. */
static gboolean
read_words (const BuildsOptions *options, JsonObject *arguments, guint first)
{
  JsonArray *builders = json_array_new ();

  for (guint i = first; options->ask.rest != NULL && options->ask.rest[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (options->ask.rest[i], "=", 2);

    if (pair[1] != NULL)
      json_object_set_string_member (arguments, pair[0], pair[1]);
    else if (options->all)
      json_array_add_string_element (builders, options->ask.rest[i]);
    else {
      fprintf (stderr, "belfry: '%s' is no NAME=VALUE\n", options->ask.rest[i]);
      json_array_unref (builders);
      return FALSE;
    }
  }
  if (json_array_get_length (builders) > 0)
    json_object_set_array_member (arguments, "builders", builders);
  else
    json_array_unref (builders);
  return TRUE;
}

int
belfry_cli_control (int argc, char **argv)
{
  g_auto (BuildsOptions) options = { { NULL } };
  g_autoptr (JsonObject) question = belfry_question_new ("control");
  JsonObject *arguments = json_object_new ();
  const char *action = argv[0];
  gboolean force = strcmp (action, "force") == 0;
  int exit_code = 0;

  json_object_set_string_member (question, "action", action);
  json_object_set_object_member (question, "arguments", arguments);
  if (!parse_options (argc, argv, &options))
    return BELFRY_EXIT_USAGE;
  if ((options.ask.rest == NULL && !options.all) ||
      (options.all && strcmp (action, "rebuild") == 0)) {
    fprintf (stderr, "belfry %s: it needs to be told which\n", action);
    return BELFRY_EXIT_USAGE;
  }
  if (options.form != NULL)
    json_object_set_string_member (question, "scheduler", options.form);
  if (force && !options.all)
    json_object_set_string_member (question, "builder", options.ask.rest[0]);
  else if (!options.all && !set_target (&options, question, options.ask.rest[0], &exit_code))
    return exit_code;
  if (!read_words (&options, arguments, options.all ? 0 : 1))
    return BELFRY_EXIT_USAGE;
  return ask_control (&options, question);
}

int
belfry_cli_shutdown (int argc, char **argv)
{
  g_auto (BuildsOptions) options = { { NULL } };
  g_autoptr (JsonObject) question = belfry_question_new ("control");
  JsonObject *arguments = json_object_new ();
  const char *mode = "finish";

  json_object_set_object_member (question, "arguments", arguments);
  if (!parse_options (argc, argv, &options))
    return BELFRY_EXIT_USAGE;
  if (options.ask.rest != NULL)
    mode = options.ask.rest[0];
  json_object_set_string_member (question, "action",
                                 strcmp (mode, "cancel") == 0 ? "cancel-shutdown" : "shutdown");
  json_object_set_string_member (arguments, "mode", mode);
  return ask_control (&options, question);
}
