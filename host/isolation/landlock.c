/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Landlock: of the file system a plugin sees what the system's own packages brought, to read, and
 * what it is given by name. The kernel is asked what it can do, and asked for no more: headers are
 * older than kernels, so numbers and structs stand here, from Documentation/userspace-api/landlock.
 */
#include "sandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET 444 /* the same on every machine */
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define RULESET_VERSION   1
#define RULE_PATH_BENEATH 1

enum {
  FS_EXECUTE = 1 << 0,
  FS_WRITE_FILE = 1 << 1,
  FS_READ_FILE = 1 << 2,
  FS_READ_DIR = 1 << 3,
};

typedef struct {
  guint64 files;
  guint64 network;
  guint64 scope;
} Ruleset;

typedef struct __attribute__ ((packed)) {
  guint64 allowed;
  gint32 parent;
} PathRule;

/* how many kinds of access to files each version knows: 13, REFER, TRUNCATE, IOCTL_DEV */
static const guint file_kinds[] = { 0, 13, 14, 15, 15, 16 };

static const char *const system_paths[] = {
  "/usr",           "/lib",
  "/lib64",         "/bin",
  "/sbin",          "/etc/ld.so.cache",
  "/etc/localtime", "/etc/alternatives",
  "/dev/urandom",   NULL,
};

/* how names become addresses, and whose certificates are good */
static const char *const network_paths[] = {
  "/etc/ca-certificates", "/etc/gai.conf", "/etc/host.conf",       "/etc/hosts",
  "/etc/nsswitch.conf",   "/etc/pki",      "/etc/protocols",       "/etc/resolv.conf",
  "/etc/services",        "/etc/ssl",      "/run/systemd/resolve", NULL,
};

static Ruleset
make_ruleset (long version, guint needs)
{
  Ruleset ruleset = { 0, 0, 0 };
  guint kinds = file_kinds[MIN ((gsize)version, G_N_ELEMENTS (file_kinds) - 1)];

  if ((needs & BELFRY_NEEDS_FILES) == 0)
    ruleset.files = (G_GUINT64_CONSTANT (1) << kinds) - 1;
  if (version >= 4 && (needs & BELFRY_NEEDS_NETWORK) == 0)
    ruleset.network = 3; /* to bind, to connect */
  if (version >= 6)
    ruleset.scope = 3; /* abstract sockets, signals */
  return ruleset;
}

/* what is not there need not be seen */
static void
allow (int ruleset, const char *path, guint64 access)
{
  int file = open (path, O_PATH | O_CLOEXEC);
  PathRule rule = { access, file };
  struct stat status;

  if (file < 0)
    return;
  if (fstat (file, &status) == 0 && !S_ISDIR (status.st_mode))
    rule.allowed &= ~(guint64)FS_READ_DIR;
  if (syscall (ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
    g_debug ("landlock: '%s' stays shut", path);
  close (file);
}

static void
allow_all (int ruleset, const char *const *paths, guint64 access)
{
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    allow (ruleset, paths[i], access);
}

static void
allow_needs (int ruleset, const BelfrySandbox *sandbox)
{
  guint64 access = FS_READ_FILE | FS_READ_DIR;

  if ((sandbox->needs & BELFRY_NEEDS_EXEC) != 0)
    access |= FS_EXECUTE;
  allow_all (ruleset, system_paths, access);
  allow_all (ruleset, sandbox->readable, access);
  allow (ruleset, "/dev/null", FS_READ_FILE | FS_WRITE_FILE);
  if ((sandbox->needs & BELFRY_NEEDS_NETWORK) != 0)
    allow_all (ruleset, network_paths, access & ~(guint64)FS_EXECUTE);
}

gboolean
belfry_landlock_apply (const BelfrySandbox *sandbox)
{
  long version = syscall (CREATE_RULESET, NULL, 0, RULESET_VERSION);
  Ruleset ruleset = { 0, 0, 0 };
  gboolean ok = FALSE;
  int file = -1;

  if (version < 1)
    return FALSE;
  ruleset = make_ruleset (version, sandbox->needs);
  if (ruleset.files == 0 && ruleset.network == 0 && ruleset.scope == 0)
    return FALSE;
  file = (int)syscall (CREATE_RULESET, &ruleset, sizeof ruleset, 0);
  if (file < 0)
    return FALSE;
  if (ruleset.files != 0)
    allow_needs (file, sandbox);
  ok = syscall (RESTRICT_SELF, file, 0) == 0;
  close (file);
  return ok;
}
