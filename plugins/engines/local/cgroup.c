/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups, version 2: each build gets a child of the group that the host itself is in, if
 * that one is the host's to divide (a unit with Delegate=yes; a container). Nothing else is ever
 * touched. A group's folder is written to, as cgroups(7) and the kernel's cgroup-v2 page have it:
 * cgroup.kill ends all that is in it, memory.max, cpu.max and pids.max hold it back.
 *
 * Limits have a condition: a group whose children have controllers may hold no process itself. So
 * the first build with a limit moves the host and its helpers into a leaf, "belfry-host".
 *
 * Groups are named after the run's token, so that those of a run that was killed are found again.
 */
#include "cgroup.h"
#include "proc.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LEAF            "belfry-host"
#define CPU_PERIOD_US   100000
#define MANAGER_RUNS    "/run/systemd/system" /* sd_booted(3) */
#define US_OF_HUNDREDTH (CPU_PERIOD_US / 100)

gboolean
local_limits_need_group (const LocalLimits *limits)
{
  return limits->memory_max > 0 || limits->cpu_quota > 0;
}

/* files of the kernel: one write, one answer */

static gboolean
write_file (const char *folder, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  ssize_t n_bytes = fd >= 0 ? write (fd, text, strlen (text)) : -1;
  int number = errno;

  if (fd >= 0)
    close (fd);
  if (n_bytes == (ssize_t)strlen (text))
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "writing '%s' to '%s': %s",
               text, path, g_strerror (number));
  return FALSE;
}

static gboolean
lists_word (const char *folder, const char *name, const char *word)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  words = g_strsplit (g_strstrip (text), " ", -1);
  return g_strv_contains ((const char *const *)words, word);
}

/* where it is */

static gboolean
has_item (const char *list, const char *item)
{
  g_auto (GStrv) items = g_strsplit (list, ",", -1);

  return g_strv_contains ((const char *const *)items, item);
}

/* Columns of /proc/PID/mountinfo; the type follows a lone '-', and the last are the options.
 * @controller: (nullable): of version 1, whose hierarchies have some each; NULL: version 2 */
static gboolean
is_mount_of (const char *line, const char *controller)
{
  const char *end = strrchr (line, ' ');

  if (controller == NULL)
    return strstr (line, " - cgroup2 ") != NULL;
  return end != NULL && strstr (line, " - cgroup ") != NULL && has_item (end + 1, controller);
}

static gboolean
read_mount (const char *mountinfo, const char *controller, char **root, char **point)
{
  g_auto (GStrv) lines = g_strsplit (mountinfo, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) columns = NULL;

    if (!is_mount_of (lines[i], controller))
      continue;
    columns = g_strsplit (lines[i], " ", 6);
    if (g_strv_length (columns) < 6)
      continue;
    *root = g_strcompress (columns[3]);
    *point = g_strcompress (columns[4]);
    return TRUE;
  }
  return FALSE;
}

char *
local_cgroup_find_mount (const char *mountinfo)
{
  g_autofree char *root = NULL;
  char *point = NULL;

  return read_mount (mountinfo, NULL, &root, &point) ? point : NULL;
}

/* Lines are "NUMBER:CONTROLLERS:FOLDER"; that of version 2 begins with "0::". */
static char *
read_membership (const char *membership, const char *controller)
{
  g_auto (GStrv) lines = g_strsplit (membership, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) columns = g_strsplit (lines[i], ":", 3);

    if (g_strv_length (columns) < 3 || columns[2][0] != '/')
      continue;
    if (controller != NULL ? has_item (columns[1], controller) : g_str_equal (columns[0], "0"))
      return g_strdup (columns[2]);
  }
  return NULL;
}

static char *
find_folder (const char *mountinfo, const char *membership, const char *controller)
{
  g_autofree char *root = NULL;
  g_autofree char *point = NULL;
  g_autofree char *group = read_membership (membership, controller);
  const char *rest = group;
  gsize length = 0;

  if (group == NULL || !read_mount (mountinfo, controller, &root, &point) ||
      strstr (group, "/..") != NULL)
    return NULL;
  if (!g_str_equal (root, "/")) {
    length = strlen (root);
    if (strncmp (group, root, length) != 0 || (group[length] != '\0' && group[length] != '/'))
      return NULL;
    rest = group + length;
  }
  /* a host that was started by one that lives in its leaf */
  if (g_str_has_suffix (group, "/" LEAF))
    group[strlen (group) - strlen ("/" LEAF)] = '\0';
  return *rest == '\0' || g_str_equal (rest, "/") ? g_strdup (point)
                                                  : g_strconcat (point, rest, NULL);
}

