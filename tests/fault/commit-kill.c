/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a daemon under test at one of its commits, as kill -9 makes it: preloaded, this counts
 * the transactions that write, in whichever file, and at the one that BELFRY_TEST_KILL names
 * ("before 7", "after 7") the process is gone just before sqlite commits it, or just after, when
 * nobody has been told of it yet. Without the variable it changes nothing.
 */
#include <dlfcn.h>
#include <glib.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>

typedef int (*StepFunc) (sqlite3_stmt *statement);

typedef struct {
  StepFunc step;
  gint64 number; /* 0: at none */
  gboolean after;
} Plan;

static gpointer
make_plan (gpointer data)
{
  Plan *plan = data;
  const char *text = g_getenv ("BELFRY_TEST_KILL");
  const char *number = text != NULL ? strchr (text, ' ') : NULL;

  plan->step = (StepFunc)dlsym (RTLD_NEXT, "sqlite3_step");
  plan->after = text != NULL && g_str_has_prefix (text, "after ");
  if (number != NULL)
    g_ascii_string_to_signed (number + 1, 10, 1, G_MAXINT, &plan->number, NULL);
  return plan;
}

static gboolean
commits_writes (sqlite3_stmt *statement)
{
  const char *sql = sqlite3_sql (statement);

  return sql != NULL && strcmp (sql, "COMMIT") == 0 &&
         sqlite3_txn_state (sqlite3_db_handle (statement), NULL) == SQLITE_TXN_WRITE;
}

int
sqlite3_step (sqlite3_stmt *statement)
{
  static GOnce once = G_ONCE_INIT;
  static Plan plan;
  static int count = 0;
  gboolean now = FALSE;
  int code = SQLITE_DONE;

  g_once (&once, make_plan, &plan);
  now = plan.number > 0 && commits_writes (statement) &&
        g_atomic_int_add (&count, 1) + 1 == plan.number;
  if (now && !plan.after)
    raise (SIGKILL);
  code = plan.step (statement);
  if (now)
    raise (SIGKILL);
  return code;
}
