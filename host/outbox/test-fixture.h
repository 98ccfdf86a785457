/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the tests of this room: a real store in a folder of its own, reporters that only remember. */
#pragma once

#include "outbox/outbox-private.h"

/* One item as a reporter was given it. */
typedef struct {
  gint64 reportid;
  char *target;
  char *key;
  char *phase;
  char *remote_id;
  guint tries;
  JsonObject *payload;
} TestItem;

/* A reporter's state: what it plans, what it answers, what it was given. */
typedef struct {
  const char *const *targets; /* NULL: one called "room" */
  const char *key;            /* NULL: the build's id */
  const char *plan_error;
  gboolean silent;            /* keeps its tasks */
  GQueue outcomes;            /* (element-type BelfryOutcome) then: delivered */
  GPtrArray *items;           /* (element-type TestItem) */
  GPtrArray *tasks;           /* (element-type GTask) kept ones */
  guint status;               /* of the HTTP reporter's answer; 0: no connection */
  const char *body;           /* (nullable) of that answer */
  const char *const *headers; /* (nullable) names and values of that answer */
  const char *url;
  BelfrySecret *token; /* (nullable) */
} TestState;

typedef struct _Fixture Fixture;

typedef struct {
  BelfryBlueprint blueprint;
  BelfryHosted *hosted;
  BelfrySection *section;
  TestState state;
  Fixture *fixture;
} TestReporter;

struct _Fixture {
  char *folder;
  BelfryConfig config;
  BelfryStore *store;
  BelfryOutbox *outbox;
  GPtrArray *reporters; /* (element-type TestReporter) */
  gint64 next_id;
};

/* What a build is made of; what is NULL or 0 has a plain value. */
typedef struct {
  const char *builder;
  const char *tag;
  const char *branch;
  const char *scheduler;
  const char *author;
  const char *owner;
  const char *owners; /* as engines list them, with semicolons */
  const char *comments;
  const char *codebase;
  const char *patch;
  gboolean unread;       /* branch and revision stand in the source stamp only */
  gint64 bsid;           /* 0: a set of its own */
  gint64 buildrequestid; /* 0: a request of its own */
} TestBuild;

/* A log of a step of its own. */
typedef struct {
  const char *step;
  const char *name;
  const char *type;
  const char *text; /* whole lines */
} TestLog;

extern const BelfryReporter test_message;
extern const BelfryReporter test_painter;
extern const BelfryReporter test_feed;
extern const BelfryReporter test_http;

void fixture_set_up (Fixture *self, gconstpointer unused);
void fixture_tear_down (Fixture *self, gconstpointer unused);
/* Closes the store and opens it again; what is in flight is left behind. */
void fixture_restart (Fixture *self);
/* @keys: lines `key=value`, or NULL */
TestReporter *
fixture_add (Fixture *self, const BelfryReporter *plugin, const char *name, const char *keys);
void fixture_apply (Fixture *self);
BelfryProblems *test_check (const BelfryReporter *plugin, const char *keys);

gint64 fixture_start_build (Fixture *self, const TestBuild *build);
void fixture_add_log (Fixture *self, gint64 buildid, const TestLog *spec);
void fixture_finish_build (Fixture *self, gint64 buildid, gint64 result);
gint64 fixture_build (Fixture *self, const TestBuild *build, gint64 result);
void fixture_finish_request (Fixture *self, gint64 buildid);
void fixture_finish_set (Fixture *self, gint64 buildid, gint64 result);
void fixture_lose_worker (Fixture *self, const char *name);
/* An event that is about the host. */
void fixture_say (Fixture *self, const char *event);
void fixture_add_user (Fixture *self, const char *identifier, const char *type, const char *value);
gint64 fixture_get_set (Fixture *self, gint64 buildid);

/* (transfer full): all records of a type, or those whose @field is @number */
GPtrArray *
fixture_list (Fixture *self, const BelfryRecordType *type, const char *field, gint64 number);

/* Waits for conditions; a test that waits too long fails. */
void test_turn_until (gboolean *ended);
void fixture_wait_items (Fixture *self, TestReporter *reporter, guint count);
void fixture_wait_states (Fixture *self, const char *instance, const char *states);
/* Turns the loop until nothing is under way any more. */
void fixture_settle (Fixture *self);
/* States of an instance's rows in the order of their ids, joined by blanks. */
char *fixture_dup_states (Fixture *self, const char *instance);
/* A column of an instance's last row. */
char *fixture_dup_answer (Fixture *self, const char *instance);
void fixture_advance (Fixture *self, gint64 by_us);
void fixture_answer (TestReporter *reporter, BelfryOutcome *outcome);

const TestItem *test_get_item (TestReporter *reporter, guint index);
const char *test_get_text (TestReporter *reporter, guint index, const char *member);
