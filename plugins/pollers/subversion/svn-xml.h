/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `svn info --xml` and `svn log --xml --verbose` print. */
#pragma once

#include <belfry-plugin.h>

typedef struct {
  gint64 head; /* youngest of the repository */
  gint64 last; /* that changed the URL */
  char *url;
  char *root;
} SvnInfo;

SvnInfo *svn_info_read (GBytes *output, GError **error);
void svn_info_free (SvnInfo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SvnInfo, svn_info_free)
/* Where the URL lies below the root: "", or "/trunk". (transfer full) (nullable) */
char *svn_info_dup_prefix (const SvnInfo *self, GError **error);

typedef struct {
  char *path; /* from the root of the repository, with a slash before it */
  char action;
} SvnPath;

typedef struct {
  gint64 revision;
  char *author;  /* (nullable) */
  char *message; /* (nullable) */
  gint64 time_us;
  GPtrArray *paths; /* (element-type SvnPath) */
} SvnEntry;

/* (transfer full) (element-type SvnEntry): in the order printed */
GPtrArray *svn_log_read (GBytes *output, GError **error);
