/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JUnit XML as it is written in practice: suites in suites, cases with what went wrong inside. No
 * document type, so no entities of anybody's; a bounded depth.
 */
#include "tests.h"
#include <string.h>

#define DEPTH_MAX 64

typedef struct {
  LocalTests *tests;
  GPtrArray *suites; /* (element-type utf8) names of the open ones */
  LocalTest *test;   /* (nullable) the open case */
  GString *text;     /* (nullable) what the element's text goes to */
  guint depth;
} Reading;

static const char *
find (const char **names, const char **values, const char *name)
{
  for (guint i = 0; names[i] != NULL; i++) {
    if (g_str_equal (names[i], name))
      return values[i];
  }
  return NULL;
}

/* suite.class.name, without the suite where the class begins with it */
static char *
make_name (const Reading *self, const char *class, const char *name)
{
  const char *suite =
      self->suites->len > 0 ? g_ptr_array_index (self->suites, self->suites->len - 1) : "";
  g_autoptr (GString) whole = g_string_new (NULL);

  if (*suite != '\0' && (class == NULL || !g_str_has_prefix (class, suite)))
    g_string_append_printf (whole, "%s.", suite);
  if (class != NULL && *class != '\0')
    g_string_append_printf (whole, "%s.", class);
  g_string_append (whole, name != NULL ? name : "");
  return g_strdup (whole->str);
}

/* GoogleTest and CTest say so of tests that are switched off, and nothing more. */
static gboolean
was_not_run (const char *status)
{
  return g_strcmp0 (status, "notrun") == 0 || g_strcmp0 (status, "disabled") == 0;
}

static void
open_case (Reading *self, const char **names, const char **values)
{
  g_autofree char *name =
      make_name (self, find (names, values, "classname"), find (names, values, "name"));
  const char *time = find (names, values, "time");
  double seconds = time != NULL ? g_ascii_strtod (time, NULL) : -1;

  local_test_free (self->test);
  self->test = local_test_new (name);
  if (was_not_run (find (names, values, "status")))
    self->test->result = LOCAL_TEST_SKIPPED;
  if (seconds >= 0 && seconds < 1e9)
    self->test->duration_ms = (gint64)(seconds * 1000 + 0.5);
}

static void
note (Reading *self, const char *element, const char **names, const char **values)
{
  static const struct {
    const char *element;
    LocalTestResult result;
  } kinds[] = {
    { "failure", LOCAL_TEST_FAILED },
    { "error", LOCAL_TEST_ERROR },
    { "skipped", LOCAL_TEST_SKIPPED },
  };
  const char *message = find (names, values, "message");

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (kinds[i].element, element))
      continue;
    self->test->result = kinds[i].result;
    if (message != NULL)
      local_test_append (self->test->message, message, strlen (message));
    self->text = self->test->output;
  }
  if (g_str_equal (element, "system-out") || g_str_equal (element, "system-err"))
    self->text = self->test->output;
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          gpointer data,
          GError **error)
{
  Reading *self = data;
  const char *name = find (names, values, "name");

  (void)context;
  if (++self->depth > DEPTH_MAX)
    g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                         "nested too deeply");
  else if (self->depth == 1 && !g_str_equal (element, "testsuites") &&
           !g_str_equal (element, "testsuite"))
    g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                         "this is no JUnit document");
  else if (g_str_equal (element, "testsuite"))
    g_ptr_array_add (self->suites, g_strdup (name != NULL ? name : ""));
  else if (g_str_equal (element, "testcase"))
    open_case (self, names, values);
  else if (self->test != NULL)
    note (self, element, names, values);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  Reading *self = data;

  (void)context;
  (void)error;
  self->depth--;
  self->text = NULL;
  if (g_str_equal (element, "testsuite") && self->suites->len > 0)
    g_ptr_array_remove_index (self->suites, self->suites->len - 1);
  if (g_str_equal (element, "testcase") && self->test != NULL)
    local_tests_add (self->tests, g_steal_pointer (&self->test));
}

static void
on_text (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reading *self = data;

  (void)context;
  (void)error;
  if (self->text != NULL)
    local_test_append (self->text, text, length);
}

/* Comments, declarations, CDATA; the last is text. */
static void
on_other (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  (void)context;
  (void)data;
  if (length >= 9 && g_ascii_strncasecmp (text, "<!DOCTYPE", 9) == 0)
    g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                         "a document type is refused");
}

gboolean
local_tests_read_junit (LocalTests *self, const char *text, gsize n_bytes, GError **error)
{
  const GMarkupParser parser = { on_start, on_end, on_text, on_other, NULL };
  g_autoptr (GPtrArray) suites = g_ptr_array_new_with_free_func (g_free);
  Reading reading = { .tests = self, .suites = suites };
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reading, NULL);
  gboolean read = g_markup_parse_context_parse (context, text, (gssize)n_bytes, error) &&
                  g_markup_parse_context_end_parse (context, error);

  local_test_free (reading.test);
  return read;
}
