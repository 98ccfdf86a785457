/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The umbrella header: what a plugin includes, and how it declares itself: one exported constant,
 * made by BELFRY_DEFINE_HOOK, _POLLER, _ENGINE, _REPORTER, _HTTP_REPORTER, _BOT, _VIEW or _AUTH,
 * last in the file.
 *
 * Functions named with a GTask take ownership of it and return it exactly once; a NULL function
 * means that there is nothing to do.
 */
#pragma once

#define BELFRY_PLUGIN_H_INSIDE

#include "belfry-error.h"
#include "belfry-event.h"
#include "belfry-http.h"
#include "belfry-instance.h"
#include "belfry-json.h"
#include "belfry-macros.h"
#include "belfry-option.h"
#include "belfry-reader.h"
#include "belfry-record.h"
#include "belfry-report.h"
#include "belfry-secret.h"
#include "belfry-template.h"
#include "belfry-text.h"
#include "belfry-web.h"

G_BEGIN_DECLS

/**
 * BelfryKind: the kinds of plugin; there are no others
 * @BELFRY_KIND_HOOK: takes changes that somebody sends
 * @BELFRY_KIND_POLLER: looks for changes
 * @BELFRY_KIND_ENGINE: builds
 * @BELFRY_KIND_REPORTER: delivers reports
 * @BELFRY_KIND_BOT: talks
 * @BELFRY_KIND_VIEW: draws pages
 * @BELFRY_KIND_AUTH: says who somebody is and what they may
 * @BELFRY_N_KINDS: how many there are
 */
typedef enum {
  BELFRY_KIND_HOOK,
  BELFRY_KIND_POLLER,
  BELFRY_KIND_ENGINE,
  BELFRY_KIND_REPORTER,
  BELFRY_KIND_BOT,
  BELFRY_KIND_VIEW,
  BELFRY_KIND_AUTH,
  BELFRY_N_KINDS,
} BelfryKind;

/*
 * ABI numbers are per kind. A kind with a number only grows: what was built against the first
 * release of the number loads in every later host (tests/abi). 0 may still change.
 */
#define BELFRY_ABI_HOOK     1
#define BELFRY_ABI_POLLER   1
#define BELFRY_ABI_ENGINE   0
#define BELFRY_ABI_REPORTER 1
#define BELFRY_ABI_BOT      0
#define BELFRY_ABI_VIEW     1
#define BELFRY_ABI_AUTH     0

/** BELFRY_PLUGIN_SYMBOL: the one symbol that a plugin exports */
#define BELFRY_PLUGIN_SYMBOL "belfry_plugin"

BELFRY_API const char *belfry_kind_get_name (BelfryKind kind);
BELFRY_API gboolean belfry_kind_from_name (const char *name, BelfryKind *kind);
BELFRY_API guint belfry_kind_get_abi (BelfryKind kind);

/**
 * BelfrySectionKind: a further kind of section that a plugin owns
 * @kind: first word between the brackets
 * @options: its table
 * @state_size: of the struct that the table fills
 * @expand: (nullable): rewrites the sections of this kind before they are read (templates,
 * products); returns (transfer full) (element-type BelfrySection)
 */
typedef struct {
  const char *kind;
  BelfryOptionTable options;
  gsize state_size;
  GPtrArray *(*expand) (GPtrArray *sections, BelfryProblems *problems);
} BelfrySectionKind;

/**
 * BelfryDefault: another default for a key that the host owns
 * @key: the host's
 * @value: as in a keyfile
 */
typedef struct {
  const char *key;
  const char *value;
} BelfryDefault;

/**
 * BelfryNeeds: what an isolated plugin asks for
 * @BELFRY_NEEDS_NOTHING: what the host does for it is enough
 * @BELFRY_NEEDS_NETWORK: sockets of its own
 * @BELFRY_NEEDS_EXEC: programs of its own
 * @BELFRY_NEEDS_FILES: files of its own
 */
