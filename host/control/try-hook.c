/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a request through a hook as in hooks/deliveries.c, but for what needs a database:
 * nothing is stored, so no duplicate is known, and nobody is asked about what is pending. The hook
 * is not started; its translation is pure.
 */
#include "try-hook.h"

#include "hooks/hook-keys.h"
#include "hooks/passwords.h"
#include "hooks/signature.h"
#include "wait.h"
#include "www/www-keys.h"

#include <string.h>

struct _BelfryTriedHook {
  const BelfryHook *plugin;
  BelfryHook *described; /* (nullable) the same as its options decide it */
  BelfrySection *section;
  BelfryConfig *config; /* (nullable) */
  BelfryInstanceKeys instance_keys;
  BelfryHookKeys keys;
  gpointer state;
};

static BelfryOptionTable
get_table (const BelfryTriedHook *self)
{
  return (BelfryOptionTable){ self->plugin->options, self->plugin->option_size };
}

void
belfry_tried_hook_free (BelfryTriedHook *self)
{
  if (self == NULL)
    return;
  if (self->state != NULL) {
    BelfryOptionTable table = get_table (self);

    if (self->plugin->clear != NULL)
      self->plugin->clear (self->state);
    belfry_option_table_clear (&table, self->state);
    g_free (self->state);
  }
  belfry_option_table_clear (&belfry_hook_keys_table, &self->keys);
  belfry_option_table_clear (&belfry_instance_keys_table, &self->instance_keys);
  belfry_section_free (self->section);
  g_clear_pointer (&self->config, belfry_config_unref);
  g_free (self->described);
  g_free (self);
}

/* a file that is none, so that what is wrong with a key says where it was written, and relative
 * paths count from here */
static char *
dup_origin (void)
{
  g_autofree char *here = g_get_current_dir ();

  return g_build_filename (here, "--set", NULL);
}

static gboolean
apply_sets (BelfrySection *section, char **sets, BelfryProblems *problems)
{
  g_autofree char *origin = dup_origin ();

  for (guint i = 0; sets != NULL && sets[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (sets[i], "=", 2);

    if (pair[0] == NULL || pair[1] == NULL || pair[0][0] == '\0') {
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, NULL, "'%s' is no KEY=VALUE",
                           sets[i]);
      return FALSE;
    }
    belfry_section_set (section, pair[0], pair[1], origin, i + 1);
  }
  return TRUE;
}

/* a section that only the command line made proves nothing about senders unless it says so */
static void
add_defaults (const BelfryTriedHook *self, BelfryConfig *config)
{
  if (config == NULL && belfry_section_find (self->section, "secret") == NULL &&
      belfry_section_find (self->section, "auth") == NULL)
    belfry_section_set (self->section, "unauthenticated", "true", self->section->file, 0);
  for (const BelfryDefault *row = self->plugin->defaults; row != NULL && row->key != NULL; row++)
    if (belfry_section_find (self->section, row->key) == NULL)
      belfry_section_set (self->section, row->key, row->value, self->section->file,
                          self->section->line);
}

static gboolean
has_www_auth (BelfryConfig *config)
{
  const BelfryWwwKeys *www = config != NULL ? config->www : NULL;

  return www != NULL && www->change_hook_auth != NULL && www->change_hook_auth[0] != NULL;
}

static gboolean
read_section (BelfryTriedHook *self, BelfryProblems *problems)
{
  const BelfryOptionTable own = get_table (self);
  const BelfryOptionTable *tables[] = { &belfry_instance_keys_table, &belfry_hook_keys_table,
                                        &own };
  gpointer states[] = { &self->instance_keys, &self->keys, self->state };
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryCheck check = { sizeof check, self->section, NULL, problems };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    belfry_option_table_read (tables[i], self->section, states[i], consumed, problems);
  belfry_option_table_report_unknown (tables, G_N_ELEMENTS (tables), self->section, consumed,
                                      problems);
  if (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) > 0)
    return FALSE;
  self->plugin = self->described = belfry_hook_describe (self->plugin, self->state);
  belfry_hook_keys_check (&self->keys, self->plugin, self->section, has_www_auth (self->config),
                          problems);
  if (self->plugin->check != NULL)
    self->plugin->check (self->state, &check);
  return belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR) == 0;
}

