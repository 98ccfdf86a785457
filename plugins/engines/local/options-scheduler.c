/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of [scheduler NAME] and [force NAME]. */
#include "options.h"

static gpointer
local_scheduler_kind_parse (const char *text, GError **error)
{
  static const struct {
    const char *name;
    int kind; /* -1: exists, but not here yet */
  } kinds[] = {
    { "any-branch", LOCAL_SCHEDULER_ANY_BRANCH },
    { "single-branch", LOCAL_SCHEDULER_SINGLE_BRANCH },
    { "dependent", -1 },
    { "periodic", -1 },
    { "nightly", -1 },
    { "triggerable", -1 },
    { "nightly-triggerable", -1 },
  };

  if (g_str_equal (text, "force")) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "write [force NAME]");
    return NULL;
  }
  if (g_str_equal (text, "try")) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         "not offered: send a branch instead");
    return NULL;
  }
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (kinds[i].name, text))
      continue;
    if (kinds[i].kind >= 0)
      return GINT_TO_POINTER (kinds[i].kind + 1);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "'%s' is not yet offered by this version", text);
    return NULL;
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "'%s' is no type of scheduler; any-branch and single-branch are", text);
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

/* clang-format off */
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
  LATER ("create-absolute-source-stamps"),
  LATER ("upstream"),
  LATER ("interval"),
  LATER ("periodic-build-timer"),
  LATER ("minute"),
  LATER ("hour"),
  LATER ("day-of-month"),
  LATER ("month"),
  LATER ("day-of-week"),
  LATER ("cron"),
  LATER ("time-zone"),
  LATER ("missed"),
  LATER ("only-if-changed"),
  LATER ("force-at-minute"),
  LATER ("force-at-hour"),
  LATER ("force-at-day-of-month"),
  LATER ("force-at-month"),
  LATER ("force-at-day-of-week"),
  LATER ("copy-properties"),
  { NULL },
};

const BelfryOption local_force_options[] = {
  BELFRY_LIST (LocalForceKeys, builders, "builders", .required = TRUE, .sample = "*", .help = N_ ("what may be forced with it, names or globs")),
  BELFRY_STRING (LocalForceKeys, label, "label", .help = N_ ("title of the form; absent: its name")),
  BELFRY_STRING (LocalForceKeys, button_name, "button-name", .default_text = "Force Build", .help = N_ ("text of its button")),
  BELFRY_STRING (LocalForceKeys, reason, "reason", .default_text = "force build", .help = N_ ("default text of the reason")),
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