typedef enum {
  BELFRY_NEEDS_NOTHING = 0,
  BELFRY_NEEDS_NETWORK = 1 << 0,
  BELFRY_NEEDS_EXEC = 1 << 1,
  BELFRY_NEEDS_FILES = 1 << 2,
} BelfryNeeds;

/**
 * BelfryCheck: what a plugin's check function looks at
 * @section: the instance's own section
 * @owned: kind to array of BelfryOwnedSection
 * @problems: where findings go
 */
typedef struct {
  gsize size;
  const BelfrySection *section;
  GHashTable *owned;
  BelfryProblems *problems;
} BelfryCheck;

/**
 * BELFRY_COMMON_FIELDS: what each descriptor begins with; the macros fill in the first three and
 * the last of each pair
 * @size: of the descriptor
 * @abi: number of its kind's ABI
 * @kind: what it is
 * @name: as in the file's name
 * @summary: one sentence without full stop, marked N_ ()
 * @version: (nullable): of the plugin
 * @licence: (nullable): SPDX expression
 * @options: (nullable): its rows, the last without a name
 * @option_size: of one row
 * @sections: (nullable): further kinds of section that it owns, the last without a kind
 * @section_size: of one row
 * @defaults: (nullable): of keys that the host owns, the last without a key
 * @needs: what it asks for beyond computing, #BelfryNeeds
 * @instance_size: of the struct that its options fill, in bytes; it begins as zeros
 * @check: (nullable): adds findings beyond single options; no I/O, any thread
 * @start: (nullable): once, when options and secrets are there; returns the task with %TRUE
 * @stop: (nullable): once; returns the task when nothing of the instance is left on the loop
 * @reload: (nullable): takes its own section and those it owns anew, without a stop; see
 *   belfry_instance_get_sections ()
 * @clear: (nullable): frees what it has put into its struct beside the options
 */
#define BELFRY_COMMON_FIELDS                                                                       \
  gsize size;                                                                                      \
  guint abi;                                                                                       \
  BelfryKind kind;                                                                                 \
  const char *name;                                                                                \
  const char *summary;                                                                             \
  const char *version;                                                                             \
  const char *licence;                                                                             \
  const BelfryOption *options;                                                                     \
  gsize option_size;                                                                               \
  const BelfrySectionKind *sections;                                                               \
  gsize section_size;                                                                              \
  const BelfryDefault *defaults;                                                                   \
  guint needs;                                                                                     \
  gsize instance_size;                                                                             \
  void (*check) (gconstpointer self, const BelfryCheck *check);                                    \
  void (*start) (gpointer self, BelfryInstance * instance, GTask * task);                          \
  void (*stop) (gpointer self, GTask * task);                                                      \
  void (*reload) (gpointer self, GTask * task);                                                    \
  void (*clear) (gpointer self);                                                                   \
  gpointer common_reserved[8]

/**
 * BelfryPlugin: what all descriptors begin with
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
} BelfryPlugin;

/* hooks */

/**
 * BelfrySignatureScheme: how a request is signed
 * @BELFRY_SIGNATURE_SHA256_PREFIXED: `sha256=` and hex of HMAC-SHA256 over the body
 * @BELFRY_SIGNATURE_SHA1_PREFIXED: `sha1=` and hex of HMAC-SHA1; counts only with allow-sha1
 * @BELFRY_SIGNATURE_SHA256_HEX: bare hex of HMAC-SHA256
 * @BELFRY_SIGNATURE_TOKEN: the secret itself
 * @BELFRY_SIGNATURE_BEARER: `Bearer ` and the secret
 * @BELFRY_SIGNATURE_STANDARD_WEBHOOKS: webhook-id, -timestamp and -signature
 * @BELFRY_SIGNATURE_MD5_HEX: bare hex of HMAC-MD5
 * @BELFRY_SIGNATURE_SHA256_BASE64: base64 of HMAC-SHA256
 */
