/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One change, or one for each element of a list, every field a template over `body`, `headers`,
 * `query` and `item`. A name that is not there is an error of the request, which names the key and
 * what it misses.
 */
#include "standard-webhooks-translate.h"

#include "payload.h"

#include <string.h>

#define MAX_CHANGES     1000
#define MAX_FIELD_BYTES (64 * 1024)
#define MAX_ARGUMENTS   1000
#define HEADS           "refs/heads/"

typedef struct {
  const BelfryStandardWebhooks *self;
  JsonObject *variables; /* body, headers, query; and item, of one change at a time */
  char **key;            /* the key that was read last, which is to blame if it goes wrong */
} Reading;

/* fields that are what their template gives; an empty text is none */
static const struct {
  const char *key;
  gsize template_offset;
  gsize field_offset;
} fields[] = {
#define FIELD(member)                                                                              \
  {                                                                                                \
#member, G_STRUCT_OFFSET(BelfryStandardWebhooks, member),                                      \
        G_STRUCT_OFFSET(BelfryChange, member)                                                      \
  }
  FIELD (author),  FIELD (branch),     FIELD (category), FIELD (codebase), FIELD (comments),
  FIELD (project), FIELD (repository), FIELD (revision), FIELD (revlink),
#undef FIELD
};

static void
note_key (const Reading *reading, const char *key)
{
  g_free (*reading->key);
  *reading->key = g_strdup (key);
}

/* (transfer full) (nullable): NULL without an error: there is no template, or its text is empty */
static gboolean
render (
    const Reading *reading, const char *key, BelfryTemplate *format, char **text, GError **error)
{
  *text = NULL;
  if (format == NULL)
    return TRUE;
  note_key (reading, key);
  *text = belfry_template_render (format, reading->variables, NULL, 0, error);
  if (*text != NULL && strlen (*text) > MAX_FIELD_BYTES) {
    g_clear_pointer (text, g_free);
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'%s' is longer than %d bytes", key,
                 MAX_FIELD_BYTES);
    return FALSE;
  }
  if (*text == NULL)
    return FALSE;
  if (**text == '\0')
    g_clear_pointer (text, g_free);
  return TRUE;
}

/* (transfer full) (nullable) */
static JsonNode *
evaluate (const Reading *reading, const char *key, BelfryExpression *expression, GError **error)
{
  JsonNode *node = NULL;

  note_key (reading, key);
  node = belfry_expression_evaluate (expression, reading->variables, error);
  if (node == NULL)
    g_prefix_error (error, "%s: ", key);
  return node;
}

static gboolean
set_texts (const Reading *reading, BelfryChange *change, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    BelfryTemplate *format =
        G_STRUCT_MEMBER (BelfryTemplate *, reading->self, fields[i].template_offset);
    g_autofree char *text = NULL;

    if (!render (reading, fields[i].key, format, &text, error))
      return FALSE;
    if (text != NULL)
      belfry_record_set_text (G_STRUCT_MEMBER_P (change, fields[i].field_offset), text);
  }
  if (reading->self->strip_ref && change->branch != NULL &&
      g_str_has_prefix (change->branch, HEADS)) {
    g_autofree char *name = g_strdup (change->branch + strlen (HEADS));

    belfry_record_set_text (&change->branch, name);
  }
  return TRUE;
}

static gboolean
set_time (const Reading *reading, BelfryChange *change, GError **error)
{
  g_autofree char *text = NULL;

  if (!render (reading, "timestamp", reading->self->timestamp, &text, error))
    return FALSE;
  if (text == NULL || belfry_time_parse (text, &change->when_timestamp, NULL))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'timestamp' is no date");
  return FALSE;
}

static gboolean
set_files (const Reading *reading, BelfryChange *change, GError **error)
{
  g_autoptr (JsonNode) list = NULL;
  g_autoptr (JsonNode) holder = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  JsonObject *object = NULL;

  change->files_unknown = reading->self->files == NULL;
  if (reading->self->files == NULL)
    return TRUE;
  list = evaluate (reading, "files", reading->self->files, error);
  if (list == NULL)
    return FALSE;
  object = json_object_new ();
  json_object_set_member (object, "files", json_node_ref (list));
  holder = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (holder, object);
  if (!belfry_payload_add_files (holder, "files", files, error))
    return FALSE;
  g_ptr_array_add (files, NULL);
  g_strfreev (change->files);
  change->files = (char **)g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return TRUE;
}

static gboolean
set_properties (const Reading *reading, BelfryChange *change, GError **error)
{
  const BelfryMap *properties = reading->self->properties;

  for (guint i = 0; i < belfry_map_get_count (properties); i++) {
    const char *name = belfry_map_get_name (properties, i);
    g_autofree char *key = g_strconcat ("property.", name, NULL);
    BelfryExpression *expression = (BelfryExpression *)belfry_map_get_value (properties, i);
    g_autoptr (JsonNode) value = evaluate (reading, key, expression, error);

    if (value == NULL)
      return FALSE;
    belfry_properties_set (change->properties, name, value, "Change");
  }
  return TRUE;
}

