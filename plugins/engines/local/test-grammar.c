/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an engine may say, and in which order (§18 of the engine's page), asserted of every
 * transaction of every test here, before it is applied: a thing begins once and in what is open,
 * changes only while it is open, ends once, and after all that began in it.
 */
#include "test-store.h"

static gpointer
find (FakeStore *store, const BelfryRecordType *type, gint64 id)
{
  gpointer record = fake_store_find (store, type, id);

  if (record == NULL)
    g_test_message ("there is no %s %" G_GINT64_FORMAT, type->name, id);
  g_assert_nonnull (record);
  return record;
}

static void
expect_new (FakeStore *store, gpointer record)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;

  g_assert_null (fake_store_find (store, type, belfry_record_get_id (record)));
}

static BelfryBuild *
find_open_build (FakeStore *store, gint64 id)
{
  BelfryBuild *build = find (store, belfry_build_get_type (), id);

  g_assert_false (build->complete);
  return build;
}

static BelfryStep *
find_open_step (FakeStore *store, gint64 id)
{
  BelfryStep *step = find (store, belfry_step_get_type (), id);

  g_assert_false (step->complete);
  find_open_build (store, step->buildid);
  return step;
}

/* requests */

static void
expect_no_open_build (FakeStore *store, gint64 request)
{
  g_autoptr (GPtrArray) builds = fake_store_list (store, belfry_build_get_type ());

  for (guint i = 0; i < builds->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (builds, i);

    g_assert_true (build->buildrequestid != request || build->complete);
  }
}

static void
check_request (FakeStore *store, const BelfryBuildRequest *request)
{
  expect_new (store, (gpointer)request);
  find (store, belfry_buildset_get_type (), request->buildsetid);
  g_assert_false (request->claimed);
  g_assert_false (request->complete);
}

static void
check_completion (FakeStore *store, const BelfryOperation *operation)
{
  const BelfryBuildRequest *request = find (store, belfry_build_request_get_type (), operation->id);
  JsonObject *data = operation->json != NULL ? json_node_get_object (operation->json) : NULL;

  g_assert_false (request->complete);
  expect_no_open_build (store, operation->id);
  if (data == NULL)
    return;
  g_assert_cmpint (operation->number, ==, BELFRY_RESULT_SKIPPED);
  g_assert_false (request->claimed);
  g_assert_cmpint (belfry_json_get_integer (data, "collapsed_into", 0), >, operation->id);
}

static void
check_unclaim (FakeStore *store, gint64 id)
{
  const BelfryBuildRequest *request = find (store, belfry_build_request_get_type (), id);

  g_assert_true (request->claimed);
  g_assert_false (request->complete);
  expect_no_open_build (store, id);
}

/* builds */

static void
check_new_build (FakeStore *store, const BelfryBuild *build)
{
  const BelfryBuildRequest *request =
      find (store, belfry_build_request_get_type (), build->buildrequestid);

  expect_new (store, (gpointer)build);
  g_assert_true (request->claimed);
  g_assert_false (request->complete);
  g_assert_false (build->complete);
  g_assert_cmpstr (build->state_string, ==, "starting");
  g_assert_nonnull (belfry_properties_get_value (build->properties, "buildnumber"));
  expect_no_open_build (store, build->buildrequestid);
}

static void
check_end_of_build (FakeStore *store, const BelfryBuild *build)
{
  g_autoptr (GPtrArray) steps = fake_store_list (store, belfry_step_get_type ());

  find_open_build (store, build->buildid);
  g_assert_true (build->complete);
  g_assert_cmpint (build->results, !=, BELFRY_NONE);
  g_assert_cmpint (build->complete_at, >=, build->started_at);
  g_assert_cmpstr (build->state_string, !=, "");
  for (guint i = 0; i < steps->len; i++) {
    const BelfryStep *step = g_ptr_array_index (steps, i);

    g_assert_true (step->buildid != build->buildid || step->complete);
  }
}

/* Steps count from 0 in the order of starting, and run one after the other. */
static void
check_new_step (FakeStore *store, const BelfryStep *step)
{
  g_autoptr (GPtrArray) steps = fake_store_list (store, belfry_step_get_type ());
  gint64 number = 0;

  expect_new (store, (gpointer)step);
  find_open_build (store, step->buildid);
  for (guint i = 0; i < steps->len; i++) {
    const BelfryStep *other = g_ptr_array_index (steps, i);

    if (other->buildid != step->buildid)
      continue;
    g_assert_true (other->complete);
    g_assert_cmpstr (other->name, !=, step->name);
    number++;
  }
  g_assert_cmpint (step->number, ==, number);
}

