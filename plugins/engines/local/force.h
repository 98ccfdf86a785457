/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Force forms: fields, how they are described to pages and bots, how what is sent is checked (§10).
 */
#pragma once

#include "config.h"

typedef enum {
  LOCAL_FIELD_FIXED,
  LOCAL_FIELD_STRING,
  LOCAL_FIELD_TEXT,
  LOCAL_FIELD_INT,
  LOCAL_FIELD_BOOLEAN,
  LOCAL_FIELD_CHOICE,
  LOCAL_FIELD_USERNAME,
} LocalFieldKind;

/** LocalField: one field of a form */
typedef struct {
  char *name; /* as sent */
  char *label;
  LocalFieldKind kind;
  char *default_text;
  gboolean required;
  gboolean hide;
  GRegex *regex; /* (nullable) */
  char *pattern; /* (nullable) */
  gint64 max_bytes;
  gint64 size;
  gint64 cols;
  gint64 rows;
  gint64 minimum;
  gint64 maximum;
  char **choices; /* (nullable) */
  gboolean strict;
  gboolean multiple;
  gboolean need_email;
  char *tab; /* (nullable) */
} LocalField;

/** LocalForced: what a filled-in form asks for */
typedef struct {
  char *owner;
  char *reason; /* the whole sentence */
  gint64 priority;
  GPtrArray *stamps; /* (element-type BelfrySourceStamp), without ids */
  BelfryProperties *properties;
} LocalForced;

LocalField *
local_field_parse (const char *name, const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_field_free (LocalField *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalField, local_field_free)
JsonNode *local_field_check (const LocalField *self,
                             JsonNode *value,
                             char **message) G_GNUC_WARN_UNUSED_RESULT;

GPtrArray *local_form_make_fields (const LocalSection *section, BelfryProblems *problems);
JsonObject *local_form_describe (const LocalForm *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean local_form_feeds (const LocalForm *self, const char *builder);
LocalForced *local_form_fill (const LocalForm *self,
                              GPtrArray *codebases,
                              JsonObject *arguments,
                              const char *who,
                              JsonObject *errors) G_GNUC_WARN_UNUSED_RESULT;
void local_forced_free (LocalForced *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalForced, local_forced_free)
