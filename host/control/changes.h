/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry changes`: those that are stored, oldest first. */
#pragma once

int belfry_changes_main (int argc, char **argv);
