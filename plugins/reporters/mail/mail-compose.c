/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a report to a mail as JSON, frozen in the outbox: retries send the same bytes under the same
 * Message-ID, so that a repeated attempt can be recognized. RFC 5322 for what headers hold; folding
 * and encoding are the helper's.
 */
#include "mail.h"

#include <string.h>

/* headers that a mail has or may get by itself */
static const char *const taken_headers[] = {
  "bcc",
  "cc",
  "content-disposition",
  "content-transfer-encoding",
  "content-type",
  "date",
  "from",
  "message-id",
  "mime-version",
  "sender",
  "subject",
  "to",
  NULL,
};

static void
set_array (JsonObject *object, const char *name, GPtrArray *texts)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < texts->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (texts, i));
  json_object_set_array_member (object, name, array);
}

static char *
make_message_id (const BelfryMail *self, const BelfryReport *report)
{
  JsonObject *data = belfry_report_get_data (report);
  g_autofree char *domain = belfry_mail_dup_domain (self->from_address);
  const char *instance = belfry_json_get_text (data, "instance");
  const char *url = belfry_json_get_text (belfry_json_get_object (data, "host"), "url");
  g_autofree char *salt = g_strdup_printf ("%s\n%s", url != NULL ? url : "", instance);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, salt, -1);

  return g_strdup_printf ("<belfry.%" G_GINT64_FORMAT ".%.16s@%s>",
                          belfry_json_get_integer (data, "reportid", 0), hash, domain);
}

static JsonNode *
lookup (const char *selector, const char *key, gpointer build)
{
  return build != NULL ? belfry_report_lookup (selector, key, build) : NULL;
}

/* NULL: skipped, with a note */
static char *
render_header (BelfryRendered *value, JsonObject *build, GError **error)
{
  g_autofree char *text = belfry_rendered_render (value, lookup, build, error);

  if (text == NULL || strpbrk (text, "\r\n") != NULL)
    return NULL;
  return g_steal_pointer (&text);
}

static void
add_headers (const BelfryMail *self, const BelfryReport *report, JsonObject *mail, GPtrArray *notes)
{
  JsonArray *headers = json_array_new ();
  JsonObject *build =
      belfry_report_get_n_builds (report) == 1 ? belfry_report_get_build (report, 0) : NULL;

  for (guint i = 0; self->extra_headers != NULL && i < belfry_map_get_count (self->extra_headers);
       i++) {
    const char *name = belfry_map_get_name (self->extra_headers, i);
    g_autofree char *lower = g_ascii_strdown (name, -1);
    g_autofree char *value = NULL;
    JsonArray *pair = NULL;

    if (g_strv_contains (taken_headers, lower)) {
      g_ptr_array_add (notes, g_strdup_printf ("extra-headers.%s: the mail has it already", name));
      continue;
    }
    value = render_header ((BelfryRendered *)belfry_map_get_value (self->extra_headers, i), build,
                           NULL);
    if (value == NULL) {
      g_ptr_array_add (notes, g_strdup_printf ("extra-headers.%s: its value is no line", name));
      continue;
    }
    pair = json_array_new ();
    json_array_add_string_element (pair, name);
    json_array_add_string_element (pair, value);
    json_array_add_array_element (headers, pair);
  }
  json_object_set_array_member (mail, "headers", headers);
}

static char *
finish_body (const char *body)
{
  return g_str_has_suffix (body, "\n\n") ? g_strdup (body) : g_strconcat (body, "\n\n", NULL);
}

static void
copy_array (JsonObject *from, JsonObject *to, const char *name)
{
  JsonArray *array = belfry_json_get_array (from, name);

  json_object_set_array_member (to, name,
                                array != NULL ? json_array_ref (array) : json_array_new ());
}

