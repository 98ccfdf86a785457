/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of the day in which builds may start: `22:00-06:00`, `08:00-17:30 mon-fri`. */
#pragma once

#include <belfry-plugin.h>

typedef struct _LocalWindows LocalWindows;

LocalWindows *local_windows_new (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void local_windows_free (LocalWindows *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LocalWindows, local_windows_free)
gboolean local_windows_contain (const LocalWindows *self, GDateTime *when);

extern const BelfryCustomType local_windows_type;
