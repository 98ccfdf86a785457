/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What passes between two rooms passes here. */
#pragma once

#include "host.h"

/* Connects store, bus, outbox, deliveries and the web server; makes the latter. */
void belfry_host_wire (BelfryHost *self);
/* A second signal: running builds are ended at once. */
void belfry_host_hurry (BelfryHost *self);
