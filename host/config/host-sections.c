/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of section that are the host's and no instance's. Those that a struct of the configuration
 * holds are read into it; the others ([validate], links) are read to be checked and stay text, for
 * whoever uses them.
 */
#include "config/config-private.h"
#include "hooks/passwords.h"
#include "www/www-keys.h"

#include <string.h>

/** HostSectionName: whether a section of a kind has a name */
typedef enum {
  HOST_SECTION_UNNAMED,
  HOST_SECTION_NAMED,
} HostSectionName;

typedef struct {
  const char *kind;
  HostSectionName naming;
  void (*read) (BelfryConfigDraft *self, BelfrySection *section);
  const BelfryOptionTable *table; /* (nullable): its keys are names of the user's */
  const char *help;
} HostSection;

typedef struct {
  GRegex *branch;
  GRegex *revision;
  GRegex *property_name;
  GRegex *property_value;
} ValidateKeys;

typedef struct {
  char **repository;
  char *url;
} RevlinkKeys;

typedef struct {
  char **project;
  GRegex *regex;
  char *url;
  char *title;
} CommentLinkKeys;

typedef struct {
  char *name;
  char *url;
} NameLinkKeys;

static const BelfryChoice version_controls[] = {
  { "git", 0, N_ ("Git") },
  { "hg", 1, N_ ("Mercurial") },
  { "svn", 2, N_ ("Subversion") },
  { NULL },
};

static const BelfryOption codebase_rows[] = {
  BELFRY_STRING (BelfryCodebase,
                 repository,
                 "repository",
                 .required = TRUE,
                 .help = N_ ("what is checked out")),
  BELFRY_LIST (BelfryCodebase,
               match,
               "match",
               .help = N_ ("repositories whose changes get this codebase; absent: this one's")),
  BELFRY_STRING (BelfryCodebase, branch, "branch", .help = N_ ("branch where no change gives one")),
  BELFRY_STRING (
      BelfryCodebase, revision, "revision", .help = N_ ("revision where no change gives one")),
  BELFRY_STRING (BelfryCodebase, project, "project", .help = N_ ("project")),
  BELFRY_ENUM (BelfryCodebase,
               vcs,
               "vcs",
               .default_text = "git",
               .choices = version_controls,
               .help = N_ ("what keeps the repository's versions")),
  { NULL },
};

static const BelfryOption validate_rows[] = {
  BELFRY_REGEX (ValidateKeys,
                branch,
                "branch",
                .default_text = "^[\\w.+/~-]*$",
                .help = N_ ("branches that somebody may ask for")),
  BELFRY_REGEX (ValidateKeys,
                revision,
                "revision",
                .default_text = "^[ \\w\\.\\-\\/]*$",
                .help = N_ ("revisions that somebody may ask for")),
  BELFRY_REGEX (ValidateKeys,
                property_name,
                "property-name",
                .default_text = "^[\\w\\.\\-\\/\\~:]*$",
                .help = N_ ("names of properties that somebody may set")),
  BELFRY_REGEX (ValidateKeys,
                property_value,
                "property-value",
                .default_text = "^[\\w\\.\\-\\/\\~:]*$",
                .help = N_ ("values of properties that somebody may set")),
  { NULL },
};

static const BelfryOption revlink_rows[] = {
  BELFRY_LIST (RevlinkKeys,
               repository,
               "repository",
               .help = N_ ("repositories, also as glob: or regex:; absent: every one")),
  BELFRY_STRING (RevlinkKeys,
                 url,
                 "url",
                 .required = TRUE,
                 .allow_empty = TRUE,
                 .help = N_ ("address with %s for the revision; empty: no link")),
  { NULL },
};

static const BelfryOption comment_link_rows[] = {
  BELFRY_LIST (CommentLinkKeys,
               project,
               "project",
               .help = N_ ("projects whose comments are looked at; absent: every one")),
  BELFRY_REGEX (CommentLinkKeys,
                regex,
                "regex",
                .required = TRUE,
                .help = N_ ("what in a comment becomes a link")),
  BELFRY_STRING (CommentLinkKeys,
                 url,
                 "url",
                 .required = TRUE,
                 .help = N_ ("address, \\1 and \\g<name> stand for groups")),
  BELFRY_STRING (CommentLinkKeys, title, "title", .help = N_ ("title of the link")),
  { NULL },
};

static const BelfryOption name_link_rows[] = {
  BELFRY_STRING (NameLinkKeys,
                 name,
                 "name",
                 .required = TRUE,
                 .help = N_ ("what becomes a link, also as regex:")),
  BELFRY_STRING (NameLinkKeys, url, "url", .required = TRUE, .help = N_ ("where it leads")),
  { NULL },
};

