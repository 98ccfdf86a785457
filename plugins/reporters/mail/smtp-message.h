/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mail as JSON to a mail as RFC 5322 and 2045 have it. */
#pragma once

#include <belfry-plugin.h>

void belfry_smtp_message_init (void);
/* (transfer full) (nullable): the whole message with CRLF line ends */
GBytes *belfry_smtp_make_message (JsonObject *mail, JsonArray *attachments, GError **error);
