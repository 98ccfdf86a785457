/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which addresses may be written to. An address: characters without white space, `@`, at least two
 * labels of letters, digits and `-`, separated by single dots, a final dot allowed. It stands
 * alone, in angle brackets, or in angle brackets behind a name.
 */
#include "mail.h"

#include <string.h>

static gboolean
is_label (const char *start, const char *end)
{
  if (start == end)
    return FALSE;
  for (const char *c = start; c < end; c++)
    if (!g_ascii_isalnum (*c) && *c != '-')
      return FALSE;
  return TRUE;
}

static gboolean
is_domain (const char *text)
{
  const char *start = text;
  guint labels = 0;

  while (*start != '\0') {
    const char *end = start + strcspn (start, ".");

    if (!is_label (start, end))
      return FALSE;
    labels++;
    if (*end == '\0')
      break;
    start = end + 1;
  }
  return labels >= 2;
}

static gboolean
is_bare (const char *text)
{
  const char *at = strrchr (text, '@');

  if (at == NULL || at == text || !is_domain (at + 1))
    return FALSE;
  for (const char *c = text; c < at; c++)
    if (g_ascii_isspace (*c) || g_ascii_iscntrl (*c) || strchr ("<>@,;:\"()[]\\", *c) != NULL)
      return FALSE;
  return TRUE;
}

static gboolean
has_controls (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return TRUE;
  return FALSE;
}

char *
belfry_mail_dup_bare (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  const char *open = strrchr (stripped, '<');
  gsize length = strlen (stripped);

  if (open == NULL || length == 0 || stripped[length - 1] != '>')
    return g_steal_pointer (&stripped);
  return g_strndup (open + 1, length - (open + 1 - stripped) - 1);
}

gboolean
belfry_mail_is_address (const char *text)
{
  g_autofree char *bare = NULL;
  const char *open = NULL;

  if (has_controls (text))
    return FALSE;
  bare = belfry_mail_dup_bare (text);
  open = strchr (text, '<');
  /* a name before the bracket is set off by white space */
  if (open != NULL && open != text && !g_ascii_isspace (open[-1]))
    return FALSE;
  return is_bare (bare);
}

char *
belfry_mail_dup_domain (const char *text)
{
  g_autofree char *bare = belfry_mail_dup_bare (text);
  char *at = strrchr (bare, '@');

  if (at == NULL)
    return NULL;
  if (g_str_has_suffix (at, "."))
    at[strlen (at) - 1] = '\0';
  return g_ascii_strdown (at + 1, -1);
}
