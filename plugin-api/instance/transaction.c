/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transactions: what an engine says about builds, as a list of operations. The host applies it in
 * one sqlite transaction and tells the events that follow from it, in the order in which they were
 * said. Records are copied when they are said, so that an engine goes on changing its own.
 */
#include "belfry-error.h"
#include "belfry-instance.h"
#include "belfry-json.h"

struct _BelfryTransaction {
  GArray *operations; /* (element-type BelfryOperation) */
};

static void
operation_clear (gpointer data)
{
  BelfryOperation *operation = data;

  g_clear_pointer (&operation->record, belfry_record_unref);
  g_clear_pointer (&operation->text, g_free);
  g_clear_pointer (&operation->json, json_node_unref);
}

/**
 * belfry_engine_begin:
 * @self: an engine's instance
 *
 * Returns: (transfer full): an empty transaction; ended by belfry_engine_submit () or
 * belfry_engine_commit_async ()
 *
 * Since: 0.1
 */
BelfryTransaction *
belfry_engine_begin (BelfryInstance *self)
{
  BelfryTransaction *transaction = g_new0 (BelfryTransaction, 1);

  transaction->operations = g_array_new (FALSE, TRUE, sizeof (BelfryOperation));
  g_array_set_clear_func (transaction->operations, operation_clear);
  return transaction;
}

/**
 * belfry_transaction_free:
 * @self: (nullable): a transaction that was not submitted
 *
 * Since: 0.1
 */
void
belfry_transaction_free (BelfryTransaction *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->operations);
  g_free (self);
}

/**
 * belfry_transaction_get_length:
 * @self: a transaction
 *
 * Returns: how many operations it holds
 * Since: 0.1
 */
guint
belfry_transaction_get_length (BelfryTransaction *self)
{
  return self->operations->len;
}

/**
 * belfry_transaction_get:
 * @self: a transaction
 * @index: below its length
 *
 * Returns: (transfer none): an operation, valid until something is added
 * Since: 0.1
 */
const BelfryOperation *
belfry_transaction_get (BelfryTransaction *self, guint index)
{
  g_return_val_if_fail (index < self->operations->len, NULL);
  return &g_array_index (self->operations, BelfryOperation, index);
}

static void
add (BelfryTransaction *self, const BelfryOperation *operation)
{
  g_array_append_val (self->operations, *operation);
}

static void
add_record (BelfryTransaction *self, BelfryVerb verb, gconstpointer record)
{
  BelfryOperation operation = { .verb = verb, .record = belfry_record_copy (record) };

  add (self, &operation);
}

/**
 * belfry_transaction_add_buildset:
 * @self: a transaction
 * @set: a record; copied
 *
 * Adds a set with its source stamps; its id must be given. Requests follow in the same transaction.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_buildset (BelfryTransaction *self, BelfryBuildset *set)
{
  add_record (self, BELFRY_VERB_ADD_BUILDSET, set);
}

/**
 * belfry_transaction_add_request:
 * @self: a transaction
 * @request: a record; copied
 *
 * Adds a request of a set added before, in this transaction or an earlier one.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_request (BelfryTransaction *self, BelfryBuildRequest *request)
{
  add_record (self, BELFRY_VERB_ADD_REQUEST, request);
}

/**
 * belfry_transaction_add_build:
 * @self: a transaction
 * @build: a record; copied
 *
 * Adds a build that has started; its id and number must be given.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_build (BelfryTransaction *self, BelfryBuild *build)
{
  add_record (self, BELFRY_VERB_ADD_BUILD, build);
}

/**
 * belfry_transaction_update_build:
 * @self: a transaction
 * @build: a record; copied
 *
 * Stores a running build's state string and properties.
 *
 * Since: 0.1
 */
void
belfry_transaction_update_build (BelfryTransaction *self, BelfryBuild *build)
{
  add_record (self, BELFRY_VERB_UPDATE_BUILD, build);
}

