/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of options: a row for each with how its text becomes a member and how the member is freed.
 * A message here says what is wrong and what would be right; who reads the option adds place and
 * key.
 */
#include "belfry-error.h"
#include "belfry-json.h"
#include "option-private.h"

#include <string.h>

/* where ranges of `type` are printed: "1KiB", "5min" */
static char *
dup_bound (const BelfryOption *option, gint64 bound)
{
  if (option->type == BELFRY_OPTION_DURATION)
    return belfry_format_duration (bound);
  if (option->type == BELFRY_OPTION_SIZE)
    return belfry_format_size (bound);
  return g_strdup_printf ("%" G_GINT64_FORMAT, bound);
}

static char *
dup_choices (const BelfryOption *option)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const BelfryChoice *choice = option->choices; choice != NULL && choice->name != NULL;
       choice++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", choice->name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * belfry_option_dup_range:
 * @option: a row
 *
 * Writes what values it takes: `1 to 100`, `at least 1`, `change, failing, passing`.
 *
 * Returns: (transfer full) (nullable): the text; %NULL where the type takes all its values
 * Since: 0.1
 */
char *
belfry_option_dup_range (const BelfryOption *option)
{
  g_autofree char *least = NULL;
  g_autofree char *most = NULL;

  g_return_val_if_fail (option != NULL, NULL);

  if (option->choices != NULL)
    return dup_choices (option);
  if (option->minimum >= option->maximum)
    return NULL;
  least = dup_bound (option, option->minimum);
  most = dup_bound (option, option->maximum);
  if (option->maximum == G_MAXINT64)
    return g_strdup_printf ("at least %s", least);
  if (option->minimum == G_MININT64)
    return g_strdup_printf ("at most %s", most);
  return g_strdup_printf ("%s to %s", least, most);
}

static gboolean
refuse (const BelfryOption *option, const char *text, const char *what, GError **error)
{
  g_autofree char *range = belfry_option_dup_range (option);
  g_autofree char *shown = belfry_text_make_printable (text, -1, 80);

  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not %s%s%s", shown, what,
               range != NULL ? ", write " : "", range != NULL ? range : "");
  return FALSE;
}

static gboolean
check_range (const BelfryOption *option, const char *text, gint64 value, GError **error)
{
  g_autofree char *range = NULL;
  g_autofree char *shown = NULL;

  if (option->minimum >= option->maximum || (value >= option->minimum && value <= option->maximum))
    return TRUE;
  range = belfry_option_dup_range (option);
  shown = belfry_text_make_printable (text, -1, 80);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is out of range, write %s", shown,
               range);
  return FALSE;
}

static gboolean
parse_boolean (const BelfryOption *option,
               const BelfryOptionText *text,
               gpointer member,
               GError **error)
{
  if (!belfry_parse_boolean (text->text, member, NULL))
    return refuse (option, text->text, "a boolean, write true or false", error);
  return TRUE;
}

static gboolean
parse_integer (const BelfryOption *option,
               const BelfryOptionText *text,
               gpointer member,
               GError **error)
{
  gint64 *value = member;

  if (!belfry_parse_integer (text->text, G_MININT64, G_MAXINT64, value, NULL))
    return refuse (option, text->text, "a whole number", error);
  return check_range (option, text->text, *value, error);
}

static gboolean
parse_double (const BelfryOption *option,
              const BelfryOptionText *text,
              gpointer member,
              GError **error)
{
  char *end = NULL;
  double value = g_ascii_strtod (text->text, &end);
  gboolean ranged = option->minimum < option->maximum;

  if (end == text->text || *end != '\0' || g_ascii_isspace (text->text[0]) ||
      strpbrk (text->text, "nNxX") != NULL)
    return refuse (option, text->text, "a number", error);
  if (ranged && !(value >= (double)option->minimum && value <= (double)option->maximum))
    return check_range (option, text->text, value < 0 ? G_MININT64 : G_MAXINT64, error);
  *(double *)member = value;
  return TRUE;
}

