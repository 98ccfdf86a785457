/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every other header here needs: export, printf and guard macros. */
#pragma once

#if !defined(BELFRY_PLUGIN_H_INSIDE) && !defined(BELFRY_COMPILATION)
#error "include <belfry-plugin.h> only"
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/** BELFRY_API: marks a symbol that libbelfry-plugin-1 exports */
#define BELFRY_API __attribute__ ((visibility ("default"))) extern

/** N_: marks text for translation where no call can stand */
#ifndef N_
#define N_(text) (text)
#endif
