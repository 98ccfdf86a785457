/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading: thin calls through the reader's table, and what is made of `list` alone. A table that
 * ends before a function (an older host) answers as one that lacks it.
 */
#include "belfry-error.h"
#include "belfry-reader.h"

#define READER_HAS(self, member)                                                                   \
  ((self)->ops->size >= G_STRUCT_OFFSET (BelfryReaderOps, member) + sizeof (gpointer) &&           \
   (self)->ops->member != NULL)

static void
set_unsupported (const char *what, GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED,
               "reading %s: this host does not offer it", what);
}

/**
 * belfry_reader_list:
 * @self: a reader
 * @type: kind of record
 * @query: (nullable): which; %NULL: the first hundred by id
 * @cut: (out) (optional): whether there are more than the limit
 * @error: return location
 *
 * Lists records. Builds, steps, logs and all else that belongs to a builder comes from visible
 * builders only.
 *
 * Returns: (transfer full) (element-type BelfryRecord) (nullable): the records; %NULL with @error
 * set: %BELFRY_ERROR_UNSUPPORTED for a field that is not stored, %BELFRY_ERROR_RETRY where the
 * store is busy
 *
 * Since: 0.1
 */
GPtrArray *
belfry_reader_list (BelfryReader *self,
                    const BelfryRecordType *type,
                    const BelfryQuery *query,
                    gboolean *cut,
                    GError **error)
{
  static const BelfryQuery all = BELFRY_QUERY_INIT;
  gboolean more = FALSE;
  GPtrArray *records = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (type != NULL, NULL);

  if (!READER_HAS (self, list)) {
    set_unsupported ("records", error);
    return NULL;
  }
  records = self->ops->list (self, type, query != NULL ? query : &all, &more, error);
  if (cut != NULL)
    *cut = more;
  return records;
}

/**
 * belfry_reader_count:
 * @self: a reader
 * @type: kind of record
 * @query: (nullable): which; limit and offset do not count
 * @error: return location
 *
 * Counts records.
 *
 * Returns: how many there are; −1 with @error set
 * Since: 0.1
 */
gint64
belfry_reader_count (BelfryReader *self,
                     const BelfryRecordType *type,
                     const BelfryQuery *query,
                     GError **error)
{
  static const BelfryQuery all = BELFRY_QUERY_INIT;

  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (type != NULL, -1);

  if (!READER_HAS (self, count)) {
    set_unsupported ("counts", error);
    return -1;
  }
  return self->ops->count (self, type, query != NULL ? query : &all, error);
}

/* The first record of a query, or NOT_FOUND about @what. */
static gpointer
reader_take_first (BelfryReader *self,
                   const BelfryRecordType *type,
                   BelfryQuery *query,
                   const char *what,
                   GError **error)
{
  g_autoptr (GPtrArray) records = NULL;

  query->limit = 1;
  records = belfry_reader_list (self, type, query, NULL, error);
  if (records == NULL)
    return NULL;
  if (records->len == 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "looking for %s %s: not found",
                 type->name, what);
    return NULL;
  }
  return belfry_record_ref (g_ptr_array_index (records, 0));
}

/**
 * belfry_reader_find:
 * @self: a reader
 * @type: kind of record
 * @id: its primary key
 * @error: return location
 *
 * Finds one record.
 *
 * Returns: (transfer full) (nullable): the record; %NULL with %BELFRY_ERROR_NOT_FOUND set where
 * there is none or it is not visible
 *
 * Since: 0.1
 */
gpointer
belfry_reader_find (BelfryReader *self, const BelfryRecordType *type, gint64 id, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autofree char *what = g_strdup_printf ("%" G_GINT64_FORMAT, id);

  g_return_val_if_fail (type != NULL, NULL);

  query.filters[0].field = type->fields[0].name;
  query.filters[0].number = id;
  return reader_take_first (self, type, &query, what, error);
}

