/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Through the real OpenSSH client to a real sshd on loopback, whose forced command plays Gerrit: it
 * records what it was asked and answers from files. Each connection gets an sshd of its own in its
 * inetd mode, so that no port has to be free and none is left behind.
 */
#include <belfry-test.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define SSHD "/usr/sbin/sshd"
#define SHA  "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345"
#define EVENT                                                                                      \
  "builds.0.properties={'event.change.id': ['I8f', 'x'],"                                          \
  " 'event.change.project': ['acme/anvil', 'x'], 'event.patchSet.revision': ['" SHA "', 'x']}"
#define CURRENT(revision)                                                                          \
  "{\"currentPatchSet\":{\"revision\":\"" revision "\"}}\n{\"type\":\"stats\",\"rowCount\":1}\n"

typedef struct {
  char *folder;
  GSocketService *service;
  guint16 port;
  guint connections;
  GPtrArray *servers; /* (element-type GSubprocess) */
  const char
      *greeting;   /* (nullable) what a connection is told in place of an sshd's; empty: nothing */
  GPtrArray *kept; /* (element-type GSocketConnection) of those */
} Server;

static char *
dup_path (const Server *server, const char *name)
{
  return g_build_filename (server->folder, name, NULL);
}

static void
put (const Server *server, const char *name, const char *text)
{
  g_autofree char *path = dup_path (server, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static char *
take_record (const Server *server)
{
  g_autofree char *path = dup_path (server, "record");
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");
  g_assert_cmpint (g_remove (path), ==, 0);
  return text;
}

static void
run (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (
      argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static void
make_key (const Server *server, const char *name)
{
  g_autofree char *path = dup_path (server, name);
  const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, NULL };

  run (argv);
}

static void
write_known_hosts (const Server *server, const char *name, const char *key)
{
  g_autofree char *path = dup_path (server, key);
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  line = g_strdup_printf ("[127.0.0.1]:%u %s", server->port, text);
  put (server, name, line);
}

/* the command comes as one text, whatever words it was made of */
static void
write_gerrit (const Server *server)
{
  g_autofree char *script = g_strdup_printf (
      "cd '%s' || exit 9\n"
      "printf '%%s\\n--\\n' \"$SSH_ORIGINAL_COMMAND\" >> record\n"
      "case $SSH_ORIGINAL_COMMAND in\n"
      "  'gerrit version') cat version ;;\n"
      "  'gerrit query '*) cat query ;;\n"
      "  'gerrit review '*) cat review; cat trouble >&2; exit \"$(cat status)\" ;;\n"
      "  *) exit 8 ;;\n"
      "esac\n",
      server->folder);

  put (server, "gerrit", script);
  put (server, "version", "gerrit version 3.9.1\n");
  put (server, "query", CURRENT (SHA));
  put (server, "review", "");
  put (server, "trouble", "");
  put (server, "status", "0");
}

static void
write_config (const Server *server)
{
  g_autofree char *config = g_strdup_printf ("HostKey %s/host\n"
                                             "AuthorizedKeysFile %s/user.pub\n"
                                             "ForceCommand /bin/sh %s/gerrit\n"
                                             "PasswordAuthentication no\n"
                                             "KbdInteractiveAuthentication no\n"
                                             "PermitRootLogin yes\n"
                                             "StrictModes no\n"
                                             "UsePAM no\n",
                                             server->folder, server->folder, server->folder);

  put (server, "sshd_config", config);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  Server *server = user_data;
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *config = dup_path (server, "sshd_config");
  g_autofree char *log = dup_path (server, "log");
  g_autoptr (GError) error = NULL;
  GSubprocess *process = NULL;

  server->connections++;
  g_socket_set_blocking (socket, TRUE);
  if (server->greeting != NULL) {
    g_ptr_array_add (server->kept, g_object_ref (connection));
    g_assert_cmpint (
        g_socket_send (socket, server->greeting, strlen (server->greeting), NULL, NULL), ==,
        (gssize)strlen (server->greeting));
    return TRUE;
  }
  g_subprocess_launcher_take_stdin_fd (launcher, dup (g_socket_get_fd (socket)));
  g_subprocess_launcher_take_stdout_fd (launcher, dup (g_socket_get_fd (socket)));
  process = g_subprocess_launcher_spawn (launcher, &error, SSHD, "-i", "-q", "-f", config, "-E",
                                         log, NULL);
  g_assert_no_error (error);
  g_ptr_array_add (server->servers, process);
  return TRUE;
}

static void
set_up (Server *server, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  server->folder = g_dir_make_tmp ("gerrit-XXXXXX", &error);
  g_assert_no_error (error);
  server->servers = g_ptr_array_new_with_free_func (g_object_unref);
  server->kept = g_ptr_array_new_with_free_func (g_object_unref);
  server->service = g_socket_service_new ();
  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (server->service), wanted,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                                &effective, &error));
  server->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (server->service, "incoming", G_CALLBACK (on_incoming), server);
  make_key (server, "host");
  make_key (server, "user");
  make_key (server, "stranger");
  write_known_hosts (server, "known_hosts", "host.pub");
  write_gerrit (server);
  write_config (server);
  /* the folder that sshd locks itself into when it is root's */
  if (getuid () == 0)
    g_assert_cmpint (g_mkdir_with_parents ("/run/sshd", 0755), ==, 0);
}

static void
tear_down (Server *server, gconstpointer data)
{
  const char *const argv[] = { "rm", "-rf", server->folder, NULL };

  g_socket_service_stop (server->service);
  g_object_unref (server->service);
  for (guint i = 0; i < server->servers->len; i++)
    g_subprocess_wait (g_ptr_array_index (server->servers, i), NULL, NULL);
  g_ptr_array_unref (server->servers);
  g_ptr_array_unref (server->kept);
  run (argv);
  g_free (server->folder);
}

static BelfryTest *
make_test (const Server *server, const char *identity, const char *hosts, const char *keys)
{
  g_autofree char *all = g_strdup_printf (
      "server=127.0.0.1\nusername=%s\nport=%u\nidentity-file=%s/%s\nknown-hosts=%s/%s\n%s",
      g_get_user_name (), server->port, server->folder, identity, server->folder, hosts, keys);

  return belfry_test_new ("reporter/gerrit", all);
}

static BelfryOutcome *
deliver (BelfryTest *test, const char *fixture)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, EVENT);
  BelfryOutcome *outcome = NULL;

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  outcome = belfry_test_deliver (test, 0, NULL);
  g_test_message ("%s", outcome->excerpt != NULL ? outcome->excerpt : "fine");
  return outcome;
}

