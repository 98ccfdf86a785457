/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mail to one server. */
#pragma once

#include <belfry-plugin.h>

/* (transfer full): `outcome`, `answer`, `answered`, `refused` */
JsonObject *belfry_smtp_send (JsonObject *job, JsonArray *recipients, GBytes *message);
void belfry_smtp_send_cleanup (void);