typedef enum {
  BELFRY_SIGNATURE_SHA256_PREFIXED,
  BELFRY_SIGNATURE_SHA1_PREFIXED,
  BELFRY_SIGNATURE_SHA256_HEX,
  BELFRY_SIGNATURE_TOKEN,
  BELFRY_SIGNATURE_BEARER,
  BELFRY_SIGNATURE_STANDARD_WEBHOOKS,
  BELFRY_SIGNATURE_MD5_HEX,
  BELFRY_SIGNATURE_SHA256_BASE64,
} BelfrySignatureScheme;

/**
 * BelfrySignature: one way in which a forge signs; the strongest (lowest rank) whose header is
 * there decides; ends in a row without header
 * @header: where it stands
 * @scheme: how it is made
 * @rank: the lowest is the strongest
 */
typedef struct {
  const char *header;
  BelfrySignatureScheme scheme;
  guint rank;
} BelfrySignature;

/**
 * BelfryTranslationKind: what a request may mean
 * @BELFRY_TRANSLATION_CHANGES: changes, at least one
 * @BELFRY_TRANSLATION_NOTHING: understood, and nothing to do
 * @BELFRY_TRANSLATION_MALFORMED: 400
 * @BELFRY_TRANSLATION_UNSUPPORTED_TYPE: 415
 * @BELFRY_TRANSLATION_POLL: pollers to wake
 * @BELFRY_TRANSLATION_PENDING: stored, asked of the forge after the answer
 */
typedef enum {
  BELFRY_TRANSLATION_CHANGES,
  BELFRY_TRANSLATION_NOTHING,
  BELFRY_TRANSLATION_MALFORMED,
  BELFRY_TRANSLATION_UNSUPPORTED_TYPE,
  BELFRY_TRANSLATION_POLL,
  BELFRY_TRANSLATION_PENDING,
} BelfryTranslationKind;

/**
 * BelfryTranslation: what a request means
 * @kind: what is in it
 * @reason: (nullable): why there is nothing, or what is wrong
 * @changes: (nullable) (element-type BelfryChange): at least one, of kind CHANGES
 * @pending: (nullable): what `complete` is given
 */
typedef struct {
  BelfryTranslationKind kind;
  char *reason;       /* (nullable) */
  GPtrArray *changes; /* (nullable) (element-type BelfryChange) */
  char **pollers;     /* (nullable) names or repositories; NULL: all that are allowed */
  JsonNode *pending;  /* (nullable) */
  char **allowed;     /* (nullable) pollers that may be told to poll; NULL: all */
  char *key;          /* (nullable) of the hook's section, that decided */
  char *event;        /* (nullable) what it is called, where no header says it */
} BelfryTranslation;

BELFRY_API BelfryTranslation *belfry_translation_new_changes (GPtrArray *changes);
BELFRY_API BelfryTranslation *belfry_translation_new_nothing (const char *format, ...)
    G_GNUC_PRINTF (1, 2);
BELFRY_API BelfryTranslation *belfry_translation_new_malformed (const char *format, ...)
    G_GNUC_PRINTF (1, 2);
BELFRY_API BelfryTranslation *belfry_translation_new_unsupported_type (const char *reason);
BELFRY_API BelfryTranslation *belfry_translation_new_poll (char **pollers);
BELFRY_API void belfry_translation_set_allowed (BelfryTranslation *self,
                                                const char *const *allowed);
BELFRY_API BelfryTranslation *belfry_translation_new_pending (JsonNode *pending);
BELFRY_API BelfryTranslation *belfry_translation_decided_by (BelfryTranslation *self,
                                                             const char *key);
BELFRY_API void belfry_translation_set_event (BelfryTranslation *self, const char *event);
BELFRY_API void belfry_translation_free (BelfryTranslation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTranslation, belfry_translation_free)

typedef struct _BelfryHook BelfryHook;

