/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: the Jinja2 subset that Buildbot's users write, over JSON data; rendered strings;
 * expressions. */
#pragma once

#include "belfry-macros.h"

G_BEGIN_DECLS

/**
 * BelfryTemplateFlags:
 * @BELFRY_TEMPLATE_NONE: plain text, an undefined name prints nothing
 * @BELFRY_TEMPLATE_ESCAPE_HTML: printed values are HTML-escaped unless marked safe
 * @BELFRY_TEMPLATE_STRICT: any undefined name is an error (hooks)
 */
typedef enum {
  BELFRY_TEMPLATE_NONE = 0,
  BELFRY_TEMPLATE_ESCAPE_HTML = 1 << 0,
  BELFRY_TEMPLATE_STRICT = 1 << 1,
} BelfryTemplateFlags;

/**
 * BelfryTemplateLoader:
 * @name: name of the template as written in extends, include or import
 * @user_data: as given
 * @error: return location; %BELFRY_ERROR_NOT_FOUND where there is none of that name
 *
 * Finds the text of a template by name. May be called on any thread.
 *
 * Returns: (transfer full) (nullable): the text
 */
typedef char *(*BelfryTemplateLoader) (const char *name, gpointer user_data, GError **error);

/**
 * BelfryTemplateSettings:
 * @size: sizeof (BelfryTemplateSettings)
 * @flags: see #BelfryTemplateFlags
 * @loader: (nullable): how extends, include and import find templates; none: they are errors
 * @loader_data: for @loader, must outlive the template
 * @max_steps: fuel; 0: 5,000,000
 * @max_output_bytes: 0: 8 MiB
 */
typedef struct {
  gsize size;
  BelfryTemplateFlags flags;
  BelfryTemplateLoader loader;
  gpointer loader_data;
  guint max_steps;
  gsize max_output_bytes;
} BelfryTemplateSettings;

#define BELFRY_TEMPLATE_SETTINGS_INIT                                                              \
  {                                                                                                \
    .size = sizeof (BelfryTemplateSettings)                                                        \
  }

/**
 * BelfryTemplate:
 *
 * A parsed template, immutable, reference-counted, usable on any thread.
 */
typedef struct _BelfryTemplate BelfryTemplate;

BELFRY_API BelfryTemplate *belfry_template_new (const char *name,
                                                const char *text,
                                                const BelfryTemplateSettings *settings,
                                                GError **error);
BELFRY_API BelfryTemplate *belfry_template_ref (BelfryTemplate *self);
BELFRY_API void belfry_template_unref (BelfryTemplate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTemplate, belfry_template_unref)
BELFRY_API const char *belfry_template_get_source (BelfryTemplate *self);
BELFRY_API char *belfry_template_render (BelfryTemplate *self,
                                         JsonObject *variables,
                                         const char *language,
                                         gint64 utc_offset_us,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * BelfryTemplateRecords: a variable that is a list of records
 * @name: of the variable
 * @records: (element-type BelfryRecord): a template reads their fields as members
 */
typedef struct {
  const char *name;
  GPtrArray *records;
} BelfryTemplateRecords;

BELFRY_API char *belfry_template_render_records (BelfryTemplate *self,
                                                 JsonObject *variables,
                                                 const BelfryTemplateRecords *records,
                                                 const char *language,
                                                 gint64 utc_offset_us,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * BelfryExpression:
 *
 * One parsed Jinja2 expression, immutable, reference-counted, usable on any thread.
 */
typedef struct _BelfryExpression BelfryExpression;

BELFRY_API BelfryExpression *belfry_expression_new (const char *text, GError **error);
BELFRY_API BelfryExpression *
belfry_expression_new_with_flags (const char *text, BelfryTemplateFlags flags, GError **error);
BELFRY_API BelfryExpression *belfry_expression_ref (BelfryExpression *self);
BELFRY_API void belfry_expression_unref (BelfryExpression *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryExpression, belfry_expression_unref)
BELFRY_API const char *belfry_expression_get_source (BelfryExpression *self);
BELFRY_API JsonNode *belfry_expression_evaluate (BelfryExpression *self,
                                                 JsonObject *variables,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API gboolean belfry_expression_is_true (BelfryExpression *self,
                                               JsonObject *variables,
                                               gboolean *result,
                                               GError **error);

/**
 * BelfryRenderedLookup:
 * @selector: `prop`, `src`, `worker`, `secret` or `kw`
 * @key: what stands after the selector (for `src`: `CODEBASE:ATTRIBUTE`)
 * @user_data: as given
 *
 * Returns: (transfer full) (nullable): the value; %NULL where the key does not exist
 */
typedef JsonNode *(*BelfryRenderedLookup) (const char *selector,
                                           const char *key,
                                           gpointer user_data);

/**
 * BelfryMessageFunc:
 * @line: where the text stands, from 1
 * @text: text to translate
 * @plural: (nullable): the same for other numbers than one
 * @user_data: as given
 *
 * Takes a text of a template that is marked for translation.
 */
typedef void (*BelfryMessageFunc) (guint line,
                                   const char *text,
                                   const char *plural,
                                   gpointer user_data);

BELFRY_API gboolean belfry_template_foreach_message (const char *text,
                                                     BelfryMessageFunc found,
                                                     gpointer user_data,
                                                     GError **error);

/**
 * BelfryRendered:
 *
 * A string with substitutions `%(selector:key)s` in Buildbot's manner, parsed once.
 */
typedef struct _BelfryRendered BelfryRendered;

BELFRY_API BelfryRendered *belfry_rendered_new (const char *text, GError **error);
BELFRY_API BelfryRendered *belfry_rendered_ref (BelfryRendered *self);
BELFRY_API void belfry_rendered_unref (BelfryRendered *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryRendered, belfry_rendered_unref)
BELFRY_API const char *belfry_rendered_get_source (BelfryRendered *self);
BELFRY_API gboolean belfry_rendered_is_literal (BelfryRendered *self);
BELFRY_API gboolean belfry_rendered_uses (BelfryRendered *self, const char *selector);
BELFRY_API char *belfry_rendered_render (BelfryRendered *self,
                                         BelfryRenderedLookup lookup,
                                         gpointer user_data,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
