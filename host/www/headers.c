/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Headers in and out: what every answer carries, and the few request headers that we read
 * ourselves. Ranges are parsed here, for one range of bytes only (RFC 9110 §14); what else a client
 * may ask for is answered whole.
 */
#include "www/www-private.h"

#include <string.h>

static const struct {
  const char *name;
  const char *value;
} security[] = {
  { "Content-Security-Policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
  { "X-Content-Type-Options", "nosniff" },
  { "Referrer-Policy", "same-origin" },
  { "Cross-Origin-Opener-Policy", "same-origin" },
  { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

void
belfry_headers_add_security (SoupMessageHeaders *headers)
{
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  gboolean is_image = type != NULL && g_str_has_prefix (type, "image/");

  for (gsize i = 0; i < G_N_ELEMENTS (security); i++) {
    if (soup_message_headers_get_one (headers, security[i].name) == NULL)
      soup_message_headers_append (headers, security[i].name, security[i].value);
  }
  if (soup_message_headers_get_one (headers, "Cross-Origin-Resource-Policy") == NULL)
    soup_message_headers_append (headers, "Cross-Origin-Resource-Policy",
                                 is_image ? "cross-origin" : "same-origin");
}

gboolean
belfry_headers_match_etag (const char *if_none_match, const char *etag)
{
  g_auto (GStrv) tags = if_none_match != NULL ? g_strsplit (if_none_match, ",", 32) : NULL;
  const char *wanted = g_str_has_prefix (etag, "W/") ? etag + 2 : etag;

  for (char **tag = tags; tag != NULL && *tag != NULL; tag++) {
    const char *text = g_strstrip (*tag);

    if (g_str_equal (text, "*") ||
        g_str_equal (g_str_has_prefix (text, "W/") ? text + 2 : text, wanted))
      return TRUE;
  }
  return FALSE;
}

/* `gzip`, `x-gzip` or `*`, unless its weight is zero. */
gboolean
belfry_headers_accept_gzip (const char *accept_encoding)
{
  g_auto (GStrv) codings = accept_encoding != NULL ? g_strsplit (accept_encoding, ",", 32) : NULL;
  gboolean by_star = FALSE;

  for (char **coding = codings; coding != NULL && *coding != NULL; coding++) {
    char *weight = strchr (*coding, ';');
    gboolean is_on = TRUE;
    const char *name = NULL;

    if (weight != NULL) {
      *weight++ = '\0';
      weight = strchr (weight, '=');
      is_on = weight == NULL || g_ascii_strtod (weight + 1, NULL) > 0;
    }
    name = g_strstrip (*coding);
    if (g_ascii_strcasecmp (name, "gzip") == 0 || g_ascii_strcasecmp (name, "x-gzip") == 0)
      return is_on;
    by_star = by_star || (g_str_equal (name, "*") && is_on);
  }
  return by_star;
}

static gboolean
parse_position (const char *text, goffset *value)
{
  guint64 number = 0;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL))
    return FALSE;
  *value = (goffset)number;
  return TRUE;
}

gboolean
belfry_headers_parse_range (
    const char *range, goffset total, goffset *first, goffset *last, guint *status)
{
  g_auto (GStrv) ends = NULL;
  gboolean is_suffix = FALSE;

  if (range == NULL || g_ascii_strncasecmp (range, "bytes=", 6) != 0 || strchr (range, ',') != NULL)
    return FALSE;
  ends = g_strsplit (range + 6, "-", 3);
  if (g_strv_length (ends) != 2 || (*ends[0] == '\0' && *ends[1] == '\0'))
    return FALSE;
  is_suffix = *ends[0] == '\0';
  *last = total - 1;
  if (is_suffix) {
    goffset count = 0;

    if (!parse_position (ends[1], &count))
      return FALSE;
    *first = count == 0 ? total : MAX (total - count, 0);
  } else if (!parse_position (ends[0], first) ||
             (*ends[1] != '\0' && !parse_position (ends[1], last))) {
    return FALSE;
  }
  if (*last < *first && !is_suffix && *ends[1] != '\0' && *first < total)
    return FALSE;
  *last = MIN (*last, total - 1);
  *status = *first < total ? 206 : 416;
  return TRUE;
}

gboolean
belfry_headers_is_text_type (const char *content_type)
{
  static const char *const types[] = {
    "text/",
    "application/json",
    "application/javascript",
    "application/atom+xml",
    "application/rss+xml",
    "application/xml",
    "image/svg+xml",
  };

  if (content_type == NULL || g_str_has_prefix (content_type, "text/event-stream"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_has_prefix (content_type, types[i]))
      return TRUE;
  }
  return FALSE;
}

/* Without port, in small letters; brackets of an IPv6 address go. */
static char *
dup_host_name (const char *host)
{
  gsize length = 0;

  if (*host == '[')
    return g_ascii_strdown (host + 1, (gssize)strcspn (host + 1, "]"));
  length = strcspn (host, ":");
  return g_ascii_strdown (host, (gssize)length);
}

/*
 * A name that a stranger made lead here is refused (DNS rebinding); an address cannot be made so,
 * and nothing is known to compare with where no url is configured.
 */
gboolean
belfry_headers_is_our_host (BelfrySite *site, const char *host)
{
  g_autofree char *name = NULL;

  if (site->host == NULL || host == NULL)
    return TRUE;
  name = dup_host_name (host);
  if (g_ascii_strcasecmp (name, site->host) == 0 || g_str_equal (name, "localhost") ||
      g_hostname_is_ip_address (name))
    return TRUE;
  for (char **allowed = site->keys->allowed_hosts; allowed != NULL && *allowed != NULL; allowed++) {
    if (g_ascii_strcasecmp (*allowed, name) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Host and port of an origin or URL; (nullable) */
static char *
dup_authority (const char *url)
{
  const char *start = strstr (url, "://");

  if (start == NULL)
    return NULL;
  start += 3;
  return g_ascii_strdown (start, (gssize)strcspn (start, "/?#"));
}

gboolean
belfry_headers_is_same_origin (BelfryExchange *exchange)
{
  const char *origin = belfry_exchange_get_header (exchange, "Origin");
  const char *host = exchange->host;
  g_autofree char *theirs = NULL;
  g_autofree char *ours = NULL;

  if (origin == NULL)
    origin = belfry_exchange_get_header (exchange, "Referer");
  if (origin == NULL)
    return TRUE;
  theirs = dup_authority (origin);
  ours = exchange->site->url != NULL ? dup_authority (exchange->site->url) : NULL;
  return theirs != NULL && ((host != NULL && g_ascii_strcasecmp (theirs, host) == 0) ||
                            g_strcmp0 (theirs, ours) == 0);
}

void
belfry_headers_allow_origin (BelfryExchange *exchange)
{
  const char *origin = belfry_exchange_get_header (exchange, "Origin");

  if (origin == NULL || exchange->site->keys->allowed_origins == NULL)
    return;
  for (char **allowed = exchange->site->keys->allowed_origins; *allowed != NULL; allowed++) {
    if (!belfry_glob_match (*allowed, origin, BELFRY_GLOB_TEXT))
      continue;
    belfry_exchange_set_header (exchange, "Access-Control-Allow-Origin", origin);
    belfry_exchange_set_header (exchange, "Cross-Origin-Resource-Policy", "cross-origin");
    return;
  }
}