char *
local_cgroup_find_own (const char *mountinfo, const char *membership)
{
  return find_folder (mountinfo, membership, NULL);
}

static gboolean
read_own_files (char **mountinfo, char **membership, GError **error)
{
  return g_file_get_contents ("/proc/self/mountinfo", mountinfo, NULL, error) &&
         g_file_get_contents ("/proc/self/cgroup", membership, NULL, error);
}

/** Controller: what keeps a limit, and the file that it does so by, in both versions */
typedef struct {
  const char *name;
  const char *key;
  gsize limit; /* offset */
  const char *file;
  const char *old_file;
} Controller;

#define LIMIT(field) G_STRUCT_OFFSET (LocalLimits, field)

static const Controller controllers[] = {
  { "memory", "memory-max", LIMIT (memory_max), "memory.max", "memory.limit_in_bytes" },
  { "cpu", "cpu-quota", LIMIT (cpu_quota), "cpu.max", "cpu.cfs_quota_us" },
  { "pids", "tasks-max", LIMIT (tasks_max), "pids.max", "pids.max" },
};

static gboolean
is_limited (const LocalLimits *limits, const Controller *controller)
{
  return G_STRUCT_MEMBER (gint64, limits, controller->limit) > 0;
}

static gboolean
refuse (const Controller *controller, const char *group, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
               "%s cannot be kept: control group '%s' has no controller '%s'", controller->key,
               group, controller->name);
  return FALSE;
}

/* Tasks can be counted without a group, too. */
static gboolean
has_controllers (const char *folder, const LocalLimits *limits, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (controllers); i++) {
    if (is_limited (limits, &controllers[i]) && !g_str_equal (controllers[i].name, "pids") &&
        !lists_word (folder, "cgroup.controllers", controllers[i].name))
      return refuse (&controllers[i], folder, error);
  }
  return TRUE;
}

/* A service manager can have what we have not: only a build will tell. */
gboolean
local_cgroup_check_machine (const LocalLimits *limits, GError **error)
{
  g_autofree char *mountinfo = NULL;
  g_autofree char *membership = NULL;
  g_autofree char *mount = NULL;

  if (g_file_test (MANAGER_RUNS, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!read_own_files (&mountinfo, &membership, error))
    return FALSE;
  mount = local_cgroup_find_mount (mountinfo);
  if (mount != NULL)
    return has_controllers (mount, limits, error);
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                       "this machine has no control groups of version 2");
  return FALSE;
}

/* those of others: systemd keeps limits by version 1, too */

static char *
find_folder_of (pid_t pid, const char *controller, gboolean *old)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cgroup", (int)pid);
  g_autofree char *mountinfo = NULL;
  g_autofree char *membership = NULL;
  char *folder = NULL;

  if (!g_file_get_contents ("/proc/self/mountinfo", &mountinfo, NULL, NULL) ||
      !g_file_get_contents (path, &membership, NULL, NULL))
    return NULL;
  folder = find_folder (mountinfo, membership, controller);
  *old = folder != NULL;
  return folder != NULL ? folder : find_folder (mountinfo, membership, NULL);
}

char *
local_cgroup_find_memory_of (pid_t pid)
{
  gboolean old = FALSE;

  return find_folder_of (pid, "memory", &old);
}

static gboolean
is_kept (const Controller *controller, pid_t pid, const char *group)
{
  gboolean old = FALSE;
  g_autofree char *folder = find_folder_of (pid, controller->name, &old);
  g_autofree char *name = folder != NULL ? g_path_get_basename (folder) : NULL;
  g_autofree char *file = NULL;

  if (g_strcmp0 (name, group) != 0)
    return FALSE;
  file = g_build_filename (folder, old ? controller->old_file : controller->file, NULL);
  return g_file_test (file, G_FILE_TEST_EXISTS);
}

