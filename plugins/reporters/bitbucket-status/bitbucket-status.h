/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the reporter `bitbucket-status` share. */
#pragma once

#include <forge-status.h>

typedef struct {
  BelfryForgeHttp http;
  BelfrySecret *oauth_key;    /* (nullable) */
  BelfrySecret *oauth_secret; /* (nullable) */
  BelfrySecret *auth;         /* (nullable) LOGIN:APP-PASSWORD, in place of both */
  char *base_url;
  char *oauth_url;
  BelfryRendered *status_key;
  BelfryRendered *status_name;
} BitbucketStatus;

void bitbucket_status_deliver (gpointer self, const BelfryItem *item, GTask *task);
