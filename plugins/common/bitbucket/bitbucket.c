/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame: options, content, event, and what all changes of a request share. */
#include "bitbucket.h"

#include "payload.h"

const BelfryOption belfry_bitbucket_options[] = {
  BELFRY_STRING (BelfryBitbucket,
                 codebase,
                 "codebase",
                 .allow_empty = TRUE,
                 .help = N_ ("codebase of every change")),
  BELFRY_TEMPLATE (BelfryBitbucket,
                   codebase_format,
                   "codebase-format",
                   .template_flags = BELFRY_TEMPLATE_STRICT,
                   .sample = "{{ repository.slug }}",
                   .help = N_ ("codebase of a change, made from the payload")),
  BELFRY_LIST (BelfryBitbucket,
               property_whitelist,
               "bitbucket-property-whitelist",
               .default_text = "",
               .help = N_ ("patterns of a pull request's values that become properties")),
  { NULL },
};

void
belfry_bitbucket_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryBitbucket *bitbucket = self;

  belfry_payload_check_codebase (bitbucket->codebase, bitbucket->codebase_format, check);
}

static void
reading_clear (BelfryBitbucketReading *reading)
{
  g_free (reading->links.repository);
  g_free (reading->links.commits);
  g_free (reading->project);
  g_free (reading->src);
  g_free (reading->codebase);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryBitbucketReading, reading_clear)

gboolean
belfry_bitbucket_find_first (JsonNode *root, const char *path, JsonNode **first, GError **error)
{
  JsonArray *list = belfry_payload_need_list (root, path, error);

  *first = NULL;
  if (list == NULL)
    return FALSE;
  if (json_array_get_length (list) > 0)
    *first = json_array_get_element (list, 0);
  return TRUE;
}

static gboolean
read_project (BelfryBitbucketReading *reading, JsonNode *repository, GError **error)
{
  JsonNode *project = NULL;

  if (reading->product->no_project != NULL) {
    if (!belfry_payload_find (repository, "project", &project, error))
      return FALSE;
    if (project == NULL) {
      belfry_record_set_text (&reading->project, reading->product->no_project);
      return TRUE;
    }
  }
  return belfry_payload_get_text (repository, "project.name", &reading->project, error);
}

gboolean
belfry_bitbucket_read_repository (BelfryBitbucketReading *reading,
                                  JsonNode *repository,
                                  GError **error)
{
  const BelfryBitbucketProduct *product = reading->product;

  return repository != NULL &&
         belfry_payload_get_text (repository, product->scm, &reading->src, error) &&
         product->read_links (repository, reading->event->category == NULL, reading->is_own,
                              &reading->links, error) &&
         read_project (reading, repository, error) &&
         belfry_payload_get_codebase (reading->self->codebase, reading->self->codebase_format,
                                      reading->payload, &reading->codebase, error);
}

/* (transfer full) (nullable) */
static char *
compose_author (const BelfryBitbucketReading *reading, GError **error)
{
  JsonNode *actor = belfry_payload_need (reading->payload, "actor", error);
  g_autofree char *name =
      actor != NULL ? belfry_payload_compose (actor, reading->product->display_name, error) : NULL;
  g_autofree char *nick =
      name != NULL
          ? belfry_payload_compose (actor, reading->is_own ? "name" : reading->product->nick, error)
          : NULL;

  return nick != NULL ? g_strdup_printf ("%s <%s>", name, nick) : NULL;
}

BelfryChange *
belfry_bitbucket_new_change (const BelfryBitbucketReading *reading, GError **error)
{
  g_autofree char *author = compose_author (reading, error);
  BelfryChange *change = NULL;

  if (author == NULL)
    return NULL;
  change = belfry_payload_new_change ();
  change->files_unknown = TRUE;
  belfry_record_set_text (&change->author, author);
  belfry_record_set_text (&change->category, reading->event->category);
  belfry_record_set_text (&change->repository, reading->links.repository);
  belfry_record_set_text (&change->project, reading->project);
  belfry_record_set_text (&change->codebase, reading->codebase);
  belfry_record_set_text (&change->src, reading->src);
  return change;
}

static const BelfryBitbucketEvent *
find_event (const BelfryBitbucketProduct *product, const char *header)
{
  g_autofree char *name = g_strdelimit (g_strdup (header), ":", '_');

  for (const BelfryBitbucketEvent *event = product->events; event->name != NULL; event++)
    if (g_str_equal (event->name, name))
      return event;
  return NULL;
}

static BelfryTranslation *
translate_event (BelfryBitbucketReading *reading, const char *header, GError **error)
{
  if (header == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "there is no header X-Event-Key");
    return NULL;
  }
  reading->event = find_event (reading->product, header);
  if (reading->event == NULL)
    return belfry_translation_new_nothing ("this event is not handled");
  return reading->event->category == NULL ? belfry_bitbucket_translate_push (reading, error)
                                          : belfry_bitbucket_translate_pull (reading, error);
}

BelfryTranslation *
belfry_bitbucket_translate (const BelfryBitbucketProduct *product,
                            const BelfryBitbucket *self,
                            BelfryRequest *request)
{
  g_auto (BelfryBitbucketReading) reading = { .product = product, .self = self };
  g_autofree char *type = belfry_request_dup_media_type (request);
  g_autoptr (GError) local = NULL;
  BelfryTranslation *translation = NULL;

  if (g_strcmp0 (type, "application/json") != 0)
    return belfry_translation_new_unsupported_type ("application/json is wanted here");
  reading.payload = belfry_request_get_json (request, &local);
  if (reading.payload != NULL)
    translation =
        translate_event (&reading, belfry_request_get_header (request, "X-Event-Key"), &local);
  return translation != NULL ? translation
                             : belfry_translation_new_malformed ("%s", local->message);
}
