/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The delivery log on the command line: a line each, newest first, or one request as it is kept. */
#include "deliveries.h"

#define LINES_AT_FIRST 100

typedef struct {
  char *hook;
  char *outcome;
  char *since;
  gint64 limit;
  gboolean raw;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->hook);
  g_free (self->outcome);
  g_free (self->since);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
read_since (const char *text, gint64 *since_us)
{
  g_autoptr (GError) reason = NULL;

  if (belfry_time_parse_since (text, since_us, &reason))
    return TRUE;
  fprintf (stderr, "belfry deliveries: %s\n", reason->message);
  return FALSE;
}

/* a word that is none would list nothing and say nothing */
static gboolean
check_outcome (const char *outcome)
{
  const char *const *outcomes = belfry_delivery_list_outcomes ();
  g_autofree char *known = NULL;

  if (outcome == NULL || g_strv_contains (outcomes, outcome))
    return TRUE;
  known = g_strjoinv (", ", (char **)outcomes);
  fprintf (stderr, "belfry deliveries: there is no outcome '%s', write one of %s\n", outcome,
           known);
  return FALSE;
}

static void
print_field (const char *before, const char *text)
{
  if (text == NULL || text[0] == '\0')
    return;
  printf ("%s", before);
  belfry_print_text (text);
}

static void
print_time (JsonObject *delivery)
{
  g_autofree char *text = belfry_time_format_rfc3339 (
      belfry_json_get_integer (delivery, "received_at", 0) * G_USEC_PER_SEC);

  printf ("  %s", text);
}

static void
print_changes (JsonObject *delivery)
{
  JsonArray *ids = belfry_json_get_array (delivery, "change_ids");
  guint n = ids != NULL ? json_array_get_length (ids) : 0;

  if (n > 0)
    printf ("  change%s", n == 1 ? "" : "s");
  for (guint i = 0; i < n; i++)
    printf (" %" G_GINT64_FORMAT, json_array_get_int_element (ids, i));
}

static void
print_delivery (JsonObject *delivery)
{
  gint64 replay_of = belfry_json_get_integer (delivery, "replay_of", 0);
  gint64 count = belfry_json_get_integer (delivery, "count", 1);
  gint64 duration_us = belfry_json_get_integer (delivery, "duration_us", 0);

  printf ("%" G_GINT64_FORMAT, belfry_json_get_integer (delivery, "deliveryid", 0));
  print_time (delivery);
  print_field ("  ", belfry_json_get_text (delivery, "hook"));
  print_field ("  ", belfry_json_get_text (delivery, "event"));
  print_field ("  ", belfry_json_get_text (delivery, "outcome"));
  if (count > 1)
    printf (" ×%" G_GINT64_FORMAT, count);
  print_field (": ", belfry_json_get_text (delivery, "reason"));
  print_changes (delivery);
  if (replay_of > 0)
    printf ("  replay of %" G_GINT64_FORMAT, replay_of);
  print_field ("  from ", belfry_json_get_text (delivery, "source"));
  printf ("  %" G_GINT64_FORMAT " bytes", belfry_json_get_integer (delivery, "bytes", 0));
  if (duration_us > 0)
    printf ("  %.2f ms", (double)duration_us / 1000);
  print_field ("  id ", belfry_json_get_text (delivery, "forge_id"));
  printf ("\n");
}

static JsonObject *
make_question (const Options *options)
{
  JsonObject *question = belfry_question_new ("deliveries");

  if (options->hook != NULL)
    json_object_set_string_member (question, "hook", options->hook);
  if (options->outcome != NULL)
    json_object_set_string_member (question, "outcome", options->outcome);
  return question;
}

/* page after page; FALSE: @exit_code says why */
static gboolean
gather (const BelfryAsk *ask, JsonObject *question, gint64 limit, JsonArray *all, int *exit_code)
{
  gboolean more = TRUE;

  while (more && (limit == 0 || json_array_get_length (all) < limit)) {
    g_autoptr (JsonObject) answer = NULL;
    JsonArray *page = NULL;

    if (limit != 0)
      json_object_set_int_member (question, "limit", limit - json_array_get_length (all));
    answer = belfry_ask (ask, question, exit_code);
    if (answer == NULL)
      return FALSE;
    page = belfry_json_get_array (answer, "deliveries");
    more = belfry_json_get_boolean (answer, "more", FALSE);
    for (guint i = 0; page != NULL && i < json_array_get_length (page); i++) {
      JsonObject *delivery = json_array_get_object_element (page, i);

      json_array_add_object_element (all, json_object_ref (delivery));
      json_object_set_int_member (question, "before",
                                  belfry_json_get_integer (delivery, "deliveryid", 0));
    }
  }
  return TRUE;
}

