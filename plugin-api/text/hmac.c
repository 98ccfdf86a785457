/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: comparing them without telling how far they agree, and keyed digests (RFC 2104). */
#include "belfry-text.h"

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
  g_return_val_if_fail (key != NULL || key_bytes == 0, NULL);
  g_return_val_if_fail (data != NULL || data_bytes == 0, NULL);

  return g_compute_hmac_for_data (digest, key != NULL ? key : (gconstpointer) "", key_bytes,
                                  data != NULL ? data : (gconstpointer) "", data_bytes);
}
