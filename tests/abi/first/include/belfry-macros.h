/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#if !defined(BELFRY_PLUGIN_H_INSIDE) && !defined(BELFRY_COMPILATION)
#error "include <belfry-plugin.h> only"
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#define BELFRY_API __attribute__ ((visibility ("default"))) extern

#ifndef N_
#define N_(text) (text)
#endif
