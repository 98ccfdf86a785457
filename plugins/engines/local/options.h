/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option structs of the engine and of the kinds of section that it owns, and their tables.
 * Nothing here means anything yet: config.c turns sections into a LocalConfig.
 */
#pragma once

#include <belfry-plugin.h>

typedef enum {
  LOCAL_PRIORITIZE_OLDEST,
  LOCAL_PRIORITIZE_PRIORITY,
  LOCAL_PRIORITIZE_NAME,
} LocalPrioritize;

typedef enum {
  LOCAL_WORKER_DEFAULT,
  LOCAL_WORKER_STICKY,
  LOCAL_WORKER_LEAST_BUSY,
  LOCAL_WORKER_FIRST,
} LocalNextWorker;

typedef enum {
  LOCAL_ON_STOP_RETRY,
  LOCAL_ON_STOP_WAIT,
  LOCAL_ON_STOP_CANCEL,
} LocalOnStop;

typedef enum {
  LOCAL_ON_CRASH_RETRY,
  LOCAL_ON_CRASH_EXCEPTION,
} LocalOnCrash;

typedef enum {
  LOCAL_CLEAN_NEVER,
  LOCAL_CLEAN_BEFORE,
  LOCAL_CLEAN_AFTER_SUCCESS,
} LocalCleanWorkdir;

typedef enum {
  LOCAL_FORKS_DEFAULT,
  LOCAL_FORKS_REFUSE,
  LOCAL_FORKS_ALLOW,
} LocalForks;

typedef enum {
  LOCAL_STEP_NONE,
  LOCAL_STEP_GIT,
  LOCAL_STEP_HG,
  LOCAL_STEP_SVN,
  LOCAL_STEP_CHECKOUT,
  LOCAL_STEP_COMMAND,
  LOCAL_STEP_SHELL,
  LOCAL_STEP_SET_PROPERTY,
  LOCAL_STEP_UPLOAD,
  LOCAL_STEP_TRIGGER,
} LocalStepKind;

typedef enum {
  LOCAL_SCHEDULER_ANY_BRANCH,
  LOCAL_SCHEDULER_SINGLE_BRANCH,
  LOCAL_SCHEDULER_DEPENDENT,
  LOCAL_SCHEDULER_PERIODIC,
  LOCAL_SCHEDULER_NIGHTLY,
  LOCAL_SCHEDULER_TRIGGERABLE,
  LOCAL_N_SCHEDULERS,
} LocalSchedulerKind;

typedef enum {
  LOCAL_MISSED_RUN,
  LOCAL_MISSED_SKIP,
} LocalMissed;

typedef enum {
  LOCAL_SCOPE_HOST,
  LOCAL_SCOPE_WORKER,
} LocalScope;

typedef enum {
  LOCAL_VCS_GIT,
  LOCAL_VCS_HG,
  LOCAL_VCS_SVN,
} LocalVcs;

typedef enum {
  LOCAL_MODE_INCREMENTAL,
  LOCAL_MODE_FULL,
} LocalMode;

typedef enum {
  LOCAL_METHOD_NONE,
  LOCAL_METHOD_CLOBBER,
  LOCAL_METHOD_FRESH,
  LOCAL_METHOD_CLEAN,
  LOCAL_METHOD_COPY,
  LOCAL_METHOD_EXPORT,
} LocalMethod;

typedef enum {
  LOCAL_MISSING_FAILURE,
  LOCAL_MISSING_SKIP,
} LocalMissing;

typedef enum {
  LOCAL_BRANCH_INREPO,
  LOCAL_BRANCH_DIRNAME,
} LocalBranchType;

typedef enum {
  LOCAL_FORMAT_NONE,
  LOCAL_FORMAT_LINES,
  LOCAL_FORMAT_JSON,
} LocalFormat;

typedef enum {
  LOCAL_ISOLATION_DEFAULT, /* of a builder: the engine's */
  LOCAL_ISOLATION_AUTO,
  LOCAL_ISOLATION_GROUP,
  LOCAL_ISOLATION_CGROUP,
} LocalIsolation;

/** LocalKeys: [engine local] */
typedef struct {
  char **builders;
  char *directory;
  gint64 max_builds; /* BELFRY_NONE: processors */
  gpointer collapse; /* LocalCollapseRule */
  int next_worker;
  int prioritize;
  int on_stop;
  int on_crash;
  gint64 max_retries;
  gboolean start_implicit;
  int isolation;
  char **environment;
  BelfryMap *env;
  BelfryMap *properties;
  gpointer umask; /* mode + 1 */
  gint64 min_free;
  gint64 max_log;
  char *artifacts;
  gpointer later;
} LocalKeys;

