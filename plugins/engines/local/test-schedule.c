/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters, importance, timers, collapse, order and windows: the pure parts of scheduling. */
#include "choose.h"
#include "collapse.h"
#include "filter.h"
#include "sections.h"
#include "timer.h"
#include "window.h"

static BelfryChange *
make_change (gint64 id, const char *branch, const char *files)
{
  BelfryChange *change = belfry_change_new ();

  change->changeid = id;
  belfry_record_set_text (&change->branch, branch);
  belfry_record_set_text (&change->project, "acme/anvil");
  belfry_record_set_text (&change->repository, "https://example.org/anvil.git");
  belfry_record_set_text (&change->codebase, "");
  g_strfreev (change->files);
  change->files = g_strsplit (files, " ", -1);
  if (*files == '\0') {
    g_strfreev (change->files);
    change->files = g_new0 (char *, 1);
  }
  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  belfry_properties_set_text (change->properties, "event", "push", "Change");
  return change;
}

static LocalSection *
read_scheduler (const char *keys)
{
  g_autoptr (BelfrySection) section = belfry_section_new ("scheduler", "s", "f", 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_auto (GStrv) lines = g_strsplit (keys, "\n", -1);
  LocalSection *result = NULL;

  belfry_section_set (section, "type", "any-branch", "f", 1);
  belfry_section_set (section, "builders", "b", "f", 1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (lines[i], "=", 2);

    if (g_strv_length (pair) == 2)
      belfry_section_set (section, pair[0], pair[1], "f", i + 2);
  }
  result =
      local_section_new (section, local_scheduler_options, sizeof (LocalSchedulerKeys), problems);
  g_assert_cmpuint (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR), ==, 0);
  return result;
}

static const struct {
  const char *keys;
  const char *branch; /* NULL: none */
  gboolean matches;
} filters[] = {
  { "", "main", TRUE },
  { "branch=main", "main", TRUE },
  { "branch=main", "other", FALSE },
  { "branch=main;release/*", "release/1", TRUE },
  { "branches=main", "main", TRUE },
  { "branch=@none", NULL, TRUE },
  { "branch=main", NULL, FALSE },
  { "branch=", "main", FALSE },
  { "branch-not=wip/*", "wip/x", FALSE },
  { "branch-not=wip/*", "main", TRUE },
  { "branch-not=wip/*", NULL, TRUE },
  { "branch-re=ma", "main", TRUE },
  { "branch-re=ai", "main", FALSE },
  { "branch-re=ma$", "main", FALSE },
  { "branch-re=.*", NULL, FALSE },
  { "branch-not-re=ma", "main", FALSE },
  { "branch-not-re=ma", NULL, TRUE },
  { "branch=main\nproject=other", "main", FALSE },
  { "category=@none", "main", TRUE },
  { "category=x", "main", FALSE },
  { "match-property.event=push", "main", TRUE },
  { "match-property.event-not=push", "main", FALSE },
  { "match-property.event-re=pu", "main", TRUE },
  { "match-property.absent=@none", "main", TRUE },
  { "match-property.absent=x", "main", FALSE },
};

static void
test_filters (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++) {
    g_autoptr (LocalSection) section = read_scheduler (filters[i].keys);
    g_autoptr (GError) error = NULL;
    g_autoptr (LocalFilter) filter =
        local_filter_new (&((LocalSchedulerKeys *)section->keys)->filter, &error);
    g_autoptr (BelfryChange) change = make_change (1, filters[i].branch, "a");

    g_assert_no_error (error);
    g_test_message ("%s, branch %s", filters[i].keys,
                    filters[i].branch != NULL ? filters[i].branch : "(none)");
    g_assert_cmpint (local_filter_matches (filter, change, NULL), ==, filters[i].matches);
  }
}

static const struct {
  const char *keys;
  const char *files;
  gboolean unknown;
  gboolean important;
} importance[] = {
  { "", "", FALSE, TRUE },
  { "unimportant-files=doc/**;*.md", "doc/a/b README.md", FALSE, FALSE },
  { "unimportant-files=doc/**;*.md", "doc/a src/x.c", FALSE, TRUE },
  { "unimportant-files=*.md", "doc/x.md", FALSE, TRUE },
  { "important-files=src/**", "doc/a", FALSE, FALSE },
  { "important-files=src/**", "doc/a src/b", FALSE, TRUE },
  { "important-files=src/**\nunimportant-files=src/doc/**", "src/doc/x", FALSE, FALSE },
  { "important-files=src/**\nunimportant-files=src/doc/**", "src/doc/x src/y", FALSE, TRUE },
  { "important-files=src/**", "", FALSE, FALSE },
  { "important-files=src/**", "", TRUE, TRUE },
};

static void
test_importance (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (importance); i++) {
    g_autoptr (LocalSection) section = read_scheduler (importance[i].keys);
    g_autoptr (BelfryChange) change = make_change (1, "main", importance[i].files);

    change->files_unknown = importance[i].unknown;
    g_test_message ("%s: %s", importance[i].keys, importance[i].files);
    g_assert_cmpint (local_change_is_important (section->keys, change), ==,
                     importance[i].important);
  }
}

