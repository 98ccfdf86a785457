/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

int belfry_try_hook_main (int argc, char **argv);
