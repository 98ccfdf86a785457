/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files to sections: see keyfile.c for the grammar. */
#pragma once

#include "belfry-plugin.h"

/* Reads a file, then FILE.d in byte order: (transfer full) (element-type BelfrySection). */
GPtrArray *belfry_keyfile_read (const char *path, BelfryProblems *problems);
/* One text as if it stood in a file of that name; sections are added to those that are there. */
void belfry_keyfile_read_text (
    GPtrArray *sections, const char *file, const char *text, gsize bytes, BelfryProblems *problems);
/* "hook github", as it stands between the brackets */
char *belfry_section_dup_title (const BelfrySection *section);