static void
test_timer (void)
{
  g_autoptr (LocalTimer) timer = local_timer_new ("all");
  g_autoptr (BelfryChange) change = make_change (1, "main", "a");

  local_timer_add (timer, change, FALSE, 100, 50);
  g_assert_false (local_timer_is_due (timer, 1000));
  local_timer_add (timer, change, TRUE, 200, 50);
  g_assert_false (local_timer_is_due (timer, 249));
  local_timer_add (timer, change, FALSE, 240, 50);
  g_assert_false (local_timer_is_due (timer, 289));
  g_assert_true (local_timer_is_due (timer, 290));
  g_assert_cmpuint (timer->changes->len, ==, 3);
}

static void
test_timer_restored (void)
{
  g_autoptr (LocalTimer) timer = local_timer_new ("all");
  g_autoptr (BelfryChange) change = make_change (7, "main", "a");
  g_autoptr (JsonNode) stored = NULL;
  JsonObject *object = NULL;

  local_timer_add (timer, change, TRUE, 1000, 500);
  stored = local_timer_describe_last (timer, TRUE, 1000, 1000000);
  object = json_node_get_object (stored);
  g_assert_true (belfry_json_get_boolean (object, "important", FALSE));
  g_assert_cmpint (local_timer_restore_due (object, 5, 1000200, 500), ==, 305);
  g_assert_cmpint (local_timer_restore_due (object, 5, 2000000, 500), ==, 5);
  /* a wall clock that was set back by an hour */
  g_assert_cmpint (local_timer_restore_due (object, 5, 500, 500), ==, 505);
}

static void
test_timer_keys (void)
{
  g_autoptr (BelfryChange) one = make_change (1, "main", "a");
  g_autoptr (BelfryChange) two = make_change (2, "other", "a");
  g_autofree char *a = local_timer_key (one, TRUE);
  g_autofree char *b = local_timer_key (two, TRUE);
  g_autofree char *c = local_timer_key (one, FALSE);
  g_autofree char *d = local_timer_key (two, FALSE);

  g_assert_cmpstr (a, !=, b);
  g_assert_cmpstr (c, ==, d);
}

typedef struct {
  LocalCandidate candidate;
  BelfrySourceStamp *stamp;
  BelfryProperties *properties;
} Request;

static void
fill_request (Request *self, gint64 bsid)
{
  self->stamp = belfry_source_stamp_new ();
  belfry_record_set_text (&self->stamp->branch, "main");
  belfry_record_set_text (&self->stamp->repository, "/srv/x");
  belfry_record_set_text (&self->stamp->project, "p");
  belfry_record_set_text (&self->stamp->codebase, "");
  self->properties = belfry_properties_new ();
  self->candidate.bsid = bsid;
  self->candidate.properties = self->properties;
  self->candidate.stamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (self->candidate.stamps, self->stamp);
  self->candidate.changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (self->candidate.changes, make_change (bsid, "main", "a"));
}

static void
clear_request (Request *self)
{
  g_ptr_array_unref (self->candidate.stamps);
  g_ptr_array_unref (self->candidate.changes);
  belfry_properties_free (self->properties);
}

static gboolean
may_collapse (const char *rule_text, const Request *newer, const Request *older)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalCollapseRule) rule = local_collapse_rule_new (rule_text, &error);
  gboolean result = FALSE;

  g_assert_no_error (error);
  result = local_collapse_may (rule, &newer->candidate, &older->candidate, &error);
  g_assert_no_error (error);
  return result;
}

static void
break_order (Request *newer)
{
  newer->candidate.bsid = 0;
}

static void
break_branch (Request *newer)
{
  belfry_record_set_text (&newer->stamp->branch, "other");
}

static void
break_project (Request *newer)
{
  belfry_record_set_text (&newer->stamp->project, "q");
}

static void
break_source (Request *newer)
{
  g_ptr_array_set_size (newer->candidate.changes, 0);
}

static void
break_patch (Request *newer)
{
  newer->stamp->patch = belfry_patch_new ();
}

static void
break_property (Request *newer)
{
  belfry_properties_set_text (newer->properties, "os", "linux", "Scheduler");
}

static void
break_kept (Request *newer)
{
  newer->candidate.kept = TRUE;
}

static void
break_priority (Request *newer)
{
  newer->candidate.priority = 1;
}

static const struct {
  void (*change) (Request *newer); /* NULL: nothing */
  gboolean yes;
  gboolean same_branch;
} clauses[] = {
  { NULL, TRUE, TRUE },
  { break_order, FALSE, FALSE },
  { break_branch, FALSE, FALSE },
  { break_project, FALSE, TRUE },
  { break_source, FALSE, TRUE },
  { break_patch, FALSE, FALSE },
  { break_property, FALSE, TRUE },
  { break_kept, FALSE, FALSE },
  { break_priority, FALSE, FALSE },
};

