/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scopes, against a manager of our own on a private bus that takes exactly the calls that
 * org.freedesktop.systemd1(5) has. Where this process could divide its own control group the folder
 * of those is taken away, in a mount namespace of its own: the engine must not find any.
 */
#include "scope.h"
#include "test-fixture.h"
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME    "org.freedesktop.systemd1"
#define PATH    "/org/freedesktop/systemd1"
#define MANAGER NAME ".Manager"

static const char interfaces[] =
    "<node><interface name='org.freedesktop.systemd1.Manager'>"
    "<method name='Subscribe'/>"
    "<method name='StartTransientUnit'>"
    "<arg name='name' type='s' direction='in'/><arg name='mode' type='s' direction='in'/>"
    "<arg name='properties' type='a(sv)' direction='in'/>"
    "<arg name='aux' type='a(sa(sv))' direction='in'/>"
    "<arg name='job' type='o' direction='out'/></method>"
    "<method name='KillUnit'>"
    "<arg name='name' type='s' direction='in'/><arg name='whom' type='s' direction='in'/>"
    "<arg name='signal' type='i' direction='in'/></method>"
    "<method name='ListUnitsByPatterns'>"
    "<arg name='states' type='as' direction='in'/><arg name='patterns' type='as' direction='in'/>"
    "<arg name='units' type='a(ssssssouso)' direction='out'/></method>"
    "<signal name='JobRemoved'>"
    "<arg name='id' type='u'/><arg name='job' type='o'/><arg name='unit' type='s'/>"
    "<arg name='result' type='s'/></signal>"
    "</interface></node>";

typedef enum {
  MOOD_WILLING,
  MOOD_REFUSES,    /* the call */
  MOOD_FAILS,      /* the job */
  MOOD_FORBIDS_ALL /* even to subscribe */
} Mood;

/** Manager: stands in for systemd */
typedef struct {
  GTestDBus *daemon;
  GDBusConnection *bus;
  guint registration;
  guint name;
  gboolean has_name;
  Mood mood;
  gboolean subscribed;
  guint n_jobs;
  char *unit;           /* last made */
  GVariant *properties; /* (nullable) of it */
  GPtrArray *killed;    /* (element-type utf8) */
  char *listed;         /* (nullable) pattern */
} Manager;

static Manager manager;

static void
start_unit (GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autofree char *job = g_strdup_printf (PATH "/job/%u", ++manager.n_jobs);
  const char *mode = NULL;
  g_autoptr (GVariant) others = NULL;

  g_clear_pointer (&manager.unit, g_free);
  g_clear_pointer (&manager.properties, g_variant_unref);
  g_variant_get (arguments, "(s&s@a(sv)@a(sa(sv)))", &manager.unit, &mode, &manager.properties,
                 &others);
  g_assert_cmpstr (mode, ==, "fail");
  g_assert_cmpuint (g_variant_n_children (others), ==, 0);
  g_assert_true (manager.subscribed);
  if (manager.mood == MOOD_REFUSES) {
    g_dbus_method_invocation_return_dbus_error (
        invocation, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "not for you");
    return;
  }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", job));
  /* other jobs end, too */
  g_dbus_connection_emit_signal (
      manager.bus, NULL, PATH, MANAGER, "JobRemoved",
      g_variant_new ("(uoss)", 99, PATH "/job/99", "another.service", "failed"), NULL);
  g_dbus_connection_emit_signal (manager.bus, NULL, PATH, MANAGER, "JobRemoved",
                                 g_variant_new ("(uoss)", manager.n_jobs, job, manager.unit,
                                                manager.mood == MOOD_FAILS ? "failed" : "done"),
                                 NULL);
}

static void
list_units (GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autofree const char **states = NULL;
  g_autofree const char **patterns = NULL;
  GVariantBuilder units;

  g_variant_get (arguments, "(^a&s^a&s)", &states, &patterns);
  g_assert_null (states[0]);
  g_assert_nonnull (patterns[0]);
  g_assert_null (patterns[1]);
  g_free (manager.listed);
  manager.listed = g_strdup (patterns[0]);
  g_variant_builder_init (&units, G_VARIANT_TYPE ("a(ssssssouso)"));
  g_variant_builder_add (&units, "(ssssssouso)", "belfry-old-b3.scope", "", "loaded", "active",
                         "running", "", PATH "/unit/x", 0, "", "/");
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a(ssssssouso))", &units));
}

