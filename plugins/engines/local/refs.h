/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Grammar of what comes from changes and forms before it reaches a version control program (§14.1,
 * */
#pragma once

#include <belfry-plugin.h>

gboolean local_branch_is_valid (const char *branch);
gboolean local_revision_is_valid (const char *revision);
gboolean local_revision_is_id (const char *revision);
gboolean local_refname_is_full (const char *branch);
gboolean
local_check_repository (const char *repository, const char *const *allowed, GError **error);
gboolean local_path_is_beneath (const char *path);
