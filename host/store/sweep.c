/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Retention: a table of statements, each of which touches two hundred rows at most and runs until
 * it finds fewer, as one write after another, so that others come between. Builds are chosen first,
 * then lose what belongs to them, then go themselves; a sweep that is interrupted goes on where it
 * stopped. What a report that is still to be sent speaks of stays. Beyond the size limit the oldest
 * go first: kept requests, the content of logs, then builds, but never the last of each builder.
 */
#include "config/config.h"
#include "store/store-private.h"

#include <sys/statvfs.h>

#define STEP_ROWS  200
#define STEP_LOGS  50
#define MAX_ROUNDS 1000

#define LIVE "r.state IN ('waiting', 'planned')"
/* ?1: the moment before which things are old, ?2: rows at most, ?3: builds that a builder keeps */
#define OLD_BUILD                                                                                  \
  " b.complete = 1 AND NOT EXISTS (SELECT 1 FROM reports AS r WHERE r.buildid = b.buildid"         \
  " AND " LIVE ") AND NOT EXISTS (SELECT 1 FROM reports AS r WHERE r.bsid = b.bsid"                \
  " AND " LIVE ")"
/* the builder's own number of builds, or the store's */
#define OWN_LAST " (SELECT o.keep_last FROM builders AS o WHERE o.builderid = b.builderid)"
#define NOT_LAST                                                                                   \
  " b.number < CASE WHEN" OWN_LAST " IS NULL"                                                      \
  " THEN coalesce ((SELECT k.number FROM builds AS k WHERE k.builderid = b.builderid"              \
  " ORDER BY k.number DESC LIMIT 1 OFFSET max (?3 - 1, 0)), 0)"                                    \
  " ELSE (SELECT max (k.number) FROM builds AS k WHERE k.builderid = b.builderid) + 1"             \
  " -" OWN_LAST " END"                                                                             \
  " AND NOT (b.results IN (0, 1) AND NOT EXISTS (SELECT 1 FROM builds AS n"                        \
  " WHERE n.builderid = b.builderid AND n.branch IS b.branch AND n.results IN (0, 1)"              \
  " AND n.number > b.number))"
/* builders that have said nothing; those that have come after them, by rules of their own */
#define OWN(column)                                                                                \
  " b.builderid IN (SELECT o.builderid FROM builders AS o WHERE o." column " IS NOT NULL)"
#define AGED_BY_OWN(column)                                                                        \
  " b.builderid IN (SELECT o.builderid FROM builders AS o WHERE o." column " > 0)"                 \
  " AND b.complete_at < ?4 - (SELECT o." column " FROM builders AS o"                              \
  " WHERE o.builderid = b.builderid)"
#define NOT_DOOMED " b.buildid NOT IN (SELECT buildid FROM doomed_builds)"
#define OF_DOOMED  " WHERE buildid IN (SELECT buildid FROM doomed_builds) LIMIT ?2)"

typedef enum {
  KEEP_NOTHING, /* what has been chosen goes */
  KEEP_BUILDS,
  KEEP_LOGS,
  KEEP_ARTIFACTS,
  KEEP_DELIVERIES,
  KEEP_RAW_REQUESTS,
  KEEP_REPORTS,
  KEEP_DEAD,
  KEEP_EVENTS,
  N_KEEPS,
} Keep;

typedef struct {
  Keep keep;
  const char *sql;
} Rule;

