/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * First attempts: a job takes rows of one reporter through reading, programs, rendering and
 * planning on the pool, and one write that freezes the results. Where no program runs, one job at a
 * time takes many rows in the order of their events; where programs run, few jobs of one row each,
 * never two of one build.
 */
#include "outbox-private.h"

#define ROWS_OF_A_JOB     32
#define ROWS_OF_A_DIGEST  200
#define JOBS_WITH_PROGRAM 4

/* one draft and what becomes of it in the store */
typedef struct {
  BelfryDraft *draft;
  BelfrySettlement *settlement; /* (nullable) it ends or waits without having been planned */
  GPtrArray *rows;              /* (element-type BelfryReportRow) one for each target */
  GPtrArray *heads;             /* (element-type BelfryReportRow) (out) those that may go at once */
  char *digest;                 /* (nullable) JSON of the builds that a digest speaks of */
} Plan;

typedef struct {
  BelfryOutbox *outbox;
  BelfryOutlet *outlet;
  GPtrArray *plans; /* (element-type Plan) */
  JsonObject *host; /* what links are built from */
  gboolean has_programs;
  gboolean finishing;
} Job;

static void
plan_free (gpointer data)
{
  Plan *plan = data;

  belfry_draft_free (plan->draft);
  belfry_settlement_free (plan->settlement);
  g_ptr_array_unref (plan->rows);
  g_ptr_array_unref (plan->heads);
  g_free (plan->digest);
  g_free (plan);
}

static Plan *
plan_new (BelfryDraft *draft)
{
  Plan *plan = g_new0 (Plan, 1);

  plan->draft = draft;
  plan->rows = g_ptr_array_new_with_free_func (belfry_record_unref);
  plan->heads = g_ptr_array_new_with_free_func (belfry_record_unref);
  return plan;
}

static void
forget_merged (Job *job, BelfryDraft *draft)
{
  for (guint i = 0; i < draft->merged->len; i++)
    belfry_outbox_forget (job->outbox, g_ptr_array_index (draft->merged, i));
  g_ptr_array_set_size (draft->merged, 0);
}

static void
forget_draft (Job *job, BelfryDraft *draft)
{
  belfry_outbox_forget (job->outbox, draft->row);
  forget_merged (job, draft);
}

static void
job_free (Job *job)
{
  for (guint i = 0; i < job->plans->len; i++) {
    Plan *plan = g_ptr_array_index (job->plans, i);

    g_hash_table_remove (job->outlet->planned_builds, &plan->draft->row->buildid);
  }
  g_ptr_array_unref (job->plans);
  json_object_unref (job->host);
  job->outlet->planning--;
  belfry_outlet_unref (job->outlet);
  belfry_outbox_end (job->outbox);
  g_free (job);
}

static void
end_job (Job *job)
{
  BelfryOutbox *outbox = belfry_outbox_ref (job->outbox);
  BelfryOutlet *outlet = belfry_outlet_ref (job->outlet);

  job_free (job);
  belfry_outlet_run (outlet);
  belfry_outlet_unref (outlet);
  belfry_outbox_unref (outbox);
}

static void
tell_trial (Job *job, const Plan *plan)
{
  BelfryTrial *trial = belfry_trial_of_row (job->outbox, plan->draft->row);

  if (trial != NULL)
    belfry_trial_planned (trial, plan->settlement == NULL ? plan->rows->len : 0, plan->draft->row);
}

/* after the write: what may go, goes */
static void
on_frozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  BelfryOutlet *outlet = job->outlet;
  g_autoptr (GError) local = NULL;
  gboolean written = belfry_store_write_finish (job->outbox->store, result, &local);

  if (!written) {
    g_warning ("reporter '%s': writing down planned reports: %s; they are planned again",
               outlet->reporting->name, local->message);
    belfry_outbox_expect (job->outbox, belfry_clock_now_us () + 10 * G_USEC_PER_SEC);
  }
  for (guint i = 0; i < job->plans->len; i++) {
    Plan *plan = g_ptr_array_index (job->plans, i);

    forget_draft (job, plan->draft);
    if (written)
      tell_trial (job, plan);
    /* it came with an event whose transaction was not over; a look comes after it */
    if (plan->draft->unknown)
      belfry_outbox_load (job->outbox);
    if (written && plan->settlement != NULL && plan->settlement->state == NULL)
      belfry_outbox_expect (job->outbox, plan->draft->row->next_at);
    if (written && plan->settlement != NULL && plan->settlement->fallback != NULL)
      belfry_outbox_take (job->outbox, plan->settlement->fallback);
    for (guint j = 0; written && j < plan->heads->len; j++)
      belfry_outbox_adopt (job->outbox, g_ptr_array_index (plan->heads, j));
  }
  end_job (job);
}

