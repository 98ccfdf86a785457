/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON from strangers by the letter of RFC 8259 and builds json-glib's tree in the same pass.
 *
 * The text is copied once, and strings are unescaped inside that copy: an escape is never shorter
 * than what it stands for, so the writing end stays behind the reading end. The copy ends in NUL
 * and holds no other one (UTF-8 is checked first), so no look at a byte needs a bounds check.
 *
 * Bounded: size and depth by the limits, digits of a number, and the work that names can cause.
 * json-glib's tables hash without a seed, so a stranger can make all names of an object collide,
 * and a name that comes again makes it walk through all others. Both cost at most as many steps as
 * the object has members already; the sum of these is what is limited. One object may have 10,000
 * members; 25,000 may have 60 each. The number of values is limited because each takes up to 400
 * bytes of memory, however few of text ("{},{},{}").
 */
#include "belfry-json.h"

#include <math.h>
#include <string.h>

#include "belfry-error.h"

#define DEFAULT_DEPTH 64
/* what the recursion below, and json-glib's when it frees the tree, stand without trouble */
#define HIGHEST_DEPTH    1024
#define MAX_NUMBER_CHARS 1024
#define MAX_COMPARISONS  50000000
#define MAX_VALUES       500000
/* so many digits fit into 64 bits whatever they are */
#define SAFE_DIGITS 18

typedef struct {
  char *start;
  char *at;
  guint depth;
  guint max_depth;
  guint64 comparisons;
  guint values;
  const char *const *members; /* (nullable): all */
  BelfryError code;
  const char *problem; /* (nullable): set once, by whatever failed first */
} Scanner;

static JsonNode *scan_value (Scanner *self);
static gboolean skip_value (Scanner *self);

static gboolean
fail (Scanner *self, const char *problem)
{
  if (self->problem == NULL)
    self->problem = problem;
  return FALSE;
}

static gboolean
fail_too_large (Scanner *self, const char *problem)
{
  self->code = BELFRY_ERROR_TOO_LARGE;
  return fail (self, problem);
}

static inline void
skip_blanks (Scanner *self)
{
  while (*self->at == ' ' || *self->at == '\n' || *self->at == '\t' || *self->at == '\r')
    self->at++;
}

static gboolean
scan_hex (Scanner *self, gunichar *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value (*self->at);

    if (digit < 0)
      return fail (self, "\\u without four hexadecimal digits");
    *unit = *unit << 4 | (gunichar)digit;
    self->at++;
  }
  return TRUE;
}

/* behind "\u": one character of the basic plane, or a pair of surrogates */
static gboolean
scan_unicode (Scanner *self, char **out)
{
  gunichar unit;
  gunichar low;

  if (!scan_hex (self, &unit))
    return FALSE;
  if (unit == 0)
    return fail (self, "\\u0000");
  if (unit >= 0xDC00 && unit <= 0xDFFF)
    return fail (self, "lone surrogate");
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    if (self->at[0] != '\\' || self->at[1] != 'u')
      return fail (self, "lone surrogate");
    self->at += 2;
    if (!scan_hex (self, &low))
      return FALSE;
    if (low < 0xDC00 || low > 0xDFFF)
      return fail (self, "lone surrogate");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  *out += g_unichar_to_utf8 (unit, *out);
  return TRUE;
}

static gboolean
scan_escape (Scanner *self, char **out)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  char letter = *self->at;
  const char *found = letter != '\0' ? strchr (letters, letter) : NULL;

  if (letter != 'u' && found == NULL)
    return fail (self, "unknown escape");
  self->at++;
  if (letter == 'u')
    return scan_unicode (self, out);
  *(*out)++ = meanings[found - letters];
  return TRUE;
}

/* reads to the closing quote, puts a NUL in its place (or before it); NULL on failure */
static const char *
scan_string (Scanner *self)
{
  char *begin = ++self->at;
  char *out;

  while ((guchar)*self->at >= 0x20 && *self->at != '"' && *self->at != '\\')
    self->at++;
  for (out = self->at; *self->at != '"';) {
    if ((guchar)*self->at < 0x20) {
      fail (self, *self->at == '\0' ? "string without end" : "control character in a string");
      return NULL;
    }
    if (*self->at != '\\') {
      *out++ = *self->at++;
      continue;
    }
    self->at++;
    if (!scan_escape (self, &out))
      return NULL;
  }
  *out = '\0';
  self->at++;
  return begin;
}

static gboolean
skip_digits (Scanner *self)
{
  if (!g_ascii_isdigit (*self->at))
    return fail (self, "number without digits");
  while (g_ascii_isdigit (*self->at))
    self->at++;
  return TRUE;
}

