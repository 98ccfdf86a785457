/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part of the standard-webhooks hook: its options, and one request to its changes. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  BelfryExpression *when;
  BelfryExpression *for_each; /* (nullable) */
  BelfryTemplate *event;
  gboolean reverse;
  BelfryTemplate *author;
  BelfryTemplate *branch; /* (nullable), as those that follow */
  BelfryTemplate *category;
  BelfryTemplate *codebase;
  BelfryTemplate *comments; /* never NULL */
  BelfryTemplate *project;
  BelfryTemplate *repository;
  BelfryTemplate *revision;
  BelfryTemplate *revlink;
  BelfryTemplate *timestamp;
  BelfryExpression *files;
  BelfryMap *properties; /* of BelfryExpression */
  gboolean strip_ref;
  char **pass_headers;
  char *signature_header;
  int signature_form; /* BelfrySignatureScheme */
  char *token_header;
  char *id_header;

  /* what the descriptor points to */
  BelfrySignature signatures[2];
  const char *id_headers[2];
} BelfryStandardWebhooks;

BelfryTranslation *belfry_standard_webhooks_translate (const BelfryStandardWebhooks *self,
                                                       BelfryRequest *request);
