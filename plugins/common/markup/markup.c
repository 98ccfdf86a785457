/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A body is a list of pieces: text as it is read, a tag that opens, a tag that closes. Reading sees
 * to it that tags nest; writing and cutting keep it so. What no service knows (tables, scripts,
 * attributes) is gone after reading.
 */
#include "markup.h"

#include <string.h>

#define ELLIPSIS     "…"
#define MAX_NESTING  32
#define MAX_TAG_CHAR 16

typedef enum {
  PIECE_TEXT,
  PIECE_OPEN,
  PIECE_CLOSE,
} PieceKind;

typedef struct {
  PieceKind kind;
  BelfryMarkupTag tag;
  char *text; /* or URL of a link that opens or closes */
} Piece;

struct _BelfryMarkup {
  GPtrArray *pieces; /* (element-type Piece) */
};

/* what a tag of HTML does */
typedef enum {
  ROLE_SPAN,
  ROLE_BREAK, /* a line ends */
  ROLE_BLOCK, /* a line ends before and after it */
  ROLE_ITEM,
  ROLE_HIDDEN, /* nothing in it is text */
} Role;

static const struct {
  const char *name;
  Role role;
  BelfryMarkupTag tag;
} html_tags[] = {
  { "a", ROLE_SPAN, BELFRY_MARKUP_LINK },
  { "b", ROLE_SPAN, BELFRY_MARKUP_BOLD },
  { "strong", ROLE_SPAN, BELFRY_MARKUP_BOLD },
  { "i", ROLE_SPAN, BELFRY_MARKUP_ITALIC },
  { "em", ROLE_SPAN, BELFRY_MARKUP_ITALIC },
  { "u", ROLE_SPAN, BELFRY_MARKUP_UNDERLINE },
  { "ins", ROLE_SPAN, BELFRY_MARKUP_UNDERLINE },
  { "s", ROLE_SPAN, BELFRY_MARKUP_STRIKE },
  { "del", ROLE_SPAN, BELFRY_MARKUP_STRIKE },
  { "strike", ROLE_SPAN, BELFRY_MARKUP_STRIKE },
  { "code", ROLE_SPAN, BELFRY_MARKUP_CODE },
  { "tt", ROLE_SPAN, BELFRY_MARKUP_CODE },
  { "pre", ROLE_SPAN, BELFRY_MARKUP_PRE },
  { "blockquote", ROLE_SPAN, BELFRY_MARKUP_QUOTE },
  { "br", ROLE_BREAK, 0 },
  { "hr", ROLE_BREAK, 0 },
  { "p", ROLE_BLOCK, 0 },
  { "div", ROLE_BLOCK, 0 },
  { "tr", ROLE_BLOCK, 0 },
  { "ul", ROLE_BLOCK, 0 },
  { "ol", ROLE_BLOCK, 0 },
  { "h1", ROLE_BLOCK, 0 },
  { "h2", ROLE_BLOCK, 0 },
  { "h3", ROLE_BLOCK, 0 },
  { "h4", ROLE_BLOCK, 0 },
  { "li", ROLE_ITEM, 0 },
  { "script", ROLE_HIDDEN, 0 },
  { "style", ROLE_HIDDEN, 0 },
  { "title", ROLE_HIDDEN, 0 },
};

static const struct {
  const char *name;
  gunichar character;
} entities[] = {
  { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", ' ' },
};

const BelfryMarkupDialect belfry_markup_plain = {
  .tags = { [BELFRY_MARKUP_LINK] = { " (", ")" } },
  .url_last = TRUE,
};

const char *const belfry_markup_escapes_html[] = {
  "&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;", NULL,
};

/* pieces */

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_free (piece->text);
  g_free (piece);
}

static void
add_piece (BelfryMarkup *self, PieceKind kind, BelfryMarkupTag tag, const char *text)
{
  Piece *piece = g_new0 (Piece, 1);

  piece->kind = kind;
  piece->tag = tag;
  piece->text = g_strdup (text);
  g_ptr_array_add (self->pieces, piece);
}

static BelfryMarkup *
markup_new (void)
{
  BelfryMarkup *self = g_new0 (BelfryMarkup, 1);

  self->pieces = g_ptr_array_new_with_free_func (piece_free);
  return self;
}

void
belfry_markup_free (BelfryMarkup *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->pieces);
  g_free (self);
}

/* reading HTML */

typedef struct {
  BelfryMarkup *markup;
  GString *text;    /* not yet a piece */
  GPtrArray *open;  /* (element-type Piece) tags not closed yet */
  gboolean at_line; /* nothing stands on this line yet */
} Reading;

