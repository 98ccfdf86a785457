/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mail.h"

#include <string.h>

static void
test_addresses (void)
{
  static const char *const good[] = { "foo+bar@example.com",           "nobody@example.com.",
                                      "My Name <my.name@example.com>", "<my.name@example.com>",
                                      "egypt@example.xn--wgbh1c",      "Name <a@example.com>  " };
  static const char *const bad[] = { "@",
                                     "",
                                     "foo",
                                     "foo@",
                                     "@example.com",
                                     "foo@invalid",
                                     "foobar@ex+ample.com",
                                     "foo bar@example.net",
                                     "My\nName <my.name@example.com>",
                                     "a@example.com\r\nBcc: b@example.com",
                                     "Name<a@example.com>",
                                     "a@example.com>",
                                     "a,b@example.com",
                                     "<a@example.com> b",
                                     "test@example..invalid" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    if (!belfry_mail_is_address (good[i]))
      g_test_fail_printf ("'%s' is an address", good[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    if (belfry_mail_is_address (bad[i]))
      g_test_fail_printf ("'%s' is no address", bad[i]);
}

static BelfryReport *
make_report (const char *members)
{
  g_autofree char *text = g_strdup_printf (
      "{\"reportid\": 7, \"instance\": \"team-mail\", \"phase\": \"finished\","
      " \"subject\": \"Buildbot failure\", \"body\": \"words\", \"type\": \"plain\","
      " \"host\": {\"title\": \"Acme CI\", \"url\": \"https://ci.example.org/\"}, %s}",
      members);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return belfry_report_new (json_node_dup_object (node));
}

static char *
join (GPtrArray *texts)
{
  g_autoptr (GPtrArray) copy = g_ptr_array_new ();

  for (guint i = 0; i < texts->len; i++)
    g_ptr_array_add (copy, g_ptr_array_index (texts, i));
  g_ptr_array_add (copy, NULL);
  return g_strjoinv (", ", (char **)copy->pdata);
}

typedef struct {
  gboolean silent; /* send-to-interested-users is off */
  const char *domains;
  const char *extra;
  const char *members;
  const char *to;
  const char *cc;
  const char *envelope;
} Choice;

#define USER(address, origin)                                                                      \
  "{\"name\": \"x\", \"address\": " address ", \"origin\": \"" origin "\"}"

static const Choice choices[] = {
  /* the documented example */
  { FALSE, NULL, "builds@acme.example",
    "\"users\": [" USER ("\"wile@acme.example\"", "lookup") "," USER (
        "\"Road Runner <rr@acme.example>\"", "lookup") "," USER ("\"release@acme.example\"",
                                                                 "owners") "]",
    "Road Runner <rr@acme.example>, release@acme.example, wile@acme.example", "builds@acme.example",
    "rr@acme.example, release@acme.example, wile@acme.example, builds@acme.example" },
  /* nobody interested: the others are written to directly */
  { FALSE, NULL, "b@acme.example;a@acme.example", "\"users\": []", "a@acme.example, b@acme.example",
    "", "a@acme.example, b@acme.example" },
  { TRUE, NULL, "a@acme.example", "\"users\": [" USER ("\"w@acme.example\"", "lookup") "]",
    "a@acme.example", "", "a@acme.example" },
  { FALSE, NULL, NULL, "\"users\": []", "", "", "" },
  /* nobody, no address, none that is one */
  { FALSE, NULL, NULL,
    "\"users\": [" USER ("null", "lookup") "," USER ("\"\"", "lookup") "," USER (
        "\"nonsense\"", "lookup") "," USER ("\"a@acme.example\\r\\nBcc: e@evil.example\"",
                                            "lookup") "]",
    "", "", "" },
  /* one @ too many */
  { FALSE, NULL, NULL,
    "\"users\": [" USER ("\"Road Runner <rr@acme.example>@acme.example\"", "lookup") "]",
    "Road Runner <rr@acme.example>", "", "rr@acme.example" },
  /* what commits say counts in the own domain only */
  { FALSE, NULL, NULL,
    "\"users\": [" USER ("\"in@ACME.example\"", "commit") "," USER (
        "\"out@other.example\"", "commit") "," USER ("\"e@acme.example.evil.example\"",
                                                     "commit") "," USER ("\"owner@other.example\"",
                                                                         "owners") "]",
    "in@ACME.example, owner@other.example", "", "in@ACME.example, owner@other.example" },
  { FALSE, "*.example.org;other.example", NULL,
    "\"users\": [" USER ("\"a@x.example.org\"", "commit") "," USER (
        "\"b@other.example\"", "commit") "," USER ("\"c@acme.example\"", "commit") "]",
    "a@x.example.org, b@other.example", "", "a@x.example.org, b@other.example" },
  { FALSE, "*", NULL, "\"users\": [" USER ("\"a@any.example\"", "commit") "]", "a@any.example", "",
    "a@any.example" },
  /* the same person twice, and in both headers */
  { FALSE, NULL, "a@acme.example",
    "\"users\": [" USER ("\"a@acme.example\"", "lookup") "," USER (
        "\"a@acme.example\"", "owners") "," USER ("\"A <a@acme.example>\"", "owners") "]",
    "A <a@acme.example>, a@acme.example", "a@acme.example", "a@acme.example" },
  /* a worker's own people alone */
  { FALSE, NULL, "b@acme.example",
    "\"worker\": {\"name\": \"w\", \"notify\": [\"admin@far.example\", \"nobody\", 5]},"
    " \"users\": [" USER ("\"a@acme.example\"", "lookup") "]",
    "admin@far.example", "", "admin@far.example" },
};

static void
test_recipients (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++) {
    g_autoptr (BelfryReport) report = make_report (choices[i].members);
    g_auto (GStrv) extra = choices[i].extra != NULL ? g_strsplit (choices[i].extra, ";", -1) : NULL;
    g_auto (GStrv) domains =
        choices[i].domains != NULL ? g_strsplit (choices[i].domains, ";", -1) : NULL;
    const BelfryMail mail = {
      .from_address = (char *)"Acme CI <ci@acme.example>",
      .send_to_interested_users = !choices[i].silent,
      .extra_recipients = extra,
      .interested_domains = domains,
    };
    g_autoptr (BelfryMailRecipients) recipients = belfry_mail_choose_recipients (&mail, report);
    g_autofree char *to = join (recipients->to);
    g_autofree char *cc = join (recipients->cc);
    g_autofree char *envelope = join (recipients->envelope);

    g_assert_cmpstr (to, ==, choices[i].to);
    g_assert_cmpstr (cc, ==, choices[i].cc);
    g_assert_cmpstr (envelope, ==, choices[i].envelope);
  }
}

static void
test_recipients_left_out (void)
{
  static const BelfryMail mail = { .from_address = (char *)"ci@acme.example",
                                   .send_to_interested_users = TRUE };
  g_autoptr (BelfryReport) report = make_report ("\"users\": [" USER (
      "\"no\\nsense\"", "lookup") "," USER ("\"out@other.example\"", "commit") "]");
  g_autoptr (BelfryMailRecipients) recipients = belfry_mail_choose_recipients (&mail, report);
  g_autofree char *notes = join (recipients->notes);

  g_assert_cmpuint (recipients->to->len, ==, 0);
  g_assert_true (g_str_has_prefix (notes, "INVALID EMAIL: "));
  g_assert_nonnull (strstr (notes, "outside interested-domains: x"));
  g_assert_null (strchr (notes, '\n'));
}

static JsonObject *
compose (const BelfryMail *mail, const char *members, JsonNode **node)
{
  g_autoptr (BelfryReport) report = make_report (members);
  g_autoptr (GError) error = NULL;

  *node = belfry_mail_compose (mail, report, &error);
  g_assert_no_error (error);
  return json_node_get_object (*node);
}

static const BelfryMail plain_mail = { .from_address = (char *)"Acme CI <ci@acme.example>" };

static void
test_message_id (void)
{
  static const BelfryMail other = { .from_address = (char *)"ci@other.example" };
  g_autoptr (JsonNode) first = NULL;
  g_autoptr (JsonNode) again = NULL;
  g_autoptr (JsonNode) moved = NULL;
  const char *id =
      belfry_json_get_text (compose (&plain_mail, "\"users\": []", &first), "message_id");

  g_assert_true (g_str_has_prefix (id, "<belfry.7."));
  g_assert_true (g_str_has_suffix (id, "@acme.example>"));
  /* a repeated attempt is the same mail */
  g_assert_cmpstr (
      id, ==, belfry_json_get_text (compose (&plain_mail, "\"users\": []", &again), "message_id"));
  g_assert_cmpstr (id, !=,
                   belfry_json_get_text (compose (&other, "\"users\": []", &moved), "message_id"));
}

static void
test_body_ends (void)
{
  static const struct {
    const char *members;
    const char *body;
  } cases[] = {
    { "\"users\": []", "words\n\n" },
    { "\"body\": \"words\\n\"", "words\n\n\n" },
    { "\"body\": \"words\\n\\n\"", "words\n\n" },
    { "\"body\": \"\"", "\n\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonNode) node = NULL;
    JsonObject *mail = compose (&plain_mail, cases[i].members, &node);

    g_assert_cmpstr (belfry_json_get_text (mail, "body"), ==, cases[i].body);
    g_assert_cmpstr (belfry_json_get_text (mail, "sender"), ==, "ci@acme.example");
  }
}

static void
test_log_letters (void)
{
  static const struct {
    const char *lines;
    const char *type;
    const char *plain;
  } cases[] = {
    { "oout\neerr\nhhead\n", "s", "out\nerr\nhead\n" },
    { "oout\n\no\nolast", "s", "out\n\n\nlast" },
    { "as it is\n", "t", "as it is\n" },
    { "", "s", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *plain = belfry_mail_make_plain (cases[i].lines, cases[i].type);

    g_assert_cmpstr (plain, ==, cases[i].plain);
  }
}

/* where TLS is demanded, or the server is another machine, its certificate is looked at */
static void
test_job_verifies (void)
{
  static const struct {
    BelfryMail mail;
    const char *security;
    gboolean verify;
  } cases[] = {
    { { .relayhost = (char *)"localhost" }, "opportunistic", FALSE },
    { { .relayhost = (char *)"127.0.0.1" }, "opportunistic", FALSE },
    { { .relayhost = (char *)"::1" }, "opportunistic", FALSE },
    { { .relayhost = (char *)"mail.example" }, "opportunistic", TRUE },
    { { .relayhost = (char *)"localhost", .use_tls = TRUE }, "starttls", TRUE },
    { { .relayhost = (char *)"localhost", .use_smtps = TRUE }, "smtps", TRUE },
    { { .relayhost = (char *)"localhost", .verify = BELFRY_MAIL_VERIFY_YES },
      "opportunistic",
      TRUE },
    { { .relayhost = (char *)"mail.example", .use_tls = TRUE, .verify = BELFRY_MAIL_VERIFY_NO },
      "starttls",
      FALSE },
  };
  g_autoptr (JsonNode) payload = json_node_init_object (json_node_alloc (), NULL);
  g_autoptr (JsonArray) logs = json_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonObject) job = belfry_mail_make_job (&cases[i].mail, payload, logs, "ci.example");

    g_assert_cmpstr (belfry_json_get_text (job, "security"), ==, cases[i].security);
    g_assert_true (belfry_json_get_boolean (job, "verify", FALSE) == cases[i].verify);
    g_assert_false (json_object_has_member (job, "password"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/address/forms", test_addresses);
  g_test_add_func ("/mail/recipients/chosen", test_recipients);
  g_test_add_func ("/mail/recipients/left-out", test_recipients_left_out);
  g_test_add_func ("/mail/compose/message-id", test_message_id);
  g_test_add_func ("/mail/compose/body-ends", test_body_ends);
  g_test_add_func ("/mail/log/letters", test_log_letters);
  g_test_add_func ("/mail/job/verifies", test_job_verifies);
  return g_test_run ();
}
