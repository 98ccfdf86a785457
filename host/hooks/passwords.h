/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP Basic against password files of `user:password` lines, plain or hashed. Never on the main
 * loop. */
#pragma once

#include "belfry-plugin.h"

/* @files: file:PATH items, relative ones below @folder; the task returns a boolean. */
void belfry_passwords_check (const char *const *files,
                             const char *folder,
                             const char *authorization,
                             GTask *task);
/* Warns of files that are not there, or whose passwords are stored weakly; what may not be read is
 * not looked at. */
void belfry_passwords_look (const char *const *files,
                            const char *folder,
                            const BelfrySection *section,
                            const char *key,
                            BelfryProblems *problems);
