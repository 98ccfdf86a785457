/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "password-cache.h"

#include <string.h>
#include <sys/random.h>

#define MAX_ENTRIES 1000
#define KEY_BYTES   32

static struct {
  GMutex mutex;
  guchar key[KEY_BYTES];
  GHashTable *until; /* HMAC → when it is over, by belfry_clock_now_us () */
} cache;

static void
make_ready (void)
{
  if (cache.until != NULL)
    return;
  if (getrandom (cache.key, sizeof cache.key, 0) != (gssize)sizeof cache.key)
    g_error ("the kernel has no random bytes");
  cache.until = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
append (GByteArray *bytes, const char *text)
{
  g_byte_array_append (bytes, (const guint8 *)text, (guint)strlen (text) + 1);
}

static char *
make_entry (const char *user, const char *password, const char *stored)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  char *entry = NULL;

  append (bytes, user);
  append (bytes, password);
  append (bytes, stored);
  entry = belfry_hmac_hex (G_CHECKSUM_SHA256, cache.key, sizeof cache.key, bytes->data, bytes->len);
  explicit_bzero (bytes->data, bytes->len);
  return entry;
}

static gboolean
is_over (gpointer entry, gpointer until, gpointer now)
{
  return *(gint64 *)until <= *(gint64 *)now;
}

gboolean
belfry_password_cache_knows (const char *user, const char *password, const char *stored)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&cache.mutex);
  g_autofree char *entry = NULL;
  const gint64 *until = NULL;

  make_ready ();
  entry = make_entry (user, password, stored);
  until = g_hash_table_lookup (cache.until, entry);
  return until != NULL && *until > belfry_clock_now_us () &&
         *until <= belfry_clock_now_us () + BELFRY_PASSWORD_CACHE_US;
}

void
belfry_password_cache_add (const char *user, const char *password, const char *stored)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&cache.mutex);
  gint64 now = belfry_clock_now_us ();
  gint64 until = now + BELFRY_PASSWORD_CACHE_US;

  make_ready ();
  g_hash_table_foreach_remove (cache.until, is_over, &now);
  if (g_hash_table_size (cache.until) >= MAX_ENTRIES)
    g_hash_table_remove_all (cache.until);
  g_hash_table_replace (cache.until, make_entry (user, password, stored),
                        g_memdup2 (&until, sizeof until));
}
