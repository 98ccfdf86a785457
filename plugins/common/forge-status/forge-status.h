/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What reporters to forges share: one build as they see it, owner and repository of a source stamp,
 * the words of a status, the frozen request, and the judgement of answers.
 *
 * A report becomes one payload for each thing that is told: method and path below the service's
 * base, the JSON body, and a sentence for logs. Addresses and credentials are added when it is
 * sent, so that none of them lies in the outbox.
 */
#pragma once

#include <reports.h>

/* one build of a report */

/**
 * BelfryForgeMoment: what has happened to it
 */
typedef enum {
  BELFRY_FORGE_QUEUED,
  BELFRY_FORGE_DROPPED, /* cancelled before it was a build */
  BELFRY_FORGE_STARTED,
  BELFRY_FORGE_ENDED,
} BelfryForgeMoment;

/**
 * BelfryForgeBuild: lent from the report
 */
typedef struct {
  const BelfryReport *report;
  guint index;
  JsonObject *build;
  JsonObject *variables; /* (nullable) */
  BelfryForgeMoment moment;
  gint64 results; /* of an ended one */
  const char *url;
  const char *builder;
} BelfryForgeBuild;

/* FALSE: the report has no such build */
gboolean belfry_forge_build_init (BelfryForgeBuild *self, const BelfryReport *report, guint index);
guint belfry_forge_build_count_stamps (const BelfryForgeBuild *self);
JsonObject *belfry_forge_build_get_stamp (const BelfryForgeBuild *self, guint index);
/* A property's value; NULL where there is none. (transfer none) */
JsonNode *belfry_forge_build_get_value (const BelfryForgeBuild *self, const char *name);
/* The same where it is a text that is not empty. */
const char *belfry_forge_build_get_property (const BelfryForgeBuild *self, const char *name);
/* A text of a JSON object; NULL where it is absent or empty. */
const char *belfry_forge_get_text (JsonObject *object, const char *key);

/**
 * BelfryForgeStates: a service's words for what has happened
 */
typedef struct {
  const char *queued;
  const char *dropped;
  const char *started;
  const char *ended[BELFRY_RESULT_CANCELLED + 1];
  const char *other;
} BelfryForgeStates;

const char *belfry_forge_build_choose (const BelfryForgeBuild *self,
                                       const BelfryForgeStates *states);

/* repositories */

/* Owner and name from the address of a repository. FALSE: it has not the shape of one. */
gboolean belfry_forge_parse_url (const char *url, char **owner, char **name);
/* From a stamp: its project if that holds a slash, else its repository. */
gboolean belfry_forge_find_repository (JsonObject *stamp, char **owner, char **name);
/* Text as one segment of a path; NULL where it may not be one. (transfer full) */
char *belfry_forge_dup_segment (const char *text);
/* Joins segments, each encoded, a slash before each. NULL: one of them may not be a segment. */
char *belfry_forge_dup_path (const char *first, ...) G_GNUC_NULL_TERMINATED;

/* words */

/**
 * BelfryForgeWords: descriptions at a build's start and end, each as a rendered string, a template
 * or a program
 */
typedef struct {
  BelfryRendered *start;          /* (nullable) */
  BelfryTemplate *start_template; /* (nullable) */
  GPtrArray *start_program;       /* (nullable) */
  BelfryRendered *end;            /* (nullable) */
  BelfryTemplate *end_template;   /* (nullable) */
  GPtrArray *end_program;         /* (nullable) */
} BelfryForgeWords;

#define BELFRY_FORGE_START_PROGRAM "start-description-program"
#define BELFRY_FORGE_END_PROGRAM   "end-description-program"

/* rows of an option table, @start_text: default of start-description, or NULL */
#define BELFRY_FORGE_WORDS_ROWS(Struct, member, start_text)                                        \
  BELFRY_RENDERED (Struct, member.start, "start-description", .default_text = start_text,          \
                   .help = N_ ("what is said when a build starts")),                               \
      BELFRY_TEMPLATE (Struct, member.start_template, "start-description-template",                \
                       .help = N_ ("the same as a template")),                                     \
      BELFRY_ARGV (Struct, member.start_program, BELFRY_FORGE_START_PROGRAM,                       \
                   .help = N_ ("the same by a program that gets the build and prints a string")),  \
      BELFRY_RENDERED (Struct, member.end, "end-description", .default_text = "Build done.",       \
                       .help = N_ ("what is said when a build has ended")),                        \
      BELFRY_TEMPLATE (Struct, member.end_template, "end-description-template",                    \
                       .help = N_ ("the same as a template")),                                     \
      BELFRY_ARGV (Struct, member.end_program, BELFRY_FORGE_END_PROGRAM,                           \
                   .help = N_ ("the same by a program that gets the build and prints a string"))

