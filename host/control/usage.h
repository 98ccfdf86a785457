/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a subcommand takes, read from the line that its row of the table has for people: `--help`,
 * the manual page and the shells' completion know nothing else.
 *
 *   --name            an option                  --name WORD     with an argument
 *   word              to be written as it is     WORD            to be replaced
 *   word WORD         the second belongs to the first
 *   a|b, a | b        one of them                […]             may be left out, … repeated
 */
#pragma once

#include "belfry-plugin.h"

/** BelfryUsageOption: `--name` */
typedef struct {
  char *name;      /* without dashes */
  char *argument;  /* (nullable): what it takes, "FILE"; NULL: nothing */
  gboolean joined; /* the argument is optional and stands behind a `=` */
} BelfryUsageOption;

/** BelfryUsageWord: one that is no option */
typedef struct {
  char *text;     /* "reporter", "BUILDER" */
  char *argument; /* (nullable): what follows it, "NAME" */
} BelfryUsageWord;

typedef struct {
  GPtrArray *options; /* (element-type BelfryUsageOption) */
  GPtrArray *words;   /* (element-type BelfryUsageWord) that may come first */
} BelfryUsage;

BelfryUsage *belfry_usage_parse (const char *line);
void belfry_usage_free (BelfryUsage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryUsage, belfry_usage_free)
/* `--name WORD`, as people write it. (transfer full) */
char *belfry_usage_option_to_text (const BelfryUsageOption *option);
/* Whether a word of a usage is to be replaced by one's own. */
gboolean belfry_usage_is_placeholder (const char *word);
/* What an option does; NULL: nobody has written it down */
const char *belfry_usage_explain (const char *command, const char *option);
