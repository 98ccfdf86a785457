/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results: their names and how two combine. The numbers are Buildbot's; a missing result is
 * BELFRY_NONE, which is better than any.
 */
#include "belfry-record.h"

/**
 * Result: one row
 * @name: as programs write it
 * @badness: higher is worse; skipped is better than success
 */
typedef struct {
  const char *name;
  int badness;
} Result;

static const Result results[] = {
  [BELFRY_RESULT_SUCCESS] = { N_ ("success"), 1 },
  [BELFRY_RESULT_WARNINGS] = { N_ ("warnings"), 2 },
  [BELFRY_RESULT_FAILURE] = { N_ ("failure"), 3 },
  [BELFRY_RESULT_SKIPPED] = { N_ ("skipped"), 0 },
  [BELFRY_RESULT_EXCEPTION] = { N_ ("exception"), 4 },
  [BELFRY_RESULT_RETRY] = { N_ ("retry"), 5 },
  [BELFRY_RESULT_CANCELLED] = { N_ ("cancelled"), 6 },
};

static const Result *
result_find (gint64 result)
{
  return result >= 0 && result < (gint64)G_N_ELEMENTS (results) ? &results[result] : NULL;
}

/**
 * belfry_result_get_name:
 * @result: a result or %BELFRY_NONE
 *
 * Names a result: `success`, `failure`… A missing one is `not finished`, any other number
 * `Invalid status`.
 *
 * Returns: (transfer none): the name
 * Since: 0.1
 */
const char *
belfry_result_get_name (gint64 result)
{
  const Result *row = result_find (result);

  if (result == BELFRY_NONE)
    return N_ ("not finished");
  return row != NULL ? row->name : N_ ("Invalid status");
}

/**
 * belfry_result_from_name:
 * @name: a name that belfry_result_get_name () gives
 *
 * Finds the result of a name.
 *
 * Returns: the result; %BELFRY_NONE where no result is called so
 * Since: 0.1
 */
gint64
belfry_result_from_name (const char *name)
{
  g_return_val_if_fail (name != NULL, BELFRY_NONE);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    if (g_str_equal (results[i].name, name))
      return i;
  return BELFRY_NONE;
}

/**
 * belfry_result_worst:
 * @a: a result or %BELFRY_NONE
 * @b: a result or %BELFRY_NONE
 *
 * Combines two results. From worst to best: cancelled, retry, exception, failure, warnings,
 * success, skipped. What is no result at all never wins.
 *
 * Returns: the worse of the two
 * Since: 0.1
 */
gint64
belfry_result_worst (gint64 a, gint64 b)
{
  const Result *left = result_find (a);
  const Result *right = result_find (b);

  if (left == NULL || right == NULL)
    return left != NULL ? a : b;
  return left->badness >= right->badness ? a : b;
}