static void
flush_text (Reading *self)
{
  if (self->text->len > 0)
    add_piece (self->markup, PIECE_TEXT, 0, self->text->str);
  g_string_truncate (self->text, 0);
}

static void
end_line (Reading *self)
{
  if (!self->at_line)
    g_string_append_c (self->text, '\n');
  self->at_line = TRUE;
}

static void
open_tag (Reading *self, BelfryMarkupTag tag, const char *url)
{
  flush_text (self);
  if (self->open->len >= MAX_NESTING)
    return;
  add_piece (self->markup, PIECE_OPEN, tag, url);
  g_ptr_array_add (self->open,
                   g_ptr_array_index (self->markup->pieces, self->markup->pieces->len - 1));
}

static void
close_last (Reading *self)
{
  const Piece *last = g_ptr_array_index (self->open, self->open->len - 1);

  flush_text (self);
  add_piece (self->markup, PIECE_CLOSE, last->tag, last->text);
  g_ptr_array_set_size (self->open, (int)self->open->len - 1);
}

/* what was opened after it ends with it; one that was never opened is nothing */
static void
close_tag (Reading *self, BelfryMarkupTag tag)
{
  gboolean is_open = FALSE;
  gboolean closed = FALSE;

  for (guint i = 0; i < self->open->len; i++)
    is_open = is_open || ((Piece *)g_ptr_array_index (self->open, i))->tag == tag;
  while (is_open && !closed) {
    closed = ((Piece *)g_ptr_array_index (self->open, self->open->len - 1))->tag == tag;
    close_last (self);
  }
}

static char *dup_decoded (const char *text, gsize length);

static gboolean
is_web_address (const char *url)
{
  return (g_ascii_strncasecmp (url, "https://", 8) == 0 ||
          g_ascii_strncasecmp (url, "http://", 7) == 0) &&
         strpbrk (url, " \t\r\n<>") == NULL;
}

/* characters by which a dialect might end an address */
static char *
dup_harmless (const char *url)
{
  GString *out = g_string_new (url);

  g_string_replace (out, "|", "%7C", 0);
  g_string_replace (out, "\"", "%22", 0);
  return g_string_free (out, FALSE);
}

/* value of href within a tag's text */
static char *
dup_address (const char *tag, gsize length)
{
  g_autofree char *text = g_strndup (tag, length);
  char *at = strstr (text, "href=");
  g_autofree char *url = NULL;
  gsize bytes = 0;

  if (at == NULL)
    return NULL;
  at += strlen ("href=");
  if (*at == '"' || *at == '\'') {
    const char quote = *at++;
    const char *end = strchr (at, quote);

    bytes = end != NULL ? (gsize)(end - at) : strlen (at);
  } else
    bytes = strcspn (at, " \t\r\n/>");
  url = dup_decoded (at, bytes);
  return is_web_address (url) ? dup_harmless (url) : NULL;
}

/* end of a tag, quotes respected; NULL: it never ends */
static const char *
find_tag_end (const char *at)
{
  char quote = '\0';

  for (; *at != '\0'; at++)
    if (quote != '\0')
      quote = *at == quote ? '\0' : quote;
    else if (*at == '"' || *at == '\'')
      quote = *at;
    else if (*at == '>')
      return at;
  return NULL;
}

static int
find_html_tag (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (html_tags); i++)
    if (g_str_equal (html_tags[i].name, name))
      return (int)i;
  return -1;
}

static const char *
skip_hidden (const char *at, const char *name)
{
  g_autofree char *closing = g_strconcat ("</", name, NULL);
  const char *found = strstr (at, closing);
  const char *end = found != NULL ? strchr (found, '>') : NULL;

  return end != NULL ? end + 1 : at + strlen (at);
}

static void
take_span (Reading *self, BelfryMarkupTag tag, gboolean closing, const char *inner, gsize length)
{
  g_autofree char *url = NULL;

  if (closing) {
    close_tag (self, tag);
    return;
  }
  if (tag == BELFRY_MARKUP_LINK)
    url = dup_address (inner, length);
  if (tag != BELFRY_MARKUP_LINK || url != NULL)
    open_tag (self, tag, url);
}

/* @at: behind the bracket that opens it. Returns what follows the tag. */
static const char *
read_tag (Reading *self, const char *at, const char *end)
{
  gboolean closing = *at == '/';
  const char *name_at = closing ? at + 1 : at;
  gsize length = 0;
  g_autofree char *name = NULL;
  int index = -1;

  while (g_ascii_isalnum (name_at[length]) && length < MAX_TAG_CHAR)
    length++;
  name = g_ascii_strdown (name_at, (gssize)length);
  index = find_html_tag (name);
  if (index < 0)
    return end + 1;
  switch (html_tags[index].role) {
  case ROLE_SPAN:
    take_span (self, html_tags[index].tag, closing, name_at, (gsize)(end - name_at));
    break;
  case ROLE_BREAK:
    g_string_append_c (self->text, '\n');
    self->at_line = TRUE;
    break;
  case ROLE_BLOCK:
    end_line (self);
    break;
  case ROLE_ITEM:
    end_line (self);
    if (!closing)
      g_string_append (self->text, "• ");
    break;
  case ROLE_HIDDEN:
    return closing ? end + 1 : skip_hidden (end + 1, name);
  }
  return end + 1;
}

