/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads bodies of multipart/form-data (RFC 7578, framing of RFC 2046 §5.1) into a form. Bounded:
 * parts, bytes of text, bytes of headers. Type and file name of a part do not matter, its content
 * is text in any case. The bodies are memory already, so pieces of them are passed as views.
 */
#include "belfry-text.h"

#include <string.h>

#include "belfry-error.h"

#define MAX_PARTS        32
#define MAX_TEXT_BYTES   (1024 * 1024)
#define MAX_HEADER_BYTES 8192
/* RFC 2046 §5.1.1 */
#define MAX_BOUNDARY_CHARS 70

typedef struct {
  const char *at;
  const char *end;
} View;

static gboolean
fail (GError **error, BelfryError code, const char *why)
{
  g_set_error (error, BELFRY_ERROR, code, "reading a multipart body: %s", why);
  return FALSE;
}

static gboolean
is_token_char (char character)
{
  return g_ascii_isgraph (character) && strchr ("()<>@,;:\\\"/[]?=", character) == NULL;
}

static void
skip_blanks (const char **at)
{
  while (**at == ' ' || **at == '\t')
    (*at)++;
}

static char *
read_token (const char **at)
{
  const char *from = *at;

  while (is_token_char (**at))
    (*at)++;
  return g_strndup (from, *at - from);
}

/* a quoted string from its opening quote on; browsers escape the quote only, curl also `\` */
static char *
read_quoted (const char **at)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for ((*at)++; **at != '"'; (*at)++) {
    if (**at == '\\' && ((*at)[1] == '"' || (*at)[1] == '\\'))
      (*at)++;
    if (**at == '\0')
      return NULL;
    g_string_append_c (text, **at);
  }
  (*at)++;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* "; name=value" of a header, the first of that name; NULL: not there, or not well formed */
static char *
find_parameter (const char *at, const char *wanted)
{
  while (TRUE) {
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;

    skip_blanks (&at);
    if (*at != ';')
      return NULL;
    at++;
    skip_blanks (&at);
    name = read_token (&at);
    if (*at == '=') {
      at++;
      value = *at == '"' ? read_quoted (&at) : read_token (&at);
    }
    if (g_ascii_strcasecmp (name, wanted) == 0)
      return g_steal_pointer (&value);
  }
}

/* the words before the first parameter; returns where the parameters begin */
static const char *
skip_value (const char *header, const char *wanted)
{
  gsize length = strlen (wanted);

  skip_blanks (&header);
  if (g_ascii_strncasecmp (header, wanted, length) != 0)
    return NULL;
  header += length;
  skip_blanks (&header);
  return *header == ';' ? header : NULL;
}

/* "--boundary", as it stands at the beginning of a line */
static char *
read_delimiter (const char *content_type, GError **error)
{
  const char *parameters = skip_value (content_type, "multipart/form-data");
  g_autofree char *boundary = NULL;

  if (parameters != NULL)
    boundary = find_parameter (parameters, "boundary");
  if (boundary == NULL || *boundary == '\0' || strlen (boundary) > MAX_BOUNDARY_CHARS) {
    fail (error, BELFRY_ERROR_MALFORMED, "no boundary in its type");
    return NULL;
  }
  return g_strconcat ("--", boundary, NULL);
}

/* the next line, without its end; FALSE: there is no whole line */
static gboolean
read_line (View *body, View *line)
{
  const char *end = memchr (body->at, '\n', body->end - body->at);

  if (end == NULL)
    return FALSE;
  *line = (View){ body->at, end };
  if (line->end > line->at && line->end[-1] == '\r')
    line->end--;
  body->at = end + 1;
  return TRUE;
}

/* the name in a part's headers; leaves body at the content */
static char *
read_part_name (View *body, GError **error)
{
  static const char header[] = "content-disposition:";
  const char *start = body->at;
  g_autofree char *name = NULL;
  View line;

  while (read_line (body, &line) && line.end > line.at) {
    if (body->at - start > MAX_HEADER_BYTES) {
      fail (error, BELFRY_ERROR_TOO_LARGE, "headers of a part over 8 KiB");
      return NULL;
    }
    if ((gsize)(line.end - line.at) > strlen (header) && name == NULL &&
        g_ascii_strncasecmp (line.at, header, strlen (header)) == 0) {
      g_autofree char *value =
          g_strndup (line.at + strlen (header), line.end - line.at - strlen (header));
      const char *parameters = skip_value (value, "form-data");

      name = parameters != NULL ? find_parameter (parameters, "name") : NULL;
    }
  }
  if (name == NULL || !g_utf8_validate (name, -1, NULL)) {
    fail (error, BELFRY_ERROR_MALFORMED, "part without a name");
    return NULL;
  }
  return g_steal_pointer (&name);
}

