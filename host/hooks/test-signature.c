/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may knock. Digests: RFC 2202 and RFC 4231, test case 2 (key "Jefe"); the signed message: the
 * example of the Standard Webhooks specification.
 */
#include "passwords.h"
#include "signature.h"

#include <crypt.h>
#include <glib/gstdio.h>

#define TEXT     "what do ya want for nothing?"
#define SHA256   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
#define SHA1     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
#define MD5      "750c783e6ab0b503eaa86e310a5db738"
#define BASE64   "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
#define WEBHOOK  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNED   "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define MESSAGE  "{\"test\": 2432232314}"
#define SENT_S   G_GINT64_CONSTANT (1614265330)
#define IDENTITY "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\n"
#define STAMP    "webhook-timestamp: 1614265330\n"

static const BelfrySignature github_rows[] = {
  { "X-Hub-Signature-256", BELFRY_SIGNATURE_SHA256_PREFIXED, 1 },
  { "X-Hub-Signature", BELFRY_SIGNATURE_SHA1_PREFIXED, 2 },
  { NULL },
};
static const BelfrySignature hex_rows[] = {
  { "X-Gitea-Signature", BELFRY_SIGNATURE_SHA256_HEX, 1 },
  { NULL },
};
static const BelfrySignature md5_rows[] = {
  { "Hook-Hmac", BELFRY_SIGNATURE_MD5_HEX, 1 },
  { NULL },
};
static const BelfrySignature base64_rows[] = {
  { "X-Signature", BELFRY_SIGNATURE_SHA256_BASE64, 1 },
  { NULL },
};
static const BelfrySignature bearer_rows[] = {
  { "Authorization", BELFRY_SIGNATURE_BEARER, 1 },
  { NULL },
};
static const BelfrySignature gitlab_rows[] = {
  { "X-Gitlab-Token", BELFRY_SIGNATURE_TOKEN, 2 },
  { "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 1 },
  { NULL },
};

typedef struct {
  const BelfrySignature *rows;
  const char *secret; /* two are separated by a semicolon; NULL: none */
  const char *headers;
  const char *body;
  gboolean allow_sha1;
  gboolean strict;
} Knock;

static BelfryRequest *
make_request (const char *headers, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  const BelfryRequestFields fields = {
    .size = sizeof fields, .method = "POST", .path = "/", .body = bytes
  };
  BelfryRequest *request = belfry_request_new (&fields);
  g_auto (GStrv) lines = g_strsplit (headers, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strstr (lines[i], ": ");

    if (colon == NULL)
      continue;
    *colon = '\0';
    belfry_request_add_header (request, lines[i], colon + strlen (": "));
  }
  return request;
}

static gboolean
knock_as (const Knock *knock, guint *generation)
{
  const BelfryHook hook = { .signatures = knock->rows, .signature_size = sizeof (BelfrySignature) };
  g_autoptr (BelfrySecret) secret =
      knock->secret != NULL ? belfry_secret_new (knock->secret, NULL) : NULL;
  const BelfryHookKeys keys = {
    .secret = secret,
    .allow_sha1 = knock->allow_sha1,
    .strict = knock->strict,
    .tolerance = 300 * (gint64)G_USEC_PER_SEC,
  };
  g_autoptr (BelfryRequest) request =
      make_request (knock->headers, knock->body != NULL ? knock->body : TEXT);
  const char *reason = NULL;
  gboolean in = belfry_signature_verify (&hook, &keys, request, generation, &reason);

  g_assert_true (in == (reason == NULL));
  return in;
}

static void
assert_all (const Knock *knocks, guint n_knocks, gboolean wanted)
{
  for (guint i = 0; i < n_knocks; i++) {
    guint generation = 0;

    if (knock_as (&knocks[i], &generation) != wanted)
      g_test_fail_printf ("case %u must be %s: %s", i, wanted ? "in" : "out", knocks[i].headers);
  }
}

static void
test_let_in (void)
{
  static const Knock knocks[] = {
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 },
    { github_rows, "plain:Jefe", "x-hub-signature-256: sha256=" SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 "\nX-Hub-Signature: junk" },
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha1=" SHA1, .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256, .strict = TRUE },
    { hex_rows, "plain:Jefe", "X-Gitea-Signature: " SHA256 },
    { md5_rows, "plain:Jefe", "Hook-Hmac: " MD5 },
    { base64_rows, "plain:Jefe", "X-Signature: " BASE64 },
    { bearer_rows, "plain:Jefe", "Authorization: Bearer Jefe" },
    { bearer_rows, "plain:Jefe", "Authorization: bearer Jefe" },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: Jefe" },
    /* without a secret nothing is looked at */
    { github_rows, NULL, "X-Hub-Signature-256: nonsense" },
    { github_rows, NULL, "" },
  };

  assert_all (knocks, G_N_ELEMENTS (knocks), TRUE);
}

