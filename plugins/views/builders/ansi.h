/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminal output as escaped HTML; see ansi.c. */
#pragma once

#include <glib.h>

/** BuildersAnsi: what a terminal would remember from one piece of text to the next */
typedef struct {
  guint attributes; /* bits, see ansi.c */
  int foreground;   /* -1: default; 0 to 255; 30 to 37 and 90 to 97 are 1000 + code */
  int background;
} BuildersAnsi;

#define BUILDERS_ANSI_INIT                                                                         \
  {                                                                                                \
    0, -1, -1                                                                                      \
  }

/* Appends a line, without its newline, as HTML. @text must be valid UTF-8. */
void builders_ansi_append_line (BuildersAnsi *self, const char *text, gsize length, GString *html);
