/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file is a template (data/init) filled in with answers, which come from the command line or a
 * terminal. It is written beside its name, read as the daemon would read it, and gets the name when
 * that finds no error; nothing that is there is overwritten. A hook's secret is made here and lies
 * in a file of its own that only the daemon's user may read, so that the keyfile holds none.
 */
#include "init.h"

#include "ask.h"
#include "config/config.h"
#include "private-file.h"
#include "store/files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SECRET_BYTES   32
#define SHARED_MODE    0640
#define SYSTEMS_FILE   "/etc/belfry/belfry.conf"
#define SECRETS_FOLDER "secrets"

/** Question: one answer, and how to come by it */
typedef struct {
  const char *name;     /* of the option, and of the template's variable */
  const char *question; /* (nullable) for a terminal; NULL: it is not asked for */
  const char *fallback; /* (nullable) where there is no answer */
  gboolean required;
} Question;

enum {
  REPOSITORY,
  VCS,
  BUILDER,
  STEPS,
  MAIL,
  FROM,
  LISTEN,
  URL,
  TITLE,
  POLL,
  STATE,
  RUNTIME,
  N_QUESTIONS,
};

static const Question questions[N_QUESTIONS] = {
  [REPOSITORY] = { "repository", "repository to build", NULL, TRUE },
  [VCS] = { "vcs", NULL, "git", FALSE },
  [BUILDER] = { "builder", "name of the builder", NULL, FALSE },
  [STEPS] = { "steps", "commands that build it, with semicolons between", "make;make check",
              FALSE },
  [MAIL] = { "mail", "address that hears of failures (none: nobody)", NULL, FALSE },
  [FROM] = { "from", NULL, NULL, FALSE },
  [LISTEN] = { "listen", "where pages are served", "tcp:8010:interface=127.0.0.1", FALSE },
  [URL] = { "url", "address of the pages, as others reach them (none: only this machine)", NULL,
            FALSE },
  [TITLE] = { "title", NULL, NULL, FALSE },
  [POLL] = { "poll", NULL, NULL, FALSE },
  [STATE] = { "state-directory", NULL, NULL, FALSE },
  [RUNTIME] = { "runtime-directory", NULL, NULL, FALSE },
};

typedef struct {
  char *path; /* of the configuration */
  char *answers[N_QUESTIONS];
  char **hooks;
  GPtrArray *written; /* (element-type utf8): files to be removed where it fails */
} Init;

