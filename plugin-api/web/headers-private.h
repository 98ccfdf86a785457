/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of names and values as headers and route parameters are kept: name, value, name, value… */
#pragma once

#include "belfry-macros.h"

#pragma GCC visibility push(hidden)

GPtrArray *belfry_pairs_new (void);
void belfry_pairs_add (GPtrArray *pairs, const char *name, const char *value);
/* Replaces all of that name, whatever their case. */
void belfry_pairs_set (GPtrArray *pairs, const char *name, const char *value);
const char *belfry_pairs_find (GPtrArray *pairs, const char *name);
guint belfry_pairs_count (GPtrArray *pairs, const char *name);
/* One line whatever the text: control characters are percent-encoded. */
char *belfry_header_dup_safe (const char *value);
JsonArray *belfry_pairs_to_json (GPtrArray *pairs);
/* A body as JSON: text where it is text, else {"base64": …}. */
JsonNode *belfry_body_to_json (GBytes *body);
GBytes *belfry_body_from_json (JsonNode *node);

#pragma GCC visibility pop
