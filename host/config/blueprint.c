/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blueprints: one section that names an instance, read with three tables: the keys of every
 * instance, those that the host owns in every section of the kind, and the plugin's own. A plugin
 * that cannot be used is the instance's failure, and not the configuration's.
 */
#include "config/config-private.h"
#include "hooks/hook-keys.h"
#include "hooks/passwords.h"
#include "outbox/reporter-keys.h"
#include "pollers/poller-keys.h"
#include "www/www-keys.h"

#include <string.h>

enum {
  TARGET_INSTANCE,
  TARGET_KIND,
  TARGET_PLUGIN,
  N_TARGETS,
};

const BelfryOptionTable *
belfry_kind_get_host_table (BelfryKind kind, gsize *size)
{
  *size = 0;
  switch (kind) {
  case BELFRY_KIND_HOOK:
    *size = sizeof (BelfryHookKeys);
    return &belfry_hook_keys_table;
  case BELFRY_KIND_REPORTER:
    *size = belfry_reporter_keys_size;
    return &belfry_reporter_keys_table;
  case BELFRY_KIND_VIEW:
    *size = sizeof (BelfryViewKeys);
    return &belfry_view_keys_table;
  case BELFRY_KIND_POLLER:
    *size = sizeof (BelfryPollerKeys);
    return &belfry_poller_keys_table;
  case BELFRY_KIND_ENGINE:
  case BELFRY_KIND_BOT:
  case BELFRY_KIND_AUTH:
  case BELFRY_N_KINDS:
    break;
  }
  return NULL;
}

static BelfryOptionTable
get_plugin_table (const BelfryPlugin *plugin)
{
  const BelfryOptionTable none = { NULL, 0 };
  const BelfryOptionTable own = { plugin != NULL ? plugin->options : NULL,
                                  plugin != NULL ? plugin->option_size : 0 };

  return own.rows != NULL ? own : none;
}

static void
clear_target (BelfryOptionTable table, gpointer state)
{
  if (state == NULL)
    return;
  belfry_option_table_clear (&table, state);
  g_free (state);
}

static void
owned_free (BelfryOwned *self)
{
  clear_target (self->table, self->owned.state);
  g_free (self);
}

void
belfry_blueprint_free (BelfryBlueprint *self)
{
  const BelfryOptionTable *kind_table = NULL;
  gsize size = 0;

  if (self == NULL)
    return;
  kind_table = belfry_kind_get_host_table (self->kind, &size);
  if (self->state != NULL && self->plugin->clear != NULL)
    self->plugin->clear (self->state);
  clear_target (get_plugin_table (self->plugin), self->state);
  if (kind_table != NULL)
    clear_target (*kind_table, self->host_state);
  belfry_option_table_clear (&belfry_instance_keys_table, &self->keys);
  g_clear_error (&self->failure);
  g_hash_table_unref (self->owned);
  g_free (self->described);
  g_free (self->name);
  g_free (self);
}

/* "plugin" of the section, or its name */
static char *
dup_plugin_name (const BelfrySection *section)
{
  const BelfryEntry *entry = belfry_section_find (section, "plugin");
  g_autofree char *text = entry != NULL ? g_strstrip (belfry_entry_dup_text (entry)) : NULL;

  return text != NULL && text[0] != '\0' ? g_steal_pointer (&text) : g_strdup (section->name);
}

const char *
belfry_plugin_find_reserved (const BelfryPlugin *plugin)
{
  const BelfryOptionTable own = get_plugin_table (plugin);
  gsize size = 0;
  const BelfryOptionTable *kind_table = belfry_kind_get_host_table (plugin->kind, &size);
  const BelfryOption *row = NULL;

  while ((row = belfry_option_table_next (&own, row)) != NULL)
    if (g_str_has_prefix (row->name, "host-") ||
        belfry_option_table_find (&belfry_instance_keys_table, row->name) != NULL ||
        (kind_table != NULL && belfry_option_table_find (kind_table, row->name) != NULL))
      return row->name;
  return NULL;
}

static void
fail (BelfryConfigDraft *self, BelfryBlueprint *blueprint, const char *key)
{
  belfry_problems_add (self->problems, BELFRY_SEVERITY_FAILURE, blueprint->section, key, "%s",
                       blueprint->failure->message);
}

