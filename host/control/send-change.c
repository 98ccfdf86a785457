/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In place of Buildbot's sendchange and post_build_request.py, whose options it takes. Passwords
 * and tokens are named by a reference (file:, env:, secret:), since whoever looks at the list of
 * processes reads what stands on a command line.
 */
#include "send-change.h"

#include "ask.h"
#include "outside/transport.h"
#include "wait.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_URL      "http://localhost:8010/change_hook/base"
#define TIMEOUT_US       (60 * (gint64)G_USEC_PER_SEC)
#define MAX_ANSWER_BYTES 65536

/* options that become an argument of the form as they are */
enum {
  AUTHOR,
  BRANCH,
  CATEGORY,
  CODEBASE,
  COMMENTS,
  PROJECT,
  REPOSITORY,
  REVISION,
  REVLINK,
  WHEN,
  N_TEXTS,
};

static const struct {
  const char *option;
  char letter;
  const char *argument; /* of the form that is posted */
} texts[N_TEXTS] = {
  [AUTHOR] = { "who", 'w', "author" },
  [BRANCH] = { "branch", 'b', "branch" },
  [CATEGORY] = { "category", 'C', "category" },
  [CODEBASE] = { "codebase", 0, "codebase" },
  [COMMENTS] = { "comments", 'c', "comments" },
  [PROJECT] = { "project", 'P', "project" },
  [REPOSITORY] = { "repository", 'r', "repository" },
  [REVISION] = { "revision", 'R', "revision" },
  [REVLINK] = { "revlink", 0, "revlink" },
  [WHEN] = { "when", 'W', "when" },
};

typedef struct {
  char *url;
  char *user;
  char *password; /* reference */
  char *token;    /* reference */
  char *values[N_TEXTS];
  char **files;
  char **properties;
  gboolean dry_run;
  gboolean verbose;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->url);
  g_free (self->user);
  g_free (self->password);
  g_free (self->token);
  for (guint i = 0; i < N_TEXTS; i++)
    g_free (self->values[i]);
  g_strfreev (self->files);
  g_strfreev (self->properties);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
fail (const char *message)
{
  fprintf (stderr, "belfry send-change: %s\n", message);
  return FALSE;
}

static gboolean
parse_options (Options *self, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "url", 'u', 0, G_OPTION_ARG_STRING, &self->url, NULL, NULL },
    { "user", 0, 0, G_OPTION_ARG_STRING, &self->user, NULL, NULL },
    { "password", 0, 0, G_OPTION_ARG_STRING, &self->password, NULL, NULL },
    { "token", 0, 0, G_OPTION_ARG_STRING, &self->token, NULL, NULL },
    { "file", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &self->files, NULL, NULL },
    { "property", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &self->properties, NULL, NULL },
    { "dry-run", 't', 0, G_OPTION_ARG_NONE, &self->dry_run, NULL, NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  GOptionEntry more[N_TEXTS + 1] = { { NULL } };
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < N_TEXTS; i++)
    more[i] = (GOptionEntry){ .long_name = texts[i].option,
                              .short_name = texts[i].letter,
                              .arg = G_OPTION_ARG_STRING,
                              .arg_data = &self->values[i] };
  g_option_context_add_main_entries (context, more, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &local))
    return fail (local->message);
  return argc == 1 || fail ("it takes options only");
}

/* (transfer full) (nullable): files as a JSON list */
static char *
dup_files (char **files)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  json_node_take_array (node, array);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    json_array_add_string_element (array, files[i]);
  return files != NULL ? belfry_json_to_text (node) : NULL;
}

static gboolean
make_properties (char **properties, char **text)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_node_take_object (node, object);
  for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (properties[i], "=", 2);

    if (pair[0] == NULL || pair[1] == NULL || pair[0][0] == '\0')
      return fail ("a property is written NAME=VALUE");
    json_object_set_string_member (object, pair[0], pair[1]);
  }
  *text = properties != NULL ? belfry_json_to_text (node) : NULL;
  return TRUE;
}

static gboolean
add_arguments (const Options *options, BelfryForm *form)
{
  g_autofree char *files = dup_files (options->files);
  g_autofree char *properties = NULL;

  if (!make_properties (options->properties, &properties))
    return FALSE;
  for (guint i = 0; i < N_TEXTS; i++)
    if (options->values[i] != NULL)
      belfry_form_append (form, texts[i].argument, options->values[i]);
  if (options->values[AUTHOR] == NULL)
    belfry_form_append (form, texts[AUTHOR].argument, g_get_user_name ());
  if (files != NULL)
    belfry_form_append (form, "files", files);
  if (properties != NULL)
    belfry_form_append (form, "properties", properties);
  return TRUE;
}

