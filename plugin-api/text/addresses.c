/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of addresses and networks (RFC 4632, RFC 4291). A v4-mapped v6 address or network is turned
 * into the v4 one on both sides, so it does not matter which kind of socket a peer came through.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

#define V4_BITS     32
#define V6_BITS     128
#define MAPPED_BITS 96

struct _BelfryAddresses {
  GPtrArray *masks; /* (element-type GInetAddressMask) (owned) */
};

/* the same address, as v4 where it is v4-mapped */
static GInetAddress *
unmap (GInetAddress *address)
{
  static const guint8 prefix[MAPPED_BITS / 8] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      memcmp (bytes, prefix, sizeof prefix) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof prefix, G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

static guint
family_bits (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 ? V4_BITS : V6_BITS;
}

static GInetAddressMask *
read_mask (const char *item, GError **error)
{
  const char *slash = strchr (item, '/');
  g_autofree char *host = slash != NULL ? g_strndup (item, slash - item) : g_strdup (item);
  g_autoptr (GInetAddress) written = g_inet_address_new_from_string (host);
  g_autoptr (GInetAddress) address = NULL;
  guint64 bits;

  if (written == NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "not an address or network");
    return NULL;
  }
  bits = family_bits (written);
  if (slash != NULL && !g_ascii_string_to_unsigned (slash + 1, 10, 0, bits, &bits, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "not a length from 0 to %u behind '/'",
                 family_bits (written));
    return NULL;
  }
  /* a network that is wider than the mapped ones stays v6 */
  if (bits < MAPPED_BITS || family_bits (written) == V4_BITS)
    return g_inet_address_mask_new (written, (guint)bits, error);
  address = unmap (written);
  if (family_bits (address) == V4_BITS)
    bits -= MAPPED_BITS;
  return g_inet_address_mask_new (address, (guint)bits, error);
}

/**
 * belfry_addresses_new:
 * @items: (array zero-terminated=1): addresses and networks, v4 and v6, such as `192.0.2.7`,
 *   `10.0.0.0/8`, `2001:db8::/32`
 * @error: return location for an error
 *
 * Reads a list of addresses. A network whose address has bits behind its length is refused. The
 * error is `BELFRY_ERROR_CONFIG` and names the item.
 *
 * Returns: (transfer full): the list
 * Since: 0.1
 */
BelfryAddresses *
belfry_addresses_new (const char *const *items, GError **error)
{
  g_autoptr (BelfryAddresses) self = g_new0 (BelfryAddresses, 1);

  g_return_val_if_fail (items != NULL, NULL);

  self->masks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; items[i] != NULL; i++) {
    g_autoptr (GError) reason = NULL;
    GInetAddressMask *mask = read_mask (items[i], &reason);

    if (mask == NULL) {
      g_autofree char *shown = belfry_text_make_printable (items[i], -1, 80);

      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "address '%s': %s", shown,
                   reason->message);
      return NULL;
    }
    g_ptr_array_add (self->masks, mask);
  }
  return g_steal_pointer (&self);
}

/**
 * belfry_addresses_free:
 * @self: (nullable): a list
 *
 * Frees a list.
 *
 * Since: 0.1
 */
void
belfry_addresses_free (BelfryAddresses *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->masks, g_ptr_array_unref);
  g_free (self);
}

/**
 * belfry_addresses_contain:
 * @self: a list
 * @address: an address
 *
 * Tells whether an address is in the list; a v4-mapped one is looked up as v4.
 *
 * Returns: TRUE if so
 * Since: 0.1
 */
gboolean
belfry_addresses_contain (BelfryAddresses *self, GInetAddress *address)
{
  g_autoptr (GInetAddress) plain = NULL;

  g_return_val_if_fail (self != NULL && G_IS_INET_ADDRESS (address), FALSE);

  plain = unmap (address);
  for (guint i = 0; i < self->masks->len; i++) {
    if (g_inet_address_mask_matches (g_ptr_array_index (self->masks, i), plain))
      return TRUE;
  }
  return FALSE;
}
