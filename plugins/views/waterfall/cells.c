/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From boxes to cells. A page has thousands of them, so a cell borrows the text of the record that
 * it shows and holds that record; what few cells have (logs, links, people) is JSON.
 */
#include "cells.h"

#define WATERFALL_ONE_DAY 86400

#define FIELD(Struct, member, kind, flags)                                                         \
  {                                                                                                \
#member, BELFRY_FIELD_##kind, flags, G_STRUCT_OFFSET(Struct, member), NULL                     \
  }

/* Templates ask for kind first, then for what most cells have. */
static const BelfryField waterfall_cell_fields[] = {
  FIELD (WaterfallCell, kind, LENT, 0),
  FIELD (WaterfallCell, span, INTEGER, 0),
  FIELD (WaterfallCell, class, LENT, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, path, TEXT, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, mark, LENT, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, name, LENT, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, text, LENT, 0),
  FIELD (WaterfallCell, logs, JSON, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, urls, JSON, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, reason, LENT, 0),
  FIELD (WaterfallCell, number, INTEGER, 0),
  FIELD (WaterfallCell, word, LENT, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, time, TIME, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, new_day, BOOLEAN, 0),
  FIELD (WaterfallCell, author, JSON, BELFRY_FIELD_NULLABLE),
  FIELD (WaterfallCell, comments, LENT, 0),
  FIELD (WaterfallCell, words, TEXT_LIST, 0),
  FIELD (WaterfallCell, shown, RECORD, BELFRY_FIELD_HIDDEN),
  FIELD (WaterfallCell, set, RECORD, BELFRY_FIELD_HIDDEN),
};

static const BelfryRecordType waterfall_cell_type = {
  "cell", NULL, sizeof (WaterfallCell), waterfall_cell_fields, G_N_ELEMENTS (waterfall_cell_fields),
};

static const BelfryRecordType *
waterfall_cell_get_type (void)
{
  return &waterfall_cell_type;
}

static const BelfryField waterfall_line_fields[] = {
  { "cells", BELFRY_FIELD_RECORDS, 0, G_STRUCT_OFFSET (WaterfallLine, cells),
    waterfall_cell_get_type },
};

static const BelfryRecordType waterfall_line_type = {
  "line", NULL, sizeof (WaterfallLine), waterfall_line_fields, G_N_ELEMENTS (waterfall_line_fields),
};

static JsonNode *
waterfall_node_from_array (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  return node;
}

static void
waterfall_fill_build (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet)
{
  BelfryBuild *build = item->record;

  self->word = views_get_class (build->results, build->complete);
  self->class = !build->complete || item->has_steps ? "start" : self->word;
  self->number = build->number;
  self->path = views_fleet_dup_build_path (fleet, build);
  self->set = item->set != NULL ? belfry_record_ref (item->set) : NULL;
  self->reason = item->set != NULL ? item->set->reason : NULL;
}

static JsonObject *
waterfall_log_to_json (BelfryLog *log, const char *step_path)
{
  JsonObject *object = json_object_new ();
  const char *slug = log->slug != NULL ? log->slug : log->name;
  gboolean empty = (log->num_lines <= 0 && log->complete) || g_strcmp0 (log->type, "d") == 0;

  views_put_text (object, "name", log->name);
  if (!empty) {
    g_autofree char *encoded = belfry_text_percent_encode (slug);
    g_autofree char *path = g_strconcat (step_path, "/logs/", encoded, NULL);

    json_object_set_string_member (object, "path", path);
  }
  return object;
}

static void
waterfall_fill_logs (WaterfallCell *self, WaterfallItem *item)
{
  BelfryStep *step = item->record;
  JsonArray *logs = NULL;

  for (guint i = 0; i < item->logs->len; i++) {
    BelfryLog *log = item->logs->pdata[i];

    if (log->stepid != step->stepid)
      continue;
    if (logs == NULL)
      logs = json_array_new ();
    json_array_add_object_element (logs, waterfall_log_to_json (log, self->path));
  }
  if (logs != NULL)
    self->logs = waterfall_node_from_array (logs);
}

static void
waterfall_fill_urls (WaterfallCell *self, BelfryStep *step)
{
  JsonArray *given = step->urls != NULL && JSON_NODE_HOLDS_ARRAY (step->urls)
                         ? json_node_get_array (step->urls)
                         : NULL;

  if (given != NULL && json_array_get_length (given) > 0)
    self->urls = waterfall_node_from_array (views_urls_to_json (given));
}

