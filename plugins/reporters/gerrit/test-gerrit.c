/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which reviews a report becomes, what they say, and the words that bring them there. */
#include "gerrit.h"
#include <belfry-test.h>

#include <string.h>

#define KEYS "server=gerrit.acme.example\nusername=ci"
#define SHA  "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define PAGE "https://ci.example.org/builders/linux-x86/builds/142"
#define EVENT                                                                                      \
  "'event.change.id': ['I8f', 'Change'], 'event.change.project': ['acme/anvil', 'Change'], "       \
  "'event.patchSet.revision': ['" SHA "', 'Change']"
#define PROPERTIES "builds.0.properties="

static const struct {
  const char *properties;
  const char *changes; /* "PROJECT REVISION" and so on */
} changes[] = {
  { "{" EVENT "}", "acme/anvil " SHA },
  { "{'event.change.id': ['I8f', 'x'], 'project': ['p', 'x'], 'got_revision': ['aa', 'x'],"
    " 'revision': ['bb', 'x']}",
    "p aa" },
  { "{'event.change.id': ['I8f', 'x'], 'project': ['p', 'x'], 'revision': ['bb', 'x']}", "p bb" },
  { "{'event.change.id': ['I8f', 'x'], 'project': ['p', 'x'], 'codebase': ['lib', 'x'],"
    " 'got_revision': [{'lib': 'aa', 'app': 'bb'}, 'x']}",
    "p aa" },
  { "{'event.change.id': ['I8f', 'x'], 'project': ['p', 'x'],"
    " 'got_revision': [{'lib': 'aa'}, 'x'], 'revision': ['bb', 'x']}",
    "" },
  { "{'event.change.id': ['I8f', 'x'], 'event.patchSet.revision': ['aa', 'x']}", "" },
  { "{'project': ['p', 'x'], 'revision': ['bb', 'x']}", "" },
  { "{'event.change.id': ['I8f', 'x'], 'project': ['p', 'x'], 'revision': [null, 'x']}", "" },
  { "{" EVENT ", 'repo_downloads': [['a 1/2', 'b 3/4'], 'x'],"
    " 'repo_downloaded': ['1/2 aa 3/4 bb', 'x']}",
    "a aa b bb" },
  { "{" EVENT ", 'repo_downloads': [['a 1/2', 'b 3/4', 'c 5/6'], 'x'],"
    " 'repo_downloaded': ['1/2 aa 3/9 bb 5/6 cc', 'x']}",
    "a aa" },
  { "{" EVENT ", 'repo_downloads': [['a 1/2'], 'x'], 'repo_downloaded': ['1/2 aa 3/4', 'x']}", "" },
  { "{" EVENT ", 'repo_downloads': [['a', 7], 'x'], 'repo_downloaded': ['a b c d', 'x']}", "" },
  { "{" EVENT ", 'repo_downloads': [[], 'x'], 'repo_downloaded': ['1/2 aa', 'x']}", "" },
  { "{" EVENT ", 'repo_downloads': [['a 1/2'], 'x']}", "acme/anvil " SHA },
  /* what could be more than a word, or an option */
  { "{'event.change.id': ['I', 'x'], 'project': ['a b', 'x'], 'revision': ['aa', 'x']}", "" },
  { "{'event.change.id': ['I', 'x'], 'project': ['--submit', 'x'], 'revision': ['aa', 'x']}", "" },
  { "{'event.change.id': ['I', 'x'], 'project': ['p', 'x'], 'revision': ['-s', 'x']}", "" },
  { "{'event.change.id': ['I', 'x'], 'project': ['p', 'x'], 'revision': ['a\\\"b', 'x']}", "" },
  { "{'event.change.id': ['I', 'x'], 'project': ['p', 'x'], 'revision': ['a\\nb', 'x']}", "" },
  { "{'event.change.id': ['I', 'x'], 'project': ['p', 'x'], 'revision': ['a\\u00a0b', 'x']}", "" },
};

