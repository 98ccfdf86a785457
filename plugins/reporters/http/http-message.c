/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is sent is the build object itself, or what a template or program makes of it. A signed
 * request (standardwebhooks.com) has the report's number as its id, the same on every try, so that
 * a receiver can tell a repetition.
 */
#include "http.h"

#include <string.h>

#define KEY_PREFIX "whsec_"

/* headers that are the transport's own, or another option's */
static const char *const taken_headers[] = {
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "host",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "webhook-id",
  "webhook-signature",
  "webhook-timestamp",
  NULL,
};

/* what a configuration may say */

static void
check_url (const BelfryHttp *self, const BelfryCheck *check)
{
  g_autoptr (GUri) uri = g_uri_parse (self->server_url, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  if (host == NULL || *host == '\0' ||
      (strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "server-url",
                         "an address that begins with https:// or http:// is wanted");
  else if (g_uri_get_userinfo (uri) != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "server-url",
                         "a login does not belong in an address, which is shown; write user and "
                         "password");
}

static void
check_login (const BelfryHttp *self, const BelfryCheck *check)
{
  if (self->auth != NULL && self->user != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "auth",
                         "only one of auth and user can be given");
  if ((self->user != NULL) != (self->password != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         self->user != NULL ? "user" : "password", "user and password go together");
  if (self->auth == NULL && belfry_section_find (check->section, "auth-kind") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "auth-kind",
                         "it says how 'auth' is meant, which is not there");
}

static gboolean
is_header_name (const char *name)
{
  gboolean good = *name != '\0';

  for (const char *at = name; *at != '\0'; at++)
    good = good && (g_ascii_isalnum (*at) || strchr ("!#$%&'*+-.^_`|~", *at) != NULL);
  return good;
}

static void
check_headers (const BelfryHttp *self, const BelfryCheck *check)
{
  for (guint i = 0; self->headers != NULL && i < belfry_map_get_count (self->headers); i++) {
    const char *name = belfry_map_get_name (self->headers, i);
    g_autofree char *lower = g_ascii_strdown (name, -1);
    g_autofree char *key = g_strconcat ("headers.", name, NULL);

    if (!is_header_name (name))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "'%s' is no name of a header", name);
    else if (g_strv_contains (taken_headers, lower))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "'%s' is set by the request itself", name);
    else if (strpbrk (belfry_map_get_value (self->headers, i), "\r\n") != NULL)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "a header is one line");
  }
}

void
belfry_http_reporter_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryHttp *http = self;

  check_url (http, check);
  check_login (http, check);
  check_headers (http, check);
  belfry_reports_check_program (http->format_program, "format-program", check);
  if (http->format_template != NULL && http->format_program != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "format-program",
                         "format-template is there as well; keep one of the two");
  belfry_reports_check_wire (&http->wire, check, "server-url", http->server_url);
}

gboolean
belfry_http_reporter_check_secrets (const BelfryHttp *self, GError **error)
{
  if (self->auth != NULL && self->auth_kind != BELFRY_HTTP_AUTH_BEARER &&
      strchr (belfry_secret_get_value (self->auth), ':') == NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         "auth: LOGIN:PASSWORD is wanted; a token needs auth-kind=bearer");
    return FALSE;
  }
  return TRUE;
}

/* report to object */

static JsonNode *
format (const BelfryHttp *self, const BelfryReport *report, GError **error)
{
  g_autofree char *text = NULL;
  JsonNode *node = NULL;
  g_autoptr (GError) local = NULL;

  if (self->format_template == NULL)
    return json_node_init_object (json_node_alloc (), belfry_report_get_build (report, 0));
  text = belfry_template_render (self->format_template, belfry_report_get_variables (report, 0),
                                 NULL, 0, error);
  if (text == NULL)
    return NULL;
  node = belfry_json_parse (text, -1, NULL, &local);
  if (node == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                 "format-template yields no JSON value: %s", local->message);
  return node;
}

gboolean
belfry_http_reporter_plan (gconstpointer self,
                           const BelfryReport *report,
                           BelfryTargets *targets,
                           GError **error)
{
  const BelfryHttp *http = self;
  g_autoptr (GUri) uri = g_uri_parse (http->server_url, G_URI_FLAGS_NONE, NULL);
  g_autofree char *key = belfry_reports_dup_key (report);
  g_autoptr (JsonNode) payload = NULL;

  if (belfry_report_get_n_builds (report) == 0)
    return TRUE;
  payload = format (http, report, error);
  if (payload == NULL)
    return FALSE;
  belfry_targets_add (targets, g_uri_get_host (uri), key, payload);
  return TRUE;
}

