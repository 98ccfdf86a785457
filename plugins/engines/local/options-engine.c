/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of [engine local], [worker], [lock] and, as far as a checkout needs it, [codebase]. */
#include "collapse.h"
#include "options.h"

static const BelfryChoice prioritize_choices[] = {
  { "oldest", LOCAL_PRIORITIZE_OLDEST, N_ ("the builder with the oldest waiting request first") },
  { "priority", LOCAL_PRIORITIZE_PRIORITY, N_ ("highest waiting priority first") },
  { "name", LOCAL_PRIORITIZE_NAME, N_ ("in the order of names") },
  { NULL },
};

static const BelfryChoice on_stop_choices[] = {
  { "retry", LOCAL_ON_STOP_RETRY, N_ ("end them; their requests are built again") },
  { "wait", LOCAL_ON_STOP_WAIT, N_ ("wait for them as long as the service may") },
  { "cancel", LOCAL_ON_STOP_CANCEL, N_ ("cancel them") },
  { NULL },
};

static const BelfryChoice on_crash_choices[] = {
  { "retry", LOCAL_ON_CRASH_RETRY, N_ ("build their requests again") },
  { "exception", LOCAL_ON_CRASH_EXCEPTION, N_ ("finish them as exception") },
  { NULL },
};

#define LATER(Struct, key)                                                                         \
  BELFRY_CUSTOM (Struct, later, key, .custom = &local_later_type, .hidden = TRUE,                  \
                 .help = N_ ("not yet offered"))

/* clang-format off */
const BelfryOption local_engine_options[] = {
  BELFRY_LIST (LocalKeys, builders, "builders", .help = N_ ("builder sections in use, names or globs; absent: all")),
  BELFRY_PATH (LocalKeys, directory, "directory", .flags = BELFRY_OPTION_RESTART, .help = N_ ("where builders work; absent: builds in the state directory")),
  BELFRY_INTEGER (LocalKeys, max_builds, "max-builds", .minimum = 1, .maximum = 1000, .help = N_ ("slots of the implied worker; absent: processors")),
  BELFRY_CUSTOM (LocalKeys, collapse, "collapse-requests", .custom = &local_collapse_type, .default_text = "yes", .help = N_ ("whether waiting requests are merged into newer ones: yes, no, same-branch-newest or an expression")),
  BELFRY_ENUM (LocalKeys, next_worker, "next-worker", .choices = local_next_worker_choices, .default_text = "sticky", .help = N_ ("which free worker a build gets")),
  BELFRY_ENUM (LocalKeys, prioritize, "prioritize-builders", .choices = prioritize_choices, .default_text = "priority", .help = N_ ("which builder comes first")),
  BELFRY_ENUM (LocalKeys, on_stop, "on-stop", .choices = on_stop_choices, .default_text = "retry", .help = N_ ("what a stop of the host does to running builds")),
  BELFRY_ENUM (LocalKeys, on_crash, "on-crash", .choices = on_crash_choices, .default_text = "retry", .help = N_ ("what becomes of builds found unfinished at start")),
  BELFRY_INTEGER (LocalKeys, max_retries, "max-retries", .minimum = 0, .maximum = 100, .default_text = "3", .help = N_ ("automatic retries of one request")),
  BELFRY_BOOLEAN (LocalKeys, start_implicit, "start-implicit", .default_text = "true", .help = N_ ("whether builders that nothing starts get a scheduler and a force form")),
  BELFRY_ENUM (LocalKeys, isolation, "build-isolation", .choices = local_isolation_choices, .default_text = "auto", .flags = BELFRY_OPTION_RESTART, .help = N_ ("how processes of a build are held together")),
  BELFRY_LIST (LocalKeys, environment, "environment", .default_text = "PATH;LANG;LC_ALL;TZ", .help = N_ ("variables of the daemon that builds inherit")),
  BELFRY_MAP (LocalKeys, env, "env", .element = BELFRY_OPTION_RENDERED, .help = N_ ("variables of all builds")),
  BELFRY_MAP (LocalKeys, properties, "property", .element = BELFRY_OPTION_JSON, .help = N_ ("properties of all builds")),
  BELFRY_CUSTOM (LocalKeys, umask, "umask", .custom = &local_octal_type, .default_text = "022", .help = N_ ("file mode mask of all steps")),
  BELFRY_SIZE (LocalKeys, min_free, "min-free", .default_text = "1GiB", .unit = "bytes", .help = N_ ("free space below which no build starts")),
  BELFRY_SIZE (LocalKeys, max_log, "max-log", .minimum = 1, .maximum = G_MAXINT64, .default_text = "64MiB", .unit = "bytes", .help = N_ ("longest log; more ends the step")),
  BELFRY_PATH (LocalKeys, artifacts, "artifacts", .flags = BELFRY_OPTION_RESTART, .help = N_ ("where uploads go; absent: artifacts in the state directory")),
  { NULL },
};

