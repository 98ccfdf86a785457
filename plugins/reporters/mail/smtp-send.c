/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SMTP through libcurl (RFC 5321): STARTTLS where it is offered or demanded, TLS from the first
 * byte where asked for, login by what both know. What the server said last decides: 4xx and a
 * broken connection may work later, 5xx never will, 535 refuses the credential. A certificate that
 * is not believed may be another one tomorrow: no TLS counts as nobody there.
 */
#include "smtp-send.h"

#include <curl/curl.h>
#include <string.h>

#define TIMEOUT_MS         60000
#define CONNECT_TIMEOUT_MS 20000
#define MAX_REFUSED        50

typedef struct {
  const char *data;
  gsize left;
} Upload;

/* what the server said, kept from curl's protocol trace: last answer, refused recipients */
typedef struct {
  char *last;
  char *recipient;
  JsonArray *refused;
  gboolean offers_starttls;
  gboolean offers_auth;
  gboolean logged_in; /* it was tried at least */
  gboolean leaving;   /* what is said now is about the farewell */
  gboolean put_off;   /* a recipient may be taken later */
  gboolean connected;
} Trace;

static size_t
read_upload (char *buffer, size_t size, size_t count, void *user_data)
{
  Upload *upload = user_data;
  gsize bytes = MIN (upload->left, size * count);

  memcpy (buffer, upload->data, bytes);
  upload->data += bytes;
  upload->left -= bytes;
  return bytes;
}

static void
note_answer (Trace *trace, const char *line)
{
  if (trace->leaving)
    return;
  g_free (trace->last);
  trace->last = g_strdup (line);
  trace->connected = TRUE;
  trace->offers_starttls |= strstr (line, "STARTTLS") != NULL;
  trace->offers_auth |= strstr (line, "AUTH") != NULL;
  if (trace->recipient != NULL && (line[0] == '4' || line[0] == '5') &&
      json_array_get_length (trace->refused) < MAX_REFUSED) {
    g_autofree char *text = g_strdup_printf ("%s: %s", trace->recipient, line);

    json_array_add_string_element (trace->refused, text);
    trace->put_off |= line[0] == '4';
  }
}

static void
note_command (Trace *trace, const char *line)
{
  g_clear_pointer (&trace->recipient, g_free);
  trace->leaving = strcmp (line, "QUIT") == 0;
  trace->logged_in |= g_ascii_strncasecmp (line, "AUTH ", strlen ("AUTH ")) == 0;
  if (g_ascii_strncasecmp (line, "RCPT TO:", strlen ("RCPT TO:")) == 0)
    trace->recipient = g_strdup (line + strlen ("RCPT TO:"));
}

/* what curl hands over ends by its length, not by a NUL */
static gsize
measure_line (const char *data, gsize bytes)
{
  gsize length = 0;

  while (length < bytes && data[length] != '\r' && data[length] != '\n')
    length++;
  return length;
}

static int
on_trace (CURL *curl, curl_infotype type, char *data, size_t bytes, void *user_data)
{
  g_autofree char *line = NULL;

  if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
    return 0;
  line = belfry_text_make_printable (data, (gssize)measure_line (data, bytes), 512);
  if (type == CURLINFO_HEADER_IN)
    note_answer (user_data, line);
  else
    note_command (user_data, line);
  return 0;
}

static char *
make_url (JsonObject *job)
{
  const char *host = belfry_json_get_text (job, "host");
  gboolean smtps = g_strcmp0 (belfry_json_get_text (job, "security"), "smtps") == 0;
  g_autofree char *helo = belfry_text_percent_encode (belfry_json_get_text (job, "helo"));

  return g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%" G_GINT64_FORMAT "/%s"
                                                     : "%s://%s:%" G_GINT64_FORMAT "/%s",
                          smtps ? "smtps" : "smtp", host, belfry_json_get_integer (job, "port", 25),
                          helo);
}

static struct curl_slist *
make_recipients (JsonArray *recipients)
{
  struct curl_slist *list = NULL;

  for (guint i = 0; i < json_array_get_length (recipients); i++)
    list = curl_slist_append (list, json_array_get_string_element (recipients, i));
  return list;
}

/* Before the first mail command. libcurl goes on without a login where none is offered, but a login
 * that was asked for is meant. */