static void
waterfall_fill_step (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet)
{
  BelfryStep *step = item->record;
  g_autofree char *build_path = views_fleet_dup_build_path (fleet, item->build);
  g_autofree char *encoded = belfry_text_percent_encode (step->name);

  self->class = views_get_class (step->results, step->complete);
  self->mark = views_get_mark (step->results, step->complete);
  self->name = step->name;
  self->text = step->state_string;
  self->path = g_strconcat (build_path, "/steps/", encoded, NULL);
  waterfall_fill_logs (self, item);
  waterfall_fill_urls (self, step);
}

static void
waterfall_fill_change (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet G_GNUC_UNUSED)
{
  BelfryChange *change = item->record;

  self->author = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (self->author, views_person_to_json (change->author));
  self->path = g_strdup_printf ("changes/%" G_GINT64_FORMAT, change->changeid);
  self->comments = change->comments;
}

static void
waterfall_fill_event (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet G_GNUC_UNUSED)
{
  self->words = g_strdupv (((BelfryBuilderEvent *)item->record)->text);
}

typedef struct {
  const char *kind;
  void (*fill) (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet);
} WaterfallFiller;

static const WaterfallFiller waterfall_fillers[] = {
  [WATERFALL_ITEM_BUILD] = { "build", waterfall_fill_build },
  [WATERFALL_ITEM_STEP] = { "step", waterfall_fill_step },
  [WATERFALL_ITEM_EVENT] = { "event", waterfall_fill_event },
  [WATERFALL_ITEM_CHANGE] = { "change", waterfall_fill_change },
};

static void
waterfall_fill (WaterfallCell *self, WaterfallItem *item, ViewsFleet *fleet)
{
  const WaterfallFiller *filler = &waterfall_fillers[item->kind];

  self->kind = filler->kind;
  self->shown = belfry_record_ref (item->record);
  filler->fill (self, item, fleet);
}

gpointer
waterfall_step_to_cell (ViewsFleet *fleet, WaterfallItem *item)
{
  WaterfallCell *self = belfry_record_new (&waterfall_cell_type);

  waterfall_fill (self, item, fleet);
  return self;
}

static const char *const waterfall_box_names[] = {
  [WATERFALL_BOX_EVENT] = "event",           [WATERFALL_BOX_SPACER] = "blank",
  [WATERFALL_BOX_EMPTY] = "blank",           [WATERFALL_BOX_STAMP] = "stamp",
  [WATERFALL_BOX_NO_EARLIER] = "no-earlier",
};

static WaterfallCell *
waterfall_box_to_cell (const WaterfallBox *box, ViewsFleet *fleet)
{
  WaterfallCell *self = belfry_record_new (&waterfall_cell_type);

  self->kind = waterfall_box_names[box->kind];
  self->span = box->span;
  if (box->kind == WATERFALL_BOX_STAMP)
    self->time = box->time * G_USEC_PER_SEC;
  if (box->kind == WATERFALL_BOX_EVENT)
    waterfall_fill (self, box->data, fleet);
  return self;
}

static WaterfallLine *
waterfall_line_add (GPtrArray *lines)
{
  WaterfallLine *line = belfry_record_new (&waterfall_line_type);

  line->cells = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (lines, line);
  return line;
}

GPtrArray *
waterfall_table_to_lines (WaterfallTable *table, ViewsFleet *fleet, gint64 now, gint64 utc_offset)
{
  GPtrArray *lines = g_ptr_array_new_full (table->n_lines, belfry_record_unref);
  gint64 day = (now + utc_offset) / WATERFALL_ONE_DAY;

  for (guint i = 0; i < table->n_lines; i++)
    waterfall_line_add (lines);
  for (guint i = 0; i < table->boxes->len; i++) {
    const WaterfallBox *box = &g_array_index (table->boxes, WaterfallBox, i);
    WaterfallCell *cell = waterfall_box_to_cell (box, fleet);
    gint64 of_box = (box->time + utc_offset) / WATERFALL_ONE_DAY;

    if (box->kind == WATERFALL_BOX_STAMP) {
      cell->new_day = of_box != day;
      day = of_box;
    }
    g_ptr_array_add (((WaterfallLine *)lines->pdata[box->line])->cells, cell);
  }
  return lines;
}
