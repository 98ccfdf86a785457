/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A page of all builders shows nearly every build of its span, and builds have ids in the order of
 * their starts, as have their sets. So when one build's steps are asked for, those of its block of
 * neighbours come with them: a few queries a page instead of three a build. A page of some builders
 * reads build by build.
 */
#include "waterfall-parts.h"

#define PARTS_NEIGHBOURS 32
#define PARTS_MAX_ONE    2000
#define PARTS_MAX_MANY   10000

typedef struct {
  const BelfryRecordType *type;
  const BelfryField *key;
  const char *const *fields;
  GHashTable *lists; /* key to GPtrArray */
} WaterfallPart;

struct _WaterfallParts {
  BelfryReader *reader;
  gint64 neighbours;
  WaterfallPart steps;
  WaterfallPart logs;
  WaterfallPart sets;
  gboolean cut;
};

static const char *const waterfall_step_fields[] = {
  "number",       "name",    "buildid", "started_at", "complete", "complete_at",
  "state_string", "results", "urls",    "hidden",     NULL,
};

static const char *const waterfall_log_fields[] = {
  "name", "slug", "stepid", "complete", "num_lines", "type", "buildid", NULL,
};

static const char *const waterfall_set_fields[] = { "reason", NULL };

static void
waterfall_part_init (WaterfallPart *self,
                     const BelfryRecordType *type,
                     const char *key,
                     const char *const *fields)
{
  self->type = type;
  self->key = belfry_record_type_find (type, key);
  self->fields = fields;
  self->lists = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                       (GDestroyNotify)g_ptr_array_unref);
}

WaterfallParts *
waterfall_parts_new (BelfryReader *reader, gboolean dense)
{
  WaterfallParts *self = g_new0 (WaterfallParts, 1);

  self->reader = reader;
  self->neighbours = dense ? PARTS_NEIGHBOURS : 1;
  waterfall_part_init (&self->steps, belfry_step_get_type (), "buildid", waterfall_step_fields);
  waterfall_part_init (&self->logs, belfry_log_get_type (), "buildid", waterfall_log_fields);
  waterfall_part_init (&self->sets, belfry_buildset_get_type (), "bsid", waterfall_set_fields);
  return self;
}

void
waterfall_parts_free (WaterfallParts *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->steps.lists);
  g_hash_table_unref (self->logs.lists);
  g_hash_table_unref (self->sets.lists);
  g_free (self);
}

static GPtrArray *
waterfall_part_ensure (WaterfallPart *self, gint64 key)
{
  GPtrArray *list = g_hash_table_lookup (self->lists, &key);

  if (list != NULL)
    return list;
  list = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_hash_table_insert (self->lists, g_memdup2 (&key, sizeof key), list);
  return list;
}

/* those of @first to @last that are not there yet; FALSE: more than was read */
static gboolean
waterfall_parts_read (WaterfallParts *self, WaterfallPart *part, gint64 first, gint64 last)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) records = NULL;
  gboolean cut = FALSE;
  gboolean one = first == last;

  query.filters[0] =
      (BelfryFilter){ .field = part->key->name,
                      .compare = one ? BELFRY_COMPARE_EQUAL : BELFRY_COMPARE_GREATER_EQUAL,
                      .number = first };
  if (!one)
    query.filters[1] = (BelfryFilter){ .field = part->key->name,
                                       .compare = BELFRY_COMPARE_LESS_EQUAL,
                                       .number = last };
  query.fields = part->fields;
  query.order = part->key->name; /* so that the store's index serves both range and order */
  query.limit = one ? PARTS_MAX_ONE : PARTS_MAX_MANY;
  records = belfry_reader_list (self->reader, part->type, &query, &cut, NULL);
  self->cut = self->cut || (one && cut);
  if (cut && !one)
    return FALSE;
  for (gint64 id = first; id <= last; id++)
    waterfall_part_ensure (part, id);
  for (guint i = 0; records != NULL && i < records->len; i++) {
    const char *record = records->pdata[i];
    gint64 key = *(const gint64 *)(gconstpointer)(record + part->key->offset);

    g_ptr_array_add (waterfall_part_ensure (part, key), belfry_record_ref (records->pdata[i]));
  }
  return TRUE;
}

/* The block that the key lies in: whichever of it is asked for first, one query brings all. */
static GPtrArray *
waterfall_parts_get (WaterfallParts *self, WaterfallPart *part, gint64 key)
{
  gint64 first = key - key % self->neighbours;

  if (!g_hash_table_contains (part->lists, &key) &&
      !waterfall_parts_read (self, part, first, first + self->neighbours - 1))
    waterfall_parts_read (self, part, key, key);
  return waterfall_part_ensure (part, key);
}

GPtrArray *
waterfall_parts_get_steps (WaterfallParts *self, gint64 buildid)
{
  return waterfall_parts_get (self, &self->steps, buildid);
}

GPtrArray *
waterfall_parts_get_logs (WaterfallParts *self, gint64 buildid)
{
  return waterfall_parts_get (self, &self->logs, buildid);
}

BelfryBuildset *
waterfall_parts_get_set (WaterfallParts *self, gint64 bsid)
{
  GPtrArray *sets = bsid > 0 ? waterfall_parts_get (self, &self->sets, bsid) : NULL;

  return sets != NULL && sets->len > 0 ? sets->pdata[0] : NULL;
}

gboolean
waterfall_parts_was_cut (WaterfallParts *self)
{
  return self->cut;
}