static const Rule rules[] = {
  { KEEP_BUILDS,
    "INSERT INTO doomed_builds SELECT b.buildid FROM builds AS b WHERE b.complete_at < ?1"
    " AND NOT" OWN ("keep_builds") " AND" OLD_BUILD " AND" NOT_LAST " AND" NOT_DOOMED
                                   " ORDER BY b.buildid LIMIT ?2" },
  { KEEP_NOTHING, "INSERT INTO doomed_builds SELECT b.buildid FROM builds AS b WHERE" AGED_BY_OWN (
                      "keep_builds") " AND" OLD_BUILD " AND" NOT_LAST " AND" NOT_DOOMED
                                     " ORDER BY b.buildid LIMIT ?2" },
  { KEEP_LOGS, "INSERT OR IGNORE INTO doomed_logs SELECT l.logid FROM logs AS l JOIN builds AS b "
               "USING (buildid)"
               " WHERE l.type <> 'd' AND b.complete_at < ?1 AND NOT" OWN (
                   "keep_logs") " AND" OLD_BUILD " AND l.logid NOT IN (SELECT logid FROM "
                                                 "doomed_logs) ORDER BY l.logid LIMIT ?2" },
  { KEEP_NOTHING, "INSERT OR IGNORE INTO doomed_logs SELECT l.logid FROM logs AS l JOIN builds AS b"
                  " USING (buildid) WHERE l.type <> 'd' AND" AGED_BY_OWN (
                      "keep_logs") " AND" OLD_BUILD " AND l.logid NOT IN (SELECT logid FROM "
                                                    "doomed_logs) ORDER BY l.logid LIMIT ?2" },
  { KEEP_NOTHING, "DELETE FROM tests WHERE testid IN (SELECT testid FROM tests" OF_DOOMED },
  { KEEP_NOTHING,
    "DELETE FROM artifacts WHERE artifactid IN (SELECT artifactid FROM artifacts" OF_DOOMED },
  { KEEP_NOTHING, "INSERT INTO doomed_logs SELECT logid FROM (SELECT logid FROM logs"
                  " WHERE buildid IN (SELECT buildid FROM doomed_builds)"
                  " AND logid NOT IN (SELECT logid FROM doomed_logs) LIMIT ?2)" },
  { KEEP_NOTHING, "DELETE FROM logs WHERE logid IN (SELECT logid FROM logs" OF_DOOMED },
  { KEEP_NOTHING,
    "UPDATE logs SET type = 'd', num_lines = 0, num_bytes = 0 WHERE logid IN"
    " (SELECT logid FROM logs WHERE type <> 'd' AND logid IN (SELECT logid FROM doomed_logs)"
    " LIMIT ?2)" },
  { KEEP_NOTHING, "DELETE FROM steps WHERE stepid IN (SELECT stepid FROM steps" OF_DOOMED },
  { KEEP_NOTHING, "DELETE FROM builds WHERE buildid IN (SELECT buildid FROM builds" OF_DOOMED },
  { KEEP_NOTHING, "DELETE FROM doomed_builds WHERE buildid IN (SELECT buildid FROM doomed_builds"
                  " WHERE buildid NOT IN (SELECT buildid FROM builds) LIMIT ?2)" },
  { KEEP_BUILDS,
    "DELETE FROM requests WHERE buildrequestid IN (SELECT q.buildrequestid FROM requests AS q"
    " WHERE q.complete = 1 AND q.complete_at < ?1 AND NOT EXISTS (SELECT 1 FROM builds AS b"
    " WHERE b.buildrequestid = q.buildrequestid) AND NOT EXISTS (SELECT 1 FROM reports AS r"
    " WHERE r.bsid = q.buildsetid AND " LIVE ") LIMIT ?2)" },
  { KEEP_BUILDS,
    "DELETE FROM buildsets WHERE bsid IN (SELECT s.bsid FROM buildsets AS s"
    " WHERE s.complete = 1 AND s.complete_at < ?1 AND NOT EXISTS (SELECT 1 FROM requests AS q"
    " WHERE q.buildsetid = s.bsid) AND NOT EXISTS (SELECT 1 FROM builds AS b WHERE b.bsid = s.bsid)"
    " AND NOT EXISTS (SELECT 1 FROM reports AS r WHERE r.bsid = s.bsid AND " LIVE ") LIMIT ?2)" },
  { KEEP_BUILDS, "DELETE FROM builder_events WHERE eventid IN (SELECT eventid FROM builder_events"
                 " WHERE started_at < ?1 LIMIT ?2)" },
  { KEEP_NOTHING, "DELETE FROM artifacts WHERE artifactid IN (SELECT artifactid FROM artifacts"
                  " WHERE expires_at < ?4 LIMIT ?2)" },
  { KEEP_ARTIFACTS,
    "DELETE FROM artifacts WHERE artifactid IN (SELECT a.artifactid FROM artifacts AS a"
    " JOIN builds AS b USING (buildid) WHERE a.expires_at IS NULL AND b.complete = 1"
    " AND b.complete_at < ?1 LIMIT ?2)" },
  { KEEP_DELIVERIES,
    "DELETE FROM deliveries WHERE deliveryid IN (SELECT deliveryid FROM deliveries"
    " WHERE received_at < ?1 AND coalesce (last_at, received_at) < ?1 AND outcome <> 'pending'"
    " LIMIT ?2)" },
  { KEEP_RAW_REQUESTS,
    "DELETE FROM raw_requests WHERE deliveryid IN (SELECT w.deliveryid FROM raw_requests AS w"
    " WHERE w.received_at < ?1 AND NOT EXISTS (SELECT 1 FROM deliveries AS d"
    " WHERE d.deliveryid = w.deliveryid AND d.outcome = 'pending') LIMIT ?2)" },
  { KEEP_REPORTS,
    "DELETE FROM reports WHERE reportid IN (SELECT reportid FROM reports"
    " WHERE state IN ('delivered', 'superseded', 'discarded') AND finished_at < ?1 LIMIT ?2)" },
  { KEEP_DEAD, "DELETE FROM reports WHERE reportid IN (SELECT reportid FROM reports"
               " WHERE state = 'dead' AND finished_at < ?1 LIMIT ?2)" },
  { KEEP_EVENTS,
    "DELETE FROM events WHERE eventid IN (SELECT e.eventid FROM events AS e WHERE e.at < ?1"
    " AND NOT EXISTS (SELECT 1 FROM reports AS r WHERE r.eventid = e.eventid AND " LIVE ")"
    " LIMIT ?2)" },
};