static void
test_changes (void)
{
  const Gerrit gerrit = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *edits = g_strconcat (PROPERTIES, changes[i].properties, NULL);
    g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", edits);
    g_autoptr (GPtrArray) list = NULL;
    g_autofree char *text = NULL;
    BelfryForgeBuild build;

    g_test_message ("%s", changes[i].properties);
    g_assert_true (belfry_forge_build_init (&build, report, 0));
    list = gerrit_list_changes (&gerrit, &build);
    g_ptr_array_add (list, NULL);
    text = g_strjoinv (" ", (char **)list->pdata);
    g_assert_cmpstr (text, ==, changes[i].changes);
  }
}

/* message and labels of the only review, as text */
static char *
plan (const char *keys, const char *fixture, const char *edits)
{
  g_autofree char *all_keys = g_strconcat (KEYS "\n", keys, NULL);
  g_autofree char *all_edits = g_strconcat (PROPERTIES "{" EVENT "}\n", edits, NULL);
  g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit", all_keys);
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, all_edits);
  g_autoptr (JsonNode) labels = NULL;
  g_autofree char *text = NULL;
  BelfryTargets *targets = NULL;
  JsonObject *payload = NULL;

  if (belfry_test_plan (test, report) == 0)
    return NULL;
  targets = belfry_test_get_targets (test);
  g_assert_cmpuint (belfry_targets_get_length (targets), ==, 1);
  g_assert_cmpstr (belfry_targets_get_target (targets, 0), ==, "acme/anvil");
  g_assert_cmpstr (belfry_targets_get_key (targets, 0), ==, SHA);
  payload = json_node_get_object (belfry_targets_get_payload (targets, 0));
  labels = json_object_dup_member (payload, "labels");
  text = belfry_json_to_text (labels);
  return g_strconcat (text, " ", belfry_json_get_text (payload, "message"), NULL);
}

static const struct {
  const char *keys;
  const char *fixture;
  const char *edits;
  const char *wanted; /* NULL: nothing is sent */
} texts[] = {
  /* the summary, by default */
  { "", "buildset", "",
    "{\"Verified\":-1} Builder docs succeeded (build successful) - "
    "https://ci.example.org/builders/docs/builds/77\n\n"
    "Builder linux-x86 failed (failed make check) - " PAGE },
  { "", "buildset", "builds.0.results=0\nbuilds.0.url=''\nbuilds.0.state_string='fine'",
    "{\"Verified\":1} Builder docs succeeded (build successful) - "
    "https://ci.example.org/builders/docs/builds/77\n\nBuilder linux-x86 succeeded (fine)." },
  { "", "buildset", "builds.0.results=5",
    "{\"Verified\":1} Builder docs succeeded (build successful) - "
    "https://ci.example.org/builders/docs/builds/77" },
  { "", "buildset", "builds.0.results=5\nbuilds.1.results=5", NULL },
  { "", "failure", "", NULL },
  { "", "started", "", NULL },
  { "summary-cb=none", "buildset", "", NULL },
  { "review-cb=default", "buildset", "", NULL },
  /* reviews */
  { "review-cb=default", "success", "",
    "{\"Verified\":1} This patch set was built\non configuration: linux-x86\nThe result is: "
    "SUCCESS\n" },
  { "review-cb=default\nreview-arg=true", "warnings", "",
    "{\"Verified\":-1} This patch set was built\non configuration: linux-x86\nThe result is: "
    "WARNINGS\n\nSee what happened at:\n" PAGE },
  { "review-cb=default\nreview-arg=0", "failure", "",
    "{\"Verified\":-1} This patch set was built\non configuration: linux-x86\nThe result is: "
    "FAILURE\n" },
  { "review-cb=default", "success", "builds.0.results=5", NULL },
  { "review-cb=template\nreview-template={{ buildername }} {{ result }} {{ arg.x }} {{ "
    "buildbot_title }} {{ build.number }}\nreview-arg={\"x\": "
    "7}\nreview-labels.Verified={{ 1 if result == 0 else -1 }}\nreview-labels.Nightly={{ "
    "nothing }}\nreview-labels.Code-Review= +2 ",
    "failure", "", "{\"Verified\":-1,\"Code-Review\":2} linux-x86 2 7 Acme CI 142" },
  { "review-cb=template\nreview-template={{ nothing }}", "failure", "", NULL },
  /* starts */
  { "start-cb=default\nstart-arg=link", "started", "",
    "{} This patch set is being built\non configuration: linux-x86\n\nFollow it at:\n" PAGE },
  { "start-cb=template\nstart-template={{ buildername }}{{ result }}", "started", "",
    "{} linux-x86" },
  { "start-cb=template\nstart-template=x\nstart-labels.Verified=0", "started", "",
    "{\"Verified\":0} x" },
  { "summary-cb=template\nsummary-template={{ arg }} {{ builds|length }}\nsummary-arg=told\n"
    "summary-labels.Verified={{ 1 if result == 'success' else -1 }}",
    "buildset", "", "{\"Verified\":-1} told 2" },
  { "summary-cb=template\nsummary-template={{ result }}{% for b in builds %} {{ b.name }}: {{ "
    "b.resultText }}{% endfor %}",
    "buildset", "", "{} failure docs: succeeded linux-x86: failed" },
};

