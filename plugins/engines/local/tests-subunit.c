/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * subunit, version 1: lines `test: LABEL` and `RESULT: LABEL`, the latter followed by details in
 * brackets, as lines or as parts in chunks with their lengths; `time:` before both gives the
 * duration. All other lines, and results of a test that has not begun, are what the program printed
 * beside. A test that began and did not end
 * is an error: its program is gone.
 */
#include "tests.h"
#include <string.h>

typedef struct {
  LocalTests *tests;
  const char *at;
  const char *end;
  char *open; /* (nullable) label of the test that has begun */
  gint64 open_ms;
  gint64 now_ms; /* BELFRY_NONE: no time was told */
  gboolean has_any;
} Reading;

static const struct {
  const char *word;
  LocalTestResult result;
} words[] = {
  { "success", LOCAL_TEST_PASSED }, { "successful", LOCAL_TEST_PASSED },
  { "failure", LOCAL_TEST_FAILED }, { "uxsuccess", LOCAL_TEST_FAILED },
  { "error", LOCAL_TEST_ERROR },    { "skip", LOCAL_TEST_SKIPPED },
  { "xfail", LOCAL_TEST_TODO },
};

/* (nullable): at the end (transfer full) */
static char *
take_line (Reading *self)
{
  const char *start = self->at;
  const char *newline = NULL;
  gsize length = 0;

  if (start >= self->end)
    return NULL;
  newline = memchr (start, '\n', (gsize)(self->end - start));
  length = newline != NULL ? (gsize)(newline - start) : (gsize)(self->end - start);
  self->at = newline != NULL ? newline + 1 : self->end;
  if (length > 0 && start[length - 1] == '\r')
    length--;
  return g_utf8_make_valid (start, (gssize)length);
}

/* Chunks: a length in hexadecimal on a line of its own, so many bytes; the last has none. */
static void
read_chunks (Reading *self, LocalTest *test)
{
  guint64 n_bytes = 1;

  while (n_bytes > 0) {
    g_autofree char *line = take_line (self);

    if (line == NULL ||
        !g_ascii_string_to_unsigned (line, 16, 0, (guint64)(self->end - self->at), &n_bytes, NULL))
      return;
    local_test_append (test->output, self->at, n_bytes);
    self->at += n_bytes;
  }
}

static void
read_parts (Reading *self, LocalTest *test)
{
  g_autofree char *type = take_line (self);

  while (type != NULL && !g_str_equal (type, "]")) {
    g_autofree char *name = take_line (self);

    read_chunks (self, test);
    g_free (type);
    type = take_line (self);
  }
}

static void
read_lines (Reading *self, LocalTest *test)
{
  g_autofree char *line = take_line (self);

  while (line != NULL && !g_str_equal (line, "]")) {
    local_test_append (test->output, line, strlen (line));
    local_test_append (test->output, "\n", 1);
    g_free (line);
    line = take_line (self);
  }
}

/* Its first line says most. */
static void
take_message (LocalTest *test)
{
  local_test_append (test->message, test->output->str, strcspn (test->output->str, "\n"));
}

static void
lose_open (Reading *self)
{
  LocalTest *test = NULL;

  if (self->open == NULL)
    return;
  test = local_test_new (self->open);
  test->result = LOCAL_TEST_ERROR;
  g_string_append (test->message, "the test did not end");
  local_tests_add (self->tests, test);
  g_clear_pointer (&self->open, g_free);
}

static void
begin_test (Reading *self, const char *label)
{
  lose_open (self);
  self->open = g_strdup (label);
  self->open_ms = self->now_ms;
  self->has_any = TRUE;
}

static void
end_test (Reading *self, char *label, LocalTestResult result)
{
  gboolean parts = g_str_has_suffix (label, " [ multipart");
  gboolean lines = g_str_has_suffix (label, " [");
  LocalTest *test = NULL;

  if (parts || lines)
    label[strlen (label) - strlen (parts ? " [ multipart" : " [")] = '\0';
  if (g_strcmp0 (self->open, label) != 0)
    return;
  test = local_test_new (label);
  test->result = result;
  if (parts)
    read_parts (self, test);
  else if (lines)
    read_lines (self, test);
  if (result != LOCAL_TEST_PASSED)
    take_message (test);
  if (self->open_ms != BELFRY_NONE && self->now_ms >= self->open_ms)
    test->duration_ms = self->now_ms - self->open_ms;
  g_clear_pointer (&self->open, g_free);
  local_tests_add (self->tests, test);
}

static void
read_time (Reading *self, const char *text)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, utc);

  if (time != NULL)
    self->now_ms = g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000;
}

static void
read_line (Reading *self, char *line)
{
  gsize length = strcspn (line, ": ");
  char *label = line + length;
  g_autofree char *word = g_strndup (line, length);

  label += strspn (label, ":");
  if (*label != ' ' || label[1] == '\0')
    return;
  label++;
  if (line[length] == ':' && (g_str_equal (word, "test") || g_str_equal (word, "testing")))
    begin_test (self, label);
  else if (g_str_equal (word, "time"))
    read_time (self, label);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    if (g_str_equal (words[i].word, word)) {
      end_test (self, label, words[i].result);
      return;
    }
  }
}

gboolean
local_tests_read_subunit (LocalTests *self, const char *text, gsize n_bytes, GError **error)
{
  Reading reading = {
    .tests = self, .at = text, .end = text + n_bytes, .open_ms = BELFRY_NONE, .now_ms = BELFRY_NONE
  };
  g_autofree char *line = take_line (&reading);

  while (line != NULL) {
    read_line (&reading, line);
    g_free (line);
    line = take_line (&reading);
  }
  lose_open (&reading);
  if (!reading.has_any)
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "there is no subunit in it");
  return reading.has_any;
}
