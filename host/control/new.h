/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry new KIND NAME`: writes a plugin of somebody else's, ready to be built and tested. */
#pragma once

int belfry_new_main (int argc, char **argv);
