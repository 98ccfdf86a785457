/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reports say, to whom, and what programs add. */
#include "test-fixture.h"

#include <glib/gstdio.h>

/* one build through one reporter; its item is the first */
static TestReporter *
report (Fixture *fixture, const char *keys, const TestBuild *build, gint64 result)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", keys);

  fixture_apply (fixture);
  fixture_build (fixture, build, result);
  fixture_wait_states (fixture, "mail", "delivered");
  return reporter;
}

static void
test_default_mail (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = report (fixture, NULL, NULL, BELFRY_RESULT_FAILURE);
  g_autofree char *wanted = g_strdup_printf (
      "Failed build on linux-x86, while building acme/anvil.\n"
      "The whole story is told here:\n"
      "    %s\n"
      "\n"
      "Buildbot URL: https://ci.example.org/\n"
      "\n"
      "Worker for this Build: box3\n"
      "\n"
      "Build Reason: push to main\n"
      "Blamelist: Ada <ada@acme.example>\n"
      "Revision: 4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\n"
      "Branch: main\n"
      "Failed step: make check ('make check' (failure))\n"
      "Duration: 4m 7s\n"
      "\n"
      "BUILD FAILED: failed make check\n"
      "\n"
      "Yours,\n"
      "  Acme CI",
      belfry_json_get_text (
          json_array_get_object_element (
              belfry_json_get_array (test_get_item (reporter, 0)->payload, "builds"), 0),
          "url"));

  g_assert_null (strstr (wanted, "(null)"));
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, wanted);
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Buildbot failure in Acme CI on linux-x86");
  g_assert_cmpstr (test_get_text (reporter, 0, "type"), ==, "plain");
}

/* an engine that has read no source knows what it was asked for */
static void
test_default_mail_unread (Fixture *fixture, gconstpointer unused)
{
  TestBuild build = { .branch = "topic", .unread = TRUE };
  TestReporter *reporter = report (fixture, NULL, &build, BELFRY_RESULT_FAILURE);

  g_assert_nonnull (strstr (test_get_text (reporter, 0, "body"),
                            "\nRevision: 4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\n"
                            "Branch: topic\n"));
}

static void
test_default_notification (Fixture *fixture, gconstpointer unused)
{
  TestBuild build = { .author = "<b>Eve</b>" };
  TestReporter *reporter =
      report (fixture, "template-filename=default_notification.txt\ntemplate-type=html", &build,
              BELFRY_RESULT_SUCCESS);
  const char *body = test_get_text (reporter, 0, "body");

  g_test_message ("%s", body);
  g_assert_null (strchr (body, '\n'));
  g_assert_true (g_str_has_prefix (body, "<a href=\""));
  g_assert_nonnull (strstr (body, "passing build</a> on <i>linux-x86</i>, building acme/anvil"));
  g_assert_nonnull (strstr (body, "worker box3"));
  g_assert_nonnull (strstr (body, "revision 4f1c2a9e7b3d of main"));
  g_assert_nonnull (strstr (body, "&lt;b&gt;Eve"));
  g_assert_cmpstr (test_get_text (reporter, 0, "type"), ==, "html");
}

typedef struct {
  const char *template;
  const char *wanted;
} VariableRow;

static const VariableRow variable_rows[] = {
  { "{{ results }} {{ statuses[results] }} {{ result_names[results] }}", "2 failure failure" },
  { "{{ mode|join('+') }}", "failing+passing+warnings" },
  { "{{ buildername }} {{ workername }}", "linux-x86 box3" },
  { "{{ projects }}", "acme/anvil" },
  { "{{ previous_results is none }}", "True" },
  { "{{ buildbot_title }} {{ buildbot_url }}", "Acme CI https://ci.example.org/" },
  { "{{ summary }}", "BUILD FAILED: failed make check" },
  { "{{ sourcestamps }}", "Build Source Stamp 'lib': [branch topic] "
                          "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\n" },
  { "{{ is_buildset }} {{ event_name }}", "False finished" },
  { "{{ blamelist|join(', ') }}", "Ada <ada@acme.example>, bob" },
  { "{{ changes|length }} {{ changes[0].who }}", "1 Ada <ada@acme.example>" },
  { "{{ changes[0].at }}", "Mon 03 Jun 2024 09:33:20" },
  { "{{ changes[0].text }}", "Changed By: Ada <ada@acme.example>\nAt: Mon 03 Jun 2024 09:33:20\n"
                             "Files:\n hammer.c\n anvil.c\nComments: hit harder\n" },
  { "{{ build.builder.name }} {{ build['properties']['branch'][0] }}", "linux-x86 topic" },
  { "{{ buildset.reason }}", "push to main" },
  { "{{ team.lead }} {{ answer + 1 }}", "Ada 43" },
  { "{{ failed_steps[0].name }} {{ duration }}", "make check 4m 7s" },
};

