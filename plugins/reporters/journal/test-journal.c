/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"
#include <belfry-test.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#define STARTED  "17e0bdc3bdd64add9380ec15d1072861"
#define FINISHED "b8c5a6f100fb4e96b359d25f05365c63"
#define BUILDSET "2e9b14c6db0e4bd0b46453ba474c9e9a"
#define WORKER   "4e0c2784a082431991b04bf58814e90a"
#define PAGE     "https://ci.example.org/builders/linux-x86/builds/142"
#define COMMON   "SYSLOG_IDENTIFIER=belfry\nBELFRY_INSTANCE=under-test\n"
#define BUILD                                                                                      \
  "BELFRY_BUILD_NUMBER=142\nBELFRY_BUILD_ID=9031\nBELFRY_BUILDER=linux-x86\n"                      \
  "BELFRY_REVISION=4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345\nBELFRY_BRANCH=main\n"

/* a journal's socket in a folder of its own */
typedef struct {
  char *folder;
  char *path;
  GSocket *socket;
} Fixture;

static void
listen_again (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);

  self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
}

static void
close_socket (Fixture *self)
{
  g_clear_object (&self->socket);
  g_remove (self->path);
}

static void
set_up (Fixture *self, gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("belfry-journal-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "socket", NULL);
  listen_again (self);
}

static void
tear_down (Fixture *self, gconstpointer unused)
{
  close_socket (self);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

/* the next entry; the harness starts with an empty one */
static char *
receive (Fixture *self)
{
  g_autofree char *text = g_malloc0 (262144);
  gssize bytes = g_socket_receive (self->socket, text, 262143, NULL, NULL);

  g_assert_cmpint (bytes, >=, 0);
  return g_strndup (text, (gsize)bytes);
}

static BelfryTest *
make_test (Fixture *self, const char *keys)
{
  g_autofree char *all = g_strdup_printf ("socket=%s\n%s", self->path, keys);
  BelfryTest *test = belfry_test_new ("reporter/journal", all);
  g_autofree char *empty = receive (self);

  g_assert_cmpstr (empty, ==, "");
  return test;
}

static BelfryOutcome *
deliver (BelfryTest *test, const char *fixture, const char *edits)
{
  g_autoptr (BelfryReport) report = belfry_test_report_new (fixture, edits);

  g_assert_cmpuint (belfry_test_plan (test, report), ==, 1);
  return belfry_test_deliver (test, 0, NULL);
}

static const struct {
  const char *keys;
  const char *fixture;
  const char *entry;
} entries[] = {
  { "", "started",
    "MESSAGE=s\nMESSAGE_ID=" STARTED "\nPRIORITY=6\n" COMMON BUILD "BELFRY_URL=" PAGE "\n" },
  { "", "success",
    "MESSAGE=s\nMESSAGE_ID=" FINISHED "\nPRIORITY=6\n" COMMON BUILD
    "BELFRY_RESULT=success\nBELFRY_URL=" PAGE "\n" },
  { "", "warnings",
    "MESSAGE=s\nMESSAGE_ID=" FINISHED "\nPRIORITY=4\n" COMMON BUILD
    "BELFRY_RESULT=warnings\nBELFRY_URL=" PAGE "\n" },
  { "", "failure",
    "MESSAGE=s\nMESSAGE_ID=" FINISHED "\nPRIORITY=3\n" COMMON BUILD
    "BELFRY_RESULT=failure\nBELFRY_URL=" PAGE "\n" },
  { "", "exception",
    "MESSAGE=s\nMESSAGE_ID=" FINISHED "\nPRIORITY=2\n" COMMON BUILD
    "BELFRY_RESULT=exception\nBELFRY_URL=" PAGE "\n" },
  { "priorities.failing=5\nfields.TEAM={{ projects }} x\nfields.NONE={{ nothing }}", "failure",
    "MESSAGE=s\nMESSAGE_ID=" FINISHED "\nPRIORITY=5\n" COMMON BUILD
    "BELFRY_RESULT=failure\nBELFRY_URL=" PAGE "\nTEAM=acme/anvil x\n" },
  { "", "buildset",
    "MESSAGE=s\nMESSAGE_ID=" BUILDSET "\nPRIORITY=3\n" COMMON
    "BELFRY_RESULT=failure\nBELFRY_URL=https://ci.example.org/\n" },
  { "", "worker",
    "MESSAGE=s\nMESSAGE_ID=" WORKER "\nPRIORITY=4\n" COMMON
    "BELFRY_URL=https://ci.example.org/\n" },
  { "", "test", "MESSAGE=s\nPRIORITY=5\n" COMMON "BELFRY_URL=https://ci.example.org/\n" },
};

static void
test_entries (Fixture *self, gconstpointer unused)
{
  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++) {
    g_autoptr (BelfryTest) test = make_test (self, entries[i].keys);
    g_autoptr (BelfryOutcome) outcome = deliver (test, entries[i].fixture, "subject='s'");
    g_autofree char *entry = receive (self);

    g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
    g_assert_cmpstr (entry, ==, entries[i].entry);
  }
}

/* a line break in a value ends no field */
static void
test_lines (void)
{
  g_autoptr (JsonObject) entry = json_object_new ();
  g_autoptr (GBytes) bytes = NULL;
  static const char wanted[] = "A=1\nB\n\x05\0\0\0\0\0\0\0x\nC=2\nD=3\n";

  json_object_set_string_member (entry, "A", "1");
  json_object_set_string_member (entry, "B", "x\nC=2");
  json_object_set_string_member (entry, "D", "3");
  bytes = belfry_journal_serialize (entry);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), wanted,
                   sizeof wanted - 1);
}

