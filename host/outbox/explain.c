/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a reporter told of a build, or did not. What it did stands in its rows; why it did nothing is
 * found by running its filters again, over the configuration of now. Where the two do not agree,
 * the configuration has changed since, and that is said.
 */
#include "outbox-private.h"

#include "filter.h"

#define MAX_ROWS 200
/* no digest and no quiet hours keep anything longer: it waits for a request that never ends */
#define LONG_US (8 * G_TIME_SPAN_DAY)

typedef struct {
  BelfryOutbox *outbox;
  gint64 buildid;
  GPtrArray *filters;  /* (element-type BelfryReporting) */
  GHashTable *pausing; /* names of reporters */
  GTask *task;
  JsonObject *explanation; /* (nullable) */
} Explaining;

static void
explaining_free (Explaining *self)
{
  g_ptr_array_unref (self->filters);
  g_hash_table_unref (self->pausing);
  g_clear_object (&self->task);
  g_clear_pointer (&self->explanation, json_object_unref);
  belfry_outbox_end (self->outbox);
  g_free (self);
}

static GPtrArray *
list_rows (BelfryReader *reader, const char *field, gint64 id, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;

  query.filters[0] = (BelfryFilter){ field, BELFRY_COMPARE_EQUAL, id, NULL };
  query.limit = MAX_ROWS;
  return belfry_reader_list (reader, belfry_report_row_get_type (), &query, NULL, error);
}

/* what a plan had to say of people it left out, and the like */
static void
add_notes (JsonObject *part, const BelfryReportRow *row)
{
  JsonObject *payload = row->payload != NULL && JSON_NODE_HOLDS_OBJECT (row->payload)
                            ? json_node_get_object (row->payload)
                            : NULL;
  JsonArray *notes = payload != NULL ? belfry_json_get_array (payload, "notes") : NULL;

  for (guint i = 0; notes != NULL && i < json_array_get_length (notes); i++)
    belfry_explanation_add_rule (part, FALSE, NULL, NULL, "%s",
                                 json_array_get_string_element (notes, i));
}

/* what keeps back a row that was not tried yet; NULL: nothing, it is on its way */
static const char *
find_brake (const BelfryReporting *reporting, const BelfryReportRow *row, gint64 now_us)
{
  const BelfryReporterKeys *keys = reporting->keys;
  const BelfryHoldDown *hold_down = g_str_equal (row->phase, "finished") ? keys->hold_down : NULL;

  if (!g_str_equal (row->state, "waiting") || row->tries > 0 || row->next_at <= now_us)
    return NULL;
  if (hold_down != NULL && (hold_down->retries ? row->next_at - row->created_at > LONG_US
                                               : row->created_at + hold_down->wait_us > now_us))
    return "hold-down";
  return keys->digest != NULL ? "digest" : "quiet-hours";
}

static void
add_brake (JsonObject *part, const BelfryReporting *reporting, const BelfryReportRow *row)
{
  const BelfryHoldDown *hold_down = reporting->keys->hold_down;
  const char *key = find_brake (reporting, row, belfry_clock_now_us ());
  g_autofree char *until = belfry_time_format_rfc3339 (row->next_at);

  if (key == NULL)
    return;
  if (g_str_equal (key, "hold-down") && hold_down->retries)
    belfry_explanation_add_rule (part, FALSE, reporting->section, key,
                                 "hold-down waits until the request is complete");
  else
    belfry_explanation_add_rule (part, FALSE, reporting->section, key, "%s keeps it until %s", key,
                                 until);
}

/* what stands between a row and its delivery */
static void
add_obstacles (Explaining *self,
               JsonObject *part,
               const BelfryReporting *reporting,
               const BelfryReportRow *row)
{
  gboolean waits = g_str_equal (row->state, "waiting") || g_str_equal (row->state, "planned");

  if (waits && g_hash_table_contains (self->pausing, reporting->name))
    belfry_explanation_add_rule (part, FALSE, NULL, NULL,
                                 "it pauses, because its credential was refused; "
                                 "`belfry resume reporter %s` ends that",
                                 reporting->name);
  add_brake (part, reporting, row);
}

/* how many of them are this reporter's */
static guint
add_rows (Explaining *self,
          JsonObject *part,
          const BelfryReporting *reporting,
          GPtrArray *rows,
          gboolean sets)
{
  guint count = 0;

  for (guint i = 0; i < rows->len; i++) {
    const BelfryReportRow *row = g_ptr_array_index (rows, i);

    if (!g_str_equal (row->instance, reporting->name) ||
        g_str_equal (row->phase, "buildset") != sets)
      continue;
    count++;
    belfry_explanation_add_rule (
        part, g_str_equal (row->state, "delivered"), NULL, NULL,
        "report %" G_GINT64_FORMAT " (%s)%s%s is %s after %" G_GINT64_FORMAT " tries%s%s",
        row->reportid, row->phase, row->target != NULL ? " to " : "",
        row->target != NULL ? row->target : "", row->state, row->tries,
        row->answer != NULL ? ": " : "", row->answer != NULL ? row->answer : "");
    add_notes (part, row);
    add_obstacles (self, part, reporting, row);
  }
  return count;
}

