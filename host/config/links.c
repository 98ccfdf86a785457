/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules in the order of the file; the first that knows a name answers. What is a stranger's (names,
 * revisions, groups of a match) is percent-encoded before it becomes part of an address, `/` stays;
 * an address that came out as something else than http, https or relative is none. Text around
 * links is given back as text: whoever shows it escapes it.
 */
#include "links.h"

#include <string.h>

#define MAX_LINKS 200

typedef struct {
  char *text;    /* as it is, or as a glob */
  GRegex *regex; /* (nullable): instead */
  gboolean is_glob;
} Pattern;

/**
 * Rule: one section, or one key of [projects] and [repositories]
 * @patterns: (nullable): names; NULL: every one
 * @regex: (nullable): of a comment
 * @url: what a match becomes; empty: nothing
 */
typedef struct {
  GPtrArray *patterns; /* (element-type Pattern) */
  GRegex *regex;
  char *url;
  char *title;                    /* (nullable) */
  BelfryTemplate *url_template;   /* (nullable): instead of url */
  BelfryTemplate *title_template; /* (nullable): instead of title */
} Rule;

struct _BelfryLinks {
  GPtrArray *rules[BELFRY_N_LINKS]; /* (element-type Rule) */
  GPtrArray *comments;              /* (element-type Rule) */
};

static void
pattern_free (gpointer data)
{
  Pattern *self = data;

  g_free (self->text);
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self);
}

static void
rule_free (gpointer data)
{
  Rule *self = data;

  g_clear_pointer (&self->patterns, g_ptr_array_unref);
  g_clear_pointer (&self->regex, g_regex_unref);
  g_clear_pointer (&self->url_template, belfry_template_unref);
  g_clear_pointer (&self->title_template, belfry_template_unref);
  g_free (self->url);
  g_free (self->title);
  g_free (self);
}

static char *
dup_value (const BelfrySection *section, const char *key)
{
  const BelfryEntry *entry = belfry_section_find (section, key);

  return entry != NULL ? belfry_entry_dup_text (entry) : NULL;
}

static BelfryTemplate *
compile_template (const char *text)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;

  if (text == NULL || (strstr (text, "{{") == NULL && strstr (text, "{%") == NULL))
    return NULL;
  return belfry_template_new ("link", text, &settings, NULL);
}

static Rule *
rule_new (char *url, char *title)
{
  Rule *self = g_new0 (Rule, 1);

  self->url = url != NULL ? url : g_strdup ("");
  self->title = title;
  self->url_template = compile_template (url);
  self->title_template = compile_template (title);
  return self;
}

static void
add_pattern (Rule *self, const char *text)
{
  Pattern *pattern = g_new0 (Pattern, 1);

  if (self->patterns == NULL)
    self->patterns = g_ptr_array_new_with_free_func (pattern_free);
  if (g_str_has_prefix (text, "regex:"))
    pattern->regex = belfry_regex_new (text + strlen ("regex:"), NULL);
  pattern->is_glob = g_str_has_prefix (text, "glob:");
  pattern->text = g_strdup (pattern->is_glob ? text + strlen ("glob:") : text);
  g_ptr_array_add (self->patterns, pattern);
}

static void
add_patterns (Rule *self, const BelfrySection *section, const char *key)
{
  const BelfryEntry *entry = belfry_section_find (section, key);
  g_auto (GStrv) items = entry != NULL ? belfry_split_list (entry->value) : NULL;

  for (guint i = 0; items != NULL && items[i] != NULL; i++)
    add_pattern (self, items[i]);
}

static void
read_revlink (BelfryLinks *self, const BelfrySection *section)
{
  Rule *rule = rule_new (dup_value (section, "url"), NULL);

  add_patterns (rule, section, "repository");
  g_ptr_array_add (self->rules[BELFRY_LINK_REVISION], rule);
}

static void
read_comment (BelfryLinks *self, const BelfrySection *section)
{
  g_autofree char *regex = dup_value (section, "regex");
  Rule *rule = rule_new (dup_value (section, "url"), dup_value (section, "title"));

  rule->regex = regex != NULL ? belfry_regex_new (regex, NULL) : NULL;
  add_patterns (rule, section, "project");
  g_ptr_array_add (self->comments, rule);
}

