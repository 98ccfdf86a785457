/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poller's core: what svn prints, and which branch a path lies in. */
#include "svn-split.h"

#include <string.h>

static const char info[] =
    "<?xml version=\"1.0\"?><info><entry revision=\"12\" kind=\"dir\" path=\"a b\">"
    "<url>https://s.example/svn/a%20b</url><repository><root>https://s.example/svn</root>"
    "</repository><commit revision=\"9\"><author>ada</author></commit></entry></info>";

static void
test_info (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (info, strlen (info));
  g_autoptr (GError) error = NULL;
  g_autoptr (SvnInfo) read = svn_info_read (bytes, &error);
  g_autofree char *prefix = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (read->head, ==, 12);
  g_assert_cmpint (read->last, ==, 9);
  prefix = svn_info_dup_prefix (read, &error);
  g_assert_cmpstr (prefix, ==, "/a b");
  g_free (read->url);
  read->url = g_strdup ("https://s.example/svnx");
  g_assert_null (svn_info_dup_prefix (read, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
}

static SvnEntry *
read_entry (GPtrArray **entries, const char *paths)
{
  g_autofree char *text = g_strdup_printf (
      "<log><logentry revision=\"7\"><date>2023-03-04T05:06:07.5Z</date><paths>%s</paths>"
      "<msg>two &lt;lines\n</msg></logentry></log>",
      paths);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  *entries = svn_log_read (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint ((*entries)->len, ==, 1);
  return g_ptr_array_index (*entries, 0);
}

static void
assert_split (const char *split, gboolean tags, const char *paths, const char *expected)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (SvnSplitter) splitter = svn_splitter_new (split, tags, NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  svn_splitter_add_changes (splitter, read_entry (&entries, paths), "/base", changes);
  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);
    g_autofree char *files = g_strjoinv ("|", change->files);

    g_string_append_printf (text, "%s%s%s[%s] ", change->project != NULL ? change->project : "",
                            change->project != NULL && *change->project != '\0' ? ":" : "",
                            change->branch != NULL ? change->branch : "-", files);
  }
  g_assert_cmpstr (text->str, ==, expected);
}

#define P(action, path) "<path action=\"" action "\">" path "</path>"

static void
test_split (void)
{
  assert_split ("none", FALSE, P ("M", "/base/trunk/a") P ("M", "/basement/b") P ("A", "/base"),
                "-[trunk/a|] ");
  assert_split ("branches", FALSE,
                P ("M", "/base/trunk/a") P ("M", "/base/branches/x/b") P ("A", "/base/trunk")
                    P ("M", "/base/tags/t/c") P ("A", "/base/branches") P ("M", "/base/other"),
                "-[a|] branches/x[b] ");
  assert_split ("branches", TRUE, P ("A", "/base/tags/t"), "tags/t[] ");
  /* a branch that was removed and nothing else */
  assert_split ("branches", FALSE, P ("D", "/base/branches/x") P ("M", "/base/trunk/a"), "-[a] ");
  assert_split ("branches", FALSE, P ("D", "/base/branches/x") P ("A", "/base/branches/x/y"),
                "branches/x[|y] ");
  assert_split ("projects-branches", FALSE,
                P ("M", "/base/p/trunk/a") P ("M", "/base/q/branches/x/b") P ("M", "/base/r"),
                "p:-[a] q:branches/x[b] ");
  assert_split ("(?P<branch>[^/]+)/src/(?P<path>.*)", FALSE,
                P ("M", "/base/x/src/a") P ("M", "/base/x/doc/b"), "x[a] ");
  assert_split ("branches", FALSE, "", "");
}

static void
test_entry (void)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (SvnSplitter) splitter = svn_splitter_new ("none", FALSE, NULL);
  const BelfryChange *change = NULL;

  svn_splitter_add_changes (splitter, read_entry (&entries, P ("M", "/base/a")), "/base", changes);
  change = g_ptr_array_index (changes, 0);
  g_assert_cmpstr (change->author, ==, "unknown");
  g_assert_cmpstr (change->comments, ==, "two <lines\n");
  g_assert_cmpstr (change->revision, ==, "7");
  g_assert_cmpint (change->when_timestamp / G_USEC_PER_SEC, ==, 1677906367);
}

static void
test_broken (void)
{
  static const char *const texts[] = {
    "",
    "nonsense",
    "<log>",
    "<log><logentry revision=\"x\"/></log>",
    "<log><logentry/></log>",
    "<!DOCTYPE log [<!ENTITY a 'b'>]><log><logentry revision='1'><msg>&a;</msg></logentry></log>",
    "<a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new (texts[i], strlen (texts[i]));

    g_assert_null (svn_log_read (bytes, NULL));
    g_assert_null (svn_info_read (bytes, NULL));
  }
  g_assert_null (svn_splitter_new ("no-path", FALSE, NULL));
  g_assert_null (svn_splitter_new ("(?P<path>", FALSE, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subversion/info", test_info);
  g_test_add_func ("/subversion/split", test_split);
  g_test_add_func ("/subversion/entry", test_entry);
  g_test_add_func ("/subversion/broken", test_broken);
  return g_test_run ();
}
