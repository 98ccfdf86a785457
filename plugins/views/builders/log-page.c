/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs as pages: a window of lines, never the whole of a large log. Lines carry their number from 1
 * as anchor and the name of their stream; text is escaped and its colours become classes in ansi.c.
 * What is shown of one page is bounded in lines, bytes of a line and bytes in all; a cut is marked.
 *
 * Stored lines of a log of type `s` begin with the letter of their stream (i, o, e, h).
 */
#include "builders-page.h"

#include "ansi.h"

#define LOG_WHOLE_LINES  5000
#define LOG_HEAD_LINES   500
#define LOG_TAIL_LINES   2000
#define LOG_WINDOW_LINES 5000
#define LOG_LEAD_IN      200
#define LOG_BATCH_LINES  1000
#define LOG_LINE_BYTES   8192
#define LOG_PAGE_BYTES   (3 * 1024 * 1024)
#define LOG_HTML_BYTES   (8 * 1024 * 1024)
#define LOG_MAX_SEARCHED 500000
#define LOG_MAX_MATCHES  500
#define LOG_AROUND_ERROR 200

/* Called with each line, stream letter taken off; FALSE ends the walk. */
typedef gboolean (*LogLineFunc) (
    gint64 number, char stream, const char *text, gsize length, gpointer data);

static const struct {
  char letter;
  const char *css;
} log_streams[] = {
  { 'o', "stdout" },
  { 'e', "stderr" },
  { 'h', "header" },
  { 'i', "stdin" },
};

static guint
log_stream_index (char letter)
{
  for (guint i = 0; i < G_N_ELEMENTS (log_streams); i++) {
    if (log_streams[i].letter == letter)
      return i;
  }
  return 0;
}

static gboolean
log_walk_text (
    const char *text, gboolean has_letters, gint64 number, LogLineFunc func, gpointer data)
{
  for (const char *p = text; *p != '\0';) {
    gsize length = strcspn (p, "\n");
    gboolean lettered = has_letters && length > 0;

    if (!func (number++, lettered ? *p : 'o', p + lettered, length - lettered, data))
      return FALSE;
    p += length + (p[length] == '\n');
  }
  return TRUE;
}

/* lines @first to @last, counted from 0, @last not included */
static void
log_walk (BelfryReader *reader,
          BelfryLog *log,
          gint64 first,
          gint64 last,
          LogLineFunc func,
          gpointer data)
{
  gboolean has_letters = g_strcmp0 (log->type, "s") == 0;

  while (first < last) {
    gint64 n_lines = 0;
    g_autofree char *text = belfry_reader_read_log (
        reader, log->logid, first, MIN (last - first, LOG_BATCH_LINES), &n_lines, NULL);
    g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

    if (valid == NULL || n_lines <= 0 || !log_walk_text (valid, has_letters, first, func, data))
      return;
    first += n_lines;
  }
}

/* lines as page data */

typedef struct {
  JsonArray *lines;
  gint64 first; /* lines before it only set the colours */
  gsize bytes_left;
  gboolean cut;
  BuildersAnsi looks[G_N_ELEMENTS (log_streams)];
} LogWindow;

static gsize
log_cut_length (const char *text, gsize length)
{
  if (length <= LOG_LINE_BYTES)
    return length;
  length = LOG_LINE_BYTES;
  while (length > 0 && ((guchar)text[length] & 0xc0) == 0x80)
    length--;
  return length;
}

static gboolean
on_log_line (gint64 number, char stream, const char *text, gsize length, gpointer data)
{
  LogWindow *self = data;
  guint index = log_stream_index (stream);
  gsize shown = log_cut_length (text, length);
  g_autoptr (GString) html = g_string_new (NULL);
  JsonObject *line = NULL;

  builders_ansi_append_line (&self->looks[index], text, shown, html);
  if (number < self->first)
    return TRUE;
  if (html->len > self->bytes_left) {
    self->cut = TRUE;
    return FALSE;
  }
  self->bytes_left -= html->len;
  line = json_object_new ();
  json_object_set_int_member (line, "n", number + 1);
  json_object_set_string_member (line, "stream", log_streams[index].css);
  json_object_set_string_member (line, "html", html->str);
  json_object_set_boolean_member (line, "cut", shown < length);
  json_array_add_object_element (self->lines, line);
  return TRUE;
}

