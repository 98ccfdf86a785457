/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What subcommands that ask the daemon share: their options, the question, how answers are shown.
 */
#pragma once

#include "belfry-plugin.h"

#define BELFRY_EXIT_USAGE  2
#define BELFRY_EXIT_CONFIG 78

typedef struct {
  char *config_path;
  gint64 since;
  gboolean json;
  gboolean dead;
  char **rest; /* (nullable) the words that are no options */
} BelfryAskOptions;

void belfry_ask_options_clear (BelfryAskOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryAskOptions, belfry_ask_options_clear)

/* FALSE: said why on standard error; the exit code is BELFRY_EXIT_USAGE. */
gboolean belfry_ask_parse (int argc, char **argv, BelfryAskOptions *options);
JsonObject *belfry_ask_question (const char *command) G_GNUC_WARN_UNUSED_RESULT;
/* The daemon's answer where it is `ok`; else NULL, said why, and @exit_code is set. */
JsonObject *belfry_ask (const BelfryAskOptions *options,
                        JsonObject *question,
                        int *exit_code) G_GNUC_WARN_UNUSED_RESULT;
void belfry_print_json (JsonObject *object);
void belfry_print_json_array (JsonArray *array);
/* A stranger's text, harmless on a terminal; NULL prints nothing. */
void belfry_print_printable (const char *text);
