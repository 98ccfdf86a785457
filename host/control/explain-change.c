/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deliveries and changes explained: what is stored of them is read on the pool, then hooks and
 * engines, which decide, tell how they would decide now. Nothing of it is stored.
 */
#include "explain.h"
#include "hooks/raw.h"

#define MAX_CHANGES 100
#define MAX_SETS    1000
#define MAX_BUILDS  100

typedef enum {
  OF_CHANGE,
  OF_DELIVERY,
  OF_AGAIN,
} Subject;

typedef struct {
  BelfryHost *host;
  Subject subject;
  gint64 id;
  GTask *task;
  BelfryDelivery *delivery; /* (nullable) */
  BelfryRequest *request;   /* (nullable) */
  BelfryTranslation *made;  /* (nullable) of request */
  GPtrArray *changes;       /* (element-type BelfryChange) */
  GPtrArray *sets;          /* (element-type JsonObject) what became of each, or NULL */
  gint64 configured_us;     /* since when the configuration says what it says; BELFRY_NONE */
  gboolean cut;
} Explaining;

static void
unref_set (gpointer data)
{
  if (data != NULL)
    json_object_unref (data);
}

static void
explaining_free (Explaining *self)
{
  g_clear_pointer (&self->delivery, belfry_record_unref);
  g_clear_pointer (&self->request, belfry_request_unref);
  belfry_translation_free (self->made);
  g_ptr_array_unref (self->changes);
  g_ptr_array_unref (self->sets);
  g_clear_object (&self->task);
  g_free (self);
}

/* on the pool */

static gboolean
has_change (JsonNode *ids, gint64 changeid)
{
  JsonArray *array = ids != NULL && JSON_NODE_HOLDS_ARRAY (ids) ? json_node_get_array (ids) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (json_array_get_int_element (array, i) == changeid)
      return TRUE;
  return FALSE;
}

static JsonObject *
explain_set (BelfryReader *reader, BelfryBuildset *set, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  JsonObject *part = belfry_explanation_new ("buildset %" G_GINT64_FORMAT " of scheduler '%s'",
                                             set->bsid, set->scheduler);
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ "bsid", BELFRY_COMPARE_EQUAL, set->bsid, NULL };
  query.limit = MAX_BUILDS;
  builds = belfry_reader_list (reader, belfry_build_get_type (), &query, NULL, error);
  for (guint i = 0; builds != NULL && i < builds->len; i++) {
    BelfryBuild *build = g_ptr_array_index (builds, i);
    g_autoptr (BelfryBuilder) builder =
        belfry_reader_find (reader, belfry_builder_get_type (), build->builderid, NULL);

    belfry_explanation_add_rule (part, TRUE, NULL, NULL, "%s build %" G_GINT64_FORMAT ": %s",
                                 builder != NULL ? builder->name : "a builder that is gone",
                                 build->number, build->state_string);
  }
  if (builds != NULL && builds->len == 0)
    belfry_explanation_add_rule (part, TRUE, NULL, NULL, "no build of it has begun");
  return part;
}

/* what a change did become, as far as it is still stored */
static gboolean
read_sets (BelfryReader *reader, Explaining *self, BelfryChange *change, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) sets = NULL;
  JsonObject *became = NULL;

  query.filters[0] =
      (BelfryFilter){ "submitted_at", BELFRY_COMPARE_GREATER_EQUAL, change->received_at, NULL };
  query.limit = MAX_SETS;
  sets = belfry_reader_list (reader, belfry_buildset_get_type (), &query, NULL, error);
  if (sets == NULL)
    return FALSE;
  for (guint i = 0; i < sets->len; i++) {
    BelfryBuildset *set = g_ptr_array_index (sets, i);

    if (!has_change (set->change_ids, change->changeid))
      continue;
    if (became == NULL)
      became = belfry_explanation_new ("it became");
    belfry_explanation_add_part (became, explain_set (reader, set, error));
  }
  g_ptr_array_add (self->sets, became);
  return TRUE;
}

static gboolean
read_change (BelfryReader *reader, Explaining *self, gint64 id, GError **error)
{
  BelfryChange *change = belfry_reader_find (reader, belfry_change_get_type (), id, error);

  if (change == NULL)
    return FALSE;
  g_ptr_array_add (self->changes, change);
  return read_sets (reader, self, change, error);
}