/**
 * BelfryHook: descriptor of a change hook
 * @signatures: how its forge signs, strongest first
 * @delivery_id_headers: (nullable): where the forge's own id stands
 * @event_header: (nullable): where the event's name stands
 * @methods: (nullable): accepted methods, POST among them; others than POST need the section's
 * secret; %NULL: POST
 * @no_digest: whether requests without an id are never duplicates
 * @translate: pure; any thread
 * @complete: (nullable): asks the forge about something pending; returns the task with a
 * BelfryTranslation of changes or nothing. An error of code %BELFRY_ERROR_RETRY: no answer came at
 * all
 * @give_up: (nullable): the translation of something pending for which no answer ever came; pure
 * @describe: (nullable): once, when the options were read: sets in @hook, a copy of the descriptor,
 * the signatures, ids and events that this instance's options decide; what it points to lives as
 * long as @self
 * @signature_size: of one row
 */
struct _BelfryHook {
  BELFRY_COMMON_FIELDS;
  const BelfrySignature *signatures;
  gsize signature_size;
  const char *const *delivery_id_headers;
  const char *event_header;
  const char *const *methods;
  gboolean no_digest;
  BelfryTranslation *(*translate) (gconstpointer self, BelfryRequest *request);
  void (*complete) (gpointer self, JsonNode *pending, GTask *task);
  BelfryTranslation *(*give_up) (gconstpointer self, JsonNode *pending);
  void (*describe) (gpointer self, BelfryHook *hook);
  gpointer reserved[7];
};

/**
 * BelfryPoller: descriptor of a poller
 * @poll: looks once; tells by belfry_poller_found_async (); @state is what it told last, or null:
 * an object, whose member `heads` (names to revisions) is shown to people. The task has a
 * cancellable, which ends the poll at its deadline; its boolean comes when nothing of it is left.
 * What the host's keys say it asks by belfry_instance_get_host_value (): `repository` (checked),
 * `encoding`, `max-changes`, `workdir`. Of a change it leaves unset what is the host's: category,
 * project, codebase, revlink, and the repository where it is the configured one.
 * @stream: (nullable): instead of @poll: stays open until it is cancelled
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  void (*poll) (gpointer self, JsonNode *state, GTask *task);
  void (*stream) (gpointer self, JsonNode *state, GTask *task);
  gpointer reserved[8];
} BelfryPoller;

/* engines */

/**
 * BelfryControl: what somebody asks of an engine
 * @action: force, stop, cancel, rebuild, stop-change, ping, pause, unpause, graceful, shutdown,
 * cancel-shutdown, enable, disable, run
 * @builder: (nullable): name
 * @worker: (nullable): name
 * @scheduler: (nullable): name of a force form or scheduler
 * @id: build, request or change; %BELFRY_NONE: none
 * @who: who asks, as recorded
 * @arguments: reason, field values…
 */
typedef struct {
  gsize size;
  const char *action;
  const char *builder;
  const char *worker;
  const char *scheduler;
  gint64 id;
  const char *who;
  JsonObject *arguments;
} BelfryControl;

/**
 * BelfryControlOutcome: how an engine answers
 * @BELFRY_CONTROL_DONE: it was done
 * @BELFRY_CONTROL_REFUSED: it cannot be done to that; the message says why
 * @BELFRY_CONTROL_UNSUPPORTED: this engine never does it
 */
typedef enum {
  BELFRY_CONTROL_DONE,
  BELFRY_CONTROL_REFUSED,
  BELFRY_CONTROL_UNSUPPORTED,
} BelfryControlOutcome;

/**
 * BelfryControlAnswer: with a sentence for people, and data: ids, or `errors` per field
 * @outcome: whether it was done
 * @message: a sentence
 * @data: (nullable): ids, or `errors`
 */
typedef struct {
  BelfryControlOutcome outcome;
  char *message;
  JsonObject *data;
} BelfryControlAnswer;

