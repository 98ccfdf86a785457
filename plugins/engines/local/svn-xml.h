/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What svn says as XML, and the externals that a tree asks for. */
#pragma once

#include <belfry-plugin.h>

/* (nullable) (element-type utf8): paths that are not versioned. @ignored: those that are ignored
 * too */
GPtrArray *local_svn_list_unversioned (const char *xml,
                                       gboolean ignored,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* (nullable) (element-type utf8): addresses, absolute. @root: of the repository */
GPtrArray *local_svn_list_externals (const char *xml,
                                     const char *root,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
