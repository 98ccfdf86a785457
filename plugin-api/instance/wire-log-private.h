/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests and answers in the log, for instances whose `debug` is on. */
#pragma once

#include "belfry-instance.h"

void belfry_wire_log_request (BelfryInstance *instance, BelfryHttpRequest *request);
/* @answer: (nullable): none came, as @error says. */
void
belfry_wire_log_answer (BelfryInstance *instance, BelfryHttpAnswer *answer, const GError *error);
