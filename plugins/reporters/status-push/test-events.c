/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each event of Buildbot 0.8, made from what a reader finds. */
#include "payload.h"
#include "views-fake.h"

#include <string.h>

#define NOW_S 1045

typedef struct {
  ViewsFake *fake;
  BelfryBuild *good;
  BelfryBuild *running;
  BelfryStep *step;
  gboolean filter;
  char **black_list;
  JsonArray *items; /* of the last event */
} Scene;

static void
set_json (JsonNode **place, const char *text)
{
  g_autoptr (GError) local = NULL;

  g_clear_pointer (place, json_node_unref);
  *place = belfry_json_parse (text, -1, NULL, &local);
  g_assert_no_error (local);
}

static void
add_property (BelfryBuild *build, const char *name, const char *value)
{
  g_autoptr (JsonNode) node = belfry_json_new_text (value);

  if (build->properties == NULL)
    build->properties = belfry_properties_new ();
  belfry_properties_set (build->properties, name, node, "Build");
}

/* one build that took a minute, and one that runs for 45 seconds, its step for 35 */
static void
set_up (Scene *self, gconstpointer unused)
{
  BelfryWorker *worker = NULL;
  BelfryBuildset *set = NULL;

  self->fake = views_fake_new ();
  views_fake_add_builder (self->fake, 1, "linux", "c");
  worker = views_fake_add_worker (self->fake, 1, "box3", 1);
  set_json (&worker->workerinfo, "{\"admin\":\"Ada\",\"access_uri\":\"ssh://box3\"}");
  set = views_fake_add (self->fake, belfry_buildset_new ());
  set->bsid = 5;
  belfry_record_set_text (&set->reason, "push");
  self->good = views_fake_add_build (self->fake, 1, 1, 0, 100);
  belfry_record_set_text (&self->good->scheduler, "on-push");
  views_fake_end_step (views_fake_add_step (self->fake, self->good, 0, "make check", 100), 150, 0);
  views_fake_end_build (self->good, 160, 0);
  self->running = views_fake_add_build (self->fake, 2, 1, 1, 1000);
  self->running->bsid = 5;
  self->running->buildrequestid = 7;
  belfry_record_set_text (&self->running->scheduler, "on-push");
  add_property (self->running, "workername", "box3");
  self->step = views_fake_add_step (self->fake, self->running, 0, "make check", 1010);
  views_fake_add_log (self->fake, self->step, "stdio", "s", "o it works\n");
}

static void
tear_down (Scene *self, gconstpointer unused)
{
  g_clear_pointer (&self->items, json_array_unref);
  views_fake_free (self->fake);
}

/* the names of what it becomes, joined by blanks */
static char *
make (Scene *self, const char *name, const char *data)
{
  const BelfryPushContext context = { .title = "Acme CI",
                                      .url = "https://ci.example/",
                                      .filter = self->filter,
                                      .black_list = self->black_list };
  g_autoptr (BelfryEvent) event = belfry_event_new ();
  g_autoptr (GError) local = NULL;
  GString *names = g_string_new (NULL);

  belfry_record_set_text (&event->name, name);
  event->at = NOW_S * G_USEC_PER_SEC;
  event->builderid = 1;
  event->buildid = 2;
  event->data = g_strdup (data);
  g_clear_pointer (&self->items, json_array_unref);
  self->items = json_array_new ();
  g_assert_true (belfry_push_add_items (&context, event, views_fake_get_reader (self->fake),
                                        self->items, &local));
  g_assert_no_error (local);
  for (guint i = 0; i < json_array_get_length (self->items); i++)
    g_string_append_printf (
        names, "%s%s", i > 0 ? " " : "",
        belfry_json_get_text (json_array_get_object_element (self->items, i), "event"));
  return g_string_free (names, FALSE);
}

/* takes the names */
static void
assert_names (char *names, const char *wanted)
{
  g_assert_cmpstr (names, ==, wanted);
  g_free (names);
}

/* @path: members below an item's payload, joined by dots */
static void
assert_payload (Scene *self, guint index, const char *path, const char *wanted)
{
  JsonObject *item = json_array_get_object_element (self->items, index);
  JsonNode *node = json_object_get_member (item, "payload");
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  g_autofree char *text = NULL;

  for (guint i = 0; names[i] != NULL && *names[i] != '\0'; i++) {
    g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
    node = json_object_get_member (json_node_get_object (node), names[i]);
    g_assert_nonnull (node);
  }
  text = belfry_json_to_text (node);
  g_assert_cmpstr (text, ==, wanted);
}