/** LocalBuilderKeys: [builder NAME] */
typedef struct {
  char **steps;
  char *description;
  char **tags;
  char **workers;
  char *repository;
  char *branch;
  char *project;
  char **codebases;
  BelfryMap *env;
  BelfryMap *properties;
  BelfryMap *default_properties;
  char *builddir;
  BelfryRendered *workdir;
  int clean_workdir;
  gpointer collapse; /* LocalCollapseRule (nullable) */
  gboolean newest_first;
  gint64 priority;
  int next_worker;
  BelfryExpression *can_start;
  gpointer start_window; /* LocalWindows (nullable) */
  gint64 max_running;
  gint64 max_time;
  gint64 always_run_time;
  int forks;
  char **schedulers;
  char **locks;
  BelfryMap *secrets;
  BelfryMap *secret_files;
  gpointer umask; /* mode + 1 (nullable) */
  gint64 nice;
  gint64 keep_artifacts;
  gint64 keep_builds; /* BELFRY_NONE: as the store does */
  gint64 keep_logs;
  gint64 keep_last;
  gint64 tasks_max;
  int isolation; /* LocalIsolation */
  gint64 memory_max;
  gpointer cpu_quota; /* hundredths of a processor (nullable) */
  gboolean private_tmp;
  gboolean inherits_home;
  char *like;
  gboolean abstract;
  BelfryMap *matrix;
  char **matrix_exclude;
  BelfryRendered *matrix_name;
  char *matrix_of;
} LocalBuilderKeys;

/** LocalStepKeys: [step NAME] */
typedef struct {
  int kind;
  BelfryRendered *name;
  gpointer halt_on_failure; /* LOCAL_TRUE, LOCAL_FALSE (nullable) */
  gboolean flunk_on_failure;
  gboolean warn_on_failure;
  gboolean flunk_on_warnings;
  gboolean warn_on_warnings;
  gboolean always_run;
  BelfryExpression *do_if;
  BelfryExpression *hide_if;
  BelfryRendered *description;
  BelfryRendered *description_done;
  BelfryRendered *description_suffix;
  guint update_build_summary; /* bits by result */
  gpointer decode;            /* LocalDecode */
  gint64 timeout;
  gint64 max_time;
  int interrupt_signal;
  gint64 sigterm_time;
  gpointer retry; /* LocalRetry (nullable) */
  BelfryMap *env;
  BelfryRendered *workdir;
  BelfryMap *secrets;
  BelfryMap *secret_files;
  gboolean log_environment;
  BelfryMap *logs;
  gboolean log_follow;
  gboolean lazy_logs;
  gboolean pty;
  gboolean allow_secret_in_argv;
  char *encoding;
  gint64 max_log;
  gint64 max_lines;
  BelfryRendered *stdin_text;
  BelfryMap *links;
  /* command, shell, set-property */
  GPtrArray *command;
  char *script;
  GPtrArray *interpreter;
  BelfryRendered *property;
  BelfryRendered *value;
  gboolean strip;
  GRegex *extract;
  int format;
  gboolean as_json;
  /* git */
  char *codebase;
  BelfryRendered *repository;
  char **allowed_repositories;
  char *branch;
  int mode;
  int method;
  gboolean always_use_latest;
  char *revision;
  char **allowed_protocols;
  BelfrySecret *ssh_key;
  char *ssh_known_hosts;
  char *ssh_host_key;
  BelfrySecret *credential;
  gboolean submodules;
  gboolean remote_submodules;
  gpointer shallow; /* depth (nullable) */
  gboolean retry_fetch;
  gboolean clobber_on_failure;
  char *reference;
  char **filters;
  char *origin;
  gboolean tags;
  BelfryMap *config;
  char *get_description;
  /* command, shell: what they report */
  char **test_results;
  int no_tests;
  int broken_results;
  gboolean stale_results;
  gint64 max_failed;
  gint64 max_skipped;
  gboolean count_warnings;
  GPtrArray *warning_patterns;
  gint64 max_warnings;
  char **suppress;
  char *suppress_file;
  GRegex *directory_enter;
  GRegex *directory_leave;
  char **warning_groups;
  /* upload */
  BelfryRendered *source;
  BelfryRendered *destination;
  char *link;
  BelfryRendered *url;
  gint64 max_size;
  gint64 max_files;
  int if_missing;
  gint64 keep;
  gboolean overwrite;
  /* hg */
  int branch_type;
  gboolean clobber_on_branch_change;
  /* svn */
  char *depth;
  char **keep_on_purge;
  gboolean prefer_last_changed_rev;
  gboolean externals;
  char **locks;
  /* trigger */
  char **schedulers;
  gboolean wait_for_finish;
  char **unimportant_schedulers;
  gpointer update_source_stamp; /* LOCAL_TRUE, LOCAL_FALSE (nullable) */
  BelfryMap *source_stamps;
  BelfryMap *set_properties;
  char **copy_properties;
  char *parent_relationship;
  gpointer later;
} LocalStepKeys;

