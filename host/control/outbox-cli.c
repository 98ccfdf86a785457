/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outbox-cli.h"

#include "ask.h"

#include <stdio.h>
#include <string.h>

#define RANGES_AT_ONCE 500

/* listing */

static void
print_report (JsonObject *report)
{
  const char *target = belfry_json_get_text (report, "target");
  const char *answer = belfry_json_get_text (report, "answer");
  gint64 buildid = belfry_json_get_integer (report, "buildid", 0);
  gint64 next_at = belfry_json_get_integer (report, "next_at", 0);

  printf ("%" G_GINT64_FORMAT "  %s  ", belfry_json_get_integer (report, "reportid", 0),
          belfry_json_get_text (report, "state"));
  belfry_print_text (belfry_json_get_text (report, "instance"));
  printf ("  %s", belfry_json_get_text (report, "phase"));
  if (buildid > 0)
    printf ("  build %" G_GINT64_FORMAT, buildid);
  if (target != NULL) {
    printf ("  to ");
    belfry_print_text (target);
  }
  printf ("  %" G_GINT64_FORMAT " tries", belfry_json_get_integer (report, "tries", 0));
  if (next_at > 0 && strcmp (belfry_json_get_text (report, "state"), "dead") != 0) {
    g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (next_at);
    g_autofree char *text = when != NULL ? g_date_time_format (when, "%F %T") : NULL;

    printf (", next %s", text != NULL ? text : "?");
  }
  if (answer != NULL) {
    printf (": ");
    belfry_print_text (answer);
  }
  printf ("\n");
}

/* all rows of one state; FALSE: said why */
static gboolean
list_state (const BelfryAsk *options, const char *state, JsonArray *all, int *exit_code)
{
  gint64 since = 0;
  gboolean more = TRUE;

  while (more) {
    g_autoptr (JsonObject) question = belfry_question_new ("outbox");
    g_autoptr (JsonObject) answer = NULL;
    JsonArray *reports = NULL;

    json_object_set_string_member (question, "state", state);
    json_object_set_int_member (question, "since", since);
    answer = belfry_ask (options, question, exit_code);
    if (answer == NULL)
      return FALSE;
    reports = belfry_json_get_array (answer, "reports");
    more = belfry_json_get_boolean (answer, "more", FALSE) && json_array_get_length (reports) > 0;
    for (guint i = 0; i < json_array_get_length (reports); i++) {
      JsonObject *report = json_array_get_object_element (reports, i);

      since = belfry_json_get_integer (report, "reportid", 0);
      if (options->json)
        json_array_add_object_element (all, json_object_ref (report));
      else
        print_report (report);
    }
  }
  return TRUE;
}

int
belfry_outbox_main (int argc, char **argv)
{
  static const char *const live[] = { "planned", "waiting", NULL };
  static const char *const dead[] = { "dead", NULL };
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonArray) all = json_array_new ();
  gboolean only_dead = FALSE;
  const GOptionEntry more[] = {
    { "dead", 0, 0, G_OPTION_ARG_NONE, &only_dead, NULL, NULL },
    { NULL },
  };
  int exit_code = 0;

  if (!belfry_ask_parse (&options, more, argc, argv))
    return BELFRY_EXIT_USAGE;
  for (const char *const *state = only_dead ? dead : live; *state != NULL; state++)
    if (!list_state (&options, *state, all, &exit_code))
      return exit_code;
  if (options.json)
    belfry_print_json_array (all);
  return 0;
}

/* redeliver and discard */

/* `12` or `12-20` */
static JsonArray *
parse_range (const char *word)
{
  g_auto (GStrv) ends = g_strsplit (word, "-", 2);
  gint64 first = 0;
  gint64 last = 0;
  JsonArray *range = NULL;

  if (!belfry_parse_integer (ends[0] != NULL ? ends[0] : "", 1, G_MAXINT64, &first, NULL))
    return NULL;
  last = first;
  if (ends[1] != NULL && !belfry_parse_integer (ends[1], first, G_MAXINT64, &last, NULL))
    return NULL;
  range = json_array_new ();
  json_array_add_int_element (range, first);
  json_array_add_int_element (range, last);
  return range;
}

static int
send_ranges (const BelfryAsk *options, const char *command, JsonArray *ids, gint64 *done)
{
  g_autoptr (JsonObject) question = belfry_question_new (command);
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *errors = NULL;
  int exit_code = 0;

  json_object_set_array_member (question, "ids", ids);
  answer = belfry_ask (options, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  *done += belfry_json_get_integer (answer, "done", 0);
  errors = belfry_json_get_array (answer, "errors");
  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++) {
    g_autofree char *shown =
        belfry_text_make_printable (json_array_get_string_element (errors, i), -1, 500);

    fprintf (stderr, "belfry %s: %s\n", command, shown);
    exit_code = 1;
  }
  return exit_code;
}

