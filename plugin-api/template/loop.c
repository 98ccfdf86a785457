/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What templates read of the loop that they are in, as loop.NAME. */
#include "render-private.h"

#include <string.h>

typedef struct {
  const char *name;
  TplValue (*get) (const TplLoop *loop);
} MemberRow;

static TplValue
get_index (const TplLoop *loop)
{
  return tpl_integer ((gint64)loop->index + 1);
}

static TplValue
get_index0 (const TplLoop *loop)
{
  return tpl_integer (loop->index);
}

static TplValue
get_revindex (const TplLoop *loop)
{
  return tpl_integer ((gint64)loop->items->length - loop->index);
}

static TplValue
get_revindex0 (const TplLoop *loop)
{
  return tpl_integer ((gint64)loop->items->length - loop->index - 1);
}

static TplValue
get_length (const TplLoop *loop)
{
  return tpl_integer (loop->items->length);
}

static TplValue
get_first (const TplLoop *loop)
{
  return tpl_boolean (loop->index == 0);
}

static TplValue
get_last (const TplLoop *loop)
{
  return tpl_boolean (loop->index + 1 == loop->items->length);
}

/* loops that call themselves are not in the language, so every loop is an outermost one */
static TplValue
get_depth (const TplLoop *loop G_GNUC_UNUSED)
{
  return tpl_integer (1);
}

static TplValue
get_depth0 (const TplLoop *loop G_GNUC_UNUSED)
{
  return tpl_integer (0);
}

static TplValue
get_previtem (const TplLoop *loop)
{
  return loop->index > 0 ? loop->items->items[loop->index - 1] : tpl_undefined ("previtem");
}

static TplValue
get_nextitem (const TplLoop *loop)
{
  return loop->index + 1 < loop->items->length ? loop->items->items[loop->index + 1]
                                               : tpl_undefined ("nextitem");
}

TplValue
tpl_loop_get (const TplLoop *loop, const char *name)
{
  static const MemberRow members[] = {
    { "index", get_index },         { "first", get_first },       { "last", get_last },
    { "index0", get_index0 },       { "length", get_length },     { "revindex", get_revindex },
    { "revindex0", get_revindex0 }, { "previtem", get_previtem }, { "nextitem", get_nextitem },
    { "depth", get_depth },         { "depth0", get_depth0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (strcmp (members[i].name, name) == 0)
      return members[i].get (loop);
  return tpl_undefined (name);
}
