/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which refs of a repository are watched, and what became of them since the last poll. */
#pragma once

#include <belfry-plugin.h>

#define GIT_MAX_REFS 10000

/** GitChooser: `branches`, `branch` or `only-tags`, ready to be asked */
typedef struct _GitChooser GitChooser;

/* @branches: (nullable): NULL means `master`, else the branch that HEAD names. */
GitChooser *git_chooser_new (const char *const *branches,
                             gboolean only_tags,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void git_chooser_free (GitChooser *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GitChooser, git_chooser_free)
/* What `ls-remote` must list: (transfer none) (array zero-terminated=1) */
const char *const *git_chooser_get_patterns (const GitChooser *self);

/** GitRefs: full names to ids, in the order of the names */
typedef struct {
  GTree *chosen;    /* name → id */
  GPtrArray *asked; /* (element-type utf8) names that the remote has not */
  char *fallback;   /* (nullable) the branch that stands in for `master` */
} GitRefs;

/* Reads what `ls-remote --symref` printed. */
GitRefs *git_refs_read (const GitChooser *chooser, GBytes *listing, GError **error);
void git_refs_free (GitRefs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GitRefs, git_refs_free)
/* Names that are new or elsewhere than @seen (nullable) has them: (transfer full) in order */
GPtrArray *git_refs_list_moved (const GitRefs *self, JsonObject *seen);
/* Whether @seen names one that is no longer there. */
gboolean git_refs_has_lost (const GitRefs *self, JsonObject *seen);
/* What a change calls the branch. */
const char *git_ref_get_branch (const char *name);
gboolean git_id_is_valid (const char *text);
