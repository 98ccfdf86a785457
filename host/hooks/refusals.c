/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusals.h"

#define FLUSH_MS    1000
#define MAX_ENTRIES 1000
#define HOUR_US     (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct {
  char *hook;
  char *outcome;
  char *network;
  char *reason;
  gint64 first_us;
  gint64 last_us;
  gint64 count;
  gint64 bytes;
} Refusal;

struct _BelfryRefusals {
  BelfryStore *store;
  GHashTable *entries; /* key → Refusal, of this hour */
  GSource *timer;
};

static void
refusal_free (gpointer data)
{
  Refusal *refusal = data;

  g_free (refusal->hook);
  g_free (refusal->outcome);
  g_free (refusal->network);
  g_free (refusal->reason);
  g_free (refusal);
}

BelfryRefusals *
belfry_refusals_new (BelfryStore *store)
{
  BelfryRefusals *self = g_new0 (BelfryRefusals, 1);

  self->store = store;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, refusal_free);
  return self;
}

/* 192.0.2.0/24 or 2001:db8::/56: who asks, coarse enough to be bounded */
static char *
dup_network (const char *address)
{
  g_autoptr (GInetAddress) inet = address != NULL ? g_inet_address_new_from_string (address) : NULL;
  gsize size = inet != NULL ? g_inet_address_get_native_size (inet) : 0;
  gsize kept = size == 4 ? 3 : 7;
  guint8 bytes[16] = { 0 };
  g_autoptr (GInetAddress) masked = NULL;
  g_autofree char *text = NULL;

  if (inet == NULL)
    return g_strdup ("local");
  memcpy (bytes, g_inet_address_to_bytes (inet), kept);
  masked = g_inet_address_new_from_bytes (bytes, g_inet_address_get_family (inet));
  text = g_inet_address_to_string (masked);
  return g_strdup_printf ("%s/%d", text, size == 4 ? 24 : 56);
}

typedef struct {
  GPtrArray *rows; /* (element-type BelfryDelivery) */
} Flush;

static void
flush_free (gpointer data)
{
  Flush *flush = data;

  g_ptr_array_unref (flush->rows);
  g_free (flush);
}

static const char find_sql[] =
    "SELECT deliveryid FROM deliveries WHERE hook = ? AND outcome = ? AND source = ?"
    " AND received_at >= ? AND forge_id IS NULL AND digest = '' LIMIT 1";
static const char count_sql[] =
    "UPDATE deliveries SET count = count + ?, bytes = bytes + ?, last_at = ?, reason = ?"
    " WHERE deliveryid = ?";

/* whether this hour's row was there and now counts these too */
static gboolean
count_on (BelfryWriter *writer, BelfryDelivery *row, gboolean *counted, GError **error)
{
  sqlite3_stmt *find = belfry_writer_prepare (writer, find_sql, error);
  sqlite3_stmt *update = NULL;
  gint64 id = 0;

  if (find == NULL)
    return FALSE;
  sqlite3_bind_text (find, 1, row->hook, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, row->outcome, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 3, row->source, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (find, 4, row->received_at - row->received_at % HOUR_US);
  if (!belfry_writer_step (writer, find, counted, error))
    return FALSE;
  if (!*counted)
    return TRUE;
  id = sqlite3_column_int64 (find, 0);
  sqlite3_reset (find);
  update = belfry_writer_prepare (writer, count_sql, error);
  if (update == NULL)
    return FALSE;
  sqlite3_bind_int64 (update, 1, row->count);
  sqlite3_bind_int64 (update, 2, row->bytes);
  sqlite3_bind_int64 (update, 3, row->last_at);
  sqlite3_bind_text (update, 4, row->reason, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (update, 5, id);
  return belfry_writer_step (writer, update, NULL, error);
}

static gboolean
write_rows (BelfryWriter *writer, gpointer data, GError **error)
{
  Flush *flush = data;

  for (guint i = 0; i < flush->rows->len; i++) {
    BelfryDelivery *row = g_ptr_array_index (flush->rows, i);
    gboolean counted = FALSE;

    if (!count_on (writer, row, &counted, error) ||
        (!counted && !belfry_writer_insert (writer, row, error)))
      return FALSE;
  }
  return TRUE;
}

static BelfryDelivery *
make_row (Refusal *refusal)
{
  BelfryDelivery *row = belfry_delivery_new ();

  belfry_record_set_text (&row->hook, refusal->hook);
  belfry_record_set_text (&row->outcome, refusal->outcome);
  belfry_record_set_text (&row->source, refusal->network);
  belfry_record_set_text (&row->reason, refusal->reason);
  belfry_record_set_text (&row->digest, "");
  row->received_at = refusal->first_us;
  row->last_at = refusal->last_us;
  row->count = refusal->count;
  row->bytes = refusal->bytes;
  row->replay_of = BELFRY_NONE;
  row->next_try_at = BELFRY_NONE;
  return row;
}

static void
flush_entries (BelfryRefusals *self)
{
  Flush *flush = g_new0 (Flush, 1);
  GHashTableIter iter;
  gpointer refusal = NULL;

  flush->rows = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &refusal))
    g_ptr_array_add (flush->rows, make_row (refusal));
  g_hash_table_remove_all (self->entries);
  if (flush->rows->len > 0)
    belfry_store_write (self->store, write_rows, flush, flush_free);
  else
    flush_free (flush);
}

static void
clear_timer (BelfryRefusals *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean
on_flush (gpointer user_data)
{
  BelfryRefusals *self = user_data;

  clear_timer (self);
  flush_entries (self);
  return G_SOURCE_REMOVE;
}

void
belfry_refusals_count (BelfryRefusals *self,
                       const char *hook,
                       const char *outcome,
                       const char *address,
                       gsize bytes,
                       const char *reason)
{
  g_autofree char *network = dup_network (address);
  g_autofree char *key = g_strdup_printf ("%s\n%s\n%s", hook, outcome, network);
  Refusal *refusal = g_hash_table_lookup (self->entries, key);

  if (refusal == NULL) {
    if (g_hash_table_size (self->entries) >= MAX_ENTRIES)
      return;
    refusal = g_new0 (Refusal, 1);
    refusal->hook = g_strdup (hook);
    refusal->outcome = g_strdup (outcome);
    refusal->network = g_steal_pointer (&network);
    refusal->first_us = belfry_clock_now_us ();
    g_hash_table_insert (self->entries, g_steal_pointer (&key), refusal);
  }
  g_free (refusal->reason);
  refusal->reason = g_strdup (reason);
  refusal->last_us = belfry_clock_now_us ();
  refusal->count++;
  refusal->bytes += (gint64)bytes;
  if (self->timer == NULL) {
    self->timer = g_timeout_source_new (FLUSH_MS);
    g_source_set_callback (self->timer, on_flush, self, NULL);
    g_source_attach (self->timer, NULL);
  }
}

void
belfry_refusals_free (BelfryRefusals *self)
{
  if (self == NULL)
    return;
  clear_timer (self);
  flush_entries (self);
  g_hash_table_unref (self->entries);
  g_free (self);
}
