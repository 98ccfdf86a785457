/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one function that tells the time, for a daemon under test: the system's clock, moved by as
 * many µs as stand in the file that BELFRY_TEST_CLOCK names, a gint64 of this machine. The test
 * writes there while the daemon runs; the file is shared memory to both.
 */
#include <belfry-plugin.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const volatile gint64 *
map_offset (void)
{
  static const gint64 none = 0;
  const char *path = g_getenv ("BELFRY_TEST_CLOCK");
  int file = path != NULL ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  void *place = MAP_FAILED;

  if (file >= 0) {
    place = mmap (NULL, sizeof (gint64), PROT_READ, MAP_SHARED, file, 0);
    close (file);
  }
  return place != MAP_FAILED ? place : &none;
}

gint64
belfry_clock_now_us (void)
{
  static gsize offset_us = 0;

  if (g_once_init_enter (&offset_us))
    g_once_init_leave (&offset_us, GPOINTER_TO_SIZE (map_offset ()));
  return g_get_real_time () + *(const volatile gint64 *)GSIZE_TO_POINTER (offset_us);
}
