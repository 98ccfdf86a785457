/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "belfry-error.h"

/**
 * belfry_error_quark:
 *
 * Returns: the domain of every error that Belfry makes itself
 * Since: 0.1
 */
G_DEFINE_QUARK (belfry-error-quark, belfry_error)
