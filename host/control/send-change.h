/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `belfry send-change`: posts one change to the hook `base` of a Belfry or Buildbot. */
#pragma once

int belfry_send_change_main (int argc, char **argv);
