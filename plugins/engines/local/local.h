/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine's running state, shared by the files of the glue. One Local per instance; everything
 * here lives on the main loop.
 *
 * What is said to the host about one build is gathered in the build's own transaction and submitted
 * in one piece (build.c); the claim alone is waited for.
 */
#pragma once

#include "cgroup.h"
#include "config.h"
#include "environment.h"
#include "locks.h"
#include "mask.h"
#include "output.h"
#include "protocol.h"
#include "scope.h"
#include "timer.h"
#include "warnings.h"

typedef struct _Local Local;
typedef struct _LocalBuild LocalBuild;
typedef struct _LocalRun LocalRun;
typedef struct _LocalSupervisor LocalSupervisor;
typedef struct _LocalLog LocalLog;
typedef struct _LocalTails LocalTails;

/** LocalSet: a buildset and the changes it was made of */
typedef struct {
  gatomicrefcount refs;
  BelfryBuildset *record;
  GPtrArray *changes; /* (element-type BelfryChange) */
  guint n_open;       /* requests that are not complete */
  gint64 worst;       /* result of those that are */
  guint depth;        /* how many triggers lie above it */
  LocalRun *waiter;   /* (nullable) (unowned) the step that waits for it */
} LocalSet;

/** LocalRequest: one that is not complete */
typedef struct {
  BelfryBuildRequest *record;
  LocalSet *set;
  char *builder;        /* name */
  gboolean kept;        /* never collapsed */
  char *worker;         /* (nullable) the only one on which it may run */
  LocalBuild *build;    /* (nullable) that has claimed it */
  char *sources;        /* (nullable) what must be equal for it to be swallowed */
  GSequenceIter *place; /* (nullable) among those that wait for its builder */
  GSequenceIter *age;
  guint locks_pass;    /* of the last round in which locks alone kept it from starting */
  gint64 locks_since;  /* its place among those that wait for locks; BELFRY_NONE: it never did */
  gint64 not_before;   /* monotonic: a failed claim rests */
  gint64 orphan_since; /* monotonic; BELFRY_NONE: its builder is configured */
} LocalRequest;

/** LocalSlots: a worker's state; stays when the worker leaves the configuration */
typedef struct {
  char *name;
  gint64 workerid;
  gboolean paused;
  gboolean graceful;
  gboolean offline;
  const char *closed; /* (nullable) in a round: why nothing more starts on it */
  GQueue returning;   /* of LocalBuild (unowned): parked ones that want their slot again */
  GPtrArray *builds;  /* (element-type LocalBuild) (unowned) */
  GPtrArray *spare;   /* (element-type LocalSupervisor) idle */
} LocalSlots;

/** LocalBuilderState: what is known of a builder beside its configuration */
typedef struct {
  char *name;
  gint64 builderid;
  char *last_worker;      /* (nullable) */
  GSequence *waiting;     /* of LocalRequest (unowned), in the order in which they start */
  GSequence *by_age;      /* the same, oldest first */
  GHashTable *by_sources; /* what must be equal to a set of LocalRequest */
  gboolean newest_first;
  guint running;
  char *why;         /* (nullable) why what waits does not start */
  const char *told;  /* (nullable) state last told */
  char *told_why;    /* (nullable) with it */
  GArray *durations; /* (nullable) (element-type gint64) of its last good builds, newest first */
  gboolean durations_asked;
} LocalBuilderState;

/** LocalSchedulerState: what is stored of a scheduler */
typedef struct {
  char *name;
  int kind;
  gboolean enabled;
  gint64 since;          /* changes up to this id are not its business */
  GHashTable *timers;    /* key to LocalTimer */
  gint64 last_run;       /* planned, µs since 1970; BELFRY_NONE: it never ran */
  gint64 next_run;       /* BELFRY_NONE: never */
  gboolean has_run;      /* since only-if-changed was switched on */
  GHashTable *upstreams; /* ids of sets that it waits for */
  JsonObject *seen;      /* codebase to the stamp last seen */
} LocalSchedulerState;

