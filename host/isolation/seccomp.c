/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that a plugin is denied. What none may do is a list of names; what depends on what
 * it needs is a table of conditions. A denied call fails with EPERM, so that a plugin that tries
 * can go on; calls whose arguments a filter cannot see are as if the kernel had none (ENOSYS), upon
 * which the C library takes their older forms. libseccomp knows the numbers of each machine, and
 * that a process does not slip away into those of another.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const never[] = {
  "acct",
  "add_key",
  "bpf",
  "chroot",
  "delete_module",
  "fanotify_init",
  "finit_module",
  "fsconfig",
  "fsmount",
  "fsopen",
  "fspick",
  "init_module",
  "ioperm",
  "iopl",
  "kcmp",
  "kexec_file_load",
  "kexec_load",
  "keyctl",
  "mbind",
  "migrate_pages",
  "mount",
  "mount_setattr",
  "move_mount",
  "move_pages",
  "name_to_handle_at",
  "open_by_handle_at",
  "open_tree",
  "perf_event_open",
  "personality",
  "pidfd_getfd",
  "pidfd_send_signal",
  "pivot_root",
  "process_madvise",
  "process_vm_readv",
  "process_vm_writev",
  "ptrace",
  "quotactl",
  "reboot",
  "request_key",
  "rt_sigqueueinfo",
  "rt_tgsigqueueinfo",
  "sched_setaffinity",
  "setdomainname",
  "setfsgid",
  "setfsuid",
  "setgid",
  "setgroups",
  "sethostname",
  "setns",
  "setregid",
  "setresgid",
  "setresuid",
  "setreuid",
  "settimeofday",
  "setuid",
  "swapoff",
  "swapon",
  "syslog",
  "umount2",
  "unshare",
  "userfaultfd",
  "vhangup",
};

static const char *const unseen[] = {
  "clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "openat2",
};

static const char *const of_programs[] = { "execve", "execveat", "fork", "vfork" };

static const char *const of_files[] = {
  "chmod",     "chown",    "creat",    "fchmodat",    "fchmodat2", "fchownat",
  "futimesat", "lchown",   "link",     "linkat",      "lsetxattr", "mkdir",
  "mkdirat",   "mknod",    "mknodat",  "removexattr", "rename",    "renameat",
  "renameat2", "rmdir",    "setxattr", "symlink",     "symlinkat", "truncate",
  "unlink",    "unlinkat", "utime",    "utimensat",   "utimes",
};

static const char *const opening[] = { "open", "openat", "openat2" };

/* one call that is denied where its argument is so */
typedef struct {
  const char *name;
  guint argument;
  enum scmp_compare compare;
  guint64 mask;  /* of MASKED_EQ; else what the argument is compared with */
  guint64 value; /* of MASKED_EQ */
} Condition;

static const Condition namespaces[] = {
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWCGROUP, CLONE_NEWCGROUP },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWIPC, CLONE_NEWIPC },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWNET, CLONE_NEWNET },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWNS, CLONE_NEWNS },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWPID, CLONE_NEWPID },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER },
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_NEWUTS, CLONE_NEWUTS },
  { "prlimit64", 0, SCMP_CMP_NE, 0, 0 },
  { NULL },
};

/* a thread is no process */
static const Condition processes[] = {
  { "clone", 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0 },
  { NULL },
};

static const Condition writing[] = {
  { "open", 1, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY },
  { "open", 1, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR },
  { "open", 1, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT },
  { "openat", 2, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY },
  { "openat", 2, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR },
  { "openat", 2, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT },
  { NULL },
};

/* a socket of this machine is a file, found by its path: at the host's own one, or the bus, who
 * runs as this user may do all that he may */
static const Condition other_families[] = {
  { "socket", 0, SCMP_CMP_NE, AF_UNIX, 0 },
  { NULL },
};

static const Condition own_family[] = {
  { "socket", 0, SCMP_CMP_EQ, AF_UNIX, 0 },
  { NULL },
};

typedef struct {
  scmp_filter_ctx filter;
  int code; /* errno of the first rule that could not be made, negative */
} Making;

