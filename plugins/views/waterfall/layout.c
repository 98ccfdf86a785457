/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout of the waterfall: from one stream of events a column, newest first, to a table whose
 * boxes fill every line of every column exactly once.
 *
 * 1. Where an event ended more than two seconds before its newer neighbour started, a spacer stands
 *    between them; from then on spacers are events.
 * 2. A window of ten seconds crawls backward over all columns at once. What it takes in one go is a
 *    row, stamped with the oldest start in it.
 * 3. A row is as tall as its longest cell; boxes sit at its bottom.
 * 4. A column that is empty in the lowest line shows its next older event there.
 * 5. Every empty slot is swallowed by the box below it.
 *
 * Streams are asked only for what the page needs, and one event more.
 */
#include "layout.h"

#define WATERFALL_WINDOW 10
#define WATERFALL_GAP    2

/* a column while it is walked */
typedef struct {
  const WaterfallColumn *column;
  WaterfallEvent event; /* next, not yet taken */
  gboolean has_event;
  WaterfallEvent held; /* behind a spacer */
  gboolean has_held;
  gint64 above;  /* start of the newer neighbour */
  GArray *slots; /* (element-type WaterfallSlot) from the top */
} WaterfallWalk;

typedef struct {
  gboolean used;
  WaterfallEvent event;
} WaterfallSlot;

typedef struct {
  gint64 stamp;
  guint height;
} WaterfallRow;

typedef struct {
  WaterfallWalk *walks;
  guint n_columns;
  const WaterfallLimits *limits;
  GArray *rows;  /* (element-type WaterfallRow) */
  GArray *taken; /* (element-type WaterfallTaken) of the row under way */
} WaterfallState;

typedef struct {
  guint column;
  WaterfallEvent event;
} WaterfallTaken;

static void
waterfall_walk_advance (WaterfallWalk *self)
{
  if (self->has_held) {
    self->event = self->held;
    self->has_held = FALSE;
    self->above = self->event.start;
    return;
  }
  self->has_event = self->column->next (self->column->stream, &self->event);
  if (!self->has_event)
    return;
  if (self->event.end != WATERFALL_NO_END && self->event.end + WATERFALL_GAP < self->above) {
    self->held = self->event;
    self->has_held = TRUE;
    self->event = (WaterfallEvent){ .start = self->held.end, .end = self->above };
    return;
  }
  self->above = self->event.start;
}

/* the newest start that a column still offers */
static gboolean
waterfall_find_newest (const WaterfallState *self, gint64 *start)
{
  gboolean found = FALSE;

  for (guint i = 0; i < self->n_columns; i++) {
    const WaterfallWalk *walk = &self->walks[i];

    if (walk->has_event && (!found || walk->event.start > *start)) {
      *start = walk->event.start;
      found = TRUE;
    }
  }
  return found;
}

static gint64
waterfall_take_row (WaterfallState *self, gint64 low)
{
  gint64 oldest = G_MAXINT64;

  g_array_set_size (self->taken, 0);
  for (guint i = 0; i < self->n_columns; i++) {
    WaterfallWalk *walk = &self->walks[i];

    while (walk->has_event && walk->event.start > low) {
      WaterfallTaken taken = { i, walk->event };

      oldest = MIN (oldest, walk->event.start);
      g_array_append_val (self->taken, taken);
      waterfall_walk_advance (walk);
    }
  }
  return oldest;
}

static guint
waterfall_count_taken (const WaterfallState *self, guint column)
{
  guint n = 0;

  for (guint i = 0; i < self->taken->len; i++) {
    if (g_array_index (self->taken, WaterfallTaken, i).column == column)
      n++;
  }
  return n;
}

/* boxes at the bottom of the row, newest on top */
static void
waterfall_keep_row (WaterfallState *self, gint64 stamp)
{
  WaterfallRow row = { stamp, 0 };

  for (guint i = 0; i < self->n_columns; i++)
    row.height = MAX (row.height, waterfall_count_taken (self, i));
  for (guint i = 0; i < self->n_columns; i++) {
    WaterfallSlot empty = { 0 };

    for (guint n = row.height - waterfall_count_taken (self, i); n > 0; n--)
      g_array_append_val (self->walks[i].slots, empty);
  }
  for (guint i = 0; i < self->taken->len; i++) {
    const WaterfallTaken *taken = &g_array_index (self->taken, WaterfallTaken, i);
    WaterfallSlot slot = { TRUE, taken->event };

    g_array_append_val (self->walks[taken->column].slots, slot);
  }
  g_array_append_val (self->rows, row);
}

/* step 2; TRUE where something older is left */
static gboolean
waterfall_walk_rows (WaterfallState *self, gint64 *newest_left)
{
  const WaterfallLimits *limits = self->limits;
  gint64 next = 0;
  gboolean left = waterfall_find_newest (self, &next);

  while (left && next >= limits->first_time && self->rows->len < limits->max_rows) {
    gint64 oldest = waterfall_take_row (self, next - WATERFALL_WINDOW);

    if (oldest <= limits->last_time)
      waterfall_keep_row (self, oldest);
    left = waterfall_find_newest (self, &next);
  }
  *newest_left = next;
  return left && next >= limits->first_time;
}

