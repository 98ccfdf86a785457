/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "try.h"

#include "ask.h"
#include "try-hook-cli.h"
#include "try-plugin.h"
#include "try-reporter.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *kind;
  int (*run) (int argc, char **argv); /* the kind is the first word that is no option */
} kinds[] = {
  { "hook", belfry_try_hook_main },     { "reporter", belfry_try_reporter_main },
  { "poller", belfry_try_plugin_main }, { "view", belfry_try_plugin_main },
  { "engine", belfry_try_plugin_main }, { "bot", belfry_try_plugin_main },
  { "auth", belfry_try_plugin_main },
};

int
belfry_try_main (int argc, char **argv)
{
  /* options may stand before it */
  for (int word = 1; word < argc; word++)
    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
      if (strcmp (kinds[i].kind, argv[word]) == 0)
        return kinds[i].run (argc, argv);
  fprintf (stderr, "belfry try: say what, one of:");
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    fprintf (stderr, " %s", kinds[i].kind);
  fprintf (stderr, "; and its name\n");
  return BELFRY_EXIT_USAGE;
}
