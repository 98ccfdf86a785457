/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry explain build N`: for each reporter why it told, or did not. */
#pragma once

#include "daemon/host.h"

/* The task returns an explanation, see belfry_explanation_new (). */
void belfry_explain_build (BelfryHost *host, gint64 id, GTask *task);
