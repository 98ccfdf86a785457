/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups: where they are, by texts of the kernel's; what is written, into a folder that
 * stands in for one; and real ones, where this machine lends us some.
 */
#include "cgroup.h"
#include "proc.h"
#include "test-fixture.h"
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNT_ALONE                                                                                \
  "24 1 0:22 / /proc rw - proc proc rw\n"                                                          \
  "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_BESIDE                                                                               \
  "40 32 0:36 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"                              \
  "41 32 0:37 / /sys/fs/cgroup/uni\\040fied rw - cgroup2 cgroup2 rw\n"
#define MOUNT_PART "31 24 0:27 /machine/a /sys/fs/cgroup rw - cgroup2 cgroup rw\n"

typedef struct {
  const char *name;
  const char *mountinfo;
  const char *membership;
  const char *expected; /* (nullable) */
} Place;

static const Place places[] = {
  { "unit", MOUNT_ALONE, "0::/system.slice/belfry.service\n",
    "/sys/fs/cgroup/system.slice/belfry.service" },
  { "leaf", MOUNT_ALONE, "0::/system.slice/belfry.service/belfry-host\n",
    "/sys/fs/cgroup/system.slice/belfry.service" },
  { "root", MOUNT_ALONE, "0::/\n", "/sys/fs/cgroup" },
  { "hybrid", MOUNT_BESIDE, "4:memory:/x\n0::/user.slice\n", "/sys/fs/cgroup/uni fied/user.slice" },
  { "part", MOUNT_PART, "0::/machine/a/b\n", "/sys/fs/cgroup/b" },
  { "part-root", MOUNT_PART, "0::/machine/a\n", "/sys/fs/cgroup" },
  { "beside-part", MOUNT_PART, "0::/machine/ab\n", NULL },
  { "outside", MOUNT_ALONE, "0::/../other\n", NULL },
  { "old", "40 32 0:36 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "4:memory:/x\n",
    NULL },
  { "no-line", MOUNT_ALONE, "4:memory:/x\n", NULL },
};

static void
test_place (gconstpointer data)
{
  const Place *place = data;
  g_autofree char *found = local_cgroup_find_own (place->mountinfo, place->membership);

  g_assert_cmpstr (found, ==, place->expected);
}

/* a folder that stands in for a group: what is written there can be read */

