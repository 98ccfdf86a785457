/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same templates with the same data by Belfry and by Python's Jinja2, which says what is right:
 * no expected text is written down here. fixtures/oracle.txt holds the templates, each after a line
 * "%%%% what it shows", those that others load after "%%%% @name"; fixtures/data.json the data. */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-template.h"

#include <string.h>

#define PYTHON "/usr/bin/python3"

typedef struct {
  char *title;
  char *text;
} Case;

typedef struct {
  JsonNode *data;
  GPtrArray *cases;       /* (element-type Case) */
  GHashTable *templates;  /* name → text */
  JsonArray *answers;     /* two for each case: plain, escaped */
  JsonNode *answers_node; /* (owned): what holds the answers */
} Oracle;

static void
case_free (gpointer data)
{
  Case *self = data;

  g_free (self->title);
  g_free (self->text);
  g_free (self);
}

static char *
read_fixture (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "plugin-api", "template", name, NULL);
  char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
add_section (Oracle *oracle, const char *section)
{
  const char *line_end = strchr (section, '\n');
  g_autofree char *title = g_strndup (section, (gsize)(line_end - section));
  Case *item = NULL;

  if (*title == '@') {
    g_hash_table_insert (oracle->templates, g_strdup (title + 1), g_strdup (line_end + 1));
    return;
  }
  item = g_new0 (Case, 1);
  item->title = g_steal_pointer (&title);
  item->text = g_strdup (line_end + 1);
  g_ptr_array_add (oracle->cases, item);
}

static void
read_cases (Oracle *oracle)
{
  g_autofree char *all = read_fixture ("fixtures/oracle.txt");
  g_auto (GStrv) sections = g_strsplit (all, "%%%% ", -1);
  g_autofree char *data = read_fixture ("fixtures/data.json");
  g_autoptr (GError) error = NULL;

  oracle->cases = g_ptr_array_new_with_free_func (case_free);
  oracle->templates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 1; sections[i] != NULL; i++)
    add_section (oracle, sections[i]);
  oracle->data = belfry_json_parse (data, -1, NULL, &error);
  g_assert_no_error (error);
}

static JsonArray *
make_questions (const Oracle *oracle)
{
  JsonArray *questions = json_array_new ();

  for (guint i = 0; i < oracle->cases->len * 2; i++) {
    const Case *item = g_ptr_array_index (oracle->cases, i / 2);
    JsonObject *question = json_object_new ();

    json_object_set_string_member (question, "text", item->text);
    json_object_set_boolean_member (question, "escape", i % 2 == 1);
    json_array_add_object_element (questions, question);
  }
  return questions;
}

static char *
make_input (const Oracle *oracle)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonObject *templates = json_object_new ();
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer text = NULL;

  g_hash_table_iter_init (&iter, oracle->templates);
  while (g_hash_table_iter_next (&iter, &name, &text))
    json_object_set_string_member (templates, name, text);
  json_object_set_member (object, "data", json_node_copy (oracle->data));
  json_object_set_object_member (object, "templates", templates);
  json_object_set_array_member (object, "cases", make_questions (oracle));
  json_node_take_object (root, object);
  return belfry_json_to_text (root);
}

static void
ask (Oracle *oracle)
{
  g_autofree char *script =
      g_test_build_filename (G_TEST_DIST, "plugin-api", "template", "oracle.py", NULL);
  g_autofree char *input = make_input (oracle);
  g_autofree char *output = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;

  child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                            PYTHON, script, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (child, input, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (child));
  oracle->answers_node = belfry_json_parse (output, -1, NULL, &error);
  g_assert_no_error (error);
  oracle->answers = json_node_get_array (oracle->answers_node);
}

static char *
load (const char *name, gpointer user_data, GError **error)
{
  const char *text = g_hash_table_lookup (user_data, name);

  if (text == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no '%s'", name);
  return g_strdup (text);
}

static char *
render (const Oracle *oracle, const Case *item, gboolean escapes, GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;

  settings.flags = escapes ? BELFRY_TEMPLATE_ESCAPE_HTML : BELFRY_TEMPLATE_NONE;
  settings.loader = load;
  settings.loader_data = oracle->templates;
  template = belfry_template_new ("case", item->text, &settings, error);
  if (template == NULL)
    return NULL;
  return belfry_template_render (template, json_node_get_object (oracle->data), NULL, 0, error);
}

G_GNUC_PRINTF (1, 2)
static void
differ (const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_test_message ("%s", text);
  g_test_fail ();
}

static void
compare_error (const char *title, JsonObject *answer, const GError *error)
{
  gboolean is_syntax = json_object_get_boolean_member (answer, "syntax");

  if (error == NULL)
    differ ("%s: no error where Jinja2 says: %s", title,
            json_object_get_string_member (answer, "error"));
  else if (error->domain != BELFRY_ERROR || strchr (error->message, ':') == NULL)
    differ ("%s: an error without place: %s", title, error->message);
  else if (is_syntax && error->code != BELFRY_ERROR_CONFIG)
    differ ("%s: found too late: %s", title, error->message);
}

/* all cases are compared, so that one run shows all that differ */
static void
compare (const Oracle *oracle, guint index)
{
  const Case *item = g_ptr_array_index (oracle->cases, index / 2);
  JsonObject *answer = json_array_get_object_element (oracle->answers, index);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = render (oracle, item, index % 2 == 1, &error);
  g_autofree char *title =
      g_strdup_printf ("%s, %s", item->title, index % 2 == 1 ? "escaped" : "plain");

  if (!json_object_has_member (answer, "text"))
    compare_error (title, answer, error);
  else if (error != NULL)
    differ ("%s: %s", title, error->message);
  else if (strcmp (text, json_object_get_string_member (answer, "text")) != 0)
    differ ("%s:\n%s\nJinja2:\n%s", title, text, json_object_get_string_member (answer, "text"));
}

static gboolean
has_jinja (void)
{
  g_autoptr (GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, PYTHON,
                                                    "-c", "import jinja2", NULL);

  return child != NULL && g_subprocess_wait_check (child, NULL, NULL);
}

static void
test_oracle (void)
{
  Oracle oracle = { NULL, NULL, NULL, NULL, NULL };

  if (!has_jinja ()) {
    g_test_skip ("python3-jinja2 is not installed");
    return;
  }
  read_cases (&oracle);
  ask (&oracle);
  g_assert_cmpuint (json_array_get_length (oracle.answers), ==, oracle.cases->len * 2);
  for (guint i = 0; i < oracle.cases->len * 2; i++)
    compare (&oracle, i);
  json_node_unref (oracle.answers_node);
  json_node_unref (oracle.data);
  g_ptr_array_unref (oracle.cases);
  g_hash_table_unref (oracle.templates);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/template/oracle/agrees-with-jinja2", test_oracle);
  return g_test_run ();
}