static JsonArray *
log_window_to_json (BelfryReader *reader, BelfryLog *log, gint64 first, gint64 last, gboolean *cut)
{
  LogWindow window = { .lines = json_array_new (), .first = first, .bytes_left = LOG_PAGE_BYTES };
  static const BuildersAnsi plain = BUILDERS_ANSI_INIT;

  for (guint i = 0; i < G_N_ELEMENTS (window.looks); i++)
    window.looks[i] = plain;
  log_walk (reader, log, MAX (first - LOG_LEAD_IN, 0), last, on_log_line, &window);
  *cut = *cut || window.cut;
  return window.lines;
}

/* the last lines, for the page of the step */
JsonArray *
builders_log_preview (BelfryReader *reader, BelfryLog *log, gint64 n_lines)
{
  gboolean cut = FALSE;

  return log_window_to_json (reader, log, MAX (log->num_lines - n_lines, 0), log->num_lines, &cut);
}

/* searching */

typedef struct {
  const char *wanted; /* case folded where @fold */
  gboolean fold;
  JsonArray *matches; /* (nullable): only the first is looked for */
  gint64 found;
  gboolean cut;
} LogSearch;

static gboolean
log_line_contains (LogSearch *self, const char *text, gsize length)
{
  g_autofree char *line = g_strndup (text, length);
  g_autofree char *folded = self->fold ? g_utf8_strdown (line, -1) : NULL;

  return strstr (folded != NULL ? folded : line, self->wanted) != NULL;
}

static gboolean
on_log_searched (gint64 number, char stream, const char *text, gsize length, gpointer data)
{
  LogSearch *self = data;
  static const BuildersAnsi plain = BUILDERS_ANSI_INIT;
  BuildersAnsi look = plain;
  g_autoptr (GString) html = NULL;
  JsonObject *match = NULL;

  if (!log_line_contains (self, text, length))
    return TRUE;
  self->found = number;
  if (self->matches == NULL)
    return FALSE;
  if (json_array_get_length (self->matches) >= LOG_MAX_MATCHES) {
    self->cut = TRUE;
    return FALSE;
  }
  html = g_string_new (NULL);
  builders_ansi_append_line (&look, text, log_cut_length (text, MIN (length, 400)), html);
  match = json_object_new ();
  json_object_set_int_member (match, "n", number + 1);
  json_object_set_int_member (match, "from", MAX (number + 1 - LOG_AROUND_ERROR, 1));
  json_object_set_int_member (match, "to", number + 1 + LOG_AROUND_ERROR);
  json_object_set_string_member (match, "stream", log_streams[log_stream_index (stream)].css);
  json_object_set_string_member (match, "html", html->str);
  json_array_add_object_element (self->matches, match);
  return TRUE;
}

static void
log_put_matches (JsonObject *data, BuildersPlace *place, const char *wanted)
{
  LogSearch search = { .wanted = wanted, .matches = json_array_new (), .found = -1 };
  gint64 last = MIN (place->log->num_lines, LOG_MAX_SEARCHED);

  log_walk (place->reader, place->log, 0, last, on_log_searched, &search);
  views_take_array (data, "matches", search.matches);
  json_object_set_boolean_member (data, "search_cut", search.cut || last < place->log->num_lines);
}

/* the first line that says "error", else the first that says "fail"; from 0 */
gboolean
builders_log_find_error (BuildersPlace *place, gint64 *line)
{
  static const char *const words[] = { "error", "fail" };
  gint64 last = MIN (place->log->num_lines, LOG_MAX_SEARCHED);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    LogSearch search = { .wanted = words[i], .fold = TRUE, .found = -1 };

    log_walk (place->reader, place->log, 0, last, on_log_searched, &search);
    *line = search.found;
    if (search.found >= 0)
      return TRUE;
  }
  return FALSE;
}

/* which lines */

typedef struct {
  gint64 first;
  gint64 last; /* not included */
} LogRange;

static gboolean
log_parse_range (const char *text, gint64 n_lines, LogRange *range)
{
  g_auto (GStrv) parts = text != NULL ? g_strsplit (text, "-", 2) : NULL;
  gint64 from = 0;
  gint64 to = n_lines;

  if (parts == NULL || parts[0] == NULL ||
      !g_ascii_string_to_signed (parts[0], 10, 1, G_MAXINT64 / 2, &from, NULL))
    return FALSE;
  if (parts[1] == NULL)
    to = from;
  else if (*parts[1] != '\0' &&
           !g_ascii_string_to_signed (parts[1], 10, from, G_MAXINT64 / 2, &to, NULL))
    return FALSE;
  range->first = MIN (from - 1, n_lines);
  range->last = MAX (MIN (MIN (to, n_lines), from - 1 + LOG_WINDOW_LINES), range->first);
  return TRUE;
}

