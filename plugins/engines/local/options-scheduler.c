/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of [scheduler NAME] and [force NAME]. */
#include "options.h"

/* By LocalSchedulerKind. */
static const char *const kind_names[LOCAL_N_SCHEDULERS] = {
  [LOCAL_SCHEDULER_ANY_BRANCH] = "any-branch", [LOCAL_SCHEDULER_SINGLE_BRANCH] = "single-branch",
  [LOCAL_SCHEDULER_DEPENDENT] = "dependent",   [LOCAL_SCHEDULER_PERIODIC] = "periodic",
  [LOCAL_SCHEDULER_NIGHTLY] = "nightly",       [LOCAL_SCHEDULER_TRIGGERABLE] = "triggerable",
};

static const struct {
  const char *name;
  const char *words;
} refused_kinds[] = {
  { "force", "write [force NAME]" },
  { "try", "not offered: send a branch instead" },
  { "nightly-triggerable", "'nightly-triggerable' is not yet offered by this version" },
};

const char *
local_scheduler_kind_name (LocalSchedulerKind kind)
{
  return kind_names[kind];
}

static gpointer
local_scheduler_kind_parse (const char *text, GError **error)
{
  for (int i = 0; i < LOCAL_N_SCHEDULERS; i++) {
    if (g_str_equal (kind_names[i], text))
      return GINT_TO_POINTER (i + 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS (refused_kinds); i++) {
    if (!g_str_equal (refused_kinds[i].name, text))
      continue;
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, refused_kinds[i].words);
    return NULL;
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "'%s' is no type of scheduler; any-branch, single-branch, dependent, periodic, "
               "nightly and triggerable are",
               text);
  return NULL;
}

static void
local_scheduler_kind_free (gpointer value)
{
  (void)value;
}

static const BelfryCustomType kind_type = { "scheduler type", local_scheduler_kind_parse,
                                            local_scheduler_kind_free };

#define LATER(key)                                                                                 \
  BELFRY_CUSTOM (LocalSchedulerKeys, later, key, .custom = &local_later_type, .hidden = TRUE,      \
                 .help = N_ ("not yet offered"))

static const BelfryChoice missed_choices[] = {
  { "run", LOCAL_MISSED_RUN, N_ ("once, at once") },
  { "skip", LOCAL_MISSED_SKIP, N_ ("nothing before the next moment") },
  { NULL },
};

/* clang-format off */
#define MOMENT(member, prefix, words)                                                              \
  BELFRY_STRING (LocalSchedulerKeys, member.minute, prefix "minute",                               \
                 .help = N_ (words "minutes")),                                                    \
  BELFRY_STRING (LocalSchedulerKeys, member.hour, prefix "hour", .help = N_ (words "hours")),      \
  BELFRY_STRING (LocalSchedulerKeys, member.day_of_month, prefix "day-of-month",                   \
                 .help = N_ (words "days of the month, L is the last")),                           \
  BELFRY_STRING (LocalSchedulerKeys, member.month, prefix "month", .help = N_ (words "months")),   \
  BELFRY_STRING (LocalSchedulerKeys, member.day_of_week, prefix "day-of-week",                     \
                 .help = N_ (words "days of the week, names or 0 for Monday"))

#define FILTER(member, key, ...)                                                                   \
  BELFRY_LIST (LocalSchedulerKeys, filter.member.any, key, ##__VA_ARGS__,                          \
               .help = N_ ("change filter: one must match")),                                      \
  BELFRY_LIST (LocalSchedulerKeys, filter.member.none, key "-not",                                 \
               .help = N_ ("change filter: none may match")),                                      \
  BELFRY_REGEX_LIST (LocalSchedulerKeys, filter.member.any_re, key "-re",                          \
                     .help = N_ ("change filter: one pattern must match")),                        \
  BELFRY_REGEX_LIST (LocalSchedulerKeys, filter.member.none_re, key "-not-re",                     \
                     .help = N_ ("change filter: no pattern may match"))

