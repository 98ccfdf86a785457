/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin as JSON, which all ways of showing it are made from. */
#pragma once

#include "belfry-plugin.h"

/* The rows of a table, as they stand in a plugin's. (transfer full) */
JsonArray *belfry_inspect_describe_table (const BelfryOptionTable *table);
/* As BelfryDescribe of the loader. */
char *belfry_inspect_describe (const BelfryPlugin *plugin, gpointer user_data);
