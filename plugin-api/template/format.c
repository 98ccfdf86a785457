/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both of Python's ways to fill in a text: "%s of %d" % (a, b) and "{} of {:>5}".format (a, b). A
 * format that is safe stays so, and what it takes in is escaped. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <math.h>
#include <string.h>

#define MAX_WIDTH     10000
#define MAX_PRECISION 100
#define NUMBER_BYTES  1024 /* 309 digits before the point, MAX_PRECISION behind */

typedef struct {
  gunichar fill;
  char align; /* < > ^ =, 0: by type */
  char sign;  /* + or blank, 0: minus only */
  gboolean alternate;
  gboolean groups;
  gint64 width;
  gint64 precision; /* -1: none */
  char type;        /* 0: by value */
} Spec;

typedef struct {
  TplRender *render;
  GString *to;
  TplValue arguments;
  guint used;
  gboolean is_safe;
} Filler;

static void
append_fill (TplRender *render, GString *to, gunichar fill, gint64 times)
{
  g_autofree char *text = g_malloc0 (8);

  g_unichar_to_utf8 (fill, text);
  if (times > 0)
    tpl_append_repeated (render, to, text, (gsize)times);
}

/* sign: what stands before the digits and stays there when zeros fill up */
static void
append_padded (TplRender *render, GString *to, const Spec *spec, const char *sign, const char *body)
{
  gint64 length = (gint64)(strlen (sign) + tpl_utf8_count (body, strlen (body)));
  gint64 gap = MAX (spec->width - length, 0);
  gint64 before = spec->align == '>' ? gap : spec->align == '^' ? gap / 2 : 0;
  gint64 inside = spec->align == '=' ? gap : 0;

  append_fill (render, to, spec->fill, before);
  tpl_append (render, to, sign, strlen (sign));
  append_fill (render, to, spec->fill, inside);
  tpl_append (render, to, body, strlen (body));
  append_fill (render, to, spec->fill, gap - before - inside);
}

static void
insert_commas (GString *digits)
{
  gssize at = (gssize)strspn (digits->str, "0123456789");

  for (at -= 3; at > 0; at -= 3)
    g_string_insert_c (digits, at, ',');
}

static void
append_binary (GString *digits, guint64 number)
{
  do {
    g_string_prepend_c (digits, number % 2 == 0 ? '0' : '1');
    number /= 2;
  } while (number > 0);
}

static void
append_whole_digits (GString *digits, const Spec *spec, guint64 number)
{
  if (spec->type == 'x')
    g_string_append_printf (digits, "%s%" G_GINT64_MODIFIER "x", spec->alternate ? "0x" : "",
                            number);
  else if (spec->type == 'X')
    g_string_append_printf (digits, "%s%" G_GINT64_MODIFIER "X", spec->alternate ? "0X" : "",
                            number);
  else if (spec->type == 'o')
    g_string_append_printf (digits, "%s%" G_GINT64_MODIFIER "o", spec->alternate ? "0o" : "",
                            number);
  else if (spec->type == 'b')
    append_binary (digits, number);
  else
    g_string_append_printf (digits, "%" G_GUINT64_FORMAT, number);
}

static const char *
sign_of (const Spec *spec, gboolean is_negative)
{
  if (is_negative)
    return "-";
  return spec->sign == '+' ? "+" : spec->sign == ' ' ? " " : "";
}

static void
append_whole (TplRender *render, GString *to, const Spec *spec, gint64 number)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  guint64 magnitude = number < 0 ? -(guint64)number : (guint64)number;

  append_whole_digits (digits, spec, magnitude);
  while ((gint64)digits->len < spec->precision)
    g_string_prepend_c (digits, '0');
  if (spec->groups)
    insert_commas (digits);
  append_padded (render, to, spec, sign_of (spec, number < 0), digits->str);
}

static char *
print_fraction (const Spec *spec, double magnitude)
{
  g_autofree char *format = NULL;
  g_autofree char *text = NULL;
  char type = spec->type;

  if (type == 0 && spec->precision < 0)
    return tpl_double_to_text (magnitude);
  if (!isfinite (magnitude))
    return g_strdup (isnan (magnitude) ? "nan" : "inf");
  if (type == 0)
    type = 'g';
  format = g_strdup_printf ("%%.%d%c", (int)(spec->precision < 0 ? 6 : spec->precision),
                            type == '%' ? 'f' : type);
  text = g_malloc (NUMBER_BYTES);
  return g_strdup (g_ascii_formatd (text, NUMBER_BYTES, format, magnitude));
}

