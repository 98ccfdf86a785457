/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recorded requests: each file holds a hook's options, a request, the answers of the forge's API,
 * and under `expect` the changes that must come of it. Statuses of other servers are read as what
 * they mean here: an unknown event is nothing to do, an unknown content type is one, all other
 * refusals are malformed requests. Names of options have dashes here where they have underscores
 * there. What the host alone decides (signatures, methods) is none of a hook's and not looked at.
 */
#include "hook-test.h"

#include <math.h>
#include <string.h>

typedef struct {
  char *hook;
  char *path;
} Vector;

/* options that the host owns */
static const char *const host_options[] = { "class", "secret", "secret-key", "strict", NULL };

/* texts that have no null in a record */
static const struct {
  const char *name;
  gsize offset;
  gboolean never_null;
} texts[] = {
  { "author", G_STRUCT_OFFSET (BelfryChange, author), TRUE },
  { "branch", G_STRUCT_OFFSET (BelfryChange, branch), FALSE },
  { "category", G_STRUCT_OFFSET (BelfryChange, category), FALSE },
  { "codebase", G_STRUCT_OFFSET (BelfryChange, codebase), FALSE },
  { "comments", G_STRUCT_OFFSET (BelfryChange, comments), TRUE },
  { "committer", G_STRUCT_OFFSET (BelfryChange, committer), FALSE },
  { "project", G_STRUCT_OFFSET (BelfryChange, project), TRUE },
  { "repository", G_STRUCT_OFFSET (BelfryChange, repository), TRUE },
  { "revision", G_STRUCT_OFFSET (BelfryChange, revision), FALSE },
  { "revlink", G_STRUCT_OFFSET (BelfryChange, revlink), TRUE },
  { "src", G_STRUCT_OFFSET (BelfryChange, src), FALSE },
};

static char *
replace (const char *text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (text, from, -1);

  return g_strjoinv (to, parts);
}

static void
append_item (GString *line, const char *text, gboolean in_list)
{
  g_autofree char *doubled = replace (text, "\\", "\\\\");
  g_autofree char *escaped = replace (doubled, ";", "\\;");
  g_autofree char *addressed =
      replace (in_list ? escaped : doubled, "$API_STUB", BELFRY_HOOK_TEST_API);

  g_string_append (line, addressed[0] == ' ' ? "\\s" : "");
  g_string_append (line, addressed[0] == ' ' ? addressed + 1 : addressed);
}

static char *
make_template (const char *callable)
{
  g_autofree char *opened = replace (callable, "{", "{{ ");

  return replace (opened, "}", " }}");
}

static void
append_value (GString *line, JsonNode *value, JsonObject *secrets)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (value) ? json_node_get_object (value) : NULL;
  const char *secret = object != NULL ? belfry_json_get_text (object, "$secret") : NULL;

  if (secret != NULL)
    g_string_append (line, belfry_json_get_text (secrets, secret));
  else if (object != NULL) {
    g_autofree char *text = make_template (belfry_json_get_text (object, "$callable"));

    g_string_append (line, text);
  } else if (JSON_NODE_HOLDS_ARRAY (value)) {
    JsonArray *array = json_node_get_array (value);

    for (guint i = 0; i < json_array_get_length (array); i++) {
      g_string_append (line, i > 0 ? ";" : "");
      append_item (line, json_array_get_string_element (array, i), TRUE);
    }
  } else if (json_node_get_value_type (value) == G_TYPE_BOOLEAN)
    g_string_append (line, json_node_get_boolean (value) ? "true" : "false");
  else
    append_item (line, json_node_get_string (value), FALSE);
}