static gboolean
parse_duration (const BelfryOption *option,
                const BelfryOptionText *text,
                gpointer member,
                GError **error)
{
  gint64 *value = member;

  if (strcmp (text->text, "never") == 0)
    *value = 0;
  else if (!belfry_parse_duration (text->text, value, NULL))
    return refuse (option, text->text, "a duration such as 90s, 20min or 1h 30min", error);
  return check_range (option, text->text, *value, error);
}

static gboolean
parse_size (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  gint64 *value = member;

  if (!belfry_parse_size (text->text, value, NULL))
    return refuse (option, text->text, "a size such as 100, 10kB or 64MiB", error);
  return check_range (option, text->text, *value, error);
}

static gboolean
parse_string (const BelfryOption *option,
              const BelfryOptionText *text,
              gpointer member,
              GError **error)
{
  *(char **)member = g_strdup (text->text);
  return TRUE;
}

static const BelfryChoice *
find_choice (const BelfryOption *option, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *range = NULL;
  g_autofree char *shown = NULL;
  const char *nearest = NULL;

  for (const BelfryChoice *choice = option->choices; choice != NULL && choice->name != NULL;
       choice++) {
    if (strcmp (choice->name, name) == 0)
      return choice;
    g_ptr_array_add (names, (gpointer)choice->name);
  }
  g_ptr_array_add (names, NULL);
  nearest = belfry_text_nearest (name, (const char *const *)names->pdata);
  range = belfry_option_dup_range (option);
  shown = belfry_text_make_printable (name, -1, 80);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'%s' is not one of %s%s%s%s", shown,
               range, nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "'?" : "");
  return NULL;
}

static gboolean
parse_enum (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  const BelfryChoice *choice = find_choice (option, text->text, error);

  if (choice == NULL)
    return FALSE;
  *(int *)member = choice->value;
  return TRUE;
}

static gboolean
parse_flags (const BelfryOption *option,
             const BelfryOptionText *text,
             gpointer member,
             GError **error)
{
  g_auto (GStrv) words = belfry_split_list (text->raw);
  guint flags = 0;

  for (guint i = 0; words[i] != NULL; i++) {
    const BelfryChoice *choice = find_choice (option, words[i], error);

    if (choice == NULL)
      return FALSE;
    flags |= (guint)choice->value;
  }
  *(guint *)member = flags;
  return TRUE;
}

static gboolean
parse_list (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  g_auto (GStrv) words = belfry_split_list (text->raw);
  guint count = g_strv_length (words);

  if (option->minimum < option->maximum && (count < option->minimum || count > option->maximum)) {
    g_autofree char *range = belfry_option_dup_range (option);

    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%u items are out of range, write %s",
                 count, range);
    return FALSE;
  }
  *(char ***)member = g_steal_pointer (&words);
  return TRUE;
}

static gboolean
parse_secret (const BelfryOption *option,
              const BelfryOptionText *text,
              gpointer member,
              GError **error)
{
  BelfrySecret *secret = belfry_secret_new (text->raw, error);

  if (secret == NULL)
    return FALSE;
  belfry_secret_set_folder (secret, text->folder);
  *(BelfrySecret **)member = secret;
  return TRUE;
}

static gboolean
parse_template (const BelfryOption *option,
                const BelfryOptionText *text,
                gpointer member,
                GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;

  settings.flags = option->template_flags;
  *(BelfryTemplate **)member = belfry_template_new (option->name, text->text, &settings, error);
  return *(BelfryTemplate **)member != NULL;
}

static gboolean
parse_path (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  *(char **)member = g_canonicalize_filename (text->text, text->folder);
  return TRUE;
}

