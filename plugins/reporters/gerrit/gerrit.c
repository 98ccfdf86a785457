/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reviews changes on Gerrit over ssh, as Buildbot's GerritStatusPush does. */
#include "gerrit.h"

#include <string.h>

static const BelfryChoice review_choices[] = {
  { "none", GERRIT_HOW_NONE, N_ ("no review") },
  { "default", GERRIT_HOW_DEFAULT, N_ ("the stock text") },
  { "template", GERRIT_HOW_TEMPLATE, N_ ("a template of your own") },
  { "program", GERRIT_HOW_PROGRAM, N_ ("a program prints it") },
  { NULL },
};

static const BelfryChoice summary_choices[] = {
  { "auto", GERRIT_HOW_AUTO, N_ ("default, unless builds are reviewed one by one") },
  { "none", GERRIT_HOW_NONE, N_ ("no review") },
  { "default", GERRIT_HOW_DEFAULT, N_ ("the stock text") },
  { "template", GERRIT_HOW_TEMPLATE, N_ ("a template of your own") },
  { "program", GERRIT_HOW_PROGRAM, N_ ("a program prints it") },
  { NULL },
};

static const BelfryChoice notify_choices[] = {
  { "NONE", 1, N_ ("nobody") },
  { "OWNER", 2, N_ ("the change's owner") },
  { "OWNER_REVIEWERS", 3, N_ ("owner and reviewers") },
  { "ALL", 4, N_ ("everybody concerned") },
  { NULL },
};

#define CALLBACK_ROWS(member, prefix, choice_table, default_word, moment)                          \
  BELFRY_ENUM (Gerrit, member.how, prefix "-cb", .choices = choice_table,                          \
               .default_text = default_word, .help = N_ ("how a review is made when " moment)),    \
      BELFRY_TEMPLATE (Gerrit, member.template, prefix "-template",                                \
                       .help = N_ ("message of that review")),                                     \
      BELFRY_MAP (Gerrit, member.labels, prefix "-labels", .element = BELFRY_OPTION_STRING,        \
                  .help = N_ ("its labels: a template each, yielding an integer or nothing")),     \
      BELFRY_ARGV (Gerrit, member.program, prefix "-program",                                      \
                   .help = N_ ("program that prints that review: message and labels")),            \
      BELFRY_JSON (Gerrit, member.arg, prefix "-arg",                                              \
                   .help = N_ ("handed to templates and programs; a true value adds a link to "    \
                               "stock texts"))

static const BelfryOption gerrit_options[] = {
  BELFRY_STRING (Gerrit,
                 server,
                 "server",
                 .required = TRUE,
                 .sample = "gerrit.example.org",
                 .help = N_ ("host of Gerrit")),
  BELFRY_STRING (Gerrit,
                 username,
                 "username",
                 .required = TRUE,
                 .sample = "ci",
                 .help = N_ ("user to log in as")),
  BELFRY_INTEGER (Gerrit,
                  port,
                  "port",
                  .default_text = "29418",
                  .minimum = 1,
                  .maximum = 65535,
                  .help = N_ ("port of Gerrit's ssh server")),
  BELFRY_PATH (
      Gerrit, identity_file, "identity-file", .help = N_ ("private key, without a pass phrase")),
  BELFRY_PATH (Gerrit,
               known_hosts,
               "known-hosts",
               .help = N_ ("file with Gerrit's host key; else where ssh looks")),
  BELFRY_ENUM (
      Gerrit, notify, "notify", .choices = notify_choices, .help = N_ ("whom Gerrit tells")),
  CALLBACK_ROWS (review, "review", review_choices, "none", "a build has ended"),
  CALLBACK_ROWS (start, "start", review_choices, "none", "a build starts"),
  CALLBACK_ROWS (summary, "summary", summary_choices, "auto", "a buildset is complete"),
  BELFRY_BOOLEAN (Gerrit,
                  check_patch_set,
                  "check-patch-set",
                  .default_text = "true",
                  .help = N_ ("send no summary about a patch set that is not the current one")),
  { NULL },
};

