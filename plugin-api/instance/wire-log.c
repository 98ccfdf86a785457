/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `debug=true` of a plugin that speaks HTTP writes to the log: each request and each answer,
 * a line each. The log masks secrets that it knows; headers that carry a credential show none of
 * their value in any case, because a credential there is often encoded.
 */
#include "instance/wire-log-private.h"

#include "belfry-text.h"

#define BODY_BYTES 2048

/* parts of the names of headers that carry credentials */
static const char *const hidden_words[] = {
  "authorization", "cookie", "key", "password", "secret", "signature", "token",
};

static gboolean
is_hidden (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (hidden_words); i++)
    if (strstr (lower, hidden_words[i]) != NULL)
      return TRUE;
  return FALSE;
}

static char *
dup_body (GBytes *body)
{
  gsize bytes = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &bytes) : NULL;

  return belfry_text_make_printable (text != NULL ? text : "", (gssize)bytes, BODY_BYTES);
}

void
belfry_wire_log_request (BelfryInstance *instance, BelfryHttpRequest *request)
{
  g_autoptr (GString) headers = g_string_new (NULL);
  GPtrArray *pairs = belfry_http_request_list_headers (request);
  g_autoptr (GBytes) bytes = belfry_http_request_dup_body (request);
  g_autofree char *body = dup_body (bytes);

  for (guint i = 0; i + 1 < pairs->len; i += 2) {
    const char *name = g_ptr_array_index (pairs, i);
    const char *value = g_ptr_array_index (pairs, i + 1);

    g_string_append_printf (headers, "%s: %s; ", name, is_hidden (name) ? "<hidden>" : value);
  }
  belfry_instance_log (instance, G_LOG_LEVEL_MESSAGE, "request: %s %s; %sbody: %s",
                       belfry_http_request_get_method (request),
                       belfry_http_request_get_url (request), headers->str, body);
}

void
belfry_wire_log_answer (BelfryInstance *instance, BelfryHttpAnswer *answer, const GError *error)
{
  g_autofree char *body = answer != NULL ? dup_body (belfry_http_answer_get_body (answer)) : NULL;

  if (answer != NULL)
    belfry_instance_log (instance, G_LOG_LEVEL_MESSAGE, "answer: %u; body: %s",
                         belfry_http_answer_get_status (answer), body);
  else
    belfry_instance_log (instance, G_LOG_LEVEL_MESSAGE, "no answer: %s",
                         error != NULL ? error->message : "cancelled");
}
