/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Large bodies on their way in. What is longer than a mebibyte goes, chunk by chunk, into a file in
 * the state directory that has no name, and is read from there through a mapping: a forge's largest
 * push costs pages that the system may take back, not memory of ours. The library is told to keep
 * nothing of it. The file goes with the last who reads it.
 */
#include "www/www-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define SPOOL_FROM ((gsize)1024 * 1024)
#define SPOOL_KEY  "belfry-spool"

typedef struct {
  int fd;
  gsize bytes;
} Spool;

static void
spool_free (gpointer data)
{
  Spool *self = data;

  close (self->fd);
  g_free (self);
}

/* a file system without nameless files gets a name for a moment */
static int
open_nameless (const char *folder)
{
  g_autofree char *name = NULL;
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0)
    return fd;
  name = g_build_filename (folder, "body-XXXXXX", NULL);
  fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    g_unlink (name);
  return fd;
}

static gboolean
spool_write (Spool *self, GBytes *bytes)
{
  gsize left = 0;
  const char *data = g_bytes_get_data (bytes, &left);

  while (left > 0) {
    gssize written = write (self->fd, data, left);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    data += written;
    left -= (gsize)written;
    self->bytes += (gsize)written;
  }
  return TRUE;
}

/* what came so far moves into the file */
static gboolean
begin (SoupServerMessage *msg, const char *folder)
{
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  g_autoptr (GBytes) so_far = soup_message_body_flatten (body);
  int fd = open_nameless (folder);
  Spool *self = NULL;

  if (fd < 0)
    return FALSE;
  self = g_new0 (Spool, 1);
  self->fd = fd;
  g_object_set_data_full (G_OBJECT (msg), SPOOL_KEY, self, spool_free);
  soup_message_body_set_accumulate (body, FALSE);
  soup_message_body_truncate (body);
  return spool_write (self, so_far);
}

gboolean
belfry_spool_take (SoupServerMessage *msg, const char *folder, GBytes *chunk, gsize received)
{
  Spool *self = g_object_get_data (G_OBJECT (msg), SPOOL_KEY);

  if (self != NULL)
    return spool_write (self, chunk);
  return received <= SPOOL_FROM || begin (msg, folder);
}

GBytes *
belfry_spool_dup_body (SoupServerMessage *msg)
{
  Spool *self = g_object_get_data (G_OBJECT (msg), SPOOL_KEY);
  g_autoptr (GMappedFile) file = NULL;

  if (self == NULL)
    return soup_message_body_flatten (soup_server_message_get_request_body (msg));
  file = g_mapped_file_new_from_fd (self->fd, FALSE, NULL);
  return file != NULL && g_mapped_file_get_length (file) == self->bytes
             ? g_mapped_file_get_bytes (file)
             : NULL;
}
