/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the host's keys a reporter takes, and what two keys cannot say at once. */
#include "keys-private.h"

typedef enum {
  ALL = 0,
  NOT_STREAM,
  NOT_PAINTER, /* nor stream */
  ONLY_MESSAGE,
  ONLY_SUMMARY, /* a message that hears of buildsets */
  ONLY_WORKERS,
  ONLY_USERS,
  ONLY_ATTACHMENTS,
} Scope;

/* What is not here, NOT_STREAM */
static const struct {
  const char *key;
  Scope scope;
} scopes[] = {
  { "builders", ALL },
  { "tags", ALL },
  { "mode", NOT_PAINTER },
  { "quiet-hours", NOT_PAINTER },
  { "ctx", NOT_PAINTER },
  { "ctx-program", NOT_PAINTER },
  { "responsible-users-program", NOT_PAINTER },
  { "digest", ONLY_MESSAGE },
  { "subject", ONLY_MESSAGE },
  { "template", ONLY_MESSAGE },
  { "template-dir", ONLY_MESSAGE },
  { "template-filename", ONLY_MESSAGE },
  { "template-type", ONLY_MESSAGE },
  { "subject-template", ONLY_MESSAGE },
  { "subject-filename", ONLY_MESSAGE },
  { "message-formatter-program", ONLY_MESSAGE },
  { "build-set-summary", ONLY_SUMMARY },
  { "watched-workers", ONLY_WORKERS },
  { "missing-worker-template", ONLY_WORKERS },
  { "missing-worker-template-dir", ONLY_WORKERS },
  { "missing-worker-template-filename", ONLY_WORKERS },
  { "missing-worker-template-type", ONLY_WORKERS },
  { "missing-worker-subject-template", ONLY_WORKERS },
  { "missing-worker-subject-filename", ONLY_WORKERS },
  { "missing-worker-ctx", ONLY_WORKERS },
  { "missing-worker-ctx-program", ONLY_WORKERS },
  { "missing-worker-program", ONLY_WORKERS },
  { "lookup", ONLY_USERS },
  { "lookup-map", ONLY_USERS },
  { "lookup-program", ONLY_USERS },
  { "add-logs", ONLY_ATTACHMENTS },
  { "add-patch", ONLY_ATTACHMENTS },
};

guint
belfry_reporter_get_phases (const BelfryReporter *reporter)
{
  static const guint by_family[] = {
    [BELFRY_FAMILY_MESSAGE] = BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET | BELFRY_PHASE_WORKER,
    [BELFRY_FAMILY_PAINTER] = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED,
    [BELFRY_FAMILY_FEED] = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED,
    [BELFRY_FAMILY_REVIEW] = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET,
    [BELFRY_FAMILY_STREAM] = 0,
  };

  return reporter->phases != 0 ? reporter->phases : by_family[reporter->family];
}

/* what hears of workers has words of its own; all else speaks beside a build */
gboolean
belfry_reporter_takes_notices (const BelfryReporter *reporter)
{
  return reporter->family == BELFRY_FAMILY_MESSAGE &&
         (belfry_reporter_get_phases (reporter) & BELFRY_PHASE_WORKER) != 0;
}

guint
belfry_reporter_keys_get_modes (const BelfryReporterKeys *keys, const BelfryReporter *reporter)
{
  if (keys->mode != NULL)
    return *(const guint *)keys->mode;
  return reporter->family == BELFRY_FAMILY_MESSAGE ? BELFRY_MODES_MESSAGE : BELFRY_MODES_EVERYTHING;
}

const char *
belfry_reporter_get_template_name (const BelfryReporter *reporter)
{
  if (reporter->template_name != NULL)
    return reporter->template_name;
  return reporter->is_html ? "default_notification.txt" : "default_mail.txt";
}

const char *
belfry_reporter_get_missing_template_name (const BelfryReporter *reporter)
{
  const char *name = belfry_reporter_get_template_name (reporter);

  return g_str_has_suffix (name, "_notification.txt") ? "missing_notification.txt"
                                                      : "missing_mail.txt";
}

