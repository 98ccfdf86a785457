/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mails reports through an SMTP server, as Buildbot's MailNotifier does. What a mail looks like and
 * who gets it is the core's; the conversation with the server is the helper's, belfry-smtp, which
 * alone pays for libcurl and GMime.
 */
#include "mail.h"

#include <string.h>

#define LOG_LINES_AT_ONCE 2000
#define MAX_LOG_BYTES     (1024 * 1024)
#define MAX_ALL_BYTES     (8 * 1024 * 1024)

static const BelfryChoice verify_choices[] = {
  { "auto", BELFRY_MAIL_VERIFY_AUTO,
    N_ ("where TLS is demanded, or the server is not this machine") },
  { "true", BELFRY_MAIL_VERIFY_YES, N_ ("always") },
  { "false", BELFRY_MAIL_VERIFY_NO, N_ ("never") },
  { NULL },
};

static const BelfryOption mail_options[] = {
  BELFRY_STRING (BelfryMail,
                 from_address,
                 "from-address",
                 .required = TRUE,
                 .alias = "fromaddr",
                 .sample = "ci@example.org",
                 .help = N_ ("who the mails come from")),
  BELFRY_BOOLEAN (BelfryMail,
                  send_to_interested_users,
                  "send-to-interested-users",
                  .default_text = "true",
                  .help = N_ ("mail those whose changes are in the build")),
  BELFRY_LIST (BelfryMail,
               extra_recipients,
               "extra-recipients",
               .help = N_ ("addresses that get every mail")),
  BELFRY_LIST (BelfryMail,
               interested_domains,
               "interested-domains",
               .help = N_ ("domains in which addresses from commits are written to; by default "
                           "that of from-address")),
  BELFRY_MAP (BelfryMail,
              extra_headers,
              "extra-headers",
              .element = BELFRY_OPTION_RENDERED,
              .help = N_ ("further headers, as extra-headers.NAME=VALUE")),
  BELFRY_STRING (
      BelfryMail, relayhost, "relayhost", .default_text = "localhost", .help = N_ ("SMTP server")),
  BELFRY_INTEGER (BelfryMail,
                  smtp_port,
                  "smtp-port",
                  .default_text = "25",
                  .minimum = 1,
                  .maximum = 65535,
                  .help = N_ ("its port")),
  BELFRY_BOOLEAN (
      BelfryMail, use_tls, "use-tls", .default_text = "false", .help = N_ ("demand STARTTLS")),
  BELFRY_BOOLEAN (BelfryMail,
                  use_smtps,
                  "use-smtps",
                  .default_text = "false",
                  .help = N_ ("TLS from the first byte")),
  BELFRY_SECRET (BelfryMail, smtp_user, "smtp-user", .help = N_ ("user to log in as")),
  BELFRY_SECRET (BelfryMail, smtp_password, "smtp-password", .help = N_ ("and the password")),
  BELFRY_BOOLEAN (BelfryMail,
                  dump_mails_to_log,
                  "dump-mails-to-log",
                  .default_text = "false",
                  .help = N_ ("write each whole mail to the log")),
  BELFRY_ENUM (BelfryMail,
               verify,
               "verify",
               .default_text = "auto",
               .choices = verify_choices,
               .help = N_ ("check the server's certificate")),
  { NULL },
};

static const BelfryDefault mail_defaults[] = {
  { "add-patch", "true" },
  { "watched-workers", "all" },
  { NULL },
};

static void
check_addresses (const BelfryMail *mail, const BelfryCheck *check)
{
  if (mail->from_address != NULL && !belfry_mail_is_address (mail->from_address))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "from-address",
                         "'%s' is no address; write NAME <user@example.org>", mail->from_address);
  for (guint i = 0; mail->extra_recipients != NULL && mail->extra_recipients[i] != NULL; i++)
    if (!belfry_mail_is_address (mail->extra_recipients[i]))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                           "extra-recipients", "'%s' is no address; write user@example.org",
                           mail->extra_recipients[i]);
  if (mail->send_to_interested_users && mail->interested_domains == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_NOTE, check->section,
                         "interested-domains",
                         "addresses from commits are written to in the domain of from-address "
                         "only; this key names others");
}

/* RFC 5322: printable characters but the colon */
static void
check_headers (const BelfryMail *mail, const BelfryCheck *check)
{
  for (guint i = 0; mail->extra_headers != NULL && i < belfry_map_get_count (mail->extra_headers);
       i++) {
    const char *name = belfry_map_get_name (mail->extra_headers, i);
    gboolean good = name[0] != '\0';

    for (const char *c = name; *c != '\0'; c++)
      good = good && g_ascii_isgraph (*c) && *c != ':';
    if (!good)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "extra-headers",
                           "'%s' is no header name", name);
  }
}

