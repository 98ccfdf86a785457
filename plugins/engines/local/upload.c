/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One walk beneath the work folder, each name opened below the folder that is open already, no link
 * followed. Regular files that are meant go into the staging folder under the path they had: from
 * the source itself where that is a folder, from its folder where it is a file, from the work
 * folder where it is a glob. Links, devices, sockets and unusable names are left out and told.
 */
#include "upload.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX   64
#define NOTES_MAX   100
#define PIECE_BYTES (256 * 1024)

typedef struct {
  LocalUpload *upload;
  GCancellable *cancellable;
  gsize cut;      /* bytes of a path that are not kept */
  gboolean whole; /* everything beneath the source is meant */
} Walk;

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
leave_out (Walk *self, const char *path, const char *why)
{
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
name_is_usable (const char *name)
{
  if (strlen (name) > 255 || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++) {
    if ((guchar)*c < ' ' || *c == 0x7f)
      return FALSE;
  }
  return TRUE;
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
copy_bytes (Walk *self, int from, int to, LocalUploaded *file, GError **error)
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
take_file (Walk *self, int from, const char *path, const struct stat *info, GError **error)
{
  LocalUploaded *file = g_new0 (LocalUploaded, 1);
  g_autofree char *target = NULL;
  g_autofree char *folder = NULL;
  mode_t mode = (info->st_mode & 0100) != 0 ? 0755 : 0644;
  int to = -1;
  gboolean copied = FALSE;

  file->path = g_strdup (path + self->cut);
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

static gboolean walk (Walk *self, int folder, const char *path, guint depth, GError **error);

static gboolean
is_meant (const Walk *self, const char *path)
{
  return self->whole || belfry_glob_match (self->upload->source, path, BELFRY_GLOB_PATH);
}

static gboolean
visit (Walk *self, int parent, const char *name, const char *path, guint depth, GError **error)
{
  struct stat info = { 0 };
  gboolean whole = self->whole;
  gboolean visited = TRUE;
  int fd = -1;

  if (fstatat (parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return TRUE; /* gone meanwhile */
  if (!S_ISDIR (info.st_mode) && !is_meant (self, path))
    return TRUE;
  if (!name_is_usable (name) || (!S_ISDIR (info.st_mode) && !S_ISREG (info.st_mode))) {
    leave_out (self, path, name_is_usable (name) ? "no regular file" : "an unusable name");
    return TRUE;
  }
  fd = openat (parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &info) != 0 || (!S_ISDIR (info.st_mode) && !S_ISREG (info.st_mode)))
    leave_out (self, path, "cannot be opened");
  else if (S_ISREG (info.st_mode))
    visited = take_file (self, fd, path, &info, error);
  else {
    self->whole = is_meant (self, path);
    visited = walk (self, fd, path, depth + 1, error);
    self->whole = whole;
  }
  if (fd >= 0)
    close (fd);
  return visited;
}

static gboolean
walk (Walk *self, int folder, const char *path, guint depth, GError **error)
{
  g_autofree char *shown = g_strdup_printf ("/proc/self/fd/%d", folder);
  g_autoptr (GDir) entries = depth <= DEPTH_MAX ? g_dir_open (shown, 0, NULL) : NULL;
  const char *name = NULL;

  if (entries == NULL) {
    leave_out (self, path, depth > DEPTH_MAX ? "too deep" : "cannot be read");
    return TRUE;
  }
  while ((name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *below = *path != '\0' ? g_build_filename (path, name, NULL) : g_strdup (name);

    if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
        !visit (self, folder, name, below, depth, error))
      return FALSE;
  }
  return TRUE;
}

/* A source that is there under this very name. */
static gboolean
take_named (Walk *self, int fd, GError **error)
{
  const char *source = self->upload->source;
  const char *slash = strrchr (source, '/');
  struct stat info = { 0 };

  if (fstat (fd, &info) != 0)
    return fail_io ("looking at", source, error);
  self->whole = TRUE;
  self->cut = slash != NULL ? (gsize)(slash + 1 - source) : 0;
  if (S_ISREG (info.st_mode))
    return take_file (self, fd, source, &info, error);
  if (!S_ISDIR (info.st_mode)) {
    leave_out (self, source, "no regular file");
    return TRUE;
  }
  self->cut = 0;
  return walk (self, fd, "", 0, error);
}

static int
open_named (const LocalUpload *self)
{
  g_auto (GStrv) parts = g_strsplit (self->source, "/", -1);
  int fd = open (self->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; parts[i] != NULL && fd >= 0; i++) {
    int next = -1;

    if (*parts[i] == '\0' || g_str_equal (parts[i], "."))
      continue;
    next = openat (fd, parts[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close (fd);
    fd = next;
  }
  return fd;
}

gboolean
local_upload_run (LocalUpload *self, GCancellable *cancellable, GError **error)
{
  Walk walker = { .upload = self, .cancellable = cancellable };
  int fd = open_named (self);
  gboolean done = TRUE;

  if (fd >= 0)
    done = take_named (&walker, fd, error);
  else if (strpbrk (self->source, "*?[") != NULL) {
    fd = open (self->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = fd < 0 || walk (&walker, fd, "", 0, error);
  }
  if (fd >= 0)
    close (fd);
  return done;
}
