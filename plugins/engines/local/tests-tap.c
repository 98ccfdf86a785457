/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TAP 13 and 14: plan, test points with todo and skip, diagnostics, subtests (indented by four
 * blanks, named by the comment before them), bail-out. A subtest's own points count; the point that
 * sums them up counts only where it says more than they do.
 */
#include "tests.h"
#include <string.h>

#define LEVELS_MAX 8
#define INDENT     4

typedef struct {
  char *name;     /* (nullable) of the subtest */
  gint64 planned; /* BELFRY_NONE: no plan yet */
  gint64 n_points;
  gboolean failed; /* one of its points */
} Level;

typedef struct {
  LocalTests *tests;
  Level levels[LEVELS_MAX];
  LocalTest *last; /* (nullable) what diagnostics belong to; in the list */
  gboolean in_yaml;
  gboolean has_any;
} Reading;

static void
clear_level (Level *level)
{
  g_free (level->name);
  *level = (Level){ .planned = BELFRY_NONE };
}

/* Its plan must have been met. */
static void
close_level (Reading *self, guint depth)
{
  Level *level = &self->levels[depth];

  if (level->planned != BELFRY_NONE && level->planned != level->n_points)
    self->tests->broken_plan = TRUE;
  clear_level (level);
}

static LocalTestResult
read_directive (const char *directive, gboolean ok)
{
  if (directive != NULL && g_ascii_strncasecmp (directive, "skip", 4) == 0)
    return LOCAL_TEST_SKIPPED;
  if (directive != NULL && g_ascii_strncasecmp (directive, "todo", 4) == 0)
    return LOCAL_TEST_TODO;
  return ok ? LOCAL_TEST_PASSED : LOCAL_TEST_FAILED;
}

static char *
make_name (const Reading *self, guint depth, const char *description, gint64 number)
{
  g_autoptr (GString) name = g_string_new (NULL);

  for (guint i = 1; i <= depth; i++) {
    if (self->levels[i].name != NULL)
      g_string_append_printf (name, "%s.", self->levels[i].name);
  }
  if (*description != '\0')
    g_string_append (name, description);
  else
    g_string_append_printf (name, "%" G_GINT64_FORMAT, number);
  return g_strdup (name->str);
}

/* A hash that is not escaped begins the directive. */
static char *
split_directive (char *text)
{
  for (char *c = text; *c != '\0'; c++) {
    if (*c == '\\' && c[1] != '\0')
      c++;
    else if (*c == '#' && (c == text || c[-1] == ' ')) {
      *c = '\0';
      return g_strstrip (c + 1);
    }
  }
  return NULL;
}

static void
add_point (Reading *self, guint depth, gboolean ok, const char *rest)
{
  g_autofree char *text = g_strdup (rest);
  char *directive = split_directive (text);
  char *description = g_strstrip (text);
  Level *level = &self->levels[depth];
  gboolean sums_up = depth + 1 < LEVELS_MAX && self->levels[depth + 1].n_points > 0;
  gboolean child_failed = sums_up && self->levels[depth + 1].failed;
  LocalTestResult result = read_directive (directive, ok);
  g_autofree char *name = NULL;

  level->n_points++;
  self->has_any = TRUE;
  level->failed = level->failed || result == LOCAL_TEST_FAILED;
  for (guint i = depth + 1; i < LEVELS_MAX; i++)
    close_level (self, i);
  description += strspn (description, "0123456789");
  description += strspn (description, " ");
  if (*description == '-')
    description += 1 + strspn (description + 1, " ");
  self->last = NULL;
  if (sums_up && (child_failed || result != LOCAL_TEST_FAILED))
    return;
  name = make_name (self, depth, description, level->n_points);
  self->last = local_test_new (name);
  self->last->result = result;
  if (directive != NULL)
    local_test_append (self->last->message, directive, strlen (directive));
  if (self->tests->list->len >= LOCAL_TESTS_MAX) {
    local_tests_add (self->tests, g_steal_pointer (&self->last));
    return;
  }
  local_tests_add (self->tests, self->last);
}

static gboolean
read_plan (Reading *self, guint depth, const char *line)
{
  static const char start[] = "1..";
  g_autofree char *number = NULL;
  guint64 planned = 0;

  if (!g_str_has_prefix (line, start))
    return FALSE;
  line += strlen (start);
  number = g_strndup (line, strspn (line, "0123456789"));
  if (!g_ascii_string_to_unsigned (number, 10, 0, G_MAXINT32, &planned, NULL))
    return FALSE;
  self->levels[depth].planned = (gint64)planned;
  self->has_any = TRUE;
  return TRUE;
}

static void
read_comment (Reading *self, guint depth, const char *line)
{
  static const char subtest[] = "# Subtest: ";

  if (g_str_has_prefix (line, subtest)) {
    guint inner = MIN (depth + 1, LEVELS_MAX - 1);

    g_free (self->levels[inner].name);
    self->levels[inner].name = g_strdup (line + strlen (subtest));
  } else if (self->last != NULL && self->last->result != LOCAL_TEST_PASSED) {
    local_test_append (self->last->output, line, strlen (line));
    local_test_append (self->last->output, "\n", 1);
  }
}

static void
read_line (Reading *self, const char *line)
{
  gsize blanks = strspn (line, " ");
  guint depth = MIN ((guint)blanks / INDENT, LEVELS_MAX - 1);

  line += blanks;
  if (self->in_yaml) {
    self->in_yaml = !g_str_equal (line, "...");
    if (self->in_yaml && self->last != NULL && self->last->result != LOCAL_TEST_PASSED)
      read_comment (self, depth, line);
    return;
  }
  if (g_str_equal (line, "---") && self->last != NULL)
    self->in_yaml = TRUE;
  else if (*line == '#')
    read_comment (self, depth, line);
  else if (g_str_has_prefix (line, "Bail out!")) {
    self->tests->broken_plan = TRUE;
    self->has_any = TRUE;
  } else if (g_str_has_prefix (line, "not ok") && (line[6] == ' ' || line[6] == '\0'))
    add_point (self, depth, FALSE, line + 6);
  else if (g_str_has_prefix (line, "ok") && (line[2] == ' ' || line[2] == '\0'))
    add_point (self, depth, TRUE, line + 2);
  else
    read_plan (self, depth, line);
}

gboolean
local_tests_read_tap (LocalTests *self, const char *text, gsize n_bytes, GError **error)
{
  Reading reading = { .tests = self };
  const char *end = text + n_bytes;

  for (guint i = 0; i < LEVELS_MAX; i++)
    clear_level (&reading.levels[i]);
  while (text < end) {
    const char *newline = memchr (text, '\n', (gsize)(end - text));
    gsize length = newline != NULL ? (gsize)(newline - text) : (gsize)(end - text);
    g_autofree char *valid = g_utf8_make_valid (text, (gssize)length);

    read_line (&reading, g_strchomp (valid));
    text += length + (newline != NULL ? 1 : 0);
  }
  if (reading.has_any && reading.levels[0].planned == BELFRY_NONE)
    self->broken_plan = TRUE;
  for (guint i = 0; i < LEVELS_MAX; i++)
    close_level (&reading, i);
  if (!reading.has_any)
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "there is no TAP in it");
  return reading.has_any;
}
