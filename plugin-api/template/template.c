/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates as callers see them. A template holds the texts that it extends, includes and imports
 * as well: those with constant names are read with it, others when a rendering first names them.
 * After that it never changes but for this store of texts, which a lock guards. */
#include "parser-private.h"
#include "render-private.h"

#include <string.h>

#define MAX_TEXT_BYTES (4 * 1024 * 1024)

struct _BelfryTemplate {
  int references;
  char *source;
  BelfryTemplateSettings settings;
  TplUnit *unit;
  GMutex lock;
  GHashTable *units; /* (element-type utf8 TplUnit) (owned), guarded by lock */
};

/* line ends alike, and one at the very end dropped, as Jinja2 has it */
static char *
normalize (const char *text)
{
  g_autoptr (GString) copy = g_string_sized_new (strlen (text));

  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '\r' && at[1] == '\n')
      continue;
    g_string_append_c (copy, *at == '\r' ? '\n' : *at);
  }
  if (copy->len > 0 && copy->str[copy->len - 1] == '\n')
    g_string_truncate (copy, copy->len - 1);
  return g_string_free (g_steal_pointer (&copy), FALSE);
}

TplUnit *
tpl_unit_new (const char *name, const char *text)
{
  TplUnit *self = g_new0 (TplUnit, 1);

  self->name = g_strdup (name);
  self->text = normalize (text);
  self->blocks = g_ptr_array_new ();
  self->links = g_ptr_array_new ();
  return self;
}

void
tpl_unit_free (TplUnit *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->blocks);
  g_ptr_array_unref (self->links);
  tpl_arena_clear (&self->arena);
  g_free (self->text);
  g_free (self->name);
  g_free (self);
}

/* name: interned */
const TplStatement *
tpl_unit_find_block (const TplUnit *self, const char *name)
{
  for (guint i = 0; i < self->blocks->len; i++) {
    const TplStatement *block = g_ptr_array_index (self->blocks, i);

    if (block->name == name)
      return block;
  }
  return NULL;
}

static TplUnit *
parse_unit (const char *name, const char *text, gboolean has_loader, GError **error)
{
  g_autoptr (TplUnit) unit = NULL;

  if (strlen (text) > MAX_TEXT_BYTES || !g_utf8_validate (text, -1, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "%s:1: a template is UTF-8 of at most %d bytes", name, MAX_TEXT_BYTES);
    return NULL;
  }
  unit = tpl_unit_new (name, text);
  if (!tpl_parse_template (unit, has_loader, error))
    return NULL;
  return g_steal_pointer (&unit);
}

/* a loader may say only by NULL that it has none of the name */
static char *
call_loader (const BelfryTemplate *self, const char *name, GError **error)
{
  g_autoptr (GError) local = NULL;
  char *text = self->settings.loader (name, self->settings.loader_data, &local);

  if (text == NULL && local == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "there is no template '%s'", name);
  else if (text == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return text;
}

/* with the lock held, or while the template is not shared yet */
static TplUnit *
read_unit (BelfryTemplate *self, const char *name, GPtrArray *unlinked, GError **error)
{
  TplUnit *unit = g_hash_table_lookup (self->units, name);
  g_autofree char *text = NULL;

  if (unit != NULL)
    return unit;
  if (g_hash_table_size (self->units) >= TPL_MAX_UNITS) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "more than %d templates in one",
                 TPL_MAX_UNITS);
    return NULL;
  }
  text = call_loader (self, name, error);
  if (text == NULL)
    return NULL;
  unit = parse_unit (name, text, TRUE, error);
  if (unit == NULL)
    return NULL;
  g_hash_table_insert (self->units, unit->name, unit);
  g_ptr_array_add (unlinked, unit);
  return unit;
}

static gboolean
link_statement (BelfryTemplate *self,
                const TplUnit *unit,
                TplStatement *statement,
                GPtrArray *unlinked,
                GError **error)
{
  const TplNode *name = statement->expression;
  g_autoptr (GError) local = NULL;

  if (name->kind != TPL_NODE_CONSTANT || name->value.kind != TPL_TEXT)
    return TRUE;
  statement->unit = read_unit (self, name->value.text, unlinked, &local);
  if (statement->unit != NULL ||
      (statement->may_miss && g_error_matches (local, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND)))
    return TRUE;
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%s:%u: template '%s': %s", unit->name,
               statement->line, name->value.text, local->message);
  return FALSE;
}

/* reads what the units name by constants, and what those name, until nothing is left */
static gboolean
link_units (BelfryTemplate *self, GPtrArray *unlinked, GError **error)
{
  for (guint i = 0; i < unlinked->len; i++) {
    const TplUnit *unit = g_ptr_array_index (unlinked, i);

    for (guint j = 0; j < unit->links->len; j++)
      if (!link_statement (self, unit, g_ptr_array_index (unit->links, j), unlinked, error))
        return FALSE;
  }
  return TRUE;
}

/* A unit with a link that cannot be read is not kept, nor is what came with it. */
static void
drop_units (BelfryTemplate *self, const GPtrArray *units)
{
  for (guint i = 0; i < units->len; i++)
    g_hash_table_remove (self->units, ((const TplUnit *)g_ptr_array_index (units, i))->name);
}

const TplUnit *
tpl_template_load (BelfryTemplate *self, const char *name, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (GPtrArray) unlinked = g_ptr_array_new ();
  TplUnit *unit = read_unit (self, name, unlinked, error);

  if (unit == NULL || link_units (self, unlinked, error))
    return unit;
  drop_units (self, unlinked);
  return NULL;
}

