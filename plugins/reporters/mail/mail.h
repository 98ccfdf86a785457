/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the mail reporter share: its options, and the pure way from a report to a mail.
 */
#pragma once

#include <belfry-plugin.h>

typedef struct _BelfryPostman BelfryPostman;

typedef struct {
  char *from_address;
  gboolean send_to_interested_users;
  char **extra_recipients;
  char **interested_domains; /* NULL: the domain of from_address */
  BelfryMap *extra_headers;
  char *relayhost;
  gint64 smtp_port;
  gboolean use_tls;
  gboolean use_smtps;
  BelfrySecret *smtp_user;
  BelfrySecret *smtp_password;
  gboolean dump_mails_to_log;
  int verify; /* BelfryMailVerify */
  BelfryInstance *instance;
  BelfryPostman *postman;
} BelfryMail;

typedef enum {
  BELFRY_MAIL_VERIFY_AUTO,
  BELFRY_MAIL_VERIFY_YES,
  BELFRY_MAIL_VERIFY_NO,
} BelfryMailVerify;

/* addresses */
gboolean belfry_mail_is_address (const char *text);
/* Address part alone of a valid address. (transfer full) */
char *belfry_mail_dup_bare (const char *text);
/* (transfer full) (nullable) */
char *belfry_mail_dup_domain (const char *text);

/**
 * BelfryMailRecipients: sorted, without duplicates
 */
typedef struct {
  GPtrArray *to;       /* (element-type utf8) */
  GPtrArray *cc;       /* (element-type utf8) */
  GPtrArray *envelope; /* (element-type utf8) address parts */
  GPtrArray *notes;    /* (element-type utf8) who was left out, and why */
} BelfryMailRecipients;

BelfryMailRecipients *belfry_mail_choose_recipients (const BelfryMail *self,
                                                     const BelfryReport *report);
void belfry_mail_recipients_free (BelfryMailRecipients *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryMailRecipients, belfry_mail_recipients_free)

/* All of the mail but what logs hold: headers, text, patches, references to logs. NULL: nobody to
 * write to. */
JsonNode *belfry_mail_compose (const BelfryMail *self, const BelfryReport *report, GError **error);
/* The frame that the helper gets: the mail, how to send it, and the logs' texts beside it. */
JsonObject *belfry_mail_make_job (const BelfryMail *self,
                                  JsonNode *payload,
                                  JsonArray *attachments,
                                  const char *helo);
/* Log lines as a person reads them. (transfer full) */
char *belfry_mail_make_plain (const char *lines, const char *type);

/* the helper; main loop */
BelfryPostman *belfry_postman_new (BelfryInstance *instance);
/* Ends what is under way; @task returns when nothing is. */
void belfry_postman_stop (BelfryPostman *self, GTask *task);
void belfry_postman_free (BelfryPostman *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryPostman, belfry_postman_free)
/* @job: (transfer full); the task returns a BelfryOutcome */
void belfry_postman_send (BelfryPostman *self, JsonObject *job, GTask *task);
