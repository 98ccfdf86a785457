/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A push: a change for each ref that moved, a deleted one included. In the layout of the hosted
 * service and of the server's plug-in a ref is `new`, or `old` where it is gone; in the server's
 * own a ref has both revisions beside it.
 */
#include "bitbucket.h"

#include "payload.h"

#define DELETED "ref-deleted"
#define PUSHED  "push"

/* one ref that moved */
typedef struct {
  JsonNode *holder; /* what has the revision */
  const char *hash; /* where in it */
  char *branch;     /* (nullable) */
  const char *category;
} Ref;

static void
ref_clear (Ref *ref)
{
  g_free (ref->branch);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ref, ref_clear)

static const struct {
  const char *type;
  const char *prefix;
} ref_types[] = {
  { "branch", "refs/heads/" },
  { "tag", "refs/tags/" },
};

static gboolean
read_branch (Ref *ref, GError **error)
{
  JsonNode *type = belfry_payload_need (ref->holder, "type", error);
  const char *text = type != NULL && json_node_get_value_type (type) == G_TYPE_STRING
                         ? json_node_get_string (type)
                         : NULL;
  g_autofree char *name = NULL;

  if (type == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (ref_types); i++)
    if (g_strcmp0 (text, ref_types[i].type) == 0) {
      name = belfry_payload_compose (ref->holder, "name", error);
      ref->branch = name != NULL ? g_strconcat (ref_types[i].prefix, name, NULL) : NULL;
      return name != NULL;
    }
  return TRUE;
}

static gboolean
read_moved (JsonNode *item, Ref *ref, GError **error)
{
  JsonNode *now = belfry_payload_need (item, "new", error);

  if (now == NULL)
    return FALSE;
  ref->category = JSON_NODE_HOLDS_NULL (now) ? DELETED : PUSHED;
  ref->holder = JSON_NODE_HOLDS_NULL (now) ? belfry_payload_need (item, "old", error) : now;
  ref->hash = "target.hash";
  return ref->holder != NULL && read_branch (ref, error);
}

static gboolean
read_own (JsonNode *item, Ref *ref, GError **error)
{
  const char *type = belfry_payload_need_text (item, "type", error);
  const char *id = type != NULL ? belfry_payload_need_text (item, "ref.id", error) : NULL;
  gboolean is_deleted = g_strcmp0 (type, "DELETE") == 0;
  gboolean is_tag = FALSE;

  if (belfry_payload_get_ref_name (id, &is_tag) != NULL)
    ref->branch = g_strdup (id);
  ref->category = is_deleted ? DELETED : PUSHED;
  ref->holder = item;
  ref->hash = is_deleted ? "fromHash" : "toHash";
  return id != NULL;
}

static BelfryChange *
translate_ref (JsonNode *item, gconstpointer data, GError **error)
{
  const BelfryBitbucketReading *reading = data;
  g_auto (Ref) ref = { NULL };
  g_autoptr (BelfryChange) change = NULL;
  g_autofree char *hash = NULL;

  if (!(reading->is_own ? read_own : read_moved) (item, &ref, error))
    return NULL;
  hash = belfry_payload_compose (ref.holder, ref.hash, error);
  change = hash != NULL ? belfry_bitbucket_new_change (reading, error) : NULL;
  if (change == NULL || !belfry_payload_get_text (ref.holder, ref.hash, &change->revision, error))
    return NULL;
  g_free (change->comments);
  change->comments = g_strdup_printf ("%s commit %s", reading->product->title, hash);
  belfry_record_set_text (&change->branch, ref.branch);
  belfry_record_set_text (&change->category, ref.category);
  g_clear_pointer (&change->revlink, g_free);
  if (reading->links.commits != NULL)
    change->revlink = g_strconcat (reading->links.commits, hash, NULL);
  return g_steal_pointer (&change);
}

BelfryTranslation *
belfry_bitbucket_translate_push (BelfryBitbucketReading *reading, GError **error)
{
  JsonArray *list = NULL;
  GPtrArray *changes = NULL;

  reading->is_own =
      reading->product->has_own_layout &&
      g_str_equal (belfry_payload_choose (reading->payload, "push", "changes"), "changes");
  if (!belfry_bitbucket_read_repository (
          reading, belfry_payload_need (reading->payload, "repository", error), error))
    return NULL;
  list = belfry_payload_need_list (reading->payload, reading->is_own ? "changes" : "push.changes",
                                   error);
  changes = list != NULL ? belfry_payload_make_changes (list, translate_ref, reading, error) : NULL;
  return changes != NULL ? belfry_payload_translate_changes (changes) : NULL;
}