/* those that are named, or the newest */
static gboolean
gather_all (const BelfryAsk *ask, const Options *options, JsonArray *all, int *exit_code)
{
  gint64 since_us = 0;
  g_autoptr (JsonObject) question = make_question (options);

  *exit_code = BELFRY_EXIT_USAGE;
  if (!check_outcome (options->outcome))
    return FALSE;
  if (options->since != NULL) {
    if (!read_since (options->since, &since_us))
      return FALSE;
    json_object_set_int_member (question, "since_us", since_us);
  }
  if (ask->rest == NULL)
    return gather (ask, question,
                   options->limit > 0       ? options->limit
                   : options->since != NULL ? 0
                                            : LINES_AT_FIRST,
                   all, exit_code);
  for (guint i = 0; ask->rest[i] != NULL; i++) {
    guint before = 0;
    gint64 id = 0;

    if (!belfry_parse_integer (ask->rest[i], 1, G_MAXINT64, &id, NULL)) {
      fprintf (stderr, "belfry deliveries: '%s' is no delivery's number\n", ask->rest[i]);
      return FALSE;
    }
    before = json_array_get_length (all);
    json_object_set_int_member (question, "id", id);
    json_object_remove_member (question, "before");
    if (!gather (ask, question, 0, all, exit_code))
      return FALSE;
    if (json_array_get_length (all) == before) {
      fprintf (stderr,
               "belfry deliveries: there is no delivery %" G_GINT64_FORMAT " of that kind\n", id);
      *exit_code = 1;
      return FALSE;
    }
  }
  return TRUE;
}

static int
print_request (const BelfryAsk *ask)
{
  g_autoptr (JsonObject) question = belfry_question_new ("request");
  g_autoptr (JsonObject) answer = NULL;
  gint64 id = 0;
  int exit_code = 0;

  if (ask->rest == NULL || ask->rest[1] != NULL ||
      !belfry_parse_integer (ask->rest[0], 1, G_MAXINT64, &id, NULL)) {
    fprintf (stderr, "belfry deliveries: --raw needs the number of one delivery\n");
    return BELFRY_EXIT_USAGE;
  }
  json_object_set_int_member (question, "id", id);
  answer = belfry_ask (ask, question, &exit_code);
  if (answer != NULL)
    belfry_print_json (belfry_json_get_object (answer, "request"));
  return exit_code;
}

int
belfry_deliveries_main (int argc, char **argv)
{
  g_auto (BelfryAsk) ask = { NULL };
  g_auto (Options) options = { NULL };
  const GOptionEntry more[] = {
    { "hook", 0, 0, G_OPTION_ARG_STRING, &options.hook, NULL, NULL },
    { "outcome", 0, 0, G_OPTION_ARG_STRING, &options.outcome, NULL, NULL },
    { "since", 0, 0, G_OPTION_ARG_STRING, &options.since, NULL, NULL },
    { "limit", 0, 0, G_OPTION_ARG_INT64, &options.limit, NULL, NULL },
    { "raw", 0, 0, G_OPTION_ARG_NONE, &options.raw, NULL, NULL },
    { NULL },
  };
  g_autoptr (JsonArray) all = json_array_new ();
  int exit_code = 0;

  if (!belfry_ask_parse (&ask, more, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (options.limit < 0) {
    fprintf (stderr, "belfry deliveries: --limit: write 1 or more\n");
    return BELFRY_EXIT_USAGE;
  }
  if (options.raw)
    return print_request (&ask);
  if (!gather_all (&ask, &options, all, &exit_code))
    return exit_code;
  if (ask.json)
    belfry_print_json_array (all);
  else
    for (guint i = 0; i < json_array_get_length (all); i++)
      print_delivery (json_array_get_object_element (all, i));
  return 0;
}
