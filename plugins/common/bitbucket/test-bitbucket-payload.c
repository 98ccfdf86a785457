/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The translation by itself, on a product that is neither of the two: what its table decides. */
#include "bitbucket.h"

#include <belfry-test.h>
#include <string.h>

#define JSON       "Content-Type: application/json\nX-Event-Key: "
#define ACTOR      "'actor': {'shown': 'Ann', 'nick': 'ann', 'name': 'own-ann'}"
#define REPOSITORY "{'kind': 'git', 'project': {'name': 'P'}, 'slug': 'widget'}"
#define PULL(from, to, more)                                                                       \
  "{" ACTOR ", 'repository': " REPOSITORY ", 'pullrequest': {'id': 7, " from ", " to more "}}"
#define FROM "'source': {'branch': {'name': 'f'}, 'commit': {'hash': 'c1'}}"
#define TO   "'destination': {'branch': {'name': 't'}}"
#define LINK ", 'links': {'html': {'href': 'https://f.example/7'}}"

static const BelfryBitbucketEvent events[] = {
  { "repo_push", NULL, NULL },
  { "pr_merge", "pull-merge", NULL },
  { "pr_from", "pull-from", "from" },
  { "pr_to", "pull-to", "to" },
  { NULL },
};

/* what was asked shows in the addresses */
static gboolean
read_links (JsonNode *repository,
            gboolean push,
            gboolean lenient,
            BelfryBitbucketLinks *links,
            GError **error)
{
  links->repository = g_strdup (lenient ? "own" : "plug-in");
  links->commits = push ? g_strdup ("at/") : NULL;
  return TRUE;
}

static gboolean
is_fork (JsonNode *from, JsonNode *to)
{
  return belfry_json_lookup (from, "fork") != NULL;
}

static const BelfryBitbucketProduct product = {
  .title = "Forge",
  .display_name = "shown",
  .nick = "nick",
  .scm = "kind",
  .has_own_layout = TRUE,
  .events = events,
  .read_links = read_links,
  .is_fork = is_fork,
};

static BelfryTranslation *
translate (const BelfryBitbucketProduct *of, const char *headers, const char *payload)
{
  static const BelfryBitbucket options = { .codebase = (char *)"base" };
  g_autofree char *text = g_strdelimit (g_strdup (payload), "'", '"');
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (BelfryRequest) request =
      belfry_test_request_new ("POST", "/change_hook/forge", headers, body);

  return belfry_bitbucket_translate (of, &options, request);
}

/* each change as a line */
static char *
dup_changes (BelfryTranslation *translation)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; translation->changes != NULL && i < translation->changes->len; i++) {
    const BelfryChange *change = g_ptr_array_index (translation->changes, i);

    g_string_append_printf (text, "%s|%s|%s|%s|%s|%s|%s;", change->author, change->category,
                            change->branch != NULL ? change->branch : "-", change->revision,
                            change->repository, change->revlink != NULL ? change->revlink : "-",
                            change->comments);
    g_assert_cmpstr (change->codebase, ==, "base");
    g_assert_cmpstr (change->project, ==, "P");
    g_assert_true (change->files_unknown);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const struct {
  const char *name;
  const char *headers;
  const char *payload;
  const char *changes;
} rows[] = {
  { "push", JSON "repo:push",
    "{" ACTOR ", 'repository': " REPOSITORY ", 'push': {'changes': ["
    "{'old': null, 'new': {'type': 'branch', 'name': 'main', 'target': {'hash': 'c1'}}},"
    "{'new': null, 'old': {'type': 'tag', 'name': 'v1', 'target': {'hash': 'c2'}}},"
    "{'new': {'type': 'bookmark', 'name': 'b', 'target': {'hash': 'c3'}}}]}}",
    "Ann <ann>|push|refs/heads/main|c1|plug-in|at/c1|Forge commit c1;"
    "Ann <ann>|ref-deleted|refs/tags/v1|c2|plug-in|at/c2|Forge commit c2;"
    "Ann <ann>|push|-|c3|plug-in|at/c3|Forge commit c3;" },
  { "own-push", JSON "repo:push",
    "{" ACTOR ", 'repository': " REPOSITORY ", 'changes': ["
    "{'ref': {'id': 'refs/heads/main'}, 'type': 'UPDATE', 'fromHash': 'c0', 'toHash': 'c1'},"
    "{'ref': {'id': 'refs/tags/v1'}, 'type': 'DELETE', 'fromHash': 'c2', 'toHash': '0'},"
    "{'ref': {'id': 'refs/notes/n'}, 'type': 'ADD', 'fromHash': '0', 'toHash': 'c3'}]}",
    "Ann <own-ann>|push|refs/heads/main|c1|own|at/c1|Forge commit c1;"
    "Ann <own-ann>|ref-deleted|refs/tags/v1|c2|own|at/c2|Forge commit c2;"
    "Ann <own-ann>|push|-|c3|own|at/c3|Forge commit c3;" },
  { "pull-merge", JSON "pr:merge", PULL (FROM, TO, LINK),
    "Ann <ann>|pull-merge|refs/pull-requests/7/merge|c1|plug-in|https://f.example/7|"
    "Forge Pull Request #7;" },
  { "pull-from", JSON "pr:from", PULL (FROM, TO, LINK),
    "Ann <ann>|pull-from|refs/heads/f|c1|plug-in|https://f.example/7|Forge Pull Request #7;" },
  { "pull-to", JSON "pr:to", PULL (FROM, TO, LINK),
    "Ann <ann>|pull-to|refs/heads/t|c1|plug-in|https://f.example/7|Forge Pull Request #7;" },
  { "renamed-keys", JSON "pr:to",
    PULL ("'fromRef': {'latestCommit': 'c9'}",
          "'toRef': {'displayId': 'u'}",
          ", 'link': 'https://f.example/old'"),
    "Ann <ann>|pull-to|refs/heads/u|c9|plug-in|https://f.example/old|Forge Pull Request #7;" },
  { "own-pull", JSON "pr:from",
    "{" ACTOR ", 'pullRequest': {'id': 8, 'fromRef': {'displayId': 'f', 'latestCommit': 'c1'},"
    " 'toRef': {'displayId': 't', 'repository': " REPOSITORY "}}}",
    "Ann <own-ann>|pull-from|refs/heads/f|c1|own|-|Forge Pull Request #8;" },
};

static void
test_changes (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (BelfryTranslation) translation =
      translate (&product, rows[i].headers, rows[i].payload);
  g_autofree char *changes = dup_changes (translation);

  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_CHANGES);
  g_assert_cmpstr (changes, ==, rows[i].changes);
}

