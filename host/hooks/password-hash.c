/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forms of htpasswd(1): what crypt(5) knows is libcrypt's; the two that only Apache has are here.
 * `{SHA}` is base64 of SHA-1 without salt. `$apr1$` is a thousand rounds of MD5 over password and
 * salt, as Apache's manual, "Password Formats", and the well-known MD5 crypt describe it.
 */
#include "password-hash.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define APR1        "$apr1$"
#define YESCRYPT    "$y$"
#define SHA1        "{SHA}"
#define APR1_ROUNDS 1000
#define MD5_BYTES   16
#define SHA1_BYTES  20
#define MAX_SALT    8

BelfryPasswordForm
belfry_password_get_form (const char *stored)
{
  if (g_str_has_prefix (stored, APR1))
    return BELFRY_PASSWORD_APR1;
  if (g_str_has_prefix (stored, SHA1))
    return BELFRY_PASSWORD_SHA1;
  if (g_str_has_prefix (stored, "$1$"))
    return BELFRY_PASSWORD_MD5_CRYPT;
  return stored[0] == '$' ? BELFRY_PASSWORD_CRYPT : BELFRY_PASSWORD_PLAIN;
}

static gboolean
equals (const char *a, const char *b)
{
  return belfry_equal_constant_time (a, strlen (a), b, strlen (b));
}

static void
update (GChecksum *sum, gconstpointer data, gsize bytes)
{
  g_checksum_update (sum, data, (gssize)bytes);
}

static void
finish (GChecksum *sum, guchar *digest)
{
  gsize bytes = MD5_BYTES;

  g_checksum_get_digest (sum, digest, &bytes);
}

/* the first digest: password, marks, salt, and the digest of password, salt, password for each byte
 * of the password; then a zero or the password's first byte for each bit of its length */
static void
begin_apr1 (const char *password, const char *salt, gsize salt_bytes, guchar *digest)
{
  g_autoptr (GChecksum) inner = g_checksum_new (G_CHECKSUM_MD5);
  g_autoptr (GChecksum) outer = g_checksum_new (G_CHECKSUM_MD5);
  gsize bytes = strlen (password);

  update (inner, password, bytes);
  update (inner, salt, salt_bytes);
  update (inner, password, bytes);
  finish (inner, digest);
  update (outer, password, bytes);
  update (outer, APR1, strlen (APR1));
  update (outer, salt, salt_bytes);
  for (gsize left = bytes; left > 0; left -= MIN (left, MD5_BYTES))
    update (outer, digest, MIN (left, MD5_BYTES));
  for (gsize bit = bytes; bit > 0; bit >>= 1)
    update (outer, (bit & 1) != 0 ? "" : password, 1);
  finish (outer, digest);
}

static void
stir_apr1 (guint round, const char *password, const char *salt, gsize salt_bytes, guchar *digest)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
  gsize bytes = strlen (password);

  if (round % 2 != 0)
    update (sum, password, bytes);
  else
    update (sum, digest, MD5_BYTES);
  if (round % 3 != 0)
    update (sum, salt, salt_bytes);
  if (round % 7 != 0)
    update (sum, password, bytes);
  if (round % 2 != 0)
    update (sum, digest, MD5_BYTES);
  else
    update (sum, password, bytes);
  finish (sum, digest);
}

static void
append_characters (GString *text, guint value, guint count)
{
  static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  for (guint i = 0; i < count; i++) {
    g_string_append_c (text, alphabet[value & 0x3f]);
    value >>= 6;
  }
}

char *
belfry_password_apr1 (const char *password, const char *salt)
{
  /* three bytes of the digest give four characters, in this order */
  static const guint8 order[][3] = {
    { 0, 6, 12 }, { 1, 7, 13 }, { 2, 8, 14 }, { 3, 9, 15 }, { 4, 10, 5 },
  };
  gsize salt_bytes = MIN (strcspn (salt, "$"), MAX_SALT);
  guchar digest[MD5_BYTES] = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);

  begin_apr1 (password, salt, salt_bytes, digest);
  for (guint round = 0; round < APR1_ROUNDS; round++)
    stir_apr1 (round, password, salt, salt_bytes, digest);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    append_characters (text,
                       (guint)digest[order[i][0]] << 16 | (guint)digest[order[i][1]] << 8 |
                           digest[order[i][2]],
                       4);
  append_characters (text, digest[11], 2);
  explicit_bzero (digest, sizeof digest);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
matches_apr1 (const char *stored, const char *password)
{
  const char *salt = stored + strlen (APR1);
  const char *dollar = strchr (salt, '$');
  g_autofree char *computed = NULL;

  if (dollar == NULL)
    return FALSE;
  computed = belfry_password_apr1 (password, salt);
  return equals (computed, dollar + 1);
}

static gboolean
matches_sha1 (const char *stored, const char *password)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guchar digest[SHA1_BYTES] = { 0 };
  gsize bytes = sizeof digest;
  g_autofree char *computed = NULL;

  update (sum, password, strlen (password));
  g_checksum_get_digest (sum, digest, &bytes);
  computed = g_base64_encode (digest, bytes);
  return equals (computed, stored + strlen (SHA1));
}

static gboolean
matches_crypt (const char *stored, const char *password)
{
  struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *computed = crypt_rn (password, stored, data, sizeof *data);
  gboolean same = computed != NULL && computed[0] != '*' && equals (computed, stored);

  explicit_bzero (data, sizeof *data);
  g_free (data);
  return same;
}

gboolean
belfry_password_matches (const char *stored, const char *password)
{
  if (stored[0] == '\0')
    return FALSE;
  switch (belfry_password_get_form (stored)) {
  case BELFRY_PASSWORD_PLAIN:
    return equals (password, stored);
  case BELFRY_PASSWORD_CRYPT:
  case BELFRY_PASSWORD_MD5_CRYPT:
    return matches_crypt (stored, password);
  case BELFRY_PASSWORD_APR1:
    return matches_apr1 (stored, password);
  case BELFRY_PASSWORD_SHA1:
    return matches_sha1 (stored, password);
  }
  return FALSE;
}

char *
belfry_password_make (const char *password, GError **error)
{
  char *setting = crypt_gensalt_ra (YESCRYPT, 0, NULL, 0);
  struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *computed = setting != NULL ? crypt_rn (password, setting, data, sizeof *data) : NULL;
  char *stored = computed != NULL && computed[0] == '$' ? g_strdup (computed) : NULL;

  if (stored == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "libcrypt cannot make a hash: %s",
                 g_strerror (errno));
  explicit_bzero (data, sizeof *data);
  g_free (data);
  free (setting);
  return stored;
}