/* the options as lines of a section */
static char *
make_keys (JsonObject *vector, const char *hook)
{
  JsonObject *config = belfry_json_get_object (vector, "config");
  JsonObject *dialects = belfry_json_get_object (config, "change_hook_dialects");
  JsonObject *options = belfry_json_get_object (dialects, hook);
  g_autoptr (GList) names = options != NULL ? json_object_get_members (options) : NULL;
  GString *keys = g_string_new (NULL);

  for (GList *at = names; at != NULL; at = at->next) {
    JsonNode *value = json_object_get_member (options, at->data);
    g_autofree char *name = g_strdelimit (g_strdup (at->data), "_", '-');

    if (JSON_NODE_HOLDS_NULL (value) || g_strv_contains (host_options, name))
      continue;
    g_string_append (keys, name);
    if (JSON_NODE_HOLDS_OBJECT (value) &&
        json_object_has_member (json_node_get_object (value), "$callable"))
      g_string_append (keys, "-format");
    g_string_append (keys, strcmp (name, "token") == 0 ? "=plain:" : "=");
    append_value (keys, value, belfry_json_get_object (config, "secrets"));
    g_string_append_c (keys, '\n');
  }
  return g_string_free (keys, FALSE);
}

static GBytes *
make_body (JsonObject *vector)
{
  const char *text = belfry_json_get_text (vector, "body");
  gsize length = 0;
  guchar *decoded = NULL;

  if (g_strcmp0 (belfry_json_get_text (vector, "body_encoding"), "base64") != 0)
    return g_bytes_new (text, text != NULL ? strlen (text) : 0);
  decoded = g_base64_decode (text, &length);
  return g_bytes_new_take (decoded, length);
}

static BelfryRequest *
make_request (JsonObject *vector)
{
  g_auto (GStrv) target = g_strsplit (belfry_json_get_text (vector, "path_query"), "?", 2);
  JsonObject *headers = belfry_json_get_object (vector, "headers");
  g_autoptr (GList) names = json_object_get_members (headers);
  g_autoptr (GBytes) body = make_body (vector);
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = belfry_json_get_text (vector, "method"),
    .path = target[0],
    .query = target[1],
    .address = "192.0.2.7",
    .body = body,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  for (GList *at = names; at != NULL; at = at->next)
    belfry_request_add_header (request, at->data, belfry_json_get_text (headers, at->data));
  return request;
}

BelfryRequest *
belfry_hook_test_read_recorded (const char *hook, const char *path, char **keys, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr (JsonNode) root = NULL;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  root = belfry_json_parse (text, (gssize)length, NULL, error);
  if (root == NULL)
    return NULL;
  if (keys != NULL)
    *keys = make_keys (json_node_get_object (root), hook);
  return make_request (json_node_get_object (root));
}

static void
set_answers (BelfryTest *test, JsonObject *vector)
{
  JsonArray *stub = belfry_json_get_array (vector, "api_stub");

  for (guint i = 0; stub != NULL && i < json_array_get_length (stub); i++) {
    JsonObject *answer = json_array_get_object_element (stub, i);
    JsonNode *json = json_object_get_member (answer, "json");
    g_autofree char *body =
        json != NULL ? belfry_json_to_text (json) : g_strdup (belfry_json_get_text (answer, "raw"));

    belfry_hook_test_answer (test, belfry_json_get_text (answer, "path"),
                             (guint)belfry_json_get_integer (answer, "status", 0), body);
  }
}

static gboolean is_same (JsonNode *a, JsonNode *b);

static gboolean
is_same_object (JsonObject *a, JsonObject *b)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *value = NULL;

  if (json_object_get_size (a) != json_object_get_size (b))
    return FALSE;
  json_object_iter_init (&iter, a);
  while (json_object_iter_next (&iter, &name, &value)) {
    JsonNode *other = json_object_get_member (b, name);

    if (other == NULL || !is_same (value, other))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_same_array (JsonArray *a, JsonArray *b)
{
  if (json_array_get_length (a) != json_array_get_length (b))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (a); i++)
    if (!is_same (json_array_get_element (a, i), json_array_get_element (b, i)))
      return FALSE;
  return TRUE;
}

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                          json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

/* JSON types count, but numbers by value */
static gboolean
is_same (JsonNode *a, JsonNode *b)
{
  if (is_number (a) && is_number (b))
    return fabs (json_node_get_double (a) - json_node_get_double (b)) <= 0;
  if (JSON_NODE_TYPE (a) != JSON_NODE_TYPE (b))
    return FALSE;
  if (JSON_NODE_HOLDS_OBJECT (a))
    return is_same_object (json_node_get_object (a), json_node_get_object (b));
  if (JSON_NODE_HOLDS_ARRAY (a))
    return is_same_array (json_node_get_array (a), json_node_get_array (b));
  return json_node_equal (a, b);
}