JsonNode *
belfry_mail_compose (const BelfryMail *self, const BelfryReport *report, GError **error)
{
  g_autoptr (BelfryMailRecipients) recipients = belfry_mail_choose_recipients (self, report);
  JsonObject *data = belfry_report_get_data (report);
  JsonObject *mail = NULL;
  JsonNode *node = NULL;
  g_autofree char *id = make_message_id (self, report);
  g_autofree char *bare = belfry_mail_dup_bare (self->from_address);
  g_autofree char *body = NULL;

  if (belfry_report_get_body (report) == NULL || belfry_report_get_subject (report) == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "the report has no text");
    return NULL;
  }
  mail = json_object_new ();
  body = finish_body (belfry_report_get_body (report));
  json_object_set_string_member (mail, "from", self->from_address);
  json_object_set_string_member (mail, "sender", bare);
  set_array (mail, "to", recipients->to);
  set_array (mail, "cc", recipients->cc);
  set_array (mail, "envelope", recipients->envelope);
  add_headers (self, report, mail, recipients->notes);
  set_array (mail, "notes", recipients->notes);
  json_object_set_string_member (mail, "subject", belfry_report_get_subject (report));
  json_object_set_string_member (mail, "body", body);
  json_object_set_boolean_member (mail, "html", belfry_report_is_html (report));
  json_object_set_string_member (mail, "message_id", id);
  json_object_set_int_member (mail, "date", belfry_clock_now_us () / G_USEC_PER_SEC);
  copy_array (data, mail, "patches");
  copy_array (data, mail, "logs");
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, mail);
  return node;
}

char *
belfry_mail_make_plain (const char *lines, const char *type)
{
  GString *text = g_string_sized_new (strlen (lines));
  gboolean lettered = g_strcmp0 (type, "s") == 0;

  for (const char *line = lines; *line != '\0';) {
    const char *end = strchr (line, '\n');
    gsize length = end != NULL ? (gsize)(end - line) + 1 : strlen (line);
    gsize skip = lettered && length > 0 && *line != '\n' ? 1 : 0;

    g_string_append_len (text, line + skip, (gssize)(length - skip));
    line += length;
  }
  return g_string_free (text, FALSE);
}

static const char *
choose_security (const BelfryMail *self)
{
  if (self->use_smtps)
    return "smtps";
  return self->use_tls ? "starttls" : "opportunistic";
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return g_ascii_strcasecmp (host, "localhost") == 0 ||
         (address != NULL && g_inet_address_get_is_loopback (address));
}

/* a stock mail server on this machine has a certificate of its own making */
static gboolean
verifies (const BelfryMail *self)
{
  switch ((BelfryMailVerify)self->verify) {
  case BELFRY_MAIL_VERIFY_YES:
    return TRUE;
  case BELFRY_MAIL_VERIFY_NO:
    return FALSE;
  case BELFRY_MAIL_VERIFY_AUTO:
    break;
  }
  return self->use_tls || self->use_smtps || !is_loopback (self->relayhost);
}

JsonObject *
belfry_mail_make_job (const BelfryMail *self,
                      JsonNode *payload,
                      JsonArray *attachments,
                      const char *helo)
{
  JsonObject *job = json_object_new ();

  json_object_set_string_member (job, "host", self->relayhost);
  json_object_set_int_member (job, "port", self->smtp_port);
  json_object_set_string_member (job, "security", choose_security (self));
  json_object_set_boolean_member (job, "verify", verifies (self));
  json_object_set_string_member (job, "helo", helo);
  json_object_set_boolean_member (job, "dump", self->dump_mails_to_log);
  if (self->smtp_user != NULL && self->smtp_password != NULL) {
    json_object_set_string_member (job, "user", belfry_secret_get_value (self->smtp_user));
    json_object_set_string_member (job, "password", belfry_secret_get_value (self->smtp_password));
  }
  json_object_set_member (job, "mail", json_node_copy (payload));
  json_object_set_array_member (job, "attachments", json_array_ref (attachments));
  return job;
}