static void
init_clear (Init *self)
{
  g_free (self->path);
  for (guint i = 0; i < N_QUESTIONS; i++)
    g_free (self->answers[i]);
  g_strfreev (self->hooks);
  g_clear_pointer (&self->written, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Init, init_clear)

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
dup_fallback (const Init *self, guint index)
{
  if (index == BUILDER && self->answers[REPOSITORY] != NULL)
    return dup_builder_name (self->answers[REPOSITORY]);
  if (index == FROM)
    return dup_sender (self->answers[MAIL]);
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
ask_all (Init *self)
{
  for (guint i = 0; i < N_QUESTIONS; i++) {
    g_autofree char *fallback = NULL;

    if (self->answers[i] != NULL || questions[i].question == NULL)
      continue;
    fallback = dup_fallback (self, i);
    self->answers[i] = ask_line (questions[i].question, fallback);
  }
  if (self->hooks == NULL)
    self->hooks = ask_hooks ();
  if (self->hooks == NULL && self->answers[POLL] == NULL)
    self->answers[POLL] = g_strdup ("5min");
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
complete_answers (Init *self, GError **error)
{
  for (guint i = 0; i < N_QUESTIONS; i++) {
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

/* the template */

/* as a keyfile spells it */
static char *
spell (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "\\", -1);

  return g_strjoinv ("\\\\", parts);
}

/* "make;make check" are commands; what names a kind of step is left as it is */
static char *
spell_steps (const char *checkout, const char *text)
{
  g_auto (GStrv) items = g_strsplit (text, ";", -1);
  g_autoptr (GString) steps = g_string_new (checkout);

  for (guint i = 0; items[i] != NULL; i++) {
    const char *item = g_strstrip (items[i]);
    gsize word = strspn (item, "abcdefghijklmnopqrstuvwxyz-");
    g_autofree char *spelled = spell (item);

    if (item[0] != '\0')
      g_string_append_printf (steps, ";%s%s",
                              word > 0 && item[word] == ':' ? "" : "command:", spelled);
  }
  return g_string_free (g_steal_pointer (&steps), FALSE);
}

static char *
dup_secret_path (const Init *self, const char *hook)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *name = g_strconcat ("hook-", hook, NULL);

  return g_build_filename (folder, SECRETS_FOLDER, name, NULL);
}

static JsonArray *
describe_hooks (const Init *self)
{
  JsonArray *hooks = json_array_new ();

  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++) {
    JsonObject *hook = json_object_new ();
    g_autofree char *file = dup_secret_path (self, self->hooks[i]);

    json_object_set_string_member (hook, "name", self->hooks[i]);
    json_object_set_string_member (hook, "file", file);
    json_array_add_object_element (hooks, hook);
  }
  return hooks;
}

static JsonObject *
make_variables (const Init *self)
{
  JsonObject *variables = json_object_new ();
  g_autofree char *steps = spell_steps (self->answers[VCS], self->answers[STEPS]);

  for (guint i = 0; i < N_QUESTIONS; i++) {
    g_autofree char *spelled = self->answers[i] != NULL ? spell (self->answers[i]) : NULL;
    g_autofree char *name = g_strdup (questions[i].name);

    g_strdelimit (name, "-", '_');
    json_object_set_string_member (variables, name, spelled != NULL ? spelled : "");
  }
  json_object_set_string_member (variables, "steps", steps);
  json_object_set_string_member (variables, "file", self->path);
  json_object_set_array_member (variables, "hooks", describe_hooks (self));
  return variables;
}

/* (transfer full) (nullable) */
static char *
render (const Init *self, GError **error)
{
  const char *given = g_getenv ("BELFRY_DATA_DIR");
  g_autofree char *path =
      g_build_filename (given != NULL ? given : BELFRY_DATA_DIR, "init", "belfry.conf", NULL);
  const BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autoptr (JsonObject) variables = make_variables (self);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  template = belfry_template_new (path, text, &settings, error);
  if (template == NULL)
    return NULL;
  return belfry_template_render (template, variables, "en", 0, error);
}

/* files */

static gboolean
write_secret (Init *self, const char *hook, GError **error)
{
  g_autofree char *path = dup_secret_path (self, hook);
  g_autofree char *folder = g_path_get_dirname (path);
  guchar bytes[SECRET_BYTES] = { 0 };
  g_autoptr (GString) text = g_string_sized_new (2 * SECRET_BYTES + 2);
  gboolean written = FALSE;

  if (!belfry_shared_folder_create (folder, error))
    return FALSE;
  if (getrandom (bytes, sizeof bytes, 0) != (gssize)sizeof bytes)
    return belfry_file_fail ("making the secret of", path, error);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  g_string_append_c (text, '\n');
  written = belfry_private_file_create (path, text->str, error);
  explicit_bzero (text->str, text->len);
  explicit_bzero (bytes, sizeof bytes);
  if (written)
    g_ptr_array_add (self->written, g_steal_pointer (&path));
  return written;
}

static gboolean
write_secrets (Init *self, GError **error)
{
  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++)
    if (!write_secret (self, self->hooks[i], error))
      return FALSE;
  return TRUE;
}

/* Names of files are made of these. */
static gboolean
check_hooks (const Init *self, GError **error)
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

static void
print_problems (BelfryProblems *problems)
{
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (problems, i);
    g_autofree char *text = belfry_problem_to_text (problem);

    if (problem->severity != BELFRY_SEVERITY_NOTE)
      fprintf (stderr, "%s\n", text);
  }
}

