/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The small things of page data: results as class, mark and word; people; revisions with their
 * links; natural order of names. Links are made from http and https only; whatever else a stranger
 * wrote stays text.
 */
#include "views.h"

#define VIEWS_MAX_LINK_BYTES 2000
#define VIEWS_SHORT_REVISION 12

/* shape, word and class together, so that no page tells a result by colour alone */
static const struct {
  gint64 results;
  const char *mark;
} views_marks[] = {
  { BELFRY_RESULT_SUCCESS, "✓" },   { BELFRY_RESULT_WARNINGS, "!" },
  { BELFRY_RESULT_FAILURE, "✗" },   { BELFRY_RESULT_SKIPPED, "↷" },
  { BELFRY_RESULT_EXCEPTION, "⚡" }, { BELFRY_RESULT_RETRY, "↻" },
  { BELFRY_RESULT_CANCELLED, "⊘" },
};

const char *
views_get_mark (gint64 results, gboolean complete)
{
  if (!complete)
    return "▸";
  for (gsize i = 0; i < G_N_ELEMENTS (views_marks); i++) {
    if (views_marks[i].results == results)
      return views_marks[i].mark;
  }
  return "?";
}

const char *
views_get_class (gint64 results, gboolean complete)
{
  if (!complete)
    return N_ ("running");
  if (results < BELFRY_RESULT_SUCCESS || results > BELFRY_RESULT_CANCELLED)
    return "exception";
  return belfry_result_get_name (results);
}

void
views_put_outcome (JsonObject *object, gint64 results, gboolean complete)
{
  json_object_set_string_member (object, "class", views_get_class (results, complete));
  json_object_set_string_member (object, "mark", views_get_mark (results, complete));
  json_object_set_string_member (object, "word", views_get_class (results, complete));
  json_object_set_boolean_member (object, "complete", complete);
}

void
views_put_time (JsonObject *object, const char *name, gint64 time_us)
{
  if (time_us == BELFRY_NONE)
    json_object_set_null_member (object, name);
  else
    json_object_set_int_member (object, name, belfry_time_to_seconds (time_us));
}

/* Templates print what they get, and null would be a word. */
void
views_put_text (JsonObject *object, const char *name, const char *text)
{
  json_object_set_string_member (object, name, text != NULL ? text : "");
}

/* where "" and nothing differ: links made of a query alone */
void
views_put_link (JsonObject *object, const char *name, const char *link)
{
  if (link == NULL)
    json_object_set_null_member (object, name);
  else
    json_object_set_string_member (object, name, link);
}

void
views_take_array (JsonObject *object, const char *name, JsonArray *array)
{
  json_object_set_array_member (object, name, array);
}

/* `Name <address>` shows as the name, with the address beside it; anything else as it is */
JsonObject *
views_person_to_json (const char *person)
{
  JsonObject *object = json_object_new ();
  const char *open = person != NULL ? strrchr (person, '<') : NULL;
  const char *close = open != NULL ? strchr (open, '>') : NULL;

  if (open != NULL && open > person && close != NULL && close[1] == '\0' && close > open + 1) {
    g_autofree char *name = g_strstrip (g_strndup (person, open - person));
    g_autofree char *address = g_strndup (open + 1, close - open - 1);

    json_object_set_string_member (object, "name", *name != '\0' ? name : address);
    json_object_set_string_member (object, "email", address);
    return object;
  }
  json_object_set_string_member (object, "name", person != NULL ? person : "");
  json_object_set_null_member (object, "email");
  return object;
}

gboolean
views_link_is_safe (const char *url)
{
  const char *rest = NULL;

  if (url == NULL || strlen (url) > VIEWS_MAX_LINK_BYTES)
    return FALSE;
  if (g_ascii_strncasecmp (url, "https://", 8) == 0)
    rest = url + 8;
  else if (g_ascii_strncasecmp (url, "http://", 7) == 0)
    rest = url + 7;
  if (rest == NULL || *rest == '\0' || *rest == '/' || *rest == '\\')
    return FALSE;
  for (const char *p = rest; *p != '\0'; p++) {
    if ((guchar)*p <= 0x20 || *p == 0x7f)
      return FALSE;
  }
  return TRUE;
}

