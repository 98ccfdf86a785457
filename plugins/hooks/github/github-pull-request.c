/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pull request: the payload tells all of the change but its files, and whether the head commit
 * asks to be skipped. So it is pending: stored and answered first, asked about afterwards. The
 * pending JSON holds the change as a record, and the three parts of the API's paths.
 */
#include "github.h"

#include "payload.h"

#include <string.h>

static const char *const wanted_actions[] = { "opened", "reopened", "synchronize", NULL };

/* a segment of an API path that a payload names: never one that leads elsewhere */
static gboolean
is_segment (const char *text)
{
  return text[0] != '\0' && strcmp (text, ".") != 0 && strcmp (text, "..") != 0;
}

static gboolean
check_segments (const char *full_name, const char *sha, const char *number, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (full_name, "/", -1);
  gboolean good = g_strv_length (parts) == 2 && is_segment (parts[0]) && is_segment (parts[1]) &&
                  is_segment (sha) && is_segment (number);

  if (!good)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "the repository's name, the head's revision or the number cannot be part of an "
                 "address");
  return good;
}

static char *
compose_comments (JsonNode *payload, GError **error)
{
  g_autofree char *number = belfry_payload_compose (payload, "number", error);
  g_autofree char *commits =
      number != NULL ? belfry_payload_compose (payload, "pull_request.commits", error) : NULL;
  g_autofree char *title =
      commits != NULL ? belfry_payload_compose (payload, "pull_request.title", error) : NULL;
  g_autofree char *body =
      title != NULL ? belfry_payload_compose (payload, "pull_request.body", error) : NULL;

  if (body == NULL)
    return NULL;
  return g_strdup_printf ("GitHub Pull Request #%s (%s commit%s)\n%s\n%s", number, commits,
                          strcmp (commits, "1") == 0 ? "" : "s", title, body);
}

/* §5.7 of the dialect's rules: only where both repositories are known and differ */
static gboolean
is_fork (JsonNode *payload)
{
  JsonNode *head = NULL;
  JsonNode *base = NULL;

  if (!belfry_payload_find (payload, "pull_request.head.repo", &head, NULL) || head == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (head))
    return TRUE;
  if (!belfry_payload_find (payload, "pull_request.head.repo.full_name", &head, NULL) ||
      !belfry_payload_find (payload, "pull_request.base.repo.full_name", &base, NULL) ||
      head == NULL || base == NULL)
    return FALSE;
  return !json_node_equal (head, base);
}

static gboolean
set_properties (const BelfryGithub *self, JsonNode *payload, BelfryChange *change, GError **error)
{
  JsonNode *basename = belfry_payload_need (payload, "pull_request.base.ref", error);
  JsonNode *link = belfry_payload_need (payload, "pull_request._links.html.href", error);

  if (basename == NULL || link == NULL)
    return FALSE;
  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  belfry_properties_set_text (change->properties, "event", "pull_request", "Change");
  belfry_properties_set (change->properties, "basename", basename, "Change");
  belfry_properties_set (change->properties, "pullrequesturl", link, "Change");
  belfry_payload_add_whitelisted (change->properties, "github",
                                  belfry_payload_need (payload, "pull_request", NULL),
                                  (const char *const *)self->property_whitelist);
  if (is_fork (payload))
    belfry_properties_set_boolean (change->properties, "from_fork", TRUE, "Change");
  return TRUE;
}

static gboolean
set_branch (const BelfryGithub *self, JsonNode *payload, BelfryChange *change, GError **error)
{
  g_autofree char *number = belfry_payload_compose (payload, "number", error);

  if (number == NULL)
    return FALSE;
  g_free (change->branch);
  change->branch = g_strdup_printf ("refs/pull/%s/%s", number, self->pullrequest_ref);
  return TRUE;
}

static BelfryChange *
translate_change (const BelfryGithub *self, JsonNode *payload, GError **error)
{
  g_autoptr (BelfryChange) change = belfry_change_new ();

  g_free (change->comments);
  change->comments = compose_comments (payload, error);
  g_clear_pointer (&change->codebase, g_free);
  if (change->comments == NULL ||
      !belfry_payload_get_text (payload, "sender.login", &change->author, error) ||
      !belfry_payload_get_text (payload, "pull_request.head.sha", &change->revision, error) ||
      !belfry_payload_get_time (payload, "pull_request.created_at", &change->when_timestamp,
                                error) ||
      !belfry_payload_get_text (payload, "pull_request._links.html.href", &change->revlink,
                                error) ||
      !belfry_payload_get_text (payload, "repository.html_url", &change->repository, error) ||
      !belfry_payload_get_text (payload, "pull_request.base.repo.full_name", &change->project,
                                error) ||
      !belfry_payload_get_codebase (self->codebase, self->codebase_format, payload,
                                    &change->codebase, error) ||
      !set_branch (self, payload, change, error) || !set_properties (self, payload, change, error))
    return NULL;
  belfry_record_set_text (&change->category, "pull");
  return g_steal_pointer (&change);
}

