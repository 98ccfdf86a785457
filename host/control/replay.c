/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry replay`: stored deliveries once more, or what would come of them: with the daemon's
 * configuration, or with another that is read here and starts nothing.
 */
#include "deliveries.h"
#include "explain.h"

#include <string.h>

#define MAX_AT_ONCE 10000

typedef struct {
  char *against;
  gboolean dry_run;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->against);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

typedef struct {
  const BelfryAsk *ask;
  const Options *options;
  BelfryConfig *other; /* (nullable): of --against */
  JsonArray *all;      /* for --json */
} Replaying;

static int
tell (Replaying *self, gint64 id, JsonObject *answer, const char *member)
{
  JsonObject *explanation = belfry_json_get_object (answer, "explanation");

  if (self->ask->json)
    json_array_add_object_element (self->all, json_object_ref (answer));
  else if (explanation != NULL)
    belfry_explanation_print (explanation);
  else {
    printf ("%" G_GINT64_FORMAT ": ", id);
    belfry_print_text (belfry_json_get_text (answer, member));
    printf ("\n");
  }
  return belfry_json_get_integer (answer, "status", 200) < 400 ? 0 : 1;
}

static int
replay_there (Replaying *self, gint64 id)
{
  g_autoptr (JsonObject) question =
      belfry_question_new (self->options->dry_run ? "explain" : "replay");
  g_autoptr (JsonObject) answer = NULL;
  int exit_code = 0;

  json_object_set_string_member (question, "kind", "again");
  json_object_set_int_member (question, "id", id);
  answer = belfry_ask (self->ask, question, &exit_code);
  return answer != NULL ? tell (self, id, answer, "message") : exit_code;
}

static int
replay_here (Replaying *self, gint64 id)
{
  g_autoptr (JsonObject) question = belfry_question_new ("request");
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) told = NULL;
  g_autoptr (GError) local = NULL;
  JsonObject *explanation = NULL;
  int exit_code = 0;

  json_object_set_int_member (question, "id", id);
  answer = belfry_ask (self->ask, question, &exit_code);
  if (answer == NULL)
    return exit_code;
  explanation = belfry_replay_against (self->other, belfry_json_get_object (answer, "delivery"),
                                       belfry_json_get_object (answer, "request"), &local);
  if (explanation == NULL) {
    fprintf (stderr, "belfry: %s\n", local->message);
    return 1;
  }
  told = json_object_new ();
  json_object_set_object_member (told, "explanation", explanation);
  return tell (self, id, told, NULL);
}

/* "7" or "7-12" */
static gboolean
read_range (const char *word, gint64 *first, gint64 *last)
{
  g_auto (GStrv) ends = g_strsplit (word, "-", 2);

  if (!belfry_parse_integer (ends[0], 1, G_MAXINT64, first, NULL) ||
      !belfry_parse_integer (ends[1] != NULL ? ends[1] : ends[0], *first, G_MAXINT64, last, NULL)) {
    fprintf (stderr, "belfry replay: '%s' is neither a delivery's number nor a range\n", word);
    return FALSE;
  }
  if (*last - *first < MAX_AT_ONCE)
    return TRUE;
  fprintf (stderr, "belfry replay: '%s': at most %d at once\n", word, MAX_AT_ONCE);
  return FALSE;
}

/* one that cannot be is told of and passed over */
static int
replay_all (Replaying *self)
{
  int exit_code = 0;

  for (guint i = 0; self->ask->rest[i] != NULL; i++) {
    gint64 first = 0;
    gint64 last = 0;

    if (!read_range (self->ask->rest[i], &first, &last))
      return BELFRY_EXIT_USAGE;
    for (gint64 id = first; id <= last; id++) {
      int code = self->other != NULL ? replay_here (self, id) : replay_there (self, id);

      exit_code = MAX (exit_code, code);
    }
  }
  return exit_code;
}

static BelfryConfig *
load_other (const char *path, BelfryLoader *loader)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryConfig *config = belfry_config_load (path, loader, problems);

  if (config == NULL)
    belfry_print_problems (problems, BELFRY_SEVERITY_NOTE, "");
  return config;
}

static int
run (Replaying *self)
{
  g_autoptr (BelfryLoader) loader = NULL;
  g_autoptr (BelfryConfig) other = NULL;
  g_autoptr (JsonArray) all = json_array_new ();
  int exit_code = 0;

  if (self->options->against != NULL) {
    loader = belfry_loader_new (NULL);
    other = load_other (self->options->against, loader);
    if (other == NULL)
      return BELFRY_EXIT_CONFIG;
  }
  self->other = other;
  self->all = all;
  exit_code = replay_all (self);
  if (self->ask->json)
    belfry_print_json_array (all);
  return exit_code;
}

int
belfry_replay_main (int argc, char **argv)
{
  g_auto (BelfryAsk) ask = { NULL };
  g_auto (Options) options = { NULL };
  const GOptionEntry more[] = {
    { "against", 0, 0, G_OPTION_ARG_FILENAME, &options.against, NULL, NULL },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, NULL, NULL },
    { NULL },
  };
  Replaying replaying = { .ask = &ask, .options = &options };

  if (!belfry_ask_parse (&ask, more, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (ask.rest == NULL) {
    fprintf (stderr, "belfry replay: it needs to be told which\n");
    return BELFRY_EXIT_USAGE;
  }
  if (options.against != NULL && !options.dry_run) {
    fprintf (stderr, "belfry replay: --against another configuration stores nothing; say so with "
                     "--dry-run\n");
    return BELFRY_EXIT_USAGE;
  }
  return run (&replaying);
}
