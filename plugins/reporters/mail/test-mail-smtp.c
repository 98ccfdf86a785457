/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built reporter and its helper against a real mail server, fixtures/smtp-server.py.
 */
#include <belfry-plugin.h>

#include <glib/gstdio.h>
#include <gmodule.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define N_LONG      2000
#define PATIENCE_US "500000"

typedef struct {
  GSubprocess *server;
  GDataInputStream *told;
  gint64 port;
  const BelfryReporter *plugin;
  gpointer state;
  BelfryInstance *instance;
  GString *log;
  const char *mode; /* of the server */
} Fixture;

static char *folder; /* with the certificate; one for all tests */

static char *
dup_server_path (void)
{
  return g_build_filename (g_getenv ("G_TEST_SRCDIR"), "plugins/reporters/mail/fixtures",
                           "smtp-server.py", NULL);
}

static const BelfryReporter *
load (void)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("BELFRY_PLUGIN_PATH"), "reporter-mail.so", NULL);
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;

  if (module == NULL)
    g_error ("loading '%s': %s", path, g_module_error ());
  g_module_make_resident (module);
  g_assert_true (g_module_symbol (module, BELFRY_PLUGIN_SYMBOL, &symbol));
  return symbol;
}

/* log 1 has three lines with letters, all others fail */
static char *
read_log (BelfryReader *self,
          gint64 logid,
          gint64 first_line,
          gint64 max_lines,
          gint64 *n_lines,
          GError **error)
{
  if (logid != 1) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no such log");
    return NULL;
  }
  *n_lines = MAX (3 - first_line, 0);
  return g_strdup (first_line == 0 ? "hmake check\no.\nesch\xc3\xb6n \xe2\x9c\x97\n"
                                   : "esch\xc3\xb6n \xe2\x9c\x97\n");
}

static void
read_store (BelfryInstance *instance, BelfryReadFunc func, gpointer user_data, GTask *task)
{
  static const BelfryReaderOps reader_ops = { .size = sizeof reader_ops, .read_log = read_log };
  BelfryReader reader = { &reader_ops };
  GError *error = NULL;

  if (func (&reader, user_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
take_log (BelfryInstance *instance, GLogLevelFlags level, const char *message)
{
  Fixture *self = belfry_instance_get_host_data (instance);

  g_string_append_printf (self->log, "%s\n", message);
}

/* servers that never come to an end are not waited for as long as others */
static const char *
get_host_value (BelfryInstance *instance, const char *key)
{
  static const char *const modes[] = { "silent", "endless-lines", "endless-line", NULL };
  const Fixture *self = belfry_instance_get_host_data (instance);

  return strcmp (key, "patience") == 0 && g_strv_contains (modes, self->mode) ? PATIENCE_US : NULL;
}

static const BelfryHostOps ops = {
  .size = sizeof (BelfryHostOps),
  .host_value = get_host_value,
  .read = read_store,
  .log = take_log,
};

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static void
start_server (Fixture *self)
{
  g_autofree char *path = dup_server_path ();
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  self->server = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                   &error, path, self->mode, folder, NULL);
  g_assert_no_error (error);
  self->told = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->server));
  line = g_data_input_stream_read_line (self->told, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (belfry_parse_integer (line, 1, 65535, &self->port, NULL));
}

static BelfrySection *
make_section (Fixture *self, const char *keys)
{
  BelfrySection *section = belfry_section_new ("reporter", "team-mail", "belfry.conf", 1);
  g_autofree char *all = g_strdup_printf (
      "relayhost=127.0.0.1\nsmtp-port=%" G_GINT64_FORMAT "\n%s%s", self->port,
      strstr (keys, "from-address") != NULL ? "" : "from-address=Acme CI <ci@acme.example>\n",
      keys);
  g_auto (GStrv) lines = g_strsplit (all, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (equals == NULL)
      continue;
    *equals = '\0';
    belfry_section_set (section, lines[i], equals + 1, "belfry.conf", i + 2);
  }
  return section;
}

/* the process id of this test's child of that name, or 0 */
static int
find_helper (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name = NULL;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *stat_path = g_build_filename ("/proc", name, "stat", NULL);
    g_autofree char *stat = NULL;
    g_auto (GStrv) words = NULL;
    gint64 parent = 0;

    if (!g_ascii_isdigit (name[0]) || !g_file_get_contents (stat_path, &stat, NULL, NULL) ||
        strstr (stat, "(belfry-smtp) ") == NULL)
      continue;
    words = g_strsplit (strstr (stat, ") "), " ", 4);
    if (words[1][0] != 'Z' && g_ascii_string_to_signed (words[2], 10, 1, G_MAXINT, &parent, NULL) &&
        parent == getpid ())
      return belfry_parse_integer (name, 1, G_MAXINT, &parent, NULL) ? (int)parent : 0;
  }
  return 0;
}

