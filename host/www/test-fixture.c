/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "www/test-fixture.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#define BUFFER_BYTES 4096

/* pages */

static BelfryResponse *
draw_root (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  return belfry_response_new_template (200, "root.html", NULL);
}

static BelfryResponse *
draw_builder (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  const char *name = belfry_request_get_parameter (request, "builder");
  g_autoptr (BelfryBuilder) builder = belfry_reader_find_builder (reader, name, NULL);
  JsonObject *data = NULL;

  if (builder == NULL) {
    g_autofree char *what = g_strdup_printf ("builder '%s'", name);

    return belfry_response_new_not_found (what, "../");
  }
  data = json_object_new ();
  json_object_set_string_member (data, "name", builder->name);
  json_object_set_boolean_member (data, "may_force",
                                  belfry_reader_may (reader, "forceBuild", builder));
  return belfry_response_new_template (200, "builder.html", data);
}

static BelfryResponse *
draw_long (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  g_autofree char *text = g_strnfill (5000, 'x');

  return belfry_response_new_text (200, NULL, text);
}

static BelfryResponse *
draw_fault (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "secret detail");
  return NULL;
}

static BelfryResponse *
draw_log (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  const char *headers = belfry_request_get_argument (request, "headers");
  g_autoptr (BelfryLog) log = belfry_reader_find (reader, belfry_log_get_type (), 1, error);
  BelfryResponse *response = NULL;

  if (log == NULL)
    return NULL;
  response = belfry_response_new_log (1, g_strcmp0 (headers, "1") == 0, !log->complete);
  belfry_response_set_final (response, log->complete);
  return response;
}

static BelfryResponse *
draw_json (gconstpointer self, BelfryRequest *request, BelfryReader *reader, GError **error)
{
  return belfry_response_new_text (200, "application/json", "{}");
}

static const BelfryRoute routes[] = {
  { "/", 0, draw_root },
  { "/builders/{builder}", 0, draw_builder },
  { "/long", 0, draw_long },
  { "/fault", 0, draw_fault },
  { "/fresh", BELFRY_ROUTE_UNCACHED, draw_root },
  { "/thelog/text", BELFRY_ROUTE_UNCACHED, draw_log },
  { "/json/x", 0, draw_json },
  { NULL },
};

/* the host */

static void
on_hook (const char *name, BelfryRequest *request, GTask *task, gpointer data)
{
  Fixture *fixture = data;

  fixture->n_hooks++;
  g_free (fixture->hook_name);
  fixture->hook_name = g_strdup (name);
  g_clear_pointer (&fixture->hook_request, belfry_request_unref);
  fixture->hook_request = belfry_request_ref (request);
  if (fixture->hold_hooks) {
    g_assert_null (fixture->held_hook);
    fixture->held_hook = task;
    return;
  }
  g_task_return_pointer (task, belfry_response_new_text (202, NULL, "1 change\n"),
                         (GDestroyNotify)belfry_response_unref);
  g_object_unref (task);
}

static gint64
hook_max_body (const char *name, gpointer data)
{
  if (g_strcmp0 (name, "large") == 0)
    return 8 * 1024 * 1024;
  return name == NULL || g_str_equal (name, "base") || g_str_equal (name, "github") ? 100000 : -1;
}

static void
on_control (const BelfryControl *control, GTask *task, gpointer data)
{
  Fixture *fixture = data;
  gboolean is_refused =
      control->arguments != NULL && json_object_has_member (control->arguments, "bad");
  JsonObject *answer_data = NULL;

  g_ptr_array_add (fixture->controls,
                   g_strdup_printf ("%s %s %s %s %" G_GINT64_FORMAT, control->action,
                                    control->builder != NULL ? control->builder : "-",
                                    control->worker != NULL ? control->worker : "-",
                                    control->scheduler != NULL ? control->scheduler : "-",
                                    control->id != BELFRY_NONE ? control->id : -1));
  g_clear_pointer (&fixture->control_arguments, json_object_unref);
  fixture->control_arguments =
      control->arguments != NULL ? json_object_ref (control->arguments) : NULL;
  if (is_refused) {
    JsonObject *errors = json_object_new ();

    answer_data = json_object_new ();
    json_object_set_string_member (errors, "bad", "is <bad>");
    json_object_set_object_member (answer_data, "errors", errors);
  }
  g_task_return_pointer (
      task,
      belfry_control_answer_new (is_refused ? BELFRY_CONTROL_REFUSED : BELFRY_CONTROL_DONE,
                                 answer_data, "%s done", control->action),
      (GDestroyNotify)belfry_control_answer_free);
  g_object_unref (task);
}

