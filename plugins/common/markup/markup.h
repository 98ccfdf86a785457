/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of messages as services write them: each has a little markup of its own. */
#pragma once

#include <belfry-plugin.h>

typedef enum {
  BELFRY_MARKUP_BOLD,
  BELFRY_MARKUP_ITALIC,
  BELFRY_MARKUP_UNDERLINE,
  BELFRY_MARKUP_STRIKE,
  BELFRY_MARKUP_CODE,
  BELFRY_MARKUP_PRE,
  BELFRY_MARKUP_QUOTE,
  BELFRY_MARKUP_LINK,
  BELFRY_MARKUP_N_TAGS,
} BelfryMarkupTag;

/**
 * BelfryMarkupDialect: how a service writes it
 * @tags: before and after; NULL: the tag is left out, its text stays. Of a link, before its URL and
 * after its text
 * @between: between a link's URL and its text
 * @url_last: the URL stands after the text
 * @newline: what ends a line outside of @BELFRY_MARKUP_PRE; NULL: a line break
 * @escapes: pairs of a character and what stands for it, ending in NULL
 */
typedef struct {
  struct {
    const char *open;
    const char *close;
  } tags[BELFRY_MARKUP_N_TAGS];
  const char *between;
  gboolean url_last;
  const char *newline;
  const char *const *escapes;
} BelfryMarkupDialect;

extern const BelfryMarkupDialect belfry_markup_plain;  /* links as TEXT (URL) */
extern const char *const belfry_markup_escapes_html[]; /* & < > and " */

/**
 * BelfryMarkupUnit: what a limit counts
 * @BELFRY_MARKUP_CHARS: characters of what is sent
 * @BELFRY_MARKUP_BYTES: bytes of what is sent
 * @BELFRY_MARKUP_SHOWN: UTF-16 units of what is shown
 */
typedef enum {
  BELFRY_MARKUP_CHARS,
  BELFRY_MARKUP_BYTES,
  BELFRY_MARKUP_SHOWN,
} BelfryMarkupUnit;

typedef struct _BelfryMarkup BelfryMarkup;

/* A body: HTML, whose tags are always closed in order afterwards and of whose links only those to
 * http and https remain, or plain text. */
BelfryMarkup *belfry_markup_new (const char *body, gboolean is_html);
void belfry_markup_free (BelfryMarkup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryMarkup, belfry_markup_free)
char *belfry_markup_write (const BelfryMarkup *self, const BelfryMarkupDialect *dialect);
/* What fits; where something was cut, "…" says so, and what is open is closed. (transfer full) */
char *belfry_markup_write_fitting (const BelfryMarkup *self,
                                   const BelfryMarkupDialect *dialect,
                                   BelfryMarkupUnit unit,
                                   gsize max);
/* A body in one go. (transfer full) */
char *belfry_markup_convert (const char *body,
                             gboolean is_html,
                             const BelfryMarkupDialect *dialect,
                             BelfryMarkupUnit unit,
                             gsize max);
