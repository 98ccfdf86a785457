/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the reporter `gitlab-status` share. */
#pragma once

#include <forge-status.h>

typedef struct {
  BelfryForgeCommits commits;
} GitlabStatus;

/* Text as GitLab takes it. (transfer full) */
char *gitlab_status_fit (const char *text);
void gitlab_status_deliver (gpointer self, const BelfryItem *item, GTask *task);