static int
on_ready (void *user_data, char *ip, char *local_ip, int port, int local_port)
{
  const Trace *trace = user_data;

  return trace->logged_in ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void
set_security (CURL *curl, JsonObject *job, Trace *trace)
{
  const char *security = belfry_json_get_text (job, "security");
  gboolean verify = belfry_json_get_boolean (job, "verify", TRUE);
  const char *user = belfry_json_get_text (job, "user");

  curl_easy_setopt (curl, CURLOPT_USE_SSL,
                    g_strcmp0 (security, "opportunistic") == 0 ? (long)CURLUSESSL_TRY
                                                               : (long)CURLUSESSL_ALL);
  curl_easy_setopt (curl, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  curl_easy_setopt (curl, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  if (user == NULL)
    return;
  curl_easy_setopt (curl, CURLOPT_PREREQFUNCTION, on_ready);
  curl_easy_setopt (curl, CURLOPT_PREREQDATA, trace);
  curl_easy_setopt (curl, CURLOPT_USERNAME, user);
  curl_easy_setopt (curl, CURLOPT_PASSWORD, belfry_json_get_text (job, "password"));
}

static gboolean
is_permanent (CURLcode code, long status, const Trace *trace)
{
  if (code == CURLE_USE_SSL_FAILED)
    return !trace->offers_starttls || status >= 500;
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
    return TRUE;
  return status >= 500 && !trace->put_off;
}

static const char *
judge (CURLcode code, long status, const Trace *trace)
{
  if (code == CURLE_OK)
    return "delivered";
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return "denied";
  if (code == CURLE_LOGIN_DENIED)
    return status >= 400 && status < 500 ? "wait" : "denied";
  return is_permanent (code, status, trace) ? "refused" : "wait";
}

static gboolean
has_answered (CURLcode code, const Trace *trace)
{
  return trace->connected && code != CURLE_PEER_FAILED_VERIFICATION &&
         code != CURLE_SSL_CONNECT_ERROR;
}

static JsonObject *
make_answer (CURLcode code, long status, Trace *trace, const char *problem)
{
  JsonObject *answer = json_object_new ();
  const char *said = trace->last != NULL ? trace->last : "";
  g_autofree char *text =
      code == CURLE_OK ? g_strdup (said)
                       : g_strdup_printf ("%s%s%s", problem, said[0] != '\0' ? ": " : "", said);

  json_object_set_string_member (answer, "outcome", judge (code, status, trace));
  json_object_set_string_member (answer, "answer", text);
  json_object_set_boolean_member (answer, "answered", has_answered (code, trace));
  json_object_set_array_member (answer, "refused", json_array_ref (trace->refused));
  return answer;
}

static const char *
name_problem (CURLcode code, const Trace *trace, const char *detail)
{
  if (code == CURLE_USE_SSL_FAILED && !trace->offers_starttls)
    return "the server does not support TLS";
  if (code == CURLE_ABORTED_BY_CALLBACK || (code == CURLE_LOGIN_DENIED && !trace->offers_auth))
    return "the server offers no way to log in";
  return detail[0] != '\0' ? detail : curl_easy_strerror (code);
}

/* kept between mails: its TLS sessions and resolved names are worth having */
static CURL *handle;

void
belfry_smtp_send_cleanup (void)
{
  if (handle != NULL)
    curl_easy_cleanup (handle);
  handle = NULL;
}

static void
set_mail (CURL *curl, JsonObject *job, Upload *upload, struct curl_slist *recipients)
{
  JsonObject *mail = belfry_json_get_object (job, "mail");
  gint64 timeout_ms =
      CLAMP (belfry_json_get_integer (job, "patience_ms", TIMEOUT_MS), 1, TIMEOUT_MS);
  g_autofree char *url = make_url (job);
  g_autofree char *from = g_strdup_printf ("<%s>", belfry_json_get_text (mail, "sender"));

  curl_easy_setopt (curl, CURLOPT_URL, url);
  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, (long)MIN (timeout_ms, CONNECT_TIMEOUT_MS));
  curl_easy_setopt (curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt (curl, CURLOPT_PROXY, "");
  curl_easy_setopt (curl, CURLOPT_MAIL_FROM, from);
  curl_easy_setopt (curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt (curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt (curl, CURLOPT_READFUNCTION, read_upload);
  curl_easy_setopt (curl, CURLOPT_READDATA, upload);
  curl_easy_setopt (curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->left);
  curl_easy_setopt (curl, CURLOPT_UPLOAD, 1L);
}

JsonObject *
belfry_smtp_send (JsonObject *job, JsonArray *recipients, GBytes *message)
{
  Upload upload = { g_bytes_get_data (message, NULL), g_bytes_get_size (message) };
  Trace trace = { .refused = json_array_new () };
  g_autofree char *detail = g_malloc0 (CURL_ERROR_SIZE);
  struct curl_slist *list = make_recipients (recipients);
  JsonObject *answer = NULL;
  CURLcode code = CURLE_OK;
  long status = 0;

  if (handle == NULL)
    handle = curl_easy_init ();
  curl_easy_reset (handle);
  set_mail (handle, job, &upload, list);
  set_security (handle, job, &trace);
  curl_easy_setopt (handle, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt (handle, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt (handle, CURLOPT_DEBUGFUNCTION, on_trace);
  curl_easy_setopt (handle, CURLOPT_DEBUGDATA, &trace);
  code = curl_easy_perform (handle);
  curl_easy_getinfo (handle, CURLINFO_RESPONSE_CODE, &status);
  answer = make_answer (code, status, &trace, name_problem (code, &trace, detail));
  curl_slist_free_all (list);
  json_array_unref (trace.refused);
  g_free (trace.last);
  g_free (trace.recipient);
  return answer;
}