static void
test_no_signature (void)
{
  static const Knock knocks[] = {
    { github_rows, "plain:Jefe", "" },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: " },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: " SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha512=" SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: SHA256=" SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 "0" },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256= " SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=sha256=" SHA256 },
    { github_rows, "plain:Jefe",
      "X-Hub-Signature-256: "
      "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384" },
    { github_rows, "plain:Jefe",
      "X-Hub-Signature-256: "
      "sha256=zzdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { github_rows, "plain:Jeff", "X-Hub-Signature-256: sha256=" SHA256 },
    { github_rows, "plain:Jefe",
      "X-Hub-Signature-256: sha256=" SHA256 "\nX-Hub-Signature-256: sha256=" SHA256 },
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha1=" SHA1 "\nX-Hub-Signature: sha1=" SHA1,
      .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe",
      "X-Hub-Signature-256: sha256=" SHA256 "\nX-Hub-Signature: a\nX-Hub-Signature: b" },
    { hex_rows, "plain:Jefe", "X-Gitea-Signature: " },
    { hex_rows, "plain:Jefe", "X-Gitea-Signature: sha256=" SHA256 },
    { md5_rows, "plain:Jefe", "Hook-Hmac: " SHA256 },
    { base64_rows, "plain:Jefe", "X-Signature: " },
    { base64_rows, "plain:Jefe", "X-Signature: " SHA256 },
    { base64_rows, "plain:Jefe", "X-Signature: " BASE64 "=" },
    { base64_rows, "plain:jefe", "X-Signature: " BASE64 },
    { bearer_rows, "plain:Jefe", "Authorization: Jefe" },
    { bearer_rows, "plain:Jefe", "Authorization: Bearer" },
    { bearer_rows, "plain:Jefe", "Authorization: Bearer " },
    { bearer_rows, "plain:Jefe", "Authorization: Bearer  Jefe" },
    { bearer_rows, "plain:Jefe", "Authorization: Basic SmVmZQ==" },
    { bearer_rows, "plain:Jefe", "Authorization: Bearer Jefe2" },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: jefe" },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: " },
    { NULL, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 },
  };

  assert_all (knocks, G_N_ELEMENTS (knocks), FALSE);
}

static void
test_downgrade (void)
{
  static const Knock knocks[] = {
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha1=" SHA1 },
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha1=" SHA1, .allow_sha1 = TRUE,
      .strict = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=00\nX-Hub-Signature: sha1=" SHA1,
      .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: \nX-Hub-Signature: sha1=" SHA1,
      .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha1=" SHA1, .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA1, .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha256=" SHA256, .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Hub-Signature: sha1=" SHA256, .allow_sha1 = TRUE },
    { github_rows, "plain:Jefe", "X-Gitea-Signature: " SHA256 },
    { hex_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: Jefe\nwebhook-signature: v1,AAAA" },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: Jefe\nwebhook-signature: " },
    { gitlab_rows, "plain:Jefe", "X-Gitlab-Token: Jefe", .strict = TRUE },
  };

  assert_all (knocks, G_N_ELEMENTS (knocks), FALSE);
}

static void
test_other_bytes (void)
{
  static const char *const bodies[] = {
    TEXT "\n", "\xef\xbb\xbf" TEXT, " " TEXT, "what do ya want for nothing", "", TEXT "\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    const Knock knock = { github_rows, "plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256,
                          bodies[i] };

    assert_all (&knock, 1, FALSE);
  }
}

static void
test_rotation (void)
{
  static const Knock knocks[] = {
    { github_rows, "plain:Jefe;plain:old", "X-Hub-Signature-256: sha256=" SHA256 },
    { github_rows, "plain:new;plain:Jefe", "X-Hub-Signature-256: sha256=" SHA256 },
  };
  static const Knock neither = { github_rows, "plain:new;plain:old",
                                 "X-Hub-Signature-256: sha256=" SHA256 };

  for (guint i = 0; i < G_N_ELEMENTS (knocks); i++) {
    guint generation = 9;

    g_assert_true (knock_as (&knocks[i], &generation));
    g_assert_cmpuint (generation, ==, i);
  }
  assert_all (&neither, 1, FALSE);
}

static void
test_webhook_let_in (void)
{
  static const Knock knocks[] = {
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1,AAAA v1," SIGNED " v2,x",
      MESSAGE },
    { gitlab_rows, "plain:MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      IDENTITY STAMP "webhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1," SIGNED, MESSAGE,
      .strict = TRUE },
  };

  belfry_clock_set_us (SENT_S * G_USEC_PER_SEC);
  assert_all (knocks, G_N_ELEMENTS (knocks), TRUE);
}

