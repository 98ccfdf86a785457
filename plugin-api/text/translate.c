/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts in other languages. The process keeps one locale; a language is an argument of each call,
 * so that two visitors' pages can be drawn on two threads. Where translations come from is the
 * host's business: it sets the function that looks them up.
 */
#include "belfry-text.h"

#include <string.h>

static BelfryTranslate translate_hook; /* set once, read atomically */

/**
 * belfry_set_translate:
 * @translate: (nullable): what looks translations up, on any thread; %NULL: texts stay English
 *
 * Sets how texts are translated, by belfry_tr() and belfry_tr_n() and by `_()` and `ngettext()` in
 * templates. Called once, by the program that loads plugins, before anything is translated.
 *
 * Since: 0.1
 */
void
belfry_set_translate (BelfryTranslate translate)
{
  g_atomic_pointer_set (&translate_hook, translate);
}

/**
 * belfry_tr:
 * @language: (nullable): tag such as `de` or `zh-CN`; %NULL: English
 * @text: English text, marked by N_() where it is written
 *
 * Translates a text. May be called on any thread.
 *
 * Returns: (transfer none): the translation, which is never freed, or @text
 * Since: 0.1
 */
const char *
belfry_tr (const char *language, const char *text)
{
  return belfry_tr_n (language, text, NULL, 1);
}

/**
 * belfry_tr_n:
 * @language: (nullable): tag such as `de` or `zh-CN`; %NULL: English
 * @text: English text for one
 * @plural: (nullable): English text for any other number
 * @count: the number that chooses the form
 *
 * Translates a text that depends on a number. May be called on any thread.
 *
 * Returns: (transfer none): the translation, which is never freed, or @text or @plural
 * Since: 0.1
 */
const char *
belfry_tr_n (const char *language, const char *text, const char *plural, guint64 count)
{
  BelfryTranslate hook = g_atomic_pointer_get (&translate_hook);

  if (hook != NULL && language != NULL && *text != '\0')
    return hook (language, text, plural, count);
  return plural != NULL && count != 1 ? plural : text;
}