static void
test_variables (Fixture *fixture, gconstpointer data)
{
  const VariableRow *row = data;
  TestBuild build = { .codebase = "lib", .branch = "topic", .owner = "bob" };
  g_autofree char *keys = g_strdup_printf ("template=%s\ntime-zone=Europe/Berlin\n"
                                           "ctx.team={\"lead\": \"Ada\"}\nctx.answer=42",
                                           row->template);
  TestReporter *reporter = report (fixture, keys, &build, BELFRY_RESULT_FAILURE);

  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, row->wanted);
}

typedef struct {
  const char *mode;
  gint64 previous;
  gint64 result;
  const char *phrase;
} PhraseRow;

static const PhraseRow phrase_rows[] = {
  { "all", 0, 2, "new failure" },
  { "problem", 0, 2, "new failure" },
  { "failing", 0, 2, "failed build" },
  { "all", 2, 2, "failed build" },
  { "all", 2, 0, "restored build" },
  { "change", 2, 0, "restored build" },
  { "passing;problem", 2, 0, "passing build" },
  { "all", 0, 0, "passing build" },
  { "all", 0, 1, "problem in the build" },
  { "all", 0, 4, "build exception" },
  { "all", 0, 6, "cancelled build" },
  { "skipped", 0, 3, "skipped build" },
};

static void
test_phrases (Fixture *fixture, gconstpointer data)
{
  const PhraseRow *row = data;
  g_autofree char *keys = g_strdup_printf ("mode=%s\ntemplate={{ status_detected }}", row->mode);
  TestReporter *reporter = NULL;

  fixture_build (fixture, NULL, row->previous);
  reporter = report (fixture, keys, NULL, row->result);
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, row->phrase);
}

static void
test_subjects (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = report (fixture,
                                   "subject-template={{ buildername }}\\nsays {{ summary }}\n"
                                   "template=",
                                   NULL, BELFRY_RESULT_FAILURE);

  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "linux-x86 says BUILD FAILED: failed make check");
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "");
}

static void
test_subject_key (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      report (fixture, "subject=%(title)s: %(builder)s %(result)s, 100%% of %(projectName)s", NULL,
              BELFRY_RESULT_WARNINGS);

  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Acme CI: linux-x86 warnings, 100% of Acme CI");
}

/* templates and subjects in files of the reporter's own */
static void
test_files (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *folder = g_dir_make_tmp ("belfry-templates-XXXXXX", NULL);
  g_autofree char *body = g_build_filename (folder, "body.txt", NULL);
  g_autofree char *subject = g_build_filename (folder, "subject.txt", NULL);
  g_autofree char *keys = g_strdup_printf (
      "template-dir=%s\ntemplate-filename=body.txt\nsubject-filename=subject.txt", folder);
  TestReporter *reporter = NULL;

  g_assert_true (g_file_set_contents (
      body, "{% include 'missing_notification.txt' %}|{{ buildername }}", -1, NULL));
  g_assert_true (g_file_set_contents (subject, "S {{ statuses[results] }}\n", -1, NULL));
  /* the worker is not there, so the included file must not be asked for its attributes */
  g_assert_true (g_file_set_contents (body, "B {{ buildername }}", -1, NULL));
  reporter = report (fixture, keys, NULL, BELFRY_RESULT_SUCCESS);
  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "B linux-x86");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==, "S success");
  g_remove (body);
  g_remove (subject);
  g_rmdir (folder);
}

