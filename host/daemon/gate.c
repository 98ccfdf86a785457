/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include <string.h>

#define MAX_HOSTS     64
#define MAX_TRACED    100
#define EXCERPT_BYTES 1024
#define BODY_BYTES    65536

typedef struct {
  BelfryHosted *hosted;
  BelfryBuckets *buckets; /* (nullable) */
  char *host;
  JsonObject *traced; /* (nullable) */
  BelfryMasks *masks; /* (nullable) */
  GTask *outer;
} Passage;

static void
passage_free (Passage *self)
{
  belfry_hosted_unref (self->hosted);
  belfry_buckets_unref (self->buckets);
  g_clear_pointer (&self->traced, json_object_unref);
  g_clear_object (&self->outer);
  g_free (self->host);
  g_free (self);
}

static char *
mask (const char *text, BelfryMasks *masks, gsize limit)
{
  g_autofree char *masked = masks != NULL ? belfry_masks_apply_text (masks, text) : g_strdup (text);

  return belfry_text_cut (masked, limit);
}

/* headers that carry nothing but a credential, whether its value is known or was made just now */
static gboolean
bears_credential (const char *name)
{
  static const char *const words[] = { "authorization", "cookie",    "token",
                                       "secret",        "signature", "api-key" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (lower, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

static char *
describe_header (const char *name, const char *value, BelfryMasks *masks)
{
  g_autofree char *shown = NULL;
  gsize scheme = strcspn (value, " ");

  if (!bears_credential (name))
    shown = mask (value, masks, EXCERPT_BYTES);
  else if (value[scheme] == ' ' && g_ascii_strcasecmp (name, "Authorization") == 0)
    shown = g_strdup_printf ("%.*s <secret>", (int)scheme, value);
  else
    shown = g_strdup ("<secret>");
  return g_strdup_printf ("%s: %s", name, shown);
}

JsonObject *
belfry_gate_describe (BelfryHttpRequest *request, BelfryMasks *masks)
{
  JsonObject *object = json_object_new ();
  JsonArray *lines = json_array_new ();
  GPtrArray *headers = belfry_http_request_list_headers (request);
  g_autoptr (GBytes) body = belfry_http_request_dup_body (request);
  g_autofree char *url = mask (belfry_http_request_get_url (request), masks, 4 * EXCERPT_BYTES);
  g_autofree char *what = g_strdup_printf ("%s %s", belfry_http_request_get_method (request), url);

  json_object_set_string_member (object, "what", what);
  for (guint i = 0; i + 1 < headers->len; i += 2) {
    g_autofree char *line =
        describe_header (g_ptr_array_index (headers, i), g_ptr_array_index (headers, i + 1), masks);

    json_array_add_string_element (lines, line);
  }
  json_object_set_array_member (object, "headers", lines);
  if (body != NULL && g_bytes_get_size (body) > 0) {
    gsize bytes = 0;
    const char *data = g_bytes_get_data (body, &bytes);
    g_autofree char *valid = g_utf8_make_valid (data, (gssize)bytes);
    g_autofree char *shown = mask (valid, masks, BODY_BYTES);

    json_object_set_string_member (object, "body", shown);
  }
  return object;
}

static void
trace_answer (Passage *self, BelfryHttpAnswer *answer, const GError *error)
{
  g_autofree char *valid = NULL;
  g_autofree char *masked = NULL;
  g_autofree char *excerpt = NULL;
  g_autofree char *line = NULL;
  gsize bytes = 0;
  const char *data = NULL;

  if (answer == NULL) {
    json_object_set_string_member (self->traced, "answer", error->message);
    return;
  }
  data = g_bytes_get_data (belfry_http_answer_get_body (answer), &bytes);
  valid = g_utf8_make_valid (data != NULL ? data : "", (gssize)bytes);
  masked = mask (valid, self->masks, G_MAXSIZE);
  excerpt = belfry_text_make_printable (masked, -1, EXCERPT_BYTES);
  line = g_strdup_printf ("%u %s", belfry_http_answer_get_status (answer), excerpt);
  json_object_set_int_member (self->traced, "status", belfry_http_answer_get_status (answer));
  json_object_set_string_member (self->traced, "answer", g_strchomp (line));
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Passage *self = user_data;
  g_autoptr (GError) local = NULL;
  BelfryHttpAnswer *answer = g_task_propagate_pointer (G_TASK (result), &local);

  if (answer != NULL && self->buckets != NULL)
    belfry_buckets_saw (self->buckets, self->hosted->credential, self->host, answer);
  if (self->traced != NULL)
    trace_answer (self, answer, local);
  if (answer != NULL)
    g_task_return_pointer (self->outer, answer, (GDestroyNotify)belfry_http_answer_unref);
  else
    g_task_return_error (self->outer, g_steal_pointer (&local));
  passage_free (self);
}

static char *
dup_host (BelfryHttpRequest *request)
{
  g_autoptr (GUri) uri = g_uri_parse (belfry_http_request_get_url (request),
                                      G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_ENCODED, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  int port = uri != NULL ? g_uri_get_port (uri) : -1;

  if (host == NULL)
    return g_strdup ("");
  return port > 0 ? g_strdup_printf ("%s:%d", host, port) : g_strdup (host);
}

static void
remember_host (BelfryHosted *hosted, const char *host)
{
  if (hosted->hosts == NULL)
    hosted->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_size (hosted->hosts) < MAX_HOSTS && !g_hash_table_contains (hosted->hosts, host))
    g_hash_table_add (hosted->hosts, g_strdup (host));
}

/* TRUE: refused, the task has been given back */
static gboolean
refuse (const BelfryGate *self, BelfryHosted *hosted, const char *host, GTask *task)
{
  gint64 until_us = 0;

  if (self->buckets == NULL)
    return FALSE;
  belfry_buckets_name_credential (self->buckets, hosted);
  remember_host (hosted, host);
  until_us = belfry_buckets_get_until (self->buckets, hosted->credential, host);
  if (until_us == 0)
    return FALSE;
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_RETRY,
                           "%s asked to wait, for %" G_GINT64_FORMAT " s yet", host,
                           (until_us - belfry_clock_now_us ()) / G_USEC_PER_SEC + 1);
  g_object_unref (task);
  return TRUE;
}

void
belfry_gate_send (const BelfryGate *self,
                  BelfryHosted *hosted,
                  BelfryHttpRequest *request,
                  GTask *task)
{
  g_autofree char *host = dup_host (request);
  Passage *passage = NULL;

  if (refuse (self, hosted, host, task))
    return;
  passage = g_new0 (Passage, 1);
  passage->hosted = belfry_hosted_ref (hosted);
  passage->buckets = self->buckets != NULL ? belfry_buckets_ref (self->buckets) : NULL;
  passage->host = g_steal_pointer (&host);
  passage->masks = self->masks;
  passage->outer = task;
  if (hosted->trace != NULL && json_array_get_length (hosted->trace) < MAX_TRACED) {
    passage->traced = belfry_gate_describe (request, self->masks);
    json_array_add_object_element (hosted->trace, json_object_ref (passage->traced));
  }
  self->send (request, g_task_new (NULL, g_task_get_cancellable (task), on_answered, passage),
              self->data);
}
