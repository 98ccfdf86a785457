/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns: shell globs and regular expressions, both with an upper bound on their work.
 *
 * A glob is matched from left to right. Only the last star of each kind can be usefully tried
 * again, so two places to return to are enough and the work is bounded by a product of lengths,
 * never exponential. Regular expressions are PCRE's, with limits written into the pattern.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

#define MAX_REGEX_BYTES 4096
#define REGEX_LIMITS    "(*LIMIT_MATCH=100000)(*LIMIT_DEPTH=10000)"

/* where to go on when what follows a star did not match; pattern NULL: nowhere */
typedef struct {
  const char *pattern;
  const char *text;
  gboolean is_folders; /* a star and the slash behind it: takes whole folders, or none */
} Star;

typedef struct {
  const char *start;
  const char *pattern;
  const char *text;
  gboolean is_path;
  Star short_star; /* stops at a slash where paths are matched */
  Star long_star;
} Glob;

/* the bracket that closes the set whose opening one pattern points to; NULL: there is none */
static const char *
set_end (const char *pattern)
{
  const char *at = pattern + 1;

  if (*at == '!')
    at++;
  if (*at == ']')
    at++;
  return strchr (at, ']');
}

static gboolean
set_contains (const char *pattern, const char *end, gunichar character)
{
  const char *at = pattern + 1;
  gboolean is_negated = *at == '!';
  gboolean is_found = FALSE;

  at += is_negated;
  while (at < end) {
    gunichar low = g_utf8_get_char (at);
    gunichar high = low;

    at = g_utf8_next_char (at);
    if (*at == '-' && at + 1 < end) {
      high = g_utf8_get_char (at + 1);
      at = g_utf8_next_char (at + 1);
    }
    is_found = is_found || (character >= low && character <= high);
  }
  return is_found != is_negated;
}

/* matches one element that is no star; on success *pattern stands behind it */
static gboolean
match_one (const char **pattern, const char *text, gboolean is_path)
{
  const char *end = **pattern == '[' ? set_end (*pattern) : NULL;
  gunichar wanted = g_utf8_get_char (*pattern);
  gunichar character = g_utf8_get_char (text);

  if (end != NULL) {
    if (!set_contains (*pattern, end, character) || (is_path && character == '/'))
      return FALSE;
    *pattern = end + 1;
    return TRUE;
  }
  if (wanted == '?' ? is_path && character == '/' : wanted != character)
    return FALSE;
  *pattern = g_utf8_next_char (*pattern);
  return TRUE;
}

/* takes the star at the pattern, for now as nothing, and remembers the place */
static void
take_star (Glob *self)
{
  const char *star = self->pattern;
  gboolean is_long;

  while (*self->pattern == '*')
    self->pattern++;
  is_long = !self->is_path || self->pattern - star > 1;
  if (!is_long) {
    self->short_star = (Star){ self->pattern, self->text, FALSE };
    return;
  }
  /* "**" between slashes may stand for no folder at all */
  self->long_star.is_folders =
      self->is_path && *self->pattern == '/' && (star == self->start || star[-1] == '/');
  self->pattern += self->long_star.is_folders;
  self->long_star.pattern = self->pattern;
  self->long_star.text = self->text;
  self->short_star.pattern = NULL;
}

/* lets the last star that can take more do so; FALSE: none can */
static gboolean
go_back (Glob *self)
{
  Star *star = &self->short_star;

  if (star->pattern == NULL || *star->text == '/' || *star->text == '\0')
    star = &self->long_star;
  if (star->pattern == NULL || *star->text == '\0')
    return FALSE;
  if (star->is_folders) {
    const char *slash = strchr (star->text, '/');

    if (slash == NULL)
      return FALSE;
    star->text = slash;
  }
  star->text = g_utf8_next_char (star->text);
  self->pattern = star->pattern;
  self->text = star->text;
  if (star == &self->long_star)
    self->short_star.pattern = NULL;
  return TRUE;
}

/**
 * belfry_glob_match:
 * @pattern: a shell pattern in UTF-8
 * @text: what must match as a whole, in UTF-8
 * @style: what a star means
 *
 * Matches a shell pattern: `*` any text, `?` one character, `[abc]`, `[a-z]`, `[!a-z]` one
 * character of or not of a set, in which a leading `]` is a member; an unclosed `[` is itself.
 * There is no escape but `[*]`. With `BELFRY_GLOB_PATH` a `*`, a `?` and a set never match `/`, a
 * `**` does, and `**` as a whole folder name also stands for no folder.
 *
 * Returns: TRUE if @text matches; never for invalid UTF-8
 * Since: 0.1
 */