static const BelfryOptionTable codebase_table = { codebase_rows, sizeof (BelfryOption) };
static const BelfryOptionTable validate_table = { validate_rows, sizeof (BelfryOption) };
static const BelfryOptionTable revlink_table = { revlink_rows, sizeof (BelfryOption) };
static const BelfryOptionTable comment_link_table = { comment_link_rows, sizeof (BelfryOption) };
static const BelfryOptionTable name_link_table = { name_link_rows, sizeof (BelfryOption) };

void
belfry_codebase_free (BelfryCodebase *self)
{
  if (self == NULL)
    return;
  belfry_option_table_clear (&codebase_table, self);
  g_free (self->name);
  g_free (self);
}

static void
read_host (BelfryConfigDraft *self, BelfrySection *section)
{
  const BelfryTableTarget target = { belfry_host_keys_table, &self->config.host };

  belfry_draft_keep (self, section, target);
  belfry_draft_read (self, section, &target, 1, TRUE);
}

static void
read_store (BelfryConfigDraft *self, BelfrySection *section)
{
  const BelfryTableTarget target = { belfry_store_keys_table, &self->config.store };

  belfry_draft_read (self, section, &target, 1, TRUE);
}

static void
read_www (BelfryConfigDraft *self, BelfrySection *section)
{
  BelfryTableTarget target = { belfry_www_keys_table, NULL };

  self->config.www = target.state = g_new0 (BelfryWwwKeys, 1);
  belfry_draft_keep (self, section, target);
  belfry_draft_read (self, section, &target, 1, TRUE);
  belfry_www_keys_check (self->config.www, section, self->problems);
  belfry_passwords_look (
      (const char *const *)((const BelfryWwwKeys *)self->config.www)->change_hook_auth,
      self->config.directory, section, "change-hook-auth", self->problems);
}

static void
read_authz (BelfryConfigDraft *self, BelfrySection *section)
{
  gboolean has_auth = FALSE;

  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *other = g_ptr_array_index (self->config.sections, i);

    has_auth = has_auth || strcmp (other->kind, "auth") == 0;
  }
  belfry_authz_check (section, has_auth, self->problems);
}

static void
read_codebase (BelfryConfigDraft *self, BelfrySection *section)
{
  BelfryCodebase *codebase = g_new0 (BelfryCodebase, 1);
  const BelfryTableTarget target = { codebase_table, codebase };

  belfry_section_take_name (section, &codebase_table);
  codebase->name = g_strdup (section->name);
  g_ptr_array_add (self->config.codebases, codebase);
  belfry_draft_read (self, section, &target, 1, TRUE);
}

static void
read_validate (BelfryConfigDraft *self, BelfrySection *section)
{
  ValidateKeys keys = { 0 };
  const BelfryTableTarget target = { validate_table, &keys };

  belfry_draft_read (self, section, &target, 1, TRUE);
  belfry_option_table_clear (&validate_table, &keys);
}

static gboolean
is_template (const char *text)
{
  return strstr (text, "{{") != NULL || strstr (text, "{%") != NULL;
}

/* http, https or relative; what begins with something that is replaced cannot be told */
static gboolean
is_link (const char *url)
{
  const char *colon = url + strcspn (url, ":/?#\\%{");
  g_autofree char *scheme = *colon == ':' ? g_ascii_strdown (url, colon - url) : NULL;

  return scheme == NULL || strcmp (scheme, "http") == 0 || strcmp (scheme, "https") == 0;
}

static void
check_template (BelfryConfigDraft *self,
                const BelfrySection *section,
                const char *key,
                const char *text)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autoptr (GError) error = NULL;

  if (text == NULL || !is_template (text))
    return;
  template = belfry_template_new (key, text, &settings, &error);
  if (template == NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, key, "%s", error->message);
}

static void
check_link (BelfryConfigDraft *self, const BelfrySection *section, const char *key, const char *url)
{
  if (url == NULL)
    return;
  if (!is_link (url))
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, key,
                         "a link begins with http:// or https://, or is relative");
  check_template (self, section, key, url);
}

/* whether the group that a reference at @text names is one of the expression's */
static gboolean
has_group (GRegex *regex, const char *text)
{
  g_autofree char *name = NULL;
  gint64 number = 0;

  if (g_ascii_isdigit (text[0]))
    return text[0] - '0' <= g_regex_get_capture_count (regex);
  if (text[0] != 'g' || text[1] != '<' || strchr (text, '>') == NULL)
    return TRUE;
  name = g_strndup (text + 2, strcspn (text + 2, ">"));
  if (belfry_parse_integer (name, 0, G_MAXINT, &number, NULL))
    return number <= g_regex_get_capture_count (regex);
  return g_regex_get_string_number (regex, name) >= 0;
}

