/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a path to records: /builders/B/builds/N/steps/S/logs/L. Names are exact. A build may be
 * counted from the end (-1) or be `latest`; a step may be named by its number where no step bears
 * that name. What is not there becomes a page that says so and leads one level up.
 */
#include "builders-page.h"

#define BUILDERS_MAX_OF_BUILD 2000

void
builders_place_clear (BuildersPlace *self)
{
  g_clear_pointer (&self->builder, belfry_record_unref);
  g_clear_pointer (&self->build, belfry_record_unref);
  g_clear_pointer (&self->step, belfry_record_unref);
  g_clear_pointer (&self->log, belfry_record_unref);
  g_clear_pointer (&self->refusal, belfry_response_unref);
}

GPtrArray *
builders_list_of_build (BelfryReader *reader, const BelfryRecordType *type, gint64 buildid)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  GPtrArray *list = NULL;

  query.filters[0] = (BelfryFilter){ .field = "buildid", .number = buildid };
  query.order = type == belfry_step_get_type () ? "number" : NULL;
  query.limit = BUILDERS_MAX_OF_BUILD;
  list = belfry_reader_list (reader, type, &query, NULL, NULL);
  return list != NULL ? list : g_ptr_array_new_with_free_func (belfry_record_unref);
}

/* an error of ours, or a page that says what is missing */
static gboolean
builders_place_miss (BuildersPlace *self, GError *cause, char *what, const char *up, GError **error)
{
  g_autofree char *owned = what;

  if (cause != NULL && !g_error_matches (cause, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)) {
    g_propagate_error (error, cause);
    return FALSE;
  }
  g_clear_error (&cause);
  self->refusal = views_refuse_missing (self->request, owned, up);
  return FALSE;
}

static gboolean
builders_place_find_builder (BuildersPlace *self, const char *name, GError **error)
{
  GError *cause = NULL;

  self->builder = belfry_reader_find_builder (self->reader, name, &cause);
  if (self->builder != NULL)
    return TRUE;
  return builders_place_miss (self, cause, g_strdup_printf ("builder '%s'", name), "builders",
                              error);
}

/* the newest build, the newest finished one, or the @back-th from the end */
static BelfryBuild *
builders_place_count_back (BuildersPlace *self, gint64 back, gboolean finished, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) builds = NULL;

  query.filters[0] = (BelfryFilter){ .field = "builderid", .number = self->builder->builderid };
  if (finished)
    query.filters[1] = (BelfryFilter){ .field = "complete", .number = TRUE };
  query.order = "number";
  query.descending = TRUE;
  query.offset = (guint)MIN (back - 1, G_MAXINT32);
  query.limit = 1;
  builds = belfry_reader_list (self->reader, belfry_build_get_type (), &query, NULL, error);
  return builds != NULL && builds->len > 0 ? belfry_record_ref (builds->pdata[0]) : NULL;
}

/* `-1` and `latest` lead to the number, so that an address that is kept stays the same build */
static gboolean
builders_place_lead_on (BuildersPlace *self, const char *number)
{
  const char *path = belfry_request_get_path (self->request);
  g_autofree char *encoded = belfry_text_percent_encode (number);
  const char *found = g_strrstr (path, encoded);
  const char *rest = found != NULL ? found + strlen (encoded) : "";
  GString *target = g_string_new (NULL);

  for (const char *p = rest; *p != '\0'; p++) {
    if (*p == '/')
      g_string_append (target, "../");
  }
  g_string_append_printf (target, "%" G_GINT64_FORMAT "%s", self->build->number, rest);
  self->refusal = belfry_response_new_redirect (302, target->str);
  g_string_free (target, TRUE);
  return FALSE;
}

static gboolean
builders_place_find_build (BuildersPlace *self, const char *text, GError **error)
{
  g_autofree char *up = views_dup_builder_path (self->builder->name);
  gboolean latest = g_str_equal (text, "latest");
  GError *cause = NULL;
  gint64 number = latest ? -1 : 0;

  if (!latest && !g_ascii_string_to_signed (text, 10, G_MININT32, G_MAXINT64 / 2, &number, NULL))
    return builders_place_miss (self, NULL, g_strdup_printf ("build '%s'", text), up, error);
  if (number < 0)
    self->build = builders_place_count_back (self, -number, latest, &cause);
  else
    self->build = belfry_reader_find_build (self->reader, self->builder->builderid, number, &cause);
  if (self->build == NULL)
    return builders_place_miss (
        self, cause, g_strdup_printf ("build %s of builder '%s'", text, self->builder->name), up,
        error);
  return number >= 0 || builders_place_lead_on (self, text);
}

static BelfryStep *
builders_find_step (GPtrArray *steps, const char *name)
{
  gint64 number = -1;

  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = steps->pdata[i];

    if (g_strcmp0 (step->name, name) == 0)
      return step;
  }
  if (!g_ascii_string_to_signed (name, 10, 0, G_MAXINT32, &number, NULL))
    return NULL;
  for (guint i = 0; i < steps->len; i++) {
    BelfryStep *step = steps->pdata[i];

    if (step->number == number)
      return step;
  }
  return NULL;
}

static gboolean
builders_place_find_step (BuildersPlace *self, const char *name, GError **error)
{
  g_autofree char *up = builders_place_dup_path (self);
  g_autoptr (GPtrArray) steps =
      builders_list_of_build (self->reader, belfry_step_get_type (), self->build->buildid);
  BelfryStep *step = builders_find_step (steps, name);

  if (step == NULL)
    return builders_place_miss (self, NULL, g_strdup_printf ("step '%s'", name), up, error);
  self->step = belfry_record_ref (step);
  return TRUE;
}