/* over the limit: a little of the oldest, then all rules again */
#define SQUEEZE_LOGS                                                                               \
  "INSERT OR IGNORE INTO doomed_logs SELECT l.logid FROM logs AS l JOIN builds AS b USING "        \
  "(buildid)"                                                                                      \
  " WHERE l.type <> 'd' AND" OLD_BUILD ""                                                          \
  " AND l.logid NOT IN (SELECT logid FROM doomed_logs) ORDER BY b.buildid LIMIT ?2"
#define SQUEEZE_BUILDS                                                                             \
  "INSERT INTO doomed_builds SELECT b.buildid FROM builds AS b WHERE" OLD_BUILD " AND" NOT_LAST    \
  " AND" NOT_DOOMED " ORDER BY b.buildid LIMIT ?2"
/* ?1, the time, does not matter here */
#define SQUEEZE_REQUESTS                                                                           \
  "DELETE FROM raw_requests WHERE deliveryid IN (SELECT w.deliveryid FROM raw_requests AS w"       \
  " WHERE ?1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deliveries AS d"                            \
  " WHERE d.deliveryid = w.deliveryid AND d.outcome = 'pending') ORDER BY w.deliveryid LIMIT ?2)"
#define LIST_DOOMED_LOGS "SELECT logid FROM doomed_logs ORDER BY logid LIMIT ?1"
#define FORGET_LOG       "DELETE FROM doomed_logs WHERE logid = ?1"

/* in turn: what is missed least goes first */
static const char *const squeezes[] = { SQUEEZE_REQUESTS, SQUEEZE_LOGS, SQUEEZE_BUILDS };