gboolean
local_limits_are_kept (const LocalLimits *limits, pid_t pid, const char *group, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (controllers); i++) {
    if (is_limited (limits, &controllers[i]) && !is_kept (&controllers[i], pid, group))
      return refuse (&controllers[i], group, error);
  }
  return TRUE;
}

/* the base */

/* Root may write anywhere, so what systemd has marked as given away tells what is ours; to anybody
 * else it tells by what can be written. */
static gboolean
is_delegated (const char *base)
{
  static const char *const marks[] = { "user.delegate", "trusted.delegate" };
  char mark = '\0';

  if (geteuid () != 0 || !g_file_test (MANAGER_RUNS, G_FILE_TEST_IS_DIR))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    if (getxattr (base, marks[i], &mark, sizeof mark) == 1 && mark == '1')
      return TRUE;
  }
  return FALSE;
}

/* Something that is only writable is tried: a folder that cannot be made is no base. */
LocalCgroups *
local_cgroups_new_at (const char *base, const char *token, GError **error)
{
  g_autofree char *procs = g_build_filename (base, "cgroup.procs", NULL);
  g_autofree char *name = g_strdup_printf ("belfry-%s-probe", token);
  g_autofree char *probe = g_build_filename (base, name, NULL);
  g_autofree char *kill_file = g_build_filename (probe, "cgroup.kill", NULL);
  LocalCgroups *self = NULL;
  gboolean has_kill = FALSE;

  if (g_access (procs, W_OK) != 0 || g_mkdir (probe, 0755) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "control group '%s' is not ours to divide: %s", base, g_strerror (errno));
    return NULL;
  }
  has_kill = g_access (kill_file, W_OK) == 0;
  g_rmdir (probe);
  if (!has_kill) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "control group '%s' cannot be ended at once: the kernel has no cgroup.kill", base);
    return NULL;
  }
  self = g_new0 (LocalCgroups, 1);
  self->base = g_strdup (base);
  self->token = g_strdup (token);
  self->late = g_ptr_array_new_with_free_func (g_free);
  return self;
}

LocalCgroups *
local_cgroups_new (const char *token, GError **error)
{
  g_autofree char *mountinfo = NULL;
  g_autofree char *membership = NULL;
  g_autofree char *own = NULL;

  if (!read_own_files (&mountinfo, &membership, error))
    return NULL;
  own = local_cgroup_find_own (mountinfo, membership);
  if (own != NULL && is_delegated (own))
    return local_cgroups_new_at (own, token, error);
  if (own != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "control group '%s' is systemd's: its unit has no Delegate=yes", own);
    return NULL;
  }
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                       "this machine has no control groups of version 2");
  return NULL;
}

static void
try_late (LocalCgroups *self)
{
  for (guint i = self->late->len; i > 0; i--) {
    const char *path = g_ptr_array_index (self->late, i - 1);

    if (g_rmdir (path) == 0 || errno == ENOENT)
      g_ptr_array_remove_index_fast (self->late, i - 1);
  }
}

void
local_cgroups_free (LocalCgroups *self)
{
  if (self == NULL)
    return;
  try_late (self);
  g_free (self->base);
  g_free (self->token);
  g_ptr_array_unref (self->late);
  g_free (self);
}

/* limits */