static void
test_limit (Fixture *self, gconstpointer unused)
{
  g_autoptr (GString) keys = g_string_new (NULL);
  g_autoptr (BelfryTest) test = NULL;
  g_autoptr (BelfryOutcome) outcome = NULL;
  g_autofree char *entry = NULL;

  for (guint i = 0; i < 16; i++)
    g_string_append_printf (keys, "fields.F%u={{ 'ä' * 1000000 }}\n", i);
  test = make_test (self, keys->str);
  outcome = deliver (test, "success", NULL);
  g_assert_cmpint (outcome->kind, ==, BELFRY_OUTCOME_DELIVERED);
  entry = receive (self);
  g_assert_cmpuint (strlen (entry), <, 16 * 8300);
  g_assert_true (g_str_has_suffix (entry, "ä…\n"));
}

static void
test_away (Fixture *self, gconstpointer unused)
{
  g_autoptr (BelfryTest) test = make_test (self, "");
  g_autoptr (BelfryOutcome) away = NULL;
  g_autoptr (BelfryOutcome) back = NULL;

  close_socket (self);
  away = deliver (test, "success", NULL);
  listen_again (self);
  back = deliver (test, "success", NULL);
  g_assert_cmpint (away->kind, ==, BELFRY_OUTCOME_WAIT);
  g_assert_false (away->answered);
  g_assert_cmpint (back->kind, ==, BELFRY_OUTCOME_DELIVERED);
}

static void
test_options (void)
{
  static const char *const bad[][2] = {
    { "fields._HOSTNAME=x", "error fields._HOSTNAME: " },
    { "fields.team=x", "error fields.team: " },
    { "fields.1A=x", "error fields.1A: " },
    { "priorities.failing=8", "error priorities.failing: " },
    { "priorities.bad=1", "error priorities.bad: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("reporter/journal", bad[i][0]);

    if (!g_str_has_prefix (problems, bad[i][1]))
      g_test_fail_printf ("%s: %s", bad[i][0], problems);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/journal/entries", Fixture, NULL, set_up, test_entries, tear_down);
  g_test_add_func ("/journal/lines", test_lines);
  g_test_add ("/journal/limit", Fixture, NULL, set_up, test_limit, tear_down);
  g_test_add ("/journal/away", Fixture, NULL, set_up, test_away, tear_down);
  g_test_add_func ("/journal/options", test_options);
  return g_test_run ();
}