typedef struct {
  BelfryStore *store;
  gint64 keeps[N_KEEPS]; /* µs; 0: for ever, but KEEP_NOTHING */
  gint64 keep_last;
  gint64 max_size;
  gint64 min_free;
  guint rule;
  guint rounds;
  gint64 changed;   /* by the last step */
  gboolean too_big; /* found by the last measuring */
  GArray *logids;   /* whose blocks are being removed */
} Sweep;

static void next_step (GTask *task);

static void
sweep_free (gpointer data)
{
  Sweep *self = data;

  g_array_unref (self->logids);
  g_free (self);
}

static gboolean
run_statement (BelfryWriter *writer, Sweep *self, const char *sql, Keep keep, GError **error)
{
  gint64 now_us = belfry_clock_now_us ();
  const gint64 values[] = { now_us - self->keeps[keep], STEP_ROWS, self->keep_last, now_us };
  sqlite3_stmt *statement = belfry_writer_prepare (writer, sql, error);
  int n_values = 0;

  if (statement == NULL)
    return FALSE;
  n_values = MIN (sqlite3_bind_parameter_count (statement), (int)G_N_ELEMENTS (values));
  return belfry_database_run (writer->database, sql, values, (guint)n_values, &self->changed,
                              error);
}

static gboolean
run_rule (BelfryWriter *writer, gpointer data, GError **error)
{
  Sweep *self = data;
  const Rule *rule = &rules[self->rule];

  return run_statement (writer, self, rule->sql, rule->keep, error);
}

/* blocks of logs */

static gboolean
list_doomed_logs (BelfryWriter *writer, gpointer data, GError **error)
{
  Sweep *self = data;
  sqlite3_stmt *statement = belfry_writer_prepare (writer, LIST_DOOMED_LOGS, error);
  gboolean row = statement != NULL;

  g_array_set_size (self->logids, 0);
  if (statement != NULL)
    sqlite3_bind_int (statement, 1, STEP_LOGS);
  while (row) {
    gint64 logid = 0;

    if (!belfry_writer_step (writer, statement, &row, error))
      return FALSE;
    logid = row ? sqlite3_column_int64 (statement, 0) : 0;
    if (row)
      g_array_append_val (self->logids, logid);
  }
  return statement != NULL;
}

static gboolean
forget_logs (BelfryWriter *writer, gpointer data, GError **error)
{
  Sweep *self = data;

  for (guint i = 0; i < self->logids->len; i++)
    if (!belfry_database_run (writer->database, FORGET_LOG,
                              &g_array_index (self->logids, gint64, i), 1, NULL, error))
      return FALSE;
  return TRUE;
}

/* size */

static gint64
measure (BelfryDatabase *database)
{
  gint64 pages = 0;
  gint64 free_pages = 0;
  gint64 page_bytes = 0;

  belfry_database_ask (database, "PRAGMA page_count", 0, &pages, NULL);
  belfry_database_ask (database, "PRAGMA freelist_count", 0, &free_pages, NULL);
  belfry_database_ask (database, "PRAGMA page_size", 0, &page_bytes, NULL);
  return (pages - free_pages) * page_bytes;
}

static gboolean
has_little_space (const Sweep *self)
{
  struct statvfs space;

  return self->min_free > 0 && statvfs (self->store->directory, &space) == 0 &&
         (gint64)space.f_bavail * (gint64)space.f_frsize < self->min_free;
}

static gboolean
measure_and_squeeze (BelfryWriter *writer, gpointer data, GError **error)
{
  Sweep *self = data;
  gint64 bytes = measure (writer->database) + measure (writer->reader->logs);

  self->changed = 0;
  self->too_big = (self->max_size > 0 && bytes > self->max_size) || has_little_space (self);
  if (!belfry_database_run (writer->database, "PRAGMA incremental_vacuum (1000)", NULL, 0, NULL,
                            error))
    return FALSE;
  if (!self->too_big)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (squeezes) && self->changed == 0; i++)
    if (!run_statement (writer, self, squeezes[i], KEEP_NOTHING, error))
      return FALSE;
  return TRUE;
}

/* the order of things */