static gboolean
parse_url (const BelfryOption *option,
           const BelfryOptionText *text,
           gpointer member,
           GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text->text, G_URI_FLAGS_ENCODED, NULL);
  gsize length = strlen (text->text);

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0' ||
      (strcmp (g_uri_get_scheme (uri), "http") != 0 &&
       strcmp (g_uri_get_scheme (uri), "https") != 0))
    return refuse (option, text->text, "an address that begins with http:// or https://", error);
  if (g_uri_get_userinfo (uri) != NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                 "an address must not hold a user or password, which would be shown with it, "
                 "give them by keys of their own");
    return FALSE;
  }
  while (length > 0 && text->text[length - 1] == '/')
    length--;
  *(char **)member = g_strndup (text->text, length);
  return TRUE;
}

static gboolean
parse_regex (const BelfryOption *option,
             const BelfryOptionText *text,
             gpointer member,
             GError **error)
{
  *(GRegex **)member = belfry_regex_new (text->text, error);
  return *(GRegex **)member != NULL;
}

static gboolean
parse_regex_list (const BelfryOption *option,
                  const BelfryOptionText *text,
                  gpointer member,
                  GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)g_regex_unref);
  g_auto (GStrv) words = belfry_split_list (text->raw);

  for (guint i = 0; words[i] != NULL; i++) {
    GRegex *regex = belfry_regex_new (words[i], error);

    if (regex == NULL)
      return FALSE;
    g_ptr_array_add (list, regex);
  }
  *(GPtrArray **)member = g_steal_pointer (&list);
  return TRUE;
}

static gboolean
parse_rendered (const BelfryOption *option,
                const BelfryOptionText *text,
                gpointer member,
                GError **error)
{
  *(BelfryRendered **)member = belfry_rendered_new (text->text, error);
  return *(BelfryRendered **)member != NULL;
}

static gboolean
parse_expression (const BelfryOption *option,
                  const BelfryOptionText *text,
                  gpointer member,
                  GError **error)
{
  *(BelfryExpression **)member =
      belfry_expression_new_with_flags (text->text, option->template_flags, error);
  return *(BelfryExpression **)member != NULL;
}

/* words are split before anything is substituted, so that no value ever becomes two words */
static gboolean
parse_argv (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  g_autoptr (GPtrArray) list =
      g_ptr_array_new_with_free_func ((GDestroyNotify)belfry_rendered_unref);
  g_auto (GStrv) words = belfry_split_words (text->text, error);

  if (words == NULL)
    return FALSE;
  for (guint i = 0; words[i] != NULL; i++) {
    BelfryRendered *word = belfry_rendered_new (words[i], error);

    if (word == NULL)
      return FALSE;
    g_ptr_array_add (list, word);
  }
  *(GPtrArray **)member = g_steal_pointer (&list);
  return TRUE;
}

static gboolean
parse_addresses (const BelfryOption *option,
                 const BelfryOptionText *text,
                 gpointer member,
                 GError **error)
{
  g_auto (GStrv) words = belfry_split_list (text->raw);

  *(BelfryAddresses **)member = belfry_addresses_new ((const char *const *)words, error);
  return *(BelfryAddresses **)member != NULL;
}

static gboolean
parse_time_zone (const BelfryOption *option,
                 const BelfryOptionText *text,
                 gpointer member,
                 GError **error)
{
  *(GTimeZone **)member = g_time_zone_new_identifier (text->text);
  if (*(GTimeZone **)member == NULL)
    return refuse (option, text->text,
                   "a time zone that this machine knows (package tzdata), write one such as "
                   "Europe/Vienna or UTC",
                   error);
  return TRUE;
}

/* quotes and backslashes of JSON are JSON's before they are the keyfile's */
static gboolean
parse_json (const BelfryOption *option,
            const BelfryOptionText *text,
            gpointer member,
            GError **error)
{
  JsonNode *node = belfry_json_parse (text->raw, -1, NULL, NULL);

  if (node == NULL)
    node = belfry_json_parse (text->text, -1, NULL, NULL);
  if (node == NULL)
    node = belfry_json_new_text (text->text);
  *(JsonNode **)member = node;
  return TRUE;
}