struct _Local {
  LocalKeys keys; /* first: the option table fills it */
  BelfryInstance *instance;
  LocalConfig *config;
  GHashTable *requests; /* id to LocalRequest: all that are not complete */
  LocalLocks *locks;
  GHashTable *lock_waiters; /* of LocalRequest (unowned): stand in line for locks */
  guint pass;               /* number of the last pass of a round */
  GHashTable *slots;        /* worker name to LocalSlots */
  GHashTable *builders;     /* builder name to LocalBuilderState */
  GHashTable *schedulers;   /* scheduler name to LocalSchedulerState */
  GPtrArray *builds;        /* (element-type LocalBuild) running */
  GPtrArray *supervisors;   /* (element-type LocalSupervisor) all that live */
  char *token;
  char *helper;
  LocalCgroups *cgroups;  /* (nullable): none can be made here */
  GError *cgroups_reason; /* (nullable): why */
  LocalScopes *scopes;    /* (nullable): a service manager's, where those will not do */
  guint n_supervisors;
  gint64 last_change; /* id */
  gboolean recovered;
  gboolean pressed;
  gboolean stopping;
  gboolean shutting_down;
  gboolean giving_back; /* a clean shutdown that does not wait: what runs is tried again */
  guint round_id;
  guint minute_id;
  guint offline_id;
  guint timer_id;
  struct _LocalAlarm *alarm; /* for moments of the wall clock */
  guint stop_wait_id;
  guint artifacts_id;
  guint n_pending;  /* commits and thread tasks under way */
  GTask *stop_task; /* (nullable) */
};

typedef enum {
  LOCAL_CAUSE_NONE,
  LOCAL_CAUSE_TIMEOUT,
  LOCAL_CAUSE_MAX_TIME,
  LOCAL_CAUSE_MAX_LOG,
  LOCAL_CAUSE_MAX_LINES,
  LOCAL_CAUSE_STOPPED,
  LOCAL_CAUSE_BUILD_TIME,
  LOCAL_CAUSE_HOST_STOPPED,
} LocalCause;

struct _LocalBuild {
  Local *local;
  LocalConfig *config;
  LocalBuilder *builder;
  LocalWorker *worker;
  LocalSlots *slots;
  LocalRequest *request; /* in Local.requests until the build is done */
  LocalSet *set;
  BelfryBuild *record;
  BelfryTransaction *said;     /* (nullable) not yet submitted */
  LocalSupervisor *supervisor; /* (nullable) */
  GHashTable *step_names;
  GPtrArray *counting; /* (element-type utf8) steps whose text goes into the build's */
  GPtrArray *dropped;  /* (element-type utf8) properties from outside that were not taken */
  LocalMasks *masks;   /* of all secrets given to its steps so far */
  char *folder;        /* worker folder + builddir */
  char *temporary;
  char *cgroup;         /* (nullable) that its processes enter */
  char *memory_group;   /* (nullable) in which its memory is counted */
  gboolean scoped;      /* its supervisor is in a scope of its own */
  gint64 out_of_memory; /* times that one of its processes was ended for that */
  guint next_step;      /* in builder->steps */
  gint64 next_number;
  gint64 result;
  gboolean halted;
  gboolean parked; /* waits for children without a slot */
  LocalCause cause;
  char *cause_text;    /* (nullable) what stands in the build's text */
  gint64 always_until; /* monotonic; BELFRY_NONE */
  gint64 log_bytes;
  gint64 n_tests; /* results kept */
  guint max_time_id;
  guint always_id;
  LocalRun *run; /* (nullable) the step that runs */
};

/** LocalDone: a process of a step has ended; @exit is NULL when the supervisor was lost or never
 * was */
typedef void (*LocalDone) (LocalRun *run, const LocalExit *exit, int error_number);

