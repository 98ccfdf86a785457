/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens of Jinja2: data between {{ }}, {% %} and {# #}; a minus inside of a mark takes the white
 * space on its other side. {% raw %} is settled here. Brackets are counted, so that }} inside of
 * {{ {'a': {}} }} ends nothing. */
#include "lexer-private.h"
#include "render-private.h"
#include "text-private.h"

#include <string.h>

typedef struct {
  TplUnit *unit;
  GArray *tokens;
  const char *at;
  guint line;
  GString *open; /* brackets not closed yet */
  gboolean trims_next;
  GError *error;
} Lexer;

/* longer ones first */
static const char *const operators[] = {
  "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
  "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";",
};

G_GNUC_PRINTF (2, 3)
static void
lexer_fail (Lexer *self, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  if (self->error != NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&self->error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%s:%u: %s", self->unit->name,
               self->line, text);
}

static TplToken *
lexer_add (Lexer *self, TplTokenKind kind, const char *text, gsize length)
{
  TplToken token = { .kind = kind, .line = self->line, .text = text, .length = length };

  g_array_append_val (self->tokens, token);
  return &g_array_index (self->tokens, TplToken, self->tokens->len - 1);
}

static void
lexer_move (Lexer *self, const char *to)
{
  for (; self->at < to; self->at++)
    if (*self->at == '\n')
      self->line++;
}

static gboolean
is_space (char character)
{
  return character == ' ' || (character >= '\t' && character <= '\r');
}

static void
lexer_skip_space (Lexer *self)
{
  const char *end = self->at;

  while (is_space (*end))
    end++;
  lexer_move (self, end);
}

/* the text up to the next mark, which may take white space from its end */
static void
lexer_add_data (Lexer *self, const char *end, gboolean trims_end)
{
  const char *start = self->at;
  const char *stop = end;

  if (self->trims_next)
    lexer_skip_space (self);
  start = MIN (self->at, end);
  self->trims_next = FALSE;
  while (trims_end && stop > start && is_space (stop[-1]))
    stop--;
  if (stop > start)
    lexer_add (self, TPL_TOKEN_DATA, start, (gsize)(stop - start));
  lexer_move (self, end);
}

/* the next {{, {% or {#; NULL: none */
static const char *
find_mark (const char *at)
{
  for (at = strchr (at, '{'); at != NULL; at = strchr (at + 1, '{'))
    if (at[1] == '{' || at[1] == '%' || at[1] == '#')
      return at;
  return NULL;
}

/* If the mark at "{%" is one with that word alone, where it ends; else NULL. */
static const char *
match_word_tag (const char *at, const char *word, gboolean *trims_before, gboolean *trims_after)
{
  if (!g_str_has_prefix (at, "{%"))
    return NULL;
  at += 2;
  *trims_before = *at == '-';
  if (*at == '-' || *at == '+')
    at++;
  while (is_space (*at))
    at++;
  if (!g_str_has_prefix (at, word))
    return NULL;
  at += strlen (word);
  while (is_space (*at))
    at++;
  *trims_after = *at == '-';
  if (*at == '-' || *at == '+')
    at++;
  return g_str_has_prefix (at, "%}") ? at + 2 : NULL;
}

static void
lexer_read_raw (Lexer *self, const char *start)
{
  gboolean trims_before = FALSE;
  gboolean trims_after = FALSE;
  const char *mark = start;

  lexer_move (self, start);
  for (mark = strstr (mark, "{%"); mark != NULL; mark = strstr (mark + 2, "{%")) {
    const char *end = match_word_tag (mark, "endraw", &trims_before, &trims_after);

    if (end == NULL)
      continue;
    lexer_add_data (self, mark, trims_before);
    lexer_move (self, end);
    self->trims_next = trims_after;
    return;
  }
  lexer_fail (self, "'raw' has no 'endraw'");
}

static void
lexer_read_comment (Lexer *self)
{
  const char *end = strstr (self->at + 2, "#}");

  if (end == NULL) {
    lexer_fail (self, "a comment has no '#}'");
    return;
  }
  self->trims_next = end[-1] == '-';
  lexer_move (self, end + 2);
}

static gboolean
is_name_start (const char *at)
{
  gunichar character = 0;

  if (g_ascii_isalpha (*at) || *at == '_')
    return TRUE;
  if ((guchar)*at < 0x80)
    return FALSE;
  character = g_utf8_get_char (at); /* the whole text was validated */
  return g_unichar_isalpha (character);
}

static void
lexer_read_name (Lexer *self)
{
  const char *end = self->at;
  g_autofree char *name = NULL;

  while (is_name_start (end) || g_ascii_isdigit (*end))
    end = g_utf8_next_char (end);
  name = g_strndup (self->at, (gsize)(end - self->at));
  lexer_add (self, TPL_TOKEN_NAME, tpl_name_intern (name), strlen (name));
  self->at = end;
}

