/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a database that no daemon has open: a backup, or what one left that has ended. Nothing is
 * left beside it, since files of another owner would keep the daemon from its own. A file without a
 * write-ahead log is read as it is; one whose log was not taken in yet is read only where the log's
 * index is there too, as after a crash.
 */
#include "store/store-private.h"

#include <glib/gstdio.h>

static gboolean
has_content (const char *path, const char *ending)
{
  g_autofree char *name = g_strconcat (path, ending, NULL);
  GStatBuf status;

  return g_stat (name, &status) == 0 && status.st_size > 0;
}

char *
belfry_store_make_file_address (const char *path, GError **error)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *escaped =
      g_uri_escape_string (whole, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, TRUE);
  gboolean has_log = has_content (whole, "-wal");

  if (!g_file_test (whole, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no database '%s'", path);
    return NULL;
  }
  if (has_log && !has_content (whole, "-shm")) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFLICT,
                 "'%s' was copied while it was open; start a daemon on the copy once, or take one "
                 "made by `belfry backup`",
                 path);
    return NULL;
  }
  return g_strconcat ("file://", escaped, has_log ? "" : "?immutable=1", NULL);
}

gboolean
belfry_store_read_file (const char *path, BelfryReadFunc func, gpointer data, GError **error)
{
  g_autofree char *address = belfry_store_make_file_address (path, error);
  g_autoptr (BelfryDatabase) database =
      address != NULL ? belfry_database_open (address, BELFRY_DATABASE_FILE, error) : NULL;
  g_autoptr (BelfryStoreReader) reader = NULL;

  if (database == NULL)
    return FALSE;
  reader = belfry_store_reader_new_for_file (database);
  return func (&reader->reader, data, error);
}
