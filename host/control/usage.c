/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage.h"

#include <string.h>

/** Note: what an option does; where a command is named, in that one only */
typedef struct {
  const char *option;
  const char *command; /* (nullable) */
  const char *text;
} Note;

static const Note notes[] = {
  { "against", NULL, "with this configuration instead of the daemon's; only with --dry-run" },
  { "all", NULL, "all of them" },
  { "body", NULL, "file with the request's body; absent: standard input" },
  { "branch", NULL, "branch of the change" },
  { "build", NULL, "file with the build to report, as JSON; absent: a sample" },
  { "builder", "init", "name of the builder; absent: the repository's" },
  { "category", NULL, "category of the change" },
  { "change", NULL, "file with the change, as JSON; absent: a sample" },
  { "codebase", NULL, "codebase of the change" },
  { "comments", NULL, "what the change is about" },
  { "conf", NULL, "as a section to paste into a keyfile" },
  { "config", "init",
    "file to write; absent: the system's, or one's own where root is not at work" },
  { "config", NULL, "configuration; absent: BELFRY_CONFIG, then one's own, then the system's" },
  { "database", NULL, "a file of records that no daemon has open, instead of the daemon" },
  { "dead", NULL, "only those that were given up" },
  { "dry-run", "send-change", "print what would be posted, post nothing" },
  { "dry-run", NULL, "say what would come of it, change nothing" },
  { "event", NULL, "what happened to the build: started, finished-success, finished-failure…" },
  { "file", "send-change", "a changed file; repeatable" },
  { "file", "user", "file of passwords; absent: the first of [www] change-hook-auth" },
  { "folder", "new", "where it is written; absent: a folder of its name" },
  { "form", NULL, "form to start it by; absent: the first that fits" },
  { "from", "init", "address that mails come from" },
  { "header", NULL, "a header of the request; repeatable" },
  { "hook", "init", "forge whose webhooks are taken, with a secret of its own; repeatable" },
  { "hook", NULL, "of one hook only" },
  { "json", NULL, "print JSON" },
  { "licence", "new", "an SPDX expression; absent: LGPL-2.1-or-later" },
  { "limit", "builds", "at most so many; absent: 20" },
  { "limit", NULL, "at most so many" },
  { "list", "test", "say what is checked, and end" },
  { "listen", "init", "where pages and hooks are served" },
  { "mail", "init", "address that hears of builds that fail and recover" },
  { "markdown", NULL, "as tables of Markdown" },
  { "method", NULL, "method of the request; absent: POST" },
  { "only", NULL, "checks whose names match" },
  { "outcome", NULL, "of one outcome only" },
  { "page", NULL, "path and query of the page; absent: the view's first" },
  { "password", NULL, "reference to the password: file:PATH, env:NAME or secret:NAME" },
  { "poll", "init", "look at the repository every so often" },
  { "project", NULL, "project of the change" },
  { "property", NULL, "a property of the change; repeatable" },
  { "query", NULL, "what stands behind the ? of the request's address" },
  { "raw", NULL, "the request as it is kept" },
  { "records", NULL, "file with what is stored, as JSON; absent: nothing is" },
  { "repository", "init", "what is built" },
  { "repository", NULL, "repository of the change" },
  { "revision", NULL, "revision of the change" },
  { "revlink", NULL, "address of a page about the change" },
  { "runtime-directory", "init", "where sockets lie while it runs; absent: the system's" },
  { "running", NULL, "only those that run" },
  { "seconds", NULL, "how long a check may take; absent: 20" },
  { "section", NULL, "file with the keys that the plugin cannot do without" },
  { "send", NULL, "send the requests to this address" },
  { "set", NULL, "a key of the section; repeatable" },
  { "since", "changes", "only changes behind this number" },
  { "since", NULL, "as long ago (2h, 3d), or since a date" },
  { "state", NULL, "file with what the poller told last, as JSON; absent: it never looked" },
  { "state-directory", "init", "where everything is kept; absent: the system's" },
  { "steps", "init", "commands that build it, with semicolons between" },
  { "strict", NULL, "a warning fails too; with =config, only an error in the configuration does" },
  { "title", "init", "name on pages and in mails" },
  { "token", NULL, "reference to the hook's secret: file:PATH, env:NAME or secret:NAME" },
  { "trusted", NULL, "as if the sender had proven who it is" },
  { "url", "init", "address of the pages, as others reach them" },
  { "url", NULL, "address of the hook; absent: at port 8010 of this machine" },
  { "user", NULL, "who posts" },
  { "vcs", "init", "what keeps the repository's versions: git, hg or svn" },
  { "vcs", NULL, "what keeps the repository's versions" },
  { "verbose", "run", "log what is done, too" },
  { "verbose", NULL, "print the answer" },
  { "waiting", NULL, "requests that wait to be built" },
  { "when", NULL, "time of the change, in seconds since 1970" },
  { "who", NULL, "author of the change; absent: the login name" },
};

const char *
belfry_usage_explain (const char *command, const char *option)
{
  for (gsize i = 0; i < G_N_ELEMENTS (notes); i++)
    if (strcmp (notes[i].option, option) == 0 &&
        (notes[i].command == NULL || strcmp (notes[i].command, command) == 0))
      return notes[i].text;
  return NULL;
}

