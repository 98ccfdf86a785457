/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stored password, in any of the forms that password files hold. Takes its time: no main loop.
 */
#pragma once

#include "belfry-plugin.h"

/** BelfryPasswordForm: how a password is stored */
typedef enum {
  BELFRY_PASSWORD_PLAIN,
  BELFRY_PASSWORD_CRYPT,
  BELFRY_PASSWORD_MD5_CRYPT, /* $1$ */
  BELFRY_PASSWORD_APR1,
  BELFRY_PASSWORD_SHA1,
} BelfryPasswordForm;

BelfryPasswordForm belfry_password_get_form (const char *stored);
/* As a new password is stored: yescrypt. (transfer full) (nullable) */
char *belfry_password_make (const char *password, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean belfry_password_matches (const char *stored, const char *password);
/* The 22 characters behind the salt of an `$apr1$` hash. (transfer full) */
char *belfry_password_apr1 (const char *password, const char *salt) G_GNUC_WARN_UNUSED_RESULT;
