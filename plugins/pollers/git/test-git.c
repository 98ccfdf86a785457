/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's core: what is chosen of a listing, and what a log says. */
#include "git-log.h"
#include "git-refs.h"

#include <string.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddd"

static const char listing[] =
    "ref: refs/heads/trunk\tHEAD\n" A "\tHEAD\n" A "\trefs/heads/trunk\n" B
    "\trefs/heads/release/1\n" C "\trefs/heads/--upload-pack=x\n" C "\trefs/heads/a b\n" C
    "\trefs/heads/a..b\n"
    "nonsense\trefs/heads/bad\n" B "\trefs/tags/v1\n" C "\trefs/tags/v1^{}\n" D
    "\trefs/pull/7/head\n" D "\t/etc/passwd\n";

static gboolean
append (gpointer name, gpointer id, gpointer text)
{
  g_string_append_printf (text, "%s=%.1s ", (const char *)name, (const char *)id);
  return FALSE;
}

static void
assert_chosen (const char *branches, gboolean only_tags, const char *expected)
{
  g_auto (GStrv) list = branches != NULL ? g_strsplit (branches, ";", -1) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GitChooser) chooser = git_chooser_new ((const char *const *)list, only_tags, &error);
  g_autoptr (GBytes) bytes = g_bytes_new_static (listing, strlen (listing));
  g_autoptr (GitRefs) refs = git_refs_read (chooser, bytes, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  g_tree_foreach (refs->chosen, append, text);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_choose (void)
{
  assert_chosen (NULL, FALSE, "refs/heads/trunk=a ");
  assert_chosen ("trunk;gone", FALSE, "refs/heads/trunk=a ");
  assert_chosen ("release/*", FALSE, "refs/heads/release/1=b ");
  assert_chosen ("true", FALSE,
                 "refs/heads/--upload-pack=x=c refs/heads/release/1=b refs/heads/trunk=a ");
  assert_chosen ("*", FALSE,
                 "refs/heads/--upload-pack=x=c refs/heads/release/1=b refs/heads/trunk=a ");
  assert_chosen ("refs/pull/*", FALSE, "refs/pull/7/head=d ");
  assert_chosen ("/refs\\/pull\\/\\d+\\/head$/", FALSE, "refs/pull/7/head=d ");
  /* an annotated tag is the commit it stands for */
  assert_chosen (NULL, TRUE, "refs/tags/v1=c ");
}

static void
test_moved (void)
{
  static const char *const all[] = { "true", NULL };
  g_autoptr (GitChooser) chooser = git_chooser_new (all, FALSE, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static (listing, strlen (listing));
  g_autoptr (GitRefs) refs = git_refs_read (chooser, bytes, NULL);
  g_autoptr (JsonObject) seen = json_object_new ();
  g_autoptr (GPtrArray) moved = NULL;

  json_object_set_string_member (seen, "refs/heads/trunk", A);
  json_object_set_string_member (seen, "refs/heads/release/1", A);
  moved = git_refs_list_moved (refs, seen);
  g_assert_cmpuint (moved->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (moved, 0), ==, "refs/heads/--upload-pack=x");
  g_assert_cmpstr (g_ptr_array_index (moved, 1), ==, "refs/heads/release/1");
  g_assert_false (git_refs_has_lost (refs, seen));
  json_object_set_string_member (seen, "refs/heads/gone", A);
  g_assert_true (git_refs_has_lost (refs, seen));
}

static void
test_pattern (void)
{
  static const char *const bad[] = { "main", "/(/", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (git_chooser_new (bad, FALSE, &error));
  g_assert_nonnull (strstr (error->message, "/(/"));
}

/* A - B - D, with C merged by D; B has two files, one beginning with a line end, C none */
static const char log_text[] = A "\0\0"
                                 "1\0x <x>\0y <y>\0first\n\0"
                                 "\na\0\0" B "\0" A "\0"
                                 "2\0x <x>\0y <y>\0second\nbody\n\n\0"
                                 "\n\nodd\0b\0\0" C "\0" A "\0"
                                 "3\0x <x>\0y <y>\0\n\0\0" D "\0" B " " C "\0"
                                 "4\0x <x>\0y <y>\0merge\n\0\nm\0";

static GitLog *
read_log (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (log_text, sizeof log_text - 1);
  g_autoptr (GError) error = NULL;
  GitLog *log = git_log_read (bytes, "UTF-8", &error);

  g_assert_no_error (error);
  return log;
}

static char *
walk (const GitWalk *from, guint most, guint *dropped)
{
  g_autoptr (GitLog) log = read_log ();
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GString) text = g_string_new (NULL);
  GitWalk other = { .branch = "other", .head = B, .files = TRUE };

  git_log_add_changes (log, from, changes);
  if (most > 0) {
    git_log_add_changes (log, &other, changes);
    *dropped = git_log_cap (log, changes, most);
  }
  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);
    g_autofree char *files = g_strjoinv ("|", change->files);

    g_string_append_printf (text, "%s %.1s [%s]%s %s; ", change->branch, change->revision, files,
                            change->files_unknown ? "?" : "", change->comments);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_log (void)
{
  GitWalk from = { .branch = "main", .head = D, .files = TRUE, .merges_known = TRUE };
  g_autofree char *all = walk (&from, 0, NULL);
  g_autofree char *first = NULL;
  g_autofree char *older = NULL;

  g_assert_cmpstr (all, ==,
                   "main a [a] first; main b [\nodd|b] second\nbody; main c [] ; "
                   "main d [m] merge; ");
  from.first_parent = TRUE;
  from.merges_known = FALSE;
  first = walk (&from, 0, NULL);
  g_assert_cmpstr (first, ==,
                   "main a [a] first; main b [\nodd|b] second\nbody; main d [m]? merge; ");
  from.head = C;
  older = walk (&from, 0, NULL);
  g_assert_cmpstr (older, ==, "main a [a] first; main c [] ; ");
}

static void
test_cap (void)
{
  const GitWalk from = { .branch = "main", .head = D, .files = TRUE, .merges_known = TRUE };
  guint dropped = 0;
  g_autofree char *some = walk (&from, 4, &dropped);

  /* six changes of four commits: the newest commits whole, the oldest not at all */
  g_assert_cmpuint (dropped, ==, 2);
  g_assert_cmpstr (some, ==,
                   "main b [\nodd|b] second\nbody; main c [] ; main d [m] merge; "
                   "other b [\nodd|b] second\nbody; ");
}

static void
test_broken (void)
{
  static const char *const texts[] = { "nonsense", A "\0x", "\n\n\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]) + 1);
    g_autoptr (GError) error = NULL;

    g_assert_null (git_log_read (bytes, "UTF-8", &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/git/refs/choose", test_choose);
  g_test_add_func ("/git/refs/moved", test_moved);
  g_test_add_func ("/git/refs/pattern", test_pattern);
  g_test_add_func ("/git/log/walk", test_log);
  g_test_add_func ("/git/log/cap", test_cap);
  g_test_add_func ("/git/log/broken", test_broken);
  return g_test_run ();
}