static guint
digits_of_base (const char *at)
{
  static const struct {
    char letter;
    guint base;
  } bases[] = { { 'x', 16 }, { 'o', 8 }, { 'b', 2 } };

  for (guint i = 0; *at == '0' && i < G_N_ELEMENTS (bases); i++)
    if (g_ascii_tolower (at[1]) == bases[i].letter)
      return bases[i].base;
  return 10;
}

static gboolean
is_digit (char character, guint base)
{
  if (base == 16)
    return g_ascii_isxdigit (character);
  return character >= '0' && character < '0' + (char)base;
}

static const char *
copy_digits (GString *to, const char *at, guint base)
{
  while (is_digit (*at, base) || (*at == '_' && is_digit (at[1], base))) {
    if (*at != '_')
      g_string_append_c (to, *at);
    at++;
  }
  return at;
}

static const char *
copy_exponent (GString *to, const char *at)
{
  gsize sign = at[0] != '\0' && (at[1] == '+' || at[1] == '-') ? 1 : 0;

  if (g_ascii_tolower (*at) != 'e' || !g_ascii_isdigit (at[1 + sign]))
    return at;
  g_string_append_len (to, at, (gssize)(1 + sign));
  return copy_digits (to, at + 1 + sign, 10);
}

static void
lexer_read_number (Lexer *self)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  guint base = digits_of_base (self->at);
  const char *end = copy_digits (digits, base == 10 ? self->at : self->at + 2, base);
  const char *whole_end = end;
  gboolean is_item = FALSE;
  TplValue value = tpl_none ();

  /* in a.1.0 these are two items, not a fraction */
  is_item = self->at > self->unit->text && self->at[-1] == '.';
  if (base == 10 && !is_item && *end == '.' && g_ascii_isdigit (end[1])) {
    g_string_append_c (digits, '.');
    end = copy_digits (digits, end + 1, 10);
  }
  if (base == 10 && !is_item)
    end = copy_exponent (digits, end);
  if (end != whole_end) {
    value = tpl_double (g_ascii_strtod (digits->str, NULL));
  } else {
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned (digits->str, base, 0, G_MAXINT64, &number, NULL))
      lexer_fail (self, "'%.*s' is no number that fits in 64 bits", (int)MIN (end - self->at, 40),
                  self->at);
    value = tpl_integer ((gint64)number);
  }
  lexer_add (self, TPL_TOKEN_NUMBER, self->at, (gsize)(end - self->at))->value = value;
  self->at = end;
}

static const char *
read_code_point (Lexer *self, GString *to, const char *at, guint digits)
{
  g_autofree char *text = g_strndup (at, digits);
  guint64 code = 0;

  if (strlen (text) != digits || !g_ascii_string_to_unsigned (text, 16, 1, 0x10FFFF, &code, NULL) ||
      !g_unichar_validate ((gunichar)code)) {
    lexer_fail (self, "'\\%c%.*s' is no character", at[-1], (int)strcspn (text, "\n"), text);
    return at;
  }
  g_string_append_unichar (to, (gunichar)code);
  return at + digits;
}

static const char *
read_octal (Lexer *self, GString *to, const char *at)
{
  gunichar code = 0;

  for (guint i = 0; i < 3 && *at >= '0' && *at <= '7'; i++, at++)
    code = code * 8 + (gunichar)(*at - '0');
  if (code == 0)
    lexer_fail (self, "a text cannot hold the character 0");
  else
    g_string_append_unichar (to, code);
  return at;
}

/* at stands behind the backslash */
static const char *
lexer_read_escape (Lexer *self, GString *to, const char *at)
{
  static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";

  for (const char *pair = plain; *pair != '\0'; pair += 2)
    if (*pair == *at) {
      g_string_append_c (to, pair[1]);
      return at + 1;
    }
  if (*at == '\n')
    return at + 1;
  if (*at == 'x')
    return read_code_point (self, to, at + 1, 2);
  if (*at == 'u')
    return read_code_point (self, to, at + 1, 4);
  if (*at == 'U')
    return read_code_point (self, to, at + 1, 8);
  if (*at >= '0' && *at <= '7')
    return read_octal (self, to, at);
  g_string_append_c (to, '\\');
  return at;
}

static void
lexer_read_string (Lexer *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char quote = *self->at;
  const char *at = self->at + 1;
  TplToken *token = NULL;

  while (*at != quote && *at != '\0') {
    if (*at == '\\' && at[1] != '\0')
      at = lexer_read_escape (self, text, at + 1);
    else
      g_string_append_c (text, *at++);
  }
  if (*at != quote) {
    lexer_fail (self, "a text has no closing %c", quote);
    return;
  }
  token = lexer_add (self, TPL_TOKEN_STRING, self->at, (gsize)(at + 1 - self->at));
  token->value = tpl_text (tpl_arena_copy (&self->unit->arena, text->str, text->len), text->len);
  lexer_move (self, at + 1);
}