/* one or two ranges; how many */
static guint
log_choose_ranges (BelfryForm *form, gint64 n_lines, LogRange ranges[2])
{
  gint64 tail = views_argument_integer (form, "tail", 0, LOG_WINDOW_LINES);

  if (log_parse_range (belfry_form_get (form, "lines"), n_lines, &ranges[0]))
    return 1;
  if (tail > 0) {
    ranges[0] = (LogRange){ MAX (n_lines - tail, 0), n_lines };
    return 1;
  }
  if (n_lines <= LOG_WHOLE_LINES) {
    ranges[0] = (LogRange){ 0, n_lines };
    return 1;
  }
  ranges[0] = (LogRange){ 0, LOG_HEAD_LINES };
  ranges[1] = (LogRange){ n_lines - LOG_TAIL_LINES, n_lines };
  return 2;
}

/* links to what lies before and after */
static void
log_put_gap (JsonObject *part, const char *name, gint64 from, gint64 to, gboolean backward)
{
  JsonObject *gap = NULL;
  gint64 n = MIN (to - from, LOG_TAIL_LINES);
  g_autofree char *lines = NULL;

  json_object_set_null_member (part, name);
  if (from >= to)
    return;
  gap = json_object_new ();
  lines = backward ? g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, to - n + 1, to)
                   : g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, from + 1, from + n);
  json_object_set_int_member (gap, "count", to - from);
  json_object_set_string_member (gap, "lines", lines);
  json_object_set_object_member (part, name, gap);
}

static JsonArray *
log_parts_to_json (BuildersPlace *place, gboolean *cut)
{
  LogRange ranges[2] = { { 0 } };
  gint64 n_lines = place->log->num_lines;
  guint n_ranges = log_choose_ranges (place->form, n_lines, ranges);
  JsonArray *parts = json_array_new ();

  for (guint i = 0; i < n_ranges; i++) {
    JsonObject *part = json_object_new ();
    gint64 end = i + 1 < n_ranges ? ranges[i + 1].first : n_lines;

    views_take_array (
        part, "lines",
        log_window_to_json (place->reader, place->log, ranges[i].first, ranges[i].last, cut));
    log_put_gap (part, "before", 0, i == 0 ? ranges[i].first : 0, TRUE);
    log_put_gap (part, "after", ranges[i].last, end, FALSE);
    json_array_add_object_element (parts, part);
  }
  return parts;
}

JsonObject *
builders_log_to_json (const BuildersOptions *options G_GNUC_UNUSED,
                      BuildersPlace *place,
                      GError **error G_GNUC_UNUSED)
{
  JsonObject *data = json_object_new ();
  BelfryLog *log = place->log;
  const char *wanted = belfry_form_get (place->form, "q");
  gboolean cut = FALSE;

  json_object_set_object_member (data, "place", builders_place_to_json (place));
  views_put_text (data, "name", log->name);
  json_object_set_int_member (data, "logid", log->logid);
  json_object_set_int_member (data, "num_lines", log->num_lines);
  json_object_set_boolean_member (data, "complete", log->complete);
  json_object_set_boolean_member (data, "ends", belfry_form_get (place->form, "lines") == NULL);
  views_put_text (data, "q", wanted);
  if (wanted != NULL && *wanted != '\0')
    log_put_matches (data, place, wanted);
  else
    views_take_array (data, "parts", log_parts_to_json (place, &cut));
  json_object_set_boolean_member (data, "cut", cut);
  return data;
}

/* documents that steps made */

static gboolean
on_log_html (gint64 number G_GNUC_UNUSED,
             char stream G_GNUC_UNUSED,
             const char *text,
             gsize length,
             gpointer data)
{
  GString *html = data;

  g_string_append_len (html, text, (gssize)length);
  g_string_append_c (html, '\n');
  return html->len < LOG_HTML_BYTES;
}

/* Script inside must not act as the reader: the browser gets it as a sandbox without any right. */
BelfryResponse *
builders_log_draw_html (BuildersPlace *place, GError **error G_GNUC_UNUSED)
{
  g_autoptr (GString) html = g_string_new (NULL);
  BelfryResponse *response = NULL;

  log_walk (place->reader, place->log, 0, place->log->num_lines, on_log_html, html);
  response = belfry_response_new_text (200, "text/html; charset=utf-8", html->str);
  belfry_response_set_header (response, "Content-Security-Policy",
                              "sandbox; default-src 'none'; img-src 'self' data:; "
                              "style-src 'unsafe-inline'");
  return response;
}