static gboolean
builders_place_find_log (BuildersPlace *self, const char *name, GError **error)
{
  g_autofree char *up = builders_place_dup_path (self);
  g_autoptr (GPtrArray) logs =
      builders_list_of_build (self->reader, belfry_log_get_type (), self->build->buildid);

  for (guint i = 0; i < logs->len; i++) {
    BelfryLog *log = logs->pdata[i];

    if (log->stepid == self->step->stepid &&
        (g_strcmp0 (log->slug, name) == 0 || g_strcmp0 (log->name, name) == 0)) {
      self->log = belfry_record_ref (log);
      return TRUE;
    }
  }
  return builders_place_miss (self, NULL, g_strdup_printf ("log '%s'", name), up, error);
}

/* FALSE: with @error, or with an answer in @refusal */
gboolean
builders_place_find (BuildersPlace *self,
                     BelfryRequest *request,
                     BelfryReader *reader,
                     GError **error)
{
  const char *builder = belfry_request_get_parameter (request, "builder");
  const char *number = belfry_request_get_parameter (request, "number");
  const char *step = belfry_request_get_parameter (request, "step");
  const char *log = belfry_request_get_parameter (request, "log");

  self->reader = reader;
  self->request = request;
  self->form = views_read_arguments (request, &self->refusal);
  if (self->form == NULL)
    return FALSE;
  if (builder != NULL && !builders_place_find_builder (self, builder, error))
    return FALSE;
  if (number != NULL && !builders_place_find_build (self, number, error))
    return FALSE;
  if (step != NULL && !builders_place_find_step (self, step, error))
    return FALSE;
  return log == NULL || builders_place_find_log (self, log, error);
}

char *
builders_place_dup_path (BuildersPlace *self)
{
  GString *path = g_string_new (NULL);
  g_autofree char *builder = views_dup_builder_path (self->builder->name);

  g_string_append (path, builder);
  if (self->build != NULL)
    g_string_append_printf (path, "/builds/%" G_GINT64_FORMAT, self->build->number);
  if (self->step != NULL) {
    g_autofree char *name = belfry_text_percent_encode (self->step->name);

    g_string_append_printf (path, "/steps/%s", name);
  }
  if (self->log != NULL) {
    g_autofree char *slug =
        belfry_text_percent_encode (self->log->slug != NULL ? self->log->slug : self->log->name);

    g_string_append_printf (path, "/logs/%s", slug);
  }
  return g_string_free (path, FALSE);
}

/* what every page of the tree shows above: where it stands */
JsonObject *
builders_place_to_json (BuildersPlace *self)
{
  JsonObject *object = json_object_new ();
  g_autofree char *path = builders_place_dup_path (self);
  g_autofree char *builder_path = views_dup_builder_path (self->builder->name);
  JsonArray *tags = json_array_new ();

  for (guint i = 0; self->builder->tags != NULL && self->builder->tags[i] != NULL; i++)
    json_array_add_string_element (tags, self->builder->tags[i]);
  json_object_set_string_member (object, "path", path);
  json_object_set_string_member (object, "builder", self->builder->name);
  json_object_set_string_member (object, "builder_path", builder_path);
  views_put_text (object, "description", self->builder->description);
  views_take_array (object, "tags", tags);
  json_object_set_boolean_member (object, "configured", self->builder->configured);
  if (self->build != NULL) {
    g_autofree char *build_path = views_dup_build_path (self->builder->name, self->build->number);

    json_object_set_string_member (object, "build_path", build_path);
    json_object_set_int_member (object, "number", self->build->number);
    views_put_outcome (object, self->build->results, self->build->complete);
  }
  if (self->step != NULL) {
    g_autofree char *name = belfry_text_percent_encode (self->step->name);
    g_autofree char *step_path =
        g_strconcat (json_object_get_string_member (object, "build_path"), "/steps/", name, NULL);

    json_object_set_string_member (object, "step", self->step->name);
    json_object_set_string_member (object, "step_path", step_path);
  }
  return object;
}

/* `property.NAME=VALUE` */

#define BUILDERS_PROPERTY_PREFIX "property."

gboolean
builders_has_property_filter (BelfryForm *form)
{
  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    if (g_str_has_prefix (belfry_form_get_name (form, i), BUILDERS_PROPERTY_PREFIX))
      return TRUE;
  }
  return FALSE;
}

/* the string form that 0.8's users filter by, or the JSON form */
static gboolean
builders_value_matches (JsonNode *value, const char *wanted)
{
  g_autofree char *text = NULL;

  if (value == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (value))
    return g_str_equal (wanted, "None") || g_str_equal (wanted, "null");
  text = views_value_to_text (value);
  if (g_str_equal (text, wanted))
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_BOOLEAN)
    return FALSE;
  return g_str_equal (wanted, json_node_get_boolean (value) ? "True" : "False");
}

gboolean
builders_properties_match (BelfryForm *form, const BelfryProperties *properties)
{
  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    const char *argument = belfry_form_get_name (form, i);
    const char *name = argument + strlen (BUILDERS_PROPERTY_PREFIX);

    if (!g_str_has_prefix (argument, BUILDERS_PROPERTY_PREFIX))
      continue;
    if (properties == NULL ||
        !builders_value_matches (belfry_properties_get_value (properties, name),
                                 belfry_form_get (form, argument)))
      return FALSE;
  }
  return TRUE;
}
