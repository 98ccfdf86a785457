/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `belfry explain KIND N`: what became of a thing, rule by rule, with file and line of the key that
 * decided. Each kind is a row; a row's function runs in the daemon.
 */
#pragma once

#include "ask.h"
#include "daemon/host.h"

/* Exit codes: 0 done, 1 failure, 2 usage. */
int belfry_explain_main (int argc, char **argv);
/* The daemon's side: @arguments holds `kind` and `id`; the task returns a JsonNode, an object with
 * `ok` and `explanation`, as of belfry_explanation_new (). */
void belfry_explain_run (BelfryHost *host, JsonObject *arguments, GTask *task);
void belfry_explanation_print (JsonObject *explanation);

/* Rows: the task returns an explanation. */
void belfry_explain_delivery (BelfryHost *host, gint64 id, GTask *task);
void belfry_explain_change (BelfryHost *host, gint64 id, GTask *task);
/* of a delivery: what it would become now */
void belfry_explain_again (BelfryHost *host, gint64 id, GTask *task);
