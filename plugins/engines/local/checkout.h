/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A checkout as a pure state machine (§14.1 of the engine's page): what has happened in, what is to
 * be done next out. Each kind of version control is a LocalPlan over one LocalCheckout; who runs it
 * (step-source.c) executes one action after the other and knows nothing of git, hg or svn.
 */
#pragma once

#include "options.h"

/** LocalDeed: what sort of thing an action is */
typedef enum {
  LOCAL_DEED_PROCESS,
  LOCAL_DEED_REMOVE, /* removes a folder or file: LocalPlan.folder says which */
  LOCAL_DEED_WAIT,   /* 5 s */
  LOCAL_DEED_DONE,
  LOCAL_DEED_FAILED,
} LocalDeed;

typedef struct _LocalPlan LocalPlan;

/** LocalCheckout: one checkout */
typedef struct {
  const LocalPlan *plan;
  const LocalStepKeys *keys;
  char *repository;
  const char *branch;       /* (nullable) */
  const char *revision;     /* (nullable) */
  const BelfryPatch *patch; /* (nullable) */
  char *tree;               /* where the tool works */
  char *work;               /* where steps work; tree, but with methods that copy */
  char *settings;           /* (nullable) the tool's configuration, in the private folder */
  char *user;               /* (nullable) of the credential */
  char *password;           /* (nullable) */
  gboolean has_tree;
  gboolean was_patched;
  /* of the run */
  int action;
  gboolean cloned;
  gboolean fetched;
  gboolean fetch_retried;
  gboolean clobbered;
  gboolean fetched_id;
  gboolean foreign;    /* another server is asked too: it gets no credential */
  char *url;           /* (nullable) svn: with its branch */
  GPtrArray *list;     /* (nullable) (element-type utf8) what is to be looked at or removed */
  guint n_listed;      /* of them, done */
  char *got_revision;  /* (nullable) */
  char *description;   /* (nullable) */
  const char *failure; /* (nullable) what is said where the tool's own words do not suffice */
} LocalCheckout;

/** LocalPlan: one kind of version control */
struct _LocalPlan {
  const char *name;
  const char *mark;             /* what makes a folder a tree: ".git" */
  const char *const *locks;     /* files in it that a crash leaves */
  const char *const *protocols; /* allowed where the step does not say */
  gboolean (*check) (const LocalCheckout *self, GError **error);
  int (*begin) (LocalCheckout *self);
  int (*next) (LocalCheckout *self, gboolean success, const char *output);
  LocalDeed (*deed) (const LocalCheckout *self);
  char **(*argv) (const LocalCheckout *self);
  /* (nullable): builddir, of a process; else what is removed */
  const char *(*folder) (const LocalCheckout *self);
  const char *(*input) (const LocalCheckout *self); /* (nullable) */
  gsize (*output_max) (const LocalCheckout *self);  /* 0: the output is not wanted */
  void (*set_environment) (const LocalCheckout *self, GHashTable *environment, const char *ssh);
  /* (nullable): text of a file of settings, whose path becomes LocalCheckout.settings */
  char *(*dup_settings) (const LocalCheckout *self, const char *ssh);
};

extern const LocalPlan local_git_plan;
extern const LocalPlan local_hg_plan;
extern const LocalPlan local_svn_plan;

/* for plans */
gboolean local_checkout_has_method (const LocalCheckout *self, LocalMethod method);
gboolean local_checkout_check (const LocalCheckout *self, GError **error);
gboolean local_checkout_fail_revision (const LocalCheckout *self, GError **error);
const char *const *local_checkout_protocols (const LocalCheckout *self);
gboolean local_checkout_is_local (const LocalCheckout *self);
char *local_url_dup_host (const char *url) G_GNUC_WARN_UNUSED_RESULT;
char **local_checkout_copy_argv (const LocalCheckout *self) G_GNUC_WARN_UNUSED_RESULT;
char **local_checkout_patch_argv (const LocalCheckout *self) G_GNUC_WARN_UNUSED_RESULT;
void local_argv_add (GPtrArray *argv, const char *word);
void local_argv_add_all (GPtrArray *argv, const char *const *words);
char **local_argv_end (GPtrArray *argv) G_GNUC_WARN_UNUSED_RESULT;

void local_checkout_clear (LocalCheckout *self);