/* one word of ssh's command line that cannot be taken for an option */
static void
check_word (const char *text, const char *key, const char *refused, const BelfryCheck *check)
{
  if (text != NULL && (!gerrit_is_plain (text) || strpbrk (text, refused) != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                         "'%s' has a character that has no place here", text);
}

static void
check_form (const BelfryCheck *check,
            const char *prefix,
            const char *form,
            gboolean is_given,
            gboolean is_chosen)
{
  g_autofree char *key = g_strdup_printf ("%s-%s", prefix, form);

  if (is_given && !is_chosen)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                         "'%s' has no effect without '%s-cb=%s'", key, prefix, form);
  else if (is_chosen && !is_given)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                         "'%s-cb=%s' needs '%s'", prefix, form, key);
}

static void
check_labels (const GerritCallback *callback, const char *key, const BelfryCheck *check)
{
  guint n = callback->labels != NULL ? belfry_map_get_count (callback->labels) : 0;

  if (n > 0 && callback->how != GERRIT_HOW_TEMPLATE)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                         "labels go with a template; a program prints its own");
  for (guint i = 0; i < n; i++) {
    const char *name = belfry_map_get_name (callback->labels, i);
    g_autoptr (GError) local = NULL;
    g_autoptr (BelfryTemplate) template =
        belfry_template_new (name, belfry_map_get_value (callback->labels, i), NULL, &local);

    check_word (name, key, "=", check);
    if (template == NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key, "%s",
                           local->message);
  }
}

static void
check_callback (const GerritCallback *callback, const char *prefix, const BelfryCheck *check)
{
  g_autofree char *labels = g_strconcat (prefix, "-labels", NULL);
  g_autofree char *program = g_strconcat (prefix, "-program", NULL);

  check_form (check, prefix, "template", callback->template != NULL,
              callback->how == GERRIT_HOW_TEMPLATE);
  check_form (check, prefix, "program", callback->program != NULL,
              callback->how == GERRIT_HOW_PROGRAM);
  check_labels (callback, labels, check);
  belfry_reports_check_program (callback->program, program, check);
}

static void
gerrit_check (gconstpointer self, const BelfryCheck *check)
{
  const Gerrit *gerrit = self;

  check_word (gerrit->server, "server", "@/", check);
  check_word (gerrit->username, "username", "@/", check);
  check_callback (&gerrit->start, "start", check);
  check_callback (&gerrit->review, "review", check);
  check_callback (&gerrit->summary, "summary", check);
  if (gerrit->review.how != GERRIT_HOW_NONE)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section, "review-cb",
                         "a review of each build votes before the others have ended; a summary "
                         "waits for all of them");
}

static guint
gerrit_choose_phases (gconstpointer self)
{
  const Gerrit *gerrit = self;

  return (gerrit_get_how (gerrit, &gerrit->start) != GERRIT_HOW_NONE ? BELFRY_PHASE_STARTED : 0) |
         (gerrit_get_how (gerrit, &gerrit->review) != GERRIT_HOW_NONE ? BELFRY_PHASE_FINISHED : 0) |
         (gerrit_get_how (gerrit, &gerrit->summary) != GERRIT_HOW_NONE ? BELFRY_PHASE_BUILDSET : 0);
}

static void
gerrit_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Gerrit *gerrit = self;

  gerrit->instance = instance;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "gerrit",
  .summary       = N_("Reviews changes on Gerrit over ssh"),
  .family        = BELFRY_FAMILY_REVIEW,
  .phases        = BELFRY_PHASE_STARTED | BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET,
  .options       = gerrit_options,
  .instance_size = sizeof (Gerrit),
  .needs         = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC | BELFRY_NEEDS_FILES,
  .check         = gerrit_check,
  .start         = gerrit_start,
  .plan          = gerrit_plan,
  .choose_phases = gerrit_choose_phases,
  .deliver       = gerrit_deliver,
);
