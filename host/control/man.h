/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry man`: manual pages, made when Belfry is built. */
#pragma once

/* belfry man KIND/NAME: the page of a plugin. belfry man FILE: a page whose template is filled in
 * with `version`, `date`, `commands` and `sections`. */
int belfry_man_main (int argc, char **argv);
