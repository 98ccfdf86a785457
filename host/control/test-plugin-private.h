/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the conformance suite share. Each check runs in a child process of its own,
 * which opens the plugin afresh: one that crashes, hangs or spoils its process fails the check that
 * it did so in and nothing else.
 */
#pragma once

#include <belfry-test.h>

/** BelfrySubject: the plugin that is looked at, as a check sees it */
typedef struct {
  const char *path;
  const char *extra; /* lines of a section that its author gives, or "" */
  const BelfryPlugin *plugin;
  char *keys; /* a section that it starts with */
} BelfrySubject;

/** BelfryConformanceCheck: one line of TAP */
typedef struct {
  const char *name;
  void (*run) (BelfrySubject *subject); /* returns: ok; never returns: belfry_conformance_fail () */
} BelfryConformanceCheck;

/* in the child: says why, and ends it */
G_NORETURN void belfry_conformance_fail (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* in the child: what is not looked at, and why, and ends it */
G_NORETURN void belfry_conformance_skip (const char *format, ...) G_GNUC_PRINTF (1, 2);

/** BelfryVerdict: how a child ended */
typedef struct {
  gboolean ok;
  char *skipped; /* (nullable) why */
  char *reason;  /* (nullable) why not */
  char *output;  /* all that came out of it */
} BelfryVerdict;

/* test-plugin-child.c */
void belfry_verdict_clear (BelfryVerdict *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryVerdict, belfry_verdict_clear)
void belfry_conformance_run (const BelfryConformanceCheck *check,
                             const char *path,
                             const char *extra,
                             BelfryVerdict *verdict);

/* test-plugin-sample.c: a section with every key that must be there, all addresses leading to the
 * test's own service, and secrets that can be found again */
#define BELFRY_PLANTED_SECRET "planted-5e7a9c31-"
char *belfry_sample_make_keys (const BelfrySubject *subject);
/* A valid value of one option. (nullable): none can be thought of */
char *belfry_sample_dup_value (const BelfryOption *option);
BelfryOptionTable belfry_sample_get_table (const BelfryPlugin *plugin);

/* test-plugin-exercise.c: what its kind is for, once */
BelfryTest *belfry_exercise_new (BelfrySubject *subject);
/* Where the machine lacks what the plugin needs, the check is skipped. */
void belfry_exercise_start (BelfryTest *test);
void belfry_exercise_stop (BelfryTest *test);
/* Turns the main loop for a moment, so that what is left over shows itself. */
void belfry_exercise_settle (void);
/* All of it; waits until it is over. */
void belfry_exercise (BelfryTest *test);
/** BelfryOutcomeCheck: called with each outcome for which the reporter asked its service */
typedef void (*BelfryOutcomeCheck) (const BelfryOutcome *outcome, gpointer user_data);
/* What a reporter does with each sample that its phases name. */
void belfry_exercise_reports (BelfryTest *test, BelfryOutcomeCheck check, gpointer user_data);
/* Begins its longest asynchronous call. (transfer full) (nullable): it has none */
GTask *belfry_exercise_begin (BelfryTest *test);
/* Fails where a text is no UTF-8, has control characters in one line, or quotes a secret. */
void belfry_exercise_check_text (const char *what, const char *text);

/* the checks, in the order in which they are printed; each table ends in a row without name */
extern const BelfryConformanceCheck belfry_checks_of_metadata[];
extern const BelfryConformanceCheck belfry_checks_of_options[];
extern const BelfryConformanceCheck belfry_checks_of_life[];
extern const BelfryConformanceCheck belfry_checks_of_remotes[];
extern const BelfryConformanceCheck belfry_checks_of_manners[];
