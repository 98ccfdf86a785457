/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secrets: comparing them without telling how far they agree; digests, plain and keyed (RFC 2104).
 * Nettle computes them: with the processor's own instructions it takes an eighth of GLib's time,
 * and each delivery is signed and digested as a whole.
 */
#include "belfry-text.h"

#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>
#include <string.h>

static const struct nettle_hash *const hashes[] = {
  [G_CHECKSUM_MD5] = &nettle_md5,       [G_CHECKSUM_SHA1] = &nettle_sha1,
  [G_CHECKSUM_SHA256] = &nettle_sha256, [G_CHECKSUM_SHA512] = &nettle_sha512,
  [G_CHECKSUM_SHA384] = &nettle_sha384,
};

static char *
to_hex (const guint8 *digest, gsize bytes)
{
  static const char digits[] = "0123456789abcdef";
  char *text = g_malloc (2 * bytes + 1);

  for (gsize i = 0; i < bytes; i++) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  text[2 * bytes] = '\0';
  return text;
}

/**
 * belfry_digest_hex:
 * @digest: a digest
 * @data: (array length=data_bytes) (nullable): what is digested
 * @data_bytes: its length in bytes
 *
 * Computes a digest.
 *
 * Returns: (transfer full): lower-case hexadecimal digits
 * Since: 0.1
 */
char *
belfry_digest_hex (GChecksumType digest, gconstpointer data, gsize data_bytes)
{
  const struct nettle_hash *hash = NULL;
  g_autofree guint8 *context = NULL;
  g_autofree guint8 *result = NULL;

  g_return_val_if_fail ((guint)digest < G_N_ELEMENTS (hashes), NULL);
  g_return_val_if_fail (data != NULL || data_bytes == 0, NULL);

  hash = hashes[digest];
  context = g_malloc (hash->context_size);
  result = g_malloc (hash->digest_size);
  hash->init (context);
  hash->update (context, data_bytes, data != NULL ? data : (gconstpointer) "");
  hash->digest (context, hash->digest_size, result);
  return to_hex (result, hash->digest_size);
}

/**
 * belfry_equal_constant_time:
 * @a: (array length=a_bytes) (nullable): one value
 * @a_bytes: its length in bytes
 * @b: (array length=b_bytes) (nullable): the other
 * @b_bytes: its length in bytes
 *
 * Compares two secrets. The time taken depends on the two lengths, never on the contents.
 *
 * Returns: TRUE if length and contents are equal
 * Since: 0.1
 */
gboolean
belfry_equal_constant_time (gconstpointer a, gsize a_bytes, gconstpointer b, gsize b_bytes)
{
  /* volatile keeps the compiler from leaving the loop early */
  const volatile guchar *left = a;
  const volatile guchar *right = b;
  volatile guchar difference = 0;

  g_return_val_if_fail (a != NULL || a_bytes == 0, FALSE);
  g_return_val_if_fail (b != NULL || b_bytes == 0, FALSE);

  if (a_bytes != b_bytes)
    return FALSE;
  for (gsize i = 0; i < a_bytes; i++)
    difference |= left[i] ^ right[i];
  return difference == 0;
}

/**
 * belfry_hmac_hex:
 * @digest: a digest
 * @key: (array length=key_bytes) (nullable): the secret
 * @key_bytes: its length in bytes
 * @data: (array length=data_bytes) (nullable): what is signed
 * @data_bytes: its length in bytes
 *
 * Computes an HMAC (RFC 2104).
 *
 * Returns: (transfer full): lower-case hexadecimal digits
 * Since: 0.1
 */
char *
belfry_hmac_hex (
    GChecksumType digest, gconstpointer key, gsize key_bytes, gconstpointer data, gsize data_bytes)
{
  const struct nettle_hash *hash = NULL;
  g_autofree guint8 *contexts = NULL;
  guint8 *outer = NULL;
  guint8 *inner = NULL;
  guint8 *state = NULL;
  g_autofree guint8 *result = NULL;

  g_return_val_if_fail ((guint)digest < G_N_ELEMENTS (hashes), NULL);
  g_return_val_if_fail (key != NULL || key_bytes == 0, NULL);
  g_return_val_if_fail (data != NULL || data_bytes == 0, NULL);

  hash = hashes[digest];
  contexts = g_malloc (3 * hash->context_size);
  outer = contexts;
  inner = outer + hash->context_size;
  state = inner + hash->context_size;
  result = g_malloc (hash->digest_size);
  nettle_hmac_set_key (outer, inner, state, hash, key_bytes,
                       key != NULL ? key : (gconstpointer) "");
  nettle_hmac_update (state, hash, data_bytes, data != NULL ? data : (gconstpointer) "");
  nettle_hmac_digest (outer, inner, state, hash, hash->digest_size, result);
  explicit_bzero (contexts, 3 * hash->context_size);
  return to_hex (result, hash->digest_size);
}
