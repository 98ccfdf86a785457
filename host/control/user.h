/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry user`: the password file of hooks and logins. */
#pragma once

/* belfry user add|remove NAME, belfry user list */
int belfry_user_main (int argc, char **argv);