/** LocalRun: one step of a build while it runs */
struct _LocalRun {
  LocalBuild *build;
  const LocalStep *step;
  BelfryStep *record;
  LocalLog *stdio; /* (nullable) */
  LocalContext context;
  LocalTails *tails;            /* (nullable) files that are followed */
  GHashTable *environment;      /* (nullable) */
  char *workdir;                /* absolute */
  char *done_text;              /* (nullable) */
  char *link_name;              /* (nullable) shown beside links.NAME */
  char *link_url;               /* (nullable) */
  GPtrArray *secret_files;      /* (element-type utf8) */
  GHashTable *secrets;          /* variable to value */
  GHashTable *rendered_secrets; /* name to value, of %(secret:NAME)s */
  GPtrArray *missing_secrets;   /* (nullable) (element-type utf8) while they are being listed */
  guint secret_rounds;
  guint attempt;
  LocalCause cause;
  gboolean in_process;
  gsize capture_max; /* of standard output; 0: none of it */
  GString *captured; /* (nullable) standard output of the running process */
  gboolean captured_too_much;
  LocalWarnings *warnings; /* (nullable) */
  LocalDone done;
  gboolean has_exit; /* how its last process ended, while its files are read */
  LocalExit exit;
  int error_number;
  gint64 started; /* monotonic, of the process */
  gint64 last_output;
  guint timeout_id;
  guint max_time_id;
  guint wait_id;
  JsonArray *urls;      /* (nullable) links that its kind adds */
  GPtrArray *lock_uses; /* (nullable) (element-type LocalLockUse) it waits for them */
  gint64 locks_since;
  void (*on_locks) (LocalRun *run);
  GCancellable *cancellable; /* of the asynchronous work that it waits for */
  gpointer kind_state;
  GDestroyNotify kind_free;
  gint64 pending_result; /* decided, waiting for something else */
};

/* engine.c */
void local_log_error (Local *self, const char *what, const GError *error);
const char *local_url (Local *self);

/* runtime.c: builders, workers and schedulers as they run */
LocalBuilderState *local_builder_state (Local *self, const char *name);
LocalSlots *local_slots (Local *self, const char *name);
LocalSchedulerState *local_scheduler_state (Local *self, const LocalScheduler *scheduler);
void local_builder_state_free (gpointer data);
void local_slots_free (gpointer data);
void local_scheduler_state_free (gpointer data);
void local_configure (Local *self, LocalConfig *previous);
void local_tell_builders (Local *self);
void local_builder_event (Local *self,
                          BelfryTransaction *transaction,
                          const char *builder,
                          const char *first,
                          const char *second);
void local_slots_store (Local *self, LocalSlots *slots, const char *event, const char *who);
void local_scheduler_store (Local *self,
                            BelfryTransaction *transaction,
                            const LocalSchedulerState *state);
gboolean local_worker_look (Local *self, const LocalWorker *worker, LocalSlots *slots);

/* requests.c */
LocalSet *local_set_new (BelfryBuildset *record, GPtrArray *changes);
LocalSet *local_set_ref (LocalSet *self);
void local_set_unref (LocalSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalSet, local_set_unref)
LocalRequest *local_request_new (BelfryBuildRequest *record, LocalSet *set, const char *builder);
void local_request_free (LocalRequest *self);
LocalRequest *local_find_request (Local *self, gint64 id);
GPtrArray *local_list_requests (Local *self) G_GNUC_WARN_UNUSED_RESULT;
void local_hold_request (Local *self, LocalRequest *request);
void local_request_wait (Local *self, LocalRequest *request);
void local_request_leave (Local *self, LocalRequest *request);
void local_builder_set_order (LocalBuilderState *state, gboolean newest_first);
gboolean local_is_from_fork (const BelfryProperties *properties);
void local_remove_request (Local *self, LocalRequest *request);
void local_complete_request (Local *self,
                             BelfryTransaction *transaction,
                             LocalRequest *request,
                             gint64 result);

/** LocalNewSet: one decision to build */
typedef struct {
  const char *scheduler;
  const char *reason;
  GPtrArray *stamps;   /* (element-type BelfrySourceStamp) ids of 0 are given */
  GPtrArray *changes;  /* (element-type BelfryChange) */
  GPtrArray *builders; /* (element-type LocalBuilder) */
  BelfryProperties *properties;
  gint64 priority;
  gboolean fired; /* by a scheduler: dependent ones follow it */
  gboolean from_fork;
  gboolean waited_for;
  gint64 parent_buildid;    /* 0: none */
  const char *relationship; /* (nullable) */
  guint depth;
} LocalNewSet;

