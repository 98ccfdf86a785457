/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store as a list of records, filtered and sorted by their field tables as the real one does by
 * its columns: tests of views need no host. Times of the helpers are seconds.
 */
#include "views-fake.h"

#include <string.h>

#define FAKE_DEFAULT_LIMIT 100

struct _ViewsFake {
  BelfryReader reader; /* first: readers are told apart by address */
  GPtrArray *records;
  GHashTable *logs; /* logid to text */
  JsonArray *forms; /* (nullable) */
  JsonObject *info;
  BelfryRequest *request; /* (nullable) */
  gboolean allowed;
  guint n_queries;
};

static gint64
fake_read_number (gconstpointer record, const BelfryField *field)
{
  gconstpointer member = (const char *)record + field->offset;

  return field->type == BELFRY_FIELD_BOOLEAN ? *(const gboolean *)member : *(const gint64 *)member;
}

static gboolean
fake_is_text (const BelfryField *field)
{
  return field->type == BELFRY_FIELD_TEXT;
}

static int
fake_compare (gconstpointer record, const BelfryField *field, gint64 number, const char *text)
{
  gint64 value = 0;

  if (fake_is_text (field))
    return g_strcmp0 (*(char *const *)(gconstpointer)((const char *)record + field->offset), text);
  value = fake_read_number (record, field);
  return value < number ? -1 : value > number;
}

static gboolean
fake_is_null (gconstpointer record, const BelfryField *field)
{
  if (fake_is_text (field))
    return *(char *const *)(gconstpointer)((const char *)record + field->offset) == NULL;
  return fake_read_number (record, field) == BELFRY_NONE;
}

static gboolean
fake_holds (gconstpointer record, const BelfryFilter *filter, const BelfryField *field)
{
  gboolean null = fake_is_null (record, field);
  int order = null ? 0 : fake_compare (record, field, filter->number, filter->text);

  switch (filter->compare) {
  case BELFRY_COMPARE_EQUAL:
    return !null && order == 0;
  case BELFRY_COMPARE_NOT_EQUAL:
    return !null && order != 0;
  case BELFRY_COMPARE_LESS:
    return !null && order < 0;
  case BELFRY_COMPARE_LESS_EQUAL:
    return !null && order <= 0;
  case BELFRY_COMPARE_GREATER:
    return !null && order > 0;
  case BELFRY_COMPARE_GREATER_EQUAL:
    return !null && order >= 0;
  case BELFRY_COMPARE_IS_NULL:
    return null;
  case BELFRY_COMPARE_NOT_NULL:
    return !null;
  }
  return FALSE;
}

