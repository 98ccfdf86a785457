/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sandbox itself, for each set of needs, in a process that ends afterwards. */
#include "isolation/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
can_have_socket (int family)
{
  int file = socket (family, SOCK_DGRAM, 0);

  if (file >= 0)
    close (file);
  return file >= 0;
}

static gboolean
can_open (const char *path, int flags)
{
  int file = open (path, flags | O_CLOEXEC, 0600);

  if (file >= 0)
    close (file);
  return file >= 0;
}

static gboolean
can_fork (void)
{
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  return pid > 0 && waitpid (pid, NULL, 0) == pid;
}

static gboolean
has_landlock (void)
{
  return syscall (444, NULL, 0, 1) >= 1;
}

static void
test_needs (gconstpointer data)
{
  const BelfrySandbox sandbox = { .needs = GPOINTER_TO_UINT (data) };
  gboolean network = (sandbox.needs & BELFRY_NEEDS_NETWORK) != 0;
  gboolean exec = (sandbox.needs & BELFRY_NEEDS_EXEC) != 0;
  gboolean files = (sandbox.needs & BELFRY_NEEDS_FILES) != 0;
  gboolean landlock = has_landlock ();
  g_autofree char *mine = g_strdup_printf ("%s/belfry-needs-%d", g_get_tmp_dir (), getpid ());
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  g_assert_true (belfry_sandbox_enter (&sandbox, &error));
  g_assert_true (belfry_sandbox_close (&sandbox, &error));
  g_assert_no_error (error);
  g_assert_cmpint (can_have_socket (AF_INET), ==, network);
  g_assert_cmpint (can_have_socket (AF_UNIX), ==, files || (network && exec));
  g_assert_cmpint (can_fork (), ==, exec);
  g_assert_cmpint (can_open ("/etc/passwd", O_RDONLY), ==, files || (exec && !landlock));
  g_assert_cmpint (can_open ("/etc/hosts", O_RDONLY), ==,
                   files || (exec && !landlock) || (network && landlock));
  g_assert_cmpint (can_open ("/usr/lib/os-release", O_RDONLY), ==, landlock || files || exec);
  g_assert_cmpint (can_open (mine, O_WRONLY | O_CREAT), ==, files || (exec && !landlock));
  g_assert_cmpint (unlink (mine) == 0, ==, files);
  _exit (0);
}

/* as it is on a kernel without Landlock */
static void
test_opens_nothing (void)
{
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  g_assert_true (belfry_seccomp_apply (BELFRY_NEEDS_NOTHING, &error));
  g_assert_true (can_open ("/usr/lib/os-release", O_RDONLY));
  g_assert_true (belfry_seccomp_apply_last (&error));
  g_assert_no_error (error);
  g_assert_false (can_open ("/usr/lib/os-release", O_RDONLY));
  g_assert_cmpint (errno, ==, EACCES);
  _exit (0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint needs = 0; needs < 8; needs++) {
    g_autofree char *name = g_strdup_printf ("/sandbox/needs/%u", needs);

    g_test_add_data_func (name, GUINT_TO_POINTER (needs), test_needs);
  }
  g_test_add_func ("/sandbox/opens-nothing", test_opens_nothing);
  return g_test_run ();
}