/**
 * belfry_reader_find_builder:
 * @self: a reader
 * @name: its name
 * @error: return location
 *
 * Finds a builder, also one that is no longer configured.
 *
 * Returns: (transfer full) (nullable): the builder; %NULL with %BELFRY_ERROR_NOT_FOUND set
 * Since: 0.1
 */
BelfryBuilder *
belfry_reader_find_builder (BelfryReader *self, const char *name, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autofree char *what = g_strdup_printf ("'%s'", name);

  g_return_val_if_fail (name != NULL, NULL);

  query.filters[0].field = "name";
  query.filters[0].text = name;
  return reader_take_first (self, belfry_builder_get_type (), &query, what, error);
}

/**
 * belfry_reader_find_build:
 * @self: a reader
 * @builderid: its builder
 * @number: its number
 * @error: return location
 *
 * Finds a build by its number.
 *
 * Returns: (transfer full) (nullable): the build; %NULL with %BELFRY_ERROR_NOT_FOUND set
 * Since: 0.1
 */
BelfryBuild *
belfry_reader_find_build (BelfryReader *self, gint64 builderid, gint64 number, GError **error)
{
  BelfryQuery query = BELFRY_QUERY_INIT;
  g_autofree char *what =
      g_strdup_printf ("%" G_GINT64_FORMAT " of builder %" G_GINT64_FORMAT, number, builderid);

  query.filters[0].field = "builderid";
  query.filters[0].number = builderid;
  query.filters[1].field = "number";
  query.filters[1].number = number;
  return reader_take_first (self, belfry_build_get_type (), &query, what, error);
}

/**
 * belfry_reader_read_log:
 * @self: a reader
 * @logid: a log
 * @first_line: first line, from 0
 * @max_lines: how many at most; −1: all that fit in 16 MiB
 * @n_lines: (out) (optional): how many were read
 * @error: return location
 *
 * Reads lines of a log as they are stored: each ends in a newline, in a log of type `s` each begins
 * with the letter of its stream. At most 16 MiB at once, and always whole lines: ask again for the
 * rest.
 *
 * Returns: (transfer full) (nullable): the lines; empty beyond the end; %NULL with @error set
 * Since: 0.1
 */
char *
belfry_reader_read_log (BelfryReader *self,
                        gint64 logid,
                        gint64 first_line,
                        gint64 max_lines,
                        gint64 *n_lines,
                        GError **error)
{
  gint64 read = 0;
  char *text = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (first_line >= 0, NULL);

  if (!READER_HAS (self, read_log)) {
    set_unsupported ("logs", error);
    return NULL;
  }
  text = self->ops->read_log (self, logid, first_line, max_lines, &read, error);
  if (n_lines != NULL)
    *n_lines = read;
  return text;
}

/**
 * belfry_reader_previous_build:
 * @self: a reader
 * @build: a build
 * @same_branch: only builds of the same branch
 * @error: return location
 *
 * Finds the build before: the highest lower number of the builder whose result is not retry. It may
 * still be running.
 *
 * Returns: (transfer full) (nullable): the build; %NULL without @error: there is none
 * Since: 0.1
 */
BelfryBuild *
belfry_reader_previous_build (BelfryReader *self,
                              BelfryBuild *build,
                              gboolean same_branch,
                              GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (build != NULL, NULL);

  if (!READER_HAS (self, previous_build)) {
    set_unsupported ("the previous build", error);
    return NULL;
  }
  return self->ops->previous_build (self, build, same_branch, error);
}

/**
 * belfry_reader_build_changes:
 * @self: a reader
 * @build: a build
 * @error: return location
 *
 * Lists what is new in a build: for each of its stamps the changes after those of the build before,
 * up to its own.
 *
 * Returns: (transfer full) (element-type BelfryChange) (nullable): the changes, oldest first; %NULL
 * with
 * @error set
 * Since: 0.1
 */
GPtrArray *
belfry_reader_build_changes (BelfryReader *self, BelfryBuild *build, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (build != NULL, NULL);

  if (!READER_HAS (self, build_changes)) {
    set_unsupported ("the changes of a build", error);
    return NULL;
  }
  return self->ops->build_changes (self, build, error);
}