static Fixture *
fixture_new (const char *mode, const char *keys)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfrySection) section = NULL;
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GAsyncResult) done = NULL;
  BelfryOptionTable table = { 0 };

  /* that of the test before ends when it reads that nobody writes to it any more */
  while (find_helper () != 0)
    g_main_context_iteration (NULL, FALSE);
  self->mode = mode;
  start_server (self);
  self->plugin = load ();
  self->log = g_string_new (NULL);
  self->state = g_malloc0 (self->plugin->instance_size);
  section = make_section (self, keys);
  table = (BelfryOptionTable){ self->plugin->options, self->plugin->option_size };
  belfry_option_table_read (&table, section, self->state, consumed, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++)
    g_error ("%s", belfry_problems_get (problems, i)->message);
  self->instance = belfry_instance_new ("reporter", "team-mail", self->state, &ops, self);
  self->plugin->start (self->state, self->instance, g_task_new (NULL, NULL, on_done, &done));
  while (done == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_task_propagate_boolean (G_TASK (done), NULL));
  return self;
}

static void
stop (Fixture *self)
{
  g_autoptr (GAsyncResult) done = NULL;

  self->plugin->stop (self->state, g_task_new (NULL, NULL, on_done, &done));
  while (done == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_task_propagate_boolean (G_TASK (done), NULL));
}

