/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events as they are written: the record they are about, then the name of its builder and the
 * number of its build, so that a page need not ask, then what this event adds.
 */
#include "builds/builds-private.h"

#define BUILDER_NAME "SELECT name FROM builders WHERE builderid = ?1"
#define BUILD_NUMBER "SELECT builderid, number FROM builds WHERE buildid = ?1"

/* behind what stands there already, in front of the end that belfry_builds_say () puts */
static void
add_name (GString *data, const char *name)
{
  if (data->len > 1)
    g_string_append_c (data, ',');
  belfry_json_append_text (data, name);
  g_string_append_c (data, ':');
}

static void
add_integer (GString *data, const char *name, gint64 value)
{
  add_name (data, name);
  g_string_append_printf (data, "%" G_GINT64_FORMAT, value);
}

static gboolean
is_given (gint64 id)
{
  return id != 0 && id != BELFRY_NONE;
}

static sqlite3_stmt *
find_row (BelfryWriter *writer, const char *sql, gint64 id, gboolean *row, GError **error)
{
  sqlite3_stmt *statement = belfry_writer_prepare (writer, sql, error);

  if (statement == NULL)
    return NULL;
  sqlite3_bind_int64 (statement, 1, id);
  return belfry_writer_step (writer, statement, row, error) ? statement : NULL;
}

static gboolean
add_build (BelfryWriter *writer, BelfryEvent *event, GString *data, GError **error)
{
  gboolean row = FALSE;
  sqlite3_stmt *statement = NULL;

  if (!is_given (event->buildid))
    return TRUE;
  statement = find_row (writer, BUILD_NUMBER, event->buildid, &row, error);
  if (statement == NULL)
    return FALSE;
  if (row) {
    event->builderid = sqlite3_column_int64 (statement, 0);
    add_integer (data, "buildnumber", sqlite3_column_int64 (statement, 1));
    sqlite3_reset (statement);
  }
  return TRUE;
}

static gboolean
add_builder (BelfryWriter *writer, BelfryEvent *event, GString *data, GError **error)
{
  gboolean row = FALSE;
  sqlite3_stmt *statement = NULL;

  if (!is_given (event->builderid))
    return TRUE;
  statement = find_row (writer, BUILDER_NAME, event->builderid, &row, error);
  if (statement == NULL)
    return FALSE;
  if (row) {
    add_name (data, "buildername");
    belfry_json_append_text (data, (const char *)sqlite3_column_text (statement, 0));
    sqlite3_reset (statement);
  }
  return TRUE;
}

static void
add_more (GString *data, JsonObject *more)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  if (more == NULL)
    return;
  json_object_iter_init_ordered (&iter, more);
  while (json_object_iter_next_ordered (&iter, &name, &member)) {
    add_name (data, name);
    belfry_json_append (data, member);
  }
}

gboolean
belfry_builds_say (BelfryWriter *writer, const BelfryEventSaid *said, GError **error)
{
  g_autoptr (BelfryEvent) event = belfry_event_new ();
  g_autoptr (GString) data = g_string_sized_new (1024);

  belfry_record_set_text (&event->name, said->name);
  if (is_given (said->builderid))
    event->builderid = said->builderid;
  if (is_given (said->buildid))
    event->buildid = said->buildid;
  if (said->record != NULL) {
    event->subject = belfry_record_get_id (said->record);
    belfry_record_append_json (data, said->record,
                               said->properties ? BELFRY_RECORD_JSON_PROPERTIES
                                                : BELFRY_RECORD_JSON_NONE);
    g_string_truncate (data, data->len - 1);
  } else {
    g_string_append_c (data, '{');
  }
  if (!add_build (writer, event, data, error) || !add_builder (writer, event, data, error))
    return FALSE;
  add_more (data, said->more);
  g_string_append_c (data, '}');
  event->data = g_strndup (data->str, data->len);
  return belfry_writer_add_event (writer, event, said->record, error);
}