BELFRY_API BelfryControlAnswer *
belfry_control_answer_new (BelfryControlOutcome outcome, JsonObject *data, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
BELFRY_API void belfry_control_answer_free (BelfryControlAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryControlAnswer, belfry_control_answer_free)

/**
 * BelfryEngine: descriptor of an engine
 * @change_added: a stored change, each once, in order of id, until a transaction took it
 * @control: the task returns a BelfryControlAnswer
 * @list_forms: (nullable): force forms that feed a builder, or all; (transfer full)
 * @explain_change: (nullable): what it does with a change and why, told by what decides; an
 * explanation (belfry_explanation_new ())
 * @pressure: the store presses back, or no longer does
 * @log_drained: a log's waiting bytes went below the half of its bound
 * @foresee_change: (nullable): as @explain_change, of an instance that is never started; it is left
 * as it was
 * @actions: (nullable): those of #BelfryControl that it knows; %NULL: none
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  const char *const *actions;
  void (*change_added) (gpointer self, BelfryChange *change);
  void (*control) (gpointer self, const BelfryControl *control, GTask *task);
  JsonArray *(*list_forms) (gpointer self, const char *builder);
  JsonObject *(*explain_change) (gpointer self, BelfryChange *change);
  void (*pressure) (gpointer self, gboolean on);
  void (*log_drained) (gpointer self, gint64 logid);
  JsonObject *(*foresee_change) (gpointer self, BelfryInstance *instance, BelfryChange *change);
  gpointer reserved[7];
} BelfryEngine;

/* reporters */

/**
 * BelfryFamily: which of the host's keys a reporter takes
 * @BELFRY_FAMILY_MESSAGE: tells people: all keys
 * @BELFRY_FAMILY_PAINTER: paints a status at a forge: each start has its end
 * @BELFRY_FAMILY_FEED: tells programs everything, unless told otherwise
 * @BELFRY_FAMILY_REVIEW: votes on a change
 * @BELFRY_FAMILY_STREAM: sends every event on, in their order
 */
typedef enum {
  BELFRY_FAMILY_MESSAGE,
  BELFRY_FAMILY_PAINTER,
  BELFRY_FAMILY_FEED,
  BELFRY_FAMILY_REVIEW,
  BELFRY_FAMILY_STREAM,
} BelfryFamily;

/**
 * BelfryPhases: which moments a reporter hears of
 * @BELFRY_PHASE_STARTED: a build began
 * @BELFRY_PHASE_FINISHED: a build ended
 * @BELFRY_PHASE_BUILDSET: all builds of a set have ended
 * @BELFRY_PHASE_WORKER: a worker is missing
 * @BELFRY_PHASE_REQUEST: a build is asked for
 */
typedef enum {
  BELFRY_PHASE_STARTED = 1 << 0,
  BELFRY_PHASE_FINISHED = 1 << 1,
  BELFRY_PHASE_BUILDSET = 1 << 2,
  BELFRY_PHASE_WORKER = 1 << 3,
  BELFRY_PHASE_REQUEST = 1 << 4,
} BelfryPhases;

/**
 * BelfryRehearsal: an answer of a service that is not there; a table of them ends in %NULL
 * @method: method of the request
 * @part: what its address contains
 * @status: status of HTTP
 * @json: body
 */
typedef struct {
  const char *method;
  const char *part;
  guint status;
  const char *json;
} BelfryRehearsal;

/**
 * BelfryReporter: descriptor of a reporter
 * @family: which of the host's keys it takes
 * @phases: what it can tell of, #BelfryPhases
 * @batch_max: of a stream: most objects in a batch
 * @wants_users: whether `users` is filled, and the keys of lookup are taken
 * @wants_attachments: whether add-logs and add-patch are taken
 * @template_name: (nullable): default of template-filename
 * @is_html: default of template-type
 * @plan: report to targets; pure, any thread
 * @deliver: one item; the task returns a BelfryOutcome
 * @to_request: instead of @deliver: item to request; pure, any thread
 * @from_answer: with @to_request: answer to outcome; pure, any thread
 * @choose_phases: (nullable): those of its phases (#BelfryPhases) that its options ask for; pure
 * @to_items: of a stream: appends the objects (any number) that an event becomes; the host
 * adds `id`, counted from 1 without gaps; pure, any thread
 * @deliver_batch: of a stream: pushes objects in their order; the task returns as an integer how
 * many of them, from the front, were taken; the others come again
 * @get_pause: (nullable): of a stream: µs until the next push, by whether the last one took any
 * @permission: (nullable): least right that its credential needs at the service; shown by `belfry
 * test` where the credential is refused
 * @rehearsals: (nullable): what its service would answer before it is sent to, for `belfry try`
 * without a service
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  BelfryFamily family;
  guint phases;
  guint batch_max;
  gboolean wants_users;
  gboolean wants_attachments;
  const char *template_name;
  gboolean is_html;
  gboolean (*plan) (gconstpointer self,
                    const BelfryReport *report,
                    BelfryTargets *targets,
                    GError **error);
  void (*deliver) (gpointer self, const BelfryItem *item, GTask *task);
  BelfryHttpRequest *(*to_request) (gconstpointer self, const BelfryItem *item, GError **error);
  BelfryOutcome *(*from_answer) (gconstpointer self,
                                 const BelfryItem *item,
                                 BelfryHttpAnswer *answer);
  guint (*choose_phases) (gconstpointer self);
  gboolean (*to_items) (gconstpointer self,
                        BelfryEvent *event,
                        BelfryReader *reader,
                        JsonArray *items,
                        GError **error);
  void (*deliver_batch) (gpointer self, JsonArray *items, GTask *task);
  gint64 (*get_pause) (gconstpointer self, gboolean took);
  const char *permission;
  const BelfryRehearsal *rehearsals;
  gpointer reserved[2];
} BelfryReporter;

/**
 * BelfryBot: descriptor of a bot
 * @say: carries a reply to a channel
 * @is_operator: (nullable): the task returns whether a contact runs the channel
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  void (*say) (gpointer self, const char *channel, JsonObject *reply, GTask *task);
  void (*is_operator) (gpointer self, const char *channel, const char *contact, GTask *task);
  gpointer reserved[8];
} BelfryBot;

/* views */

/**
 * BelfryRouteFlags: what is special about a page
 * @BELFRY_ROUTE_AGES: shows ages, so that its ETag changes every minute
 * @BELFRY_ROUTE_UNCACHED: has no ETag made of events
 */
typedef enum {
  BELFRY_ROUTE_AGES = 1 << 0,
  BELFRY_ROUTE_UNCACHED = 1 << 1,
} BelfryRouteFlags;

/**
 * BelfryRoute: one page; ends in a row without pattern
 * @pattern: `/builders/{builder}/builds/{number}`: a brace holds one segment
 * @draw: (transfer full): pure, on a pool thread; %NULL with an error is 500
 * @flags: #BelfryRouteFlags
 */
typedef struct {
  const char *pattern;
  guint flags;
  BelfryResponse *(*draw) (gconstpointer self,
                           BelfryRequest *request,
                           BelfryReader *reader,
                           GError **error);
} BelfryRoute;

/**
 * BelfryView: descriptor of a view
 * @title: (nullable): in the navigation
 * @order: in the navigation, ascending
 * @home: where the navigation leads; %NULL: its first route
 * @routes: its pages
 * @route_size: of one row
 * @action: (nullable): the navigation shows it only to those who may do this; %NULL: to everybody
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  const BelfryRoute *routes;
  gsize route_size;
  const char *title;
  int order;
  const char *home;
  const char *action;
  gpointer reserved[7];
} BelfryView;

/**
 * BelfryAuthAnswer: what an auth plugin says of an action
 * @BELFRY_AUTH_NO_OPINION: somebody else is to say
 * @BELFRY_AUTH_ALLOW: they may
 * @BELFRY_AUTH_DENY: they may not, whoever else says so
 */
typedef enum {
  BELFRY_AUTH_NO_OPINION,
  BELFRY_AUTH_ALLOW,
  BELFRY_AUTH_DENY,
} BelfryAuthAnswer;

/**
 * BelfryAuth: descriptor of an auth plugin
 * @authenticate: the task returns a JsonObject (user-name, full-name, email, groups), or NULL for
 * no
 * @identify: (nullable): who a trusted front server says it is; pure
 * @may: (nullable): the task returns a #BelfryAuthAnswer as an integer
 * @login_url: (nullable): where somebody logs in elsewhere
 */
typedef struct {
  BELFRY_COMMON_FIELDS;
  void (*authenticate) (
      gpointer self, const char *user, const char *password, const char *address, GTask *task);
  JsonObject *(*identify) (gconstpointer self, BelfryRequest *request);
  void (*may) (
      gpointer self, const char *action, const char *user, JsonObject *record, GTask *task);
  const char *(*login_url) (gconstpointer self);
  gpointer reserved[8];
} BelfryAuth;

/** BELFRY_PLUGIN_VERSION: of the plugin; its build defines it */
#ifndef BELFRY_PLUGIN_VERSION
#define BELFRY_PLUGIN_VERSION "0.1.0"
#endif
/** BELFRY_PLUGIN_LICENCE: of the plugin, an SPDX expression; its build defines it */
#ifndef BELFRY_PLUGIN_LICENCE
#define BELFRY_PLUGIN_LICENCE "LGPL-2.1-or-later"
#endif

/**
 * BELFRY_DEFINE: what the macro of each kind is made of
 * @Type: type of the descriptor
 * @KIND: its kind
 * @...: its members
 */
#define BELFRY_DEFINE(Type, KIND, ...)                                                             \
  G_MODULE_EXPORT_BELFRY const Type belfry_plugin = { .size = sizeof (Type),                       \
                                                      .abi = BELFRY_ABI_##KIND,                    \
                                                      .kind = BELFRY_KIND_##KIND,                  \
                                                      .version = BELFRY_PLUGIN_VERSION,            \
                                                      .licence = BELFRY_PLUGIN_LICENCE,            \
                                                      .option_size = sizeof (BelfryOption),        \
                                                      .section_size = sizeof (BelfrySectionKind),  \
                                                      __VA_ARGS__ }
#define G_MODULE_EXPORT_BELFRY __attribute__ ((visibility ("default")))

#define BELFRY_DEFINE_HOOK(...)                                                                    \
  BELFRY_DEFINE (BelfryHook, HOOK, .signature_size = sizeof (BelfrySignature), __VA_ARGS__)
#define BELFRY_DEFINE_POLLER(...)   BELFRY_DEFINE (BelfryPoller, POLLER, __VA_ARGS__)
#define BELFRY_DEFINE_ENGINE(...)   BELFRY_DEFINE (BelfryEngine, ENGINE, __VA_ARGS__)
#define BELFRY_DEFINE_REPORTER(...) BELFRY_DEFINE (BelfryReporter, REPORTER, __VA_ARGS__)
/**
 * BELFRY_DEFINE_HTTP_REPORTER: a reporter whose service takes one request for each item: it has
 * `to_request` and perhaps `from_answer` instead of `deliver`, and needs nothing but the host
 * @...: members of #BelfryReporter
 */
#define BELFRY_DEFINE_HTTP_REPORTER(...)                                                           \
  BELFRY_DEFINE (BelfryReporter, REPORTER, .needs = BELFRY_NEEDS_NOTHING, __VA_ARGS__)
#define BELFRY_DEFINE_BOT(...) BELFRY_DEFINE (BelfryBot, BOT, __VA_ARGS__)
#define BELFRY_DEFINE_VIEW(...)                                                                    \
  BELFRY_DEFINE (BelfryView, VIEW, .route_size = sizeof (BelfryRoute), __VA_ARGS__)
#define BELFRY_DEFINE_AUTH(...) BELFRY_DEFINE (BelfryAuth, AUTH, __VA_ARGS__)

G_END_DECLS

#undef BELFRY_PLUGIN_H_INSIDE
