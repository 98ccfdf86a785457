/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Force forms. The fields in the order of the form: who and why, one group per codebase, then the
 * form's own. All errors are collected per field; nothing is made of a form that has any.
 */
#include "force.h"
#include "properties.h"
#include "refs.h"
#include <string.h>

#define SOURCE "Force Build Form"

/* The patterns of [validate]'s defaults; whatever they let through must pass the grammar too. */
#define BRANCH_PATTERN   "^[\\w.+/~-]*$"
#define PROPERTY_PATTERN "^[\\w\\.\\-\\/\\~:]*$"
#define REVISION_PATTERN "^[ \\w\\.\\-\\/]*$"

/* What pages and commands send beside the fields. */
static const char *const not_fields[] = { "forcescheduler", "builders", "selected", "checkbox",
                                          "comments",       "codebase", "owner",    NULL };

typedef struct {
  const char *name;
  const char *pattern; /* (nullable) */
  gboolean (*is_valid) (const char *text);
} StampField;

static const StampField stamp_fields[] = {
  { N_ ("branch"), BRANCH_PATTERN, local_branch_is_valid },
  { N_ ("project"), BRANCH_PATTERN, NULL },
  { N_ ("repository"), NULL, NULL },
  { N_ ("revision"), REVISION_PATTERN, local_revision_is_valid },
};

void
local_forced_free (LocalForced *self)
{
  if (self == NULL)
    return;
  g_free (self->owner);
  g_free (self->reason);
  g_free (self->worker);
  g_clear_pointer (&self->stamps, g_ptr_array_unref);
  g_clear_pointer (&self->properties, belfry_properties_free);
  g_free (self);
}

GPtrArray *
local_form_make_fields (const LocalSection *section, BelfryProblems *problems)
{
  const LocalForceKeys *keys = section->keys;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  g_autoptr (GError) fault = NULL;
  GPtrArray *fields = NULL;

  for (guint i = 0; keys->fields != NULL && i < belfry_map_get_count (keys->fields); i++) {
    const char *name = belfry_map_get_name (keys->fields, i);
    g_autoptr (GError) error = NULL;
    LocalField *field = local_field_parse (name, belfry_map_get_value (keys->fields, i), &error);
    gboolean allowed =
        keys->allow_names != NULL && g_strv_contains ((const char *const *)keys->allow_names, name);

    if (field == NULL)
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section->source, "field",
                           "field.%s: %s", name, error->message);
    else
      g_ptr_array_add (all, field);
    if (local_property_is_reserved (name) || (local_property_is_dangerous (name) && !allowed))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section->source, "field",
                           "field.%s: a form may not set this property", name);
  }
  fields = local_fields_group (all, &fault);
  if (fault != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section->source, "field", "%s",
                         fault->message);
  return fields;
}

gboolean
local_form_feeds (const LocalForm *self, const char *builder)
{
  for (guint i = 0; i < self->builders->len; i++) {
    if (g_strcmp0 (((LocalBuilder *)g_ptr_array_index (self->builders, i))->name, builder) == 0)
      return TRUE;
  }
  return FALSE;
}

static char *
dup_full_name (const LocalCodebase *codebase, const char *name)
{
  return *codebase->name == '\0' ? g_strdup (name)
                                 : g_strdup_printf ("%s_%s", codebase->name, name);
}

/* `fixed:VALUE`, `choice:a,b`, `text:DEFAULT`; (nullable): not offered, the configured value holds
 */
static LocalField *
make_stamp_field (const LocalForm *self, const LocalCodebase *codebase, const char *name)
{
  const char *const specs[] = { self->keys->branch, self->keys->project, self->keys->repository,
                                self->keys->revision };
  const char *spec = NULL;
  g_autofree char *full_name = dup_full_name (codebase, name);
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (stamp_fields); i++) {
    if (g_str_equal (stamp_fields[i].name, name))
      spec = specs[i];
  }
  if (spec == NULL)
    return NULL;
  if (g_str_has_prefix (spec, "fixed:"))
    text = g_strdup_printf ("fixed;default=%s", spec + strlen ("fixed:"));
  else if (g_str_has_prefix (spec, "choice:"))
    text = g_strdup_printf ("choice;choices=%s", spec + strlen ("choice:"));
  else
    text = g_strdup_printf ("string;size=40;default=%s",
                            g_str_has_prefix (spec, "text:") ? spec + strlen ("text:") : spec);
  return local_field_parse (full_name, text, NULL);
}

