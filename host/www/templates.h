/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates by name: looked up in the override folders, then among the built-in ones. Any thread.
 */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryTemplates BelfryTemplates;

/* @folders: (element-type utf8) those of the site, first wins; @built_in: (element-type utf8) where
 * ours lie */
BelfryTemplates *belfry_templates_new (GPtrArray *folders, GPtrArray *built_in);
void belfry_templates_free (BelfryTemplates *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTemplates, belfry_templates_free)
/* Reads files where they changed, so not for the main loop; %BELFRY_ERROR_NOT_FOUND: no template of
 * that name. */
char *belfry_templates_render (BelfryTemplates *self,
                               const char *name,
                               JsonObject *variables,
                               const BelfryTemplateRecords *records,
                               const char *language,
                               gint64 utc_offset_us,
                               GError **error);
/* Grows whenever a changed file was seen. */
guint belfry_templates_get_generation (BelfryTemplates *self);
/* Looks for changed files on a thread, at most once a second. */
void belfry_templates_look (BelfryTemplates *self);
