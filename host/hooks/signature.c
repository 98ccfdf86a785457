/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Of the headers that a forge may sign with, the strongest that is there decides alone, even an
 * empty one: a bad strong signature is not rescued by a good weak one. A header that is there twice
 * is never believed. Schemes: GitHub "Validating webhook deliveries"; Standard Webhooks,
 * specification 1.0; RFC 6750 for Bearer.
 */
#include "signature.h"

#include <string.h>

#define SHA256_BYTES       32
#define WEBHOOK_KEY_PREFIX "whsec_"

typedef gboolean (*CheckFunc) (const char *value,
                               const char *secret,
                               BelfryRequest *request,
                               const BelfryHookKeys *keys);

static gboolean
check_hmac (GChecksumType digest,
            const char *prefix,
            const char *value,
            const char *secret,
            BelfryRequest *request)
{
  gsize bytes = 0;
  gconstpointer data = g_bytes_get_data (belfry_request_get_body (request), &bytes);
  g_autofree char *expected = NULL;
  g_autofree char *given = NULL;

  if (!g_str_has_prefix (value, prefix))
    return FALSE;
  given = g_ascii_strdown (value + strlen (prefix), -1);
  expected = belfry_hmac_hex (digest, secret, strlen (secret), data, bytes);
  return belfry_equal_constant_time (given, strlen (given), expected, strlen (expected));
}

static gboolean
check_sha256_prefixed (const char *value,
                       const char *secret,
                       BelfryRequest *request,
                       const BelfryHookKeys *keys)
{
  return check_hmac (G_CHECKSUM_SHA256, "sha256=", value, secret, request);
}

static gboolean
check_sha1_prefixed (const char *value,
                     const char *secret,
                     BelfryRequest *request,
                     const BelfryHookKeys *keys)
{
  return keys->allow_sha1 && check_hmac (G_CHECKSUM_SHA1, "sha1=", value, secret, request);
}

static gboolean
check_sha256_hex (const char *value,
                  const char *secret,
                  BelfryRequest *request,
                  const BelfryHookKeys *keys)
{
  return check_hmac (G_CHECKSUM_SHA256, "", value, secret, request);
}

static gboolean
check_sha256_base64 (const char *value,
                     const char *secret,
                     BelfryRequest *request,
                     const BelfryHookKeys *keys)
{
  gsize bytes = 0;
  gconstpointer data = g_bytes_get_data (belfry_request_get_body (request), &bytes);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *)secret, strlen (secret));
  gsize digest_bytes = SHA256_BYTES;
  g_autofree guchar *digest = g_malloc (digest_bytes);
  g_autofree char *expected = NULL;

  g_hmac_update (hmac, data, (gssize)bytes);
  g_hmac_get_digest (hmac, digest, &digest_bytes);
  expected = g_base64_encode (digest, digest_bytes);
  return belfry_equal_constant_time (value, strlen (value), expected, strlen (expected));
}

static gboolean
check_md5_hex (const char *value,
               const char *secret,
               BelfryRequest *request,
               const BelfryHookKeys *keys)
{
  return check_hmac (G_CHECKSUM_MD5, "", value, secret, request);
}

static gboolean
check_token (const char *value,
             const char *secret,
             BelfryRequest *request,
             const BelfryHookKeys *keys)
{
  return belfry_equal_constant_time (value, strlen (value), secret, strlen (secret));
}

static gboolean
check_bearer (const char *value,
              const char *secret,
              BelfryRequest *request,
              const BelfryHookKeys *keys)
{
  const char *token = value + strlen ("Bearer ");

  return g_ascii_strncasecmp (value, "Bearer ", strlen ("Bearer ")) == 0 &&
         check_token (token, secret, request, keys);
}

static gboolean
is_fresh (const char *timestamp, gint64 tolerance_us)
{
  gint64 seconds = 0;

  if (timestamp == NULL ||
      !belfry_parse_integer (timestamp, 0, G_MAXINT64 / G_USEC_PER_SEC, &seconds, NULL))
    return FALSE;
  return ABS (belfry_clock_now_us () - seconds * G_USEC_PER_SEC) <= tolerance_us;
}

/* (transfer full) (nullable): base64 of HMAC-SHA256 over id.timestamp.body; NULL: a secret of which
 * no key remains, with which anybody could sign */
