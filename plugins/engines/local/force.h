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
  LOCAL_FIELD_WORKER,
  LOCAL_FIELD_NESTED,
  LOCAL_FIELD_ANY,
  LOCAL_N_FIELDS,
} LocalFieldKind;

/** LocalField: one field of a form */
typedef struct _LocalField {
  char *name;
  char *full_name; /* as sent: its groups' names before its own */
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
  char *tab;                 /* (nullable) */
  char *any;                 /* of a worker: the choice that means all */
  gint64 count;              /* of any: how many properties */
  char **fields;             /* (nullable) of a group: names of its fields */
  gint64 columns;            /* of a group */
  char *layout;              /* of a group (nullable) */
  GPtrArray *members;        /* (nullable) (element-type LocalField) of a group */
  struct _LocalField *group; /* (nullable) (unowned) */
} LocalField;

/** LocalForced: what a filled-in form asks for */
typedef struct {
  char *owner;
  char *reason; /* the whole sentence */
  gint64 priority;
  GPtrArray *stamps; /* (element-type BelfrySourceStamp), without ids */
  BelfryProperties *properties;
  char *worker; /* (nullable) where it is to run */
} LocalForced;

/* the property that binds a forced build to a worker */
#define LOCAL_WANTED_WORKER "wanted-worker"

LocalField *
local_field_parse (const char *name, const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_field_free (LocalField *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalField, local_field_free)
JsonNode *local_field_check (const LocalField *self,
                             JsonNode *value,
                             char **message) G_GNUC_WARN_UNUSED_RESULT;

void local_field_bear_name (LocalField *self, const char *prefix);
GPtrArray *local_fields_group (GPtrArray *all, GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *local_field_describe (const LocalField *self) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *local_group_describe (const char *name,
                                  const char *label,
                                  JsonArray *fields) G_GNUC_WARN_UNUSED_RESULT;
char *local_field_dup_slot (const LocalField *self, gint64 number) G_GNUC_WARN_UNUSED_RESULT;
void local_form_bind_workers (LocalForm *self);
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
