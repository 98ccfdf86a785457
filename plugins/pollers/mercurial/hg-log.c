/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hg-log.h"

#include "vcs.h"

#include <string.h>

gboolean
hg_node_is_valid (const char *text)
{
  gsize length = strlen (text);

  return (length == 40 || length == 64) && strspn (text, "0123456789abcdef") == length;
}

GHashTable *
hg_heads_read (GBytes *output)
{
  GHashTable *heads =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  gsize bytes = 0;
  const char *at = g_bytes_get_data (output, &bytes);
  const char *end = at + bytes;

  while (at < end) {
    const char *node = vcs_next_field (&at, end);
    const char *name = vcs_next_field (&at, end);
    GPtrArray *nodes = NULL;

    if (name == NULL)
      break;
    if (!hg_node_is_valid (node) || !g_utf8_validate (name, -1, NULL))
      continue;
    nodes = g_hash_table_lookup (heads, name);
    if (nodes == NULL) {
      nodes = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (heads, g_strdup (name), nodes);
    }
    g_ptr_array_add (nodes, g_strdup (node));
  }
  return heads;
}

/* seconds and the zone's offset, of which only the former counts */
static gint64
read_time (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", 2);
  gint64 seconds = 0;

  if (words[0] == NULL ||
      !belfry_parse_integer (words[0], -62135596800, 253402300799, &seconds, NULL))
    return BELFRY_NONE;
  return seconds * G_USEC_PER_SEC;
}

static BelfryChange *
make_change (const char *const *fields, const char *branch, const char *encoding)
{
  BelfryChange *change = belfry_change_new ();
  g_autofree char *author = vcs_text_new (fields[1], -1, encoding);
  g_autofree char *comments = vcs_text_new (fields[3], -1, encoding);

  belfry_record_set_text (&change->revision, fields[0]);
  belfry_record_set_text (&change->branch, branch);
  belfry_record_set_text (&change->author, author);
  belfry_record_set_text (&change->comments, comments);
  belfry_record_set_text (&change->src, "hg");
  change->when_timestamp = read_time (fields[2]);
  return change;
}

static void
read_files (BelfryChange *change, const char **at, const char *end, const char *encoding)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *name = NULL;

  while ((name = vcs_next_field (at, end)) != NULL && *name != '\0') {
    g_autofree char *text = vcs_text_new (name, -1, encoding);

    g_strv_builder_add (builder, text);
  }
  g_strfreev (change->files);
  change->files = g_strv_builder_end (builder);
}

GPtrArray *
hg_log_read (GBytes *output, const char *branch, const char *encoding, GError **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  gsize bytes = 0;
  const char *at = g_bytes_get_data (output, &bytes);
  const char *end = at + bytes;

  while (at < end) {
    const char *fields[4] = { NULL };
    BelfryChange *change = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
      fields[i] = vcs_next_field (&at, end);
    if (fields[3] == NULL || !hg_node_is_valid (fields[0])) {
      g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                           "hg printed a log that cannot be read");
      return NULL;
    }
    change = make_change (fields, branch, encoding);
    read_files (change, &at, end, encoding);
    g_ptr_array_add (changes, change);
  }
  return g_steal_pointer (&changes);
}

char *
hg_log_dup_range (const char *last, const char *head, guint most)
{
  /* a last one that is no ancestor, or is gone, leaves the head alone */
  return g_strdup_printf ("last(sort((present('%s')::'%s' - present('%s')) + '%s', rev), %u)", last,
                          head, last, head, most);
}