static void
test_host (Scene *self, gconstpointer unused)
{
  assert_names (make (self, "host-started", NULL), "builderAdded builderChangedState start");
  assert_payload (self, 0, "builderName", "\"linux\"");
  assert_payload (self, 0, "builder",
                  "{\"basedir\":\"linux\",\"tags\":[\"c\"],\"slaves\":[\"box3\"],"
                  "\"schedulers\":[\"on-push\"],\"cachedBuilds\":[0,1],\"currentBuilds\":[1],"
                  "\"state\":\"building\",\"pendingBuilds\":0}");
  assert_payload (self, 1, "", "{\"builderName\":\"linux\",\"state\":\"building\"}");
  assert_payload (self, 2, "",
                  "{\"status\":{\"title\":\"Acme CI\",\"titleURL\":null,"
                  "\"buildbotURL\":\"https://ci.example/\"}}");
  assert_names (make (self, "host-stopped", NULL), "shutdown");
}

static void
test_builders (Scene *self, gconstpointer unused)
{
  assert_names (make (self, "builder-added", "{\"builderid\":1}"),
                "builderAdded builderChangedState");
  assert_names (make (self, "builder-state", "{\"builderid\":1,\"name\":\"linux\"}"),
                "builderChangedState");
  assert_names (make (self, "builder-removed", "{\"builderid\":1,\"name\":\"linux\"}"),
                "buildedRemoved");
  assert_payload (self, 0, "", "{\"builderName\":\"linux\"}");
}

static void
test_requests (Scene *self, gconstpointer unused)
{
  static const char data[] =
      "{\"buildrequestid\":7,\"buildsetid\":5,\"builderid\":1,\"submitted_at\":990}";

  assert_names (make (self, "buildset-added", "{\"bsid\":5,\"submitted_at\":990}"),
                "buildsetSubmitted");
  assert_payload (self, 0, "buildset.submitted_at", "\"1970-01-01 00:16:30+00:00\"");
  assert_names (make (self, "request-submitted", data), "requestSubmitted");
  assert_payload (self, 0, "request.builderName", "\"linux\"");
  assert_payload (self, 0, "request.submittedAt", "990.0");
  g_assert_cmpuint (
      json_array_get_length (belfry_json_get_array (
          belfry_json_get_object (
              belfry_json_get_object (json_array_get_object_element (self->items, 0), "payload"),
              "request"),
          "builds")),
      ==, 1);
  assert_names (make (self, "request-cancelled", data), "requestCancelled");
  assert_payload (self, 0, "builder", "\"linux\"");
  assert_names (make (self, "change-added", "{\"changeid\":3,\"author\":\"ada\"}"), "changeAdded");
  assert_payload (self, 0, "change.who", "\"ada\"");
}

static void
test_builds (Scene *self, gconstpointer unused)
{
  assert_names (make (self, "build-started",
                      "{\"buildid\":2,\"builderid\":1,\"number\":1,\"buildername\":\"linux\","
                      "\"started_at\":1000,\"complete\":false,\"properties\":{}}"),
                "buildStarted");
  assert_payload (self, 0, "build.eta", "15");
  assert_payload (self, 0, "build.steps", "[]");
  assert_payload (self, 0, "build.currentStep", "null");
  assert_payload (self, 0, "build.reason", "\"push\"");
  assert_payload (self, 0, "build.times", "[1000.0,null]");
  assert_names (make (self, "build-finished",
                      "{\"buildid\":2,\"builderid\":1,\"number\":1,\"buildername\":\"linux\","
                      "\"started_at\":1000,\"complete\":true,\"complete_at\":1045,\"results\":2,"
                      "\"state_string\":\"failed make check\","
                      "\"properties\":{\"workername\":[\"box3\",\"Worker\"]}}"),
                "buildFinished");
  assert_payload (self, 0, "build.eta", "null");
  assert_payload (self, 0, "build.results", "2");
  assert_payload (self, 0, "build.slave", "\"box3\"");
  assert_payload (self, 0, "build.text", "[\"failed\",\"make\",\"check\"]");
  assert_payload (self, 0, "build.currentStep.name", "\"make check\"");
}

/* what the engine says of the build, and what the steps before say of the one that runs */
static void
test_eta (Scene *self, gconstpointer unused)
{
  static const char data[] = "{\"buildid\":2,\"expected\":60,\"eta\":15}";

  assert_names (make (self, "eta", data), "buildETAUpdate stepETAUpdate");
  assert_payload (self, 0, "ETA", "15");
  assert_payload (self, 0, "build.builderName", "\"linux\"");
  assert_payload (self, 0, "build.eta", "15");
  assert_payload (self, 0, "build.currentStep.step_number", "0");
  assert_payload (self, 1, "ETA", "15");
  assert_payload (self, 1, "expectations", "[[\"time\",35,50]]");
  assert_payload (self, 1, "properties", "[[\"workername\",\"box3\",\"Build\"]]");
  assert_payload (self, 1, "step.eta", "15");
  views_fake_end_build (self->good, 160, BELFRY_RESULT_FAILURE);
  assert_names (make (self, "eta", data), "buildETAUpdate");
  assert_payload (self, 0, "build.eta", "null");
  views_fake_end_build (self->running, 1045, 0);
  assert_names (make (self, "eta", data), "");
}

