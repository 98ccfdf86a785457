/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each secret is looked for in the forms in which it may show: as it is, each long line of it, what
 * follows the host in an address, percent-encoded, in base64 wherever it begins. Longer forms come
 * first, so that a secret within another does not leave its rest. Text comes in whole lines, so
 * that nothing straddles two calls.
 */
#include "masks.h"

#include "belfry-plugin.h"

#include <string.h>

#define LONG_LINE_BYTES 8
#define CUT_MARK        "…"
/* fewer tell nothing, and would be found in any text */
#define LEAST_PART_BYTES 4

typedef struct {
  gint64 owner;
  char *needle;
  gsize bytes;
  char *shown; /* <NAME> */
} Mask;

struct _BelfryMasks {
  GRWLock lock;
  GPtrArray *masks; /* (element-type Mask) longest first */
};

static void
mask_free (gpointer data)
{
  Mask *mask = data;

  explicit_bzero (mask->needle, mask->bytes);
  g_free (mask->needle);
  g_free (mask->shown);
  g_free (mask);
}

static int
compare_masks (gconstpointer a, gconstpointer b)
{
  const Mask *left = *(Mask *const *)a;
  const Mask *right = *(Mask *const *)b;

  return (left->bytes < right->bytes) - (left->bytes > right->bytes);
}

BelfryMasks *
belfry_masks_new (void)
{
  BelfryMasks *self = g_new0 (BelfryMasks, 1);

  g_rw_lock_init (&self->lock);
  self->masks = g_ptr_array_new_with_free_func (mask_free);
  return self;
}

void
belfry_masks_free (BelfryMasks *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->masks);
  g_rw_lock_clear (&self->lock);
  g_free (self);
}

static void
add_form (BelfryMasks *self, gint64 owner, const char *name, const char *form)
{
  Mask *mask = g_new0 (Mask, 1);

  mask->owner = owner;
  mask->needle = g_strdup (form);
  mask->bytes = strlen (form);
  mask->shown = g_strdup_printf ("<%s>", name);
  g_ptr_array_add (self->masks, mask);
}

/* Those characters of base64 that are the secret's alone, with @before bytes of something before
 * it: `user:secret` of a login hides it so. */
static void
add_base64 (BelfryMasks *self, gint64 owner, const char *name, const char *value, gsize before)
{
  gsize bytes = before + strlen (value);
  gsize first = (before * 8 + 5) / 6;
  gsize end = bytes * 8 / 6;
  g_autofree char *padded = g_strdup_printf ("%.*s%s", (int)before, "xx", value);
  g_autofree char *encoded = g_base64_encode ((const guchar *)padded, bytes);

  explicit_bzero (padded, bytes);
  encoded[end] = '\0';
  if (end - first >= LONG_LINE_BYTES)
    add_form (self, owner, name, encoded + first);
  explicit_bzero (encoded, end);
}

/* who is sent a request may repeat its path; the address of a webhook is all that protects it */
static void
add_path (BelfryMasks *self, gint64 owner, const char *name, const char *value)
{
  const char *host = strstr (value, "://");
  const char *path = host != NULL ? strchr (host + 3, '/') : NULL;

  if (path != NULL && strlen (path) >= LONG_LINE_BYTES)
    add_form (self, owner, name, path);
}

static void
add_lines (BelfryMasks *self, gint64 owner, const char *name, const char *value)
{
  g_auto (GStrv) lines = g_strsplit (value, "\n", -1);

  for (guint i = 0; g_strv_length (lines) > 1 && lines[i] != NULL; i++)
    if (strlen (lines[i]) >= LONG_LINE_BYTES)
      add_form (self, owner, name, lines[i]);
}

void
belfry_masks_add (
    BelfryMasks *self, gint64 owner, const char *name, const char *value, gsize min_bytes)
{
  gsize bytes = value != NULL ? strlen (value) : 0;
  g_autofree char *encoded = NULL;

  if (bytes < min_bytes || bytes == 0)
    return;
  encoded = belfry_text_percent_encode (value);
  g_rw_lock_writer_lock (&self->lock);
  add_form (self, owner, name, value);
  for (gsize before = 0; before < 3; before++)
    add_base64 (self, owner, name, value, before);
  if (g_strcmp0 (encoded, value) != 0)
    add_form (self, owner, name, encoded);
  add_path (self, owner, name, value);
  add_lines (self, owner, name, value);
  g_ptr_array_sort (self->masks, compare_masks);
  g_rw_lock_writer_unlock (&self->lock);
}

