/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gzip, whole or in pieces that a reader can use at once. Any thread. */
#include "www/www-private.h"

#define LEVEL        5
#define BUFFER_BYTES ((gsize)32 * 1024)

struct _BelfryGzip {
  GConverter *converter;
};

BelfryGzip *
belfry_gzip_new (void)
{
  BelfryGzip *self = g_new0 (BelfryGzip, 1);

  self->converter = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, LEVEL));
  return self;
}

void
belfry_gzip_free (BelfryGzip *self)
{
  if (self == NULL)
    return;
  g_object_unref (self->converter);
  g_free (self);
}

GBytes *
belfry_gzip_feed (BelfryGzip *self, GBytes *bytes, gboolean is_last)
{
  g_autoptr (GByteArray) output = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (BUFFER_BYTES);
  gsize left = 0;
  const guint8 *data = bytes != NULL ? g_bytes_get_data (bytes, &left) : NULL;
  GConverterFlags flags = is_last ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_FLUSH;

  for (;;) {
    gsize read = 0;
    gsize written = 0;
    GConverterResult result = g_converter_convert (self->converter, data, left, buffer,
                                                   BUFFER_BYTES, flags, &read, &written, NULL);

    g_byte_array_append (output, buffer, (guint)written);
    if (data != NULL)
      data += read;
    left -= read;
    if (result != G_CONVERTER_CONVERTED)
      break;
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&output));
}

GBytes *
belfry_compress (GBytes *bytes)
{
  g_autoptr (BelfryGzip) gzip = belfry_gzip_new ();

  return belfry_gzip_feed (gzip, bytes, TRUE);
}