static void
compare_texts (JsonObject *want, BelfryChange *change)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    const char *wanted = belfry_json_get_text (want, texts[i].name);
    const char *have = G_STRUCT_MEMBER (char *, change, texts[i].offset);

    if (texts[i].never_null) {
      wanted = wanted != NULL ? wanted : "";
      have = have != NULL ? have : "";
    }
    if (g_strcmp0 (have, wanted) != 0)
      g_test_fail_printf ("%s is '%s', wanted '%s'", texts[i].name, have, wanted);
  }
}

static void
compare_when (JsonObject *want, BelfryChange *change)
{
  JsonNode *node = json_object_get_member (want, "when_timestamp");

  if (node == NULL || JSON_NODE_HOLDS_NULL (node)) {
    g_assert_cmpint (change->when_timestamp, ==, BELFRY_NONE);
    return;
  }
  g_assert_cmpint (belfry_time_to_seconds (change->when_timestamp), ==,
                   (gint64)floor (json_node_get_double (node)));
}

static void
compare_files (JsonObject *want, BelfryChange *change)
{
  JsonArray *files = belfry_json_get_array (want, "files");
  guint n_files = files != NULL ? json_array_get_length (files) : 0;
  guint n_have = change->files != NULL ? g_strv_length (change->files) : 0;

  g_assert_cmpuint (n_have, ==, n_files);
  for (guint i = 0; i < n_files; i++)
    g_assert_cmpstr (change->files[i], ==, json_array_get_string_element (files, i));
}

static void
compare_properties (JsonObject *want, BelfryChange *change)
{
  JsonObject *wanted = belfry_json_get_object (want, "properties");
  guint n_wanted = wanted != NULL ? json_object_get_size (wanted) : 0;
  guint n_have = 0;

  for (guint i = 0; i < belfry_properties_get_count (change->properties); i++) {
    const char *name = belfry_properties_get_name (change->properties, i);
    JsonNode *value = belfry_properties_get_value (change->properties, name);
    JsonNode *other = wanted != NULL ? json_object_get_member (wanted, name) : NULL;
    g_autofree char *text = belfry_json_to_text (value);

    g_assert_cmpstr (belfry_properties_get_source (change->properties, name), ==, "Change");
    if (strcmp (name, "from_fork") == 0)
      continue;
    n_have++;
    if (other == NULL || !is_same (value, other))
      g_test_fail_printf ("property '%s' must not be %s", name, text);
  }
  g_assert_cmpuint (n_have, ==, n_wanted);
}

static void
compare_changes (JsonArray *want, GPtrArray *changes)
{
  g_assert_cmpuint (changes->len, ==, json_array_get_length (want));
  for (guint i = 0; i < changes->len; i++) {
    JsonObject *wanted = json_array_get_object_element (want, i);
    BelfryChange *change = g_ptr_array_index (changes, i);

    compare_texts (wanted, change);
    compare_when (wanted, change);
    compare_files (wanted, change);
    compare_properties (wanted, change);
  }
}

static void
compare_asked (JsonObject *expect, BelfryTest *test)
{
  JsonArray *requests = belfry_json_get_array (expect, "api_requests");
  GPtrArray *asked = belfry_test_get_asked (test);

  if (requests == NULL)
    return;
  g_assert_cmpuint (asked->len, ==, json_array_get_length (requests));
  for (guint i = 0; i < asked->len; i++) {
    JsonObject *request = json_array_get_object_element (requests, i);
    const char *authorization =
        belfry_json_get_text (belfry_json_get_object (request, "headers"), "authorization");
    g_autofree char *line = g_strdup_printf ("%s %s %s", belfry_json_get_text (request, "method"),
                                             belfry_json_get_text (request, "path"),
                                             authorization != NULL ? authorization : "");

    g_assert_cmpstr (g_ptr_array_index (asked, i), ==, line);
  }
}