/* checks the grammar and leaves the scanner behind the number */
static gboolean
skip_number (Scanner *self, gboolean *is_integer)
{
  *is_integer = TRUE;
  if (*self->at == '-')
    self->at++;
  if (self->at[0] == '0' && g_ascii_isdigit (self->at[1]))
    return fail (self, "number with a leading zero");
  if (!skip_digits (self))
    return FALSE;
  if (*self->at == '.') {
    *is_integer = FALSE;
    self->at++;
    if (!skip_digits (self))
      return FALSE;
  }
  if (*self->at == 'e' || *self->at == 'E') {
    *is_integer = FALSE;
    self->at++;
    if (*self->at == '+' || *self->at == '-')
      self->at++;
    if (!skip_digits (self))
      return FALSE;
  }
  return TRUE;
}

static gint64
short_integer (const char *from, const char *end)
{
  gboolean is_negative = *from == '-';
  gint64 value = 0;

  for (from += is_negative; from < end; from++)
    value = value * 10 + (*from - '0');
  return is_negative ? -value : value;
}

static JsonNode *
scan_number (Scanner *self)
{
  char *begin = self->at;
  gboolean is_integer;
  g_autofree char *token = NULL;
  gint64 integer;
  double real;

  if (!skip_number (self, &is_integer))
    return NULL;
  if (is_integer && self->at - begin <= SAFE_DIGITS)
    return json_node_init_int (json_node_alloc (), short_integer (begin, self->at));
  if (self->at - begin > MAX_NUMBER_CHARS) {
    fail_too_large (self, "number of more than 1024 characters");
    return NULL;
  }
  token = g_strndup (begin, self->at - begin);
  if (is_integer && g_ascii_string_to_signed (token, 10, G_MININT64, G_MAXINT64, &integer, NULL))
    return json_node_init_int (json_node_alloc (), integer);
  real = g_ascii_strtod (token, NULL);
  if (!isfinite (real)) {
    fail (self, "number beyond what a double holds");
    return NULL;
  }
  return json_node_init_double (json_node_alloc (), real);
}

static gboolean
enter (Scanner *self)
{
  if (++self->depth > self->max_depth)
    return fail_too_large (self, "nested too deep");
  self->at++;
  skip_blanks (self);
  return TRUE;
}

/* behind an element: TRUE, and is_last, or a comma with something to follow */
static gboolean
scan_separator (Scanner *self, char closing, gboolean *is_last)
{
  skip_blanks (self);
  *is_last = *self->at == closing;
  if (!*is_last && *self->at != ',')
    return fail (self, "neither a comma nor the end of the list or object");
  self->at++;
  skip_blanks (self);
  return TRUE;
}

/* NULL on failure */
static const char *
scan_name (Scanner *self)
{
  const char *name = NULL;

  if (*self->at == '"')
    name = scan_string (self);
  else
    fail (self, "name of a member expected");
  if (name == NULL)
    return NULL;
  skip_blanks (self);
  if (*self->at != ':') {
    fail (self, "colon expected");
    return NULL;
  }
  self->at++;
  skip_blanks (self);
  return name;
}

static gboolean
count_value (Scanner *self)
{
  return ++self->values <= MAX_VALUES || fail_too_large (self, "too many values");
}

/* the same grammar, of what nobody asks for */
static gboolean
skip_list (Scanner *self, char closing)
{
  gboolean is_last;

  if (!enter (self))
    return FALSE;
  is_last = *self->at == closing;
  self->at += is_last;
  while (!is_last) {
    if ((closing == '}' && scan_name (self) == NULL) || !skip_value (self) ||
        !scan_separator (self, closing, &is_last))
      return FALSE;
  }
  self->depth--;
  return TRUE;
}

static gboolean
skip_value (Scanner *self)
{
  g_autoptr (JsonNode) node = NULL;

  switch (*self->at) {
  case '{':
    return count_value (self) && skip_list (self, '}');
  case '[':
    return count_value (self) && skip_list (self, ']');
  case '"':
    return count_value (self) && scan_string (self) != NULL;
  default:
    node = scan_value (self);
    return node != NULL;
  }
}