/* where the next delimiter stands at the beginning of a line; NULL: nowhere */
static const char *
find_delimiter (const View *body, const char *start, const char *delimiter)
{
  gsize length = strlen (delimiter);
  const char *at = body->at;

  while ((at = memmem (at, body->end - at, delimiter, length)) != NULL) {
    if (at == start || at[-1] == '\n')
      return at;
    at++;
  }
  return NULL;
}

/* content up to the line break that belongs to the delimiter */
static gboolean
add_part (BelfryForm *form, const char *name, const char *at, const char *end, GError **error)
{
  g_autofree char *value = NULL;

  if (end > at && end[-1] == '\n')
    end--;
  if (end > at && end[-1] == '\r')
    end--;
  if (!g_utf8_validate_len (at, end - at, NULL))
    return fail (error, BELFRY_ERROR_MALFORMED, "content of a part is no UTF-8 or has a NUL");
  value = g_strndup (at, end - at);
  belfry_form_append (form, name, value);
  return TRUE;
}

/* behind a delimiter; TRUE, and is_last, or body at the next part */
static gboolean
read_delimiter_end (View *body, gboolean *is_last, GError **error)
{
  View line = { NULL, NULL };

  *is_last = body->end - body->at >= 2 && body->at[0] == '-' && body->at[1] == '-';
  if (*is_last)
    return TRUE;
  if (!read_line (body, &line))
    return fail (error, BELFRY_ERROR_MALFORMED, "ends in the middle");
  for (; line.at < line.end; line.at++) {
    if (*line.at != ' ' && *line.at != '\t')
      return fail (error, BELFRY_ERROR_MALFORMED, "something follows a boundary");
  }
  return TRUE;
}

static gboolean
read_part (BelfryForm *form, View *body, const char *start, const char *delimiter, GError **error)
{
  g_autofree char *name = read_part_name (body, error);
  const char *next;

  if (name == NULL)
    return FALSE;
  next = find_delimiter (body, start, delimiter);
  if (next == NULL)
    return fail (error, BELFRY_ERROR_MALFORMED, "ends without its boundary");
  if (!add_part (form, name, body->at, next, error))
    return FALSE;
  body->at = next + strlen (delimiter);
  return TRUE;
}

static gboolean
read_parts (BelfryForm *form, View body, const char *delimiter, GError **error)
{
  const char *start = body.at;
  gsize text_bytes = 0;
  gboolean is_last = FALSE;

  body.at = find_delimiter (&body, start, delimiter);
  if (body.at == NULL)
    return fail (error, BELFRY_ERROR_MALFORMED, "its boundary is not in it");
  body.at += strlen (delimiter);
  while (TRUE) {
    guint count = belfry_form_get_count (form);

    if (!read_delimiter_end (&body, &is_last, error))
      return FALSE;
    if (is_last)
      return TRUE;
    if (count >= MAX_PARTS)
      return fail (error, BELFRY_ERROR_TOO_LARGE, "more than 32 parts");
    if (!read_part (form, &body, start, delimiter, error))
      return FALSE;
    text_bytes += strlen (belfry_form_get_value (form, count));
    if (text_bytes > MAX_TEXT_BYTES)
      return fail (error, BELFRY_ERROR_TOO_LARGE, "more than 1 MiB of text");
  }
}

/**
 * belfry_form_add_multipart:
 * @self: a form
 * @content_type: value of the request's `Content-Type`, with its boundary
 * @body: (array length=body_bytes): the body
 * @body_bytes: its length in bytes
 * @error: return location for an error
 *
 * Adds the parts of a `multipart/form-data` body, each as an argument: its `name` and its content,
 * whatever type or file name it has. At most 32 parts and 1 MiB are taken, more is
 * `BELFRY_ERROR_TOO_LARGE`; what is not well formed, no UTF-8 or has a NUL is
 * `BELFRY_ERROR_MALFORMED`. On an error nothing is added.
 *
 * Returns: TRUE on success
 * Since: 0.1
 */
gboolean
belfry_form_add_multipart (
    BelfryForm *self, const char *content_type, const char *body, gsize body_bytes, GError **error)
{
  g_autoptr (BelfryForm) added = NULL;
  g_autofree char *delimiter = NULL;

  g_return_val_if_fail (self != NULL && content_type != NULL, FALSE);
  g_return_val_if_fail (body != NULL || body_bytes == 0, FALSE);

  delimiter = read_delimiter (content_type, error);
  if (delimiter == NULL)
    return FALSE;
  if (body == NULL)
    body = "";
  added = belfry_form_new ();
  if (!read_parts (added, (View){ body, body + body_bytes }, delimiter, error))
    return FALSE;
  for (guint i = 0; i < belfry_form_get_count (added); i++)
    belfry_form_append (self, belfry_form_get_name (added, i), belfry_form_get_value (added, i));
  return TRUE;
}
