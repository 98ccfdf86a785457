/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes on: event streams and growing logs, and actions with their tokens. */
#include "www/test-fixture.h"

#include <string.h>

#define LOCAL "listen=tcp:0:interface=127.0.0.1"

static Client *
open_stream (Fixture *fixture, const char *query, const char *more)
{
  g_autofree char *request = g_strdup_printf ("GET /events%s HTTP/1.1\r\nHost: x\r\n%s\r\n", query,
                                              more != NULL ? more : "");
  Client *client = client_new (fixture, request, TRUE);

  fixture_wait (client_has (client, "retry: 3000"));
  return client;
}

static void
test_stream (void)
{
  Fixture fixture;
  Client *client = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  client = open_stream (&fixture, "", NULL);
  g_assert_true (client_has (client, "text/event-stream"));
  g_assert_true (client_has (client, "X-Accel-Buffering: no"));
  fixture_tell (&fixture, "build-started", 1, 10, 10);
  fixture_wait (client_has (client, "id: 1\nevent: build-started\ndata: {\"subject\":10}\n\n"));
  fixture_tell (&fixture, "scheduler-fired", BELFRY_NONE, BELFRY_NONE, 1);
  fixture_tell (&fixture, "build-finished", 1, 10, 10);
  fixture_wait (client_has (client, "event: build-finished"));
  g_assert_false (client_has (client, "scheduler-fired"));
  g_assert_false (client_is_closed (client));
  belfry_www_stop (fixture.www);
  fixture_wait (client_is_closed (client));
  client_free (client);
  fixture_tear_down (&fixture);
}

static void
test_stream_filters (void)
{
  Fixture fixture;
  Client *topics = NULL;
  Client *builder = NULL;
  Client *build = NULL;
  g_autofree char *missing = NULL;
  g_autofree char *bad = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  fixture_add_builder (&fixture, 1, "b1");
  fixture_add_builder (&fixture, 2, "b2");
  fixture_add_build (&fixture, 10, 1, 3, FALSE);
  fixture_wait (belfry_fleet_find (fixture.www->fleet, "b2") == 2);
  topics = open_stream (&fixture, "?topics=workers,steps", NULL);
  builder = open_stream (&fixture, "?builder=b2&builder=nope", NULL);
  build = open_stream (&fixture, "?build=b1/3", NULL);
  fixture_tell (&fixture, "build-started", 1, 10, 10);
  fixture_tell (&fixture, "build-started", 2, 11, 11);
  fixture_tell (&fixture, "step-started", 2, 11, 12);
  fixture_tell (&fixture, "step-finished", 1, 10, 13);
  fixture_wait (client_has (topics, "step-finished"));
  g_assert_false (client_has (topics, "build-started"));
  fixture_wait (client_has (builder, "step-started"));
  g_assert_true (client_has (builder, "\"subject\":11"));
  g_assert_false (client_has (builder, "\"subject\":10"));
  fixture_wait (client_has (build, "step-finished"));
  g_assert_false (client_has (build, "\"subject\":11"));
  client_free (topics);
  client_free (builder);
  client_free (build);
  missing = fixture_ask (&fixture, "GET", "/events?build=b1/99", NULL, NULL);
  g_assert_cmpuint (answer_get_status (missing), ==, 404);
  bad = fixture_ask (&fixture, "GET", "/events?build=b1", NULL, NULL);
  g_assert_cmpuint (answer_get_status (bad), ==, 400);
  fixture_tear_down (&fixture);
}

static void
test_stream_resumes (void)
{
  Fixture fixture;
  Client *client = NULL;
  Client *future = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  for (gint64 i = 1; i <= 5; i++)
    fixture_tell (&fixture, "build-started", 1, i, 100 + i);
  client = open_stream (&fixture, "", "Last-Event-ID: 3\r\n");
  fixture_wait (client_has (client, "id: 5\n"));
  g_assert_true (client_has (client, "id: 4\n"));
  g_assert_false (client_has (client, "id: 3\n"));
  g_assert_false (client_has (client, "event: reset"));
  fixture_tell (&fixture, "build-finished", 1, 1, 101);
  fixture_wait (client_has (client, "id: 6\n"));
  client_free (client);
  future = open_stream (&fixture, "?last-event-id=99", NULL);
  fixture_wait (client_has (future, "id: 6\nevent: reset\n"));
  client_free (future);
  fixture_tear_down (&fixture);
}

