/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: "My bot is hitting limits" of Telegram's Bots FAQ. */
#include "telegram-api.h"

gint64
belfry_telegram_keep_pace (BelfryInstance *instance, const char *chat)
{
  g_auto (GStrv) parts = g_strsplit (chat, "/", 2);
  const BelfryPace paces[] = {
    { parts[0], 1, G_USEC_PER_SEC },
    { "all", 30, G_USEC_PER_SEC },
    { parts[0], 20, 60 * G_USEC_PER_SEC }, /* groups, whose ids are negative */
  };
  guint count = parts[0][0] == '-' ? G_N_ELEMENTS (paces) : G_N_ELEMENTS (paces) - 1;

  return belfry_instance_keep_pace (instance, paces, count);
}