static gboolean
freeze_target (Plan *plan, BelfryReportRow *row, BelfryWriter *writer, GError **error)
{
  BelfryDraft *draft = plan->draft;
  gboolean behind = FALSE;

  if (belfry_reporting_is_painter (draft->reporting) &&
      !belfry_rows_supersede_before (writer, row, error))
    return FALSE;
  if (!belfry_rows_is_behind (writer, row, &behind, error))
    return FALSE;
  if (behind)
    return TRUE;
  if (row->remote_id == NULL && !belfry_rows_find_remote_id (writer, row, &row->remote_id, error))
    return FALSE;
  g_ptr_array_add (plan->heads, belfry_record_ref (row));
  return TRUE;
}

static gboolean
end_merged (Plan *plan, BelfryWriter *writer, GError **error)
{
  BelfryDraft *draft = plan->draft;

  for (guint i = 0; i < draft->merged->len; i++) {
    BelfryReportRow *row = g_ptr_array_index (draft->merged, i);
    g_autofree char *answer =
        g_strdup_printf ("part of the digest %" G_GINT64_FORMAT, draft->row->reportid);

    belfry_record_set_text (&row->answer, answer);
    if (!belfry_rows_finish (writer, row, "superseded", error))
      return FALSE;
  }
  return plan->digest == NULL ||
         belfry_writer_set (writer, belfry_report_row_get_type (), draft->row->reportid, "data", 0,
                            plan->digest, error);
}

/* may run again where a transaction is tried again, so it begins by forgetting what it found */
static gboolean
freeze_plan (Plan *plan, BelfryWriter *writer, GError **error)
{
  gboolean found = FALSE;

  g_ptr_array_set_size (plan->heads, 0);
  if (plan->settlement != NULL)
    return belfry_settlement_write (plan->settlement, writer, error) &&
           end_merged (plan, writer, error);
  if (plan->rows->len == 0)
    return TRUE;
  if (!belfry_rows_freeze (writer, g_ptr_array_index (plan->rows, 0), &found, error))
    return FALSE;
  if (!found)
    return TRUE;
  for (guint i = 0; i < plan->rows->len; i++) {
    BelfryReportRow *row = g_ptr_array_index (plan->rows, i);

    if ((i > 0 && !belfry_writer_insert (writer, row, error)) ||
        !freeze_target (plan, row, writer, error))
      return FALSE;
  }
  return end_merged (plan, writer, error);
}

static gboolean
freeze_job (BelfryWriter *writer, gpointer data, GError **error)
{
  Job *job = data;

  for (guint i = 0; i < job->plans->len; i++)
    if (!freeze_plan (g_ptr_array_index (job->plans, i), writer, error))
      return FALSE;
  return TRUE;
}

static void
add_rows (Plan *plan)
{
  BelfryDraft *draft = plan->draft;

  for (guint i = 0; i < belfry_targets_get_length (draft->targets); i++) {
    BelfryReportRow *row = belfry_record_copy (draft->row);
    JsonNode *payload = belfry_targets_get_payload (draft->targets, i);

    if (i > 0)
      row->reportid = 0;
    belfry_record_set_text (&row->state, "planned");
    belfry_record_set_text (&row->target, belfry_targets_get_target (draft->targets, i));
    belfry_record_set_text (&row->key, belfry_targets_get_key (draft->targets, i));
    row->payload = belfry_json_copy (payload);
    g_ptr_array_add (plan->rows, row);
  }
}

static char *
dup_digest (const BelfryDraft *draft)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonArray *ids = json_array_new ();

  json_array_add_int_element (ids, draft->row->buildid);
  for (guint i = 0; i < draft->merged->len; i++)
    json_array_add_int_element (ids,
                                ((BelfryReportRow *)g_ptr_array_index (draft->merged, i))->buildid);
  json_object_set_array_member (object, "builds", ids);
  json_node_take_object (node, object);
  return belfry_json_to_text (node);
}

/* a draft that failed, or has nothing to say, meets the same rules as a delivery that did */
static BelfryOutcome *
judge (const BelfryDraft *draft)
{
  if (draft->error != NULL && draft->is_passing)
    return belfry_outcome_new_wait (0, TRUE, draft->error->message);
  if (draft->error != NULL)
    return belfry_outcome_new (BELFRY_OUTCOME_REFUSED, draft->error->message);
  if (draft->is_over || draft->targets == NULL || belfry_targets_get_length (draft->targets) == 0)
    return belfry_outcome_new (BELFRY_OUTCOME_SUPERSEDED, "there was nothing to send");
  return NULL;
}

static void
prepare_freeze (Job *job, Plan *plan)
{
  g_autoptr (BelfryOutcome) outcome = NULL;

  if (plan->draft->absent)
    return;
  if (plan->draft->merged->len > 0) {
    plan->digest = dup_digest (plan->draft);
    g_clear_pointer (&plan->draft->row->data, json_node_unref);
    plan->draft->row->data = belfry_json_parse (plan->digest, -1, NULL, NULL);
  }
  outcome = judge (plan->draft);
  if (outcome == NULL) {
    add_rows (plan);
    return;
  }
  /* the rows of a digest that is tried again stay what they were */
  if (outcome->kind == BELFRY_OUTCOME_WAIT) {
    forget_merged (job, plan->draft);
    g_clear_pointer (&plan->digest, g_free);
    g_warning ("reporter '%s': preparing report %" G_GINT64_FORMAT ": %s; it is tried again",
               job->outlet->reporting->name, plan->draft->row->reportid,
               plan->draft->error->message);
  }
  plan->settlement = belfry_settlement_new (job->outlet, plan->draft->row, outcome);
}

