/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test of one reporter. Its report is a row like any, marked by a number in its data; while it is
 * on its way the reporter's other rows wait, so that the requests seen are the test's own. It ends
 * when each row that it became was tried once; whatever is to be tried again stays in the outbox.
 */
#include "outbox-private.h"

#include "outbox/reporter-keys.h"

#define LONGEST_S       180
#define LONGEST_PACE_US ((gint64)30 * G_USEC_PER_SEC)

struct _BelfryTrial {
  BelfryOutbox *outbox;
  char *instance;
  gint64 number;
  guint missing; /* rows that were not tried yet */
  gboolean delivered;
  JsonArray *attempts;
  GTask *task;
  GSource *timer;
};

static void
end_trial (BelfryTrial *self, const char *message)
{
  BelfryOutlet *outlet = g_hash_table_lookup (self->outbox->outlets, self->instance);
  JsonObject *answer = json_object_new ();

  json_object_set_boolean_member (answer, "delivered", self->delivered);
  json_object_set_array_member (answer, "attempts", self->attempts);
  if (message != NULL)
    json_object_set_string_member (answer, "message", message);
  g_task_return_pointer (self->task, answer, (GDestroyNotify)json_object_unref);
  g_object_unref (self->task);
  g_hash_table_remove (self->outbox->trials, &self->number);
  if (outlet != NULL && outlet->trial == self) {
    outlet->trial = NULL;
    g_clear_pointer (&outlet->hosted->trace, json_array_unref);
    belfry_outbox_expect (self->outbox, belfry_clock_now_us ());
  }
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_free (self->instance);
  g_free (self);
}

static gboolean
on_too_long (gpointer user_data)
{
  end_trial (user_data, "nothing came of it within three minutes");
  return G_SOURCE_REMOVE;
}

BelfryTrial *
belfry_trial_of_row (BelfryOutbox *self, const BelfryReportRow *row)
{
  gint64 number = 0;

  if (g_hash_table_size (self->trials) == 0 || row->data == NULL ||
      !JSON_NODE_HOLDS_OBJECT (row->data))
    return NULL;
  number = belfry_json_get_integer (json_node_get_object (row->data), "trial", 0);
  return g_hash_table_lookup (self->trials, &number);
}

void
belfry_trial_planned (BelfryTrial *self, guint rows, const BelfryReportRow *row)
{
  self->missing = rows;
  if (rows == 0)
    end_trial (self, row->answer != NULL ? row->answer : "there was nothing to send");
}

void
belfry_trial_begin (BelfryTrial *self, BelfryOutlet *outlet)
{
  g_clear_pointer (&outlet->hosted->trace, json_array_unref);
  outlet->hosted->trace = json_array_new ();
}

static guint
find_status (const BelfryOutcome *outcome, JsonArray *requests)
{
  guint count = requests != NULL ? json_array_get_length (requests) : 0;
  JsonObject *last = count > 0 ? json_array_get_object_element (requests, count - 1) : NULL;

  if (outcome->http_status != 0 || last == NULL)
    return outcome->http_status;
  return (guint)belfry_json_get_integer (last, "status", 0);
}

/* the reporter put it off by itself, so that its service is not hurried: that was no try yet */
static gboolean
is_pacing (const BelfryOutcome *outcome, JsonArray *requests)
{
  return outcome->kind == BELFRY_OUTCOME_WAIT && !outcome->answered && outcome->wait_us > 0 &&
         outcome->wait_us <= LONGEST_PACE_US &&
         (requests == NULL || json_array_get_length (requests) == 0);
}

void
belfry_trial_saw (BelfryTrial *self,
                  BelfryOutlet *outlet,
                  const BelfryReportRow *row,
                  const BelfryOutcome *outcome)
{
  static const char *const kinds[] = {
    [BELFRY_OUTCOME_DELIVERED] = "delivered",
    [BELFRY_OUTCOME_WAIT] = "to be tried again",
    [BELFRY_OUTCOME_REFUSED] = "refused",
    [BELFRY_OUTCOME_DENIED] = "the credential is refused",
    [BELFRY_OUTCOME_SUPERSEDED] = "nothing was sent",
  };
  JsonArray *requests = outlet->hosted->trace;
  guint status = find_status (outcome, requests);
  gboolean refused =
      status == 401 || status == 403 || status == 404 || outcome->kind == BELFRY_OUTCOME_DENIED;
  JsonObject *attempt = NULL;

  if (is_pacing (outcome, requests))
    return;
  attempt = json_object_new ();
  json_object_set_string_member (attempt, "target", row->target != NULL ? row->target : "");
  json_object_set_string_member (attempt, "outcome", kinds[outcome->kind]);
  if (outcome->excerpt != NULL)
    json_object_set_string_member (attempt, "answer", outcome->excerpt);
  if (refused && outlet->reporting->plugin->permission != NULL)
    json_object_set_string_member (attempt, "permission", outlet->reporting->plugin->permission);
  outlet->hosted->trace = NULL;
  json_object_set_array_member (attempt, "requests",
                                requests != NULL ? requests : json_array_new ());
  json_array_add_object_element (self->attempts, attempt);
  self->delivered = (json_array_get_length (self->attempts) == 1 || self->delivered) &&
                    outcome->kind == BELFRY_OUTCOME_DELIVERED;
  self->missing -= MIN (self->missing, 1);
  if (self->missing == 0)
    end_trial (self, NULL);
}

