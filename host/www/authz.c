/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Authorization: each action has a list of terms, read from left to right; the first that matches
 * the visitor decides, none means no. A visitor without a name is matched by `yes` and `no` only;
 * terms that name people never match one, also when they would refuse.
 */
#include "www/authz.h"

#include "www/www-keys.h"

#include <string.h>

typedef enum {
  TERM_NO,
  TERM_YES,
  TERM_AUTH,
  TERM_USER,
  TERM_GROUP,
  TERM_OWNER,
  TERM_PLUGIN,
} TermKind;

static const struct {
  const char *word;
  TermKind kind;
  gboolean has_name;
} term_words[] = {
  { "no", TERM_NO, FALSE },        { "false", TERM_NO, FALSE },   { "yes", TERM_YES, FALSE },
  { "true", TERM_YES, FALSE },     { "anyone", TERM_YES, FALSE }, { "auth", TERM_AUTH, FALSE },
  { "owner", TERM_OWNER, FALSE },  { "user", TERM_USER, TRUE },   { "group", TERM_GROUP, TRUE },
  { "plugin", TERM_PLUGIN, TRUE },
};

static const char *const nearest_terms[] = {
  "no", "false", "yes", "true", "anyone", "auth", "owner", "user:", "group:", "plugin:", NULL,
};

const BelfryAction belfry_actions[] = {
  { "view", "view", NULL, N_ ("see the pages"), BELFRY_TARGET_BUILDER, FALSE },
  { "forceBuild", "force-build", NULL, N_ ("start a build"), BELFRY_TARGET_BUILDER, FALSE },
  { "forceAllBuilds", "force-all-builds", NULL, N_ ("start builds of many builders"),
    BELFRY_TARGET_NOTHING, FALSE },
  { "pingBuilder", "ping-builder", NULL, N_ ("check the workers of a builder"),
    BELFRY_TARGET_BUILDER, FALSE },
  { "gracefulShutdown", "graceful-shutdown", NULL, N_ ("let a worker stop"), BELFRY_TARGET_WORKER,
    FALSE },
  { "pauseSlave", "pause-slave", "pause-worker", N_ ("pause a worker"), BELFRY_TARGET_WORKER,
    FALSE },
  { "stopBuild", "stop-build", NULL, N_ ("stop a build"), BELFRY_TARGET_BUILDER, TRUE },
  { "stopAllBuilds", "stop-all-builds", NULL, N_ ("stop builds of many builders"),
    BELFRY_TARGET_NOTHING, FALSE },
  { "cancelPendingBuild", "cancel-pending-build", NULL, N_ ("cancel a waiting build"),
    BELFRY_TARGET_BUILDER, TRUE },
  { "cancelAllPendingBuilds", "cancel-all-pending-builds", NULL,
    N_ ("cancel waiting builds of many builders"), BELFRY_TARGET_NOTHING, FALSE },
  { "stopChange", "stop-change", NULL, N_ ("cancel what waits for a change"), BELFRY_TARGET_BUILDER,
    TRUE },
  { "cleanShutdown", "clean-shutdown", NULL, N_ ("stop the host"), BELFRY_TARGET_NOTHING, FALSE },
  { "showUsersPage", "show-users-page", NULL, N_ ("see the users"), BELFRY_TARGET_NOTHING, FALSE },
  { "showDeliveries", "show-deliveries", NULL, N_ ("see what the hooks were sent"),
    BELFRY_TARGET_NOTHING, FALSE },
  { "replayDelivery", "replay-delivery", NULL, N_ ("run a delivery again"), BELFRY_TARGET_NOTHING,
    FALSE },
  { NULL },
};

#define N_ACTIONS (G_N_ELEMENTS (belfry_actions) - 1)

/* opened by their own key only, not by those that stand for many actions */
static const char *const apart_keys[] = { "show-deliveries", "replay-delivery", NULL };

static const char *const other_keys[] = {
  "auth", "allow-force", "use-http-header", "http-login-url", "default-action", NULL,
};

typedef struct {
  TermKind kind;
  gboolean refuses;
  char *name;   /* (nullable) */
  char **globs; /* (nullable): every target */
} Term;

struct _BelfryAuthz {
  gatomicrefcount refs;
  GPtrArray *terms[N_ACTIONS]; /* (element-type Term) */
};

static void
term_free (Term *self)
{
  g_free (self->name);
  g_strfreev (self->globs);
  g_free (self);
}

const BelfryAction *
belfry_action_find (const char *name)
{
  for (const BelfryAction *action = belfry_actions; action->name != NULL; action++) {
    if (g_str_equal (action->name, name) || g_str_equal (action->key, name) ||
        g_strcmp0 (action->alias, name) == 0)
      return action;
  }
  return NULL;
}