LocalSet *local_add_set (Local *self,
                         BelfryTransaction *transaction,
                         const LocalNewSet *order,
                         JsonArray *request_ids);

/* fire.c */

/** LocalFiring: what one scheduler builds now */
typedef struct {
  const LocalScheduler *scheduler;
  GPtrArray *changes;  /* (element-type BelfryChange) in order of id */
  GPtrArray *stamps;   /* (nullable) (element-type BelfrySourceStamp) before the changes' */
  gboolean everything; /* builders that nothing of it concerns, too */
  const char *reason;  /* (nullable) in place of the scheduler's */
  const BelfryProperties *more; /* (nullable) over the scheduler's */
  gint64 due;                   /* µs since 1970; 0: now */
  gboolean from_fork;
  gboolean waited_for;
  gint64 parent_buildid; /* 0: none */
  const char *relationship;
  guint depth;
  GPtrArray *sets; /* (nullable) (element-type LocalSet) gets what was made */
} LocalFiring;

void local_fire (Local *self, BelfryTransaction *transaction, const LocalFiring *firing);
void
local_see (LocalSchedulerState *state, const LocalScheduler *scheduler, const BelfryChange *change);

/* dependent.c */
void local_dependents_remember (Local *self, BelfryTransaction *transaction, const LocalSet *set);
void local_set_completed (Local *self, BelfryTransaction *transaction, LocalSet *set);
void local_dependent_ended (Local *self,
                            BelfryTransaction *transaction,
                            const LocalScheduler *scheduler,
                            const LocalSet *set,
                            gint64 result);

/* timed.c */
void local_timed_arm (Local *self);
gboolean local_is_timed (const LocalScheduler *scheduler);
void local_timed_begin (Local *self, const LocalScheduler *scheduler, gboolean leave_out);
GPtrArray *local_timed_run_now (Local *self,
                                BelfryTransaction *transaction,
                                const LocalScheduler *scheduler) G_GNUC_WARN_UNUSED_RESULT;

/* scheduler.c */
void local_change_added (gpointer self, BelfryChange *change);
void local_schedulers_arm (Local *self);
gint64 local_scheduler_next (Local *self, const LocalScheduler *scheduler);
gboolean local_scheduler_records (const LocalScheduler *scheduler);
void local_timer_forget (BelfryTransaction *transaction,
                         const LocalSchedulerState *state,
                         const LocalTimer *timer);
void local_timer_drop (BelfryTransaction *transaction,
                       LocalSchedulerState *state,
                       const LocalTimer *timer);

/* round.c */
void local_round_soon (Local *self);
gboolean local_on_minute (gpointer self);

/* eta.c */
void local_eta_begin (Local *local, LocalBuilderState *state);
void local_eta_end (LocalBuilderState *state, const BelfryBuild *build);
void local_eta_tell (Local *self);