char *
belfry_usage_option_to_text (const BelfryUsageOption *option)
{
  if (option->argument == NULL)
    return g_strdup_printf ("--%s", option->name);
  return g_strdup_printf (option->joined ? "--%s[=%s]" : "--%s %s", option->name, option->argument);
}

gboolean
belfry_usage_is_placeholder (const char *word)
{
  return g_ascii_isupper (word[0]) || word[0] == '\'';
}

static void
option_free (gpointer data)
{
  BelfryUsageOption *self = data;

  g_free (self->name);
  g_free (self->argument);
  g_free (self);
}

static void
word_free (gpointer data)
{
  BelfryUsageWord *self = data;

  g_free (self->text);
  g_free (self->argument);
  g_free (self);
}

void
belfry_usage_free (BelfryUsage *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->options);
  g_ptr_array_unref (self->words);
  g_free (self);
}

/** Reader: what the next token may be an argument of */
typedef struct {
  BelfryUsage *usage;
  BelfryUsageOption *option; /* (nullable) */
  guint first_word;          /* of those that share an argument; all are open */
  gboolean words_open;
} Reader;

static gboolean
is_repeated_option (const BelfryUsage *usage, const char *name)
{
  for (guint i = 0; i < usage->options->len; i++)
    if (strcmp (((BelfryUsageOption *)g_ptr_array_index (usage->options, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

static void
add_option (Reader *self, const char *token)
{
  const gsize length = strcspn (token, "[=");
  g_autofree char *name = g_strndup (token, length);
  BelfryUsageOption *option = NULL;

  self->option = NULL;
  self->words_open = FALSE;
  if (is_repeated_option (self->usage, name))
    return;
  option = g_new0 (BelfryUsageOption, 1);
  option->name = g_steal_pointer (&name);
  option->joined = token[length] != '\0';
  if (option->joined)
    option->argument = g_strdup (token + length + strspn (token + length, "[="));
  else
    self->option = option;
  g_ptr_array_add (self->usage->options, option);
}

static void
add_word (Reader *self, const char *token)
{
  BelfryUsageWord *word = g_new0 (BelfryUsageWord, 1);

  word->text = g_strdup (token);
  g_ptr_array_add (self->usage->words, word);
  self->option = NULL;
}

static void
add_choices (Reader *self, const char *token)
{
  g_auto (GStrv) choices = g_strsplit (token, "|", -1);
  const guint first = self->usage->words->len;

  for (guint i = 0; choices[i] != NULL; i++)
    if (g_str_has_prefix (choices[i], "--"))
      add_option (self, choices[i] + 2);
    else if (choices[i][0] != '\0')
      add_word (self, choices[i]);
  self->first_word = first;
  self->words_open = self->usage->words->len > first;
}

static void
add_argument (Reader *self, const char *token)
{
  if (self->option != NULL)
    self->option->argument = g_strdup (token);
  for (guint i = self->first_word; self->option == NULL && i < self->usage->words->len; i++) {
    BelfryUsageWord *word = g_ptr_array_index (self->usage->words, i);

    if (!belfry_usage_is_placeholder (word->text))
      word->argument = g_strdup (token);
  }
  self->option = NULL;
  self->words_open = FALSE;
}

static void
close_open (Reader *self)
{
  self->option = NULL;
  self->words_open = FALSE;
}

/* takes ends of brackets and marks of repetition off; whether there were any */
static gboolean
strip_end (char *token)
{
  static const char *const ends[] = { "]", "…" };
  gboolean stripped = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (token, ends[i])) {
      token[strlen (token) - strlen (ends[i])] = '\0';
      strip_end (token);
      stripped = TRUE;
    }
  return stripped;
}

/* @raw: without blanks, unless in quotes */
static void
read_token (Reader *self, const char *raw)
{
  const gboolean opens = raw[0] == '[';
  g_autofree char *token = g_strdup (raw + strspn (raw, "["));
  const gboolean closes = strip_end (token);

  if (opens || strcmp (token, "|") == 0)
    close_open (self);
  if ((self->option != NULL || self->words_open) && !g_str_has_prefix (token, "--"))
    add_argument (self, token);
  else if (token[0] != '\0' && strcmp (token, "|") != 0)
    add_choices (self, token);
  if (closes)
    close_open (self);
}

BelfryUsage *
belfry_usage_parse (const char *line)
{
  BelfryUsage *usage = g_new0 (BelfryUsage, 1);
  Reader self = { usage, NULL, 0, FALSE };

  usage->options = g_ptr_array_new_with_free_func (option_free);
  usage->words = g_ptr_array_new_with_free_func (word_free);
  while (line[0] != '\0') {
    const gsize quoted = line[0] == '\'' ? strcspn (line + 1, "'") + 2 : 0;
    const gsize length = quoted + strcspn (line + quoted, " ");
    g_autofree char *raw = g_strndup (line, length);

    read_token (&self, raw);
    line += length;
    line += strspn (line, " ");
  }
  return usage;
}
