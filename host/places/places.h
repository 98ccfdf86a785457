/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where lies what was installed. A build tree, a test and a package that lies elsewhere name other
 * folders in the environment; an empty name is none. (transfer none)
 */
#pragma once

/* $BELFRY_DATA_DIR: templates, schema, what pages are made of */
const char *belfry_places_get_data (void);
/* $BELFRY_HELPER_DIR: programs of ours that nobody calls by hand */
const char *belfry_places_get_helpers (void);
/* $BELFRY_LOCALE_DIR: catalogues */
const char *belfry_places_get_locale (void);
