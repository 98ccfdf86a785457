/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of the reporter `github-status`: pure, linked by its tests. */
#pragma once

#include <forge-status.h>

typedef struct {
  BelfryForgeCommits commits;
  BelfryRendered *repo_owner; /* (nullable) the form of 0.8, with repo_name */
  BelfryRendered *repo_name;  /* (nullable) */
  BelfryRendered *sha;        /* (nullable) then: the stamp's revision */
} GithubStatus;

gboolean github_status_plan (gconstpointer self,
                             const BelfryReport *report,
                             BelfryTargets *targets,
                             GError **error);
/* how it is delivered */
extern const BelfryForgePost github_status_post;
