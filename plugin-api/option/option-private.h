/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share: one struct of functions for each type of option. */
#pragma once

#include "belfry-option.h"

/** BelfryOptionText: one value on its way into a member */
typedef struct {
  const char *raw;    /* escapes still in it */
  const char *text;   /* escapes resolved */
  const char *folder; /* (nullable): what relative paths are relative to */
} BelfryOptionText;

/**
 * BelfryOptionTypeInfo: what a type can do
 * @name: shown to people
 * @size: of the member
 * @empty_is_default: an empty value means the default unless .allow_empty
 * @is_pointer: NULL means absent
 * @keeps_blanks: blanks at the end belong to the value
 * @parse: text to member, which is zero before
 * @clear: frees what the member holds and makes it zero; NULL: nothing to free
 */
typedef struct {
  const char *name;
  gsize size;
  gboolean empty_is_default;
  gboolean is_pointer;
  gboolean keeps_blanks;
  gboolean (*parse) (const BelfryOption *option,
                     const BelfryOptionText *text,
                     gpointer member,
                     GError **error);
  void (*clear) (const BelfryOption *option, gpointer member);
} BelfryOptionTypeInfo;

const BelfryOptionTypeInfo *belfry_option_type_get_info (BelfryOptionType type);
/* Resolves escapes, parses and checks the range. */
gboolean belfry_option_parse_value (const BelfryOption *option,
                                    const char *raw,
                                    const char *folder,
                                    gpointer member,
                                    GError **error);
void belfry_option_clear_value (const BelfryOption *option, gpointer member);

char *belfry_value_unescape (const char *value);
/* The folder that a path in this file is relative to: the configuration's, for drop-ins too. */
char *belfry_file_dup_base (const char *file);
void belfry_secret_set_folder (BelfrySecret *self, const char *folder);

/* A map's entries are values of this row, which is the map's own with the element's type. */
BelfryOption belfry_option_get_element (const BelfryOption *option);
BelfryMap *belfry_map_new (const BelfryOption *option);
void belfry_map_free (BelfryMap *self);
gboolean belfry_map_add (
    BelfryMap *self, const char *name, const char *raw, const char *folder, GError **error);
gpointer belfry_map_get_member (BelfryMap *self, guint index);