static gboolean
is_wanted (const Scanner *self, const char *name)
{
  for (guint i = 0; self->members[i] != NULL; i++)
    if (*self->members[i] == *name && strcmp (self->members[i], name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
scan_member (Scanner *self, JsonObject *object)
{
  const char *name;
  JsonNode *node;

  self->comparisons += json_object_get_size (object);
  if (self->comparisons > MAX_COMPARISONS)
    return fail_too_large (self, "too many members");
  name = scan_name (self);
  if (name == NULL)
    return FALSE;
  if (self->members != NULL && !is_wanted (self, name))
    return skip_value (self);
  node = scan_value (self);
  if (node == NULL)
    return FALSE;
  json_object_set_member (object, name, node);
  return TRUE;
}

static JsonNode *
scan_object (Scanner *self)
{
  g_autoptr (JsonObject) object = json_object_new ();
  gboolean is_last;

  if (!enter (self))
    return NULL;
  is_last = *self->at == '}';
  self->at += is_last;
  while (!is_last) {
    if (!scan_member (self, object) || !scan_separator (self, '}', &is_last))
      return NULL;
  }
  self->depth--;
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
scan_array (Scanner *self)
{
  g_autoptr (JsonArray) array = json_array_new ();
  gboolean is_last;

  if (!enter (self))
    return NULL;
  is_last = *self->at == ']';
  self->at += is_last;
  while (!is_last) {
    JsonNode *node = scan_value (self);

    if (node == NULL)
      return NULL;
    json_array_add_element (array, node);
    if (!scan_separator (self, ']', &is_last))
      return NULL;
  }
  self->depth--;
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
scan_word (Scanner *self)
{
  if (strncmp (self->at, "true", 4) == 0) {
    self->at += 4;
    return json_node_init_boolean (json_node_alloc (), TRUE);
  }
  if (strncmp (self->at, "false", 5) == 0) {
    self->at += 5;
    return json_node_init_boolean (json_node_alloc (), FALSE);
  }
  if (strncmp (self->at, "null", 4) == 0) {
    self->at += 4;
    return json_node_init_null (json_node_alloc ());
  }
  fail (self, *self->at == '\0' ? "value expected, text ends" : "value expected");
  return NULL;
}

static JsonNode *
scan_value (Scanner *self)
{
  const char *text;

  if (!count_value (self))
    return NULL;
  switch (*self->at) {
  case '{':
    return scan_object (self);
  case '[':
    return scan_array (self);
  case '"':
    text = scan_string (self);
    return text != NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
  case '-':
  case '0' ... '9':
    return scan_number (self);
  default:
    return scan_word (self);
  }
}

static JsonNode *
scan_text (Scanner *self)
{
  g_autoptr (JsonNode) node = NULL;

  skip_blanks (self);
  node = scan_value (self);
  if (node == NULL)
    return NULL;
  skip_blanks (self);
  if (*self->at != '\0') {
    fail (self, "something follows the value");
    return NULL;
  }
  return g_steal_pointer (&node);
}

/* Most JSON is ASCII, which is found out eight bytes at a time. */
static gboolean
is_utf8 (const char *text, gsize length, const char **invalid)
{
  gsize at = 0;

  for (guint64 word; at + sizeof word <= length; at += sizeof word) {
    memcpy (&word, text + at, sizeof word);
    if ((word & G_GUINT64_CONSTANT (0x8080808080808080)) != 0)
      break;
  }
  /* NUL is no text, and the scanner's end mark: the full check refuses it as well */
  return memchr (text, '\0', at) == NULL ? g_utf8_validate_len (text + at, length - at, invalid)
                                         : g_utf8_validate_len (text, length, invalid);
}

/**
 * belfry_json_parse:
 * @text: (array length=length): JSON text, not necessarily ending in NUL
 * @length: length of @text in bytes, or -1 if it ends in NUL
 * @limits: (nullable): what is accepted; NULL: any size, 64 levels
 * @error: return location for an error
 *
 * Reads one JSON value by RFC 8259 and nothing else: no comments, no byte order mark, no `NaN`, no
 * `\u0000`, no lone surrogate, no invalid UTF-8, nothing but white space behind the value.
 * Of members with the same name the last one wins. An integer that does not fit into 64 bits
 * becomes a double.
 *
 * This is the only way in for JSON that somebody else wrote. An error is `BELFRY_ERROR_MALFORMED`,
 * or `BELFRY_ERROR_TOO_LARGE` where size, depth, digits or members are over a limit.
 *
 * Returns: (transfer full): the value; a document `null` is a node of type null, not NULL
 * Since: 0.1
 */
JsonNode *
belfry_json_parse (const char *text, gssize length, const BelfryJsonLimits *limits, GError **error)
{
  g_autofree char *copy = NULL;
  Scanner scanner = { .code = BELFRY_ERROR_MALFORMED, .max_depth = DEFAULT_DEPTH };
  gsize bytes;
  const char *invalid;
  JsonNode *node;

  g_return_val_if_fail (text != NULL || length == 0, NULL);

  bytes = length >= 0 ? (gsize)length : strlen (text);
  if (limits != NULL && limits->max_depth > 0)
    scanner.max_depth = MIN (limits->max_depth, HIGHEST_DEPTH);
  if (limits != NULL &&
      limits->size >= G_STRUCT_OFFSET (BelfryJsonLimits, members) + sizeof limits->members)
    scanner.members = limits->members;
  if (limits != NULL && limits->max_bytes > 0 && bytes > limits->max_bytes) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                 "reading JSON: %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are taken",
                 bytes, limits->max_bytes);
    return NULL;
  }
  if (bytes > 0 && !is_utf8 (text, bytes, &invalid)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED,
                 "reading JSON: byte %" G_GSIZE_FORMAT ": no UTF-8", (gsize)(invalid - text));
    return NULL;
  }
  copy = g_malloc (bytes + 1);
  if (bytes > 0)
    memcpy (copy, text, bytes);
  copy[bytes] = '\0';
  scanner.start = copy;
  scanner.at = copy;
  node = scan_text (&scanner);
  if (node == NULL)
    g_set_error (error, BELFRY_ERROR, scanner.code, "reading JSON: byte %" G_GSIZE_FORMAT ": %s",
                 (gsize)(scanner.at - scanner.start), scanner.problem);
  return node;
}
