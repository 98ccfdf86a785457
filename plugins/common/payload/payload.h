/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what forges send: keys that must be there, values put into text, times, lists of files,
 * the property whitelist. Errors are of code MALFORMED and name the key, never its value.
 */
#pragma once

#include <belfry-plugin.h>

/* The value at a dotted path; an error where a key is missing or what should hold it is no object.
 * (transfer none) */
JsonNode *belfry_payload_need (JsonNode *root, const char *path, GError **error);
/* The same, NULL without error where the last key is missing. */
gboolean belfry_payload_find (JsonNode *root, const char *path, JsonNode **value, GError **error);
/* A value taken over whole: text, or null, which is NULL; anything else is an error. */
gboolean belfry_payload_get_text (JsonNode *root, const char *path, char **value, GError **error);
/* A value put into text: a string as it is, numbers in decimal, True, False, None. (transfer full)
 * (nullable) */
char *belfry_payload_compose (JsonNode *root, const char *path, GError **error);
/* NAME <EMAIL> of an object at @path. (transfer full) (nullable) */
char *belfry_payload_compose_person (JsonNode *root, const char *path, GError **error);
gboolean
belfry_payload_get_time (JsonNode *root, const char *path, gint64 *time_us, GError **error);
/* Appends the texts of an optional list. */
gboolean
belfry_payload_add_files (JsonNode *root, const char *key, GPtrArray *files, GError **error);
/* Whole text of the request as JSON: a JSON body, or the form argument `payload`. @unsupported: the
 * type is neither. (transfer full) */
JsonNode *belfry_payload_read (BelfryRequest *request, gboolean *unsupported, GError **error);
/* The same, of members with these names alone; see BelfryJsonLimits. */
JsonNode *belfry_payload_read_members (BelfryRequest *request,
                                       const char *const *members,
                                       gboolean *unsupported,
                                       GError **error);
/* Leaves of @node whose dotted names, beginning with @prefix, match one of the patterns become
 * properties. */
void belfry_payload_add_whitelisted (BelfryProperties *properties,
                                     const char *prefix,
                                     JsonNode *node,
                                     const char *const *patterns);
/* What codebase a change gets: the fixed one, what the template makes of the payload, or NULL for
 * none. */
gboolean belfry_payload_get_codebase (
    const char *fixed, BelfryTemplate *format, JsonNode *root, char **codebase, GError **error);
/* @codebase and @format in one section: an error. */
void
belfry_payload_check_codebase (const char *fixed, BelfryTemplate *format, const BelfryCheck *check);