static char *
sign_webhook (const char *secret, const char *id, const char *timestamp, GBytes *body)
{
  const char *encoded =
      g_str_has_prefix (secret, WEBHOOK_KEY_PREFIX) ? secret + strlen (WEBHOOK_KEY_PREFIX) : secret;
  gsize key_bytes = 0;
  g_autofree guchar *key = g_base64_decode (encoded, &key_bytes);
  g_autoptr (GHmac) hmac = NULL;
  gsize digest_bytes = SHA256_BYTES;
  g_autofree guchar *digest = g_malloc (digest_bytes);

  if (key_bytes == 0)
    return NULL;
  hmac = g_hmac_new (G_CHECKSUM_SHA256, key, key_bytes);
  g_hmac_update (hmac, (const guchar *)id, strlen (id));
  g_hmac_update (hmac, (const guchar *)".", 1);
  g_hmac_update (hmac, (const guchar *)timestamp, strlen (timestamp));
  g_hmac_update (hmac, (const guchar *)".", 1);
  g_hmac_update (hmac, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_hmac_get_digest (hmac, digest, &digest_bytes);
  return g_base64_encode (digest, digest_bytes);
}

static gboolean
check_standard_webhooks (const char *value,
                         const char *secret,
                         BelfryRequest *request,
                         const BelfryHookKeys *keys)
{
  const char *id = belfry_request_get_header (request, "webhook-id");
  const char *timestamp = belfry_request_get_header (request, "webhook-timestamp");
  g_auto (GStrv) given = g_strsplit (value, " ", 16);
  g_autofree char *expected = NULL;
  gboolean found = FALSE;

  if (id == NULL || belfry_request_count_header (request, "webhook-id") != 1 ||
      belfry_request_count_header (request, "webhook-timestamp") != 1 ||
      !is_fresh (timestamp, keys->tolerance))
    return FALSE;
  expected = sign_webhook (secret, id, timestamp, belfry_request_get_body (request));
  for (guint i = 0; expected != NULL && given[i] != NULL; i++)
    if (g_str_has_prefix (given[i], "v1,"))
      found |=
          belfry_equal_constant_time (given[i] + strlen ("v1,"), strlen (given[i]) - strlen ("v1,"),
                                      expected, strlen (expected));
  return found;
}

/**
 * Scheme: how one is checked
 * @is_weak: it proves less than HMAC-SHA256 of the body: by an old digest, or by a secret that is
 * sent along
 */
typedef struct {
  CheckFunc check;
  gboolean is_weak;
} Scheme;

static const Scheme schemes[] = {
  [BELFRY_SIGNATURE_SHA256_PREFIXED] = { check_sha256_prefixed, FALSE },
  [BELFRY_SIGNATURE_SHA1_PREFIXED] = { check_sha1_prefixed, TRUE },
  [BELFRY_SIGNATURE_SHA256_HEX] = { check_sha256_hex, FALSE },
  [BELFRY_SIGNATURE_TOKEN] = { check_token, TRUE },
  [BELFRY_SIGNATURE_BEARER] = { check_bearer, TRUE },
  [BELFRY_SIGNATURE_STANDARD_WEBHOOKS] = { check_standard_webhooks, FALSE },
  [BELFRY_SIGNATURE_MD5_HEX] = { check_md5_hex, TRUE },
  [BELFRY_SIGNATURE_SHA256_BASE64] = { check_sha256_base64, FALSE },
};

static gboolean
has_any (const BelfryHook *hook, gboolean is_weak)
{
  const char *row = (const char *)hook->signatures;

  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL;
       row += hook->signature_size) {
    guint scheme = ((const BelfrySignature *)row)->scheme;

    if (scheme < G_N_ELEMENTS (schemes) && schemes[scheme].is_weak == is_weak)
      return TRUE;
  }
  return FALSE;
}

gboolean
belfry_signature_has_weaker (const BelfryHook *hook)
{
  return has_any (hook, TRUE) && has_any (hook, FALSE);
}

/* the strongest whose header is there; NULL: none is, or one is there twice */
static const BelfrySignature *
choose (const BelfryHook *hook, BelfryRequest *request, const char **reason)
{
  const BelfrySignature *best = NULL;
  const char *row = (const char *)hook->signatures;

  for (; row != NULL && ((const BelfrySignature *)row)->header != NULL;
       row += hook->signature_size) {
    const BelfrySignature *signature = (const BelfrySignature *)row;
    guint count = belfry_request_count_header (request, signature->header);

    if (count > 1) {
      *reason = "a signature header is there twice";
      return NULL;
    }
    if (count == 1 && (best == NULL || signature->rank < best->rank))
      best = signature;
  }
  if (best == NULL)
    *reason = "no signature";
  return best;
}

gboolean
belfry_signature_verify (const BelfryHook *hook,
                         const BelfryHookKeys *keys,
                         BelfryRequest *request,
                         guint *generation,
                         const char **reason)
{
  const BelfrySignature *signature = NULL;
  const char *value = NULL;
  gboolean matched = FALSE;

  if (keys->secret == NULL)
    return TRUE;
  signature = choose (hook, request, reason);
  if (signature == NULL || signature->scheme >= G_N_ELEMENTS (schemes))
    return FALSE;
  if (keys->strict && schemes[signature->scheme].is_weak) {
    *reason = BELFRY_REASON_WEAK;
    return FALSE;
  }
  value = belfry_request_get_header (request, signature->header);
  for (guint i = 0; i < belfry_secret_get_count (keys->secret); i++) {
    const char *secret = belfry_secret_get_generation (keys->secret, i);

    if (secret != NULL && schemes[signature->scheme].check (value, secret, request, keys)) {
      *generation = i;
      matched = TRUE;
    }
  }
  if (!matched)
    *reason = "the signature is wrong";
  return matched;
}
