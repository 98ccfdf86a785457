/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon: owns the rooms, wires them, starts and stops instances, reloads. Rooms do not know
 * each other; whatever passes between two of them passes here.
 */
#pragma once

#include "bus/bus.h"
#include "config/config.h"
#include "daemon/hosted.h"
#include "daemon/masks.h"
#include "hooks/deliveries.h"
#include "hooks/hook-keys.h"
#include "outbox/outbox.h"
#include "outbox/reporter-keys.h"
#include "outside/transport.h"
#include "pollers/pollers.h"
#include "store/store.h"
#include "www/www-keys.h"
#include "www/www.h"

typedef struct _BelfryHost BelfryHost;
typedef struct _BelfryControlServer BelfryControlServer;
typedef struct _BelfryReloads BelfryReloads;

struct _BelfryHost {
  GMainLoop *loop;
  char *config_path;
  BelfryLoader *loader;
  BelfryConfig *config;
  BelfryStore *store;
  BelfryBus *bus;
  BelfryWww *www;
  BelfryOutbox *outbox;
  BelfryDeliveries *deliveries;
  BelfryPollers *pollers;
  BelfryControlServer *control;
  BelfryTransport *transport;
  BelfryMasks *masks;
  BelfryReloads *reloads; /* (nullable) */
  GQueue held;            /* requests, see held.h */
  GPtrArray *hosted;      /* (element-type BelfryHosted) */
  GHashTable *feeds;      /* engine name → BelfryFeed */
  GHashTable *caches;     /* "kind/name\nkey" → CacheEntry */
  GSource *watchdog;
  guint sweep_source;
  guint signal_sources[4];
  gint64 started_us;
  guint starting; /* instances whose start has not ended */
  guint draining_source;
  guint quiet_source;
  gint64 quiet_until_us; /* monotonic; how long a stop waits for answers under way */
  gboolean draining;     /* ends when the last build has */
  gboolean stopping;
  gboolean ready;
  int exit_code;
};

/* Reads the configuration and brings everything up to the main loop. NULL: @exit_code says why. */
BelfryHost *belfry_host_new (const char *config_path, int *exit_code);
/* Runs until asked to stop. Returns the exit code. */
int belfry_host_run (BelfryHost *self);
void belfry_host_free (BelfryHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryHost, belfry_host_free)

/* (nullable): the configuration as it is now; findings are logged and, as text, in @report
 * (nullable). */
BelfryConfig *belfry_host_load_config (BelfryHost *self, GString *report);
/* Hands rooms the configuration and instances in force. */
gboolean belfry_host_apply (BelfryHost *self, GError **error);
void belfry_host_start_instances (BelfryHost *self);
void belfry_host_stop (BelfryHost *self);
/* Instances of a kind that are up: (transfer full) (element-type BelfryHosted) */
GPtrArray *belfry_host_list (BelfryHost *self, BelfryKind kind, gboolean running_only);
BelfryHosted *belfry_host_find (BelfryHost *self, BelfryKind kind, const char *name);
/* Carries a control to the engine whose builder, worker or build it names; the task returns a
 * BelfryControlAnswer. */
void belfry_host_control (BelfryHost *self, const BelfryControl *control, GTask *task);
JsonArray *belfry_host_list_forms (BelfryHost *self, const char *builder);
JsonObject *belfry_host_describe (BelfryHost *self);
/* The host's own key space in the store, and what stands in it */
#define BELFRY_STATE_HOST       "host"
#define BELFRY_STATE_CONFIGURED "configured"
/* configured.c: the configuration in force is now this one */
void belfry_host_note_configured (BelfryHost *self);
/* Hands an instance what it may ask of its host. */
const BelfryHostOps *belfry_host_get_ops (void);
/* Forgets what an instance put away, tokens above all; @data: BelfryHost */
void belfry_host_drop_cache (BelfryHosted *hosted, gpointer data);

/* reload.c: all or nothing; findings are logged. The task returns a report (utf8), or the error why
 * it was refused, one finding a line. */
void belfry_host_reload (BelfryHost *self, GTask *task);
void belfry_reloads_free (BelfryReloads *self);

/* instances.c */
BelfryHosted *belfry_instances_make (BelfryHost *self, const BelfryBlueprint *blueprint);
void belfry_instances_start (BelfryHosted *hosted);
void belfry_instances_stop (BelfryHosted *hosted, GTask *task);
void belfry_instances_reload (BelfryHosted *hosted);
/* Called by instances.c whenever one of them came up, failed or went down. */
void belfry_host_instances_changed (BelfryHost *self);

/* feed.c: stored changes to engines, each once, in order of id */
typedef struct _BelfryFeed BelfryFeed;
BelfryFeed *belfry_feed_new (BelfryHost *host, BelfryHosted *engine);
void belfry_feed_free (BelfryFeed *self);
void belfry_feed_wake (BelfryFeed *self);
