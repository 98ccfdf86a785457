/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "telegram-api.h"

#include <string.h>

static void
test_names (void)
{
  g_assert_true (belfry_telegram_is_token ("123456:ABC-DEF_1234ghIkl"));
  g_assert_false (belfry_telegram_is_token ("123456"));
  g_assert_false (belfry_telegram_is_token ("123456:"));
  g_assert_false (belfry_telegram_is_token ("123:a/../b"));
  g_assert_false (belfry_telegram_is_token ("x23:abc"));
  g_assert_true (belfry_telegram_is_chat ("5"));
  g_assert_true (belfry_telegram_is_chat ("-1001234567890/42"));
  g_assert_true (belfry_telegram_is_chat ("@acme_ci"));
  g_assert_false (belfry_telegram_is_chat ("@"));
  g_assert_false (belfry_telegram_is_chat ("acme"));
  g_assert_false (belfry_telegram_is_chat ("5/x"));
  g_assert_false (belfry_telegram_is_chat ("5/6/7"));
  g_assert_false (belfry_telegram_is_chat (""));
}

/* 4096 of what is shown, not of what is sent */
static void
test_text (void)
{
  g_autofree char *letters = g_strnfill (4000, '<');
  g_autoptr (GString) smiles = g_string_new (NULL);
  g_autoptr (JsonObject) short_one = belfry_telegram_message_new (letters, FALSE);
  g_autoptr (JsonObject) long_one = NULL;

  for (guint i = 0; i < 3000; i++)
    g_string_append (smiles, "😀");
  long_one = belfry_telegram_message_new (smiles->str, FALSE);
  g_assert_cmpuint (strlen (belfry_json_get_text (short_one, "text")), ==, 4000 * strlen ("&lt;"));
  g_assert_cmpint (g_utf8_strlen (belfry_json_get_text (long_one, "text"), -1), ==, 2048);
  g_assert_true (g_str_has_suffix (belfry_json_get_text (long_one, "text"), "😀…"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/telegram/names", test_names);
  g_test_add_func ("/telegram/text", test_text);
  return g_test_run ();
}