const BelfryOption local_scheduler_options[] = {
  BELFRY_CUSTOM (LocalSchedulerKeys, kind, "type", .custom = &kind_type, .required = TRUE, .sample = "any-branch", .help = N_ ("what makes it fire")),
  BELFRY_LIST (LocalSchedulerKeys, builders, "builders", .required = TRUE, .sample = "*", .help = N_ ("what it starts, names or globs")),
  BELFRY_BOOLEAN (LocalSchedulerKeys, enabled, "enabled", .default_text = "true", .help = N_ ("whether it sees and fires anything")),
  BELFRY_RENDERED (LocalSchedulerKeys, reason, "reason", .help = N_ ("reason of its builds")),
  BELFRY_MAP (LocalSchedulerKeys, properties, "property", .element = BELFRY_OPTION_RENDERED, .help = N_ ("properties of its builds")),
  BELFRY_INTEGER (LocalSchedulerKeys, priority, "priority", .minimum = -1000000, .maximum = 1000000, .default_text = "0", .help = N_ ("of its requests")),
  FILTER (project, "project"),
  FILTER (repository, "repository"),
  FILTER (branch, "branch", .alias = "branches"),
  FILTER (category, "category"),
  FILTER (codebase, "codebase"),
  BELFRY_MAP (LocalSchedulerKeys, filter.properties, "match-property", .element = BELFRY_OPTION_STRING, .help = N_ ("change filter on a property; the name may end in -not, -re, -not-re")),
  BELFRY_LIST (LocalSchedulerKeys, important_files, "important-files", .help = N_ ("globs: a change is important if a file matches")),
  BELFRY_LIST (LocalSchedulerKeys, unimportant_files, "unimportant-files", .help = N_ ("globs: a change is important if a file matches none")),
  BELFRY_BOOLEAN (LocalSchedulerKeys, only_important, "only-important", .default_text = "false", .help = N_ ("unimportant changes are not even recorded")),
  BELFRY_DURATION (LocalSchedulerKeys, tree_stable_timer, "tree-stable-timer", .default_text = "0", .unit = "s", .help = N_ ("how long the tree must be quiet; 0 or never: off")),
  BELFRY_BOOLEAN (LocalSchedulerKeys, absolute, "create-absolute-source-stamps", .default_text = "false", .help = N_ ("codebases without a change get the revision last seen")),
  BELFRY_STRING (LocalSchedulerKeys, upstream, "upstream", .help = N_ ("of a dependent one: the scheduler whose good builds it follows")),
  BELFRY_DURATION (LocalSchedulerKeys, interval, "interval", .alias = "periodic-build-timer", .unit = "s", .help = N_ ("of a periodic one: time between builds, at least a minute")),
  MOMENT (at, "", "of a nightly one: "),
  BELFRY_STRING (LocalSchedulerKeys, cron, "cron", .help = N_ ("of a nightly one: one crontab line in place of the fields")),
  BELFRY_TIME_ZONE (LocalSchedulerKeys, time_zone, "time-zone", .help = N_ ("of a nightly one; absent: the host's")),
  BELFRY_ENUM (LocalSchedulerKeys, missed, "missed", .choices = missed_choices, .default_text = "run", .help = N_ ("what is done at start about runs that were missed")),
  BELFRY_BOOLEAN (LocalSchedulerKeys, only_if_changed, "only-if-changed", .default_text = "false", .help = N_ ("builds only if an important change came since the last run")),
  MOMENT (force_at, "force-at-", "builds without changes too; absent: as the regular ones; "),
  LATER ("copy-properties"),
  { NULL },
};

const BelfryOption local_force_options[] = {
  BELFRY_LIST (LocalForceKeys, builders, "builders", .required = TRUE, .sample = "*", .help = N_ ("what may be forced with it, names or globs")),
  BELFRY_STRING (LocalForceKeys, label, "label", .help = N_ ("title of the form; absent: its name")),
  BELFRY_STRING (LocalForceKeys, button_name, "button-name", .default_text = N_ ("Force Build"), .help = N_ ("text of its button")),
  BELFRY_STRING (LocalForceKeys, reason, "reason", .default_text = N_ ("force build"), .help = N_ ("default text of the reason")),
  BELFRY_STRING (LocalForceKeys, reason_string, "reason-string", .default_text = "A build was forced by '%(owner)s': %(reason)s", .help = N_ ("sentence made of owner and reason")),
  BELFRY_BOOLEAN (LocalForceKeys, reason_required, "reason-required", .default_text = "false", .help = N_ ("whether a reason must be given")),
  BELFRY_BOOLEAN (LocalForceKeys, username_required, "username-required", .default_text = "false", .help = N_ ("whether a name must be given")),
  BELFRY_BOOLEAN (LocalForceKeys, need_email, "need-email", .default_text = "false", .help = N_ ("whether the name must hold an address")),
  BELFRY_STRING (LocalForceKeys, codebases, "codebases", .help = N_ ("hide: no source is offered, stamps are the defaults")),
  BELFRY_STRING (LocalForceKeys, branch, "branch", .default_text = "text:", .help = N_ ("fixed:VALUE, choice:a,b or text:DEFAULT")),
  BELFRY_STRING (LocalForceKeys, revision, "revision", .default_text = "text:", .help = N_ ("fixed:VALUE, choice:a,b or text:DEFAULT")),
  BELFRY_STRING (LocalForceKeys, repository, "repository", .help = N_ ("fixed:VALUE or choice:a,b; absent: the configured one")),
  BELFRY_STRING (LocalForceKeys, project, "project", .help = N_ ("fixed:VALUE, choice:a,b or text:DEFAULT; absent: the configured one")),
  BELFRY_STRING (LocalForceKeys, priority, "priority", .default_text = "0", .help = N_ ("an integer, or field to offer it")),
  BELFRY_BOOLEAN (LocalForceKeys, enabled, "enabled", .default_text = "true", .help = N_ ("whether it may be used")),
  BELFRY_LIST (LocalForceKeys, allow_names, "allow-names", .help = N_ ("field names that are refused otherwise")),
  BELFRY_MAP (LocalForceKeys, properties, "property", .element = BELFRY_OPTION_JSON, .help = N_ ("properties of its builds")),
  BELFRY_MAP (LocalForceKeys, fields, "field", .element = BELFRY_OPTION_STRING, .help = N_ ("KIND;option=value;…, in the order of the form")),
  { NULL },
};
