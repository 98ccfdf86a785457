/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Splitting text into words (shell quoting, POSIX XCU §2.2, and nothing else of a shell: no
 * variables, no globs, no comments) and into the items of a keyfile's list.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

static gboolean
is_blank (char character)
{
  return character != '\0' && strchr (" \t\r\n\v\f", character) != NULL;
}

/* behind a backslash, outside quotes: the character itself, a line break vanishes */
static gboolean
take_escaped (const char **at, GString *word)
{
  if (**at == '\0')
    return FALSE;
  if (**at != '\n')
    g_string_append_c (word, **at);
  (*at)++;
  return TRUE;
}

static gboolean
take_single_quoted (const char **at, GString *word)
{
  const char *end = strchr (*at, '\'');

  if (end == NULL)
    return FALSE;
  g_string_append_len (word, *at, end - *at);
  *at = end + 1;
  return TRUE;
}

/* here a backslash only means something before these; before others it stays */
static gboolean
take_double_quoted (const char **at, GString *word)
{
  for (; **at != '"'; (*at)++) {
    if (**at == '\0')
      return FALSE;
    if (**at == '\\' && (*at)[1] != '\0' && strchr ("$`\"\\\n", (*at)[1]) != NULL) {
      (*at)++;
      if (**at == '\n')
        continue;
    }
    g_string_append_c (word, **at);
  }
  (*at)++;
  return TRUE;
}

/* one word, up to a blank; FALSE if a quote or an escape has no end */
static gboolean
take_word (const char **at, GString *word)
{
  gboolean is_good = TRUE;

  while (is_good && **at != '\0' && !is_blank (**at)) {
    char character = *(*at)++;

    if (character == '\'')
      is_good = take_single_quoted (at, word);
    else if (character == '"')
      is_good = take_double_quoted (at, word);
    else if (character == '\\')
      is_good = take_escaped (at, word);
    else
      g_string_append_c (word, character);
  }
  return is_good;
}

/**
 * belfry_split_words:
 * @text: an argument vector as one would type it into a shell
 * @error: return location for an error
 *
 * Splits text into words by the quoting rules of the shell: blanks separate, single quotes keep
 * all, double quotes keep all but `\` before `$`, a backquote, `"`, `\` and a line break, a
 * backslash keeps one character. Nothing is expanded; `#`, `$`, `*`, `|` and the like are ordinary
 * characters. A quote or backslash without end is `BELFRY_ERROR_CONFIG`.
 *
 * Returns: (transfer full) (array zero-terminated=1): the words; none for blank text
 * Since: 0.1
 */
char **
belfry_split_words (const char *text, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  const char *at = text;

  g_return_val_if_fail (text != NULL, NULL);

  while (TRUE) {
    g_autoptr (GString) word = g_string_new (NULL);

    while (is_blank (*at))
      at++;
    if (*at == '\0')
      break;
    if (!take_word (&at, word)) {
      g_autofree char *shown = belfry_text_make_printable (text, -1, 80);

      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                   "splitting '%s' into words: a quote or backslash has no end", shown);
      return NULL;
    }
    g_ptr_array_add (words, g_string_free (g_steal_pointer (&word), FALSE));
  }
  g_ptr_array_add (words, NULL);
  return (char **)g_ptr_array_steal (words, NULL);
}

/* the character that an escape stands for; NUL where the backslash is just itself */
static char
escaped_character (char letter)
{
  switch (letter) {
  case '\\':
  case ';':
    return letter;
  case 'n':
    return '\n';
  case 't':
    return '\t';
  case 's':
    return ' ';
  default:
    return '\0';
  }
}

/* reads to `;` or the end; blanks around are dropped unless they were escaped */
static char *
take_item (const char **at)
{
  GString *item = g_string_new (NULL);
  gsize kept = 0;

  for (; **at != '\0' && **at != ';'; (*at)++) {
    char escaped = **at == '\\' ? escaped_character ((*at)[1]) : '\0';

    if (escaped != '\0')
      (*at)++;
    else if (item->len == 0 && is_blank (**at))
      continue;
    g_string_append_c (item, escaped != '\0' ? escaped : **at);
    if (escaped != '\0' || !is_blank (**at))
      kept = item->len;
  }
  g_string_truncate (item, kept);
  return g_string_free (item, FALSE);
}

/**
 * belfry_split_list:
 * @text: items separated by `;`
 *
 * Splits the value of a key into its items. `\;` is a semicolon, `\\` a backslash, `\n` a line
 * break, `\t` a tabulator, `\s` a blank; any other backslash is itself. Blanks around an item are
 * dropped, except escaped ones. Nothing behind the last `;` is no item, so `a;b;` has two.
 *
 * Returns: (transfer full) (array zero-terminated=1): the items; none for blank text
 * Since: 0.1
 */
char **
belfry_split_list (const char *text)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);
  const char *at = text;

  g_return_val_if_fail (text != NULL, NULL);

  while (*at != '\0') {
    g_autofree char *item = take_item (&at);
    gboolean is_last = *at == '\0';

    if (!is_last)
      at++;
    if (!is_last || *item != '\0')
      g_ptr_array_add (items, g_steal_pointer (&item));
  }
  g_ptr_array_add (items, NULL);
  return (char **)g_ptr_array_steal (items, NULL);
}
