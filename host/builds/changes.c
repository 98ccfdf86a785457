/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes and stamps: a stamp is what it says (branch, revision, repository, project, codebase,
 * patch); whoever says the same again gets the same row. All runs in the caller's savepoint and may
 * run twice.
 */
#include "builds/changes.h"
#include "builds/builds-private.h"

#define MAX_MESSAGE_BYTES ((gsize)1024 * 1024)
#define MAX_TEXT_BYTES    ((gsize)64 * 1024)
#define TWO_ROADS_US      (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define FIND_PATCH                                                                                 \
  "SELECT patchid FROM patches WHERE author = ?1 AND comment = ?2 AND subdir = ?3 AND level = ?4"  \
  " AND body = ?5"
#define FIND_STAMP                                                                                 \
  "SELECT ssid, created_at FROM source_stamps WHERE revision IS ?1 AND repository = ?2"            \
  " AND branch IS ?3 AND project = ?4 AND codebase = ?5 AND patchid IS ?6"

/* bounded before it is filtered: one revision may have come a million times */
static const char find_change_sql[] =
    "SELECT changeid, repository FROM"
    " (SELECT changeid, repository, branch, codebase, category, origin, received_at FROM changes"
    " WHERE revision = ?1 ORDER BY changeid DESC LIMIT 20)"
    " WHERE branch IS ?2 AND codebase = ?3 AND category IS ?4 AND origin <> ?5 AND received_at > "
    "?6";

static const char *
text_or_empty (const char *text)
{
  return text != NULL ? text : "";
}

/* FALSE: an error; @id NONE: there is no such row */
static gboolean
ask_id (BelfryWriter *writer, sqlite3_stmt *statement, gint64 *id, gint64 *other, GError **error)
{
  gboolean row = FALSE;

  *id = BELFRY_NONE;
  if (!belfry_writer_step (writer, statement, &row, error))
    return FALSE;
  if (row) {
    *id = sqlite3_column_int64 (statement, 0);
    if (other != NULL)
      *other = sqlite3_column_int64 (statement, 1);
  }
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
find_patch (BelfryWriter *writer, const BelfryPatch *patch, gint64 *id, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, FIND_PATCH, error);

  if (statement == NULL)
    return FALSE;
  belfry_builds_bind_text (statement, 1, text_or_empty (patch->author));
  belfry_builds_bind_text (statement, 2, text_or_empty (patch->comment));
  belfry_builds_bind_text (statement, 3, text_or_empty (patch->subdir));
  sqlite3_bind_int64 (statement, 4, patch->level);
  belfry_builds_bind_text (statement, 5, text_or_empty (patch->body));
  return ask_id (writer, statement, id, NULL, error);
}

/* (transfer full): @patch with its id, stored */
static BelfryPatch *
store_patch (BelfryWriter *writer, const BelfryPatch *patch, GError **error)
{
  g_autoptr (BelfryPatch) stored = belfry_record_copy (patch);
  gint64 id = BELFRY_NONE;

  if (!find_patch (writer, patch, &id, error))
    return NULL;
  if (id != BELFRY_NONE) {
    stored->patchid = id;
    return g_steal_pointer (&stored);
  }
  return belfry_writer_insert (writer, stored, error) ? g_steal_pointer (&stored) : NULL;
}

static gboolean
find_stamp (BelfryWriter *writer, BelfrySourceStamp *stamp, gint64 *id, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, FIND_STAMP, error);

  if (statement == NULL)
    return FALSE;
  belfry_builds_bind_text (statement, 1, stamp->revision);
  belfry_builds_bind_text (statement, 2, text_or_empty (stamp->repository));
  belfry_builds_bind_text (statement, 3, stamp->branch);
  belfry_builds_bind_text (statement, 4, text_or_empty (stamp->project));
  belfry_builds_bind_text (statement, 5, text_or_empty (stamp->codebase));
  if (stamp->patchid != BELFRY_NONE)
    sqlite3_bind_int64 (statement, 6, stamp->patchid);
  return ask_id (writer, statement, id, &stamp->created_at, error);
}

