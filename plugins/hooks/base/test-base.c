/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hook-test.h"

#include <string.h>

#define FORM "Content-Type: application/x-www-form-urlencoded"

static BelfryTranslation *
post (const char *headers, const char *body)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("base", NULL);
  g_autoptr (BelfryRequest) request = belfry_hook_test_post ("/change_hook/base", headers, body);

  return belfry_test_translate (test, request);
}

static BelfryTranslation *
post_form (const char *body)
{
  return post (FORM, body);
}

static void
assert_malformed (const char *const *bodies)
{
  for (guint i = 0; bodies[i] != NULL; i++) {
    g_autoptr (BelfryTranslation) translation = post_form (bodies[i]);

    if (translation->kind != BELFRY_TRANSLATION_MALFORMED)
      g_test_fail_printf ("'%s' must be malformed", bodies[i]);
    else
      g_assert_cmpstr (translation->reason, !=, NULL);
  }
}

static void
test_when_forms (void)
{
  static const struct {
    const char *body;
    gint64 seconds;
  } cases[] = {
    { "when=0", 0 },
    { "when=-1.5", -2 },
    { "when=1.999999", 1 },
    { "when=1e3", 1000 },
    { "when=1.5E%2B2", 150 },
    { "when=%2B7", 7 },
    { "when=253402300799", 253402300799 },
    { "when=-62135596800", -62135596800 },
    { "when_timestamp=5&when=6", 5 },
    { "when_timestamp=5&when=tomorrow", 5 },
    { "when=8&when=9", 8 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = post_form (cases[i].body);
    BelfryChange *change = belfry_test_only_change (translation);

    g_assert_cmpint (change->when_timestamp, ==, cases[i].seconds * G_USEC_PER_SEC);
  }
}

static void
test_when_malformed (void)
{
  static const char *const bodies[] = {
    "when=",
    "when=nan",
    "when=inf",
    "when=-inf",
    "when=0x10",
    "when=1e400",
    "when=1%2C5",
    "when=1e",
    "when=--1",
    "when=.",
    "when=253402300800",
    "when=-62135596801",
    "when=5+days",
    "when_timestamp=",
    "when=5&when_timestamp=",
    "when=1_000",
    NULL,
  };

  assert_malformed (bodies);
}

static void
test_when_absent (void)
{
  g_autoptr (BelfryTranslation) translation = post_form ("author=a");

  g_assert_cmpint (belfry_test_only_change (translation)->when_timestamp, ==, BELFRY_NONE);
}

static void
test_files_malformed (void)
{
  static const char *const bodies[] = {
    "files=",
    "files=a.c",
    "files=%22a.c%22",
    "files=%7B%22a%22:1%7D",
    "files=%5B1%5D",
    "files=%5Bnull%5D",
    "files=%5Btrue%5D",
    "files=%5B%5B%22a%22%5D%5D",
    "files=%5B%7B%7D%5D",
    "files=null",
    "files=5",
    "files=%5B%22a%22%5D+x",
    "files=%5B%22a%22",
    "files=%5B%22%5Cu0000%22%5D",
    NULL,
  };

  assert_malformed (bodies);
}

static void
test_files_unknown (void)
{
  g_autoptr (BelfryTranslation) absent = post_form ("author=a");
  g_autoptr (BelfryTranslation) empty = post_form ("files=%5B%5D");
  g_autoptr (BelfryTranslation) some = post_form ("files=%5B%22b%22,%22a%22,%22b%22%5D");
  BelfryChange *change = belfry_test_only_change (some);

  g_assert_true (belfry_test_only_change (absent)->files_unknown);
  g_assert_false (belfry_test_only_change (empty)->files_unknown);
  g_assert_cmpuint (g_strv_length (belfry_test_only_change (empty)->files), ==, 0);
  g_assert_false (change->files_unknown);
  g_assert_cmpuint (g_strv_length (change->files), ==, 3);
  g_assert_cmpstr (change->files[0], ==, "b");
  g_assert_cmpstr (change->files[2], ==, "b");
}

static void
test_properties_malformed (void)
{
  static const char *const bodies[] = {
    "properties=",
    "properties=x",
    "properties=null",
    "properties=%5B%5D",
    "properties=%22a%22",
    "properties=1",
    "properties=%7B",
    "properties=%7B%7D%7B%7D",
    NULL,
  };

  assert_malformed (bodies);
}

static void
test_encoding_malformed (void)
{
  static const char *const bodies[] = {
    "author=%00", "author=%FF", "author=%C0%AF", "author=%ED%A0%80", NULL,
  };

  assert_malformed (bodies);
}

static void
test_author_or_who (void)
{
  static const struct {
    const char *body;
    const char *author;
  } cases[] = {
    { "author=a&who=w", "a" }, { "author=&who=w", "w" },  { "who=w", "w" },
    { "comments=c", "" },      { "who=&comments=c", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = post_form (cases[i].body);

    g_assert_cmpstr (belfry_test_only_change (translation)->author, ==, cases[i].author);
  }
}

static void
test_absent_is_not_empty (void)
{
  g_autoptr (BelfryTranslation) absent = post_form ("author=a");
  g_autoptr (BelfryTranslation) empty =
      post_form ("branch=&revision=&category=&codebase=&committer=&revlink=");
  BelfryChange *change = belfry_test_only_change (absent);

  g_assert_null (change->branch);
  g_assert_null (change->revision);
  g_assert_null (change->category);
  g_assert_null (change->codebase);
  g_assert_null (change->committer);
  g_assert_null (change->src);
  change = belfry_test_only_change (empty);
  g_assert_cmpstr (change->branch, ==, "");
  g_assert_cmpstr (change->revision, ==, "");
  g_assert_cmpstr (change->category, ==, "");
  g_assert_cmpstr (change->codebase, ==, "");
  g_assert_cmpstr (change->committer, ==, "");
  g_assert_cmpstr (change->revlink, ==, "");
}

static void
test_unknown_names_ignored (void)
{
  g_autoptr (BelfryTranslation) translation =
      post_form ("zebra=1&isdir=1&links=x&src=git&author=a&payload=%7B");
  BelfryChange *change = belfry_test_only_change (translation);

  g_assert_cmpstr (change->author, ==, "a");
  g_assert_null (change->src);
  g_assert_cmpuint (belfry_properties_get_count (change->properties), ==, 0);
}

static void
test_other_types_refused (void)
{
  static const char *const headers[] = {
    "Content-Type: application/json",
    "Content-Type: text/plain",
    "Content-Type: application/x-www-form-urlencoded-not",
    "X-Nothing: here",
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autoptr (BelfryTranslation) translation = post (headers[i], "{\"author\": \"a\"}");

    g_assert_cmpint (translation->kind, ==, BELFRY_TRANSLATION_UNSUPPORTED_TYPE);
  }
}

static void
test_form_types_taken (void)
{
  static const struct {
    const char *headers;
    const char *body;
  } cases[] = {
    { "Content-Type: Application/X-WWW-Form-URLencoded; charset=UTF-8", "author=a" },
    { "Content-Type: multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=\"author\"\r\n\r\na\r\n--b--\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryTranslation) translation = post (cases[i].headers, cases[i].body);

    g_assert_cmpstr (belfry_test_only_change (translation)->author, ==, "a");
  }
}

/* Mercurial's hook says everything in the query, with an empty body and no type */
static void
test_query_alone (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("base", NULL);
  g_autoptr (BelfryRequest) request = belfry_hook_test_post (
      "/change_hook/base?author=a&properties=%7B%22is_merge%22:true%7D", "", "");
  g_autoptr (BelfryTranslation) translation = belfry_test_translate (test, request);
  BelfryChange *change = belfry_test_only_change (translation);

  g_assert_cmpstr (change->author, ==, "a");
  g_assert_true (
      json_node_get_boolean (belfry_properties_get_value (change->properties, "is_merge")));
}

/* requests that look alike are told apart by nobody, so none is ever a duplicate */
static void
test_descriptor (void)
{
  g_autoptr (BelfryTest) test = belfry_hook_test_new ("base", NULL);
  const BelfryHook *plugin = belfry_test_get_plugin (test);

  g_assert_true (plugin->no_digest);
  g_assert_null (plugin->delivery_id_headers);
  g_assert_cmpstr (plugin->signatures[0].header, ==, "Authorization");
  g_assert_cmpint (plugin->signatures[0].scheme, ==, BELFRY_SIGNATURE_BEARER);
}

static const BelfryHookTestRow tests[] = {
  { "/base/when/forms", test_when_forms },
  { "/base/when/malformed", test_when_malformed },
  { "/base/when/absent", test_when_absent },
  { "/base/files/malformed", test_files_malformed },
  { "/base/files/unknown", test_files_unknown },
  { "/base/properties/malformed", test_properties_malformed },
  { "/base/encoding/malformed", test_encoding_malformed },
  { "/base/texts/author-or-who", test_author_or_who },
  { "/base/texts/absent-is-not-empty", test_absent_is_not_empty },
  { "/base/texts/unknown-names-ignored", test_unknown_names_ignored },
  { "/base/type/others-refused", test_other_types_refused },
  { "/base/type/forms-taken", test_form_types_taken },
  { "/base/query/alone", test_query_alone },
  { "/base/plugin/descriptor", test_descriptor },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  return belfry_hook_test_run (argc, argv, "base", tests);
}
