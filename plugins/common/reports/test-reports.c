/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <belfry-test.h>
#include "reports.h"

typedef struct {
  BelfryMap *map;
} State;

static const BelfryOption rows[] = {
  BELFRY_MAP (State, map, "priorities", .element = BELFRY_OPTION_STRING),
  { NULL },
};

static const struct {
  const char *keys; /* MODE=VALUE… */
  const char *fixture;
  const char *edits;
  const char *found;
} lookups[] = {
  { "failing=a passing=b", "failure", NULL, "a" },
  { "failing=a passing=b", "success", NULL, "b" },
  { "failing=a passing=b", "warnings", NULL, NULL },
  { "failing=a change=c", "warnings", NULL, "c" },
  { "change=c failing=a", "failure", NULL, "a" },
  { "change=c", "success", NULL, NULL },
  { "change=c", "success", "variables.0.previous_results=null", NULL },
  { "change=c", "success", "variables.0.previous_results=2", "c" },
  { "exception=e", "cancelled", NULL, "e" },
  { "exception=e cancelled=x", "cancelled", NULL, "x" },
  { "failing=a passing=b", "buildset", NULL, "a" },
  { "failing=a passing=b", "buildset", "buildset.results=0", "b" },
  { "failing=a passing=b", "buildset", "buildset.results=null", "a" },
  { "failing=a worker_missing=w", "worker", NULL, "w" },
  { "failing=a worker-missing=w", "worker", NULL, "w" },
  { "failing=a", "worker", NULL, NULL },
  { "failing=a change=c", "started", NULL, NULL },
  { "failing=a change=c", "test", NULL, NULL },
};

static void
test_modes (void)
{
  const BelfryOptionTable table = { rows, sizeof (BelfryOption) };

  for (gsize i = 0; i < G_N_ELEMENTS (lookups); i++) {
    g_autoptr (BelfrySection) section = belfry_section_new ("reporter", "x", "f", 1);
    g_autoptr (BelfryProblems) problems = belfry_problems_new ();
    g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (BelfryReport) report =
        belfry_test_report_new (lookups[i].fixture, lookups[i].edits);
    g_auto (GStrv) words = g_strsplit (lookups[i].keys, " ", -1);
    State state = { NULL };

    for (guint j = 0; words[j] != NULL; j++) {
      g_auto (GStrv) pair = g_strsplit (words[j], "=", 2);
      g_autofree char *key = g_strconcat ("priorities.", pair[0], NULL);

      belfry_section_set (section, key, pair[1], "f", 2);
    }
    belfry_option_table_read (&table, section, &state, consumed, problems);
    g_assert_cmpstr (belfry_reports_look_up_mode (state.map, report), ==, lookups[i].found);
    belfry_option_table_clear (&table, &state);
  }
}

static const struct {
  const char *fixture;
  const char *key;
  const char *url;
  gint64 result;
} facts[] = {
  { "started", "build/9031", "https://ci.example.org/builders/linux-x86/builds/142", BELFRY_NONE },
  { "failure", "build/9031", "https://ci.example.org/builders/linux-x86/builds/142", 2 },
  { "buildset", "buildset/4410", "https://ci.example.org/", 2 },
  { "worker", "worker/box3", "https://ci.example.org/", BELFRY_NONE },
  { "test", "", "https://ci.example.org/", BELFRY_NONE },
};

static void
test_facts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (facts); i++) {
    g_autoptr (BelfryReport) report = belfry_test_report_new (facts[i].fixture, NULL);
    g_autofree char *key = belfry_reports_dup_key (report);

    g_assert_cmpstr (key, ==, facts[i].key);
    g_assert_cmpstr (belfry_reports_get_url (report), ==, facts[i].url);
    g_assert_cmpint (belfry_reports_get_result (report), ==, facts[i].result);
  }
}

static void
test_cut (void)
{
  g_autofree char *whole = belfry_reports_cut ("äöü", 3);
  g_autofree char *cut = belfry_reports_cut ("äöüß", 3);

  g_assert_cmpstr (whole, ==, "äöü");
  g_assert_cmpstr (cut, ==, "äö…");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reports/modes", test_modes);
  g_test_add_func ("/reports/facts", test_facts);
  g_test_add_func ("/reports/cut", test_cut);
  return g_test_run ();
}
