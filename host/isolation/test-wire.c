/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in frames. */
#include "isolation/wire.h"

/* what passes to another thread shares nothing: objects are counted without a lock */
static void
test_apart (void)
{
  g_autoptr (BelfryDelivery) delivery = belfry_record_new (belfry_delivery_get_type ());
  g_autoptr (BelfryDelivery) again = NULL;
  g_autoptr (JsonObject) written = NULL;
  g_autoptr (JsonObject) copy = NULL;
  JsonArray *array = NULL;

  delivery->change_ids = belfry_json_parse ("[1, 2]", -1, NULL, NULL);
  written = belfry_wire_write_record (delivery);
  copy = belfry_wire_copy (written);
  again = belfry_wire_read_record (belfry_delivery_get_type (), written, NULL);
  array = belfry_json_get_array (written, "change_ids");
  g_assert_cmpuint (json_array_get_length (array), ==, 2);
  g_assert_true (array != json_node_get_array (delivery->change_ids));
  g_assert_true (array != json_node_get_array (again->change_ids));
  g_assert_true (array != belfry_json_get_array (copy, "change_ids"));
  g_assert_cmpint (json_array_get_int_element (belfry_json_get_array (copy, "change_ids"), 1), ==,
                   2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/apart", test_apart);
  return g_test_run ();
}
