/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its start says no, with a reason. */
#include <belfry-plugin.h>

static void
refuses_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_DENIED, "not today");
  g_object_unref (task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "refuses",
  .summary       = "Does not want to",
  .family        = BELFRY_FAMILY_MESSAGE,
  .instance_size = 1,
  .start         = refuses_start,
);