static void
read_names (BelfryLinks *self, const BelfrySection *section, BelfryLinkKind kind)
{
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    Rule *rule = rule_new (belfry_entry_dup_text (entry), NULL);

    add_pattern (rule, entry->name);
    g_ptr_array_add (self->rules[kind], rule);
  }
}

static void
read_name (BelfryLinks *self, const BelfrySection *section, BelfryLinkKind kind)
{
  g_autofree char *name = dup_value (section, "name");
  Rule *rule = rule_new (dup_value (section, "url"), NULL);

  add_pattern (rule, name != NULL ? name : "");
  g_ptr_array_add (self->rules[kind], rule);
}

BelfryLinks *
belfry_links_new (GPtrArray *sections)
{
  BelfryLinks *self = g_new0 (BelfryLinks, 1);

  for (guint i = 0; i < BELFRY_N_LINKS; i++)
    self->rules[i] = g_ptr_array_new_with_free_func (rule_free);
  self->comments = g_ptr_array_new_with_free_func (rule_free);
  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);

    if (strcmp (section->kind, "revlink") == 0)
      read_revlink (self, section);
    else if (strcmp (section->kind, "changecommentlink") == 0)
      read_comment (self, section);
    else if (strcmp (section->kind, "projects") == 0)
      read_names (self, section, BELFRY_LINK_PROJECT);
    else if (strcmp (section->kind, "repositories") == 0)
      read_names (self, section, BELFRY_LINK_REPOSITORY);
    else if (strcmp (section->kind, "project-link") == 0)
      read_name (self, section, BELFRY_LINK_PROJECT);
    else if (strcmp (section->kind, "repository-link") == 0)
      read_name (self, section, BELFRY_LINK_REPOSITORY);
  }
  return self;
}

void
belfry_links_free (BelfryLinks *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < BELFRY_N_LINKS; i++)
    g_ptr_array_unref (self->rules[i]);
  g_ptr_array_unref (self->comments);
  g_free (self);
}

/* @match: (out) (nullable) (transfer full): of an expression */
static gboolean
pattern_fits (const Pattern *self, const char *name, GMatchInfo **match)
{
  if (self->regex != NULL) {
    if (g_regex_match (self->regex, name, 0, match))
      return TRUE;
    g_clear_pointer (match, g_match_info_unref);
    return FALSE;
  }
  return self->is_glob ? belfry_glob_match (self->text, name, BELFRY_GLOB_TEXT)
                       : strcmp (self->text, name) == 0;
}

static gboolean
rule_fits (const Rule *self, const char *name, GMatchInfo **match)
{
  *match = NULL;
  for (guint i = 0; self->patterns != NULL && i < self->patterns->len; i++)
    if (pattern_fits (g_ptr_array_index (self->patterns, i), name, match))
      return TRUE;
  return self->patterns == NULL;
}

static char *
escape (const char *text)
{
  return g_uri_escape_string (text != NULL ? text : "", "/", FALSE);
}

/* `\1` or `\g<name>` at @text; its length goes to @length, 0: it is none. (transfer full) */
static char *
fetch_group (GMatchInfo *match, const char *text, gsize *length)
{
  g_autofree char *name = NULL;
  gint64 number = 0;

  *length = 0;
  if (match == NULL)
    return NULL;
  if (g_ascii_isdigit (text[1])) {
    *length = 2;
    return g_match_info_fetch (match, text[1] - '0');
  }
  if (!g_str_has_prefix (text + 1, "g<") || strchr (text, '>') == NULL)
    return NULL;
  *length = strcspn (text, ">") + 1;
  name = g_strndup (text + 3, *length - 4);
  return belfry_parse_integer (name, 0, 99, &number, NULL) ? g_match_info_fetch (match, (int)number)
                                                           : g_match_info_fetch_named (match, name);
}

