/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers come from the command line or, where that names no repository, from a terminal. What is
 * made of them: init-write.c.
 */
#include "init.h"

#include "ask.h"
#include "init-private.h"
#include "loader/loader.h"

#include <string.h>
#include <unistd.h>

#define SYSTEMS_FILE "/etc/belfry/belfry.conf"

/** Question: one answer, and how to come by it */
typedef struct {
  const char *name;     /* of the option, and of the template's variable */
  const char *question; /* (nullable) for a terminal; NULL: it is not asked for */
  const char *fallback; /* (nullable) where there is no answer */
  gboolean required;
} Question;

static const Question questions[BELFRY_N_INIT_QUESTIONS] = {
  [BELFRY_INIT_REPOSITORY] = { "repository", "repository to build", NULL, TRUE },
  [BELFRY_INIT_VCS] = { "vcs", NULL, "git", FALSE },
  [BELFRY_INIT_BUILDER] = { "builder", "name of the builder", NULL, FALSE },
  [BELFRY_INIT_STEPS] = { "steps", "commands that build it, with semicolons between",
                          "make;make check", FALSE },
  [BELFRY_INIT_MAIL] = { "mail", "address that hears of failures (none: nobody)", NULL, FALSE },
  [BELFRY_INIT_FROM] = { "from", NULL, NULL, FALSE },
  [BELFRY_INIT_LISTEN] = { "listen", "where pages are served", "tcp:8010:interface=127.0.0.1",
                           FALSE },
  [BELFRY_INIT_URL] = { "url",
                        "address of the pages, as others reach them (none: only this machine)",
                        NULL, FALSE },
  [BELFRY_INIT_TITLE] = { "title", NULL, NULL, FALSE },
  [BELFRY_INIT_POLL] = { "poll", NULL, NULL, FALSE },
  [BELFRY_INIT_STATE] = { "state-directory", NULL, NULL, FALSE },
  [BELFRY_INIT_RUNTIME] = { "runtime-directory", NULL, NULL, FALSE },
};

static void
init_clear (BelfryInit *self)
{
  g_free (self->path);
  for (guint i = 0; i < BELFRY_N_INIT_QUESTIONS; i++)
    g_free (self->answers[i]);
  g_strfreev (self->hooks);
  g_clear_pointer (&self->written, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryInit, init_clear)

const char *
belfry_init_get_name (BelfryInitQuestion question)
{
  return questions[question].name;
}

/* answers */

/* (transfer full) (nullable): NULL: nothing was said */
static char *
ask_line (const char *question, const char *fallback)
{
  g_autofree char *line = NULL;
  gsize size = 0;

  fprintf (stderr, "%s", question);
  if (fallback != NULL)
    fprintf (stderr, " [%s]", fallback);
  fprintf (stderr, ": ");
  fflush (stderr);
  if (getline (&line, &size, stdin) < 0 || g_strstrip (line)[0] == '\0')
    return NULL;
  return g_strdup (line);
}

/* "https://example.org/hello.git" is built by "hello" */
static char *
dup_builder_name (const char *repository)
{
  g_autofree char *base = g_path_get_basename (repository);

  if (g_str_has_suffix (base, ".git"))
    base[strlen (base) - strlen (".git")] = '\0';
  return g_strdup (g_strcanon (base, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-", '-'));
}

/* (nullable): of the domain that is written to */
static char *
dup_sender (const char *addresses)
{
  const char *domain = addresses != NULL ? strrchr (addresses, '@') : NULL;

  return domain != NULL ? g_strdup_printf ("belfry%.*s", (int)strcspn (domain, "> \t;"), domain)
                        : NULL;
}

static char *
dup_fallback (const BelfryInit *self, guint index)
{
  if (index == BELFRY_INIT_BUILDER && self->answers[BELFRY_INIT_REPOSITORY] != NULL)
    return dup_builder_name (self->answers[BELFRY_INIT_REPOSITORY]);
  if (index == BELFRY_INIT_FROM)
    return dup_sender (self->answers[BELFRY_INIT_MAIL]);
  return g_strdup (questions[index].fallback);
}

/* names of plugins of a kind, so that nobody has to look them up */
static char *
dup_plugin_names (BelfryKind wanted)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (GPtrArray) paths = belfry_loader_list (loader);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < paths->len; i++) {
    BelfryKind kind = BELFRY_N_KINDS;
    g_autofree char *name = NULL;

    if (belfry_loader_parse_file_name (g_ptr_array_index (paths, i), &kind, &name) &&
        kind == wanted)
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
  }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static char **
ask_hooks (void)
{
  g_autofree char *names = dup_plugin_names (BELFRY_KIND_HOOK);
  g_autofree char *question =
      g_strdup_printf ("forges whose webhooks are taken, with semicolons between, of\n  %s\n"
                       "(none: the repository is looked at every five minutes)",
                       names);
  g_autofree char *line = ask_line (question, NULL);
  char **hooks = line != NULL ? g_strsplit (line, ";", -1) : NULL;

  for (guint i = 0; hooks != NULL && hooks[i] != NULL; i++)
    g_strstrip (hooks[i]);
  return hooks;
}

static void
ask_all (BelfryInit *self)
{
  for (guint i = 0; i < BELFRY_N_INIT_QUESTIONS; i++) {
    g_autofree char *fallback = NULL;

    if (self->answers[i] != NULL || questions[i].question == NULL)
      continue;
    fallback = dup_fallback (self, i);
    self->answers[i] = ask_line (questions[i].question, fallback);
  }
  if (self->hooks == NULL)
    self->hooks = ask_hooks ();
  if (self->hooks == NULL && self->answers[BELFRY_INIT_POLL] == NULL)
    self->answers[BELFRY_INIT_POLL] = g_strdup ("5min");
}

static gboolean
is_one_line (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return FALSE;
  return TRUE;
}

static gboolean
complete_answers (BelfryInit *self, GError **error)
{
  for (guint i = 0; i < BELFRY_N_INIT_QUESTIONS; i++) {
    if (self->answers[i] == NULL)
      self->answers[i] = dup_fallback (self, i);
    if (self->answers[i] == NULL && questions[i].required) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "it needs --%s", questions[i].name);
      return FALSE;
    }
    if (self->answers[i] != NULL && !is_one_line (self->answers[i])) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "--%s is one line of text",
                   questions[i].name);
      return FALSE;
    }
  }
  return TRUE;
}