static BelfrySection *
make_section (const char *name, BelfryConfig *config, BelfryProblems *problems)
{
  const BelfryBlueprint *blueprint = NULL;
  g_autofree char *origin = dup_origin ();

  if (config == NULL)
    return belfry_section_new ("hook", name, origin, 0);
  blueprint = belfry_config_find (config, BELFRY_KIND_HOOK, name);
  if (blueprint != NULL)
    return belfry_section_copy (blueprint->section);
  belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, config->path, 0,
                          "there is no [hook NAME] of that name");
  return NULL;
}

static const BelfryHook *
load_plugin (const BelfrySection *section, BelfryLoader *loader, BelfryProblems *problems)
{
  const BelfryEntry *entry = belfry_section_find (section, "plugin");
  g_autofree char *name =
      entry != NULL ? g_strstrip (belfry_entry_dup_text (entry)) : g_strdup (section->name);
  g_autoptr (GError) local = NULL;
  const BelfryPlugin *plugin = belfry_loader_load (loader, BELFRY_KIND_HOOK, name, &local);

  if (plugin == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "plugin", "%s", local->message);
  return (const BelfryHook *)plugin;
}

BelfryTriedHook *
belfry_tried_hook_new (const char *name,
                       BelfryConfig *config,
                       char **sets,
                       BelfryLoader *loader,
                       BelfryProblems *problems)
{
  g_autoptr (BelfryTriedHook) self = g_new0 (BelfryTriedHook, 1);

  self->config = config != NULL ? belfry_config_ref (config) : NULL;
  self->section = make_section (name, config, problems);
  if (self->section == NULL || !apply_sets (self->section, sets, problems))
    return NULL;
  self->plugin = load_plugin (self->section, loader, problems);
  if (self->plugin == NULL)
    return NULL;
  self->state = g_malloc0 (MAX (self->plugin->instance_size, 1));
  add_defaults (self, config);
  return read_section (self, problems) ? g_steal_pointer (&self) : NULL;
}

typedef struct {
  GError *error;
} Resolving;

static void
resolve_secret (gpointer secret, gpointer user_data)
{
  Resolving *resolving = user_data;

  if (resolving->error == NULL)
    belfry_wait_for_secret (secret, &resolving->error);
}

static gboolean
resolve_secrets (BelfryTriedHook *self, GError **error)
{
  const BelfryOptionTable own = get_table (self);
  Resolving resolving = { NULL };

  belfry_option_table_visit_secrets (&belfry_hook_keys_table, &self->keys, resolve_secret,
                                     &resolving);
  belfry_option_table_visit_secrets (&own, self->state, resolve_secret, &resolving);
  if (resolving.error == NULL)
    return TRUE;
  g_propagate_error (error, resolving.error);
  return FALSE;
}

static gboolean
knows_password (BelfryTriedHook *self, BelfryRequest *request)
{
  const BelfryWwwKeys *www = self->config != NULL ? self->config->www : NULL;
  char **files = self->keys.auth != NULL ? self->keys.auth
                 : www != NULL           ? www->change_hook_auth
                                         : NULL;
  g_autoptr (GAsyncResult) done = NULL;
  g_autofree char *here = g_get_current_dir ();

  if (files == NULL || (self->keys.auth != NULL && files[0] == NULL))
    return TRUE;
  belfry_passwords_check (
      (const char *const *)files, self->config != NULL ? self->config->directory : here,
      belfry_request_get_header (request, "Authorization"), belfry_wait_new (&done));
  return g_task_propagate_boolean (belfry_wait_for (&done), NULL);
}

/* what comes of it */

static JsonObject *
result_new (guint status, const char *outcome, const char *answer, const char *reason)
{
  JsonObject *result = json_object_new ();

  json_object_set_int_member (result, "status", status);
  json_object_set_string_member (result, "answer", answer);
  json_object_set_string_member (result, "outcome", outcome);
  json_object_set_string_member (result, "reason", reason != NULL ? reason : "");
  return result;
}

/* NULL: it may come in */
static JsonObject *
refuse (BelfryTriedHook *self, BelfryRequest *request, gboolean trusted)
{
  gsize bytes = g_bytes_get_size (belfry_request_get_body (request));
  guint generation = 0;
  const char *reason = NULL;

  if (bytes > (gsize)self->keys.max_body)
    return result_new (413, "too-large", "too large", "the body is larger than max-body");
  if (!trusted && !knows_password (self, request))
    return result_new (401, "unauthorized", "Unauthorized", "user or password missing or wrong");
  if (!belfry_hook_accepts_method (self->plugin, &self->keys, belfry_request_get_method (request)))
    return result_new (405, "method", "only POST is taken here", "another method than POST");
  if (!trusted &&
      !belfry_signature_verify (self->plugin, &self->keys, request, &generation, &reason))
    return belfry_hook_needs_proof (belfry_request_get_method (request))
               ? result_new (405, "method", "only POST is taken here without a secret", reason)
               : result_new (401, "unauthorized", "not authorized", reason);
  return NULL;
}