static LocalField *
make_reason_field (const LocalForm *self)
{
  LocalField *field = local_field_parse (N_ ("reason"), "string;size=60", NULL);

  g_free (field->default_text);
  field->default_text = g_strdup (self->keys->reason != NULL ? self->keys->reason : "");
  field->required = self->keys->reason_required;
  return field;
}

static LocalField *
make_username_field (const LocalForm *self)
{
  LocalField *field = local_field_parse ("username", "username;size=30", NULL);

  g_free (field->label);
  field->label = g_strdup (N_ ("Your name"));
  field->required = self->keys->username_required;
  field->need_email = self->keys->need_email;
  return field;
}

static gboolean
offers_codebases (const LocalForm *self)
{
  return g_strcmp0 (self->keys->codebases, "hide") != 0;
}

static JsonArray *
describe_codebase (const LocalForm *self, const LocalCodebase *codebase)
{
  JsonArray *fields = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (stamp_fields); i++) {
    g_autoptr (LocalField) field = make_stamp_field (self, codebase, stamp_fields[i].name);

    if (field != NULL)
      json_array_add_object_element (fields, local_field_describe (field));
  }
  return fields;
}

static JsonArray *
describe_fields (const LocalForm *self)
{
  JsonArray *all = json_array_new ();
  JsonArray *first = json_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (LocalField) username = make_username_field (self);
  g_autoptr (LocalField) reason = make_reason_field (self);

  json_array_add_object_element (first, local_field_describe (username));
  json_array_add_object_element (first, local_field_describe (reason));
  if (g_strcmp0 (self->keys->priority, "field") == 0) {
    g_autoptr (LocalField) priority = local_field_parse ("priority", "int;default=0", NULL);

    json_array_add_object_element (first, local_field_describe (priority));
  }
  json_array_add_object_element (all, local_group_describe ("", "", first));
  for (guint i = 0; offers_codebases (self) && i < self->codebases->len; i++) {
    const LocalCodebase *codebase = g_ptr_array_index (self->codebases, i);

    if (!g_hash_table_add (seen, codebase->name))
      continue;
    json_array_add_object_element (all, local_group_describe (codebase->name, codebase->name,
                                                              describe_codebase (self, codebase)));
  }
  for (guint i = 0; i < self->fields->len; i++)
    json_array_add_object_element (all, local_field_describe (g_ptr_array_index (self->fields, i)));
  return all;
}

JsonObject *
local_form_describe (const LocalForm *self)
{
  JsonObject *object = json_object_new ();
  JsonArray *builders = json_array_new ();

  for (guint i = 0; i < self->builders->len; i++)
    json_array_add_string_element (builders,
                                   ((LocalBuilder *)g_ptr_array_index (self->builders, i))->name);
  json_object_set_string_member (object, "name", self->name);
  json_object_set_string_member (object, "label",
                                 self->keys->label != NULL ? self->keys->label : self->name);
  json_object_set_string_member (object, "button_name", self->keys->button_name);
  json_object_set_array_member (object, "builder_names", builders);
  json_object_set_boolean_member (object, "enabled", self->keys->enabled);
  json_object_set_array_member (object, "all_fields", describe_fields (self));
  return object;
}

/* filling in */

typedef struct {
  const LocalForm *form;
  JsonObject *arguments;
  JsonObject *errors;
  GHashTable *known; /* (element-type utf8) names of fields */
} Filling;

static JsonNode *
get_sent (const Filling *self, const LocalField *field)
{
  JsonArray *checked = belfry_json_get_array (self->arguments, "checkbox");
  JsonNode *node = json_object_get_member (self->arguments, field->full_name);

  if (field->kind != LOCAL_FIELD_BOOLEAN || node != NULL || checked == NULL)
    return node;
  for (guint i = 0; i < json_array_get_length (checked); i++) {
    if (g_strcmp0 (json_array_get_string_element (checked, i), field->full_name) == 0)
      return json_array_get_element (checked, i);
  }
  return NULL;
}

