/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that ask the running daemon. */
#pragma once

#include <belfry-plugin.h>

#define EXIT_USAGE  2
#define EXIT_CONFIG 78

/** BelfryAskOptions: of all these commands; each takes those that its usage names */
typedef struct {
  char *config_path;
  gint64 since;
  gint64 limit;
  gboolean json;
  gboolean running;
  gboolean waiting;
  gboolean all;
  char *form;
  char **rest; /* (nullable) */
} BelfryAskOptions;

void belfry_ask_options_clear (BelfryAskOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryAskOptions, belfry_ask_options_clear)
gboolean belfry_ask_options_parse (int argc, char **argv, BelfryAskOptions *options);
JsonObject *belfry_question_new (const char *command) G_GNUC_WARN_UNUSED_RESULT;
/* (nullable): @exit_code says why, and the reason has been printed */
JsonObject *belfry_ask (const BelfryAskOptions *options,
                        JsonObject *question,
                        int *exit_code) G_GNUC_WARN_UNUSED_RESULT;
void belfry_print_json (JsonObject *object);
void belfry_print_printable (const char *text);

/* cli-builds.c */
int belfry_cli_builds (int argc, char **argv);
int belfry_cli_fleet (int argc, char **argv);
int belfry_cli_control (int argc, char **argv);
int belfry_cli_shutdown (int argc, char **argv);