static gboolean
fake_matches (gconstpointer record, const BelfryRecordType *type, const BelfryQuery *query)
{
  if (((const BelfryRecord *)record)->type != type)
    return FALSE;
  for (guint i = 0; i < BELFRY_QUERY_FILTERS && query->filters[i].field != NULL; i++) {
    const BelfryField *field = belfry_record_type_find (type, query->filters[i].field);

    g_assert_nonnull (field);
    g_assert_cmpuint (field->flags & BELFRY_FIELD_STORED, !=, 0);
    if (!fake_holds (record, &query->filters[i], field))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  const BelfryField *field;
  gboolean descending;
} FakeOrder;

static int
fake_order (gconstpointer a, gconstpointer b, gpointer data)
{
  const FakeOrder *order = data;
  gconstpointer left = *(gconstpointer *)a;
  gconstpointer right = *(gconstpointer *)b;
  gint64 value = fake_read_number (right, order->field);
  int result = fake_compare (left, order->field, value, NULL);

  return order->descending ? -result : result;
}

static GPtrArray *
fake_list (BelfryReader *reader,
           const BelfryRecordType *type,
           const BelfryQuery *query,
           gboolean *cut,
           GError **error G_GNUC_UNUSED)
{
  ViewsFake *self = (ViewsFake *)reader;
  GPtrArray *list = g_ptr_array_new_with_free_func (belfry_record_unref);
  FakeOrder order = { &type->fields[0], query->descending };
  guint limit = query->limit > 0 ? query->limit : FAKE_DEFAULT_LIMIT;

  g_assert_cmpuint (query->limit, <=, 10000);
  self->n_queries++;
  if (query->order != NULL)
    order.field = belfry_record_type_find (type, query->order);
  g_assert_nonnull (order.field);
  for (guint i = 0; i < self->records->len; i++) {
    if (fake_matches (self->records->pdata[i], type, query))
      g_ptr_array_add (list, belfry_record_ref (self->records->pdata[i]));
  }
  g_ptr_array_sort_with_data (list, fake_order, &order);
  g_ptr_array_remove_range (list, 0, MIN (query->offset, list->len));
  *cut = list->len > limit;
  if (list->len > limit)
    g_ptr_array_remove_range (list, limit, list->len - limit);
  return list;
}

static gint64
fake_count (BelfryReader *reader,
            const BelfryRecordType *type,
            const BelfryQuery *query,
            GError **error)
{
  BelfryQuery all = *query;
  gboolean cut = FALSE;
  g_autoptr (GPtrArray) list = NULL;

  all.limit = 10000;
  list = fake_list (reader, type, &all, &cut, error);
  return list->len;
}

static char *
fake_read_log (BelfryReader *reader,
               gint64 logid,
               gint64 first_line,
               gint64 max_lines,
               gint64 *n_lines,
               GError **error G_GNUC_UNUSED)
{
  const char *text = g_hash_table_lookup (((ViewsFake *)reader)->logs, &logid);
  const char *end = NULL;
  gint64 n = 0;

  for (; first_line > 0 && text != NULL && *text != '\0'; first_line--)
    text += strcspn (text, "\n") + 1;
  for (end = text; end != NULL && *end != '\0' && (max_lines < 0 || n < max_lines); n++)
    end += strcspn (end, "\n") + 1;
  *n_lines = n;
  return g_strndup (text, text != NULL ? end - text : 0);
}

static gpointer
fake_previous_build (BelfryReader *reader G_GNUC_UNUSED,
                     BelfryBuild *build G_GNUC_UNUSED,
                     gboolean same_branch G_GNUC_UNUSED,
                     GError **error G_GNUC_UNUSED)
{
  return NULL;
}

/* every change there is: what a page shows of them is the same */
static GPtrArray *
fake_build_changes (BelfryReader *reader, BelfryBuild *build G_GNUC_UNUSED, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  gboolean cut = FALSE;

  return fake_list (reader, belfry_change_get_type (), &query, &cut, error);
}

static char **
fake_responsible_users (BelfryReader *reader, BelfryBuild *build, GError **error)
{
  g_autoptr (GPtrArray) changes = fake_build_changes (reader, build, error);
  GPtrArray *users = g_ptr_array_new ();

  for (guint i = 0; i < changes->len; i++)
    g_ptr_array_add (users, g_strdup (((BelfryChange *)changes->pdata[i])->author));
  g_ptr_array_add (users, NULL);
  return (char **)g_ptr_array_free (users, FALSE);
}

static JsonObject *
fake_host_info (BelfryReader *reader)
{
  return ((ViewsFake *)reader)->info;
}

static gboolean
fake_may (BelfryReader *reader,
          const char *action G_GNUC_UNUSED,
          gconstpointer record G_GNUC_UNUSED)
{
  return ((ViewsFake *)reader)->allowed;
}

static JsonArray *
fake_list_forms (BelfryReader *reader, const char *builder_name G_GNUC_UNUSED)
{
  ViewsFake *self = (ViewsFake *)reader;

  return self->forms != NULL ? json_array_ref (self->forms) : json_array_new ();
}

static BelfryRequest *
fake_read_request (BelfryReader *reader, BelfryDelivery *delivery, GError **error)
{
  ViewsFake *self = (ViewsFake *)reader;

  if (self->request != NULL)
    return belfry_request_ref (self->request);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "delivery %" G_GINT64_FORMAT,
               delivery->deliveryid);
  return NULL;
}

static const BelfryReaderOps fake_ops = {
  .size = sizeof (BelfryReaderOps),
  .list = fake_list,
  .count = fake_count,
  .read_log = fake_read_log,
  .previous_build = fake_previous_build,
  .build_changes = fake_build_changes,
  .responsible_users = fake_responsible_users,
  .host_info = fake_host_info,
  .may = fake_may,
  .list_forms = fake_list_forms,
  .read_request = fake_read_request,
};

ViewsFake *
views_fake_new (void)
{
  ViewsFake *self = g_new0 (ViewsFake, 1);

  self->reader.ops = &fake_ops;
  self->records = g_ptr_array_new_with_free_func (belfry_record_unref);
  self->logs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->info = json_object_new ();
  json_object_set_int_member (self->info, "utc_offset", 0);
  return self;
}

void
views_fake_free (ViewsFake *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->records);
  g_hash_table_unref (self->logs);
  g_clear_pointer (&self->forms, json_array_unref);
  g_clear_pointer (&self->request, belfry_request_unref);
  json_object_unref (self->info);
  g_free (self);
}

BelfryReader *
views_fake_get_reader (ViewsFake *self)
{
  return &self->reader;
}