static gboolean
parse_custom (const BelfryOption *option,
              const BelfryOptionText *text,
              gpointer member,
              GError **error)
{
  if (option->custom == NULL || option->custom->parse == NULL) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "the option has no parser");
    return FALSE;
  }
  *(gpointer *)member = option->custom->parse (text->text, error);
  return *(gpointer *)member != NULL;
}

static gboolean
parse_map (const BelfryOption *option,
           const BelfryOptionText *text,
           gpointer member,
           GError **error)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "is written one key an entry, write %s.NAME=VALUE", option->name);
  return FALSE;
}

#define CLEAR(name, Type, free_function)                                                           \
  static void clear_##name (const BelfryOption *option, gpointer member)                           \
  {                                                                                                \
    g_clear_pointer ((Type *)member, free_function);                                               \
  }

CLEAR (text, char *, g_free)
CLEAR (list, char **, g_strfreev)
CLEAR (map, BelfryMap *, belfry_map_free)
CLEAR (secret, BelfrySecret *, belfry_secret_unref)
CLEAR (template, BelfryTemplate *, belfry_template_unref)
CLEAR (regex, GRegex *, g_regex_unref)
CLEAR (array, GPtrArray *, g_ptr_array_unref)
CLEAR (rendered, BelfryRendered *, belfry_rendered_unref)
CLEAR (expression, BelfryExpression *, belfry_expression_unref)
CLEAR (addresses, BelfryAddresses *, belfry_addresses_free)
CLEAR (time_zone, GTimeZone *, g_time_zone_unref)
CLEAR (json, JsonNode *, json_node_unref)

static void
clear_custom (const BelfryOption *option, gpointer member)
{
  gpointer value = g_steal_pointer ((gpointer *)member);

  if (value != NULL && option->custom != NULL && option->custom->free != NULL)
    option->custom->free (value);
}

