/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry try reporter NAME`: what one reporter would ask of its service. */
#pragma once

int belfry_try_reporter_main (int argc, char **argv);
