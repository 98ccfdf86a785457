/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a visitor's reader gives away of records that need a right of their own: nothing, by any
 * road. */
#include "store/store-fixture.h"

typedef struct {
  gint64 listed;
  gint64 counted;
  gboolean found;
  gboolean read;
} Seen;

static gboolean
insert_delivery (BelfryWriter *writer, gpointer data, GError **error)
{
  g_autoptr (BelfryDelivery) delivery = belfry_delivery_new ();

  return belfry_writer_insert (writer, delivery, error);
}

static BelfryRequest *
read_request (BelfryReader *reader, BelfryDelivery *delivery, GError **error)
{
  const BelfryRequestFields fields = { .size = sizeof fields, .method = "POST", .path = "/" };

  return belfry_request_new (&fields);
}

static gboolean
look (BelfryReader *reader, gpointer data, GError **error)
{
  Seen *seen = data;
  const BelfryRecordType *type = belfry_delivery_get_type ();
  g_autoptr (GPtrArray) list = belfry_reader_list (reader, type, NULL, NULL, error);
  g_autoptr (BelfryDelivery) found = belfry_reader_find (reader, type, 1, NULL);
  g_autoptr (BelfryDelivery) guessed = belfry_delivery_new ();
  g_autoptr (BelfryRequest) request = NULL;

  guessed->deliveryid = 1;
  request = belfry_reader_read_request (reader, guessed, NULL);
  *seen = (Seen){ list != NULL ? (gint64)list->len : -1,
                  belfry_reader_count (reader, type, NULL, error), found != NULL, request != NULL };
  return list != NULL;
}

static gboolean
may_what_is_named (const char *action, gconstpointer record, gpointer data)
{
  return g_strcmp0 (action, data) == 0;
}

static Seen
see (StoreFixture *fixture, const char *right)
{
  const BelfryReaderView view = { .may = may_what_is_named,
                                  .read_request = read_request,
                                  .data = (gpointer)right };
  g_autoptr (GError) error = NULL;
  Seen seen = { 0 };

  store_fixture_read (fixture, &view, look, &seen, &error);
  g_assert_no_error (error);
  return seen;
}

static void
test_deliveries (StoreFixture *fixture, gconstpointer data)
{
  Seen seen = { 0 };
  g_autoptr (GError) error = NULL;

  store_fixture_write (fixture, insert_delivery, NULL, &error);
  g_assert_no_error (error);
  seen = see (fixture, "replayDelivery");
  g_assert_cmpint (seen.listed, ==, 0);
  g_assert_cmpint (seen.counted, ==, 0);
  g_assert_false (seen.found);
  g_assert_false (seen.read);
  seen = see (fixture, "showDeliveries");
  g_assert_cmpint (seen.listed, ==, 1);
  g_assert_cmpint (seen.counted, ==, 1);
  g_assert_true (seen.found);
  g_assert_true (seen.read);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store/gate/deliveries", StoreFixture, NULL, store_fixture_set_up, test_deliveries,
              store_fixture_tear_down);
  return g_test_run ();
}