static void
test_webhook_refused (void)
{
  static const Knock knocks[] = {
    { gitlab_rows, "plain:" WEBHOOK, STAMP "webhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY "webhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: " SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1a," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1," SIGNED "A", MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP "webhook-signature: v1," SIGNED, MESSAGE "\n" },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY IDENTITY STAMP "webhook-signature: v1," SIGNED,
      MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, IDENTITY STAMP STAMP "webhook-signature: v1," SIGNED,
      MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK, "webhook-id: other\n" STAMP "webhook-signature: v1," SIGNED,
      MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK,
      IDENTITY "webhook-timestamp: 1614265331\nwebhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK,
      IDENTITY "webhook-timestamp: 1614265330.0\nwebhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK,
      IDENTITY "webhook-timestamp: -1\nwebhook-signature: v1," SIGNED, MESSAGE },
    { gitlab_rows, "plain:" WEBHOOK,
      IDENTITY "webhook-timestamp: 9223372036854775807\nwebhook-signature: v1," SIGNED, MESSAGE },
  };

  belfry_clock_set_us (SENT_S * G_USEC_PER_SEC);
  assert_all (knocks, G_N_ELEMENTS (knocks), FALSE);
}

static void
test_webhook_freshness (void)
{
  static const struct {
    gint64 off_s;
    gboolean in;
  } cases[] = {
    { 300, TRUE }, { -300, TRUE }, { 301, FALSE }, { -301, FALSE }, { 86400, FALSE },
  };
  static const Knock knock = { gitlab_rows, "plain:" WEBHOOK,
                               IDENTITY STAMP "webhook-signature: v1," SIGNED, MESSAGE };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    belfry_clock_set_us ((SENT_S + cases[i].off_s) * G_USEC_PER_SEC);
    assert_all (&knock, 1, cases[i].in);
  }
}

/* a secret that is no base64 leaves an empty key, with which anybody can sign */
static void
test_webhook_empty_key (void)
{
  static const char content[] = "id.1614265330." TEXT;
  gsize digest_bytes = 32;
  g_autofree guchar *digest = g_malloc (digest_bytes);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *)"", 0);
  g_autofree char *encoded = NULL;
  g_autofree char *headers = NULL;
  Knock knock = { gitlab_rows, "plain:whsec_" };

  g_hmac_update (hmac, (const guchar *)content, strlen (content));
  g_hmac_get_digest (hmac, digest, &digest_bytes);
  encoded = g_base64_encode (digest, digest_bytes);
  headers = g_strdup_printf ("webhook-id: id\n" STAMP "webhook-signature: v1,%s", encoded);
  knock.headers = headers;
  belfry_clock_set_us (SENT_S * G_USEC_PER_SEC);
  assert_all (&knock, 1, FALSE);
  knock.secret = "plain:!!!";
  assert_all (&knock, 1, FALSE);
}