static void
append_fraction (TplRender *render, GString *to, const Spec *spec, double number)
{
  double magnitude = fabs (number) * (spec->type == '%' ? 100 : 1);
  g_autofree char *text = print_fraction (spec, magnitude);
  g_autoptr (GString) digits = g_string_new (text);

  if (spec->groups)
    insert_commas (digits);
  if (spec->type == '%')
    g_string_append_c (digits, '%');
  append_padded (render, to, spec, sign_of (spec, signbit (number) && !isnan (number)),
                 digits->str);
}

static void
append_text_padded (TplRender *render, GString *to, Spec *spec, TplValue text)
{
  if (spec->precision >= 0) {
    const char *end = tpl_utf8_offset (text.text, text.length, (gsize)spec->precision);

    text = tpl_text_copy (render, text.text, (gsize)(end - text.text));
  }
  if (spec->align == 0)
    spec->align = '<';
  append_padded (render, to, spec, "", text.text);
}

static void
append_number (TplRender *render, GString *to, Spec *spec, TplValue value)
{
  gboolean wants_whole = spec->type != 0 && strchr ("dxXob", spec->type) != NULL;

  if (spec->align == 0)
    spec->align = '>';
  if (wants_whole && value.kind == TPL_DOUBLE && fabs (value.number) < 9.2e18)
    value = tpl_integer ((gint64)value.number);
  if (wants_whole && !tpl_is_whole (value))
    tpl_render_fail (render, "a number too large for this format");
  else if (wants_whole || (spec->type == 0 && tpl_is_whole (value)))
    append_whole (render, to, spec, value.integer);
  else
    append_fraction (render, to, spec, tpl_as_double (value));
}

/* digits at *at; FALSE: too many */
static gboolean
read_digits (TplRender *render, const char **at, gint64 limit, gint64 *number)
{
  gint64 result = 0;

  for (; g_ascii_isdigit (**at) && result <= limit; (*at)++)
    result = result * 10 + (**at - '0');
  *number = result;
  if (result <= limit)
    return TRUE;
  tpl_render_fail (render, "a format wider than %" G_GINT64_FORMAT, limit);
  return FALSE;
}

static TplValue
filler_next (Filler *self)
{
  TplValue none = tpl_none ();

  if (self->arguments.kind == TPL_LIST && (self->arguments.flags & TPL_TUPLE) != 0) {
    const TplList *list = self->arguments.list;

    if (self->used < list->length)
      return list->items[self->used++];
  } else if (self->used == 0) {
    self->used++;
    return self->arguments;
  }
  tpl_render_fail (self->render, "not enough values for the format");
  return none;
}

/* the name in "%(name)s", or the next value */
static TplValue
filler_read_value (Filler *self, const char **at)
{
  const char *end = NULL;
  TplValue name = tpl_none ();
  TplValue value = tpl_none ();

  if (**at != '(')
    return tpl_absent ();
  end = strchr (*at, ')');
  if (end == NULL || !tpl_is_map (self->arguments)) {
    tpl_render_fail (self->render, "a format with names needs a map");
    return value;
  }
  name = tpl_text_copy (self->render, *at + 1, (gsize)(end - *at - 1));
  *at = end + 1;
  value = tpl_value_get_item (self->render, self->arguments, name);
  if (value.kind == TPL_UNDEFINED)
    tpl_render_fail (self->render, "no value for '%s' in the format", name.text);
  return value;
}

static void
read_percent_flags (Spec *spec, const char **at)
{
  for (; **at != '\0' && strchr ("-+ #0", **at) != NULL; (*at)++) {
    if (**at == '-')
      spec->align = '<';
    else if (**at == '+' || (**at == ' ' && spec->sign == 0))
      spec->sign = **at;
    else if (**at == '#')
      spec->alternate = TRUE;
    else if (**at == '0')
      spec->fill = '0';
  }
  if (spec->align == '<')
    spec->fill = ' ';
}

