/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd is told, where it asked to be: readiness, reloading, stopping, status, the watchdog.
 */
#pragma once

#include <glib.h>

void belfry_notify_ready (const char *status);
void belfry_notify_reloading (void);
void belfry_notify_stopping (void);
void belfry_notify_status (const char *status);
/* Feeds the watchdog from the main loop while it turns; (transfer full) (nullable). */
GSource *belfry_notify_start_watchdog (void);
