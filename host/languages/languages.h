/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The languages that there are catalogues for. */
#pragma once

#include "belfry-plugin.h"

/**
 * belfry_languages_init:
 * @folder: (nullable): where catalogues lie; %NULL: $BELFRY_LOCALE_DIR, else where they were
 *   installed
 *
 * Finds the catalogues and has belfry_tr() use them. Once, before threads are started.
 */
void belfry_languages_init (const char *folder);

/* Opens all catalogues, which otherwise happens with the first text: for a process that soon can
 * open nothing any more. */
void belfry_languages_load (void);

/* (transfer none) (nullable): the tag of the language, as `zh-CN`, for any spelling of it: `de`,
 * `de_AT.UTF-8`, `zh-Hans-CN`; NULL: there is no catalogue of it */
const char *belfry_languages_find (const char *name);

/* (transfer none): of what a browser accepts the best that there is, else the fallback, else
 * English. RFC 9110 §12.5.4, matching by the lookup of RFC 4647 §3.4. */
const char *belfry_languages_choose (const char *accepted, const char *fallback);

/* (transfer none): what whoever started the program wants to read, by LANGUAGE, LC_ALL, LC_MESSAGES
 * and LANG */
const char *belfry_languages_of_environment (void);

/* (transfer full): "de, en, fr" */
char *belfry_languages_list (void);
