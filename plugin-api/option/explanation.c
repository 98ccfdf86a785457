/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Explanations: why something came out as it did, as a tree that a program can read and a person be
 * shown. Each node has a sentence, rules in the order in which they were asked, and parts. A rule
 * knows the key that decided and where it stands. Told by the code that decides, so that the two
 * cannot differ.
 */
#include "belfry-option.h"

#include "belfry-json.h"

static char *format_text (const char *format, va_list arguments) G_GNUC_PRINTF (1, 0);

static char *
format_text (const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf (format, arguments);

  return g_utf8_make_valid (text, -1);
}

static JsonArray *
get_list (JsonObject *self, const char *name)
{
  JsonArray *list = belfry_json_get_array (self, name);

  if (list != NULL)
    return list;
  list = json_array_new ();
  json_object_set_array_member (self, name, list);
  return list;
}

/**
 * belfry_explanation_new:
 * @format: what came out, as a sentence without full stop
 * @...: its values
 *
 * Begins an explanation: an object with `text` and, once there are any, `rules` and `parts`.
 *
 * Returns: (transfer full): the explanation
 * Since: 0.1
 */
JsonObject *
belfry_explanation_new (const char *format, ...)
{
  JsonObject *self = json_object_new ();
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = format_text (format, arguments);
  va_end (arguments);
  json_object_set_string_member (self, "text", text);
  return self;
}

static void
add_origin (JsonObject *rule, const BelfrySection *section, const char *key)
{
  const BelfryEntry *entry = key != NULL ? belfry_section_find (section, key) : NULL;
  const char *file = entry != NULL ? entry->file : section->file;
  guint line = entry != NULL ? entry->line : section->line;
  g_autofree char *title = section->name[0] != '\0'
                               ? g_strdup_printf ("%s %s", section->kind, section->name)
                               : g_strdup (section->kind);

  json_object_set_string_member (rule, "section", title);
  if (key != NULL) {
    json_object_set_string_member (rule, "key", key);
    json_object_set_boolean_member (rule, "set", entry != NULL);
  }
  if (file == NULL || line == 0)
    return;
  json_object_set_string_member (rule, "file", file);
  json_object_set_int_member (rule, "line", line);
}

/**
 * belfry_explanation_add_rule:
 * @self: an explanation
 * @held: whether it let the thing go on
 * @section: (nullable): the section whose key decided
 * @key: (nullable): that key; where it is not set, its default decided
 * @format: what was asked and found, without secrets
 * @...: its values
 *
 * Adds a rule: `held`, `text`, and with @section `section`, `key`, `set`, `file` and `line`. The
 * value of the key is not told.
 *
 * Since: 0.1
 */
void
belfry_explanation_add_rule (JsonObject *self, /* lint: a printf function */
                             gboolean held,
                             const BelfrySection *section,
                             const char *key,
                             const char *format,
                             ...)
{
  JsonObject *rule = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  g_return_if_fail (self != NULL);
  rule = json_object_new ();
  va_start (arguments, format);
  text = format_text (format, arguments);
  va_end (arguments);
  json_object_set_boolean_member (rule, "held", held);
  json_object_set_string_member (rule, "text", text);
  if (section != NULL)
    add_origin (rule, section, key);
  json_array_add_object_element (get_list (self, "rules"), rule);
}

/**
 * belfry_explanation_add_part:
 * @self: an explanation
 * @part: (transfer full) (nullable): an explanation of its own
 *
 * Adds what belongs beneath @self; %NULL adds nothing.
 *
 * Since: 0.1
 */
void
belfry_explanation_add_part (JsonObject *self, JsonObject *part)
{
  g_return_if_fail (self != NULL);
  if (part != NULL)
    json_array_add_object_element (get_list (self, "parts"), part);
}
