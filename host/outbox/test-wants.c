/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a reporter is given of a build, a set or a worker: what it asked for, and nothing else. */
#include "test-fixture.h"

static const TestLog stdio = { "compile", "stdio", "s", "hcc anvil.c\noa line\nean error\n" };
static const TestLog other = { "compile", "warnings", "t", "one\ntwo\n" };
static const TestLog late = { "install", "stdio", "s", "hcp anvil\n" };
static const TestLog gone = { "install", "old", "d", "" };

static JsonObject *
get_build (TestReporter *reporter, guint item)
{
  return json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, item)->payload, "builds"), 0);
}

/* a build with two steps of two logs each */
static gint64
build_with_logs (Fixture *fixture, const TestBuild *spec)
{
  static const TestLog *const logs[] = { &stdio, &other, &late, &gone };
  gint64 buildid = fixture_start_build (fixture, spec);

  for (gsize i = 0; i < G_N_ELEMENTS (logs); i++)
    fixture_add_log (fixture, buildid, logs[i]);
  fixture_finish_build (fixture, buildid, BELFRY_RESULT_SUCCESS);
  return buildid;
}

static void
test_nothing (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "feed", "want-properties=false");
  JsonObject *build = NULL;

  fixture_apply (fixture);
  build_with_logs (fixture, NULL);
  fixture_wait_states (fixture, "feed", "delivered delivered");
  build = get_build (reporter, 1);
  g_assert_false (json_object_has_member (build, "steps"));
  g_assert_false (json_object_has_member (build, "prev_build"));
  g_assert_cmpuint (json_object_get_size (belfry_json_get_object (build, "properties")), ==, 0);
}

static JsonObject *
get_log (JsonObject *build, const char *step, const char *name)
{
  JsonArray *steps = belfry_json_get_array (build, "steps");

  for (guint i = 0; i < json_array_get_length (steps); i++) {
    JsonObject *object = json_array_get_object_element (steps, i);
    JsonArray *logs = belfry_json_get_array (object, "logs");

    for (guint j = 0; j < json_array_get_length (logs); j++) {
      JsonObject *log = json_array_get_object_element (logs, j);

      if (g_str_equal (belfry_json_get_text (object, "name"), step) &&
          g_str_equal (belfry_json_get_text (log, "name"), name))
        return belfry_json_get_object (log, "content");
    }
  }
  g_assert_not_reached ();
}

/* logs bring their steps along */
static void
test_logs (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "feed", "want-logs=true");
  JsonObject *content = NULL;

  fixture_apply (fixture);
  build_with_logs (fixture, NULL);
  fixture_wait_states (fixture, "feed", "delivered delivered");
  g_assert_false (json_object_has_member (get_build (reporter, 0), "steps"));
  content = get_log (get_build (reporter, 1), "compile", "stdio");
  g_assert_cmpstr (belfry_json_get_text (content, "content"), ==, stdio.text);
  g_assert_false (json_object_has_member (content, "truncated"));
}

/* head and tail are kept, and a line says what is not */
static void
test_log_limit (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GString) text = g_string_new (NULL);
  TestReporter *reporter =
      fixture_add (fixture, &test_feed, "feed", "want-logs=true\nwant-logs-limit=1KiB");
  TestLog log = { "compile", "stdio", "s", NULL };
  JsonObject *content = NULL;
  const char *cut = NULL;
  gint64 buildid = 0;

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (text, "oline number %03u\n", i);
  log.text = text->str;
  fixture_apply (fixture);
  buildid = fixture_start_build (fixture, NULL);
  fixture_add_log (fixture, buildid, &log);
  fixture_finish_build (fixture, buildid, BELFRY_RESULT_SUCCESS);
  fixture_wait_states (fixture, "feed", "delivered delivered");
  content = get_log (get_build (reporter, 1), "compile", "stdio");
  cut = belfry_json_get_text (content, "content");
  g_assert_true (belfry_json_get_boolean (content, "truncated", FALSE));
  g_assert_true (g_str_has_prefix (cut, "oline number 000\n"));
  g_assert_true (g_str_has_suffix (cut, "oline number 199\n"));
  g_assert_nonnull (strstr (cut, "\nh["));
  g_assert_nonnull (strstr (cut, "lines are missing here, all of them: https://ci.example.org/"));
  g_assert_cmpuint (strlen (cut), <, 1024 + 200);
}

