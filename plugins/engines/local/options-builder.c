/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of [builder NAME]. */
#include "collapse.h"
#include "options.h"
#include "window.h"

static const BelfryChoice clean_choices[] = {
  { "never", LOCAL_CLEAN_NEVER, NULL },
  { "before", LOCAL_CLEAN_BEFORE, NULL },
  { "after-success", LOCAL_CLEAN_AFTER_SUCCESS, NULL },
  { NULL },
};

static const BelfryChoice forks_choices[] = {
  { "refuse", LOCAL_FORKS_REFUSE, N_ ("changes from forks are skipped") },
  { "allow", LOCAL_FORKS_ALLOW, N_ ("changes from forks are built like any other") },
  { NULL },
};

static const BelfryChoice home_choices[] = {
  { "private", FALSE, N_ ("a folder beside its work folder") },
  { "inherit", TRUE, N_ ("the daemon's") },
  { NULL },
};

static const BelfryChoice next_build_choices[] = {
  { "oldest", FALSE, NULL },
  { "newest", TRUE, NULL },
  { NULL },
};

/* clang-format off */
const BelfryOption local_builder_options[] = {
  BELFRY_LIST (LocalBuilderKeys, steps, "steps", .help = N_ ("what is done, in order: names of step sections, kinds, or KIND:ARGUMENT")),
  BELFRY_STRING (LocalBuilderKeys, description, "description", .help = N_ ("shown on its page")),
  BELFRY_LIST (LocalBuilderKeys, tags, "tags", .alias = "category", .help = N_ ("for filters of views, reporters and bots")),
  BELFRY_LIST (LocalBuilderKeys, workers, "workers", .help = N_ ("where it may run, names or globs; absent: everywhere")),
  BELFRY_STRING (LocalBuilderKeys, repository, "repository", .help = N_ ("its only codebase, written here for short")),
  BELFRY_STRING (LocalBuilderKeys, branch, "branch", .help = N_ ("branch of its only codebase where no change gives one")),
  BELFRY_STRING (LocalBuilderKeys, project, "project", .help = N_ ("project of its only codebase")),
  BELFRY_LIST (LocalBuilderKeys, codebases, "codebases", .help = N_ ("names of codebase sections")),
  BELFRY_MAP (LocalBuilderKeys, env, "env", .element = BELFRY_OPTION_RENDERED, .help = N_ ("variables of its builds")),
  BELFRY_MAP (LocalBuilderKeys, properties, "property", .element = BELFRY_OPTION_JSON, .help = N_ ("properties of its builds, over what schedulers and changes say")),
  BELFRY_MAP (LocalBuilderKeys, default_properties, "default-property", .element = BELFRY_OPTION_JSON, .help = N_ ("properties where nothing else has set them")),
  BELFRY_STRING (LocalBuilderKeys, builddir, "builddir", .help = N_ ("folder below the worker's; absent: the name")),
  BELFRY_RENDERED (LocalBuilderKeys, workdir, "workdir", .default_text = "build", .help = N_ ("folder below builddir where steps run")),
  BELFRY_ENUM (LocalBuilderKeys, clean_workdir, "clean-workdir", .choices = clean_choices, .default_text = "never", .help = N_ ("when workdir is removed outside any step")),
  BELFRY_CUSTOM (LocalBuilderKeys, collapse, "collapse-requests", .custom = &local_collapse_type, .help = N_ ("yes, no, same-branch-newest or an expression; absent: the engine's")),
  BELFRY_ENUM (LocalBuilderKeys, newest_first, "next-build", .choices = next_build_choices, .default_text = "oldest", .help = N_ ("which waiting request comes first")),
  BELFRY_INTEGER (LocalBuilderKeys, priority, "priority", .minimum = -1000000, .maximum = 1000000, .default_text = "0", .help = N_ ("added to each request's priority")),
  BELFRY_ENUM (LocalBuilderKeys, next_worker, "next-worker", .choices = local_next_worker_choices, .help = N_ ("which free worker a build gets; absent: the engine's")),
  BELFRY_EXPRESSION (LocalBuilderKeys, can_start, "can-start", .help = N_ ("asked for each request and worker; false: not now")),
  BELFRY_CUSTOM (LocalBuilderKeys, start_window, "start-window", .custom = &local_windows_type, .help = N_ ("HH:MM-HH:MM[ days], several by semicolons: outside of it requests wait")),
  BELFRY_INTEGER (LocalBuilderKeys, max_running, "max-running", .minimum = 1, .maximum = 1000, .help = N_ ("builds of it at once; absent: number of its workers")),
  BELFRY_DURATION (LocalBuilderKeys, max_time, "max-time", .default_text = "0", .unit = "s", .help = N_ ("longest build; 0 or never: none")),
  BELFRY_DURATION (LocalBuilderKeys, always_run_time, "always-run-time", .default_text = "5min", .unit = "s", .help = N_ ("what always-run steps get after a stop")),
  BELFRY_ENUM (LocalBuilderKeys, forks, "forks", .choices = forks_choices, .help = N_ ("what is done with changes from forks; absent: refuse where a secret is used")),
  BELFRY_LIST (LocalBuilderKeys, schedulers, "schedulers", .help = N_ ("none: no implied scheduler")),
  BELFRY_MAP (LocalBuilderKeys, secrets, "secret", .element = BELFRY_OPTION_SECRET, .help = N_ ("secrets given to every step as variables")),
  BELFRY_MAP (LocalBuilderKeys, secret_files, "secret-file", .element = BELFRY_OPTION_SECRET, .help = N_ ("secrets given to every step as files, their paths as variables")),
  BELFRY_CUSTOM (LocalBuilderKeys, umask, "umask", .custom = &local_octal_type, .help = N_ ("file mode mask of its steps; absent: the engine's")),
  BELFRY_INTEGER (LocalBuilderKeys, nice, "nice", .minimum = 0, .maximum = 19, .default_text = "0", .help = N_ ("how far its processes step back")),
  BELFRY_INTEGER (LocalBuilderKeys, tasks_max, "tasks-max", .minimum = 0, .maximum = 1000000, .default_text = "0", .help = N_ ("processes and threads of the build; without a control group, of the account; 0: no limit")),
  BELFRY_ENUM (LocalBuilderKeys, isolation, "build-isolation", .choices = local_isolation_choices, .help = N_ ("how its processes are held together; absent: the engine's")),
  BELFRY_SIZE (LocalBuilderKeys, memory_max, "memory-max", .default_text = "0", .unit = "bytes", .help = N_ ("memory of all processes of a build, needs a control group; 0: no limit")),
  BELFRY_CUSTOM (LocalBuilderKeys, cpu_quota, "cpu-quota", .custom = &local_percent_type, .help = N_ ("processor time of a build, 150% is one and a half processors; needs a control group")),
  BELFRY_BOOLEAN (LocalBuilderKeys, private_tmp, "private-tmp", .default_text = "true", .help = N_ ("TMPDIR is a folder of the build's own, removed after it; false: the host's")),
  BELFRY_ENUM (LocalBuilderKeys, inherits_home, "home", .choices = home_choices, .default_text = "private", .help = N_ ("HOME of its processes")),
  BELFRY_DURATION (LocalBuilderKeys, keep_artifacts, "keep-artifacts", .default_text = "0", .unit = "s", .help = N_ ("how long its artifacts are kept; 0: as the store does")),
  BELFRY_DURATION (LocalBuilderKeys, keep_builds, "keep-builds", .unit = "s", .help = N_ ("how long its builds are kept, 0: for ever; absent: as the store does")),
  BELFRY_DURATION (LocalBuilderKeys, keep_logs, "keep-logs", .unit = "s", .help = N_ ("how long its logs are kept, 0: for ever; absent: as the store does")),
  BELFRY_INTEGER (LocalBuilderKeys, keep_last, "keep-last", .minimum = 0, .maximum = 1000000, .help = N_ ("its builds that are kept whatever their age; absent: as the store does")),
  BELFRY_STRING (LocalBuilderKeys, like, "like", .help = N_ ("section whose keys it takes where it has none of its own")),
  BELFRY_BOOLEAN (LocalBuilderKeys, abstract, "abstract", .default_text = "false", .help = N_ ("no builder of its own, only for like")),
  BELFRY_MAP (LocalBuilderKeys, matrix, "matrix", .element = BELFRY_OPTION_STRING, .help = N_ ("axis and its values; each combination is a builder")),
  BELFRY_LIST (LocalBuilderKeys, matrix_exclude, "matrix-exclude", .help = N_ ("combinations left out: AXIS=V,AXIS=V")),
  BELFRY_RENDERED (LocalBuilderKeys, matrix_name, "matrix-name", .help = N_ ("name of each builder of the matrix")),
  BELFRY_STRING (LocalBuilderKeys, matrix_of, "matrix-of", .hidden = TRUE, .help = N_ ("set by the matrix itself")),
  BELFRY_LIST (LocalBuilderKeys, locks, "locks", .help = N_ ("held for the whole build: NAME, NAME:counting, NAME:counting:UNITS")),
  { NULL },
};