static void
check_groups (BelfryConfigDraft *self,
              const BelfrySection *section,
              const char *key,
              GRegex *regex,
              const char *text)
{
  if (regex == NULL || text == NULL || is_template (text))
    return;
  for (const char *at = strchr (text, '\\'); at != NULL; at = strchr (at + 1, '\\'))
    if (!has_group (regex, at + 1))
      belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, key,
                           "names a group that the expression does not have, it has %d",
                           g_regex_get_capture_count (regex));
}

/* a pattern spelled regex:…, compiled; NULL: it is none, or a finding was made */
static GRegex *
compile_pattern (BelfryConfigDraft *self,
                 const BelfrySection *section,
                 const char *key,
                 const char *text)
{
  g_autoptr (GError) error = NULL;
  GRegex *regex = NULL;

  if (!g_str_has_prefix (text, "regex:"))
    return NULL;
  regex = belfry_regex_new (text + strlen ("regex:"), &error);
  if (regex == NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, key, "%s", error->message);
  return regex;
}

static void
read_revlink (BelfryConfigDraft *self, BelfrySection *section)
{
  RevlinkKeys keys = { 0 };
  const BelfryTableTarget target = { revlink_table, &keys };
  gboolean has_regex = FALSE;

  belfry_draft_read (self, section, &target, 1, TRUE);
  check_link (self, section, "url", keys.url);
  for (guint i = 0; keys.repository != NULL && keys.repository[i] != NULL; i++) {
    g_autoptr (GRegex) regex = compile_pattern (self, section, "repository", keys.repository[i]);

    has_regex = has_regex || regex != NULL;
    check_groups (self, section, "url", regex, keys.url);
  }
  if (keys.url != NULL && keys.url[0] != '\0' && strstr (keys.url, "%s") == NULL &&
      !is_template (keys.url) && !has_regex)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_WARNING, section, "url",
                         "every revision gets the same link, write %%s where the revision goes");
  belfry_option_table_clear (&revlink_table, &keys);
}

static void
read_comment_link (BelfryConfigDraft *self, BelfrySection *section)
{
  CommentLinkKeys keys = { 0 };
  const BelfryTableTarget target = { comment_link_table, &keys };

  belfry_draft_read (self, section, &target, 1, TRUE);
  check_link (self, section, "url", keys.url);
  check_template (self, section, "title", keys.title);
  check_groups (self, section, "url", keys.regex, keys.url);
  check_groups (self, section, "title", keys.regex, keys.title);
  belfry_option_table_clear (&comment_link_table, &keys);
}

static void
read_name_link (BelfryConfigDraft *self, BelfrySection *section)
{
  NameLinkKeys keys = { 0 };
  const BelfryTableTarget target = { name_link_table, &keys };
  g_autoptr (GRegex) regex = NULL;

  belfry_draft_read (self, section, &target, 1, TRUE);
  check_link (self, section, "url", keys.url);
  if (keys.name != NULL)
    regex = compile_pattern (self, section, "name", keys.name);
  check_groups (self, section, "url", regex, keys.url);
  belfry_option_table_clear (&name_link_table, &keys);
}

/* [projects] and [repositories]: each key a name, each value its link */
static void
read_names (BelfryConfigDraft *self, BelfrySection *section)
{
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = g_ptr_array_index (section->entries, i);
    g_autofree char *url = belfry_entry_dup_text (entry);

    if (url[0] == '\0')
      belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, entry->name,
                           "has no address, write NAME=https://…");
    else
      check_link (self, section, entry->name, url);
  }
}

static const HostSection host_sections[] = {
  { "host", HOST_SECTION_UNNAMED, read_host, &belfry_host_keys_table,
    N_ ("the daemon itself: its folders, its name, its language") },
  { "store", HOST_SECTION_UNNAMED, read_store, &belfry_store_keys_table,
    N_ ("how long what is kept") },
  { "www", HOST_SECTION_UNNAMED, read_www, &belfry_www_keys_table,
    N_ ("the web server; without this section there is none") },
  { "authz", HOST_SECTION_UNNAMED, read_authz, NULL,
    N_ ("who may do what: each key an action, no for nobody, yes for everybody, auth for who has "
        "logged in") },
  { "codebase", HOST_SECTION_NAMED, read_codebase, &codebase_table,
    N_ ("a repository under a name of its own, for builders of several") },
  { "validate", HOST_SECTION_UNNAMED, read_validate, &validate_table,
    N_ ("what visitors may ask builds for") },
  { "revlink", HOST_SECTION_NAMED, read_revlink, &revlink_table,
    N_ ("links from revisions to pages of the forge") },
  { "changecommentlink", HOST_SECTION_NAMED, read_comment_link, &comment_link_table,
    N_ ("links from words of comments, to bugs for instance") },
  { "projects", HOST_SECTION_UNNAMED, read_names, NULL,
    N_ ("links from projects: each key a name, each value its address") },
  { "repositories", HOST_SECTION_UNNAMED, read_names, NULL,
    N_ ("links from repositories: each key a name, each value its address") },
  { "project-link", HOST_SECTION_NAMED, read_name_link, &name_link_table,
    N_ ("a link from a project whose name is no key") },
  { "repository-link", HOST_SECTION_NAMED, read_name_link, &name_link_table,
    N_ ("a link from a repository whose name is no key") },
};