static void
kill_unit (GDBusMethodInvocation *invocation, GVariant *arguments)
{
  const char *unit = NULL;
  const char *whom = NULL;
  int number = 0;

  g_variant_get (arguments, "(&s&si)", &unit, &whom, &number);
  g_assert_cmpstr (whom, ==, "all");
  g_assert_cmpint (number, ==, SIGKILL);
  g_ptr_array_add (manager.killed, g_strdup (unit));
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_call (GDBusConnection *bus, /* lint: a GDBusInterfaceMethodCallFunc */
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *arguments,
         GDBusMethodInvocation *invocation,
         gpointer data)
{
  (void)bus;
  (void)sender;
  (void)path;
  (void)interface;
  (void)data;
  if (g_str_equal (method, "StartTransientUnit"))
    start_unit (invocation, arguments);
  else if (g_str_equal (method, "KillUnit"))
    kill_unit (invocation, arguments);
  else if (g_str_equal (method, "ListUnitsByPatterns"))
    list_units (invocation, arguments);
  else if (manager.mood == MOOD_FORBIDS_ALL)
    g_dbus_method_invocation_return_dbus_error (
        invocation, "org.freedesktop.DBus.Error.AccessDenied", "not for you");
  else {
    g_assert_cmpstr (method, ==, "Subscribe");
    manager.subscribed = TRUE;
    g_dbus_method_invocation_return_value (invocation, NULL);
  }
}

static void
on_name (GDBusConnection *bus, const char *name, gpointer data)
{
  (void)bus;
  (void)name;
  (void)data;
  manager.has_name = TRUE;
}

/* The bus that the engine will ask, whoever this process is. */
static void
manager_start (Mood mood)
{
  static const GDBusInterfaceVTable table = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (interfaces, NULL);
  const char *address = NULL;

  manager = (Manager){ .mood = mood };
  manager.killed = g_ptr_array_new_with_free_func (g_free);
  manager.daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (manager.daemon);
  address = g_test_dbus_get_bus_address (manager.daemon);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
  manager.bus =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, NULL);
  g_assert_nonnull (manager.bus);
  manager.registration = g_dbus_connection_register_object (manager.bus, PATH, node->interfaces[0],
                                                            &table, NULL, NULL, NULL);
  g_assert_cmpuint (manager.registration, >, 0);
  manager.name = g_bus_own_name_on_connection (manager.bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                               on_name, NULL, NULL, NULL);
  while (!manager.has_name)
    g_main_context_iteration (NULL, TRUE);
}

static void
manager_stop (void)
{
  g_bus_unown_name (manager.name);
  g_dbus_connection_unregister_object (manager.bus, manager.registration);
  g_dbus_connection_close_sync (manager.bus, NULL, NULL);
  g_clear_object (&manager.bus);
  g_test_dbus_stop (manager.daemon);
  g_clear_object (&manager.daemon);
  g_clear_pointer (&manager.properties, g_variant_unref);
  g_clear_pointer (&manager.unit, g_free);
  g_clear_pointer (&manager.listed, g_free);
  g_clear_pointer (&manager.killed, g_ptr_array_unref);
}

/* the calls */

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  (void)source;
  *(GAsyncResult **)data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static LocalScopes *
open_scopes (const char *token, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  local_scopes_open_async (token, on_done, &result);
  return local_scopes_open_finish (wait_for (&result), error);
}

static gboolean
make_scope (LocalScopes *scopes, const LocalScopeOrder *order, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  local_scopes_make_async (scopes, order, on_done, &result);
  return local_scopes_make_finish (wait_for (&result), error);
}

