/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a terminal's bytes to HTML: SGR (ECMA-48 §8.3.117 with the 256 and true colours of xterm)
 * becomes spans with classes; every other control sequence is dropped. Text is escaped character by
 * character on its way out, so that nothing in a log is ever markup. Styles are classes, never
 * attributes, and true colours the nearest of the 256, so that no inline style is needed.
 *
 * A carriage return starts the line again (progress bars show their last state), a backspace takes
 * one character back. State lives from line to line; an OSC sequence that no line ends is dropped
 * with it.
 */
#include "ansi.h"

#include <string.h>

#define ANSI_MAX_PARAMETERS 32
#define ANSI_BASIC          1000

enum {
  ANSI_BOLD = 1 << 1,
  ANSI_FAINT = 1 << 2,
  ANSI_ITALIC = 1 << 3,
  ANSI_UNDERLINE = 1 << 4,
  ANSI_INVERSE = 1 << 7,
  ANSI_STRIKE = 1 << 9,
};

static const struct {
  guint attribute;
  const char *css;
} ansi_classes[] = {
  { ANSI_BOLD, "ansi1" },      { ANSI_FAINT, "ansi2" },   { ANSI_ITALIC, "ansi3" },
  { ANSI_UNDERLINE, "ansi4" }, { ANSI_INVERSE, "ansi7" }, { ANSI_STRIKE, "ansi9" },
};

/* codes that set or clear attributes */
static const struct {
  guint code;
  guint set;
  guint clear;
} ansi_codes[] = {
  { 1, ANSI_BOLD, 0 },
  { 2, ANSI_FAINT, 0 },
  { 3, ANSI_ITALIC, 0 },
  { 4, ANSI_UNDERLINE, 0 },
  { 7, ANSI_INVERSE, 0 },
  { 9, ANSI_STRIKE, 0 },
  { 22, 0, ANSI_BOLD | ANSI_FAINT },
  { 23, 0, ANSI_ITALIC },
  { 24, 0, ANSI_UNDERLINE },
  { 27, 0, ANSI_INVERSE },
  { 29, 0, ANSI_STRIKE },
};

/* one character of the line with its look */
typedef struct {
  gunichar c;
  BuildersAnsi look;
} AnsiCell;

/* channel of a colour in the cube of six, 0 to 5, whose steps are 0, 95, 135, 175, 215, 255 */
static guint
ansi_to_cube (guint channel)
{
  if (channel < 48)
    return 0;
  return channel < 115 ? 1 : (channel - 35) / 40;
}

static guint
ansi_distance (const guint *rgb, guint r, guint g, guint b)
{
  int dr = (int)rgb[0] - (int)r;
  int dg = (int)rgb[1] - (int)g;
  int db = (int)rgb[2] - (int)b;

  return (guint)(dr * dr + dg * dg + db * db);
}

static int
ansi_nearest (const guint *rgb)
{
  static const guint steps[] = { 0, 95, 135, 175, 215, 255 };
  guint r = ansi_to_cube (rgb[0]);
  guint g = ansi_to_cube (rgb[1]);
  guint b = ansi_to_cube (rgb[2]);
  guint mean = (rgb[0] + rgb[1] + rgb[2]) / 3;
  guint grey = mean < 8 ? 0 : MIN ((mean - 3) / 10, 23);
  guint level = 8 + grey * 10;

  if (ansi_distance (rgb, level, level, level) < ansi_distance (rgb, steps[r], steps[g], steps[b]))
    return (int)(232 + grey);
  return (int)(16 + 36 * r + 6 * g + b);
}

/* `38;5;N` and `38;2;R;G;B`; how many parameters it took */
static guint
ansi_read_colour (const guint *parameters, guint n, int *colour)
{
  guint rgb[3] = { 0 };

  if (n >= 3 && parameters[1] == 5) {
    if (parameters[2] < 256)
      *colour = (int)parameters[2];
    return 3;
  }
  if (n < 5 || parameters[1] != 2)
    return n;
  for (guint i = 0; i < G_N_ELEMENTS (rgb); i++)
    rgb[i] = MIN (parameters[2 + i], 255);
  *colour = ansi_nearest (rgb);
  return 5;
}

static void
ansi_apply_attribute (BuildersAnsi *self, guint code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ansi_codes); i++) {
    if (ansi_codes[i].code == code)
      self->attributes = (self->attributes & ~ansi_codes[i].clear) | ansi_codes[i].set;
  }
}

static gboolean
ansi_is_basic (guint code, guint base)
{
  return (code >= base && code <= base + 7) || (code >= base + 60 && code <= base + 67);
}

static void
ansi_apply (BuildersAnsi *self, const guint *parameters, guint n)
{
  static const BuildersAnsi plain = BUILDERS_ANSI_INIT;

  for (guint i = 0; i < n;) {
    guint code = parameters[i];
    guint taken = 1;

    if (code == 0)
      *self = plain;
    else if (code == 38)
      taken = ansi_read_colour (parameters + i, n - i, &self->foreground);
    else if (code == 48)
      taken = ansi_read_colour (parameters + i, n - i, &self->background);
    else if (code == 39)
      self->foreground = -1;
    else if (code == 49)
      self->background = -1;
    else if (ansi_is_basic (code, 30))
      self->foreground = ANSI_BASIC + (int)code;
    else if (ansi_is_basic (code, 40))
      self->background = ANSI_BASIC + (int)code;
    else
      ansi_apply_attribute (self, code);
    i += taken;
  }
}

