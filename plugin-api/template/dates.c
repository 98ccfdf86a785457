/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dates in the language of a page: the names of days and months come from the catalogue, as the
 * process keeps one locale; all else is g_date_time_format(). */
#include "render-private.h"

#include <string.h>

#include "belfry-text.h"

static const char *const days[] = { N_ ("Monday"),   N_ ("Tuesday"), N_ ("Wednesday"),
                                    N_ ("Thursday"), N_ ("Friday"),  N_ ("Saturday"),
                                    N_ ("Sunday") };
static const char *const short_days[] = { N_ ("Mon"), N_ ("Tue"), N_ ("Wed"), N_ ("Thu"),
                                          N_ ("Fri"), N_ ("Sat"), N_ ("Sun") };
static const char *const months[] = { N_ ("January"), N_ ("February"), N_ ("March"),
                                      N_ ("April"),   N_ ("May"),      N_ ("June"),
                                      N_ ("July"),    N_ ("August"),   N_ ("September"),
                                      N_ ("October"), N_ ("November"), N_ ("December") };
static const char *const short_months[] = { N_ ("Jan"), N_ ("Feb"), N_ ("Mar"), N_ ("Apr"),
                                            N_ ("May"), N_ ("Jun"), N_ ("Jul"), N_ ("Aug"),
                                            N_ ("Sep"), N_ ("Oct"), N_ ("Nov"), N_ ("Dec") };

/* (nullable): the English name that a letter after `%` stands for */
static const char *
find_name (GDateTime *time, char letter)
{
  int day = g_date_time_get_day_of_week (time) - 1;
  int month = g_date_time_get_month (time) - 1;

  switch (letter) {
  case 'A':
    return days[day];
  case 'a':
    return short_days[day];
  case 'B':
    return months[month];
  case 'b':
  case 'h':
    return short_months[month];
  default:
    return NULL;
  }
}

static void
append_name (GString *format, const char *name)
{
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '%')
      g_string_append_c (format, '%');
    g_string_append_c (format, *at);
  }
}

char *
tpl_date_format (GDateTime *time, const char *format, const char *language)
{
  g_autoptr (GString) named = NULL;

  if (language == NULL || strpbrk (format, "AaBbh") == NULL)
    return g_date_time_format (time, format);
  named = g_string_new (NULL);
  for (const char *at = format; *at != '\0'; at++) {
    const char *name = *at == '%' ? find_name (time, at[1]) : NULL;

    if (name != NULL)
      append_name (named, belfry_tr (language, name));
    else
      g_string_append_len (named, at, *at == '%' && at[1] != '\0' ? 2 : 1);
    if (*at == '%' && at[1] != '\0')
      at++;
  }
  return g_date_time_format (time, named->str);
}
