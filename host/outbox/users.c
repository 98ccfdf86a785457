/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who hears of a build. A name becomes an address by what the section says (a domain, a map, a
 * program), else by the user it belongs to, else by itself where it is one. Where an address came
 * from is kept beside it: what only stood in a commit is not to be trusted as far as the rest.
 */
#include "prepare.h"

#define MAX_USERS 10000

/* `Name <a@b>` or `a@b` with something on both sides; how strict, is for who sends */
static gboolean
looks_like_address (const char *name)
{
  const char *at = strrchr (name, '@');

  return at != NULL && at > name && at[1] != '\0' && at[1] != '>' && at[-1] != '<' &&
         strpbrk (name, "\r\n") == NULL;
}

/* the address part of `Name <address>` */
static char *
dup_bare_address (const char *name)
{
  const char *open = strrchr (name, '<');
  const char *close = open != NULL ? strchr (open, '>') : NULL;

  return close != NULL ? g_strndup (open + 1, (gsize)(close - open) - 1) : g_strdup (name);
}

static gboolean
has_attribute (JsonObject *attributes, const char *value)
{
  JsonObjectIter iter;
  const char *type = NULL;
  JsonNode *node = NULL;

  json_object_iter_init (&iter, attributes);
  while (json_object_iter_next (&iter, &type, &node))
    if (g_strcmp0 (belfry_json_get_text (attributes, type), value) == 0)
      return TRUE;
  return FALSE;
}

static JsonObject *
get_attributes (const BelfryUserRecord *user)
{
  return user->attributes != NULL && JSON_NODE_HOLDS_OBJECT (user->attributes)
             ? json_node_get_object (user->attributes)
             : NULL;
}

/* the `email` of the user to whom a name belongs */
static char *
find_email (GPtrArray *users, const char *name)
{
  g_autofree char *bare = dup_bare_address (name);

  for (guint i = 0; i < users->len; i++) {
    const BelfryUserRecord *user = g_ptr_array_index (users, i);
    JsonObject *attributes = get_attributes (user);
    const char *email = attributes != NULL ? belfry_json_get_text (attributes, "email") : NULL;

    if (email != NULL && (g_strcmp0 (user->identifier, name) == 0 ||
                          has_attribute (attributes, name) || has_attribute (attributes, bare)))
      return g_strdup (email);
  }
  return NULL;
}

/* (nullable): nobody; @origin changes where the address does not come from the name itself */
static char *
look_up (const BelfryReporting *reporting, const BelfryPerson *person, const char **origin)
{
  const BelfryReporterKeys *keys = reporting->keys;
  const char *mapped =
      keys->lookup_map != NULL ? belfry_map_lookup (keys->lookup_map, person->name) : NULL;

  if (mapped != NULL) {
    *origin = "lookup";
    return *mapped != '\0' ? g_strdup (mapped) : NULL;
  }
  if (keys->lookup != NULL && strchr (person->name, '@') == NULL) {
    *origin = "lookup";
    return g_strconcat (person->name, "@", keys->lookup, NULL);
  }
  return looks_like_address (person->name) ? g_strdup (person->name) : NULL;
}

static void
resolve (const BelfryReporting *reporting, GPtrArray *users, BelfryPerson *person)
{
  const BelfryReporterKeys *keys = reporting->keys;

  if (person->asked) {
    person->origin = "lookup";
    return;
  }
  if (keys->lookup == NULL &&
      (keys->lookup_map == NULL || belfry_map_lookup (keys->lookup_map, person->name) == NULL)) {
    person->address = find_email (users, person->name);
    if (person->address != NULL) {
      person->origin = "user";
      return;
    }
  }
  person->address = look_up (reporting, person, &person->origin);
}

gboolean
belfry_draft_resolve_people (BelfryDraft *self, BelfryReader *reader, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autoptr (GPtrArray) users = NULL;
  JsonArray *array = json_array_new ();

  json_object_set_array_member (self->report, "users", array);
  if (self->people->len == 0)
    return TRUE;
  query.limit = MAX_USERS;
  users = belfry_reader_list (reader, belfry_user_record_get_type (), &query, NULL, error);
  if (users == NULL)
    return FALSE;
  for (guint i = 0; i < self->people->len; i++) {
    BelfryPerson *person = g_ptr_array_index (self->people, i);
    JsonObject *object = json_object_new ();

    resolve (self->reporting, users, person);
    json_object_set_string_member (object, "name", person->name);
    if (person->address != NULL)
      json_object_set_string_member (object, "address", person->address);
    else
      json_object_set_null_member (object, "address");
    json_object_set_string_member (object, "origin", person->origin);
    json_array_add_object_element (array, object);
  }
  return TRUE;
}