static void
on_metrics (GTask *task, gpointer data)
{
  Fixture *fixture = data;

  belfry_metrics_reset_gauges (fixture->metrics);
  belfry_www_tell_gauges (fixture->www);
  g_task_return_pointer (task, belfry_metrics_format (fixture->metrics),
                         (GDestroyNotify)g_bytes_unref);
  g_object_unref (task);
}

static JsonArray *
list_forms (const char *builder, gpointer data)
{
  JsonArray *forms = json_array_new ();
  JsonObject *form = json_object_new ();

  json_object_set_string_member (form, "name", g_strcmp0 (builder, "b2") == 0 ? "other" : "force");
  json_array_add_object_element (forms, form);
  return forms;
}

static void
on_stored (BelfryEvent *event, gpointer data)
{
  belfry_bus_tell (((Fixture *)data)->bus, event);
}

/* life */

void
fixture_write_file (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
}

static void
load_config (Fixture *fixture, const char *www_section, const char *more)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autofree char *path = g_build_filename (fixture->folder, "belfry.conf", NULL);
  g_autofree char *text =
      g_strdup_printf ("[host]\nstate-directory=%s/state\nruntime-directory=%s/run\n"
                       "title=Carillon\n[www]\n%s\n%s\n",
                       fixture->folder, fixture->folder, www_section, more != NULL ? more : "");

  fixture_write_file (fixture, "belfry.conf", text);
  belfry_config_unref (fixture->config);
  fixture->config = belfry_config_load (path, fixture->loader, problems);
  for (guint i = 0; i < belfry_problems_get_length (problems); i++) {
    g_autofree char *line = belfry_problem_to_text (belfry_problems_get (problems, i));

    g_test_message ("%s", line);
  }
  g_assert_nonnull (fixture->config);
}

void
fixture_apply (Fixture *fixture, const char *www_section, const char *more)
{
  g_autoptr (GError) error = NULL;

  load_config (fixture, www_section, more);
  belfry_www_apply (fixture->www, fixture->config, fixture->views, &error);
  g_assert_no_error (error);
}

static void
make_view (Fixture *fixture)
{
  BelfryHosted *hosted = g_new0 (BelfryHosted, 1);

  fixture->view.size = sizeof fixture->view;
  fixture->view.kind = BELFRY_KIND_VIEW;
  fixture->view.name = "test";
  fixture->view.title = "Home <&>";
  fixture->view.routes = routes;
  fixture->view.route_size = sizeof (BelfryRoute);
  fixture->blueprint = g_new0 (BelfryBlueprint, 1);
  fixture->blueprint->kind = BELFRY_KIND_VIEW;
  fixture->blueprint->name = (char *)"test";
  fixture->blueprint->plugin = (const BelfryPlugin *)&fixture->view;
  g_atomic_ref_count_init (&hosted->refs);
  hosted->blueprint = fixture->blueprint;
  fixture->views = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_hosted_unref);
  g_ptr_array_add (fixture->views, hosted);
}

static void
make_data (Fixture *fixture)
{
  g_autofree char *data = g_build_filename (fixture->folder, "data", NULL);

  fixture_write_file (fixture, "data/templates/layout.html",
                      "<title>{{ site.title }}</title>{% for i in site.nav %}<a href=\"{{ base "
                      "}}{{ i.href }}\"{% if i.current %} aria-current{% endif %}>{{ i.title "
                      "}}</a>{% endfor %}{% if message %}<p class=alert>{{ message }}</p>{% endif "
                      "%}<input name=csrf value=\"{{ csrf }}\">{% block content %}{% endblock %}");
  fixture_write_file (fixture, "data/templates/root.html",
                      "{% extends \"layout.html\" %}{% block content %}root {{ site.theme }} "
                      "force={{ may.forceBuild }}{% endblock %}");
  fixture_write_file (fixture, "data/templates/builder.html",
                      "{% extends \"layout.html\" %}{% block content %}builder {{ name }} force={{ "
                      "may_force }}{% endblock %}");
  fixture_write_file (fixture, "data/templates/error.html",
                      "{% extends \"layout.html\" %}{% block content %}<h1>{{ status }}</h1>{{ "
                      "what }}{% endblock %}");
  fixture_write_file (fixture, "data/templates/authzfail.html",
                      "{% extends \"layout.html\" %}{% block content %}refused{% endblock %}");
  fixture_write_file (fixture, "data/www/default.css", "body { color: black }\n");
  fixture_write_file (fixture, "data/www/robots.txt", "User-agent: *\n");
  g_setenv ("BELFRY_DATA_DIR", data, TRUE);
}

