/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a descriptor must be before anything in it is called. */
#pragma once

#include "belfry-plugin.h"

/* @symbol_bytes: what the file says, 0: it does not. Error UNSUPPORTED. */
gboolean belfry_descriptor_check (const BelfryPlugin *plugin,
                                  gsize symbol_bytes,
                                  const char *path,
                                  GError **error);
