/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One copy of each name that any template has, so that equal names are equal pointers. The copies
 * live as long as the process: names come from templates of the administrator, never from data. */
#include "ast-private.h"

static GMutex lock;
static GHashTable *names; /* (element-type utf8 utf8), guarded by lock */

const char *
tpl_name_intern (const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  char *copy = NULL;

  if (names == NULL)
    names = g_hash_table_new (g_str_hash, g_str_equal);
  copy = g_hash_table_lookup (names, name);
  if (copy == NULL) {
    copy = g_strdup (name);
    g_hash_table_add (names, copy);
  }
  return copy;
}
