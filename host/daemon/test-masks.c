/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is taken out of text, in which spellings, and what is left alone. */
#include "daemon/masks.h"

#include <string.h>

static void
assert_masked (BelfryMasks *masks, const char *text, const char *expected)
{
  g_autofree char *masked = belfry_masks_apply_text (masks, text);

  g_assert_cmpstr (masked, ==, expected);
}

static void
test_forms (void)
{
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 0, "token", "hunter2/hunter2", 8);
  assert_masked (masks, "a hunter2/hunter2!", "a <token>!");
  assert_masked (masks, "a hunter2%2Fhunter2!", "a <token>!");
  assert_masked (masks, "hunter2", "hunter2");
}

static void
test_base64 (void)
{
  static const char *const before[] = { "", "u", "us", "use", "user:" };
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 0, "token", "hunter2hunter2", 8);
  for (guint i = 0; i < G_N_ELEMENTS (before); i++) {
    g_autofree char *login = g_strconcat (before[i], "hunter2hunter2", ":rest", NULL);
    g_autofree char *encoded = g_base64_encode ((const guchar *)login, strlen (login));
    g_autofree char *masked = belfry_masks_apply_text (masks, encoded);

    g_assert_nonnull (strstr (masked, "<token>"));
    /* what is left are the characters that hold bits of the neighbours */
    g_assert_cmpuint (strlen (masked), <, strlen (encoded));
  }
}

static void
test_path (void)
{
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 0, "url", "https://chat.example/services/T0/abcdef", 8);
  assert_masked (masks, "POST /services/T0/abcdef HTTP/1.1", "POST <url> HTTP/1.1");
  assert_masked (masks, "Host: chat.example", "Host: chat.example");
}

static void
test_lines (void)
{
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 0, "key", "-----BEGIN\nabcdefghij\nxy\n", 8);
  assert_masked (masks, "abcdefghij xy", "<key> xy");
}

static void
test_forget (void)
{
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 1, "one", "the first one", 8);
  belfry_masks_add (masks, 2, "two", "the second one", 8);
  belfry_masks_add (masks, 2, "short", "short", 8);
  belfry_masks_forget (masks, 1);
  assert_masked (masks, "the first one, the second one, short", "the first one, <two>, short");
}

static void
test_longest (void)
{
  g_autoptr (BelfryMasks) masks = belfry_masks_new ();

  belfry_masks_add (masks, 0, "inner", "12345678", 8);
  belfry_masks_add (masks, 0, "outer", "abc12345678def", 8);
  assert_masked (masks, "abc12345678def 12345678", "<outer> <inner>");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/masks/forms", test_forms);
  g_test_add_func ("/masks/base64-wherever-it-begins", test_base64);
  g_test_add_func ("/masks/path-of-an-address", test_path);
  g_test_add_func ("/masks/long-lines", test_lines);
  g_test_add_func ("/masks/forgotten-by-owner", test_forget);
  g_test_add_func ("/masks/longest-first", test_longest);
  return g_test_run ();
}
