/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records with everything that a page reads, in the store of the plugins' harness. Times of the
 * helpers are seconds.
 */
#include "views-fake.h"

#include <string.h>

struct _ViewsFake {
  BelfryTestStore *store;
};

ViewsFake *
views_fake_new (void)
{
  ViewsFake *self = g_new0 (ViewsFake, 1);

  self->store = belfry_test_store_new ();
  return self;
}

void
views_fake_free (ViewsFake *self)
{
  if (self == NULL)
    return;
  belfry_test_store_free (self->store);
  g_free (self);
}

BelfryReader *
views_fake_get_reader (ViewsFake *self)
{
  return belfry_test_store_get_reader (self->store);
}

gpointer
views_fake_add (ViewsFake *self, gpointer record)
{
  return belfry_test_store_add (self->store, record);
}

void
views_fake_set_log (ViewsFake *self, gint64 logid, const char *text)
{
  belfry_test_store_set_log (self->store, logid, text);
}

void
views_fake_allow (ViewsFake *self, gboolean allowed)
{
  belfry_test_store_allow (self->store, allowed);
}

void
views_fake_set_forms (ViewsFake *self, const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (json, -1, NULL, &error);

  g_assert_no_error (error);
  belfry_test_store_set_forms (self->store, json_node_get_array (node));
}

void
views_fake_set_request (ViewsFake *self, BelfryRequest *request)
{
  belfry_test_store_set_request (self->store, request);
  belfry_request_unref (request);
}

guint
views_fake_get_queries (ViewsFake *self)
{
  return belfry_test_store_get_queries (self->store);
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

char *
views_fake_draw_response (BelfryResponse *response, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *templates = g_build_filename (g_getenv ("BELFRY_DATA_DIR"), "templates", NULL);
  char *html = belfry_test_render (response, path, templates, &error);

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