static const HostSection *
find_host_section (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (host_sections); i++)
    if (strcmp (host_sections[i].kind, kind) == 0)
      return &host_sections[i];
  return NULL;
}

gboolean
belfry_host_sections_know (const char *kind)
{
  return find_host_section (kind) != NULL;
}

GPtrArray *
belfry_host_sections_list_kinds (void)
{
  GPtrArray *kinds = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (host_sections); i++)
    g_ptr_array_add (kinds, (gpointer)host_sections[i].kind);
  return kinds;
}

const BelfryOptionTable *
belfry_host_sections_find_table (const char *kind)
{
  const HostSection *row = find_host_section (kind);

  return row != NULL ? row->table : NULL;
}

const char *
belfry_host_sections_get_help (const char *kind, gboolean *is_named)
{
  const HostSection *row = find_host_section (kind);

  *is_named = row->naming == HOST_SECTION_NAMED;
  return row->help;
}

void
belfry_host_sections_read (BelfryConfigDraft *self, BelfrySection *section)
{
  const HostSection *row = find_host_section (section->kind);
  gboolean is_named = section->name[0] != '\0';

  if (row->naming == HOST_SECTION_UNNAMED && is_named)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "there is only one section of this kind, write [%s]", section->kind);
  else if (row->naming == HOST_SECTION_NAMED && !is_named)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, section, NULL,
                         "a section of this kind needs a name, write [%s NAME]", section->kind);
  else
    row->read (self, section);
}

static void
read_defaults (BelfryConfigDraft *self, const char *kind, BelfryOptionTable table, gpointer state)
{
  g_autoptr (BelfrySection) empty = belfry_section_new (kind, "", self->config.path, 0);

  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    if (strcmp (section->kind, kind) == 0 && section->name[0] == '\0')
      return;
  }
  belfry_option_table_read (&table, empty, state, NULL, self->problems);
}

static gboolean
covers (const BelfryCodebase *codebase, const char *repository)
{
  g_autofree char *wanted = belfry_repository_normalize (repository);
  const char *only[] = { codebase->repository, NULL };
  const char *const *patterns =
      codebase->match != NULL ? (const char *const *)codebase->match : only;

  for (guint i = 0; patterns[i] != NULL; i++) {
    g_autofree char *pattern = belfry_repository_normalize (patterns[i]);

    if (g_strcmp0 (pattern, wanted) == 0 ||
        (codebase->match != NULL && belfry_glob_match (patterns[i], repository, BELFRY_GLOB_TEXT)))
      return TRUE;
  }
  return FALSE;
}

const BelfryCodebase *
belfry_config_find_codebase (BelfryConfig *self, const char *repository)
{
  for (guint i = 0; i < self->codebases->len; i++) {
    const BelfryCodebase *codebase = g_ptr_array_index (self->codebases, i);

    if (codebase->repository != NULL && covers (codebase, repository))
      return codebase;
  }
  return NULL;
}

/* two codebases for one change: the first in the file gets it */
static void
check_codebases (BelfryConfigDraft *self)
{
  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);
    const BelfryCodebase *first = NULL;
    const BelfryEntry *entry = NULL;
    g_autofree char *repository = NULL;

    if (strcmp (section->kind, "codebase") != 0)
      continue;
    entry = belfry_section_find (section, "repository");
    if (entry == NULL)
      continue;
    repository = belfry_entry_dup_text (entry);
    first = belfry_config_find_codebase (&self->config, repository);
    if (first != NULL && strcmp (first->name, section->name) != 0)
      belfry_problems_add (self->problems, BELFRY_SEVERITY_WARNING, section, "repository",
                           "changes of this repository get the codebase '%s', which comes first",
                           first->name);
  }
}

void
belfry_host_sections_check (BelfryConfigDraft *self)
{
  read_defaults (self, "host", belfry_host_keys_table, &self->config.host);
  read_defaults (self, "store", belfry_store_keys_table, &self->config.store);
  check_codebases (self);
}
