/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The child's side: one plugin in a process of its own, started by the host with a socket as
 * descriptor 3, never by a person. Nothing here is trusted by the host.
 */
#pragma once

#define BELFRY_PLUGIN_HOST_SOCKET 3

/* `belfry plugin-host`: serves until the host goes, or says that it is enough. */
int belfry_plugin_host_main (int argc, char **argv);
