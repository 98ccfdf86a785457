/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Outgoing HTTP: limits, redirects, TLS verification. Main loop. */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryTransport BelfryTransport;

BelfryTransport *belfry_transport_new (const char *user_agent);
void belfry_transport_free (BelfryTransport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTransport, belfry_transport_free)
/* The task returns a BelfryHttpAnswer. No answer at all: BELFRY_ERROR_RETRY. */
void belfry_transport_send (BelfryTransport *self, BelfryHttpRequest *request, GTask *task);
