/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plugin says of itself, as JSON: its descriptor, a member for each row of its option
 * tables, and the keys that the host owns in its sections. Secrets have no default to show,
 * whatever their row says.
 */
#include "control/inspect-describe.h"

#include "config/config.h"

#include <string.h>

static const struct {
  BelfryNeeds need;
  const char *name;
} needs[] = {
  { BELFRY_NEEDS_NETWORK, "network" },
  { BELFRY_NEEDS_EXEC, "exec" },
  { BELFRY_NEEDS_FILES, "files" },
};

static void
set_text (JsonObject *object, const char *key, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, key, text);
}

static void
set_flag (JsonObject *object, const char *key, gboolean value)
{
  if (value)
    json_object_set_boolean_member (object, key, TRUE);
}

static JsonArray *
describe_choices (const BelfryChoice *choices)
{
  JsonArray *list = json_array_new ();

  for (const BelfryChoice *choice = choices; choice->name != NULL; choice++) {
    JsonObject *object = json_object_new ();

    set_text (object, "name", choice->name);
    set_text (object, "help", choice->help);
    json_array_add_object_element (list, object);
  }
  return list;
}

static const char *
get_unit (const BelfryOption *row)
{
  if (row->unit != NULL)
    return row->unit;
  if (row->type == BELFRY_OPTION_DURATION)
    return "s";
  return row->type == BELFRY_OPTION_SIZE ? "bytes" : NULL;
}

/* what the elements of a map are */
static const char *
get_element_name (const BelfryOption *row)
{
  BelfryOption element = *row;

  if (row->type != BELFRY_OPTION_MAP)
    return NULL;
  element.type = row->element == BELFRY_OPTION_BOOLEAN ? BELFRY_OPTION_STRING : row->element;
  return belfry_option_get_type_name (&element);
}

static gboolean
is_secret (const BelfryOption *row)
{
  return row->type == BELFRY_OPTION_SECRET ||
         (row->type == BELFRY_OPTION_MAP && row->element == BELFRY_OPTION_SECRET);
}

/* @fallback: another default that a plugin gives to a key of the host's; (nullable) */
static JsonObject *
describe_option (const BelfryOption *row, const char *fallback)
{
  JsonObject *object = json_object_new ();
  g_autofree char *range = row->choices == NULL ? belfry_option_dup_range (row) : NULL;
  const char *plain = fallback != NULL ? fallback : row->default_text;

  set_text (object, "name", row->name);
  set_text (object, "type", belfry_option_get_type_name (row));
  set_text (object, "element", get_element_name (row));
  set_text (object, "range", range);
  if (row->choices != NULL)
    json_object_set_array_member (object, "choices", describe_choices (row->choices));
  set_text (object, "default", plain != NULL && is_secret (row) ? "(set)" : plain);
  set_text (object, "unit", get_unit (row));
  set_flag (object, "required", row->required);
  set_text (object, "takes-effect",
            (row->flags & BELFRY_OPTION_RESTART) != 0 ? N_ ("restart") : N_ ("reload"));
  set_text (object, "names", row->reference);
  set_text (object, "when", row->when);
  set_text (object, "alias", row->alias);
  set_text (object, "deprecated", row->deprecated);
  set_flag (object, "hidden", row->hidden);
  set_text (object, "since", row->since != NULL ? row->since : "0.1");
  set_text (object, "help", row->help);
  return object;
}

static const char *
find_default (const BelfryDefault *defaults, const char *key)
{
  for (const BelfryDefault *row = defaults; row != NULL && row->key != NULL; row++)
    if (strcmp (row->key, key) == 0)
      return row->value;
  return NULL;
}

static void
describe_table (JsonArray *list, const BelfryOptionTable *table, const BelfryDefault *defaults)
{
  const BelfryOption *row = NULL;

  while (table != NULL && (row = belfry_option_table_next (table, row)) != NULL)
    json_array_add_object_element (list, describe_option (row, find_default (defaults, row->name)));
}

static JsonArray *
describe_host_options (const BelfryPlugin *plugin)
{
  gsize size = 0;
  JsonArray *list = json_array_new ();

  describe_table (list, belfry_kind_get_host_table (plugin->kind, &size), plugin->defaults);
  describe_table (list, &belfry_instance_keys_table, NULL);
  return list;
}

static JsonArray *
describe_options (const BelfryPlugin *plugin)
{
  const BelfryOptionTable own = { plugin->options, plugin->option_size };
  JsonArray *list = json_array_new ();

  if (own.rows != NULL)
    describe_table (list, &own, NULL);
  return list;
}

static JsonArray *
describe_sections (const BelfryPlugin *plugin)
{
  JsonArray *list = json_array_new ();

  for (const char *at = (const char *)plugin->sections; at != NULL; at += plugin->section_size) {
    const BelfrySectionKind *kind = (const BelfrySectionKind *)(gconstpointer)at;
    JsonArray *options = NULL;
    JsonObject *object = NULL;

    if (kind->kind == NULL)
      break;
    options = json_array_new ();
    object = json_object_new ();
    describe_table (options, &kind->options, NULL);
    set_text (object, "kind", kind->kind);
    json_object_set_array_member (object, "options", options);
    json_array_add_object_element (list, object);
  }
  return list;
}

static JsonArray *
describe_needs (const BelfryPlugin *plugin)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (needs); i++)
    if ((plugin->needs & needs[i].need) != 0)
      json_array_add_string_element (list, needs[i].name);
  return list;
}

JsonArray *
belfry_inspect_describe_table (const BelfryOptionTable *table)
{
  JsonArray *list = json_array_new ();

  describe_table (list, table, NULL);
  return list;
}

char *
belfry_inspect_describe (const BelfryPlugin *plugin, gpointer user_data)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  set_text (object, "kind", belfry_kind_get_name (plugin->kind));
  set_text (object, "name", plugin->name);
  set_text (object, "summary", plugin->summary);
  set_text (object, "version", plugin->version != NULL ? plugin->version : BELFRY_PLUGIN_VERSION);
  set_text (object, "licence", plugin->licence != NULL ? plugin->licence : BELFRY_PLUGIN_LICENCE);
  json_object_set_int_member (object, "abi", plugin->abi);
  json_object_set_array_member (object, "needs", describe_needs (plugin));
  json_object_set_array_member (object, "options", describe_options (plugin));
  json_object_set_array_member (object, "host-options", describe_host_options (plugin));
  json_object_set_array_member (object, "sections", describe_sections (plugin));
  json_node_set_object (node, object);
  return belfry_json_to_text (node);
}
