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

#define S G_USEC_PER_SEC

static void
test_pace_of_chats (void)
{
  g_autoptr (BelfryTelegramPace) pace = belfry_telegram_pace_new ();

  g_assert_cmpint (belfry_telegram_pace_take (pace, "5", 100 * S), ==, 0);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "5", 100 * S + S / 4), ==, S * 3 / 4);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "5/7", 100 * S + S / 4), ==, S * 3 / 4);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "6", 100 * S), ==, 0);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "5", 101 * S), ==, 0);
}

static void
test_pace_of_groups (void)
{
  g_autoptr (BelfryTelegramPace) pace = belfry_telegram_pace_new ();

  for (gint64 i = 0; i < 20; i++) {
    g_assert_cmpint (belfry_telegram_pace_take (pace, "-100", (100 + i) * S), ==, 0);
    g_assert_cmpint (belfry_telegram_pace_take (pace, "5", (100 + i) * S), ==, 0);
  }
  g_assert_cmpint (belfry_telegram_pace_take (pace, "-100", 120 * S), ==, 40 * S);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "5", 120 * S), ==, 0);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "-100", 160 * S), ==, 0);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "-100", 160 * S + 1), ==, S - 1);
}

static void
test_pace_of_all (void)
{
  g_autoptr (BelfryTelegramPace) pace = belfry_telegram_pace_new ();

  for (gint64 i = 0; i < 30; i++) {
    g_autofree char *chat = g_strdup_printf ("%" G_GINT64_FORMAT, i);

    g_assert_cmpint (belfry_telegram_pace_take (pace, chat, 100 * S + i), ==, 0);
  }
  g_assert_cmpint (belfry_telegram_pace_take (pace, "99", 100 * S + 30), ==, S - 30);
  g_assert_cmpint (belfry_telegram_pace_take (pace, "99", 101 * S), ==, 0);
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
  g_test_add_func ("/telegram/pace/chats", test_pace_of_chats);
  g_test_add_func ("/telegram/pace/groups", test_pace_of_groups);
  g_test_add_func ("/telegram/pace/all", test_pace_of_all);
  g_test_add_func ("/telegram/text", test_text);
  return g_test_run ();
}
