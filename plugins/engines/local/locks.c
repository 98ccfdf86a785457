/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An owner takes all that it needs at once or nothing; who gets nothing waits, in all those locks
 * at the same place, so that no two can wait for each other. Granted is what neither holders nor
 * those that wait before stand against: a stream of counters cannot starve one that wants it alone.
 * Lowering a lock's count takes nothing away.
 */
#include "locks.h"

#define COUNT_MAX 1000000

/** Claim: what one owner holds, or waits for */
typedef struct {
  gpointer owner;
  gint64 place;
  GPtrArray *uses; /* (element-type LocalLockUse) */
} Claim;

typedef struct {
  gint64 count;
  GPtrArray *holders; /* (element-type Claim) (unowned) */
  GPtrArray *waiters; /* (element-type Claim) (unowned) by place */
} Lock;

struct _LocalLocks {
  GHashTable *locks;   /* name to Lock */
  GHashTable *holding; /* owner to Claim */
  GHashTable *waiting; /* owner to Claim */
  gint64 last_place;
};

void
local_lock_use_free (LocalLockUse *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self);
}

static LocalLockUse *
fail (GError **error, const char *text)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "'%s' is no use of a lock: NAME, NAME:exclusive, NAME:counting or "
               "NAME:counting:UNITS",
               text);
  return NULL;
}

LocalLockUse *
local_lock_use_parse (const char *text, GError **error)
{
  g_autoptr (LocalLockUse) self = g_new0 (LocalLockUse, 1);
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);
  guint count = g_strv_length (parts);

  if (count == 0 || !belfry_text_is_identifier (parts[0], 50))
    return fail (error, text);
  self->name = g_strdup (parts[0]);
  self->units = 1;
  self->exclusive = count == 1 || g_str_equal (parts[1], "exclusive");
  if (!self->exclusive && !g_str_equal (parts[1], "counting"))
    return fail (error, text);
  if (count == 3 &&
      (self->exclusive || !belfry_parse_integer (parts[2], 0, COUNT_MAX, &self->units, NULL)))
    return fail (error, text);
  return g_steal_pointer (&self);
}

static void
lock_free (gpointer data)
{
  Lock *self = data;

  g_ptr_array_unref (self->holders);
  g_ptr_array_unref (self->waiters);
  g_free (self);
}

static void
claim_free (gpointer data)
{
  Claim *self = data;

  g_ptr_array_unref (self->uses);
  g_free (self);
}

LocalLocks *
local_locks_new (void)
{
  LocalLocks *self = g_new0 (LocalLocks, 1);

  self->locks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, lock_free);
  self->holding = g_hash_table_new_full (NULL, NULL, NULL, claim_free);
  self->waiting = g_hash_table_new_full (NULL, NULL, NULL, claim_free);
  return self;
}

void
local_locks_free (LocalLocks *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->holding);
  g_hash_table_unref (self->waiting);
  g_hash_table_unref (self->locks);
  g_free (self);
}

static Lock *
get_lock (LocalLocks *self, const char *name)
{
  Lock *lock = g_hash_table_lookup (self->locks, name);

  if (lock != NULL)
    return lock;
  lock = g_new0 (Lock, 1);
  lock->count = 1;
  lock->holders = g_ptr_array_new ();
  lock->waiters = g_ptr_array_new ();
  g_hash_table_insert (self->locks, g_strdup (name), lock);
  return lock;
}

void
local_locks_set_count (LocalLocks *self, const char *name, gint64 count)
{
  get_lock (self, name)->count = count;
}

/* A place behind all others; an owner that asks again later keeps it. */
gint64
local_locks_make_place (LocalLocks *self)
{
  return ++self->last_place;
}

static const LocalLockUse *
find_use (const Claim *claim, const char *name)
{
  for (guint i = 0; i < claim->uses->len; i++) {
    const LocalLockUse *use = g_ptr_array_index (claim->uses, i);

    if (g_str_equal (use->name, name))
      return use;
  }
  return NULL;
}

static gboolean
is_in_the_way (const LocalLockUse *own, const LocalLockUse *other, gint64 *units)
{
  if (other->exclusive)
    return TRUE;
  *units += other->units;
  return own->exclusive && other->units > 0;
}