/* users as text: name address origin; */
static char *
dup_users (TestReporter *reporter)
{
  JsonArray *users = belfry_json_get_array (test_get_item (reporter, 0)->payload, "users");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (users); i++) {
    JsonObject *user = json_array_get_object_element (users, i);
    const char *address = belfry_json_get_text (user, "address");

    g_string_append_printf (text, "%s|%s|%s;", belfry_json_get_text (user, "name"),
                            address != NULL ? address : "-", belfry_json_get_text (user, "origin"));
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

typedef struct {
  const char *keys;
  const char *users;
} UserRow;

static const UserRow user_rows[] = {
  { NULL, "bob|-|owner;eve@evil.example|eve@evil.example|commit;" },
  { "lookup=acme.example",
    "bob|bob@acme.example|lookup;eve@evil.example|eve@evil.example|commit;" },
  { "lookup-map.bob=robert@acme.example\nlookup-map.eve@evil.example=",
    "bob|robert@acme.example|lookup;eve@evil.example|-|lookup;" },
  { "lookup-program=/bin/sh -c 'cat >/dev/null; echo \\\\\"who@acme.example\\\\\"'",
    "bob|who@acme.example|lookup;eve@evil.example|who@acme.example|lookup;" },
  { "lookup-program=/bin/echo null", "bob|-|lookup;eve@evil.example|-|lookup;" },
  { "responsible-users-program=/bin/echo '[\"carl\"]'", "carl|-|owner;" },
};

static void
test_users (Fixture *fixture, gconstpointer data)
{
  const UserRow *row = data;
  TestBuild build = { .author = "eve@evil.example", .owner = "bob" };
  TestReporter *reporter = report (fixture, row->keys, &build, BELFRY_RESULT_FAILURE);
  g_autofree char *users = dup_users (reporter);

  g_assert_cmpstr (users, ==, row->users);
}

/* engines count authors of changes among the owners */
static void
test_owners (Fixture *fixture, gconstpointer unused)
{
  TestBuild build = { .author = "eve@evil.example", .owners = "bob@acme.example;eve@evil.example" };
  TestReporter *reporter = report (fixture, NULL, &build, BELFRY_RESULT_FAILURE);
  g_autofree char *users = dup_users (reporter);

  g_assert_cmpstr (users, ==,
                   "bob@acme.example|bob@acme.example|owner;"
                   "eve@evil.example|eve@evil.example|commit;");
}

static void
test_user_database (Fixture *fixture, gconstpointer unused)
{
  TestBuild build = { .author = "Ada <ada@git.example>", .owner = "bob" };
  TestReporter *reporter = NULL;
  g_autofree char *users = NULL;

  fixture_add_user (fixture, "bob", "email", "bob@acme.example");
  reporter = report (fixture, NULL, &build, BELFRY_RESULT_FAILURE);
  users = dup_users (reporter);
  g_assert_cmpstr (users, ==,
                   "Ada <ada@git.example>|Ada <ada@git.example>|commit;"
                   "bob|bob@acme.example|user;");
}

static void
test_formatter_program (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      report (fixture,
              "ctx-program=/bin/echo '{\"team\": \"core\"}'\n"
              "message-formatter-program=/bin/sh -c 'grep -q team && echo "
              "{\\\\\"body\\\\\": \\\\\"hello\\\\\", \\\\\"type\\\\\": \\\\\"html\\\\\"}'",
              NULL, BELFRY_RESULT_FAILURE);

  g_assert_cmpstr (test_get_text (reporter, 0, "body"), ==, "hello");
  g_assert_cmpstr (test_get_text (reporter, 0, "type"), ==, "html");
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Buildbot failure in Acme CI on linux-x86");
}

typedef struct {
  const char *keys;
  const char *answer;
} ProgramRow;

static const ProgramRow program_rows[] = {
  { "ctx-program=/bin/false", "ctx-program: it ended with status 1*" },
  { "ctx-program=/bin/echo [1]", "*ctx-program: it printed something else than an object*" },
  { "ctx-program=/bin/echo {", "*ctx-program: reading what it printed*" },
  { "ctx-program=/no/such/program", "*ctx-program*No such file*" },
  { "message-formatter-program=/bin/echo '{\"body\": \"x\", \"type\": \"rtf\"}'",
    "*neither plain nor html*" },
  { "lookup-program=/bin/echo 7", "*an address or null*" },
};

/* nothing is sent, and it is tried again */
static void
test_program_fails (Fixture *fixture, gconstpointer data)
{
  const ProgramRow *row = data;
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", row->keys);
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FLAG_FATAL);
  g_autofree char *answer = NULL;

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  while (answer == NULL) {
    fixture_settle (fixture);
    answer = fixture_dup_answer (fixture, "mail");
  }
  fixture_wait_states (fixture, "mail", "waiting");
  g_assert_cmpuint (reporter->state.items->len, ==, 0);
  g_test_message ("%s", answer);
  g_assert_true (g_pattern_match_simple (row->answer, answer));
  g_log_set_always_fatal (fatal);
}

static void
test_wants (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter =
      fixture_add (fixture, &test_feed, "http",
                   "want-properties=false\nwant-steps=true\nwant-previous-build=true");
  JsonObject *build = NULL;

  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_states (fixture, "http", "delivered delivered");
  build = json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, 1)->payload, "builds"), 0);
  g_assert_cmpuint (json_object_get_size (belfry_json_get_object (build, "properties")), ==, 0);
  g_assert_cmpuint (json_array_get_length (belfry_json_get_array (build, "steps")), ==, 1);
  g_assert_nonnull (belfry_json_get_object (build, "prev_build"));
  g_assert_false (json_object_has_member (build, "changes"));
  g_assert_false (json_object_has_member (build, "ctx"));
}

#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
#define ADD_ROWS(prefix, rows, func)                                                               \
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {                                                \
    g_autofree char *path = g_strdup_printf ("/outbox/" prefix "-%" G_GSIZE_FORMAT, i);            \
                                                                                                   \
    g_test_add (path, Fixture, &rows[i], fixture_set_up, func, fixture_tear_down);                 \
  }

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("text/default-mail", test_default_mail);
  ADD ("text/default-mail-unread", test_default_mail_unread);
  ADD ("text/default-notification", test_default_notification);
  ADD ("text/subjects", test_subjects);
  ADD ("text/subject-key", test_subject_key);
  ADD ("text/files", test_files);
  ADD ("text/wants", test_wants);
  ADD ("users/database", test_user_database);
  ADD ("users/owners", test_owners);
  ADD ("programs/formatter", test_formatter_program);
  ADD_ROWS ("text/variable", variable_rows, test_variables)
  ADD_ROWS ("text/phrase", phrase_rows, test_phrases)
  ADD_ROWS ("users/lookup", user_rows, test_users)
  ADD_ROWS ("programs/fails", program_rows, test_program_fails)
  return g_test_run ();
}