static void
mail_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryMail *mail = self;

  check_addresses (mail, check);
  check_headers (mail, check);
  if (mail->use_tls && mail->use_smtps)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "use-tls",
                         "use-smtps already speaks TLS from the first byte; keep one of the two");
  if ((mail->smtp_user != NULL) != (mail->smtp_password != NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         mail->smtp_user != NULL ? "smtp-user" : "smtp-password",
                         "user and password go together");
  if (mail->use_tls && mail->smtp_user == NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "use-tls",
                         "there is no smtp-user: the server must relay without a login");
  if (mail->smtp_user != NULL && !mail->use_tls && !mail->use_smtps)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "smtp-user",
                         "the password goes out in clear where the server offers no TLS; write "
                         "use-tls=true or use-smtps=true");
  if (mail->verify == BELFRY_MAIL_VERIFY_NO)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_WARNING, check->section, "verify",
                         "anybody between here and the mail server can answer in its place");
}

static void
mail_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BelfryMail *mail = self;

  mail->instance = instance;
  mail->postman = belfry_postman_new (instance);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
mail_stop (gpointer self, GTask *task)
{
  BelfryMail *mail = self;
  g_autoptr (BelfryPostman) postman = g_steal_pointer (&mail->postman);

  if (postman != NULL)
    belfry_postman_stop (postman, task);
  else {
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
}

/* one mail is one target; mails about one builder go out in the order of its builds */
static gboolean
mail_plan (gconstpointer self, const BelfryReport *report, BelfryTargets *targets, GError **error)
{
  const BelfryMail *mail = self;
  g_autoptr (JsonNode) payload = belfry_mail_compose (mail, report, error);
  JsonObject *variables =
      belfry_report_get_n_builds (report) > 0 ? belfry_report_get_variables (report, 0) : NULL;
  const char *builder = variables != NULL ? belfry_json_get_text (variables, "buildername") : NULL;

  if (payload == NULL)
    return FALSE;
  belfry_targets_add (targets, mail->relayhost, builder != NULL ? builder : "", payload);
  return TRUE;
}

/* delivering: logs are read now, so that a row holds references only */

typedef struct {
  BelfryMail *mail;
  JsonNode *payload;
  JsonArray *attachments;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  json_node_unref (delivery->payload);
  json_array_unref (delivery->attachments);
  g_free (delivery);
}

/* lines from @first on, until the log or @max_bytes end; (nullable with @error) */
static char *
read_lines (BelfryReader *reader, JsonObject *log, gint64 first, gsize max_bytes, GError **error)
{
  gint64 next = first;
  gint64 logid = belfry_json_get_integer (log, "logid", 0);
  gint64 lines = belfry_json_get_integer (log, "num_lines", 0);
  g_autoptr (GString) text = g_string_new (NULL);

  while (next < lines && text->len < max_bytes) {
    gint64 n_lines = 0;
    g_autofree char *part =
        belfry_reader_read_log (reader, logid, next, LOG_LINES_AT_ONCE, &n_lines, error);
    g_autofree char *plain = NULL;

    if (part == NULL)
      return NULL;
    if (n_lines == 0)
      break;
    plain = belfry_mail_make_plain (part, belfry_json_get_text (log, "type"));
    g_string_append (text, plain);
    next += n_lines;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* what is longer than the limit keeps its head and its tail, by whole lines where they are short */
static void
append_ends (const char *head, const char *tail, gsize half_bytes, gint64 lines, GString *text)
{
  gsize tail_bytes = strlen (tail);
  const char *from = tail_bytes > half_bytes ? tail + tail_bytes - half_bytes : tail;
  const char *line = from > tail ? strchr (from, '\n') : NULL;
  g_autofree char *cut = belfry_text_cut (head, half_bytes);
  g_autofree char *valid =
      g_utf8_make_valid (line != NULL && line[1] != '\0' ? line + 1 : from, -1);

  g_string_append_printf (text, "%s\n[of %" G_GINT64_FORMAT " lines some are left out here]\n%s",
                          cut, lines, valid);
}

static gboolean
append_log (BelfryReader *reader, JsonObject *log, GString *text, GError **error)
{
  gsize limit = (gsize)belfry_json_get_integer (log, "max_bytes", MAX_LOG_BYTES);
  gint64 lines = belfry_json_get_integer (log, "num_lines", 0);
  gint64 bytes = MAX (belfry_json_get_integer (log, "num_bytes", 0), 1);
  gint64 wanted = CLAMP ((gint64)(limit / 2) * lines / bytes, 1, MAX (lines, 1));
  g_autofree char *head = read_lines (reader, log, 0, limit + 1, error);
  g_autofree char *tail = NULL;

  if (head == NULL)
    return FALSE;
  if (strlen (head) <= limit) {
    g_string_append (text, head);
    return TRUE;
  }
  tail = read_lines (reader, log, MAX (lines - wanted, 0), G_MAXSIZE, error);
  if (tail != NULL)
    append_ends (head, tail, limit / 2, lines, text);
  return tail != NULL;
}

static gboolean
read_logs (BelfryReader *reader, gpointer data, GError **error)
{
  Delivery *delivery = data;
  JsonArray *logs = belfry_json_get_array (json_node_get_object (delivery->payload), "logs");
  gsize all = 0;

  for (guint i = 0; logs != NULL && i < json_array_get_length (logs) && all < MAX_ALL_BYTES; i++) {
    JsonObject *log = json_array_get_object_element (logs, i);
    g_autoptr (GString) text = g_string_new (NULL);
    JsonObject *attachment = NULL;

    if (!append_log (reader, log, text, error))
      return FALSE;
    all += text->len;
    attachment = json_object_new ();
    json_object_set_string_member (attachment, "name", belfry_json_get_text (log, "name"));
    json_object_set_string_member (attachment, "content", text->str);
    json_array_add_object_element (delivery->attachments, attachment);
  }
  return TRUE;
}

/* the helper knows how long a server may take; only a test says less */
static void
hurry (BelfryInstance *instance, JsonObject *job)
{
  const char *text = belfry_instance_get_host_value (instance, "patience");
  gint64 patience_us = 0;

  if (text != NULL && belfry_parse_integer (text, 1, G_MAXINT64, &patience_us, NULL))
    json_object_set_int_member (job, "patience_ms", patience_us / G_TIME_SPAN_MILLISECOND);
}

static void
send_mail (GTask *task)
{
  Delivery *delivery = g_task_get_task_data (task);
  JsonObject *job = belfry_mail_make_job (delivery->mail, delivery->payload, delivery->attachments,
                                          g_get_host_name ());

  hurry (delivery->mail->instance, job);
  belfry_postman_send (delivery->mail->postman, job, task);
}

static void
on_logs_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Delivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;

  if (belfry_instance_read_finish (delivery->mail->instance, result, &local) &&
      delivery->mail->postman != NULL) {
    send_mail (task);
    return;
  }
  g_task_return_pointer (
      task,
      belfry_outcome_new_wait (0, FALSE, local != NULL ? local->message : "the reporter ends"),
      (GDestroyNotify)belfry_outcome_free);
  g_object_unref (task);
}

static void
log_notes (const BelfryMail *mail, const BelfryItem *item)
{
  JsonArray *notes = belfry_json_get_array (json_node_get_object (item->payload), "notes");

  for (guint i = 0; item->tries == 0 && notes != NULL && i < json_array_get_length (notes); i++)
    belfry_instance_log (mail->instance, G_LOG_LEVEL_MESSAGE, "report %" G_GINT64_FORMAT ": %s",
                         item->reportid, json_array_get_string_element (notes, i));
}

static void
mail_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BelfryMail *mail = self;
  JsonObject *payload = json_node_get_object (item->payload);
  JsonArray *envelope = belfry_json_get_array (payload, "envelope");
  JsonArray *logs = belfry_json_get_array (payload, "logs");
  Delivery *delivery = NULL;

  log_notes (mail, item);
  if (envelope == NULL || json_array_get_length (envelope) == 0) {
    belfry_instance_log (mail->instance, G_LOG_LEVEL_MESSAGE,
                         "report %" G_GINT64_FORMAT ": nobody to write to", item->reportid);
    g_task_return_pointer (task,
                           belfry_outcome_new (BELFRY_OUTCOME_SUPERSEDED, "nobody to write to"),
                           (GDestroyNotify)belfry_outcome_free);
    g_object_unref (task);
    return;
  }
  delivery = g_new0 (Delivery, 1);
  delivery->mail = mail;
  delivery->payload = json_node_ref (item->payload);
  delivery->attachments = json_array_new ();
  g_task_set_task_data (task, delivery, delivery_free);
  if (logs == NULL || json_array_get_length (logs) == 0)
    send_mail (task);
  else
    belfry_instance_read_async (mail->instance, read_logs, delivery, g_task_get_cancellable (task),
                                on_logs_read, task);
}

BELFRY_DEFINE_REPORTER (
  .name              = "mail",
  .summary           = N_("Mails build results through an SMTP server"),
  .family            = BELFRY_FAMILY_MESSAGE,
  .phases            = BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET | BELFRY_PHASE_WORKER,
  .options           = mail_options,
  .defaults          = mail_defaults,
  .instance_size     = sizeof (BelfryMail),
  .needs             = BELFRY_NEEDS_NETWORK | BELFRY_NEEDS_EXEC,
  .wants_users       = TRUE,
  .wants_attachments = TRUE,
  .template_name     = "default_mail.txt",
  .check             = mail_check,
  .start             = mail_start,
  .stop              = mail_stop,
  .plan              = mail_plan,
  .deliver           = mail_deliver,
);
