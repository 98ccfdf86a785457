/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two questions about a pull request: the head commit's message, then the files. Any answer is
 * final; only where none comes at all is the question asked again, by the host. Further pages of
 * files are fetched only where the answer's Link leads to the same server (RFC 8288;
 * docs.github.com, "Using pagination").
 */
#include "github.h"

#include <string.h>

#define MAX_PAGES        100
#define MAX_ANSWER_BYTES (8 * 1024 * 1024)
#define TIMEOUT_US       (30 * G_USEC_PER_SEC)

typedef struct {
  BelfryGithub *self;
  JsonNode *pending;
  GPtrArray *files;
  char *url;
  guint pages;
} Asking;

static void ask_files (GTask *task, char *url);

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  json_node_unref (asking->pending);
  g_ptr_array_unref (asking->files);
  g_free (asking->url);
  g_free (asking);
}

BelfryHttpRequest *
belfry_github_make_request (const BelfryGithub *self, const char *method, const char *url)
{
  BelfryHttpRequest *request = belfry_http_request_new (method, url);

  if (self->token != NULL)
    belfry_http_request_set_bearer (request, "token", belfry_secret_get_value (self->token));
  belfry_http_request_set_verify (request, self->verify);
  belfry_http_request_set_limits (request, TIMEOUT_US, MAX_ANSWER_BYTES);
  return request;
}

static gboolean
is_good (BelfryHttpAnswer *answer)
{
  guint status = belfry_http_answer_get_status (answer);

  return status >= 200 && status < 300;
}

char *
belfry_github_read_message (BelfryHttpAnswer *answer)
{
  g_autoptr (JsonNode) node =
      is_good (answer) ? belfry_http_answer_parse_json (answer, NULL) : NULL;
  JsonNode *message = node != NULL ? belfry_json_lookup (node, "commit.message") : NULL;

  if (message == NULL || json_node_get_value_type (message) != G_TYPE_STRING)
    return NULL;
  return g_strdup (json_node_get_string (message));
}

gboolean
belfry_github_read_files (BelfryHttpAnswer *answer, GPtrArray *files)
{
  static const char *const keys[] = { "filename", "previous_filename" };
  g_autoptr (JsonNode) node =
      is_good (answer) ? belfry_http_answer_parse_json (answer, NULL) : NULL;
  JsonArray *array = NULL;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *entry = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_OBJECT (entry) ||
        belfry_json_get_text (json_node_get_object (entry), "filename") == NULL)
      return FALSE;
    for (guint k = 0; k < G_N_ELEMENTS (keys); k++) {
      const char *name = belfry_json_get_text (json_node_get_object (entry), keys[k]);

      if (name != NULL)
        g_ptr_array_add (files, g_strdup (name));
    }
  }
  return TRUE;
}

static gboolean
is_same_server (const char *a, const char *b)
{
  g_autoptr (GUri) left = g_uri_parse (a, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) right = g_uri_parse (b, G_URI_FLAGS_NONE, NULL);

  return left != NULL && right != NULL &&
         g_strcmp0 (g_uri_get_scheme (left), g_uri_get_scheme (right)) == 0 &&
         g_strcmp0 (g_uri_get_host (left), g_uri_get_host (right)) == 0 &&
         g_uri_get_port (left) == g_uri_get_port (right);
}

char *
belfry_github_read_next (BelfryHttpAnswer *answer, const char *url)
{
  const char *header = belfry_http_answer_get_header (answer, "Link");
  g_auto (GStrv) links = g_strsplit (header != NULL ? header : "", ",", MAX_PAGES);

  for (guint i = 0; links[i] != NULL; i++) {
    char *start = strchr (links[i], '<');
    char *end = start != NULL ? strchr (start, '>') : NULL;

    if (end == NULL || strstr (end, "rel=\"next\"") == NULL)
      continue;
    *end = '\0';
    if (is_same_server (start + 1, url))
      return g_strdup (start + 1);
  }
  return NULL;
}

static void
finish (GTask *task, BelfryTranslation *translation)
{
  g_task_return_pointer (task, translation, (GDestroyNotify)belfry_translation_free);
  g_object_unref (task);
}

static void
log_answer (Asking *asking, BelfryHttpAnswer *answer)
{
  if (asking->self->debug)
    belfry_instance_log (asking->self->instance, G_LOG_LEVEL_MESSAGE,
                         "GET %s: %u, %" G_GSIZE_FORMAT " bytes", asking->url,
                         belfry_http_answer_get_status (answer),
                         g_bytes_get_size (belfry_http_answer_get_body (answer)));
}

/* FALSE: nobody was there, and the task has been answered. TRUE without @answer: there was one,
 * over the limit, which tells nothing and is final all the same. */
static gboolean
take_answer (GTask *task, GAsyncResult *result, BelfryHttpAnswer **answer)
{
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  *answer = belfry_http_send_finish (asking->self->instance, result, &local);
  if (*answer != NULL)
    log_answer (asking, *answer);
  if (*answer != NULL || g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE))
    return TRUE;
  g_task_return_error (task, g_steal_pointer (&local));
  g_object_unref (task);
  return FALSE;
}

static void
on_files (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = NULL;
  char *next = NULL;

  if (!take_answer (task, result, &answer))
    return;
  if (answer == NULL || !belfry_github_read_files (answer, asking->files)) {
    finish (task, belfry_github_complete_change (asking->pending, NULL));
    return;
  }
  next = belfry_github_read_next (answer, asking->url);
  if (next != NULL && asking->pages < MAX_PAGES)
    ask_files (task, next);
  else {
    g_free (next);
    finish (task, belfry_github_complete_change (asking->pending, asking->files));
  }
}

static void
ask_files (GTask *task, char *url)
{
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (BelfryHttpRequest) request = belfry_github_make_request (asking->self, "GET", url);

  asking->pages++;
  g_free (asking->url);
  asking->url = url;
  belfry_http_send_async (asking->self->instance, request, g_task_get_cancellable (task), on_files,
                          task);
}

static void
on_commit (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (BelfryHttpAnswer) answer = NULL;
  g_autofree char *message = NULL;

  if (!take_answer (task, result, &answer))
    return;
  message = answer != NULL ? belfry_github_read_message (answer) : NULL;
  if (message != NULL && belfry_github_skips (asking->self, message))
    finish (task, belfry_translation_new_nothing ("the head commit asks to be skipped"));
  else
    ask_files (task, belfry_github_get_files_url (asking->self, asking->pending));
}

void
belfry_github_ask (BelfryGithub *self, JsonNode *pending, GTask *task)
{
  Asking *asking = NULL;
  g_autoptr (BelfryHttpRequest) request = NULL;

  if (!belfry_github_can_complete (pending)) {
    finish (task, belfry_github_complete_change (pending, NULL));
    return;
  }
  asking = g_new0 (Asking, 1);
  asking->self = self;
  asking->pending = json_node_ref (pending);
  asking->files = g_ptr_array_new_with_free_func (g_free);
  asking->url = belfry_github_get_commit_url (self, pending);
  g_task_set_task_data (task, asking, asking_free);
  request = belfry_github_make_request (self, "GET", asking->url);
  belfry_http_send_async (self->instance, request, g_task_get_cancellable (task), on_commit, task);
}