static void
freeze (Job *job)
{
  for (guint i = 0; i < job->plans->len; i++)
    prepare_freeze (job, g_ptr_array_index (job->plans, i));
  belfry_store_write_async (job->outbox->store, freeze_job, job, NULL, NULL, on_frozen, job);
}

static void read_job (Job *job);

static void
on_programs_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;

  job->finishing = TRUE;
  read_job (job);
}

static void
on_job_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  Plan *first = g_ptr_array_index (job->plans, 0);
  g_autoptr (GError) local = NULL;

  if (!belfry_store_read_finish (job->outbox->store, result, &local))
    for (guint i = 0; i < job->plans->len; i++) {
      Plan *plan = g_ptr_array_index (job->plans, i);

      belfry_draft_fail (plan->draft, TRUE, g_error_copy (local));
    }
  else if (job->has_programs && !job->finishing) {
    belfry_draft_run_programs (first->draft, job->outlet->hosted->instance, NULL, on_programs_ended,
                               job);
    return;
  }
  freeze (job);
}

/* pool thread */
static gboolean
run_job (BelfryReader *reader, gpointer data, GError **error)
{
  Job *job = data;

  for (guint i = 0; i < job->plans->len; i++) {
    BelfryDraft *draft = ((Plan *)g_ptr_array_index (job->plans, i))->draft;

    if (!job->finishing)
      belfry_draft_gather (draft, reader);
    if (!job->has_programs || job->finishing)
      belfry_draft_finish (draft, reader);
  }
  return TRUE;
}

static void
read_job (Job *job)
{
  BelfryReaderView view = { .host_info = job->host };

  belfry_store_read_async (job->outbox->store, &view, run_job, job, NULL, on_job_read, job);
}

static gboolean
is_of_digest (const BelfryOutlet *self, const BelfryReportRow *row)
{
  return self->reporting->keys->digest != NULL && g_str_equal (row->phase, "finished") &&
         row->data == NULL && row->buildid != BELFRY_NONE;
}

/* moves further rows of a digest behind its first */
static void
merge_rows (BelfryOutlet *self, BelfryDraft *draft)
{
  GList *next = NULL;

  if (!is_of_digest (self, draft->row))
    return;
  for (GList *link = self->waiting.head; link != NULL; link = next) {
    next = link->next;
    if (draft->merged->len + 1 >= ROWS_OF_A_DIGEST || !is_of_digest (self, link->data))
      continue;
    g_ptr_array_add (draft->merged, link->data);
    g_queue_delete_link (&self->waiting, link);
  }
}

static BelfryReportRow *
take_row (BelfryOutlet *self, gboolean has_programs)
{
  for (GList *link = self->waiting.head; link != NULL; link = link->next) {
    BelfryReportRow *row = link->data;

    if (has_programs && row->buildid != BELFRY_NONE &&
        g_hash_table_contains (self->planned_builds, &row->buildid))
      continue;
    g_queue_delete_link (&self->waiting, link);
    if (row->buildid != BELFRY_NONE)
      g_hash_table_add (self->planned_builds, g_memdup2 (&row->buildid, sizeof row->buildid));
    return row;
  }
  return NULL;
}

static JsonObject *
make_host (const BelfryReporting *reporting)
{
  JsonObject *host = json_object_new ();

  json_object_set_string_member (host, "title", reporting->title);
  if (reporting->url != NULL)
    json_object_set_string_member (host, "url", reporting->url);
  return host;
}

static gboolean
start_job (BelfryOutlet *self, gboolean has_programs)
{
  g_autoptr (GPtrArray) plans = g_ptr_array_new_with_free_func (plan_free);
  BelfryReportRow *row = NULL;
  Job *job = NULL;

  while (plans->len < (has_programs ? 1 : ROWS_OF_A_JOB) &&
         (row = take_row (self, has_programs)) != NULL) {
    BelfryDraft *draft = belfry_draft_new (self->reporting, row);

    merge_rows (self, draft);
    g_ptr_array_add (plans, plan_new (draft));
    belfry_record_unref (row);
  }
  if (plans->len == 0)
    return FALSE;
  job = g_new0 (Job, 1);
  job->outbox = self->outbox;
  job->outlet = belfry_outlet_ref (self);
  job->plans = g_steal_pointer (&plans);
  job->host = make_host (self->reporting);
  job->has_programs = has_programs;
  self->planning++;
  belfry_outbox_begin (self->outbox);
  read_job (job);
  return TRUE;
}

void
belfry_outlet_plan (BelfryOutlet *self)
{
  gboolean has_programs = belfry_reporting_has_programs (self->reporting);
  guint limit = has_programs ? JOBS_WITH_PROGRAM : 1;

  while (self->planning < limit && self->waiting.length > 0)
    if (!start_job (self, has_programs))
      break;
}