/* Takes `:NAME` or `:"NAME"` off the front of @rest. */
static char *
take_name (const char **rest)
{
  const char *at = *rest;
  gboolean is_quoted = FALSE;
  gsize length = 0;
  char *name = NULL;

  if (*at != ':')
    return NULL;
  at++;
  is_quoted = *at == '"';
  at += is_quoted ? 1 : 0;
  length = strcspn (at, is_quoted ? "\"" : "@");
  if (length == 0 || (is_quoted && at[length] == '\0'))
    return NULL;
  name = g_strndup (at, length);
  *rest = at + length + (is_quoted ? 1 : 0);
  return name;
}

static Term *
term_new (const char *text, GError **error)
{
  g_autoptr (GError) reason = NULL;
  const char *rest = text;
  gsize length = 0;
  Term *term = g_new0 (Term, 1);

  term->refuses = *rest == '!';
  rest += term->refuses ? 1 : 0;
  length = strcspn (rest, ":@");
  for (gsize i = 0; i < G_N_ELEMENTS (term_words); i++) {
    if (strlen (term_words[i].word) != length || strncmp (term_words[i].word, rest, length) != 0)
      continue;
    term->kind = term_words[i].kind;
    rest += length;
    term->name = term_words[i].has_name ? take_name (&rest) : NULL;
    if (term_words[i].has_name && term->name == NULL)
      break;
    if (*rest == '@' && rest[1] != '\0')
      term->globs = g_strsplit (rest + 1, ",", -1);
    if (*rest == '\0' || term->globs != NULL)
      return term;
    break;
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is no term", text);
  term_free (term);
  return NULL;
}

/* The value in force: the action's own, allow-force, the default, the default's default. */
static const char *
find_value (const BelfrySection *section, const BelfryAction *action)
{
  const BelfryEntry *entry = belfry_section_find (section, action->key);
  const BelfryEntry *force = belfry_section_find (section, "allow-force");
  const BelfryEntry *other = belfry_section_find (section, "default-action");
  gboolean is_allowed = FALSE;

  if (entry == NULL && action->alias != NULL)
    entry = belfry_section_find (section, action->alias);
  if (entry != NULL)
    return entry->value;
  if (g_str_equal (action->key, "view"))
    return "yes";
  if (g_strv_contains (apart_keys, action->key))
    return "no";
  if (force != NULL && belfry_parse_boolean (force->value, &is_allowed, NULL) && is_allowed)
    return belfry_section_find (section, "auth") != NULL ? "auth" : "yes";
  return other != NULL ? other->value : "no";
}

static GPtrArray *
read_terms (const char *value)
{
  GPtrArray *terms = g_ptr_array_new_with_free_func ((GDestroyNotify)term_free);
  g_auto (GStrv) words = belfry_split_list (value);

  for (char **word = words; word != NULL && *word != NULL; word++) {
    Term *term = term_new (*word, NULL);

    if (term != NULL)
      g_ptr_array_add (terms, term);
  }
  return terms;
}

BelfryAuthz *
belfry_authz_new (const BelfrySection *section)
{
  BelfryAuthz *self = g_new0 (BelfryAuthz, 1);

  g_atomic_ref_count_init (&self->refs);
  for (gsize i = 0; i < N_ACTIONS; i++) {
    const char *fallback = i == 0 ? "yes" : "no";

    self->terms[i] =
        read_terms (section != NULL ? find_value (section, &belfry_actions[i]) : fallback);
  }
  return self;
}

BelfryAuthz *
belfry_authz_ref (BelfryAuthz *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
belfry_authz_unref (BelfryAuthz *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  for (gsize i = 0; i < N_ACTIONS; i++)
    g_ptr_array_unref (self->terms[i]);
  g_free (self);
}

static gboolean
covers (const Term *term, const char *target)
{
  if (term->globs == NULL)
    return TRUE;
  for (char **glob = term->globs; target != NULL && *glob != NULL; glob++) {
    if (belfry_glob_match (*glob, target, BELFRY_GLOB_TEXT))
      return TRUE;
  }
  return FALSE;
}

gboolean
belfry_authz_allows (BelfryAuthz *self, const BelfryAction *action, const char *target)
{
  GPtrArray *terms = self->terms[action - belfry_actions];

  for (guint i = 0; i < terms->len; i++) {
    const Term *term = terms->pdata[i];

    if ((term->kind == TERM_YES || term->kind == TERM_NO) && covers (term, target))
      return term->kind == TERM_YES && !term->refuses;
  }
  return FALSE;
}

gboolean
belfry_authz_may_allow (BelfryAuthz *self, const BelfryAction *action)
{
  GPtrArray *terms = self->terms[action - belfry_actions];

  for (guint i = 0; i < terms->len; i++) {
    const Term *term = terms->pdata[i];

    if (term->kind == TERM_YES && !term->refuses)
      return TRUE;
  }
  return FALSE;
}

gboolean
belfry_authz_is_narrow (BelfryAuthz *self)
{
  GPtrArray *terms = self->terms[0];

  for (guint i = 0; i < terms->len; i++) {
    if (((const Term *)terms->pdata[i])->globs != NULL)
      return TRUE;
  }
  return FALSE;
}

/* checking */

static void
check_term (const BelfrySection *section,
            const BelfryEntry *entry,
            const BelfryAction *action,
            const char *word,
            gboolean has_auth,
            BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  Term *term = term_new (word, &error);
  BelfrySeverity severity = BELFRY_SEVERITY_ERROR;

  if (term == NULL) {
    const char *nearest = belfry_text_nearest (word, nearest_terms);

    belfry_problems_add (problems, severity, section, entry->name,
                         "%s; terms are no, yes, auth, user:NAME, group:NAME, owner, "
                         "plugin:INSTANCE, each with ! before or @GLOB behind%s%s",
                         error->message, nearest != NULL ? ", nearest: " : "",
                         nearest != NULL ? nearest : "");
    return;
  }
  if (term->globs != NULL && action->target == BELFRY_TARGET_NOTHING)
    belfry_problems_add (problems, severity, section, entry->name,
                         "'%s': this action has no builder or worker that a pattern could match",
                         word);
  if (term->kind == TERM_OWNER && !action->has_owner)
    belfry_problems_add (problems, severity, section, entry->name,
                         "'%s': what this action is about has no owner", word);
  if (term->kind >= TERM_AUTH && !has_auth)
    belfry_problems_add (problems, severity, section, entry->name,
                         "'%s' names people, but there is no [auth] section that knows any; add "
                         "one, or say yes or no",
                         word);
  if (term->kind == TERM_YES && !term->refuses && action != belfry_actions)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, entry->name,
                         "anybody who reaches this host may %s", action->words);
  term_free (term);
}

static void
check_allow_force (const BelfrySection *section, const BelfryEntry *entry, BelfryProblems *problems)
{
  gboolean value = FALSE;

  if (!belfry_parse_boolean (entry->value, &value, NULL))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, entry->name,
                         "'%s' is neither true nor false", entry->value);
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *other = section->entries->pdata[i];

    if (belfry_action_find (other->name) != NULL && !g_str_equal (other->name, "view"))
      belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, other->name,
                           "allow-force stands for all actions; take it away, or this key");
  }
}