/* FALSE: a closing bracket without its partner */
static gboolean
lexer_count_bracket (Lexer *self, char bracket)
{
  const char *pairs = "()[]{}";
  const char *found = strchr (pairs, bracket);
  gsize length = self->open->len;

  if (found == NULL)
    return TRUE;
  if ((found - pairs) % 2 == 0) {
    g_string_append_c (self->open, bracket);
    return TRUE;
  }
  if (length == 0 || self->open->str[length - 1] != found[-1])
    return FALSE;
  g_string_truncate (self->open, length - 1);
  return TRUE;
}

static void
lexer_fail_at (Lexer *self)
{
  g_autofree char *character = g_strndup (self->at, tpl_utf8_step (self->at, self->at + 8));

  if (*self->at == '\0')
    lexer_fail (self, "the text ends inside of a tag");
  else
    lexer_fail (self, "unexpected '%s'", character);
}

static void
lexer_read_operator (Lexer *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (operators); i++) {
    if (!g_str_has_prefix (self->at, operators[i]))
      continue;
    if (!lexer_count_bracket (self, *self->at))
      break;
    lexer_add (self, TPL_TOKEN_OPERATOR, operators[i], strlen (operators[i]));
    self->at += strlen (operators[i]);
    return;
  }
  lexer_fail_at (self);
}

static void
lexer_read_token (Lexer *self)
{
  if (is_name_start (self->at))
    lexer_read_name (self);
  else if (g_ascii_isdigit (*self->at))
    lexer_read_number (self);
  else if (*self->at == '\'' || *self->at == '"')
    lexer_read_string (self);
  else
    lexer_read_operator (self);
}

/* closing mark at this place, with the sign before it; NULL: none */
static const char *
lexer_match_end (Lexer *self, const char *mark)
{
  const char *at = self->at;

  if (self->open->len > 0)
    return NULL;
  if (*at == '-' || (*at == '+' && *mark == '%'))
    at++;
  return g_str_has_prefix (at, mark) ? at : NULL;
}

static void
lexer_read_tag (Lexer *self)
{
  gboolean prints = self->at[1] == '{';
  const char *mark = prints ? "}}" : "%}";

  lexer_add (self, prints ? TPL_TOKEN_PRINT_BEGIN : TPL_TOKEN_BLOCK_BEGIN, self->at, 2);
  self->at += 2;
  if (*self->at == '-' || *self->at == '+')
    self->at++;
  while (self->error == NULL) {
    const char *end = NULL;

    lexer_skip_space (self);
    end = lexer_match_end (self, mark);
    if (end != NULL) {
      lexer_add (self, prints ? TPL_TOKEN_PRINT_END : TPL_TOKEN_BLOCK_END, mark, 2);
      self->trims_next = *self->at == '-';
      self->at = end + 2;
      return;
    }
    lexer_read_token (self);
  }
}

static void
lexer_read_mark (Lexer *self)
{
  gboolean trims_before = FALSE;
  gboolean trims_after = FALSE;
  const char *raw = match_word_tag (self->at, "raw", &trims_before, &trims_after);

  if (raw != NULL) {
    self->trims_next = trims_after;
    lexer_read_raw (self, raw);
  } else if (self->at[1] == '#') {
    lexer_read_comment (self);
  } else {
    lexer_read_tag (self);
  }
}

static GArray *
lexer_finish (Lexer *self, GError **error)
{
  lexer_add (self, TPL_TOKEN_END, "", 0);
  g_string_free (self->open, TRUE);
  if (self->error == NULL)
    return self->tokens;
  g_array_unref (self->tokens);
  g_propagate_error (error, self->error);
  return NULL;
}

static void
lexer_init (Lexer *self, TplUnit *unit)
{
  *self = (Lexer){ .unit = unit, .at = unit->text, .line = 1 };
  self->tokens = g_array_new (FALSE, FALSE, sizeof (TplToken));
  self->open = g_string_new (NULL);
}

GArray *
tpl_lexer_read_template (TplUnit *unit, GError **error)
{
  Lexer lexer;

  lexer_init (&lexer, unit);
  while (lexer.error == NULL) {
    const char *mark = find_mark (lexer.at);

    if (mark == NULL)
      break;
    lexer_add_data (&lexer, mark, mark[2] == '-');
    lexer_read_mark (&lexer);
  }
  if (lexer.error == NULL)
    lexer_add_data (&lexer, lexer.at + strlen (lexer.at), FALSE);
  return lexer_finish (&lexer, error);
}

GArray *
tpl_lexer_read_expression (TplUnit *unit, GError **error)
{
  Lexer lexer;

  lexer_init (&lexer, unit);
  for (lexer_skip_space (&lexer); *lexer.at != '\0' && lexer.error == NULL;
       lexer_skip_space (&lexer))
    lexer_read_token (&lexer);
  return lexer_finish (&lexer, error);
}
