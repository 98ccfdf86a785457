/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belfry-secret lookup|store|clear NAME, belfry-secret list: what libsecret keeps under
 * service=belfry, name=NAME. Values go through standard output and input. It is a program of its
 * own, because libsecret's file backend ends its process over a damaged keyring; and the one place
 * where synchronous calls are right: it has nothing else to do.
 *
 * Nothing is ever unlocked from here: a prompt would wait for somebody who is not there.
 */
#include <libsecret/secret.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define MAX_SECRET_BYTES 65536

static const SecretSchema schema = {
  "org.belfry.Secret",
  SECRET_SCHEMA_DONT_MATCH_NAME,
  {
      { "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { "name", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

typedef int (*Command) (const char *name, GError **error);

static gboolean
is_locked (gpointer item)
{
  return SECRET_IS_ITEM (item) && secret_item_get_locked (item);
}

static GList *
find_all (const char *name, GError **error)
{
  GHashTable *attributes = g_hash_table_new (g_str_hash, g_str_equal);
  GList *items = NULL;

  g_hash_table_insert (attributes, (gpointer) "service", (gpointer) "belfry");
  if (name != NULL)
    g_hash_table_insert (attributes, (gpointer) "name", (gpointer)name);
  items = secret_password_searchv_sync (&schema, /* lint: a process of its own */
                                        attributes, SECRET_SEARCH_ALL, NULL, error);
  g_hash_table_unref (attributes);
  return items;
}

static int
print_value (gpointer item, GError **error)
{
  SecretValue *value =
      secret_retrievable_retrieve_secret_sync (item, NULL, error); /* lint: a process of its own */
  gsize bytes = 0;
  const char *data = value != NULL ? secret_value_get (value, &bytes) : NULL;

  if (value == NULL)
    return 1;
  fwrite (data, 1, bytes, stdout);
  secret_value_unref (value);
  return 0;
}

static int
look_up (const char *name, GError **error)
{
  GList *items = find_all (name, error);
  GList *readable = items;
  int status = 1;

  while (readable != NULL && is_locked (readable->data))
    readable = readable->next;
  if (readable != NULL)
    status = print_value (readable->data, error);
  else if (items != NULL)
    fprintf (stderr, "the keyring that has it is locked; unlock it, by logging in as this user or "
                     "by 'gnome-keyring-daemon --unlock'\n");
  else if (*error == NULL)
    fprintf (stderr,
             "the secret service has none of that name; 'belfry secret set %s' puts it "
             "there\n",
             name);
  g_list_free_full (items, g_object_unref);
  return status;
}

static int
store (const char *name, GError **error)
{
  g_autofree char *label = g_strdup_printf ("Belfry: %s", name);
  char *value = g_malloc0 (MAX_SECRET_BYTES + 2);
  gsize bytes = fread (value, 1, MAX_SECRET_BYTES + 1, stdin);
  gboolean stored = FALSE;

  if (bytes == 0 || bytes > MAX_SECRET_BYTES || memchr (value, '\0', bytes) != NULL)
    fprintf (stderr, "a secret is text of 1 byte to 64 KiB\n");
  else
    stored = secret_password_store_sync (&schema, /* lint: a process of its own */
                                         SECRET_COLLECTION_DEFAULT, label, value, NULL, error,
                                         "service", "belfry", "name", name, NULL);
  explicit_bzero (value, bytes);
  g_free (value);
  return stored ? 0 : 1;
}

static int
clear (const char *name, GError **error)
{
  gboolean cleared =
      secret_password_clear_sync (&schema, /* lint: a process of its own */
                                  NULL, error, "service", "belfry", "name", name, NULL);

  if (!cleared && *error == NULL)
    fprintf (stderr, "the secret service has none of that name that is not locked\n");
  return cleared ? 0 : 1;
}

static int
list (const char *name, GError **error)
{
  GList *items = find_all (NULL, error);

  for (GList *item = items; item != NULL; item = item->next) {
    GHashTable *attributes = secret_retrievable_get_attributes (item->data);
    const char *found = g_hash_table_lookup (attributes, "name");

    printf ("%s%s\n", found != NULL ? found : "", is_locked (item->data) ? "\tlocked" : "");
    g_hash_table_unref (attributes);
  }
  g_list_free_full (items, g_object_unref);
  return *error == NULL ? 0 : 1;
}

static const struct {
  const char *word;
  int words; /* with it */
  Command run;
} commands[] = {
  { "clear", 2, clear },
  { "list", 1, list },
  { "lookup", 2, look_up },
  { "store", 2, store },
};

static void
explain (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    fprintf (stderr, "there is no secret service here (%s)\n", error->message);
  else
    fprintf (stderr, "%s\n", error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status = 2;

  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  setlocale (LC_ALL, "C.UTF-8");
  for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].word, argv[1]) == 0 && argc == commands[i].words + 1)
      status = commands[i].run (argv[2], &error);
  if (error != NULL) {
    explain (error);
    return 1;
  }
  if (status == 2)
    fprintf (stderr, "usage: belfry-secret lookup|store|clear NAME | list\n");
  return status;
}
