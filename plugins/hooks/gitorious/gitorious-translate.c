/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gitorious-translate.h"

#include "payload.h"

#include <string.h>

static const char *const needed[] = {
  "repository.owner.name",
  "repository.name",
  "after",
  NULL,
};

static const BelfryPayloadField push_fields[] = {
  BELFRY_PAYLOAD_FIELD (TEXT, "repository.url", repository),
  BELFRY_PAYLOAD_FIELD (TEXT, "project.name", project),
  BELFRY_PAYLOAD_FIELD (TEXT, "ref", branch),
  { NULL },
};

static const BelfryPayloadField commit_fields[] = {
  BELFRY_PAYLOAD_FIELD (PERSON, "author", author),
  BELFRY_PAYLOAD_FIELD (TEXT, "message", comments),
  BELFRY_PAYLOAD_FIELD (TEXT, "id", revision),
  BELFRY_PAYLOAD_FIELD (TEXT, "url", revlink),
  BELFRY_PAYLOAD_FIELD (TIME, "timestamp", when_timestamp),
  { NULL },
};

static BelfryChange *
translate_commit (JsonNode *commit, gconstpointer data, GError **error)
{
  JsonNode *payload = (JsonNode *)data;
  g_autoptr (BelfryChange) change = belfry_payload_new_change ();

  if (!belfry_payload_fill (payload, push_fields, change, error) ||
      !belfry_payload_fill (commit, commit_fields, change, error))
    return NULL;
  change->files_unknown = TRUE;
  belfry_record_set_text (&change->src, "git");
  return g_steal_pointer (&change);
}

static BelfryTranslation *
translate_payload (JsonNode *payload, GError **error)
{
  g_autoptr (BelfryChange) common = belfry_payload_new_change ();
  const char *after = NULL;
  JsonArray *commits = NULL;
  GPtrArray *changes = NULL;

  if (!belfry_payload_need_all (payload, needed, error) ||
      !belfry_payload_fill (payload, push_fields, common, error))
    return NULL;
  after = belfry_payload_need_text (payload, "after", error);
  if (after == NULL)
    return NULL;
  if (strspn (after, "0") == strlen (after))
    return belfry_translation_new_nothing ("the branch was deleted");
  commits = belfry_payload_need_list (payload, "commits", error);
  changes = commits != NULL
                ? belfry_payload_make_changes (commits, translate_commit, payload, error)
                : NULL;
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}

BelfryTranslation *
belfry_gitorious_translate (BelfryRequest *request)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) payload = belfry_payload_read_form (request, &local);
  BelfryTranslation *translation = payload != NULL ? translate_payload (payload, &local) : NULL;

  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