static void
expect (BelfryTest *test, const char *fixture, BelfryOutcomeKind kind)
{
  g_autoptr (BelfryOutcome) outcome = deliver (test, fixture);

  g_assert_cmpint (outcome->kind, ==, kind);
}

static void
expect_record (const Server *server, const char *wanted)
{
  g_autofree char *record = take_record (server);

  g_assert_cmpstr (record, ==, wanted);
}

#define REVIEW(message)                                                                            \
  "gerrit review --project acme/anvil --tag autogenerated:buildbot --message '" message            \
  "' --label Verified=-1 " SHA "\n--\n"
#define STOCK "This patch set was built\non configuration: linux-x86\nThe result is: FAILURE\n"

/* the version is asked once */
static void
test_review (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (server, "user", "known_hosts", "review-cb=default");

  expect (test, "failure", BELFRY_OUTCOME_DELIVERED);
  expect_record (server, "gerrit version\n--\n" REVIEW (STOCK));
  expect (test, "failure", BELFRY_OUTCOME_DELIVERED);
  expect_record (server, REVIEW (STOCK));
}

/* what would end its quotes, or start a shell, arrives as it was written */
static void
test_hostile (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (
      server, "user", "known_hosts",
      "review-cb=template\nreview-template=a' --submit '; touch x $(touch y) `touch z` \\\\' b\n"
      "review-labels.Verified=-1\nnotify=NONE");

  expect (test, "failure", BELFRY_OUTCOME_DELIVERED);
  expect_record (
      server, "gerrit version\n--\ngerrit review --project acme/anvil --tag autogenerated:buildbot "
              "--notify NONE --message 'a\" --submit \"; touch x $(touch y) `touch z` \\\" b' "
              "--label Verified=-1 " SHA "\n--\n");
}

static void
test_summary (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (server, "user", "known_hosts", "");
  g_autoptr (BelfryTest) hasty = make_test (server, "user", "known_hosts", "check-patch-set=false");
  g_autofree char *record = NULL;

  expect (test, "buildset", BELFRY_OUTCOME_DELIVERED);
  record = take_record (server);
  g_assert_true (g_str_has_prefix (
      record, "gerrit version\n--\ngerrit query --format=JSON --current-patch-set commit:" SHA
              "\n--\ngerrit review --project acme/anvil "));
  put (server, "query", CURRENT ("another"));
  expect (test, "buildset", BELFRY_OUTCOME_SUPERSEDED);
  expect_record (server, "gerrit query --format=JSON --current-patch-set commit:" SHA "\n--\n");
  expect (hasty, "buildset", BELFRY_OUTCOME_DELIVERED);
}

static void
test_programs (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (
      server, "user", "known_hosts",
      "review-cb=program\nreview-program=/bin/echo '{\"message\": \"by a program\", \"labels\": "
      "{\"Verified\": -1}}'");
  g_autoptr (BelfryTest) old =
      make_test (server, "user", "known_hosts",
                 "review-cb=program\nreview-program=/bin/echo '[\"by a program\", -1, null]'");
  g_autoptr (BelfryTest) silent =
      make_test (server, "user", "known_hosts", "review-cb=program\nreview-program=/bin/echo null");
  g_autoptr (BelfryTest) broken =
      make_test (server, "user", "known_hosts", "review-cb=program\nreview-program=/bin/false");

  expect (test, "failure", BELFRY_OUTCOME_DELIVERED);
  expect_record (server, "gerrit version\n--\n" REVIEW ("by a program"));
  expect (old, "failure", BELFRY_OUTCOME_DELIVERED);
  expect_record (server, "gerrit version\n--\n" REVIEW ("by a program"));
  g_assert_nonnull (strstr (belfry_test_get_log (old), "Buildbot 0.8"));
  expect (silent, "failure", BELFRY_OUTCOME_SUPERSEDED);
  expect (broken, "failure", BELFRY_OUTCOME_WAIT);
  expect_record (server, "");
}

