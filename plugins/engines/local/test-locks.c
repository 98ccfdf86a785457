/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks: the rules of granting, and random schedules that must never exceed, starve or deadlock. */
#include "locks.h"

#define SCHEDULES 1000
#define OWNERS    12
#define NAMES     3
#define ROUNDS    1000

static void
free_use (gpointer use)
{
  local_lock_use_free (use);
}

static GPtrArray *
parse (const char *text)
{
  GPtrArray *uses = g_ptr_array_new_with_free_func (free_use);
  g_auto (GStrv) items = g_strsplit (text, ";", -1);

  for (guint i = 0; items[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    LocalLockUse *use = local_lock_use_parse (items[i], &error);

    g_assert_no_error (error);
    g_ptr_array_add (uses, use);
  }
  return uses;
}

static gboolean
take (LocalLocks *locks, guint owner, const char *text, gint64 place)
{
  g_autoptr (GPtrArray) uses = parse (text);

  return local_locks_take (locks, GUINT_TO_POINTER (owner), uses, place, NULL);
}

static void
test_grammar (void)
{
  static const char *const wrong[] = {
    "", "a:b", "a:exclusive:2", "a:counting:-1", "a:counting:x", "a b"
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", wrong[i]);
    g_assert_null (local_lock_use_parse (wrong[i], &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static void
test_first_come (void)
{
  g_autoptr (LocalLocks) locks = local_locks_new ();

  local_locks_set_count (locks, "l", 2);
  g_assert_true (take (locks, 1, "l:counting", 1));
  g_assert_false (take (locks, 2, "l", 2));
  /* there is a unit left, but one waits before */
  g_assert_false (take (locks, 3, "l:counting", 3));
  g_assert_true (take (locks, 4, "l:counting:0", 4));
  local_locks_release (locks, GUINT_TO_POINTER (1));
  g_assert_false (take (locks, 3, "l:counting", 3));
  g_assert_true (take (locks, 2, "l", 2));
  g_assert_cmpint (local_locks_held (locks, "l"), ==, 2);
  local_locks_release (locks, GUINT_TO_POINTER (2));
  g_assert_true (take (locks, 3, "l:counting", 3));
  g_assert_cmpuint (local_locks_count_waiters (locks, "l"), ==, 0);
}

static void
test_lowered (void)
{
  g_autoptr (LocalLocks) locks = local_locks_new ();

  local_locks_set_count (locks, "l", 4);
  g_assert_true (take (locks, 1, "l:counting:3", 1));
  local_locks_set_count (locks, "l", 2);
  g_assert_cmpint (local_locks_held (locks, "l"), ==, 3);
  g_assert_false (take (locks, 2, "l:counting:1", 2));
  local_locks_release (locks, GUINT_TO_POINTER (1));
  g_assert_true (take (locks, 2, "l:counting:1", 2));
}

static void
test_withdrawn (void)
{
  g_autoptr (LocalLocks) locks = local_locks_new ();

  g_assert_true (take (locks, 1, "l", 1));
  g_assert_false (take (locks, 2, "l;m", 2));
  g_assert_false (take (locks, 3, "m", 3));
  local_locks_withdraw (locks, GUINT_TO_POINTER (2));
  g_assert_true (take (locks, 3, "m", 3));
  local_locks_pass_on (locks, GUINT_TO_POINTER (3), GUINT_TO_POINTER (4));
  g_assert_false (take (locks, 5, "m", 5));
  local_locks_release (locks, GUINT_TO_POINTER (4));
  g_assert_true (take (locks, 5, "m", 5));
}

/** Owner: one that wants its locks, holds them for a while, and is done */
typedef struct {
  char *text;
  gint64 place; /* 0: it has not asked */
  gboolean holds;
  gboolean done;
} Owner;

static char *
make_uses (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < NAMES; i++) {
    if (g_test_rand_bit () || (i == NAMES - 1 && text->len == 0)) {
      g_string_append_printf (text, "%sl%d", text->len > 0 ? ";" : "", i);
      if (g_test_rand_bit ())
        g_string_append_printf (text, ":counting:%d", g_test_rand_int_range (1, 4));
    }
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
check_counts (LocalLocks *locks)
{
  for (int i = 0; i < NAMES; i++) {
    g_autofree char *name = g_strdup_printf ("l%d", i);

    g_assert_cmpint (local_locks_held (locks, name), <=, 3);
  }
}

/* In the order of their places, as waiters are asked. */
static void
ask_all (LocalLocks *locks, Owner *owners)
{
  for (gint64 place = 1; place <= OWNERS; place++) {
    for (guint i = 0; i < OWNERS; i++) {
      if (owners[i].place == place && !owners[i].holds && !owners[i].done)
        owners[i].holds = take (locks, i + 1, owners[i].text, place);
    }
  }
}

static void
let_one_go (LocalLocks *locks, Owner *owners)
{
  guint i = (guint)g_test_rand_int_range (0, OWNERS);

  if (!owners[i].holds)
    return;
  owners[i].holds = FALSE;
  owners[i].done = TRUE;
  local_locks_release (locks, GUINT_TO_POINTER (i + 1));
}

static guint
count_done (const Owner *owners)
{
  guint count = 0;

  for (guint i = 0; i < OWNERS; i++)
    count += owners[i].done ? 1 : 0;
  return count;
}

static void
run_schedule (void)
{
  g_autoptr (LocalLocks) locks = local_locks_new ();
  Owner owners[OWNERS] = { { 0 } };
  guint rounds = 0;

  for (guint i = 0; i < OWNERS; i++)
    owners[i].text = make_uses ();
  for (int i = 0; i < NAMES; i++) {
    g_autofree char *name = g_strdup_printf ("l%d", i);

    local_locks_set_count (locks, name, 3);
  }
  while (count_done (owners) < OWNERS && rounds++ < ROUNDS) {
    guint i = (guint)g_test_rand_int_range (0, OWNERS);

    if (owners[i].place == 0)
      owners[i].place = local_locks_make_place (locks);
    ask_all (locks, owners);
    check_counts (locks);
    let_one_go (locks, owners);
  }
  g_assert_cmpuint (count_done (owners), ==, OWNERS);
  for (guint i = 0; i < OWNERS; i++)
    g_free (owners[i].text);
}

static void
test_random_schedules (void)
{
  for (guint i = 0; i < SCHEDULES; i++)
    run_schedule ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/locks/grammar", test_grammar);
  g_test_add_func ("/engine-local/locks/first-come", test_first_come);
  g_test_add_func ("/engine-local/locks/lowered", test_lowered);
  g_test_add_func ("/engine-local/locks/withdrawn", test_withdrawn);
  g_test_add_func ("/engine-local/locks/random-schedules", test_random_schedules);
  return g_test_run ();
}
