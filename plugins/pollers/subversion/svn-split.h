/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which branch a path lies in, and the changes that a revision is. */
#pragma once

#include "svn-xml.h"

/** SvnSplitter: `split-file`, ready to be asked */
typedef struct _SvnSplitter SvnSplitter;

SvnSplitter *
svn_splitter_new (const char *text, gboolean tags, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void svn_splitter_free (SvnSplitter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SvnSplitter, svn_splitter_free)

/* One change a branch, in the order of the paths, added to @changes. @prefix: where the watched URL
 * lies below the root. */
void svn_splitter_add_changes (const SvnSplitter *self,
                               const SvnEntry *entry,
                               const char *prefix,
                               GPtrArray *changes);