void
belfry_masks_forget (BelfryMasks *self, gint64 owner)
{
  g_rw_lock_writer_lock (&self->lock);
  for (guint i = self->masks->len; i > 0; i--) {
    Mask *mask = g_ptr_array_index (self->masks, i - 1);

    if (mask->owner == owner)
      g_ptr_array_remove_index (self->masks, i - 1);
  }
  g_rw_lock_writer_unlock (&self->lock);
}

static GString *
replace_all (const char *data, gsize bytes, const Mask *mask)
{
  const char *end = data + bytes;
  const char *from = data;
  const char *hit = memmem (data, bytes, mask->needle, mask->bytes);
  GString *out = NULL;

  if (hit == NULL)
    return NULL;
  out = g_string_sized_new (bytes);
  while (hit != NULL) {
    g_string_append_len (out, from, hit - from);
    g_string_append (out, mask->shown);
    from = hit + mask->bytes;
    hit = memmem (from, end - from, mask->needle, mask->bytes);
  }
  g_string_append_len (out, from, end - from);
  return out;
}

GBytes *
belfry_masks_apply (BelfryMasks *self, GBytes *text)
{
  g_autoptr (GBytes) masked = NULL;

  g_rw_lock_reader_lock (&self->lock);
  for (guint i = 0; i < self->masks->len; i++) {
    gsize bytes = 0;
    const char *data = g_bytes_get_data (masked != NULL ? masked : text, &bytes);
    GString *replaced = replace_all (data, bytes, g_ptr_array_index (self->masks, i));

    if (replaced == NULL)
      continue;
    g_clear_pointer (&masked, g_bytes_unref);
    masked = g_string_free_to_bytes (replaced);
  }
  g_rw_lock_reader_unlock (&self->lock);
  return g_steal_pointer (&masked);
}

char *
belfry_masks_apply_text (BelfryMasks *self, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (GBytes) masked = belfry_masks_apply (self, bytes);

  if (masked == NULL)
    return g_strdup (text);
  return g_strndup (g_bytes_get_data (masked, NULL), g_bytes_get_size (masked));
}

/* how many bytes before the end of the text are the beginning of a secret */
static gsize
count_begun (const Mask *mask, const char *text, gsize bytes)
{
  gsize most = MIN (mask->bytes - 1, bytes);

  for (gsize count = most; count >= LEAST_PART_BYTES; count--)
    if (memcmp (text + bytes - count, mask->needle, count) == 0)
      return count;
  return 0;
}

static void
hide_begun (BelfryMasks *self, GString *text)
{
  gsize longest = 0;
  const Mask *found = NULL;

  for (guint i = 0; i < self->masks->len; i++) {
    const Mask *mask = g_ptr_array_index (self->masks, i);
    gsize count = count_begun (mask, text->str, text->len);

    if (count > longest) {
      longest = count;
      found = mask;
    }
  }
  if (found == NULL)
    return;
  g_string_truncate (text, text->len - longest);
  g_string_append (text, found->shown);
}

char *
belfry_masks_apply_cut (BelfryMasks *self, const char *text)
{
  g_autofree char *masked = belfry_masks_apply_text (self, text);
  GString *shown = g_string_new (NULL);
  const char *from = masked;
  const char *mark = NULL;

  g_rw_lock_reader_lock (&self->lock);
  while ((mark = strstr (from, CUT_MARK)) != NULL) {
    g_string_append_len (shown, from, mark - from);
    hide_begun (self, shown);
    g_string_append (shown, CUT_MARK);
    from = mark + strlen (CUT_MARK);
  }
  g_rw_lock_reader_unlock (&self->lock);
  g_string_append (shown, from);
  return g_string_free (shown, FALSE);
}