/* why a reporter does not take keys of a scope; NULL: it does */
static const char *
refuse_scope (Scope scope, const BelfryReporter *reporter)
{
  guint phases = belfry_reporter_get_phases (reporter);

  if (scope == ALL)
    return NULL;
  if (reporter->family == BELFRY_FAMILY_STREAM)
    return "it passes on every event, and only builders and tags narrow them";
  if (scope == NOT_STREAM)
    return NULL;
  if (reporter->family == BELFRY_FAMILY_PAINTER)
    return "it paints a state, and a start must not stay without its end";
  if (scope == NOT_PAINTER)
    return NULL;
  if (scope == ONLY_USERS)
    return reporter->wants_users ? NULL : "it does not write to single people";
  if (scope == ONLY_ATTACHMENTS)
    return reporter->wants_attachments ? NULL : "it attaches nothing";
  if (reporter->family != BELFRY_FAMILY_MESSAGE)
    return "it sends no message that the host renders";
  if (scope == ONLY_SUMMARY && (phases & BELFRY_PHASE_BUILDSET) == 0)
    return "it speaks of single builds only";
  if (scope == ONLY_WORKERS && (phases & BELFRY_PHASE_WORKER) == 0)
    return "it does not tell of workers";
  return NULL;
}

static Scope
get_scope (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (scopes); i++)
    if (g_str_equal (scopes[i].key, key))
      return scopes[i].scope;
  return NOT_STREAM;
}

static void
check_scopes (const BelfryReporter *reporter,
              const BelfrySection *section,
              BelfryProblems *problems)
{
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    gsize length = strcspn (entry->name, ".");
    g_autofree char *base = g_strndup (entry->name, length);
    const BelfryOption *option = belfry_option_table_find (&belfry_reporter_keys_table, base);
    const char *reason = NULL;

    if (option == NULL)
      continue;
    reason = refuse_scope (get_scope (option->name), reporter);
    if (reason != NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, entry->name,
                           "reporter '%s' does not take '%s': %s", reporter->name, base, reason);
  }
}

/* pairs that are two forms of one thing */
static const char *const exclusive_keys[][2] = {
  { "builders", "tags" },
  { "template", "template-filename" },
  { "subject-template", "subject-filename" },
  { "message-formatter-program", "template" },
  { "message-formatter-program", "template-filename" },
  { "message-formatter-program", "template-type" },
  { "message-formatter-program", "subject-template" },
  { "message-formatter-program", "subject-filename" },
  { "missing-worker-template", "missing-worker-template-filename" },
  { "missing-worker-subject-template", "missing-worker-subject-filename" },
  { "missing-worker-program", "missing-worker-template" },
  { "missing-worker-program", "missing-worker-template-filename" },
  { "missing-worker-program", "missing-worker-template-type" },
  { "missing-worker-program", "missing-worker-subject-template" },
  { "missing-worker-program", "missing-worker-subject-filename" },
  { "lookup", "lookup-map" },
  { "lookup", "lookup-program" },
  { "lookup-map", "lookup-program" },
  { "digest", "build-set-summary" },
  { "digest", "hold-down" },
};

/* whether the section says anything for a key, by any of its spellings */
static gboolean
has_key (const BelfrySection *section, const char *key)
{
  const BelfryOption *wanted = belfry_option_table_find (&belfry_reporter_keys_table, key);

  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    g_autofree char *base = g_strndup (entry->name, strcspn (entry->name, "."));

    if (g_str_equal (base, key) ||
        (wanted != NULL && belfry_option_table_find (&belfry_reporter_keys_table, base) == wanted))
      return TRUE;
  }
  return FALSE;
}

static void
check_pairs (const BelfrySection *section, BelfryProblems *problems)
{
  for (gsize i = 0; i < G_N_ELEMENTS (exclusive_keys); i++)
    if (has_key (section, exclusive_keys[i][0]) && has_key (section, exclusive_keys[i][1]))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, exclusive_keys[i][1],
                           "'%s' and '%s' cannot both be given", exclusive_keys[i][0],
                           exclusive_keys[i][1]);
}

static void
check_formatter (const BelfryFormatterKeys *keys,
                 const char *prefix,
                 const char *default_filename,
                 const BelfrySection *section,
                 BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryFormatter) formatter = NULL;
  const char *key = NULL;

  if (keys->template_text != NULL && keys->directory != NULL && keys->subject_filename == NULL) {
    g_autofree char *name = g_strconcat (prefix, "template-dir", NULL);

    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, name,
                         "'%stemplate' and '%s' cannot both be given: no file is looked for",
                         prefix, name);
  }
  formatter = belfry_formatter_new (keys, default_filename, FALSE, &key, &error);
  if (formatter == NULL) {
    g_autofree char *name = g_strconcat (prefix, key, NULL);

    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, name, "%s", error->message);
  }
}