/* (transfer full) (nullable): @item: (nullable): an element of the list */
static BelfryChange *
translate_change (JsonNode *item, gconstpointer data, GError **error)
{
  const Reading *reading = data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (item != NULL)
    json_object_set_member (reading->variables, "item", json_node_ref (item));
  if (!set_texts (reading, change, error) || !set_time (reading, change, error) ||
      !set_files (reading, change, error) || !set_properties (reading, change, error))
    return NULL;
  return g_steal_pointer (&change);
}

static BelfryTranslation *
translate_one (const Reading *reading, GError **error)
{
  BelfryChange *change = translate_change (NULL, reading, error);

  return change != NULL ? belfry_payload_translate_change (change) : NULL;
}

static JsonArray *
reverse_list (JsonArray *list)
{
  JsonArray *reversed = json_array_new ();

  for (guint i = json_array_get_length (list); i > 0; i--)
    json_array_add_element (reversed, json_node_ref (json_array_get_element (list, i - 1)));
  return reversed;
}

static BelfryTranslation *
translate_each (const Reading *reading, GError **error)
{
  g_autoptr (JsonNode) node = evaluate (reading, "for-each", reading->self->for_each, error);
  g_autoptr (JsonArray) list = NULL;
  GPtrArray *changes = NULL;

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_ARRAY (node)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "'for-each' gives no list");
    return NULL;
  }
  list = reading->self->reverse ? reverse_list (json_node_get_array (node))
                                : json_array_ref (json_node_get_array (node));
  if (json_array_get_length (list) > MAX_CHANGES) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "'for-each' gives more than %d changes", MAX_CHANGES);
    return NULL;
  }
  changes = belfry_payload_make_changes (list, translate_change, reading, error);
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}

/* (transfer full) */
static JsonObject *
pick_headers (const BelfryStandardWebhooks *self, BelfryRequest *request)
{
  JsonObject *headers = json_object_new ();

  for (guint i = 0; self->pass_headers != NULL && self->pass_headers[i] != NULL; i++) {
    const char *value = belfry_request_get_header (request, self->pass_headers[i]);
    g_autofree char *name = g_ascii_strdown (self->pass_headers[i], -1);

    if (value != NULL && g_utf8_validate (value, -1, NULL))
      json_object_set_string_member (headers, name, value);
  }
  return headers;
}

/* (transfer full) (nullable): the first value of each argument of the URL */
static JsonObject *
read_query (BelfryRequest *request, GError **error)
{
  const char *query = belfry_request_get_query (request);
  g_autoptr (BelfryForm) form = belfry_form_new ();
  JsonObject *object = NULL;

  if (query != NULL && !belfry_form_add_urlencoded (form, query, -1, MAX_ARGUMENTS, error)) {
    g_prefix_error (error, "reading the query: ");
    return NULL;
  }
  object = json_object_new ();
  for (guint i = 0; i < belfry_form_get_count (form); i++)
    if (!json_object_has_member (object, belfry_form_get_name (form, i)))
      json_object_set_string_member (object, belfry_form_get_name (form, i),
                                     belfry_form_get_value (form, i));
  return object;
}

/* (transfer full) (nullable): what templates see of every change */
static JsonObject *
read_variables (const BelfryStandardWebhooks *self, BelfryRequest *request, GError **error)
{
  JsonNode *body = belfry_request_get_json (request, error);
  JsonObject *query = body != NULL ? read_query (request, error) : NULL;
  JsonObject *variables = NULL;

  if (query == NULL)
    return NULL;
  variables = json_object_new ();
  json_object_set_member (variables, "body", json_node_ref (body));
  json_object_set_object_member (variables, "headers", pick_headers (self, request));
  json_object_set_object_member (variables, "query", query);
  return variables;
}

static BelfryTranslation *
translate_wanted (const Reading *reading, GError **error)
{
  const BelfryStandardWebhooks *self = reading->self;
  gboolean wanted = FALSE;

  note_key (reading, "when");
  if (!belfry_expression_is_true (self->when, reading->variables, &wanted, error)) {
    g_prefix_error (error, "when: ");
    return NULL;
  }
  if (!wanted)
    return belfry_translation_decided_by (
        belfry_translation_new_nothing ("this is none of the events that are wanted here"), "when");
  return self->for_each != NULL ? translate_each (reading, error) : translate_one (reading, error);
}

BelfryTranslation *
belfry_standard_webhooks_translate (const BelfryStandardWebhooks *self, BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonObject) variables = read_variables (self, request, &local);
  g_autofree char *key = NULL;
  const Reading reading = { self, variables, &key };
  BelfryTranslation *translation = variables != NULL ? translate_wanted (&reading, &local) : NULL;
  g_autofree char *event = NULL;

  if (translation == NULL)
    translation = belfry_translation_decided_by (
        belfry_translation_new_malformed ("%s", local->message), key);
  if (variables != NULL)
    event = belfry_template_render (self->event, variables, NULL, 0, NULL);
  belfry_translation_set_event (translation, event != NULL && event[0] != '\0' ? event : NULL);
  return translation;
}
