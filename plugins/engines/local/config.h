/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration as the engine works with it: builders bound to their workers, codebases and
 * steps, schedulers and forms bound to builders, implied ones made. Immutable once made; builds
 * hold it.
 */
#pragma once

#include "cgroup.h"
#include "filter.h"
#include "sections.h"

/** LocalCodebase: what a checkout gets where no change says */
typedef struct {
  char *name;
  char *repository;
  char *normalized;
  char *branch;   /* (nullable) */
  char *revision; /* (nullable) */
  char *project;
  int vcs;
  char **match; /* (nullable) */
} LocalCodebase;

/** LocalWorker: slots on this machine with a folder of their own */
typedef struct {
  char *name;
  LocalSection *section; /* (nullable): implied */
  const LocalWorkerKeys *keys;
  char *directory;
  guint slots;
} LocalWorker;

/** LocalStep: one item of steps=, bound to its section */
typedef struct {
  char *name; /* rendered from keys->name where that is set */
  LocalSection *section;
  const LocalStepKeys *keys;
  LocalStepKind kind;
  gboolean halts;
} LocalStep;

/** LocalBuilder: what is to be done where */
typedef struct {
  char *name;
  LocalSection *section;
  const LocalBuilderKeys *keys;
  GPtrArray *workers;   /* (element-type LocalWorker) (unowned) in order of workers= */
  GPtrArray *codebases; /* (element-type LocalCodebase) (unowned) */
  GPtrArray *steps;     /* (element-type LocalStep) */
  char *builddir;
  gboolean refuses_forks;
  gboolean renders_locks; /* they are not the same for each request */
} LocalBuilder;

/** LocalLock: what builds and steps may have to wait for */
typedef struct {
  char *name;
  LocalSection *section;
  const LocalLockKeys *keys;
  gboolean used; /* by a builder, a step or a worker */
  gboolean counted;
} LocalLock;

/** LocalScheduler: what starts builders */
typedef struct _LocalScheduler {
  char *name;
  LocalSection *section; /* (nullable): implied */
  const LocalSchedulerKeys *keys;
  LocalSchedulerKind kind;
  LocalFilter *filter;       /* (nullable): implied, or no filter */
  GPtrArray *builders;       /* (element-type LocalBuilder) (unowned) by name */
  GPtrArray *codebases;      /* (element-type LocalCodebase) (unowned) union */
  GPtrArray *groups;         /* (element-type LocalGroup) builders that share a set, see groups.h */
  GHashTable *names;         /* of codebases */
  GHashTable *anonymous;     /* normalized repositories of codebases without a name */
  GHashTable *repositories;  /* those of all */
  gboolean globs;            /* a codebase matches repositories by pattern */
  struct _LocalCron *cron;   /* (nullable) nightly */
  struct _LocalCron *forced; /* (nullable) nightly: moments without changes */
  GTimeZone *zone;           /* (nullable) nightly */
  struct _LocalScheduler *upstream; /* (nullable) (unowned) dependent */
} LocalScheduler;

/** LocalForm: what lets people start builders */
typedef struct {
  char *name;
  LocalSection *section;
  const LocalForceKeys *keys;
  GPtrArray *fields;    /* (element-type LocalField) see force.h */
  GPtrArray *builders;  /* (element-type LocalBuilder) (unowned) by name */
  GPtrArray *codebases; /* (element-type LocalCodebase) (unowned) union */
} LocalForm;

/** LocalConfig: all of it */
typedef struct {
  gatomicrefcount refs;
  LocalKeys own;         /* what they point to is the host's, as long as the instance lives */
  const LocalKeys *keys; /* the instance's: own */
  char **inherited;      /* NAME=VALUE of the daemon's environment that builds inherit */
  char *directory;
  char *artifacts;       /* folder */
  GPtrArray *codebases;  /* (element-type LocalCodebase) */
  GPtrArray *workers;    /* (element-type LocalWorker) */
  GPtrArray *locks;      /* (element-type LocalLock) */
  GPtrArray *builders;   /* (element-type LocalBuilder) */
  GPtrArray *schedulers; /* (element-type LocalScheduler) */
  GPtrArray *forms;      /* (element-type LocalForm) */
  GHashTable *by_name;   /* builder's name to LocalBuilder */
} LocalConfig;

/** LocalConfigSource: what it is made of */
typedef struct {
  const LocalKeys *keys;
  const BelfrySection *engine; /* (nullable) for findings */
  GPtrArray *builders;         /* (nullable) (element-type BelfryOwnedSection) likewise the rest */
  GPtrArray *steps;
  GPtrArray *workers;
  GPtrArray *schedulers;
  GPtrArray *forces;
  GPtrArray *locks;
  GPtrArray *codebases;
  const char *state_directory;
} LocalConfigSource;

LocalConfig *local_config_new (const LocalConfigSource *source, BelfryProblems *problems);
LocalConfig *local_config_ref (LocalConfig *self);
void local_config_unref (LocalConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalConfig, local_config_unref)
LocalBuilder *local_config_find_builder (const LocalConfig *self, const char *name);
LocalLock *local_config_find_lock (const LocalConfig *self, const char *name);
LocalWorker *local_config_find_worker (const LocalConfig *self, const char *name);
LocalScheduler *local_config_find_scheduler (const LocalConfig *self, const char *name);
LocalForm *local_config_find_form (const LocalConfig *self, const char *name);
void local_report_missing (const BelfrySection *section,
                           const char *key,
                           const char *what,
                           const char *name,
                           GPtrArray *names,
                           BelfryProblems *problems);
gboolean local_builder_is_same (const LocalBuilder *self, const LocalBuilder *other);
gboolean local_builder_has_codebase (const LocalBuilder *self, const BelfryChange *change);
LocalCodebase *local_codebase_of_change (GPtrArray *codebases, const BelfryChange *change);
LocalCodebase *
local_codebase_of (GPtrArray *codebases, const BelfryChange *change, const char *normalized);

/* parts, each in a file of its own */
GPtrArray *local_config_make_steps (const LocalConfigSource *source,
                                    const LocalSection *builder,
                                    BelfryProblems *problems);
void local_step_free (LocalStep *self);
void local_config_make_schedulers (LocalConfig *self,
                                   const LocalConfigSource *source,
                                   BelfryProblems *problems);
void local_scheduler_read_kind (LocalScheduler *self, BelfryProblems *problems);
void local_config_bind_upstreams (LocalConfig *self, BelfryProblems *problems);
gboolean local_scheduler_knows (const LocalScheduler *self,
                                const BelfryChange *change,
                                const char *normalized);
void local_scheduler_free (LocalScheduler *self);
void local_config_make_locks (LocalConfig *self,
                              const LocalConfigSource *source,
                              BelfryProblems *problems);
void local_config_check_locks (LocalConfig *self, BelfryProblems *problems);
void local_config_check_triggers (const LocalConfig *self, BelfryProblems *problems);
void local_lock_free (LocalLock *self);
void local_form_free (LocalForm *self);
GPtrArray *local_config_resolve_builders (const LocalConfig *self,
                                          const LocalSection *from,
                                          char **items,
                                          BelfryProblems *problems);
/* Limits that this machine cannot keep, wherever the host runs. */
void local_config_check_machine (const LocalConfig *self, BelfryProblems *problems);
LocalIsolation local_builder_isolation (const LocalConfig *self, const LocalBuilder *builder);
LocalLimits local_builder_limits (const LocalBuilder *builder);
void local_config_check (const LocalConfig *self, BelfryProblems *problems);