/* object to request */

char *
belfry_http_reporter_escape (const char *json)
{
  GString *out = g_string_sized_new (strlen (json));

  for (const char *at = json; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar character = g_utf8_get_char (at);

    if (character < 0x80)
      g_string_append_c (out, *at);
    else if (character < 0x10000)
      g_string_append_printf (out, "\\u%04x", character);
    else
      g_string_append_printf (out, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
                              0xdc00 + (character & 0x3ff));
  }
  return g_string_free (out, FALSE);
}

static char *
dup_signature (const char *secret, const char *signed_text)
{
  gsize key_bytes = 0;
  g_autofree guchar *key = g_str_has_prefix (secret, KEY_PREFIX)
                               ? g_base64_decode (secret + strlen (KEY_PREFIX), &key_bytes)
                               : (guchar *)g_strdup (secret);
  g_autofree guchar *digest = g_malloc (g_checksum_type_get_length (G_CHECKSUM_SHA256));
  gsize digest_bytes = (gsize)g_checksum_type_get_length (G_CHECKSUM_SHA256);
  g_autoptr (GHmac) hmac = NULL;
  g_autofree char *encoded = NULL;

  if (!g_str_has_prefix (secret, KEY_PREFIX))
    key_bytes = strlen (secret);
  hmac = g_hmac_new (G_CHECKSUM_SHA256, key, key_bytes);
  g_hmac_update (hmac, (const guchar *)signed_text, (gssize)strlen (signed_text));
  g_hmac_get_digest (hmac, digest, &digest_bytes);
  encoded = g_base64_encode (digest, digest_bytes);
  explicit_bzero (key, key_bytes);
  return g_strconcat ("v1,", encoded, NULL);
}

/* each generation of the secret signs, so that the receiver may change over when it likes */
static void
sign (const BelfryHttp *self, BelfryHttpRequest *request, gint64 reportid, const char *body)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, reportid);
  g_autofree char *timestamp =
      g_strdup_printf ("%" G_GINT64_FORMAT, belfry_time_to_seconds (belfry_clock_now_us ()));
  g_autofree char *text = g_strjoin (".", id, timestamp, body, NULL);
  g_autoptr (GString) signatures = g_string_new (NULL);

  for (guint i = 0; i < belfry_secret_get_count (self->signing_secret); i++) {
    g_autofree char *signature =
        dup_signature (belfry_secret_get_generation (self->signing_secret, i), text);

    g_string_append_printf (signatures, "%s%s", i > 0 ? " " : "", signature);
  }
  belfry_http_request_set_header (request, "webhook-id", id);
  belfry_http_request_set_header (request, "webhook-timestamp", timestamp);
  belfry_http_request_set_header (request, "webhook-signature", signatures->str);
}

static void
log_in (const BelfryHttp *self, BelfryHttpRequest *request)
{
  g_auto (GStrv) pair = NULL;

  if (self->user != NULL) {
    belfry_http_request_set_basic (request, belfry_secret_get_value (self->user),
                                   belfry_secret_get_value (self->password));
    return;
  }
  if (self->auth == NULL)
    return;
  pair = g_strsplit (belfry_secret_get_value (self->auth), ":", 2);
  switch ((BelfryHttpAuth)self->auth_kind) {
  case BELFRY_HTTP_AUTH_BASIC:
    belfry_http_request_set_basic (request, pair[0], pair[1]);
    break;
  case BELFRY_HTTP_AUTH_DIGEST:
    belfry_http_request_set_digest (request, pair[0], pair[1]);
    break;
  case BELFRY_HTTP_AUTH_BEARER:
    belfry_http_request_set_bearer (request, NULL, belfry_secret_get_value (self->auth));
    break;
  }
}

BelfryHttpRequest *
belfry_http_reporter_make_request (const BelfryHttp *self, gint64 reportid, JsonNode *body)
{
  BelfryHttpRequest *request = belfry_reports_request_new (&self->wire, "POST", self->server_url);
  g_autofree char *json = belfry_json_to_text (body);
  g_autofree char *text =
      self->skip_encoding ? belfry_http_reporter_escape (json) : g_strdup (json);

  for (guint i = 0; self->headers != NULL && i < belfry_map_get_count (self->headers); i++)
    belfry_http_request_set_header (request, belfry_map_get_name (self->headers, i),
                                    belfry_map_get_value (self->headers, i));
  belfry_http_request_set_body (request, "application/json", text);
  log_in (self, request);
  if (self->signing_secret != NULL)
    sign (self, request, reportid, text);
  return request;
}