/* A checkbox that is not checked is not sent at all. */
static JsonNode *
check_field (const Filling *self, const LocalField *field)
{
  g_autofree char *message = NULL;
  JsonNode *sent = get_sent (self, field);
  gboolean from_page = json_object_has_member (self->arguments, "checkbox");
  g_autoptr (JsonNode) box = NULL;
  JsonNode *value = NULL;

  if (field->kind == LOCAL_FIELD_BOOLEAN && from_page) {
    box = belfry_json_new_text (sent != NULL ? "true" : "false");
    sent = box;
  }
  g_hash_table_add (self->known, g_strdup (field->full_name));
  value = local_field_check (field, sent, &message);
  if (value == NULL)
    json_object_set_string_member (self->errors, field->full_name, message);
  return value;
}

static char *
check_text (const Filling *self, const LocalField *field)
{
  g_autoptr (JsonNode) value = check_field (self, field);

  return value != NULL ? json_node_dup_string (value) : NULL;
}

static char *
read_stamp_field (const Filling *self, const LocalCodebase *codebase, const StampField *row)
{
  g_autoptr (LocalField) field = make_stamp_field (self->form, codebase, row->name);
  g_autofree char *full_name = dup_full_name (codebase, row->name);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = NULL;

  g_hash_table_add (self->known, g_strdup (full_name));
  if (field == NULL || !offers_codebases (self->form)) {
    const char *sent = belfry_json_get_text (self->arguments, full_name);

    if (sent != NULL && *sent != '\0' && g_str_equal (row->name, "repository") &&
        !g_str_equal (sent, codebase->repository))
      json_object_set_string_member (self->errors, full_name, "this repository is not configured");
    return NULL;
  }
  text = check_text (self, field);
  if (text == NULL || *g_strstrip (text) == '\0')
    return NULL;
  regex = row->pattern != NULL ? belfry_regex_new (row->pattern, NULL) : NULL;
  if ((regex != NULL && !belfry_regex_match_start (regex, text)) ||
      (row->is_valid != NULL && !row->is_valid (text))) {
    g_autofree char *message = g_strdup_printf ("%s: is no %s", full_name, row->name);

    json_object_set_string_member (self->errors, full_name, message);
    return NULL;
  }
  return g_steal_pointer (&text);
}

static BelfrySourceStamp *
make_stamp (const Filling *self, const LocalCodebase *codebase)
{
  BelfrySourceStamp *stamp = belfry_source_stamp_new ();
  g_autofree char *branch = read_stamp_field (self, codebase, &stamp_fields[0]);
  g_autofree char *project = read_stamp_field (self, codebase, &stamp_fields[1]);
  g_autofree char *repository = read_stamp_field (self, codebase, &stamp_fields[2]);
  g_autofree char *revision = read_stamp_field (self, codebase, &stamp_fields[3]);

  belfry_record_set_text (&stamp->branch, branch != NULL ? branch : codebase->branch);
  belfry_record_set_text (&stamp->revision, revision != NULL ? revision : codebase->revision);
  belfry_record_set_text (&stamp->repository,
                          repository != NULL ? repository : codebase->repository);
  belfry_record_set_text (&stamp->project, project != NULL ? project : codebase->project);
  belfry_record_set_text (&stamp->codebase, codebase->name);
  stamp->patchid = BELFRY_NONE;
  return stamp;
}

/* Those of codebases that the chosen builders do not have are no errors. */
static void
know_stamp_fields (const Filling *self)
{
  for (guint i = 0; i < self->form->codebases->len; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (stamp_fields); j++)
      g_hash_table_add (self->known, dup_full_name (g_ptr_array_index (self->form->codebases, i),
                                                    stamp_fields[j].name));
  }
}

static gint64
read_priority (const Filling *self)
{
  gint64 priority = 0;
  g_autoptr (LocalField) field = NULL;
  g_autoptr (JsonNode) value = NULL;

  if (g_strcmp0 (self->form->keys->priority, "field") != 0) {
    belfry_parse_integer (self->form->keys->priority, -1000000, 1000000, &priority, NULL);
    return priority;
  }
  field = local_field_parse ("priority", "int;default=0;min=-1000000;max=1000000", NULL);
  value = check_field (self, field);
  return value != NULL ? json_node_get_int (value) : 0;
}

