/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `belfry init` was told, and what it makes of that. */
#pragma once

#include "belfry-plugin.h"

/* answers, in the order in which they are asked for */
typedef enum {
  BELFRY_INIT_REPOSITORY,
  BELFRY_INIT_VCS,
  BELFRY_INIT_BUILDER,
  BELFRY_INIT_STEPS,
  BELFRY_INIT_MAIL,
  BELFRY_INIT_FROM,
  BELFRY_INIT_LISTEN,
  BELFRY_INIT_URL,
  BELFRY_INIT_TITLE,
  BELFRY_INIT_POLL,
  BELFRY_INIT_STATE,
  BELFRY_INIT_RUNTIME,
  BELFRY_N_INIT_QUESTIONS,
} BelfryInitQuestion;

typedef struct {
  char *path; /* of the configuration */
  char *answers[BELFRY_N_INIT_QUESTIONS];
  char **hooks;
  GPtrArray *written; /* (element-type utf8): files to be removed where it fails */
} BelfryInit;

/* "state-directory": of the option; the template's variable has `_` for `-` */
const char *belfry_init_get_name (BelfryInitQuestion question);
/* Writes configuration and secrets, or nothing; says what was written. */
gboolean belfry_init_write (BelfryInit *self, GError **error);
