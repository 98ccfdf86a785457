/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a poller found: the host fills in what its keys say, and stores changes and state in one
 * transaction, so that a crash neither loses nor doubles any. A change that a hook told of within
 * the hour is known already.
 */
#include "pollers-private.h"

#include "builds/changes.h"

typedef struct {
  BelfryPollers *room;
  char *name;
  char *key_space;
  GPtrArray *changes;   /* (element-type BelfryChange) */
  JsonNode *state;      /* (nullable) */
  JsonNode *repository; /* (nullable) */
  guint stored;
} Finding;

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->name);
  g_free (finding->key_space);
  g_ptr_array_unref (finding->changes);
  g_clear_pointer (&finding->state, json_node_unref);
  g_clear_pointer (&finding->repository, json_node_unref);
  g_free (finding);
}

static gboolean
store_changes (BelfryWriter *writer, Finding *finding, GError **error)
{
  g_autofree gint64 *known = g_new0 (gint64, finding->changes->len + 1);

  /* all are asked before any is stored, so that they cannot find each other */
  for (guint i = 0; i < finding->changes->len; i++)
    if (!belfry_changes_find_by_other_road (writer, g_ptr_array_index (finding->changes, i),
                                            &known[i], error))
      return FALSE;
  for (guint i = 0; i < finding->changes->len; i++)
    if (known[i] == 0) {
      if (!belfry_changes_store (writer, g_ptr_array_index (finding->changes, i), error))
        return FALSE;
      finding->stored++;
    }
  return TRUE;
}

static gboolean
store_finding (BelfryWriter *writer, gpointer data, GError **error)
{
  Finding *finding = data;

  finding->stored = 0;
  return store_changes (writer, finding, error) &&
         belfry_writer_state_put (writer, finding->key_space, "state", finding->state, error) &&
         belfry_writer_state_put (writer, finding->key_space, "repository", finding->repository,
                                  error);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Finding *finding = g_task_get_task_data (task);
  BelfryPollerRun *poller = g_hash_table_lookup (finding->room->pollers, finding->name);
  g_autoptr (GError) local = NULL;

  if (!belfry_store_write_finish (finding->room->store, result, &local)) {
    g_prefix_error (&local, "storing what was found: ");
    g_task_return_error (task, g_steal_pointer (&local));
    return;
  }
  if (poller != NULL) {
    poller->taken += finding->stored;
    g_clear_pointer (&poller->state, json_node_unref);
    poller->state = finding->state != NULL ? json_node_ref (finding->state) : NULL;
  }
  g_task_return_boolean (task, TRUE);
}

/* NULL: no template, or one that cannot be drawn of this change, which is said */
static char *
dup_rendered (BelfryHosted *hosted, BelfryTemplate *template, JsonObject *variables)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;

  if (template == NULL)
    return NULL;
  text = belfry_template_render (template, variables, NULL, 0, &local);
  if (text == NULL)
    belfry_instance_log (hosted->instance, G_LOG_LEVEL_WARNING, "%s; the key is left empty",
                         local->message);
  return g_steal_pointer (&text);
}

static void
fill_in (BelfryHosted *hosted, char **field, BelfryTemplate *template, BelfryChange *change)
{
  g_autoptr (JsonObject) variables = NULL;

  if (template == NULL || (*field != NULL && **field != '\0'))
    return;
  variables = belfry_record_to_json (change, BELFRY_RECORD_JSON_PROPERTIES);
  g_free (*field);
  *field = dup_rendered (hosted, template, variables);
}

static void
set_codebase (BelfryPollers *self, BelfryHosted *hosted, BelfryChange *change)
{
  const BelfryPollerKeys *keys = hosted->blueprint->host_state;
  const BelfryCodebase *codebase = NULL;

  g_clear_pointer (&change->codebase, g_free);
  fill_in (hosted, &change->codebase, keys->codebase, change);
  if (keys->codebase == NULL)
    codebase = belfry_config_find_codebase (self->config, change->repository);
  if (change->codebase == NULL)
    change->codebase = g_strdup (codebase != NULL ? codebase->name : "");
}

static void
complete_change (BelfryPollers *self, BelfryHosted *hosted, BelfryChange *change)
{
  const BelfryPollerKeys *keys = hosted->blueprint->host_state;
  char **texts[] = { &change->author, &change->comments, &change->revlink, &change->repository,
                     &change->project };

  change->received_at = belfry_clock_now_us ();
  if (!keys->use_timestamps || change->when_timestamp == BELFRY_NONE)
    change->when_timestamp = change->received_at;
  if (change->repository == NULL || change->repository[0] == '\0') {
    g_free (change->repository);
    change->repository =
        keys->repository != NULL ? belfry_repository_split (keys->repository, NULL, NULL) : NULL;
  }
  fill_in (hosted, &change->category, keys->category, change);
  fill_in (hosted, &change->project, keys->project, change);
  fill_in (hosted, &change->revlink, keys->revlink, change);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (*texts[i] == NULL)
      *texts[i] = g_strdup ("");
  belfry_links_fill_change (self->config->links, change);
  set_codebase (self, hosted, change);
}

void
belfry_pollers_found (
    BelfryPollers *self, BelfryHosted *hosted, GPtrArray *changes, JsonNode *state, GTask *task)
{
  const BelfryPollerKeys *keys = hosted->blueprint->host_state;
  Finding *finding = g_new0 (Finding, 1);

  finding->room = self;
  finding->name = g_strdup (hosted->blueprint->name);
  finding->key_space = g_strconcat ("poller/", hosted->blueprint->name, NULL);
  finding->changes = g_ptr_array_ref (changes);
  finding->state = belfry_json_copy (state);
  if (keys->repository != NULL) {
    g_autofree char *address = belfry_repository_split (keys->repository, NULL, NULL);

    finding->repository = belfry_json_new_text (address);
  }
  for (guint i = 0; i < changes->len; i++) {
    BelfryChange *change = g_ptr_array_index (changes, i);

    belfry_record_set_text (&change->origin, finding->key_space);
    complete_change (self, hosted, change);
  }
  g_task_set_task_data (task, finding, finding_free);
  /* who stops waiting does not take back what was said: the write itself is not cancelled */
  belfry_store_write_async (self->store, store_finding, finding, NULL, NULL, on_stored, task);
}

/* forgetting */

static gboolean
forget_state (BelfryWriter *writer, gpointer data, GError **error)
{
  return belfry_writer_state_put (writer, data, "state", NULL, error) &&
         belfry_writer_state_put (writer, data, "repository", NULL, error);
}

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  BelfryPollers *self = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  if (belfry_store_write_finish (self->store, result, &local))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local));
}

void
belfry_pollers_forget (BelfryPollers *self, const char *name, GTask *task)
{
  BelfryPollerRun *poller = g_hash_table_lookup (self->pollers, name);

  if (poller == NULL || poller->run != NULL) {
    g_task_return_new_error (task, BELFRY_ERROR,
                             poller == NULL ? BELFRY_ERROR_NOT_FOUND : BELFRY_ERROR_CONFLICT,
                             poller == NULL ? "there is no poller '%s'"
                                            : "poller '%s' polls now; ask again when it has ended",
                             name);
    g_object_unref (task);
    return;
  }
  g_clear_pointer (&poller->state, json_node_unref);
  g_task_set_task_data (task, self, NULL);
  belfry_store_write_async (self->store, forget_state, g_strconcat ("poller/", name, NULL), g_free,
                            NULL, on_forgotten, task);
}
