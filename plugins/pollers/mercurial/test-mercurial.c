/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's core: what hg prints. */
#include "hg-log.h"

#include <string.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void
test_heads (void)
{
  static const char text[] = A "\0default\0" B "\0default\0" B "\0side\0nonsense\0bad\0" A;
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, sizeof text);
  g_autoptr (GHashTable) heads = hg_heads_read (bytes);
  GPtrArray *nodes = g_hash_table_lookup (heads, "default");

  g_assert_cmpuint (g_hash_table_size (heads), ==, 2);
  g_assert_cmpuint (nodes->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (nodes, 1), ==, B);
}

static void
test_log (void)
{
  static const char text[] = A "\0Ada <a@x>\0"
                               "1700000000 -3600\0two\nlines\0a b\0c\0\0" B "\0x\0"
                               "-5 0\0\0\0";
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, sizeof text - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) changes = hg_log_read (bytes, "default", "UTF-8", &error);
  BelfryChange *change = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (changes->len, ==, 2);
  change = g_ptr_array_index (changes, 0);
  g_assert_cmpstr (change->revision, ==, A);
  g_assert_cmpstr (change->branch, ==, "default");
  g_assert_cmpstr (change->comments, ==, "two\nlines");
  g_assert_cmpint (change->when_timestamp, ==, 1700000000 * (gint64)G_USEC_PER_SEC);
  g_assert_cmpuint (g_strv_length (change->files), ==, 2);
  change = g_ptr_array_index (changes, 1);
  g_assert_cmpint (change->when_timestamp, ==, -5 * (gint64)G_USEC_PER_SEC);
  g_assert_cmpuint (g_strv_length (change->files), ==, 0);
}

static void
test_broken (void)
{
  static const char *const texts[] = { "nonsense", A "\0x" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]) + 1);
    g_autoptr (GError) error = NULL;

    g_assert_null (hg_log_read (bytes, "default", "UTF-8", &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

static void
test_range (void)
{
  g_autofree char *range = hg_log_dup_range (A, B, 7);

  g_assert_cmpstr (range, ==,
                   "last(sort((present('" A "')::'" B "' - present('" A "')) + '" B "', rev), 7)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mercurial/heads", test_heads);
  g_test_add_func ("/mercurial/log", test_log);
  g_test_add_func ("/mercurial/broken", test_broken);
  g_test_add_func ("/mercurial/range", test_range);
  return g_test_run ();
}
