/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: a reader over records in memory, and pages drawn from the templates of this tree. */
#pragma once

#include "views.h"

typedef struct _ViewsFake ViewsFake;

ViewsFake *views_fake_new (void);
void views_fake_free (ViewsFake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ViewsFake, views_fake_free)
BelfryReader *views_fake_get_reader (ViewsFake *self);
/* takes the record */
gpointer views_fake_add (ViewsFake *self, gpointer record);
void views_fake_set_log (ViewsFake *self, gint64 logid, const char *text);
void views_fake_allow (ViewsFake *self, gboolean allowed);
void views_fake_set_forms (ViewsFake *self, const char *json);
/* what every delivery came with; takes the request */
void views_fake_set_request (ViewsFake *self, BelfryRequest *request);
guint views_fake_get_queries (ViewsFake *self);

/* records with everything that a page reads */
BelfryBuilder *
views_fake_add_builder (ViewsFake *self, gint64 id, const char *name, const char *tag);
BelfryWorker *
views_fake_add_worker (ViewsFake *self, gint64 id, const char *name, gint64 builderid);
BelfryBuild *
views_fake_add_build (ViewsFake *self, gint64 id, gint64 builderid, gint64 number, gint64 start);
void views_fake_end_build (BelfryBuild *build, gint64 end, gint64 results);
BelfryStep *views_fake_add_step (
    ViewsFake *self, BelfryBuild *build, gint64 number, const char *name, gint64 start);
void views_fake_end_step (BelfryStep *step, gint64 end, gint64 results);
BelfryLog *views_fake_add_log (
    ViewsFake *self, BelfryStep *step, const char *name, const char *type, const char *text);
BelfryChange *views_fake_add_change (ViewsFake *self, gint64 id, const char *author, gint64 when);

/* a request as the host hands it over; @parameters: name, value… ends in NULL */
BelfryRequest *views_fake_request (const char *path, const char *query, ...) G_GNUC_NULL_TERMINATED;
/* the page in HTML, with the frame that the host adds; takes @data */
/* takes @response */
char *views_fake_draw_response (BelfryResponse *response, const char *path);
char *views_fake_draw (const char *template_name, JsonObject *data, const char *path);
void views_fake_assert_safe (const char *html);
