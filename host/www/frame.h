/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every page has besides its own data. Made on the main loop, read on any thread. */
#pragma once

#include "www/www-private.h"

typedef struct {
  gatomicrefcount refs;
  BelfrySite *site;
  BelfryRequest *request;
  char *csrf;    /* (nullable) */
  char *message; /* (nullable) */
  char *theme;
  const char *language;
  gint64 now_us;
  gint64 utc_offset_us;
  char *forms_builder; /* (nullable): all */
  JsonArray *forms;    /* (nullable): of that builder */
} BelfryFrame;

/* Sets cookies where the page needs them. */
BelfryFrame *belfry_frame_new (BelfryExchange *exchange);
void belfry_frame_unref (BelfryFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryFrame, belfry_frame_unref)
/* Name of the builder or worker that a record is about, as far as it can be told. */
gboolean belfry_frame_may (const char *action, gconstpointer record, gpointer frame);
/* (transfer full): force forms, where they were fetched for that builder */
JsonArray *belfry_frame_list_forms (const char *builder, gpointer frame);
/* (transfer full): what the configuration makes links of */
char *
belfry_frame_dup_link (BelfryLinkKind kind, const char *name, const char *revision, gpointer frame);
JsonArray *belfry_frame_link_text (const char *text, const char *project, gpointer frame);
/* (transfer full): the page's data and the frame's, which wins */
JsonObject *belfry_frame_merge (BelfryFrame *self, JsonObject *data);
char *belfry_frame_render (BelfryFrame *self, BelfryResponse *response, GError **error);
char *belfry_frame_dup_theme (BelfryExchange *exchange);
/* (transfer none): what the page is in, by the browser's wish and the host's `locale` */
const char *belfry_frame_get_language (BelfryExchange *exchange);
gint64 belfry_frame_get_utc_offset_us (BelfrySite *site, gint64 now_us);