/* after `ESC [`: parameters, then the final byte; where the sequence ends */
static const char *
ansi_read_csi (BuildersAnsi *self, const char *p, const char *end)
{
  guint parameters[ANSI_MAX_PARAMETERS] = { 0 };
  guint n = 0;
  gboolean private = p < end && *p >= '<' && *p <= '?';

  for (; p < end && *p >= 0x20 && *p < 0x40; p++) {
    if (g_ascii_isdigit (*p) && parameters[n] < 100000)
      parameters[n] = parameters[n] * 10 + (guint)(*p - '0');
    else if ((*p == ';' || *p == ':') && n + 1 < ANSI_MAX_PARAMETERS)
      n++;
  }
  if (p >= end)
    return end;
  if (*p == 'm' && !private)
    ansi_apply (self, parameters, n + 1);
  return *p >= 0x40 && *p < 0x7f ? p + 1 : p;
}

/* after `ESC ]` or the like: up to BEL or ESC \ */
static const char *
ansi_skip_string (const char *p, const char *end)
{
  for (; p < end; p++) {
    if (*p == '\a')
      return p + 1;
    if (*p == 0x1b && p + 1 < end && p[1] == '\\')
      return p + 2;
  }
  return end;
}

static const char *
ansi_read_escape (BuildersAnsi *self, const char *p, const char *end)
{
  if (p >= end)
    return end;
  if (*p == '[')
    return ansi_read_csi (self, p + 1, end);
  if (strchr ("]PX^_", *p) != NULL)
    return ansi_skip_string (p + 1, end);
  if (*p >= 0x20 && *p < 0x30)
    return p + 1 < end ? p + 2 : end;
  return p + 1;
}

static gboolean
ansi_looks_equal (const BuildersAnsi *a, const BuildersAnsi *b)
{
  return a->attributes == b->attributes && a->foreground == b->foreground &&
         a->background == b->background;
}

static void
ansi_append_colour (GString *html, int colour, const char *prefix)
{
  if (colour >= ANSI_BASIC)
    g_string_append_printf (html, "ansi%d ", colour - ANSI_BASIC);
  else if (colour >= 0)
    g_string_append_printf (html, "%s-%d ", prefix, colour);
}

static void
ansi_open (const BuildersAnsi *look, GString *html)
{
  g_string_append (html, "<span class=\"");
  for (gsize i = 0; i < G_N_ELEMENTS (ansi_classes); i++) {
    if ((look->attributes & ansi_classes[i].attribute) != 0)
      g_string_append_printf (html, "%s ", ansi_classes[i].css);
  }
  ansi_append_colour (html, look->foreground, "ansifg");
  ansi_append_colour (html, look->background, "ansibg");
  g_string_truncate (html, html->len - 1);
  g_string_append (html, "\">");
}

static void
ansi_append_character (gunichar c, GString *html)
{
  switch (c) {
  case '<':
    g_string_append (html, "&lt;");
    break;
  case '>':
    g_string_append (html, "&gt;");
    break;
  case '&':
    g_string_append (html, "&amp;");
    break;
  case '"':
    g_string_append (html, "&#34;");
    break;
  case '\'':
    g_string_append (html, "&#39;");
    break;
  default:
    g_string_append_unichar (html, c);
  }
}

static void
ansi_append_cells (GArray *cells, GString *html)
{
  static const BuildersAnsi plain = BUILDERS_ANSI_INIT;
  BuildersAnsi now = plain;

  for (guint i = 0; i < cells->len; i++) {
    const AnsiCell *cell = &g_array_index (cells, AnsiCell, i);

    if (!ansi_looks_equal (&cell->look, &now)) {
      if (!ansi_looks_equal (&now, &plain))
        g_string_append (html, "</span>");
      if (!ansi_looks_equal (&cell->look, &plain))
        ansi_open (&cell->look, html);
      now = cell->look;
    }
    ansi_append_character (cell->c, html);
  }
  if (!ansi_looks_equal (&now, &plain))
    g_string_append (html, "</span>");
}

/* most lines hold no control characters and no style: they only need escaping */
static gboolean
ansi_is_simple (const BuildersAnsi *self, const char *text, gsize length)
{
  static const BuildersAnsi plain = BUILDERS_ANSI_INIT;

  if (!ansi_looks_equal (self, &plain))
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if ((guchar)text[i] < 0x20 && text[i] != '\t')
      return FALSE;
  }
  return TRUE;
}

void
builders_ansi_append_line (BuildersAnsi *self, const char *text, gsize length, GString *html)
{
  g_autoptr (GArray) cells = NULL;
  const char *end = text + length;

  if (ansi_is_simple (self, text, length)) {
    g_autofree char *escaped = g_markup_escape_text (text, (gssize)length);

    g_string_append (html, escaped);
    return;
  }
  cells = g_array_new (FALSE, FALSE, sizeof (AnsiCell));
  for (const char *p = text; p < end;) {
    AnsiCell cell = { g_utf8_get_char (p), *self };

    if (cell.c == 0x1b) {
      p = ansi_read_escape (self, p + 1, end);
      continue;
    }
    p = g_utf8_next_char (p);
    if (cell.c == '\r' && p < end)
      g_array_set_size (cells, 0);
    else if (cell.c == '\b' && cells->len > 0)
      g_array_set_size (cells, cells->len - 1);
    else if (cell.c == '\t' || (cell.c >= 0x20 && cell.c != 0x7f))
      g_array_append_val (cells, cell);
  }
  ansi_append_cells (cells, html);
}