static gboolean
is_in_base (const LocalCgroups *self, pid_t pid)
{
  g_autofree char *path = g_build_filename (self->base, "cgroup.procs", NULL);
  g_autofree char *wanted = g_strdup_printf ("%d", (int)pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  return g_strv_contains ((const char *const *)lines, wanted);
}

static void
move_to_leaf (const LocalCgroups *self, pid_t pid, const char *leaf)
{
  g_autofree char *number = g_strdup_printf ("%d", (int)pid);

  /* one that has ended meanwhile needs no place */
  if (is_in_base (self, pid))
    write_file (leaf, "cgroup.procs", number, NULL);
}

/* Only this process and what it started: nobody else's is moved. */
static void
make_room (const LocalCgroups *self)
{
  g_autofree char *leaf = g_build_filename (self->base, LEAF, NULL);
  g_autoptr (GArray) helpers = local_proc_descendants (getpid ());

  g_mkdir (leaf, 0755);
  move_to_leaf (self, getpid (), leaf);
  for (guint i = 0; i < helpers->len; i++)
    move_to_leaf (self, g_array_index (helpers, LocalProcess, i).pid, leaf);
}

static gboolean
enable (const LocalCgroups *self, const char *controller, GError **error)
{
  g_autofree char *text = g_strconcat ("+", controller, NULL);

  if (lists_word (self->base, "cgroup.subtree_control", controller))
    return TRUE;
  if (write_file (self->base, "cgroup.subtree_control", text, NULL))
    return TRUE;
  make_room (self);
  return write_file (self->base, "cgroup.subtree_control", text, error);
}

gboolean
local_cgroups_can_count_tasks (const LocalCgroups *self)
{
  return lists_word (self->base, "cgroup.controllers", "pids");
}

gboolean
local_cgroups_can_keep (const LocalCgroups *self, const LocalLimits *limits)
{
  return has_controllers (self->base, limits, NULL) &&
         (limits->tasks_max <= 0 || local_cgroups_can_count_tasks (self));
}

static gboolean
set_limit (const LocalCgroups *self,
           const char *path,
           const char *controller,
           const char *file,
           const char *text,
           GError **error)
{
  return enable (self, controller, error) && write_file (path, file, text, error);
}

static gboolean
set_limits (const LocalCgroups *self, const char *path, const LocalLimits *limits, GError **error)
{
  g_autofree char *memory = g_strdup_printf ("%" G_GINT64_FORMAT, limits->memory_max);
  g_autofree char *tasks = g_strdup_printf ("%" G_GINT64_FORMAT, limits->tasks_max);
  g_autofree char *cpu = g_strdup_printf ("%" G_GINT64_FORMAT " %d",
                                          limits->cpu_quota * US_OF_HUNDREDTH, CPU_PERIOD_US);

  if (!has_controllers (self->base, limits, error))
    return FALSE;
  if (limits->memory_max > 0 && !set_limit (self, path, "memory", "memory.max", memory, error))
    return FALSE;
  if (limits->cpu_quota > 0 && !set_limit (self, path, "cpu", "cpu.max", cpu, error))
    return FALSE;
  return limits->tasks_max <= 0 || !local_cgroups_can_count_tasks (self) ||
         set_limit (self, path, "pids", "pids.max", tasks, error);
}

char *
local_cgroups_make (LocalCgroups *self, gint64 buildid, const LocalLimits *limits, GError **error)
{
  g_autofree char *name = g_strdup_printf ("belfry-%s-b%" G_GINT64_FORMAT, self->token, buildid);
  g_autofree char *path = g_build_filename (self->base, name, NULL);

  try_late (self);
  if (g_mkdir (path, 0755) != 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "making control group '%s': %s",
                 path, g_strerror (errno));
    return NULL;
  }
  if (!set_limits (self, path, limits, error)) {
    g_rmdir (path);
    return NULL;
  }
  return g_steal_pointer (&path);
}

/* the end */

void
local_cgroups_remove (LocalCgroups *self, const char *path)
{
  if (g_rmdir (path) == 0)
    return;
  local_cgroup_kill (path);
  g_ptr_array_add (self->late, g_strdup (path));
  try_late (self);
}

void
local_cgroups_end_all (const LocalCgroups *self, const char *token)
{
  g_autofree char *prefix = g_strdup_printf ("belfry-%s-", token);
  g_autoptr (GDir) folder = g_dir_open (self->base, 0, NULL);
  const char *name = NULL;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *path = NULL;

    if (!g_str_has_prefix (name, prefix))
      continue;
    path = g_build_filename (self->base, name, NULL);
    local_cgroup_kill (path);
    if (g_rmdir (path) != 0)
      g_ptr_array_add (self->late, g_steal_pointer (&path));
  }
}

/* Both versions have a line of that name, each in its own file. */
gint64
local_cgroup_count_out_of_memory (const char *path)
{
  g_autofree char *file = g_build_filename (path, "memory.events", NULL);
  g_autofree char *old_file = g_build_filename (path, "memory.oom_control", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 count = 0;

  if (!g_file_get_contents (file, &text, NULL, NULL) &&
      !g_file_get_contents (old_file, &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], "oom_kill "))
      g_ascii_string_to_signed (lines[i] + strlen ("oom_kill "), 10, 0, G_MAXINT64, &count, NULL);
  }
  return count;
}
