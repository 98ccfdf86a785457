/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout alone: the worked example box by box, and what holds for every history. */
#include "layout.h"

typedef struct {
  const WaterfallEvent *events;
  guint n_events;
  guint next;
} List;

static gboolean
list_next (gpointer stream, WaterfallEvent *event)
{
  List *self = stream;

  if (self->next >= self->n_events)
    return FALSE;
  *event = self->events[self->next++];
  return TRUE;
}

#define TEXT(text) ((gpointer)(text))

static const WaterfallEvent example_changes[] = {
  { -400, WATERFALL_NO_END, TEXT ("c2") },
  { -900, WATERFALL_NO_END, TEXT ("c1") },
};
static const WaterfallEvent example_a[] = {
  { -150, -100, TEXT ("test") }, { -380, -150, TEXT ("make") }, { -390, -380, TEXT ("git") },
  { -391, -100, TEXT ("5") },    { -870, -500, TEXT ("make") }, { -880, -870, TEXT ("git") },
  { -881, -500, TEXT ("4") },
};
static const WaterfallEvent example_b[] = {
  { -60, WATERFALL_NO_END, TEXT ("make") },
  { -70, -60, TEXT ("git") },
  { -71, WATERFALL_NO_END, TEXT ("2") },
};

/* column, line, span, kind, text */
static const struct {
  int column;
  guint line;
  guint span;
  WaterfallBoxKind kind;
  const char *text;
} example_boxes[] = {
  { 0, 0, 8, WATERFALL_BOX_EMPTY, NULL },    { 0, 8, 1, WATERFALL_BOX_EVENT, "c2" },
  { 0, 9, 4, WATERFALL_BOX_EMPTY, NULL },    { 0, 13, 1, WATERFALL_BOX_EVENT, "c1" },
  { 1, 0, 4, WATERFALL_BOX_SPACER, NULL },   { 1, 4, 1, WATERFALL_BOX_EVENT, "test" },
  { 1, 5, 1, WATERFALL_BOX_EVENT, "make" },  { 1, 6, 1, WATERFALL_BOX_EVENT, "git" },
  { 1, 7, 1, WATERFALL_BOX_EVENT, "5" },     { 1, 8, 2, WATERFALL_BOX_SPACER, NULL },
  { 1, 10, 1, WATERFALL_BOX_EVENT, "make" }, { 1, 11, 1, WATERFALL_BOX_EVENT, "git" },
  { 1, 12, 1, WATERFALL_BOX_EVENT, "4" },    { 1, 13, 1, WATERFALL_BOX_NO_EARLIER, NULL },
  { 2, 0, 1, WATERFALL_BOX_EVENT, "make" },  { 2, 1, 1, WATERFALL_BOX_EVENT, "git" },
  { 2, 2, 1, WATERFALL_BOX_EVENT, "2" },     { 2, 3, 11, WATERFALL_BOX_NO_EARLIER, NULL },
};

static const WaterfallBox *
find_box (WaterfallTable *table, int column, guint line)
{
  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);

    if (box->column == column && box->line == line)
      return box;
  }
  return NULL;
}

static WaterfallTable *
lay_out_example (gint64 last_time, guint max_rows, gboolean bubble)
{
  List lists[] = {
    { example_changes, G_N_ELEMENTS (example_changes), 0 },
    { example_a, G_N_ELEMENTS (example_a), 0 },
    { example_b, G_N_ELEMENTS (example_b), 0 },
  };
  WaterfallColumn columns[] = {
    { list_next, &lists[0], FALSE, 0 },
    { list_next, &lists[1], TRUE, 0 },
    { list_next, &lists[2], TRUE, 0 },
  };
  WaterfallLimits limits = { G_MININT32, last_time, max_rows, bubble };

  return waterfall_lay_out (columns, G_N_ELEMENTS (columns), &limits);
}

static void
test_layout_example (void)
{
  static const gint64 stamps[] = { -60, -71, -100, -150, -380, -391, -400, -500, -870, -881, -900 };
  g_autoptr (WaterfallTable) table = lay_out_example (0, 200, TRUE);
  guint n_stamps = 0;

  g_assert_cmpuint (table->n_lines, ==, 14);
  g_assert_cmpuint (table->n_rows, ==, G_N_ELEMENTS (stamps));
  g_assert_false (table->more);
  for (gsize i = 0; i < G_N_ELEMENTS (example_boxes); i++) {
    const WaterfallBox *box = find_box (table, example_boxes[i].column, example_boxes[i].line);

    g_assert_nonnull (box);
    g_assert_cmpint (box->kind, ==, example_boxes[i].kind);
    g_assert_cmpuint (box->span, ==, example_boxes[i].span);
    g_assert_cmpstr (box->data, ==, example_boxes[i].text);
  }
  g_assert_cmpuint (table->boxes->len, ==, G_N_ELEMENTS (example_boxes) + G_N_ELEMENTS (stamps));
  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);

    if (box->kind == WATERFALL_BOX_STAMP)
      g_assert_cmpint (box->time, ==, stamps[n_stamps++]);
  }
  g_assert_cmpint (table->oldest, ==, -900);
}

static void
test_layout_last_time (void)
{
  g_autoptr (WaterfallTable) table = lay_out_example (-380, 200, TRUE);

  g_assert_cmpuint (table->n_rows, ==, 7);
  g_assert_cmpint (g_array_index (table->boxes, WaterfallBox, 0).time, ==, -380);
}

