/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets a mail. Interested users come from commits, which strangers write; an address of that
 * origin is written to only inside the domains that the configuration names.
 */
#include "mail.h"

#include <string.h>

void
belfry_mail_recipients_free (BelfryMailRecipients *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->to);
  g_ptr_array_unref (self->cc);
  g_ptr_array_unref (self->envelope);
  g_ptr_array_unref (self->notes);
  g_free (self);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
add_unique (GPtrArray *list, const char *text)
{
  if (!g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL))
    g_ptr_array_add (list, g_strdup (text));
}

static void
note (BelfryMailRecipients *self, const char *what, const char *who)
{
  g_autofree char *shown = belfry_text_make_printable (who, -1, 200);

  g_ptr_array_add (self->notes, g_strdup_printf ("%s: %s", what, shown));
}

/* git authors plus a domain: from the last @ on it is one too many */
static char *
cut_second_at (const char *address)
{
  const char *first = strchr (address, '@');
  const char *last = strrchr (address, '@');

  return first != last ? g_strndup (address, last - address) : g_strdup (address);
}

static gboolean
is_inside (const BelfryMail *self, const char *address)
{
  g_autofree char *domain = belfry_mail_dup_domain (address);
  g_autofree char *own = belfry_mail_dup_domain (self->from_address);

  if (domain == NULL)
    return FALSE;
  if (self->interested_domains == NULL)
    return g_strcmp0 (domain, own) == 0;
  for (guint i = 0; self->interested_domains[i] != NULL; i++)
    if (belfry_glob_match (self->interested_domains[i], domain, BELFRY_GLOB_TEXT))
      return TRUE;
  return FALSE;
}

static void
consider (const BelfryMail *self, BelfryMailRecipients *recipients, JsonObject *user)
{
  const char *name = belfry_json_get_text (user, "name");
  const char *address = belfry_json_get_text (user, "address");
  const char *origin = belfry_json_get_text (user, "origin");
  g_autofree char *cut = NULL;

  if (address == NULL || address[0] == '\0')
    return;
  cut = cut_second_at (address);
  if (!belfry_mail_is_address (cut))
    note (recipients, "INVALID EMAIL", address);
  else if (g_strcmp0 (origin, "commit") == 0 && !is_inside (self, cut))
    note (recipients, "outside interested-domains", name != NULL ? name : cut);
  else
    add_unique (recipients->to, cut);
}

static void
add_array (GPtrArray *list, JsonArray *array)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (json_node_get_value_type (node) == G_TYPE_STRING &&
        belfry_mail_is_address (json_node_get_string (node)))
      add_unique (list, json_node_get_string (node));
  }
}

static void
finish (BelfryMailRecipients *self)
{
  GPtrArray *const lists[] = { self->to, self->cc };

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++) {
    g_ptr_array_sort (lists[l], compare_texts);
    for (guint i = 0; i < lists[l]->len; i++) {
      g_autofree char *bare = belfry_mail_dup_bare (g_ptr_array_index (lists[l], i));

      add_unique (self->envelope, bare);
    }
  }
}

BelfryMailRecipients *
belfry_mail_choose_recipients (const BelfryMail *self, const BelfryReport *report)
{
  BelfryMailRecipients *recipients = g_new0 (BelfryMailRecipients, 1);
  JsonObject *data = belfry_report_get_data (report);
  JsonArray *users = belfry_json_get_array (data, "users");
  JsonObject *worker = belfry_json_get_object (data, "worker");
  GPtrArray *extra = NULL;

  recipients->to = g_ptr_array_new_with_free_func (g_free);
  recipients->cc = g_ptr_array_new_with_free_func (g_free);
  recipients->envelope = g_ptr_array_new_with_free_func (g_free);
  recipients->notes = g_ptr_array_new_with_free_func (g_free);
  if (worker != NULL) {
    /* only whom the worker's own configuration names hears that it is gone */
    add_array (recipients->to, belfry_json_get_array (worker, "notify"));
    finish (recipients);
    return recipients;
  }
  for (guint i = 0;
       self->send_to_interested_users && users != NULL && i < json_array_get_length (users); i++)
    consider (self, recipients, json_array_get_object_element (users, i));
  extra = recipients->to->len > 0 ? recipients->cc : recipients->to;
  for (guint i = 0; self->extra_recipients != NULL && self->extra_recipients[i] != NULL; i++)
    add_unique (extra, self->extra_recipients[i]);
  finish (recipients);
  return recipients;
}
