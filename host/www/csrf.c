/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forgery: a form carries a token that only our pages have. It is the HMAC of the visitor's cookie,
 * masked anew for every page, so that compressed answers tell nothing about it. The cookie is
 * random and set only where a visitor may do anything at all.
 *
 * Words for the next page travel in a cookie too, signed, so that nobody else can put any there;
 * the page that shows them takes them away.
 */
#include "www/www-private.h"

#include <string.h>
#include <sys/random.h>

#define COOKIE_BYTES      32
#define DIGEST_BYTES      32
#define TOKEN_BYTES       ((gsize)2 * DIGEST_BYTES)
#define MESSAGE_COOKIE    "belfry_message"
#define MESSAGE_SECONDS   60
#define MAX_MESSAGE_BYTES 1000

static char *
encode (const guint8 *data, gsize bytes)
{
  char *text = g_base64_encode (data, bytes);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

static guint8 *
decode (const char *text, gsize *bytes)
{
  g_autoptr (GString) padded = g_string_new (text);

  g_strdelimit (padded->str, "-", '+');
  g_strdelimit (padded->str, "_", '/');
  while (padded->len % 4 != 0)
    g_string_append_c (padded, '=');
  return g_base64_decode (padded->str, bytes);
}

static void
digest (BelfryWww *www, const char *purpose, const char *text, guint8 *result)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, www->secret, sizeof www->secret);
  gsize bytes = DIGEST_BYTES;

  g_hmac_update (hmac, (const guchar *)purpose, (gssize)strlen (purpose) + 1);
  g_hmac_update (hmac, (const guchar *)text, (gssize)strlen (text));
  g_hmac_get_digest (hmac, result, &bytes);
}

static gboolean
fill_random (guint8 *data, gsize bytes)
{
  return getrandom (data, bytes, 0) == (gssize)bytes;
}

static const char *
get_cookie_name (BelfryExchange *exchange)
{
  return exchange->is_https && g_str_equal (exchange->prefix, "/") ? "__Host-belfry"
                                                                   : "belfry_session";
}

static void
set_cookie (BelfryExchange *exchange, const char *name, const char *value, gint64 seconds)
{
  g_autofree char *cookie = g_strdup_printf (
      "%s=%s; Path=%s; Max-Age=%" G_GINT64_FORMAT "; HttpOnly; SameSite=Lax%s", name, value,
      exchange->prefix, seconds, exchange->is_https ? "; Secure" : "");

  belfry_exchange_set_header (exchange, "Set-Cookie", cookie);
}

char *
belfry_csrf_dup_session (BelfryExchange *exchange, gboolean may_make)
{
  const char *name = get_cookie_name (exchange);
  g_autofree char *session = belfry_exchange_dup_cookie (exchange, name);
  guint8 random[COOKIE_BYTES];

  if (session != NULL && strlen (session) == 43)
    return g_steal_pointer (&session);
  if (!may_make || !fill_random (random, sizeof random))
    return NULL;
  g_free (session);
  session = encode (random, sizeof random);
  set_cookie (exchange, name, session, exchange->site->keys->cookie_expiration / G_USEC_PER_SEC);
  return g_steal_pointer (&session);
}

char *
belfry_csrf_dup_token (BelfryWww *www, const char *session)
{
  guint8 token[TOKEN_BYTES];
  guint8 secret[DIGEST_BYTES];

  if (!fill_random (token, DIGEST_BYTES))
    return NULL;
  digest (www, "form", session, secret);
  for (gsize i = 0; i < DIGEST_BYTES; i++)
    token[DIGEST_BYTES + i] = token[i] ^ secret[i];
  return encode (token, sizeof token);
}

gboolean
belfry_csrf_check (BelfryWww *www, const char *session, const char *token)
{
  gsize bytes = 0;
  g_autofree guint8 *sent = NULL;
  guint8 secret[DIGEST_BYTES];

  if (session == NULL || token == NULL || strlen (token) > 2 * TOKEN_BYTES)
    return FALSE;
  sent = decode (token, &bytes);
  if (bytes != TOKEN_BYTES)
    return FALSE;
  digest (www, "form", session, secret);
  for (gsize i = 0; i < DIGEST_BYTES; i++)
    sent[i] ^= sent[DIGEST_BYTES + i];
  return belfry_equal_constant_time (sent, DIGEST_BYTES, secret, DIGEST_BYTES);
}

static char *
sign (BelfryWww *www, const char *payload)
{
  guint8 signature[DIGEST_BYTES];

  digest (www, "message", payload, signature);
  return encode (signature, sizeof signature);
}

void
belfry_message_set (BelfryExchange *exchange, const char *text)
{
  g_autofree char *cut = belfry_text_cut (text, MAX_MESSAGE_BYTES);
  gint64 until = g_get_real_time () / G_USEC_PER_SEC + MESSAGE_SECONDS;
  g_autofree char *plain = g_strdup_printf ("%" G_GINT64_FORMAT " %s", until, cut);
  g_autofree char *payload = encode ((const guint8 *)plain, strlen (plain));
  g_autofree char *signature = sign (exchange->www, payload);
  g_autofree char *value = g_strconcat (payload, ".", signature, NULL);

  set_cookie (exchange, MESSAGE_COOKIE, value, MESSAGE_SECONDS);
}

/* The text where signature and time are good. */
static char *
read_message (BelfryWww *www, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ".", 3);
  g_autofree char *signature = NULL;
  g_autofree char *plain = NULL;
  g_autofree guint8 *data = NULL;
  gsize bytes = 0;
  char *text = NULL;
  gint64 until = 0;

  if (g_strv_length (parts) != 2)
    return NULL;
  signature = sign (www, parts[0]);
  if (!belfry_equal_constant_time (signature, strlen (signature), parts[1], strlen (parts[1])))
    return NULL;
  data = decode (parts[0], &bytes);
  plain = g_strndup ((const char *)data, bytes);
  text = strchr (plain, ' ');
  if (text == NULL)
    return NULL;
  *text++ = '\0';
  if (!belfry_parse_integer (plain, 0, G_MAXINT64, &until, NULL) ||
      until < g_get_real_time () / G_USEC_PER_SEC)
    return NULL;
  return g_strdup (text);
}

char *
belfry_message_take (BelfryExchange *exchange)
{
  g_autofree char *value = belfry_exchange_dup_cookie (exchange, MESSAGE_COOKIE);

  if (value == NULL)
    return NULL;
  set_cookie (exchange, MESSAGE_COOKIE, "", 0);
  return read_message (exchange->www, value);
}