static void
test_steps (Scene *self, gconstpointer unused)
{
  assert_names (make (self, "step-started",
                      "{\"stepid\":200,\"number\":0,\"name\":\"make check\",\"buildid\":2,"
                      "\"started_at\":1010,\"complete\":false,\"state_string\":\"running\"}"),
                "stepStarted");
  assert_payload (self, 0, "step.isStarted", "true");
  assert_payload (self, 0, "step.expectations", "[[\"time\",35,50]]");
  assert_payload (self, 0, "properties", "[[\"workername\",\"box3\",\"Build\"]]");
  assert_names (make (self, "step-text",
                      "{\"stepid\":200,\"name\":\"make check\",\"buildid\":2,"
                      "\"started_at\":1010,\"complete\":false,\"state_string\":\"3 tests\"}"),
                "stepTextChanged");
  assert_payload (self, 0, "text", "[\"3\",\"tests\"]");
  assert_names (make (self, "step-finished",
                      "{\"stepid\":200,\"name\":\"make check\",\"buildid\":2,\"started_at\":1010,"
                      "\"complete\":true,\"complete_at\":1040,\"results\":2,\"state_string\":\"x\","
                      "\"statistics\":{\"tests-failed\":1}}"),
                "stepText2Changed stepFinished");
  assert_payload (self, 0, "text2", "[\"make\",\"check\"]");
  assert_payload (self, 1, "step.results", "[2,[\"make\",\"check\"]]");
  assert_payload (self, 1, "step.statistics", "{\"tests-failed\":1}");
  assert_payload (self, 1, "step.eta", "null");
  assert_names (make (self, "step-finished",
                      "{\"stepid\":200,\"name\":\"make check\",\"buildid\":2,\"complete\":true,"
                      "\"results\":0,\"state_string\":\"x\"}"),
                "stepFinished");
  assert_payload (self, 0, "step.results", "[0,[]]");
}

static void
test_logs (Scene *self, gconstpointer unused)
{
  set_json (&self->step->statistics, "{\"warnings\":2}");
  assert_names (make (self, "log-started", "{\"logid\":1,\"stepid\":200,\"name\":\"stdio\"}"),
                "logStarted");
  assert_payload (self, 0, "step.name", "\"make check\"");
  assert_payload (self, 0, "step.statistics", "{\"warnings\":2}");
  assert_payload (self, 0, "step.logs", "[[\"stdio\",null]]");
  assert_names (make (self, "log-finished", "{\"logid\":1,\"stepid\":200,\"name\":\"stdio\"}"),
                "logFinished");
}

static void
test_workers (Scene *self, gconstpointer unused)
{
  assert_names (make (self, "worker-connected",
                      "{\"workerid\":1,\"name\":\"box3\",\"workerinfo\":{\"admin\":\"Ada\","
                      "\"access_uri\":\"ssh://box3\",\"host\":\"h\",\"version\":\"9\"}}"),
                "slaveConnected");
  assert_payload (self, 0, "slave.admin", "\"Ada\"");
  assert_payload (self, 0, "slave.access_uri", "\"ssh://box3\"");
  assert_payload (self, 0, "slave.host", "\"h\"");
  assert_payload (self, 0, "slave.version", "\"9\"");
  g_assert_cmpuint (
      json_array_get_length (belfry_json_get_array (
          belfry_json_get_object (
              belfry_json_get_object (json_array_get_object_element (self->items, 0), "payload"),
              "slave"),
          "runningBuilds")),
      ==, 1);
  assert_names (make (self, "worker-disconnected", "{\"name\":\"box3\"}"), "slaveDisconnected");
  assert_payload (self, 0, "", "{\"slavename\":\"box3\"}");
  assert_names (make (self, "worker-paused", "{\"name\":\"box3\"}"), "slavePaused");
  assert_names (make (self, "worker-unpaused", "{\"name\":\"box3\"}"), "slaveUnpaused");
}

/* an event may become several; each is on the black list by its own name */
static void
test_black_list (Scene *self, gconstpointer unused)
{
  static char *black_list[] = { (char *)"buildETAUpdate", NULL };

  self->black_list = black_list;
  self->filter = TRUE;
  assert_names (make (self, "eta", "{\"buildid\":2,\"eta\":0}"), "stepETAUpdate");
  assert_names (make (self, "worker-back", "{\"name\":\"box3\"}"), "");
}

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/status-push/events/" path, Scene, NULL, set_up, func, tear_down)
  ADD ("host", test_host);
  ADD ("builders", test_builders);
  ADD ("requests", test_requests);
  ADD ("builds", test_builds);
  ADD ("eta", test_eta);
  ADD ("steps", test_steps);
  ADD ("logs", test_logs);
  ADD ("workers", test_workers);
  ADD ("black-list", test_black_list);
#undef ADD
  return g_test_run ();
}
