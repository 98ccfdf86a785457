/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mail.h"

static void
test_addresses (void)
{
  static const char *const good[] = { "foo+bar@example.com", "nobody@example.com.",
                                      "My Name <my.name@example.com>", "<my.name@example.com>",
                                      "egypt@example.xn--wgbh1c" };
  static const char *const bad[] = { "@",
                                     "foo",
                                     "foo@",
                                     "@example.com",
                                     "foo@invalid",
                                     "foobar@ex+ample.com",
                                     "foo bar@example.net",
                                     "My\nName <my.name@example.com>",
                                     "test@example..invalid" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    if (!belfry_mail_is_address (good[i]))
      g_test_fail_printf ("'%s' is an address", good[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (belfry_mail_is_address (bad[i]))
      g_test_fail_printf ("'%s' is no address", bad[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/address/forms", test_addresses);
  return g_test_run ();
}