gpointer
views_fake_add (ViewsFake *self, gpointer record)
{
  g_ptr_array_add (self->records, record);
  return record;
}

void
views_fake_set_log (ViewsFake *self, gint64 logid, const char *text)
{
  g_hash_table_insert (self->logs, g_memdup2 (&logid, sizeof logid), g_strdup (text));
}

void
views_fake_allow (ViewsFake *self, gboolean allowed)
{
  self->allowed = allowed;
}

void
views_fake_set_forms (ViewsFake *self, const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (json, -1, NULL, &error);

  g_assert_no_error (error);
  self->forms = json_array_ref (json_node_get_array (node));
}

void
views_fake_set_request (ViewsFake *self, BelfryRequest *request)
{
  self->request = request;
}

guint
views_fake_get_queries (ViewsFake *self)
{
  return self->n_queries;
}

/* records */

BelfryBuilder *
views_fake_add_builder (ViewsFake *self, gint64 id, const char *name, const char *tag)
{
  const char *const tags[] = { tag, NULL };
  BelfryBuilder *builder = views_fake_add (self, belfry_builder_new ());

  builder->builderid = id;
  builder->configured = TRUE;
  belfry_record_set_text (&builder->name, name);
  builder->tags = g_strdupv ((char **)tags);
  return builder;
}

static JsonNode *
fake_parse (const char *format, gint64 number)
{
  g_autofree char *text = g_strdup_printf ("[{\"%s\":%" G_GINT64_FORMAT "}]", format, number);

  return belfry_json_parse (text, -1, NULL, NULL);
}

BelfryWorker *
views_fake_add_worker (ViewsFake *self, gint64 id, const char *name, gint64 builderid)
{
  BelfryWorker *worker = views_fake_add (self, belfry_worker_new ());

  worker->workerid = id;
  belfry_record_set_text (&worker->name, name);
  g_clear_pointer (&worker->connected_to, json_node_unref);
  g_clear_pointer (&worker->configured_on, json_node_unref);
  worker->connected_to = fake_parse ("masterid", 1);
  worker->configured_on = fake_parse ("builderid", builderid);
  return worker;
}

BelfryBuild *
views_fake_add_build (ViewsFake *self, gint64 id, gint64 builderid, gint64 number, gint64 start)
{
  BelfryBuild *build = views_fake_add (self, belfry_build_new ());

  build->buildid = id;
  build->builderid = builderid;
  build->number = number;
  build->workerid = 1;
  build->bsid = BELFRY_NONE;
  build->started_at = start * G_USEC_PER_SEC;
  build->complete_at = BELFRY_NONE;
  build->results = BELFRY_NONE;
  belfry_record_set_text (&build->state_string, "building");
  return build;
}

void
views_fake_end_build (BelfryBuild *build, gint64 end, gint64 results)
{
  build->complete = TRUE;
  build->complete_at = end * G_USEC_PER_SEC;
  build->results = results;
  belfry_record_set_text (&build->state_string, results == 0 ? "build successful" : "failed make");
}

BelfryStep *
views_fake_add_step (
    ViewsFake *self, BelfryBuild *build, gint64 number, const char *name, gint64 start)
{
  BelfryStep *step = views_fake_add (self, belfry_step_new ());

  step->stepid = build->buildid * 100 + number;
  step->buildid = build->buildid;
  step->number = number;
  belfry_record_set_text (&step->name, name);
  belfry_record_set_text (&step->state_string, "running");
  step->started_at = start * G_USEC_PER_SEC;
  step->complete_at = BELFRY_NONE;
  step->results = BELFRY_NONE;
  return step;
}

void
views_fake_end_step (BelfryStep *step, gint64 end, gint64 results)
{
  step->complete = TRUE;
  step->complete_at = end * G_USEC_PER_SEC;
  step->results = results;
  belfry_record_set_text (&step->state_string, results == 0 ? "done" : "failed");
}

BelfryLog *
views_fake_add_log (
    ViewsFake *self, BelfryStep *step, const char *name, const char *type, const char *text)
{
  BelfryLog *log = views_fake_add (self, belfry_log_new ());

  log->logid = step->stepid * 10 + 1;
  log->stepid = step->stepid;
  log->buildid = step->buildid;
  log->complete = TRUE;
  belfry_record_set_text (&log->name, name);
  belfry_record_set_text (&log->slug, name);
  belfry_record_set_text (&log->type, type);
  for (const char *p = text; *p != '\0'; p++)
    log->num_lines += *p == '\n';
  views_fake_set_log (self, log->logid, text);
  return log;
}

