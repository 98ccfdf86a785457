/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration takes effect. An instance that stays keeps its outlet, and with it what is under
 * way; one that was made anew gets another, and what the old one began ends in its own time.
 */
#include "outbox-private.h"

static void
retire (BelfryOutlet *outlet)
{
  belfry_outlet_drop (outlet);
  belfry_outlet_leave_credential (outlet);
  outlet->trial = NULL;
  outlet->is_gone = TRUE;
}

static BelfryOutlet *
renew_outlet (BelfryOutbox *self, BelfryHosted *hosted, BelfryReporting *reporting)
{
  BelfryOutlet *old = g_hash_table_lookup (self->outlets, reporting->name);

  if (old != NULL && old->hosted == hosted) {
    belfry_reporting_unref (old->reporting);
    old->reporting = belfry_reporting_ref (reporting);
    return belfry_outlet_ref (old);
  }
  if (old != NULL)
    retire (old);
  return belfry_outlet_new (self, hosted, reporting);
}

static void
retire_missing (BelfryOutbox *self, GHashTable *outlets)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer outlet = NULL;

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, &name, &outlet))
    if (!g_hash_table_contains (outlets, name))
      retire (outlet);
}

static gboolean
has_keys (const BelfryHosted *hosted)
{
  return hosted->blueprint->plugin != NULL && hosted->blueprint->host_state != NULL;
}

static gboolean
is_stream (const BelfryHosted *hosted)
{
  return ((const BelfryReporter *)hosted->blueprint->plugin)->family == BELFRY_FAMILY_STREAM;
}

/* those that follow all events keep their place in them, whatever they are made anew for */
static void
apply_streams (BelfryOutbox *self, BelfryConfig *config, GPtrArray *reporters)
{
  GHashTable *streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, belfry_stream_retire);

  for (guint i = 0; i < reporters->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (reporters, i);
    const char *name = hosted->blueprint->name;
    BelfryStream *old = g_hash_table_lookup (self->streams, name);

    if (!has_keys (hosted) || !is_stream (hosted))
      continue;
    if (old != NULL && belfry_stream_is_of (old, hosted)) {
      g_autofree char *key = NULL;

      g_hash_table_steal_extended (self->streams, name, (gpointer *)&key, NULL);
      g_hash_table_insert (streams, g_strdup (name), old);
    } else
      g_hash_table_insert (streams, g_strdup (name), belfry_stream_new (self, hosted, config));
  }
  g_hash_table_unref (self->streams);
  self->streams = streams;
}

void
belfry_outbox_apply (BelfryOutbox *self, BelfryConfig *config, GPtrArray *reporters)
{
  g_autoptr (GHashTable) outlets =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)belfry_outlet_unref);
  GPtrArray *filters = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_reporting_unref);
  GPtrArray *old = NULL;

  g_clear_pointer (&self->config, belfry_config_unref);
  self->config = belfry_config_ref (config);
  belfry_orphans_name (self, reporters);
  for (guint i = 0; i < reporters->len; i++) {
    BelfryHosted *hosted = g_ptr_array_index (reporters, i);
    g_autoptr (GError) local = NULL;
    BelfryReporting *reporting = NULL;

    belfry_orphans_settle (self, hosted);
    if (!has_keys (hosted) || is_stream (hosted))
      continue;
    reporting = belfry_reporting_new (hosted, config, &local);
    if (reporting == NULL) {
      g_warning ("%s; it reports nothing", local->message);
      continue;
    }
    g_ptr_array_add (filters, reporting);
    g_hash_table_insert (outlets, g_strdup (reporting->name),
                         renew_outlet (self, hosted, reporting));
  }
  apply_streams (self, config, reporters);
  retire_missing (self, outlets);
  g_hash_table_unref (self->outlets);
  self->outlets = g_steal_pointer (&outlets);
  g_mutex_lock (&self->lock);
  old = self->filters;
  self->filters = filters;
  g_mutex_unlock (&self->lock);
  g_ptr_array_unref (old);
  if (self->started)
    belfry_outbox_load (self);
}