static void
find_plugin (BelfryConfigDraft *self, BelfryBlueprint *blueprint)
{
  g_autofree char *name = dup_plugin_name (blueprint->section);
  const char *reserved = NULL;

  if (strchr (name, G_DIR_SEPARATOR) != NULL) {
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, blueprint->section, "plugin",
                         "names a plugin and no file, write it without '/', and its folder in "
                         "[host] plugin-directories");
    g_set_error (&blueprint->failure, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "its plugin has no usable name");
    return;
  }
  blueprint->plugin = belfry_loader_load (self->loader, blueprint->kind, name, &blueprint->failure);
  reserved = blueprint->plugin != NULL ? belfry_plugin_find_reserved (blueprint->plugin) : NULL;
  if (reserved != NULL) {
    g_set_error (&blueprint->failure, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
                 "the plugin '%s' declares the key '%s', which is the host's, and so is not used; "
                 "its author has to rename it",
                 name, reserved);
    blueprint->plugin = NULL;
  }
  if (blueprint->failure != NULL)
    fail (self, blueprint, "plugin");
}

static gboolean
is_written (const BelfrySection *section, const BelfryOption *option)
{
  return belfry_section_find (section, option->name) != NULL ||
         (option->alias != NULL && belfry_section_find (section, option->alias) != NULL);
}

/* the section as it would be if somebody had written the plugin's defaults into it */
static BelfrySection *
dup_with_defaults (const BelfrySection *section,
                   const BelfryPlugin *plugin,
                   const BelfryOptionTable *kind_table)
{
  BelfrySection *copy = belfry_section_copy (section);

  if (plugin == NULL || plugin->defaults == NULL || kind_table == NULL)
    return copy;
  for (const BelfryDefault *row = plugin->defaults; row->key != NULL; row++) {
    const BelfryOption *option = belfry_option_table_find (kind_table, row->key);

    if (option != NULL && !is_written (section, option))
      belfry_section_set (copy, option->name, row->value, section->file, section->line);
  }
  return copy;
}

/* letters, digits, `_` and `-`, at most 50: it becomes part of addresses and of file names */
static void
check_name (BelfryConfigDraft *self, const BelfrySection *section)
{
  gsize good =
      strspn (section->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

  if (section->name[0] == '\0')
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "needs a name, write [%s NAME]", section->kind);
  else if (section->name[good] != '\0' || good > 50)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "a name has letters, digits, '_' and '-', at most 50");
}

static void
read_targets (BelfryConfigDraft *self, BelfryBlueprint *blueprint)
{
  gsize size = 0;
  const BelfryOptionTable *kind_table = belfry_kind_get_host_table (blueprint->kind, &size);
  const BelfryPlugin *plugin = blueprint->plugin;
  g_autoptr (BelfrySection) section = dup_with_defaults (blueprint->section, plugin, kind_table);
  BelfryTableTarget targets[N_TARGETS] = { { belfry_instance_keys_table, &blueprint->keys } };

  blueprint->host_state = kind_table != NULL ? g_malloc0 (size) : NULL;
  blueprint->state = plugin != NULL ? g_malloc0 (MAX (plugin->instance_size, 1)) : NULL;
  if (kind_table != NULL)
    targets[TARGET_KIND].table = *kind_table;
  targets[TARGET_KIND].state = blueprint->host_state;
  targets[TARGET_PLUGIN].table = get_plugin_table (plugin);
  targets[TARGET_PLUGIN].state = blueprint->state;
  if (!belfry_draft_read (self, section, targets, N_TARGETS, plugin != NULL))
    g_hash_table_add (self->unread, blueprint);
  for (guint i = 0; i < N_TARGETS; i++)
    belfry_draft_keep (self, blueprint->section, targets[i]);
}

void
belfry_blueprint_read (BelfryConfigDraft *self, const BelfrySection *section, BelfryKind kind)
{
  BelfryBlueprint *blueprint = g_new0 (BelfryBlueprint, 1);

  blueprint->kind = kind;
  blueprint->name = g_strdup (section->name);
  blueprint->section = section;
  blueprint->owned =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  g_ptr_array_add (self->config.blueprints, blueprint);
  check_name (self, section);
  find_plugin (self, blueprint);
  read_targets (self, blueprint);
  if (blueprint->keys.isolation != 0 && kind != BELFRY_KIND_HOOK && kind != BELFRY_KIND_REPORTER)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, "isolation",
                         "only hooks and reporters run in a process of their own, write none");
}

BelfryOwned *
belfry_blueprint_add_owned (BelfryBlueprint *self,
                            const BelfrySection *section,
                            const BelfrySectionKind *kind)
{
  BelfryOwned *owned = g_new0 (BelfryOwned, 1);
  GPtrArray *list = g_hash_table_lookup (self->owned, kind->kind);

  if (list == NULL) {
    list = g_ptr_array_new_with_free_func ((GDestroyNotify)owned_free);
    g_hash_table_insert (self->owned, g_strdup (kind->kind), list);
  }
  g_ptr_array_add (list, owned);
  owned->table = kind->options;
  owned->owned.source = section;
  owned->owned.name = section->name;
  owned->owned.state = g_malloc0 (MAX (kind->state_size, 1));
  return owned;
}