/**
 * belfry_template_new:
 * @name: name that errors give, such as a file's
 * @text: text of the template
 * @settings: (nullable): see #BelfryTemplateSettings
 * @error: return location
 *
 * Parses a template, and every other template that it names by a constant.
 *
 * Returns: (transfer full) (nullable): the template; %NULL with %BELFRY_ERROR_CONFIG and the
 *   message `NAME:LINE: what` where the text is not in the language
 * Since: 0.1
 */
BelfryTemplate *
belfry_template_new (const char *name,
                     const char *text,
                     const BelfryTemplateSettings *settings,
                     GError **error)
{
  g_autoptr (BelfryTemplate) self = NULL;
  g_autoptr (GPtrArray) unlinked = g_ptr_array_new ();

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (text != NULL, NULL);
  self = g_new0 (BelfryTemplate, 1);
  self->references = 1;
  self->source = g_strdup (text);
  g_mutex_init (&self->lock);
  self->units =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)tpl_unit_free);
  if (settings != NULL)
    memcpy (&self->settings, settings, MIN (settings->size, sizeof self->settings));
  self->unit = parse_unit (name, text, self->settings.loader != NULL, error);
  if (self->unit == NULL)
    return NULL;
  g_ptr_array_add (unlinked, self->unit);
  if (!link_units (self, unlinked, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * belfry_template_ref:
 * @self: a template
 *
 * Takes a reference. On any thread.
 *
 * Returns: (transfer full): @self
 * Since: 0.1
 */
BelfryTemplate *
belfry_template_ref (BelfryTemplate *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_int_inc (&self->references);
  return self;
}

/**
 * belfry_template_unref:
 * @self: (transfer full) (nullable): a template
 *
 * Gives a reference back. On any thread.
 *
 * Since: 0.1
 */
void
belfry_template_unref (BelfryTemplate *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->references))
    return;
  g_hash_table_unref (self->units);
  tpl_unit_free (self->unit);
  g_mutex_clear (&self->lock);
  g_free (self->source);
  g_free (self);
}

/**
 * belfry_template_get_source:
 * @self: a template
 *
 * Returns: (transfer none): the text that it was made from
 * Since: 0.1
 */
const char *
belfry_template_get_source (BelfryTemplate *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->source;
}

static void
apply_settings (TplRender *render, const BelfryTemplateSettings *settings)
{
  if (settings->max_steps > 0)
    render->steps = settings->max_steps;
  if (settings->max_output_bytes > 0)
    render->max_bytes = settings->max_output_bytes;
  render->escapes = (settings->flags & BELFRY_TEMPLATE_ESCAPE_HTML) != 0;
  render->strict = (settings->flags & BELFRY_TEMPLATE_STRICT) != 0;
}

/**
 * belfry_template_render_records:
 * @self: a template
 * @variables: (nullable): names and values that the template sees; not changed, not copied
 * @records: (nullable): one variable more, a list of records; not changed, not copied
 * @language: (nullable): tag of the language of `_()` and `ngettext()`; %NULL: English
 * @utc_offset_us: what the `datetime` filter adds to UTC, in microseconds
 * @error: return location
 *
 * Renders a template with records beside the JSON: for pages with thousands of rows, which would
 * take longer to write as JSON than to render. A record's fields are members as in
 * belfry_record_to_json (), without those that are hidden; properties are values by name. May be
 * called on any thread, on several at once.
 *
 * Returns: (transfer full) (nullable): the text; %NULL with %BELFRY_ERROR_MALFORMED and the
 *   message `NAME:LINE: what` where template and data do not fit or a limit is met; it will fail
 *   again with the same data
 * Since: 0.1
 */
char *
belfry_template_render_records (BelfryTemplate *self,
                                JsonObject *variables,
                                const BelfryTemplateRecords *records,
                                const char *language,
                                gint64 utc_offset_us,
                                GError **error)
{
  TplRender render;
  char *text = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  tpl_render_init (&render, self->unit, variables);
  render.scope->records = records;
  apply_settings (&render, &self->settings);
  render.template = self;
  render.language = language;
  render.utc_offset_us = utc_offset_us;
  render.output = g_string_sized_new (1024);
  tpl_render_tree (&render, self->unit, render.scope);
  if (render.error != NULL)
    g_propagate_error (error, g_steal_pointer (&render.error));
  else
    text = g_string_free (g_steal_pointer (&render.output), FALSE);
  tpl_render_clear (&render);
  return text;
}

/**
 * belfry_template_render:
 * @self: a template
 * @variables: (nullable): names and values that the template sees; not changed, not copied
 * @language: (nullable): tag of the language of `_()` and `ngettext()`; %NULL: English
 * @utc_offset_us: what the `datetime` filter adds to UTC, in microseconds
 * @error: return location
 *
 * Renders a template. May be called on any thread, on several at once.
 *
 * Returns: (transfer full) (nullable): the text; %NULL with %BELFRY_ERROR_MALFORMED and the
 *   message `NAME:LINE: what` where template and data do not fit or a limit is met; it will fail
 *   again with the same data
 * Since: 0.1
 */
char *
belfry_template_render (BelfryTemplate *self,
                        JsonObject *variables,
                        const char *language,
                        gint64 utc_offset_us,
                        GError **error)
{
  return belfry_template_render_records (self, variables, NULL, language, utc_offset_us, error);
}