static gboolean
read_delivery (BelfryReader *reader, Explaining *self, GError **error)
{
  JsonNode *ids = NULL;
  JsonArray *array = NULL;

  self->delivery = belfry_reader_find (reader, belfry_delivery_get_type (), self->id, error);
  if (self->delivery == NULL)
    return FALSE;
  self->request =
      belfry_raw_read (reader, self->delivery, self->subject == OF_AGAIN ? error : NULL);
  if (self->subject == OF_AGAIN)
    return self->request != NULL;
  ids = self->delivery->change_ids;
  array = ids != NULL && JSON_NODE_HOLDS_ARRAY (ids) ? json_node_get_array (ids) : NULL;
  self->cut = array != NULL && json_array_get_length (array) > MAX_CHANGES;
  for (guint i = 0; array != NULL && i < MIN (json_array_get_length (array), MAX_CHANGES); i++) {
    g_autoptr (GError) local = NULL;

    if (!read_change (reader, self, json_array_get_int_element (array, i), &local) &&
        !g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_subject (BelfryReader *reader, gpointer data, GError **error)
{
  Explaining *self = data;
  g_autoptr (JsonNode) configured = belfry_reader_state_get (reader, BELFRY_STATE_CONFIGURED, NULL);

  if (configured != NULL && JSON_NODE_HOLDS_OBJECT (configured))
    self->configured_us =
        belfry_json_get_integer (json_node_get_object (configured), "since_us", BELFRY_NONE);
  return self->subject == OF_CHANGE ? read_change (reader, self, self->id, error)
                                    : read_delivery (reader, self, error);
}

/* on the main loop */

static void
add_engines (Explaining *self, JsonObject *explanation, BelfryChange *change)
{
  g_autoptr (GPtrArray) engines = belfry_host_list (self->host, BELFRY_KIND_ENGINE, TRUE);

  if (engines->len == 0)
    belfry_explanation_add_rule (explanation, FALSE, NULL, NULL, "no engine runs");
  for (guint i = 0; i < engines->len; i++) {
    BelfryHosted *engine = g_ptr_array_index (engines, i);
    const BelfryEngine *plugin = belfry_hosted_get_plugin (engine);

    if (plugin->explain_change != NULL)
      belfry_explanation_add_part (
          explanation, plugin->explain_change (belfry_hosted_get_state (engine), change));
    else
      belfry_explanation_add_rule (explanation, TRUE, engine->blueprint->section, NULL,
                                   "engine '%s' does not tell why", engine->blueprint->name);
  }
}

/* @became: (nullable) */
static JsonObject *
explain_one (Explaining *self, BelfryChange *change, JsonObject *became)
{
  g_autofree char *number = change->changeid > 0
                                ? g_strdup_printf (" %" G_GINT64_FORMAT, change->changeid)
                                : g_strdup ("");
  JsonObject *explanation = belfry_explanation_new (
      "change%s: %s of %s%s%s", number, change->revision != NULL ? change->revision : "no revision",
      change->repository[0] != '\0' ? change->repository : "no repository",
      change->branch != NULL ? ", branch " : "", change->branch != NULL ? change->branch : "");

  add_engines (self, explanation, change);
  if (became != NULL)
    belfry_explanation_add_part (explanation, json_object_ref (became));
  return explanation;
}

static void
note_configured (Explaining *self, JsonObject *explanation, gint64 then_us)
{
  g_autofree char *when = NULL;

  if (self->configured_us == BELFRY_NONE || self->configured_us <= then_us)
    return;
  when = belfry_time_format_rfc3339 (self->configured_us);
  belfry_explanation_add_rule (
      explanation, TRUE, NULL, NULL,
      "the configuration has changed since, at %s: this is how it would be "
      "now",
      when);
}

static void
add_changes (Explaining *self, JsonObject *explanation)
{
  for (guint i = 0; i < self->changes->len; i++)
    belfry_explanation_add_part (explanation,
                                 explain_one (self, g_ptr_array_index (self->changes, i),
                                              g_ptr_array_index (self->sets, i)));
  if (self->cut)
    belfry_explanation_add_rule (explanation, TRUE, NULL, NULL, "the first %d changes are shown",
                                 MAX_CHANGES);
}

static JsonObject *
explain_again (Explaining *self)
{
  g_autoptr (GPtrArray) changes = NULL;
  JsonObject *explanation =
      belfry_deliveries_foresee (self->host->deliveries, self->delivery, self->made, &changes);

  for (guint i = 0; changes != NULL && i < MIN (changes->len, MAX_CHANGES); i++)
    belfry_explanation_add_part (explanation,
                                 explain_one (self, g_ptr_array_index (changes, i), NULL));
  return explanation;
}

static JsonObject *
explain (Explaining *self)
{
  JsonObject *explanation = NULL;

  if (self->subject == OF_AGAIN)
    return explain_again (self);
  if (self->subject == OF_CHANGE) {
    BelfryChange *change = g_ptr_array_index (self->changes, 0);

    explanation = explain_one (self, change, g_ptr_array_index (self->sets, 0));
    note_configured (self, explanation, change->received_at);
    return explanation;
  }
  explanation = belfry_deliveries_explain (self->host->deliveries, self->delivery, self->made);
  note_configured (self, explanation, self->delivery->received_at);
  add_changes (self, explanation);
  return explanation;
}

static void
finish (Explaining *self, const GError *error)
{
  if (error == NULL)
    g_task_return_pointer (self->task, explain (self), (GDestroyNotify)json_object_unref);
  else
    g_task_return_error (self->task, g_error_copy (error));
  explaining_free (self);
}

static void
on_translated (GObject *source, GAsyncResult *result, gpointer data)
{
  Explaining *self = data;
  g_autoptr (GError) local = NULL;

  self->made = g_task_propagate_pointer (G_TASK (result), &local);
  finish (self, local);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Explaining *self = data;
  g_autoptr (GError) local = NULL;

  if (belfry_store_read_finish (self->host->store, result, &local) && self->request != NULL)
    belfry_deliveries_translate_async (self->host->deliveries, self->delivery->hook, self->request,
                                       g_task_new (NULL, NULL, on_translated, self));
  else
    finish (self, local);
}

static void
read_and_explain (BelfryHost *host, Subject subject, gint64 id, GTask *task)
{
  const BelfryReaderView view = { .instance = BELFRY_STATE_HOST };
  Explaining *self = g_new0 (Explaining, 1);

  self->host = host;
  self->subject = subject;
  self->id = id;
  self->task = task;
  self->configured_us = BELFRY_NONE;
  self->changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->sets = g_ptr_array_new_with_free_func (unref_set);
  belfry_store_read_async (host->store, &view, read_subject, self, NULL, on_read, self);
}

void
belfry_explain_delivery (BelfryHost *host, gint64 id, GTask *task)
{
  read_and_explain (host, OF_DELIVERY, id, task);
}

void
belfry_explain_change (BelfryHost *host, gint64 id, GTask *task)
{
  read_and_explain (host, OF_CHANGE, id, task);
}

void
belfry_explain_again (BelfryHost *host, gint64 id, GTask *task)
{
  read_and_explain (host, OF_AGAIN, id, task);
}
