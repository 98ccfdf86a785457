/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results of tests, gathered: counted all, kept up to a bound, with names that differ. */
#include "tests.h"
#include <string.h>

#define TEXT_BYTES (16 * 1024)
#define NAME_BYTES 1024
#define CUT_BYTES  12

void
local_test_free (LocalTest *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_string_free (self->message, TRUE);
  g_string_free (self->output, TRUE);
  g_free (self);
}

LocalTest *
local_test_new (const char *name)
{
  LocalTest *self = g_new0 (LocalTest, 1);

  self->name = belfry_text_make_printable (name, -1, NAME_BYTES);
  self->duration_ms = BELFRY_NONE;
  self->message = g_string_new (NULL);
  self->output = g_string_new (NULL);
  return self;
}

LocalTests *
local_tests_new (void)
{
  LocalTests *self = g_new0 (LocalTests, 1);

  self->list = g_ptr_array_new_with_free_func ((GDestroyNotify)local_test_free);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
local_tests_free (LocalTests *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->list);
  g_hash_table_unref (self->names);
  g_free (self);
}

gint64
local_tests_total (const LocalTests *self)
{
  gint64 total = 0;

  for (guint i = 0; i < LOCAL_N_TEST_RESULTS; i++)
    total += self->counts[i];
  return total;
}

/* What goes over the bound is told by dots, which also fill it. */
void
local_test_append (GString *text, const char *bytes, gsize n_bytes)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, (gssize)n_bytes);
  const char *end = NULL;

  if (text->len >= TEXT_BYTES - CUT_BYTES)
    return;
  g_string_append (text, valid);
  if (text->len < TEXT_BYTES - CUT_BYTES)
    return;
  g_utf8_validate (text->str, TEXT_BYTES - CUT_BYTES, &end);
  g_string_truncate (text, (gsize)(end - text->str));
  g_string_append (text, "…………");
}

const char *
local_test_result_name (LocalTestResult result)
{
  static const char *const names[] = { "passed", "failed", "error", "skipped", "todo" };

  return names[result];
}

void
local_tests_add (LocalTests *self, LocalTest *test)
{
  gint64 nth = GPOINTER_TO_INT (g_hash_table_lookup (self->names, test->name)) + 1;

  self->counts[test->result]++;
  if (test->duration_ms > 0)
    self->duration_ms += test->duration_ms;
  if (self->list->len >= LOCAL_TESTS_MAX) {
    self->cut = TRUE;
    local_test_free (test);
    return;
  }
  g_hash_table_replace (self->names, g_strdup (test->name), GINT_TO_POINTER ((int)nth));
  if (nth > 1) {
    char *name = g_strdup_printf ("%s.%" G_GINT64_FORMAT, test->name, nth);

    g_free (test->name);
    test->name = name;
  }
  g_ptr_array_add (self->list, test);
}

LocalTestsRead
local_tests_find_reader (const char *format)
{
  static const struct {
    const char *name;
    LocalTestsRead read;
  } formats[] = {
    { "junit", local_tests_read_junit },
    { "tap", local_tests_read_tap },
    { "subunit", local_tests_read_subunit },
  };
  gsize length = strcspn (format, ":");

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (strlen (formats[i].name) == length && strncmp (formats[i].name, format, length) == 0)
      return formats[i].read;
  }
  return NULL;
}
