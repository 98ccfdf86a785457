/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A column's events, newest first. Builds come in batches that grow, their steps and logs one build
 * at a time and only when the page reaches it: a page costs what it shows, not what the history
 * holds. Times are whole seconds here, as in the page's addresses.
 */
#include "waterfall-stream.h"

#define WATERFALL_BATCH      8
#define WATERFALL_MAX_BATCH  64
#define WATERFALL_MAX_SEARCH 2000
#define WATERFALL_HORIZON    50

struct _WaterfallStream {
  BelfryReader *reader;
  const WaterfallWish *wish;
  WaterfallParts *parts; /* (unowned) (nullable) */
  gint64 builderid;      /* BELFRY_NONE: changes */
  gint64 above;
  GPtrArray *items;  /* (element-type WaterfallItem) all that were handed out */
  GQueue *ready;     /* (element-type WaterfallItem) */
  GPtrArray *events; /* (nullable) (element-type BelfryBuilderEvent) */
  guint next_event;
  GPtrArray *builds; /* (nullable) batch */
  guint next_build;
  gint64 before_number;
  guint batch;
  guint searched;
  gboolean at_end;
  gboolean cut;
};

static gint64
waterfall_seconds (gint64 time_us)
{
  return time_us == BELFRY_NONE ? WATERFALL_NO_END : belfry_time_to_seconds (time_us);
}

static gint64
waterfall_limit_us (gint64 seconds)
{
  return seconds * G_USEC_PER_SEC + G_USEC_PER_SEC - 1;
}

static void
waterfall_item_free (gpointer data)
{
  WaterfallItem *item = data;

  g_clear_pointer (&item->record, belfry_record_unref);
  if (item->build != NULL)
    belfry_record_unref (item->build);
  g_clear_pointer (&item->logs, g_ptr_array_unref);
  g_free (item);
}

static WaterfallItem *
waterfall_stream_add (WaterfallStream *self, WaterfallItemKind kind, gpointer record)
{
  WaterfallItem *item = g_new0 (WaterfallItem, 1);

  item->kind = kind;
  item->record = belfry_record_ref (record);
  g_ptr_array_add (self->items, item);
  g_queue_push_tail (self->ready, item);
  return item;
}

static int
waterfall_compare_steps (gconstpointer a, gconstpointer b)
{
  const BelfryStep *left = *(BelfryStep *const *)a;
  const BelfryStep *right = *(BelfryStep *const *)b;

  return left->number < right->number ? -1 : left->number > right->number;
}

/* its started steps, last to first, then the build itself */
static void
waterfall_stream_unfold (WaterfallStream *self, BelfryBuild *build)
{
  GPtrArray *steps = waterfall_parts_get_steps (self->parts, build->buildid);
  GPtrArray *logs = waterfall_parts_get_logs (self->parts, build->buildid);
  WaterfallItem *item = NULL;

  g_ptr_array_sort (steps, waterfall_compare_steps);
  for (guint i = steps->len; i-- > 0;) {
    BelfryStep *step = steps->pdata[i];

    if (step->started_at == BELFRY_NONE || (step->hidden && step->complete))
      continue;
    item = waterfall_stream_add (self, WATERFALL_ITEM_STEP, step);
    item->build = belfry_record_ref (build);
    item->logs = g_ptr_array_ref (logs);
  }
  item = waterfall_stream_add (self, WATERFALL_ITEM_BUILD, build);
  item->has_steps = steps->len > 0;
  item->set = waterfall_parts_get_set (self->parts, build->bsid);
}

static gboolean
waterfall_has_committer (WaterfallStream *self, BelfryBuild *build)
{
  g_autoptr (GPtrArray) changes = belfry_reader_build_changes (self->reader, build, NULL);

  for (guint i = 0; changes != NULL && i < changes->len; i++) {
    if (views_list_has (self->wish->committers, ((BelfryChange *)changes->pdata[i])->author))
      return TRUE;
  }
  return FALSE;
}

static gboolean
waterfall_wants_build (WaterfallStream *self, BelfryBuild *build)
{
  const WaterfallWish *wish = self->wish;
  const char *project =
      build->properties != NULL ? belfry_properties_get_text (build->properties, "project") : NULL;

  if (!views_branch_matches (wish->branches, build->branch))
    return FALSE;
  if (wish->projects->len > 0 && !views_list_has (wish->projects, project))
    return FALSE;
  return wish->committers->len == 0 || waterfall_has_committer (self, build);
}

/* what boxes show and the filters ask; projects are among the properties */
static const char *const *
waterfall_build_fields (const WaterfallWish *wish)
{
  static const char *const fields[] = {
    "number",  "builderid", "started_at", "complete", "complete_at",
    "results", "bsid",      "branch",     NULL,
  };

  return wish->as_list || wish->projects->len > 0 || wish->committers->len > 0 ? NULL : fields;
}