typedef struct {
  const char *keys;
  const char *wanted;
} AttachmentRow;

static const AttachmentRow attachment_rows[] = {
  { NULL, "" },
  { "add-logs=false", "" },
  { "add-logs=true", "compile.stdio compile.warnings install.stdio" },
  { "add-logs=stdio", "compile.stdio install.stdio" },
  { "add-logs=compile.stdio", "compile.stdio" },
  { "add-logs=compile.stdio;warnings", "compile.stdio compile.warnings" },
  { "add-logs=nothing", "" },
};

/* removed logs are passed over; contents stay where they are until the mail is sent */
static void
test_attachments (Fixture *fixture, gconstpointer data)
{
  const AttachmentRow *row = data;
  g_autofree char *keys =
      g_strconcat ("want-logs-limit=2KiB\n", row->keys != NULL ? row->keys : "", NULL);
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", keys);
  g_autoptr (GString) names = g_string_new (NULL);
  JsonArray *logs = NULL;

  fixture_apply (fixture);
  build_with_logs (fixture, NULL);
  fixture_wait_states (fixture, "mail", "delivered");
  logs = belfry_json_get_array (test_get_item (reporter, 0)->payload, "logs");
  for (guint i = 0; i < json_array_get_length (logs); i++) {
    JsonObject *log = json_array_get_object_element (logs, i);

    g_string_append_printf (names, "%s%s", i > 0 ? " " : "", belfry_json_get_text (log, "name"));
    g_assert_cmpint (belfry_json_get_integer (log, "max_bytes", 0), ==, 2048);
    g_assert_false (json_object_has_member (log, "content"));
  }
  g_assert_cmpstr (names->str, ==, row->wanted);
}

static void
test_attachments_of_set (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail",
                                        "build-set-summary=true\nmode=all\nadd-logs=stdio");
  TestBuild second = { .builder = "win" };
  JsonArray *logs = NULL;
  gint64 first = 0;

  fixture_apply (fixture);
  first = build_with_logs (fixture, NULL);
  second.bsid = fixture_get_set (fixture, first);
  build_with_logs (fixture, &second);
  fixture_finish_set (fixture, first, BELFRY_RESULT_SUCCESS);
  fixture_wait_states (fixture, "mail", "delivered");
  logs = belfry_json_get_array (test_get_item (reporter, 0)->payload, "logs");
  g_assert_cmpuint (json_array_get_length (logs), ==, 4);
  g_assert_cmpstr (belfry_json_get_text (json_array_get_object_element (logs, 0), "name"), ==,
                   "linux-x86.compile.stdio");
  g_assert_cmpstr (belfry_json_get_text (json_array_get_object_element (logs, 3), "name"), ==,
                   "win.install.stdio");
}

static void
test_patches (Fixture *fixture, gconstpointer unused)
{
  TestReporter *with = fixture_add (fixture, &test_message, "with", NULL);
  TestReporter *without = fixture_add (fixture, &test_message, "without", "add-patch=false");
  TestBuild patched = { .patch = "--- a\n+++ b\n" };
  JsonArray *patches = NULL;

  fixture_apply (fixture);
  fixture_build (fixture, &patched, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "with", "delivered");
  fixture_wait_states (fixture, "without", "delivered");
  patches = belfry_json_get_array (test_get_item (with, 0)->payload, "patches");
  g_assert_cmpuint (json_array_get_length (patches), ==, 1);
  g_assert_cmpstr (json_array_get_string_element (patches, 0), ==, patched.patch);
  patches = belfry_json_get_array (test_get_item (without, 0)->payload, "patches");
  g_assert_cmpuint (json_array_get_length (patches), ==, 0);
}

/* in the order of requests, each person once, the last subject speaking for all */
static void
test_summary (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_message, "mail",
                   "build-set-summary=true\nmode=all\nsubject-template=about {{ buildername }}\n"
                   "template={{ buildername }}\nlookup=acme.example");
  TestBuild first = { .owner = "carol" };
  TestBuild second = { .builder = "win", .owner = "dave" };
  JsonArray *users = NULL;
  gint64 buildid = 0;

  fixture_apply (fixture);
  buildid = fixture_start_build (fixture, &first);
  second.bsid = fixture_get_set (fixture, buildid);
  fixture_build (fixture, &second, BELFRY_RESULT_SUCCESS);
  fixture_finish_build (fixture, buildid, BELFRY_RESULT_FAILURE);
  fixture_finish_set (fixture, buildid, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "about win");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "linux-x86\nwin");
  users = belfry_json_get_array (test_get_item (reporter, 0)->payload, "users");
  g_assert_cmpuint (json_array_get_length (users), ==, 3);
}

