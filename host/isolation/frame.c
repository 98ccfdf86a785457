/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames, as frame.h tells. */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define INLINE_BYTES 65536
#define MAX_FILES    4
/* values of strangers are 64 deep at most, and stand two levels down in ours */
#define MAX_DEPTH 66
#define SEALS     (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

typedef struct {
  guint32 json_bytes;
  guint32 body_bytes;
} Lengths;

struct _BelfryPacket {
  GByteArray *bytes;
  int file; /* -1: all is in the packet */
};

void
belfry_frame_free (BelfryFrame *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->node, json_node_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

static void
set_errno_error (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
}

/* sending */

static gboolean
write_all (int file, gconstpointer data, gsize bytes, GError **error)
{
  const char *next = data;

  while (bytes > 0) {
    gssize written = write (file, next, bytes);

    if (written < 0 && errno != EINTR) {
      set_errno_error (error, "writing a long frame");
      return FALSE;
    }
    next += MAX (written, 0);
    bytes -= (gsize)MAX (written, 0);
  }
  return TRUE;
}

static gboolean
put_aside (BelfryPacket *self, const char *text, gsize length, GBytes *body, GError **error)
{
  gsize bytes = 0;
  gconstpointer data = body != NULL ? g_bytes_get_data (body, &bytes) : NULL;

  self->file = memfd_create ("belfry-frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (self->file < 0) {
    set_errno_error (error, "making a long frame");
    return FALSE;
  }
  if (!write_all (self->file, text, length, error) || !write_all (self->file, data, bytes, error))
    return FALSE;
  if (fcntl (self->file, F_ADD_SEALS, SEALS) == 0)
    return TRUE;
  set_errno_error (error, "sealing a long frame");
  return FALSE;
}

BelfryPacket *
belfry_packet_new (JsonObject *head, GBytes *body, GError **error)
{
  g_autoptr (BelfryPacket) self = g_new0 (BelfryPacket, 1);
  g_autofree char *text = belfry_json_object_to_text (head);
  gsize length = strlen (text);
  gsize bytes = body != NULL ? g_bytes_get_size (body) : 0;
  Lengths lengths = { (guint32)length, (guint32)bytes };
  gboolean ok = TRUE;

  self->file = -1;
  self->bytes = g_byte_array_new ();
  if (length > G_MAXUINT32 || bytes > G_MAXUINT32) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                 "a frame of %" G_GSIZE_FORMAT " bytes is too long", length + bytes);
    return NULL;
  }
  g_byte_array_append (self->bytes, (const guint8 *)&lengths, sizeof lengths);
  if (sizeof lengths + length + bytes > INLINE_BYTES)
    ok = put_aside (self, text, length, body, error);
  else {
    g_byte_array_append (self->bytes, (const guint8 *)text, (guint)length);
    if (bytes > 0)
      g_byte_array_append (self->bytes, g_bytes_get_data (body, NULL), (guint)bytes);
  }
  explicit_bzero (text, length);
  return ok ? g_steal_pointer (&self) : NULL;
}

void
belfry_packet_free (BelfryPacket *self)
{
  if (self == NULL)
    return;
  if (self->bytes != NULL)
    explicit_bzero (self->bytes->data, self->bytes->len);
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  if (self->file >= 0)
    close (self->file);
  g_free (self);
}

static void
attach_file (struct msghdr *message, int file)
{
  struct cmsghdr *control = CMSG_FIRSTHDR (message);

  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN (sizeof file);
  memcpy (CMSG_DATA (control), &file, sizeof file);
}

gboolean
belfry_packet_send (BelfryPacket *self, int socket, GError **error)
{
  struct iovec part = { self->bytes->data, self->bytes->len };
  _Alignas(struct cmsghdr) guint8 control[CMSG_SPACE (sizeof (int))] = { 0 };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  gssize sent = 0;

  if (self->file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    attach_file (&message, self->file);
  }
  do
    sent = sendmsg (socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0)
    set_errno_error (error, "sending a frame");
  return sent >= 0;
}

/* receiving */

static void
close_files (int *files, guint count)
{
  for (guint i = 0; i < count; i++)
    close (files[i]);
}