static void
waterfall_stream_read_batch (WaterfallStream *self)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = self->builderid };
  query.filters[1] = (BelfryFilter){ .field = "started_at",
                                     .compare = BELFRY_COMPARE_LESS_EQUAL,
                                     .number = waterfall_limit_us (self->wish->last_time) };
  if (self->before_number != BELFRY_NONE)
    query.filters[2] = (BelfryFilter){ .field = "number",
                                       .compare = BELFRY_COMPARE_LESS,
                                       .number = self->before_number };
  query.order = "number";
  query.descending = TRUE;
  query.limit = self->batch;
  self->batch = MIN (self->batch * 2, WATERFALL_MAX_BATCH);
  query.fields = waterfall_build_fields (self->wish);
  g_clear_pointer (&self->builds, g_ptr_array_unref);
  self->builds = belfry_reader_list (self->reader, belfry_build_get_type (), &query, NULL, NULL);
  self->next_build = 0;
  self->at_end = self->builds == NULL || self->builds->len == 0;
}

/* the next build that is wanted, or NULL for good */
static BelfryBuild *
waterfall_stream_find_build (WaterfallStream *self)
{
  while (!self->at_end) {
    BelfryBuild *build = NULL;

    if (self->builds == NULL || self->next_build >= self->builds->len) {
      waterfall_stream_read_batch (self);
      continue;
    }
    build = self->builds->pdata[self->next_build++];
    self->before_number = build->number;
    self->cut = self->cut || ++self->searched > WATERFALL_MAX_SEARCH;
    self->at_end = self->searched > WATERFALL_MAX_SEARCH ||
                   waterfall_seconds (build->started_at) < self->wish->first_time;
    if (!self->at_end && waterfall_wants_build (self, build))
      return build;
  }
  return NULL;
}

static void
waterfall_read_event (WaterfallItem *item, WaterfallEvent *event)
{
  BelfryBuild *build = item->record;
  BelfryStep *step = item->record;
  BelfryBuilderEvent *happened = item->record;
  BelfryChange *change = item->record;

  event->data = item;
  switch (item->kind) {
  case WATERFALL_ITEM_BUILD:
    event->start = waterfall_seconds (build->started_at);
    event->end = waterfall_seconds (build->complete_at);
    break;
  case WATERFALL_ITEM_STEP:
    event->start = waterfall_seconds (step->started_at);
    event->end = waterfall_seconds (step->complete_at);
    break;
  case WATERFALL_ITEM_EVENT:
    event->start = waterfall_seconds (happened->started_at);
    event->end = waterfall_seconds (happened->complete_at);
    break;
  case WATERFALL_ITEM_CHANGE:
    event->start = waterfall_seconds (change->when_timestamp);
    event->end = WATERFALL_NO_END;
    break;
  }
}

static WaterfallItem *
waterfall_stream_pop_event (WaterfallStream *self)
{
  WaterfallItem *item = NULL;

  waterfall_stream_add (self, WATERFALL_ITEM_EVENT, self->events->pdata[self->next_event++]);
  item = g_queue_pop_tail (self->ready);
  return item;
}

/* the later of the next build's part and the next builder event */
gboolean
waterfall_stream_next (gpointer stream, WaterfallEvent *event)
{
  WaterfallStream *self = stream;
  WaterfallItem *item = NULL;
  BelfryBuilderEvent *happened = NULL;

  if (g_queue_is_empty (self->ready)) {
    BelfryBuild *build = waterfall_stream_find_build (self);

    if (build != NULL)
      waterfall_stream_unfold (self, build);
  }
  if (self->events != NULL && self->next_event < self->events->len)
    happened = self->events->pdata[self->next_event];
  item = g_queue_peek_head (self->ready);
  if (item == NULL && happened == NULL)
    return FALSE;
  if (item != NULL)
    waterfall_read_event (item, event);
  if (item == NULL ||
      (happened != NULL && waterfall_seconds (happened->started_at) > event->start)) {
    waterfall_read_event (waterfall_stream_pop_event (self), event);
    return TRUE;
  }
  g_queue_pop_head (self->ready);
  return TRUE;
}

static WaterfallStream *
waterfall_stream_new (BelfryReader *reader, const WaterfallWish *wish, gint64 now)
{
  WaterfallStream *self = g_new0 (WaterfallStream, 1);

  self->reader = reader;
  self->wish = wish;
  self->builderid = BELFRY_NONE;
  self->before_number = BELFRY_NONE;
  self->batch = WATERFALL_BATCH;
  self->above = now;
  self->items = g_ptr_array_new_with_free_func (waterfall_item_free);
  self->ready = g_queue_new ();
  return self;
}