static void
fixture_free (Fixture *self)
{
  BelfryOptionTable table = { self->plugin->options, self->plugin->option_size };

  stop (self);
  belfry_option_table_clear (&table, self->state);
  g_free (self->state);
  belfry_instance_unref (self->instance);
  g_string_free (self->log, TRUE);
  g_subprocess_force_exit (self->server);
  g_subprocess_wait (self->server, NULL, NULL);
  g_object_unref (self->told);
  g_object_unref (self->server);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* a report to two people of the house; @members are added to it or stand in for what it has */
static BelfryReport *
make_report (const char *members)
{
  static const char text[] =
      "{\"reportid\": 7, \"instance\": \"team-mail\", \"phase\": \"finished\","
      " \"subject\": \"Buildbot failure\", \"body\": \"words\", \"type\": \"plain\","
      " \"host\": {\"title\": \"Acme CI\", \"url\": \"https://ci.example.org/\"},"
      " \"users\": [{\"name\": \"w\", \"address\": \"wile@acme.example\", \"origin\": \"lookup\"},"
      "   {\"name\": \"r\", \"address\": \"Road Runner <rr@acme.example>\","
      "    \"origin\": \"lookup\"}]";
  g_autofree char *all = g_strdup_printf ("%s%s%s}", text, members[0] != '\0' ? "," : "", members);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (all, -1, NULL, &error);

  g_assert_no_error (error);
  return belfry_report_new (json_node_dup_object (node));
}

static void
begin (Fixture *self, const char *members, GAsyncResult **done)
{
  g_autoptr (BelfryReport) report = make_report (members);
  g_autoptr (BelfryTargets) targets = belfry_targets_new ();
  g_autoptr (GError) error = NULL;
  BelfryItem item = { .size = sizeof item, .reportid = 7, .phase = "finished" };

  g_assert_true (self->plugin->plan (self->state, report, targets, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (belfry_targets_get_length (targets), ==, 1);
  item.target = belfry_targets_get_target (targets, 0);
  item.key = belfry_targets_get_key (targets, 0);
  item.payload = belfry_targets_get_payload (targets, 0);
  self->plugin->deliver (self->state, &item, g_task_new (NULL, NULL, on_done, done));
}

static BelfryOutcome *
finish (GAsyncResult **done)
{
  BelfryOutcome *outcome = NULL;

  while (*done == NULL)
    g_main_context_iteration (NULL, TRUE);
  outcome = g_task_propagate_pointer (G_TASK (*done), NULL);
  g_clear_object (done);
  g_assert_nonnull (outcome);
  return outcome;
}

static void
assert_outcome (Fixture *self,
                const char *members,
                BelfryOutcomeKind kind,
                gboolean answered,
                const char *words)
{
  GAsyncResult *done = NULL;
  g_autoptr (BelfryOutcome) outcome = NULL;

  begin (self, members, &done);
  outcome = finish (&done);
  if (outcome->kind != kind || outcome->answered != answered ||
      strstr (outcome->excerpt != NULL ? outcome->excerpt : "", words) == NULL)
    g_test_fail_printf ("outcome %d, answered %d: '%s'; wanted %d, %d, '%s'", outcome->kind,
                        outcome->answered, outcome->excerpt, kind, answered, words);
}

/* (transfer full): what the server took */
static JsonNode *
take (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line (self->told, NULL, NULL, &error);
  JsonNode *node = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (line);
  node = belfry_json_parse (line, -1, NULL, &error);
  g_assert_no_error (error);
  return node;
}

static JsonNode *
mail (Fixture *self, const char *members)
{
  JsonNode *node = NULL;

  assert_outcome (self, members, BELFRY_OUTCOME_DELIVERED, TRUE, "250");
  node = take (self);
  g_assert_cmpuint (
      json_array_get_length (belfry_json_get_array (json_node_get_object (node), "defects")), ==,
      0);
  g_assert_cmpint (belfry_json_get_integer (json_node_get_object (node), "bare", -1), ==, 0);
  g_assert_cmpint (belfry_json_get_integer (json_node_get_object (node), "longest", 0), <=, 998);
  g_assert_false (belfry_json_get_boolean (json_node_get_object (node), "eight_bit", TRUE));
  return node;
}

/* values of a header, one a line */
static char *
dup_header (JsonNode *node, const char *name)
{
  JsonArray *headers = belfry_json_get_array (json_node_get_object (node), "headers");
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (headers); i++) {
    JsonArray *pair = json_array_get_array_element (headers, i);

    if (g_ascii_strcasecmp (json_array_get_string_element (pair, 0), name) == 0)
      g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "",
                              json_array_get_string_element (pair, 1));
  }
  return g_string_free (text, FALSE);
}

static void
assert_header (JsonNode *node, const char *name, const char *value)
{
  g_autofree char *text = dup_header (node, name);

  g_assert_cmpstr (text, ==, value);
}

/* "name=address" of each */
static void
assert_people (JsonNode *node, const char *header, const char *wanted)
{
  JsonObject *all = belfry_json_get_object (json_node_get_object (node), "addresses");
  JsonArray *people = belfry_json_get_array (all, header);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; people != NULL && i < json_array_get_length (people); i++) {
    JsonArray *pair = json_array_get_array_element (people, i);

    g_string_append_printf (text, "%s%s=%s", i > 0 ? "; " : "",
                            json_array_get_string_element (pair, 0),
                            json_array_get_string_element (pair, 1));
  }
  g_assert_cmpstr (text->str, ==, wanted);
}

static void
assert_recipients (JsonNode *node, const char *wanted)
{
  JsonArray *list = belfry_json_get_array (json_node_get_object (node), "recipients");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (list); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                            json_array_get_string_element (list, i));
  g_assert_cmpstr (text->str, ==, wanted);
}

static JsonObject *
get_part (JsonNode *node, guint index)
{
  JsonArray *parts = belfry_json_get_array (json_node_get_object (node), "parts");

  g_assert_cmpuint (index, <, json_array_get_length (parts));
  return json_array_get_object_element (parts, index);
}

static const char *
get_body (JsonNode *node)
{
  return belfry_json_get_text (get_part (node, 0), "text");
}

