/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A secret may show as it is, by its longer lines, in base64, or percent-encoded. A stream is
 * searched from left to right, the longest form first; where the end of a piece could be the
 * beginning of a form, that end is held until more is known, so it does not matter where a stream
 * is torn.
 */
#include "mask.h"
#include <string.h>

#define LONG_LINE_CHARS 8

typedef struct {
  char *needle;
  gsize n_bytes;
  char *shown; /* <NAME> */
} Mask;

struct _LocalMasks {
  GPtrArray *masks;    /* (element-type Mask) longest first */
  gboolean first[256]; /* bytes with which a form begins */
};

static void
mask_free (gpointer data)
{
  Mask *self = data;

  explicit_bzero (self->needle, self->n_bytes);
  g_free (self->needle);
  g_free (self->shown);
  g_free (self);
}

LocalMasks *
local_masks_new (void)
{
  LocalMasks *self = g_new0 (LocalMasks, 1);

  self->masks = g_ptr_array_new_with_free_func (mask_free);
  return self;
}

void
local_masks_free (LocalMasks *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->masks);
  g_free (self);
}

gboolean
local_masks_is_empty (const LocalMasks *self)
{
  return self->masks->len == 0;
}

static int
compare_masks (gconstpointer a, gconstpointer b)
{
  const Mask *one = *(Mask *const *)a;
  const Mask *two = *(Mask *const *)b;

  return (one->n_bytes < two->n_bytes) - (one->n_bytes > two->n_bytes);
}

static void
add_form (LocalMasks *self, const char *name, const char *form)
{
  Mask *mask = NULL;

  for (guint i = 0; i < self->masks->len; i++) {
    if (g_str_equal (((Mask *)g_ptr_array_index (self->masks, i))->needle, form))
      return;
  }
  mask = g_new0 (Mask, 1);
  mask->needle = g_strdup (form);
  mask->n_bytes = strlen (form);
  mask->shown = g_strdup_printf ("<%s>", name);
  self->first[(guchar)*form] = TRUE;
  g_ptr_array_add (self->masks, mask);
}

/* FALSE: it is too short to be masked */
gboolean
local_masks_add (LocalMasks *self, const char *name, const char *value)
{
  g_autofree char *base64 = NULL;
  g_autofree char *encoded = NULL;
  g_autofree char *stripped = g_strchomp (g_strdup (value));
  g_auto (GStrv) lines = g_strsplit (value, "\n", -1);

  if (g_utf8_strlen (stripped, -1) < LOCAL_MASK_MIN_CHARS)
    return FALSE;
  base64 = g_base64_encode ((const guchar *)value, strlen (value));
  encoded = belfry_text_percent_encode (value);
  add_form (self, name, value);
  add_form (self, name, stripped);
  add_form (self, name, base64);
  add_form (self, name, encoded);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_utf8_strlen (lines[i], -1) >= LONG_LINE_CHARS)
      add_form (self, name, lines[i]);
  }
  g_ptr_array_sort (self->masks, compare_masks);
  return TRUE;
}

/* The longest form that stands at @at. @undecided: more bytes could make it a longer one */
static const Mask *
find_at (const LocalMasks *self, const char *at, gsize rest, gboolean *undecided)
{
  *undecided = FALSE;
  for (guint i = 0; i < self->masks->len; i++) {
    const Mask *mask = g_ptr_array_index (self->masks, i);

    if (memcmp (at, mask->needle, MIN (rest, mask->n_bytes)) != 0)
      continue;
    if (rest >= mask->n_bytes)
      return mask;
    *undecided = TRUE;
  }
  return NULL;
}

static gsize
skip_plain (const LocalMasks *self, const char *bytes, gsize at, gsize n_bytes)
{
  while (at < n_bytes && !self->first[(guchar)bytes[at]])
    at++;
  return at;
}

/* Returns how many bytes were decided. */
static gsize
scan (const LocalMasks *self, const char *bytes, gsize n_bytes, gboolean final, GString *to)
{
  gsize from = 0;
  gsize at = skip_plain (self, bytes, 0, n_bytes);

  while (at < n_bytes) {
    gboolean undecided = FALSE;
    const Mask *mask = find_at (self, bytes + at, n_bytes - at, &undecided);

    if (undecided && !final)
      break;
    if (mask != NULL) {
      g_string_append_len (to, bytes + from, (gssize)(at - from));
      g_string_append (to, mask->shown);
      from = at + mask->n_bytes;
      at = from;
    } else
      at++;
    at = skip_plain (self, bytes, at, n_bytes);
  }
  g_string_append_len (to, bytes + from, (gssize)(at - from));
  return at;
}

void
local_masks_feed (const LocalMasks *self,
                  GString *held,
                  const char *bytes,
                  gsize n_bytes,
                  gboolean final,
                  GString *to)
{
  gsize decided = 0;

  if (held->len == 0) {
    decided = scan (self, bytes, n_bytes, final, to);
    g_string_append_len (held, bytes + decided, (gssize)(n_bytes - decided));
    return;
  }
  g_string_append_len (held, bytes, (gssize)n_bytes);
  decided = scan (self, held->str, held->len, final, to);
  g_string_erase (held, 0, (gssize)decided);
}

char *
local_masks_apply (const LocalMasks *self, const char *text)
{
  GString *to = g_string_new (NULL);

  scan (self, text, strlen (text), TRUE, to);
  return g_string_free (to, FALSE);
}

static JsonNode *
apply_array (const LocalMasks *self, JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *result = json_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (
        result,
        local_masks_apply_node (self, belfry_json_copy (json_array_get_element (array, i))));
  json_node_take_array (node, result);
  return node;
}

static JsonNode *
apply_object (const LocalMasks *self, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *result = json_object_new ();
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &value)) {
    g_autofree char *shown = local_masks_apply (self, name);

    json_object_set_member (result, shown, local_masks_apply_node (self, belfry_json_copy (value)));
  }
  json_node_take_object (node, result);
  return node;
}

JsonNode *
local_masks_apply_node (const LocalMasks *self, JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;

  if (local_masks_is_empty (self))
    return g_steal_pointer (&owned);
  if (JSON_NODE_HOLDS_ARRAY (owned))
    return apply_array (self, json_node_get_array (owned));
  if (JSON_NODE_HOLDS_OBJECT (owned))
    return apply_object (self, json_node_get_object (owned));
  if (JSON_NODE_HOLDS_VALUE (owned) && json_node_get_value_type (owned) == G_TYPE_STRING) {
    g_autofree char *text = local_masks_apply (self, json_node_get_string (owned));

    return belfry_json_new_text (text);
  }
  return g_steal_pointer (&owned);
}