static void
waterfall_stream_read_events (WaterfallStream *self)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = self->builderid };
  query.filters[1] = (BelfryFilter){ .field = "started_at",
                                     .compare = BELFRY_COMPARE_LESS_EQUAL,
                                     .number = waterfall_limit_us (self->wish->last_time) };
  query.order = "started_at";
  query.descending = TRUE;
  query.limit = WATERFALL_HORIZON;
  self->events =
      belfry_reader_list (self->reader, belfry_builder_event_get_type (), &query, NULL, NULL);
}

/* On a page of the past, the gap above the first build ends where the next newer build began. */
static void
waterfall_stream_find_above (WaterfallStream *self, gint64 now)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) newer = NULL;

  if (self->wish->last_time >= now)
    return;
  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = self->builderid };
  query.filters[1] = (BelfryFilter){ .field = "started_at",
                                     .compare = BELFRY_COMPARE_GREATER,
                                     .number = waterfall_limit_us (self->wish->last_time) };
  query.order = "number";
  query.limit = 1;
  newer = belfry_reader_list (self->reader, belfry_build_get_type (), &query, NULL, NULL);
  if (newer != NULL && newer->len > 0)
    self->above = waterfall_seconds (((BelfryBuild *)newer->pdata[0])->started_at);
}

WaterfallStream *
waterfall_stream_new_builder (BelfryReader *reader,
                              const WaterfallWish *wish,
                              WaterfallParts *parts,
                              gint64 builderid,
                              gint64 now)
{
  WaterfallStream *self = waterfall_stream_new (reader, wish, now);

  self->parts = parts;
  self->builderid = builderid;
  if (wish->show_events)
    waterfall_stream_read_events (self);
  waterfall_stream_find_above (self, now);
  return self;
}

static gboolean
waterfall_wants_change (const WaterfallWish *wish, BelfryChange *change)
{
  if (!views_branch_matches (wish->branches, change->branch))
    return FALSE;
  if (wish->categories->len > 0 && !views_list_has (wish->categories, change->category))
    return FALSE;
  if (wish->projects->len > 0 && !views_list_has (wish->projects, change->project))
    return FALSE;
  return wish->committers->len == 0 || views_list_has (wish->committers, change->author);
}

static int
waterfall_compare_changes (gconstpointer a, gconstpointer b)
{
  const BelfryChange *left = *(BelfryChange *const *)a;
  const BelfryChange *right = *(BelfryChange *const *)b;

  if (left->when_timestamp != right->when_timestamp)
    return left->when_timestamp > right->when_timestamp ? -1 : 1;
  return left->changeid > right->changeid ? -1 : 1;
}

/* As many changes as the page can have rows. By id, which the store can walk backward without
 * reading more than it gives; then by their own times, which may tell another order. */
WaterfallStream *
waterfall_stream_new_changes (BelfryReader *reader, const WaterfallWish *wish, gint64 now)
{
  static const char *const fields[] = {
    "author", "comments", "when_timestamp", "branch", "category", "project", NULL,
  };
  WaterfallStream *self = waterfall_stream_new (reader, wish, now);
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) changes = NULL;

  query.filters[0] = (BelfryFilter){ .field = "when_timestamp",
                                     .compare = BELFRY_COMPARE_LESS_EQUAL,
                                     .number = waterfall_limit_us (wish->last_time) };
  query.descending = TRUE;
  query.limit = wish->max_rows + 1;
  query.fields = fields;
  changes = belfry_reader_list (reader, belfry_change_get_type (), &query, NULL, NULL);
  self->at_end = TRUE;
  if (changes != NULL)
    g_ptr_array_sort (changes, waterfall_compare_changes);
  for (guint i = 0; changes != NULL && i < changes->len; i++) {
    BelfryChange *change = changes->pdata[i];

    if (waterfall_seconds (change->when_timestamp) >= wish->first_time &&
        waterfall_wants_change (wish, change))
      waterfall_stream_add (self, WATERFALL_ITEM_CHANGE, change);
  }
  return self;
}

void
waterfall_stream_free (WaterfallStream *self)
{
  if (self == NULL)
    return;
  g_queue_free (self->ready);
  g_ptr_array_unref (self->items);
  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_clear_pointer (&self->builds, g_ptr_array_unref);
  g_free (self);
}

gint64
waterfall_stream_get_above (WaterfallStream *self)
{
  return self->above;
}

gboolean
waterfall_stream_was_cut (WaterfallStream *self)
{
  return self->cut;
}