/* password files */

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static gboolean
check_basic (const char *const *files, const char *folder, const char *authorization)
{
  g_autoptr (GAsyncResult) done = NULL;

  belfry_passwords_check (files, folder, authorization, g_task_new (NULL, NULL, on_checked, &done));
  while (done == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_task_propagate_boolean (G_TASK (done), NULL);
}

static gboolean
check_user (const char *text, const char *credentials)
{
  static const char *const files[] = { "file:passwords", NULL };
  g_autofree char *folder = g_dir_make_tmp ("belfry-passwords-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "passwords", NULL);
  g_autofree char *encoded = g_base64_encode ((const guchar *)credentials, strlen (credentials));
  g_autofree char *authorization = g_strconcat ("Basic ", encoded, NULL);
  gboolean in = FALSE;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  in = check_basic (files, folder, authorization);
  g_remove (path);
  g_rmdir (folder);
  return in;
}

static void
test_passwords_plain (void)
{
  static const struct {
    const char *file;
    const char *credentials;
    gboolean in;
  } cases[] = {
    { "ann:apple\nbob:pear\n", "ann:apple", TRUE },
    { "ann:apple\nbob:pear\n", "bob:pear", TRUE },
    { "ann:apple\r\n", "ann:apple", TRUE },
    { "ann:apple:more:fields\n", "ann:apple", TRUE },
    { "ann:apple:more:fields\n", "ann:apple:more:fields", FALSE },
    { "ann:apple\n", "ann:pear", FALSE },
    { "ann:apple\n", "ann:apple2", FALSE },
    { "ann:apple\n", "ann:", FALSE },
    { "ann:apple\n", "Ann:apple", FALSE },
    { "ann:apple\n", "eve:apple", FALSE },
    { "ann:apple\n", "annapple", FALSE },
    { "ann:apple\n", ":apple", FALSE },
    { "ann:first\nann:second\n", "ann:first", TRUE },
    { "ann:first\nann:second\n", "ann:second", FALSE },
    { "ann:\n", "ann:", FALSE },
    { "ann\n", "ann:ann", FALSE },
    { "", "ann:apple", FALSE },
    { "zo\xc3\xab:caf\xc3\xa9\n", "zo\xc3\xab:caf\xc3\xa9", TRUE },
    { "ann:apple\n", "ann:\xff", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (check_user (cases[i].file, cases[i].credentials) != cases[i].in)
      g_test_fail_printf ("case %u: '%s'", i, cases[i].credentials);
}

static void
test_passwords_hashed (void)
{
  static const char *const prefixes[] = { "$2b$", "$6$", "$5$", "$y$", "$1$" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
    g_autofree char *setting = crypt_gensalt_ra (prefixes[i], 0, NULL, 0);
    g_autofree char *line = g_strdup_printf ("ann:%s\n", crypt_r ("apple", setting, data));

    g_assert_true (check_user (line, "ann:apple"));
    g_assert_false (check_user (line, "ann:apples"));
    g_assert_false (check_user (line, "eve:apple"));
    /* the hash is no password */
    line[strlen (line) - 1] = '\0';
    g_assert_false (check_user (line, line));
  }
  g_assert_false (check_user ("ann:$nothing$known\n", "ann:$nothing$known"));
  g_assert_false (check_user ("ann:$\n", "ann:$"));
}

static void
test_passwords_header (void)
{
  static const struct {
    const char *authorization;
    gboolean in;
  } cases[] = {
    { "Basic YW5uOmFwcGxl", TRUE },
    { "basic YW5uOmFwcGxl", TRUE },
    { "BASIC YW5uOmFwcGxl", TRUE },
    { "YW5uOmFwcGxl", FALSE },
    { "Basic", FALSE },
    { "Basic ", FALSE },
    { "Basic !!!", FALSE },
    { "Bearer YW5uOmFwcGxl", FALSE },
    { NULL, FALSE },
    { "", FALSE },
  };
  g_autofree char *folder = g_dir_make_tmp ("belfry-passwords-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "passwords", NULL);
  g_autofree char *item = g_strconcat ("file:", path, NULL);
  const char *const absolute[] = { item, NULL };

  g_assert_true (g_file_set_contents (path, "ann:apple\n", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (check_basic (absolute, "/nowhere", cases[i].authorization) != cases[i].in)
      g_test_fail_printf ("'%s'", cases[i].authorization);
  g_remove (path);
  g_rmdir (folder);
}

static void
test_passwords_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("belfry-passwords-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "second", NULL);
  static const char *const both[] = { "file:missing", "file:second", NULL };
  static const char *const missing[] = { "file:missing", NULL };
  static const char *const none[] = { NULL };

  g_assert_true (g_file_set_contents (path, "ann:apple\n", -1, NULL));
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*missing*admits nobody*");
  g_assert_true (check_basic (both, folder, "Basic YW5uOmFwcGxl"));
  g_test_assert_expected_messages ();
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "*missing*admits nobody*");
  g_assert_false (check_basic (missing, folder, "Basic YW5uOmFwcGxl"));
  g_test_assert_expected_messages ();
  g_assert_false (check_basic (none, folder, "Basic YW5uOmFwcGxl"));
  /* read anew for every attempt */
  g_assert_true (g_file_set_contents (path, "ann:pear\n", -1, NULL));
  g_assert_false (check_basic (both + 1, folder, "Basic YW5uOmFwcGxl"));
  g_remove (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hooks/signature/let-in", test_let_in);
  g_test_add_func ("/hooks/signature/none-or-wrong", test_no_signature);
  g_test_add_func ("/hooks/signature/downgrade", test_downgrade);
  g_test_add_func ("/hooks/signature/other-bytes", test_other_bytes);
  g_test_add_func ("/hooks/signature/rotation", test_rotation);
  g_test_add_func ("/hooks/webhook/let-in", test_webhook_let_in);
  g_test_add_func ("/hooks/webhook/refused", test_webhook_refused);
  g_test_add_func ("/hooks/webhook/freshness", test_webhook_freshness);
  g_test_add_func ("/hooks/webhook/empty-key", test_webhook_empty_key);
  g_test_add_func ("/hooks/passwords/plain", test_passwords_plain);
  g_test_add_func ("/hooks/passwords/hashed", test_passwords_hashed);
  g_test_add_func ("/hooks/passwords/header", test_passwords_header);
  g_test_add_func ("/hooks/passwords/files", test_passwords_files);
  return g_test_run ();
}