static void
check_program (const GPtrArray *argv,
               const char *key,
               const BelfrySection *section,
               BelfryProblems *problems)
{
  BelfryRendered *program = argv != NULL && argv->len > 0 ? g_ptr_array_index (argv, 0) : NULL;

  if (argv == NULL)
    return;
  if (program == NULL || !g_path_is_absolute (belfry_rendered_get_source (program)))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                         "the first word must be the absolute path of a program");
  for (guint i = 0; i < argv->len; i++)
    if (!belfry_rendered_is_literal (g_ptr_array_index (argv, i)))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                           "word %u has a substitution: arguments are fixed, the program gets "
                           "everything on its standard input",
                           i);
}

static void
check_programs (const BelfryReporterKeys *keys,
                const BelfrySection *section,
                BelfryProblems *problems)
{
  const struct {
    const char *key;
    const GPtrArray *argv;
  } programs[] = {
    { "message-formatter-program", keys->message_formatter_program },
    { "ctx-program", keys->ctx_program },
    { "missing-worker-program", keys->missing_worker_program },
    { "missing-worker-ctx-program", keys->missing_worker_ctx_program },
    { "responsible-users-program", keys->responsible_users_program },
    { "lookup-program", keys->lookup_program },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    check_program (programs[i].argv, programs[i].key, section, problems);
}

/* the old default subject knows four substitutions and nothing else */
static void
check_subject (const char *subject, const BelfrySection *section, BelfryProblems *problems)
{
  static const char *const known[] = {
    "%(result)s", "%(builder)s", "%(title)s", "%(projectName)s", "%%",
  };

  if (strpbrk (subject, "\r\n") != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "subject",
                         "a subject has one line only");
  for (const char *at = strchr (subject, '%'); at != NULL; at = strchr (at, '%')) {
    gsize length = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (known) && length == 0; i++)
      if (g_str_has_prefix (at, known[i]))
        length = strlen (known[i]);
    if (length == 0) {
      g_autofree char *shown = belfry_text_cut (at, 24);

      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "subject",
                           "'%s' is no substitution of a subject: they are %%(result)s, "
                           "%%(builder)s, %%(title)s, %%(projectName)s and %%%%",
                           shown);
      return;
    }
    at += length;
  }
}

static void
check_values (const BelfryReporterKeys *keys,
              const BelfryReporter *reporter,
              const BelfrySection *section,
              BelfryProblems *problems)
{
  if (keys->lookup != NULL && strchr (keys->lookup, '@') != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "lookup",
                         "'%s' is no domain: write what stands behind the '@'", keys->lookup);
  if (reporter->family == BELFRY_FAMILY_PAINTER && keys->hold_down != NULL &&
      !((const BelfryHoldDown *)keys->hold_down)->retries)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "hold-down",
                         "reporter '%s' takes 'retries' only: it paints a state, and a start must "
                         "not stay without its end",
                         reporter->name);
  if (g_strcmp0 (keys->fallback, section->name) == 0)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "fallback",
                         "a reporter cannot be its own fallback");
}

void
belfry_reporter_keys_check (const BelfryReporterKeys *keys,
                            const BelfryReporter *reporter,
                            const BelfrySection *section,
                            BelfryProblems *problems)
{
  check_scopes (reporter, section, problems);
  if (reporter->family == BELFRY_FAMILY_STREAM)
    return;
  check_pairs (section, problems);
  check_programs (keys, section, problems);
  check_values (keys, reporter, section, problems);
  if (reporter->family != BELFRY_FAMILY_MESSAGE)
    return;
  check_subject (keys->subject, section, problems);
  check_formatter (&keys->formatter, "", belfry_reporter_get_template_name (reporter), section,
                   problems);
  if ((belfry_reporter_get_phases (reporter) & BELFRY_PHASE_WORKER) != 0)
    check_formatter (&keys->missing, "missing-worker-",
                     belfry_reporter_get_missing_template_name (reporter), section, problems);
}