gboolean belfry_forge_words_has_start (const BelfryForgeWords *self);
void belfry_forge_words_check (const BelfryForgeWords *self, const BelfryCheck *check);
/* The key of the program that says it at this moment; NULL: no program does. */
const char *belfry_forge_words_get_program (const BelfryForgeWords *self,
                                            const BelfryForgeBuild *build);
/* The description of this moment; empty where none is set, or a program says it when it is
 * delivered. NULL with @error: it failed. */
char *belfry_forge_words_render (const BelfryForgeWords *self,
                                 const BelfryForgeBuild *build,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One of the options that are rendered strings; NULL: absent, and empty. */
char *belfry_forge_render (BelfryRendered *rendered,
                           const BelfryForgeBuild *build,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* requests */

/**
 * BelfryForgeHttp: what every such reporter can be told of its connection, and whom it logs for
 */
typedef struct {
  BelfryInstance *instance; /* (nullable) from start on */
  BelfryReportsWire wire;
  gboolean verbose;
} BelfryForgeHttp;

#define BELFRY_FORGE_VERBOSE_ROW(Struct, member)                                                   \
  BELFRY_BOOLEAN (Struct, member.verbose, "verbose", .default_text = "false",                      \
                  .help = N_ ("log what was sent where"))

void belfry_forge_log (const BelfryForgeHttp *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A reporter's start, where there is nothing else to do; takes @task. */
void belfry_forge_start (BelfryForgeHttp *self, BelfryInstance *instance, GTask *task);
/* @body: (transfer full); @what: what logs call it */
JsonNode *belfry_forge_payload_new (const char *path, JsonObject *body, const char *what);
/* Leaves a word of the body to a program, which gets the build. */
void belfry_forge_payload_set_program (JsonNode *self,
                                       const char *program,
                                       const BelfryForgeBuild *build);
const char *belfry_forge_item_get_what (const BelfryItem *item);
/* A POST of the payload to @base and its path, without credentials. NULL with @error: no such. */
BelfryHttpRequest *belfry_forge_request_new (const BelfryForgeHttp *http,
                                             const char *base,
                                             const BelfryItem *item,
                                             GError **error);

/* HTTP Basic from `LOGIN:PASSWORD`. */
void belfry_forge_set_basic (BelfryHttpRequest *request, const char *login);
/* The two halves of such a login. (transfer full) */
void belfry_forge_split_login (const char *login, char **user, char **password);

/* statuses */

/* Phases of a painter that can tell of requests, and those that it tells of. */
#define BELFRY_FORGE_PHASES (BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_REQUEST)
guint belfry_forge_choose_phases (gboolean report_pending);

/**
 * BelfryForgeStatus: what is said of a build, made from @build, @http and @targets by
 * belfry_forge_status_say ()
 */
typedef struct {
  const BelfryForgeBuild *build;
  const BelfryForgeHttp *http;
  BelfryTargets *targets;
  const char *state;
  const char *program; /* (nullable) key of the one that will say it */
  char *description;
  char *context;
} BelfryForgeStatus;

gboolean belfry_forge_status_say (BelfryForgeStatus *self,
                                  const BelfryForgeStates *states,
                                  const BelfryForgeWords *words,
                                  BelfryRendered *context,
                                  GError **error);
void belfry_forge_status_clear (BelfryForgeStatus *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryForgeStatus, belfry_forge_status_clear)

typedef void (*BelfryForgeStampFunc) (const BelfryForgeStatus *status,
                                      gconstpointer reporter,
                                      JsonObject *stamp,
                                      const char *revision);
/* Each source stamp that has a revision. */
void belfry_forge_status_foreach (const BelfryForgeStatus *self,
                                  BelfryForgeStampFunc func,
                                  gconstpointer reporter);
/**
 * BelfryForgePlan: how a build becomes statuses, one for each of its stamps that has a revision
 * @reporter: handed to @func
 */
typedef struct {
  const BelfryForgeHttp *http;
  const BelfryForgeStates *states;
  const BelfryForgeWords *words;
  BelfryRendered *context;
  BelfryForgeStampFunc func;
  gconstpointer reporter;
} BelfryForgePlan;

gboolean belfry_forge_plan_stamps (const BelfryForgePlan *self,
                                   const BelfryReport *report,
                                   BelfryTargets *targets,
                                   GError **error);
/* Says in the log why there is none for a stamp. */
void
belfry_forge_status_skip (const BelfryForgeStatus *self, JsonObject *stamp, const char *reason);
/* A status for a commit: one target, whose reports keep their order by commit and context. @path:
 * NULL: what names it cannot be part of an address; @body: (transfer full) */
void belfry_forge_status_add (const BelfryForgeStatus *self,
                              const char *target,
                              const char *revision,
                              const char *path,
                              JsonObject *body);

/* commit statuses as GitHub has them, and who does as it does */

/**
 * BelfryForgeCommits: state of such a reporter
 */
typedef struct {
  BelfryForgeHttp http;
  BelfryForgeWords words;
  BelfrySecret *token;
  BelfryRendered *context;
  char *base_url;
  gboolean report_pending;
} BelfryForgeCommits;

/* the rows that are the same for all of them */
#define BELFRY_FORGE_COMMITS_ROWS(Struct, member)                                                  \
  BELFRY_FORGE_WORDS_ROWS (Struct, member.words, "Build started."),                                \
      BELFRY_RENDERED (Struct, member.context, "context",                                          \
                       .default_text = "buildbot/%(prop:buildername)s",                            \
                       .help = N_ ("tells the statuses of one commit apart")),                     \
      BELFRY_BOOLEAN (Struct, member.report_pending, "report-pending", .default_text = "false",    \
                      .help = N_ ("tell of requests that wait or are cancelled, too")),            \
      BELFRY_REPORTS_WIRE_OPTIONS (Struct, member.http.wire),                                      \
      BELFRY_FORGE_VERBOSE_ROW (Struct, member.http)

/* Options that are wrong together. */
void belfry_forge_commits_check (const BelfryForgeCommits *self, const BelfryCheck *check);
/* @root: where the API begins below the reporter's base; @description: as the service takes it */
void belfry_forge_commits_add (const BelfryForgeStatus *said,
                               const char *root,
                               const char *owner,
                               const char *name,
                               const char *sha,
                               const char *description);
/* with `Authorization: token` */
BelfryHttpRequest *belfry_forge_commits_to_request (const BelfryForgeCommits *self,
                                                    const BelfryItem *item,
                                                    GError **error);

/* answers */

/**
 * BelfryForgeService: how a service says yes, and what logs say of it. `{what}`, `{code}` and
 * `{answer}` stand for what they name.
 */
typedef struct {
  guint success[4]; /* none: all of 2xx */
  const char *sent;
  const char *failure;
  const char *needs; /* (nullable) what the call needs, told with 401, 403 and 404 */
  char *(*dup_answer) (BelfryHttpAnswer *answer); /* (nullable) its body for people */
} BelfryForgeService;

gboolean belfry_forge_is_success (const BelfryForgeService *service, guint status);
/* An answer's body as one line for people. (transfer full) */
char *belfry_forge_dup_excerpt (BelfryHttpAnswer *answer);
/* What an answer means, by the rules that hold for all services. @tries: failed ones before it */
BelfryOutcome *belfry_forge_judge_about (const BelfryForgeService *service,
                                         const BelfryForgeHttp *http,
                                         const char *what,
                                         guint tries,
                                         BelfryHttpAnswer *answer);
/* The same about an item. */
BelfryOutcome *belfry_forge_judge (const BelfryForgeService *service,
                                   const BelfryForgeHttp *http,
                                   const BelfryItem *item,
                                   BelfryHttpAnswer *answer);
/* deliveries */

/**
 * BelfryForgePost: how a reporter delivers: a program's words first, where it has such a one, then
 * the request and its answer, or @next
 * @member: of the body, where a program's words go
 * @fit: (nullable): such words as the service takes them; %NULL: there is nothing to say
 * @next: (nullable): goes on with the task in place of the two pure functions
 */
typedef struct {
  const char *member;
  char *(*fit) (const char *text);
  BelfryHttpRequest *(*to_request) (gconstpointer self, const BelfryItem *item, GError **error);
  BelfryOutcome *(*from_answer) (gconstpointer self,
                                 const BelfryItem *item,
                                 BelfryHttpAnswer *answer);
  void (*next) (GTask *task);
} BelfryForgePost;

/**
 * BelfryForgeDelivery: one under way, the data of its task
 */
typedef struct {
  gpointer reporter;
  const BelfryForgePost *post;
  const BelfryForgeHttp *http;
  BelfryItem *item;
  gboolean renewed; /* the reporter's own mark: a credential was had anew */
} BelfryForgeDelivery;

/* @words: (nullable); takes @task. */
void belfry_forge_deliver (const BelfryForgePost *post,
                           gpointer reporter,
                           const BelfryForgeHttp *http,
                           const BelfryForgeWords *words,
                           const BelfryItem *item,
                           GTask *task);
void
belfry_forge_deliver_send (GTask *task, BelfryHttpRequest *request, GAsyncReadyCallback callback);
/* NULL: there was no answer, and the delivery has ended. */
BelfryHttpAnswer *belfry_forge_deliver_receive (GTask *task, GAsyncResult *result);
/* What it came to; takes task and outcome. */
void belfry_forge_deliver_end (GTask *task, BelfryOutcome *outcome);