/**
 * belfry_reader_responsible_users:
 * @self: a reader
 * @build: a build
 * @error: return location
 *
 * Lists the people of a build: authors of its changes and patches, and its owners.
 *
 * Returns: (transfer full) (nullable): names, sorted, each once; %NULL with @error set
 * Since: 0.1
 */
char **
belfry_reader_responsible_users (BelfryReader *self, BelfryBuild *build, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (build != NULL, NULL);

  if (!READER_HAS (self, responsible_users)) {
    set_unsupported ("the people of a build", error);
    return NULL;
  }
  return self->ops->responsible_users (self, build, error);
}

static BelfrySourceStamp *
reader_find_stamp (BelfryReader *self, gint64 ssid, GError **error)
{
  g_autoptr (BelfrySourceStamp) stored =
      belfry_reader_find (self, belfry_source_stamp_get_type (), ssid, error);
  g_autoptr (BelfrySourceStamp) stamp = belfry_record_copy (stored);

  if (stamp == NULL || stamp->patchid == BELFRY_NONE)
    return g_steal_pointer (&stamp);
  belfry_patch_unref (stamp->patch);
  stamp->patch = belfry_reader_find (self, belfry_patch_get_type (), stamp->patchid, error);
  return stamp->patch != NULL ? g_steal_pointer (&stamp) : NULL;
}

/**
 * belfry_reader_find_buildset:
 * @self: a reader
 * @bsid: its id
 * @error: return location
 *
 * Finds a buildset with its source stamps and their patches.
 *
 * Returns: (transfer full) (nullable): the set; %NULL with %BELFRY_ERROR_NOT_FOUND set
 * Since: 0.1
 */
BelfryBuildset *
belfry_reader_find_buildset (BelfryReader *self, gint64 bsid, GError **error)
{
  g_autoptr (BelfryBuildset) stored =
      belfry_reader_find (self, belfry_buildset_get_type (), bsid, error);
  g_autoptr (BelfryBuildset) set = belfry_record_copy (stored);
  JsonArray *ssids = NULL;

  if (set == NULL)
    return NULL;
  g_clear_pointer (&set->sourcestamps, g_ptr_array_unref);
  set->sourcestamps = g_ptr_array_new_with_free_func (belfry_record_unref);
  if (set->ssids != NULL && JSON_NODE_HOLDS_ARRAY (set->ssids))
    ssids = json_node_get_array (set->ssids);
  for (guint i = 0; ssids != NULL && i < json_array_get_length (ssids); i++) {
    BelfrySourceStamp *stamp =
        reader_find_stamp (self, json_array_get_int_element (ssids, i), error);

    if (stamp == NULL)
      return NULL;
    g_ptr_array_add (set->sourcestamps, stamp);
  }
  return g_steal_pointer (&set);
}

/**
 * belfry_reader_state_get:
 * @self: a reader
 * @key: a key of the instance's own space
 * @error: return location
 *
 * Reads what the instance put under a key.
 *
 * Returns: (transfer full) (nullable): the value; %NULL without @error: there is none
 * Since: 0.1
 */
JsonNode *
belfry_reader_state_get (BelfryReader *self, const char *key, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  if (!READER_HAS (self, state_get)) {
    set_unsupported ("state", error);
    return NULL;
  }
  return self->ops->state_get (self, key, error);
}

/**
 * belfry_reader_state_scan:
 * @self: a reader
 * @prefix: beginning of keys; empty: all
 * @error: return location
 *
 * Reads all that the instance put under keys that begin so.
 *
 * Returns: (transfer full) (element-type utf8 JsonNode) (nullable): key to value; %NULL with @error
 * set
 *
 * Since: 0.1
 */
GHashTable *
belfry_reader_state_scan (BelfryReader *self, const char *prefix, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (prefix != NULL, NULL);

  if (!READER_HAS (self, state_scan)) {
    set_unsupported ("state", error);
    return NULL;
  }
  return self->ops->state_scan (self, prefix, error);
}