static void
test_plain (void)
{
  g_autoptr (Fixture) self =
      fixture_new ("plain", "extra-recipients=builds@acme.example\nextra-headers.X-Kind=ci");
  g_autoptr (JsonNode) node = mail (self, "");
  JsonObject *object = json_node_get_object (node);
  g_autofree char *id = dup_header (node, "Message-ID");

  g_assert_cmpstr (belfry_json_get_text (object, "sender"), ==, "ci@acme.example");
  assert_recipients (node, "rr@acme.example wile@acme.example builds@acme.example");
  assert_people (node, "From", "Acme CI=ci@acme.example");
  assert_people (node, "To", "Road Runner=rr@acme.example; =wile@acme.example");
  assert_people (node, "CC", "=builds@acme.example");
  assert_header (node, "Subject", "Buildbot failure");
  assert_header (node, "X-Kind", "ci");
  assert_header (node, "MIME-Version", "1.0");
  g_assert_true (g_str_has_prefix (id, "<belfry.7."));
  g_assert_cmpstr (belfry_json_get_text (object, "multipart"), ==, "");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 0), "type"), ==, "text/plain");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 0), "charset"), ==, "utf-8");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 0), "encoding"), ==, "7bit");
  g_assert_cmpstr (belfry_json_get_text (object, "helo"), ==, g_get_host_name ());
}

static void
test_attachments (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");
  g_autoptr (JsonNode) node = mail (
      self, "\"patches\": [\"--- a\\n+++ b\\n\"], \"logs\": [{\"name\": \"make \xc3\xa9.stdio\","
            " \"logid\": 1, \"num_lines\": 3, \"type\": \"s\"}, {\"name\": \"long\", \"logid\": 1,"
            " \"num_lines\": 3, \"num_bytes\": 29, \"max_bytes\": 16, \"type\": \"s\"}]");

  g_assert_cmpstr (
      belfry_json_get_text (get_part (node, 3), "text"), ==,
      "make \xe2\x80\xa6\n[of 3 lines some are left out here]\n\xc3\xb6n \xe2\x9c\x97\n");
  g_assert_cmpstr (belfry_json_get_text (json_node_get_object (node), "multipart"), ==,
                   "multipart/mixed");
  g_assert_true (g_str_has_prefix (get_body (node), "words"));
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 1), "filename"), ==, "source patch 0");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 1), "text"), ==, "--- a\n+++ b\n");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 2), "filename"), ==,
                   "make \xc3\xa9.stdio");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 2), "encoding"), ==, "base64");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 2), "charset"), ==, "utf-8");
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 2), "text"), ==,
                   "make check\n.\nsch\xc3\xb6n \xe2\x9c\x97\n");
}

static void
test_log_unreadable (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");

  assert_outcome (self, "\"logs\": [{\"name\": \"x\", \"logid\": 2, \"num_lines\": 3}]",
                  BELFRY_OUTCOME_WAIT, FALSE, "no such log");
}

static void
test_eight_bit (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "from-address=B\xc3\xbcro <ci@acme.example>\n");
  g_autoptr (JsonNode) node =
      mail (self, "\"type\": \"html\", \"subject\": \"\xe2\x9c\x97 build of sch\xc3\xb6n\", "
                  "\"body\": \"sch\xc3\xb6n\","
                  "\"users\": [{\"name\": \"z\", \"origin\": \"lookup\","
                  " \"address\": \"Zo\xc3\xab \xc3\x84 <zoe@acme.example>\"}]");

  assert_header (node, "Subject", "\xe2\x9c\x97 build of sch\xc3\xb6n");
  assert_people (node, "From", "B\xc3\xbcro=ci@acme.example");
  assert_people (node, "To", "Zo\xc3\xab \xc3\x84=zoe@acme.example");
  g_assert_true (g_str_has_prefix (get_body (node), "sch\xc3\xb6n"));
  g_assert_cmpstr (belfry_json_get_text (get_part (node, 0), "type"), ==, "text/html");
}

static void
test_long_lines (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");
  g_autofree char *word = g_strnfill (N_LONG, 'x');
  g_autofree char *members = g_strdup_printf ("\"body\": \"%s\\n\", \"subject\": \"%s\","
                                              "\"users\": [{\"name\": \"z\", \"origin\": "
                                              "\"lookup\", \"address\": \"%s <z@acme.example>\"}]",
                                              word, word, word);
  g_autoptr (JsonNode) node = mail (self, members);

  g_assert_true (g_str_has_prefix (get_body (node), word));
  assert_recipients (node, "z@acme.example");
}