static void
check_end_of_step (FakeStore *store, const BelfryStep *step)
{
  g_autoptr (GPtrArray) logs = fake_store_list (store, belfry_log_get_type ());

  find_open_step (store, step->stepid);
  g_assert_true (step->complete);
  g_assert_cmpint (step->results, !=, BELFRY_NONE);
  for (guint i = 0; i < logs->len; i++) {
    const BelfryLog *log = g_ptr_array_index (logs, i);

    g_assert_true (log->stepid != step->stepid || log->complete);
  }
}

static void
check_new_log (FakeStore *store, const BelfryLog *log)
{
  expect_new (store, (gpointer)log);
  find_open_step (store, log->stepid);
}

void
fake_grammar_check_log (FakeStore *store, gint64 logid)
{
  g_assert_false (((BelfryLog *)find (store, belfry_log_get_type (), logid))->complete);
}

/* all */

void
fake_grammar_check (FakeStore *store, const BelfryOperation *operation)
{
  switch (operation->verb) {
  case BELFRY_VERB_ADD_BUILDSET:
    expect_new (store, operation->record);
    break;
  case BELFRY_VERB_ADD_REQUEST:
    check_request (store, operation->record);
    break;
  case BELFRY_VERB_COMPLETE_REQUEST:
    check_completion (store, operation);
    break;
  case BELFRY_VERB_UNCLAIM:
    check_unclaim (store, operation->id);
    break;
  case BELFRY_VERB_ADD_BUILD:
    check_new_build (store, operation->record);
    break;
  case BELFRY_VERB_UPDATE_BUILD:
    find_open_build (store, belfry_record_get_id (operation->record));
    break;
  case BELFRY_VERB_FINISH_BUILD:
    check_end_of_build (store, operation->record);
    break;
  case BELFRY_VERB_ADD_STEP:
    check_new_step (store, operation->record);
    break;
  case BELFRY_VERB_UPDATE_STEP:
    find_open_step (store, belfry_record_get_id (operation->record));
    break;
  case BELFRY_VERB_FINISH_STEP:
    check_end_of_step (store, operation->record);
    break;
  case BELFRY_VERB_ADD_LOG:
    check_new_log (store, operation->record);
    break;
  case BELFRY_VERB_FINISH_LOG:
    fake_grammar_check_log (store, operation->id);
    break;
  case BELFRY_VERB_CLAIM: /* a conflict is an answer, not a fault */
  case BELFRY_VERB_CONFIGURE_BUILDER:
  case BELFRY_VERB_CONFIGURE_WORKER:
  case BELFRY_VERB_CONFIGURE_SCHEDULER:
  case BELFRY_VERB_ADD_TEST:
  case BELFRY_VERB_ADD_ARTIFACT:
  case BELFRY_VERB_EVENT:
  case BELFRY_VERB_TOOK_CHANGE:
  case BELFRY_VERB_PUT:
  case BELFRY_VERB_DELETE:
    break;
  }
}

/* After a transaction: whoever learns of a build's end learns at once what becomes of its request.
 */
void
fake_grammar_check_requests (FakeStore *store, BelfryTransaction *transaction)
{
  for (guint i = 0; i < belfry_transaction_get_length (transaction); i++) {
    const BelfryOperation *operation = belfry_transaction_get (transaction, i);
    const BelfryBuildRequest *request = NULL;

    if (operation->verb != BELFRY_VERB_FINISH_BUILD)
      continue;
    request = find (store, belfry_build_request_get_type (),
                    ((const BelfryBuild *)operation->record)->buildrequestid);
    g_assert_true (request->complete || !request->claimed);
    g_assert_cmpint (((const BelfryBuild *)operation->record)->results == BELFRY_RESULT_RETRY, ==,
                     !request->complete);
  }
}

/* When an engine has stopped, nothing is left open, and what waits can be claimed. */
void
fake_grammar_check_rest (FakeStore *store)
{
  g_autoptr (GPtrArray) builds = fake_store_list (store, belfry_build_get_type ());
  g_autoptr (GPtrArray) steps = fake_store_list (store, belfry_step_get_type ());
  g_autoptr (GPtrArray) logs = fake_store_list (store, belfry_log_get_type ());
  g_autoptr (GPtrArray) requests = fake_store_list (store, belfry_build_request_get_type ());

  for (guint i = 0; i < builds->len; i++)
    g_assert_true (((BelfryBuild *)g_ptr_array_index (builds, i))->complete);
  for (guint i = 0; i < steps->len; i++)
    g_assert_true (((BelfryStep *)g_ptr_array_index (steps, i))->complete);
  for (guint i = 0; i < logs->len; i++)
    g_assert_true (((BelfryLog *)g_ptr_array_index (logs, i))->complete);
  for (guint i = 0; i < requests->len; i++) {
    const BelfryBuildRequest *request = g_ptr_array_index (requests, i);

    g_assert_true (request->complete || !request->claimed);
  }
}
