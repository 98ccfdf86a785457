/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define PATH "/change_hook/standard-webhooks"

static const BelfryHookTestBase push = {
  .hook = "standard-webhooks",
  .keys = "when=body.event == 'push'\nfor-each=body.commits\nauthor={{ item.author.name }}\n"
          "comments={{ item.message }}\nrevision={{ item.id }}\nbranch={{ body.ref }}\n"
          "repository={{ body.repository.url }}\nfiles=item.files\n"
          "timestamp={{ item.timestamp }}\nproperty.size=item.size",
  .path_query = PATH,
  .headers = "Content-Type: application/json",
  .payload =
      "{'event': 'push', 'ref': 'refs/heads/main', 'repository': {'url': 'https://x.example'},"
      " 'commits': [{'author': {'name': 'Ada'}, 'message': 'Turn', 'id': 'c1', 'size': 7,"
      "   'timestamp': '2023-03-04T05:06:07Z', 'files': ['a.c']}]}",
};

static void
test_malformed (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "event", NULL },
    { "ref", NULL },
    { "repository", NULL },
    { "repository.url", NULL },
    { "commits", NULL },
    { "commits", "{}" },
    { "commits", "null" },
    { "commits", "'text'" },
    { "commits", "[null]" },
    { "commits.0.author", NULL },
    { "commits.0.author.name", NULL },
    { "commits.0.timestamp", "'soon'" },
    { "commits.0.timestamp", "17" },
    { "commits.0.files", NULL },
    { "commits.0.files", "'a.c'" },
    { "commits.0.files", "null" },
    { "commits.0.files", "[1]" },
    { "commits.0.size", NULL },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_MALFORMED);
}

static void
test_nothing (void)
{
  static const BelfryHookTestEdit edits[] = {
    { "event", "'ping'" },
    { "event", "null" },
    { "commits", "[]" },
  };

  belfry_hook_test_expect (&push, edits, G_N_ELEMENTS (edits), BELFRY_TRANSLATION_NOTHING);
}

