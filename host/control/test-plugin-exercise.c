/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plugin of each kind is for, done once, with whatever outside the test has set up. Errors
 * are as good as successes here; what counts is that each call ends, and that what comes of it can
 * be stored and shown.
 */
#include "test-plugin-private.h"

#include <string.h>

#define AFTERMATH_US (100 * G_TIME_SPAN_MILLISECOND)

void
belfry_exercise_check_text (const char *what, const char *text)
{
  if (text == NULL)
    return;
  if (!g_utf8_validate (text, -1, NULL))
    belfry_conformance_fail ("%s is no UTF-8", what);
  if (strstr (text, BELFRY_PLANTED_SECRET) != NULL)
    belfry_conformance_fail ("%s quotes a secret", what);
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at) && *at != '\n' && *at != '\t')
      belfry_conformance_fail ("%s has control characters in it", what);
}

BelfryTest *
belfry_exercise_new (BelfrySubject *subject)
{
  static const BelfryTestExchange usual = { .answer = "{}" };
  /* what those say of themselves whom plugins ask for it first */
  static const BelfryTestProgram program = {
    .output = "version 9.9.9\n",
  };
  BelfryTest *test = belfry_test_new_idle (subject->path, subject->keys);

  belfry_test_set_origin (test, BELFRY_TEST_ANY_ORIGIN);
  belfry_test_answer (test, &usual);
  belfry_test_set_program (test, &program);
  return test;
}

/* hooks */

static const struct {
  const char *headers;
  const char *body;
} requests[] = {
  { "Content-Type: application/json", "{}" },
  { "Content-Type: application/json", "[{\"a\": [null, 1.5, true, \"\xc3\xa9\"]}]" },
  { "Content-Type: application/json", "{\"a\":" },
  { "Content-Type: application/json", "{\"a\": \"\xff\xfe\"}" },
  { "Content-Type: application/x-www-form-urlencoded", "payload=%7B%7D&a=%FF" },
  { "Content-Type: multipart/form-data; boundary=b", "--b\r\n\r\n--b--\r\n" },
  { "Content-Type: text/plain", "\x01\x02\x03" },
  { "", "" },
};

static void
check_translation (BelfryTest *test, BelfryTranslation *translation)
{
  belfry_exercise_check_text ("the reason for what it made of a request", translation->reason);
  belfry_exercise_check_text ("the event of a request", translation->event);
  if (translation->kind == BELFRY_TRANSLATION_CHANGES &&
      (translation->changes == NULL || translation->changes->len == 0))
    belfry_conformance_fail ("it made changes of a request, and none is there");
  for (guint i = 0; translation->changes != NULL && i < translation->changes->len; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    belfry_record_append_json (text, g_ptr_array_index (translation->changes, i),
                               BELFRY_RECORD_JSON_PROPERTIES);
    if (!g_utf8_validate (text->str, -1, NULL))
      belfry_conformance_fail ("a change is no UTF-8");
  }
}

/* what is pending may have been stored by another version of the plugin, so it is a stranger's */
static GTask *
begin_completing (BelfryTest *test, const BelfryHook *plugin)
{
  g_autoptr (JsonNode) pending = belfry_json_parse ("{}", -1, NULL, NULL);
  GTask *task = belfry_test_task_new (test);

  plugin->complete (belfry_test_get_state (test), pending, g_object_ref (task));
  return task;
}

static void
complete (BelfryTest *test, const BelfryHook *plugin)
{
  g_autoptr (GTask) task = belfry_test_wait (test, begin_completing (test, plugin));
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryTranslation) translation = g_task_propagate_pointer (task, &local);

  if (translation != NULL)
    check_translation (test, translation);
  else if (local == NULL)
    belfry_conformance_fail ("what was pending comes to nothing, without an error");
  else
    belfry_exercise_check_text ("why nothing came of what was pending", local->message);
}

static void
give_up (BelfryTest *test, const BelfryHook *plugin)
{
  g_autoptr (JsonNode) pending = belfry_json_parse ("{}", -1, NULL, NULL);
  g_autoptr (BelfryTranslation) translation =
      plugin->give_up (belfry_test_get_state (test), pending);

  if (translation == NULL)
    belfry_conformance_fail ("nothing is made of what was given up");
  else
    check_translation (test, translation);
}

static void
exercise_hook (BelfryTest *test)
{
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (GBytes) body = g_bytes_new (requests[i].body, strlen (requests[i].body));
    g_autoptr (BelfryRequest) request =
        belfry_test_request_new ("POST", "/change_hook/sample", requests[i].headers, body);
    g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);

    check_translation (test, translation);
  }
  if (plugin->complete != NULL)
    complete (test, plugin);
  if (plugin->give_up != NULL)
    give_up (test, plugin);
}

