/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `belfry run` */
int belfry_run_main (int argc, char **argv);
