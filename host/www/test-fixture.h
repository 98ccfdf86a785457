/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A real server over a real store in a temporary folder; clients are threads with plain sockets. */
#pragma once

#include "www/www-private.h"

typedef struct {
  char *folder;
  char *data_dir; /* (nullable): of the environment, as it was */
  BelfryStore *store;
  BelfryBus *bus;
  BelfryLoader *loader;
  BelfryConfig *config;
  BelfryWww *www;
  GPtrArray *views; /* (element-type BelfryHosted) */
  BelfryBlueprint *blueprint;
  BelfryView view;
  /* what the server asked of the host */
  guint n_hooks;
  char *hook_name;
  BelfryRequest *hook_request;
  GPtrArray *controls; /* (element-type utf8) "action builder worker id" */
  JsonObject *control_arguments;
  GTask *held_hook; /* (nullable): a hook that is not answered yet */
  gboolean hold_hooks;
  guint n_drawn;
  BelfryMetrics *metrics;
} Fixture;

/* Pages that every test's view has are in test-fixture.c. */
void fixture_set_up (Fixture *fixture, const char *www_section, const char *more);
void fixture_apply (Fixture *fixture, const char *www_section, const char *more);
void fixture_tear_down (Fixture *fixture);
void fixture_write_file (Fixture *fixture, const char *name, const char *text);
/* Loops until the condition is met; fails the test after ten seconds. */
#define fixture_wait(condition)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;                            \
    while (!(condition) && g_get_monotonic_time () < deadline_us)                                  \
      g_main_context_iteration (NULL, FALSE) ? (void)0 : g_usleep (500);                           \
    g_assert_true (condition);                                                                     \
  }                                                                                                \
  G_STMT_END
/* A builder, builds of it and a log, as an engine would store them. */
void fixture_add_builder (Fixture *fixture, gint64 id, const char *name);
void
fixture_add_build (Fixture *fixture, gint64 id, gint64 builderid, gint64 number, gboolean complete);
void fixture_write (Fixture *fixture, gpointer record);
void fixture_update (Fixture *fixture, gpointer record);
void
fixture_tell (Fixture *fixture, const char *name, gint64 builderid, gint64 buildid, gint64 subject);
/* Sends @request as it is and reads until the server closes; listener @index. */
char *fixture_talk (Fixture *fixture, const char *request);
/* One GET or other request, connection closed after it; @more: further header lines. */
char *fixture_ask (
    Fixture *fixture, const char *method, const char *path, const char *more, const char *body);
char *answer_dup_header (const char *answer, const char *name);
const char *answer_get_body (const char *answer);
guint answer_get_status (const char *answer);

/* A client that goes on: what it received so far is in text. */
typedef struct {
  GMutex lock;
  GString *text;
  gboolean is_closed;
  GSocket *socket;
  GThread *thread;
} Client;

Client *client_new (Fixture *fixture, const char *request, gboolean reads);
gboolean client_has (Client *self, const char *text);
gboolean client_is_closed (Client *self);
void client_send (Client *self, const char *text);
void client_free (Client *self);
