/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

#define BELFRY_ERROR (belfry_error_quark ())

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