static void
check_kind (BelfryConfigDraft *self, BelfryBlueprint *blueprint)
{
  const BelfryWwwKeys *www = self->config.www;
  gboolean www_auth =
      www != NULL && www->change_hook_auth != NULL && www->change_hook_auth[0] != NULL;

  if (blueprint->kind == BELFRY_KIND_HOOK)
    belfry_hook_keys_check (blueprint->host_state, belfry_blueprint_get_plugin (blueprint),
                            blueprint->section, www_auth, self->problems);
  if (blueprint->kind == BELFRY_KIND_HOOK)
    belfry_passwords_look (
        (const char *const *)((const BelfryHookKeys *)blueprint->host_state)->auth,
        self->config.directory, blueprint->section, "auth", self->problems);
  if (blueprint->kind == BELFRY_KIND_POLLER)
    belfry_poller_keys_check (blueprint->host_state, (const BelfryPoller *)blueprint->plugin,
                              blueprint->section, self->problems);
  if (blueprint->kind == BELFRY_KIND_REPORTER)
    belfry_reporter_keys_check (blueprint->host_state, (const BelfryReporter *)blueprint->plugin,
                                blueprint->section, self->problems);
}

/* a plugin looks only at what could be read, so that it need not doubt its own members */
void
belfry_blueprint_check (BelfryConfigDraft *self, BelfryBlueprint *blueprint)
{
  const BelfryCheck check = { sizeof (BelfryCheck), blueprint->section, blueprint->owned,
                              self->problems };

  if (blueprint->plugin == NULL)
    return;
  if (blueprint->kind == BELFRY_KIND_HOOK && !g_hash_table_contains (self->unread, blueprint))
    blueprint->described =
        belfry_hook_describe ((const BelfryHook *)blueprint->plugin, blueprint->state);
  check_kind (self, blueprint);
  if (blueprint->plugin->check != NULL && !g_hash_table_contains (self->unread, blueprint))
    blueprint->plugin->check (blueprint->state, &check);
}

static gboolean
is_same_section (const BelfrySection *a, const BelfrySection *b)
{
  if (strcmp (a->name, b->name) != 0 || a->entries->len != b->entries->len)
    return FALSE;
  for (guint i = 0; i < a->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (a->entries, i);
    const BelfryEntry *other = belfry_section_find (b, entry->name);

    if (other == NULL || strcmp (entry->value, other->value) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_same_list (GPtrArray *a, GPtrArray *b)
{
  if (a->len != (b != NULL ? b->len : 0))
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const BelfryOwnedSection *one = g_ptr_array_index (a, i);
    const BelfryOwnedSection *other = g_ptr_array_index (b, i);

    if (!is_same_section (one->source, other->source))
      return FALSE;
  }
  return TRUE;
}

gboolean
belfry_blueprint_is_same (const BelfryBlueprint *a, const BelfryBlueprint *b)
{
  GHashTableIter iter;
  gpointer kind = NULL;
  gpointer list = NULL;

  if (a->kind != b->kind || a->plugin != b->plugin || !is_same_section (a->section, b->section) ||
      g_hash_table_size (a->owned) != g_hash_table_size (b->owned))
    return FALSE;
  g_hash_table_iter_init (&iter, a->owned);
  while (g_hash_table_iter_next (&iter, &kind, &list))
    if (!is_same_list (list, g_hash_table_lookup (b->owned, kind)))
      return FALSE;
  return TRUE;
}

static void
collect_secret (gpointer secret, gpointer list)
{
  g_ptr_array_add (list, belfry_secret_ref (secret));
}

GPtrArray *
belfry_blueprint_list_secrets (const BelfryBlueprint *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_secret_unref);
  const BelfryOptionTable own = get_plugin_table (self->plugin);
  gsize size = 0;
  const BelfryOptionTable *kind_table = belfry_kind_get_host_table (self->kind, &size);

  if (self->state != NULL)
    belfry_option_table_visit_secrets (&own, self->state, collect_secret, list);
  if (kind_table != NULL && self->host_state != NULL)
    belfry_option_table_visit_secrets (kind_table, self->host_state, collect_secret, list);
  return list;
}

gboolean
belfry_blueprint_has_owned_secrets (const BelfryBlueprint *self)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_secret_unref);
  GHashTableIter iter;
  gpointer sections = NULL;

  g_hash_table_iter_init (&iter, self->owned);
  while (g_hash_table_iter_next (&iter, NULL, &sections))
    for (guint i = 0; i < ((GPtrArray *)sections)->len; i++) {
      const BelfryOwned *owned = g_ptr_array_index ((GPtrArray *)sections, i);

      belfry_option_table_visit_secrets (&owned->table, owned->owned.state, collect_secret, list);
    }
  return list->len > 0;
}
