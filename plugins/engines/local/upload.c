/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One walk beneath the work folder, each name opened below the folder that is open already, no link
 * followed. Regular files that are meant go into the staging folder under the path they had: from
 * the source itself where that is a folder, from its folder where it is a file, from the work
 * folder where it is a glob. Links, devices, sockets and unusable names are left out and told.
 */
#include "upload.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NOTES_MAX   100
#define PIECE_BYTES (256 * 1024)

typedef struct {
  LocalUpload *upload;
  GCancellable *cancellable;
} Copy;

static void
uploaded_free (gpointer data)
{
  LocalUploaded *self = data;

  g_free (self->path);
  g_free (self);
}

LocalUpload *
local_upload_new (const char *root, const char *source, const char *staging)
{
  LocalUpload *self = g_new0 (LocalUpload, 1);

  self->root = g_strdup (root);
  self->source = g_strdup (source);
  self->staging = g_strdup (staging);
  self->files = g_ptr_array_new_with_free_func (uploaded_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
local_upload_free (LocalUpload *self)
{
  if (self == NULL)
    return;
  g_free (self->root);
  g_free (self->source);
  g_free (self->staging);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->notes);
  g_free (self);
}

static void
leave_out (gpointer data, const char *path, const char *why)
{
  Copy *self = data;
  g_autofree char *shown = belfry_text_make_printable (path, -1, 200);

  if (self->upload->notes->len < NOTES_MAX)
    g_ptr_array_add (self->upload->notes, g_strdup_printf ("left out '%s': %s", shown, why));
}

static gboolean
fail_io (const char *what, const char *path, GError **error)
{
  int number = errno;
  g_autofree char *shown = belfry_text_make_printable (path, -1, 200);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "%s '%s': %s", what, shown,
               g_strerror (number));
  return FALSE;
}

static gboolean
write_all (int to, const char *bytes, ssize_t n_bytes)
{
  while (n_bytes > 0) {
    ssize_t written = write (to, bytes, (gsize)n_bytes);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    bytes += written;
    n_bytes -= written;
  }
  return TRUE;
}

/* The file may grow while it is copied: what counts is what was copied. */
static gboolean
copy_bytes (Copy *self, int from, int to, LocalUploaded *file, GError **error)
{
  g_autofree char *piece = g_malloc (PIECE_BYTES);
  ssize_t n_bytes = 0;

  while ((n_bytes = read (from, piece, PIECE_BYTES)) != 0) {
    if (n_bytes < 0 && errno == EINTR)
      continue;
    if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
      return FALSE;
    if (n_bytes < 0 || !write_all (to, piece, n_bytes))
      return fail_io ("copying", file->path, error);
    file->n_bytes += n_bytes;
    self->upload->n_bytes += n_bytes;
    if (self->upload->n_bytes > self->upload->max_bytes) {
      g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                           "the files are larger than max-size");
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
take_file (gpointer data, int from, const char *path, const struct stat *info, GError **error)
{
  Copy *self = data;
  LocalUploaded *file = g_new0 (LocalUploaded, 1);
  g_autofree char *target = NULL;
  g_autofree char *folder = NULL;
  mode_t mode = (info->st_mode & 0100) != 0 ? 0755 : 0644;
  int to = -1;
  gboolean copied = FALSE;

  file->path = g_strdup (path);
  g_ptr_array_add (self->upload->files, file);
  if ((gint64)self->upload->files->len > self->upload->max_files) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                         "there are more files than max-files");
    return FALSE;
  }
  target = g_build_filename (self->upload->staging, file->path, NULL);
  folder = g_path_get_dirname (target);
  if (g_mkdir_with_parents (folder, 0755) != 0)
    return fail_io ("making the folder of", file->path, error);
  to = open (target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (to < 0)
    return fail_io ("making", file->path, error);
  copied = copy_bytes (self, from, to, file, error);
  if (copied && fchmod (to, mode) != 0)
    copied = fail_io ("making", file->path, error);
  close (to);
  return copied;
}

gboolean
local_upload_run (LocalUpload *self, GCancellable *cancellable, GError **error)
{
  Copy copy = { .upload = self, .cancellable = cancellable };
  const LocalWalk walk = { .root = self->root,
                           .source = self->source,
                           .cancellable = cancellable,
                           .data = &copy,
                           .take = take_file,
                           .left_out = leave_out };

  return local_walk (&walk, error);
}
