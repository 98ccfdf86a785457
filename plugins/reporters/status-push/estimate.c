/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long a build, or a step of it, is expected to run: the mean of its builder's last good
 * builds, as the engines have it.
 */
#include "payload.h"

#define GOOD_BUILDS  10
#define GOOD_STEPS   5
#define BUILDS_ASKED 40

static gboolean
is_good (gboolean complete, gint64 results, gint64 start_us, gint64 end_us)
{
  return complete && (results == BELFRY_RESULT_SUCCESS || results == BELFRY_RESULT_WARNINGS) &&
         start_us != BELFRY_NONE && end_us >= start_us;
}

/* (element-type BelfryBuild), newest first */
static GPtrArray *
list_good (gint64 builderid, guint most, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  GPtrArray *good = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ "builderid", BELFRY_COMPARE_EQUAL, builderid, NULL };
  query.filters[1] = (BelfryFilter){ "complete", BELFRY_COMPARE_EQUAL, TRUE, NULL };
  query.descending = TRUE;
  query.limit = BUILDS_ASKED;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, NULL);
  for (guint i = 0; builds != NULL && i < builds->len && good->len < most; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);

    if (is_good (build->complete, build->results, build->started_at, build->complete_at))
      g_ptr_array_add (good, belfry_record_ref (build));
  }
  return good;
}

gint64
belfry_push_expect_build (gint64 builderid, BelfryReader *reader)
{
  g_autoptr (GPtrArray) good = list_good (builderid, GOOD_BUILDS, reader);
  gint64 mean_us = 0;

  if (good->len == 0)
    return BELFRY_NONE;
  for (guint i = 0; i < good->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (good, i);

    mean_us += (build->complete_at - build->started_at) / good->len;
  }
  return mean_us;
}

static gint64
find_step_time (gint64 buildid, const char *name, BelfryReader *reader)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  const BelfryStep *step = NULL;
  g_autoptr (GPtrArray) steps = NULL;

  query.filters[0] = (BelfryFilter){ "buildid", BELFRY_COMPARE_EQUAL, buildid, NULL };
  query.filters[1] = (BelfryFilter){ "name", BELFRY_COMPARE_EQUAL, 0, name };
  query.limit = 1;
  steps = belfry_reader_list (reader, belfry_step_get_type (), &query, NULL, NULL);
  if (steps == NULL || steps->len == 0)
    return BELFRY_NONE;
  step = g_ptr_array_index (steps, 0);
  return is_good (step->complete, step->results, step->started_at, step->complete_at)
             ? step->complete_at - step->started_at
             : BELFRY_NONE;
}

gint64
belfry_push_expect_step (gint64 builderid, const char *name, BelfryReader *reader)
{
  g_autoptr (GPtrArray) good = list_good (builderid, GOOD_STEPS, reader);
  gint64 sum_us = 0;
  guint count = 0;

  for (guint i = 0; name != NULL && i < good->len; i++) {
    const BelfryBuild *build = g_ptr_array_index (good, i);
    gint64 time_us = find_step_time (build->buildid, name, reader);

    if (time_us == BELFRY_NONE)
      continue;
    sum_us += time_us;
    count++;
  }
  return count > 0 ? sum_us / count : BELFRY_NONE;
}