static gpointer
local_never_parse (const char *text, GError **error)
{
  (void) text;
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "a local worker is never missing");
  return NULL;
}

static void
local_never_free (gpointer value)
{
  (void) value;
}

static const BelfryCustomType never_type = { "never", local_never_parse, local_never_free };

const BelfryOption local_worker_options[] = {
  BELFRY_INTEGER (LocalWorkerKeys, max_builds, "max-builds", .minimum = 1, .maximum = 1000, .default_text = "1", .help = N_ ("builds at the same time")),
  BELFRY_PATH (LocalWorkerKeys, directory, "directory", .help = N_ ("where its builds work; absent: its name below the engine's")),
  BELFRY_MAP (LocalWorkerKeys, properties, "property", .element = BELFRY_OPTION_JSON, .help = N_ ("properties of builds on it")),
  BELFRY_MAP (LocalWorkerKeys, env, "env", .element = BELFRY_OPTION_RENDERED, .help = N_ ("variables of builds on it")),
  BELFRY_STRING (LocalWorkerKeys, admin, "admin", .help = N_ ("who looks after it, shown on its page")),
  BELFRY_STRING (LocalWorkerKeys, host, "host", .help = N_ ("shown on its page; absent: the host's name")),
  BELFRY_STRING (LocalWorkerKeys, description, "description", .help = N_ ("shown on its page")),
  BELFRY_BOOLEAN (LocalWorkerKeys, paused, "paused", .default_text = "false", .help = N_ ("whether it is paused at its very first start")),
  BELFRY_CUSTOM (LocalWorkerKeys, never, "missing-timeout", .custom = &never_type, .hidden = TRUE, .help = N_ ("not for local workers")),
  BELFRY_LIST (LocalWorkerKeys, locks, "locks", .help = N_ ("held by each build on it: NAME, NAME:counting, NAME:counting:UNITS")),
  LATER (LocalWorkerKeys, "user"),
  { NULL },
};

static const BelfryChoice scope_choices[] = {
  { "host", LOCAL_SCOPE_HOST, N_ ("one for all workers") },
  { "worker", LOCAL_SCOPE_WORKER, N_ ("one for each worker") },
  { NULL },
};

const BelfryOption local_lock_options[] = {
  BELFRY_INTEGER (LocalLockKeys, max_count, "max-count", .minimum = 1, .maximum = 1000000, .default_text = "1", .help = N_ ("units that counting uses share")),
  BELFRY_ENUM (LocalLockKeys, scope, "scope", .choices = scope_choices, .default_text = "host", .help = N_ ("whether workers share it")),
  BELFRY_MAP (LocalLockKeys, counts, "max-count-for", .element = BELFRY_OPTION_INTEGER, .help = N_ ("units on one worker, with scope worker")),
  { NULL },
};

static const BelfryChoice vcs_choices[] = {
  { "git", LOCAL_VCS_GIT, NULL },
  { "hg", LOCAL_VCS_HG, NULL },
  { "svn", LOCAL_VCS_SVN, NULL },
  { NULL },
};

const BelfryOption local_codebase_options[] = {
  BELFRY_STRING (LocalCodebaseKeys, repository, "repository", .required = TRUE, .flags = BELFRY_OPTION_RESTART, .help = N_ ("what is checked out")),
  BELFRY_LIST (LocalCodebaseKeys, match, "match", .flags = BELFRY_OPTION_RESTART, .help = N_ ("repositories whose changes belong to it")),
  BELFRY_STRING (LocalCodebaseKeys, branch, "branch", .flags = BELFRY_OPTION_RESTART, .help = N_ ("where no change gives one")),
  BELFRY_STRING (LocalCodebaseKeys, revision, "revision", .flags = BELFRY_OPTION_RESTART, .help = N_ ("where no change gives one")),
  BELFRY_STRING (LocalCodebaseKeys, project, "project", .flags = BELFRY_OPTION_RESTART, .help = N_ ("where no change gives one")),
  BELFRY_ENUM (LocalCodebaseKeys, vcs, "vcs", .choices = vcs_choices, .default_text = "git", .flags = BELFRY_OPTION_RESTART, .help = N_ ("what the step checkout means")),
  { NULL },
};
