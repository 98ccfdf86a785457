/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Force and rebuild: sets that people ask for. Both answer when the set is stored. */
#include "force.h"
#include "groups.h"
#include "local.h"
#include "properties.h"
#include <string.h>

/** Asked: a set under way */
typedef struct {
  Local *local;
  GTask *task;
  JsonObject *data; /* of the answer */
  /* of a rebuild */
  gint64 buildid;
  gboolean exact;
  char *reason;
  JsonObject *properties; /* (nullable) what the form adds */
  BelfryBuild *build;     /* (nullable) */
  BelfryBuildset *set;    /* (nullable) */
  char *builder;          /* (nullable) */
} Asked;

static void
asked_free (Asked *self)
{
  g_object_unref (self->task);
  json_object_unref (self->data);
  g_free (self->reason);
  g_free (self->builder);
  g_clear_pointer (&self->properties, json_object_unref);
  g_clear_pointer (&self->build, belfry_record_unref);
  g_clear_pointer (&self->set, belfry_record_unref);
  g_free (self);
}

static Asked *
asked_new (Local *local, GTask *task)
{
  Asked *self = g_new0 (Asked, 1);

  self->local = local;
  self->task = task;
  self->data = json_object_new ();
  return self;
}

static void
answer (Asked *self, BelfryControlAnswer *what)
{
  g_task_return_pointer (self->task, what, (GDestroyNotify)belfry_control_answer_free);
  self->local->n_pending--;
  local_stop_step (self->local);
  asked_free (self);
}

static void
on_committed (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *self = data;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (belfry_engine_commit_finish (self->local->instance, result, &error))
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_DONE, json_object_ref (self->data),
                                             "build requested"));
  else
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "%s", error->message));
}

/* Which builders a form is asked to start. (nullable): it does not feed what was named */
static GPtrArray *
pick_builders (const LocalForm *form, const BelfryControl *control)
{
  JsonArray *named = belfry_json_get_array (control->arguments, "builders");
  g_autoptr (GPtrArray) picked = g_ptr_array_new ();

  for (guint i = 0; i < form->builders->len; i++) {
    LocalBuilder *builder = g_ptr_array_index (form->builders, i);
    gboolean wanted =
        control->builder != NULL ? g_str_equal (control->builder, builder->name) : named == NULL;

    for (guint j = 0;
         control->builder == NULL && named != NULL && j < json_array_get_length (named); j++)
      wanted = wanted || g_strcmp0 (json_array_get_string_element (named, j), builder->name) == 0;
    if (wanted)
      g_ptr_array_add (picked, builder);
  }
  return picked->len > 0 ? g_steal_pointer (&picked) : NULL;
}

static LocalForm *
find_form (Local *local, const BelfryControl *control)
{
  if (control->scheduler != NULL && *control->scheduler != '\0')
    return local_config_find_form (local->config, control->scheduler);
  for (guint i = 0; i < local->config->forms->len; i++) {
    LocalForm *form = g_ptr_array_index (local->config->forms, i);

    if (form->keys->enabled &&
        (control->builder == NULL || local_form_feeds (form, control->builder)))
      return form;
  }
  return NULL;
}

static void
add_forced (Asked *self,
            BelfryTransaction *transaction,
            const LocalForm *form,
            const LocalGroup *group,
            const LocalForced *forced)
{
  g_autoptr (GPtrArray) no_changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  const LocalNewSet order = { .scheduler = form->name,
                              .reason = forced->reason,
                              .stamps = forced->stamps,
                              .changes = no_changes,
                              .builders = group->builders,
                              .properties = forced->properties,
                              .priority = forced->priority };
  JsonArray *ids = belfry_json_get_array (self->data, "buildrequestids");
  LocalSet *set = local_add_set (self->local, transaction, &order, ids);

  json_object_set_int_member (self->data, "bsid", set->record->bsid);
  local_set_unref (set);
}

/* A worker that one of the builders does not run on would be waited for without end. */
static void
check_worker (const LocalGroup *group, const LocalForced *forced, JsonObject *errors)
{
  for (guint i = 0; forced != NULL && forced->worker != NULL && i < group->builders->len; i++) {
    const LocalBuilder *builder = g_ptr_array_index (group->builders, i);
    gboolean found = FALSE;
    g_autofree char *message = NULL;

    for (guint j = 0; j < builder->workers->len; j++)
      found = found || g_str_equal (((LocalWorker *)g_ptr_array_index (builder->workers, j))->name,
                                    forced->worker);
    if (found)
      continue;
    message =
        g_strdup_printf ("builder '%s' does not run on worker '%s'", builder->name, forced->worker);
    json_object_set_string_member (errors, LOCAL_WANTED_WORKER, message);
  }
}

