/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry try`: one plugin alone, without host or database. */
#pragma once

int belfry_try_main (int argc, char **argv);