/* which key, and what it misses, but nothing of what was sent */
static void
test_reason (void)
{
  static const struct {
    const char *path;
    const char *key;
    const char *name;
  } cases[] = {
    { "event", "when", "'event' is undefined" },
    { "commits", "for-each", "'commits' is undefined" },
    { "commits.0.author.name", "author", "'name' is undefined" },
    { "commits.0.files", "files", "'files' is undefined" },
    { "commits.0.size", "property.size", "'size' is undefined" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = belfry_hook_test_play (&push, cases[i].path, NULL);

    g_assert_true (g_str_has_prefix (translation->reason, cases[i].key));
    g_assert_nonnull (strstr (translation->reason, cases[i].name));
  }
}

static BelfryTranslation *
play_with (const char *keys, const char *path_query, const char *headers)
{
  BelfryHookTestBase base = push;

  base.keys = keys;
  base.path_query = path_query;
  base.headers = headers;
  return belfry_hook_test_play (&base, NULL, NULL);
}

/* what the delivery log and `belfry explain` are told */
static void
test_event (void)
{
  static const struct {
    const char *keys;
    const char *event;
    const char *key;
  } cases[] = {
    { "author=a\ncomments=b", NULL, NULL },
    { "author=a\ncomments=b\nevent={{ body.event }}", "push", NULL },
    { "author=a\ncomments=b\nevent={{ headers['x-event'] }}\npass-headers=X-Event", "tag", NULL },
    { "author=a\ncomments=b\nevent={{ body.event }}\nwhen=false", "push", "when" },
    { "author={{ body.none }}\ncomments=b\nevent={{ body.event }}", "push", "author" },
    { "author=a\ncomments=b\ntimestamp=soon", NULL, "timestamp" },
    { "author=a\ncomments=b\nfor-each=body.event", NULL, "for-each" },
    { "author=a\ncomments=b\nfiles=body.event", NULL, "files" },
    { "author=a\ncomments=b\nproperty.x=body.none", NULL, "property.x" },
    { "author=a\ncomments=b\nwhen=body.none", NULL, "when" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation =
        play_with (cases[i].keys, PATH, "Content-Type: application/json\nX-Event: tag");

    g_test_message ("%u", i);
    g_assert_cmpstr (translation->event, ==, cases[i].event);
    g_assert_cmpstr (translation->key, ==, cases[i].key);
  }
}

static void
test_event_type (void)
{
  BelfryHookTestBase base = push;
  g_autoptr (BelfryTranslation) translation = NULL;

  base.keys = "author=a\ncomments=b";
  translation = belfry_hook_test_play (&base, "type", "'repository.pushed'");
  g_assert_cmpstr (translation->event, ==, "repository.pushed");
}

static void
test_empty_is_absent (void)
{
  g_autoptr (BelfryTranslation) translation = play_with (
      "author={{ '' }}\ncomments=x\nrevision={{ '' }}\nbranch={{ '' }}\ntimestamp={{ '' }}", PATH,
      "");
  BelfryChange *change = belfry_test_only_change (translation);

  g_assert_null (change->revision);
  g_assert_null (change->branch);
  g_assert_null (change->codebase);
  g_assert_cmpint (change->when_timestamp, ==, BELFRY_NONE);
  g_assert_true (change->files_unknown);
}

/* only what the section lists is seen, in small letters */
static void
test_headers (void)
{
  static const char keys[] = "author={{ headers['x-who'] }}\ncomments=c\npass-headers=X-Who";
  g_autoptr (BelfryTranslation) told = play_with (keys, PATH, "x-WHO: ada\nX-Other: b");
  g_autoptr (BelfryTranslation) missing = play_with (keys, PATH, "X-Other: b");
  g_autoptr (BelfryTranslation) hidden =
      play_with ("author={{ headers['x-other'] }}\ncomments=c", PATH, "X-Other: b");

  g_assert_cmpstr (belfry_test_only_change (told)->author, ==, "ada");
  g_assert_cmpint (missing->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  g_assert_cmpint (hidden->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_query (void)
{
  static const char keys[] = "author={{ query.who }}\ncomments=c";
  g_autoptr (BelfryTranslation) told = play_with (keys, PATH "?who=ada&who=bob", "");
  g_autoptr (BelfryTranslation) missing = play_with (keys, PATH, "");
  g_autoptr (BelfryTranslation) malformed = play_with (keys, PATH "?who=%ff", "");

  g_assert_cmpstr (belfry_test_only_change (told)->author, ==, "ada");
  g_assert_cmpint (missing->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  g_assert_cmpint (malformed->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

/* what a template language would do with text is not done to text that was sent */
static void
test_data_is_no_template (void)
{
  g_autoptr (BelfryTranslation) translation =
      belfry_hook_test_play (&push, "commits.0.message", "'{{ 7*7 }}{% raw %}<b>&'");

  g_assert_cmpstr (belfry_test_only_change (translation)->comments, ==, "{{ 7*7 }}{% raw %}<b>&");
}

static void
test_limits (void)
{
  g_autofree char *letters = g_strnfill (64 * 1024 + 1, 'a');
  g_autofree char *message = g_strdup_printf ("'%s'", letters);
  g_autoptr (BelfryTranslation) translation =
      belfry_hook_test_play (&push, "commits.0.message", message);
  g_autoptr (BelfryTranslation) endless = play_with (
      "author={% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}\n"
      "comments=c",
      PATH, "");

  g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_MALFORMED);
  g_assert_cmpint (endless->kind, ==, BELFRY_TRANSLATION_MALFORMED);
}

static void
test_count (void)
{
  BelfryHookTestBase base = push;
  static const struct {
    const char *range;
    BelfryTranslationKind kind;
  } cases[] = {
    { "1000", BELFRY_TRANSLATION_CHANGES },
    { "1001", BELFRY_TRANSLATION_MALFORMED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text =
        g_strdup_printf ("for-each=range(%s)|list\nauthor={{ item }}\ncomments=c", cases[i].range);
    g_autoptr (BelfryTranslation) translation = NULL;

    base.keys = text;
    translation = belfry_hook_test_play (&base, NULL, NULL);
    g_assert_cmpint (translation->kind, ==, cases[i].kind);
  }
}

static void
test_hostile (void)
{
  belfry_hook_test_hostile (&push);
  belfry_hook_test_many (&push, "commits", "{}");
  belfry_hook_test_mutate (&push);
}

static void
test_signatures (void)
{
  static const struct {
    const char *keys;
    const char *header;
    BelfrySignatureScheme scheme;
    const char *id;
  } cases[] = {
    { "", "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, "webhook-id" },
    { "signature-header=X-S", "X-S", BELFRY_SIGNATURE_SHA256_HEX, "webhook-id" },
    { "signature-header=X-S\nsignature-form=base64\nid-header=X-Id", "X-S",
      BELFRY_SIGNATURE_SHA256_BASE64, "X-Id" },
    { "signature-header=X-S\nsignature-form=sha256=hex", "X-S", BELFRY_SIGNATURE_SHA256_PREFIXED,
      "webhook-id" },
    { "token-header=X-T", "X-T", BELFRY_SIGNATURE_TOKEN, "webhook-id" },
    { "token-header=authorization", "authorization", BELFRY_SIGNATURE_BEARER, "webhook-id" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *keys = g_strdup_printf ("author=a\ncomments=c\n%s", cases[i].keys);
    g_autoptr (BelfryTest) test = belfry_hook_test_new ("standard-webhooks", keys);
    const BelfryHook *hook = belfry_test_get_plugin (test);

    g_assert_cmpstr (hook->signatures[0].header, ==, cases[i].header);
    g_assert_cmpint (hook->signatures[0].scheme, ==, cases[i].scheme);
    g_assert_null (hook->signatures[1].header);
    g_assert_cmpstr (hook->delivery_id_headers[0], ==, cases[i].id);
    g_assert_null (hook->delivery_id_headers[1]);
  }
}

static void
test_configuration (void)
{
  static const struct {
    const char *keys;
    const char *found;
  } cases[] = {
    { "author=a", "error comments: " },
    { "comments=c", "error author: " },
    { "author={{ a\ncomments=c", "error author: " },
    { "author=a\ncomments=c\nwhen=1 +", "error when: " },
    { "author=a\ncomments=c\nproperty.x=(", "error property.x: " },
    { "author=a\ncomments=c\nsignature-header=X-A\ntoken-header=X-B", "error token-header: " },
    { "author=a\ncomments=c\nsignature-header=X A", "error signature-header: " },
    { "author=a\ncomments=c\nsignature-form=hex", "error signature-form: " },
    { "author=a\ncomments=c\nsignature-header=X-A\nsignature-form=md5", "error signature-form: " },
    { "author=a\ncomments=c\nid-header=X-Id", "error id-header: " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = belfry_test_dup_problems ("hook/standard-webhooks", cases[i].keys);

    if (strstr (problems, cases[i].found) == NULL)
      g_test_fail_printf ("%s: found only: %s", cases[i].keys, problems);
  }
}

static const BelfryHookTestRow tests[] = {
  { "/standard-webhooks/content/hostile", test_hostile },
  { "/standard-webhooks/content/limits", test_limits },
  { "/standard-webhooks/content/malformed", test_malformed },
  { "/standard-webhooks/content/no-template", test_data_is_no_template },
  { "/standard-webhooks/content/nothing", test_nothing },
  { "/standard-webhooks/content/reason", test_reason },
  { "/standard-webhooks/content/event", test_event },
  { "/standard-webhooks/content/event-type", test_event_type },
  { "/standard-webhooks/fields/empty-is-absent", test_empty_is_absent },
  { "/standard-webhooks/for-each/count", test_count },
  { "/standard-webhooks/plugin/configuration", test_configuration },
  { "/standard-webhooks/plugin/signatures", test_signatures },
  { "/standard-webhooks/variables/headers", test_headers },
  { "/standard-webhooks/variables/query", test_query },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "standard-webhooks", tests);
}
