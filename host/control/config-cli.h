/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry config`: what is in force, with origins. */
#pragma once

/* belfry config [--config FILE] [--json] [SECTION [NAME]] */
int belfry_config_main (int argc, char **argv);
