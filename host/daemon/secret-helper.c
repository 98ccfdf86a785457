/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belfry-secret NAME: prints the secret that libsecret keeps under service=belfry, name=NAME. A
 * program of its own, because libsecret's file backend ends its process over a damaged keyring. It
 * is the one place where a synchronous call is right: it has nothing else to do.
 */
#include <libsecret/secret.h>
#include <locale.h>
#include <stdio.h>

static const SecretSchema schema = {
  "org.belfry.Secret",
  SECRET_SCHEMA_DONT_MATCH_NAME,
  {
      { "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { "name", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  char *value = NULL;

  setlocale (LC_ALL, "C.UTF-8");
  if (argc != 2) {
    fprintf (stderr, "usage: belfry-secret NAME\n");
    return 2;
  }
  value = secret_password_lookup_sync (&schema, /* lint: a process of its own */
                                       NULL, &error, "service", "belfry", "name", argv[1], NULL);
  if (error != NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (value == NULL) {
    fprintf (stderr, "the secret service has none of that name\n");
    return 1;
  }
  fputs (value, stdout);
  secret_password_free (value);
  return 0;
}
