/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name that nothing bears, reported with the nearest one that something does. */
#include "config.h"

/* @names: (element-type utf8): what there is */
void
local_report_missing (const BelfrySection *section,
                      const char *key,
                      const char *what,
                      const char *name,
                      GPtrArray *names,
                      BelfryProblems *problems)
{
  const char *nearest = NULL;

  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  if (nearest != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                         "there is no %s '%s'; did you mean '%s'?", what, name, nearest);
  else
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key, "there is no %s '%s'", what,
                         name);
}
