/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain. A code exists where a caller acts differently. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

#define BELFRY_ERROR (belfry_error_quark ())

/**
 * BelfryError: codes of %BELFRY_ERROR
 * @BELFRY_ERROR_CONFIG: the configuration is wrong; nothing starts with it
 * @BELFRY_ERROR_NOT_FOUND: what was asked for does not exist
 * @BELFRY_ERROR_DENIED: the caller may not
 * @BELFRY_ERROR_MALFORMED: data from outside cannot be understood
 * @BELFRY_ERROR_TOO_LARGE: data from outside is over a limit
 * @BELFRY_ERROR_RETRY: later may work
 * @BELFRY_ERROR_UNSUPPORTED: this build or this machine cannot
 * @BELFRY_ERROR_CONFLICT: somebody else was first
 * @BELFRY_ERROR_INTERNAL: a fault of ours
 */
typedef enum {
  BELFRY_ERROR_CONFIG,
  BELFRY_ERROR_NOT_FOUND,
  BELFRY_ERROR_DENIED,
  BELFRY_ERROR_MALFORMED,
  BELFRY_ERROR_TOO_LARGE,
  BELFRY_ERROR_RETRY,
  BELFRY_ERROR_UNSUPPORTED,
  BELFRY_ERROR_CONFLICT,
  BELFRY_ERROR_INTERNAL,
} BelfryError;

BELFRY_API GQuark belfry_error_quark (void);

G_END_DECLS
