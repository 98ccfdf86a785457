/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hg printed by the templates below. */
#pragma once

#include <belfry-plugin.h>

/* Fields ended by NUL; the files, and an empty one. */
#define HG_LOG_TEMPLATE                                                                            \
  "{node}\\x00{author}\\x00{date|hgdate}\\x00{desc}\\x00{files % \"{file}\\x00\"}\\x00"
#define HG_HEADS_TEMPLATE     "{node}\\x00{branch}\\x00"
#define HG_BOOKMARKS_TEMPLATE "{node}\\x00{bookmark}\\x00"

gboolean hg_node_is_valid (const char *text);
/* Pairs of node and name: name → array of nodes. (transfer full) */
GHashTable *hg_heads_read (GBytes *output);
/* Changesets as changes on @branch, in the order printed: (element-type BelfryChange) */
GPtrArray *hg_log_read (GBytes *output, const char *branch, const char *encoding, GError **error);
/* What is new at @head since @last, at most @most: a revset. (transfer full) */
char *hg_log_dup_range (const char *last, const char *head, guint most) G_GNUC_WARN_UNUSED_RESULT;
