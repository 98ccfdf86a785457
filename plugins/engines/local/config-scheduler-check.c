/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the keys of one scheduler mean together (§9 of the engine's page): which go with its type,
 * the moments of nightly ones, the upstream of dependent ones, and circles among these.
 */
#include "config.h"
#include "cron.h"

#define NEXT_SHOWN 3

#define IS(kind) (1u << LOCAL_SCHEDULER_##kind)
#define CHANGES  (IS (ANY_BRANCH) | IS (SINGLE_BRANCH))
#define TIMED    (IS (PERIODIC) | IS (NIGHTLY))

static const struct {
  const char *key;
  guint kinds;
} keys_by_kind[] = {
  { "important-files", CHANGES | TIMED },
  { "unimportant-files", CHANGES | TIMED },
  { "only-important", CHANGES | TIMED },
  { "tree-stable-timer", CHANGES },
  { "create-absolute-source-stamps", IS (SINGLE_BRANCH) | TIMED },
  { "upstream", IS (DEPENDENT) },
  { "interval", IS (PERIODIC) },
  { "periodic-build-timer", IS (PERIODIC) },
  { "minute", IS (NIGHTLY) },
  { "hour", IS (NIGHTLY) },
  { "day-of-month", IS (NIGHTLY) },
  { "month", IS (NIGHTLY) },
  { "day-of-week", IS (NIGHTLY) },
  { "cron", IS (NIGHTLY) },
  { "time-zone", IS (NIGHTLY) },
  { "missed", TIMED },
  { "only-if-changed", TIMED },
  { "force-at-minute", IS (NIGHTLY) },
  { "force-at-hour", IS (NIGHTLY) },
  { "force-at-day-of-month", IS (NIGHTLY) },
  { "force-at-month", IS (NIGHTLY) },
  { "force-at-day-of-week", IS (NIGHTLY) },
};

static void
check_keys (const LocalScheduler *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;
  const char *kind = local_scheduler_kind_name (self->kind);

  for (guint i = 0; i < G_N_ELEMENTS (keys_by_kind); i++) {
    if ((keys_by_kind[i].kinds & 1u << self->kind) == 0 &&
        belfry_section_find (section, keys_by_kind[i].key) != NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, keys_by_kind[i].key,
                           "does not go with type=%s", kind);
  }
  if ((1u << self->kind & (CHANGES | TIMED)) == 0 && self->filter != NULL &&
      !local_filter_is_empty (self->filter))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "type",
                         "%s sees no changes: it has no change filter", kind);
}

/* Of a timed one the branch is also what is built where no change says. */
static void
check_branch (const LocalScheduler *self, BelfryProblems *problems)
{
  char **branches = self->keys->filter.branch.any;

  if ((1u << self->kind & TIMED) == 0 || branches == NULL)
    return;
  if (g_strv_length (branches) != 1 || belfry_glob_is_pattern (branches[0]))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self->section->source, "branch",
                         "names one branch, no pattern, with type=%s",
                         local_scheduler_kind_name (self->kind));
}

/* moments */

static gboolean
has_moments (const LocalMomentKeys *at)
{
  return at->minute != NULL || at->hour != NULL || at->day_of_month != NULL || at->month != NULL ||
         at->day_of_week != NULL;
}

static LocalCron *
read_moments (const LocalScheduler *self,
              const LocalMomentKeys *at,
              const char *prefix,
              BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;
  const LocalCronFields fields = { at->minute, at->hour, at->day_of_month, at->month,
                                   at->day_of_week };
  const char *wrong = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalCron) cron = local_cron_new (&fields, &wrong, &error);
  g_autofree char *key = g_strconcat (prefix, wrong != NULL ? wrong : "day-of-month", NULL);

  if (cron == NULL) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key, "%s", error->message);
    return NULL;
  }
  if (!local_cron_ever_comes (cron, belfry_clock_now_us ())) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                         "there is no such day within eight years");
    return NULL;
  }
  return g_steal_pointer (&cron);
}

static LocalCron *
read_line (const LocalScheduler *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalCron) cron = NULL;

  if (has_moments (&self->keys->at)) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "cron",
                         "does not go with minute, hour, day-of-month, month or day-of-week");
    return NULL;
  }
  cron = local_cron_new_line (self->keys->cron, &error);
  if (cron == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "cron", "%s", error->message);
  else if (!local_cron_ever_comes (cron, belfry_clock_now_us ())) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "cron",
                         "there is no such day within eight years");
    return NULL;
  }
  return g_steal_pointer (&cron);
}