/* name, size, an empty value is the default, is a pointer, keeps blanks, parse, clear */
static const BelfryOptionTypeInfo infos[] = {
  [BELFRY_OPTION_BOOLEAN] = { "boolean", sizeof (gboolean), FALSE, FALSE, FALSE, parse_boolean,
                              NULL },
  [BELFRY_OPTION_INTEGER] = { "integer", sizeof (gint64), FALSE, FALSE, FALSE, parse_integer,
                              NULL },
  [BELFRY_OPTION_DOUBLE] = { "number", sizeof (double), FALSE, FALSE, FALSE, parse_double, NULL },
  [BELFRY_OPTION_DURATION] = { "duration", sizeof (gint64), FALSE, FALSE, FALSE, parse_duration,
                               NULL },
  [BELFRY_OPTION_SIZE] = { "size", sizeof (gint64), FALSE, FALSE, FALSE, parse_size, NULL },
  [BELFRY_OPTION_STRING] = { "string", sizeof (char *), TRUE, TRUE, TRUE, parse_string,
                             clear_text },
  [BELFRY_OPTION_ENUM] = { "choice", sizeof (int), FALSE, FALSE, FALSE, parse_enum, NULL },
  [BELFRY_OPTION_FLAGS] = { "choices", sizeof (guint), FALSE, FALSE, FALSE, parse_flags, NULL },
  [BELFRY_OPTION_LIST] = { "list", sizeof (char **), FALSE, TRUE, FALSE, parse_list, clear_list },
  [BELFRY_OPTION_MAP] = { "map", sizeof (BelfryMap *), TRUE, TRUE, TRUE, parse_map, clear_map },
  [BELFRY_OPTION_SECRET] = { "secret", sizeof (BelfrySecret *), FALSE, TRUE, TRUE, parse_secret,
                             clear_secret },
  [BELFRY_OPTION_TEMPLATE] = { "template", sizeof (gpointer), TRUE, TRUE, TRUE, parse_template,
                               clear_template },
  [BELFRY_OPTION_PATH] = { "path", sizeof (char *), TRUE, TRUE, FALSE, parse_path, clear_text },
  [BELFRY_OPTION_URL] = { "URL", sizeof (char *), TRUE, TRUE, FALSE, parse_url, clear_text },
  [BELFRY_OPTION_REGEX] = { "regular expression", sizeof (gpointer), TRUE, TRUE, TRUE, parse_regex,
                            clear_regex },
  [BELFRY_OPTION_REGEX_LIST] = { "list of regular expressions", sizeof (gpointer), FALSE, TRUE,
                                 FALSE, parse_regex_list, clear_array },
  [BELFRY_OPTION_RENDERED] = { "rendered string", sizeof (gpointer), TRUE, TRUE, TRUE,
                               parse_rendered, clear_rendered },
  [BELFRY_OPTION_EXPRESSION] = { "expression", sizeof (gpointer), TRUE, TRUE, FALSE,
                                 parse_expression, clear_expression },
  [BELFRY_OPTION_ARGV] = { "command line", sizeof (gpointer), TRUE, TRUE, FALSE, parse_argv,
                           clear_array },
  [BELFRY_OPTION_REFERENCE] = { "name", sizeof (char *), TRUE, TRUE, FALSE, parse_string,
                                clear_text },
  [BELFRY_OPTION_REFERENCES] = { "list of names", sizeof (char **), FALSE, TRUE, FALSE, parse_list,
                                 clear_list },
  [BELFRY_OPTION_ADDRESSES] = { "list of addresses", sizeof (gpointer), FALSE, TRUE, FALSE,
                                parse_addresses, clear_addresses },
  [BELFRY_OPTION_TIME_ZONE] = { "time zone", sizeof (gpointer), TRUE, TRUE, FALSE, parse_time_zone,
                                clear_time_zone },
  [BELFRY_OPTION_JSON] = { "JSON or text", sizeof (gpointer), TRUE, TRUE, TRUE, parse_json,
                           clear_json },
  [BELFRY_OPTION_CUSTOM] = { "custom", sizeof (gpointer), TRUE, TRUE, TRUE, parse_custom,
                             clear_custom },
};

const BelfryOptionTypeInfo *
belfry_option_type_get_info (BelfryOptionType type)
{
  return (guint)type < G_N_ELEMENTS (infos) ? &infos[type] : &infos[BELFRY_OPTION_STRING];
}

/**
 * belfry_option_get_type_name:
 * @option: a row
 *
 * Returns: (transfer none): name of its type, as `belfry inspect` shows it
 * Since: 0.1
 */
const char *
belfry_option_get_type_name (const BelfryOption *option)
{
  g_return_val_if_fail (option != NULL, NULL);

  if (option->type == BELFRY_OPTION_CUSTOM && option->custom != NULL &&
      option->custom->type_name != NULL)
    return option->custom->type_name;
  return belfry_option_type_get_info (option->type)->name;
}

gboolean
belfry_option_parse_value (const BelfryOption *option,
                           const char *raw,
                           const char *folder,
                           gpointer member,
                           GError **error)
{
  const BelfryOptionTypeInfo *info = belfry_option_type_get_info (option->type);
  g_autofree char *trimmed = info->keeps_blanks ? NULL : g_strchomp (g_strdup (raw));
  char *text = belfry_value_unescape (trimmed != NULL ? trimmed : raw);
  const BelfryOptionText value = { raw, text, folder };
  gboolean ok = info->parse (option, &value, member, error);

  explicit_bzero (text, strlen (text));
  g_free (text);
  return ok;
}

void
belfry_option_clear_value (const BelfryOption *option, gpointer member)
{
  const BelfryOptionTypeInfo *info = belfry_option_type_get_info (option->type);

  if (info->clear != NULL)
    info->clear (option, member);
  else
    memset (member, 0, info->size);
}
