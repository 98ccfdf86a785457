/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belfry-smtp: reads jobs on standard input, mails each, writes what became of it on standard
 * output. Frames: four bytes of length, most significant first, and that many bytes of JSON. Ends
 * when its input does, or after a minute without a job. It waits on purpose: it has nothing else to
 * do.
 */
#include "smtp-message.h"
#include "smtp-send.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define IDLE_MS         60000
#define MAX_FRAME_BYTES (64 * 1024 * 1024)

static gboolean
read_whole (guint8 *data, gsize bytes)
{
  for (gsize at = 0; at < bytes;) {
    ssize_t got = read (STDIN_FILENO, data + at, bytes - at);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return FALSE;
    at += (gsize)got;
  }
  return TRUE;
}

static gboolean
write_whole (const guint8 *data, gsize bytes)
{
  for (gsize at = 0; at < bytes;) {
    ssize_t put = write (STDOUT_FILENO, data + at, bytes - at);

    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return FALSE;
    at += (gsize)put;
  }
  return TRUE;
}

static gboolean
wait_for_job (void)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
  int ready = 0;

  do
    ready = poll (&input, 1, IDLE_MS);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

static JsonNode *
read_job (void)
{
  guint32 length = 0;
  g_autofree char *text = NULL;
  JsonNode *node = NULL;

  if (!wait_for_job () || !read_whole ((guint8 *)&length, sizeof length))
    return NULL;
  length = GUINT32_FROM_BE (length);
  if (length == 0 || length > MAX_FRAME_BYTES)
    return NULL;
  text = g_malloc (length);
  if (!read_whole ((guint8 *)text, length))
    return NULL;
  node = belfry_json_parse (text, (gssize)length, NULL, NULL);
  explicit_bzero (text, length);
  return node;
}

static gboolean
write_answer (JsonObject *answer)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  guint32 length = 0;

  json_node_set_object (node, answer);
  text = belfry_json_to_text (node);
  length = GUINT32_TO_BE ((guint32)strlen (text));
  return write_whole ((const guint8 *)&length, sizeof length) &&
         write_whole ((const guint8 *)text, strlen (text));
}

static JsonObject *
do_job (JsonObject *job)
{
  JsonObject *mail = belfry_json_get_object (job, "mail");
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) message = NULL;
  JsonObject *answer = NULL;

  if (mail != NULL)
    message = belfry_smtp_make_message (mail, belfry_json_get_array (job, "attachments"), &local);
  if (message == NULL) {
    answer = json_object_new ();
    json_object_set_string_member (answer, "outcome", "refused");
    json_object_set_string_member (answer, "answer",
                                   local != NULL ? local->message : "the job holds no mail");
    return answer;
  }
  answer = belfry_smtp_send (job, belfry_json_get_array (mail, "envelope"), message);
  if (belfry_json_get_boolean (job, "dump", FALSE)) {
    g_autofree char *text = belfry_text_make_printable (
        g_bytes_get_data (message, NULL), (gssize)g_bytes_get_size (message), 64 * 1024);

    json_object_set_string_member (answer, "dump", text);
  }
  return answer;
}

int
main (void)
{
  gboolean going = TRUE;

  curl_global_init (CURL_GLOBAL_DEFAULT);
  belfry_smtp_message_init ();
  while (going) {
    g_autoptr (JsonNode) job = read_job ();
    g_autoptr (JsonObject) answer = NULL;

    if (job == NULL || !JSON_NODE_HOLDS_OBJECT (job))
      break;
    answer = do_job (json_node_get_object (job));
    going = write_answer (answer);
  }
  belfry_smtp_send_cleanup ();
  curl_global_cleanup ();
  return 0;
}
