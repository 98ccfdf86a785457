/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names stand in a file that is mapped and shared, one slot for each call that is under way; a
 * slot that begins with a zero is free. No system call is made for it, and whatever ends the
 * process, the kernel keeps what was written last. A call for which no slot is left goes unnamed.
 */
#include "loader/callback.h"

#include "belfry-plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS      32
#define SLOT_BYTES 256
#define FILE_BYTES (SLOTS * SLOT_BYTES)
#define PATIENCE   (500 * G_TIME_SPAN_MILLISECOND)

static struct {
  char *page; /* (nullable) the mapped file */
  char *path;
  int taken[SLOTS]; /* atomic */
} calls;

static int
take_slot (void)
{
  for (int i = 0; calls.page != NULL && i < SLOTS; i++)
    if (g_atomic_int_compare_and_exchange (&calls.taken[i], 0, 1))
      return i;
  return -1;
}

BelfryCallback
belfry_callback_begin (const char *kind, const char *name, const char *function)
{
  BelfryCallback self = { kind, name, function, g_get_monotonic_time (), take_slot () };

  if (self.slot >= 0)
    g_snprintf (calls.page + self.slot * SLOT_BYTES, SLOT_BYTES, "%s '%s' in its %s", kind, name,
                function);
  return self;
}

void
belfry_callback_end (BelfryCallback *self)
{
  gint64 took_us = g_get_monotonic_time () - self->began_us;

  if (self->slot >= 0) {
    calls.page[self->slot * SLOT_BYTES] = '\0';
    g_atomic_int_set (&calls.taken[self->slot], 0);
    self->slot = -1;
  }
  if (took_us > PATIENCE && g_main_context_is_owner (NULL)) {
    g_autofree char *time =
        belfry_format_duration (took_us / G_TIME_SPAN_MILLISECOND * G_TIME_SPAN_MILLISECOND);

    g_warning ("%s '%s' kept the main loop for %s in its %s; nothing else went on meanwhile",
               self->kind, self->name, time, self->function);
  }
}

static char **
read_lines (const char *page)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();

  for (int i = 0; i < SLOTS; i++) {
    const char *slot = page + i * SLOT_BYTES;
    g_autofree char *shown =
        belfry_text_make_printable (slot, (gssize)strnlen (slot, SLOT_BYTES), SLOT_BYTES);

    if (shown[0] != '\0')
      g_strv_builder_add (lines, shown);
  }
  return g_strv_builder_end (lines);
}

static gboolean
fail (const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "keeping names of calls in '%s': %s",
               path, g_strerror (code));
  return FALSE;
}

static gboolean
map_file (const char *path, char **page, GError **error)
{
  int file = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  void *mapped = MAP_FAILED;

  if (file < 0)
    return fail (path, error);
  /* not ftruncate: writing to a page for which the disk has no room ends the process */
  errno = posix_fallocate (file, 0, FILE_BYTES);
  if (errno == 0)
    mapped = mmap (NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED)
    fail (path, error);
  close (file);
  *page = mapped;
  return mapped != MAP_FAILED;
}

char **
belfry_callback_open (const char *path, GError **error)
{
  char **lines = NULL;
  char *page = NULL;

  if (!map_file (path, &page, error))
    return NULL;
  lines = read_lines (page);
  memset (page, 0, FILE_BYTES);
  calls.path = g_strdup (path);
  calls.page = page;
  return lines;
}

/* Threads may still be in calls, so the page stays mapped; only nobody will find it again. */
void
belfry_callback_close (void)
{
  if (calls.path != NULL)
    g_unlink (calls.path);
  g_clear_pointer (&calls.path, g_free);
}
