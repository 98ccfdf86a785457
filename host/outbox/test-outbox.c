/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an event to a delivery, and every way of not getting there at once. */
#include "test-fixture.h"

static void
test_delivered (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_message, "mail", NULL);

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_FAILURE);
  fixture_wait_items (fixture, reporter, 1);
  fixture_wait_states (fixture, "mail", "delivered");
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "finished");
  g_assert_cmpstr (test_get_item (reporter, 0)->target, ==, "room");
  g_assert_cmpuint (test_get_item (reporter, 0)->tries, ==, 0);
  g_assert_cmpstr (test_get_text (reporter, 0, "subject"), ==,
                   "Buildbot failure in Acme CI on linux-x86");
  g_assert_cmpstr (test_get_text (reporter, 0, "type"), ==, "plain");
}

/* start and end of a build, in this order, the start as it was then */
static void
test_start_and_end (Fixture *fixture, gconstpointer unused)
{
  TestReporter *reporter = fixture_add (fixture, &test_feed, "http", NULL);
  JsonObject *build = NULL;

  fixture_apply (fixture);
  fixture_build (fixture, NULL, BELFRY_RESULT_SUCCESS);
  fixture_wait_items (fixture, reporter, 2);
  g_assert_cmpstr (test_get_item (reporter, 0)->phase, ==, "started");
  g_assert_cmpstr (test_get_item (reporter, 1)->phase, ==, "finished");
  build = json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, 0)->payload, "builds"), 0);
  g_assert_false (belfry_json_get_boolean (build, "complete", TRUE));
  g_assert_true (json_object_get_null_member (build, "results"));
  build = json_array_get_object_element (
      belfry_json_get_array (test_get_item (reporter, 1)->payload, "builds"), 0);
  g_assert_true (belfry_json_get_boolean (build, "complete", FALSE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/outbox/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("delivery/delivered", test_delivered);
  ADD ("delivery/start-and-end", test_start_and_end);
  return g_test_run ();
}