static const BelfryAction *
find_action_of_key (const char *key)
{
  static const BelfryAction other = { "default-action",   "default-action",      NULL,
                                      N_ ("do anything"), BELFRY_TARGET_BUILDER, TRUE };

  for (const BelfryAction *action = belfry_actions; action->name != NULL; action++) {
    if (g_str_equal (action->key, key) || g_strcmp0 (action->alias, key) == 0)
      return action;
  }
  return g_str_equal (key, other.key) ? &other : NULL;
}

static void
report_unknown (const BelfrySection *section, const BelfryEntry *entry, BelfryProblems *problems)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  const char *nearest = NULL;

  for (gsize i = 0; i < N_ACTIONS; i++)
    g_ptr_array_add (words, (gpointer)belfry_actions[i].key);
  for (gsize i = 0; other_keys[i] != NULL; i++)
    g_ptr_array_add (words, (gpointer)other_keys[i]);
  g_ptr_array_add (words, NULL);
  nearest = belfry_text_nearest (entry->name, (const char *const *)words->pdata);
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, entry->name, "unknown key%s%s%s",
                       nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "'?" : "");
}

void
belfry_authz_check (const BelfrySection *section, gboolean has_auth, BelfryProblems *problems)
{
  for (guint i = 0; i < section->entries->len; i++) {
    const BelfryEntry *entry = section->entries->pdata[i];
    const BelfryAction *action = find_action_of_key (entry->name);
    g_auto (GStrv) words = NULL;

    if (g_str_equal (entry->name, "allow-force")) {
      check_allow_force (section, entry, problems);
      continue;
    }
    if (action == NULL) {
      if (!g_strv_contains (other_keys, entry->name))
        report_unknown (section, entry, problems);
      continue;
    }
    words = belfry_split_list (entry->value);
    for (char **word = words; word != NULL && *word != NULL; word++)
      check_term (section, entry, action, *word, has_auth, problems);
  }
}
