/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warnings and test results of a step that runs a command. */
#pragma once

#include "local.h"

gboolean local_report_prepare (LocalRun *run, GError **error);
void local_report_finish (LocalRun *run, gint64 result, const char *text);
