/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "poller-keys.h"

#include <string.h>

#define KEYS BelfryPollerKeys

static const BelfryOption rows[] = {
  BELFRY_STRING (KEYS,
                 repository,
                 "repository",
                 .alias = "repourl",
                 .sample = "https://git.example.org/anvil.git",
                 .help = N_ ("what is watched: a URL of http, https, ssh, git, svn, svn+ssh or "
                             "file, or an absolute path")),
  BELFRY_STRING (KEYS, repository, "svnurl", .deprecated = "repository", .help = N_ ("older name")),
  BELFRY_DURATION (KEYS,
                   interval,
                   "poll-interval",
                   .alias = "pollinterval",
                   .default_text = "10min",
                   .help = N_ ("from one poll to the next; 0: only when asked")),
  BELFRY_BOOLEAN (KEYS,
                  at_launch,
                  "poll-at-launch",
                  .default_text = "false",
                  .help = N_ ("poll at start, not one interval later")),
  BELFRY_DURATION (KEYS,
                   random_min,
                   "poll-random-delay-min",
                   .default_text = "0",
                   .help = N_ ("shortest random wait before a timed poll")),
  BELFRY_DURATION (KEYS,
                   random_max,
                   "poll-random-delay-max",
                   .default_text = "0",
                   .help = N_ ("longest random wait before a timed poll")),
  BELFRY_TEMPLATE (KEYS,
                   category,
                   "category",
                   .help = N_ ("category of the changes; a template over the change")),
  BELFRY_TEMPLATE (
      KEYS, project, "project", .help = N_ ("project of the changes; a template over the change")),
  BELFRY_TEMPLATE (KEYS,
                   codebase,
                   "codebase",
                   .help = N_ ("codebase of the changes; a template over the change; absent: that "
                               "of the [codebase] that fits")),
  BELFRY_TEMPLATE (KEYS,
                   revlink,
                   "revlink",
                   .help = N_ ("address of a revision; a template over branch, revision, "
                               "repository")),
  BELFRY_BOOLEAN (KEYS,
                  use_timestamps,
                  "use-timestamps",
                  .alias = "usetimestamps",
                  .default_text = "true",
                  .help = N_ ("the commit's time; false: the time of its discovery")),
  BELFRY_STRING (KEYS,
                 encoding,
                 "encoding",
                 .default_text = "UTF-8",
                 .help = N_ ("of names, authors and comments that are no UTF-8")),
  BELFRY_INTEGER (KEYS,
                  max_changes,
                  "max-changes",
                  .default_text = "1000",
                  .minimum = 1,
                  .maximum = 10000,
                  .help = N_ ("most changes taken in one poll; of more, the newest")),
  BELFRY_DURATION (KEYS,
                   timeout,
                   "timeout",
                   .default_text = "10min",
                   .help = N_ ("of one poll; then its programs are ended")),
  BELFRY_STRING (KEYS,
                 workdir,
                 "workdir",
                 .help = N_ ("folder for its own clone, below the state directory; absent: "
                             "pollers/NAME")),
  { NULL },
};

const BelfryOptionTable belfry_poller_keys_table = { rows, sizeof (BelfryOption) };

/* what can be watched at all; what each program speaks of that is its own business */
static const char *const protocols[] = { "https", "http",    "ssh",  "git",
                                         "svn",   "svn+ssh", "file", NULL };

static void
check_repository (const BelfryPollerKeys *keys,
                  const BelfrySection *section,
                  BelfryProblems *problems)
{
  g_autofree char *password = NULL;
  g_autofree char *address = belfry_repository_split (keys->repository, NULL, &password);
  g_autoptr (GError) local = NULL;

  if (!belfry_repository_check (keys->repository, protocols, &local))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "repository", "%s",
                         local->message);
  else if (strstr (keys->repository, ":") == NULL && !g_path_is_absolute (keys->repository))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "repository",
                         "'%s' is neither a URL nor an absolute path", address);
  if (password != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "repository",
                         "a password stands in the address; who may read this file has it");
}

static void
check_times (const BelfryPollerKeys *keys, const BelfrySection *section, BelfryProblems *problems)
{
  if (keys->interval != 0 && keys->interval < G_USEC_PER_SEC)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "poll-interval",
                         "a poll a second is the most; 0 polls only when asked");
  if (keys->random_max < keys->random_min)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "poll-random-delay-max",
                         "it is shorter than poll-random-delay-min");
  if (keys->random_max > 0 && keys->random_max >= keys->interval)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "poll-random-delay-max",
                         "it must be shorter than poll-interval");
  if (keys->timeout < G_USEC_PER_SEC)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "timeout",
                         "no poll ends in less than a second");
}

static gboolean
is_beneath (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  if (path[0] == '\0' || g_path_is_absolute (path))
    return FALSE;
  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || strcmp (parts[i], "..") == 0 || strcmp (parts[i], ".") == 0)
      return FALSE;
  return TRUE;
}

static gboolean
is_charset (const char *name)
{
  g_autofree char *converted = g_convert ("a", 1, "UTF-8", name, NULL, NULL, NULL);

  return converted != NULL;
}

void
belfry_poller_keys_check (const BelfryPollerKeys *keys,
                          const BelfryPoller *plugin,
                          const BelfrySection *section,
                          BelfryProblems *problems)
{
  if (keys->repository != NULL)
    check_repository (keys, section, problems);
  else if (plugin == NULL || plugin->stream == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "repository",
                         "it is required; write the address of what is to be watched");
  check_times (keys, section, problems);
  if (keys->workdir != NULL && !is_beneath (keys->workdir))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "workdir",
                         "it lies below the state directory; write it without '/' at its start "
                         "and without '..'");
  if (!is_charset (keys->encoding))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "encoding",
                         "'%s' is no character set that this machine knows", keys->encoding);
}

static const char *
intern (char *text)
{
  const char *interned = g_intern_string (text);

  g_free (text);
  return interned;
}

const char *
belfry_poller_keys_get_value (const BelfryPollerKeys *keys,
                              const char *name,
                              const char *state_directory,
                              const char *key)
{
  if (strcmp (key, "repository") == 0)
    return keys->repository;
  if (strcmp (key, "encoding") == 0)
    return keys->encoding;
  if (strcmp (key, "max-changes") == 0)
    return intern (g_strdup_printf ("%" G_GINT64_FORMAT, keys->max_changes));
  if (strcmp (key, "workdir") == 0)
    return intern (keys->workdir != NULL
                       ? g_build_filename (state_directory, keys->workdir, NULL)
                       : g_build_filename (state_directory, "pollers", name, NULL));
  return NULL;
}