/**
 * belfry_reader_host_info:
 * @self: a reader
 *
 * Tells about the host: `title`, `title_url`, `url` and what else the host gives.
 *
 * Returns: (transfer none) (nullable): an object that belongs to the reader
 * Since: 0.1
 */
JsonObject *
belfry_reader_host_info (BelfryReader *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return READER_HAS (self, host_info) ? self->ops->host_info (self) : NULL;
}

/**
 * belfry_reader_may:
 * @self: a reader
 * @action: name of an action
 * @record: (nullable): what it is about
 *
 * Tells whether the visitor may do something, to draw the form for it or not. Where there is no
 * visitor nothing may be done.
 *
 * Returns: whether it is allowed
 * Since: 0.1
 */
gboolean
belfry_reader_may (BelfryReader *self, const char *action, gconstpointer record)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (action != NULL, FALSE);

  return READER_HAS (self, may) && self->ops->may (self, action, record);
}

/**
 * belfry_reader_list_forms:
 * @self: a reader
 * @builder_name: (nullable): only those that feed this builder
 *
 * Lists the force forms.
 *
 * Returns: (transfer full) (nullable): array of forms; %NULL: there are none
 * Since: 0.1
 */
JsonArray *
belfry_reader_list_forms (BelfryReader *self, const char *builder_name)
{
  g_return_val_if_fail (self != NULL, NULL);

  return READER_HAS (self, list_forms) ? self->ops->list_forms (self, builder_name) : NULL;
}

/**
 * belfry_reader_dup_link:
 * @self: a reader
 * @kind: what @name is; of a revision @name is its repository
 * @name: (nullable): as records have it
 * @revision: (nullable): with %BELFRY_LINK_REVISION
 *
 * Asks where the configuration says that a name leads.
 *
 * Returns: (transfer full) (nullable): an address that is http, https or relative; empty: the
 * configuration says that there is none; %NULL: it says nothing
 * Since: 0.1
 */
char *
belfry_reader_dup_link (BelfryReader *self,
                        BelfryLinkKind kind,
                        const char *name,
                        const char *revision)
{
  g_return_val_if_fail (self != NULL, NULL);

  return READER_HAS (self, dup_link) ? self->ops->dup_link (self, kind, name, revision) : NULL;
}

/**
 * belfry_reader_link_text:
 * @self: a reader
 * @text: (nullable): a change's comments
 * @project: (nullable): of the change
 *
 * Splits a text at what the configuration makes links of.
 *
 * Returns: (transfer full): objects with `text` and, for a link, `url` and perhaps `title`; all of
 * them are text that is still to be escaped
 * Since: 0.1
 */
JsonArray *
belfry_reader_link_text (BelfryReader *self, const char *text, const char *project)
{
  JsonArray *parts = NULL;
  JsonObject *part = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  if (READER_HAS (self, link_text))
    return self->ops->link_text (self, text, project);
  parts = json_array_new ();
  part = json_object_new ();
  json_object_set_string_member (part, "text", text != NULL ? text : "");
  json_array_add_object_element (parts, part);
  return parts;
}

/**
 * belfry_reader_read_request:
 * @self: a reader
 * @delivery: a delivery
 * @error: return location
 *
 * Reads the request that a delivery came with, or that of the delivery which it repeats, as it is
 * kept: without secrets and without the headers that prove who sent it.
 *
 * Returns: (transfer full) (nullable): the request; %NULL with @error set: %BELFRY_ERROR_NOT_FOUND
 * where none is kept, or not for so long, %BELFRY_ERROR_UNSUPPORTED where this host has none
 * Since: 0.1
 */
BelfryRequest *
belfry_reader_read_request (BelfryReader *self, BelfryDelivery *delivery, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (delivery != NULL, NULL);

  if (READER_HAS (self, read_request))
    return self->ops->read_request (self, delivery, error);
  set_unsupported ("a stored request", error);
  return NULL;
}