static void
test_dots (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");
  g_autoptr (JsonNode) node = mail (
      self, "\"body\": \"a\\n.\\n..\\n.b\\r\\n.\\r\\nMAIL FROM:<e@evil.example>\\r.\\rc\\n\"");
  g_autofree char *body = g_strdup (get_body (node));
  g_auto (GStrv) lines = g_strsplit (body, "\r\n", -1);
  g_autofree char *joined = g_strjoinv ("\n", lines);

  g_assert_true (g_str_has_prefix (joined, "a\n.\n..\n.b\n.\nMAIL FROM:<e@evil.example>\n.\nc\n"));
}

/* what a stranger writes into a subject, a name, a branch makes no header and no recipient */
static void
test_injection (void)
{
  g_autoptr (Fixture) self = fixture_new (
      "plain", "extra-headers.X-Branch=%(prop:branch)s\nextra-headers.To=e@evil.example\n");
  g_autoptr (JsonNode) node = mail (
      self,
      "\"subject\": \"failure\\r\\nBcc: e@evil.example\\r\\n\\r\\nbody\\u0007\","
      "\"builds\": [{\"properties\": {\"branch\": [\"x\\r\\nBcc: e@evil.example\", \"Change\"]}}],"
      "\"variables\": [{\"buildername\": \"linux\"}],"
      "\"users\": ["
      "{\"name\": \"a\", \"origin\": \"lookup\","
      " \"address\": \"evil.example, Evil \\\"Quote <x> <a@acme.example>\"},"
      "{\"name\": \"b\", \"origin\": \"lookup\", \"address\": \"b@acme.example\\nBcc: "
      "e@evil.example\"},"
      "{\"name\": \"c\", \"origin\": \"lookup\", \"address\": \"(comment), ; : "
      "<c@acme.example>\"}]");
  g_autofree char *to = dup_header (node, "To");

  assert_recipients (node, "c@acme.example a@acme.example");
  assert_header (node, "Bcc", "");
  assert_header (node, "X-Branch", "");
  g_assert_null (strstr (to, "To:"));
  assert_people (node, "To",
                 "(comment), ; :=c@acme.example; evil.example, Evil \"Quote <x>=a@acme.example");
  g_assert_nonnull (strstr (self->log->str, "X-Branch"));
  g_assert_nonnull (strstr (self->log->str, "extra-headers.To"));
}

static void
test_nobody (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");

  assert_outcome (self, "\"users\": []", BELFRY_OUTCOME_SUPERSEDED, TRUE, "nobody to write to");
  g_assert_nonnull (strstr (self->log->str, "nobody to write to"));
}

#define TO(address) "{\"origin\": \"lookup\", \"address\": \"" address "@acme.example\"}"
#define USERS(list) "\"users\": [" list "]"

static void
test_some_refused (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");
  g_autoptr (JsonNode) node = mail (self, USERS (TO ("gone-a") "," TO ("later-b") "," TO ("c")));

  assert_recipients (node, "c@acme.example");
  g_assert_nonnull (strstr (self->log->str, "gone-a@acme.example"));
  g_assert_nonnull (strstr (self->log->str, "later-b@acme.example"));
}

static void
test_all_refused (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");

  assert_outcome (self, USERS (TO ("gone-a")), BELFRY_OUTCOME_REFUSED, TRUE, "550");
  assert_outcome (self, USERS (TO ("later-a")), BELFRY_OUTCOME_WAIT, TRUE, "451");
  assert_outcome (self, USERS (TO ("later-a") "," TO ("z")), BELFRY_OUTCOME_DELIVERED, TRUE, "250");
  assert_outcome (self, USERS (TO ("later-a") "," TO ("gone-z") "," TO ("gone-a")),
                  BELFRY_OUTCOME_WAIT, TRUE, "");
}