void
fixture_set_up (Fixture *fixture, const char *www_section, const char *more)
{
  BelfryWwwOps ops = {
    .hook = on_hook,
    .hook_max_body = hook_max_body,
    .control = on_control,
    .list_forms = list_forms,
    .metrics = on_metrics,
    .data = fixture,
  };
  g_autofree char *state = NULL;
  g_autofree char *run = NULL;
  g_autoptr (GError) error = NULL;

  memset (fixture, 0, sizeof *fixture);
  fixture->folder = g_dir_make_tmp ("belfry-www-XXXXXX", NULL);
  state = g_build_filename (fixture->folder, "state", NULL);
  run = g_build_filename (fixture->folder, "run", NULL);
  g_mkdir_with_parents (run, 0700);
  fixture->store = belfry_store_open (&(BelfryStoreSettings){ .directory = state }, &error);
  g_assert_no_error (error);
  fixture->data_dir = g_strdup (g_getenv ("BELFRY_DATA_DIR"));
  make_data (fixture);
  fixture->bus = belfry_bus_new ();
  belfry_store_set_event_func (fixture->store, on_stored, fixture);
  fixture->loader = belfry_loader_new (NULL);
  fixture->controls = g_ptr_array_new_with_free_func (g_free);
  make_view (fixture);
  fixture->www = belfry_www_new (fixture->store, fixture->bus, &ops);
  fixture->metrics = belfry_metrics_new ();
  belfry_www_set_metrics (fixture->www, fixture->metrics);
  fixture_apply (fixture, www_section, more);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      remove_tree (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static void
flush (Fixture *fixture)
{
  gboolean is_flushed = FALSE;

  belfry_store_flush_async (fixture->store, on_flushed, &is_flushed);
  fixture_wait (is_flushed);
}

void
fixture_tear_down (Fixture *fixture)
{
  flush (fixture);
  g_clear_object (&fixture->held_hook);
  belfry_www_stop (fixture->www);
  belfry_www_free (fixture->www);
  belfry_metrics_free (fixture->metrics);
  g_ptr_array_unref (fixture->views);
  belfry_store_close (fixture->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  belfry_bus_free (fixture->bus);
  belfry_config_unref (fixture->config);
  belfry_loader_free (fixture->loader);
  g_ptr_array_unref (fixture->controls);
  g_clear_pointer (&fixture->control_arguments, json_object_unref);
  g_clear_pointer (&fixture->hook_request, belfry_request_unref);
  g_free (fixture->hook_name);
  g_free (fixture->blueprint);
  if (fixture->data_dir != NULL)
    g_setenv ("BELFRY_DATA_DIR", fixture->data_dir, TRUE);
  else
    g_unsetenv ("BELFRY_DATA_DIR");
  g_free (fixture->data_dir);
  remove_tree (fixture->folder);
  g_free (fixture->folder);
}

/* records */

static gboolean
insert_record (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_insert (writer, data, error);
}

static gboolean
update_record (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_update (writer, data, error);
}

void
fixture_write (Fixture *fixture, gpointer record)
{
  belfry_store_write (fixture->store, insert_record, record, belfry_record_unref);
  flush (fixture);
}

void
fixture_update (Fixture *fixture, gpointer record)
{
  belfry_store_write (fixture->store, update_record, record, belfry_record_unref);
  flush (fixture);
}

typedef struct {
  char *name;
  gint64 builderid;
  gint64 buildid;
  gint64 subject;
} Telling;

static gboolean
write_event (BelfryWriter *writer, gpointer data, GError **error)
{
  const Telling *telling = data;
  g_autoptr (BelfryEvent) event = belfry_event_new ();
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_int_member (object, "subject", telling->subject);
  event->at = 1;
  belfry_record_set_text (&event->name, telling->name);
  event->builderid = telling->builderid;
  event->buildid = telling->buildid;
  event->subject = telling->subject;
  event->data = belfry_json_object_to_text (object);
  return belfry_writer_add_event (writer, event, NULL, error);
}

void
fixture_tell (Fixture *fixture, const char *name, gint64 builderid, gint64 buildid, gint64 subject)
{
  Telling *telling = g_new0 (Telling, 1);

  telling->name = (char *)name;
  telling->builderid = builderid;
  telling->buildid = buildid;
  telling->subject = subject;
  belfry_store_write (fixture->store, write_event, telling, g_free);
  flush (fixture);
}

void
fixture_add_builder (Fixture *fixture, gint64 id, const char *name)
{
  BelfryBuilder *builder = belfry_builder_new ();

  builder->builderid = id;
  belfry_record_set_text (&builder->name, name);
  builder->configured = TRUE;
  fixture_write (fixture, builder);
  fixture_tell (fixture, "builder-added", id, BELFRY_NONE, id);
}

void
fixture_add_build (Fixture *fixture, gint64 id, gint64 builderid, gint64 number, gboolean complete)
{
  BelfryBuild *build = belfry_build_new ();

  build->buildid = id;
  build->builderid = builderid;
  build->number = number;
  build->complete = complete;
  fixture_write (fixture, build);
}

/* clients */

static GSocketAddress *
get_address (Fixture *fixture)
{
  g_autoptr (GPtrArray) addresses = belfry_www_list_addresses (fixture->www);
  const char *address = addresses->pdata[0];
  g_autoptr (GUri) uri = NULL;

  if (g_str_has_prefix (address, "unix:"))
    return g_unix_socket_address_new (address + 5);
  uri = g_uri_parse (address, G_URI_FLAGS_NONE, NULL);
  return g_inet_socket_address_new_from_string (g_uri_get_host (uri), (guint)g_uri_get_port (uri));
}

static gpointer
client_run (gpointer data)
{
  Client *self = data;
  g_autofree char *buffer = g_malloc (BUFFER_BYTES);
  gssize got = 0;

  while ((got = g_socket_receive (self->socket, buffer, BUFFER_BYTES, NULL, NULL)) > 0) {
    g_mutex_lock (&self->lock);
    g_string_append_len (self->text, buffer, got);
    g_mutex_unlock (&self->lock);
  }
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);
  return NULL;
}

Client *
client_new (Fixture *fixture, const char *request, gboolean reads)
{
  g_autoptr (GSocketAddress) address = get_address (fixture);
  Client *self = g_new0 (Client, 1);
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  self->text = g_string_new (NULL);
  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_connect (self->socket, address, NULL, &error));
  g_assert_no_error (error);
  client_send (self, request);
  if (reads)
    self->thread = g_thread_new ("client", client_run, self);
  return self;
}

gboolean
client_has (Client *self, const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strstr_len (self->text->str, (gssize)self->text->len, text) != NULL;
}

gboolean
client_is_closed (Client *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->is_closed;
}

/* Takes what the socket takes: a server that refuses does not read the rest. */
void
client_send (Client *self, const char *text)
{
  gsize length = strlen (text);
  gint64 until = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  g_socket_set_blocking (self->socket, FALSE);
  while (length > 0 && g_get_monotonic_time () < until) {
    g_autoptr (GError) error = NULL;
    gssize sent = g_socket_send (self->socket, text, length, NULL, &error);

    g_main_context_iteration (NULL, FALSE);
    if (sent < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      break;
    text += MAX (sent, 0);
    length -= (gsize)MAX (sent, 0);
  }
  g_socket_set_blocking (self->socket, TRUE);
}

void
client_free (Client *self)
{
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_string_free (self->text, TRUE);
  g_mutex_clear (&self->lock);
  g_free (self);
}

char *
fixture_talk (Fixture *fixture, const char *request)
{
  Client *client = client_new (fixture, request, TRUE);
  char *text = NULL;

  fixture_wait (client_is_closed (client));
  text = g_strndup (client->text->str, client->text->len);
  client_free (client);
  return text;
}

char *
fixture_ask (
    Fixture *fixture, const char *method, const char *path, const char *more, const char *body)
{
  g_autofree char *request =
      g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
                       "Content-Length: %zu\r\n\r\n%s",
                       method, path, more != NULL ? more : "", body != NULL ? strlen (body) : 0,
                       body != NULL ? body : "");

  return fixture_talk (fixture, request);
}

guint
answer_get_status (const char *answer)
{
  guint64 status = 0;
  g_autofree char *digits = g_str_has_prefix (answer, "HTTP/1.") ? g_strndup (answer + 9, 3) : NULL;

  return digits != NULL && g_ascii_string_to_unsigned (digits, 10, 100, 599, &status, NULL)
             ? (guint)status
             : 0;
}

char *
answer_dup_header (const char *answer, const char *name)
{
  const char *end = strstr (answer, "\r\n\r\n");
  g_autofree char *head = g_strndup (answer, end != NULL ? (gsize)(end - answer) : strlen (answer));
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 1; lines[i] != NULL; i++) {
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));
  }
  return NULL;
}

const char *
answer_get_body (const char *answer)
{
  const char *end = strstr (answer, "\r\n\r\n");

  return end != NULL ? end + 4 : "";
}
