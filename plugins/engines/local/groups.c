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

/* What builders of one group have in common. */
static char *
make_key (const LocalBuilder *builder)
{
  const LocalCodebase *own = g_ptr_array_index (builder->codebases, 0);

  if (!is_anonymous (own))
    return g_strdup ("");
  return g_strdup_printf ("%s\n%s\n%s", own->normalized, own->branch != NULL ? own->branch : "\r",
                          own->project);
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

static LocalGroup *
group_new (GPtrArray *groups)
{
  LocalGroup *self = g_new0 (LocalGroup, 1);

  self->builders = g_ptr_array_new ();
  self->codebases = g_ptr_array_new ();
  g_ptr_array_add (groups, self);
  return self;
}

/* (transfer full) (element-type LocalGroup), in the order of the builders */
GPtrArray *
local_group_builders (GPtrArray *builders)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (group_free);
  g_autoptr (GHashTable) by_key = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < builders->len; i++) {
    LocalBuilder *builder = g_ptr_array_index (builders, i);
    LocalGroup *group = NULL;
    g_autofree char *key = NULL;

    if (builder->codebases->len == 0)
      continue;
    key = make_key (builder);
    group = g_hash_table_lookup (by_key, key);
    if (group == NULL) {
      group = group_new (groups);
      g_hash_table_insert (by_key, g_steal_pointer (&key), group);
    }
    join (group, builder);
  }
  return groups;
}