/**
 * belfry_transaction_finish_build:
 * @self: a transaction
 * @build: a record; copied
 *
 * Stores how a build ended. Its steps must have been finished before.
 *
 * Since: 0.1
 */
void
belfry_transaction_finish_build (BelfryTransaction *self, BelfryBuild *build)
{
  add_record (self, BELFRY_VERB_FINISH_BUILD, build);
}

/**
 * belfry_transaction_add_step:
 * @self: a transaction
 * @step: a record; copied
 *
 * Adds a step that has started.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_step (BelfryTransaction *self, BelfryStep *step)
{
  add_record (self, BELFRY_VERB_ADD_STEP, step);
}

/**
 * belfry_transaction_update_step:
 * @self: a transaction
 * @step: a record; copied
 *
 * Stores a running step's text and links.
 *
 * Since: 0.1
 */
void
belfry_transaction_update_step (BelfryTransaction *self, BelfryStep *step)
{
  add_record (self, BELFRY_VERB_UPDATE_STEP, step);
}

/**
 * belfry_transaction_finish_step:
 * @self: a transaction
 * @step: a record; copied
 *
 * Stores how a step ended. Its logs must have been finished before.
 *
 * Since: 0.1
 */
void
belfry_transaction_finish_step (BelfryTransaction *self, BelfryStep *step)
{
  add_record (self, BELFRY_VERB_FINISH_STEP, step);
}

/**
 * belfry_transaction_add_log:
 * @self: a transaction
 * @log: a record; copied
 *
 * Adds a log; lines may be appended at once.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_log (BelfryTransaction *self, BelfryLog *log)
{
  add_record (self, BELFRY_VERB_ADD_LOG, log);
}

/**
 * belfry_transaction_configure_builder:
 * @self: a transaction
 * @builder: a record; copied
 *
 * Stores a builder as the configuration has it, or, with `configured` false, that it has it no
 * more.
 *
 * Since: 0.1
 */
void
belfry_transaction_configure_builder (BelfryTransaction *self, BelfryBuilder *builder)
{
  add_record (self, BELFRY_VERB_CONFIGURE_BUILDER, builder);
}

/**
 * belfry_transaction_configure_worker:
 * @self: a transaction
 * @worker: a record; copied
 *
 * Stores a worker and its state.
 *
 * Since: 0.1
 */
void
belfry_transaction_configure_worker (BelfryTransaction *self, BelfryWorker *worker)
{
  add_record (self, BELFRY_VERB_CONFIGURE_WORKER, worker);
}

/**
 * belfry_transaction_configure_scheduler:
 * @self: a transaction
 * @scheduler: a record; copied
 *
 * Stores a scheduler and its state.
 *
 * Since: 0.1
 */
void
belfry_transaction_configure_scheduler (BelfryTransaction *self, BelfrySchedulerRecord *scheduler)
{
  add_record (self, BELFRY_VERB_CONFIGURE_SCHEDULER, scheduler);
}

/**
 * belfry_transaction_add_test:
 * @self: a transaction
 * @test: a record; copied
 *
 * Adds one test result.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_test (BelfryTransaction *self, BelfryTestResult *test)
{
  add_record (self, BELFRY_VERB_ADD_TEST, test);
}

/**
 * belfry_transaction_add_artifact:
 * @self: a transaction
 * @artifact: a record; copied
 *
 * Adds one artifact.
 *
 * Since: 0.1
 */
void
belfry_transaction_add_artifact (BelfryTransaction *self, BelfryArtifact *artifact)
{
  add_record (self, BELFRY_VERB_ADD_ARTIFACT, artifact);
}

/**
 * belfry_transaction_claim:
 * @self: a transaction
 * @buildrequestid: a request that is neither claimed nor complete
 * @buildid: the build that will satisfy it
 *
 * Claims a request. If somebody else has it, the whole transaction fails.
 *
 * Since: 0.1
 */
void
belfry_transaction_claim (BelfryTransaction *self, gint64 buildrequestid, gint64 buildid)
{
  BelfryOperation operation = { BELFRY_VERB_CLAIM, .id = buildrequestid, .number = buildid };

  add (self, &operation);
}