static gboolean
has_prefix (JsonObject *expect, const char *prefix)
{
  const char *body = belfry_json_get_text (expect, "body");

  return body != NULL && g_str_has_prefix (body, prefix);
}

/* what a request without change must be */
static BelfryTranslationKind
choose_refusal (JsonObject *vector, BelfryTranslation *translation)
{
  JsonObject *expect = belfry_json_get_object (vector, "expect");

  if (has_prefix (expect, "Unknown event: "))
    return BELFRY_TRANSLATION_NOTHING;
  if (has_prefix (expect, "Unknown content type: "))
    return BELFRY_TRANSLATION_UNSUPPORTED_TYPE;
  if (belfry_json_get_integer (expect, "status", 0) < 400)
    return BELFRY_TRANSLATION_NOTHING;
  /* without any type both are right */
  if (belfry_json_get_text (vector, "content_type") == NULL &&
      translation->kind == BELFRY_TRANSLATION_UNSUPPORTED_TYPE)
    return BELFRY_TRANSLATION_UNSUPPORTED_TYPE;
  return BELFRY_TRANSLATION_MALFORMED;
}

/* a form's hook takes no other body, whatever other servers make of one */
static gboolean
is_foreign_body (JsonObject *vector, const char *hook, BelfryRequest *request)
{
  g_autofree char *type = belfry_request_dup_media_type (request);

  return strcmp (hook, "base") == 0 && g_bytes_get_size (belfry_request_get_body (request)) > 0 &&
         g_strcmp0 (type, "application/x-www-form-urlencoded") != 0 &&
         g_strcmp0 (type, "multipart/form-data") != 0;
}

static void
play (gconstpointer data)
{
  const Vector *file = data;
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr (GError) local = NULL;
  gboolean read = g_file_get_contents (file->path, &text, &length, &local);
  g_autoptr (JsonNode) root = read ? belfry_json_parse (text, (gssize)length, NULL, &local) : NULL;
  JsonObject *vector = root != NULL ? json_node_get_object (root) : NULL;
  g_autofree char *keys = NULL;
  g_autoptr (BelfryTest) test = NULL;
  g_autoptr (BelfryRequest) request = NULL;
  g_autoptr (BelfryTranslation) translation = NULL;
  JsonObject *expect = NULL;
  JsonArray *changes = NULL;

  g_assert_no_error (local);
  keys = make_keys (vector, file->hook);
  expect = belfry_json_get_object (vector, "expect");
  changes = belfry_json_get_array (expect, "changes");
  test = belfry_hook_test_new (file->hook, keys);
  request = make_request (vector);
  set_answers (test, vector);
  translation = belfry_test_settle (test, request, &local);
  g_assert_no_error (local);
  if (is_foreign_body (vector, file->hook, request))
    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_UNSUPPORTED_TYPE);
  else if (changes != NULL && json_array_get_length (changes) > 0) {
    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_CHANGES);
    compare_changes (changes, translation->changes);
    compare_asked (expect, test);
  } else
    g_assert_cmpint (translation->kind, ==, choose_refusal (vector, translation));
}

static void
vector_free (gpointer data)
{
  Vector *vector = data;

  g_free (vector->hook);
  g_free (vector->path);
  g_free (vector);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

void
belfry_hook_test_add_vectors (const char *name, const char *folder)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &local);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  const char *file = NULL;

  g_assert_no_error (local);
  while ((file = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (file, ".json"))
      g_ptr_array_add (files, g_strdup (file));
  g_assert_cmpuint (files->len, >, 0);
  g_ptr_array_sort (files, compare_names);
  for (guint i = 0; i < files->len; i++) {
    Vector *vector = g_new0 (Vector, 1);
    g_autofree char *stem = g_strndup (g_ptr_array_index (files, i),
                                       strlen (g_ptr_array_index (files, i)) - strlen (".json"));
    g_autofree char *path = g_strdup_printf ("/%s/recorded/%s", name, stem);

    vector->hook = g_strdup (name);
    vector->path = g_build_filename (folder, g_ptr_array_index (files, i), NULL);
    g_test_add_data_func_full (path, vector, play, vector_free);
  }
}