/* (transfer full) (nullable): what the daemon would make of the file; NULL: it was said why not */
static BelfryConfig *
read_as_daemon (const char *path, GError **error)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfryConfig) config = belfry_config_load (path, loader, problems);

  print_problems (problems);
  if (config != NULL && belfry_problems_get_count (problems, BELFRY_SEVERITY_FAILURE) == 0)
    return g_steal_pointer (&config);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "these answers make no configuration that works; nothing was written");
  return NULL;
}

static void
print_next (const Init *self, const BelfryConfig *config)
{
  printf ("wrote %s\n", self->path);
  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++) {
    g_autofree char *secret = dup_secret_path (self, self->hooks[i]);

    printf ("hook %s: at the forge, the address is %schange_hook/%s, the content type "
            "application/json, the secret what stands in %s\n",
            self->hooks[i], config->host.url != NULL ? config->host.url : "/", self->hooks[i],
            secret);
  }
  printf ("next: belfry run --config %s\n", self->path);
}

static gboolean
write_config (Init *self, const char *partial, GError **error)
{
  g_autofree char *rendered = render (self, error);
  g_autofree char *text = rendered != NULL ? g_strconcat (rendered, "\n", NULL) : NULL;
  g_autoptr (BelfryConfig) config = NULL;

  if (text == NULL || !write_secrets (self, error) ||
      !belfry_shared_file_create (partial, text, SHARED_MODE, error))
    return FALSE;
  config = read_as_daemon (partial, error);
  if (config == NULL || !belfry_file_give_name (partial, self->path, error))
    return FALSE;
  print_next (self, config);
  return TRUE;
}

static gboolean
write_all (Init *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *partial = g_strconcat (self->path, ".new", NULL);
  g_autofree char *secrets = g_build_filename (folder, SECRETS_FOLDER, NULL);

  if (!belfry_shared_folder_create (folder, error))
    return FALSE;
  g_unlink (partial);
  if (write_config (self, partial, error))
    return TRUE;
  g_unlink (partial);
  for (guint i = 0; i < self->written->len; i++)
    g_unlink (g_ptr_array_index (self->written, i));
  g_rmdir (secrets); /* where nothing else is in it */
  return FALSE;
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
parse_options (Init *self, int argc, char **argv)
{
  GOptionEntry entries[N_QUESTIONS + 3] = { { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *given = NULL;
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < N_QUESTIONS; i++)
    entries[i] = (GOptionEntry){ .long_name = questions[i].name,
                                 .arg = G_OPTION_ARG_STRING,
                                 .arg_data = &self->answers[i] };
  entries[N_QUESTIONS] =
      (GOptionEntry){ .long_name = "config", .arg = G_OPTION_ARG_FILENAME, .arg_data = &given };
  entries[N_QUESTIONS + 1] = (GOptionEntry){ .long_name = "hook",
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
  g_auto (Init) self = { NULL };
  g_autoptr (GError) local = NULL;

  self.written = g_ptr_array_new_with_free_func (g_free);
  if (!parse_options (&self, argc, argv))
    return BELFRY_EXIT_USAGE;
  if (g_file_test (self.path, G_FILE_TEST_EXISTS)) {
    fprintf (stderr, "belfry init: '%s' is there already and is not overwritten\n", self.path);
    return 1;
  }
  if (self.answers[REPOSITORY] == NULL && isatty (STDIN_FILENO))
    ask_all (&self);
  if (!complete_answers (&self, &local) || !check_hooks (&self, &local)) {
    fprintf (stderr, "belfry init: %s\n", local->message);
    return BELFRY_EXIT_USAGE;
  }
  if (write_all (&self, &local))
    return 0;
  fprintf (stderr, "belfry init: %s\n", local->message);
  return g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_CONFIG) ? BELFRY_EXIT_CONFIG : 1;
}