/**
 * belfry_transaction_unclaim:
 * @self: a transaction
 * @buildrequestid: a claimed request
 * @retries: how many automatic retries it has had with this one
 *
 * Puts a request back; it keeps its place.
 *
 * Since: 0.1
 */
void
belfry_transaction_unclaim (BelfryTransaction *self, gint64 buildrequestid, gint64 retries)
{
  BelfryOperation operation = { BELFRY_VERB_UNCLAIM, .id = buildrequestid, .number = retries };

  add (self, &operation);
}

/**
 * belfry_transaction_complete_request:
 * @self: a transaction
 * @buildrequestid: a request that is not complete
 * @results: a #BelfryResult
 * @collapsed_into: the newer request that does its work, or %BELFRY_NONE
 *
 * Completes a request, and its set with the last one.
 *
 * Since: 0.1
 */
void
belfry_transaction_complete_request (BelfryTransaction *self,
                                     gint64 buildrequestid,
                                     gint64 results,
                                     gint64 collapsed_into)
{
  BelfryOperation operation = { BELFRY_VERB_COMPLETE_REQUEST, .id = buildrequestid,
                                .number = results };

  if (collapsed_into != BELFRY_NONE) {
    JsonObject *object = json_object_new ();

    json_object_set_int_member (object, "collapsed_into", collapsed_into);
    operation.json = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (operation.json, object);
  }
  add (self, &operation);
}

/**
 * belfry_transaction_finish_log:
 * @self: a transaction
 * @logid: a log to which nothing will be appended any more
 *
 * Closes a log.
 *
 * Since: 0.1
 */
void
belfry_transaction_finish_log (BelfryTransaction *self, gint64 logid)
{
  BelfryOperation operation = { BELFRY_VERB_FINISH_LOG, .id = logid };

  add (self, &operation);
}

/**
 * belfry_transaction_event:
 * @self: a transaction
 * @name: of a stored event that no verb tells by itself
 * @builderid: of which builder, or %BELFRY_NONE
 * @buildid: of which build, or %BELFRY_NONE
 * @data: (transfer none): what it says
 *
 * Tells an event.
 *
 * Since: 0.1
 */
void
belfry_transaction_event (
    BelfryTransaction *self, const char *name, gint64 builderid, gint64 buildid, JsonObject *data)
{
  BelfryOperation operation = { BELFRY_VERB_EVENT, .id = builderid, .number = buildid,
                                .text = g_strdup (name), .json = json_node_new (JSON_NODE_OBJECT) };

  json_node_set_object (operation.json, data);
  add (self, &operation);
}

/**
 * belfry_transaction_took_change:
 * @self: a transaction
 * @changeid: a change that the engine was given
 *
 * Says that a change has been dealt with by what else this transaction holds: it is not given
 * again.
 *
 * Since: 0.1
 */
void
belfry_transaction_took_change (BelfryTransaction *self, gint64 changeid)
{
  BelfryOperation operation = { BELFRY_VERB_TOOK_CHANGE, .id = changeid };

  add (self, &operation);
}

/**
 * belfry_transaction_put:
 * @self: a transaction
 * @key: in the instance's private key space
 * @value: (transfer none): any JSON
 *
 * Keeps something of the engine's own.
 *
 * Since: 0.1
 */
void
belfry_transaction_put (BelfryTransaction *self, const char *key, JsonNode *value)
{
  BelfryOperation operation = { BELFRY_VERB_PUT, .text = g_strdup (key),
                                .json = belfry_json_copy (value) };

  add (self, &operation);
}

/**
 * belfry_transaction_delete:
 * @self: a transaction
 * @key: in the instance's private key space
 *
 * Forgets something of the engine's own.
 *
 * Since: 0.1
 */
void
belfry_transaction_delete (BelfryTransaction *self, const char *key)
{
  BelfryOperation operation = { BELFRY_VERB_DELETE, .text = g_strdup (key) };

  add (self, &operation);
}
