/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Built with GMime, which encodes names and subjects (RFC 2047), folds headers, and lets no line
 * end into one. Headers in Buildbot's order: Date, Subject, From, extra ones, To, CC, and a
 * Message-ID.
 */
#include "smtp-message.h"

#include <gmime/gmime.h>
#include <string.h>

#define MAX_LINE_BYTES 998
/* of a name or a subject: what does not fold still fits a line */
#define MAX_TEXT_BYTES 500

/* GMime brings none of these itself */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeDataWrapper, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeFormatOptions, g_mime_format_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeMessage, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeObject, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimePart, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InternetAddress, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InternetAddressList, g_object_unref)

void
belfry_smtp_message_init (void)
{
  g_mime_init ();
}

static gboolean
fits_seven_or_eight_bit (const char *text)
{
  for (const char *line = text; *line != '\0';) {
    gsize length = strcspn (line, "\n");

    if (length > MAX_LINE_BYTES)
      return FALSE;
    line += length + (line[length] == '\n' ? 1 : 0);
  }
  return TRUE;
}

static GMimePart *
make_text (const char *text, const char *subtype, GMimeContentEncoding encoding)
{
  GMimePart *part = g_mime_part_new_with_type ("text", subtype);
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (text, strlen (text));
  g_autoptr (GMimeDataWrapper) content =
      g_mime_data_wrapper_new_with_stream (stream, GMIME_CONTENT_ENCODING_DEFAULT);

  g_mime_object_set_content_type_parameter (GMIME_OBJECT (part), "charset", "utf-8");
  g_mime_part_set_content (part, content);
  g_mime_part_set_content_encoding (part, encoding);
  return part;
}

/* A carriage return alone ends a line for some servers and none for others, which is how one mail
 * becomes two; so there is none. 8bit would need to know the server; quoted-printable passes
 * everywhere */
static GMimePart *
make_body (const char *text, gboolean is_html)
{
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_autofree char *plain = g_strdelimit (g_strjoinv ("\n", lines), "\r", '\n');
  gboolean ascii = g_str_is_ascii (plain) && fits_seven_or_eight_bit (plain);

  return make_text (plain, is_html ? "html" : "plain",
                    ascii ? GMIME_CONTENT_ENCODING_7BIT : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
}

static void
attach (GMimeMultipart *multipart, const char *name, const char *content)
{
  g_autoptr (GMimePart) part = make_text (content, "plain", GMIME_CONTENT_ENCODING_BASE64);
  g_autofree char *printable = belfry_text_make_printable (name, -1, 200);

  g_mime_part_set_filename (part, printable);
  g_mime_multipart_add (multipart, GMIME_OBJECT (part));
}

static GMimeObject *
make_content (JsonObject *mail, JsonArray *attachments)
{
  JsonArray *patches = belfry_json_get_array (mail, "patches");
  guint n_patches = patches != NULL ? json_array_get_length (patches) : 0;
  guint n_logs = attachments != NULL ? json_array_get_length (attachments) : 0;
  GMimePart *body = make_body (belfry_json_get_text (mail, "body"),
                               belfry_json_get_boolean (mail, "html", FALSE));
  GMimeMultipart *mixed = NULL;

  if (n_patches + n_logs == 0)
    return GMIME_OBJECT (body);
  mixed = g_mime_multipart_new_with_subtype ("mixed");
  g_mime_multipart_add (mixed, GMIME_OBJECT (body));
  g_object_unref (body);
  for (guint i = 0; i < n_patches; i++) {
    g_autofree char *name = g_strdup_printf ("source patch %u", i);

    attach (mixed, name, json_array_get_string_element (patches, i));
  }
  for (guint i = 0; i < n_logs; i++) {
    JsonObject *log = json_array_get_object_element (attachments, i);

    attach (mixed, belfry_json_get_text (log, "name"), belfry_json_get_text (log, "content"));
  }
  return GMIME_OBJECT (mixed);
}

/* a name without the quotes it may stand in; NULL: none */
static char *
dup_name (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  gsize length = strlen (stripped);
  g_autofree char *cut = NULL;

  if (length >= 2 && stripped[0] == '"' && stripped[length - 1] == '"')
    g_mime_utils_unquote_string (stripped);
  cut = belfry_text_cut (stripped, MAX_TEXT_BYTES);
  return cut[0] != '\0' ? g_steal_pointer (&cut) : NULL;
}

/* Name and address are told apart here, not by a parser of address lists: a name comes from a
 * commit, and its commas, quotes and brackets must not make further addresses. */
static gboolean
add_address (InternetAddressList *list, const char *text, GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  char *open = strrchr (stripped, '<');
  gsize length = strlen (stripped);
  g_autofree char *name = NULL;
  g_autoptr (InternetAddress) mailbox = NULL;

  if (open != NULL && stripped[length - 1] == '>') {
    stripped[length - 1] = '\0';
    *open = '\0';
    name = dup_name (stripped);
    open++;
  } else
    open = stripped;
  if (strchr (open, '@') == NULL || strpbrk (open, "<>\r\n") != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "an address cannot be written");
    return FALSE;
  }
  mailbox = internet_address_mailbox_new (name, open);
  internet_address_set_charset (mailbox, "utf-8");
  internet_address_list_add (list, mailbox);
  return TRUE;
}

