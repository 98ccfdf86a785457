/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies what a build made to where artifacts are (§14.8 of the engine's page), on a thread. */
#pragma once

#include <belfry-plugin.h>

/** LocalUpload: an order and what came of it */
typedef struct {
  char *root;    /* the work folder */
  char *source;  /* file, folder or glob beneath it */
  char *staging; /* a folder that is not there yet */
  gint64 max_bytes;
  gint64 max_files;
  /* of the run */
  GPtrArray *files; /* (element-type LocalUploaded) */
  GPtrArray *notes; /* (element-type utf8) what was left out */
  gint64 n_bytes;
} LocalUpload;

/** LocalUploaded: one file */
typedef struct {
  char *path; /* below the staging folder */
  gint64 n_bytes;
} LocalUploaded;

LocalUpload *local_upload_new (const char *root, const char *source, const char *staging);
void local_upload_free (LocalUpload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalUpload, local_upload_free)
/* FALSE with BELFRY_ERROR_TOO_LARGE where a bound is met. No files: nothing was found. */
gboolean local_upload_run (LocalUpload *self, GCancellable *cancellable, GError **error);
