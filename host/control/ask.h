/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What subcommands that ask the daemon share: their options, the question, the ways to print an
 * answer. A question that only reads may be put to a file of the database instead.
 */
#pragma once

#include "belfry-plugin.h"

#include <stdio.h>

#define BELFRY_EXIT_USAGE  2
#define BELFRY_EXIT_CONFIG 78

/** BelfryAsk: the options of every such subcommand */
typedef struct {
  char *config_path;
  char *database; /* (nullable): a file, instead of the daemon */
  gboolean json;
  char **rest; /* (nullable) words that are no options */
} BelfryAsk;

void belfry_ask_clear (BelfryAsk *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BelfryAsk, belfry_ask_clear)
/* @more: (nullable) options of this subcommand alone. FALSE: said why. */
gboolean belfry_ask_parse (BelfryAsk *self, const GOptionEntry *more, int argc, char **argv);
JsonObject *belfry_question_new (const char *command);
/* (transfer full) (nullable): the answer; NULL: said why, and @exit_code is set */
JsonObject *belfry_ask (const BelfryAsk *self, JsonObject *question, int *exit_code);

void belfry_print_json (JsonObject *object);
void belfry_print_json_array (JsonArray *array);
/* On standard error, a line each, behind @before: those from the worst down to @least. */
void belfry_print_problems (BelfryProblems *problems, BelfrySeverity least, const char *before);
void belfry_print_problem (const BelfryProblem *problem, const char *before);
/* One line of it, whatever a stranger wrote. */
void belfry_print_text (const char *text);