BelfryChange *
views_fake_add_change (ViewsFake *self, gint64 id, const char *author, gint64 when)
{
  BelfryChange *change = views_fake_add (self, belfry_change_new ());

  change->changeid = id;
  change->when_timestamp = when * G_USEC_PER_SEC;
  change->received_at = when * G_USEC_PER_SEC;
  belfry_record_set_text (&change->author, author);
  belfry_record_set_text (&change->comments, "Fix the frobnicator\n\nIt frobbed twice.");
  belfry_record_set_text (&change->repository, "https://github.com/acme/anvil.git");
  belfry_record_set_text (&change->revision, "4f1c2a9e7b3d5c60718293a4b5c6d7e8f9012345");
  belfry_record_set_text (&change->branch, "main");
  belfry_record_set_text (&change->codebase, "");
  belfry_record_set_text (&change->project, "acme/anvil");
  return change;
}

/* requests and pages */

BelfryRequest *
views_fake_request (const char *path, const char *query, ...)
{
  BelfryRequestFields fields = {
    .size = sizeof (BelfryRequestFields), .method = "GET", .path = path, .query = query
  };
  BelfryRequest *request = belfry_request_new (&fields);
  va_list parameters;

  va_start (parameters, query);
  for (const char *name = va_arg (parameters, const char *); name != NULL;
       name = va_arg (parameters, const char *))
    belfry_request_set_parameter (request, name, va_arg (parameters, const char *));
  va_end (parameters);
  return request;
}

static char *
fake_load_template (const char *name, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_autofree char *file = g_build_filename (g_getenv ("BELFRY_DATA_DIR"), "templates", name, NULL);
  char *text = NULL;

  return g_file_get_contents (file, &text, NULL, error) ? text : NULL;
}

static const char fake_frame[] =
    "{\"site\":{\"title\":\"Acme "
    "<CI>\",\"title_url\":\"https://acme.example/\",\"version\":\"0.1.0\","
    "\"theme\":\"auto\",\"zone\":\"UTC\",\"now\":1700000000,\"nav\":["
    "{\"title\":\"Home\",\"href\":\"./\",\"current\":false},"
    "{\"title\":\"Waterfall\",\"href\":\"waterfall\",\"current\":true},"
    "{\"title\":\"Builders\",\"href\":\"builders\",\"current\":false},"
    "{\"title\":\"Changes\",\"href\":\"changes\",\"current\":false}]},"
    "\"may\":{},\"csrf\":\"token\",\"message\":\"\",\"language\":\"en\"}";

static void
fake_copy_member (JsonObject *object G_GNUC_UNUSED,
                  const char *name,
                  JsonNode *node,
                  gpointer target)
{
  json_object_set_member (target, name, json_node_copy (node));
}

char *
views_fake_draw_response (BelfryResponse *response, const char *path)
{
  g_autoptr (GError) error = NULL;
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (JsonNode) frame = belfry_json_parse (fake_frame, -1, NULL, &error);
  g_autoptr (BelfryRequest) request = views_fake_request (path, NULL, NULL);
  g_autofree char *base = views_dup_base (request);
  g_autoptr (BelfryTemplate) template = NULL;
  const char *name = belfry_response_get_template_name (response);
  JsonObject *data = belfry_response_get_data (response);
  g_autofree char *text = NULL;
  char *html = NULL;

  g_assert_no_error (error);
  json_object_foreach_member (json_node_get_object (frame), fake_copy_member, data);
  json_object_set_string_member (data, "base", base);
  settings.flags = BELFRY_TEMPLATE_ESCAPE_HTML;
  settings.loader = fake_load_template;
  text = fake_load_template (name, NULL, &error);
  g_assert_no_error (error);
  template = belfry_template_new (name, text, &settings, &error);
  g_assert_no_error (error);
  html = belfry_template_render_records (template, data, belfry_response_get_records (response),
                                         "en", 0, &error);
  g_assert_no_error (error);
  belfry_response_unref (response);
  return html;
}

char *
views_fake_draw (const char *template_name, JsonObject *data, const char *path)
{
  return views_fake_draw_response (belfry_response_new_template (200, template_name, data), path);
}

/* Hostile records hold these as markup or address; a page may show them only as text. */
void
views_fake_assert_safe (const char *html)
{
  static const char *const evil[] = { "<script>alert",   "<img src=x",
                                      "\" onmouseover=", "href=\"javascript:",
                                      "href=\"data:",    "<b>evil",
                                      " style=",         " onclick=" };

  for (gsize i = 0; i < G_N_ELEMENTS (evil); i++) {
    if (strstr (html, evil[i]) != NULL)
      g_test_message ("found %s", evil[i]);
    g_assert_null (strstr (html, evil[i]));
  }
}