/* mode of the server, keys, and what a mail comes to there */
static const struct {
  const char *name;
  const char *mode;
  const char *keys;
  BelfryOutcomeKind kind;
  gboolean answered;
  const char *words;
} servers[] = {
  { "greylist", "greylist", "", BELFRY_OUTCOME_WAIT, TRUE, "451" },
  { "full", "full", "", BELFRY_OUTCOME_REFUSED, TRUE, "552" },
  { "slow", "slow", "", BELFRY_OUTCOME_DELIVERED, TRUE, "250" },
  { "drop", "drop", "", BELFRY_OUTCOME_WAIT, TRUE, "" },
  { "drop-data", "drop-data", "", BELFRY_OUTCOME_WAIT, TRUE, "" },
  { "garbage", "garbage", "", BELFRY_OUTCOME_WAIT, TRUE, "" },
  { "silent", "silent", "", BELFRY_OUTCOME_WAIT, FALSE, "imed out" },
  { "endless-lines", "endless-lines", "", BELFRY_OUTCOME_WAIT, TRUE, "" },
  { "endless-line", "endless-line", "", BELFRY_OUTCOME_WAIT, FALSE, "" },
  { "no-tls", "plain", "use-tls=true", BELFRY_OUTCOME_REFUSED, TRUE, "does not support TLS" },
  { "starttls-where-offered", "starttls", "", BELFRY_OUTCOME_DELIVERED, TRUE, "250" },
  { "starttls-demanded", "starttls", "use-tls=true\nverify=false", BELFRY_OUTCOME_DELIVERED, TRUE,
    "250" },
  { "starttls-unbelieved", "starttls", "use-tls=true", BELFRY_OUTCOME_WAIT, FALSE, "certificate" },
  { "starttls-unbelieved-by-key", "starttls", "verify=true", BELFRY_OUTCOME_WAIT, FALSE,
    "certificate" },
  { "smtps", "smtps", "use-smtps=true\nverify=false", BELFRY_OUTCOME_DELIVERED, TRUE, "250" },
  { "smtps-unbelieved", "smtps", "use-smtps=true", BELFRY_OUTCOME_WAIT, FALSE, "certificate" },
  { "login", "starttls-auth", "smtp-user=plain:ann\nsmtp-password=plain:apple",
    BELFRY_OUTCOME_DELIVERED, TRUE, "250" },
  { "login-declined", "starttls-auth", "smtp-user=plain:ann\nsmtp-password=plain:pear",
    BELFRY_OUTCOME_DENIED, TRUE, "535" },
  { "login-later", "temporary-login", "smtp-user=plain:ann\nsmtp-password=plain:apple",
    BELFRY_OUTCOME_WAIT, TRUE, "454" },
  { "login-not-offered", "plain", "smtp-user=plain:ann\nsmtp-password=plain:apple",
    BELFRY_OUTCOME_DENIED, TRUE, "no way to log in" },
};

static void
test_server (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (Fixture) self = fixture_new (servers[i].mode, servers[i].keys);

  assert_outcome (self, "", servers[i].kind, servers[i].answered, servers[i].words);
  g_assert_null (strstr (self->log->str, "apple"));
  if (servers[i].kind == BELFRY_OUTCOME_DELIVERED) {
    g_autoptr (JsonNode) node = take (self);
    JsonObject *object = json_node_get_object (node);

    g_assert_true (belfry_json_get_boolean (object, "tls", FALSE) ==
                   (strcmp (servers[i].mode, "slow") != 0));
    g_assert_cmpstr (belfry_json_get_text (object, "user"), ==,
                     strcmp (servers[i].mode, "starttls-auth") == 0 ? "ann" : "");
  }
}

static void
test_nobody_there (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");

  g_subprocess_force_exit (self->server);
  g_subprocess_wait (self->server, NULL, NULL);
  assert_outcome (self, "", BELFRY_OUTCOME_WAIT, FALSE, "");
}

/* killed in the middle of a mail: that one waits, the next goes out */
static void
test_helper_killed (void)
{
  g_autoptr (Fixture) self = fixture_new ("slow", "");
  GAsyncResult *done = NULL;
  g_autoptr (BelfryOutcome) outcome = NULL;
  g_autoptr (JsonNode) node = NULL;
  int helper = 0;

  begin (self, "", &done);
  while ((helper = find_helper ()) == 0)
    g_main_context_iteration (NULL, FALSE);
  g_assert_null (done);
  g_assert_cmpint (kill (helper, SIGKILL), ==, 0);
  outcome = finish (&done);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_false (outcome->answered);
  node = mail (self, "");
  assert_recipients (node, "rr@acme.example wile@acme.example");
}