typedef struct {
  const char *key;
  const char *text;
} Reason;

/* what keeps single builds back before any filter is asked */
static Reason
find_rule (const BelfryReporting *self, const BelfryBuild *build)
{
  guint phase = build->complete ? BELFRY_PHASE_FINISHED : BELFRY_PHASE_STARTED;

  if ((self->phases & phase) == 0)
    return (Reason){ NULL, build->complete ? "it tells of no ends of builds"
                                           : "it tells of ends only, and the build still runs" };
  if (self->keys->build_set_summary)
    return (Reason){ "build-set-summary",
                     "build-set-summary tells of whole buildsets, once they are complete" };
  if (!build->complete && self->keys->digest != NULL)
    return (Reason){ "digest", "digest speaks of what has ended, and the build still runs" };
  return (Reason){ NULL, NULL };
}

static void
add_reason (JsonObject *part, const BelfryReporting *self, BelfryReader *reader, BelfryBuild *build)
{
  Reason reason = find_rule (self, build);
  const char *refusal = reason.text == NULL || g_strcmp0 (reason.key, "build-set-summary") == 0
                            ? belfry_filter_refuse_build (self, reader, build, NULL)
                            : NULL;

  if (refusal != NULL)
    reason = (Reason){ belfry_filter_find_key (self, refusal), refusal };
  if (reason.text != NULL)
    belfry_explanation_add_rule (part, FALSE, self->section, reason.key, "%s", reason.text);
  else
    belfry_explanation_add_rule (part, TRUE, self->section, NULL,
                                 "by the configuration of now it would tell; it was another then, "
                                 "or the build came in too late to be told");
}

static gboolean
explain_reporter (Explaining *self,
                  const BelfryReporting *reporting,
                  BelfryReader *reader,
                  BelfryBuild *build,
                  GError **error)
{
  JsonObject *part = belfry_explanation_new ("reporter '%s'", reporting->name);
  g_autoptr (GPtrArray) own = list_rows (reader, "buildid", build->buildid, error);
  g_autoptr (GPtrArray) sets = NULL;
  guint count = 0;

  belfry_explanation_add_part (self->explanation, part);
  if (own == NULL)
    return FALSE;
  count = add_rows (self, part, reporting, own, FALSE);
  if (build->bsid != BELFRY_NONE && build->bsid != 0) {
    sets = list_rows (reader, "bsid", build->bsid, error);
    if (sets == NULL)
      return FALSE;
    count += add_rows (self, part, reporting, sets, TRUE);
  }
  if (count == 0)
    add_reason (part, reporting, reader, build);
  return TRUE;
}

static gboolean
run_explaining (BelfryReader *reader, gpointer data, GError **error)
{
  Explaining *self = data;
  g_autoptr (BelfryBuild) build =
      belfry_reader_find (reader, belfry_build_get_type (), self->buildid, error);
  g_autoptr (BelfryBuilder) builder = NULL;

  if (build == NULL)
    return FALSE;
  builder = belfry_reader_find (reader, belfry_builder_get_type (), build->builderid, NULL);
  self->explanation = belfry_explanation_new (
      "build %" G_GINT64_FORMAT ", number %" G_GINT64_FORMAT " of builder '%s': %s", build->buildid,
      build->number, builder != NULL ? builder->name : "",
      build->complete ? belfry_result_get_name (build->results) : "still running");
  for (guint i = 0; i < self->filters->len; i++)
    if (!explain_reporter (self, g_ptr_array_index (self->filters, i), reader, build, error))
      return FALSE;
  return TRUE;
}

static void
on_explained (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Explaining *self = user_data;
  g_autoptr (GError) local = NULL;

  if (belfry_store_read_finish (self->outbox->store, result, &local))
    g_task_return_pointer (self->task, g_steal_pointer (&self->explanation),
                           (GDestroyNotify)json_object_unref);
  else
    g_task_return_error (self->task, g_steal_pointer (&local));
  explaining_free (self);
}

/* (transfer full): names, for a thread that may not look itself */
static GHashTable *
list_pausing (BelfryOutbox *self)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer outlet = NULL;

  g_hash_table_iter_init (&iter, self->outlets);
  while (g_hash_table_iter_next (&iter, &name, &outlet))
    if (belfry_outlet_is_paused (outlet))
      g_hash_table_add (names, g_strdup (name));
  return names;
}

void
belfry_outbox_explain_build (BelfryOutbox *self, gint64 buildid, GTask *task)
{
  Explaining *explaining = g_new0 (Explaining, 1);
  BelfryReaderView view = { .instance = NULL };

  explaining->outbox = self;
  explaining->buildid = buildid;
  explaining->filters = belfry_outbox_ref_filters (self);
  explaining->pausing = list_pausing (self);
  explaining->task = task;
  belfry_outbox_begin (self);
  belfry_store_read_async (self->store, &view, run_explaining, explaining, NULL, on_explained,
                           explaining);
}