void
belfry_trial_fail_all (BelfryOutbox *self, const char *reason)
{
  g_autoptr (GList) trials = g_hash_table_get_values (self->trials);

  for (GList *link = trials; link != NULL; link = link->next)
    end_trial (link->data, reason);
}

typedef struct {
  BelfryOutbox *outbox;
  gint64 number;
  BelfryReportRow *row;
} Insertion;

static void
insertion_free (Insertion *self)
{
  belfry_record_unref (self->row);
  g_free (self);
}

/* it may have ended meanwhile */
static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Insertion *insertion = user_data;
  BelfryOutbox *outbox = insertion->outbox;
  BelfryTrial *trial = g_hash_table_lookup (outbox->trials, &insertion->number);
  g_autoptr (GError) local = NULL;

  if (belfry_store_write_finish (outbox->store, result, &local))
    belfry_outbox_load (outbox);
  else if (trial != NULL)
    end_trial (trial, local->message);
  insertion_free (insertion);
  belfry_outbox_end (outbox);
}

static gboolean
write_row (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_insert (writer, ((Insertion *)data)->row, error);
}

static BelfryTrial *
begin_trial (BelfryOutbox *outbox, BelfryOutlet *outlet, GTask *task)
{
  BelfryTrial *self = g_new0 (BelfryTrial, 1);

  self->outbox = outbox;
  self->instance = g_strdup (outlet->reporting->name);
  /* other than those of an earlier run, of whom rows may be left */
  self->number = MAX (outbox->last_trial + 1, g_get_real_time ());
  outbox->last_trial = self->number;
  self->missing = 1;
  self->attempts = json_array_new ();
  self->task = task;
  self->timer = g_timeout_source_new_seconds (LONGEST_S);
  g_source_set_callback (self->timer, on_too_long, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
  g_hash_table_insert (outbox->trials, &self->number, self);
  outlet->trial = self;
  return self;
}

/* why it cannot be tested now; NULL: it can */
static char *
refuse_trial (BelfryOutlet *outlet, const char *instance)
{
  gint64 hold_us = outlet != NULL ? belfry_outlet_get_hold (outlet) : 0;

  if (outlet == NULL)
    return g_strdup_printf ("testing reporter '%s': there is none of that name that sends reports",
                            instance);
  if (belfry_reporting_is_message (outlet->reporting) &&
      !belfry_reporter_takes_notices (outlet->reporting->plugin))
    return g_strdup_printf ("testing reporter '%s': it tells of builds only, beside what they were "
                            "made from; `belfry try reporter %s` shows what it would send",
                            instance, instance);
  if (outlet->hosted->state != BELFRY_HOSTED_RUNNING)
    return g_strdup_printf ("testing reporter '%s': it does not run: %s", instance,
                            outlet->hosted->failure != NULL ? outlet->hosted->failure
                                                            : "it has not started yet");
  if (outlet->trial != NULL)
    return g_strdup_printf ("testing reporter '%s': somebody else does", instance);
  if (belfry_outlet_is_paused (outlet))
    return g_strdup_printf ("testing reporter '%s': it pauses, because its credential was refused; "
                            "`belfry resume reporter %s` ends that",
                            instance, instance);
  if (hold_us != 0)
    return g_strdup_printf (
        "testing reporter '%s': its service asked to wait, for %" G_GINT64_FORMAT " s yet",
        instance, (hold_us - belfry_clock_now_us ()) / G_USEC_PER_SEC + 1);
  return NULL;
}

void
belfry_outbox_test_async (BelfryOutbox *self,
                          const char *instance,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  BelfryOutlet *outlet = g_hash_table_lookup (self->outlets, instance);
  g_autofree char *reason = refuse_trial (outlet, instance);
  g_autofree char *body = NULL;
  BelfryTrial *trial = NULL;
  Insertion *insertion = NULL;

  if (reason != NULL) {
    g_task_report_new_error (NULL, callback, user_data, belfry_outbox_test_async, BELFRY_ERROR,
                             outlet == NULL ? BELFRY_ERROR_NOT_FOUND : BELFRY_ERROR_CONFLICT, "%s",
                             reason);
    return;
  }
  trial = begin_trial (self, outlet, g_task_new (NULL, NULL, callback, user_data));
  body = g_strdup_printf ("This is a test of the reporter '%s'. Nothing was built.", instance);
  insertion = g_new0 (Insertion, 1);
  insertion->outbox = self;
  insertion->number = trial->number;
  insertion->row = belfry_outbox_new_notice (instance, "test", "Test report", body);
  json_object_set_int_member (json_node_get_object (insertion->row->data), "trial", trial->number);
  belfry_outbox_begin (self);
  belfry_store_write_async (self->store, write_row, insertion, NULL, NULL, on_written, insertion);
}

JsonObject *
belfry_outbox_test_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