static gboolean
add_addresses (GMimeMessage *message, GMimeAddressType type, JsonArray *texts, GError **error)
{
  InternetAddressList *list = g_mime_message_get_addresses (message, type);

  for (guint i = 0; texts != NULL && i < json_array_get_length (texts); i++)
    if (!add_address (list, json_array_get_string_element (texts, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
set_from (GMimeMessage *message, const char *from, GError **error)
{
  g_autoptr (JsonArray) one = json_array_new ();

  json_array_add_string_element (one, from);
  return add_addresses (message, GMIME_ADDRESS_TYPE_FROM, one, error);
}

static void
set_date (GMimeMessage *message, gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (seconds);

  if (date != NULL)
    g_mime_message_set_date (message, date);
}

static void
add_headers (GMimeMessage *message, JsonArray *headers)
{
  for (guint i = 0; headers != NULL && i < json_array_get_length (headers); i++) {
    JsonArray *pair = json_array_get_array_element (headers, i);

    g_mime_object_append_header (GMIME_OBJECT (message), json_array_get_string_element (pair, 0),
                                 json_array_get_string_element (pair, 1), "utf-8");
  }
}

static GBytes *
write_message (GMimeMessage *message)
{
  g_autoptr (GMimeFormatOptions) options =
      g_mime_format_options_clone (g_mime_format_options_get_default ());
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new ();
  GByteArray *bytes = NULL;

  g_mime_format_options_set_newline_format (options, GMIME_NEWLINE_FORMAT_DOS);
  g_mime_object_write_to_stream (GMIME_OBJECT (message), options, stream);
  bytes = g_mime_stream_mem_get_byte_array (GMIME_STREAM_MEM (stream));
  return g_bytes_new (bytes->data, bytes->len);
}

GBytes *
belfry_smtp_make_message (JsonObject *mail, JsonArray *attachments, GError **error)
{
  g_autoptr (GMimeMessage) message = g_mime_message_new (FALSE);
  g_autoptr (GMimeObject) content = make_content (mail, attachments);
  const char *id = belfry_json_get_text (mail, "message_id");
  g_autofree char *line =
      g_strdelimit (g_strdup (belfry_json_get_text (mail, "subject")), "\t\r\n", ' ');
  g_autofree char *subject = belfry_text_make_printable (line, -1, MAX_TEXT_BYTES);
  g_autofree char *bare_id = g_strndup (id + 1, strlen (id) - 2);

  set_date (message, belfry_json_get_integer (mail, "date", 0));
  g_mime_message_set_subject (message, subject, "utf-8");
  if (!set_from (message, belfry_json_get_text (mail, "from"), error))
    return NULL;
  add_headers (message, belfry_json_get_array (mail, "headers"));
  if (!add_addresses (message, GMIME_ADDRESS_TYPE_TO, belfry_json_get_array (mail, "to"), error) ||
      !add_addresses (message, GMIME_ADDRESS_TYPE_CC, belfry_json_get_array (mail, "cc"), error))
    return NULL;
  g_mime_message_set_message_id (message, bare_id);
  g_mime_message_set_mime_part (message, content);
  return write_message (message);
}