static void
free_forced (gpointer forced)
{
  local_forced_free (forced);
}

/* Nothing is made before everything fits. */
static void
force (Asked *self, const LocalForm *form, GPtrArray *builders, const BelfryControl *control)
{
  g_autoptr (GPtrArray) groups = local_group_builders (builders);
  g_autoptr (GPtrArray) forced = g_ptr_array_new_with_free_func (free_forced);
  g_autoptr (JsonObject) errors = json_object_new ();
  g_autoptr (JsonObject) none = json_object_new ();
  JsonObject *arguments = control->arguments != NULL ? control->arguments : none;
  BelfryTransaction *transaction = NULL;

  for (guint i = 0; i < groups->len; i++) {
    const LocalGroup *group = g_ptr_array_index (groups, i);

    g_ptr_array_add (forced,
                     local_form_fill (form, group->codebases, arguments, control->who, errors));
    check_worker (group, g_ptr_array_index (forced, i), errors);
  }
  if (json_object_get_size (errors) > 0) {
    json_object_set_object_member (self->data, "errors", json_object_ref (errors));
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, json_object_ref (self->data),
                                             "some fields do not fit"));
    return;
  }
  json_object_set_array_member (self->data, "buildrequestids", json_array_new ());
  transaction = belfry_engine_begin (self->local->instance);
  for (guint i = 0; i < groups->len; i++)
    add_forced (self, transaction, form, g_ptr_array_index (groups, i),
                g_ptr_array_index (forced, i));
  belfry_engine_commit_async (self->local->instance, transaction, NULL, on_committed, self);
}

void
local_control_force (Local *local, const BelfryControl *control, GTask *task)
{
  const LocalForm *form = find_form (local, control);
  g_autoptr (GPtrArray) builders = form != NULL ? pick_builders (form, control) : NULL;
  Asked *self = asked_new (local, task);

  local->n_pending++;
  if (form == NULL && control->scheduler != NULL)
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "no scheduler found"));
  else if (form == NULL)
    answer (self,
            belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "no force scheduler for '%s'",
                                       control->builder != NULL ? control->builder : ""));
  else if (!form->keys->enabled)
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL,
                                             "force scheduler '%s' is disabled", form->name));
  else if (builders == NULL)
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL,
                                             "force scheduler '%s' does not start that builder",
                                             form->name));
  else
    force (self, form, builders, control);
}

/* rebuild */

static gboolean
read_build (BelfryReader *reader, gpointer data, GError **error)
{
  Asked *self = data;
  BelfryBuilder *builder = NULL;

  self->build = belfry_reader_find (reader, belfry_build_get_type (), self->buildid, error);
  if (self->build == NULL)
    return FALSE;
  self->set = belfry_reader_find_buildset (reader, self->build->bsid, error);
  builder = belfry_reader_find (reader, belfry_builder_get_type (), self->build->builderid, error);
  if (builder == NULL || self->set == NULL) {
    g_clear_pointer (&builder, belfry_record_unref);
    return FALSE;
  }
  self->builder = g_strdup (builder->name);
  belfry_record_unref (builder);
  return TRUE;
}

static const char *
find_got_revision (const Asked *self, const char *codebase)
{
  JsonNode *value = self->build->properties != NULL
                        ? belfry_properties_get_value (self->build->properties, "got_revision")
                        : NULL;

  if (value == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (value))
    return belfry_json_get_text (json_node_get_object (value), codebase);
  return *codebase == '\0' ? json_node_get_string (value) : NULL;
}

/* `exact`: the very revisions that were built; else what was asked for then. */
static GPtrArray *
copy_stamps (const Asked *self)
{
  GPtrArray *stamps = g_ptr_array_new_with_free_func (belfry_record_unref);

  for (guint i = 0; self->set->sourcestamps != NULL && i < self->set->sourcestamps->len; i++) {
    BelfrySourceStamp *stamp = belfry_record_copy (g_ptr_array_index (self->set->sourcestamps, i));
    const char *revision = self->exact ? find_got_revision (self, stamp->codebase) : NULL;

    if (revision != NULL && g_strcmp0 (revision, stamp->revision) != 0) {
      belfry_record_set_text (&stamp->revision, revision);
      stamp->ssid = 0;
    }
    g_ptr_array_add (stamps, stamp);
  }
  return stamps;
}

static gboolean
was_from_fork (const Asked *self)
{
  JsonNode *value = self->build->properties != NULL
                        ? belfry_properties_get_value (self->build->properties, "from_fork")
                        : NULL;

  return value != NULL && JSON_NODE_HOLDS_VALUE (value) && json_node_get_boolean (value);
}