static gunichar
decode_number (const char *digits, gsize length)
{
  g_autofree char *text = g_strndup (digits, length);
  guint base = *text == 'x' || *text == 'X' ? 16 : 10;
  guint64 value = 0;

  if (!g_ascii_string_to_unsigned (text + (base == 16 ? 1 : 0), base, 1, 0x10ffff, &value, NULL) ||
      !g_unichar_validate ((gunichar)value))
    return 0;
  return (gunichar)value;
}

/* @at: behind the ampersand. 0: it is no entity. */
static gunichar
decode_entity (const char *at, gsize length)
{
  if (length > 1 && *at == '#')
    return decode_number (at + 1, length - 1);
  for (gsize i = 0; i < G_N_ELEMENTS (entities); i++)
    if (strlen (entities[i].name) == length && strncmp (entities[i].name, at, length) == 0)
      return entities[i].character;
  return 0;
}

/* one character or entity. Returns what follows it. */
static const char *
append_character (GString *text, const char *at)
{
  gsize length = *at == '&' ? strcspn (at + 1, "; \n<&") : 0;
  gunichar character = 0;

  if (length > 0 && length <= 8 && at[length + 1] == ';')
    character = decode_entity (at + 1, length);
  if (character != 0) {
    g_string_append_unichar (text, character);
    return at + length + 2;
  }
  g_string_append_len (text, at, g_utf8_next_char (at) - at);
  return g_utf8_next_char (at);
}

static char *
dup_decoded (const char *text, gsize length)
{
  g_autofree char *part = g_strndup (text, length);
  GString *out = g_string_new (NULL);

  for (const char *at = part; *at != '\0';)
    at = append_character (out, at);
  return g_string_free (out, FALSE);
}

static void
read_html (Reading *self, const char *html)
{
  for (const char *at = html; *at != '\0';) {
    const char *end = NULL;

    if (g_str_has_prefix (at, "<!--")) {
      end = strstr (at, "-->");
      at = end != NULL ? end + 3 : at + strlen (at);
      continue;
    }
    if (*at == '<' && (g_ascii_isalpha (at[1]) || (at[1] == '/' && g_ascii_isalpha (at[2]))))
      end = find_tag_end (at);
    if (end != NULL) {
      at = read_tag (self, at + 1, end);
      continue;
    }
    self->at_line = *at == '\n';
    at = append_character (self->text, at);
  }
}

BelfryMarkup *
belfry_markup_new (const char *body, gboolean is_html)
{
  BelfryMarkup *self = markup_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) open = g_ptr_array_new ();
  g_autofree char *valid = g_utf8_make_valid (body, -1);
  Reading reading = { self, text, open, TRUE };

  if (is_html)
    read_html (&reading, valid);
  else
    g_string_append (text, valid);
  flush_text (&reading);
  while (open->len > 0)
    close_last (&reading);
  return self;
}

/* writing */

static void
append_escaped (GString *out, const char *text, const BelfryMarkupDialect *dialect, gboolean in_pre)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    const char *escaped = NULL;

    for (const char *const *pair = dialect->escapes; pair != NULL && *pair != NULL; pair += 2)
      if (*at == **pair)
        escaped = pair[1];
    if (*at == '\n' && dialect->newline != NULL && !in_pre)
      escaped = dialect->newline;
    if (escaped != NULL)
      g_string_append (out, escaped);
    else
      g_string_append_len (out, at, g_utf8_next_char (at) - at);
  }
}

static void
append_tag (GString *out, const Piece *piece, const BelfryMarkupDialect *dialect)
{
  const char *open = dialect->tags[piece->tag].open;
  const char *close = dialect->tags[piece->tag].close;
  gboolean opens = piece->kind == PIECE_OPEN;

  if (open == NULL)
    return;
  if (piece->tag != BELFRY_MARKUP_LINK) {
    g_string_append (out, opens ? open : close);
    return;
  }
  if (opens != dialect->url_last) {
    g_string_append (out, open);
    append_escaped (out, piece->text, dialect, TRUE);
    if (dialect->between != NULL)
      g_string_append (out, dialect->between);
  }
  if (!opens)
    g_string_append (out, close);
}