static guint
take_files (struct msghdr *message, int *files)
{
  guint count = 0;

  for (struct cmsghdr *control = CMSG_FIRSTHDR (message); control != NULL;
       control = CMSG_NXTHDR (message, control)) {
    gsize bytes = control->cmsg_len - CMSG_LEN (0);

    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
      continue;
    memcpy (files + count, CMSG_DATA (control), bytes);
    count += (guint)(bytes / sizeof (int));
  }
  return count;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "reading a frame: %s", why);
  return FALSE;
}

/* a file that can still shrink or change must not be read: what was checked would be gone */
static GBytes *
read_file (int file, gsize bytes, GError **error)
{
  struct stat status;
  int seals = fcntl (file, F_GET_SEALS);
  g_autofree char *data = NULL;
  gsize got = 0;

  if (seals < 0 || (seals & SEALS) != SEALS || fstat (file, &status) != 0 ||
      status.st_size != (off_t)bytes) {
    refuse (error, "its file is not sealed, or not as long as it says");
    return NULL;
  }
  data = g_try_malloc (bytes + 1);
  while (data != NULL && got < bytes) {
    gssize part = pread (file, data + got, bytes - got, (off_t)got);

    if (part == 0 || (part < 0 && errno != EINTR))
      break;
    got += (gsize)MAX (part, 0);
  }
  if (data == NULL || got < bytes) {
    refuse (error, "its file cannot be read");
    return NULL;
  }
  return g_bytes_new_take (g_steal_pointer (&data), bytes);
}

static BelfryFrame *
parse (GBytes *bytes, const Lengths *lengths, GError **error)
{
  const BelfryJsonLimits limits = { .size = sizeof limits, .max_depth = MAX_DEPTH };
  g_autoptr (BelfryFrame) self = g_new0 (BelfryFrame, 1);

  self->node =
      belfry_json_parse (g_bytes_get_data (bytes, NULL), lengths->json_bytes, &limits, error);
  if (self->node == NULL) {
    g_prefix_error (error, "reading a frame: ");
    return NULL;
  }
  if (!JSON_NODE_HOLDS_OBJECT (self->node)) {
    refuse (error, "it is no object");
    return NULL;
  }
  self->head = json_node_get_object (self->node);
  if (lengths->body_bytes > 0)
    self->body = g_bytes_new_from_bytes (bytes, lengths->json_bytes, lengths->body_bytes);
  return g_steal_pointer (&self);
}

static BelfryFrame *
open_packet (const guint8 *data, gsize bytes, int file, gsize max_bytes, GError **error)
{
  Lengths lengths = { 0, 0 };
  gsize all = 0;
  g_autoptr (GBytes) content = NULL;

  if (bytes < sizeof lengths) {
    refuse (error, "it is too short");
    return NULL;
  }
  memcpy (&lengths, data, sizeof lengths);
  all = (gsize)lengths.json_bytes + lengths.body_bytes;
  if (all > max_bytes) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                 "reading a frame: it has %" G_GSIZE_FORMAT " bytes, more than %" G_GSIZE_FORMAT,
                 all, max_bytes);
    return NULL;
  }
  if (bytes - sizeof lengths != (file >= 0 ? 0 : all)) {
    refuse (error, "its lengths are wrong");
    return NULL;
  }
  content = file >= 0 ? read_file (file, all, error) : g_bytes_new (data + sizeof lengths, all);
  return content != NULL ? parse (content, &lengths, error) : NULL;
}

BelfryFrame *
belfry_frame_receive (int socket, gsize max_bytes, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (INLINE_BYTES);
  struct iovec part = { buffer, INLINE_BYTES };
  _Alignas(struct cmsghdr) guint8 control[CMSG_SPACE (MAX_FILES * sizeof (int))] = { 0 };
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
  };
  int files[MAX_FILES] = { -1, -1, -1, -1 };
  BelfryFrame *frame = NULL;
  gssize got = 0;
  guint count = 0;

  do
    got = recvmsg (socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    set_errno_error (error, "reading a frame");
    return NULL;
  }
  count = take_files (&message, files);
  if (got == 0 && count == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "reading a frame: the other side is gone");
  else if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || count > 1)
    refuse (error, "it is longer than a packet may be");
  else
    frame = open_packet (buffer, (gsize)got, files[0], max_bytes, error);
  close_files (files, count);
  return frame;
}