static void
test_texts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *text = plan (texts[i].keys, texts[i].fixture, texts[i].edits);

    g_test_message ("%s", texts[i].keys);
    g_assert_cmpstr (text, ==, texts[i].wanted);
  }
}

static void
test_bad_label (void)
{
  g_autoptr (BelfryTest) test = belfry_test_new (
      "reporter/gerrit",
      KEYS "\nreview-cb=template\nreview-template=x\nreview-labels.Verified={{ 'much' }}");
  g_autoptr (BelfryReport) report = belfry_test_report_new ("failure", PROPERTIES "{" EVENT "}");
  g_autoptr (BelfryTargets) targets = belfry_targets_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (gerrit_plan (belfry_test_get_state (test), report, targets, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "label 'Verified': "));
}

static void
test_outputs (void)
{
  static const struct {
    const char *output;
    const char *message;
    const char *labels; /* NULL: refused */
    gboolean is_old;
  } rows[] = {
    { "{\"message\": \"m\", \"labels\": {\"Verified\": 1, \"X\": null}}", "m", "{\"Verified\":1}",
      FALSE },
    { "{\"message\": \"m\"}", "m", "{}", FALSE },
    { "{\"labels\": {\"Verified\": 1}}", NULL, "{\"Verified\":1}", FALSE },
    { "null", NULL, "{}", FALSE },
    { "\"m\"", "m", "{}", FALSE },
    { "[\"m\", 1, -2]", "m", "{\"Verified\":1,\"Code-Review\":-2}", TRUE },
    { "[\"m\", null, -2]", "m", "{\"Code-Review\":-2}", TRUE },
    { "[]", NULL, "{}", TRUE },
    { "[\"m\", \"1\"]", NULL, NULL, TRUE },
    { "7", NULL, NULL, FALSE },
    { "{\"message\": \"m\", \"labels\": {\"Verified\": \"1\"}}", NULL, NULL, FALSE },
    { "{\"message\": \"m\", \"labels\": {\"A --submit\": 1}}", NULL, NULL, FALSE },
    { "{\"message\": \"m\", \"labels\": {\"A=1\": 1}}", NULL, NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (JsonNode) output = belfry_json_parse (rows[i].output, -1, NULL, NULL);
    g_autoptr (JsonObject) labels = json_object_new ();
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), labels);
    g_autofree char *message = NULL;
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;
    gboolean is_old = FALSE;

    g_test_message ("%s", rows[i].output);
    if (!gerrit_read_output (output, &message, labels, &is_old, &error)) {
      g_assert_null (rows[i].labels);
      continue;
    }
    text = belfry_json_to_text (node);
    g_assert_cmpstr (message, ==, rows[i].message);
    g_assert_cmpstr (text, ==, rows[i].labels);
    g_assert_cmpint (is_old, ==, rows[i].is_old);
  }
}