gboolean
belfry_glob_match (const char *pattern, const char *text, BelfryGlobStyle style)
{
  Glob glob = { .start = pattern, .pattern = pattern, .text = text };

  g_return_val_if_fail (pattern != NULL && text != NULL, FALSE);

  if (!g_utf8_validate (pattern, -1, NULL) || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  glob.is_path = style == BELFRY_GLOB_PATH;
  while (*glob.text != '\0' || *glob.pattern != '\0') {
    if (*glob.pattern == '*')
      take_star (&glob);
    else if (*glob.pattern != '\0' && *glob.text != '\0' &&
             match_one (&glob.pattern, glob.text, glob.is_path))
      glob.text = g_utf8_next_char (glob.text);
    else if (!go_back (&glob))
      return FALSE;
  }
  return TRUE;
}

/**
 * belfry_glob_is_pattern:
 * @text: text
 *
 * Tells a pattern from a plain name: whether it holds `*`, `?` or a closed set.
 *
 * Returns: TRUE if belfry_glob_match() could match anything but @text itself
 * Since: 0.1
 */
gboolean
belfry_glob_is_pattern (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  for (; *text != '\0'; text++) {
    if (*text == '*' || *text == '?' || (*text == '[' && set_end (text) != NULL))
      return TRUE;
  }
  return FALSE;
}

/**
 * belfry_regex_new:
 * @pattern: a Perl-compatible regular expression in UTF-8, at most 4 KiB
 * @error: return location for an error
 *
 * Compiles a regular expression with limits on matching, so that none can keep a thread busy. Use
 * belfry_regex_search() and belfry_regex_match_start() with it; other calls of GRegex report a
 * limit that was met as an error. Never pass a visitor's text as pattern. The error is
 * `BELFRY_ERROR_CONFIG`.
 *
 * Returns: (transfer full): the expression
 * Since: 0.1
 */
GRegex *
belfry_regex_new (const char *pattern, GError **error)
{
  g_autofree char *limited = NULL;
  g_autofree char *shown = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GRegex) regex = NULL;
  g_autoptr (GRegex) plain = NULL;

  g_return_val_if_fail (pattern != NULL, NULL);

  shown = belfry_text_make_printable (pattern, -1, 80);
  if (strlen (pattern) > MAX_REGEX_BYTES) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "regular expression '%s': longer than %d bytes", shown, MAX_REGEX_BYTES);
    return NULL;
  }
  if (!g_utf8_validate (pattern, -1, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "regular expression '%s': no UTF-8",
                 shown);
    return NULL;
  }
  limited = g_strconcat (REGEX_LIMITS, pattern, NULL);
  regex = g_regex_new (limited, 0, 0, &reason);
  if (regex != NULL)
    return g_steal_pointer (&regex);
  /* a second try without the limits, only to have the place counted as the author counts it */
  g_clear_error (&reason);
  plain = g_regex_new (pattern, 0, 0, &reason);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "regular expression '%s': %s", shown,
               reason != NULL ? reason->message : "not understood");
  return NULL;
}

static gboolean
regex_matches (GRegex *regex, const char *text, GRegexMatchFlags flags)
{
  /* GRegex trusts its caller; a limit that is met, like any other error, counts as no match */
  return g_utf8_validate (text, -1, NULL) && g_regex_match (regex, text, flags, NULL);
}

/**
 * belfry_regex_search:
 * @regex: from belfry_regex_new()
 * @text: text
 *
 * Looks for a match anywhere in @text.
 *
 * Returns: TRUE if there is one; FALSE too where a limit was met or @text is no UTF-8
 * Since: 0.1
 */
gboolean
belfry_regex_search (GRegex *regex, const char *text)
{
  g_return_val_if_fail (regex != NULL && text != NULL, FALSE);

  return regex_matches (regex, text, 0);
}

/**
 * belfry_regex_match_start:
 * @regex: from belfry_regex_new()
 * @text: text
 *
 * Looks for a match at the start of @text, as Buildbot's filters do; it need not reach the end.
 *
 * Returns: TRUE if there is one; FALSE too where a limit was met or @text is no UTF-8
 * Since: 0.1
 */
gboolean
belfry_regex_match_start (GRegex *regex, const char *text)
{
  g_return_val_if_fail (regex != NULL && text != NULL, FALSE);

  return regex_matches (regex, text, G_REGEX_MATCH_ANCHORED);
}
