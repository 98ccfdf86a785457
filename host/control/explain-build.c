/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain-build.h"

void
belfry_explain_build (BelfryHost *host, gint64 id, GTask *task)
{
  belfry_outbox_explain_build (host->outbox, id, task);
}