BelfrySourceStamp *
belfry_stamps_store (BelfryWriter *writer, const BelfrySourceStamp *stamp, GError **error)
{
  g_autoptr (BelfrySourceStamp) stored = belfry_record_copy (stamp);
  gint64 id = BELFRY_NONE;

  stored->patchid = BELFRY_NONE;
  if (stored->created_at == 0)
    stored->created_at = belfry_clock_now_us ();
  if (stamp->patch != NULL) {
    BelfryPatch *patch = store_patch (writer, stamp->patch, error);

    if (patch == NULL)
      return NULL;
    belfry_patch_unref (stored->patch);
    stored->patch = patch;
    stored->patchid = patch->patchid;
  }
  if (!find_stamp (writer, stored, &id, error))
    return NULL;
  if (id != BELFRY_NONE) {
    stored->ssid = id;
    return g_steal_pointer (&stored);
  }
  return belfry_writer_insert (writer, stored, error) ? g_steal_pointer (&stored) : NULL;
}

static BelfrySourceStamp *
make_stamp (const BelfryChange *change)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();

  belfry_record_set_text (&stamp->branch, change->branch);
  belfry_record_set_text (&stamp->revision, change->revision);
  belfry_record_set_text (&stamp->repository, text_or_empty (change->repository));
  belfry_record_set_text (&stamp->project, text_or_empty (change->project));
  belfry_record_set_text (&stamp->codebase, text_or_empty (change->codebase));
  return stamp;
}

/* what a plugin hands over has no bound of its own; a message may be long, all else is one line */
static void
cut_texts (BelfryChange *change)
{
  const BelfryRecordType *type = belfry_change_get_type ();

  for (guint i = 0; i < type->n_fields; i++) {
    char **text = G_STRUCT_MEMBER_P (change, type->fields[i].offset);
    gsize most = text == &change->comments ? MAX_MESSAGE_BYTES : MAX_TEXT_BYTES;

    if (type->fields[i].type == BELFRY_FIELD_TEXT && *text != NULL && strlen (*text) > most) {
      char *cut = belfry_text_cut (*text, most);

      g_free (*text);
      *text = cut;
    }
  }
}

gboolean
belfry_changes_store (BelfryWriter *writer, BelfryChange *change, GError **error)
{
  g_autoptr (BelfrySourceStamp) stamp = NULL;
  BelfrySourceStamp *stored = NULL;
  BelfryEventSaid said = { .name = "change-added" };

  cut_texts (change);
  stamp = make_stamp (change);
  stored = belfry_stamps_store (writer, stamp, error);
  if (stored == NULL) {
    g_prefix_error (error, "storing a change of '%s': ", text_or_empty (change->repository));
    return FALSE;
  }
  belfry_source_stamp_unref (change->sourcestamp);
  change->sourcestamp = stored;
  change->ssid = stored->ssid;
  if (change->received_at == 0)
    change->received_at = belfry_clock_now_us ();
  if (change->when_timestamp == 0)
    change->when_timestamp = change->received_at;
  if (!belfry_writer_insert (writer, change, error)) {
    g_prefix_error (error, "storing a change of '%s': ", text_or_empty (change->repository));
    return FALSE;
  }
  said.record = change;
  return belfry_builds_say (writer, &said, error);
}

gboolean
belfry_changes_find_by_other_road (BelfryWriter *writer,
                                   BelfryChange *change,
                                   gint64 *known,
                                   GError **error)
{
  sqlite3_stmt *find = NULL;
  g_autofree char *repository = NULL;
  gboolean row = FALSE;

  *known = 0;
  if (change->revision == NULL || change->revision[0] == '\0')
    return TRUE;
  find = belfry_writer_prepare (writer, find_change_sql, error);
  if (find == NULL)
    return FALSE;
  repository = belfry_repository_normalize (change->repository);
  sqlite3_bind_text (find, 1, change->revision, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, change->branch, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 3, change->codebase, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 4, change->category, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 5, change->origin, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (find, 6, change->received_at - TWO_ROADS_US);
  while (belfry_writer_step (writer, find, &row, error)) {
    const char *other = row ? (const char *)sqlite3_column_text (find, 1) : NULL;
    g_autofree char *normalized = other != NULL ? belfry_repository_normalize (other) : NULL;

    if (!row)
      return TRUE;
    if (g_strcmp0 (normalized, repository) == 0) {
      *known = sqlite3_column_int64 (find, 0);
      sqlite3_reset (find);
      return TRUE;
    }
  }
  return FALSE;
}