/* Gerrit says no, in its own words */
static void
test_refusals (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (server, "user", "known_hosts", "review-cb=default");
  g_autoptr (BelfryOutcome) outcome = NULL;

  put (server, "version", "no such thing\n");
  expect (test, "failure", BELFRY_OUTCOME_WAIT);
  expect_record (server, "gerrit version\n--\n");
  put (server, "version", "gerrit version 2.5\n");
  put (server, "trouble", "fatal: no such patch set\n");
  put (server, "status", "1");
  outcome = deliver (test, "failure");
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_true (outcome->answered);
  g_assert_nonnull (strstr (outcome->excerpt, "ssh ended with 1: fatal: no such patch set"));
  g_assert_nonnull (strstr (belfry_test_get_log (test), "gerrit review ended with 1"));
  expect_record (server, "gerrit version\n--\ngerrit review --project acme/anvil --message '" STOCK
                         "' --verified -1 " SHA "\n--\n");
}

/* more than anybody has to say */
static void
test_endless (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) test = make_test (server, "user", "known_hosts", "review-cb=default");
  g_autofree char *flood = g_strnfill (1024 * 1024, 'x');
  g_autoptr (BelfryOutcome) outcome = NULL;

  put (server, "version", flood);
  outcome = deliver (test, "failure");
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_true (g_str_has_suffix (outcome->excerpt, "it printed too much"));
  expect_record (server, "gerrit version\n--\n");
}

/* somebody else is there, or nobody who says a word */
static void
test_strangers (Server *server, gconstpointer data)
{
  static const char *const greetings[] = { "", "220 mail.example.org ESMTP\r\n\r\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (greetings); i++) {
    g_autoptr (BelfryTest) test = make_test (server, "user", "known_hosts", "review-cb=default");
    g_autoptr (BelfryOutcome) outcome = NULL;

    server->greeting = greetings[i];
    belfry_test_set_patience (test, G_USEC_PER_SEC / 2);
    outcome = deliver (test, "failure");
    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
    g_assert_false (outcome->answered);
  }
  g_assert_cmpuint (server->kept->len, ==, G_N_ELEMENTS (greetings));
}

/* a login that is not known, a host that is another one, nobody there */
static void
test_connection (Server *server, gconstpointer data)
{
  g_autoptr (BelfryTest) stranger =
      make_test (server, "stranger", "known_hosts", "review-cb=default");
  g_autoptr (BelfryTest) misled = make_test (server, "user", "other", "review-cb=default");
  g_autoptr (BelfryTest) unknown = make_test (server, "user", "none", "review-cb=default");
  g_autoptr (BelfryTest) lonely = make_test (server, "user", "known_hosts", "review-cb=default");
  g_autoptr (BelfryOutcome) outcome = NULL;

  write_known_hosts (server, "other", "stranger.pub");
  expect (stranger, "failure", BELFRY_OUTCOME_DENIED);
  expect (misled, "failure", BELFRY_OUTCOME_DENIED);
  expect (unknown, "failure", BELFRY_OUTCOME_DENIED);
  g_socket_service_stop (server->service);
  g_socket_listener_close (G_SOCKET_LISTENER (server->service));
  outcome = deliver (lonely, "failure");
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_false (outcome->answered);
  expect_record (server, "");
}

static void
add (const char *path, void (*test) (Server *server, gconstpointer data))
{
  g_test_add (path, Server, NULL, set_up, test, tear_down);
}

/* sshd runs its commands by the user's shell, which some users do not have */
static gboolean
has_shell (void)
{
  const struct passwd *user = getpwuid (getuid ());

  return user != NULL && user->pw_shell != NULL && !g_str_has_suffix (user->pw_shell, "nologin") &&
         !g_str_has_suffix (user->pw_shell, "false");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (!g_file_test (SSHD, G_FILE_TEST_IS_EXECUTABLE) || !has_shell ()) {
    g_test_message ("skipped: there is no " SSHD ", or this user has no shell");
    return 77;
  }
  add ("/gerrit/ssh/review", test_review);
  add ("/gerrit/ssh/hostile", test_hostile);
  add ("/gerrit/ssh/summary", test_summary);
  add ("/gerrit/ssh/programs", test_programs);
  add ("/gerrit/ssh/refusals", test_refusals);
  add ("/gerrit/ssh/endless", test_endless);
  add ("/gerrit/ssh/strangers", test_strangers);
  add ("/gerrit/ssh/connection", test_connection);
  return g_test_run ();
}
