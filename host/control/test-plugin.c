/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command: which plugin, which checks, and what is printed of them. */
#include "test-plugin.h"

#include "ask.h"
#include "loader/loader.h"
#include "test-plugin-private.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_SECONDS  20
#define MAX_SECONDS      3600
#define MAX_OUTPUT_LINES 20

static const BelfryConformanceCheck *const tables[] = {
  belfry_checks_of_metadata, belfry_checks_of_options, belfry_checks_of_life,
  belfry_checks_of_remotes,  belfry_checks_of_manners,
};

typedef struct {
  char *section_path; /* (nullable) */
  char *only;         /* (nullable) glob */
  int seconds;
  gboolean list;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->section_path);
  g_free (self->only);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *self, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "section", 0, 0, G_OPTION_ARG_FILENAME, &self->section_path, NULL, NULL },
    { "only", 0, 0, G_OPTION_ARG_STRING, &self->only, NULL, NULL },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &self->seconds, NULL, NULL },
    { "list", 0, 0, G_OPTION_ARG_NONE, &self->list, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) local = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &local))
    return TRUE;
  fprintf (stderr, "belfry test: %s\n", local->message);
  return FALSE;
}

char *
belfry_test_plugin_find (const char *word)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GPtrArray) paths = NULL;
  g_auto (GStrv) parts = g_strsplit (word, "/", 2);
  BelfryKind wanted = BELFRY_N_KINDS;

  if (g_str_has_suffix (word, ".so") && g_file_test (word, G_FILE_TEST_EXISTS))
    return g_canonicalize_filename (word, NULL);
  paths = belfry_loader_list (loader);
  for (guint i = 0; parts[1] != NULL && belfry_kind_from_name (parts[0], &wanted) && i < paths->len;
       i++) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *name = NULL;

    if (belfry_loader_parse_file_name (g_ptr_array_index (paths, i), &kind, &name) &&
        kind == wanted && g_str_equal (name, parts[1]))
      return g_strdup (g_ptr_array_index (paths, i));
  }
  fprintf (stderr, "belfry: there is no plugin '%s', belfry inspect lists them\n", word);
  return NULL;
}

static void
print_comment (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", MAX_OUTPUT_LINES + 1);

  for (guint i = 0; lines[i] != NULL && i < MAX_OUTPUT_LINES; i++) {
    if (*lines[i] == '\0')
      continue;
    printf ("# ");
    belfry_print_text (lines[i]);
    printf ("\n");
  }
}

static gboolean
print_verdict (guint number, const BelfryConformanceCheck *check, const BelfryVerdict *verdict)
{
  printf ("%s %u - %s", verdict->ok ? "ok" : "not ok", number, check->name);
  if (verdict->skipped != NULL)
    printf (" # SKIP %s", verdict->skipped);
  printf ("\n");
  if (!verdict->ok) {
    print_comment (verdict->reason);
    print_comment (verdict->output);
  }
  fflush (stdout);
  return verdict->ok;
}

static GPtrArray *
choose_checks (const char *only)
{
  GPtrArray *chosen = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const BelfryConformanceCheck *check = tables[i]; check->name != NULL; check++)
      if (only == NULL || belfry_glob_match (only, check->name, BELFRY_GLOB_TEXT))
        g_ptr_array_add (chosen, (gpointer)check);
  return chosen;
}

static int
run_checks (const BelfryTrial *trial, GPtrArray *checks)
{
  guint failed = 0;

  printf ("TAP version 13\n1..%u\n", checks->len);
  fflush (stdout);
  for (guint i = 0; i < checks->len; i++) {
    g_auto (BelfryVerdict) verdict = { FALSE };

    belfry_conformance_run (g_ptr_array_index (checks, i), trial, &verdict);
    failed += print_verdict (i + 1, g_ptr_array_index (checks, i), &verdict) ? 0 : 1;
  }
  if (failed > 0)
    printf ("# %u of %u failed\n", failed, checks->len);
  return failed == 0 ? 0 : 1;
}

static int
print_checks (GPtrArray *checks)
{
  for (guint i = 0; i < checks->len; i++)
    printf ("%s\n", ((const BelfryConformanceCheck *)g_ptr_array_index (checks, i))->name);
  return 0;
}

int
belfry_test_plugin_main (int argc, char **argv)
{
  g_auto (Options) options = { .seconds = DEFAULT_SECONDS };
  BelfryTrial trial = { NULL };
  g_autoptr (GPtrArray) checks = NULL;
  g_autofree char *path = NULL;
  g_autofree char *extra = NULL;
  g_autoptr (GError) local = NULL;

  if (!parse (&options, &argc, &argv))
    return BELFRY_EXIT_USAGE;
  checks = choose_checks (options.only);
  if (options.list)
    return print_checks (checks);
  if (argc != 2) {
    fprintf (stderr, "belfry test: write belfry test PLUGIN.so, or belfry test KIND/NAME\n");
    return BELFRY_EXIT_USAGE;
  }
  path = belfry_test_plugin_find (argv[1]);
  if (path == NULL)
    return BELFRY_EXIT_USAGE;
  if (options.section_path != NULL &&
      !g_file_get_contents (options.section_path, &extra, NULL, &local)) {
    fprintf (stderr, "belfry test: %s\n", local->message);
    return BELFRY_EXIT_USAGE;
  }
  trial.path = path;
  trial.extra = extra != NULL ? extra : "";
  trial.seconds = CLAMP (options.seconds, 1, MAX_SECONDS);
  return run_checks (&trial, checks);
}
