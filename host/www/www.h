/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The web server: listeners, limits before reading, routing from tables, pages from templates,
 * events to browsers, actions. It draws nothing itself: views do, on the pool.
 */
#pragma once

#include "bus/bus.h"
#include "daemon/hosted.h"
#include "metrics/metrics.h"
#include "store/store.h"

typedef struct _BelfryWww BelfryWww;

/**
 * BelfryWwwOps: what the host lends the server; main loop
 * @hook: a request to /change_hook/NAME, whole; the task returns a BelfryResponse
 * @hook_max_body: (nullable name: base) limit in bytes; negative: no such hook
 * @hook_too_large: (nullable) a request to a hook was refused for its size; @bytes of it came or
 * were announced
 * @control: the task returns a BelfryControlAnswer
 * @list_forms: force forms that feed a builder (transfer full)
 * @is_ready: (nullable) reasons why not, one a line (transfer full)
 * @metrics: (nullable) what the host counts; the task returns GBytes
 * @host_info: (nullable) what views may know of the host: change_sources, instances, shutting_down…
 * (transfer full)
 */
typedef struct {
  void (*hook) (const char *name, BelfryRequest *request, GTask *task, gpointer data);
  gint64 (*hook_max_body) (const char *name, gpointer data);
  void (*hook_too_large) (const char *name, const char *address, gsize bytes, gpointer data);
  void (*control) (const BelfryControl *control, GTask *task, gpointer data);
  JsonArray *(*list_forms) (const char *builder, gpointer data);
  char *(*is_ready) (gpointer data);
  void (*metrics) (GTask *task, gpointer data);
  JsonObject *(*host_info) (gpointer data);
  gpointer data;
} BelfryWwwOps;

BelfryWww *belfry_www_new (BelfryStore *store, BelfryBus *bus, const BelfryWwwOps *ops);
void belfry_www_free (BelfryWww *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryWww, belfry_www_free)
/* Counts requests; lent, once. */
void belfry_www_set_metrics (BelfryWww *self, BelfryMetrics *metrics);
/* Tells gauges: streams. */
void belfry_www_tell_gauges (BelfryWww *self);
/* (transfer none) (nullable): the engine of a builder, as far as it is known yet */
const char *belfry_www_find_engine (BelfryWww *self, gint64 builderid);
/* Opens new listeners and closes those that went, or fails with nothing changed; then the views
 * (element-type BelfryHosted) serve. */
gboolean belfry_www_apply (BelfryWww *self, BelfryConfig *config, GPtrArray *views, GError **error);
/* (element-type utf8) addresses as browsers write them, for status and tests */
GPtrArray *belfry_www_list_addresses (BelfryWww *self);
/* No new connections; streams end; who has asked is still answered. */
void belfry_www_hush (BelfryWww *self);
/* Whether nobody waits for an answer. */
gboolean belfry_www_is_quiet (BelfryWww *self);
/* Connections close; answers under way end. */
void belfry_www_stop (BelfryWww *self);