/* reporters */

static gboolean
has_phase (const BelfryReporter *plugin, const BelfryReport *report)
{
  static const struct {
    const char *name;
    guint phase;
  } rows[] = {
    { "started", BELFRY_PHASE_STARTED },   { "finished", BELFRY_PHASE_FINISHED },
    { "buildset", BELFRY_PHASE_BUILDSET }, { "worker", BELFRY_PHASE_WORKER },
    { "request", BELFRY_PHASE_REQUEST },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].name, belfry_report_get_phase (report)) == 0)
      return plugin->phases == 0 || (plugin->phases & rows[i].phase) != 0;
  return TRUE;
}

static void
deliver_all (BelfryTest *test, guint n_targets, BelfryOutcomeCheck check, gpointer user_data)
{
  for (guint i = 0; i < n_targets; i++) {
    BelfryTargets *targets = belfry_test_get_targets (test);
    guint asked = belfry_test_get_asked (test)->len;
    g_autoptr (BelfryOutcome) outcome = NULL;

    belfry_exercise_check_text ("a target", belfry_targets_get_target (targets, i));
    belfry_exercise_check_text ("a key", belfry_targets_get_key (targets, i));
    outcome = belfry_test_deliver (test, i, NULL);
    belfry_exercise_check_text ("what an outcome quotes", outcome->excerpt);
    belfry_exercise_check_text ("a remote id", outcome->remote_id);
    if (check != NULL && belfry_test_get_asked (test)->len > asked)
      check (outcome, user_data);
  }
}

static GTask *
begin_batch (BelfryTest *test, const BelfryReporter *plugin)
{
  g_autoptr (JsonArray) items = json_array_new ();
  GTask *task = belfry_test_task_new (test);
  JsonObject *item = json_object_new ();

  json_object_set_int_member (item, "id", 1);
  json_object_set_string_member (item, "event", "buildStarted");
  json_array_add_object_element (items, item);
  plugin->deliver_batch (belfry_test_get_state (test), items, g_object_ref (task));
  return task;
}

void
belfry_exercise_reports (BelfryTest *test, BelfryOutcomeCheck check, gpointer user_data)
{
  const BelfryReporter *plugin = belfry_test_get_plugin (test);
  const char *const *samples = belfry_test_list_samples ();

  for (guint i = 0; samples[i] != NULL && plugin->plan != NULL; i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (samples[i], NULL);

    if (has_phase (plugin, report))
      deliver_all (test, belfry_test_plan (test, report), check, user_data);
  }
  if (plugin->deliver_batch != NULL) {
    g_autoptr (GTask) task = begin_batch (test, plugin);

    belfry_test_wait (test, task);
  }
}

static void
exercise_reporter (BelfryTest *test)
{
  belfry_exercise_reports (test, NULL, NULL);
}

/* views and engines */

static const char records[] =
    "{\"builder\": [{\"builderid\": 1, \"name\": \"linux-x86\", \"tags\": [\"c\"]}],"
    " \"worker\": [{\"workerid\": 1, \"name\": \"box1\"}],"
    " \"build\": [{\"buildid\": 1, \"builderid\": 1, \"number\": 1, \"workerid\": 1,"
    "  \"started_at\": 1717400000, \"complete\": true, \"complete_at\": 1717400100,"
    "  \"results\": 2, \"state_string\": \"failed make\"}],"
    " \"step\": [{\"stepid\": 1, \"buildid\": 1, \"number\": 1, \"name\": \"make\","
    "  \"complete\": true, \"results\": 2, \"state_string\": \"failed\"}],"
    " \"log\": [{\"logid\": 1, \"stepid\": 1, \"buildid\": 1, \"name\": \"stdio\","
    "  \"slug\": \"stdio\", \"type\": \"s\", \"num_lines\": 1, \"complete\": true}],"
    " \"change\": [{\"changeid\": 1, \"author\": \"Ada\", \"comments\": \"<b>\","
    "  \"revision\": \"abc\", \"branch\": \"main\", \"repository\": \"https://x.example/r\"}]}";

static void
fill_store (BelfryTest *test)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (records, -1, NULL, &local);

  if (node == NULL || !belfry_test_store_read (belfry_test_get_store (test), node, &local))
    g_error ("the sample records: %s", local->message);
  belfry_test_store_set_log (belfry_test_get_store (test), 1, "omake: *** [all] Error 2\n");
}