static int
run_change (int argc, char **argv, const char *words)
{
  g_auto (BelfryAsk) options = { NULL };
  const char *command = argv[0];
  gint64 done = 0;
  int exit_code = 0;

  if (!belfry_ask_parse (&options, NULL, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (options.rest == NULL) {
    fprintf (stderr, "belfry %s: it needs numbers of reports, such as 12 or 12-20\n", command);
    return BELFRY_EXIT_USAGE;
  }
  for (char **word = options.rest; *word != NULL;) {
    JsonArray *ids = json_array_new ();
    int code = 0;

    for (guint i = 0; i < RANGES_AT_ONCE && *word != NULL; i++, word++) {
      JsonArray *range = parse_range (*word);

      if (range == NULL) {
        fprintf (stderr, "belfry %s: '%s' is no number and no range of numbers\n", command, *word);
        json_array_unref (ids);
        return BELFRY_EXIT_USAGE;
      }
      json_array_add_array_element (ids, range);
    }
    code = send_ranges (&options, command, ids, &done);
    exit_code = code != 0 ? code : exit_code;
  }
  if (exit_code <= 1)
    printf ("%" G_GINT64_FORMAT " reports %s\n", done, words);
  return exit_code;
}

int
belfry_redeliver_main (int argc, char **argv)
{
  return run_change (argc, argv, "go out again");
}

int
belfry_discard_main (int argc, char **argv)
{
  return run_change (argc, argv, "thrown away");
}

/* one reporter */

/* (nullable): said why, and the exit code is set */
static JsonObject *
ask_about_reporter (int argc, char **argv, BelfryAsk *options, int *exit_code)
{
  g_autoptr (JsonObject) question = belfry_question_new (argv[0]);

  *exit_code = BELFRY_EXIT_USAGE;
  if (!belfry_ask_parse (options, NULL, argc, argv))
    return NULL;
  if (options->rest == NULL || strcmp (options->rest[0], "reporter") != 0 ||
      options->rest[1] == NULL || options->rest[2] != NULL) {
    fprintf (stderr, "belfry %s: write belfry %s reporter NAME\n", argv[0], argv[0]);
    return NULL;
  }
  json_object_set_string_member (question, "kind", options->rest[0]);
  json_object_set_string_member (question, "name", options->rest[1]);
  return belfry_ask (options, question, exit_code);
}

int
belfry_resume_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) answer = NULL;
  int exit_code = 0;

  answer = ask_about_reporter (argc, argv, &options, &exit_code);
  if (answer == NULL)
    return exit_code;
  if (options.json)
    belfry_print_json (answer);
  else {
    belfry_print_text (belfry_json_get_text (answer, "message"));
    printf ("\n");
  }
  return 0;
}

static void
print_text_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++) {
    printf ("    ");
    belfry_print_text (*line);
    printf ("\n");
  }
}

static void
print_request (JsonObject *request)
{
  JsonArray *headers = belfry_json_get_array (request, "headers");
  const char *body = belfry_json_get_text (request, "body");
  const char *answer = belfry_json_get_text (request, "answer");

  printf ("  asked: ");
  belfry_print_text (belfry_json_get_text (request, "what"));
  printf ("\n");
  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++)
    print_text_lines (json_array_get_string_element (headers, i));
  if (body != NULL)
    print_text_lines (body);
  printf ("  answered: ");
  belfry_print_text (answer != NULL ? answer : "nothing");
  printf ("\n");
}

static void
print_attempt (JsonObject *attempt)
{
  JsonArray *requests = belfry_json_get_array (attempt, "requests");
  const char *target = belfry_json_get_text (attempt, "target");
  const char *answer = belfry_json_get_text (attempt, "answer");
  const char *permission = belfry_json_get_text (attempt, "permission");

  if (target != NULL && *target != '\0') {
    printf ("to ");
    belfry_print_text (target);
    printf (":\n");
  }
  for (guint i = 0; requests != NULL && i < json_array_get_length (requests); i++)
    print_request (json_array_get_object_element (requests, i));
  printf ("  %s", belfry_json_get_text (attempt, "outcome"));
  if (answer != NULL) {
    printf (": ");
    belfry_print_text (answer);
  }
  printf ("\n");
  if (permission != NULL) {
    printf ("  the call needs: ");
    belfry_print_text (permission);
    printf ("\n");
  }
}

int
belfry_test_main (int argc, char **argv)
{
  g_auto (BelfryAsk) options = { NULL };
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *attempts = NULL;
  gboolean delivered = FALSE;
  int exit_code = 0;

  answer = ask_about_reporter (argc, argv, &options, &exit_code);
  if (answer == NULL)
    return exit_code;
  delivered = belfry_json_get_boolean (answer, "delivered", FALSE);
  if (options.json) {
    belfry_print_json (answer);
    return delivered ? 0 : 1;
  }
  attempts = belfry_json_get_array (answer, "attempts");
  for (guint i = 0; attempts != NULL && i < json_array_get_length (attempts); i++)
    print_attempt (json_array_get_object_element (attempts, i));
  if (json_object_has_member (answer, "message")) {
    belfry_print_text (belfry_json_get_text (answer, "message"));
    printf ("\n");
  }
  return delivered ? 0 : 1;
}

/* status */

void
belfry_outbox_print_status (JsonObject *outbox)
{
  JsonArray *pauses = outbox != NULL ? belfry_json_get_array (outbox, "pauses") : NULL;

  if (outbox == NULL)
    return;
  printf ("  outbox: %" G_GINT64_FORMAT " reports wait, %" G_GINT64_FORMAT " dead\n",
          belfry_json_get_integer (outbox, "waiting", 0) +
              belfry_json_get_integer (outbox, "planned", 0),
          belfry_json_get_integer (outbox, "dead", 0));
  for (guint i = 0; pauses != NULL && i < json_array_get_length (pauses); i++) {
    printf ("  reporter ");
    belfry_print_text (json_array_get_string_element (pauses, i));
    printf (" pauses: its credential was refused; `belfry resume reporter NAME` ends that\n");
  }
}