static char *
make_sentence (const LocalForm *form, const char *owner, const char *reason)
{
  g_autoptr (GString) text = g_string_new (form->keys->reason_string);
  gsize at = 0;

  /* one pass: what people typed is never looked at for holes again */
  while (at < text->len) {
    const char *value = NULL;
    gsize length = 0;

    if (g_str_has_prefix (text->str + at, "%(owner)s")) {
      value = owner;
      length = strlen ("%(owner)s");
    } else if (g_str_has_prefix (text->str + at, "%(reason)s")) {
      value = reason;
      length = strlen ("%(reason)s");
    }
    if (value != NULL) {
      g_string_erase (text, (gssize)at, (gssize)length);
      g_string_insert (text, (gssize)at, value);
      at += strlen (value);
    } else
      at++;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* properties */

static gboolean
is_allowed (const LocalForm *form, const char *name)
{
  const char *const *allowed = (const char *const *)form->keys->allow_names;

  return !local_property_is_reserved (name) && !g_str_equal (name, LOCAL_WANTED_WORKER) &&
         (!local_property_is_dangerous (name) ||
          (allowed != NULL && g_strv_contains (allowed, name)));
}

/* A property that no field names; @key: what an error is about */
static void
set_free (
    LocalForced *forced, const Filling *self, const char *key, const char *name, const char *value)
{
  g_autoptr (GRegex) pattern = belfry_regex_new (PROPERTY_PATTERN, NULL);

  if (!is_allowed (self->form, name) || !belfry_regex_match_start (pattern, name))
    json_object_set_string_member (self->errors, key, "a form may not set this property");
  else if (!belfry_regex_match_start (pattern, value) || strlen (value) > LOCAL_PROPERTY_BYTES)
    json_object_set_string_member (self->errors, key, "the value does not match the pattern");
  else
    belfry_properties_set_text (forced->properties, name, value, SOURCE);
}

/* Boxes for a name and a value; an empty name is not used. */
static void
read_slots (LocalForced *forced, const Filling *self, const LocalField *field)
{
  for (gint64 i = 1; i <= field->count; i++) {
    g_autofree char *slot = local_field_dup_slot (field, i);
    char *name_key = g_strdup_printf ("%s_name", slot);
    char *value_key = g_strdup_printf ("%s_value", slot);
    const char *name = belfry_json_get_text (self->arguments, name_key);
    const char *value = belfry_json_get_text (self->arguments, value_key);

    if (name != NULL && *name != '\0')
      set_free (forced, self, name_key, name, value != NULL ? value : "");
    g_hash_table_add (self->known, name_key);
    g_hash_table_add (self->known, value_key);
  }
}

static void
note_worker (LocalForced *forced, const LocalField *field, JsonNode *value)
{
  const char *name = json_node_get_string (value);

  if (field->kind != LOCAL_FIELD_WORKER || name == NULL || *name == '\0' ||
      g_str_equal (name, field->any))
    return;
  g_free (forced->worker);
  forced->worker = g_strdup (name);
}

/* (nullable): it does not fit, or sets properties by itself. Groups become maps. */
static JsonNode *
read_field (LocalForced *forced, const Filling *self, const LocalField *field)
{
  JsonObject *object = NULL;
  JsonNode *node = NULL;

  if (field->kind == LOCAL_FIELD_ANY) {
    read_slots (forced, self, field);
    return NULL;
  }
  if (field->kind != LOCAL_FIELD_NESTED) {
    node = check_field (self, field);
    if (node != NULL)
      note_worker (forced, field, node);
    return node;
  }
  object = json_object_new ();
  for (guint i = 0; field->members != NULL && i < field->members->len; i++) {
    const LocalField *member = g_ptr_array_index (field->members, i);
    JsonNode *value = read_field (forced, self, member);

    if (value != NULL)
      json_object_set_member (object, member->name, value);
  }
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static gboolean
has_free_field (GPtrArray *fields)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++) {
    const LocalField *field = g_ptr_array_index (fields, i);

    if (field->kind == LOCAL_FIELD_ANY || has_free_field (field->members))
      return TRUE;
  }
  return FALSE;
}

/* What no field names is a property where the form takes any; else an error. */
static void
read_others (LocalForced *forced, const Filling *self)
{
  gboolean takes_any = has_free_field (self->form->fields);
  g_autoptr (GList) members = json_object_get_members (self->arguments);
  g_autofree gpointer *names = g_hash_table_get_keys_as_array (self->known, NULL);

  for (GList *member = members; member != NULL; member = member->next) {
    const char *name = member->data;
    const char *nearest = NULL;
    g_autofree char *message = NULL;

    if (g_hash_table_contains (self->known, name) || g_strv_contains (not_fields, name))
      continue;
    if (takes_any) {
      const char *value = belfry_json_get_text (self->arguments, name);

      set_free (forced, self, name, name, value != NULL ? value : "");
      continue;
    }
    nearest = belfry_text_nearest (name, (const char *const *)names);
    message = nearest != NULL ? g_strdup_printf ("no such field; did you mean '%s'?", nearest)
                              : g_strdup ("no such field");
    json_object_set_string_member (self->errors, name, message);
  }
}

static void
set_properties (LocalForced *forced, const Filling *self, const char *reason)
{
  const BelfryMap *configured = self->form->keys->properties;

  for (guint i = 0; configured != NULL && i < belfry_map_get_count (configured); i++)
    belfry_properties_take (forced->properties, belfry_map_get_name (configured, i),
                            belfry_json_copy ((JsonNode *)belfry_map_get_value (configured, i)),
                            SOURCE);
  for (guint i = 0; i < self->form->fields->len; i++) {
    const LocalField *field = g_ptr_array_index (self->form->fields, i);
    JsonNode *value = read_field (forced, self, field);

    if (value != NULL)
      belfry_properties_take (forced->properties, field->name, value, SOURCE);
  }
  if (forced->worker != NULL)
    belfry_properties_set_text (forced->properties, LOCAL_WANTED_WORKER, forced->worker, SOURCE);
  belfry_properties_set_text (forced->properties, "reason", reason, SOURCE);
  belfry_properties_set_text (forced->properties, "owner", forced->owner, SOURCE);
  belfry_properties_set_text (forced->properties, "scheduler", self->form->name, "Scheduler");
}

static gboolean
is_known (const char *who)
{
  return who != NULL && *who != '\0' && !g_str_equal (who, "anonymous") &&
         !g_str_equal (who, "<unknown>");
}

/* (nullable): @errors says for each field what is wrong */
LocalForced *
local_form_fill (const LocalForm *form,
                 GPtrArray *codebases,
                 JsonObject *arguments,
                 const char *who,
                 JsonObject *errors)
{
  g_autoptr (LocalForced) forced = g_new0 (LocalForced, 1);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const Filling self = { form, arguments, errors, known };
  g_autoptr (LocalField) username = make_username_field (form);
  g_autoptr (LocalField) reason_field = make_reason_field (form);
  g_autofree char *name = NULL;
  g_autofree char *reason = NULL;
  gboolean known_user = is_known (who) && !json_object_has_member (arguments, "username");

  g_hash_table_add (known, g_strdup ("username"));
  if (!known_user)
    name = check_text (&self, username);
  forced->owner = g_strdup (known_user ? who : name != NULL && *name != '\0' ? name : "<unknown>");
  reason = check_text (&self, reason_field);
  forced->priority = read_priority (&self);
  forced->stamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  know_stamp_fields (&self);
  for (guint i = 0; i < codebases->len; i++)
    g_ptr_array_add (forced->stamps, make_stamp (&self, g_ptr_array_index (codebases, i)));
  forced->properties = belfry_properties_new ();
  set_properties (forced, &self, reason != NULL ? reason : "");
  forced->reason = make_sentence (form, forced->owner, reason != NULL ? reason : "");
  read_others (forced, &self);
  return json_object_get_size (errors) == 0 ? g_steal_pointer (&forced) : NULL;
}
