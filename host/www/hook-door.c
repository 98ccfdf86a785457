/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The door of the change hooks. This path is short on purpose: a forge that floods us meets no log
 * line, no page, no thread. What a request means is the deliveries' business.
 */
#include "www/www-private.h"

#include <string.h>

#define ROOT     "/change_hook"
#define MAX_NAME 50

gboolean
belfry_hook_match (const char *path, char **name, gboolean *is_good)
{
  gsize length = strlen (ROOT);
  const char *word = path + length;
  gsize bytes = 0;

  *name = NULL;
  *is_good = FALSE;
  if (strncmp (path, ROOT, length) != 0 || (*word != '\0' && *word != '/'))
    return FALSE;
  word += *word == '/' ? 1 : 0;
  while (g_ascii_isalnum (word[bytes]) || word[bytes] == '_' || word[bytes] == '-')
    bytes++;
  *is_good =
      bytes <= MAX_NAME && (word[bytes] == '\0' || (bytes > 0 && g_str_equal (word + bytes, "/")));
  if (*is_good && bytes > 0)
    *name = g_strndup (word, bytes);
  return TRUE;
}

static void
send_response (BelfryExchange *exchange, BelfryResponse *response)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (exchange->msg);
  GPtrArray *own = belfry_response_list_headers (response);
  GBytes *body = belfry_response_get_body (response);

  exchange->is_done = TRUE;
  for (guint i = 0; i + 1 < own->len; i += 2)
    soup_message_headers_replace (headers, own->pdata[i], own->pdata[i + 1]);
  soup_message_headers_replace (headers, "Content-Type",
                                belfry_response_get_content_type (response));
  soup_message_headers_append (headers, "X-Content-Type-Options", "nosniff");
  soup_server_message_set_status (exchange->msg, belfry_response_get_status (response), NULL);
  if (body != NULL && g_bytes_get_size (body) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (exchange->msg), body);
  soup_server_message_unpause (exchange->msg);
}

static void
on_received (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BelfryExchange) exchange = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryResponse) response = g_task_propagate_pointer (G_TASK (result), &error);

  (void)source;
  if (exchange->connection != NULL) {
    belfry_connection_discharge (exchange->connection);
    belfry_connection_expect (exchange->connection, exchange->site->keys->request_timeout);
  }
  if (!belfry_exchange_is_live (exchange))
    return;
  if (response != NULL && belfry_response_get_kind (response) == BELFRY_RESPONSE_BYTES)
    send_response (exchange, response);
  else if (error != NULL)
    belfry_exchange_fail_with (exchange, error);
  else
    belfry_exchange_fail (exchange, 500, "Error processing changes.");
}

void
belfry_hook_receive (BelfryWww *www, SoupServerMessage *msg, const char *name)
{
  BelfryExchange *exchange = belfry_exchange_new (www, msg);
  g_autoptr (BelfryRequest) request = belfry_request_ref (exchange->request);
  GTask *task = g_task_new (NULL, NULL, on_received, exchange);

  www->ops.hook (name, request, task, www->ops.data);
}
