/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set has one stamp per codebase. Builders with named codebases share one set over the union of
 * them; a builder that writes its repository for short has a codebase without a name, which it
 * shares only with builders that write the same.
 */
#include "groups.h"

static void
group_free (gpointer data)
{
  LocalGroup *self = data;

  g_ptr_array_unref (self->builders);
  g_ptr_array_unref (self->codebases);
  g_free (self);
}

static gboolean
is_anonymous (const LocalCodebase *codebase)
{
  return *codebase->name == '\0';
}

static gboolean
is_same (const LocalCodebase *a, const LocalCodebase *b)
{
  return g_str_equal (a->name, b->name) && g_str_equal (a->normalized, b->normalized) &&
         g_strcmp0 (a->branch, b->branch) == 0 && g_str_equal (a->project, b->project);
}

static gboolean
fits (const LocalGroup *group, const LocalBuilder *builder)
{
  const LocalCodebase *first = g_ptr_array_index (group->codebases, 0);
  const LocalCodebase *own = g_ptr_array_index (builder->codebases, 0);

  if (is_anonymous (first) || is_anonymous (own))
    return is_same (first, own);
  return TRUE;
}

static void
join (LocalGroup *group, LocalBuilder *builder)
{
  g_ptr_array_add (group->builders, builder);
  for (guint i = 0; i < builder->codebases->len; i++) {
    LocalCodebase *codebase = g_ptr_array_index (builder->codebases, i);

    if (group->codebases->len > 0 && is_anonymous (codebase))
      continue;
    if (!g_ptr_array_find (group->codebases, codebase, NULL))
      g_ptr_array_add (group->codebases, codebase);
  }
}

/* (transfer full) (element-type LocalGroup), in the order of the builders */
GPtrArray *
local_group_builders (GPtrArray *builders)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (group_free);

  for (guint i = 0; i < builders->len; i++) {
    LocalBuilder *builder = g_ptr_array_index (builders, i);
    LocalGroup *group = NULL;

    if (builder->codebases->len == 0)
      continue;
    for (guint j = 0; j < groups->len && group == NULL; j++) {
      if (fits (g_ptr_array_index (groups, j), builder))
        group = g_ptr_array_index (groups, j);
    }
    if (group == NULL) {
      group = g_new0 (LocalGroup, 1);
      group->builders = g_ptr_array_new ();
      group->codebases = g_ptr_array_new ();
      g_ptr_array_add (groups, group);
    }
    join (group, builder);
  }
  return groups;
}