static JsonNode *
make_pending (JsonNode *payload, BelfryChange *change, GError **error)
{
  g_autofree char *full_name = NULL;
  g_autofree char *sha = NULL;
  g_autofree char *number = belfry_payload_compose (payload, "number", error);
  JsonObject *object = NULL;
  JsonNode *node = NULL;

  if (number == NULL ||
      !belfry_payload_get_text (payload, "repository.full_name", &full_name, error) ||
      !belfry_payload_get_text (payload, "pull_request.head.sha", &sha, error) ||
      !check_segments (full_name != NULL ? full_name : "", sha != NULL ? sha : "", number, error))
    return NULL;
  object = json_object_new ();
  json_object_set_string_member (object, "full_name", full_name);
  json_object_set_string_member (object, "sha", sha);
  json_object_set_string_member (object, "number", number);
  json_object_set_boolean_member (object, "has_codebase", change->codebase != NULL);
  json_object_set_object_member (object, "change",
                                 belfry_record_to_json (change, BELFRY_RECORD_JSON_PROPERTIES));
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

/* what must be there whatever the action */
static gboolean
has_all (JsonNode *payload, GError **error)
{
  static const char *const paths[] = {
    "number",
    "pull_request.base.ref",
    "pull_request.commits",
    "pull_request.title",
    "pull_request.body",
    "pull_request.head.sha",
    "pull_request._links.html.href",
    "repository.full_name",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    if (belfry_payload_need (payload, paths[i], error) == NULL)
      return FALSE;
  return TRUE;
}

BelfryTranslation *
belfry_github_translate_pull_request (const BelfryGithub *self, JsonNode *payload, GError **error)
{
  g_autoptr (BelfryChange) change = NULL;
  JsonNode *action = NULL;
  JsonNode *pending = NULL;

  if (!has_all (payload, error))
    return NULL;
  action = json_object_get_member (json_node_get_object (payload), "action");
  if (action == NULL || json_node_get_value_type (action) != G_TYPE_STRING ||
      !g_strv_contains (wanted_actions, json_node_get_string (action)))
    return belfry_translation_new_nothing ("this action changes no code");
  change = translate_change (self, payload, error);
  if (change == NULL)
    return NULL;
  pending = make_pending (payload, change, error);
  return pending != NULL ? belfry_translation_new_pending (pending) : NULL;
}

gboolean
belfry_github_can_complete (JsonNode *pending)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (pending) ? json_node_get_object (pending) : NULL;
  const char *full_name = object != NULL ? belfry_json_get_text (object, "full_name") : NULL;
  const char *sha = object != NULL ? belfry_json_get_text (object, "sha") : NULL;
  const char *number = object != NULL ? belfry_json_get_text (object, "number") : NULL;

  return full_name != NULL && sha != NULL && number != NULL &&
         belfry_json_get_object (object, "change") != NULL &&
         check_segments (full_name, sha, number, NULL);
}

static char *
make_url (const BelfryGithub *self,
          JsonNode *pending,
          const char *first,
          const char *key,
          const char *last)
{
  JsonObject *object = json_node_get_object (pending);
  g_auto (GStrv) name = g_strsplit (belfry_json_get_text (object, "full_name"), "/", 2);
  g_autofree char *owner = belfry_text_percent_encode (name[0]);
  g_autofree char *repository = belfry_text_percent_encode (name[1]);
  g_autofree char *value = belfry_text_percent_encode (belfry_json_get_text (object, key));

  return g_strdup_printf ("%s/repos/%s/%s/%s/%s%s", self->api_endpoint, owner, repository, first,
                          value, last);
}

char *
belfry_github_get_commit_url (const BelfryGithub *self, JsonNode *pending)
{
  return make_url (self, pending, "commits", "sha", "");
}

char *
belfry_github_get_files_url (const BelfryGithub *self, JsonNode *pending)
{
  return make_url (self, pending, "pulls", "number", "/files");
}

BelfryTranslation *
belfry_github_complete_change (JsonNode *pending, GPtrArray *files)
{
  JsonObject *object = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryChange) change = NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);

  if (!belfry_github_can_complete (pending))
    return belfry_translation_new_nothing ("what was kept is no pull request");
  object = json_node_get_object (pending);
  change = belfry_record_from_json (belfry_change_get_type (),
                                    belfry_json_get_object (object, "change"), &local);
  if (change == NULL)
    return belfry_translation_new_nothing ("what was kept cannot be read: %s", local->message);
  if (!belfry_json_get_boolean (object, "has_codebase", FALSE))
    g_clear_pointer (&change->codebase, g_free);
  change->changeid = 0;
  change->files_unknown = files == NULL;
  belfry_record_set_text (&change->src, "git");
  if (files != NULL) {
    g_strfreev (change->files);
    change->files = g_new0 (char *, files->len + 1);
    for (guint i = 0; i < files->len; i++)
      change->files[i] = g_strdup (g_ptr_array_index (files, i));
  }
  g_ptr_array_add (changes, g_steal_pointer (&change));
  return belfry_translation_new_changes (g_steal_pointer (&changes));
}
