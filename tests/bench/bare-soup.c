/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bound that the benchmark compares with: the least program on the same libraries that does a
 * given part of a webhook's work, and nothing else.
 *
 * usage: bare-soup answer|verify|parse|commit SECRET DATABASE
 *
 * Each mode does what those before it do: answers; checks the signature; parses the body; stores
 * the body and the change, and answers when they are on disk. A writer thread commits whatever came
 * while the last commit was being flushed. Prints its port, and runs until it is killed.
 */
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

typedef enum { MODE_ANSWER, MODE_VERIFY, MODE_PARSE, MODE_COMMIT } Mode;

static const char *const mode_names[] = { "answer", "verify", "parse", "commit", NULL };

static const char schema_sql[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, forge_id TEXT UNIQUE, body BLOB);"
    "CREATE TABLE changes (id INTEGER PRIMARY KEY, revision TEXT, author TEXT, comments TEXT,"
    " branch TEXT, repository TEXT)";
static const char *const insert_sql[] = {
  "INSERT INTO deliveries (forge_id, body) VALUES (?, ?)",
  "INSERT INTO changes (revision, author, comments, branch, repository) VALUES (?, ?, ?, ?, ?)",
};

typedef struct {
  Mode mode;
  GBytes *key;
  SoupServer *server;
  sqlite3 *database;
  sqlite3_stmt *insert[G_N_ELEMENTS (insert_sql)];
  GAsyncQueue *waiting; /* of Push, to the writer */
} Bare;

typedef struct {
  SoupServerMessage *msg;
  GBytes *body;
  char *forge_id;
  JsonNode *json;
} Push;

static void
must (Bare *self, int code)
{
  if (code != SQLITE_OK && code != SQLITE_DONE)
    g_error ("sqlite: %s", sqlite3_errmsg (self->database));
}

static void
answer (SoupServerMessage *msg, guint status)
{
  static const char text[] = "1 change stored\n";

  soup_server_message_set_status (msg, status, NULL);
  soup_server_message_set_response (msg, "text/plain", SOUP_MEMORY_STATIC, text, strlen (text));
}

static void
push_free (Push *self)
{
  g_object_unref (self->msg);
  g_bytes_unref (self->body);
  g_free (self->forge_id);
  g_clear_pointer (&self->json, json_node_unref);
  g_free (self);
}

static gboolean
on_committed (gpointer data)
{
  GPtrArray *batch = data;

  for (guint i = 0; i < batch->len; i++) {
    Push *push = g_ptr_array_index (batch, i);

    answer (push->msg, 202);
    soup_server_message_unpause (push->msg);
  }
  g_ptr_array_unref (batch);
  return G_SOURCE_REMOVE;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  return json_object_get_string_member_with_default (object, name, "");
}

static void
insert (Bare *self, guint which, const char *const *texts, GBytes *body)
{
  sqlite3_stmt *statement = self->insert[which];
  int column = 1;

  for (; *texts != NULL; texts++)
    sqlite3_bind_text (statement, column++, *texts, -1, SQLITE_STATIC);
  if (body != NULL)
    sqlite3_bind_blob64 (statement, column, g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                         SQLITE_STATIC);
  must (self, sqlite3_step (statement));
  sqlite3_reset (statement);
}

static void
store (Bare *self, Push *push)
{
  JsonObject *payload = json_node_get_object (push->json);
  JsonObject *repository = json_object_get_object_member (payload, "repository");
  JsonArray *commits = json_object_get_array_member (payload, "commits");

  insert (self, 0, (const char *[]){ push->forge_id, NULL }, push->body);
  for (guint i = 0; i < json_array_get_length (commits); i++) {
    JsonObject *commit = json_array_get_object_element (commits, i);
    JsonObject *author = json_object_get_object_member (commit, "author");

    insert (self, 1,
            (const char *[]){ get_text (commit, "id"), get_text (author, "name"),
                              get_text (commit, "message"), get_text (payload, "ref"),
                              get_text (repository, "html_url"), NULL },
            NULL);
  }
}