char *
belfry_markup_write (const BelfryMarkup *self, const BelfryMarkupDialect *dialect)
{
  GString *out = g_string_new (NULL);
  guint in_pre = 0;

  for (guint i = 0; i < self->pieces->len; i++) {
    const Piece *piece = g_ptr_array_index (self->pieces, i);

    if (piece->kind == PIECE_TEXT) {
      append_escaped (out, piece->text, dialect, in_pre > 0);
      continue;
    }
    if (piece->tag == BELFRY_MARKUP_PRE)
      in_pre = piece->kind == PIECE_OPEN ? in_pre + 1 : in_pre - 1;
    append_tag (out, piece, dialect);
  }
  return g_string_free (out, FALSE);
}

/* fitting */

static gsize
count_utf16 (const char *text)
{
  gsize units = 0;

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    units += g_utf8_get_char (at) > 0xffff ? 2 : 1;
  return units;
}

static gsize
count_shown (const BelfryMarkup *self)
{
  gsize units = 0;

  for (guint i = 0; i < self->pieces->len; i++) {
    const Piece *piece = g_ptr_array_index (self->pieces, i);

    if (piece->kind == PIECE_TEXT)
      units += count_utf16 (piece->text);
  }
  return units;
}

/* longest beginning of at most so many units */
static char *
dup_beginning (const char *text, gsize units)
{
  const char *at = text;

  while (*at != '\0') {
    gsize of_character = g_utf8_get_char (at) > 0xffff ? 2 : 1;

    if (of_character > units)
      break;
    units -= of_character;
    at = g_utf8_next_char (at);
  }
  return g_strndup (text, (gsize)(at - text));
}

/* the first so many units with the sign that more followed, tags closed */
static BelfryMarkup *
dup_cut (const BelfryMarkup *self, gsize units)
{
  BelfryMarkup *copy = markup_new ();
  gsize left = units > 0 ? units - 1 : 0;
  gboolean over = FALSE;
  guint open = 0; /* tags opened after the cut */

  for (guint i = 0; i < self->pieces->len; i++) {
    const Piece *piece = g_ptr_array_index (self->pieces, i);

    if (piece->kind == PIECE_TEXT && !over) {
      g_autofree char *part = dup_beginning (piece->text, left);
      gboolean whole = strlen (part) == strlen (piece->text);
      g_autofree char *text = whole ? g_strdup (part) : g_strconcat (part, ELLIPSIS, NULL);

      left -= count_utf16 (part);
      over = !whole;
      add_piece (copy, PIECE_TEXT, 0, text);
    } else if (piece->kind == PIECE_OPEN && over)
      open++;
    else if (piece->kind == PIECE_CLOSE && open > 0)
      open--;
    else if (piece->kind != PIECE_TEXT)
      add_piece (copy, piece->kind, piece->tag, piece->text);
  }
  return copy;
}

static gsize
measure (const BelfryMarkup *self, const char *written, BelfryMarkupUnit unit)
{
  switch (unit) {
  case BELFRY_MARKUP_CHARS:
    return (gsize)g_utf8_strlen (written, -1);
  case BELFRY_MARKUP_BYTES:
    return strlen (written);
  case BELFRY_MARKUP_SHOWN:
    return count_shown (self);
  }
  return 0;
}

char *
belfry_markup_write_fitting (const BelfryMarkup *self,
                             const BelfryMarkupDialect *dialect,
                             BelfryMarkupUnit unit,
                             gsize max)
{
  g_autofree char *written = belfry_markup_write (self, dialect);
  gsize shown = count_shown (self);
  gsize low = 0; /* known to fit */
  gsize high = shown;
  g_autofree char *best = NULL;

  if (measure (self, written, unit) <= max)
    return g_steal_pointer (&written);
  /* longer text is never shorter when written, so the longest that fits is found by halves */
  while (low < high) {
    gsize middle = low + (high - low + 1) / 2;
    g_autoptr (BelfryMarkup) cut = dup_cut (self, middle);
    g_autofree char *part = belfry_markup_write (cut, dialect);

    if (measure (cut, part, unit) <= max) {
      low = middle;
      g_free (best);
      best = g_steal_pointer (&part);
    } else
      high = middle - 1;
  }
  return best != NULL ? g_steal_pointer (&best) : g_strdup ("");
}

char *
belfry_markup_convert (const char *body,
                       gboolean is_html,
                       const BelfryMarkupDialect *dialect,
                       BelfryMarkupUnit unit,
                       gsize max)
{
  g_autoptr (BelfryMarkup) markup = belfry_markup_new (body != NULL ? body : "", is_html);

  return belfry_markup_write_fitting (markup, dialect, unit, max);
}