/** LocalLockKeys: [lock NAME] */
typedef struct {
  gint64 max_count;
  int scope;
  BelfryMap *counts; /* max-count-for.WORKER */
} LocalLockKeys;

/** LocalWorkerKeys: [worker NAME] */
typedef struct {
  gint64 max_builds;
  char *directory;
  BelfryMap *properties;
  BelfryMap *env;
  char *admin;
  char *host;
  char *description;
  gboolean paused;
  char **locks;
  gpointer never;
  gpointer later;
} LocalWorkerKeys;

#define LOCAL_FILTER_FIELDS 5

/** LocalFilterField: what may be asked of one field of a change */
typedef struct {
  char **any;
  char **none;
  GPtrArray *any_re;
  GPtrArray *none_re;
} LocalFilterField;

/** LocalFilterKeys: the fields in the order of local_filter_field_names */
typedef struct {
  LocalFilterField project;
  LocalFilterField repository;
  LocalFilterField branch;
  LocalFilterField category;
  LocalFilterField codebase;
  BelfryMap *properties;
} LocalFilterKeys;

/** LocalMomentKeys: the fields of a nightly scheduler, as written */
typedef struct {
  char *minute;
  char *hour;
  char *day_of_month;
  char *month;
  char *day_of_week;
} LocalMomentKeys;

/** LocalSchedulerKeys: [scheduler NAME] */
typedef struct {
  gpointer kind; /* 1 + LocalSchedulerKind */
  char **builders;
  gboolean enabled;
  BelfryRendered *reason;
  BelfryMap *properties;
  gint64 priority;
  LocalFilterKeys filter;
  char **important_files;
  char **unimportant_files;
  gboolean only_important;
  gint64 tree_stable_timer;
  gboolean absolute; /* create-absolute-source-stamps */
  char *upstream;
  gint64 interval;
  LocalMomentKeys at;
  char *cron;
  GTimeZone *time_zone;
  int missed;
  gboolean only_if_changed;
  LocalMomentKeys force_at;
  gpointer later;
} LocalSchedulerKeys;

/** LocalForceKeys: [force NAME] */
typedef struct {
  char **builders;
  char *label;
  char *button_name;
  char *reason;
  char *reason_string;
  gboolean reason_required;
  gboolean username_required;
  gboolean need_email;
  char *codebases;
  char *branch;
  char *revision;
  char *repository;
  char *project;
  char *priority;
  gboolean enabled;
  char **allow_names;
  BelfryMap *properties;
  BelfryMap *fields;
} LocalForceKeys;

/** LocalCodebaseKeys: [codebase NAME], the host's; read here for what a checkout needs */
typedef struct {
  char *repository;
  char **match;
  char *branch;
  char *revision;
  char *project;
  int vcs;
} LocalCodebaseKeys;

/** LOCAL_TRUE, LOCAL_FALSE: a boolean whose absence means something */
#define LOCAL_FALSE GINT_TO_POINTER (1)
#define LOCAL_TRUE  GINT_TO_POINTER (2)

extern const BelfryOption local_engine_options[];
extern const BelfryOption local_builder_options[];
extern const BelfryOption local_step_options[];
extern const BelfryOption local_worker_options[];
extern const BelfryOption local_scheduler_options[];
extern const BelfryOption local_force_options[];
extern const BelfryOption local_codebase_options[];
extern const BelfryOption local_lock_options[];

const char *local_scheduler_kind_name (LocalSchedulerKind kind);

extern const BelfryChoice local_next_worker_choices[];
extern const BelfryChoice local_isolation_choices[];
extern const BelfryCustomType local_later_type;
extern const BelfryCustomType local_percent_type;
extern const BelfryCustomType local_octal_type;
extern const BelfryCustomType local_tristate_type;
