/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a proxy says of its client counts only where the proxy is trusted, and only what it added
 * itself: the list is read from the right, and ends at the first hop that is not trusted. A hop
 * that is no address ends it as well, so that garbage never becomes somebody.
 */
#include "www/proxies.h"

#include <string.h>

struct _BelfryProxies {
  BelfryAddresses *addresses; /* (nullable) */
  gboolean has_unix;
};

BelfryProxies *
belfry_proxies_new (char **items, GError **error)
{
  g_autoptr (BelfryProxies) self = g_new0 (BelfryProxies, 1);
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  for (char **item = items; item != NULL && *item != NULL; item++) {
    if (g_str_equal (*item, "unix"))
      self->has_unix = TRUE;
    else
      g_ptr_array_add (others, *item);
  }
  g_ptr_array_add (others, NULL);
  if (others->len > 1) {
    self->addresses = belfry_addresses_new ((const char *const *)others->pdata, error);
    if (self->addresses == NULL)
      return NULL;
  }
  return g_steal_pointer (&self);
}

void
belfry_proxies_free (BelfryProxies *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->addresses, belfry_addresses_free);
  g_free (self);
}

gboolean
belfry_proxies_trust (BelfryProxies *self, GInetAddress *address)
{
  if (address == NULL)
    return self->has_unix;
  return self->addresses != NULL && belfry_addresses_contain (self->addresses, address);
}

/* A hop may carry a port: `192.0.2.1:8080`, `[2001:db8::1]:443`. */
static GInetAddress *
parse_hop (const char *text, gsize length)
{
  g_autofree char *hop = g_strstrip (g_strndup (text, length));
  char *colon = strchr (hop, ':');
  char *end = NULL;

  if (hop[0] == '[' && (end = strchr (hop, ']')) != NULL) {
    *end = '\0';
    return g_inet_address_new_from_string (hop + 1);
  }
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';
  return strchr (hop, '%') == NULL ? g_inet_address_new_from_string (hop) : NULL;
}

char *
belfry_proxies_dup_client (BelfryProxies *self, GInetAddress *address, const char *forwarded_for)
{
  g_autoptr (GInetAddress) client = address != NULL ? g_object_ref (address) : NULL;
  gsize length = forwarded_for != NULL ? strlen (forwarded_for) : 0;

  while (length > 0 && belfry_proxies_trust (self, client)) {
    const char *comma = g_strrstr_len (forwarded_for, (gssize)length, ",");
    gsize start = comma != NULL ? (gsize)(comma - forwarded_for) + 1 : 0;
    g_autoptr (GInetAddress) hop = parse_hop (forwarded_for + start, length - start);

    if (hop == NULL)
      break;
    g_set_object (&client, hop);
    length = start > 0 ? start - 1 : 0;
  }
  return client != NULL ? g_inet_address_to_string (client) : NULL;
}

/* `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"`; what names nobody is kept as garbage,
 * which ends the reading. */
char *
belfry_proxies_dup_hops (const char *forwarded)
{
  g_auto (GStrv) elements = forwarded != NULL ? g_strsplit (forwarded, ",", 64) : NULL;
  g_autoptr (GString) hops = g_string_new (NULL);

  for (char **element = elements; element != NULL && *element != NULL; element++) {
    g_auto (GStrv) pairs = g_strsplit (*element, ";", 16);
    const char *hop = "unknown";

    for (char **pair = pairs; *pair != NULL; pair++) {
      char *text = g_strstrip (*pair);

      if (g_ascii_strncasecmp (text, "for=", 4) == 0)
        hop = g_strstrip (g_strdelimit (text + 4, "\"", ' '));
    }
    g_string_append_printf (hops, "%s%s", hops->len > 0 ? "," : "", hop);
  }
  return elements != NULL ? g_string_free (g_steal_pointer (&hops), FALSE) : NULL;
}

static char *
dup_pair (const char *element, const char *name)
{
  g_auto (GStrv) pairs = g_strsplit (element, ";", 16);
  gsize length = strlen (name);

  for (char **pair = pairs; *pair != NULL; pair++) {
    char *text = g_strstrip (*pair);

    if (g_ascii_strncasecmp (text, name, length) == 0 && text[length] == '=')
      return g_strdup (g_strstrip (g_strdelimit (text + length + 1, "\"", ' ')));
  }
  return NULL;
}

char *
belfry_proxies_dup_said (const char *list, const char *forwarded, const char *name)
{
  const char *from = list != NULL ? list : forwarded;
  const char *comma = from != NULL ? strrchr (from, ',') : NULL;
  const char *last = comma != NULL ? comma + 1 : from;
  char *said = NULL;

  if (last == NULL)
    return NULL;
  said = list != NULL ? g_strstrip (g_strdup (last)) : dup_pair (last, name);
  if (said != NULL && said[0] == '\0')
    g_clear_pointer (&said, g_free);
  return said;
}
