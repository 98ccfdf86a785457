/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forwarded headers: a client that comes out is an address, and where nobody is trusted it is who
 * is at the other end. An input is a line as X-Forwarded-For has it, and one as Forwarded has it.
 */
#include "fuzz.h"

#include "www/proxies.h"

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  return 0;
}

static void
check_client (BelfryProxies *proxies, const char *list)
{
  g_autoptr (GInetAddress) peer = g_inet_address_new_from_string ("192.0.2.1");
  g_autoptr (BelfryProxies) nobody = belfry_proxies_new (NULL, NULL);
  g_autofree char *client = belfry_proxies_dup_client (proxies, peer, list);
  g_autofree char *near = belfry_proxies_dup_client (nobody, peer, list);
  g_autoptr (GInetAddress) parsed = client != NULL ? g_inet_address_new_from_string (client) : NULL;

  g_assert_nonnull (parsed);
  g_assert_cmpstr (near, ==, "192.0.2.1");
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *trusted[] = { (char *)"192.0.2.0/24", (char *)"2001:db8::/32", NULL };
  g_autoptr (BelfryProxies) proxies = belfry_proxies_new (trusted, NULL);
  g_autofree char *list = fuzz_take_text (&data, &size, '\n');
  g_autofree char *forwarded = fuzz_take_text (&data, &size, '\n');
  g_autofree char *hops = belfry_proxies_dup_hops (forwarded);
  g_autofree char *host = belfry_proxies_dup_said (NULL, forwarded, "host");
  g_autofree char *said = belfry_proxies_dup_said (list, NULL, "host");

  check_client (proxies, list);
  check_client (proxies, hops);
  g_assert_true (host == NULL || host[0] != '\0');
  g_assert_true (said == NULL || said[0] != '\0');
  return 0;
}
