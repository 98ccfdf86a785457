/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is given back all at once: one arena per parsed text, one per rendering. */
#pragma once

#include <glib.h>

typedef struct _TplArenaBlock TplArenaBlock;

typedef struct {
  TplArenaBlock *blocks; /* (owned) (nullable): the newest first */
  char *next;
  gsize left_bytes;
  gsize total_bytes;
  gsize limit_bytes; /* 0: none */
} TplArena;

/* a point to go back to */
typedef struct {
  TplArenaBlock *block;
  char *next;
  gsize left_bytes;
} TplArenaMark;

gpointer tpl_arena_alloc (TplArena *arena, gsize bytes);
char *tpl_arena_copy (TplArena *arena, const char *text, gsize length);
void tpl_arena_clear (TplArena *arena);
TplArenaMark tpl_arena_mark (const TplArena *arena);
void tpl_arena_release (TplArena *arena, const TplArenaMark *mark);