/* a path of a route: what a brace holds is a number where its name sounds so */
static char *
make_path (const char *pattern)
{
  g_auto (GStrv) parts = g_strsplit (pattern, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    const char *value = "1";

    if (parts[i][0] != '{')
      continue;
    if (strstr (parts[i], "builder") != NULL)
      value = "linux-x86";
    else if (strstr (parts[i], "step") != NULL || strstr (parts[i], "name") != NULL)
      value = "make";
    else if (strstr (parts[i], "log") != NULL)
      value = "stdio";
    g_free (parts[i]);
    parts[i] = g_strdup (value);
  }
  return g_strjoinv ("/", parts);
}

static void
draw_routes (BelfryTest *test)
{
  const BelfryView *view = belfry_test_get_plugin (test);
  gconstpointer at = view->routes;

  for (; ((const BelfryRoute *)at)->pattern != NULL; at = (const char *)at + view->route_size) {
    g_autofree char *path = make_path (((const BelfryRoute *)at)->pattern);
    g_autoptr (GError) local = NULL;
    g_autoptr (BelfryResponse) response = belfry_test_draw (test, path, &local);
    guint status = response != NULL ? belfry_response_get_status (response) : 500;

    if (response == NULL && local == NULL)
      belfry_conformance_fail ("'%s' is drawn as nothing, without an error", path);
    if (status < 200 || status > 599)
      belfry_conformance_fail ("'%s' is answered with status %u", path, status);
  }
}

static void
exercise_view (BelfryTest *test)
{
  draw_routes (test);
  fill_store (test);
  draw_routes (test);
}

static void
exercise_engine (BelfryTest *test)
{
  static const char *const usual[] = { "force", "stop", "cancel", "rebuild", "ping", NULL };
  const BelfryEngine *engine = belfry_test_get_plugin (test);
  const char *const *actions = engine->actions != NULL ? engine->actions : usual;
  g_autoptr (BelfryChange) change = belfry_change_new ();

  change->changeid = 1;
  belfry_record_set_text (&change->author, "Ada <ada@example.org>");
  belfry_record_set_text (&change->branch, "main");
  belfry_record_set_text (&change->revision, "abc");
  belfry_record_set_text (&change->repository, "https://x.example/r");
  belfry_test_give_change (test, change);
  for (guint i = 0; actions[i] != NULL; i++) {
    g_autoptr (JsonObject) arguments = json_object_new ();
    BelfryControl control = { .action = actions[i],
                              .builder = "no such builder",
                              .worker = "no such worker",
                              .scheduler = "no such scheduler",
                              .id = 4711,
                              .who = "ada",
                              .arguments = arguments };
    g_autoptr (GError) local = NULL;
    g_autoptr (BelfryControlAnswer) answer = NULL;

    /* what ends an engine is tried by stopping it */
    if (strstr (actions[i], "shutdown") != NULL)
      continue;
    answer = belfry_test_control (test, &control, &local);
    if (answer != NULL)
      belfry_exercise_check_text ("the answer to an action", answer->message);
  }
  if (engine->pressure != NULL) {
    engine->pressure (belfry_test_get_state (test), TRUE);
    engine->pressure (belfry_test_get_state (test), FALSE);
  }
}

/* pollers, bots and auth */

static void
exercise_poller (BelfryTest *test)
{
  const BelfryPoller *poller = belfry_test_get_plugin (test);
  g_autoptr (GError) local = NULL;

  if (poller->poll == NULL)
    return;
  belfry_test_poll (test, NULL, &local);
  if (local != NULL)
    belfry_exercise_check_text ("why a poll failed", local->message);
}

static JsonObject *
make_reply (void)
{
  g_autoptr (JsonNode) node = belfry_json_parse (
      "{\"spans\": [{\"kind\": \"text\", \"text\": \"build #1 failed\"}]}", -1, NULL, NULL);

  return json_node_dup_object (node);
}

static void
exercise_bot (BelfryTest *test)
{
  g_autoptr (JsonObject) reply = make_reply ();
  g_autoptr (GError) local = NULL;

  belfry_test_say (test, "#ci", reply, &local);
  if (local != NULL)
    belfry_exercise_check_text ("why it could not say something", local->message);
}

static void
exercise_auth (BelfryTest *test)
{
  const BelfryAuth *auth = belfry_test_get_plugin (test);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonObject) user = NULL;

  if (auth->authenticate != NULL)
    user = belfry_test_authenticate (test, "nobody", "wrong", &local);
  if (local != NULL)
    belfry_exercise_check_text ("why somebody could not be told", local->message);
  belfry_test_may (test, "force", NULL, NULL, NULL);
}

