/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a password file: `USER:HASH` lines, of which the first of a user counts. What else
 * stands in it, comments, empty lines, further fields, stays where it is.
 */
#pragma once

#include "belfry-plugin.h"

/* A name that can stand in such a file. */
gboolean belfry_password_file_check_user (const char *user, GError **error);
/* (transfer full): with the user's first line replaced and later ones gone, or one more line.
 * @stored: (nullable): NULL takes the user out. @found: (out): whether there was one. */
char *belfry_password_file_change (const char *text,
                                   const char *user,
                                   const char *stored,
                                   gboolean *found);
/* (transfer full): each user once, with `user` and how the password is stored, `form` */
JsonArray *belfry_password_file_list (const char *text);
