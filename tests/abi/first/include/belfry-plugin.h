/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
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

#define BELFRY_ABI_HOOK     1
#define BELFRY_ABI_POLLER   1
#define BELFRY_ABI_ENGINE   0
#define BELFRY_ABI_REPORTER 1
#define BELFRY_ABI_BOT      0
#define BELFRY_ABI_VIEW     1
#define BELFRY_ABI_AUTH     0

#define BELFRY_PLUGIN_SYMBOL "belfry_plugin"

BELFRY_API const char *belfry_kind_get_name (BelfryKind kind);
BELFRY_API gboolean belfry_kind_from_name (const char *name, BelfryKind *kind);
BELFRY_API guint belfry_kind_get_abi (BelfryKind kind);

typedef struct {
  const char *kind;
  BelfryOptionTable options;
  gsize state_size;
  GPtrArray *(*expand) (GPtrArray *sections, BelfryProblems *problems);
} BelfrySectionKind;

typedef struct {
  const char *key;
  const char *value;
} BelfryDefault;

typedef enum {
  BELFRY_NEEDS_NOTHING = 0,
  BELFRY_NEEDS_NETWORK = 1 << 0,
  BELFRY_NEEDS_EXEC = 1 << 1,
  BELFRY_NEEDS_FILES = 1 << 2,
} BelfryNeeds;

typedef struct {
  gsize size;
  const BelfrySection *section;
  GHashTable *owned;
  BelfryProblems *problems;
} BelfryCheck;

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

typedef struct {
  BELFRY_COMMON_FIELDS;
} BelfryPlugin;

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

typedef struct {
  const char *header;
  BelfrySignatureScheme scheme;
  guint rank;
} BelfrySignature;

typedef enum {
  BELFRY_TRANSLATION_CHANGES,
  BELFRY_TRANSLATION_NOTHING,
  BELFRY_TRANSLATION_MALFORMED,
  BELFRY_TRANSLATION_UNSUPPORTED_TYPE,
  BELFRY_TRANSLATION_POLL,
  BELFRY_TRANSLATION_PENDING,
} BelfryTranslationKind;

typedef struct {
  BelfryTranslationKind kind;
  char *reason;
  GPtrArray *changes;
  char **pollers;
  JsonNode *pending;
  char **allowed;
  char *key;
  char *event;
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

typedef struct {
  BELFRY_COMMON_FIELDS;
  void (*poll) (gpointer self, JsonNode *state, GTask *task);
  void (*stream) (gpointer self, JsonNode *state, GTask *task);
  gpointer reserved[8];
} BelfryPoller;

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

typedef enum {
  BELFRY_CONTROL_DONE,
  BELFRY_CONTROL_REFUSED,
  BELFRY_CONTROL_UNSUPPORTED,
} BelfryControlOutcome;

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

typedef enum {
  BELFRY_FAMILY_MESSAGE,
  BELFRY_FAMILY_PAINTER,
  BELFRY_FAMILY_FEED,
  BELFRY_FAMILY_REVIEW,
  BELFRY_FAMILY_STREAM,
} BelfryFamily;

typedef enum {
  BELFRY_PHASE_STARTED = 1 << 0,
  BELFRY_PHASE_FINISHED = 1 << 1,
  BELFRY_PHASE_BUILDSET = 1 << 2,
  BELFRY_PHASE_WORKER = 1 << 3,
  BELFRY_PHASE_REQUEST = 1 << 4,
} BelfryPhases;

typedef struct {
  const char *method;
  const char *part;
  guint status;
  const char *json;
} BelfryRehearsal;

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

typedef struct {
  BELFRY_COMMON_FIELDS;
  void (*say) (gpointer self, const char *channel, JsonObject *reply, GTask *task);
  void (*is_operator) (gpointer self, const char *channel, const char *contact, GTask *task);
  gpointer reserved[8];
} BelfryBot;

typedef enum {
  BELFRY_ROUTE_AGES = 1 << 0,
  BELFRY_ROUTE_UNCACHED = 1 << 1,
} BelfryRouteFlags;

typedef struct {
  const char *pattern;
  guint flags;
  BelfryResponse *(*draw) (gconstpointer self,
                           BelfryRequest *request,
                           BelfryReader *reader,
                           GError **error);
} BelfryRoute;

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

typedef enum {
  BELFRY_AUTH_NO_OPINION,
  BELFRY_AUTH_ALLOW,
  BELFRY_AUTH_DENY,
} BelfryAuthAnswer;

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

#ifndef BELFRY_PLUGIN_VERSION
#define BELFRY_PLUGIN_VERSION "0.1.0"
#endif

#ifndef BELFRY_PLUGIN_LICENCE
#define BELFRY_PLUGIN_LICENCE "LGPL-2.1-or-later"
#endif

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

#define BELFRY_DEFINE_HTTP_REPORTER(...)                                                           \
  BELFRY_DEFINE (BelfryReporter, REPORTER, .needs = BELFRY_NEEDS_NOTHING, __VA_ARGS__)
#define BELFRY_DEFINE_BOT(...) BELFRY_DEFINE (BelfryBot, BOT, __VA_ARGS__)
#define BELFRY_DEFINE_VIEW(...)                                                                    \
  BELFRY_DEFINE (BelfryView, VIEW, .route_size = sizeof (BelfryRoute), __VA_ARGS__)
#define BELFRY_DEFINE_AUTH(...) BELFRY_DEFINE (BelfryAuth, AUTH, __VA_ARGS__)

G_END_DECLS

#undef BELFRY_PLUGIN_H_INSIDE