/* locking.c */
GPtrArray *local_lock_uses_of_build (const LocalContext *context,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_locks_configure (Local *self);
void local_run_take_locks (LocalRun *run, void (*go_on) (LocalRun *run));
gboolean local_run_stop_waiting (LocalRun *run);
void local_runs_take_locks (Local *self);

/* build.c */
void
local_build_start (Local *self, LocalRequest *request, LocalBuilder *builder, LocalWorker *worker);
void local_build_stop (LocalBuild *self, LocalCause cause, const char *text, const char *who);
BelfryTransaction *local_build_say (LocalBuild *self);
void local_build_flush (LocalBuild *self);
void local_build_step_ended (LocalBuild *self, const LocalRun *run, gint64 result);
LocalBuild *local_find_build (Local *self, gint64 id);
void
local_build_set_property (LocalBuild *self, const char *name, JsonNode *value, const char *source);

/* step.c */
void local_run_start (LocalBuild *build, const LocalStep *step);
void local_run_stop (LocalRun *self, LocalCause cause);
void local_run_finish (LocalRun *self, gint64 result, const char *text);
void local_run_fail (LocalRun *self, const GError *error);
void local_run_open_log (LocalRun *self);
void local_run_tell_links (LocalRun *self);

LocalContext local_run_secret_context (const LocalRun *self);

/* step-process.c */
void local_run_process (
    LocalRun *self, const char *const *argv, const char *folder, const char *input, LocalDone done);
gint64 local_run_result_of (LocalRun *self, const LocalExit *exit, int error_number, char **text);
void local_run_on_output (LocalRun *self, LocalStream stream, const char *bytes, gsize n_bytes);
void local_run_on_exit (LocalRun *self, const LocalExit *exit, int error_number);
void local_run_over_limit (LocalRun *self, LocalCause cause);

/* kinds */
void local_step_command_start (LocalRun *run);
gboolean local_step_render_own (LocalRun *run, GError **error);
gboolean local_step_render_input (const LocalRun *run, char **input, GError **error);
void local_step_set_property_start (LocalRun *run);
void local_step_source_start (LocalRun *run);
void local_step_upload_start (LocalRun *run);
void local_step_trigger_start (LocalRun *run);
void local_step_trigger_stop (LocalRun *run, LocalCause cause);
void local_step_trigger_resume (LocalRun *run);
void local_trigger_set_ended (LocalRun *run);
void local_trigger_build_ended (const LocalBuild *build);
void local_trigger_cancel_unclaimed (LocalBuild *build);

/* secrets.c */
void local_run_get_secrets (LocalRun *self, void (*done) (LocalRun *run, const GError *error));
void local_run_get_rendered_secrets (LocalRun *self,
                                     GPtrArray *names,
                                     void (*done) (LocalRun *run, const GError *error));
void local_run_forget_secrets (LocalRun *self);
char *local_run_write_secret (
    LocalRun *self, const char *name, const char *value, int mode, GError **error);

/* step-log.c */
LocalLog *local_log_new (LocalRun *run, const char *name, gboolean plain);
void local_log_free (LocalLog *self);
gint64 local_log_id (const LocalLog *self);
gsize local_log_add (LocalLog *self, LocalStream stream, const char *bytes, gsize n_bytes);
gboolean local_log_is_over (const LocalLog *self);
void local_log_header (LocalLog *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void local_log_close (LocalLog *self);
void local_log_drained (LocalLog *self);

/* step-tail.c */
void local_tails_start (LocalRun *run);
void local_tails_finish (LocalRun *run, void (*done) (LocalRun *run));
void local_tails_clear (LocalRun *run);
gboolean local_tails_drained (LocalRun *run, gint64 logid);

/* process.c */
pid_t local_supervisor_pid (const LocalSupervisor *self);
LocalSupervisor *local_supervisor_take (Local *self, LocalSlots *slots, GError **error);
void local_supervisor_give_back (LocalSupervisor *self, LocalSlots *slots);
void local_supervisor_start (LocalSupervisor *self, const LocalJob *job, LocalRun *run);
void local_supervisor_end (LocalSupervisor *self, gint64 sigterm_us, int signal);
void local_supervisor_set_paused (LocalSupervisor *self, gboolean paused);
void local_supervisor_close (LocalSupervisor *self);
gboolean local_supervisor_is_ready (const LocalSupervisor *self);
void local_supervisors_trim (Local *self);
void local_supervisor_free (gpointer data);

/* control.c, control-build.c */
void local_control (gpointer self, const BelfryControl *control, GTask *task);
JsonArray *local_list_forms (gpointer self, const char *builder);
void local_control_force (Local *self, const BelfryControl *control, GTask *task);
void local_control_rebuild (Local *self, const BelfryControl *control, GTask *task);
void local_answer (GTask *task, BelfryControlAnswer *answer);
void local_answer_absent (
    Local *local, GTask *task, const BelfryRecordType *type, const char *what, gint64 id);

/* recover.c */
void local_recover_async (Local *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean local_recover_finish (Local *self, GAsyncResult *result, GError **error);

/* tree.c */
int local_open_beneath (const char *root, const char *path, GError **error);
void local_tree_remove_async (const char *path,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean local_tree_remove_finish (GAsyncResult *result, GError **error);
gboolean local_make_folder (const char *path, int mode, GError **error);
char *local_resolve_beneath (const char *root,
                             const char *path,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* stop.c */
void local_stop (gpointer self, GTask *task);
void local_stop_step (Local *self);
