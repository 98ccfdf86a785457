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
/* A number of seconds, its fraction cut off towards the past. */
gboolean
belfry_payload_get_seconds (JsonNode *root, const char *path, gint64 *time_us, GError **error);
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
/* The same of a hook that takes forms alone: anything else is a form without `payload`. (transfer
 * full) */
JsonNode *belfry_payload_read_form (BelfryRequest *request, GError **error);
/* Leaves of @node whose dotted names, beginning with @prefix, match one of the patterns become
 * properties. */
void belfry_payload_add_whitelisted (BelfryProperties *properties,
                                     const char *prefix,
                                     JsonNode *node,
                                     const char *const *patterns);
/* Whether one of the expressions is found in @text. @expressions: (nullable) (element-type GRegex)
 */
gboolean belfry_payload_matches (GPtrArray *expressions, const char *text);
/* What codebase a change gets: the fixed one, what the template makes of the payload, or NULL for
 * none. */
gboolean belfry_payload_get_codebase (
    const char *fixed, BelfryTemplate *format, JsonNode *root, char **codebase, GError **error);
/* @codebase and @format in one section: an error. */
void
belfry_payload_check_codebase (const char *fixed, BelfryTemplate *format, const BelfryCheck *check);

/* changes; payload-change.c */

/**
 * BelfryPayloadType: how a value becomes a text or a time of a change
 * @BELFRY_PAYLOAD_TEXT: taken over whole: text, or null
 * @BELFRY_PAYLOAD_COMPOSED: put into text
 * @BELFRY_PAYLOAD_PERSON: an object's NAME <EMAIL>
 * @BELFRY_PAYLOAD_TIME: a date
 */
typedef enum {
  BELFRY_PAYLOAD_TEXT,
  BELFRY_PAYLOAD_COMPOSED,
  BELFRY_PAYLOAD_PERSON,
  BELFRY_PAYLOAD_TIME,
} BelfryPayloadType;

/**
 * BelfryPayloadField: one field of a change and where it stands; tables end in a row without path
 */
typedef struct {
  const char *path;
  BelfryPayloadType type;
  gsize offset;
} BelfryPayloadField;

#define BELFRY_PAYLOAD_FIELD(TYPE, path, member)                                                   \
  {                                                                                                \
    path, BELFRY_PAYLOAD_##TYPE, G_STRUCT_OFFSET (BelfryChange, member)                            \
  }

/**
 * BelfryPayloadProperty: a property that has the value at a path, whatever its type; tables end in
 * a row without name
 */
typedef struct {
  const char *name;
  const char *path;
} BelfryPayloadProperty;

/* What makes a change of one element of a list. (transfer full) (nullable) */
typedef BelfryChange *(*BelfryPayloadMake) (JsonNode *item, gconstpointer data, GError **error);

/* A change of which nothing is known yet: no time, no codebase, no properties. */
BelfryChange *belfry_payload_new_change (void);
/* Keys that must be there although no field is made of them; ends in NULL. */
gboolean belfry_payload_need_all (JsonNode *root, const char *const *paths, GError **error);
gboolean belfry_payload_fill (JsonNode *root,
                              const BelfryPayloadField *fields,
                              BelfryChange *change,
                              GError **error);
gboolean belfry_payload_set_properties (JsonNode *root,
                                        const BelfryPayloadProperty *rows,
                                        BelfryChange *change,
                                        GError **error);
/* Files of a commit: `added`, then `modified`, then `removed`. Each may be missing,
 * and null where @take_null. */
gboolean belfry_payload_set_files (JsonNode *commit,
                                   gboolean take_null,
                                   BelfryChange *change,
                                   GError **error);
/* The list at a path; at most 10,000 entries. (transfer none) */
JsonArray *belfry_payload_need_list (JsonNode *root, const char *path, GError **error);
/* Whether the value at a path is true; what is missing is not. */
gboolean belfry_payload_is_true (JsonNode *root, const char *path);
/* Whether both paths have a value and these differ. */
gboolean belfry_payload_differs (JsonNode *root, const char *path, const char *other);
/* What follows refs/heads/ or refs/tags/; NULL: neither, or nothing follows. */
const char *belfry_payload_get_ref_name (const char *ref, gboolean *is_tag);
/* The text at a path, which must be one. (transfer none) */
const char *belfry_payload_need_text (JsonNode *root, const char *path, GError **error);
/* A number, or a text of digits, as digits: safe as a part of a ref. (transfer full) (nullable) */
char *belfry_payload_compose_number (JsonNode *root, const char *path, GError **error);
/* @path where something stands there, else @other. */
const char *belfry_payload_choose (JsonNode *root, const char *path, const char *other);
/* A change for each element of @list, in its order. (transfer full) (nullable) */
GPtrArray *belfry_payload_make_changes (JsonArray *list,
                                        BelfryPayloadMake make,
                                        gconstpointer data,
                                        GError **error);
/* @changes, or that there were none. (transfer full) */
BelfryTranslation *belfry_payload_translate_changes (GPtrArray *changes);
/* A translation of one change. (transfer full) */
BelfryTranslation *belfry_payload_translate_change (BelfryChange *change);
/* The first value of an argument of the URL, whatever the body is. (transfer full) (nullable) */
gboolean belfry_payload_get_url_argument (BelfryRequest *request,
                                          const char *name,
                                          char **value,
                                          GError **error);
/* The project that the URL names, where the payload named none. */
gboolean belfry_payload_fill_project (BelfryRequest *request,
                                      BelfryTranslation *translation,
                                      GError **error);