static void
test_versions (void)
{
  static const char *const rows[][2] = {
    { "gerrit version 3.9.1\n", "3.9.1" },
    { "gerrit version 2.13-rc1\nmore", "2.13" },
    { "gerrit version 2.16.8-12-gabc", "2.16.8" },
    { "gerrit version unknown", NULL },
    { "gerrit version 3", NULL },
    { "OpenSSH 9.2", NULL },
    { "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *version = gerrit_read_version (rows[i][0], NULL);

    g_assert_cmpstr (version, ==, rows[i][1]);
  }
  g_assert_cmpint (gerrit_compare_versions ("2.13", "2.6"), >, 0);
  g_assert_cmpint (gerrit_compare_versions ("2.5.4", "2.6"), <, 0);
  g_assert_cmpint (gerrit_compare_versions ("2.13.1", "2.13"), ==, 0);
  g_assert_cmpint (gerrit_compare_versions ("3.0", "2.13"), >, 0);
}

static const struct {
  const char *version;
  const char *keys;
  const char *message;
  const char *words; /* joined by | */
} commands[] = {
  { "3.9.1", "", "It's \\ \"done\"\n\x1b[31m",
    "ssh|-o|BatchMode=yes|ci@gerrit.acme.example|-p|29418|gerrit|review|--project acme/anvil|--tag "
    "autogenerated:buildbot|--message 'It\"s \\ \"done\"\n[31m'|--label Verified=-1|--label "
    "Odd=2|" SHA },
  { "2.12", "port=22\nidentity-file=/etc/ci/id\nnotify=OWNER\nknown-hosts=/etc/ci/hosts", "m",
    "ssh|-o|BatchMode=yes|-o|UserKnownHostsFile=/etc/ci/hosts|-i|/etc/ci/id|ci@gerrit.acme.example|"
    "-p|22|gerrit|review|--project acme/anvil|--notify OWNER|--message 'm'|--label "
    "Verified=-1|--label Odd=2|" SHA },
  { "2.5", "", "m",
    "ssh|-o|BatchMode=yes|ci@gerrit.acme.example|-p|29418|gerrit|review|--project "
    "acme/anvil|--message 'm'|--verified -1|" SHA },
};

static void
test_commands (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *keys = g_strconcat (KEYS "\n", commands[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit", keys);
    const Gerrit *gerrit = belfry_test_get_state (test);
    g_autoptr (GPtrArray) words = gerrit_start_words (gerrit);
    g_autoptr (JsonObject) review = json_object_new ();
    JsonObject *labels = json_object_new ();
    g_autofree char *text = NULL;

    json_object_set_string_member (review, "project", "acme/anvil");
    json_object_set_string_member (review, "revision", SHA);
    json_object_set_string_member (review, "message", commands[i].message);
    json_object_set_int_member (labels, "Verified", -1);
    json_object_set_int_member (labels, "Odd", 2);
    json_object_set_object_member (review, "labels", labels);
    gerrit_add_review (gerrit, words, review, commands[i].version);
    g_ptr_array_add (words, NULL);
    text = g_strjoinv ("|", (char **)words->pdata);
    g_assert_cmpstr (text, ==, commands[i].words);
  }
}

static void
test_long_message (void)
{
  const Gerrit gerrit = { .server = (char *)"s", .username = (char *)"u", .port = 1 };
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (JsonObject) review = json_object_new ();
  g_autofree char *message = g_strnfill (200000, 'x');
  const char *word = NULL;

  json_object_set_string_member (review, "project", "p");
  json_object_set_string_member (review, "revision", "r");
  json_object_set_string_member (review, "message", message);
  json_object_set_object_member (review, "labels", json_object_new ());
  gerrit_add_review (&gerrit, words, review, "3.9");
  word = g_ptr_array_index (words, words->len - 2);
  g_assert_cmpuint (strlen (word), <, 16384);
  g_assert_true (g_str_has_suffix (word, "x…'"));
}

static void
test_outdated (void)
{
  static const char other[] = "{\"project\":\"p\",\"currentPatchSet\":{\"revision\":\"bb\"}}\n"
                              "{\"type\":\"stats\",\"rowCount\":1}\n";

  g_assert_true (gerrit_is_outdated (other, "aa"));
  g_assert_false (gerrit_is_outdated (other, "bb"));
  g_assert_false (gerrit_is_outdated ("{\"type\":\"stats\",\"rowCount\":0}\n", "aa"));
  g_assert_false (gerrit_is_outdated ("fatal: no", "aa"));
  g_assert_false (gerrit_is_outdated ("", "aa"));
}

static void
test_check (void)
{
  static const struct {
    const char *keys;
    const char *problem;
  } rows[] = {
    { "username=ci", "error server: " },
    { "server=a b\nusername=ci", "error server: " },
    { "server=-oProxyCommand=x\nusername=ci", "error server: " },
    { "server=a\nusername=-l", "error username: " },
    { "server=a\nusername=a@b", "error username: " },
    { "server=a\nusername=b\nnotify=SOME", "error notify: " },
    { "server=a\nusername=b\nport=0", "error port: " },
    { "server=a\nusername=b\nreview-cb=template", "error review-template: " },
    { "server=a\nusername=b\nreview-template=x", "error review-template: " },
    { "server=a\nusername=b\nstart-cb=program", "error start-program: " },
    { "server=a\nusername=b\nsummary-cb=program\nsummary-program=x", "error summary-program: " },
    { "server=a\nusername=b\nreview-cb=default\nreview-labels.A=1", "error review-labels: " },
    { "server=a\nusername=b\nreview-cb=template\nreview-template=x\nreview-labels.A={{",
      "error review-labels: " },
    { "server=a\nusername=b\nreview-cb=default", "note review-cb: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/gerrit", rows[i].keys);

    g_test_message ("%s → %s", rows[i].keys, problems);
    g_assert_true (g_str_has_prefix (problems, rows[i].problem));
  }
}

static void
test_phases (void)
{
  static const struct {
    const char *keys;
    guint phases;
  } rows[] = {
    { "", BELFRY_PHASE_BUILDSET },
    { "\nreview-cb=default", BELFRY_PHASE_FINISHED },
    { "\nreview-cb=default\nsummary-cb=default", BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET },
    { "\nstart-cb=default\nsummary-cb=none", BELFRY_PHASE_STARTED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *keys = g_strconcat (KEYS, rows[i].keys, NULL);
    g_autoptr (BelfryTest) test = belfry_test_new ("reporter/gerrit", keys);
    const BelfryReporter *plugin = belfry_test_get_plugin (test);

    g_assert_cmpuint (plugin->choose_phases (belfry_test_get_state (test)), ==, rows[i].phases);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gerrit/plan/changes", test_changes);
  g_test_add_func ("/gerrit/plan/texts", test_texts);
  g_test_add_func ("/gerrit/plan/bad-label", test_bad_label);
  g_test_add_func ("/gerrit/plan/outputs", test_outputs);
  g_test_add_func ("/gerrit/plan/phases", test_phases);
  g_test_add_func ("/gerrit/command/versions", test_versions);
  g_test_add_func ("/gerrit/command/words", test_commands);
  g_test_add_func ("/gerrit/command/long-message", test_long_message);
  g_test_add_func ("/gerrit/command/outdated", test_outdated);
  g_test_add_func ("/gerrit/options/check", test_check);
  return g_test_run ();
}