static void
test_other_kinds (void)
{
  static const struct {
    const char *headers;
    const char *payload;
    BelfryTranslationKind kind;
  } others[] = {
    { JSON "pr:unknown", "{}", BELFRY_TRANSLATION_NOTHING },
    { JSON "repo:push", "{}", BELFRY_TRANSLATION_MALFORMED },
    { JSON "pr:to", "{}", BELFRY_TRANSLATION_MALFORMED },
    { JSON "pr:to", "[]", BELFRY_TRANSLATION_MALFORMED },
    { JSON "pr:to", PULL (FROM, "'destination': null", LINK), BELFRY_TRANSLATION_MALFORMED },
    { JSON "pr:to", PULL (FROM, TO, ""), BELFRY_TRANSLATION_MALFORMED },
    { "Content-Type: application/json", "{}", BELFRY_TRANSLATION_MALFORMED },
    { "Content-Type: text/plain\nX-Event-Key: repo:push", "{}",
      BELFRY_TRANSLATION_UNSUPPORTED_TYPE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (BelfryTranslation) translation =
        translate (&product, others[i].headers, others[i].payload);

    g_test_message ("row %" G_GSIZE_FORMAT, i);
    g_assert_cmpint (translation->kind, ==, others[i].kind);
  }
}

/* one that has no layout of its own does not look for one */
static void
test_one_layout (void)
{
  static const char own[] = "{" ACTOR ", 'repository': " REPOSITORY ", 'changes': []}";
  BelfryBitbucketProduct plain = product;
  g_autoptr (BelfryTranslation) both = translate (&product, JSON "repo:push", own);
  g_autoptr (BelfryTranslation) one = NULL;

  plain.has_own_layout = FALSE;
  one = translate (&plain, JSON "repo:push", own);
  g_assert_cmpint (both->kind, ==, BELFRY_TRANSLATION_NOTHING);
  g_assert_cmpint (one->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_no_project (void)
{
  static const char bare[] = "{" ACTOR ", 'repository': {'kind': 'git'}, 'push': {'changes': ["
                             "{'new': {'type': 'branch', 'name': 'm', 'target': {'hash': 'c'}}}]}}";
  BelfryBitbucketProduct lenient = product;
  g_autoptr (BelfryTranslation) refused = translate (&product, JSON "repo:push", bare);
  g_autoptr (BelfryTranslation) taken = NULL;

  lenient.no_project = "none";
  taken = translate (&lenient, JSON "repo:push", bare);
  g_assert_cmpint (refused->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  g_assert_cmpstr (belfry_test_only_change (taken)->project, ==, "none");
}

static void
test_fork (void)
{
  g_autoptr (BelfryTranslation) theirs = translate (
      &product, JSON "pr:to", PULL ("'source': {'fork': 1, 'commit': {'hash': 'c1'}}", TO, LINK));
  g_autoptr (BelfryTranslation) ours = translate (&product, JSON "pr:to", PULL (FROM, TO, LINK));

  g_assert_nonnull (
      belfry_properties_get_value (belfry_test_only_change (theirs)->properties, "from_fork"));
  g_assert_null (
      belfry_properties_get_value (belfry_test_only_change (ours)->properties, "from_fork"));
}

static void
test_first (void)
{
  static const struct {
    const char *json;
    gboolean is_list;
    gboolean has_first;
  } lists[] = {
    { "{\"a\": {\"b\": [{\"c\": 1}, 2]}}", TRUE, TRUE },
    { "{\"a\": {\"b\": []}}", TRUE, FALSE },
    { "{\"a\": {\"b\": {}}}", FALSE, FALSE },
    { "{\"a\": {}}", FALSE, FALSE },
    { "{\"a\": null}", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (JsonNode) root = belfry_json_parse (lists[i].json, -1, NULL, NULL);
    g_autoptr (GError) error = NULL;
    JsonNode *first = root;
    gboolean found = belfry_bitbucket_find_first (root, "a.b", &first, &error);

    g_assert_cmpint (found, ==, lists[i].is_list);
    g_assert_cmpint (error == NULL, ==, lists[i].is_list);
    g_assert_cmpint (first != NULL, ==, lists[i].has_first);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bitbucket-payload/fork", test_fork);
  g_test_add_func ("/bitbucket-payload/kinds", test_other_kinds);
  g_test_add_func ("/bitbucket-payload/list/first", test_first);
  g_test_add_func ("/bitbucket-payload/no-project", test_no_project);
  g_test_add_func ("/bitbucket-payload/one-layout", test_one_layout);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strconcat ("/bitbucket-payload/changes/", rows[i].name, NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_changes);
  }
  return g_test_run ();
}
