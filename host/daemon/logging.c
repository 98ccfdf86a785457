/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * With standard error connected to the journal, each message goes there with its fields. Else it is
 * one line: time, level, text; as one JSON object a line where BELFRY_LOG_FORMAT=json asks for it.
 * Secrets are taken out here once more, whoever logs and whatever was repeated to him.
 */
#include "logging.h"

#include "belfry-plugin.h"

#include <stdio.h>

static int shown_level = G_LOG_LEVEL_MESSAGE;
static BelfryMasks *shown_masks = NULL; /* set while there is one thread */

static const struct {
  GLogLevelFlags level;
  const char *name;
} levels[] = {
  { G_LOG_LEVEL_ERROR, "error" },     { G_LOG_LEVEL_CRITICAL, "critical" },
  { G_LOG_LEVEL_WARNING, "warning" }, { G_LOG_LEVEL_MESSAGE, "message" },
  { G_LOG_LEVEL_INFO, "info" },       { G_LOG_LEVEL_DEBUG, "debug" },
};

static const char *
level_name (GLogLevelFlags level)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if ((level & levels[i].level) != 0)
      return levels[i].name;
  return "message";
}

static char *
field_text (const GLogField *field)
{
  return field->length < 0 ? g_strdup (field->value) : g_strndup (field->value, field->length);
}

static void
write_plain (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autofree char *time = belfry_time_format_rfc3339 (belfry_clock_now_us ());

  for (gsize i = 0; i < n_fields; i++)
    if (g_strcmp0 (fields[i].key, "MESSAGE") == 0) {
      g_autofree char *text = field_text (&fields[i]);

      fprintf (stderr, "%s %s: %s\n", time, level_name (level), text);
    }
  fflush (stderr);
}

static void
write_json (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *time = belfry_time_format_rfc3339 (belfry_clock_now_us ());
  g_autofree char *line = NULL;

  json_node_take_object (node, object);
  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "level", level_name (level));
  for (gsize i = 0; i < n_fields; i++) {
    g_autofree char *text = NULL;
    g_autofree char *key = NULL;

    if (g_strcmp0 (fields[i].key, "MESSAGE") != 0 && !g_str_has_prefix (fields[i].key, "BELFRY_"))
      continue;
    text = field_text (&fields[i]);
    key = g_ascii_strdown (fields[i].key, -1);
    json_object_set_string_member (object, key, text);
  }
  line = belfry_json_to_text (node);
  fprintf (stderr, "%s\n", line);
  fflush (stderr);
}

static GLogWriterOutput
write_fields (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  static gsize journal = 0;

  if (g_once_init_enter (&journal))
    g_once_init_leave (&journal, g_log_writer_is_journald (fileno (stderr)) ? 2 : 1);
  if (journal == 2 &&
      g_log_writer_journald (level, fields, n_fields, user_data) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  if (g_strcmp0 (g_getenv ("BELFRY_LOG_FORMAT"), "json") == 0)
    write_json (level, fields, n_fields);
  else
    write_plain (level, fields, n_fields);
  return G_LOG_WRITER_HANDLED;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_autofree GLogField *masked = NULL;
  g_autofree char *text = NULL;

  if ((int)(level & G_LOG_LEVEL_MASK) > g_atomic_int_get (&shown_level))
    return G_LOG_WRITER_HANDLED;
  if (shown_masks == NULL)
    return write_fields (level, fields, n_fields, user_data);
  masked = g_memdup2 (fields, n_fields * sizeof *fields);
  for (gsize i = 0; i < n_fields; i++)
    if (g_strcmp0 (fields[i].key, "MESSAGE") == 0) {
      g_autofree char *said = field_text (&fields[i]);

      g_free (text);
      text = belfry_masks_apply_text (shown_masks, said);
      masked[i].value = text;
      masked[i].length = -1;
    }
  return write_fields (level, masked, n_fields, user_data);
}

void
belfry_logging_start (GLogLevelFlags threshold)
{
  belfry_logging_set_threshold (threshold);
  g_log_set_writer_func (write_log, NULL, NULL);
}

void
belfry_logging_set_threshold (GLogLevelFlags threshold)
{
  g_atomic_int_set (&shown_level, (int)threshold);
}

void
belfry_logging_set_masks (BelfryMasks *masks)
{
  shown_masks = masks;
}