static gboolean
is_free (LocalLocks *self, const Claim *claim, const LocalLockUse *use)
{
  const Lock *lock = get_lock (self, use->name);
  gint64 units = 0;

  if (!use->exclusive && use->units == 0)
    return TRUE;
  for (guint i = 0; i < lock->holders->len; i++) {
    if (is_in_the_way (use, find_use (g_ptr_array_index (lock->holders, i), use->name), &units))
      return FALSE;
  }
  for (guint i = 0; i < lock->waiters->len; i++) {
    const Claim *before = g_ptr_array_index (lock->waiters, i);

    if (before->place >= claim->place)
      break;
    if (is_in_the_way (use, find_use (before, use->name), &units))
      return FALSE;
  }
  return use->exclusive || units + use->units <= lock->count;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  gint64 one = (*(const Claim *const *)a)->place;
  gint64 two = (*(const Claim *const *)b)->place;

  return (one > two) - (one < two);
}

static void
enter (LocalLocks *self, Claim *claim, gboolean hold)
{
  for (guint i = 0; i < claim->uses->len; i++) {
    const LocalLockUse *use = g_ptr_array_index (claim->uses, i);
    Lock *lock = get_lock (self, use->name);

    g_ptr_array_add (hold ? lock->holders : lock->waiters, claim);
    if (!hold)
      g_ptr_array_sort (lock->waiters, compare_places);
  }
  g_hash_table_insert (hold ? self->holding : self->waiting, claim->owner, claim);
}

static void
leave (LocalLocks *self, GHashTable *claims, gpointer owner)
{
  Claim *claim = g_hash_table_lookup (claims, owner);

  for (guint i = 0; claim != NULL && i < claim->uses->len; i++) {
    const LocalLockUse *use = g_ptr_array_index (claim->uses, i);
    Lock *lock = get_lock (self, use->name);

    g_ptr_array_remove (claims == self->holding ? lock->holders : lock->waiters, claim);
  }
  g_hash_table_remove (claims, owner);
}

/* All of @uses or none; on FALSE @owner waits at @place, and @blocking (nullable) is the lock that
 * is not to be had. One owner holds and waits once. */
gboolean
local_locks_take (
    LocalLocks *self, gpointer owner, GPtrArray *uses, gint64 place, const char **blocking)
{
  Claim *claim = g_new0 (Claim, 1);
  gboolean granted = TRUE;

  leave (self, self->waiting, owner);
  claim->owner = owner;
  claim->place = place;
  claim->uses = g_ptr_array_ref (uses);
  for (guint i = 0; i < uses->len && granted; i++) {
    const LocalLockUse *use = g_ptr_array_index (uses, i);

    granted = is_free (self, claim, use);
    if (!granted && blocking != NULL)
      *blocking = use->name;
  }
  enter (self, claim, granted);
  return granted;
}

void
local_locks_withdraw (LocalLocks *self, gpointer owner)
{
  leave (self, self->waiting, owner);
}

void
local_locks_release (LocalLocks *self, gpointer owner)
{
  leave (self, self->holding, owner);
}

/* What @owner holds is @heir's from now on. */
void
local_locks_pass_on (LocalLocks *self, gpointer owner, gpointer heir)
{
  gpointer claim = NULL;

  if (!g_hash_table_steal_extended (self->holding, owner, NULL, &claim))
    return;
  ((Claim *)claim)->owner = heir;
  g_hash_table_insert (self->holding, heir, claim);
}

/* Units in use; all of it by an exclusive holder */
gint64
local_locks_held (LocalLocks *self, const char *name)
{
  const Lock *lock = get_lock (self, name);
  gint64 units = 0;

  for (guint i = 0; i < lock->holders->len; i++) {
    const LocalLockUse *use = find_use (g_ptr_array_index (lock->holders, i), name);

    units += use->exclusive ? lock->count : use->units;
  }
  return units;
}

guint
local_locks_count_waiters (LocalLocks *self, const char *name)
{
  return get_lock (self, name)->waiters->len;
}
