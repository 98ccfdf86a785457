/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of the reporter `github-status`: pure, linked by its tests. */
#pragma once

#include <forge-status.h>

typedef struct {
  BelfryForgeHttp http;
  BelfryForgeWords words;
  BelfrySecret *token;
  BelfryRendered *context;
  char *base_url;
  gboolean report_pending;
  BelfryRendered *repo_owner; /* (nullable) the form of 0.8, with repo_name */
  BelfryRendered *repo_name;  /* (nullable) */
  BelfryRendered *sha;        /* (nullable) then: the stamp's revision */
} GithubStatus;

gboolean github_status_plan (gconstpointer self,
                             const BelfryReport *report,
                             BelfryTargets *targets,
                             GError **error);
BelfryHttpRequest *
github_status_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
github_status_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