/* Each property once, of its type, and no other. */
static void
test_properties (void)
{
  g_autoptr (LocalScopes) scopes = NULL;
  const LocalScopeOrder order = { 7, getpid (), { 1 << 20, 150, 32 } };
  g_autoptr (GError) error = NULL;
  g_autofree char *printed = NULL;
  g_autofree char *expected = g_strdup_printf (
      "[('Description', <'Belfry build 7'>), ('PIDs', <[uint32 %d]>), ('Delegate', <true>), "
      "('CollectMode', <'inactive-or-failed'>), ('MemoryMax', <uint64 1048576>), ('TasksMax', "
      "<uint64 32>), ('CPUQuotaPerSecUSec', <uint64 1500000>)]",
      (int)getpid ());

  manager_start (MOOD_WILLING);
  scopes = open_scopes ("abc", &error);
  g_assert_no_error (error);
  /* this manager moves nobody: a limit that is not kept is told */
  g_assert_false (make_scope (scopes, &order, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  fixture_assert_has (error->message, "memory-max cannot be kept");
  g_assert_cmpstr (manager.unit, ==, "belfry-abc-b7.scope");
  printed = g_variant_print (manager.properties, TRUE);
  g_assert_cmpstr (printed, ==, expected);
  g_clear_pointer (&scopes, local_scopes_free);
  manager_stop ();
}

static void
test_made_and_ended (void)
{
  g_autoptr (LocalScopes) scopes = NULL;
  const LocalScopeOrder order = { .buildid = 8, .pid = getpid () };
  g_autoptr (GError) error = NULL;

  manager_start (MOOD_WILLING);
  scopes = open_scopes ("abc", NULL);
  g_assert_true (make_scope (scopes, &order, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (manager.properties), ==, 4);
  local_scopes_end (scopes, 8);
  local_scopes_end_all (scopes, "old");
  while (manager.killed->len < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (manager.listed, ==, "belfry-old-b*.scope");
  g_assert_cmpstr (g_ptr_array_index (manager.killed, 0), ==, "belfry-abc-b8.scope");
  g_assert_cmpstr (g_ptr_array_index (manager.killed, 1), ==, "belfry-old-b3.scope");
  g_clear_pointer (&scopes, local_scopes_free);
  manager_stop ();
}

static void
test_refused (gconstpointer data)
{
  Mood mood = GPOINTER_TO_INT (data);
  g_autoptr (LocalScopes) scopes = NULL;
  const LocalScopeOrder order = { .buildid = 9, .pid = getpid () };
  g_autoptr (GError) error = NULL;

  manager_start (mood);
  scopes = open_scopes ("abc", &error);
  if (mood == MOOD_FORBIDS_ALL) {
    g_assert_null (scopes);
    fixture_assert_has (error->message, "asking systemd for scopes: ");
  } else {
    g_assert_false (make_scope (scopes, &order, &error));
    fixture_assert_has (error->message, "making scope 'belfry-abc-b9.scope': ");
  }
  fixture_assert_has (error->message, mood == MOOD_FAILS ? "failed" : "not for you");
  g_clear_pointer (&scopes, local_scopes_free);
  manager_stop ();
}

/* A scope that is being made when the engine ends is not waited for. */
static void
test_freed (void)
{
  LocalScopes *scopes = NULL;
  const LocalScopeOrder order = { .buildid = 10, .pid = getpid () };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (MOOD_WILLING);
  scopes = open_scopes ("abc", NULL);
  local_scopes_make_async (scopes, &order, on_done, &result);
  local_scopes_free (scopes);
  g_assert_false (local_scopes_make_finish (wait_for (&result), &error));
  fixture_assert_has (error->message, "the engine ends");
  manager_stop ();
}

/* builds */

static void
test_build (Fixture *self, gconstpointer data)
{
  const char *expected = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  manager_start (MOOD_WILLING);
  build = fixture_build (self, "[engine local]\nbuild-isolation=cgroup\n[builder b]\nsteps=s\n"
                               "[step s]\nscript=echo done\n");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  while (manager.killed->len == 0)
    g_main_context_iteration (NULL, TRUE);
  expected = g_ptr_array_index (manager.killed, 0);
  g_assert_cmpstr (manager.unit, ==, expected);
  fixture_end (self);
  manager_stop ();
}

static void
test_build_with_limit (Fixture *self, gconstpointer data)
{
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\n%s\nsteps=s\n[step s]\nscript=echo done\n", (char *)data);
  gboolean kept = strstr (data, "memory") == NULL;
  BelfryBuild *build = NULL;

  manager_start (kept ? MOOD_REFUSES : MOOD_WILLING);
  build = fixture_build (self, configuration);
  g_assert_cmpint (build->results, ==, kept ? BELFRY_RESULT_SUCCESS : BELFRY_RESULT_EXCEPTION);
  if (!kept)
    fixture_assert_has (build->state_string, "memory-max cannot be kept");
  fixture_end (self);
  manager_stop ();
}

/* A machine that systemd has booted, but that has no control groups for us. Ours alone: nobody
 * else's mounts change. */
static gboolean
pretend (void)
{
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         umount2 ("/sys/fs/cgroup", MNT_DETACH) == 0 &&
         mount ("none", "/run", "tmpfs", 0, NULL) == 0 &&
         g_mkdir_with_parents ("/run/systemd/system", 0755) == 0;
}

static void
skip (void)
{
  g_test_skip ("only root can mount what a build without control groups would find");
}

static void
skip_all (void)
{
  g_test_skip ("no dbus-daemon");
}

int
main (int argc, char **argv)
{
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");

  g_test_init (&argc, &argv, NULL);
  if (daemon == NULL) {
    g_test_add_func ("/engine-local/scope", skip_all);
    return g_test_run ();
  }
  g_test_add_func ("/engine-local/scope/properties", test_properties);
  g_test_add_func ("/engine-local/scope/made-and-ended", test_made_and_ended);
  g_test_add_data_func ("/engine-local/scope/refused/call", GINT_TO_POINTER (MOOD_REFUSES),
                        test_refused);
  g_test_add_data_func ("/engine-local/scope/refused/job", GINT_TO_POINTER (MOOD_FAILS),
                        test_refused);
  g_test_add_data_func ("/engine-local/scope/refused/all", GINT_TO_POINTER (MOOD_FORBIDS_ALL),
                        test_refused);
  g_test_add_func ("/engine-local/scope/freed", test_freed);
  if (!pretend ()) {
    g_test_add_func ("/engine-local/scope/build", skip);
    return g_test_run ();
  }
  FIXTURE_ADD ("scope/build", NULL, test_build);
  FIXTURE_ADD ("scope/limit-not-kept", "memory-max=64MiB", test_build_with_limit);
  FIXTURE_ADD ("scope/tasks-without-scope", "tasks-max=5000", test_build_with_limit);
  return g_test_run ();
}