void
belfry_exercise_start (BelfryTest *test)
{
  g_autoptr (GError) local = NULL;

  if (belfry_test_start (test, &local))
    return;
  if (g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND) ||
      g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED))
    belfry_conformance_skip ("this machine lacks what it needs: %s", local->message);
  belfry_conformance_fail ("it does not start: %s", local->message);
}

void
belfry_exercise_stop (BelfryTest *test)
{
  g_autoptr (GError) local = NULL;

  if (!belfry_test_stop (test, &local))
    belfry_conformance_fail ("it does not stop: %s", local->message);
}

/* what is under way comes to its end, or shows that it does not */
void
belfry_exercise_settle (void)
{
  gint64 end = g_get_monotonic_time () + AFTERMATH_US;

  while (g_get_monotonic_time () < end) {
    while (g_main_context_iteration (NULL, FALSE))
      continue;
    g_usleep (G_TIME_SPAN_MILLISECOND);
  }
}

void
belfry_exercise (BelfryTest *test)
{
  static void (*const kinds[BELFRY_N_KINDS]) (BelfryTest * test) = {
    [BELFRY_KIND_HOOK] = exercise_hook,     [BELFRY_KIND_POLLER] = exercise_poller,
    [BELFRY_KIND_ENGINE] = exercise_engine, [BELFRY_KIND_REPORTER] = exercise_reporter,
    [BELFRY_KIND_BOT] = exercise_bot,       [BELFRY_KIND_VIEW] = exercise_view,
    [BELFRY_KIND_AUTH] = exercise_auth,
  };
  const BelfryPlugin *plugin = belfry_test_get_plugin (test);

  kinds[plugin->kind](test);
  belfry_exercise_check_text ("what it logged", belfry_test_get_log (test));
}

/* the call that waits for others */

static GTask *
begin_delivery (BelfryTest *test, const BelfryReporter *plugin)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", NULL);
  BelfryItem item = { .size = sizeof item, .reportid = 812, .phase = "finished" };
  BelfryTargets *targets = NULL;
  GTask *task = NULL;

  if (belfry_test_plan (test, report) == 0)
    return NULL;
  targets = belfry_test_get_targets (test);
  item.target = belfry_targets_get_target (targets, 0);
  item.key = belfry_targets_get_key (targets, 0);
  item.payload = belfry_targets_get_payload (targets, 0);
  task = belfry_test_task_new (test);
  plugin->deliver (belfry_test_get_state (test), &item, g_object_ref (task));
  return task;
}

static GTask *
begin_poll (BelfryTest *test, const BelfryPoller *plugin)
{
  g_autoptr (JsonNode) none = json_node_new (JSON_NODE_NULL);
  GTask *task = belfry_test_task_new (test);

  plugin->poll (belfry_test_get_state (test), none, g_object_ref (task));
  return task;
}

static GTask *
begin_saying (BelfryTest *test, const BelfryBot *plugin)
{
  g_autoptr (JsonObject) reply = make_reply ();
  GTask *task = belfry_test_task_new (test);

  plugin->say (belfry_test_get_state (test), "#ci", reply, g_object_ref (task));
  return task;
}

static GTask *
begin_login (BelfryTest *test, const BelfryAuth *plugin)
{
  GTask *task = belfry_test_task_new (test);

  plugin->authenticate (belfry_test_get_state (test), "nobody", "wrong", "192.0.2.7",
                        g_object_ref (task));
  return task;
}

GTask *
belfry_exercise_begin (BelfryTest *test)
{
  gconstpointer plugin = belfry_test_get_plugin (test);
  const BelfryReporter *reporter = plugin;

  switch (((const BelfryPlugin *)plugin)->kind) {
  case BELFRY_KIND_REPORTER:
    if (reporter->deliver_batch != NULL)
      return begin_batch (test, reporter);
    return reporter->deliver != NULL ? begin_delivery (test, reporter) : NULL;
  case BELFRY_KIND_POLLER:
    return ((const BelfryPoller *)plugin)->poll != NULL ? begin_poll (test, plugin) : NULL;
  case BELFRY_KIND_BOT:
    return begin_saying (test, plugin);
  case BELFRY_KIND_AUTH:
    return ((const BelfryAuth *)plugin)->authenticate != NULL ? begin_login (test, plugin) : NULL;
  case BELFRY_KIND_HOOK:
    return ((const BelfryHook *)plugin)->complete != NULL ? begin_completing (test, plugin) : NULL;
  case BELFRY_KIND_ENGINE:
  case BELFRY_KIND_VIEW:
  case BELFRY_N_KINDS:
    break;
  }
  return NULL;
}
