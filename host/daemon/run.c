/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry run`: what must hold before the host exists: no core dumps, a known locale, no inherited
 * surprises. */
#include "run.h"

#include "host.h"
#include "logging.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void
harden (void)
{
  const struct rlimit no_core = { 0, 0 };

  /* no heap can be kept free of a header that a library copied, so none is ever written out */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  setrlimit (RLIMIT_CORE, &no_core);
  umask (077);
  g_unsetenv ("SOUP_SERVER_HTTP2");
}

int
belfry_run_main (int argc, char **argv)
{
  g_autofree char *given = NULL;
  g_autofree char *path = NULL;
  gboolean verbose = FALSE;
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &given, NULL, NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &verbose, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (BelfryHost) host = NULL;
  int exit_code = 0;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &local) || argc > 1) {
    fprintf (stderr, "belfry run: %s\n", local != NULL ? local->message : "it takes no words");
    return 2;
  }
  path = belfry_config_find_path (given);
  if (path == NULL) {
    fprintf (stderr, "belfry run: there is no configuration; say which with --config FILE\n");
    return 78;
  }
  harden ();
  belfry_logging_start (verbose ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_MESSAGE);
  host = belfry_host_new (path, &exit_code);
  if (host == NULL)
    return exit_code;
  return belfry_host_run (host);
}
