/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks, where proxies stand between. Immutable once made. */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryProxies BelfryProxies;

/* @items: (nullable): addresses, networks, `unix` */
BelfryProxies *belfry_proxies_new (char **items, GError **error);
void belfry_proxies_free (BelfryProxies *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProxies, belfry_proxies_free)
/* @address: (nullable): who is at the other end; none: a Unix socket */
gboolean belfry_proxies_trust (BelfryProxies *self, GInetAddress *address);
/* The addresses of a Forwarded header (RFC 7239) as X-Forwarded-For writes them; (transfer full)
 * (nullable) */
/* What the nearest proxy said: the last value of @list, its own header's, or else of the pair @name
 * in @forwarded. (transfer full) (nullable) */
char *belfry_proxies_dup_said (const char *list, const char *forwarded, const char *name);
char *belfry_proxies_dup_hops (const char *forwarded);
/* Read from the right, up to the first hop that nobody vouches for; (transfer full) (nullable): a
 * Unix socket. */
char *
belfry_proxies_dup_client (BelfryProxies *self, GInetAddress *address, const char *forwarded_for);