/* forges by well-known host: what stands between OWNER/REPOSITORY and the revision */
static const struct {
  const char *host;
  const char *between;
} views_forges[] = {
  { "github.com", "/commit/" },   { "gitlab.com", "/-/commit/" }, { "bitbucket.org", "/commits/" },
  { "codeberg.org", "/commit/" }, { "gitea.com", "/commit/" },
};

/* the part after the scheme and the user: HOST/OWNER/REPOSITORY */
static char *
views_dup_repository_place (const char *repository)
{
  static const char *const schemes[] = { "https://", "http://", "git://", "ssh://" };
  const char *rest = NULL;
  const char *at = NULL;
  char *place = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (schemes) && rest == NULL; i++) {
    if (g_str_has_prefix (repository, schemes[i]))
      rest = repository + strlen (schemes[i]);
  }
  if (rest == NULL && !g_str_has_prefix (repository, "git@"))
    return NULL;
  if (rest == NULL)
    rest = repository;
  at = strchr (rest, '@');
  if (at != NULL && at < rest + strcspn (rest, "/"))
    rest = at + 1;
  place = g_strdup (rest);
  if (g_str_has_prefix (repository, "git@")) {
    char *colon = strchr (place, ':');

    if (colon != NULL)
      *colon = '/';
  }
  if (g_str_has_suffix (place, "/"))
    place[strlen (place) - 1] = '\0';
  if (g_str_has_suffix (place, ".git"))
    place[strlen (place) - 4] = '\0';
  return place;
}

/* the page of a revision at the forges that everybody knows (web pages: revlink, built in) */
char *
views_dup_revision_link (const char *repository, const char *revision)
{
  g_autofree char *place = NULL;
  g_auto (GStrv) parts = NULL;
  g_autofree char *encoded = NULL;

  if (repository == NULL || revision == NULL || *revision == '\0')
    return NULL;
  place = views_dup_repository_place (repository);
  if (place == NULL)
    return NULL;
  parts = g_strsplit (place, "/", -1);
  if (g_strv_length (parts) < 3 || strpbrk (place, " <>\"'\\?#%") != NULL)
    return NULL;
  encoded = belfry_text_percent_encode (revision);
  for (gsize i = 0; i < G_N_ELEMENTS (views_forges); i++) {
    if (g_ascii_strcasecmp (parts[0], views_forges[i].host) == 0)
      return g_strconcat ("https://", place, views_forges[i].between, encoded, NULL);
  }
  return NULL;
}

/* what the configuration says; where it says nothing, the forges that everybody knows */
static char *
views_find_revision_link (BelfryReader *reader, const char *repository, const char *revision)
{
  char *link = reader != NULL
                   ? belfry_reader_dup_link (reader, BELFRY_LINK_REVISION, repository, revision)
                   : NULL;

  if (link == NULL)
    return views_dup_revision_link (repository, revision);
  if (link[0] == '\0')
    g_clear_pointer (&link, g_free);
  return link;
}

void
views_put_name_link (JsonObject *object,
                     const char *key,
                     BelfryReader *reader,
                     BelfryLinkKind kind,
                     const char *name)
{
  g_autofree char *link =
      name != NULL && name[0] != '\0' ? belfry_reader_dup_link (reader, kind, name, NULL) : NULL;

  if (link != NULL && link[0] != '\0')
    json_object_set_string_member (object, key, link);
  else
    views_put_text (object, key, views_link_is_safe (name) ? name : NULL);
}

JsonObject *
views_revision_to_json (BelfryReader *reader,
                        const char *revision,
                        const char *repository,
                        const char *link)
{
  JsonObject *object = json_object_new ();
  g_autofree char *found = NULL;
  g_autofree char *cut = NULL;
  gboolean is_long = FALSE;

  if (revision == NULL || *revision == '\0') {
    json_object_set_null_member (object, "full");
    json_object_set_null_member (object, "short");
    json_object_set_null_member (object, "link");
    json_object_set_boolean_member (object, "cut", FALSE);
    return object;
  }
  found = views_link_is_safe (link) ? g_strdup (link)
                                    : views_find_revision_link (reader, repository, revision);
  is_long = g_utf8_strlen (revision, -1) > VIEWS_SHORT_REVISION;
  cut = is_long ? g_utf8_substring (revision, 0, VIEWS_SHORT_REVISION) : g_strdup (revision);
  json_object_set_string_member (object, "full", revision);
  json_object_set_string_member (object, "short", cut);
  json_object_set_boolean_member (object, "cut", is_long);
  views_put_text (object, "link", found);
  return object;
}

