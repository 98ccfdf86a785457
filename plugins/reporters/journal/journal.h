/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of the systemd journal. */
#pragma once

#include "reports.h"

typedef struct {
  BelfryMap *fields;     /* (nullable) name → BelfryTemplate * */
  BelfryMap *priorities; /* (nullable) mode → gint64 * */
  char *socket;
} BelfryJournal;

/* Errors for names that the journal would not take. */
void belfry_journal_check_fields (const BelfryMap *fields, const BelfryCheck *check);
/* A report as an object of names and texts; NULL where a template fails. (transfer full) */
JsonNode *
belfry_journal_make_entry (const BelfryJournal *self, const BelfryReport *report, GError **error);
/* Such an object in the journal's native protocol. (transfer full) */
GBytes *belfry_journal_serialize (JsonObject *entry);
