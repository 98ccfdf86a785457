/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands that only read: a table. The daemon runs them on its pool; the command line runs the
 * same on a file of the database that no daemon has open.
 */
#pragma once

#include "store/store.h"

/* Puts its answer beside `ok`; on the thread of @reader. */
typedef gboolean (*BelfryListingFunc) (BelfryReader *reader,
                                       JsonObject *arguments,
                                       JsonObject *answer,
                                       GError **error);

/* NULL: no such command only reads */
BelfryListingFunc belfry_listing_find (const char *command);
/* In the daemon; the task returns a JsonNode, an object with `ok`. */
void
belfry_listing_run (BelfryStore *store, BelfryListingFunc func, JsonObject *arguments, GTask *task);
/* On the command line; blocks. */
JsonObject *belfry_listing_ask_file (const char *path, JsonObject *question, GError **error);

/* the rows, each beside what it lists */
gboolean belfry_list_deliveries (BelfryReader *reader,
                                 JsonObject *arguments,
                                 JsonObject *answer,
                                 GError **error);
gboolean belfry_show_request (BelfryReader *reader,
                              JsonObject *arguments,
                              JsonObject *answer,
                              GError **error);
