/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zulip's integration for Buildbot: what is asked of it, and what its answers mean. */
#pragma once

#include "reports.h"

typedef struct {
  char *endpoint;
  BelfrySecret *token;
  char *stream; /* (nullable) */
  BelfryReportsWire wire;
} BelfryZulip;

/* The server's address: with a scheme, and ORGANISATION@zulipchat.com as that organisation's.
 * NULL: it is none. (transfer full) */
char *belfry_zulip_dup_server (const char *endpoint);
gboolean belfry_zulip_plan (gconstpointer self,
                            const BelfryReport *report,
                            BelfryTargets *targets,
                            GError **error);
BelfryHttpRequest *
belfry_zulip_to_request (gconstpointer self, const BelfryItem *item, GError **error);
BelfryOutcome *
belfry_zulip_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer);
