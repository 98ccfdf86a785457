/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong with a configuration: all findings of one reading, in the order of their discovery,
 * each with the place where somebody has to write something else.
 */
#include "option-private.h"

struct _BelfryProblems {
  GPtrArray *found; /* (element-type BelfryProblem) */
};

static void
problem_free (BelfryProblem *self)
{
  if (self == NULL)
    return;
  g_free (self->file);
  g_free (self->section);
  g_free (self->key);
  g_free (self->message);
  g_free (self);
}

static gboolean
is_same (const BelfryProblem *a, const BelfryProblem *b)
{
  return a->severity == b->severity && a->line == b->line && g_strcmp0 (a->file, b->file) == 0 &&
         g_strcmp0 (a->section, b->section) == 0 && g_strcmp0 (a->key, b->key) == 0 &&
         g_strcmp0 (a->message, b->message) == 0;
}

/* what the host finds and a plugin finds again is one slip */
static void
take (BelfryProblems *self, BelfryProblem *problem)
{
  for (guint i = 0; i < self->found->len; i++)
    if (is_same (g_ptr_array_index (self->found, i), problem)) {
      problem_free (problem);
      return;
    }
  g_ptr_array_add (self->found, problem);
}

/**
 * belfry_problems_new:
 *
 * Returns: (transfer full): a list without findings
 * Since: 0.1
 */
BelfryProblems *
belfry_problems_new (void)
{
  BelfryProblems *self = g_new0 (BelfryProblems, 1);

  self->found = g_ptr_array_new_with_free_func ((GDestroyNotify)problem_free);
  return self;
}

/**
 * belfry_problems_free:
 * @self: (transfer full) (nullable): a list
 *
 * Since: 0.1
 */
void
belfry_problems_free (BelfryProblems *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->found);
  g_free (self);
}

/**
 * belfry_problems_add:
 * @self: a list
 * @severity: how bad it is
 * @section: (nullable): the section it is about
 * @key: (nullable): the key it is about
 * @format: printf format of what is wrong and what would be right
 * @...: its arguments
 *
 * Adds a finding, unless it is there already. It gets file and line of the key where the section
 * has it, else those of the section.
 *
 * Since: 0.1
 */
void
belfry_problems_add (BelfryProblems *self,
                     BelfrySeverity severity,
                     const BelfrySection *section,
                     const char *key,
                     const char *format,
                     ...)
{
  BelfryProblem *problem = NULL;
  const BelfryEntry *entry = NULL;
  va_list arguments;

  g_return_if_fail (self != NULL);
  g_return_if_fail (format != NULL);

  problem = g_new0 (BelfryProblem, 1);
  problem->severity = severity;
  problem->key = g_strdup (key);
  va_start (arguments, format);
  problem->message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (section != NULL) {
    entry = key != NULL ? belfry_section_find (section, key) : NULL;
    problem->file = g_strdup (entry != NULL ? entry->file : section->file);
    problem->line = entry != NULL ? entry->line : section->line;
    problem->section = section->name[0] == '\0'
                           ? g_strdup (section->kind)
                           : g_strdup_printf ("%s %s", section->kind, section->name);
  }
  take (self, problem);
}

/**
 * belfry_problems_add_at:
 * @self: a list
 * @severity: how bad it is
 * @file: (nullable): where it is
 * @line: from 1; 0: the file as a whole
 * @message: what is wrong and what would be right
 *
 * Adds a finding that belongs to no section, unless it is there already.
 *
 * Since: 0.1
 */
void
belfry_problems_add_at (BelfryProblems *self,
                        BelfrySeverity severity,
                        const char *file,
                        guint line,
                        const char *message)
{
  BelfryProblem *problem = NULL;

  g_return_if_fail (self != NULL);
  g_return_if_fail (message != NULL);

  problem = g_new0 (BelfryProblem, 1);
  problem->severity = severity;
  problem->file = g_strdup (file);
  problem->line = line;
  problem->message = g_strdup (message);
  take (self, problem);
}

/**
 * belfry_problems_get_count:
 * @self: a list
 * @severity: which
 *
 * Returns: how many findings of this severity there are
 * Since: 0.1
 */
guint
belfry_problems_get_count (BelfryProblems *self, BelfrySeverity severity)
{
  guint count = 0;

  g_return_val_if_fail (self != NULL, 0);

  for (guint i = 0; i < self->found->len; i++) {
    const BelfryProblem *problem = g_ptr_array_index (self->found, i);

    count += problem->severity == severity ? 1 : 0;
  }
  return count;
}

/**
 * belfry_problems_get_length:
 * @self: a list
 *
 * Returns: how many findings of any severity there are
 * Since: 0.1
 */
guint
belfry_problems_get_length (BelfryProblems *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->found->len;
}

/**
 * belfry_problems_get:
 * @self: a list
 * @index: below belfry_problems_get_length ()
 *
 * Returns: (transfer none): the finding
 * Since: 0.1
 */
const BelfryProblem *
belfry_problems_get (BelfryProblems *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->found->len, NULL);

  return g_ptr_array_index (self->found, index);
}

/**
 * belfry_problem_to_text:
 * @problem: a finding
 *
 * Writes `file:line: [section] key: message`, leaving out what the finding does not have.
 *
 * Returns: (transfer full): one line without line break
 * Since: 0.1
 */
char *
belfry_problem_to_text (const BelfryProblem *problem)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_val_if_fail (problem != NULL, NULL);

  if (problem->file != NULL && problem->line > 0)
    g_string_append_printf (text, "%s:%u: ", problem->file, problem->line);
  else if (problem->file != NULL)
    g_string_append_printf (text, "%s: ", problem->file);
  if (problem->section != NULL)
    g_string_append_printf (text, "[%s]%s", problem->section, problem->key != NULL ? " " : ": ");
  if (problem->key != NULL)
    g_string_append_printf (text, "%s: ", problem->key);
  g_string_append (text, problem->message);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
