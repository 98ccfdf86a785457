/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order matters: what needs a system call comes before the call is denied. */
#include "sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FILES 256

static gboolean has_landlock;

static gboolean
set_error (GError **error, const char *what)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "shutting the plugin in: %s: %s",
               what, g_strerror (errno));
  return FALSE;
}

static gboolean
set_limit (int resource, rlim_t value, const char *name, GError **error)
{
  struct rlimit limit = { value, value };

  return setrlimit (resource, &limit) == 0 || set_error (error, name);
}

/* a sanitizer's shadow is counted as data */
static gboolean
is_sanitized (void)
{
  return dlsym (RTLD_DEFAULT, "__asan_init") != NULL;
}

static gboolean
set_limits (const BelfrySandbox *self, GError **error)
{
  if (!set_limit (RLIMIT_CORE, 0, "RLIMIT_CORE", error) ||
      !set_limit (RLIMIT_NOFILE, MAX_FILES, "RLIMIT_NOFILE", error))
    return FALSE;
  return self->memory_max <= 0 || is_sanitized () ||
         set_limit (RLIMIT_DATA, (rlim_t)self->memory_max, "RLIMIT_DATA", error);
}

/* root without what makes root: files of root's are all that is left */
static gboolean
drop_capabilities (GError **error)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

  return syscall (SYS_capset, &header, none) == 0 || set_error (error, "dropping capabilities");
}

/* where memory runs out for the whole machine, this one goes before the host does */
static void
offer_to_the_reaper (void)
{
  int file = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

  if (file < 0)
    return;
  if (write (file, "500", 3) != 3)
    g_debug ("the kernel keeps its own order of whom to end: %s", g_strerror (errno));
  close (file);
}

void
belfry_sandbox_begin (void)
{
  umask (077);
  /* its own files in /proc are root's from then on */
  offer_to_the_reaper ();
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
}

gboolean
belfry_sandbox_enter (const BelfrySandbox *self, GError **error)
{
  if (!set_limits (self, error))
    return FALSE;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return set_error (error, "PR_SET_NO_NEW_PRIVS");
  if (!drop_capabilities (error))
    return FALSE;
  has_landlock = belfry_landlock_apply (self);
  return belfry_seccomp_apply (self->needs, error);
}

gboolean
belfry_sandbox_close (const BelfrySandbox *self, GError **error)
{
  if (has_landlock || (self->needs & (BELFRY_NEEDS_FILES | BELFRY_NEEDS_EXEC)) != 0)
    return TRUE;
  return belfry_seccomp_apply_last (error);
}
