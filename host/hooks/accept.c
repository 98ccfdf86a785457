/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A delivery is *seen* only once it was accepted: what failed may come again, what succeeded is
 * told so. The same change by two roads (two hooks, hook and poller) within an hour is one change;
 * within one request and between deliveries of one hook every change counts.
 */
#include "accept.h"

#include "builds/changes.h"

#include <string.h>

/* no IN: sqlite would build a table of its list for each delivery */
#define AND_WAS_SEEN                                                                               \
  " AND CASE outcome WHEN 'accepted' THEN 1 WHEN 'pending' THEN 1 WHEN 'nothing' THEN 1 END"       \
  " ORDER BY deliveryid LIMIT 1"

static const char find_by_id_sql[] =
    "SELECT deliveryid, digest FROM deliveries WHERE hook = ? AND forge_id = ?" AND_WAS_SEEN;
static const char find_by_digest_sql[] = "SELECT deliveryid, digest FROM deliveries WHERE hook = ? "
                                         "AND digest = ? AND received_at > ?" AND_WAS_SEEN;
static const char raw_sql[] =
    "INSERT INTO raw_requests (deliveryid, request, received_at, body) VALUES (?, ?, ?, ?)";

void
belfry_acceptance_free (BelfryAcceptance *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->delivery, belfry_record_unref);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_clear_pointer (&self->raw, g_free);
  g_clear_pointer (&self->request, belfry_request_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

/* headers that prove who sent a request are not kept */
static gboolean
is_proof (const BelfryHook *hook, const char *name)
{
  const char *row = (const char *)hook->signatures;

  if (g_ascii_strcasecmp (name, "Authorization") == 0 || g_ascii_strcasecmp (name, "Cookie") == 0 ||
      g_ascii_strcasecmp (name, "Proxy-Authorization") == 0)
    return TRUE;
  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL; row += hook->signature_size)
    if (g_ascii_strcasecmp (name, ((const BelfrySignature *)row)->header) == 0)
      return TRUE;
  return FALSE;
}

/* the request as it may be kept for replay; its body is kept beside it, as it came */
static char *
make_raw (const BelfryHook *hook, BelfryRequest *request)
{
  GPtrArray *headers = belfry_request_list_headers (request);
  JsonObject *object = json_object_new ();
  JsonArray *kept = json_array_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  for (guint i = 0; i + 1 < headers->len; i += 2)
    if (!is_proof (hook, g_ptr_array_index (headers, i))) {
      JsonArray *pair = json_array_new ();

      json_array_add_string_element (pair, g_ptr_array_index (headers, i));
      json_array_add_string_element (pair, g_ptr_array_index (headers, i + 1));
      json_array_add_array_element (kept, pair);
    }
  json_object_set_string_member (object, "method", belfry_request_get_method (request));
  json_object_set_string_member (object, "path", belfry_request_get_path (request));
  json_object_set_string_member (object, "query", belfry_request_get_query (request));
  json_object_set_array_member (object, "headers", kept);
  json_node_take_object (node, object);
  return belfry_json_to_text (node);
}

