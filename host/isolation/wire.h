/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records, requests and results as they stand in frames: nothing is lost, neither microseconds nor
 * the difference between an empty text and none. What comes back from a plugin is checked as
 * anybody else's JSON: types, ranges, counts.
 */
#pragma once

#include "belfry-plugin.h"

/* For another thread: objects count who holds them without a lock. (transfer full) */
JsonObject *belfry_wire_copy (JsonObject *object);

/* "error": {"code", "message"}; a code of another domain is left out. */
void belfry_wire_set_error (JsonObject *head, const GError *error);
/* The error that stands there; NULL: none does. */
GError *belfry_wire_get_error (JsonObject *head);

JsonObject *belfry_wire_write_record (gconstpointer record);
gpointer belfry_wire_read_record (const BelfryRecordType *type, JsonObject *object, GError **error);

/* The body goes beside it. */
JsonObject *belfry_wire_write_request (BelfryRequest *request);
BelfryRequest *belfry_wire_read_request (JsonObject *object, GBytes *body, GError **error);

JsonObject *belfry_wire_write_translation (const BelfryTranslation *translation);
BelfryTranslation *belfry_wire_read_translation (JsonObject *object, GError **error);

JsonObject *belfry_wire_write_item (const BelfryItem *item);
/* Texts and payload stay @object's. */
void belfry_wire_read_item (JsonObject *object, BelfryItem *item);

JsonArray *belfry_wire_write_targets (BelfryTargets *targets);
gboolean belfry_wire_read_targets (JsonArray *array, BelfryTargets *targets, GError **error);

JsonObject *belfry_wire_write_outcome (const BelfryOutcome *outcome);
BelfryOutcome *belfry_wire_read_outcome (JsonObject *object, GError **error);

/* The body goes beside it. */
JsonObject *belfry_wire_write_answer (BelfryHttpAnswer *answer);
BelfryHttpAnswer *belfry_wire_read_answer (JsonObject *object, GBytes *body);

JsonObject *belfry_wire_write_section (const BelfrySection *section);
BelfrySection *belfry_wire_read_section (JsonObject *object);

/* A list of texts, or null. */
JsonNode *belfry_wire_write_texts (const char *const *texts);
char **belfry_wire_read_texts (JsonArray *array);
