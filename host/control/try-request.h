/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request that `belfry try hook` gives to a hook, as the command line describes it. */
#pragma once

#include "belfry-plugin.h"

typedef struct {
  char *config_path; /* (nullable) */
  char **sets;       /* (nullable) KEY=VALUE */
  char **headers;    /* (nullable) NAME: VALUE */
  char *body_path;   /* (nullable) `-`: standard input */
  char *method;      /* (nullable) POST */
  char *query;       /* (nullable) */
  gboolean trusted;  /* whoever sent it */
  gboolean json;
} BelfryTryOptions;

void belfry_try_options_clear (BelfryTryOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryTryOptions, belfry_try_options_clear)
/* FALSE: said why. What is left of the words stays in @argc and @argv. */
gboolean belfry_try_options_parse (BelfryTryOptions *self, int *argc, char ***argv);
BelfryRequest *belfry_try_request_new (const BelfryTryOptions *options,
                                       const char *hook,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