static gboolean
finish_write (GTask *task, GAsyncResult *result)
{
  Sweep *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (belfry_store_write_finish (self->store, result, &error))
    return TRUE;
  g_prefix_error (&error, "removing what is old: ");
  g_task_return_error (task, error);
  g_object_unref (task);
  return FALSE;
}

static void
write_step (GTask *task, BelfryWriteFunc func, GAsyncReadyCallback callback)
{
  Sweep *self = g_task_get_task_data (task);

  belfry_store_write_async (self->store, func, self, NULL, g_task_get_cancellable (task), callback,
                            task);
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Sweep *self = g_task_get_task_data (task);

  if (!finish_write (task, result))
    return;
  if (self->too_big && self->changed > 0 && ++self->rounds < MAX_ROUNDS) {
    self->rule = 0;
    next_step (task);
    return;
  }
  g_mutex_lock (&self->store->lock);
  self->store->over_size = self->too_big && self->max_size > 0;
  g_mutex_unlock (&self->store->lock);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_logs_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  if (finish_write (user_data, result))
    next_step (user_data);
}

static void
on_blocks_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Sweep *self = g_task_get_task_data (task);
  GError *error = NULL;
  gint64 removed = belfry_logs_remove_finish (self->store->logs, result, &error);

  if (removed < 0) {
    g_prefix_error (&error, "removing what is old: ");
    g_task_return_error (task, error);
    g_object_unref (task);
  } else if (removed > 0 && !g_cancellable_is_cancelled (g_task_get_cancellable (task))) {
    belfry_logs_remove_async (self->store->logs, self->logids, on_blocks_removed, task);
  } else {
    write_step (task, forget_logs, on_logs_forgotten);
  }
}

static void
on_logs_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Sweep *self = g_task_get_task_data (task);

  if (!finish_write (task, result))
    return;
  if (self->logids->len > 0)
    belfry_logs_remove_async (self->store->logs, self->logids, on_blocks_removed, task);
  else
    write_step (task, measure_and_squeeze, on_measured);
}

static void
on_rule_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Sweep *self = g_task_get_task_data (task);

  if (!finish_write (task, result))
    return;
  if (self->changed < STEP_ROWS)
    self->rule++;
  next_step (task);
}

static void
next_step (GTask *task)
{
  Sweep *self = g_task_get_task_data (task);

  while (self->rule < G_N_ELEMENTS (rules) && rules[self->rule].keep != KEEP_NOTHING &&
         self->keeps[rules[self->rule].keep] <= 0)
    self->rule++;
  if (self->rule < G_N_ELEMENTS (rules))
    write_step (task, run_rule, on_rule_run);
  else
    write_step (task, list_doomed_logs, on_logs_listed);
}

static Sweep *
sweep_new (BelfryStore *store, const BelfryStoreKeys *keys)
{
  Sweep *self = g_new0 (Sweep, 1);

  self->store = store;
  self->keeps[KEEP_BUILDS] = keys->keep_builds;
  self->keeps[KEEP_LOGS] = keys->keep_logs;
  self->keeps[KEEP_ARTIFACTS] = keys->keep_artifacts;
  self->keeps[KEEP_DELIVERIES] = keys->keep_deliveries;
  self->keeps[KEEP_RAW_REQUESTS] = keys->keep_raw_requests;
  self->keeps[KEEP_REPORTS] = keys->keep_reports;
  self->keeps[KEEP_DEAD] = keys->keep_dead;
  self->keeps[KEEP_EVENTS] = keys->keep_events;
  self->keep_last = keys->keep_last;
  self->max_size = keys->max_size;
  self->min_free = keys->min_free;
  self->logids = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

void
belfry_store_sweep_async (BelfryStore *self,
                          gconstpointer store_keys,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, belfry_store_sweep_async);
  g_task_set_task_data (task, sweep_new (self, store_keys), sweep_free);
  next_step (task);
}

gboolean
belfry_store_sweep_finish (BelfryStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