/* `force-at-*`: what is left out is 0 resp. `*`, as with the regular fields. */
static void
read_forced (LocalScheduler *self, BelfryProblems *problems)
{
  if (!has_moments (&self->keys->force_at))
    return;
  self->forced = read_moments (self, &self->keys->force_at, "force-at-", problems);
  if (self->forced != NULL && self->cron != NULL &&
      !local_cron_is_within (self->forced, self->cron, belfry_clock_now_us ()))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self->section->source, "force-at-minute",
                         "each moment of force-at-* must be one of the regular ones");
}

static void
note_next (const LocalScheduler *self, BelfryProblems *problems)
{
  g_autoptr (GString) text = g_string_new ("next:");
  gint64 moment = belfry_clock_now_us ();

  for (guint i = 0; i < NEXT_SHOWN && moment != BELFRY_NONE; i++) {
    g_autoptr (GDateTime) utc = NULL;
    g_autoptr (GDateTime) local = NULL;
    g_autofree char *shown = NULL;

    moment = local_cron_next (self->cron, self->zone, moment);
    if (moment == BELFRY_NONE)
      break;
    utc = g_date_time_new_from_unix_utc (moment / G_USEC_PER_SEC);
    local = g_date_time_to_timezone (utc, self->zone);
    shown = g_date_time_format (local, "%a %Y-%m-%d %H:%M %Z");
    g_string_append_printf (text, "%s %s", i > 0 ? "," : "", shown);
  }
  belfry_problems_add (problems, BELFRY_SEVERITY_NOTE, self->section->source, NULL, "%s",
                       text->str);
}

static void
read_nightly (LocalScheduler *self, BelfryProblems *problems)
{
  if (self->keys->time_zone != NULL)
    self->zone = g_time_zone_ref (self->keys->time_zone);
  else
    self->zone = g_time_zone_new_local ();
  self->cron = self->keys->cron != NULL ? read_line (self, problems)
                                        : read_moments (self, &self->keys->at, "", problems);
  read_forced (self, problems);
  if (self->cron != NULL)
    note_next (self, problems);
}

/* Reads what only this type has. */
void
local_scheduler_read_kind (LocalScheduler *self, BelfryProblems *problems)
{
  const BelfrySection *section = self->section->source;

  check_keys (self, problems);
  check_branch (self, problems);
  switch (self->kind) {
  case LOCAL_SCHEDULER_NIGHTLY:
    read_nightly (self, problems);
    break;
  case LOCAL_SCHEDULER_PERIODIC:
    if (self->keys->interval < G_TIME_SPAN_MINUTE)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "interval",
                           "is required, at least 1min");
    break;
  case LOCAL_SCHEDULER_SINGLE_BRANCH:
    if (self->filter != NULL && local_filter_is_empty (self->filter))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "branch",
                           "single-branch needs branch or another filter key");
    break;
  case LOCAL_SCHEDULER_DEPENDENT:
    if (self->keys->upstream == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "upstream", "is required");
    break;
  case LOCAL_SCHEDULER_ANY_BRANCH:
  case LOCAL_SCHEDULER_TRIGGERABLE:
  case LOCAL_N_SCHEDULERS:
    break;
  }
}

/* upstreams */

static void
report_missing (const LocalConfig *config, const LocalScheduler *self, BelfryProblems *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *nearest = NULL;

  for (guint i = 0; i < config->schedulers->len; i++) {
    LocalScheduler *other = g_ptr_array_index (config->schedulers, i);

    if (other != self)
      g_ptr_array_add (names, other->name);
  }
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (self->keys->upstream, (const char *const *)names->pdata);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self->section->source, "upstream",
                       "there is no scheduler '%s'%s%s%s", self->keys->upstream,
                       nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "'?" : "");
}

static gboolean
leads_back (const LocalConfig *config, const LocalScheduler *self)
{
  const LocalScheduler *next = self->upstream;

  for (guint i = 0; next != NULL && i <= config->schedulers->len; i++) {
    if (next == self)
      return TRUE;
    next = next->upstream;
  }
  return FALSE;
}

/* Binds dependent schedulers to what they follow; called when all are known. */
void
local_config_bind_upstreams (LocalConfig *config, BelfryProblems *problems)
{
  for (guint i = 0; i < config->schedulers->len; i++) {
    LocalScheduler *self = g_ptr_array_index (config->schedulers, i);

    if (self->kind != LOCAL_SCHEDULER_DEPENDENT || self->keys->upstream == NULL)
      continue;
    self->upstream = local_config_find_scheduler (config, self->keys->upstream);
    if (self->upstream == NULL)
      report_missing (config, self, problems);
  }
  for (guint i = 0; i < config->schedulers->len; i++) {
    const LocalScheduler *self = g_ptr_array_index (config->schedulers, i);

    if (self->upstream == self)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self->section->source, "upstream",
                           "is the scheduler itself");
    else if (leads_back (config, self))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, self->section->source, "upstream",
                           "leads back to this scheduler: a circle");
  }
}
