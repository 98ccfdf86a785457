/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bump allocation in blocks that double up to 64 KiB. Nothing is freed alone, so values and nodes
 * need no owners; the limit bounds what one rendering may hold. Memory comes zeroed. What came
 * after a mark can be given back together, as each turn of a loop does. */
#include "arena-private.h"

#include <string.h>

#define FIRST_BLOCK_BYTES  4096
#define LARGEST_STEP_BYTES 65536
#define ALIGNMENT_BYTES    16

struct _TplArenaBlock {
  TplArenaBlock *older;
  gsize bytes;
};

static gboolean
arena_grow (TplArena *arena, gsize bytes)
{
  gsize header = (sizeof (TplArenaBlock) + ALIGNMENT_BYTES - 1) & ~(gsize)(ALIGNMENT_BYTES - 1);
  gsize wanted = CLAMP (arena->total_bytes, FIRST_BLOCK_BYTES, LARGEST_STEP_BYTES);
  TplArenaBlock *block = NULL;

  wanted = MAX (wanted, bytes);
  if (arena->limit_bytes > 0 && arena->total_bytes + wanted > arena->limit_bytes)
    return FALSE;
  block = g_malloc (header + wanted);
  block->older = arena->blocks;
  block->bytes = wanted;
  arena->blocks = block;
  arena->next = (char *)block + header;
  arena->left_bytes = wanted;
  arena->total_bytes += wanted;
  return TRUE;
}

/* NULL only where the limit is met */
gpointer
tpl_arena_alloc (TplArena *arena, gsize bytes)
{
  gpointer result = NULL;

  if (bytes > G_MAXSSIZE / 2)
    return NULL;
  bytes = (MAX (bytes, 1) + ALIGNMENT_BYTES - 1) & ~(gsize)(ALIGNMENT_BYTES - 1);
  if (bytes > arena->left_bytes && !arena_grow (arena, bytes))
    return NULL;
  result = arena->next;
  arena->next += bytes;
  arena->left_bytes -= bytes;
  return memset (result, 0, bytes);
}

char *
tpl_arena_copy (TplArena *arena, const char *text, gsize length)
{
  char *copy = tpl_arena_alloc (arena, length + 1);

  if (copy != NULL && length > 0)
    memcpy (copy, text, length);
  return copy;
}

static void
arena_drop_block (TplArena *arena)
{
  TplArenaBlock *block = arena->blocks;

  arena->blocks = block->older;
  arena->total_bytes -= block->bytes;
  g_free (block);
}

TplArenaMark
tpl_arena_mark (const TplArena *arena)
{
  return (TplArenaMark){ arena->blocks, arena->next, arena->left_bytes };
}

void
tpl_arena_release (TplArena *arena, const TplArenaMark *mark)
{
  while (arena->blocks != mark->block)
    arena_drop_block (arena);
  arena->next = mark->next;
  arena->left_bytes = mark->left_bytes;
}

void
tpl_arena_clear (TplArena *arena)
{
  while (arena->blocks != NULL)
    arena_drop_block (arena);
  arena->next = NULL;
  arena->left_bytes = 0;
}