/* the value behind a reference; a text itself is refused */
static BelfrySecret *
resolve (const char *reference)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfrySecret) secret = belfry_secret_new (reference, &local);
  BelfrySecretSource source = secret != NULL ? belfry_secret_get_source (secret, 0) : 0;

  if (secret != NULL && (source == BELFRY_SECRET_LITERAL || source == BELFRY_SECRET_PLAIN)) {
    fail ("a password on the command line can be read by everybody here; write file:PATH, "
          "env:NAME or secret:NAME");
    return NULL;
  }
  if (secret == NULL || !belfry_wait_for_secret (secret, &local)) {
    fail (local->message);
    return NULL;
  }
  return g_steal_pointer (&secret);
}

static gboolean
authenticate (const Options *options, BelfryHttpRequest *request)
{
  const char *reference = options->password != NULL ? options->password : options->token;
  g_autoptr (BelfrySecret) secret = NULL;

  if (options->password != NULL && options->token != NULL)
    return fail ("a password and a token share one header; keep one of them");
  if ((options->password != NULL) != (options->user != NULL))
    return fail ("a user and a password go together");
  if (reference == NULL)
    return TRUE;
  secret = resolve (reference);
  if (secret == NULL)
    return FALSE;
  if (options->password != NULL)
    belfry_http_request_set_basic (request, options->user, belfry_secret_get_value (secret));
  else
    belfry_http_request_set_bearer (request, "Bearer", belfry_secret_get_value (secret));
  return TRUE;
}

static void
print_form (BelfryForm *form)
{
  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    printf ("%s=", belfry_form_get_name (form, i));
    belfry_print_text (belfry_form_get_value (form, i));
    printf ("\n");
  }
}

static gboolean
post (const Options *options, BelfryHttpRequest *request)
{
  g_autoptr (BelfryTransport) transport = belfry_transport_new ("belfry/" BELFRY_VERSION);
  g_autoptr (GAsyncResult) done = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHttpAnswer) answer = NULL;
  g_autofree char *text = NULL;
  GBytes *body = NULL;
  guint status = 0;

  belfry_http_request_set_limits (request, TIMEOUT_US, MAX_ANSWER_BYTES);
  belfry_transport_send (transport, request, belfry_wait_new (&done));
  answer = g_task_propagate_pointer (belfry_wait_for (&done), &local);
  if (answer == NULL)
    return fail (local->message);
  status = belfry_http_answer_get_status (answer);
  body = belfry_http_answer_get_body (answer);
  text = g_strndup (g_bytes_get_size (body) > 0 ? g_bytes_get_data (body, NULL) : "",
                    g_bytes_get_size (body));
  g_strstrip (text);
  if (status / 100 != 2)
    fprintf (stderr, "belfry send-change: it was answered %u: ", status);
  if (options->verbose || status / 100 != 2) {
    g_autofree char *printable = belfry_text_make_printable (text, -1, 1000);

    fprintf (status / 100 == 2 ? stdout : stderr, "%s\n", printable);
  }
  return status / 100 == 2;
}

int
belfry_send_change_main (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  g_autoptr (BelfryForm) form = belfry_form_new ();
  g_autoptr (BelfryHttpRequest) request = NULL;
  const char *url = NULL;

  if (!parse_options (&options, argc, argv) || !add_arguments (&options, form))
    return BELFRY_EXIT_USAGE;
  url = options.url != NULL ? options.url : DEFAULT_URL;
  if (!g_str_has_prefix (url, "http://") && !g_str_has_prefix (url, "https://")) {
    fail ("the URL begins with http:// or https://");
    return BELFRY_EXIT_USAGE;
  }
  if (options.dry_run) {
    printf ("POST %s\n", url);
    print_form (form);
    return 0;
  }
  request = belfry_http_request_new ("POST", url);
  if (!authenticate (&options, request))
    return BELFRY_EXIT_USAGE;
  for (guint i = 0; i < belfry_form_get_count (form); i++)
    belfry_http_request_add_form (request, belfry_form_get_name (form, i),
                                  belfry_form_get_value (form, i));
  return post (&options, request) ? 0 : 1;
}