static gpointer
write_forever (gpointer data)
{
  Bare *self = data;

  for (;;) {
    GPtrArray *batch = g_ptr_array_new_with_free_func ((GDestroyNotify)push_free);
    Push *push = g_async_queue_pop (self->waiting);

    must (self, sqlite3_exec (self->database, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    for (; push != NULL; push = g_async_queue_try_pop (self->waiting)) {
      store (self, push);
      g_ptr_array_add (batch, push);
    }
    must (self, sqlite3_exec (self->database, "COMMIT", NULL, NULL, NULL));
    g_idle_add_full (G_PRIORITY_DEFAULT, on_committed, batch, NULL);
  }
  return NULL;
}

static gboolean
is_signed (Bare *self, SoupServerMessage *msg, GBytes *body)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *given = soup_message_headers_get_one (headers, "X-Hub-Signature-256");
  g_autofree char *digest = g_compute_hmac_for_bytes (G_CHECKSUM_SHA256, self->key, body);

  return given != NULL && g_str_has_prefix (given, "sha256=") &&
         g_str_equal (given + strlen ("sha256="), digest);
}

static JsonNode *
parse (GBytes *body)
{
  g_autoptr (JsonParser) parser =
      json_parser_new_immutable (); /* lint: the bound has no stranger */
  gsize bytes = 0;
  const char *text = g_bytes_get_data (body, &bytes);

  if (!json_parser_load_from_data (parser, text, (gssize)bytes, NULL)) /* lint: as above */
    return NULL;
  return json_parser_steal_root (parser); /* lint: as above */
}

static void
on_request (
    SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer data)
{
  Bare *self = data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (msg));
  g_autoptr (JsonNode) json = NULL;
  Push *push = NULL;

  if (self->mode >= MODE_VERIFY && !is_signed (self, msg, body)) {
    answer (msg, 401);
    return;
  }
  if (self->mode >= MODE_PARSE && (json = parse (body)) == NULL) {
    answer (msg, 400);
    return;
  }
  if (self->mode < MODE_COMMIT) {
    answer (msg, 202);
    return;
  }
  push = g_new0 (Push, 1);
  push->msg = g_object_ref (msg);
  push->body = g_steal_pointer (&body);
  push->json = g_steal_pointer (&json);
  push->forge_id = g_strdup (soup_message_headers_get_one (headers, "X-GitHub-Delivery"));
  soup_server_message_pause (msg);
  g_async_queue_push (self->waiting, push);
}

static void
open_database (Bare *self, const char *path)
{
  must (self, sqlite3_open (path, &self->database));
  must (self, sqlite3_exec (self->database, schema_sql, NULL, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (insert_sql); i++)
    must (self, sqlite3_prepare_v2 (self->database, insert_sql[i], -1, &self->insert[i], NULL));
  self->waiting = g_async_queue_new ();
  g_thread_unref (g_thread_new ("writer", write_forever, self));
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Bare self = { 0 };
  GSList *addresses = NULL;

  if (argc != 4 || !g_strv_contains (mode_names, argv[1]))
    g_error ("usage: bare-soup answer|verify|parse|commit SECRET DATABASE");
  while (!g_str_equal (mode_names[self.mode], argv[1]))
    self.mode++;
  self.server = soup_server_new (NULL, NULL);
  self.key = g_bytes_new (argv[2], strlen (argv[2]));
  soup_server_add_handler (self.server, NULL, on_request, &self, NULL);
  if (self.mode == MODE_COMMIT)
    open_database (&self, argv[3]);
  if (!soup_server_listen_local (self.server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
    g_error ("%s", error->message);
  addresses = soup_server_get_uris (self.server);
  printf ("%d\n", g_uri_get_port (addresses->data));
  fflush (stdout);
  g_slist_free_full (addresses, (GDestroyNotify)g_uri_unref);
  g_main_loop_run (loop);
  return 0;
}