static void
append_percent_text (Filler *self, Spec *spec, TplValue value)
{
  g_autoptr (GString) quoted = g_string_new (NULL);
  TplValue text = value;

  if (spec->type == 'r') {
    tpl_append_quoted (self->render, quoted, value);
    text = tpl_text_take (self->render, quoted, 0);
  }
  text = self->is_safe ? tpl_value_to_safe (self->render, text)
                       : tpl_value_to_text (self->render, text);
  spec->align = spec->align == 0 ? '>' : spec->align;
  spec->fill = ' ';
  append_text_padded (self->render, self->to, spec, text);
}

static void
append_percent_value (Filler *self, Spec *spec, TplValue value)
{
  if (spec->type == 's' || spec->type == 'r') {
    append_percent_text (self, spec, value);
  } else if (spec->type == '\0' || strchr ("diuxXoeEfFgG", spec->type) == NULL) {
    tpl_render_fail (self->render, "unknown format '%%%.*s'", spec->type > ' ' ? 1 : 0,
                     &spec->type);
  } else if (!tpl_is_number (value)) {
    tpl_render_fail (self->render, "format '%%%c' takes a number, not %s", spec->type,
                     tpl_value_describe (value));
  } else {
    if (spec->type == 'i' || spec->type == 'u')
      spec->type = 'd';
    if (spec->fill == '0')
      spec->align = '=';
    append_number (self->render, self->to, spec, value);
  }
}

/* at stands behind the percent sign; returns what is behind the conversion */
static const char *
filler_convert (Filler *self, const char *at)
{
  Spec spec = { .fill = ' ', .precision = -1 };
  TplValue value = filler_read_value (self, &at);

  read_percent_flags (&spec, &at);
  read_digits (self->render, &at, MAX_WIDTH, &spec.width);
  if (*at == '.') {
    at++;
    read_digits (self->render, &at, MAX_PRECISION, &spec.precision);
  }
  spec.type = *at;
  if (self->render->error != NULL)
    return at;
  if (spec.type == '%') {
    tpl_append (self->render, self->to, "%", 1);
  } else {
    if (!tpl_is_given (value))
      value = filler_next (self);
    append_percent_value (self, &spec, value);
  }
  return *at != '\0' ? at + 1 : at;
}

static void
check_all_used (const Filler *self)
{
  gboolean is_tuple = self->arguments.kind == TPL_LIST && (self->arguments.flags & TPL_TUPLE) != 0;
  guint given = is_tuple ? self->arguments.list->length : 1;

  if (self->used < given && !tpl_is_map (self->arguments))
    tpl_render_fail (self->render, "more values than the format takes");
}

TplValue
tpl_format_percent (TplRender *render, TplValue format, TplValue arguments)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  Filler filler = { render, buffer, arguments, 0, tpl_is_safe (format) };
  const char *at = format.text;

  while (render->error == NULL) {
    const char *percent = strchr (at, '%');

    if (percent == NULL)
      break;
    tpl_append (render, buffer, at, (gsize)(percent - at));
    at = filler_convert (&filler, percent + 1);
  }
  tpl_append (render, buffer, at, strlen (at));
  if (render->error == NULL)
    check_all_used (&filler);
  return tpl_text_take (render, buffer, format.flags);
}

static gboolean
is_align (char character)
{
  return character != '\0' && strchr ("<>^=", character) != NULL;
}

/* [[fill]align][sign][#][0][width][,][.precision][type] */
static gboolean
read_spec (TplRender *render, const char *at, Spec *spec)
{
  gsize first = *at != '\0' ? tpl_utf8_step (at, at + strlen (at)) : 0;

  *spec = (Spec){ .fill = ' ', .precision = -1 };
  if (first > 0 && is_align (at[first])) {
    spec->fill = tpl_utf8_get (at, at + first);
    at += first;
  }
  if (is_align (*at))
    spec->align = *at++;
  if (*at == '+' || *at == '-' || *at == ' ')
    spec->sign = *at++;
  if (*at == '#') {
    spec->alternate = TRUE;
    at++;
  }
  if (*at == '0') {
    spec->fill = '0';
    spec->align = spec->align == 0 ? '=' : spec->align;
    at++;
  }
  read_digits (render, &at, MAX_WIDTH, &spec->width);
  if (*at == ',') {
    spec->groups = TRUE;
    at++;
  }
  if (*at == '.') {
    at++;
    read_digits (render, &at, MAX_PRECISION, &spec->precision);
  }
  spec->type = *at;
  return *at == '\0' || at[1] == '\0';
}

