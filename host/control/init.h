/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry init`: a first configuration. */
#pragma once

/* Asks for what the command line does not say, where there is a terminal. */
int belfry_init_main (int argc, char **argv);
