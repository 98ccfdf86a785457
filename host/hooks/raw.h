/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests as they are kept for replay: without what proves who sent them, and with stars where one
 * of the hook's own secrets stood. The body is kept beside the rest, as it came.
 */
#pragma once

#include "store/store.h"

/* What may be kept of a request, as text; @secrets: (nullable) values that must not be. */
char *belfry_raw_write (const BelfryHook *hook, BelfryRequest *request, const char *const *secrets);
/* (transfer full): the body, with stars where a secret stood */
GBytes *belfry_raw_mask_body (GBytes *body, const char *const *secrets);
/* The kept request of a delivery, or of what that is a replay of; NULL with NOT_FOUND: none was
 * kept, or not for so long. On the thread of @reader. */
BelfryRequest *belfry_raw_read (BelfryReader *reader, BelfryDelivery *delivery, GError **error);
/* From belfry_request_to_json (). */
BelfryRequest *belfry_raw_from_json (JsonObject *object, GError **error);
