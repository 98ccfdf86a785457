/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments of a query: repeatable ones, integers with a default and a cap, and links of a page to
 * itself, which keep every argument that they do not mean, known or not.
 */
#include "views.h"

#define VIEWS_MIN_RELOAD 15

gint64
views_argument_integer (BelfryForm *form, const char *name, gint64 fallback, gint64 maximum)
{
  const char *text = belfry_form_get (form, name);
  gint64 value = 0;

  if (text == NULL || !g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &value, NULL))
    return fallback;
  if (value <= 0)
    return fallback;
  return MIN (value, maximum);
}

static const struct {
  const char *word;
  gboolean value;
} views_booleans[] = {
  { "true", TRUE },   { "1", TRUE },  { "yes", TRUE }, { "on", TRUE },
  { "false", FALSE }, { "0", FALSE }, { "no", FALSE }, { "off", FALSE },
};

gboolean
views_text_to_boolean (const char *text, gboolean fallback)
{
  for (gsize i = 0; text != NULL && i < G_N_ELEMENTS (views_booleans); i++) {
    if (g_ascii_strcasecmp (text, views_booleans[i].word) == 0)
      return views_booleans[i].value;
  }
  return fallback;
}

gboolean
views_argument_boolean (BelfryForm *form, const char *name, gboolean fallback)
{
  return views_text_to_boolean (belfry_form_get (form, name), fallback);
}

/* all values of a name but empty ones and repetitions */
GPtrArray *
views_argument_list (BelfryForm *form, const char *name)
{
  g_auto (GStrv) values = belfry_form_dup_all (form, name);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; values != NULL && values[i] != NULL; i++) {
    if (*values[i] != '\0' && !views_list_has (list, values[i]))
      g_ptr_array_add (list, g_strdup (values[i]));
  }
  return list;
}

gboolean
views_list_has (GPtrArray *list, const char *text)
{
  return text != NULL && g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL);
}

BelfryForm *
views_form_copy (BelfryForm *form, const char *const *without)
{
  BelfryForm *copy = belfry_form_new ();

  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    const char *name = belfry_form_get_name (form, i);

    if (!g_strv_contains (without, name))
      belfry_form_append (copy, name, belfry_form_get_value (form, i));
  }
  return copy;
}

/* "" or "?a=b&c=d" */
char *
views_form_to_query (BelfryForm *form)
{
  GString *query = g_string_new (NULL);

  for (guint i = 0; i < belfry_form_get_count (form); i++) {
    g_autofree char *name = belfry_text_percent_encode (belfry_form_get_name (form, i));
    g_autofree char *value = belfry_text_percent_encode (belfry_form_get_value (form, i));

    g_string_append_printf (query, "%c%s=%s", query->len == 0 ? '?' : '&', name, value);
  }
  return g_string_free (query, FALSE);
}

/* the same page with one argument set (@value) or taken away (%NULL) */
char *
views_query_with (BelfryForm *form, const char *name, const char *value)
{
  const char *const without[] = { name, NULL };
  g_autoptr (BelfryForm) copy = views_form_copy (form, without);

  if (value != NULL)
    belfry_form_append (copy, name, value);
  return views_form_to_query (copy);
}

/* 0: none; short ones are made longer, so that nobody asks every second */
gint64
views_reload_seconds (BelfryForm *form)
{
  gint64 seconds = views_argument_integer (form, "reload", 0, 86400);

  return seconds > 0 ? MAX (seconds, VIEWS_MIN_RELOAD) : 0;
}