/* The patterns of [validate]'s defaults. (nullable): all fit */
static const char *
add_properties (const Asked *self, BelfryProperties *properties)
{
  g_autoptr (GRegex) pattern = belfry_regex_new ("^[\\w\\.\\-\\/\\~:]*$", NULL);
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_iter_init (&iter, self->properties);
  while (json_object_iter_next (&iter, &name, &value)) {
    const char *text = json_node_get_string (value);

    if (text == NULL || local_property_is_reserved (name) || local_property_is_dangerous (name) ||
        !belfry_regex_match_start (pattern, name) || !belfry_regex_match_start (pattern, text))
      return name;
    belfry_properties_set_text (properties, name, text, "Rebuild");
  }
  return NULL;
}

static void
rebuild (Asked *self)
{
  LocalBuilder *builder = local_config_find_builder (self->local->config, self->builder);
  g_autoptr (GPtrArray) builders = g_ptr_array_new ();
  g_autoptr (GPtrArray) stamps = copy_stamps (self);
  g_autoptr (GPtrArray) no_changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (BelfryProperties) properties =
      local_properties_for_rebuild (self->build->properties, self->buildid);
  const char *unfit = add_properties (self, properties);
  JsonArray *ids = NULL;
  BelfryTransaction *transaction = NULL;
  const LocalNewSet order = { .scheduler = self->set->scheduler,
                              .reason = self->reason,
                              .stamps = stamps,
                              .changes = no_changes,
                              .builders = builders,
                              .properties = properties };
  LocalSet *set = NULL;

  if (unfit != NULL) {
    answer (self,
            belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL,
                                       "could not rebuild: property '%s' cannot be set", unfit));
    return;
  }
  ids = json_array_new ();
  transaction = belfry_engine_begin (self->local->instance);
  g_ptr_array_add (builders, builder);
  if (self->set->scheduler != NULL)
    belfry_properties_set_text (properties, "scheduler", self->set->scheduler, "Rebuild");
  set = local_add_set (self->local, transaction, &order, ids);
  json_object_set_int_member (self->data, "bsid", set->record->bsid);
  json_object_set_array_member (self->data, "buildrequestids", ids);
  local_set_unref (set);
  belfry_engine_commit_async (self->local->instance, transaction, NULL, on_committed, self);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *self = data;
  const LocalBuilder *builder = NULL;
  g_autoptr (GError) error = NULL;

  (void)source;
  if (!belfry_instance_read_finish (self->local->instance, result, &error)) {
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL, "could not rebuild: %s",
                                             error->message));
    return;
  }
  builder = local_config_find_builder (self->local->config, self->builder);
  if (!self->build->complete)
    answer (self, belfry_control_answer_new (BELFRY_CONTROL_REFUSED, NULL,
                                             "could not rebuild: build still not finished"));
  else if (builder == NULL)
    answer (self, belfry_control_answer_new (
                      BELFRY_CONTROL_REFUSED, NULL,
                      "could not rebuild: builder '%s' is not configured any more", self->builder));
  else if (was_from_fork (self) && builder->refuses_forks)
    answer (self, belfry_control_answer_new (
                      BELFRY_CONTROL_REFUSED, NULL,
                      "could not rebuild: the builder refuses changes from forks"));
  else
    rebuild (self);
}

static char *
make_rebuild_reason (const BelfryControl *control)
{
  const char *whole =
      control->arguments != NULL ? belfry_json_get_text (control->arguments, "reason") : NULL;
  const char *comments =
      control->arguments != NULL ? belfry_json_get_text (control->arguments, "comments") : NULL;

  if (whole != NULL && *whole != '\0')
    return g_strdup (whole);
  return g_strdup_printf (
      "The web-page 'rebuild' button was pressed by '%s': %s",
      control->who != NULL && *control->who != '\0' ? control->who : "<unknown>",
      comments != NULL && *comments != '\0' ? comments : "<no reason specified>");
}

void
local_control_rebuild (Local *local, const BelfryControl *control, GTask *task)
{
  Asked *self = asked_new (local, task);
  const char *mode = control->arguments != NULL
                         ? belfry_json_get_text (control->arguments, "useSourcestamp")
                         : NULL;
  JsonObject *properties =
      control->arguments != NULL ? belfry_json_get_object (control->arguments, "properties") : NULL;

  self->buildid = control->id;
  self->exact = g_strcmp0 (mode, "updated") != 0;
  self->reason = make_rebuild_reason (control);
  self->properties = properties != NULL ? json_object_ref (properties) : json_object_new ();
  local->n_pending++;
  belfry_instance_read_async (local->instance, read_build, self, NULL, on_read, self);
}