/* @is_url: whether what is put in is encoded */
static char *
expand (const char *text, GMatchInfo *match, const char *revision, gboolean is_url)
{
  g_autoptr (GString) result = g_string_new (NULL);

  for (const char *at = text; *at != '\0';) {
    gsize length = 0;
    g_autofree char *group = *at == '\\' ? fetch_group (match, at, &length) : NULL;
    g_autofree char *put = NULL;

    if (length > 0) {
      put = is_url ? escape (group) : g_strdup (group != NULL ? group : "");
    } else if (revision != NULL && g_str_has_prefix (at, "%s")) {
      put = escape (revision);
      length = 2;
    } else if (revision != NULL && g_str_has_prefix (at, "%%")) {
      put = g_strdup ("%");
      length = 2;
    } else {
      length = 1;
      put = g_strndup (at, 1);
    }
    g_string_append (result, put);
    at += length;
  }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

static void
add_groups (JsonObject *variables, GMatchInfo *match)
{
  JsonArray *groups = json_array_new ();

  for (int i = 0; match != NULL && i < g_match_info_get_match_count (match); i++) {
    g_autofree char *group = g_match_info_fetch (match, i);

    json_array_add_string_element (groups, group != NULL ? group : "");
  }
  json_object_set_array_member (variables, "groups", groups);
}

/* a template that fails says nothing */
static char *
render (BelfryTemplate *template, JsonObject *variables, GMatchInfo *match)
{
  char *text = NULL;

  add_groups (variables, match);
  text = belfry_template_render (template, variables, "en", 0, NULL);
  return text != NULL ? g_strstrip (text) : g_strdup ("");
}

/* http, https or relative, and nothing that ends an attribute or a line */
static gboolean
is_safe (const char *url)
{
  const char *colon = url + strcspn (url, ":/?#");
  g_autofree char *scheme = *colon == ':' ? g_ascii_strdown (url, colon - url) : NULL;

  if (!g_utf8_validate (url, -1, NULL) || g_str_has_prefix (url, "//"))
    return FALSE;
  for (const char *at = url; *at != '\0'; at++)
    if ((guchar)*at <= ' ' || *at == 0x7f || strchr ("\"<>\\", *at) != NULL)
      return FALSE;
  return scheme == NULL || strcmp (scheme, "http") == 0 || strcmp (scheme, "https") == 0;
}

static char *
finish (char *url)
{
  if (!is_safe (url))
    url[0] = '\0';
  return url;
}

static char *
make_url (const Rule *rule, GMatchInfo *match, const char *name, const char *revision)
{
  g_autoptr (JsonObject) variables = NULL;

  if (rule->url_template == NULL)
    return finish (expand (rule->url, match, revision, TRUE));
  variables = json_object_new ();
  if (revision != NULL) {
    json_object_set_string_member (variables, "revision", revision);
    json_object_set_string_member (variables, "repository", name);
  } else
    json_object_set_string_member (variables, "name", name);
  return finish (render (rule->url_template, variables, match));
}

char *
belfry_links_dup (const BelfryLinks *self,
                  BelfryLinkKind kind,
                  const char *name,
                  const char *revision)
{
  g_return_val_if_fail (kind < BELFRY_N_LINKS, NULL);
  if (name == NULL || !g_utf8_validate (name, -1, NULL))
    return NULL;
  for (guint i = 0; i < self->rules[kind]->len; i++) {
    const Rule *rule = g_ptr_array_index (self->rules[kind], i);
    g_autoptr (GMatchInfo) match = NULL;

    if (rule_fits (rule, name, &match))
      return make_url (rule, match, name, kind == BELFRY_LINK_REVISION ? revision : NULL);
  }
  return NULL;
}

static gboolean
is_set (const char *text)
{
  return text != NULL && text[0] != '\0';
}

void
belfry_links_fill_change (const BelfryLinks *self, BelfryChange *change)
{
  g_autofree char *link = NULL;

  if (self == NULL || is_set (change->revlink) || !is_set (change->revision) ||
      !is_set (change->repository))
    return;
  link = belfry_links_dup (self, BELFRY_LINK_REVISION, change->repository, change->revision);
  if (link != NULL)
    belfry_record_set_text (&change->revlink, link);
}

/* comments */

typedef struct {
  const Rule *rule;
  GMatchInfo *match;
  int start;
  int end;
} Found;

/* the first match from @from on; of several at one place that of the first rule */
static gboolean
find_next (GPtrArray *rules, const char *text, int from, Found *found)
{
  found->rule = NULL;
  for (guint i = 0; i < rules->len; i++) {
    const Rule *rule = g_ptr_array_index (rules, i);
    g_autoptr (GMatchInfo) match = NULL;
    int start = 0;
    int end = 0;

    g_regex_match_full (rule->regex, text, -1, from, 0, &match, NULL);
    while (g_match_info_matches (match) && g_match_info_fetch_pos (match, 0, &start, &end) &&
           start == end)
      if (!g_match_info_next (match, NULL))
        break;
    if (!g_match_info_matches (match) || start == end ||
        (found->rule != NULL && start >= found->start))
      continue;
    g_clear_pointer (&found->match, g_match_info_unref);
    *found = (Found){ rule, g_steal_pointer (&match), start, end };
  }
  return found->rule != NULL;
}

static void
add_text (JsonArray *parts, const char *text, gssize length)
{
  JsonObject *part = NULL;
  g_autofree char *copy = NULL;

  if (length == 0 || text[0] == '\0')
    return;
  part = json_object_new ();
  copy = length < 0 ? g_strdup (text) : g_strndup (text, (gsize)length);
  json_object_set_string_member (part, "text", copy);
  json_array_add_object_element (parts, part);
}

static char *
make_comment_text (const Found *found,
                   BelfryTemplate *template,
                   const char *text,
                   const char *project,
                   gboolean is_url)
{
  g_autoptr (JsonObject) variables = NULL;

  if (template == NULL)
    return expand (text, found->match, NULL, is_url);
  variables = json_object_new ();
  json_object_set_string_member (variables, "project", project);
  return render (template, variables, found->match);
}

static void
add_link (JsonArray *parts, const char *text, const Found *found, const char *project)
{
  const Rule *rule = found->rule;
  g_autofree char *word = g_strndup (text + found->start, (gsize)(found->end - found->start));
  g_autofree char *url =
      finish (make_comment_text (found, rule->url_template, rule->url, project, TRUE));
  g_autofree char *title = rule->title != NULL ? make_comment_text (found, rule->title_template,
                                                                    rule->title, project, FALSE)
                                               : NULL;
  JsonObject *part = json_object_new ();

  json_object_set_string_member (part, "text", word);
  if (url[0] != '\0') {
    json_object_set_string_member (part, "url", url);
    if (title != NULL && title[0] != '\0')
      json_object_set_string_member (part, "title", title);
  }
  json_array_add_object_element (parts, part);
}

static GPtrArray *
list_comment_rules (const BelfryLinks *self, const char *project)
{
  GPtrArray *rules = g_ptr_array_new ();

  for (guint i = 0; i < self->comments->len; i++) {
    Rule *rule = g_ptr_array_index (self->comments, i);
    g_autoptr (GMatchInfo) match = NULL;

    if (rule->regex != NULL && rule_fits (rule, project, &match))
      g_ptr_array_add (rules, rule);
  }
  return rules;
}

JsonArray *
belfry_links_split (const BelfryLinks *self, const char *text, const char *project)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  g_autofree char *of_project = g_utf8_make_valid (project != NULL ? project : "", -1);
  g_autoptr (GPtrArray) rules = list_comment_rules (self, of_project);
  JsonArray *parts = json_array_new ();
  Found found = { NULL };
  int at = 0;

  for (guint i = 0; i < MAX_LINKS && find_next (rules, valid, at, &found); i++) {
    add_text (parts, valid + at, found.start - at);
    add_link (parts, valid, &found, of_project);
    at = found.end;
    g_clear_pointer (&found.match, g_match_info_unref);
  }
  add_text (parts, valid + at, -1);
  return parts;
}