/* Names of files are made of these. */
static gboolean
check_hooks (const BelfryInit *self, GError **error)
{
  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++) {
    const char *name = self->hooks[i];

    if (name[0] == '\0' || name[strspn (name, G_CSET_a_2_z G_CSET_DIGITS "-")] != '\0') {
      g_autofree char *names = dup_plugin_names (BELFRY_KIND_HOOK);

      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "'%s' is no hook; there are %s",
                   name, names);
      return FALSE;
    }
  }
  return TRUE;
}

/* the command line */

static char *
dup_path (const char *given)
{
  if (given != NULL)
    return g_canonicalize_filename (given, NULL);
  if (geteuid () == 0)
    return g_strdup (SYSTEMS_FILE);
  return g_build_filename (g_get_user_config_dir (), "belfry", "belfry.conf", NULL);
}

static gboolean
parse_options (BelfryInit *self, int argc, char **argv)
{
  GOptionEntry entries[BELFRY_N_INIT_QUESTIONS + 3] = { { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *given = NULL;
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < BELFRY_N_INIT_QUESTIONS; i++)
    entries[i] = (GOptionEntry){ .long_name = questions[i].name,
                                 .arg = G_OPTION_ARG_STRING,
                                 .arg_data = &self->answers[i] };
  entries[BELFRY_N_INIT_QUESTIONS] =
      (GOptionEntry){ .long_name = "config", .arg = G_OPTION_ARG_FILENAME, .arg_data = &given };
  entries[BELFRY_N_INIT_QUESTIONS + 1] = (GOptionEntry){ .long_name = "hook",
                                                         .arg = G_OPTION_ARG_STRING_ARRAY,
                                                         .arg_data = &self->hooks };
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &local) || argc > 1) {
    fprintf (stderr, "belfry init: %s\n", local != NULL ? local->message : "it takes no words");
    return FALSE;
  }
  self->path = dup_path (given);
  return TRUE;
}

int
belfry_init_main (int argc, char **argv)
{
  g_auto (BelfryInit) self = { NULL };
  g_autoptr (GError) local = NULL;

  self.written = g_ptr_array_new_with_free_func (g_free);
  if (!parse_options (&self, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (g_file_test (self.path, G_FILE_TEST_EXISTS)) {
    fprintf (stderr, "belfry init: '%s' is there already and is not overwritten\n", self.path);
    return 1;
  }
  if (self.answers[BELFRY_INIT_REPOSITORY] == NULL && isatty (STDIN_FILENO))
    ask_all (&self);
  if (!complete_answers (&self, &local) || !check_hooks (&self, &local)) {
    fprintf (stderr, "belfry init: %s\n", local->message);
    return BELFRY_EXIT_USAGE;
  }
  if (belfry_init_write (&self, &local))
    return 0;
  fprintf (stderr, "belfry init: %s\n", local->message);
  return g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_CONFIG) ? BELFRY_EXIT_CONFIG : 1;
}