static void
test_worker_texts (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (
      fixture, &test_message, "mail",
      "watched-workers=all\nmissing-worker-template={{ worker.name }} of {{ team }} "
      "({{ buildbot_title }}, {{ buildbot_url }})\nmissing-worker-ctx.team=core\n"
      "missing-worker-template-type=html\nmissing-worker-subject-template=lost {{ worker.name }}");
  JsonArray *notify = NULL;

  fixture_apply (fixture);
  fixture_lose_worker (fixture, "box<3>");
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "lost box<3>");
  g_assert_cmpstr (test_get_text (reporter, 0, "type"), ==, "html");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==,
                   "box&lt;3&gt; of core (Acme CI, https://ci.example.org/)");
  notify = belfry_json_get_array (
      belfry_json_get_object (test_get_item (reporter, 0)->payload, "worker"), "notify");
  g_assert_cmpstr (json_array_get_string_element (notify, 0), ==, "box@acme.example");
}

static void
test_worker_programs (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail",
                                        "watched-workers=all\nmissing-worker-program=/bin/echo "
                                        "'{\"body\": \"gone\", \"subject\": \"by a program\"}'");

  fixture_apply (fixture);
  fixture_lose_worker (fixture, "box3");
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "by a program");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "gone");
}

typedef struct {
  const char *keys;
  const char *body;
} ContextRow;

static const ContextRow context_rows[] = {
  /* what is given wins over what is built in */
  { "ctx.buildername=mine\ntemplate={{ buildername }}", "mine" },
  { "ctx.list=[1, 2]\ntemplate={{ list[1] }}", "2" },
  /* and a program over both */
  { "ctx.buildername=mine\nctx-program=/bin/echo '{\"buildername\": \"its\"}'\n"
    "template={{ buildername }}",
    "its" },
  { "want-properties=false\ntemplate={{ build.properties|length }}", "0" },
  { "want-steps=true\ntemplate={{ build.steps[0].name }}", "make check" },
  { "template={{ build.steps is defined }}", "False" },
  { "template-type=html\ntemplate={{ changes[0].comments }} {{ '<b>'|safe }}", "a &lt; b <b>" },
  { "template={{ changes[0].comments }}", "a < b" },
  { "template={{ nothing_of_that_name }}.", "." },
};

static void
test_context (Fixture *fixture, gconstpointer data)
{
  const ContextRow *row = data;
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", row->keys);
  TestBuild spec = { .comments = "a < b" };

  fixture_apply (fixture);
  fixture_build (fixture, &spec, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, row->body);
}

/* a previous build that still runs has no result: it differs from any, and is no failure */
static void
test_previous_runs (Fixture *fixture, gconstpointer unused)
{
  fixture_add (fixture, &test_message, "change", "mode=change");
  fixture_add (fixture, &test_message, "problem", "mode=problem");
  fixture_apply (fixture);
  fixture_start_build (fixture, NULL);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "change", "delivered");
  fixture_wait_states (fixture, "problem", "delivered");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
#define ADD_ROWS(prefix, rows, func)                                                               \
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {                                                \
    g_autofree char *path = g_strdup_printf ("/outbox/" prefix "-%" G_GSIZE_FORMAT, i);            \
                                                                                                   \
    g_test_add (path, Fixture, &rows[i], fixture_set_up, func, fixture_tear_down);                 \
  }
  ADD ("wants/nothing", test_nothing);
  ADD ("wants/logs", test_logs);
  ADD ("wants/log-limit", test_log_limit);
  ADD ("wants/attachments-of-set", test_attachments_of_set);
  ADD ("wants/patches", test_patches);
  ADD ("wants/summary", test_summary);
  ADD ("worker/texts", test_worker_texts);
  ADD ("worker/programs", test_worker_programs);
  ADD ("modes/previous-runs", test_previous_runs);
  ADD_ROWS ("wants/attachments", attachment_rows, test_attachments)
  ADD_ROWS ("wants/context", context_rows, test_context)
  return g_test_run ();
}
