/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host for tests: an in-memory store behind BelfryHostOps, configuration from a text, the built
 * .so brought to life. Transactions are applied at once and told later, as a real host does it.
 */
#pragma once

#include <belfry-plugin.h>

/** FakeStore: what outlives an engine, so that one can be "killed" and another started on it */
typedef struct {
  GHashTable *tables;    /* record type's name to (id text to record) */
  GHashTable *state;     /* key to JsonNode */
  GHashTable *logs;      /* id text to GString */
  GPtrArray *events;     /* (element-type utf8) names told by transactions */
  GPtrArray *event_data; /* (element-type utf8) what they carried */
  GPtrArray *story; /* (element-type utf8) verbs and events, in the order in which they were said */
  GHashTable *names; /* builder and worker names to ids */
  gint64 next_id;
  GHashTable *numbers; /* builder id text to next number */
  gint64 taken;        /* id of the last change that a transaction took */
} FakeStore;

typedef struct {
  FakeStore *store;
  BelfryInstance *instance;
  const BelfryEngine *plugin;
  gpointer state;
  GPtrArray *sections;
  GHashTable *owned;
  GPtrArray *owned_states;
  GPtrArray *later_states; /* of the engine's own section, as reloads read it */
  BelfryProblems *problems;
  char *folder;      /* state directory */
  gsize log_waiting; /* what log_append answers */
  gboolean fail_claims;
  guint frozen_after; /* transactions: what comes later is never stored, as after a kill; 0: none */
  guint n_transactions;
  guint n_finished;    /* builds */
  GHashTable *secrets; /* name to value, registered */
} FakeHost;

FakeStore *fake_store_new (void);
void fake_store_free (FakeStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeStore, fake_store_free)
GPtrArray *fake_store_list (FakeStore *self, const BelfryRecordType *type);
gpointer fake_store_find (FakeStore *self, const BelfryRecordType *type, gint64 id);
void fake_store_put (FakeStore *self, gpointer record);
void fake_store_remove (FakeStore *self, const BelfryRecordType *type, gint64 id);
const char *fake_store_log (FakeStore *self, gint64 logid);
char *fake_store_step_log (FakeStore *self, const char *step);
BelfryChange *fake_store_add_change (FakeStore *self,
                                     const char *repository,
                                     const char *branch,
                                     const char *revision);

FakeHost *fake_host_new (FakeStore *store, const char *folder, const char *configuration);
gboolean fake_host_start (FakeHost *self, GError **error);
void fake_host_stop (FakeHost *self);
void fake_host_reload (FakeHost *self, const char *configuration);
void fake_host_free (FakeHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeHost, fake_host_free)
gboolean fake_host_is_frozen (const FakeHost *self);
void fake_host_give_change (FakeHost *self, BelfryChange *change);
BelfryControlAnswer *fake_host_control (FakeHost *self, BelfryControl *control);
gboolean fake_host_has_error (FakeHost *self, const char *words);

/* Turns the main loop until @test holds; fails the test after a while. */
typedef gboolean (*FakeTest) (FakeHost *self, gpointer data);
void fake_host_wait (FakeHost *self, FakeTest test, gpointer data);
BelfryBuild *fake_host_wait_build (FakeHost *self, gint64 number);
BelfryStep *fake_host_find_step (FakeHost *self, const char *name);