static void
test_layout_few_rows (void)
{
  g_autoptr (WaterfallTable) table = lay_out_example (0, 1, TRUE);
  const WaterfallBox *box = NULL;

  g_assert_cmpuint (table->n_rows, ==, 1);
  g_assert_true (table->more);
  box = find_box (table, 1, 0);
  g_assert_cmpint (box->kind, ==, WATERFALL_BOX_SPACER);
  box = find_box (table, 0, 0);
  g_assert_cmpstr (box->data, ==, "c2");
}

static void
test_layout_without_bubbles (void)
{
  g_autoptr (WaterfallTable) table = lay_out_example (0, 200, FALSE);

  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);

    if (box->kind != WATERFALL_BOX_STAMP)
      g_assert_cmpuint (box->span, ==, 1);
  }
  g_assert_cmpuint (table->boxes->len, ==, 14 * 3 + 11);
}

static void
test_layout_nothing (void)
{
  WaterfallLimits limits = { 0, 100, 10, TRUE };
  List empty = { NULL, 0, 0 };
  WaterfallColumn column = { list_next, &empty, TRUE, 100 };
  g_autoptr (WaterfallTable) none = waterfall_lay_out (NULL, 0, &limits);
  g_autoptr (WaterfallTable) table = waterfall_lay_out (&column, 1, &limits);

  g_assert_cmpuint (none->n_lines, ==, 0);
  g_assert_cmpuint (table->n_lines, ==, 0);
  g_assert_false (table->more);
}

/* random histories */

#define RANDOM_COLUMNS 5
#define RANDOM_EVENTS  60

static void
make_history (GRand *rand, WaterfallEvent *events, guint n, gboolean has_ends)
{
  gint64 time = 10000;

  for (guint i = 0; i < n; i++) {
    gint64 length = g_rand_int_range (rand, 0, 40);

    time -= g_rand_int_range (rand, 0, 30);
    events[i].end = has_ends && g_rand_boolean (rand) ? time : WATERFALL_NO_END;
    time -= length;
    events[i].start = time;
    events[i].data = GUINT_TO_POINTER (i + 1);
  }
}

static void
check_table (WaterfallTable *table, guint n_columns)
{
  g_autofree guint *sums = g_new0 (guint, n_columns + 1);
  g_autofree guint *next = g_new0 (guint, n_columns + 1);

  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);

    g_assert_cmpuint (box->span, >=, 1);
    g_assert_cmpuint (next[box->column + 1], ==, box->line);
    next[box->column + 1] += box->span;
    sums[box->column + 1] += box->span;
  }
  for (guint i = 0; i <= n_columns; i++)
    g_assert_cmpuint (sums[i], ==, table->n_lines);
}

static guint
count_new (WaterfallTable *table, gboolean (*seen)[RANDOM_EVENTS + 1], guint *last)
{
  guint n = 0;

  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);
    guint event = GPOINTER_TO_UINT (box->data);

    if (box->kind != WATERFALL_BOX_EVENT)
      continue;
    g_assert_cmpuint (event, >, last[box->column]);
    last[box->column] = event;
    n += !seen[box->column][event];
    seen[box->column][event] = TRUE;
  }
  return n;
}

/* spans add up on every page, newest stand on top, and paging comes by everything */
static void
test_layout_random (void)
{
  for (guint seed = 0; seed < 300; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    WaterfallEvent events[RANDOM_COLUMNS][RANDOM_EVENTS] = { 0 };
    gboolean seen[RANDOM_COLUMNS][RANDOM_EVENTS + 1] = { 0 };
    gint64 last_time = 20000;
    guint max_rows = (guint)g_rand_int_range (rand, 1, 30);
    guint n_seen = 0;
    gboolean more = TRUE;

    for (guint i = 0; i < RANDOM_COLUMNS; i++)
      make_history (rand, events[i], RANDOM_EVENTS, i > 0);
    while (more) {
      List lists[RANDOM_COLUMNS] = { 0 };
      WaterfallColumn columns[RANDOM_COLUMNS] = { 0 };
      WaterfallLimits limits = { 0, last_time, max_rows, TRUE };
      guint last[RANDOM_COLUMNS] = { 0 };
      g_autoptr (WaterfallTable) table = NULL;

      for (guint i = 0; i < RANDOM_COLUMNS; i++) {
        lists[i] = (List){ events[i], RANDOM_EVENTS, 0 };
        columns[i] = (WaterfallColumn){ list_next, &lists[i], i > 0, 20000 };
      }
      table = waterfall_lay_out (columns, RANDOM_COLUMNS, &limits);
      check_table (table, RANDOM_COLUMNS);
      n_seen += count_new (table, seen, last);
      more = table->more;
      g_assert_true (!more || table->n_rows > 0);
      last_time = MIN (MAX (table->oldest, table->newest_left), last_time - 1);
    }
    g_assert_cmpuint (n_seen, ==, RANDOM_COLUMNS * RANDOM_EVENTS);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/waterfall/layout/worked-example", test_layout_example);
  g_test_add_func ("/waterfall/layout/last-time", test_layout_last_time);
  g_test_add_func ("/waterfall/layout/few-rows", test_layout_few_rows);
  g_test_add_func ("/waterfall/layout/without-bubbles", test_layout_without_bubbles);
  g_test_add_func ("/waterfall/layout/nothing", test_layout_nothing);
  g_test_add_func ("/waterfall/layout/random-histories", test_layout_random);
  return g_test_run ();
}