static gboolean
write_many (BelfryWriter *writer, gpointer data, GError **error)
{
  for (guint i = 0; i < GPOINTER_TO_UINT (data); i++) {
    g_autoptr (BelfryEvent) event = belfry_event_new ();

    belfry_record_set_text (&event->name, "build-started");
    event->builderid = 1;
    if (!belfry_writer_add_event (writer, event, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static void
test_stream_reset_after_many (void)
{
  Fixture fixture;
  Client *client = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  belfry_store_write (fixture.store, write_many, GUINT_TO_POINTER (1100), NULL);
  fixture_wait (belfry_store_last_event_id (fixture.store, BELFRY_NONE) == 1100);
  client = open_stream (&fixture, "", "Last-Event-ID: 1\r\n");
  fixture_wait (client_has (client, "id: 1100\nevent: reset\n"));
  g_assert_false (client_has (client, "build-started"));
  client_free (client);
  fixture_tear_down (&fixture);
}

static void
test_stream_caps (void)
{
  Fixture fixture;
  Client *clients[5];
  g_autofree char *answer = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  for (guint i = 0; i < 5; i++)
    clients[i] = open_stream (&fixture, "", NULL);
  answer = fixture_ask (&fixture, "GET", "/events", NULL, NULL);
  g_assert_cmpuint (answer_get_status (answer), ==, 429);
  for (guint i = 0; i < 5; i++)
    client_free (clients[i]);
  fixture_tear_down (&fixture);
}

/* Reads nothing: events pile up until it is cut off, and memory stays bounded. */
static void
test_stream_slow_reader (void)
{
  Fixture fixture;
  Client *client = NULL;
  g_autoptr (BelfryEvent) event = belfry_event_new ();
  g_autofree char *filler = g_strnfill (60000, 'f');
  g_autoptr (JsonObject) object = json_object_new ();
  guint told = 0;

  fixture_set_up (&fixture, LOCAL, NULL);
  client = client_new (&fixture, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n", FALSE);
  fixture_wait (!g_queue_is_empty (&fixture.www->exchanges));
  json_object_set_string_member (object, "filler", filler);
  belfry_record_set_text (&event->name, "eta");
  event->builderid = BELFRY_NONE;
  event->data = belfry_json_object_to_text (object);
  for (told = 0; told < 2000 && !g_queue_is_empty (&fixture.www->exchanges); told++) {
    belfry_bus_tell (fixture.bus, event);
    for (guint i = 0; i < 20; i++)
      g_main_context_iteration (NULL, FALSE);
  }
  g_assert_cmpuint (told, <, 2000);
  client_free (client);
  fixture_tear_down (&fixture);
}

/* logs */

static void
add_log (Fixture *fixture, const char *text, guint n_lines, gboolean complete)
{
  BelfryStep *step = belfry_step_new ();
  BelfryLog *log = belfry_log_new ();
  g_autoptr (GBytes) lines = g_bytes_new (text, strlen (text));

  fixture_add_builder (fixture, 1, "b1");
  fixture_add_build (fixture, 1, 1, 1, complete);
  step->stepid = 1;
  step->buildid = 1;
  belfry_record_set_text (&step->name, "make");
  fixture_write (fixture, step);
  log->logid = 1;
  log->stepid = 1;
  log->buildid = 1;
  belfry_record_set_text (&log->name, "stdio");
  belfry_record_set_text (&log->slug, "stdio");
  belfry_record_set_text (&log->type, "s");
  fixture_write (fixture, log);
  belfry_store_log_append (fixture->store, 1, lines, n_lines);
  fixture_wait (belfry_store_log_lines (fixture->store, 1) == n_lines);
}

static void
finish_log (Fixture *fixture, guint n_lines)
{
  BelfryLog *log = belfry_log_new ();

  log->logid = 1;
  log->stepid = 1;
  log->buildid = 1;
  belfry_record_set_text (&log->name, "stdio");
  belfry_record_set_text (&log->slug, "stdio");
  belfry_record_set_text (&log->type, "s");
  log->complete = TRUE;
  log->num_lines = n_lines;
  fixture_update (fixture, log);
}

/* The body without its chunks' lengths. */
static char *
dup_unchunked (const char *answer)
{
  const char *at = answer_get_body (answer);
  GString *text = g_string_new (NULL);

  for (;;) {
    guint64 length = 0;
    g_autofree char *digits = g_strndup (at, strcspn (at, "\r"));

    if (!g_ascii_string_to_unsigned (digits, 16, 0, G_MAXUINT32, &length, NULL) || length == 0)
      return g_string_free (text, FALSE);
    at += strlen (digits) + 2;
    g_string_append_len (text, at, (gssize)length);
    at += length + 2;
  }
}

static void
test_log_text (void)
{
  static const struct {
    const char *query;
    const char *more;
    guint status;
    const char *text;
  } cases[] = {
    { "", NULL, 200, "one\ntwo\n\nfour\n" },
    { "?headers=1", NULL, 200, "head\none\ntwo\n\nfour\n" },
    { "?from=0", NULL, 200, "one\ntwo\n\nfour\n" },
    { "?from=5", NULL, 200, "wo\n\nfour\n" },
    { "?from=8", NULL, 200, "\nfour\n" },
    { "?from=14", NULL, 200, "" },
    { "?from=99", NULL, 200, "" },
    { "", "Range: bytes=4-6\r\n", 206, "two" },
    { "", "Range: bytes=-5\r\n", 206, "four\n" },
    { "", "Range: bytes=50-\r\n", 416, NULL },
    { "?from=x", NULL, 400, NULL },
  };
  Fixture fixture;

  fixture_set_up (&fixture, LOCAL, NULL);
  add_log (&fixture, "hhead\noone\netwo\no\nofour\n", 5, TRUE);
  finish_log (&fixture, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/thelog/text", cases[i].query, NULL);
    g_autofree char *answer = fixture_ask (&fixture, "GET", path, cases[i].more, NULL);
    g_autofree char *text = dup_unchunked (answer);
    g_autofree char *size = answer_dup_header (answer, "X-Text-Size");

    g_test_message ("%s %s", cases[i].query, cases[i].more);
    g_assert_cmpuint (answer_get_status (answer), ==, cases[i].status);
    if (cases[i].text != NULL)
      g_assert_cmpstr (text, ==, cases[i].text);
    if (strstr (cases[i].query, "from") != NULL && cases[i].status == 200)
      g_assert_cmpstr (size, ==, "14");
  }
  fixture_tear_down (&fixture);
}

static void
test_log_follows (void)
{
  Fixture fixture;
  Client *client = NULL;
  g_autofree char *polled = NULL;
  g_autofree char *more = NULL;
  g_autoptr (GBytes) lines = g_bytes_new_static ("othree\n", 7);

  fixture_set_up (&fixture, LOCAL, NULL);
  add_log (&fixture, "oone\notwo\n", 2, FALSE);
  client = client_new (&fixture,
                       "GET /thelog/text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", TRUE);
  fixture_wait (client_has (client, "one\ntwo\n"));
  polled = fixture_ask (&fixture, "GET", "/thelog/text?from=4", NULL, NULL);
  more = answer_dup_header (polled, "X-More-Data");
  g_assert_cmpstr (more, ==, "true");
  belfry_store_log_append (fixture.store, 1, lines, 1);
  fixture_wait (belfry_store_log_lines (fixture.store, 1) == 3);
  fixture_tell (&fixture, "log-finished", 1, 1, 1);
  fixture_wait (client_has (client, "three\n"));
  g_assert_false (client_is_closed (client));
  finish_log (&fixture, 3);
  fixture_tell (&fixture, "log-finished", 1, 1, 1);
  fixture_wait (client_is_closed (client));
  g_assert_true (client_has (client, "\r\n0\r\n\r\n"));
  client_free (client);
  fixture_tear_down (&fixture);
}

static void
test_log_large (void)
{
  Fixture fixture;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *answer = NULL;
  g_autofree char *body = NULL;
  g_autofree char *packed = NULL;
  g_autofree char *encoding = NULL;

  fixture_set_up (&fixture, LOCAL, NULL);
  for (guint i = 0; i < 40000; i++)
    g_string_append_printf (text, "oline %u of a log that is long enough to need many pieces\n", i);
  add_log (&fixture, text->str, 40000, TRUE);
  finish_log (&fixture, 40000);
  answer = fixture_ask (&fixture, "GET", "/thelog/text", NULL, NULL);
  body = dup_unchunked (answer);
  g_assert_cmpuint (strlen (body), ==, text->len - 40000);
  g_assert_true (
      g_str_has_suffix (body, "line 39999 of a log that is long enough to need many pieces\n"));
  packed = fixture_ask (&fixture, "GET", "/thelog/text", "Accept-Encoding: gzip\r\n", NULL);
  encoding = answer_dup_header (packed, "Content-Encoding");
  g_assert_cmpstr (encoding, ==, "gzip");
  fixture_tear_down (&fixture);
}

/* actions */

#define OPEN_RIGHTS "[authz]\ndefault-action=yes\n"

/* A visitor: cookie and token as a page gave them. */
typedef struct {
  char *cookie;
  char *token;
} Visitor;

static void
visit (Fixture *fixture, Visitor *visitor)
{
  g_autofree char *page = fixture_ask (fixture, "GET", "/", NULL, NULL);
  g_autofree char *cookie = answer_dup_header (page, "Set-Cookie");
  const char *token = strstr (page, "name=csrf value=\"");

  g_assert_nonnull (cookie);
  g_assert_nonnull (strstr (cookie, "HttpOnly; SameSite=Lax"));
  visitor->cookie = g_strndup (cookie, strcspn (cookie, ";"));
  token += strlen ("name=csrf value=\"");
  visitor->token = g_strndup (token, strcspn (token, "\""));
  g_assert_cmpuint (strlen (visitor->token), >, 40);
}

static void
leave (Visitor *visitor)
{
  g_free (visitor->cookie);
  g_free (visitor->token);
}

static char *
post (Fixture *fixture, Visitor *visitor, const char *path, const char *form, const char *more)
{
  g_autofree char *headers =
      g_strdup_printf ("Cookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n%s",
                       visitor->cookie, more != NULL ? more : "");
  g_autofree char *body = g_strdup_printf ("csrf=%s&%s", visitor->token, form);

  return fixture_ask (fixture, "POST", path, headers, body);
}

static void
set_up_actions (Fixture *fixture, const char *rights)
{
  BelfryWorker *worker = belfry_worker_new ();
  BelfryBuildRequest *request = belfry_build_request_new ();

  fixture_set_up (fixture, LOCAL, rights);
  fixture_add_builder (fixture, 1, "b1");
  fixture_add_builder (fixture, 2, "b2");
  fixture_add_build (fixture, 10, 1, 3, FALSE);
  fixture_add_build (fixture, 11, 2, 1, FALSE);
  fixture_add_build (fixture, 12, 2, 2, TRUE);
  worker->workerid = 1;
  belfry_record_set_text (&worker->name, "w1");
  fixture_write (fixture, worker);
  request->buildrequestid = 20;
  request->builderid = 1;
  request->results = -1;
  fixture_write (fixture, request);
  fixture_wait (belfry_fleet_find (fixture->www->fleet, "b2") == 2);
}

static void
test_action_table (void)
{
  static const struct {
    const char *path;
    const char *form;
    const char *location;
    const char *controls;
  } cases[] = {
    { "/builders/b1/force", "forcescheduler=force&reason=why", "../../builders/b1",
      "force b1 - force -1" },
    { "/builders/_all/forceall", "forcescheduler=force", "../../builders", "force b1 - force -1" },
    { "/builders/_selected/forceselected", "forcescheduler=force&selected=b2", "../../builders",
      "" },
    { "/builders/b1/builds/3/rebuild", "", "../../../../builders/b1", "rebuild b1 - - 10" },
    { "/builders/b1/builds/3/stop", "comments=enough", "../../../../builders/b1",
      "stop b1 - - 10" },
    { "/builders/_all/stopall", "", "../../", "stop b1 - - 10;stop b2 - - 11" },
    { "/builders/_selected/stopselected", "selected=b2&selected=gone", "../../", "stop b2 - - 11" },
    { "/builders/b1/cancelbuild", "id=20", "../../builders/b1", "cancel b1 - - 20" },
    { "/builders/b1/cancelbuild", "id=all", "../../builders/b1", "cancel b1 - - 20" },
    { "/builders/b2/cancelbuild", "id=all", "../../builders/b2", "" },
    { "/builders/_all/cancelpendingall", "", "../../", "cancel b1 - - 20" },
    { "/builders/b1/ping", "", "../../builders/b1", "ping b1 - - -1" },
    { "/buildslaves/w1/pause", "", "../../workers/w1", "pause - w1 - 1" },
    { "/workers/w1/unpause", "", "../../workers/w1", "unpause - w1 - 1" },
    { "/workers/w1/shutdown", "", "../../workers/w1", "graceful - w1 - 1" },
    { "/shutdown", "", "./", "shutdown - - - -1" },
    { "/cancel_shutdown", "", "./", "cancel-shutdown - - - -1" },
  };
  Fixture fixture;
  Visitor visitor;

  set_up_actions (&fixture, OPEN_RIGHTS);
  visit (&fixture, &visitor);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = NULL;
    g_autofree char *location = NULL;
    g_autofree char *controls = NULL;

    g_ptr_array_set_size (fixture.controls, 0);
    answer = post (&fixture, &visitor, cases[i].path, cases[i].form, NULL);
    location = answer_dup_header (answer, "Location");
    g_ptr_array_add (fixture.controls, NULL);
    controls = g_strjoinv (";", (char **)fixture.controls->pdata);
    g_ptr_array_set_size (fixture.controls, 0);
    g_test_message ("%s", cases[i].path);
    g_assert_cmpuint (answer_get_status (answer), ==, 303);
    g_assert_cmpstr (location, ==, cases[i].location);
    g_assert_cmpstr (controls, ==, cases[i].controls);
  }
  leave (&visitor);
  fixture_tear_down (&fixture);
}

/* the only box that was checked; one that is not, is not sent at all */
static const char *
checked_box (JsonObject *arguments)
{
  JsonArray *boxes = belfry_json_get_array (arguments, "checkbox");

  g_assert_nonnull (boxes);
  g_assert_cmpuint (json_array_get_length (boxes), ==, 1);
  return json_array_get_string_element (boxes, 0);
}

static void
test_action_arguments (void)
{
  Fixture fixture;
  Visitor visitor;
  g_autofree char *forced = NULL;
  g_autofree char *stopped = NULL;
  g_autofree char *rebuilt = NULL;
  JsonObject *properties = NULL;

  set_up_actions (&fixture, OPEN_RIGHTS);
  visit (&fixture, &visitor);
  forced = post (&fixture, &visitor, "/builders/b1/force",
                 "forcescheduler=force&a=1&a=2&branch=x&checkbox=clean&username=Jo%0AX", NULL);
  g_assert_cmpstr (belfry_json_get_text (fixture.control_arguments, "branch"), ==, "x");
  g_assert_cmpstr (checked_box (fixture.control_arguments), ==, "clean");
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (fixture.control_arguments, "a")),
                    ==, 2);
  g_assert_false (json_object_has_member (fixture.control_arguments, "csrf"));
  g_assert_false (json_object_has_member (fixture.control_arguments, "forcescheduler"));
  stopped =
      post (&fixture, &visitor, "/builders/b1/builds/3/stop", "comments=enough&username=Jo", NULL);
  g_assert_cmpstr (belfry_json_get_text (fixture.control_arguments, "reason"), ==,
                   "The web-page 'stop build' button was pressed by 'Jo (unverified)': enough");
  rebuilt = post (&fixture, &visitor, "/builders/b1/builds/3/rebuild",
                  "useSourcestamp=exact&property1name=p&property1value=v&property2name=", NULL);
  properties = belfry_json_get_object (fixture.control_arguments, "properties");
  g_assert_cmpuint (json_object_get_size (properties), ==, 1);
  g_assert_cmpstr (belfry_json_get_text (properties, "p"), ==, "v");
  leave (&visitor);
  fixture_tear_down (&fixture);
}

static void
test_action_message (void)
{
  Fixture fixture;
  Visitor visitor;
  g_autofree char *answer = NULL;
  g_autofree char *cookie = NULL;
  g_autofree char *headers = NULL;
  g_autofree char *page = NULL;
  g_autofree char *forged = NULL;
  g_autofree char *json = NULL;

  set_up_actions (&fixture, OPEN_RIGHTS);
  visit (&fixture, &visitor);
  answer = post (&fixture, &visitor, "/builders/b1/force", "forcescheduler=force&bad=x", NULL);
  cookie = answer_dup_header (answer, "Set-Cookie");
  cookie[strcspn (cookie, ";")] = '\0';
  headers = g_strdup_printf ("Cookie: %s; %s\r\n", visitor.cookie, cookie);
  page = fixture_ask (&fixture, "GET", "/builders/b1", headers, NULL);
  g_assert_nonnull (strstr (page, "<p class=alert>bad: is &lt;bad&gt;</p>"));
  g_assert_nonnull (strstr (page, "belfry_message=; Path=/; Max-Age=0"));
  g_assert_nonnull (strstr (page, "force=True"));
  g_free (headers);
  headers = g_strdup_printf ("Cookie: %sx\r\n", cookie);
  forged = fixture_ask (&fixture, "GET", "/builders/b1", headers, NULL);
  g_assert_null (strstr (forged, "class=alert"));
  json = post (&fixture, &visitor, "/builders/b1/force", "forcescheduler=force&bad=x",
               "Accept: application/json\r\n");
  g_assert_cmpuint (answer_get_status (json), ==, 409);
  g_assert_nonnull (strstr (json, "\"errors\":{\"bad\":\"is <bad>\"}"));
  leave (&visitor);
  fixture_tear_down (&fixture);
}

static void
test_action_forgery (void)
{
  Fixture fixture;
  Visitor visitor;
  Visitor other;
  g_autofree char *stranger = NULL;
  const struct {
    const char *cookie;
    const char *token;
    const char *more;
    guint status;
  } cases[] = {
    { NULL, NULL, NULL, 303 },
    { NULL, NULL, "Origin: http://localhost\r\n", 303 },
    { NULL, NULL, "Referer: http://localhost/builders/b1\r\n", 303 },
    { NULL, NULL, "Origin: http://evil.example\r\n", 403 },
    { NULL, NULL, "Origin: null\r\n", 403 },
    { NULL, NULL, "Referer: http://evil.example/localhost\r\n", 403 },
    { NULL, "", NULL, 403 },
    { NULL, "AAAA", NULL, 403 },
    { "x=y", NULL, NULL, 403 },
    { "stranger", NULL, NULL, 403 },
  };

  set_up_actions (&fixture, OPEN_RIGHTS);
  visit (&fixture, &visitor);
  visit (&fixture, &other);
  g_assert_cmpstr (visitor.cookie, !=, other.cookie);
  stranger = fixture_ask (&fixture, "GET", "/builders/b1/force", NULL, NULL);
  g_assert_cmpuint (answer_get_status (stranger), ==, 405);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Visitor now = {
      (char *)(cases[i].cookie == NULL                     ? visitor.cookie
               : g_str_equal (cases[i].cookie, "stranger") ? other.cookie
                                                           : cases[i].cookie),
      (char *)(cases[i].token != NULL ? cases[i].token : visitor.token),
    };
    g_autofree char *answer = NULL;

    g_ptr_array_set_size (fixture.controls, 0);
    answer = post (&fixture, &now, "/builders/b1/ping", "", cases[i].more);
    g_test_message ("%zu", i);
    g_assert_cmpuint (answer_get_status (answer), ==, cases[i].status);
    g_assert_cmpuint (fixture.controls->len, ==, cases[i].status == 303 ? 1 : 0);
  }
  leave (&visitor);
  leave (&other);
  fixture_tear_down (&fixture);
}

static void
test_action_rights (void)
{
  Fixture fixture;
  Visitor visitor;
  Visitor nobody = { (char *)"x=y", (char *)"z" };
  g_autofree char *allowed = NULL;
  g_autofree char *refused = NULL;
  g_autofree char *all = NULL;
  g_autofree char *closed = NULL;
  g_autofree char *json = NULL;
  g_autofree char *location = NULL;
  g_autofree char *page = NULL;

  set_up_actions (&fixture, "[authz]\nforce-build=yes@b1\nstop-build=yes\n");
  visit (&fixture, &visitor);
  allowed = post (&fixture, &visitor, "/builders/b1/force", "forcescheduler=force", NULL);
  g_assert_cmpuint (fixture.controls->len, ==, 1);
  refused = post (&fixture, &visitor, "/builders/b2/force", "forcescheduler=force", NULL);
  location = answer_dup_header (refused, "Location");
  g_assert_cmpstr (location, ==, "../../authzfail");
  all = post (&fixture, &visitor, "/builders/_all/stopall", "", NULL);
  closed = post (&fixture, &nobody, "/shutdown", "", NULL);
  g_assert_cmpuint (answer_get_status (closed), ==, 303);
  json = post (&fixture, &visitor, "/shutdown", "", "Accept: application/json\r\n");
  g_assert_cmpuint (answer_get_status (json), ==, 403);
  g_assert_cmpuint (fixture.controls->len, ==, 1);
  page = fixture_ask (&fixture, "GET", "/authzfail", NULL, NULL);
  g_assert_cmpuint (answer_get_status (page), ==, 403);
  leave (&visitor);
  fixture_tear_down (&fixture);
}

static void
test_nothing_is_allowed_by_default (void)
{
  Fixture fixture;
  Visitor nobody = { (char *)"x=y", (char *)"z" };
  static const char *const paths[] = {
    "/builders/b1/force",
    "/builders/b1/builds/3/stop",
    "/builders/_all/stopall",
    "/workers/w1/pause",
    "/shutdown",
  };

  set_up_actions (&fixture, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *answer = post (&fixture, &nobody, paths[i], "", NULL);
    g_autofree char *location = answer_dup_header (answer, "Location");

    g_assert_nonnull (strstr (location, "authzfail"));
  }
  g_assert_cmpuint (fixture.controls->len, ==, 0);
  fixture_tear_down (&fixture);
}

static void
test_narrow_view (void)
{
  Fixture fixture;
  Client *client = NULL;
  g_autofree char *open = NULL;
  g_autofree char *hidden = NULL;
  g_autofree char *absent = NULL;
  g_autofree char *stream = NULL;

  set_up_actions (&fixture, "[authz]\nview=anyone@b1\n");
  open = fixture_ask (&fixture, "GET", "/builders/b1", NULL, NULL);
  g_assert_cmpuint (answer_get_status (open), ==, 200);
  hidden = fixture_ask (&fixture, "GET", "/builders/b2", NULL, NULL);
  g_assert_cmpuint (answer_get_status (hidden), ==, 404);
  absent = fixture_ask (&fixture, "GET", "/builders/b3", NULL, NULL);
  g_assert_cmpuint (answer_get_status (absent), ==, 404);
  stream = fixture_ask (&fixture, "GET", "/events?build=b2/1", NULL, NULL);
  g_assert_cmpuint (answer_get_status (stream), ==, 404);
  client = open_stream (&fixture, "", NULL);
  fixture_tell (&fixture, "build-started", 2, 11, 11);
  fixture_tell (&fixture, "build-started", 1, 10, 10);
  fixture_wait (client_has (client, "\"subject\":10"));
  g_assert_false (client_has (client, "\"subject\":11"));
  client_free (client);
  fixture_tear_down (&fixture);
}

static void
test_closed_site (void)
{
  Fixture fixture;
  static const struct {
    const char *path;
    guint status;
  } cases[] = {
    { "/", 200 },           { "/builders/b1", 403 }, { "/json/x", 401 },
    { "/events", 401 },     { "/default.css", 200 }, { "/other.css", 404 },
    { "/robots.txt", 200 }, { "/healthz", 200 },
  };

  fixture_set_up (&fixture, LOCAL, "[authz]\nview=no\n");
  fixture_write_file (&fixture, "state/public_html/other.css", "x");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *answer = fixture_ask (&fixture, "GET", cases[i].path, NULL, NULL);

    g_test_message ("%s", cases[i].path);
    g_assert_cmpuint (answer_get_status (answer), ==, cases[i].status);
  }
  fixture_tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/stream/events", test_stream);
  g_test_add_func ("/www/stream/filters", test_stream_filters);
  g_test_add_func ("/www/stream/resumes", test_stream_resumes);
  g_test_add_func ("/www/stream/reset-after-many", test_stream_reset_after_many);
  g_test_add_func ("/www/stream/caps", test_stream_caps);
  g_test_add_func ("/www/stream/slow-reader", test_stream_slow_reader);
  g_test_add_func ("/www/logs/text", test_log_text);
  g_test_add_func ("/www/logs/follows", test_log_follows);
  g_test_add_func ("/www/logs/large", test_log_large);
  g_test_add_func ("/www/actions/table", test_action_table);
  g_test_add_func ("/www/actions/arguments", test_action_arguments);
  g_test_add_func ("/www/actions/message", test_action_message);
  g_test_add_func ("/www/actions/forgery", test_action_forgery);
  g_test_add_func ("/www/actions/rights", test_action_rights);
  g_test_add_func ("/www/actions/nothing-by-default", test_nothing_is_allowed_by_default);
  g_test_add_func ("/www/view/narrow", test_narrow_view);
  g_test_add_func ("/www/view/closed", test_closed_site);
  return g_test_run ();
}
