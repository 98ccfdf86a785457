/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a plugin's JSON is shown, to people in their language (nullable); each returns
 * (transfer full) text that ends in a line break. */
#pragma once

#include "belfry-plugin.h"

char *belfry_inspect_to_text (JsonObject *plugin, const char *language);
char *belfry_inspect_to_markdown (JsonObject *plugin);
char *belfry_inspect_to_conf (JsonObject *plugin, const char *language);
char *belfry_inspect_to_json (JsonNode *node);

/* of one option of that JSON, for others that show it */
gboolean belfry_inspect_is_shown (JsonObject *option);
char *belfry_inspect_dup_key (JsonObject *option);
char *belfry_inspect_dup_facts (JsonObject *option, const char *language);