static void
waterfall_add_box (GArray *boxes, int column, const WaterfallSlot *slot, guint line)
{
  WaterfallBox box = { .column = column, .line = line, .span = 1 };

  if (!slot->used)
    box.kind = WATERFALL_BOX_EMPTY;
  else if (slot->event.data == NULL)
    box.kind = WATERFALL_BOX_SPACER;
  else
    box.kind = WATERFALL_BOX_EVENT;
  box.data = slot->event.data;
  g_array_append_val (boxes, box);
}

/* whether an empty slot above it goes into this box */
static gboolean
waterfall_box_grows (const WaterfallBox *box, const WaterfallColumn *column)
{
  return column->stretches || box->kind != WATERFALL_BOX_EVENT;
}

/* steps 4 and 5, from the bottom up */
static void
waterfall_stretch_column (WaterfallState *self, guint index, GArray *boxes)
{
  WaterfallWalk *walk = &self->walks[index];
  guint n_lines = walk->slots->len;
  WaterfallSlot *slots = (WaterfallSlot *)walk->slots->data;
  gboolean no_earlier = FALSE;

  if (!slots[n_lines - 1].used && walk->has_event) {
    slots[n_lines - 1] = (WaterfallSlot){ TRUE, walk->event };
    waterfall_walk_advance (walk);
  }
  no_earlier = !slots[n_lines - 1].used;
  for (guint line = n_lines; line-- > 0;) {
    WaterfallBox *below =
        boxes->len > 0 ? &g_array_index (boxes, WaterfallBox, boxes->len - 1) : NULL;
    gboolean bottom = line == n_lines - 1;

    if (!slots[line].used && !bottom && self->limits->bubble &&
        waterfall_box_grows (below, walk->column)) {
      below->line = line;
      below->span++;
      continue;
    }
    waterfall_add_box (boxes, (int)index, &slots[line], line);
    if (bottom && no_earlier)
      g_array_index (boxes, WaterfallBox, boxes->len - 1).kind = WATERFALL_BOX_NO_EARLIER;
  }
}

static void
waterfall_add_stamps (WaterfallState *self, GArray *boxes)
{
  guint line = 0;

  for (guint i = 0; i < self->rows->len; i++) {
    const WaterfallRow *row = &g_array_index (self->rows, WaterfallRow, i);
    WaterfallBox box = { WATERFALL_BOX_STAMP, -1, line, row->height, row->stamp, NULL };

    g_array_append_val (boxes, box);
    line += row->height;
  }
}

static int
waterfall_compare_boxes (gconstpointer a, gconstpointer b)
{
  const WaterfallBox *left = a;
  const WaterfallBox *right = b;

  if (left->line != right->line)
    return left->line < right->line ? -1 : 1;
  return left->column - right->column;
}

static WaterfallTable *
waterfall_make_table (WaterfallState *self, gboolean more)
{
  WaterfallTable *table = g_new0 (WaterfallTable, 1);

  table->boxes = g_array_new (FALSE, FALSE, sizeof (WaterfallBox));
  table->n_rows = self->rows->len;
  table->more = more;
  if (self->rows->len == 0)
    return table;
  table->oldest = g_array_index (self->rows, WaterfallRow, self->rows->len - 1).stamp;
  for (guint i = 0; i < self->rows->len; i++)
    table->n_lines += g_array_index (self->rows, WaterfallRow, i).height;
  waterfall_add_stamps (self, table->boxes);
  for (guint i = 0; i < self->n_columns; i++)
    waterfall_stretch_column (self, i, table->boxes);
  g_array_sort (table->boxes, waterfall_compare_boxes);
  return table;
}

WaterfallTable *
waterfall_lay_out (const WaterfallColumn *columns, guint n_columns, const WaterfallLimits *limits)
{
  g_autofree WaterfallWalk *walks = g_new0 (WaterfallWalk, n_columns);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (WaterfallRow));
  g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (WaterfallTaken));
  WaterfallState state = { walks, n_columns, limits, rows, taken };
  WaterfallTable *table = NULL;
  gint64 newest_left = 0;
  gboolean more = FALSE;

  for (guint i = 0; i < n_columns; i++) {
    walks[i].column = &columns[i];
    walks[i].above = columns[i].above;
    walks[i].slots = g_array_new (FALSE, FALSE, sizeof (WaterfallSlot));
    waterfall_walk_advance (&walks[i]);
  }
  more = waterfall_walk_rows (&state, &newest_left);
  table = waterfall_make_table (&state, more);
  table->newest_left = newest_left;
  for (guint i = 0; i < n_columns; i++)
    g_array_unref (walks[i].slots);
  return table;
}

void
waterfall_table_free (WaterfallTable *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->boxes);
  g_free (self);
}
