/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A page of all builders shows nearly every build of its span, and builds have ids in the order of
 * their starts. So when one build's steps are asked for, those of its older neighbours come with
 * them: a few queries a page instead of two a build. A page of some builders reads build by build.
 */
#include "waterfall-parts.h"

#define PARTS_NEIGHBOURS 32
#define PARTS_MAX_ONE    2000
#define PARTS_MAX_MANY   10000

typedef struct {
  const BelfryRecordType *type;
  const BelfryField *buildid;
  GHashTable *lists; /* buildid to GPtrArray */
} WaterfallPart;

struct _WaterfallParts {
  BelfryReader *reader;
  gint64 neighbours;
  WaterfallPart steps;
  WaterfallPart logs;
  gboolean cut;
};

static void
waterfall_part_init (WaterfallPart *self, const BelfryRecordType *type)
{
  self->type = type;
  self->buildid = belfry_record_type_find (type, "buildid");
  self->lists = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                       (GDestroyNotify)g_ptr_array_unref);
}

WaterfallParts *
waterfall_parts_new (BelfryReader *reader, gboolean dense)
{
  WaterfallParts *self = g_new0 (WaterfallParts, 1);

  self->reader = reader;
  self->neighbours = dense ? PARTS_NEIGHBOURS : 1;
  waterfall_part_init (&self->steps, belfry_step_get_type ());
  waterfall_part_init (&self->logs, belfry_log_get_type ());
  return self;
}

void
waterfall_parts_free (WaterfallParts *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->steps.lists);
  g_hash_table_unref (self->logs.lists);
  g_free (self);
}

static GPtrArray *
waterfall_part_ensure (WaterfallPart *self, gint64 buildid)
{
  GPtrArray *list = g_hash_table_lookup (self->lists, &buildid);

  if (list != NULL)
    return list;
  list = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_hash_table_insert (self->lists, g_memdup2 (&buildid, sizeof buildid), list);
  return list;
}

/* those of builds @first to @last that are not there yet; FALSE: more than was read */
static gboolean
waterfall_parts_read (WaterfallParts *self, WaterfallPart *part, gint64 first, gint64 last)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) records = NULL;
  gboolean cut = FALSE;
  gboolean one = first == last;

  query.filters[0] =
      (BelfryFilter){ .field = "buildid",
                      .compare = one ? BELFRY_COMPARE_EQUAL : BELFRY_COMPARE_GREATER_EQUAL,
                      .number = first };
  if (!one)
    query.filters[1] =
        (BelfryFilter){ .field = "buildid", .compare = BELFRY_COMPARE_LESS_EQUAL, .number = last };
  query.order = "buildid"; /* so that the store's index serves both range and order */
  query.limit = one ? PARTS_MAX_ONE : PARTS_MAX_MANY;
  records = belfry_reader_list (self->reader, part->type, &query, &cut, NULL);
  self->cut = self->cut || (one && cut);
  if (cut && !one)
    return FALSE;
  for (gint64 id = first; id <= last; id++)
    waterfall_part_ensure (part, id);
  for (guint i = 0; records != NULL && i < records->len; i++) {
    const char *record = records->pdata[i];
    gint64 buildid = *(const gint64 *)(gconstpointer)(record + part->buildid->offset);

    g_ptr_array_add (waterfall_part_ensure (part, buildid), belfry_record_ref (records->pdata[i]));
  }
  return TRUE;
}

/* back to the nearest build that is there already, so that nothing is read twice */
static gint64
waterfall_part_first_missing (WaterfallPart *self, gint64 buildid, gint64 neighbours)
{
  gint64 first = buildid;

  while (first > 1 && buildid - first + 1 < neighbours) {
    gint64 older = first - 1;

    if (g_hash_table_contains (self->lists, &older))
      break;
    first = older;
  }
  return first;
}

static GPtrArray *
waterfall_parts_get (WaterfallParts *self, WaterfallPart *part, gint64 buildid)
{
  gint64 first = 0;

  if (!g_hash_table_contains (part->lists, &buildid)) {
    first = waterfall_part_first_missing (part, buildid, self->neighbours);
    if (!waterfall_parts_read (self, part, first, buildid))
      waterfall_parts_read (self, part, buildid, buildid);
  }
  return waterfall_part_ensure (part, buildid);
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

gboolean
waterfall_parts_was_cut (WaterfallParts *self)
{
  return self->cut;
}