static void
complete_change (BelfryTriedHook *self, BelfryChange *change)
{
  const BelfryCodebase *codebase = NULL;

  if (change->when_timestamp == BELFRY_NONE)
    change->when_timestamp = belfry_clock_now_us ();
  if (self->config != NULL)
    belfry_links_fill_change (self->config->links, change);
  if (change->codebase != NULL)
    return;
  if (self->config != NULL)
    codebase = belfry_config_find_codebase (self->config, change->repository);
  change->codebase = g_strdup (codebase != NULL ? codebase->name : "");
}

static JsonObject *
tell_changes (BelfryTriedHook *self, GPtrArray *changes)
{
  g_autofree char *answer =
      g_strdup_printf ("%u change%s stored", changes->len, changes->len == 1 ? "" : "s");
  JsonObject *result = result_new (202, "accepted", answer, NULL);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);

    complete_change (self, change);
    json_array_add_object_element (array,
                                   belfry_record_to_json (change, BELFRY_RECORD_JSON_PROPERTIES));
  }
  json_object_set_array_member (result, "changes", array);
  return result;
}

static void
set_names (JsonObject *result, const char *key, char **names)
{
  JsonArray *array = json_array_new ();

  if (names == NULL) {
    json_array_unref (array);
    json_object_set_string_member (result, key, "all");
    return;
  }
  for (guint i = 0; names[i] != NULL; i++)
    json_array_add_string_element (array, names[i]);
  json_object_set_array_member (result, key, array);
}

static JsonObject *
tell (BelfryTriedHook *self, const BelfryTranslation *translation)
{
  g_autofree char *answer = NULL;
  JsonObject *result = NULL;

  switch (translation->kind) {
  case BELFRY_TRANSLATION_CHANGES:
    return tell_changes (self, translation->changes);
  case BELFRY_TRANSLATION_NOTHING:
    answer = g_strconcat ("nothing to do: ", translation->reason, NULL);
    return result_new (200, "nothing", answer, translation->reason);
  case BELFRY_TRANSLATION_MALFORMED:
    return result_new (400, "malformed", translation->reason, translation->reason);
  case BELFRY_TRANSLATION_UNSUPPORTED_TYPE:
    return result_new (415, "unsupported-type", translation->reason, translation->reason);
  case BELFRY_TRANSLATION_POLL:
    result = result_new (200, "poll", "nothing to do: no change found yet, pollers look",
                         "pollers would be told to look");
    set_names (result, "pollers", translation->pollers);
    set_names (result, "allowed", translation->allowed);
    return result;
  case BELFRY_TRANSLATION_PENDING:
    result = result_new (202, "pending", "pending", "the forge would be asked for the rest");
    json_object_set_member (result, "pending", json_node_copy (translation->pending));
    return result;
  }
  return NULL;
}

/* what the delivery log would call it, and what decided */
static JsonObject *
add_names (JsonObject *result,
           const BelfryHook *plugin,
           BelfryRequest *request,
           const BelfryTranslation *translation)
{
  const char *event = translation->event;

  if (event == NULL && plugin->event_header != NULL)
    event = belfry_request_get_header (request, plugin->event_header);
  if (event != NULL && g_utf8_validate (event, -1, NULL))
    json_object_set_string_member (result, "event", event);
  if (translation->key != NULL)
    json_object_set_string_member (result, "key", translation->key);
  return result;
}

JsonObject *
belfry_tried_hook_run (BelfryTriedHook *self,
                       BelfryRequest *request,
                       gboolean trusted,
                       GError **error)
{
  g_autoptr (BelfryTranslation) translation = NULL;
  JsonObject *refusal = NULL;

  if (!trusted && !resolve_secrets (self, error))
    return NULL;
  refusal = refuse (self, request, trusted);
  if (refusal != NULL)
    return refusal;
  translation = belfry_hook_translate (self->plugin, self->state, request);
  if (translation == NULL)
    return result_new (500, "failed", "Error processing changes.",
                       "the hook's translation gave nothing");
  return add_names (tell (self, translation), self->plugin, request, translation);
}