static void
append_field (Filler *self, TplValue value, const char *text)
{
  Spec spec;
  g_autoptr (GString) field = g_string_new (NULL);
  gboolean is_number = tpl_is_number (value) && value.kind != TPL_BOOLEAN;

  if (!read_spec (self->render, text, &spec) || self->render->error != NULL ||
      (spec.type != 0 && strchr (is_number ? "dxXobeEfFgG%" : "s", spec.type) == NULL)) {
    tpl_render_fail (self->render, "'%s' is no format for %s", text, tpl_value_describe (value));
    return;
  }
  if (is_number)
    append_number (self->render, field, &spec, value);
  else
    append_text_padded (self->render, field, &spec, tpl_value_to_text (self->render, value));
  if (self->is_safe && !tpl_is_safe (value))
    tpl_append_escaped (self->render, self->to, field->str, field->len);
  else
    tpl_append (self->render, self->to, field->str, field->len);
}

static TplValue
find_argument (Filler *self, const TplCall *call, const char *name)
{
  guint64 index = self->used;

  if (*name == '\0')
    self->used++;
  if (*name == '\0' || g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32, &index, NULL)) {
    if (index < call->n_positional)
      return call->positional[index];
  } else {
    for (guint i = 0; i < call->n_keywords; i++)
      if (strcmp (call->keywords[i], name) == 0)
        return call->keyword_values[i];
  }
  tpl_render_fail (self->render, "no value for '{%s}' in the format", name);
  return tpl_none ();
}

/* NAME, then any number of .NAME and [KEY] */
static TplValue
find_field (Filler *self, const TplCall *call, const char *path)
{
  gsize length = strcspn (path, ".[");
  g_autofree char *name = g_strndup (path, length);
  TplValue value = find_argument (self, call, name);
  const char *at = path + length;

  while (*at != '\0' && self->render->error == NULL) {
    gboolean is_item = *at == '[';
    TplValue key = tpl_text_copy (self->render, at + 1, strcspn (at + 1, is_item ? "]" : ".["));
    guint64 index = 0;

    at += 1 + key.length;
    if (is_item && *at == ']')
      at++;
    if (is_item && g_ascii_string_to_unsigned (key.text, 10, 0, G_MAXINT32, &index, NULL))
      value = tpl_value_get_item (self->render, value, tpl_integer ((gint64)index));
    else
      value = tpl_value_get_member (self->render, value, key.text);
    if (value.kind == TPL_UNDEFINED)
      tpl_render_fail (self->render, "no '%s' for '{%s}' in the format", key.text, path);
  }
  return value;
}

/* field: what stands between the braces */
static void
fill_field (Filler *self, const TplCall *call, const char *field)
{
  gsize length = strcspn (field, "!:");
  g_autofree char *path = g_strndup (field, length);
  TplValue value = find_field (self, call, path);
  const char *at = field + length;

  if (*at == '!' && at[1] == 'r') {
    g_autoptr (GString) quoted = g_string_new (NULL);

    tpl_append_quoted (self->render, quoted, value);
    value = tpl_text_take (self->render, quoted, 0);
  } else if (*at == '!') {
    value = tpl_value_to_text (self->render, value);
  }
  at += *at == '!' ? strcspn (at, ":") : 0;
  append_field (self, value, *at == ':' ? at + 1 : at);
}

static const char *
fill_braces (Filler *self, const TplCall *call, const char *at)
{
  const char *end = strchr (at, '}');
  g_autofree char *field = NULL;

  if (*at == '}' || end == NULL) {
    tpl_render_fail (self->render, "a format with a single brace");
    return at;
  }
  field = g_strndup (at + 1, (gsize)(end - at - 1));
  if (strchr (field, '{') != NULL)
    tpl_render_fail (self->render, "a format with a field inside of a field");
  else
    fill_field (self, call, field);
  return end + 1;
}

TplValue
tpl_format_braces (TplRender *render, TplValue format, const TplCall *call)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  Filler filler = { render, buffer, tpl_none (), 0, tpl_is_safe (format) };
  const char *at = format.text;

  while (render->error == NULL) {
    gsize plain = strcspn (at, "{}");

    tpl_append (render, buffer, at, plain);
    at += plain;
    if (*at == '\0')
      break;
    if (at[0] == at[1]) {
      tpl_append (render, buffer, at, 1);
      at += 2;
    } else {
      at = fill_braces (&filler, call, at);
    }
  }
  return tpl_text_take (render, buffer, format.flags);
}