static void
put (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_refused_base (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  (void)data;
  g_assert_null (local_cgroups_new_at (self->folder, "t", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  fixture_assert_has (error->message, "is not ours to divide");
  g_clear_error (&error);
  /* an old kernel: groups can be made, but not be ended at once */
  put (self->folder, "cgroup.procs", "");
  g_assert_null (local_cgroups_new_at (self->folder, "t", &error));
  fixture_assert_has (error->message, "no cgroup.kill");
}

static void
test_missing_controller (Fixture *self, gconstpointer data)
{
  LocalCgroups groups = { self->folder, (char *)"t", NULL };
  const LocalLimits limits = { .memory_max = 1 };
  g_autofree char *path = g_build_filename (self->folder, "belfry-t-b7", NULL);
  g_autofree char *made = NULL;
  g_autoptr (GPtrArray) late = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  (void)data;
  groups.late = late;
  put (self->folder, "cgroup.controllers", "cpu pids\n");
  made = local_cgroups_make (&groups, 7, &limits, &error);
  g_assert_null (made);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  fixture_assert_has (error->message, "memory-max cannot be kept");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_out_of_memory_count (Fixture *self, gconstpointer data)
{
  (void)data;
  g_assert_cmpint (local_cgroup_count_out_of_memory (self->folder), ==, 0);
  put (self->folder, "memory.events",
       "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n");
  g_assert_cmpint (local_cgroup_count_out_of_memory (self->folder), ==, 3);
}

/* real ones */

static LocalCgroups *
find_real (void)
{
  g_autofree char *token = g_uuid_string_random ();
  g_autoptr (GError) error = NULL;
  LocalCgroups *groups = local_cgroups_new (token, &error);

  if (groups == NULL)
    g_test_skip (error->message);
  return groups;
}

static void
test_end_all (Fixture *self, gconstpointer data)
{
  g_autoptr (LocalCgroups) groups = find_real ();
  const LocalLimits limits = { 0 };
  g_autofree char *path = NULL;
  g_autofree char *printed = NULL;
  int status = 0;
  pid_t child = 0;

  (void)data;
  if (groups == NULL)
    return;
  path = local_cgroups_make (groups, 1, &limits, NULL);
  g_assert_nonnull (path);
  child = fork ();
  if (child == 0) {
    while (TRUE)
      pause ();
  }
  printed = fixture_shell (self, "echo %d > %s/cgroup.procs", (int)child, path);
  local_cgroups_end_all (groups, "another-run");
  g_assert_cmpint (waitpid (child, &status, WNOHANG), ==, 0);
  local_cgroups_end_all (groups, groups->token);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  local_cgroups_remove (groups, path);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static char *
find_group_line (const char *log)
{
  const char *at = strstr (log, "o0::/");
  const char *end = at != NULL ? strchr (at, '\n') : NULL;

  g_assert_nonnull (end);
  return g_strndup (at + 1, (gsize)(end - at - 1));
}

static void
test_build (Fixture *self, gconstpointer data)
{
  g_autoptr (LocalCgroups) groups = find_real ();
  g_autofree char *log = NULL;
  g_autofree char *line = NULL;
  g_autofree char *mountinfo = NULL;
  g_autofree char *folder = NULL;

  (void)data;
  if (groups == NULL)
    return;
  fixture_build (self, "[engine local]\n[builder b]\nbuild-isolation=cgroup\nsteps=s\n"
                       "[step s]\nscript=cat /proc/self/cgroup; setsid sh -c 'sleep 300' &\n");
  g_assert_cmpint (fake_host_find_step (self->host, "s")->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "s");
  fixture_assert_has (log, "left behind");
  line = find_group_line (log);
  fixture_assert_has (line, "/belfry-");
  g_assert_true (g_file_get_contents ("/proc/self/mountinfo", &mountinfo, NULL, NULL));
  folder = local_cgroup_find_own (mountinfo, line);
  g_assert_nonnull (folder);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

static void
test_group_only (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autofree char *own = NULL;
  g_autofree char *line = NULL;

  (void)data;
  fixture_build (self, "[engine local]\nbuild-isolation=group\n[builder b]\nsteps=s\n"
                       "[step s]\nscript=grep -q '^0::' /proc/self/cgroup && cat "
                       "/proc/self/cgroup || echo 0::/none\n");
  g_assert_cmpint (fake_host_find_step (self->host, "s")->results, ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "s");
  line = find_group_line (log);
  own = fixture_shell (self, "grep '^0::' /proc/self/cgroup || echo 0::/none");
  g_assert_cmpstr (line, ==, g_strstrip (own));
}

#define MEMORY                                                                                     \
  "[engine local]\n[builder b]\nmemory-max=64MiB\nsteps=s\n"                                       \
  "[step s]\nscript=head -c 512M /dev/zero | tail -c 512M | wc -c\n"

/* Where the limit cannot be kept, nothing is built without it. */
static void
test_memory (Fixture *self, gconstpointer data)
{
  const LocalLimits limits = { .memory_max = 64 * 1024 * 1024 };
  g_autoptr (LocalCgroups) groups = NULL;
  BelfryBuild *build = NULL;

  (void)data;
  if (!local_cgroup_check_machine (&limits, NULL)) {
    g_autoptr (FakeHost) host = fake_host_new (self->store, self->folder, MEMORY);

    g_assert_true (fake_host_has_error (host, "cannot be kept") ||
                   fake_host_has_error (host, "no control groups"));
    return;
  }
  groups = local_cgroups_new ("probe", NULL);
  build = fixture_build (self, MEMORY);
  if (groups == NULL) {
    g_assert_cmpint (build->results, ==, BELFRY_RESULT_EXCEPTION);
    g_assert_null (fake_host_find_step (self->host, "s"));
    return;
  }
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpstr (fake_host_find_step (self->host, "s")->state_string, ==,
                   "out of memory (failure)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_strdup_printf ("/engine-local/cgroup/place/%s", places[i].name);

    g_test_add_data_func (path, &places[i], test_place);
  }
  FIXTURE_ADD ("cgroup/refused-base", NULL, test_refused_base);
  FIXTURE_ADD ("cgroup/missing-controller", NULL, test_missing_controller);
  FIXTURE_ADD ("cgroup/out-of-memory-count", NULL, test_out_of_memory_count);
  FIXTURE_ADD ("cgroup/end-all", NULL, test_end_all);
  FIXTURE_ADD ("cgroup/build", NULL, test_build);
  FIXTURE_ADD ("cgroup/group-only", NULL, test_group_only);
  FIXTURE_ADD ("cgroup/memory", NULL, test_memory);
  return g_test_run ();
}
