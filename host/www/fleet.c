/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of builders to their records, read from the store in the background and again when an event
 * says that one came or went. Until the first reading nothing is known, and so nothing narrow is
 * shown.
 */
#include "www/fleet.h"

#define MAX_BUILDERS 10000

struct _BelfryFleet {
  gatomicrefcount refs; /* one of the owner, one of each reading under way */
  BelfryStore *store;
  BelfryBus *bus;
  guint subscription;
  GHashTable *builders; /* name → BelfryBuilder */
  GHashTable *names;    /* id → name */
  gboolean is_reading;
  gboolean is_stale;
  gboolean is_freed;
};

typedef struct {
  BelfryFleet *fleet;
  GPtrArray *builders;
} Reading;

static void
fleet_unref (BelfryFleet *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->builders);
  g_hash_table_unref (self->names);
  g_free (self);
}

static gboolean
read_builders (BelfryReader *reader, gpointer data, GError **error)
{
  Reading *reading = data;
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.limit = MAX_BUILDERS;
  reading->builders = belfry_reader_list (reader, belfry_builder_get_type (), &query, NULL, error);
  return reading->builders != NULL;
}

static void
take_builders (BelfryFleet *self, GPtrArray *builders)
{
  g_hash_table_remove_all (self->builders);
  g_hash_table_remove_all (self->names);
  for (guint i = 0; i < builders->len; i++) {
    BelfryBuilder *builder = builders->pdata[i];

    g_hash_table_insert (self->builders, g_strdup (builder->name), belfry_record_ref (builder));
    g_hash_table_insert (self->names, g_memdup2 (&builder->builderid, sizeof builder->builderid),
                         g_strdup (builder->name));
  }
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Reading *reading = data;
  BelfryFleet *self = reading->fleet;
  g_autoptr (GError) error = NULL;

  (void)source;
  self->is_reading = FALSE;
  if (!self->is_freed) {
    if (!belfry_store_read_finish (self->store, result, &error))
      g_warning ("reading the builders: %s, keeping those known", error->message);
    else
      take_builders (self, reading->builders);
    if (self->is_stale)
      belfry_fleet_refresh (self);
  }
  g_clear_pointer (&reading->builders, g_ptr_array_unref);
  fleet_unref (self);
  g_free (reading);
}

void
belfry_fleet_refresh (BelfryFleet *self)
{
  Reading *reading = NULL;

  self->is_stale = self->is_reading;
  if (self->is_reading)
    return;
  self->is_reading = TRUE;
  reading = g_new0 (Reading, 1);
  reading->fleet = self;
  g_atomic_ref_count_inc (&self->refs);
  belfry_store_read_async (self->store, NULL, read_builders, reading, NULL, on_read, reading);
}

static void
on_event (BelfryEvent *event, gpointer data)
{
  BelfryFleet *self = data;
  gboolean is_known = g_hash_table_contains (self->names, &event->builderid);

  if (g_str_equal (event->name, "builder-added") || g_str_equal (event->name, "builder-removed") ||
      (event->builderid != BELFRY_NONE && !is_known))
    belfry_fleet_refresh (self);
}

BelfryFleet *
belfry_fleet_new (BelfryStore *store, BelfryBus *bus)
{
  BelfryFleet *self = g_new0 (BelfryFleet, 1);

  g_atomic_ref_count_init (&self->refs);
  self->store = store;
  self->bus = bus;
  self->builders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, belfry_record_unref);
  self->names = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->subscription = belfry_bus_subscribe (bus, on_event, self);
  return self;
}

void
belfry_fleet_free (BelfryFleet *self)
{
  if (self == NULL)
    return;
  belfry_bus_unsubscribe (self->bus, self->subscription);
  self->is_freed = TRUE;
  fleet_unref (self);
}

gint64
belfry_fleet_find (BelfryFleet *self, const char *name)
{
  const BelfryBuilder *builder = name != NULL ? g_hash_table_lookup (self->builders, name) : NULL;

  return builder != NULL ? builder->builderid : BELFRY_NONE;
}

const char *
belfry_fleet_get_engine (BelfryFleet *self, gint64 builderid)
{
  const char *name = g_hash_table_lookup (self->names, &builderid);
  const BelfryBuilder *builder = name != NULL ? g_hash_table_lookup (self->builders, name) : NULL;

  return builder != NULL ? builder->engine : NULL;
}

static gboolean
has_tag (const BelfryBuilder *builder, char **tags)
{
  for (char **tag = tags; *tag != NULL; tag++) {
    if (builder->tags != NULL && g_strv_contains ((const char *const *)builder->tags, *tag))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_named (const BelfryBuilder *builder, char **globs)
{
  for (char **glob = globs; *glob != NULL; glob++) {
    if (belfry_glob_match (*glob, builder->name, BELFRY_GLOB_TEXT))
      return TRUE;
  }
  return FALSE;
}

GHashTable *
belfry_fleet_dup_visible (BelfryFleet *self, BelfryAuthz *authz, const BelfryViewKeys *keys)
{
  char **tags = keys != NULL ? keys->tags : NULL;
  char **globs = keys != NULL ? keys->builders : NULL;
  GHashTable *visible = NULL;
  GHashTableIter iter;
  BelfryBuilder *builder = NULL;

  if (!belfry_authz_is_narrow (authz) && tags == NULL && globs == NULL)
    return NULL;
  visible = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_iter_init (&iter, self->builders);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&builder)) {
    if (belfry_authz_allows (authz, belfry_actions, builder->name) &&
        (tags == NULL || has_tag (builder, tags)) && (globs == NULL || is_named (builder, globs)))
      g_hash_table_add (visible, g_strdup (builder->name));
  }
  return visible;
}

gboolean
belfry_fleet_is_visible (BelfryFleet *self, BelfryAuthz *authz, gint64 builderid)
{
  const char *name = NULL;

  if (!belfry_authz_is_narrow (authz) || builderid == BELFRY_NONE)
    return TRUE;
  name = g_hash_table_lookup (self->names, &builderid);
  return name != NULL && belfry_authz_allows (authz, belfry_actions, name);
}