/* Digit runs compare as numbers: skips zeros in front, then the longer run is the larger. */
static int
views_compare_digits (const char **a, const char **b)
{
  gsize la = 0;
  gsize lb = 0;
  int order = 0;

  while (**a == '0')
    (*a)++;
  while (**b == '0')
    (*b)++;
  while (g_ascii_isdigit ((*a)[la]))
    la++;
  while (g_ascii_isdigit ((*b)[lb]))
    lb++;
  order = la != lb ? (la < lb ? -1 : 1) : strncmp (*a, *b, la);
  *a += la;
  *b += lb;
  return order;
}

int
views_compare_names (const char *a, const char *b)
{
  const char *p = a;
  const char *q = b;

  while (*p != '\0' && *q != '\0') {
    int order = 0;

    if (g_ascii_isdigit (*p) && g_ascii_isdigit (*q))
      order = views_compare_digits (&p, &q);
    else
      order = (int)(guchar)*p++ - (int)(guchar)*q++;
    if (order != 0)
      return order;
  }
  if (*p != *q)
    return (int)(guchar)*p - (int)(guchar)*q;
  return strcmp (a, b);
}

char *
views_dup_builder_path (const char *builder)
{
  g_autofree char *encoded = belfry_text_percent_encode (builder);

  return g_strconcat ("builders/", encoded, NULL);
}

char *
views_dup_build_path (const char *builder, gint64 number)
{
  g_autofree char *path = views_dup_builder_path (builder);

  return g_strdup_printf ("%s/builds/%" G_GINT64_FORMAT, path, number);
}

/* as people wrote it: text bare, anything else as JSON */
char *
views_value_to_text (JsonNode *value)
{
  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    return json_node_dup_string (value);
  return belfry_json_to_text (value);
}

char *
views_first_line (const char *text)
{
  return text != NULL ? g_strndup (text, strcspn (text, "\r\n")) : g_strdup ("");
}

JsonArray *
views_list_to_json (GPtrArray *list)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < list->len; i++)
    json_array_add_string_element (array, list->pdata[i]);
  return array;
}

BelfryResponse *
views_page (const char *template_name, JsonObject *data)
{
  return belfry_response_new_template (200, template_name, data);
}

/* (transfer none): the query's arguments; %NULL where they cannot be read, with the answer to give
 */
BelfryForm *
views_read_arguments (BelfryRequest *request, BelfryResponse **refusal)
{
  g_autoptr (GError) error = NULL;
  BelfryForm *form = belfry_request_get_arguments (request, &error);

  if (form == NULL)
    *refusal = belfry_response_new_text (400, "text/plain; charset=utf-8", error->message);
  return form;
}

/* from the page asked for to the root: one `../` for each folder that it is in */
char *
views_dup_base (BelfryRequest *request)
{
  const char *path = belfry_request_get_path (request);
  GString *base = g_string_new (NULL);

  for (const char *p = path + (*path == '/'); *p != '\0'; p++) {
    if (*p == '/')
      g_string_append (base, "../");
  }
  return g_string_free (base, FALSE);
}

/* @what: of which there is none; @up: path of the page one level up */
BelfryResponse *
views_refuse_missing (BelfryRequest *request, const char *what, const char *up)
{
  g_autofree char *base = views_dup_base (request);
  g_autofree char *link = g_strconcat (base, up, NULL);

  return belfry_response_new_not_found (what, link);
}

/* the same where a whole sentence says what is wrong */
BelfryResponse *
views_refuse (BelfryRequest *request, guint status, const char *sentence, const char *up)
{
  g_autofree char *base = views_dup_base (request);
  g_autofree char *link = g_strconcat (base, up, NULL);
  JsonObject *data = json_object_new ();

  json_object_set_int_member (data, "status", status);
  json_object_set_string_member (data, "what", sentence);
  json_object_set_boolean_member (data, "plain", TRUE);
  json_object_set_string_member (data, "up", link);
  return belfry_response_new_template (status, "error.html", data);
}