static void
test_collapse (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (clauses); i++) {
    Request older = { 0 };
    Request newer = { 0 };

    fill_request (&older, 1);
    fill_request (&newer, 2);
    if (clauses[i].change != NULL)
      clauses[i].change (&newer);
    g_test_message ("clause %u", i);
    g_assert_cmpint (may_collapse ("yes", &newer, &older), ==, clauses[i].yes);
    g_assert_cmpint (may_collapse ("same-branch-newest", &newer, &older), ==,
                     clauses[i].same_branch);
    g_assert_false (may_collapse ("no", &newer, &older));
    clear_request (&older);
    clear_request (&newer);
  }
}

static void
test_collapse_expression (void)
{
  Request older = { 0 };
  Request newer = { 0 };

  fill_request (&older, 1);
  fill_request (&newer, 2);
  belfry_properties_set_text (newer.properties, "os", "linux", "Scheduler");
  g_assert_true (may_collapse ("new.props.os == 'linux'", &newer, &older));
  g_assert_false (may_collapse ("old.props.os == 'linux'", &newer, &older));
  clear_request (&older);
  clear_request (&newer);
}

static int
compare_waiting (gconstpointer a, gconstpointer b, gpointer newest_first)
{
  return local_waiting_compare (a, b, GPOINTER_TO_INT (newest_first));
}

static void
test_queue_order (void)
{
  const LocalWaiting waiting[] = { { 0, 50, 3 }, { 0, 40, 2 }, { 5, 60, 4 }, { 0, 40, 1 } };
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (LocalWaiting));
  const gint64 oldest_first[] = { 4, 1, 2, 3 };
  const gint64 newest_first[] = { 4, 3, 2, 1 };

  g_array_append_vals (all, waiting, G_N_ELEMENTS (waiting));
  g_array_sort_with_data (all, compare_waiting, GINT_TO_POINTER (FALSE));
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpint (g_array_index (all, LocalWaiting, i).id, ==, oldest_first[i]);
  g_array_sort_with_data (all, compare_waiting, GINT_TO_POINTER (TRUE));
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpint (g_array_index (all, LocalWaiting, i).id, ==, newest_first[i]);
}

static const char *
first_place (LocalNextWorker by, const char *last)
{
  const LocalPlace all[] = { { "a", 2, 4, 0, NULL },
                             { "b", 0, 1, 1, NULL },
                             { "c", 1, 4, 2, NULL } };
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (LocalPlace));

  g_array_append_vals (places, all, G_N_ELEMENTS (all));
  local_places_sort (places, by, last);
  return g_array_index (places, LocalPlace, 0).worker;
}

static void
test_worker_order (void)
{
  g_assert_cmpstr (first_place (LOCAL_WORKER_FIRST, "c"), ==, "a");
  g_assert_cmpstr (first_place (LOCAL_WORKER_LEAST_BUSY, "a"), ==, "b");
  g_assert_cmpstr (first_place (LOCAL_WORKER_STICKY, "c"), ==, "c");
  g_assert_cmpstr (first_place (LOCAL_WORKER_STICKY, NULL), ==, "b");
}

static gboolean
is_open (const char *windows, const char *when)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalWindows) parsed = local_windows_new (windows, &error);
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (when, NULL);

  g_assert_no_error (error);
  return local_windows_contain (parsed, time);
}

static void
test_windows (void)
{
  /* 2024-06-03 is a Monday */
  g_assert_true (is_open ("08:00-17:30", "2024-06-03T08:00:00Z"));
  g_assert_false (is_open ("08:00-17:30", "2024-06-03T17:30:00Z"));
  g_assert_true (is_open ("22:00-06:00", "2024-06-03T05:59:00Z"));
  g_assert_true (is_open ("22:00-06:00 sun", "2024-06-03T05:59:00Z"));
  g_assert_false (is_open ("22:00-06:00 mon", "2024-06-03T05:59:00Z"));
  g_assert_true (is_open ("00:00-24:00 fri-mon", "2024-06-03T12:00:00Z"));
  g_assert_false (is_open ("00:00-24:00 tue,wed", "2024-06-03T12:00:00Z"));
  g_assert_true (is_open ("01:00-02:00;12:00-13:00 mon", "2024-06-03T12:00:00Z"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/filter/every-key", test_filters);
  g_test_add_func ("/engine-local/filter/importance", test_importance);
  g_test_add_func ("/engine-local/timer/restarted-by-changes", test_timer);
  g_test_add_func ("/engine-local/timer/rest-is-waited-for", test_timer_restored);
  g_test_add_func ("/engine-local/timer/one-per-branch", test_timer_keys);
  g_test_add_func ("/engine-local/collapse/each-clause", test_collapse);
  g_test_add_func ("/engine-local/collapse/expression", test_collapse_expression);
  g_test_add_func ("/engine-local/choose/requests", test_queue_order);
  g_test_add_func ("/engine-local/choose/workers", test_worker_order);
  g_test_add_func ("/engine-local/window/days", test_windows);
  return g_test_run ();
}
