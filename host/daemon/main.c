/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control/cli.h"

int
main (int argc, char **argv)
{
  return belfry_cli_main (argc, argv);
}