static void
test_helper_kept (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "");
  g_autoptr (JsonNode) first = mail (self, "");
  g_autoptr (JsonNode) second = NULL;
  int helper = find_helper ();

  g_assert_cmpint (helper, >, 0);
  second = mail (self, "");
  g_assert_cmpint (find_helper (), ==, helper); /* kept from mail to mail */
}

static void
test_helper_missing (void)
{
  g_autofree char *kept = g_strdup (g_getenv ("BELFRY_HELPER_DIR"));
  g_autoptr (Fixture) self = fixture_new ("plain", "");

  g_setenv ("BELFRY_HELPER_DIR", "/nonexistent", TRUE);
  assert_outcome (self, "", BELFRY_OUTCOME_WAIT, FALSE, "belfry-smtp");
  g_setenv ("BELFRY_HELPER_DIR", kept, TRUE);
  assert_outcome (self, "", BELFRY_OUTCOME_DELIVERED, TRUE, "250");
}

static void
test_queue (void)
{
  g_autoptr (Fixture) self = fixture_new ("slow", "");
  GAsyncResult *done[3] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (done); i++)
    begin (self, "", &done[i]);
  for (guint i = 0; i < G_N_ELEMENTS (done); i++) {
    g_autoptr (BelfryOutcome) outcome = finish (&done[i]);

    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  }
}

/* stopped in the middle: every mail has its outcome before the stop ends */
static void
test_stop_under_way (void)
{
  g_autoptr (Fixture) self = fixture_new ("slow", "");
  GAsyncResult *done[3] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (done); i++)
    begin (self, "", &done[i]);
  while (find_helper () == 0)
    g_main_context_iteration (NULL, FALSE);
  stop (self);
  for (guint i = 0; i < G_N_ELEMENTS (done); i++) {
    g_autoptr (BelfryOutcome) outcome = finish (&done[i]);

    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  }
}

static void
test_dump (void)
{
  g_autoptr (Fixture) self = fixture_new ("plain", "dump-mails-to-log=true");
  g_autoptr (JsonNode) node = mail (self, "");

  g_assert_nonnull (strstr (self->log->str, "Subject: Buildbot failure"));
}

/* FALSE: aiosmtpd is not installed */
static gboolean
make_certificate (void)
{
  g_autofree char *path = dup_server_path ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, path, "certificate", folder, NULL);

  g_assert_no_error (error);
  g_subprocess_wait (process, NULL, NULL);
  if (g_subprocess_get_exit_status (process) == 77)
    return FALSE;
  g_assert_true (g_subprocess_get_successful (process));
  return TRUE;
}

#define ADD(name, func) g_test_add_func ("/mail/smtp/" name, func)

static void
add_tests (void)
{
  ADD ("all-refused", test_all_refused);
  ADD ("attachments", test_attachments);
  ADD ("dots", test_dots);
  ADD ("dump", test_dump);
  ADD ("eight-bit", test_eight_bit);
  ADD ("helper-kept", test_helper_kept);
  ADD ("helper-killed", test_helper_killed);
  ADD ("helper-missing", test_helper_missing);
  ADD ("injection", test_injection);
  ADD ("log-unreadable", test_log_unreadable);
  ADD ("long-lines", test_long_lines);
  ADD ("nobody", test_nobody);
  ADD ("nobody-there", test_nobody_there);
  ADD ("plain", test_plain);
  ADD ("queue", test_queue);
  ADD ("some-refused", test_some_refused);
  ADD ("stop-under-way", test_stop_under_way);
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++) {
    g_autofree char *path = g_strconcat ("/mail/server/", servers[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_server);
  }
}

int
main (int argc, char **argv)
{
  static const char *const files[] = { "certificate.pem", "key.pem" };
  int result = 0;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("belfry-smtp-XXXXXX", NULL);
  if (!make_certificate ()) {
    g_print ("1..0 # SKIP python3-aiosmtpd is not installed\n");
    g_rmdir (folder);
    g_free (folder);
    return 0;
  }
  add_tests ();
  result = g_test_run ();
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (folder, files[i], NULL);

    g_remove (path);
  }
  g_rmdir (folder);
  g_free (folder);
  return result;
}
