/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this room share: the configuration while it is being read. */
#pragma once

#include "config/config.h"
#include "config/keyfile.h"

/** BelfryReading: one section read with one table, kept for what is looked at when all are read */
typedef struct {
  const BelfrySection *section;
  BelfryOptionTable table;
  gpointer state;
} BelfryReading;

/** BelfryTableTarget: where a table is read to */
typedef struct {
  BelfryOptionTable table;
  gpointer state;
} BelfryTableTarget;

/** BelfryOwned: an owned section with what frees it */
typedef struct {
  BelfryOwnedSection owned; /* first: others see only this */
  BelfryOptionTable table;
} BelfryOwned;

/** BelfryConfigDraft: the configuration and what only its own files know of it */
typedef struct {
  BelfryConfig config; /* first: others see only this */
  GPtrArray *expanded; /* (element-type BelfrySection): made by plugins of sections that they own */
  GArray *readings;    /* (element-type BelfryReading) */
  GHashTable *owners;  /* kind → BelfryBlueprint */
  GHashTable *unread;  /* set of BelfryBlueprint with values that could not be read */
  BelfryLoader *loader;     /* while it is read */
  BelfryProblems *problems; /* while it is read */
} BelfryConfigDraft;

/* Reads a section with several tables and reports what none of them knows, where @complete. TRUE:
 * nothing was wrong. */
gboolean belfry_draft_read (BelfryConfigDraft *self,
                            const BelfrySection *section,
                            const BelfryTableTarget *targets,
                            guint n_targets,
                            gboolean complete);

/* Keeps what was read, for what is looked at when all is read. */
void
belfry_draft_keep (BelfryConfigDraft *self, const BelfrySection *section, BelfryTableTarget target);

/* host-keys.c: the host's own single sections, tables and defaults */
extern const BelfryOptionTable belfry_host_keys_table;
extern const BelfryOptionTable belfry_store_keys_table;
void belfry_host_keys_complete (BelfryConfigDraft *self);

/* host-sections.c: further kinds of section that are the host's */
gboolean belfry_host_sections_know (const char *kind);
/* A name where there is none, or none where there is one, is a finding. */
void belfry_host_sections_read (BelfryConfigDraft *self, BelfrySection *section);
void belfry_host_sections_check (BelfryConfigDraft *self);
void belfry_codebase_free (BelfryCodebase *self);

/* blueprint.c */
void belfry_blueprint_read (BelfryConfigDraft *self, const BelfrySection *section, BelfryKind kind);
void belfry_blueprint_check (BelfryConfigDraft *self, BelfryBlueprint *blueprint);
void belfry_blueprint_free (BelfryBlueprint *self);
BelfryOwned *belfry_blueprint_add_owned (BelfryBlueprint *self,
                                         const BelfrySection *section,
                                         const BelfrySectionKind *kind);

/* owned.c: sections that belong to an instance's plugin */
void belfry_owned_read_all (BelfryConfigDraft *self);
/* A section whose name cannot stand between brackets says it by `name=`. */
void belfry_section_take_name (BelfrySection *section, const BelfryOptionTable *table);

/* references.c: names of instances and sections, once all are known */
void belfry_references_check (BelfryConfigDraft *self);

/* permissions.c: files with secrets that others may read */
void belfry_permissions_check (BelfryConfigDraft *self);