static void
add (Making *making, const char *name, int denial, const struct scmp_arg_cmp *condition)
{
  int number = seccomp_syscall_resolve_name (name);
  int code = 0;

  /* a name that this library or machine does not have is no call that could be made */
  if (number == __NR_SCMP_ERROR || making->code != 0)
    return;
  code = condition != NULL
             ? seccomp_rule_add_array (making->filter, SCMP_ACT_ERRNO ((guint16)denial), number, 1,
                                       condition)
             : seccomp_rule_add_array (making->filter, SCMP_ACT_ERRNO ((guint16)denial), number, 0,
                                       NULL);
  making->code = code == -EEXIST ? 0 : code;
}

static void
add_names (Making *making, const char *const *names, gsize count, int denial)
{
  for (gsize i = 0; i < count; i++)
    add (making, names[i], denial, NULL);
}

static void
add_conditions (Making *making, const Condition *rows)
{
  for (const Condition *row = rows; row->name != NULL; row++) {
    const struct scmp_arg_cmp condition = { row->argument, row->compare, row->mask, row->value };

    add (making, row->name, EPERM, &condition);
  }
}

/* signals go to itself alone */
static void
add_signals (Making *making)
{
  const guint64 self = (guint64)getpid ();
  const Condition others[] = {
    { "kill", 0, SCMP_CMP_NE, self, 0 },
    { "tgkill", 0, SCMP_CMP_NE, self, 0 },
    { NULL },
  };

  add_conditions (making, others);
  add (making, "tkill", EPERM, NULL);
}

static void
add_needs (Making *making, guint needs)
{
  if ((needs & BELFRY_NEEDS_EXEC) == 0) {
    add_names (making, of_programs, G_N_ELEMENTS (of_programs), EPERM);
    add_conditions (making, processes);
    add_signals (making);
  }
  if ((needs & BELFRY_NEEDS_FILES) == 0)
    add_names (making, of_files, G_N_ELEMENTS (of_files), EPERM);
  /* a program is given /dev/null, which is written to */
  if ((needs & (BELFRY_NEEDS_FILES | BELFRY_NEEDS_EXEC)) == 0)
    add_conditions (making, writing);
  if ((needs & (BELFRY_NEEDS_FILES | BELFRY_NEEDS_NETWORK)) == 0)
    add (making, "socket", EPERM, NULL);
  else if ((needs & BELFRY_NEEDS_NETWORK) == 0)
    add_conditions (making, other_families);
  else if (needs == BELFRY_NEEDS_NETWORK)
    add_conditions (making, own_family);
}

static gboolean
load (Making *making, GError **error)
{
  if (making->code == 0)
    making->code = seccomp_attr_set (making->filter, SCMP_FLTATR_CTL_TSYNC, 1);
  if (making->code == 0)
    making->code = seccomp_load (making->filter);
  seccomp_release (making->filter);
  if (making->code == 0)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
               "shutting the plugin in: seccomp: %s; a kernel without it runs plugins with "
               "isolation=none only",
               g_strerror (-making->code));
  return FALSE;
}

static gboolean
begin (Making *making, GError **error)
{
  making->filter = seccomp_init (SCMP_ACT_ALLOW);
  if (making->filter != NULL)
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "shutting the plugin in: no memory");
  return FALSE;
}

gboolean
belfry_seccomp_apply (guint needs, GError **error)
{
  Making making = { NULL, 0 };

  if (!begin (&making, error))
    return FALSE;
  add_names (&making, never, G_N_ELEMENTS (never), EPERM);
  add_names (&making, unseen, G_N_ELEMENTS (unseen), ENOSYS);
  add_conditions (&making, namespaces);
  add_needs (&making, needs);
  return load (&making, error);
}

gboolean
belfry_seccomp_apply_last (GError **error)
{
  Making making = { NULL, 0 };

  if (!begin (&making, error))
    return FALSE;
  add_names (&making, opening, G_N_ELEMENTS (opening), EACCES);
  return load (&making, error);
}