/* once, on the writer thread: what is kept of the request; the main loop frees what it parsed */
static void
take_request (BelfryAcceptance *self)
{
  g_autoptr (BelfryRequest) request = g_steal_pointer (&self->request);
  g_autofree char *digest = NULL;
  GBytes *body = NULL;

  if (request == NULL)
    return;
  body = belfry_request_get_body (request);
  digest =
      belfry_digest_hex (G_CHECKSUM_SHA256, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  belfry_record_set_text (&self->delivery->digest, digest);
  if (!self->keep_raw)
    return;
  self->raw = make_raw (self->hook, request);
  self->body = g_bytes_ref (body);
}

static sqlite3_stmt *
prepare_by_id (BelfryWriter *writer, BelfryDelivery *delivery, GError **error)
{
  sqlite3_stmt *find = belfry_writer_prepare (writer, find_by_id_sql, error);

  if (find == NULL)
    return NULL;
  sqlite3_bind_text (find, 1, delivery->hook, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, delivery->forge_id, -1, SQLITE_STATIC);
  return find;
}

/* a sender that gives ids gives each content one, so that the same content under another id was
 * sent by somebody who copied it: that has no window */
static sqlite3_stmt *
prepare_by_digest (BelfryWriter *writer, BelfryAcceptance *self, GError **error)
{
  BelfryDelivery *delivery = self->delivery;
  sqlite3_stmt *find = belfry_writer_prepare (writer, find_by_digest_sql, error);

  if (find == NULL)
    return NULL;
  sqlite3_bind_text (find, 1, delivery->hook, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, delivery->digest, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (
      find, 3, delivery->forge_id != NULL ? 0 : delivery->received_at - self->dedupe_window_us);
  return find;
}

static gboolean
take_duplicate (BelfryWriter *writer, BelfryAcceptance *self, sqlite3_stmt *find, GError **error)
{
  gboolean row = FALSE;

  if (find == NULL || !belfry_writer_step (writer, find, &row, error))
    return FALSE;
  if (!row)
    return TRUE;
  self->first_delivery = sqlite3_column_int64 (find, 0);
  self->conflict =
      g_strcmp0 ((const char *)sqlite3_column_text (find, 1), self->delivery->digest) != 0;
  sqlite3_reset (find);
  return TRUE;
}

/* FALSE: sqlite failed */
static gboolean
look_for_duplicate (BelfryWriter *writer, BelfryAcceptance *self, GError **error)
{
  if (self->delivery->replay_of != BELFRY_NONE)
    return TRUE;
  if (self->delivery->forge_id != NULL &&
      !take_duplicate (writer, self, prepare_by_id (writer, self->delivery, error), error))
    return FALSE;
  if (self->first_delivery != 0 || !self->by_digest)
    return TRUE;
  return take_duplicate (writer, self, prepare_by_digest (writer, self, error), error);
}

/* which of the changes are new; asked before any is stored, so that they cannot find each other */
static gboolean
drop_known (BelfryWriter *writer, BelfryAcceptance *self, GError **error)
{
  for (guint i = 0; self->changes != NULL && i < self->changes->len;) {
    gint64 known = 0;

    if (!belfry_changes_find_by_other_road (writer, g_ptr_array_index (self->changes, i), &known,
                                            error))
      return FALSE;
    if (known != 0) {
      self->known_change = known;
      g_ptr_array_remove_index (self->changes, i);
    } else
      i++;
  }
  return TRUE;
}

static gboolean
store_raw (BelfryWriter *writer, BelfryAcceptance *self, GError **error)
{
  sqlite3_stmt *insert = NULL;

  if (self->raw == NULL)
    return TRUE;
  insert = belfry_writer_prepare (writer, raw_sql, error);
  if (insert == NULL)
    return FALSE;
  sqlite3_bind_int64 (insert, 1, self->delivery->deliveryid);
  sqlite3_bind_text (insert, 2, self->raw, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (insert, 3, self->delivery->received_at);
  sqlite3_bind_blob64 (insert, 4,
                       g_bytes_get_size (self->body) > 0 ? g_bytes_get_data (self->body, NULL) : "",
                       g_bytes_get_size (self->body), SQLITE_STATIC);
  return belfry_writer_step (writer, insert, NULL, error);
}

static gboolean
store_changes (BelfryWriter *writer, BelfryAcceptance *self, GError **error)
{
  JsonArray *ids = json_array_new ();
  gint64 deliveryid = self->completes != BELFRY_NONE ? self->completes : self->delivery->deliveryid;

  g_clear_pointer (&self->delivery->change_ids, json_node_unref);
  self->delivery->change_ids = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (self->delivery->change_ids, ids);
  for (guint i = 0; self->changes != NULL && i < self->changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (self->changes, i);

    change->deliveryid = deliveryid;
    if (!belfry_changes_store (writer, change, error))
      return FALSE;
    json_array_add_int_element (ids, change->changeid);
    self->stored++;
  }
  return TRUE;
}

static void
set_outcome (BelfryDelivery *delivery, const char *outcome, const char *reason)
{
  belfry_record_set_text (&delivery->outcome, outcome);
  belfry_record_set_text (&delivery->reason, reason);
}

static void
note_duplicate (BelfryAcceptance *self)
{
  g_autofree char *reason = g_strdup_printf (
      "%s delivery %" G_GINT64_FORMAT, self->conflict ? "same id, other content than" : "repeats",
      self->first_delivery);

  set_outcome (self->delivery, self->conflict ? "conflict" : "duplicate", reason);
  g_clear_pointer (&self->delivery->pending, json_node_unref);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
}

gboolean
belfry_acceptance_store (BelfryWriter *writer, gpointer data, GError **error)
{
  BelfryAcceptance *self = data;
  guint before = self->changes != NULL ? self->changes->len : 0;

  /* a transaction that had to be given up is run again from here */
  self->stored = 0;
  take_request (self);
  if (self->completes != BELFRY_NONE)
    return drop_known (writer, self, error) && store_changes (writer, self, error) &&
           belfry_writer_update (writer, self->delivery, error);
  if (!look_for_duplicate (writer, self, error))
    return FALSE;
  if (self->first_delivery != 0)
    note_duplicate (self);
  else if (!drop_known (writer, self, error))
    return FALSE;
  else if (before > 0 && self->changes->len == 0)
    set_outcome (self->delivery, "duplicate", "known by another road");
  /* the id comes first, since it stands in the changes, as theirs do in the row */
  self->delivery->deliveryid = belfry_writer_next_id (writer, belfry_delivery_get_type ());
  return store_changes (writer, self, error) &&
         belfry_writer_insert (writer, self->delivery, error) && store_raw (writer, self, error);
}
